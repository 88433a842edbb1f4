"""Acts on a fee project itself: its name, how it is billed, its status, when it may be put away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from domain.access import Permission
from domain.billing.assessment import assess
from domain.billing.ended import left_unbilled
from domain.billing.repriced import Whose
from domain.errors import RECORD_ARCHIVED, Issue, Refusal
from domain.given import text
from domain.likeness import name_key
from domain.project.frozen import change_method, change_status, rename, require_unheld
from domain.project.model import BillingMethod, Contract, ContractStatus
from domain.project.terms import amount_of, cap_told, set_terms
from persistence import contracts
from persistence.billing.contracts import contracts_where
from persistence.billing.needs import books_of
from persistence.billing.repricing import hours_repriced
from persistence.invoice.invoices import lock_project
from resolvers._mutation import Acting


def make_contract(
    acting: Acting,
    *,
    project_id: int,
    name: str,
    billing_method: BillingMethod,
    taxable: bool,
    status: ContractStatus,
) -> Contract:
    """A new fee project of a live project; CONTRACT_NAME_TAKEN when there is one of that name."""
    project = lock_project(acting.session, project_id)
    if project.archived_at is not None:
        key = f"project_{project.id}"
        raise Refusal(RECORD_ARCHIVED(field=("project_id",), noun="project", key=key))
    contract = Contract(
        project_id=project.id,
        name="",
        name_key="",
        billing_method=billing_method,
        taxable=taxable,
        status=status,
    )
    _name(acting, contract, name)
    return contract


def change_contract(
    acting: Acting,
    contract: Contract,
    *,
    name: str | None,
    billing_method: BillingMethod | None,
    taxable: bool | None,
    status: ContractStatus | None,
) -> None:
    """Changes what is given; its name stays unique in the project, its method once invoiced."""
    # Asked before anything is changed: a question writes what was changed so far, as a version.
    invoiced = contracts.is_invoiced(acting.session, contract.id)
    if name is not None:
        _name(acting, contract, name)
    if billing_method is not None:
        change_method(contract, billing_method, is_invoiced=invoiced)
    if taxable is not None:
        contract.taxable = taxable
    if status is not None:
        change_status(contract, status, is_invoiced=invoiced)


def set_terms_of(acting: Acting, contract: Contract, given: Mapping[str, Any]) -> Sequence[Issue]:
    """Gives a fee project the terms `given`; what is to be warned of.

    Whoever draws on it has the same lock: no period is billed meanwhile.
    """
    with acting.session.no_autoflush:
        project = lock_project(acting.session, contract.project_id)
        currency, is_new = project.currency, contract.id is None
        has_periods = not is_new and contracts.has_billed_periods(acting.session, contract.id)
        billed = 0 if is_new else contracts.billed_of(acting.session, contract.id)
    columns = dict(given)
    for field, name in (("cap", "The cap"), ("hourly_rate", "The hourly rate")):
        if field in columns:
            amount = amount_of(columns.pop(field), field=field, name=name, currency=currency)
            columns[f"{field}_minor"] = amount
    before = contract.cap_minor
    told = [] if is_new else _repriced(acting, contract, columns)
    set_terms(contract, columns, has_periods=has_periods)
    return [*told, *(cap_told(contract, billed, currency) if contract.cap_minor != before else ())]


def _repriced(acting: Acting, contract: Contract, columns: Mapping[str, Any]) -> Sequence[Issue]:
    """TIME_REPRICED where another hourly rate is given; the contract still has the one before."""
    rate = columns.get("hourly_rate_minor", contract.hourly_rate_minor)
    if rate == contract.hourly_rate_minor:
        return []
    with acting.session.no_autoflush:
        found = hours_repriced(
            acting.session, Whose.CONTRACT, {contract.id: rate}, day=acting.today
        )
    sees_rates = acting.caller.holds(Permission.SEE_RATES)
    return [hours.told("hourly_rate", sees_rates=sees_rates) for hours in found.values()]


def ended_told(acting: Acting, contract: Contract, *, before: ContractStatus) -> Iterator[Issue]:
    """CONTRACT_ENDS_UNBILLED where the fee project was ended just now, and something is left."""
    if contract.status is not ContractStatus.ENDED or before is ContractStatus.ENDED:
        return
    where = contracts_where(contract_id=contract.id)
    for books in books_of(acting.session, where, cut_off=acting.today):
        yield from left_unbilled(assess(books, cut_off=acting.today), on=acting.today)


def require_free(acting: Acting, contract: Contract) -> None:
    """Refuses with CONTRACT_IN_USE to put away what a pro forma holds a phase of."""
    # Drawing takes the same lock: no pro forma comes up while the others are counted.
    lock_project(acting.session, contract.project_id)
    require_unheld(contract, pro_formas=contracts.pro_formas_of(acting.session, contract.id))


def _name(acting: Acting, contract: Contract, name: str) -> None:
    told = text(name, field=("name",), name="The name", longest=255, required=True) or ""
    # A sheet's cell holds it on one line, and a paper too.
    told = " ".join(told.split())
    taken = contracts.is_name_taken(acting.session, contract, name_key(told))
    rename(contract, told, is_taken=taken)
