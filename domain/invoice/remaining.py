"""What a phase has left for a line to take, and what a line may not take of it (DOMAIN §2.3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from domain.errors import Issue, IssueKind, PathPart, Refusal, call_error, call_warning
from domain.invoice.model import InvoiceLine
from domain.ledger import PhaseFigures
from domain.money import from_minor
from domain.project.model import BillingMethod, Contract, Phase

AMOUNT_ABOVE_REMAINING = call_error(
    "AMOUNT_ABOVE_REMAINING",
    "{found} is asked for on {phase}, but only {expected} remains to be invoiced.",
    "Raise the fee of the phase, or lower the amount.",
)
AMOUNT_AGAINST_FEE = call_error(
    "AMOUNT_AGAINST_FEE",
    "{found} on {phase} goes against its fee: what was billed too much is credited.",
)
AMOUNT_ABOVE_EARNED = call_warning(
    "AMOUNT_ABOVE_EARNED",
    "{found} is invoiced on {phase}, more than the {expected} earned by its progress.",
)


PERIOD_INVOICED_BEFORE = call_warning(
    "PERIOD_INVOICED_BEFORE",
    "{found} is invoiced on {phase}, a retainer of {expected} a period of which {before} was "
    "invoiced before: make sure that these are other periods.",
)

_MOST_PERIODS = 12
"""Of a retainer on one line: more is a slip of the hand."""


@dataclass(frozen=True, slots=True)
class Billable:
    """A phase with its contract and figures: what a line is made of."""

    phase: Phase
    contract: Contract
    figures: PhaseFigures


def reached(net: int, figures: PhaseFigures) -> Decimal | None:
    """The percentage of the adjusted fee that a line of `net` brings the billing to."""
    if figures.adjusted_fee == 0:
        return None
    billed = PhaseFigures(
        fee=figures.adjusted_fee,
        currency=figures.currency,
        invoiced=figures.billed + figures.reserved + net,
    )
    return billed.billed_percent


def require_within_remaining(net: int, billable: Billable, *, field: tuple[PathPart, ...]) -> None:
    """Above R − P a line is refused unless the fee is raised; a retainer's periods go on (§2.4).

    Nor may it go against the fee: less than nothing on one pro forma would be more than there is
    on the next.
    """
    figures = billable.figures
    is_deduction = figures.adjusted_fee < 0
    if net > 0 if is_deduction else net < 0:
        raise Refusal(_outside(AMOUNT_AGAINST_FEE, net, billable, field))
    free = figures.free
    if billable.contract.billing_method is BillingMethod.RETAINER:
        free = figures.adjusted_fee * _MOST_PERIODS
    if net != 0 and (net < free if is_deduction else net > free):
        raise Refusal(_outside(AMOUNT_ABOVE_REMAINING, net, billable, field))


def require_still_within(lines: Iterable[InvoiceLine], billables: Iterable[Billable]) -> None:
    """Refuses what was drawn within the fee and no longer is: the fee was lowered since.

    `billables` count the lines as reserved: without them, the lines must still find room.
    """
    known = {one.phase.id: one for one in billables}
    sums: dict[int, int] = {}
    for line in lines:
        if line.phase_id in known:
            sums[line.phase_id] = sums.get(line.phase_id, 0) + line.net_minor
    for phase_id, net in sums.items():
        one = known[phase_id]
        figures = replace(one.figures, reserved=one.figures.reserved - net)
        require_within_remaining(net, replace(one, figures=figures), field=("lines",))


def _outside(kind: IssueKind, net: int, billable: Billable, field: tuple[PathPart, ...]) -> Issue:
    figures = billable.figures
    return kind(
        field=field,
        phase=billable.phase.name,
        found=f"{from_minor(net, figures.currency)} {figures.currency}",
        expected=f"{from_minor(figures.free, figures.currency)} {figures.currency}",
    )


def above_earned(net: int, billable: Billable, *, field: tuple[PathPart, ...]) -> tuple[Issue, ...]:
    """What is to be warned of an amount that is allowed: it runs ahead, or may come twice."""
    figures = billable.figures
    if billable.contract.billing_method is BillingMethod.RETAINER:
        return _invoiced_before(net, billable, field=field)
    if billable.contract.billing_method is not BillingMethod.FIXED_FEE_PROGRESS:
        return ()
    if abs(net) <= abs(figures.billable_now):
        return ()
    return (
        AMOUNT_ABOVE_EARNED(
            field=field,
            phase=billable.phase.name,
            found=f"{from_minor(net, figures.currency)} {figures.currency}",
            expected=f"{from_minor(figures.billable_now, figures.currency)} {figures.currency}",
        ),
    )


def _invoiced_before(
    net: int, billable: Billable, *, field: tuple[PathPart, ...]
) -> tuple[Issue, ...]:
    figures, currency = billable.figures, billable.figures.currency
    before = figures.billed + figures.reserved
    if before == 0 and abs(net) <= abs(figures.adjusted_fee):
        return ()
    return (
        PERIOD_INVOICED_BEFORE(
            field=field,
            phase=billable.phase.name,
            found=f"{from_minor(net, currency)} {currency}",
            expected=f"{from_minor(figures.adjusted_fee, currency)} {currency}",
            before=f"{from_minor(before, currency)} {currency}",
        ),
    )
