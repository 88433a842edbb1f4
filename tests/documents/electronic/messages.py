"""Messages of the life of invoices as platforms send them, made of the parts that a test names.

The shapes are those of the official examples (XP Z12-014, annex B): a platform says its own
statuses in phase 305 and is not named, buyer and seller say theirs in phase 23.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from tests.documents.electronic.wanted import SPACES

STATE = ("0238", "0000", "DFH")


@dataclass(frozen=True, kw_only=True)
class Told:
    """One status of one invoice; texts are written escaped, `details` as they stand."""

    code: str
    label: str = ""
    number: str = "PAR-2027-00042"
    phase: str = "305"
    state: str | None = None
    role: str = "WK"
    siren: str | None = None
    details: Sequence[str] = ()
    day: str = '<qdt:DateTimeString format="102">20270901</qdt:DateTimeString>'
    moment: str = '<udt:DateTimeString format="204">20270901091000</udt:DateTimeString>'
    sellers: Sequence[tuple[str, str]] = (("0002", "854984531"),)


def reason(code: str | None, text: str = "", comment: str = "", action: str = "") -> str:
    """A detail that says why."""
    return detail(
        leaf("ReasonCode", code), leaf("Reason", text), leaf("RequestedActionCode", action),
        "<ram:SequenceNumeric>1</ram:SequenceNumeric>",
        f"<ram:IncludedNote>{leaf('Content', comment)}</ram:IncludedNote>" if comment else "",
    )  # fmt: skip


def detail(*parts: str) -> str:
    return f"<ram:SpecifiedDocumentStatus>{''.join(parts)}</ram:SpecifiedDocumentStatus>"


def mark(*parts: str) -> str:
    """A characteristic: an amount, or a term found wrong."""
    name = "ram:SpecifiedDocumentCharacteristic"
    return f"<{name}>{''.join(parts)}</{name}>"


def amount(kind: str, figure: str, *more: str) -> str:
    told = f'<ram:ValueAmount currencyID="EUR">{figure}</ram:ValueAmount>'
    return mark(leaf("TypeCode", kind), told, *more)


def leaf(name: str, text: str | None) -> str:
    return f"<ram:{name}>{escape(text)}</ram:{name}>" if text else ""


def identifier(scheme: str, value: str) -> str:
    return f'<ram:GlobalID schemeID="{scheme}">{value}</ram:GlobalID>'


def invoice(told: Told) -> str:
    """The status of the invoice."""
    sellers = "".join(identifier(*one) for one in told.sellers)
    return f"""<ram:ReferenceReferencedDocument>
      {leaf("IssuerAssignedID", told.number)}{leaf("StatusCode", told.state)}
      <ram:TypeCode>380</ram:TypeCode>
      <ram:ReceiptDateTime>{told.moment}</ram:ReceiptDateTime>
      <ram:FormattedIssueDateTime>{told.day}</ram:FormattedIssueDateTime>
      {leaf("ProcessConditionCode", told.code)}{leaf("ProcessCondition", told.label)}
      <ram:IssuerTradeParty>{sellers}</ram:IssuerTradeParty>
      {"".join(told.details)}
    </ram:ReferenceReferencedDocument>"""


def message(*several: Told) -> str:
    """A message of one status or of several, which are of one phase and said by one."""
    told = several[0]
    issuer = identifier("0002", told.siren) if told.siren else ""
    spaces = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in SPACES.items())
    return f"""<rsm:CrossDomainAcknowledgementAndResponse {spaces}>
  <rsm:ExchangedDocumentContext>
    <ram:BusinessProcessSpecifiedDocumentContextParameter><ram:ID>REGULATED</ram:ID>
    </ram:BusinessProcessSpecifiedDocumentContextParameter>
    <ram:GuidelineSpecifiedDocumentContextParameter><ram:ID>urn.cpro.gouv.fr:1p0:CDV:invoice</ram:ID>
    </ram:GuidelineSpecifiedDocumentContextParameter>
  </rsm:ExchangedDocumentContext>
  <rsm:ExchangedDocument>
    <ram:ID>{told.number}_{told.code}</ram:ID><!-- MDT-4 -->
    <ram:IssueDateTime>
      <udt:DateTimeString format="204">20270901091500</udt:DateTimeString>
    </ram:IssueDateTime>
    <ram:SenderTradeParty><ram:RoleCode>WK</ram:RoleCode></ram:SenderTradeParty>
    <ram:IssuerTradeParty>{issuer}{leaf("RoleCode", told.role)}</ram:IssuerTradeParty>
    <ram:RecipientTradeParty>{identifier("0002", "854984531")}
      <ram:Name>Atelier Rivage</ram:Name><ram:RoleCode>SE</ram:RoleCode>
      <ram:URIUniversalCommunication><ram:URIID schemeID="0225">854984531</ram:URIID>
      </ram:URIUniversalCommunication>
    </ram:RecipientTradeParty>
    <ram:RecipientTradeParty>{identifier(*STATE[:2])}<ram:RoleCode>{STATE[2]}</ram:RoleCode>
    </ram:RecipientTradeParty>
  </rsm:ExchangedDocument>
  <rsm:AcknowledgementDocument>
    <ram:MultipleReferencesIndicator><udt:Indicator>{str(len(several) > 1).lower()}</udt:Indicator>
    </ram:MultipleReferencesIndicator>
    <ram:TypeCode>{told.phase}</ram:TypeCode>
    <ram:IssueDateTime>{told.moment}</ram:IssueDateTime>
    {"".join(invoice(one) for one in several)}
  </rsm:AcknowledgementDocument>
</rsm:CrossDomainAcknowledgementAndResponse>"""
