"""Xero sales CSV: a row for each line of a document, at most 500 documents a file (DOMAIN §4.7)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from documents.accounting.entry import Entry, EntryLine
from documents.accounting.text import amount, comma_separated, figure, guarded, slashed
from domain.money import from_minor, rounded
from domain.tax import VatCategory

_HEADERS = (
    "*ContactName,EmailAddress,POAddressLine1,POAddressLine2,POAddressLine3,POAddressLine4,POCity,"
    "PORegion,POPostalCode,POCountry,*InvoiceNumber,Reference,*InvoiceDate,*DueDate,Total,"
    "InventoryItemCode,*Description,*Quantity,*UnitAmount,Discount,*AccountCode,*TaxType,TaxAmount,"
    "TrackingName1,TrackingOption1,TrackingName2,TrackingOption2,Currency,BrandingTheme"
)
HEADERS = _HEADERS.split(",")
MOST_DOCUMENTS = 500
_PRICE_DECIMALS = 4
"""Xero keeps no more of a unit price."""
_ADDRESS_LINES = 4
_CITY = re.compile(r"([0-9]{4,5}) (\S.*)")

_UNTAXED = {
    VatCategory.REVERSE_CHARGE: "Autoliquidation",
    VatCategory.OUTSIDE_SCOPE: "Hors champ",
}


def write(entries: Sequence[Entry]) -> bytes:
    """The file of at most 500 documents. Credit notes are negative, which tells them from others.

    ValueError for more.
    """
    if len(entries) > MOST_DOCUMENTS:
        raise ValueError(f"a file for Xero has at most {MOST_DOCUMENTS} documents")
    rows = [HEADERS]
    for entry in entries:
        head, tail = _contact(entry), [entry.currency, ""]
        rows += [head + _item(entry, line) + [""] * 4 + tail for line in entry.priced]
    return comma_separated(rows, separator=",").encode("utf-8", "replace")


def tax_type(entry: Entry, line: EntryLine) -> str:
    """The name of the tax in Xero: as it was set for the code, else "TVA 20%"."""
    if known := entry.books.xero_tax_types.get(line.tax_code or ""):
        return str(known)
    if line.rate:
        return f"TVA {figure(line.rate)}%"
    return _UNTAXED.get(line.category or VatCategory.EXEMPT, "Exonéré")


def _contact(entry: Entry) -> list[str]:
    buyer = entry.buyer
    lines, city, postcode = list(buyer.address), "", ""
    if lines and (found := _CITY.fullmatch(lines[-1].strip())):
        postcode, city = found[1], found[2]
        lines.pop()
    if len(lines) > _ADDRESS_LINES:
        lines = [*lines[: _ADDRESS_LINES - 1], ", ".join(lines[_ADDRESS_LINES - 1 :])]
    lines += [""] * (_ADDRESS_LINES - len(lines))
    reference = entry.credited_number or entry.commitment_no or entry.project_code
    texts = [buyer.name, "", *lines, city, "", postcode, buyer.country]
    return [
        *(guarded(text) for text in texts),
        guarded(entry.number),
        guarded(reference),
        slashed(entry.issue_date),
        slashed(entry.due_date or entry.issue_date),
        amount(entry.sign * entry.gross, entry.currency),
    ]


def _item(entry: Entry, line: EntryLine) -> list[str]:
    quantity, price, discount = _reckoned(entry, line)
    return [
        guarded(line.sku),
        guarded(line.description),
        figure(quantity),
        figure(entry.sign * price),
        figure(discount),
        guarded(str(entry.books.xero_accounts.get(line.account, line.account))),
        guarded(tax_type(entry, line)),
        amount(entry.sign * line.vat, entry.currency),
    ]


def _reckoned(entry: Entry, line: EntryLine) -> tuple[Decimal, Decimal, Decimal | None]:
    """Quantity, price and discount that Xero reckons the net from; else that net as one lump."""
    price = line.unit_price
    is_kept = price is not None and price == rounded(price, _PRICE_DECIMALS)
    if is_kept and line.quantity is not None and line.reckons(entry.currency):
        return line.quantity, price or Decimal(0), line.discount
    one = Decimal(-1 if line.net < 0 else 1)
    return one, from_minor(abs(line.net), entry.currency), None
