"""What a project and its fee projects keep once they have been invoiced (DOMAIN §2.1)."""

from __future__ import annotations

from domain.errors import Issue, IssueKind, Refusal, Scope, Severity, call_error
from domain.likeness import name_key
from domain.project.model import BillingMethod, Contract

PROJECT_CURRENCY_FROZEN = IssueKind(
    "PROJECT_CURRENCY_FROZEN",
    Severity.ERROR,
    Scope.ROW,
    "The project {project} has been invoiced: its currency stays {expected}.",
)
CONTRACT_METHOD_FROZEN = call_error(
    "CONTRACT_METHOD_FROZEN",
    "The fee project {contract} has been invoiced: its billing method stays {expected}.",
)
CONTRACT_NAME_TAKEN = call_error(
    "CONTRACT_NAME_TAKEN", "The project already has a fee project named {name}."
)


def judge_currency(
    *, project: str, before: str, after: str, is_invoiced: bool
) -> tuple[Issue, ...]:
    """PROJECT_CURRENCY_FROZEN when a project that an invoice holds would change its currency."""
    if before == after or not is_invoiced:
        return ()
    return (
        PROJECT_CURRENCY_FROZEN(field=("currency",), project=project, found=after, expected=before),
    )


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
