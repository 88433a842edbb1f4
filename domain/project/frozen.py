"""What a project and its fee projects keep once they have been invoiced (DOMAIN §2.1)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from domain.errors import Issue, IssueKind, Refusal, Scope, Severity, call_error
from domain.likeness import name_key
from domain.project.model import BillingMethod, Contract, ContractStatus

PROJECT_CURRENCY_FROZEN = IssueKind(
    "PROJECT_CURRENCY_FROZEN",
    Severity.ERROR,
    Scope.ROW,
    "The project {project} has been invoiced: its currency stays {expected}.",
)
PROJECT_CLIENT_FROZEN = IssueKind(
    "PROJECT_CLIENT_FROZEN",
    Severity.ERROR,
    Scope.ROW,
    "The project {project} has been invoiced: its client stays {expected}.",
    "Delete its pro formas if nothing else was invoiced; else make another project.",
)
PROJECT_ENTITY_FROZEN = IssueKind(
    "PROJECT_ENTITY_FROZEN",
    Severity.ERROR,
    Scope.ROW,
    "The project {project} has been invoiced: its entity stays {expected}.",
    "Delete its pro formas if nothing else was invoiced; else make another project.",
)
PROJECT_CURRENCY_INEXACT = IssueKind(
    "PROJECT_CURRENCY_INEXACT",
    Severity.ERROR,
    Scope.ROW,
    "The project {project} has amounts with decimals that {currency} has not: {count}.",
    "Round the fees of its phases first, or make another project.",
)
CONTRACT_METHOD_FROZEN = call_error(
    "CONTRACT_METHOD_FROZEN",
    "The fee project {contract} has been invoiced: its billing method stays {expected}.",
)
CONTRACT_NAME_TAKEN = call_error(
    "CONTRACT_NAME_TAKEN", "The project already has a fee project named {name}."
)
CONTRACT_STATUS_FROZEN = call_error(
    "CONTRACT_STATUS_FROZEN",
    "The fee project {contract} cannot go from {before} to {found}.",
)
CONTRACT_IN_USE = call_error(
    "CONTRACT_IN_USE",
    "Pro formas hold phases of the fee project {contract}: {count}.",
    "Delete them or make them final first.",
)

_STEPS = {
    ContractStatus.DRAFT: (ContractStatus.ACTIVE, ContractStatus.ENDED),
    ContractStatus.ACTIVE: (ContractStatus.ENDED, ContractStatus.DRAFT),
    ContractStatus.ENDED: (ContractStatus.ACTIVE,),
}
"""What a status may be followed by: one that ended may be taken up again, never drafted anew."""


def judge_currency(
    *, project: str, before: str, after: str, is_invoiced: bool, inexact: int = 0
) -> tuple[Issue, ...]:
    """Whether a project may change its currency: not once it was billed, nor in rounding its fees.

    `inexact` counts the amounts of its phases that the new currency has no decimals for.
    """
    if before == after:
        return ()
    field = ("currency",)
    if is_invoiced:
        return (
            PROJECT_CURRENCY_FROZEN(field=field, project=project, found=after, expected=before),
        )
    if inexact:
        return (
            PROJECT_CURRENCY_INEXACT(
                field=field, project=project, found=after, currency=after, count=inexact
            ),
        )
    return ()


def judge_entity(
    *, project: str, after: int, billed_by: Collection[int], names: Mapping[int, str]
) -> tuple[Issue, ...]:
    """PROJECT_ENTITY_FROZEN for a project without an entity that others than `after` have billed.

    `billed_by` are the entities of its papers, pro forma or final; `names` those of all entities.
    """
    others = sorted(names[key] for key in set(billed_by) - {after})
    if not others:
        return ()
    found, expected = names[after], ", ".join(others)
    kind = PROJECT_ENTITY_FROZEN
    return (kind(field=("entity",), project=project, found=found, expected=expected),)


def change_status(contract: Contract, status: ContractStatus, *, is_invoiced: bool) -> None:
    """Takes `contract` a step on (DRAFT, ACTIVE, ENDED) or back; CONTRACT_STATUS_FROZEN otherwise.

    Back to a draft only while no invoice holds one of its phases.
    """
    before = contract.status
    if status is before:
        return
    steps = [step for step in _STEPS[before] if not (is_invoiced and step is ContractStatus.DRAFT)]
    if status not in steps:
        raise Refusal(
            CONTRACT_STATUS_FROZEN(
                field=("status",),
                contract=contract.name,
                before=before.value,
                found=status.value,
                expected=", ".join(step.value for step in steps),
            )
        )
    contract.status = status


def require_unheld(contract: Contract, *, pro_formas: int) -> None:
    """Refuses with CONTRACT_IN_USE to put away a fee project that pro formas hold."""
    if pro_formas:
        raise Refusal(CONTRACT_IN_USE(field=("id",), contract=contract.name, count=pro_formas))


def change_method(contract: Contract, method: BillingMethod, *, is_invoiced: bool) -> None:
    """Bills `contract` another way; CONTRACT_METHOD_FROZEN once an invoice holds one of its phases.

    What was billed by progress cannot go on by the hour: the sums would mean two things.
    """
    if method is contract.billing_method:
        return
    if is_invoiced:
        expected = contract.billing_method.value
        raise Refusal(
            CONTRACT_METHOD_FROZEN(
                field=("billing_method",),
                contract=contract.name,
                found=method.value,
                expected=expected,
            )
        )
    contract.billing_method = method


def rename(contract: Contract, name: str, *, is_taken: bool) -> None:
    """Gives `contract` a name that is unique in its project; CONTRACT_NAME_TAKEN otherwise."""
    if is_taken:
        raise Refusal(CONTRACT_NAME_TAKEN(field=("name",), name=name))
    contract.name, contract.name_key = name, name_key(name)
