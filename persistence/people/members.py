"""The members of a firm and its keys: their lists, and who is its last administrator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_, select

from domain.access import ApiKey, Role
from domain.account import Account, Member, SignIn
from domain.errors import Refusal
from domain.organisation import Entity, Organisation
from domain.people import LAST_ADMINISTRATOR
from domain.standing import Door
from persistence.folding import holds
from persistence.lists import live
from persistence.people.sign_ins import in_force
from persistence.reading import Wanted
from persistence.session import ScopedSession

Where = list[ColumnElement[bool]]


def members_where(
    *, text: str | None = None, role: Role | None = None, archived: bool | None = False
) -> Where:
    """The conditions of a list of members. `archived`: those who were removed."""
    where = live(Member, archived)
    if role is not None:
        where.append(Member.role == role)
    if text:
        wanted = text.strip().lower()
        theirs = select(Account.id).where(Account.email_key.contains(wanted, autoescape=True))
        where.append(or_(Member.account_id.in_(theirs), holds(Member.name, text)))
    return where


def people(session: ScopedSession, keys: Sequence[int], wanted: Wanted) -> Mapping[int, Any]:
    """By member, what they are called: by themselves, once they have joined with a password.

    Who joined by the firm's provider is called as that says: what an account is called anybody
    may have said who let it into another firm.
    """
    rows = session.execute(
        select(Member.id, Member.name, Member.joined_by, Account.name.label("own"), Account.email)
        .join(Account, Account.id == Member.account_id)
        .where(Member.id.in_(keys))
    )
    return {
        row.id: {
            "email": row.email,
            "name": (row.own if row.joined_by is Door.SIGN_IN else "") or row.name,
        }
        for row in rows
    }


def emails(session: ScopedSession, keys: Sequence[int], wanted: Wanted) -> Mapping[int, str]:
    return {key: one["email"] for key, one in people(session, keys, wanted).items()}


def names(session: ScopedSession, keys: Sequence[int], wanted: Wanted) -> Mapping[int, str]:
    return {key: one["name"] for key, one in people(session, keys, wanted).items()}


def members_listed(session: ScopedSession) -> list[tuple[Member, str, str]]:
    """The members who were not removed, each with their address and what they are called."""
    found = list(session.scalars(select(Member).where(*live(Member, False)).order_by(Member.id)))
    told = people(session, [one.id for one in found], {})
    return [(one, told[one.id]["email"], told[one.id]["name"]) for one in found]


def entity_ids_by(
    session: ScopedSession, record: type[Member] | type[ApiKey], keys: Sequence[int]
) -> dict[int, list[int]]:
    """By record, the entities that it is limited to; of those that are."""
    rows = session.execute(select(record.id, record.entity_ids).where(record.id.in_(keys)))
    return {row.id: row.entity_ids for row in rows if row.entity_ids is not None}


def known_entities(session: ScopedSession, keys: Sequence[int]) -> set[int]:
    """Those of these entities that the firm has."""
    return set(session.scalars(select(Entity.id).where(Entity.id.in_(keys))))


def member_with(session: ScopedSession, member_id: int) -> tuple[Member, str]:
    """A member, locked before, as they are now, and the code of their firm."""
    row = session.execute(
        select(Member, Organisation.code)
        .join(Organisation, Organisation.id == Member.organisation_id)
        .where(Member.id == member_id)
        .execution_options(populate_existing=True)
    ).one()
    return row.Member, row.code


def member_of_account(session: ScopedSession, account_id: int) -> Member | None:
    """What an account is in the firm, removed or not; locked."""
    return session.scalar(select(Member).where(Member.account_id == account_id).with_for_update())


def lock_administrators(session: ScopedSession) -> list[Member]:
    """The administrators, locked in one order: of two who remove each other, one is left."""
    found = session.scalars(
        select(Member)
        .where(Member.role == Role.ADMINISTRATOR)
        .order_by(Member.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(found)


def require_other_administrator(session: ScopedSession, leaving: Member, email: str) -> None:
    """Refuses with LAST_ADMINISTRATOR when nobody else could let anybody in again."""
    administrators = [one for one in lock_administrators(session) if _is_whole(one)]
    if leaving in administrators and len(administrators) == 1:
        raise Refusal(LAST_ADMINISTRATOR(field=("id",), email=email))


def _is_whole(member: Member) -> bool:
    return member.is_in and member.entity_ids is None


def sign_ins_where(*, now: datetime, idle: timedelta, member_id: int | None = None) -> Where:
    """The conditions of a list of the sign-ins that are not over."""
    where = in_force(now, idle)
    if member_id is not None:
        where.append(SignIn.member_id == member_id)
    return where


def keys_where(*, revoked: bool | None = False, made_by_id: int | None = None) -> Where:
    """The conditions of a list of keys: those in force or expired, those revoked, or both."""
    where: Where = [] if made_by_id is None else [ApiKey.made_by_id == made_by_id]
    if revoked is not None:
        column = ApiKey.revoked_at
        where.append(column.is_not(None) if revoked else column.is_(None))
    return where


def keys_made_by(session: ScopedSession, member_id: int, *, now: datetime) -> list[ApiKey]:
    """The keys of a member's making that open the firm at present."""
    lasting = or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now)
    where = [*keys_where(made_by_id=member_id), lasting]
    return list(session.scalars(select(ApiKey).where(*where).order_by(ApiKey.id)))
