"""Giving the accounts their files: exports, what went out before, and the settings they need."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import strawberry

from domain.access import Permission
from domain.accounting import EXPORT_EMPTY, ExportFormat
from domain.errors import Refusal
from persistence.books.exports import exports_where
from persistence.deadline import longer
from persistence.pages import Sort
from persistence.reading import Wanted, load_one
from resolvers._mutation import Acting, Once, Payload, write
from resolvers._reading import PageInput, read, read_page
from resolvers._shares import to_read
from resolvers.posting._exporting import Drawn, draw_up, keep
from resolvers.posting._inputs import (
    AccountingSettingsUpdateInput,
    InvoicesExportInput,
    as_wanted,
    settings_given,
)
from resolvers.settling._accounting import change, told
from schema.accounting import AccountingExport, AccountingSettings, accounting_export_noun
from schema.connection import Connection
from schema.context import Info
from schema.node import key_of
from schema.user_error import UserError, errors_again, kept_errors, user_errors
from schema.view import wanted


@strawberry.type
class InvoicesExportPayload:
    export: AccountingExport | None
    user_errors: list[UserError]
    replayed: bool


@strawberry.type
class AccountingSettingsPayload:
    settings: AccountingSettings | None
    user_errors: list[UserError]


@strawberry.type
class ExportingQueries:
    """Queries about exports and the settings of the accounts."""

    @strawberry.field(description="The newest first.")
    async def exports(
        self, info: Info, format: ExportFormat | None = None, page: PageInput | None = None
    ) -> Connection[AccountingExport]:
        return await read_page(
            info,
            accounting_export_noun(info.context.house),
            asked=(page or PageInput()).asked(),
            sort=Sort("id", falling=True),
            where=exports_where(format),
        )

    @strawberry.field
    async def accounting_export(self, info: Info, id: strawberry.ID) -> AccountingExport | None:
        key, fields = key_of(id, "accounting_export", field=("id",)), wanted(info)
        noun = accounting_export_noun(info.context.house)
        found: Any = await read(info, lambda session: load_one(session, noun, fields, key))
        return found

    @strawberry.field(description="The usual French ones until somebody has set them.")
    async def accounting_settings(
        self, info: Info, entity_id: strawberry.ID
    ) -> AccountingSettings | None:
        key, fields = key_of(entity_id, "entity", field=("entity_id",)), wanted(info)
        found: Any = await read(info, lambda session: told(session, key, fields))
        return found


@strawberry.type
class Exporting:
    """Mutations that give the accounts their files."""

    @strawberry.mutation(
        description="Files for the accounting software. Documents that had gone out already are "
        "warned of, and exported all the same: the same documents make the same files."
    )
    async def invoices_export(
        self, info: Info, input: InvoicesExportInput
    ) -> InvoicesExportPayload:
        fields = wanted(info, "export")
        with longer():
            drawn = await to_read(info.context.caller, lambda: _drawn(info, input))

        def act(acting: Acting) -> Payload:
            made, issues = keep(acting, drawn())
            return _shown(acting, made.id, fields) | {
                "user_errors": user_errors(issues, acting.caller.locale)
            }

        once = Once(
            key=input.idempotency_key,
            mutation="invoicesExport",
            asked=input,
            keep=lambda payload: {
                "key": payload["export"]["key"],
                "user_errors": kept_errors(payload["user_errors"]),
            },
            restore=lambda acting, kept: (
                _shown(acting, kept["key"], fields)
                | {"user_errors": errors_again(kept["user_errors"])}
            ),
        )
        nothing = {"export": None, "replayed": False}
        return await write(info, Permission.FINALISE_INVOICES, act, nothing=nothing, once=once)

    @strawberry.mutation(
        description="The accounts, the journals, and what QuickBooks and Xero call things."
    )
    async def accounting_settings_update(
        self, info: Info, input: AccountingSettingsUpdateInput
    ) -> AccountingSettingsPayload:
        fields = wanted(info, "settings")

        def act(acting: Acting) -> Payload:
            key = key_of(input.entity_id, "entity", field=("entity_id",))
            asked = settings_given(input)
            said = change(acting, key, asked, expected_version=input.expected_version)
            return {
                "settings": told(acting.session, key, fields),
                "user_errors": user_errors(said, acting.caller.locale),
            }

        return await write(info, Permission.EDIT_SETTINGS, act, nothing={"settings": None})


def _drawn(info: Info, asked: InvoicesExportInput) -> Callable[[], Drawn]:
    """What hands the drawn export over, or refuses: an answer that was kept goes first.

    It is drawn outside of the transaction that records it, which would hold other writers up.
    """
    house, caller = info.context.house, info.context.caller
    if not (caller.holds(Permission.FINALISE_INVOICES) and caller.reach.is_whole):
        # `write` says so; nothing is drawn for them.
        return lambda: _refused(Refusal(EXPORT_EMPTY()))
    try:
        with house.database.reading(caller.standing()) as session:
            drawn = draw_up(session, house, caller, as_wanted(asked, caller.locale))
    except Refusal as refusal:
        why = refusal
        return lambda: _refused(why)
    return lambda: drawn


def _refused(why: Refusal) -> Drawn:
    raise why


def _shown(acting: Acting, key: int, fields: Wanted) -> Payload:
    acting.session.flush()
    noun = accounting_export_noun(acting.house)
    found: Any = load_one(acting.session, noun, {**fields, "id": {}}, key)
    return {"export": found}
