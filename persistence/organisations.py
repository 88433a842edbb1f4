"""Founding an organisation, its keys, and finding whose key this is."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from sqlalchemy import select

from domain.access import ApiKey, Role
from domain.errors import NOT_FOUND, Refusal
from domain.organisation import Organisation, time_zone_of
from persistence.session import Database, ScopedSession

_PREFIX = "jalon"


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who a key stands for."""

    key_id: int
    organisation_id: int
    organisation_code: str
    role: Role
    name: str
    locale: str
    time_zone: str = "Europe/Paris"


def create_key(session: ScopedSession, *, role: Role, name: str = "") -> str:
    """A new key of the session's organisation, shown this once: only its hash is kept."""
    public_id, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    session.add(ApiKey(public_id=public_id, secret_sha256=_hash(secret), role=role, name=name))
    session.flush()
    return f"{_PREFIX}_{public_id}_{secret}"


def bearer_of(database: Database, token: str) -> Bearer | None:
    """Who bears `token`; None when it is not a key in force. Compared in constant time."""
    prefix, _, rest = token.partition("_")
    public_id, _, secret = rest.partition("_")
    # The public half goes to the database, which takes no zero byte and no half of a surrogate.
    if prefix != _PREFIX or not token.isascii() or not public_id.isalnum() or not secret:
        return None
    with database.reading(None) as session:
        row = session.execute(
            select(ApiKey.id, ApiKey.secret_sha256, ApiKey.role, ApiKey.name, Organisation)
            .join(Organisation, Organisation.id == ApiKey.organisation_id)
            .where(ApiKey.public_id == public_id, ApiKey.revoked_at.is_(None))
        ).one_or_none()
        if row is None or not hmac.compare_digest(row.secret_sha256, _hash(secret)):
            return None
        organisation = row.Organisation
        return Bearer(
            key_id=row.id,
            organisation_id=organisation.id,
            organisation_code=organisation.code,
            role=row.role,
            name=row.name,
            locale=organisation.locale,
            time_zone=time_zone_of(organisation),
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


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def the_organisation(session: ScopedSession) -> Organisation:
    """The organisation of the session."""
    return session.scalars(select(Organisation)).one()
