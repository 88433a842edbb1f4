"""Signing in, to another firm, and out.

Nothing here tells whether an address has an account: who is unknown, suspended, or has no password
is answered as a wrong password is, after the same work.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from anyio import to_thread

from domain import given
from domain.account import Member, SignIn, fingerprint
from domain.password import is_outdated
from domain.standing import Actor, Door, Standing
from persistence.audit.acts import name_act
from persistence.people import accounts, sign_ins
from resolvers._mutation import persistently
from resolvers.admitting import _guessing as guessing
from resolvers.admitting._hashing import hashed, matches
from schema.context import Caller, House


@dataclass(frozen=True, slots=True)
class Asking:
    """Where somebody asks from, before it is known who they are."""

    address: str = ""
    agent: str = ""
    request_id: str = ""
    locale: str | None = None

    def actor(self, door: Door, email: str) -> Actor:
        """Somebody known by their address alone."""
        return Actor(door, email, address=self.address, request_id=self.request_id)


async def sign_in(
    house: House, asking: Asking, *, email: str, password: str, organisation: str | None
) -> str | None:
    """The token of a new sign-in, in the firm that was asked for or where they were last.

    None for whatever reason there is; TOO_MANY_TRIES before anything is looked at.
    """
    counted = await to_thread.run_sync(guessing.count_password, house, email, asking.address)
    known = await to_thread.run_sync(_known, house, email)
    kept = None if known is None else known.password_argon2
    if not await matches(kept, password) or known is None or kept is None:
        return None
    if is_outdated(kept):
        kept = await _renew(house, asking, known, kept, password)
    token = await to_thread.run_sync(_enter, house, asking, known, kept, organisation)
    if token is not None:
        await to_thread.run_sync(guessing.forgive_password, house, email, asking.address, counted)
    return token


def _known(house: House, email: str) -> accounts.Known | None:
    with house.database.reading(None) as session:
        return accounts.account_with(session, email)


async def _renew(
    house: House, asking: Asking, known: accounts.Known, kept: str, password: str
) -> str:
    """What is kept of the password from now on: made as is right today."""
    made = await hashed(password)

    def keep() -> str:
        with house.database.writing(None) as session:
            name_act(session, "signIn", asking.actor(Door.SIGN_IN, known.email))
            account = accounts.account_of(session, known.account_id, locked=True)
            if account.password_argon2 == kept:
                account.password_argon2 = made
            return account.password_argon2 or ""

    return await to_thread.run_sync(keep)


def _enter(
    house: House, asking: Asking, known: accounts.Known, kept: str, organisation: str | None
) -> str | None:
    with house.database.reading(None) as session:
        places = accounts.places_of(session, known.account_id)
    if organisation is not None:
        places = [one for one in places if one.code == organisation]
    if not places:
        return None
    until = house.clock() + house.sign_in_longest
    return _entered(house, asking, places[0], known, kept, until=until)


def _entered(
    house: House,
    asking: Asking,
    place: accounts.Place,
    known: accounts.Known,
    kept: str,
    *,
    until: datetime,
) -> str | None:
    """The token of a new sign-in there; None where they may not come in, or not so any more."""

    def enter() -> str | None:
        with house.database.writing(_standing(place, known, asking, "signIn")) as session:
            member = sign_ins.may_enter(session, place.member_id, kept)
            if member is None:
                return None
            sign_in, token = _new(member, asking, house.clock(), until)
            session.add(sign_in)
            return token

    return persistently(enter)


def _new(member: Member, asking: Asking, now: datetime, until: datetime) -> tuple[SignIn, str]:
    token = secrets.token_urlsafe(32)
    return (
        SignIn(
            member_id=member.id,
            token_sha256=fingerprint(token),
            expires_at=until,
            last_seen_at=now,
            address=asking.address[:64],
            agent=_line(asking.agent),
        ),
        token,
    )


def _standing(place: accounts.Place, known: accounts.Known, asking: Asking, act: str) -> Standing:
    actor = Actor(
        Door.SIGN_IN,
        known.email,
        f"member_{place.member_id}",
        address=asking.address,
        request_id=asking.request_id,
    )
    return Standing(place.organisation_id, actor, act)


def places(house: House, caller: Caller) -> list[accounts.Place]:
    """The firms that the caller may choose, where they are now among them."""
    if caller.person is None:
        return []
    with house.database.reading(None) as session:
        found = accounts.places_of(session, caller.person.account_id)
    return sorted(found, key=lambda one: (one.name.lower(), one.code))


def move(house: House, caller: Caller, asking: Asking, organisation: str) -> str | None:
    """The token of a sign-in to another firm of the caller's, which ends when this one would.

    None where they may not come in; the present one is ended otherwise.
    """
    person = caller.person
    if person is None or person.sign_in_id is None:
        return None
    with house.database.reading(None) as session:
        known = accounts.known_of(session, person.account_id)
    place = next((one for one in places(house, caller) if one.code == organisation), None)
    if place is None or known.password_argon2 is None:
        return None
    with house.database.reading(caller.standing()) as session:
        present = session.get(SignIn, person.sign_in_id)
        if present is None or present.ended_at is not None:
            return None
        until = present.expires_at
    token = _entered(house, asking, place, known, known.password_argon2, until=until)
    # The way in first: it may be held up, and without the present one nobody could try again.
    return token if token is not None and sign_out(house, caller, patient=True) else None


def sign_out(house: House, caller: Caller, *, patient: bool = False) -> bool:
    """Ends the caller's sign-in, twice is as good as once; whether it was not over before."""
    person = caller.person
    if person is None or person.sign_in_id is None:
        return False
    with house.database.writing(caller.standing("signOut"), patient=patient) as session:
        present = sign_ins.sign_in_of(session, person.sign_in_id)
        if present is None or present.ended_at is not None:
            return False
        present.ended_at = house.clock()
        return True


def _line(told: str) -> str:
    """What a browser says it is, on one line, as much as is kept."""
    return (given.text(" ".join(told.split())[:255], field=(), name="", longest=255)) or ""
