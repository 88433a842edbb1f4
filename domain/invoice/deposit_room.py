"""What a deposit comes to, how much it may be, and what its lines may name (DOMAIN §2.6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from domain.errors import FIELD_INVALID, FIELD_REQUIRED, PathPart, Refusal, call_error
from domain.given import LARGEST_AMOUNT, number
from domain.invoice.deposit import Shares
from domain.invoice.model import Invoice, InvoiceKind
from domain.invoice.remaining import Billable
from domain.money import amount_text, decimals_of, from_minor, share, to_minor
from domain.project.model import Project

NOTHING_TO_DEPOSIT = call_error(
    "NOTHING_TO_DEPOSIT", "The project {project} has no fee that a deposit could be asked of."
)
DEPOSIT_ABOVE_REST = call_error(
    "DEPOSIT_ABOVE_REST",
    "A deposit of {found} is more than the {expected} that remains to be invoiced.",
    "Lower the deposit, raise the fees, or delete a deposit that is pro forma.",
)
DEPOSIT_LINE_ON_PHASE = call_error(
    "DEPOSIT_LINE_ON_PHASE",
    "Line {position} of the deposit {number} names a phase: a deposit bills none.",
    "Leave the phase out, or draw an invoice of the phase.",
)


@dataclass(frozen=True, slots=True)
class DepositWanted:
    """A deposit as it is asked for: a percentage of the fees, or a net amount."""

    project_id: int
    percent: Decimal | None = None
    amount: Decimal | None = None
    ledger_account: str | None = None


def deposit_net(wanted: DepositWanted, fees: Shares, project: Project) -> int:
    """What the deposit comes to before VAT: 30 % of 10,000.00 = 3,000.00."""
    if (wanted.percent is None) == (wanted.amount is None):
        if wanted.percent is None:
            raise Refusal(FIELD_REQUIRED(field=("percent",), name="A percentage or an amount"))
        reason = "it goes with no percentage"
        raise Refusal(FIELD_INVALID(field=("amount",), name="The amount", reason=reason))
    if not fees:
        raise Refusal(NOTHING_TO_DEPOSIT(field=("project_id",), project=project.code))
    number(
        wanted.percent,
        field=("percent",),
        name="The percentage",
        decimals=4,
        least=Decimal("0.0001"),
        most=100,
    )
    number(
        wanted.amount,
        field=("amount",),
        name="The amount",
        decimals=decimals_of(project.currency),
        least=from_minor(1, project.currency),
        most=LARGEST_AMOUNT,
    )
    if wanted.amount is not None:
        net = to_minor(wanted.amount, project.currency)
    else:
        net = share(sum(fees.values()), wanted.percent or Decimal(0), project.currency)
    if net <= 0:
        raise Refusal(NOTHING_TO_DEPOSIT(field=("project_id",), project=project.code))
    return net


def require_room(
    net: int,
    billables: Iterable[Billable],
    *,
    others: int,
    currency: str,
    field: tuple[PathPart, ...] = ("lines",),
) -> None:
    """Deposits that are not deducted yet never come to more than what remains to be invoiced.

    `others` is what no final invoice deducts of the project's other deposits. A phase that was
    billed beyond its fee takes no room from the others; one that was put away gives none.
    """
    live = [one for one in billables if one.phase.archived_at is None]
    figures = [one.figures for one in live if one.contract.archived_at is None]
    remaining = sum(
        max(0, one.remaining) if one.adjusted_fee >= 0 else min(0, one.remaining) for one in figures
    )
    rest = max(0, remaining - others)
    if net > rest:
        raise Refusal(
            DEPOSIT_ABOVE_REST(
                field=field,
                found=amount_text(net, currency),
                expected=amount_text(rest, currency),
            )
        )


def require_no_phase(invoice: Invoice, phases: Sequence[int | None]) -> None:
    """DEPOSIT_LINE_ON_PHASE for each line of a deposit, in their order, that names a phase."""
    if invoice.kind is not InvoiceKind.DEPOSIT:
        return
    number_ = invoice.number or invoice.pro_forma_number
    issues = [
        DEPOSIT_LINE_ON_PHASE(
            field=("lines", place, "phase_id"), position=place + 1, number=number_
        )
        for place, phase in enumerate(phases)
        if phase is not None
    ]
    if issues:
        raise Refusal(*issues)
