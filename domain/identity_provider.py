"""Whose tokens a firm believes: the rules of its identity providers."""

from __future__ import annotations

from domain.access import Role
from domain.errors import FIELD_INVALID, PathPart, Refusal, call_error
from domain.web_address import web_address

IDENTITY_PROVIDER_EXISTS = call_error(
    "IDENTITY_PROVIDER_EXISTS",
    "The tokens of {issuer} for {audience} are believed already.",
    "Change that provider with identityProviderUpdate, or bring it back.",
)
IDENTITY_PROVIDERS_TOO_MANY = call_error(
    "IDENTITY_PROVIDERS_TOO_MANY",
    "There are {count} identity providers: the limit is {limit}.",
    "Put one away that is no longer needed.",
)
IDENTITY_TAKEN = call_error(
    "IDENTITY_TAKEN", "{subject} of this provider is {email} already.", "Unlink them first."
)

MOST_PROVIDERS = 10
"""Of one firm."""

LONGEST_ISSUER = 500
LONGEST_AUDIENCE = 255
LONGEST_SUBJECT = 255
"""Characters of `sub` (OpenID Connect Core, 2)."""


def issuer_of(url: str, *, is_private_allowed: bool) -> str:
    """The issuer as its tokens must say it; FIELD_INVALID for what is no issuer.

    An https:// address without query and fragment (OpenID Connect Discovery, 3).
    """
    field: tuple[PathPart, ...] = ("issuer",)
    web_address(url, is_private_allowed=is_private_allowed, field=field)
    if "?" in url or len(url) > LONGEST_ISSUER:
        reason = "it has a question mark, or is too long"
        raise Refusal(FIELD_INVALID(field=field, name="The issuer", reason=reason))
    return url


def default_role_of(role: Role | None) -> Role | None:
    """What unknown people become; FIELD_INVALID for an administrator: those are named by people."""
    if role is Role.ADMINISTRATOR:
        reason = "who comes in unasked is no administrator"
        raise Refusal(FIELD_INVALID(field=("default_role",), name="defaultRole", reason=reason))
    return role
