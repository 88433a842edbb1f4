"""A payment received on an electronic invoice, told to the platform: the lifecycle status 212.

UN/CEFACT CDAR D22B with the rules BR-FR-CDV of AFNOR XP Z12-012 (schematron 1.4.0) and those of
the State (annex 7 of the external specifications, G7 and P1). The order of elements is that of the
schema. The message goes to the buyer; the platform makes of it the one that the State gets. The
same payment, number and moment give the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from xml.etree import ElementTree

from documents.characters import within_xml
from documents.electronic.moments import DAY, SECOND, written_day, written_moment

MEDIA_TYPE = "application/xml"
COLLECTED = 212

_URN = "urn:un:unece:uncefact:data:standard"
_SPACES = {
    "xmlns:rsm": f"{_URN}:CrossDomainAcknowledgementAndResponse:100",
    "xmlns:ram": f"{_URN}:ReusableAggregateBusinessInformationEntity:100",
    "xmlns:qdt": f"{_URN}:QualifiedDataType:100",
    "xmlns:udt": f"{_URN}:UnqualifiedDataType:100",
}
"""Written as they stand: ElementTree knows one space for a prefix, and rsm is also that of CII."""

_SIREN, _ADDRESS = "0002", "0225"
_REGULATED = "REGULATED"
"""MDT-2: an invoice that the law wants electronic (BR-FR-CDV-CL-01)."""
_PROFILE, _INVOICE = "urn.cpro.gouv.fr:1p0:CDV:invoice", "urn.cpro.gouv.fr:1p0:CDV:einvoicingF2"
"""MDT-3 of what is not for the State (BR-FR-CDV-02), and MDT-97 (G7.14)."""
_SOFTWARE, _SELLER, _BUYER = "WK", "SE", "BY"
"""UNTDID 3035. The sender is a platform or "compatible software" (G7.47), and is not named."""
_TREATMENT, _PAID = "23", "47"
"""MDT-77, MDT-88 (BR-FR-CDV-CL-05)."""
_CASHED = "MEN"
"""MDT-207: amount collected, VAT included (G7.12)."""
_TAKEN_BACK = "Annulation d’encaissement"
"""MDT-126, wanted of what is paid back (P1.17), in the words of the State (ANNUL_ENC)."""

Node = ElementTree.Element


@dataclass(frozen=True, slots=True)
class CollectedAmount:
    """What was received at one rate of VAT (percent), VAT included; negative: it was paid back."""

    rate: Decimal
    amount: Decimal
    currency: str = "EUR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """A payment of one invoice, in part or in full (P1.14: one invoice a message).

    Names of the terms are those of XP Z12-012 (MDT). Moments have a zone.
    """

    number: str
    type_code: str
    """BT-3 (BR-FR-04): 381 of a credit note."""
    issued_on: date
    seller_siren: str
    seller_name: str
    buyer_siren: str
    """MDT-57 (G7.32)."""
    buyer_name: str
    deposited_at: datetime
    """MDT-95: when the invoice was deposited, as the status 200 says (its MDT-95)."""
    noted_at: datetime
    """MDT-78: when the status was set, that is when the payment was noted."""
    amounts: tuple[CollectedAmount, ...]
    """One a rate, never none; where nothing bears VAT the rate is 0 (BR-FR-CDV-14, G7.45)."""
    received_on: date | None = None
    """The day the money came."""
    buyer_address: str | None = None
    """MDT-73: the address (0225) the invoice went to; the SIREN where none is told."""
    reason: str | None = None
    """MDT-126: why money was paid back."""

    def __post_init__(self) -> None:
        if not self.amounts:
            raise ValueError("a payment has an amount")


def write_collected(told: Collected, *, message_id: str, at: datetime) -> bytes:
    """The message, UTF-8. `message_id` (MDT-4) is its own; `at` is when it is made (MDT-8)."""
    root = Node("rsm:CrossDomainAcknowledgementAndResponse", _SPACES)
    _context(_in(root, "rsm:ExchangedDocumentContext"))
    _exchanged(_in(root, "rsm:ExchangedDocument"), told, message_id, at)
    status = _in(root, "rsm:AcknowledgementDocument")
    _in(_in(status, "ram:MultipleReferencesIndicator"), "udt:Indicator", "false")
    _in(status, "ram:TypeCode", _TREATMENT)
    _moment(_in(status, "ram:IssueDateTime"), told.noted_at)
    _invoice(_in(status, "ram:ReferenceReferencedDocument"), told)
    ElementTree.indent(root)
    text: str = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def _in(parent: Node, name: str, text: str | None = None, **attributes: str) -> Node:
    """A new last child of `parent`."""
    child = ElementTree.SubElement(parent, name, attributes)
    if text is not None:
        child.text = within_xml(text)
    return child


def _moment(parent: Node, at: datetime) -> None:
    _in(parent, "udt:DateTimeString", written_moment(at), format=SECOND)


def _context(node: Node) -> None:
    process = _in(node, "ram:BusinessProcessSpecifiedDocumentContextParameter")
    _in(process, "ram:ID", _REGULATED)
    profile = _in(node, "ram:GuidelineSpecifiedDocumentContextParameter")
    _in(profile, "ram:ID", _PROFILE)


def _exchanged(node: Node, told: Collected, message_id: str, at: datetime) -> None:
    _in(node, "ram:ID", message_id)
    _in(node, "ram:Name", f"{told.number} {COLLECTED}")
    _moment(_in(node, "ram:IssueDateTime"), at)
    _in(_in(node, "ram:SenderTradeParty"), "ram:RoleCode", _SOFTWARE)
    seller = _in(node, "ram:IssuerTradeParty")
    _party(seller, told.seller_siren, told.seller_name, _SELLER)
    buyer = _in(node, "ram:RecipientTradeParty")
    _party(buyer, told.buyer_siren, told.buyer_name, _BUYER)
    address = told.buyer_address or told.buyer_siren
    # BR-FR-CDV-08.
    _in(_in(buyer, "ram:URIUniversalCommunication"), "ram:URIID", address, schemeID=_ADDRESS)


def _party(node: Node, siren: str, name: str, role: str) -> None:
    _in(node, "ram:GlobalID", siren, schemeID=_SIREN)
    _in(node, "ram:Name", name)
    _in(node, "ram:RoleCode", role)


def _invoice(node: Node, told: Collected) -> None:
    _in(node, "ram:IssuerAssignedID", told.number)
    _in(node, "ram:StatusCode", _PAID)
    _in(node, "ram:TypeCode", told.type_code)
    _moment(_in(node, "ram:ReceiptDateTime"), told.deposited_at)
    _in(node, "ram:ReferenceTypeCode", _INVOICE)
    issued = _in(node, "ram:FormattedIssueDateTime")
    _in(issued, "qdt:DateTimeString", written_day(told.issued_on), format=DAY)
    _in(node, "ram:ProcessConditionCode", str(COLLECTED))
    _in(node, "ram:ProcessCondition", "Encaissée")
    seller = _in(node, "ram:IssuerTradeParty")
    _in(seller, "ram:GlobalID", told.seller_siren, schemeID=_SIREN)
    _in(seller, "ram:RoleCode", _SELLER)
    detail = _in(node, "ram:SpecifiedDocumentStatus")
    # BR-FR-CDV-16.
    _in(detail, "ram:SequenceNumeric", "1")
    is_paid_back = any(one.amount < 0 for one in told.amounts)
    reason = told.reason or (_TAKEN_BACK if is_paid_back else None)
    if reason:
        _in(_in(detail, "ram:IncludedNote"), "ram:Content", reason)
    for one in told.amounts:
        _amount(_in(detail, "ram:SpecifiedDocumentCharacteristic"), one, told.received_on)


def _amount(node: Node, told: CollectedAmount, received_on: date | None) -> None:
    _in(node, "ram:TypeCode", _CASHED)
    _in(_in(node, "ram:ValueChangedIndicator"), "udt:IndicatorString", "false")
    _in(node, "ram:ValueAmount", _figure(told.amount), currencyID=told.currency)
    if received_on:
        day = _in(node, "ram:ValueDateTime")
        _in(day, "udt:DateTimeString", written_day(received_on), format=DAY)
    _in(node, "ram:ValuePercent", _figure(told.rate))


def _figure(value: Decimal) -> str:
    """Plain digits, two decimals or more where there are more: never an exponent, nor -0."""
    exponent = value.normalize().as_tuple().exponent
    least = Decimal("0.01")
    shown = value if isinstance(exponent, int) and exponent < -2 else value.quantize(least)
    return f"{shown or abs(shown):f}"
