"""Founding an organisation, its keys, and finding whose key this is."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from sqlalchemy import or_, select, update

from domain.access import ApiKey, Role
from domain.errors import NOT_FOUND, Refusal
from domain.organisation import Organisation, time_zone_of
from domain.standing import Door
from persistence.session import Database, ScopedSession
from persistence.short import Short

_PREFIX = "jalon"
_OWN = Short(lambda: select(Organisation))
_SETTINGS = Short(lambda: select(Organisation.settings))


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who came in by a door: what a key stands for, or a person who signed in."""

    key_id: int
    """Of the key, or of the member."""
    organisation_id: int
    organisation_code: str
    role: Role
    name: str
    locale: str
    time_zone: str = "Europe/Paris"
    door: Door = Door.KEY
    entity_ids: tuple[int, ...] | None = None
    collaborator_id: int | None = None
    ends_at: datetime | None = None
    """When it is over by itself."""
    seen_at: datetime | None = None
    account_id: int | None = None
    sign_in_id: int | None = None
    email: str | None = None

    @property
    def actor_id(self) -> str:
        """The record they are: "api_key_4", "member_2"."""
        return f"{'api_key' if self.door is Door.KEY else 'member'}_{self.key_id}"


def create_key(
    session: ScopedSession,
    *,
    role: Role,
    name: str = "",
    entity_ids: Iterable[int] | None = None,
    collaborator_id: int | None = None,
) -> str:
    """A new key of the session's organisation, shown this once: only its hash is kept."""
    return make_key(
        session, role=role, name=name, entity_ids=entity_ids, collaborator_id=collaborator_id
    )[1]


def key_by(session: ScopedSession, actor_id: str) -> ApiKey | None:
    """The key that somebody acts by; None for whom no key stands for."""
    noun, _, key = actor_id.rpartition("_")
    return session.get(ApiKey, int(key)) if noun == "api_key" else None


def make_key(
    session: ScopedSession,
    *,
    role: Role,
    name: str = "",
    entity_ids: Iterable[int] | None = None,
    collaborator_id: int | None = None,
    expires_at: datetime | None = None,
    made_by_id: int | None = None,
) -> tuple[ApiKey, str]:
    """A new key and the token that is shown this once."""
    public_id, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    key = ApiKey(
        public_id=public_id,
        secret_sha256=_hash(secret),
        role=role,
        name=name,
        entity_ids=None if entity_ids is None else sorted(entity_ids),
        collaborator_id=collaborator_id,
        expires_at=expires_at,
        made_by_id=made_by_id,
    )
    session.add(key)
    session.flush()
    return key, f"{_PREFIX}_{public_id}_{secret}"


def note_used(session: ScopedSession, key_id: int, *, now: datetime, every: timedelta) -> None:
    """Keeps when a key was last used, unless that was a moment ago."""
    is_news = or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at <= now - every)
    session.execute(
        update(ApiKey)
        .where(ApiKey.id == key_id, is_news)
        .values(last_used_at=now)
        .execution_options(synchronize_session=False)
    )


def bearer_of(database: Database, token: str, *, now: datetime | None = None) -> Bearer | None:
    """Who bears `token`; None when it is not a key in force. Compared in constant time."""
    prefix, _, rest = token.partition("_")
    public_id, _, secret = rest.partition("_")
    # The public half goes to the database, which takes no zero byte and no half of a surrogate.
    if prefix != _PREFIX or not token.isascii() or not public_id.isalnum() or not secret:
        return None
    with database.reading(None) as session:
        row = session.execute(
            select(ApiKey, Organisation)
            .join(Organisation, Organisation.id == ApiKey.organisation_id)
            .where(ApiKey.public_id == public_id, ApiKey.revoked_at.is_(None))
        ).one_or_none()
        # Something is compared in any case: an unknown key takes as long as a wrong one.
        kept = _hash("") if row is None else row.ApiKey.secret_sha256
        if not hmac.compare_digest(kept, _hash(secret)) or row is None:
            return None
        key, organisation = row.ApiKey, row.Organisation
        if key.expires_at is not None and key.expires_at <= (now or datetime.now(UTC)):
            return None
        return Bearer(
            key_id=key.id,
            organisation_id=organisation.id,
            organisation_code=organisation.code,
            role=key.role,
            name=key.name,
            locale=organisation.locale,
            time_zone=time_zone_of(organisation),
            entity_ids=None if key.entity_ids is None else tuple(key.entity_ids),
            collaborator_id=key.collaborator_id,
            ends_at=key.expires_at,
            seen_at=key.last_used_at,
        )


def organisation_named(session: ScopedSession, code: str) -> Organisation:
    """The organisation with `code`; NOT_FOUND otherwise."""
    found = session.scalar(select(Organisation).where(Organisation.code == code))
    if found is None:
        raise Refusal(NOT_FOUND(field=("code",), noun="organisation", key=code))
    return found


def organisation_codes(session: ScopedSession) -> list[str]:
    """All organisations of this installation, by code."""
    return list(session.scalars(select(Organisation.code).order_by(Organisation.code)))


def organisation_ids(session: ScopedSession) -> list[int]:
    """All organisations of this installation, in the order they were founded."""
    return list(session.scalars(select(Organisation.id).order_by(Organisation.id)))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def settings_of(session: ScopedSession) -> Mapping[str, Any]:
    """The settings of the organisation of the session."""
    ((found,),) = _SETTINGS.rows(session)
    return cast(Mapping[str, Any], found)


def the_organisation(session: ScopedSession) -> Organisation:
    """The organisation of the session."""
    found: Organisation = _OWN.ask(session).scalars().one()
    return found
