"""Accounts: found by their address, and the places in firms that their password opens.

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
from domain.standing import Door
from persistence.session import ScopedSession


@dataclass(frozen=True, slots=True)
class Place:
    """A firm that the password of an account opens."""

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
    is_proved: bool
    """Whether whoever reads its mail chose the password, or gave it."""


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
    """The firms that the account's password opens, where it was last at first.

    Not those that they joined by an identity provider: whoever invites somebody elsewhere may be
    handed a link to a first password, and would come in there with it.
    """
    # Of each of theirs alone: grouped, it reads the sign-ins of everybody in every firm.
    latest = select(func.max(SignIn.id)).where(SignIn.member_id == Member.id).scalar_subquery()
    rows = session.execute(
        select(Member.id, Member.organisation_id, Member.role, Organisation, latest.label("latest"))
        .join(Organisation, Organisation.id == Member.organisation_id)
        .where(
            Member.account_id == account_id,
            Member.joined_at.is_not(None),
            Member.joined_by == Door.SIGN_IN,
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


def is_elsewhere(session: ScopedSession, account_id: int, member_id: int) -> bool:
    """Whether the account has joined any other firm than that of the member, suspended or not."""
    found = session.scalar(
        select(Member.id)
        .where(
            Member.account_id == account_id,
            Member.id != member_id,
            Member.joined_at.is_not(None),
            Member.archived_at.is_(None),
        )
        .limit(1)
    )
    return found is not None


def was_at(session: ScopedSession, email: str, *, since: datetime) -> set[str]:
    """The network addresses from which the account of an address has signed in of late."""
    found = session.scalars(
        select(SignIn.address)
        .distinct()
        .join(Member, Member.id == SignIn.member_id)
        .join(Account, Account.id == Member.account_id)
        .where(
            Account.email_key == email_key(email),
            SignIn.last_seen_at >= since,
        )
    )
    return set(found)


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


def leave_unproved(
    session: ScopedSession, account_id: int, *, except_for: int | None = None
) -> list[Member]:
    """Undoes what was joined with a password that was never proved; the members it was.

    They are locked already. Who knows that password may be anybody: whoever reads the mail of the
    address accepts each firm anew, but the one that the link leads into (`except_for`), or the
    only one: that named the address itself. A firm's identity provider still opens it.
    """
    found = session.scalars(
        select(Member)
        .where(
            Member.account_id == account_id,
            Member.joined_at.is_not(None),
            Member.joined_by == Door.SIGN_IN,
            Member.archived_at.is_(None),
        )
        .order_by(Member.id)
        .execution_options(populate_existing=True)
    )
    leaving = [one for one in found if one.id != except_for]
    if except_for is None and len(leaving) == 1:
        return []
    for member in leaving:
        member.joined_at = member.joined_by = None
    return leaving


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
    is_proved = found.proved_at is not None
    return Known(found.id, found.email, found.name, found.locale, found.password_argon2, is_proved)
