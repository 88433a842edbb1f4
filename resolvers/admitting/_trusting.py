"""Keeping the identity providers of a firm, and whom they vouch for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from domain import given
from domain.account import Identity, IdentityProvider, Member
from domain.errors import Issue, Refusal
from domain.identity_provider import (
    IDENTITY_PROVIDER_EXISTS,
    IDENTITY_PROVIDERS_TOO_MANY,
    IDENTITY_TAKEN,
    LONGEST_AUDIENCE,
    LONGEST_SUBJECT,
    MOST_PROVIDERS,
    default_role_of,
    issuer_of,
)
from domain.organisation import Organisation
from persistence.people import identities
from persistence.records import the_record
from resolvers._mutation import Acting
from resolvers.settling._keeping import assign
from schema.node import key_of


def create(acting: Acting, asked: Any) -> IdentityProvider:
    """A provider whose tokens are believed; IDENTITY_PROVIDER_EXISTS for one that is known."""
    require_room(acting)
    columns = _judged(
        acting,
        {
            "name": asked.name,
            "issuer": asked.issuer,
            "audience": asked.audience,
            "default_role": asked.default_role,
        },
    )
    _require_new(acting, columns["issuer"], columns["audience"])
    return IdentityProvider(**columns)


def change(acting: Acting, provider: IdentityProvider, asked: Mapping[str, Any]) -> Sequence[Issue]:
    """The provider with the fields given changed. Of another issuer nobody is known yet."""
    columns = _judged(acting, asked)
    issuer = columns.get("issuer", provider.issuer)
    audience = columns.get("audience", provider.audience)
    if (issuer, audience) != (provider.issuer, provider.audience):
        _require_new(acting, issuer, audience)
    if issuer != provider.issuer:
        # Its `sub` of yesterday may be somebody else's of tomorrow.
        identities.forget_identities(acting.session, provider.id)
    assign(provider, columns)
    return ()


def require_room(acting: Acting, provider: IdentityProvider | None = None) -> None:
    """Refuses with IDENTITY_PROVIDERS_TOO_MANY when the firm has as many as it may have."""
    # Two at once: the second sees the first one's.
    the_record(acting.session, Organisation, acting.caller.organisation_id, locked=True)
    count = identities.providers_count(acting.session)
    if count >= MOST_PROVIDERS:
        raise Refusal(IDENTITY_PROVIDERS_TOO_MANY(count=count, limit=MOST_PROVIDERS))


def link(acting: Acting, asked: Any) -> Identity:
    """Somebody of a provider who is that member from now on; linked twice is once."""
    session = acting.session
    provider = the_record(
        session,
        IdentityProvider,
        key_of(asked.provider_id, "identity_provider", field=("provider_id",)),
        field=("provider_id",),
        locked=True,
    )
    member = the_record(
        session,
        Member,
        key_of(asked.member_id, "member", field=("member_id",)),
        field=("member_id",),
    )
    subject = _text(asked.subject, "subject", "The subject", LONGEST_SUBJECT)
    known = identities.identity_with(session, provider.id, subject)
    if known is not None and known.member_id != member.id:
        email = identities.email_of(session, known.member_id)
        raise Refusal(IDENTITY_TAKEN(field=("subject",), subject=subject, email=email))
    if known is None:
        known = Identity(provider_id=provider.id, subject=subject, member_id=member.id)
        session.add(known)
        session.flush()
    return known


def unlink(acting: Acting, identifier: str) -> str:
    """Forgets whom a provider called so; its identifier."""
    key = key_of(identifier, "identity", field=("id",))
    acting.session.delete(the_record(acting.session, Identity, key, locked=True))
    return identifier


def _judged(acting: Acting, asked: Mapping[str, Any]) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    if "name" in asked:
        columns["name"] = _text(asked["name"], "name", "The name", 255)
    if "issuer" in asked:
        issuer = _text(asked["issuer"], "issuer", "The issuer", 2000)
        private = acting.house.webhooks_private
        columns["issuer"] = issuer_of(issuer, is_private_allowed=private)
    if "audience" in asked:
        columns["audience"] = _text(asked["audience"], "audience", "The audience", LONGEST_AUDIENCE)
    if "default_role" in asked:
        columns["default_role"] = default_role_of(asked["default_role"])
    return columns


def _text(value: str | None, field: str, name: str, longest: int) -> str:
    return given.text(value, field=(field,), name=name, longest=longest, required=True) or ""


def _require_new(acting: Acting, issuer: str, audience: str) -> None:
    known = identities.provider_with(acting.session, issuer, audience)
    if known is not None:
        refused = IDENTITY_PROVIDER_EXISTS(field=("issuer",), issuer=issuer, audience=audience)
        raise Refusal(refused)
