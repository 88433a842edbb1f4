"""Who is signed in by a cookie, since when, and until when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, update

from domain.account import Account, Member, SignIn, fingerprint
from domain.organisation import Organisation, time_zone_of
from domain.standing import Door
from persistence.organisations import Bearer
from persistence.session import Database, ScopedSession

SEEN_EVERY = timedelta(minutes=1)
"""How exactly it is kept when somebody was last seen."""


def signed_in_by(
    database: Database, token: str, *, now: datetime, idle: timedelta
) -> Bearer | None:
    """Who signed in with `token`; None when that is over, or they may not come in any more."""
    with database.reading(None) as session:
        row = session.execute(
            select(SignIn, Member, Account, Organisation)
            .join(
                Member,
                (Member.id == SignIn.member_id)
                & (Member.organisation_id == SignIn.organisation_id),
            )
            .join(Account, Account.id == Member.account_id)
            .join(Organisation, Organisation.id == SignIn.organisation_id)
            .where(SignIn.token_sha256 == fingerprint(token), *in_force(now, idle))
        ).one_or_none()
        if row is None or not row.Member.takes_password:
            return None
        member, account, firm = row.Member, row.Account, row.Organisation
        return Bearer(
            key_id=member.id,
            organisation_id=firm.id,
            organisation_code=firm.code,
            role=member.role,
            name=account.name or account.email,
            locale=account.locale or firm.locale,
            time_zone=time_zone_of(firm),
            door=Door.SIGN_IN,
            entity_ids=None if member.entity_ids is None else tuple(member.entity_ids),
            collaborator_id=member.collaborator_id,
            ends_at=min(row.SignIn.expires_at, row.SignIn.last_seen_at + idle),
            seen_at=row.SignIn.last_seen_at,
            account_id=account.id,
            sign_in_id=row.SignIn.id,
            email=account.email,
        )


def in_force(now: datetime, idle: timedelta) -> list[ColumnElement[bool]]:
    """The sign-ins that are not over: ended, at their end, or unused for long."""
    return [
        SignIn.ended_at.is_(None),
        SignIn.expires_at > now,
        SignIn.last_seen_at > now - idle,
    ]


def may_enter(session: ScopedSession, member_id: int, password_argon2: str) -> Member | None:
    """The member, locked, if they may come in and their password is still this one.

    Whoever suspends them, or changes the password, has the member locked too.
    """
    member = session.scalar(
        select(Member)
        .where(Member.id == member_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if member is None or not member.takes_password:
        return None
    kept = session.scalar(select(Account.password_argon2).where(Account.id == member.account_id))
    return member if kept == password_argon2 else None


def sign_in_of(session: ScopedSession, sign_in_id: int) -> SignIn | None:
    """A sign-in of the session's organisation, locked."""
    return session.scalar(
        select(SignIn)
        .where(SignIn.id == sign_in_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def end_sign_ins(session: ScopedSession, member_ids: Sequence[int], *, now: datetime) -> None:
    """Ends all sign-ins of these members."""
    session.execute(
        update(SignIn)
        .where(SignIn.member_id.in_(member_ids), SignIn.ended_at.is_(None))
        .values(ended_at=now)
        .execution_options(synchronize_session=False)
    )


def note_seen(session: ScopedSession, sign_in_id: int, *, now: datetime) -> None:
    """Keeps when it was last used, unless that was a moment ago."""
    session.execute(
        update(SignIn)
        .where(SignIn.id == sign_in_id, SignIn.last_seen_at <= now - SEEN_EVERY)
        .values(last_seen_at=now)
        .execution_options(synchronize_session=False)
    )
