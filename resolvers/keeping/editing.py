"""Keeping the records by hand: create, change, archive, and many at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import strawberry

from domain.client import CLIENT_IN_USE
from domain.client import Client as ClientRecord
from domain.errors import Issue, Refusal
from domain.takeover.model import RowOutcome
from persistence.clients import live_projects_of
from persistence.reach import whole_firm
from persistence.reading import Noun, Wanted, load_by_ids, load_one
from persistence.records import the_record
from persistence.session import tried_out
from resolvers._bulk import kept, restored
from resolvers._judging import placed, stale
from resolvers._mutation import Acting, Once, Payload, write
from resolvers.keeping import _editing as editing
from resolvers.keeping._edited import Asked, Edited
from resolvers.keeping._editing_inputs import (
    ClientCreateInput,
    ClientItem,
    ClientUpdateInput,
    CollaboratorCreateInput,
    CollaboratorItem,
    CollaboratorUpdateInput,
    PhaseCreateInput,
    PhaseItem,
    PhaseUpdateInput,
    ProjectCreateInput,
    ProjectItem,
    ProjectUpdateInput,
    given,
)
from schema.client import Client
from schema.collaborator import Collaborator
from schema.context import Info
from schema.import_file import FieldChange, shown_changes
from schema.needs import NEEDS
from schema.node import key_of, optional_key
from schema.payload import BulkCounts, BulkOutcome, ErrorPolicy, bulk_counts, require_size
from schema.project import Phase, Project
from schema.user_error import UserError, user_errors
from schema.view import wanted

NodeType = TypeVar("NodeType")

_OUTCOMES = {
    RowOutcome.CREATE: BulkOutcome.CREATED,
    RowOutcome.UPDATE: BulkOutcome.UPDATED,
    RowOutcome.UNCHANGED: BulkOutcome.UNCHANGED,
    RowOutcome.REFUSED: BulkOutcome.REJECTED,
}


@strawberry.type(description="The record, and what was refused or warned of.")
class RecordPayload(Generic[NodeType]):
    node: NodeType | None
    user_errors: list[UserError]


@strawberry.type
class BulkResult(Generic[NodeType]):
    index: int
    external_reference: str | None
    outcome: BulkOutcome
    node: NodeType | None
    changes: list[FieldChange]
    user_errors: list[UserError]


@strawberry.type(description="Results in the order and number of the items.")
class BulkPayload(Generic[NodeType]):
    counts: BulkCounts
    results: list[BulkResult[NodeType]]
    user_errors: list[UserError]
    replayed: bool


@strawberry.input
class ArchiveInput:
    id: strawberry.ID
    expected_version: int | None = None
    archived: bool = strawberry.field(default=True, description="False brings the record back.")


@strawberry.input
class ClientsBulkUpsertInput:
    items: list[ClientItem]
    error_policy: ErrorPolicy = ErrorPolicy.REJECT_EVERYTHING
    dry_run: bool = False
    idempotency_key: strawberry.ID


@strawberry.input
class ProjectsBulkUpsertInput:
    items: list[ProjectItem]
    error_policy: ErrorPolicy = ErrorPolicy.REJECT_EVERYTHING
    dry_run: bool = False
    idempotency_key: strawberry.ID


@strawberry.input
class PhasesBulkUpsertInput:
    items: list[PhaseItem]
    error_policy: ErrorPolicy = ErrorPolicy.REJECT_EVERYTHING
    dry_run: bool = False
    idempotency_key: strawberry.ID


@strawberry.input
class CollaboratorsBulkUpsertInput:
    items: list[CollaboratorItem]
    error_policy: ErrorPolicy = ErrorPolicy.REJECT_EVERYTHING
    dry_run: bool = False
    idempotency_key: strawberry.ID


@strawberry.type
class Editing:
    """Mutations that keep the records."""

    @strawberry.mutation
    async def client_create(self, info: Info, input: ClientCreateInput) -> RecordPayload[Client]:
        return await _create(info, "clients", input)

    @strawberry.mutation(description="What is left out stays; null empties.")
    async def client_update(self, info: Info, input: ClientUpdateInput) -> RecordPayload[Client]:
        return await update_one(info, "clients", input)

    @strawberry.mutation(description="Out of the lists; nothing is lost.")
    async def client_archive(self, info: Info, input: ArchiveInput) -> RecordPayload[Client]:
        return await _archive(info, "clients", input)

    @strawberry.mutation(description="Found by id, code or name; else created. At most 1,000.")
    async def clients_bulk_upsert(
        self, info: Info, input: ClientsBulkUpsertInput
    ) -> BulkPayload[Client]:
        return await upsert_many(info, "clients", input)

    @strawberry.mutation
    async def project_create(self, info: Info, input: ProjectCreateInput) -> RecordPayload[Project]:
        return await _create(info, "projects", input)

    @strawberry.mutation(description="What is left out stays; null empties.")
    async def project_update(self, info: Info, input: ProjectUpdateInput) -> RecordPayload[Project]:
        return await update_one(info, "projects", input)

    @strawberry.mutation(description="Out of the lists; nothing is lost.")
    async def project_archive(self, info: Info, input: ArchiveInput) -> RecordPayload[Project]:
        return await _archive(info, "projects", input)

    @strawberry.mutation(description="Found by id or code; else created. At most 1,000.")
    async def projects_bulk_upsert(
        self, info: Info, input: ProjectsBulkUpsertInput
    ) -> BulkPayload[Project]:
        return await upsert_many(info, "projects", input)

    @strawberry.mutation(description="A phase or annex; its contract is made on first use.")
    async def phase_create(self, info: Info, input: PhaseCreateInput) -> RecordPayload[Phase]:
        return await _create(info, "phases", input)

    @strawberry.mutation(description="What is left out stays; null empties.")
    async def phase_update(self, info: Info, input: PhaseUpdateInput) -> RecordPayload[Phase]:
        return await update_one(info, "phases", input)

    @strawberry.mutation(description="Out of the lists; nothing is lost.")
    async def phase_archive(self, info: Info, input: ArchiveInput) -> RecordPayload[Phase]:
        return await _archive(info, "phases", input)

    @strawberry.mutation(description="Found by id, or project, contract and code. At most 1,000.")
    async def phases_bulk_upsert(
        self, info: Info, input: PhasesBulkUpsertInput
    ) -> BulkPayload[Phase]:
        return await upsert_many(info, "phases", input)

    @strawberry.mutation
    async def collaborator_create(
        self, info: Info, input: CollaboratorCreateInput
    ) -> RecordPayload[Collaborator]:
        return await _create(info, "collaborators", input)

    @strawberry.mutation(description="What is left out stays; null empties.")
    async def collaborator_update(
        self, info: Info, input: CollaboratorUpdateInput
    ) -> RecordPayload[Collaborator]:
        return await update_one(info, "collaborators", input)

    @strawberry.mutation(description="Out of the lists; nothing is lost.")
    async def collaborator_archive(
        self, info: Info, input: ArchiveInput
    ) -> RecordPayload[Collaborator]:
        return await _archive(info, "collaborators", input)

    @strawberry.mutation(description="Found by id or e-mail; else created. At most 1,000.")
    async def collaborators_bulk_upsert(
        self, info: Info, input: CollaboratorsBulkUpsertInput
    ) -> BulkPayload[Collaborator]:
        return await upsert_many(info, "collaborators", input)


async def _create(info: Info, kind: str, asked: Any) -> Any:
    fields = wanted(info, "node")

    def act(acting: Acting) -> Payload:
        return _shown(acting, kind, editing.create(acting, kind, given(asked)), fields)

    return await write(info, NEEDS[info.field_name].permission, act, nothing={"node": None})


async def update_one(info: Info, kind: str, asked: Any) -> Any:
    """The payload of a record with the fields given changed."""
    fields = wanted(info, "node")
    noun = editing.NOUNS[kind]

    def act(acting: Acting) -> Payload:
        key = key_of(asked.id, noun.prefix, field=("id",))
        found: Any = the_record(acting.session, noun.record, key, locked=True)
        moved = stale(found, asked.expected_version, noun=noun.prefix, key=asked.id)
        if moved is not None:
            return _as_it_stands(acting, noun, key, fields, moved)
        acting.session.expunge(found)
        return _shown(acting, kind, editing.change(acting, kind, key, given(asked)), fields)

    return await write(info, NEEDS[info.field_name].permission, act, nothing={"node": None})


async def _archive(info: Info, kind: str, asked: ArchiveInput) -> Any:
    fields = wanted(info, "node")
    noun = editing.NOUNS[kind]

    def act(acting: Acting) -> Payload:
        key = key_of(asked.id, noun.prefix, field=("id",))
        found: Any = the_record(acting.session, noun.record, key, locked=True)
        moved = stale(found, asked.expected_version, noun=noun.prefix, key=asked.id)
        if moved is not None:
            return _as_it_stands(acting, noun, key, fields, moved)
        if asked.archived and isinstance(found, ClientRecord):
            _require_no_live_project(acting, found)
        found.archived_at = acting.house.clock() if asked.archived else None
        acting.session.flush()
        return {"node": load_one(acting.session, noun, fields, key)}

    return await write(info, NEEDS[info.field_name].permission, act, nothing={"node": None})


def _as_it_stands(acting: Acting, noun: Noun, key: int, fields: Wanted, stale: Issue) -> Payload:
    """The record as somebody else left it, and why nothing was done to it (API.md 10)."""
    said = user_errors([stale], acting.caller.locale)
    return {"node": load_one(acting.session, noun, fields, key), "user_errors": said}


def _require_no_live_project(acting: Acting, client: ClientRecord) -> None:
    with whole_firm(acting.session):
        count = live_projects_of(acting.session, client.id)
    if count:
        raise Refusal(CLIENT_IN_USE(field=("id",), name=client.name, count=count))


def _shown(acting: Acting, kind: str, edited: Edited, fields: Any) -> Payload:
    noun = editing.NOUNS[kind]
    said = [placed(issue) for issue in edited.issues]
    return {
        "node": load_one(acting.session, noun, fields, edited.record_id or 0),
        "user_errors": user_errors(said, acting.caller.locale),
    }


async def upsert_many(info: Info, kind: str, asked: Any, *, matches: bool = True) -> Any:
    """The payload of many records of a kind of sheet, in their order (API.md 3).

    `matches` is of worked time: whether what says exactly what is recorded stands for it.
    """
    fields = wanted(info, "results", "node")
    noun = editing.NOUNS[kind]

    def act(acting: Acting) -> Payload:
        require_size(asked.items)
        items = [_asked(item, noun) for item in asked.items]
        edited = editing.judge(acting, kind, items, matches=matches)
        refused = any(one.is_refused for one in edited)
        stopped = refused and asked.error_policy is ErrorPolicy.REJECT_EVERYTHING
        if not stopped and not asked.dry_run:
            editing.keep(acting, kind, edited)
        elif not stopped and not acting.caller.reach.is_whole:
            # Only writing tells whether a code is taken out of reach.
            with tried_out(acting.session):
                editing.keep(acting, kind, edited)
        return _results(acting, noun, edited, stopped=stopped, fields=fields)

    once = Once(
        key=asked.idempotency_key,
        mutation=f"{kind}BulkUpsert",
        asked=asked,
        keep=lambda payload: kept(payload, dry_run=asked.dry_run),
        restore=lambda acting, before: restored(acting, noun, before, fields),
    )
    nothing = {"counts": bulk_counts([]), "results": [], "replayed": False}
    return await write(info, NEEDS[info.field_name].permission, act, nothing=nothing, once=once)


def _asked(item: Any, noun: Noun) -> Asked:
    try:
        key = optional_key(item.id, noun.prefix, field=("id",))
    except Refusal as refusal:
        return Asked(given(item), None, item.external_reference, refusal.issues)
    return Asked(given(item), key, item.external_reference)


def _results(
    acting: Acting, noun: Noun, edited: Sequence[Edited], *, stopped: bool, fields: Any
) -> Payload:
    keys = [one.record_id for one in edited if one.record_id is not None]
    nodes = load_by_ids(acting.session, noun, fields, keys)
    results = []
    for index, one in enumerate(edited):
        said = [placed(issue, "items", index) for issue in one.issues]
        outcome = BulkOutcome.REJECTED if one.is_refused else _OUTCOMES[one.planned.outcome]
        results.append(
            {
                "index": index,
                "external_reference": one.asked.external_reference,
                "outcome": BulkOutcome.SKIPPED if stopped and not one.is_refused else outcome,
                "node": nodes.get(one.record_id or 0),
                "changes": shown_changes(one.planned.changes),
                "user_errors": user_errors(said, acting.caller.locale),
            }
        )
    return {"counts": bulk_counts(results), "results": results}
