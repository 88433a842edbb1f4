"""What happened to electronic invoices, as platforms tell it: messages CDAR read (D22B, D23B).

Beyond what a status cannot be without, the number of the invoice and the code, nothing is insisted
on: platforms differ, and one odd message must not hide a refusal. Codes are kept as they came,
known or not (BR-FR-CDV-CL-06 only warns of others).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum
from xml.etree import ElementTree

from documents.electronic.life import (
    DocumentStatus,
    Lifecycle,
    StatusAmount,
    StatusPoint,
    StatusReason,
)
from documents.electronic.moments import read_day, read_moment
from documents.electronic.wary import Bounds, Unread, read_tree
from domain.errors import Refusal, call_error

LIFECYCLE_UNREADABLE = call_error(
    "LIFECYCLE_UNREADABLE",
    "This is no readable message of the life of an invoice: {fault}.",
    "Ask the platform for the message (CDAR) anew.",
)


class Strange(StrEnum):
    """What well-formed XML may lack, in words that are translated."""

    OTHER = "another kind of document"
    NO_NUMBER = "a status names no invoice"
    NO_CODE = "a status has no code"


def read_lifecycle(content: bytes, bounds: Bounds = Bounds()) -> Lifecycle:
    """The statuses of a message, never none; LIFECYCLE_UNREADABLE of anything else."""
    try:
        root = read_tree(content, bounds)
    except Unread as unread:
        raise _refused(unread.fault) from unread
    if root.tag != f"{_RSM}CrossDomainAcknowledgementAndResponse":
        raise _refused(Strange.OTHER)
    head = root.find(f"{_RSM}ExchangedDocument")
    statuses = tuple(
        _status(head, told, document)
        for told in root.iterfind(f"{_RSM}AcknowledgementDocument")
        for document in _all(told, "ReferenceReferencedDocument")
    )
    if not statuses:
        raise _refused(Strange.NO_NUMBER)
    profile = root.find(f"{_RSM}ExchangedDocumentContext")
    return Lifecycle(
        message_id=_said(head, "ID"),
        profile=_said(profile, "GuidelineSpecifiedDocumentContextParameter", "ID"),
        made_at=read_moment(_date(head, "IssueDateTime")),
        statuses=statuses,
    )


Node = ElementTree.Element

_URN = "urn:un:unece:uncefact:data:standard"
_RSM = f"{{{_URN}:CrossDomainAcknowledgementAndResponse:100}}"
_RAM = f"{{{_URN}:ReusableAggregateBusinessInformationEntity:100}}"
_SIREN, _SIRET = "0002", "0009"
_CODE = re.compile("[0-9]{1,9}")


def _refused(fault: StrEnum) -> Refusal:
    return Refusal(LIFECYCLE_UNREADABLE(fault=fault.value))


def _all(node: Node | None, *path: str) -> Iterator[Node]:
    steps = "/".join(f"{_RAM}{one}" for one in path)
    return iter(()) if node is None else node.iterfind(steps)


def _said(node: Node | None, *path: str) -> str | None:
    """The first text there is at a place, without the space around it."""
    texts = ((one.text or "").strip() for one in _all(node, *path))
    return next(filter(None, texts), None)


def _told(node: Node, *path: str) -> str:
    """All texts of a place, a line each."""
    texts = ((one.text or "").strip() for one in _all(node, *path))
    return "\n".join(filter(None, texts))


def _date(node: Node | None, *path: str) -> str | None:
    """What stands in DateTimeString, or in DateTime, of either space (udt, qdt)."""
    for one in _all(node, *path):
        for child in one:
            if child.tag.endswith(("}DateTimeString", "}DateTime")) and child.text:
                return child.text
    return None


def _siren(party: Node | None) -> str | None:
    """The SIREN among the identifiers of a party, or that of its SIRET."""
    known = {one.get("schemeID"): _joined(one.text) for one in _all(party, "GlobalID")}
    siren = known.get(_SIREN) or known.get(_SIRET, "")[:9]
    return siren or None


def _joined(text: str | None) -> str:
    return "".join((text or "").split())


def _status(head: Node | None, told: Node, document: Node) -> DocumentStatus:
    number = _said(document, "IssuerAssignedID")
    code = _said(document, "ProcessConditionCode") or _said(
        document, "SpecifiedDocumentStatus", "ProcessConditionCode"
    )
    if number is None:
        raise _refused(Strange.NO_NUMBER)
    if code is None or not _CODE.fullmatch(code):
        raise _refused(Strange.NO_CODE)
    issuer = next(_all(head, "IssuerTradeParty"), None)
    occurred = _date(told, "IssueDateTime") or _date(head, "IssueDateTime")
    details = list(_all(document, "SpecifiedDocumentStatus"))
    marks = [one for detail in details for one in _all(detail, "SpecifiedDocumentCharacteristic")]
    return DocumentStatus(
        number=number,
        issued_on=read_day(_date(document, "FormattedIssueDateTime")),
        seller_siren=_siren(next(_all(document, "IssuerTradeParty"), None)),
        type_code=_said(document, "TypeCode"),
        code=int(code),
        label=_told(document, "ProcessCondition"),
        occurred_at=read_moment(occurred),
        received_at=read_moment(_date(document, "ReceiptDateTime")),
        said_by=_said(issuer, "RoleCode"),
        said_by_siren=_siren(issuer),
        reasons=tuple(reason for detail in details if (reason := _reason(detail))),
        amounts=tuple(amount for mark in marks if (amount := _amount(mark))),
        points=tuple(_point(mark) for mark in marks if _said(mark, "ID")),
    )


def _reason(detail: Node) -> StatusReason | None:
    """None where the detail only carries amounts."""
    reason = StatusReason(
        code=_said(detail, "ReasonCode"),
        text=_told(detail, "Reason"),
        comment=_told(detail, "IncludedNote", "Content"),
        action=_said(detail, "RequestedActionCode"),
        action_text=_told(detail, "RequestedAction"),
    )
    is_said = reason.code or reason.text or reason.comment or reason.action or reason.action_text
    return reason if is_said else None


def _amount(mark: Node) -> StatusAmount | None:
    amount = _decimal(_said(mark, "ValueAmount"))
    if amount is None:
        return None
    return StatusAmount(
        kind=_said(mark, "TypeCode"),
        amount=amount,
        currency=next((one.get("currencyID") for one in _all(mark, "ValueAmount")), None),
        rate=_decimal(_said(mark, "ValuePercent")),
        on=read_day(_date(mark, "ValueDateTime")),
    )


_VALUES = ("Value", "ValueAmount", "ValuePercent", "ValueCode", "ValueQuantity", "ValueNumeric")


def _point(mark: Node) -> StatusPoint:
    values = (_said(mark, one) for one in _VALUES)
    return StatusPoint(
        kind=_said(mark, "TypeCode"),
        term=_said(mark, "ID"),
        name=_told(mark, "Name"),
        value=next(filter(None, values), None) or _date(mark, "ValueDateTime") or "",
    )


_PLAIN = re.compile(r"[+-]?(?=\.?[0-9])[0-9]{0,30}(?:\.[0-9]{0,30})?")


def _decimal(text: str | None) -> Decimal | None:
    """What xsd:decimal allows, within reason; None where it is no figure."""
    return Decimal(text) if text and _PLAIN.fullmatch(text) else None
