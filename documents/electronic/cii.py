"""An electronic invoice as XML: UN/CEFACT CII D22B in the profile EN 16931, with the French rules.

The order of elements is that of the schema. Sources: EN 16931-1 and CEN/TS 16931-3-3 (terms and
their places), AFNOR XP Z12-012 (BR-FR). The same document gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from xml.etree import ElementTree

from documents.characters import within_xml
from documents.electronic.terms import Allowance, Electronic, Place, ToldGroup, ToldLine, Trader
from documents.picture import Reference
from domain.invoice.model import InvoiceKind
from domain.tax import VatCategory

MEDIA_TYPE = "application/xml"
PROFILE = "urn:cen.eu:en16931:2017"
"""BT-24."""

_SPACES = {
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
    "qdt": "urn:un:unece:uncefact:data:standard:QualifiedDataType:100",
}
for _prefix, _uri in _SPACES.items():
    ElementTree.register_namespace(_prefix, _uri)

_SIREN, _SIRET, _ADDRESS = "0002", "0009", "0225"
"""Schemes of ISO 6523; 0225 is the French directory of electronic addresses."""
_TRANSFER = "30"
"""UNTDID 4461: credit transfer."""
_ON_PAYMENT, _ON_ISSUE = "72", "5"
"""UNTDID 2475: when VAT falls due (BT-8). On services when paid, unless debits were chosen."""
_SERVICES, _AFTER_DEPOSIT = "S1", "S4"
"""Frames (BT-23)."""
_DISCOUNT = "95"
"""UNTDID 5189."""

Node = ElementTree.Element


def write(told: Electronic) -> bytes:
    """The XML of a document, UTF-8."""
    root = Node(_named("rsm:CrossIndustryInvoice"))
    _context(_in(root, "rsm:ExchangedDocumentContext"), told)
    _document(_in(root, "rsm:ExchangedDocument"), told)
    trade = _in(root, "rsm:SupplyChainTradeTransaction")
    for line in told.lines:
        _line(_in(trade, "ram:IncludedSupplyChainTradeLineItem"), line)
    _agreement(_in(trade, "ram:ApplicableHeaderTradeAgreement"), told)
    delivery = _in(trade, "ram:ApplicableHeaderTradeDelivery")
    _delivery(delivery, told)
    _settlement(_in(trade, "ram:ApplicableHeaderTradeSettlement"), told)
    ElementTree.indent(root)
    text: str = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def _named(name: str) -> str:
    prefix, _, local = name.partition(":")
    return f"{{{_SPACES[prefix]}}}{local}"


def _in(parent: Node, name: str, text: str | None = None, **attributes: str) -> Node:
    """A new last child of `parent`."""
    child = ElementTree.SubElement(parent, _named(name), attributes)
    if text is not None:
        child.text = within_xml(text)
    return child


def _some(parent: Node, name: str, text: str | None, **attributes: str) -> None:
    """A child where there is something to say."""
    if text:
        _in(parent, name, text, **attributes)


def _day(parent: Node, day: date, space: str = "udt") -> None:
    _in(parent, f"{space}:DateTimeString", f"{day:%Y%m%d}", format="102")


def _figure(value: Decimal) -> str:
    """Plain digits: never an exponent."""
    return f"{value:f}"


def _plain(value: Decimal) -> str:
    """A quantity, a price or a rate without the zeros that end it."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _context(node: Node, told: Electronic) -> None:
    frame = _SERVICES
    if told.takes_deposits and told.kind is InvoiceKind.INVOICE:
        frame = _AFTER_DEPOSIT
    process = _in(node, "ram:BusinessProcessSpecifiedDocumentContextParameter")
    _in(process, "ram:ID", frame)
    profile = _in(node, "ram:GuidelineSpecifiedDocumentContextParameter")
    _in(profile, "ram:ID", PROFILE)


def _document(node: Node, told: Electronic) -> None:
    _in(node, "ram:ID", told.number)
    _in(node, "ram:TypeCode", told.kind.value)
    _day(_in(node, "ram:IssueDateTime"), told.issue_date)
    late = told.late_payment
    coded = [] if late is None else [
        ("PMT", late.recovery_costs), ("PMD", late.penalties), ("AAB", late.discount),
    ]  # fmt: skip
    for code, text in [*((None, text) for text in told.notes), *coded]:
        note = _in(node, "ram:IncludedNote")
        _in(note, "ram:Content", text)
        _some(note, "ram:SubjectCode", code)


def _line(node: Node, line: ToldLine) -> None:
    place = _in(node, "ram:AssociatedDocumentLineDocument")
    _in(place, "ram:LineID", str(line.number))
    if line.notes:
        _in(_in(place, "ram:IncludedNote"), "ram:Content", "\n".join(line.notes))
    product = _in(node, "ram:SpecifiedTradeProduct")
    _some(product, "ram:SellerAssignedID", line.sku)
    _in(product, "ram:Name", line.name)
    _some(product, "ram:Description", line.detail)
    price = _in(_in(node, "ram:SpecifiedLineTradeAgreement"), "ram:NetPriceProductTradePrice")
    _in(price, "ram:ChargeAmount", _plain(line.price))
    delivery = _in(node, "ram:SpecifiedLineTradeDelivery")
    _in(delivery, "ram:BilledQuantity", _plain(line.quantity), unitCode=line.unit)
    settlement = _in(node, "ram:SpecifiedLineTradeSettlement")
    tax = _in(settlement, "ram:ApplicableTradeTax")
    _in(tax, "ram:TypeCode", "VAT")
    _in(tax, "ram:CategoryCode", line.tax.category.value)
    _rate(tax, line.tax.category, line.tax.rate)
    if line.period:
        period = _in(settlement, "ram:BillingSpecifiedPeriod")
        for name, day in zip(("Start", "End"), line.period, strict=True):
            _day(_in(period, f"ram:{name}DateTime"), day)
    if line.allowance:
        _allowance(settlement, line.allowance, line.net)
    total = _in(settlement, "ram:SpecifiedTradeSettlementLineMonetarySummation")
    _in(total, "ram:LineTotalAmount", _figure(line.net))


def _rate(tax: Node, category: VatCategory, rate: Decimal) -> None:
    """What is outside the scope of VAT has no rate, not even 0 (BR-O-05)."""
    if category is not VatCategory.OUTSIDE_SCOPE:
        _in(tax, "ram:RateApplicablePercent", _plain(rate))


def _allowance(settlement: Node, told: Allowance, net: Decimal) -> None:
    node = _in(settlement, "ram:SpecifiedTradeAllowanceCharge")
    _in(_in(node, "ram:ChargeIndicator"), "udt:Indicator", "false")
    _in(node, "ram:CalculationPercent", _plain(told.percent))
    _in(node, "ram:BasisAmount", _figure(net + told.amount))
    _in(node, "ram:ActualAmount", _figure(told.amount))
    _in(node, "ram:ReasonCode", _DISCOUNT)


def _agreement(node: Node, told: Electronic) -> None:
    # A number for VAT of either party has no place where all is outside its scope (BR-O-02).
    outside = any(one.tax.category is VatCategory.OUTSIDE_SCOPE for one in told.groups)
    _some(node, "ram:BuyerReference", told.service_code)
    _party(_in(node, "ram:SellerTradeParty"), told.seller, is_seller=True, taxed=not outside)
    _party(_in(node, "ram:BuyerTradeParty"), told.buyer, is_seller=False, taxed=not outside)
    if told.commitment_number:
        order = _in(node, "ram:BuyerOrderReferencedDocument")
        _in(order, "ram:IssuerAssignedID", told.commitment_number)
    if told.project:
        project = _in(node, "ram:SpecifiedProcuringProject")
        _in(project, "ram:ID", told.project[0])
        _in(project, "ram:Name", told.project[1])


def _party(node: Node, party: Trader, *, is_seller: bool, taxed: bool) -> None:
    _some(node, "ram:GlobalID", party.siret, schemeID=_SIRET)
    _in(node, "ram:Name", party.name)
    _some(node, "ram:Description", party.legal)
    if party.siren:
        _in(_in(node, "ram:SpecifiedLegalOrganization"), "ram:ID", party.siren, schemeID=_SIREN)
    if is_seller and (party.phone or party.email):
        _contact(_in(node, "ram:DefinedTradeContact"), party)
    _address(_in(node, "ram:PostalTradeAddress"), party.place)
    if party.siren:
        address = _in(node, "ram:URIUniversalCommunication")
        _in(address, "ram:URIID", party.siren, schemeID=_ADDRESS)
    if taxed and party.vat_number:
        _in(_in(node, "ram:SpecifiedTaxRegistration"), "ram:ID", party.vat_number, schemeID="VA")
    elif taxed and is_seller and party.siren:
        # Small businesses without a number for VAT: what the tax office knows them by (BT-32).
        _in(_in(node, "ram:SpecifiedTaxRegistration"), "ram:ID", party.siren, schemeID="FC")


def _contact(node: Node, party: Trader) -> None:
    _in(node, "ram:PersonName", party.name)
    if party.phone:
        phone = _in(node, "ram:TelephoneUniversalCommunication")
        _in(phone, "ram:CompleteNumber", party.phone)
    if party.email:
        _in(_in(node, "ram:EmailURIUniversalCommunication"), "ram:URIID", party.email)


def _address(node: Node, place: Place) -> None:
    _some(node, "ram:PostcodeCode", place.postcode)
    for name, line in zip(("One", "Two", "Three"), place.lines, strict=False):
        _in(node, f"ram:Line{name}", line)
    _some(node, "ram:CityName", place.town)
    _in(node, "ram:CountryID", place.country)


def _delivery(node: Node, told: Electronic) -> None:
    """What goes to another member state goes somewhere, on a day (BR-IC-11, BR-IC-12)."""
    goes = any(one.tax.category is VatCategory.INTRA_COMMUNITY for one in told.groups)
    if goes:
        place = _in(_in(node, "ram:ShipToTradeParty"), "ram:PostalTradeAddress")
        _in(place, "ram:CountryID", told.buyer.place.country)
    day = told.supply_date or (told.issue_date if goes else None)
    if day:
        event = _in(node, "ram:ActualDeliverySupplyChainEvent")
        _day(_in(event, "ram:OccurrenceDateTime"), day)


def _settlement(node: Node, told: Electronic) -> None:
    is_credit = told.kind is InvoiceKind.CREDIT_NOTE
    _in(node, "ram:PaymentReference", told.number)
    if told.vat_in_euro is not None:
        _in(node, "ram:TaxCurrencyCode", "EUR")
    _in(node, "ram:InvoiceCurrencyCode", told.currency)
    if told.iban and not is_credit:
        _means(_in(node, "ram:SpecifiedTradeSettlementPaymentMeans"), told.iban, told.bic)
    for group in told.groups:
        _group(_in(node, "ram:ApplicableTradeTax"), group, told)
    terms = _in(node, "ram:SpecifiedTradePaymentTerms")
    _in(terms, "ram:Description", told.terms)
    if told.due_date:
        _day(_in(terms, "ram:DueDateDateTime"), told.due_date)
    _totals(_in(node, "ram:SpecifiedTradeSettlementHeaderMonetarySummation"), told)
    _references(node, told.references)


def _means(node: Node, iban: str, bic: str | None) -> None:
    _in(node, "ram:TypeCode", _TRANSFER)
    _in(_in(node, "ram:PayeePartyCreditorFinancialAccount"), "ram:IBANID", iban)
    if bic:
        bank = _in(node, "ram:PayeeSpecifiedCreditorFinancialInstitution")
        _in(bank, "ram:BICID", bic)


def _group(node: Node, group: ToldGroup, told: Electronic) -> None:
    tax = group.tax
    _in(node, "ram:CalculatedAmount", _figure(group.vat))
    _in(node, "ram:TypeCode", "VAT")
    bears = tax.category in (VatCategory.STANDARD, VatCategory.ZERO)
    _some(node, "ram:ExemptionReason", None if bears else tax.mention)
    _in(node, "ram:BasisAmount", _figure(group.base))
    _in(node, "ram:CategoryCode", tax.category.value)
    _some(node, "ram:ExemptionReasonCode", None if bears else tax.reason_code)
    if tax.category is VatCategory.STANDARD:
        _in(node, "ram:DueDateTypeCode", _ON_ISSUE if told.vat_on_debits else _ON_PAYMENT)
    _rate(node, tax.category, tax.rate)


def _totals(node: Node, told: Electronic) -> None:
    _in(node, "ram:LineTotalAmount", _figure(told.net))
    _in(node, "ram:TaxBasisTotalAmount", _figure(told.net))
    _in(node, "ram:TaxTotalAmount", _figure(told.vat), currencyID=told.currency)
    if told.vat_in_euro is not None:
        _in(node, "ram:TaxTotalAmount", _figure(told.vat_in_euro), currencyID="EUR")
    _in(node, "ram:GrandTotalAmount", _figure(told.gross))
    _in(node, "ram:DuePayableAmount", _figure(told.gross))


def _references(node: Node, references: Iterable[Reference]) -> None:
    for one in references:
        document = _in(node, "ram:InvoiceReferencedDocument")
        _in(document, "ram:IssuerAssignedID", one.number)
        if one.issue_date:
            _day(_in(document, "ram:FormattedIssueDateTime"), one.issue_date, "qdt")
