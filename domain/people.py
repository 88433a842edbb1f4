"""Who may be let in, with what, and by whom: the rules of a firm's members and of its keys."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.access import PERMISSIONS, Role
from domain.errors import FIELD_INVALID, PathPart, Refusal, call_error, call_warning
from domain.mail_address import REASON, address
from domain.standing import Reach

INVITED_FOR = timedelta(days=7)
PASSWORD_LINK_FOR = timedelta(hours=1)
LONGEST_KEY_LIFE = timedelta(days=3660)

LAST_ADMINISTRATOR = call_error(
    "LAST_ADMINISTRATOR",
    "{email} is the last administrator: the firm would be left without one.",
    "Make another member an administrator first.",
)
MEMBER_EXISTS = call_error("MEMBER_EXISTS", "{email} is a member already.")
MEMBER_JOINED = call_error(
    "MEMBER_JOINED", "{email} has accepted the invitation already.", "Nothing is to be done."
)
GRANT_TOO_WIDE = call_error(
    "GRANT_TOO_WIDE",
    "This would give more than you hold yourself: {what}.",
    "Give what you hold, or ask somebody who holds more.",
)
KEYS_STILL_OPEN = call_warning(
    "KEYS_STILL_OPEN",
    "{email} made keys that open the firm all the same: {keys}.",
    "Revoke those whose token they may have kept.",
)
SIGN_IN_NEEDED = call_error(
    "SIGN_IN_NEEDED",
    "This is for a person who signs in with a password: a key, or an identity provider, has none.",
)
PASSWORD_WRONG = call_error("PASSWORD_WRONG", "The present password is not right.")
TOO_MANY_TRIES = call_error(
    "TOO_MANY_TRIES", "Too many tries: go on in {seconds} seconds.", "Wait, then try again."
)
LINK_SPENT = call_error(
    "LINK_SPENT",
    "This link was used already, is too old, or never was one.",
    "Ask for a new one.",
)


def email_of(written: str, *, field: tuple[PathPart, ...] = ("email",)) -> str:
    """The address as it is kept; FIELD_INVALID for anything that is none."""
    known = address(written)
    if known is None:
        raise Refusal(
            FIELD_INVALID(field=field, name="The e-mail address", reason=REASON, found=written[:60])
        )
    return known


def email_key(written: str) -> str:
    """What an address is found by: in small letters. Of what is none, the same for the same."""
    told = written.strip()[:320]
    return (address(told) or told[:255]).lower()


def require_grantable(
    giver_role: Role, giver: Reach, role: Role, reach: Reach, *, field: tuple[PathPart, ...] = ()
) -> None:
    """Refuses with GRANT_TOO_WIDE what holds or reaches more than who gives it."""
    if not PERMISSIONS[role] <= PERMISSIONS[giver_role]:
        raise Refusal(GRANT_TOO_WIDE(field=field or ("role",), what=role.value))
    own = giver.entity_ids
    if own is not None and (reach.entity_ids is None or not reach.entity_ids <= own):
        raise Refusal(GRANT_TOO_WIDE(field=field or ("entity_ids",), what="other entities"))
    is_theirs = reach.own_projects and reach.collaborator_id == giver.collaborator_id
    if giver.own_projects and not is_theirs:
        raise Refusal(GRANT_TOO_WIDE(field=field or ("role",), what="the projects of others"))


def is_grantable(giver_role: Role, giver: Reach, role: Role, reach: Reach) -> bool:
    """Whether this holds and reaches no more than who gives it."""
    try:
        require_grantable(giver_role, giver, role, reach)
    except Refusal:
        return False
    return True


def require_end(
    expires_at: datetime | None, *, now: datetime, field: tuple[PathPart, ...] = ("expires_at",)
) -> None:
    """Refuses with FIELD_INVALID an end without a zone, over, or further away than ten years."""
    if expires_at is None:
        return
    if expires_at.tzinfo is None:
        why, shown = "its time zone is missing", f"{now:%Y-%m-%dT%H:%M:%SZ}"
        raise Refusal(FIELD_INVALID(field=field, name="The end", reason=why, expected=shown))
    if not now < expires_at <= now + LONGEST_KEY_LIFE:
        latest = f"{now:%Y-%m-%dT%H:%MZ}–{now + LONGEST_KEY_LIFE:%Y-%m-%d}"
        raise Refusal(
            FIELD_INVALID(field=field, name="The end", reason="it is out of range", expected=latest)
        )
