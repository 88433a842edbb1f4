"""Letting people into the firm, and giving keys to its programs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import strawberry
from anyio import to_thread
from strawberry import Maybe

from domain.access import Permission, Role
from domain.account import LinkPurpose
from domain.account import Member as MemberRecord
from domain.errors import Issue, Refusal
from persistence.pages import Sort
from persistence.people.members import keys_where, lock_administrators, members_where
from persistence.reading import load_one
from resolvers._mutation import Acting, Payload, write
from resolvers._reading import PageInput, read_page
from resolvers.admitting import _letting_in as letting_in
from resolvers.admitting._link_letters import link_to
from resolvers.keeping._editing_inputs import given
from resolvers.keeping.editing import RecordPayload
from resolvers.settling._keeping import RecordInput, alter, put_away
from schema.api_key import API_KEY, ApiKey
from schema.connection import Connection
from schema.context import Info
from schema.member import MEMBER, Member
from schema.needs import admit
from schema.node import key_of, optional_key
from schema.user_error import UserError, user_errors
from schema.view import wanted

_PEOPLE = Permission.MANAGE_PEOPLE


@strawberry.input
class MemberInviteInput:
    email: str
    role: Role
    name: str | None = None
    entity_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Only what these invoice; left out: all of them."
    )
    collaborator_id: strawberry.ID | None = strawberry.field(
        default=None, description="Who they are among the collaborators."
    )


@strawberry.input
class MemberUpdateInput:
    id: strawberry.ID
    expected_version: int | None = None
    name: Maybe[str | None]
    role: Maybe[Role | None]
    entity_ids: Maybe[list[strawberry.ID] | None]
    collaborator_id: Maybe[strawberry.ID | None]
    suspended: Maybe[bool | None] = strawberry.field(
        description="True ends their sign-ins, and lets them in no more."
    )


@strawberry.input
class ApiKeyCreateInput:
    name: str = strawberry.field(description="What it is for.")
    role: Role
    entity_ids: list[strawberry.ID] | None = None
    collaborator_id: strawberry.ID | None = None
    expires_at: datetime | None = strawberry.field(
        default=None, description="With its zone; within ten years."
    )


@strawberry.input
class MemberFilter:
    text: str | None = strawberry.field(default=None, description="In the name or the address.")
    role: Role | None = None
    archived: bool | None = strawberry.field(
        default=False, description="True: those who were removed; null shows both."
    )


@strawberry.type
class MemberInvitePayload:
    node: Member | None
    link: str | None = strawberry.field(
        description="Only where the installation sends no mail, and this once: hand it over."
    )
    user_errors: list[UserError]


@strawberry.type
class ApiKeyCreatePayload:
    node: ApiKey | None
    token: str | None = strawberry.field(description="jalon_…, shown this once: keep it.")
    user_errors: list[UserError]


@strawberry.type
class LettingInQueries:
    """Queries about the people of the firm and its keys."""

    @strawberry.field(description="Who is in the firm, or invited; for administrators.")
    async def members(
        self, info: Info, filter: MemberFilter | None = None, page: PageInput | None = None
    ) -> Connection[Member]:
        info.context.caller.require(_PEOPLE)
        where = members_where(**vars(filter or MemberFilter()))
        asked = (page or PageInput()).asked()
        return await read_page(info, MEMBER, asked=asked, sort=Sort("id"), where=where)

    @strawberry.field(description="The keys of programs; for administrators.")
    async def api_keys(
        self,
        info: Info,
        revoked: bool | None = False,
        made_by_id: strawberry.ID | None = None,
        page: PageInput | None = None,
    ) -> Connection[ApiKey]:
        info.context.caller.require(_PEOPLE)
        made_by = optional_key(made_by_id, "member", field=("made_by_id",))
        where = keys_where(revoked=revoked, made_by_id=made_by)
        asked = (page or PageInput()).asked()
        return await read_page(info, API_KEY, asked=asked, sort=Sort("id"), where=where)


@strawberry.type
class LettingIn:
    """Mutations that say who is in the firm."""

    @strawberry.mutation(
        description="Mails a link that is good for a week; nobody is in before they accept."
    )
    async def member_invite(self, info: Info, input: MemberInviteInput) -> MemberInvitePayload:
        caller, house = info.context.caller, info.context.house
        return await _invited(
            info,
            # Before an account is made, and anything is told of the address.
            lambda: letting_in.account_for(house, caller, input),
            lambda acting, account: letting_in.invite(acting, account, input),
        )

    @strawberry.mutation(
        description="Another link, for who has not joined, or came by an identity provider and is "
        "to have a password too; the former is void."
    )
    async def member_invite_again(self, info: Info, id: strawberry.ID) -> MemberInvitePayload:
        caller, house = info.context.caller, info.context.house

        def count() -> int:
            key = key_of(id, "member", field=("id",))
            letting_in.count_again(house, caller, key)
            return key

        return await _invited(info, count, letting_in.invite_again)

    @strawberry.mutation(description="What is left out stays.")
    async def member_update(self, info: Info, input: MemberUpdateInput) -> RecordPayload[Member]:
        asked = given(input)

        def change(acting: Acting, member: MemberRecord) -> Sequence[Issue]:
            return letting_in.change(acting, member, asked)

        return await alter(info, _PEOPLE, MEMBER, input, change, before=_lock)

    @strawberry.mutation(
        description="They may not come in any more; twice is as good as once. Warned of: keys of "
        "their making that open the firm all the same (KEYS_STILL_OPEN)."
    )
    async def member_remove(self, info: Info, input: RecordInput) -> RecordPayload[Member]:
        return await put_away(
            info, _PEOPLE, MEMBER, input, letting_in.remove, before=_lock, warn=letting_in.left_open
        )

    @strawberry.mutation(
        description="A key that holds no more, nor lasts longer, than who makes it."
    )
    async def api_key_create(self, info: Info, input: ApiKeyCreateInput) -> ApiKeyCreatePayload:
        fields = wanted(info, "node")

        def act(acting: Acting) -> Payload:
            key, token = letting_in.make_a_key(acting, input)
            return {"node": load_one(acting.session, API_KEY, fields, key.id), "token": token}

        return await write(info, _PEOPLE, act, nothing={"node": None, "token": None})

    @strawberry.mutation(description="It opens nothing within two seconds.")
    async def api_key_revoke(self, info: Info, id: strawberry.ID) -> RecordPayload[ApiKey]:
        fields = wanted(info, "node")

        def act(acting: Acting) -> Payload:
            key = letting_in.revoke(acting, key_of(id, "api_key", field=("id",)))
            acting.session.flush()
            return {"node": load_one(acting.session, API_KEY, fields, key.id)}

        return await write(info, _PEOPLE, act, nothing={"node": None})


_NOT_INVITED: Payload = {"node": None, "link": None}


def _lock(acting: Acting) -> object:
    return lock_administrators(acting.session)


async def _invited(
    info: Info,
    find: Callable[[], int],
    invite: Callable[[Acting, int], tuple[MemberRecord, str]],
) -> Any:
    """The payload of an invitation of what `find` finds, in transactions of its own."""
    caller, fields = info.context.caller, wanted(info, "node")
    try:
        admit(info.field_name, caller.role, caller.reach, _PEOPLE)
        found = await to_thread.run_sync(find)
    except Refusal as refusal:
        said: Any = {**_NOT_INVITED, "user_errors": user_errors(refusal.issues, caller.locale)}
        return said

    def act(acting: Acting) -> Payload:
        member, token = invite(acting, found)
        acting.session.flush()
        is_mailed = acting.house.mail_from is not None
        return {
            "node": load_one(acting.session, MEMBER, fields, member.id),
            "link": None if is_mailed else link_to(acting.house, LinkPurpose.INVITATION, token),
        }

    return await write(info, _PEOPLE, act, nothing=_NOT_INVITED)
