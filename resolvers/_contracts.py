"""Changing a fee project itself: its name, how it is billed, whether it is taxable, its status."""

from __future__ import annotations

from domain.given import text
from domain.likeness import name_key
from domain.project.frozen import change_method, rename
from domain.project.model import BillingMethod, Contract, ContractStatus
from persistence import contracts
from resolvers._mutation import Acting


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
    if name is not None:
        told = text(name, field=("name",), name="The name", longest=255, required=True) or ""
        taken = contracts.is_name_taken(acting.session, contract, name_key(told))
        rename(contract, told, is_taken=taken)
    if billing_method is not None:
        invoiced = contracts.is_invoiced(acting.session, contract.id)
        change_method(contract, billing_method, is_invoiced=invoiced)
    if taxable is not None:
        contract.taxable = taxable
    if status is not None:
        contract.status = status
    acting.session.flush()
