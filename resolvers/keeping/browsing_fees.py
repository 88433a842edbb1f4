"""Looking fee projects and their phases up: lists by page, one by its identifier."""

from __future__ import annotations

from enum import Enum

import strawberry

from domain.project.model import (
    BillingMethod,
    ContractStatus,
    PhaseKind,
    ProjectStatus,
)
from persistence.lists import contracts_where, phases_where
from persistence.pages import Sort
from resolvers._reading import PageInput, read_one, read_page
from schema.connection import Connection
from schema.context import Info
from schema.node import key_of, optional_key
from schema.project import CONTRACT, PHASE, Contract, Phase


@strawberry.enum(description="Orders of a list of fee projects.")
class ContractOrder(Enum):
    NEWEST_FIRST = Sort("id", falling=True)
    OLDEST_FIRST = Sort("id")
    BY_NAME = Sort("name_key")
    BY_PROJECT = strawberry.enum_value(
        Sort("name_key", within="project_id"), description="Those of one project together, by name."
    )
    BY_UPDATE = Sort("updated_at", falling=True)


@strawberry.enum(description="Orders of a list of phases and annexes.")
class PhaseOrder(Enum):
    NEWEST_FIRST = Sort("id", falling=True)
    OLDEST_FIRST = Sort("id")
    BY_CODE = Sort("code")
    BY_NAME = Sort("name_key")
    BY_POSITION = strawberry.enum_value(
        Sort("position", within="contract_id"),
        description="Those of one fee project together, as they stand in it.",
    )
    BY_FEE = strawberry.enum_value(
        Sort("fee_minor", falling=True, within="currency"),
        description="The largest first, one currency after the other: fees are never compared"
        " across currencies.",
    )
    BY_UPDATE = Sort("updated_at", falling=True)


_ARCHIVED = "True: what was put away itself, or with its project or fee project. Null shows both."


@strawberry.input
class ContractFilter:
    text: str | None = strawberry.field(
        default=None, description="In the name, or the start of the project's code."
    )
    project_id: strawberry.ID | None = None
    client_id: strawberry.ID | None = None
    entity_id: strawberry.ID | None = None
    billing_method: BillingMethod | None = None
    status: ContractStatus | None = None
    taxable: bool | None = None
    archived: bool | None = strawberry.field(default=False, description=_ARCHIVED)


@strawberry.input
class PhaseFilter:
    text: str | None = strawberry.field(default=None, description="In the name, or a code's start.")
    project_id: strawberry.ID | None = None
    contract_id: strawberry.ID | None = None
    client_id: strawberry.ID | None = None
    entity_id: strawberry.ID | None = None
    kind: PhaseKind | None = None
    billing_method: BillingMethod | None = None
    contract_status: ContractStatus | None = None
    project_status: ProjectStatus | None = None
    currency: str | None = None
    archived: bool | None = strawberry.field(default=False, description=_ARCHIVED)


@strawberry.type
class BrowsingFees:
    """Queries that look fee projects and phases up."""

    @strawberry.field(description="Fee projects (projets d'honoraires).")
    async def contracts(
        self,
        info: Info,
        filter: ContractFilter | None = None,
        order: ContractOrder = ContractOrder.NEWEST_FIRST,
        page: PageInput | None = None,
    ) -> Connection[Contract]:
        given = filter or ContractFilter()
        where = contracts_where(
            text=given.text,
            project_id=optional_key(given.project_id, "project", field=("filter", "projectId")),
            client_id=optional_key(given.client_id, "client", field=("filter", "clientId")),
            entity_id=optional_key(given.entity_id, "entity", field=("filter", "entityId")),
            billing_method=given.billing_method,
            status=given.status,
            taxable=given.taxable,
            archived=given.archived,
        )
        asked = (page or PageInput()).asked()
        return await read_page(info, CONTRACT, asked=asked, sort=order.value, where=where)

    @strawberry.field
    async def contract(self, info: Info, id: strawberry.ID) -> Contract | None:
        key = key_of(id, "contract", field=("id",))
        return await read_one(info, CONTRACT, id=key)

    @strawberry.field(description="Phases and annexes.")
    async def phases(
        self,
        info: Info,
        filter: PhaseFilter | None = None,
        order: PhaseOrder = PhaseOrder.NEWEST_FIRST,
        page: PageInput | None = None,
    ) -> Connection[Phase]:
        given = filter or PhaseFilter()
        where = phases_where(
            text=given.text,
            project_id=optional_key(given.project_id, "project", field=("filter", "projectId")),
            contract_id=optional_key(given.contract_id, "contract", field=("filter", "contractId")),
            client_id=optional_key(given.client_id, "client", field=("filter", "clientId")),
            entity_id=optional_key(given.entity_id, "entity", field=("filter", "entityId")),
            kind=given.kind,
            billing_method=given.billing_method,
            contract_status=given.contract_status,
            project_status=given.project_status,
            currency=given.currency,
            archived=given.archived,
        )
        asked = (page or PageInput()).asked()
        return await read_page(info, PHASE, asked=asked, sort=order.value, where=where)

    @strawberry.field
    async def phase(self, info: Info, id: strawberry.ID) -> Phase | None:
        return await read_one(info, PHASE, id=key_of(id, "phase", field=("id",)))
