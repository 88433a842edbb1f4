"""The generic CSV: every line of every document, with company number and SKU (B34, DOMAIN §4.7).

Credit notes are negative, quantity and amounts, so that a column adds up to what was billed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from documents.accounting.entry import Entry, EntryLine
from documents.accounting.text import amount, comma_separated, figure, guarded
from domain.invoice.model import LEGAL

_HEADERS = (
    "invoice_number kind state issue_date due_date entity company_number client_name "
    "client_vat_number client_siret project_code contract phase_code line line_kind sku "
    "description quantity unit unit_price net vat_rate vat_category vat_amount ledger_account "
    "currency invoice_net invoice_vat invoice_gross credited_invoice"
)
HEADERS = _HEADERS.split(" ")


def write(entries: Sequence[Entry], *, language: str) -> bytes:
    """UTF-8 with its mark; in French `;` and a decimal comma, else `,` and a point."""
    rows = [HEADERS]
    for entry in entries:
        rows += [_row(entry, line, language) for line in entry.lines]
    written = comma_separated(rows, separator=";" if language == "fr" else ",")
    return written.encode("utf-8-sig", "replace")


def _row(entry: Entry, line: EntryLine, language: str) -> list[str]:
    def number(value: Decimal | None) -> str:
        return _local(figure(value), language)

    def money(minor: int) -> str:
        return _local(amount(entry.sign * minor, entry.currency), language)

    buyer, priced = entry.buyer, line.is_priced
    quantity = None if line.quantity is None else entry.sign * line.quantity
    return [
        guarded(entry.number),
        entry.kind.name if entry.state in LEGAL else "PRO_FORMA",
        entry.state.value,
        _day(entry.issue_date),
        _day(entry.due_date),
        guarded(entry.entity),
        guarded(buyer.code),
        guarded(buyer.name),
        guarded(buyer.vat_number),
        guarded(buyer.siret),
        guarded(line.project_code),
        guarded(line.contract),
        guarded(line.phase_code),
        str(line.position),
        line.kind.value,
        guarded(line.sku),
        guarded(line.description),
        number(quantity),
        guarded(line.unit),
        number(line.unit_price),
        money(line.net) if priced else "",
        number(line.rate),
        line.category.value if line.category else "",
        money(line.vat) if priced else "",
        guarded(line.account),
        entry.currency,
        money(entry.net),
        money(entry.vat),
        money(entry.gross),
        guarded(entry.credited_number),
    ]


def _local(number: str, language: str) -> str:
    return number.replace(".", ",") if language == "fr" else number


def _day(day: date | None) -> str:
    """ISO 8601: a spreadsheet of any language reads it as the same day."""
    return "" if day is None else day.isoformat()
