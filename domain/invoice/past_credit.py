"""Crediting an invoice of the former system, bounded by what was taken over of it (O04)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import CURRENCY, BigKey, Record, Scoped, owned
from domain.catalogue import TaxCode
from domain.errors import FIELD_INVALID, Issue, Refusal, call_error
from domain.given import LARGEST_AMOUNT, number
from domain.invoice.create import DEFAULT_ACCOUNT
from domain.invoice.model import InvoiceLine, LineKind
from domain.invoice.totals import Tax
from domain.money import amount_text, decimals_of, from_minor, share, to_minor
from domain.project.history import BillingHistory
from domain.project.model import Phase
from domain.tax import VatCategory

PAST_INVOICE_UNKNOWN = call_error(
    "PAST_INVOICE_UNKNOWN",
    "No line of an invoice {found} was taken over for {project}.",
)
PAST_LINE_UNKNOWN = call_error(
    "PAST_LINE_UNKNOWN", "{line} is not a line of the invoice {number} of the former system."
)
PAST_CREDIT_ABOVE_REST = call_error(
    "PAST_CREDIT_ABOVE_REST", "{expected} is left to credit of {phase}; {found} is more."
)
PAST_NOTHING_TO_CREDIT = call_error(
    "PAST_NOTHING_TO_CREDIT", "Nothing of the invoice {number} is left to credit."
)
PAST_TAX_UNKNOWN = call_error(
    "PAST_TAX_UNKNOWN",
    "{line} bears {rate} %: no tax code in use in {country} has this rate and its reason.",
    "Create the tax code with taxCodeCreate, or give the code of the line as taxCode.",
)
PAST_VAT_DISAGREES = call_error(
    "PAST_VAT_DISAGREES",
    "{line} was recorded with a VAT of {found}; at {rate} % it would be {expected}.",
    "Archive the line and record it with its rate and gross, or give its code as taxCode.",
)
HISTORY_CREDITED = call_error(
    "HISTORY_CREDITED", "This line of a past invoice was credited: it stays."
)


class CreditedHistory(Scoped, Record):
    """Which line of a credit note takes how much of a line that was taken over. Never changed."""

    __tablename__ = "credited_history"
    __table_args__ = owned(
        ForeignKeyConstraint(
            ["organisation_id", "history_id"],
            ["billing_history.organisation_id", "billing_history.id"],
        ),
        ForeignKeyConstraint(
            ["organisation_id", "line_id"], ["invoice_line.organisation_id", "invoice_line.id"]
        ),
        UniqueConstraint("organisation_id", "line_id"),
        Index(None, "organisation_id", "history_id"),
    )

    history_id: Mapped[int] = mapped_column(BigKey)
    line_id: Mapped[int] = mapped_column(BigKey)
    net_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(CURRENCY)


_MOST_CENTS = 2
"""What roundings may put between the VAT that was recorded of a line and that of its rate."""


@dataclass(frozen=True, slots=True)
class AskedPast:
    """How much of a line that was taken over, net; None: all that is left of it."""

    history_id: int
    amount: Decimal | None = None
    tax_code: str | None = None
    place: int = 0


@dataclass(frozen=True, slots=True)
class PastLine:
    """A line of the former invoice with its phase, and what earlier credits took of it."""

    history: BillingHistory
    phase: Phase
    credited: int = 0

    @property
    def rest(self) -> int:
        return self.history.net_minor - self.credited

    @property
    def vat(self) -> int | None:
        """What was recorded of it; None without a gross."""
        gross = self.history.gross_minor
        return None if gross is None else gross - self.history.net_minor

    def bears(self, rate: Decimal) -> bool:
        """Whether the VAT that was recorded, if any, is that of the rate but for roundings."""
        owed = share(self.history.net_minor, rate, self.history.currency)
        return self.vat is None or abs(self.vat - owed) <= _MOST_CENTS

    def rate(self, usual: Decimal | None) -> Decimal:
        """The rate of the line, else of its phase, else the `usual` one of the project."""
        given = (self.history.vat_rate, self.phase.vat_rate, usual)
        return next((rate for rate in given if rate is not None), Decimal(0))


def untaxed(
    past: PastLine, asked: AskedPast, tax: TaxCode | None, *, rate: Decimal, country: str
) -> Issue:
    """Why a line that told no code has none: there is none of its rate, or its gross differs."""
    field = ("lines", asked.place, "tax_code")
    line, shown = f"billing_history_{past.history.id}", f"{rate.normalize():f}"
    if tax is None:
        return PAST_TAX_UNKNOWN(field=field, line=line, rate=shown, country=country)
    currency = past.history.currency
    return PAST_VAT_DISAGREES(
        field=field,
        line=line,
        rate=f"{tax.rate.normalize():f}",
        found=amount_text(past.vat or 0, currency),
        expected=amount_text(share(past.history.net_minor, tax.rate, currency), currency),
    )


TaxKey = tuple[Decimal, VatCategory, str | None]
"""A tax but for its mention, which may be worded otherwise since."""


def key_of_tax(tax: Tax) -> TaxKey:
    return tax.rate, tax.category, tax.reason_code


@dataclass(frozen=True, slots=True)
class PastGroup:
    """The lines of a former invoice at one tax, and what earlier credits bear at it."""

    lines: Sequence[PastLine]
    base: int = 0
    vat: int = 0

    def vat_of(self, base: int, *, rate: Decimal, currency: str) -> int:
        """The VAT of a credit of `base`, net (DOMAIN §2.6): what empties the lines takes the rest.

        The whole is what was recorded, where it is known of each line and is that of the rate.
        """
        net = sum(one.history.net_minor for one in self.lines)
        recorded = [one.vat for one in self.lines if one.vat is not None and one.bears(rate)]
        is_known = len(recorded) == len(self.lines)
        left = (sum(recorded) if is_known else share(net, rate, currency)) - self.vat
        if base + self.base == net:
            return left
        return max(min(share(base, rate, currency), max(0, left)), min(0, left))


def past_credit(
    past: Mapping[int, PastLine], asked: Sequence[AskedPast] | None, *, invoice_no: str
) -> list[tuple[PastLine, AskedPast, InvoiceLine]]:
    """The lines that credit what is `asked`, or all that is left; positive as a credit's are."""
    wanted = asked
    if wanted is None:
        wanted = [AskedPast(key, place=place) for place, key in enumerate(past)]
    made: list[tuple[PastLine, AskedPast, InvoiceLine]] = []
    seen: set[int] = set()
    for one in wanted:
        found = past.get(one.history_id)
        field = ("lines", one.place, "history_id")
        if found is None:
            line = f"billing_history_{one.history_id}"
            raise Refusal(PAST_LINE_UNKNOWN(field=field, line=line, number=invoice_no))
        if one.history_id in seen:
            raise Refusal(FIELD_INVALID(field=field, name="The line", reason="it is given twice"))
        seen.add(one.history_id)
        net = _net(found, one)
        if net:
            made.append((found, one, _line(found, net, position=len(made) + 1)))
    if not made or sum(line.net_minor for _, _, line in made) <= 0:
        raise Refusal(PAST_NOTHING_TO_CREDIT(field=("invoice_no",), number=invoice_no))
    return made


def _net(found: PastLine, asked: AskedPast) -> int:
    currency, rest = found.history.currency, found.rest
    if asked.amount is None:
        return rest
    field = ("lines", asked.place, "amount")
    number(
        asked.amount,
        field=field,
        name="The amount",
        decimals=decimals_of(currency),
        least=-LARGEST_AMOUNT,
    )
    net = to_minor(asked.amount, currency)
    if not min(0, rest) <= net <= max(0, rest):
        raise Refusal(
            PAST_CREDIT_ABOVE_REST(
                field=field,
                phase=found.phase.name,
                found=amount_text(net, currency),
                expected=amount_text(rest, currency),
            )
        )
    return net


def _line(found: PastLine, net: int, *, position: int) -> InvoiceLine:
    phase = found.phase
    return InvoiceLine(
        invoice_id=0,
        position=position,
        kind=LineKind.PROJECT,
        description=f"{phase.code} – {phase.name}" if phase.code else phase.name,
        currency=phase.currency,
        quantity=Decimal(1 if net > 0 else -1),
        unit="LS",
        unit_price=abs(from_minor(net, phase.currency)),
        net_minor=net,
        ledger_account=phase.ledger_account or DEFAULT_ACCOUNT,
        sku=phase.sku,
        phase_id=phase.id,
    )
