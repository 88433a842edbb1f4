"""What keeps a document from being an electronic invoice, told before it is sent and refused."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from documents.electronic.terms import Electronic
from domain.errors import Issue, call_error
from domain.invoice.model import InvoiceKind
from domain.money import decimals_of
from domain.tax import VatCategory

E_INVOICE_NOT_FINAL = call_error(
    "E_INVOICE_NOT_FINAL",
    "{number} is a pro forma: only final documents are electronic invoices.",
    "Produce the final invoice.",
)
E_INVOICE_DECIMALS = call_error(
    "E_INVOICE_DECIMALS",
    "{number} is in {currency}, which has {found} decimals: an electronic invoice has 2 at most.",
    "Send the PDF.",
)
E_INVOICE_MIXED = call_error(
    "E_INVOICE_MIXED",
    "{number} has lines outside the scope of VAT beside others: an electronic invoice cannot.",
    "Bill them on invoices of their own.",
)
E_INVOICE_INCOMPLETE = call_error(
    "E_INVOICE_INCOMPLETE",
    "A particular that electronic invoices want is missing on {number}: {particular}.",
    "Complete the client or the entity before the invoice is final.",
)


E_INVOICE_RATE = call_error(
    "E_INVOICE_RATE",
    "{number} bears VAT at {found} %, which is no French rate: it is no domestic electronic "
    "invoice.",
    "Send the PDF.",
)
E_INVOICE_REFERENCE = call_error(
    "E_INVOICE_REFERENCE",
    "{number} corrects the invoice {found}: electronic invoices name one by its date and by a "
    "number of at most 35 letters, digits and + - _ /.",
    "Send the PDF.",
)

E_INVOICE_UNKNOWN = call_error(
    "E_INVOICE_UNKNOWN",
    "{number} names {found}: the rules of electronic invoices know no such day or country.",
    "Send the PDF.",
)

_RATES = frozenset(
    Decimal(rate)
    for rate in (
        *("0", "0.9", "1.05", "1.75", "2.1", "5.5", "8.5", "10", "13", "20"),
        *("7", "9.2", "9.6", "19.6", "20.6"),
    )
)
"""BR-FR-16."""
_YEARS = range(2000, 2100)
"""BR-FR-03."""
_UNLISTED = frozenset(("XK",))
"""Countries that have letters, but none of ISO 3166 (BT-40, BT-55)."""
_NUMBER = re.compile(r"[A-Za-z0-9+\-_/]{1,35}")
"""BR-FR-01, BR-FR-02."""


def obstacles(told: Electronic) -> list[Issue]:
    """All that stands in the way of the document, at once."""
    number, issues = told.number, []
    decimals = decimals_of(told.currency)
    if decimals > 2:
        found = str(decimals)
        issues.append(E_INVOICE_DECIMALS(number=number, currency=told.currency, found=found))
    categories = {one.tax.category for one in told.groups}
    # BR-O-11 to BR-O-14.
    if VatCategory.OUTSIDE_SCOPE in categories and len(told.groups) > 1:
        issues.append(E_INVOICE_MIXED(field=("lines",), number=number))
    issues += [
        E_INVOICE_INCOMPLETE(number=number, particular=name) for name in _missing(told, categories)
    ]
    countries = {told.seller.place.country, told.buyer.place.country}
    issues += [
        E_INVOICE_UNKNOWN(number=number, found=code) for code in sorted(countries & _UNLISTED)
    ]
    return issues + _french(told) if told.is_domestic else issues


def _missing(told: Electronic, categories: set[VatCategory]) -> list[str]:
    """BR-S-02, BR-E-02, BR-AE-02, BR-IC-02; BR-FR-10, BR-FR-12."""
    seller, buyer = told.seller, told.buyer
    wanted: dict[str, str | None] = {}
    if categories - {VatCategory.OUTSIDE_SCOPE}:
        wanted["the VAT number of the entity"] = seller.vat_number or seller.siren
    if VatCategory.REVERSE_CHARGE in categories:
        wanted["the VAT number of the client"] = buyer.vat_number or buyer.siren
    if VatCategory.INTRA_COMMUNITY in categories:
        wanted["the VAT number of the client"] = buyer.vat_number
    if told.is_domestic:
        wanted |= {
            "the SIREN of the entity": seller.siren,
            "the SIREN of the client": buyer.siren,
        }
    return [name for name, value in wanted.items() if not value]


def _french(told: Electronic) -> list[Issue]:
    """BR-FR-16, BR-FR-03, BR-FR-CO-05, BR-FR-02."""
    rates = dict.fromkeys(one.tax.rate for one in told.groups if one.tax.rate not in _RATES)
    issues = [E_INVOICE_RATE(number=told.number, found=f"{rate.normalize():f}") for rate in rates]
    issues += [
        E_INVOICE_UNKNOWN(number=told.number, found=day.isoformat())
        for day in sorted(_days(told))
        if day.year not in _YEARS
    ]
    if told.kind is InvoiceKind.CREDIT_NOTE:
        issues += [
            E_INVOICE_REFERENCE(number=told.number, found=one.number)
            for one in told.references
            if one.issue_date is None or not _NUMBER.fullmatch(one.number)
        ]
    return issues


def _days(told: Electronic) -> set[date]:
    days = {told.issue_date, told.due_date, told.supply_date}
    days |= {one.issue_date for one in told.references}
    days |= {day for line in told.lines for day in line.period or ()}
    return {day for day in days if day}
