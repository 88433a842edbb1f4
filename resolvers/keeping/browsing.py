"""Looking things up: lists by page, one thing by identifier, by code, by number."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from enum import Enum
from typing import Any

import strawberry

from domain.access import Permission, Role
from domain.client import ClientType
from domain.errors import Refusal
from domain.invoice.model import InvoiceState
from domain.payment import PaymentState
from domain.project.model import ProjectStatus
from persistence.clients import clients_where
from persistence.invoice.invoices import DEFAULT_STATES, invoices_where
from persistence.invoice.payments import payment_where
from persistence.lists import (
    collaborators_where,
    projects_where,
    rows_without_rates,
)
from persistence.pages import LARGEST_SIZE, TOO_MANY_NODES, Sort
from persistence.reading import Noun, load
from persistence.session import ScopedSession
from resolvers._reading import PageInput, read, read_one, read_page
from schema.accounting import accounting_export_noun
from schema.batch import batch_invoice_noun, batch_noun
from schema.batch_schedule import batch_schedule_noun
from schema.catalogue import LEDGER_ACCOUNT, PRODUCT, TAX_CODE
from schema.client import ADDRESS, CLIENT, CONTACT, Client
from schema.collaborator import COLLABORATOR, Collaborator
from schema.connection import Connection
from schema.context import Info
from schema.delivery import HANDOVER_DELIVERY
from schema.handover import handover_noun
from schema.import_file import import_file_noun, import_row_noun
from schema.invoice import INVOICE, INVOICE_LINE, Invoice
from schema.invoice_mail import INVOICE_MAIL
from schema.job import job_noun
from schema.node import Node, key_of, optional_key
from schema.organisation import ENTITY, ORGANISATION
from schema.payment import ALLOCATION, PAYMENT, REMINDER
from schema.platform import PLATFORM
from schema.project import (
    ADJUSTMENT,
    BILLING_HISTORY,
    CONTRACT,
    PHASE,
    PROGRESS_UPDATE,
    PROJECT,
    Project,
)
from schema.time_entry import TIME_ENTRY
from schema.transmission import LIFECYCLE_STATUS, TRANSMISSION
from schema.view import wanted
from schema.webhook import WEBHOOK_ENDPOINT

NODES: dict[str, Noun] = {
    noun.prefix: noun
    for noun in (
        ORGANISATION, ENTITY, CLIENT, ADDRESS, CONTACT, COLLABORATOR,
        PROJECT, CONTRACT, PHASE, PROGRESS_UPDATE, BILLING_HISTORY, ADJUSTMENT, TIME_ENTRY,
        INVOICE, INVOICE_LINE, INVOICE_MAIL, TAX_CODE, LEDGER_ACCOUNT, PRODUCT, handover_noun(),
        PAYMENT, ALLOCATION, REMINDER, WEBHOOK_ENDPOINT, HANDOVER_DELIVERY,
        PLATFORM, TRANSMISSION, LIFECYCLE_STATUS,
    )
}  # fmt: skip
"""What `node` can find, by the beginning of its identifiers."""


@strawberry.enum(description="Orders of a list.")
class ListOrder(Enum):
    NEWEST_FIRST = "id:desc"
    OLDEST_FIRST = "id:asc"
    BY_CODE = "code:asc"
    BY_NAME = "name_key:asc"
    BY_UPDATE = "updated_at:desc"

    def sort(self) -> Sort:
        column, _, way = self.value.partition(":")
        return Sort(column, falling=way == "desc")


@strawberry.enum(description="Orders of a list of invoices.")
class InvoiceOrder(Enum):
    NEWEST_FIRST = "id:desc"
    OLDEST_FIRST = "id:asc"
    BY_PRO_FORMA_NUMBER = "pro_forma_number:asc"
    BY_AMOUNT = strawberry.enum_value(
        "gross_minor:desc",
        description="The largest first, one currency after the other: sums are never compared"
        " across currencies. Filter by `currency` to see one alone.",
    )
    BY_UPDATE = "updated_at:desc"

    def sort(self) -> Sort:
        column, _, way = self.value.partition(":")
        within = "currency" if self is InvoiceOrder.BY_AMOUNT else None
        return Sort(column, falling=way == "desc", within=within)


@strawberry.enum(description="Orders of a list of people.")
class CollaboratorOrder(Enum):
    BY_LAST_NAME = "last_name:asc"
    BY_EMAIL = "email:asc"
    NEWEST_FIRST = "id:desc"
    OLDEST_FIRST = "id:asc"
    BY_UPDATE = "updated_at:desc"

    def sort(self) -> Sort:
        column, _, way = self.value.partition(":")
        return Sort(column, falling=way == "desc")


@strawberry.input
class ClientFilter:
    text: str | None = strawberry.field(default=None, description="In the name, or a code's start.")
    client_type: ClientType | None = None
    country: str | None = None
    currency: str | None = None
    archived: bool | None = strawberry.field(default=False, description="Null shows both.")


@strawberry.input
class ProjectFilter:
    text: str | None = None
    status: ProjectStatus | None = None
    client_id: strawberry.ID | None = None
    entity_id: strawberry.ID | None = None
    archived: bool | None = False


@strawberry.input
class CollaboratorFilter:
    text: str | None = strawberry.field(default=None, description="In the names or the e-mail.")
    active: bool | None = None
    role: Role | None = None
    entity_id: strawberry.ID | None = None
    archived: bool | None = False


@strawberry.input
class InvoiceFilter:
    states: list[InvoiceState] | None = strawberry.field(
        default_factory=lambda: list(DEFAULT_STATES),
        description="As the list opens: in preparation, sent, ready. Null shows all.",
    )
    client_id: strawberry.ID | None = None
    project_id: strawberry.ID | None = None
    entity_id: strawberry.ID | None = None
    currency: str | None = None
    issued_from: date | None = None
    issued_to: date | None = None
    text: str | None = strawberry.field(
        default=None, description="A number's start, or the client."
    )
    payment_state: PaymentState | None = None
    overdue: bool | None = strawberry.field(
        default=None, description="Due before today, and not paid; widen `states` to see FINAL."
    )


@strawberry.type
class Browsing:
    """Queries that look things up."""

    @strawberry.field(description="Anything by its identifier; null when there is none.")
    async def node(self, info: Info, id: strawberry.ID) -> Node | None:
        found: list[Node | None] = await _nodes(info, [id])
        return found[0]

    @strawberry.field(description="Things by their identifiers, in that order; at most 100.")
    async def nodes(self, info: Info, ids: list[strawberry.ID]) -> list[Node | None]:
        if len(ids) > LARGEST_SIZE:
            raise Refusal(TOO_MANY_NODES(field=("ids",), count=len(ids), limit=LARGEST_SIZE))
        return await _nodes(info, ids)

    @strawberry.field
    async def clients(
        self,
        info: Info,
        filter: ClientFilter | None = None,
        order: ListOrder = ListOrder.NEWEST_FIRST,
        page: PageInput | None = None,
    ) -> Connection[Client]:
        where = clients_where(**vars(filter or ClientFilter()))
        asked = (page or PageInput()).asked()
        return await read_page(info, CLIENT, asked=asked, sort=order.sort(), where=where)

    @strawberry.field
    async def client(self, info: Info, id: strawberry.ID) -> Client | None:
        return await read_one(info, CLIENT, id=key_of(id, "client", field=("id",)))

    @strawberry.field
    async def client_by_code(self, info: Info, code: str) -> Client | None:
        return await read_one(info, CLIENT, code=code.strip().upper())

    @strawberry.field
    async def projects(
        self,
        info: Info,
        filter: ProjectFilter | None = None,
        order: ListOrder = ListOrder.NEWEST_FIRST,
        page: PageInput | None = None,
    ) -> Connection[Project]:
        given = filter or ProjectFilter()
        where = projects_where(
            text=given.text,
            status=given.status,
            client_id=optional_key(given.client_id, "client", field=("filter", "clientId")),
            entity_id=optional_key(given.entity_id, "entity", field=("filter", "entityId")),
            archived=given.archived,
        )
        asked = (page or PageInput()).asked()
        return await read_page(info, PROJECT, asked=asked, sort=order.sort(), where=where)

    @strawberry.field
    async def project(self, info: Info, id: strawberry.ID) -> Project | None:
        return await read_one(info, PROJECT, id=key_of(id, "project", field=("id",)))

    @strawberry.field
    async def project_by_code(self, info: Info, code: str) -> Project | None:
        return await read_one(info, PROJECT, code=code.strip().upper())

    @strawberry.field
    async def collaborators(
        self,
        info: Info,
        filter: CollaboratorFilter | None = None,
        order: CollaboratorOrder = CollaboratorOrder.BY_LAST_NAME,
        page: PageInput | None = None,
    ) -> Connection[Collaborator]:
        given = filter or CollaboratorFilter()
        where = collaborators_where(
            text=given.text,
            active=given.active,
            role=given.role,
            entity_id=optional_key(given.entity_id, "entity", field=("filter", "entityId")),
            archived=given.archived,
        )
        asked = (page or PageInput()).asked()
        return await read_page(info, COLLABORATOR, asked=asked, sort=order.sort(), where=where)

    @strawberry.field
    async def collaborator(self, info: Info, id: strawberry.ID) -> Collaborator | None:
        key = key_of(id, "collaborator", field=("id",))
        return await read_one(info, COLLABORATOR, id=key)

    @strawberry.field
    async def collaborator_by_email(self, info: Info, email: str) -> Collaborator | None:
        return await read_one(info, COLLABORATOR, email=email.strip().lower())

    @strawberry.field(description="As the list opens: in preparation, sent, ready for sending.")
    async def invoices(
        self,
        info: Info,
        filter: InvoiceFilter | None = None,
        order: InvoiceOrder = InvoiceOrder.NEWEST_FIRST,
        page: PageInput | None = None,
    ) -> Connection[Invoice]:
        given = filter or InvoiceFilter()
        where = invoices_where(
            states=given.states,
            client_id=optional_key(given.client_id, "client", field=("filter", "clientId")),
            project_id=optional_key(given.project_id, "project", field=("filter", "projectId")),
            entity_id=optional_key(given.entity_id, "entity", field=("filter", "entityId")),
            currency=given.currency,
            issued_from=given.issued_from,
            issued_to=given.issued_to,
            text=given.text,
        )
        if given.payment_state is not None or given.overdue is not None:
            today = info.context.house.today(info.context.caller.time_zone)
            where += payment_where(
                state=given.payment_state, overdue_on=today, is_overdue=given.overdue
            )
        asked = (page or PageInput()).asked()
        return await read_page(info, INVOICE, asked=asked, sort=order.sort(), where=where)

    @strawberry.field
    async def invoice(self, info: Info, id: strawberry.ID) -> Invoice | None:
        return await read_one(info, INVOICE, id=key_of(id, "invoice", field=("id",)))

    @strawberry.field(description="By its legal number, or its pro forma number (PF-…).")
    async def invoice_by_number(self, info: Info, number: str) -> Invoice | None:
        wanted_number = number.strip().upper()
        is_pro_forma = wanted_number.startswith("PF-")
        column = "pro_forma_number" if is_pro_forma else "number"
        return await read_one(info, INVOICE, **{column: wanted_number})


async def _nodes(info: Info, ids: list[strawberry.ID]) -> Any:
    """The rows with the given identifiers, whatever their nouns; null for what is not there."""
    fields, locale = wanted(info), info.context.caller.locale
    house = info.context.house
    told = (
        *(import_file_noun(house, locale), import_row_noun(locale), job_noun(house, locale)),
        *(accounting_export_noun(house), batch_noun(house, locale), batch_invoice_noun(locale)),
        batch_schedule_noun(house, locale),
    )
    nouns = NODES | {noun.prefix: noun for noun in told}
    asked: dict[str, set[int]] = {}
    for identifier in ids:
        prefix = identifier.rpartition("_")[0]
        with suppress(Refusal):
            key = key_of(identifier, prefix)
            if prefix in nouns:
                asked.setdefault(prefix, set()).add(key)

    sees_rates = info.context.caller.holds(Permission.SEE_RATES)
    hidden = {} if sees_rates else {"import_row": rows_without_rates()}

    def find(session: ScopedSession) -> list[Any]:
        found: dict[str, Any] = {}
        for prefix, keys in asked.items():
            noun = nouns[prefix]
            where = [noun.column("id").in_(keys), *hidden.get(prefix, ())]
            found |= {row["id"]: row for row in load(session, noun, fields, where=where)}
        return [found.get(identifier) for identifier in ids]

    return await read(info, find)
