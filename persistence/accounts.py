"""Accounts: found by their address, and the places in firms that they open.

The sessions are of no organisation where it is not known yet who somebody is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update

from domain.access import Role
from domain.account import Account, Member, SignIn
from domain.organisation import Organisation
from domain.people import email_key
from persistence.session import ScopedSession


@dataclass(frozen=True, slots=True)
class Place:
    """A firm that an account may come into."""

    member_id: int
    organisation_id: int
    code: str
    name: str
    role: Role
    latest: int
    """Their last sign-in there; 0 before the first."""


@dataclass(frozen=True, slots=True)
class Known:
    """An account as it was read."""

    account_id: int
    email: str
    name: str
    locale: str | None
    password_argon2: str | None


def account_with(session: ScopedSession, email: str) -> Known | None:
    """The account of an address, however it is written."""
    found = session.scalar(select(Account).where(Account.email_key == email_key(email)))
    return None if found is None else _known(found)


def account_of(session: ScopedSession, account_id: int, *, locked: bool = False) -> Account:
    """The account itself; `locked`, as it is after everybody else's change."""
    statement = select(Account).where(Account.id == account_id)
    if locked:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return session.scalars(statement).one()


def known_of(session: ScopedSession, account_id: int) -> Known:
    return _known(account_of(session, account_id))


def make_account(session: ScopedSession, email: str, *, now: datetime) -> int:
    """The account of an address that was judged before, made where there is none."""
    known = account_with(session, email)
    if known is not None:
        return known.account_id
    account = Account(email=email, email_key=email_key(email), created_at=now)
    session.add(account)
    session.flush()
    return account.id


def places_of(session: ScopedSession, account_id: int) -> list[Place]:
    """The firms that the account may come into, where it was last at first."""
    seen = (
        select(SignIn.member_id, func.max(SignIn.id).label("latest"))
        .group_by(SignIn.member_id)
        .subquery()
    )
    rows = session.execute(
        select(Member.id, Member.organisation_id, Member.role, Organisation, seen.c.latest)
        .join(Organisation, Organisation.id == Member.organisation_id)
        .outerjoin(seen, seen.c.member_id == Member.id)
        .where(
            Member.account_id == account_id,
            Member.joined_at.is_not(None),
            Member.suspended_at.is_(None),
            Member.archived_at.is_(None),
        )
        .order_by(Member.id)
    ).all()
    places = [
        Place(
            row.id,
            row.organisation_id,
            row.Organisation.code,
            row.Organisation.name,
            row.role,
            row.latest or 0,
        )
        for row in rows
    ]
    return sorted(places, key=lambda one: -one.latest)


def was_here(session: ScopedSession, email: str, address: str, *, since: datetime) -> bool:
    """Whether the account of an address has signed in from this network address of late."""
    found = session.scalar(
        select(SignIn.id)
        .join(Member, Member.id == SignIn.member_id)
        .join(Account, Account.id == Member.account_id)
        .where(
            Account.email_key == email_key(email),
            SignIn.address == address,
            SignIn.last_seen_at >= since,
        )
        .limit(1)
    )
    return found is not None


def set_password(
    session: ScopedSession,
    account_id: int,
    password_argon2: str,
    *,
    now: datetime,
    except_for: int | None = None,
) -> None:
    """Keeps a new password and ends the sign-ins, in every firm, but that of `except_for`.

    Whoever signs in at this moment has the member locked too: they come before, and are ended, or
    after, and are judged by the new password.
    """
    lock_members(session, account_id)
    account = account_of(session, account_id, locked=True)
    account.password_argon2, account.password_changed_at = password_argon2, now
    end_everywhere(session, account_id, now=now, except_for=except_for)


def lock_members(session: ScopedSession, account_id: int) -> None:
    """Locks what the account is in every firm, in one order."""
    session.scalars(
        select(Member.id)
        .where(Member.account_id == account_id)
        .order_by(Member.id)
        .with_for_update()
    ).all()


def end_everywhere(
    session: ScopedSession, account_id: int, *, now: datetime, except_for: int | None = None
) -> int:
    """Ends the sign-ins of an account in all firms of the session; how many that were."""
    theirs = select(Member.id).where(Member.account_id == account_id)
    ending = (
        update(SignIn)
        .where(SignIn.member_id.in_(theirs), SignIn.ended_at.is_(None))
        .values(ended_at=now)
        .returning(SignIn.id)
        .execution_options(synchronize_session=False)
    )
    if except_for is not None:
        ending = ending.where(SignIn.id != except_for)
    return len(session.scalars(ending).all())


def _known(found: Account) -> Known:
    return Known(found.id, found.email, found.name, found.locale, found.password_argon2)
