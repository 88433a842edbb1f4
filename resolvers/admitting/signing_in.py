"""Who one is, where one is signed in, and one's own password."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import strawberry
from anyio import to_thread
from strawberry import Maybe

from domain.access import Permission
from domain.account import SignIn as SignInRecord
from domain.errors import NOT_FOUND, Refusal
from domain.given import one_of
from domain.password import require_fit
from domain.people import PASSWORD_WRONG, SIGN_IN_NEEDED
from domain.standing import Door
from persistence.audit.acts import name_act
from persistence.pages import Sort
from persistence.people import accounts
from persistence.people.members import sign_ins_where
from persistence.people.sign_ins import sign_in_of
from persistence.reading import load, load_one
from persistence.session import ScopedSession
from resolvers._mutation import Acting, Payload, persistently, write
from resolvers._reading import PageInput, read, read_page
from resolvers._shares import to_write
from resolvers.admitting import _guessing as guessing
from resolvers.admitting._hashing import hashed, matches
from resolvers.admitting._opening_links import name_of
from resolvers.keeping._editing_inputs import given
from schema.api_key import API_KEY
from schema.connection import Connection
from schema.context import Caller, Info, Person
from schema.member import MEMBER
from schema.node import key_of, optional_key
from schema.organisation import ORGANISATION
from schema.sign_in import SIGN_IN, SignIn
from schema.user_error import UserError, user_errors
from schema.view import wanted
from schema.viewer import Viewer
from words import LANGUAGES


@strawberry.input
class PasswordChangeInput:
    current: str
    new: str = strawberry.field(description="12 to 200 characters, whichever.")


@strawberry.input
class AccountUpdateInput:
    name: Maybe[str | None]
    locale: Maybe[str | None] = strawberry.field(description="fr or en; null: the firm's.")


@strawberry.type
class DonePayload:
    done: bool
    user_errors: list[UserError]


@strawberry.type
class SignInEndPayload:
    ended_id: strawberry.ID | None
    user_errors: list[UserError]


@strawberry.type
class SigningInQueries:
    """Queries about who asks."""

    @strawberry.field(description="Who asks, and in whose name.")
    async def viewer(self, info: Info) -> Viewer:
        caller, person = info.context.caller, info.context.caller.person
        firm, member, key = (wanted(info, one) for one in ("organisation", "member", "api_key"))

        def find(session: ScopedSession) -> Any:
            prefix, _, own = caller.actor.id.rpartition("_")
            return (
                load(session, ORGANISATION, firm)[0],
                load_one(session, MEMBER, member, person.member_id) if person and member else None,
                load_one(session, API_KEY, key, int(own)) if prefix == "api_key" and key else None,
            )

        found = await read(info, find)
        return Viewer(
            organisation=found[0],
            door=caller.actor.door,
            role=caller.role,
            permissions=[one for one in Permission if caller.holds(one)],
            name=caller.key_name,
            email=None if person is None else person.email,
            key_name=caller.key_name,
            locale=caller.locale,
            member=found[1],
            api_key=found[2],
        )

    @strawberry.field(
        description="Where one is signed in. `all`: everybody of the firm, for administrators."
    )
    async def sign_ins(
        self,
        info: Info,
        all: bool = False,
        member_id: strawberry.ID | None = None,
        page: PageInput | None = None,
    ) -> Connection[SignIn]:
        caller, house = info.context.caller, info.context.house
        of = optional_key(member_id, "member", field=("memberId",))
        own = 0 if caller.person is None else caller.person.member_id
        if not all and of is None:
            of = own
        if of != own:
            caller.require(Permission.MANAGE_PEOPLE)
        where = sign_ins_where(now=house.clock(), idle=house.sign_in_idle, member_id=of)
        asked = (page or PageInput()).asked()
        return await read_page(
            info, SIGN_IN, asked=asked, sort=Sort("id", falling=True), where=where
        )


@strawberry.type
class SigningIn:
    """Mutations of one's own sign-ins and password."""

    @strawberry.mutation(description="One's own; that of anybody of the firm, for administrators.")
    async def sign_in_end(self, info: Info, id: strawberry.ID) -> SignInEndPayload:
        def act(acting: Acting) -> Payload:
            return {"ended_id": f"sign_in_{_end(acting, id).id}"}

        return await write(info, Permission.READ, act, nothing={"ended_id": None})

    @strawberry.mutation(description="Ends all sign-ins of one's own, in every firm: this one too.")
    async def sign_out_everywhere(self, info: Info) -> DonePayload:
        caller, house = info.context.caller, info.context.house

        def act(person: Person) -> None:
            with house.database.writing(None) as session:
                name_act(session, "signOutEverywhere", caller.actor, caller.organisation_id)
                accounts.lock_members(session, person.account_id)
                accounts.end_everywhere(session, person.account_id, now=house.clock())

        return await _as_person(info, act)

    @strawberry.mutation(description="Ends one's other sign-ins, in every firm.")
    async def password_change(self, info: Info, input: PasswordChangeInput) -> DonePayload:
        caller, house = info.context.caller, info.context.house
        try:
            person = _person(caller)
            made = await _new_password(info, person, input)
        except Refusal as refusal:
            return _not_done(caller, refusal)

        def act(person: Person) -> None:
            with house.database.writing(None) as session:
                name_act(session, "passwordChange", caller.actor, caller.organisation_id)
                accounts.set_password(
                    session,
                    person.account_id,
                    made,
                    now=house.clock(),
                    except_for=person.sign_in_id,
                )

        return await _as_person(info, act)

    @strawberry.mutation(description="One's own name and language, in every firm.")
    async def account_update(self, info: Info, input: AccountUpdateInput) -> DonePayload:
        asked, caller = given(input), info.context.caller

        def act(person: Person) -> None:
            name = name_of(asked["name"]) if "name" in asked else None
            locale = _language(asked["locale"]) if "locale" in asked else None
            with info.context.house.database.writing(None) as session:
                name_act(session, "accountUpdate", caller.actor, caller.organisation_id)
                account = accounts.account_of(session, person.account_id, locked=True)
                if name is not None:
                    account.name = name
                if "locale" in asked:
                    account.locale = locale

        return await _as_person(info, act)


def _end(acting: Acting, identifier: str) -> SignInRecord:
    key = key_of(identifier, "sign_in", field=("id",))
    found = sign_in_of(acting.session, key)
    person = acting.caller.person
    is_own = found is not None and person is not None and found.member_id == person.member_id
    # Whoever may not end those of others is not told which there are.
    if not is_own and not acting.caller.holds(Permission.MANAGE_PEOPLE):
        found = None
    if found is None:
        raise Refusal(NOT_FOUND(field=("id",), noun="sign in", key=identifier[:60]))
    found.ended_at = found.ended_at or acting.house.clock()
    return found


async def _new_password(info: Info, person: Person, asked: PasswordChangeInput) -> str:
    """What is kept of the new password, once the present one was right."""
    house, address = info.context.house, info.context.caller.actor.address
    counted = await to_thread.run_sync(guessing.count_password, house, person.email, address)

    def kept() -> str | None:
        with house.database.reading(None) as session:
            return accounts.known_of(session, person.account_id).password_argon2

    if not await matches(await to_thread.run_sync(kept), asked.current):
        raise Refusal(PASSWORD_WRONG(field=("current",)))
    # Before the new one is judged: who is right is not counted, however many they think of.
    await to_thread.run_sync(guessing.forgive_password, house, person.email, address, counted)
    require_fit(asked.new, email=person.email, field=("new",))
    return await hashed(asked.new)


async def _as_person(info: Info, act: Callable[[Person], None]) -> Any:
    """The payload of what a person does with their own account, which is of no firm."""
    caller = info.context.caller

    def run() -> Payload:
        try:
            caller.require(Permission.READ)
            person = _person(caller)
            persistently(lambda: act(person))
        except Refusal as refusal:
            return _not_done(caller, refusal)
        return {"done": True, "user_errors": []}

    return await to_write(caller, run)


def _person(caller: Caller) -> Person:
    """Who acts on their own account; a provider vouches for nobody outside of its firm."""
    if caller.person is None or caller.actor.door is not Door.SIGN_IN:
        raise Refusal(SIGN_IN_NEEDED())
    return caller.person


def _not_done(caller: Caller, refusal: Refusal) -> Any:
    return {"done": False, "user_errors": user_errors(refusal.issues, caller.locale)}


def _language(written: str | None) -> str | None:
    if written is None:
        return None
    return one_of(written, field=("locale",), name="The language", allowed=LANGUAGES)
