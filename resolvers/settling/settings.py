"""Settling how the firm invoices: the organisation, its entities, their numbers and their logo."""

from __future__ import annotations

from typing import Any

import strawberry

from domain.access import Permission
from domain.client import Client as ClientRecord
from domain.mail_template import TemplateGiven
from domain.organisation import Entity as EntityRecord
from persistence.entities import entities_where, lock_organisation
from persistence.reading import load_one
from resolvers._judging import stale
from resolvers._mutation import Acting, Payload, write
from resolvers._reading import PageInput, read_one, read_page
from resolvers.keeping._editing_inputs import given
from resolvers.keeping.editing import RecordPayload
from resolvers.settling import _settings as settings
from resolvers.settling._catalogue_order import CatalogueOrder
from resolvers.settling._keeping import RecordInput, alter, bring_back, make, put_away
from resolvers.settling._settings_inputs import (
    ClientPapersUpdateInput,
    EntityCreateInput,
    EntityUpdateInput,
    OrganisationUpdateInput,
)
from schema.client import CLIENT, Client
from schema.connection import Connection
from schema.context import Info
from schema.node import key_of
from schema.organisation import ENTITY, ORGANISATION, Entity, Organisation
from schema.user_error import user_errors
from schema.view import wanted

_SETTINGS = Permission.EDIT_SETTINGS


@strawberry.input
class EntityFilter:
    text: str | None = strawberry.field(default=None, description="In the name, or a code's start.")
    country: str | None = None
    archived: bool | None = strawberry.field(default=False, description="Null shows both.")


@strawberry.type
class SettingsQueries:
    """Queries about the entities of the firm."""

    @strawberry.field(description="The legal entities that issue invoices.")
    async def entities(
        self,
        info: Info,
        filter: EntityFilter | None = None,
        order: CatalogueOrder = CatalogueOrder.BY_CODE,
        page: PageInput | None = None,
    ) -> Connection[Entity]:
        where = entities_where(**vars(filter or EntityFilter()))
        asked, sort = (page or PageInput()).asked(), order.sort(code="code", name="name")
        return await read_page(info, ENTITY, asked=asked, sort=sort, where=where)

    @strawberry.field
    async def entity(self, info: Info, id: strawberry.ID) -> Entity | None:
        return await read_one(info, ENTITY, id=key_of(id, "entity", field=("id",)))


@strawberry.type
class Settings:
    """Mutations that settle how the firm invoices."""

    @strawberry.mutation(description="What is left out stays; null empties.")
    async def organisation_update(
        self, info: Info, input: OrganisationUpdateInput
    ) -> RecordPayload[Organisation]:
        fields = wanted(info, "node")

        def act(acting: Acting) -> Payload:
            firm = lock_organisation(acting.session)
            key = f"organisation_{firm.id}"
            moved = stale(firm, input.expected_version, noun="organisation", key=key)
            if moved is None:
                settings.change_organisation(acting, firm, given(input), _templates(input))
            said = user_errors([] if moved is None else [moved], acting.caller.locale)
            node = load_one(acting.session, ORGANISATION, fields, firm.id)
            return {"node": node, "user_errors": said}

        return await write(info, _SETTINGS, act, nothing={"node": None})

    @strawberry.mutation(description="How a client is invoiced: message at the foot, whose terms.")
    async def client_papers_update(
        self, info: Info, input: ClientPapersUpdateInput
    ) -> RecordPayload[Client]:
        asked = given(input)

        def change(acting: Acting, client: ClientRecord) -> Any:
            return settings.change_client_papers(client, asked)

        return await alter(info, Permission.EDIT_RECORDS, CLIENT, input, change)

    @strawberry.mutation(description="A legal entity with series of numbers of its own.")
    async def entity_create(self, info: Info, input: EntityCreateInput) -> RecordPayload[Entity]:
        asked = await settings.with_logo(given(input))
        return await make(
            info, _SETTINGS, ENTITY, lambda acting: settings.create_entity(acting, asked)
        )

    @strawberry.mutation(
        description="What is left out stays; null empties. Issued invoices never change."
    )
    async def entity_update(self, info: Info, input: EntityUpdateInput) -> RecordPayload[Entity]:
        asked = await settings.with_logo(given(input))

        def change(acting: Acting, entity: EntityRecord) -> Any:
            return settings.change_entity(acting, entity, asked)

        return await alter(info, _SETTINGS, ENTITY, input, change, before=settings.lock)

    @strawberry.mutation(description="Out of the lists; not the last one, nor one with projects.")
    async def entity_archive(self, info: Info, input: RecordInput) -> RecordPayload[Entity]:
        dispensable = settings.require_dispensable
        return await put_away(info, _SETTINGS, ENTITY, input, dispensable, before=settings.lock)

    @strawberry.mutation(description="Back into the lists; its series were kept for it.")
    async def entity_restore(self, info: Info, input: RecordInput) -> RecordPayload[Entity]:
        return await bring_back(info, _SETTINGS, ENTITY, input)


def _templates(asked: OrganisationUpdateInput) -> list[TemplateGiven] | None:
    if asked.mail_templates is None:
        return None
    return [
        TemplateGiven(one.language, one.kind, one.subject, one.body) for one in asked.mail_templates
    ]
