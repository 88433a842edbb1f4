"""The business terms of an electronic invoice: BT and BG are those of EN 16931 (DOMAIN §4.5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from documents.picture import Reference
from domain.invoice.model import InvoiceKind
from domain.invoice.totals import Tax


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A postal address (BG-5, BG-8): at most three lines, the country alone is always known."""

    lines: tuple[str, ...]
    country: str
    postcode: str | None = None
    town: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trader:
    """A party (BG-4, BG-7)."""

    name: str
    place: Place
    siren: str | None = None
    siret: str | None = None
    vat_number: str | None = None
    legal: str | None = None
    email: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Allowance:
    """A discount of a line (BG-27): `amount` is `percent` of quantity × price."""

    percent: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldLine:
    """A line with figures (BG-25). `price` is never negative: the quantity bears the sign."""

    number: int
    name: str
    quantity: Decimal
    unit: str
    price: Decimal
    net: Decimal
    tax: Tax
    detail: str | None = None
    allowance: Allowance | None = None
    sku: str | None = None
    period: tuple[date, date] | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldGroup:
    """The VAT of one rate or reason (BG-23)."""

    tax: Tax
    base: Decimal
    vat: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class LatePayment:
    """The late-payment terms that French law wants in notes of their own (BR-FR-05)."""

    recovery_costs: str
    penalties: str
    discount: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Electronic:
    """A final document as programs read it. Amounts are in `currency`, as on the paper."""

    number: str
    kind: InvoiceKind
    issue_date: date
    currency: str
    language: str
    seller: Trader
    buyer: Trader
    lines: tuple[ToldLine, ...]
    groups: tuple[ToldGroup, ...]
    net: Decimal
    vat: Decimal
    gross: Decimal
    terms: str
    takes_deposits: bool
    vat_on_debits: bool
    due_date: date | None = None
    supply_date: date | None = None
    iban: str | None = None
    bic: str | None = None
    project: tuple[str, str] | None = None
    commitment_number: str | None = None
    service_code: str | None = None
    references: tuple[Reference, ...] = ()
    vat_in_euro: Decimal | None = None
    late_payment: LatePayment | None = None
    is_domestic: bool = False
    """Between professionals in France: it goes through a platform (BR-FR)."""
    notes: tuple[str, ...] = ()
