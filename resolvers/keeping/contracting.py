"""Keeping the fee projects of a project: make one, change it, put it away, bring it back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import strawberry

from domain.access import Permission
from domain.errors import Issue
from domain.project.model import Contract as ContractRecord
from resolvers._mutation import Acting
from resolvers.keeping import _contracts as contracts
from resolvers.keeping._contract_inputs import ContractCreateInput, ContractUpdateInput
from resolvers.keeping.editing import RecordPayload
from resolvers.settling._keeping import RecordInput, alter, bring_back, make, put_away
from schema.context import Info
from schema.node import key_of
from schema.project import CONTRACT, Contract

EDIT = Permission.EDIT_RECORDS


@strawberry.type
class Contracting:
    """Mutations that keep the fee projects."""

    @strawberry.mutation(description="A fee project without phases yet; its name is its own.")
    async def contract_create(
        self, info: Info, input: ContractCreateInput
    ) -> RecordPayload[Contract]:
        def create(acting: Acting) -> tuple[ContractRecord, Sequence[Issue]]:
            made = contracts.make_contract(
                acting,
                project_id=key_of(input.project_id, "project", field=("project_id",)),
                name=input.name,
                billing_method=input.billing_method,
                taxable=input.taxable,
                status=input.status,
            )
            terms = {
                "timing": input.timing,
                "rollover": input.rollover,
                "cap": input.cap,
                "hourly_rate": input.hourly_rate,
            }
            return made, contracts.set_terms_of(acting, made, terms)

        found: Any = await make(info, EDIT, CONTRACT, create)
        return found

    @strawberry.mutation(
        description="The fee project itself: name, method, terms, taxable, status. Of one that is "
        "ENDED nothing is billed until it is ACTIVE again."
    )
    async def contract_update(
        self, info: Info, input: ContractUpdateInput
    ) -> RecordPayload[Contract]:
        def change(acting: Acting, contract: ContractRecord) -> Sequence[Issue]:
            status = contract.status
            contracts.change_contract(
                acting,
                contract,
                name=input.name,
                billing_method=input.billing_method,
                taxable=input.taxable,
                status=input.status,
            )
            terms: dict[str, Any] = {
                name: value
                for name, value in (("timing", input.timing), ("rollover", input.rollover))
                if value is not None
            }
            for name, maybe in (("cap", input.cap), ("hourly_rate", input.hourly_rate)):
                if maybe is not None:
                    terms[name] = maybe.value
            told = contracts.set_terms_of(acting, contract, terms)
            return [*told, *contracts.ended_told(acting, contract, before=status)]

        found: Any = await alter(info, EDIT, CONTRACT, input, change)
        return found

    @strawberry.mutation(
        description="Out of the lists with its phases; refused while a pro forma holds one."
    )
    async def contract_archive(self, info: Info, input: RecordInput) -> RecordPayload[Contract]:
        found: Any = await put_away(info, EDIT, CONTRACT, input, contracts.require_free)
        return found

    @strawberry.mutation(description="Back into the lists, as it was.")
    async def contract_restore(self, info: Info, input: RecordInput) -> RecordPayload[Contract]:
        found: Any = await bring_back(info, EDIT, CONTRACT, input)
        return found
