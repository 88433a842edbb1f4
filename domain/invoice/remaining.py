"""What a phase has left for a line to take, and what a line may not take of it (DOMAIN §2.3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from domain.errors import Issue, IssueKind, PathPart, Refusal, call_error, call_warning
from domain.invoice.basis import is_settled
from domain.invoice.model import InvoiceLine
from domain.ledger import PhaseFigures, percent_of
from domain.money import amount_text
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


_MOST_PERIODS = 12
"""Of a retainer, or blocks, on one line that is written by hand: more is a slip of the hand."""


@dataclass(frozen=True, slots=True)
class Billable:
    """A phase with its contract and figures: what a line is made of."""

    phase: Phase
    contract: Contract
    figures: PhaseFigures
    cap_left: int | None = None
    """What the cap of the contract leaves, in minor units; None where it has none."""


def reached(net: int, figures: PhaseFigures) -> Decimal | None:
    """The percentage of the adjusted fee that a line of `net` brings the billing to."""
    if figures.adjusted_fee == 0:
        return None
    return percent_of(figures.billed + figures.reserved + net, figures.adjusted_fee)


def require_within_remaining(net: int, billable: Billable, *, field: tuple[PathPart, ...]) -> None:
    """Above R − P a line is refused unless the fee is raised; periods and blocks go on (§2.4).

    Time is limited by the fee where there is one, and by the cap of the contract. Nor may a line
    go against the fee: less than nothing on one pro forma would be more than there is on the next.
    """
    is_deduction = _most(billable) < 0
    if net > 0 if is_deduction else net < 0:
        raise Refusal(_outside(AMOUNT_AGAINST_FEE, net, billable, field))
    free = limit_of(billable)
    if net != 0 and free is not None and (net < free if is_deduction else net > free):
        raise Refusal(_outside(AMOUNT_ABOVE_REMAINING, net, billable, field))


def limit_of(billable: Billable) -> int | None:
    """The most that a line may take of a phase, in minor units; None: as much as there is."""
    figures = billable.figures
    match billable.contract.billing_method:
        case BillingMethod.RETAINER | BillingMethod.PREPAID_HOURS:
            return _most(billable) * _MOST_PERIODS
        case BillingMethod.TIME_AND_MATERIALS:
            caps = [figures.free] if figures.adjusted_fee != 0 else []
            if billable.cap_left is not None and figures.adjusted_fee >= 0:
                caps.append(billable.cap_left)
            return min(caps, default=None)
    return figures.free


def _most(billable: Billable) -> int:
    """The fee; of periods and blocks the one before its adjustments where it was higher then."""
    figures = billable.figures
    if figures.by_progress or figures.by_time:
        return figures.adjusted_fee
    return max(figures.fee, figures.adjusted_fee, key=abs)


Placed = tuple[InvoiceLine, tuple[PathPart, ...]]
"""A line, and where it stands in the call."""


def require_all_within(lines: Iterable[Placed], billables: Mapping[int, Billable]) -> None:
    """Several lines on one phase share what remains of it, those of a contract its cap."""
    phases: dict[int, int] = {}
    contracts: dict[int, int] = {}
    for line, field in lines:
        one = billables.get(line.phase_id or 0)
        if one is None or is_settled(line.basis):
            continue
        others = contracts.get(one.contract.id, 0) - phases.get(one.phase.id, 0)
        phases[one.phase.id] = net = phases.get(one.phase.id, 0) + line.net_minor
        contracts[one.contract.id] = others + net
        left = None if one.cap_left is None else one.cap_left - others
        require_within_remaining(net, replace(one, cap_left=left), field=field)


def require_still_within(lines: Iterable[InvoiceLine], billables: Iterable[Billable]) -> None:
    """Refuses what was drawn within the fee and no longer is: the fee was lowered since.

    `billables` count the lines as reserved: without them, the lines must still find room.
    """
    known = {one.phase.id: one for one in billables}
    own = [line for line in lines if line.phase_id in known]
    _require_sums(own, {one.phase.id: one for one in without(own, known.values())})


def without(lines: Iterable[InvoiceLine], billables: Iterable[Billable]) -> list[Billable]:
    """Phases as they are without these lines of a pro forma, which count among what is held."""
    known = {one.phase.id: one for one in billables}
    phases: dict[int, int] = {}
    contracts: dict[int, int] = {}
    for line in lines:
        one = known.get(line.phase_id or 0)
        if one is not None:
            phases[one.phase.id] = phases.get(one.phase.id, 0) + line.net_minor
            contracts[one.contract.id] = contracts.get(one.contract.id, 0) + line.net_minor
    return [
        replace(
            one,
            figures=one.figures._replace(
                reserved=one.figures.reserved - phases.get(one.phase.id, 0)
            ),
            cap_left=None
            if one.cap_left is None
            else one.cap_left + contracts.get(one.contract.id, 0),
        )
        for one in known.values()
    ]


def _require_sums(lines: Sequence[InvoiceLine], billables: Mapping[int, Billable]) -> None:
    """The lines of a phase are judged by their sum: a deduction may stand beside."""
    sums: dict[int, int] = {}
    contracts: dict[int, int] = {}
    for line in lines:
        if not is_settled(line.basis):
            contract = billables[line.phase_id or 0].contract.id
            sums[line.phase_id or 0] = sums.get(line.phase_id or 0, 0) + line.net_minor
            contracts[contract] = contracts.get(contract, 0) + line.net_minor
    for key, net in sums.items():
        one = billables[key]
        others = contracts[one.contract.id] - net
        left = None if one.cap_left is None else one.cap_left - others
        require_within_remaining(net, replace(one, cap_left=left), field=("lines",))


def _outside(kind: IssueKind, net: int, billable: Billable, field: tuple[PathPart, ...]) -> Issue:
    figures, known = billable.figures, limit_of(billable)
    limit = figures.free if known is None else known
    return kind(
        field=field,
        phase=billable.phase.name,
        found=amount_text(net, figures.currency),
        expected=amount_text(limit, figures.currency),
    )


def above_earned(net: int, billable: Billable, *, field: tuple[PathPart, ...]) -> tuple[Issue, ...]:
    """What is to be warned of an amount that is allowed: it runs ahead of progress."""
    if billable.contract.billing_method is not BillingMethod.FIXED_FEE_PROGRESS:
        return ()
    return ahead_of_progress(net, billable.figures, phase=billable.phase.name, field=field)


def ahead_of_progress(
    net: int, figures: PhaseFigures, *, phase: str, field: tuple[PathPart, ...]
) -> tuple[Issue, ...]:
    """`above_earned` of a fee by progress; `figures` do not count what is judged as reserved."""
    if abs(net) <= abs(figures.billable_now):
        return ()
    return (
        AMOUNT_ABOVE_EARNED(
            field=field,
            phase=phase,
            found=amount_text(net, figures.currency),
            expected=amount_text(figures.billable_now, figures.currency),
        ),
    )
