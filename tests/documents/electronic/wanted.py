"""What a message of a payment must have, where the official stylesheet does not look.

Some rules of BR-FR-CDV are told of an element itself, and so say nothing when it is not there;
those of the State (G1, G7, P1 of annex 7 of its external specifications) have no stylesheet. A term
without a rule of its own goes by its name (MDT).
"""

from __future__ import annotations

import re

from lxml import etree

from tests.support.official_rules import broken

URN = "urn:un:unece:uncefact:data:standard"
SPACES = {
    "rsm": f"{URN}:CrossDomainAcknowledgementAndResponse:100",
    "ram": f"{URN}:ReusableAggregateBusinessInformationEntity:100",
    "qdt": f"{URN}:QualifiedDataType:100",
    "udt": f"{URN}:UnqualifiedDataType:100",
}

_HEAD, _STATUS = "rsm:ExchangedDocument", "rsm:AcknowledgementDocument"
_INVOICE = f"{_STATUS}/ram:ReferenceReferencedDocument"
_BUYER, _MOMENT = f"{_HEAD}/ram:RecipientTradeParty", "udt:DateTimeString[@format='204']"
_AMOUNT = (
    f"{_INVOICE}/ram:SpecifiedDocumentStatus/ram:SpecifiedDocumentCharacteristic/ram:ValueAmount"
)
WANTED = {
    "BR-FR-CDV-04": f"{_HEAD}/ram:IssueDateTime/{_MOMENT}",
    "BR-FR-CDV-06": f"{_HEAD}/ram:SenderTradeParty/ram:RoleCode",
    "BR-FR-CDV-09": f"{_STATUS}/ram:TypeCode",
    "BR-FR-CDV-10": f"{_INVOICE}/ram:IssuerAssignedID",
    "BR-FR-04": f"{_INVOICE}/ram:TypeCode",
    "G7.17": f"{_INVOICE}/ram:IssuerTradeParty/ram:GlobalID[@schemeID='0002']",
    "G7.26": f"{_HEAD}/ram:IssuerTradeParty/ram:GlobalID[@schemeID='0002']",
    "G7.31": f"{_INVOICE}/ram:FormattedIssueDateTime/qdt:DateTimeString[@format='102']",
    "G7.32 MDT-57": f"{_BUYER}/ram:GlobalID[@schemeID='0002']",
    "G7.32 MDT-59": f"{_BUYER}/ram:RoleCode",
    "G7.46 MDT-39": f"{_HEAD}/ram:IssuerTradeParty/ram:Name",
    "G7.46 MDT-58": f"{_BUYER}/ram:Name",
    "BR-FR-CDV-08": f"{_BUYER}/ram:URIUniversalCommunication/ram:URIID[@schemeID='0225']",
    "BR-FR-CDV-12": f"{_INVOICE}/ram:ProcessConditionCode[.='212']",
    "P1.14": f"{_STATUS}/ram:MultipleReferencesIndicator[udt:Indicator='false']",
    "P1.15": f"{_AMOUNT}[@currencyID]",
    "MDT-78": f"{_STATUS}/ram:IssueDateTime/{_MOMENT}",
    "MDT-95": f"{_INVOICE}/ram:ReceiptDateTime/{_MOMENT}",
}
"""The one place of each, by its rule: there is something, and nothing of the kind without it."""

_SHAPES = {"102": "20[0-9]{6}", "204": "20[0-9]{12}"}
_IDENTIFIERS = {"0002": "[0-9]{9}", "0225": r"[0-9]{9}(_[A-Za-z0-9._-]+)?"}
_FIGURE = re.compile(r"-?[0-9]+\.[0-9]{2}")


def lacking(xml: bytes) -> list[str]:
    """The rules that a message of a payment breaks and that no stylesheet tells of."""
    root = etree.fromstring(xml)
    found = []
    for rule, path in WANTED.items():
        places = [
            one for one in root.iterfind(path, SPACES) if len(one) or (one.text or "").strip()
        ]
        if not places or (rule == "G7.17" and len(places) > 1):
            found.append(rule)
    for one in root.iter("{*}DateTimeString"):
        if not re.fullmatch(_SHAPES.get(one.get("format", ""), "-"), one.text or ""):
            found.append("G7.53")
    for one in root.iter("{*}GlobalID", "{*}URIID"):
        if not re.fullmatch(_IDENTIFIERS.get(one.get("schemeID", ""), "-"), one.text or ""):
            found.append("G7.26, G1.115")
    amounts = root.findall(f".//{_AMOUNT.rpartition('/')[2]}", SPACES)
    if any(not one.get("currencyID") for one in amounts):
        found.append("P1.15")
    negative = [one for one in amounts if (one.text or "").startswith("-")]
    if negative and root.find(".//ram:IncludedNote/ram:Content", SPACES) is None:
        found.append("P1.17")
    if any(not _FIGURE.fullmatch(one.text or "") for one in amounts):
        found.append("G7.07")
    return found


def faults(xml: bytes) -> list[str]:
    """All the rules that a message of a payment breaks."""
    return broken(xml) + lacking(xml)
