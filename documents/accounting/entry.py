"""The frozen view of a document that goes to the accounts: what all exporters see of it.

Amounts are minor units of its currency, as on the document: those of a credit note are positive,
and `sign` turns them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from documents.accounting.vat_shares import vat_of_lines
from domain.accounting import Books, fiscal_year_end
from domain.invoice.credit import taxes_as_issued
from domain.invoice.finalise import Dossier
from domain.invoice.model import LEGAL, InvoiceKind, InvoiceLine, InvoiceState, LineKind
from domain.invoice.totals import Tax, line_net
from domain.places import country_name
from domain.tax import VatCategory

LONGEST_CODES = 80
"""Of the projects of a document, where a file has one field for them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryLine:
    """One line: `vat` is its part of the VAT of its rate, so that lines add up to the document."""

    position: int
    kind: LineKind
    description: str
    net: int = 0
    vat: int = 0
    quantity: Decimal | None = None
    unit: str | None = None
    unit_price: Decimal | None = None
    discount: Decimal | None = None
    account: str = ""
    sku: str | None = None
    tax_code: str | None = None
    rate: Decimal | None = None
    category: VatCategory | None = None
    vat_account: str = ""
    project_code: str | None = None
    """Of an invoice over several projects, that of the line (B26)."""
    contract: str | None = None
    phase_code: str | None = None

    @property
    def is_priced(self) -> bool:
        return self.kind is not LineKind.TEXT

    def reckons(self, currency: str) -> bool:
        """Whether quantity × price less the discount is the net."""
        if self.quantity is None or self.unit_price is None:
            return False
        found = line_net(
            quantity=self.quantity,
            unit_price=self.unit_price,
            currency=currency,
            discount=self.discount,
        )
        return found == self.net


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """Who is invoiced, as on the day of issue. `auxiliary` is their account below the receivables.

    `address` is written line by line, without the name and the country.
    """

    name: str
    code: str
    auxiliary: str
    address: tuple[str, ...] = ()
    country: str | None = None
    siret: str | None = None
    vat_number: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A document for the accounts. ValueError when its lines do not add up to its totals."""

    key: int
    number: str
    kind: InvoiceKind
    state: InvoiceState
    currency: str
    entity: str
    siren: str | None
    buyer: Buyer
    lines: tuple[EntryLine, ...]
    net: int
    vat: int
    gross: int
    books: Books
    issue_date: date | None = None
    due_date: date | None = None
    validated_on: date | None = None
    """The day on which it was made final: from then on nothing of it can change."""
    year_end: date | None = None
    project_code: str | None = None
    commitment_no: str | None = None
    credited_number: str | None = None
    euro_rate: Decimal | None = None

    def __post_init__(self) -> None:
        nets, taxes = sum(one.net for one in self.lines), sum(one.vat for one in self.lines)
        if (nets, taxes, nets + taxes) != (self.net, self.vat, self.gross):
            raise ValueError(f"the lines of {self.number} do not add up to it")

    @property
    def is_credit(self) -> bool:
        return self.kind is InvoiceKind.CREDIT_NOTE

    @property
    def sign(self) -> int:
        """1, or −1 of a credit note."""
        return -1 if self.is_credit else 1

    @property
    def priced(self) -> tuple[EntryLine, ...]:
        return tuple(line for line in self.lines if line.is_priced)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a document is told with: the books of its entity, and what its lines bill.

    `validated_on` is the day it was made final on, `credited_number` of a credit note the number
    of what it corrects, `phases` (contract, code of the phase) by identifier of the phase,
    `deposit_projects` the project of each deposit that a line takes off, both by identifier.
    """

    books: Books
    validated_on: date | None = None
    credited_number: str | None = None
    phases: Mapping[int, tuple[str, str | None]] = field(default_factory=dict)
    deposit_projects: Mapping[int, int | None] = field(default_factory=dict)


def entry_of(dossier: Dossier, around: Surroundings) -> Entry:
    """The view of a document; of a final one, with the parties as they were on the day of issue."""
    invoice = dossier.invoice
    is_final = invoice.state in LEGAL
    start = dossier.entity.fiscal_year_start
    return Entry(
        key=invoice.id,
        number=dossier.number,
        kind=invoice.kind,
        state=invoice.state,
        currency=invoice.currency,
        entity=dossier.entity.code,
        siren=dossier.entity.siren,
        buyer=_buyer(dossier),
        lines=_lines(dossier, around),
        net=invoice.net_minor,
        vat=invoice.vat_minor,
        gross=invoice.gross_minor,
        books=around.books,
        issue_date=invoice.issue_date,
        due_date=invoice.due_date,
        validated_on=around.validated_on if is_final else None,
        year_end=fiscal_year_end(start=start, day=invoice.issue_date)
        if invoice.issue_date
        else None,
        project_code=codes_told([one.code for one in dossier.projects]),
        commitment_no=invoice.commitment_no,
        credited_number=around.credited_number,
        euro_rate=invoice.euro_rate,
    )


def codes_told(codes: Sequence[str]) -> str | None:
    """Codes of projects within LONGEST_CODES characters: "A, B + 38". One is never cut."""
    for count in range(len(codes), 0, -1):
        rest = len(codes) - count
        told = ", ".join(codes[:count]) + (f" + {rest}" if rest else "")
        if count == 1 or len(told) <= LONGEST_CODES:
            return told
    return None


def _buyer(dossier: Dossier) -> Buyer:
    client, kept = dossier.client, dossier.invoice.buyer
    if not kept:
        return Buyer(
            name=client.name,
            code=client.code,
            auxiliary=client.ledger_account or f"411{client.code}",
            address=tuple(client.billing_address.splitlines()),
            siret=client.siret,
            vat_number=None if client.vat_number == "NA" else client.vat_number,
        )
    code = kept.get("code") or client.code
    address, country = _address(kept, dossier)
    return Buyer(
        name=kept["name"],
        code=code,
        auxiliary=client.ledger_account or f"411{code}",
        address=address,
        country=country,
        siret=kept.get("siret"),
        vat_number=kept.get("vat_number"),
    )


def _address(kept: Mapping[str, Any], dossier: Dossier) -> tuple[tuple[str, ...], str]:
    """The frozen address; its last line is the country where the letter crosses a border."""
    lines, language = tuple(kept.get("address") or ()), dossier.invoice.language
    for country in (dossier.client.country, dossier.entity.country):
        if lines and lines[-1] == _named(country, language).upper():
            return lines[:-1], _named(country, language)
    return lines, _named(dossier.entity.country, language)


_named = lru_cache(maxsize=1024)(country_name)


def _lines(dossier: Dossier, around: Surroundings) -> tuple[EntryLine, ...]:
    codes = {
        key: Tax(code.rate, code.category, code.reason_code, code.mention)
        for key, code in dossier.tax_codes.items()
    }
    taxes = taxes_as_issued(dossier.invoice, codes)
    shares = vat_of_lines(dossier.invoice, dossier.lines, taxes)
    return tuple(
        _line(line, dossier, around, taxes, vat)
        for line, vat in zip(dossier.lines, shares, strict=True)
    )


def _line(
    line: InvoiceLine,
    dossier: Dossier,
    around: Surroundings,
    taxes: Mapping[int, Tax],
    vat: int,
) -> EntryLine:
    contract, phase = around.phases.get(line.phase_id or 0, (None, None))
    told = EntryLine(
        position=line.position,
        kind=line.kind,
        description="\n".join(text for text in (line.description, line.detail) if text),
        project_code=_project_code(line, dossier, around),
        contract=contract,
        phase_code=phase,
    )
    if line.kind is LineKind.TEXT:
        return told
    key = line.tax_code_id or 0
    code, tax = dossier.tax_codes.get(key), taxes.get(key)
    return replace(
        told,
        net=line.net_minor,
        vat=vat,
        quantity=line.quantity,
        unit=line.unit,
        unit_price=line.unit_price,
        discount=line.discount,
        account=line.ledger_account or around.books.revenue_account,
        sku=line.sku,
        tax_code=code.code if code else None,
        rate=tax.rate if tax else None,
        category=tax.category if tax else None,
        vat_account=(code.vat_account if code else None) or around.books.vat_account,
    )


def _project_code(line: InvoiceLine, dossier: Dossier, around: Surroundings) -> str | None:
    """That of its phase, of the deposit it takes off, else the one that the invoice is tied to."""
    if line.deducts_id is not None and dossier.invoice.project_id is None:
        key = around.deposit_projects.get(line.deducts_id)
        return next((one.code for one in dossier.projects if one.id == key), None)
    key = dossier.phase_projects.get(line.phase_id or 0, dossier.invoice.project_id)
    return next((one.code for one in dossier.projects if one.id == key), None)
