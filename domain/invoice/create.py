"""Making a pro forma: from a project (F09, F10) or blank for a client (F13)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from domain.catalogue import TaxCode
from domain.client import Client
from domain.errors import FIELD_INVALID, Issue, PathPart, Refusal, call_error
from domain.given import LARGEST_AMOUNT, number
from domain.invoice.basis import Rule, by_hand, of_fee
from domain.invoice.euro import withdraw_rate
from domain.invoice.model import Invoice, InvoiceLine, LineKind
from domain.invoice.remaining import (
    Billable,
    above_earned,
    reached,
    require_within_remaining,
)
from domain.invoice.totals import line_net
from domain.money import from_minor, share, to_minor
from domain.organisation import Entity
from domain.project.model import BillingMethod, Project

PROJECT_OF_OTHER_CLIENT = call_error(
    "PROJECT_OF_OTHER_CLIENT", "The project {project} is not one of the client {client}."
)
ENTITY_REQUIRED = call_error(
    "ENTITY_REQUIRED",
    "Say which entity invoices: {expected}.",
    "Name it, or give the project its entity.",
)
NOTHING_TO_INVOICE = call_error(
    "NOTHING_TO_INVOICE",
    "Nothing can be invoiced on the project {project} by that day.",
    "Look at billables: it tells what each item waits for.",
)
SEVERAL_MEASURES = call_error(
    "SEVERAL_MEASURES",
    "Give either a quantity, a percentage or an amount for {phase}, not several.",
)
PHASE_OF_OTHER_PROJECT = call_error(
    "PHASE_OF_OTHER_PROJECT", "The phase {phase} is not one of the project {project}."
)
DEFAULT_ACCOUNT = "706000"
LUMP_SUM = "LS"

MOST_QUANTITY = Decimal(10) ** 9
"""Hours, pieces or parts on one line; times a price below the largest amount it is one still."""


class Taxable(Protocol):
    """A contract, as a record or as a row."""

    @property
    def taxable(self) -> bool: ...


class Described(Protocol):
    """A phase, as a record or as a row: what its line says, and the price of its hours."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def currency(self) -> str: ...
    @property
    def fee_minor(self) -> int: ...
    @property
    def hours(self) -> Decimal | None: ...
    @property
    def hourly_rate_minor(self) -> int | None: ...


class Basis(StrEnum):
    """What is taken when nothing is said: all that remains (F10), or what is earned (figure F5)."""

    REMAINING = "REMAINING"
    PROGRESS = "PROGRESS"


@dataclass(frozen=True, slots=True)
class Asked:
    """How much of a phase to invoice; at most one of the three. None of them: by the basis."""

    phase_id: int
    quantity: Decimal | None = None
    percent: Decimal | None = None
    """Of the adjusted fee."""
    amount: Decimal | None = None
    place: int | None = None
    """Where it stands in the call, for what is said of it."""

    @property
    def is_measured(self) -> bool:
        """Whether it says how much."""
        return any(one is not None for one in (self.quantity, self.percent, self.amount))

    def at(self, *name: str) -> tuple[PathPart, ...]:
        return ("phases",) if self.place is None else ("phases", self.place, *name)

    def require_numbers(self) -> None:
        """Refuses with FIELD_INVALID what cannot be measured with: NaN, 1e30, ten decimals."""
        number(
            self.quantity,
            field=self.at("quantity"),
            name="The quantity",
            decimals=4,
            least=-MOST_QUANTITY,
            most=MOST_QUANTITY,
        )
        number(
            self.percent,
            field=self.at("percent"),
            name="The percentage",
            decimals=4,
            least=0,
            most=1000,
        )
        number(
            self.amount,
            field=self.at("amount"),
            name="The amount",
            decimals=6,
            least=-LARGEST_AMOUNT,
        )


def blank(*, client: Client, entity: Entity, pro_forma_number: str, footer: str | None) -> Invoice:
    """A pro forma of a client without lines (F13); its term is the client's, or the entity's."""
    columns = blank_columns(client, entity, footer)
    return Invoice(pro_forma_number=pro_forma_number, **columns)


def blank_columns(client: Client, entity: Entity, footer: str | None) -> dict[str, Any]:
    """The columns of `blank` that the parties decide."""
    return {
        "client_id": client.id,
        "entity_id": entity.id,
        "currency": client.currency,
        "language": client.language,
        "payment_days": entity.payment_days if client.has_entity_terms else client.payment_days,
        "footer_message": footer,
    }


def for_project(invoice: Invoice, *, project: Project, client: Client) -> None:
    """Ties a pro forma to the project it is drawn from; its currency is the project's."""
    if project.client_id != client.id:
        raise Refusal(
            PROJECT_OF_OTHER_CLIENT(field=("project_id",), project=project.code, client=client.name)
        )
    invoice.project_id = project.id
    if invoice.currency != project.currency:
        withdraw_rate(invoice)
    invoice.currency = project.currency
    invoice.commitment_no = project.commitment_no


def propose(
    billable: Billable, *, asked: Asked | None, basis: Basis, account: str | None, sku: str | None
) -> tuple[InvoiceLine | None, tuple[Issue, ...]]:
    """The line of a phase, None when nothing is left, and what to be warned of.

    quantity = total − already invoiced (F10); what pro formas hold is not there to be taken.
    """
    phase, figures = billable.phase, billable.figures
    price = hour_price(billable)
    net = _wanted(billable, asked, basis, price)
    if net == 0:
        return None, ()
    field = ("phases",) if asked is None else asked.at()
    require_within_remaining(net, billable, field=field)
    hours = asked.quantity if asked is not None else None
    quantity, unit, unit_price = measured(net, figures.currency, price, hours)
    is_fixed = billable.contract.billing_method is BillingMethod.FIXED_FEE_PROGRESS
    rule = Rule.PROGRESS if basis is Basis.PROGRESS else Rule.REMAINING
    line = InvoiceLine(
        invoice_id=0,
        position=0,
        kind=LineKind.PROJECT,
        description=described(phase),
        currency=figures.currency,
        quantity=quantity,
        unit=unit,
        unit_price=unit_price,
        net_minor=line_net(quantity=quantity, unit_price=unit_price, currency=figures.currency),
        ledger_account=phase.ledger_account or account or DEFAULT_ACCOUNT,
        sku=phase.sku or sku,
        phase_id=phase.id,
        progress=reached(net, figures) if is_fixed else None,
        basis=by_hand() if asked is not None and asked.is_measured else of_fee(rule, figures, net),
    )
    return line, above_earned(net, billable, field=field)


def described(phase: Described) -> str:
    """What a line calls a phase."""
    return f"{phase.code} – {phase.name}" if phase.code else phase.name


def hour_price(billable: Billable) -> Decimal | None:
    """The price of an hour where the phase is sold by the hour; None where it is a lump sum."""
    return price_of_hour(billable.phase, billable.contract.billing_method)


def price_of_hour(phase: Described, method: BillingMethod) -> Decimal | None:
    """`hour_price` of a phase of a contract that is billed by `method`."""
    if method is BillingMethod.PREPAID_HOURS and phase.hours:
        # The hourly rate of a block is that of its overage; its own price is fee ÷ hours.
        price = from_minor(phase.fee_minor, phase.currency) / phase.hours
        return price if price == price.quantize(Decimal("0.000001")) else None
    by_hours = method in (BillingMethod.TIME_AND_MATERIALS, BillingMethod.PREPAID_HOURS)
    if by_hours and phase.hourly_rate_minor:
        return from_minor(phase.hourly_rate_minor, phase.currency)
    return None


def _wanted(billable: Billable, asked: Asked | None, basis: Basis, price: Decimal | None) -> int:
    figures, name = billable.figures, billable.phase.name
    if asked is not None:
        measures = [asked.quantity, asked.percent, asked.amount]
        if sum(measure is not None for measure in measures) > 1:
            raise Refusal(SEVERAL_MEASURES(field=asked.at(), phase=name))
        asked.require_numbers()
        if asked.amount is not None:
            return to_minor(asked.amount, figures.currency)
        if asked.percent is not None:
            return share(figures.adjusted_fee, asked.percent, figures.currency)
        if asked.quantity is not None:
            fee = from_minor(figures.adjusted_fee, figures.currency)
            amount = asked.quantity * (fee if price is None else price)
            number(
                amount,
                field=asked.at("quantity"),
                name="The quantity",
                decimals=10,
                least=-LARGEST_AMOUNT,
            )
            return to_minor(amount, figures.currency)
    if basis is Basis.PROGRESS:
        return figures.billable_now
    # What was billed too much is the matter of a credit note, not of the next invoice's lines.
    return min(0, figures.free) if figures.adjusted_fee < 0 else max(0, figures.free)


def measured(
    net: int, currency: str, price: Decimal | None, hours: Decimal | None = None
) -> tuple[Decimal, str, Decimal]:
    """The hours asked for, or those that the amount makes exactly; else one lump sum.

    A price is never negative (EN 16931, BR-27): a deduction has a negative quantity.
    """
    amount = from_minor(net, currency)
    if price is not None and price > 0:
        hours = amount / price if hours is None else hours
        if hours == hours.quantize(Decimal("0.0001")):
            return hours.quantize(Decimal("0.0001")), "HUR", price
    return Decimal(1 if net > 0 else -1), LUMP_SUM, abs(amount)


def tax_for(
    contract: Taxable,
    project: Project,
    rate: Decimal | None,
    taxes: Sequence[TaxCode],
) -> TaxCode | None:
    """The tax of a phase with `rate` (None: the project's), of the building's country.

    Where nothing is owed it is the project's exemption, which knows no border.
    """
    rate = project.vat_rate if rate is None else rate
    if rate == 0 or not contract.taxable:
        reason = project.vat_exemption
        return next((tax for tax in taxes if reason and tax.exemption == reason), None)
    own = (tax for tax in taxes if tax.exemption is None and tax.country == project.country)
    return next((tax for tax in own if tax.rate == rate), None)


def require_each_once(asked: Sequence[Asked]) -> None:
    """Refuses a phase that is named twice: which of the two is meant, nobody can tell."""
    seen: set[int] = set()
    for one in asked:
        if one.phase_id in seen:
            raise Refusal(
                FIELD_INVALID(
                    field=one.at("phase_id"), name="The phase", reason="it is given twice"
                )
            )
        seen.add(one.phase_id)
