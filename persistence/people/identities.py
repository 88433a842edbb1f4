"""Whose tokens are believed by which firm, and who somebody is that bears one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select

from domain.access import Role
from domain.account import Account, Identity, IdentityProvider, Member
from domain.organisation import Organisation, time_zone_of
from domain.people import email_key
from domain.standing import Actor, Door, Standing
from persistence.audit.acts import name_act
from persistence.lists import live
from persistence.organisations import Bearer
from persistence.people.accounts import make_account
from persistence.people.members import member_of_account
from persistence.session import Database, ScopedSession


@dataclass(frozen=True, slots=True)
class Trusting:
    """A firm that believes the tokens of one issuer for one audience."""

    provider_id: int
    organisation_id: int
    organisation_code: str
    audience: str
    default_role: Role | None


@dataclass(frozen=True, slots=True)
class Somebody:
    """Whom an identity provider vouches for; the address only where it has verified it."""

    subject: str
    email: str | None
    name: str
    expires_at: datetime


def trusting(database: Database, issuer: str, audiences: Sequence[str]) -> list[Trusting]:
    """The firms that believe tokens of `issuer` for one of the audiences."""
    with database.reading(None) as session:
        rows = session.execute(
            select(IdentityProvider, Organisation.code)
            .join(Organisation, Organisation.id == IdentityProvider.organisation_id)
            .where(
                IdentityProvider.issuer == issuer,
                IdentityProvider.audience.in_(audiences),
                IdentityProvider.archived_at.is_(None),
            )
            .order_by(IdentityProvider.id)
        )
        return [
            Trusting(one.id, one.organisation_id, code, one.audience, one.default_role)
            for one, code in rows
        ]


def bearer_there(database: Database, at: Trusting, somebody: Somebody) -> Bearer | None:
    """Who they are in the firm, known again by what their provider calls them; else None."""
    with database.reading(at.organisation_id) as session:
        known = _identity(session, at, somebody)
        member = None if known is None else session.get(Member, known.member_id)
        return None if member is None else _bearer(session, member, somebody)


def let_in(database: Database, at: Trusting, somebody: Somebody, *, now: datetime) -> Bearer | None:
    """Somebody seen for the first time, made known; None where the firm does not let them in.

    Who was invited under that address has joined by this. Whom nobody invited becomes a member
    where the firm says as what; who was removed or suspended stays out. Who is known and was
    invited again has joined again.
    """
    actor = Actor(Door.IDENTITY_PROVIDER, somebody.email or somebody.name or somebody.subject)
    is_known, is_stopped = _known_there(database, at, somebody)
    if is_stopped:
        return None
    is_made = at.default_role is not None and not is_known
    account_id = _account(database, somebody.email, actor, is_made=is_made, now=now)
    if account_id is None and not is_known:
        return None
    with database.writing(Standing(at.organisation_id, actor, "signIn")) as session:
        known = _identity(session, at, somebody)
        if known is not None:
            found = session.get_one(Member, known.member_id, with_for_update=True)
            _join(found, somebody, now)
            session.flush()
            return _bearer(session, found, somebody)
        if account_id is None:
            return None
        member = member_of_account(session, account_id)
        if member is None:
            if at.default_role is None:
                return None
            member = Member(account_id=account_id, role=at.default_role, name=somebody.name)
            session.add(member)
        if member.archived_at is not None or member.suspended_at is not None:
            return None
        _join(member, somebody, now)
        session.flush()
        session.add(
            Identity(provider_id=at.provider_id, subject=somebody.subject, member_id=member.id)
        )
        session.flush()
        return _bearer(session, member, somebody)


def _join(member: Member, somebody: Somebody, now: datetime) -> None:
    """Has them joined by their provider, who had not joined and may."""
    if member.archived_at is None and member.suspended_at is None and member.joined_at is None:
        member.joined_at, member.joined_by = now, Door.IDENTITY_PROVIDER
        member.name = somebody.name or member.name


def _known_there(database: Database, at: Trusting, somebody: Somebody) -> tuple[bool, bool]:
    """Whether they are known in the firm, and stopped there: neither needs a writer's turn."""
    with database.reading(at.organisation_id) as session:
        known = _identity(session, at, somebody)
        if known is None:
            return False, False
        member = session.get_one(Member, known.member_id)
        return True, member.archived_at is not None or member.suspended_at is not None


def providers_count(session: ScopedSession) -> int:
    """How many providers the firm believes."""
    found = session.scalar(
        select(func.count(IdentityProvider.id)).where(IdentityProvider.archived_at.is_(None))
    )
    return int(found or 0)


def provider_with(session: ScopedSession, issuer: str, audience: str) -> IdentityProvider | None:
    """The provider of the firm with these tokens, put away or not."""
    return session.scalar(
        select(IdentityProvider).where(
            IdentityProvider.issuer == issuer, IdentityProvider.audience == audience
        )
    )


def identity_with(session: ScopedSession, provider_id: int, subject: str) -> Identity | None:
    """Whom a provider calls `subject`."""
    return session.scalar(
        select(Identity).where(Identity.provider_id == provider_id, Identity.subject == subject)
    )


def email_of(session: ScopedSession, member_id: int) -> str:
    """The address of a member."""
    return session.scalars(
        select(Account.email)
        .join(Member, Member.account_id == Account.id)
        .where(Member.id == member_id)
    ).one()


def _identity(session: ScopedSession, at: Trusting, somebody: Somebody) -> Identity | None:
    return identity_with(session, at.provider_id, somebody.subject)


def _account(
    database: Database, email: str | None, actor: Actor, *, is_made: bool, now: datetime
) -> int | None:
    """The account of an address; a session of one firm sees those of its members alone."""
    if email is None:
        return None
    with database.reading(None) as session:
        found = session.scalar(select(Account.id).where(Account.email_key == email_key(email)))
    if found is not None or not is_made:
        return found
    with database.writing(None) as session:
        name_act(session, "signIn", actor)
        return make_account(session, email, now=now)


def _bearer(session: ScopedSession, member: Member, somebody: Somebody) -> Bearer | None:
    if not member.is_in:
        return None
    account = session.get_one(Account, member.account_id)
    organisation = session.get_one(Organisation, member.organisation_id)
    # What the account says of itself counts only where its own password opens the firm.
    own, spoken = (account.name, account.locale) if member.takes_password else ("", None)
    return Bearer(
        key_id=member.id,
        organisation_id=organisation.id,
        organisation_code=organisation.code,
        role=member.role,
        name=own or member.name or account.email,
        locale=spoken or organisation.locale,
        time_zone=time_zone_of(organisation),
        door=Door.IDENTITY_PROVIDER,
        entity_ids=None if member.entity_ids is None else tuple(member.entity_ids),
        collaborator_id=member.collaborator_id,
        ends_at=somebody.expires_at,
        account_id=account.id,
        email=account.email,
    )


def providers_where(*, archived: bool | None = False) -> list[ColumnElement[bool]]:
    """The conditions of a list of providers."""
    return live(IdentityProvider, archived)


def identities_where(*, member_id: int | None = None) -> list[ColumnElement[bool]]:
    """The conditions of a list of identities."""
    return [] if member_id is None else [Identity.member_id == member_id]


def forget_identities(session: ScopedSession, provider_id: int) -> None:
    """Forgets whomever a provider vouched for."""
    session.execute(delete(Identity).where(Identity.provider_id == provider_id))
