"""Telling a person all that is known of them, and erasing them where the law allows it.

GDPR art. 15 and 20 (access, portability), art. 17 (erasure).
"""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

import strawberry

from domain.access import Permission
from domain.errors import Refusal
from domain.privacy import Why
from persistence.deadline import longer
from resolvers._mutation import Acting, Once, Payload, persistently, write
from resolvers._shares import to_read, to_write
from resolvers.overseeing._forgetting import (
    Foreseen,
    erase_person,
    export_person,
    foresee,
    forget_the_rest,
    told_parts,
)
from schema.context import Info
from schema.download import DownloadLink, link_to
from schema.needs import admit
from schema.user_error import UserError, user_errors

strawberry.enum(Why, name="PrivacyReason", description="Why something of a person is kept.")


@strawberry.input(description="A person: collaborator_…, contact_…, client_… or member_….")
class PersonExportInput:
    subject: strawberry.ID


@strawberry.input(description="A person: collaborator_…, contact_…, client_… or member_….")
class PersonEraseInput:
    subject: strawberry.ID
    dry_run: bool = strawberry.field(
        default=False, description="Only tells what would be erased, and what kept."
    )
    expected_version: int | None = None
    idempotency_key: strawberry.ID


@strawberry.type(description="How many records of a kind something went of.")
class ErasedPart:
    what: str = strawberry.field(description="The noun of the records: time_entry, file, …")
    count: int


@strawberry.type(description="How many records of a kind are kept as they are, and why.")
class KeptPart:
    what: str
    count: int
    reason: Why
    why: str = strawberry.field(description="In the caller's language, with the article.")
    until: date | None = strawberry.field(description="The last day they have to be kept.")


@strawberry.type
class PersonExportPayload:
    download: DownloadLink | None
    user_errors: list[UserError]


@strawberry.type
class PersonErasePayload:
    erased: list[ErasedPart] | None
    kept: list[KeptPart] | None
    user_errors: list[UserError]
    replayed: bool


@strawberry.type
class Forgetting:
    """Mutations about what is known of a person."""

    @strawberry.mutation(
        description="All that is known of a person, in one file of JSON (GDPR art. 15 and 20)."
    )
    async def person_export(self, info: Info, input: PersonExportInput) -> PersonExportPayload:
        house, caller = info.context.house, info.context.caller
        try:
            admit(info.field_name, caller.role, caller.reach)
            with longer():
                kept = await to_read(caller, lambda: export_person(house, caller, input.subject))
        except Refusal as refusal:
            said: Any = user_errors(refusal.issues, caller.locale)
            return PersonExportPayload(download=None, user_errors=said)
        return PersonExportPayload(
            download=link_to(house, caller.organisation_id, kept), user_errors=[]
        )

    @strawberry.mutation(
        description="Erases a person: names become a neutral text, addresses and phone numbers go; "
        "hours, amounts and accounting documents stay. It cannot be undone (GDPR art. 17)."
    )
    async def person_erase(self, info: Info, input: PersonEraseInput) -> PersonErasePayload:
        locale = info.context.caller.locale
        house, caller = info.context.house, info.context.caller
        with longer():
            foreseen: Foreseen = await to_read(
                caller, lambda: foresee(house, caller, input.subject)
            )

        def act(acting: Acting) -> Payload:
            erased, kept = erase_person(
                acting,
                input.subject,
                foreseen,
                version=input.expected_version,
                dry_run=input.dry_run,
            )
            return {"erased": told_parts(erased, locale), "kept": told_parts(kept, locale)}

        once = Once(
            key=input.idempotency_key,
            mutation="personErase",
            asked=input,
            keep=lambda payload: None if input.dry_run else _as_kept(payload),
            restore=lambda acting, kept: _again(kept),
        )
        nothing = {"erased": None, "kept": None, "replayed": False}
        with longer():
            payload = await write(info, Permission.MANAGE_PEOPLE, act, nothing=nothing, once=once)
            if not input.dry_run and not payload["user_errors"]:
                rest = partial(forget_the_rest, house, caller, input.subject)
                await to_write(caller, partial(persistently, rest))
        return payload


def _as_kept(payload: Payload) -> Payload:
    def plain(part: dict[str, Any]) -> dict[str, Any]:
        until = part["until"]
        return {**part, "until": None if until is None else until.isoformat()}

    return {name: [plain(part) for part in payload[name]] for name in ("erased", "kept")}


def _again(kept: Payload) -> Payload:
    def told(part: dict[str, Any]) -> dict[str, Any]:
        until, reason = part["until"], part["reason"]
        return {
            **part,
            "until": None if until is None else date.fromisoformat(until),
            "reason": None if reason is None else Why(reason),
        }

    return {name: [told(part) for part in kept[name]] for name in ("erased", "kept")}
