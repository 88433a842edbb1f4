"""The frozen view of an invoice: every value its paper shows, and nothing that can change later.

It is taken when the invoice is finalised, stored with it, and printed for ten years
(`picture_json` writes and reads it). Whoever takes it has already rounded and checked everything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from domain.money import decimals_of

PRO_FORMA_PREFIX = "PF-"
LANGUAGES = ("fr", "en")
DEFAULT_ACCENT = "#2f5d62"

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


class PaperKind(StrEnum):
    """Which document the paper is; only a pro forma is not an invoice in law."""

    PROFORMA = "PROFORMA"
    INVOICE = "INVOICE"
    CREDIT_NOTE = "CREDIT_NOTE"
    DEPOSIT = "DEPOSIT"


class LineKind(StrEnum):
    """PRICED has figures, TEXT is a remark, HEADING opens a project, SUBTOTAL has a net only."""

    PRICED = "PRICED"
    TEXT = "TEXT"
    SUBTOTAL = "SUBTOTAL"
    HEADING = "HEADING"


class OperationCategory(StrEnum):
    """What is invoiced, a mandatory mention (decree 2022-1299)."""

    GOODS = "GOODS"
    SERVICES = "SERVICES"
    MIXED = "MIXED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """The seller or the buyer, copied as they were on the day of issue.

    `address` is written line by line as on an envelope, without the name; `legal` holds what the
    law wants below a seller: "SARL d'architecture au capital de 50 000 €", "RCS Paris 854984531".
    `code` is our client code.
    """

    name: str
    address: tuple[str, ...]
    legal: tuple[str, ...] = ()
    siren: str | None = None
    siret: str | None = None
    vat_number: str | None = None
    email: str | None = None
    phone: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bank:
    """The account to pay to."""

    iban: str
    bic: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The project that is invoiced and, for a building, where it stands."""

    code: str
    name: str
    address: tuple[str, ...] = ()
    contract: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Another document that this one names (CGI 289 I-5: the invoice that is corrected)."""

    number: str
    issue_date: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row of the table. Quantities have at most 4 decimals, unit prices at most 6.

    A TEXT or a HEADING has a description (and detail) only, a SUBTOTAL a description and `net`.
    `vat_label` is what the reader sees: "20 %", "Exonéré". `discount` is in percent of quantity ×
    unit price, `deducts` the deposit invoice that the line takes off.
    """

    kind: LineKind
    position: int
    description: str
    detail: str | None = None
    quantity: Decimal | None = None
    unit: str | None = None
    unit_price: Decimal | None = None
    vat_label: str | None = None
    net: Decimal | None = None
    discount: Decimal | None = None
    period_start: date | None = None
    period_end: date | None = None
    deducts: Reference | None = None

    def __post_init__(self) -> None:
        figures = (self.quantity, self.unit_price, self.net)
        if self.kind is LineKind.PRICED and None in figures:
            raise ValueError(f"line {self.position} has no quantity, unit price or net")
        if self.kind is LineKind.SUBTOTAL and self.net is None:
            raise ValueError(f"subtotal {self.position} has no net")


@dataclass(frozen=True, slots=True, kw_only=True)
class VatGroup:
    """One VAT rate or exemption: `label` ("20 %", "Exonéré"), base, VAT, legal mention."""

    label: str
    base: Decimal
    vat: Decimal
    mention: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VatInEuro:
    """The VAT of an invoice in another currency: `rate` euros for one unit, and its source."""

    amount: Decimal
    rate: Decimal
    source: str
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Deduction:
    """What comes off the gross before payment: a deposit invoice, a retention, a payment."""

    label: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class RecapRow:
    """One phase of a situation: amount = cumulative + remaining, cumulative = before + now."""

    name: str
    amount: Decimal
    cumulative: Decimal
    percent: Decimal | None
    before: Decimal
    now: Decimal
    remaining: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Recap:
    """The situation of a contract on progress with this invoice (situation no. `number`)."""

    contract: str
    number: int
    rows: tuple[RecapRow, ...]
    total: RecapRow


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoicePicture:
    """A whole paper. Amounts are in `currency`, already rounded to its decimals.

    `supply_start` and `supply_end` are the day or the period of the supply; `references` are the
    documents named: for a credit note the invoices it corrects, else the deposit invoices.
    `mentions` are legal mentions of the operation, `terms` the payment terms (L441-9). `logo` is a
    PNG, JPEG or SVG file; without it (or with one that cannot be read) the seller's name is set.
    `recaps` are the situations of the contracts on progress that it bills.
    Raises ValueError when a value cannot be printed or a number belongs to the other kind of paper.
    """

    kind: PaperKind
    number: str
    issue_date: date
    currency: str
    language: str
    seller: Party
    buyer: Party
    lines: tuple[Line, ...]
    groups: tuple[VatGroup, ...]
    net: Decimal
    vat: Decimal
    gross: Decimal
    due_date: date | None = None
    supply_start: date | None = None
    supply_end: date | None = None
    bank: Bank | None = None
    project: Job | None = None
    commitment_number: str | None = None
    service_code: str | None = None
    references: tuple[Reference, ...] = ()
    deductions: tuple[Deduction, ...] = ()
    vat_in_eur: VatInEuro | None = None
    operation_category: OperationCategory | None = None
    vat_on_debits: bool = False
    mentions: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    footer_message: str | None = None
    logo: bytes | None = None
    accent: str = DEFAULT_ACCENT
    recaps: tuple[Recap, ...] = ()

    def __post_init__(self) -> None:
        decimals_of(self.currency)
        if self.language not in LANGUAGES:
            raise ValueError(f"no paper is printed in {self.language}")
        if not _COLOUR.fullmatch(self.accent):
            raise ValueError(f"{self.accent} is not a colour of the form #rrggbb")
        if self.is_pro_forma is not self.number.startswith(PRO_FORMA_PREFIX):
            raise ValueError(f"{self.number} is not the number of a {self.kind}")
        if self.net + self.vat != self.gross:
            raise ValueError(f"{self.net} and {self.vat} do not add up to {self.gross}")

    @property
    def is_pro_forma(self) -> bool:
        return self.kind is PaperKind.PROFORMA

    @property
    def net_due(self) -> Decimal:
        """What is left to pay once the deductions are taken off the gross."""
        return self.gross - sum((one.amount for one in self.deductions), Decimal(0))
