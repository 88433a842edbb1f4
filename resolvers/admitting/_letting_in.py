"""Who is let into the firm, with what and how far, and the keys that its programs are given.

Nobody gives more than they hold, nor touches who holds more; an administrator always stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from domain.access import ApiKey, Permission, Role, reach_of
from domain.account import LINK_KEY, LinkPurpose, Member
from domain.base import Versioned
from domain.collaborator import Collaborator
from domain.errors import FIELD_INVALID, FIELD_REQUIRED, NOT_FOUND, Issue, Refusal
from domain.people import (
    INVITED_FOR,
    KEYS_STILL_OPEN,
    MEMBER_EXISTS,
    MEMBER_JOINED,
    email_of,
    is_grantable,
    require_end,
    require_grantable,
)
from domain.standing import Door
from persistence.audit.acts import name_act
from persistence.organisations import key_by, make_key, the_organisation
from persistence.people import accounts, links, members
from persistence.people.sign_ins import end_sign_ins
from persistence.records import the_record
from persistence.session import ScopedSession
from resolvers._mutation import Acting, persistently
from resolvers.admitting import _guessing as guessing
from resolvers.admitting._opening_links import name_of
from resolvers.settling._keeping import assign
from schema.context import Caller, House
from schema.node import key_of, optional_key

MOST_ENTITIES = 100
MOST_NAMED = 5


def account_for(house: House, caller: Caller, asked: Any) -> int:
    """The account of an address, made where there is none: of no firm, it is no secret of one.

    Once all that `invite` asks is right: what it refuses leaves no address behind, which nobody
    could have erased.
    """
    caller.require(Permission.MANAGE_PEOPLE)
    known = email_of(asked.email)
    with house.database.reading(caller.standing()) as session:
        _columns(Acting(session, caller, house), asked)
    guessing.count_invitation(house, caller.organisation_id, known)

    def make() -> int:
        with house.database.writing(None) as session:
            name_act(session, "memberInvite", caller.actor, caller.organisation_id)
            return accounts.make_account(session, known, now=house.clock())

    return persistently(make)


def invite(acting: Acting, account_id: int, asked: Any) -> tuple[Member, str]:
    """A member who has not joined yet, and the token that lets them in; its mail waits, if any."""
    session, columns = acting.session, _columns(acting, asked)
    member = members.member_of_account(session, account_id)
    if member is not None and member.archived_at is None:
        raise Refusal(MEMBER_EXISTS(field=("email",), email=asked.email.strip()[:255]))
    if member is None:
        member = Member(account_id=account_id, role=asked.role)
        session.add(member)
    member.archived_at = member.joined_at = member.joined_by = member.suspended_at = None
    assign(member, columns)
    session.flush()
    return member, _link(acting, member)


def _columns(acting: Acting, asked: Any) -> dict[str, Any]:
    """What an invitation makes of a member."""
    granted = _granted(acting, asked.role, asked.entity_ids, asked.collaborator_id)
    return {"name": name_of(asked.name), **granted}


def count_again(house: House, caller: Caller, member_id: int) -> None:
    """Counts another invitation of a member; TOO_MANY_TRIES when that was one too many."""
    with house.database.reading(caller.standing()) as session:
        email = email_of_member(session, the_record(session, Member, member_id))
    guessing.count_invitation(house, caller.organisation_id, email)


def invite_again(acting: Acting, member_id: int) -> tuple[Member, str]:
    """Another link for a member whom no password lets in; the former one leads nowhere any more."""
    member = the_record(acting.session, Member, member_id, locked=True)
    _require_within(acting.caller, member)
    if member.archived_at is not None:
        raise Refusal(NOT_FOUND(field=("id",), noun="member", key=f"member_{member_id}"))
    if member.joined_by is Door.SIGN_IN:
        raise Refusal(MEMBER_JOINED(field=("id",), email=email_of_member(acting.session, member)))
    return member, _link(acting, member)


def _link(acting: Acting, member: Member) -> str:
    firm = the_organisation(acting.session)
    return links.make_link(
        acting.session,
        acting.house.secrets.key(LINK_KEY),
        account_id=member.account_id,
        purpose=LinkPurpose.INVITATION,
        lasts=INVITED_FOR,
        now=acting.house.clock(),
        words={"locale": firm.locale, "organisation": firm.name, "by": acting.caller.key_name},
        into=links.Invited(acting.caller.organisation_id, member.id),
        is_mailed=acting.house.mail_from is not None,
    )


def change(acting: Acting, member: Member, asked: Mapping[str, Any]) -> Sequence[Issue]:
    """The member with what is given changed; LAST_ADMINISTRATOR for the only one left."""
    _require_within(acting.caller, member)
    role = asked.get("role") or member.role
    entity_ids = asked["entity_ids"] if "entity_ids" in asked else _told(member.entity_ids)
    known = member.collaborator_id and f"collaborator_{member.collaborator_id}"
    granted = _granted(acting, role, entity_ids, asked.get("collaborator_id", known))
    is_suspended = asked.get("suspended")
    if is_suspended is None:
        is_suspended = member.suspended_at is not None
    is_less = role is not Role.ADMINISTRATOR or granted["entity_ids"] is not None
    if is_suspended or is_less:
        _require_not_last(acting, member)
    if "name" in asked:
        granted["name"] = name_of(asked["name"])
    assign(member, granted)
    if is_suspended != (member.suspended_at is not None):
        member.suspended_at = acting.house.clock() if is_suspended else None
    if is_suspended:
        end_sign_ins(acting.session, [member.id], now=acting.house.clock())
    return left_open(acting, member)


def remove(acting: Acting, member: Versioned) -> None:
    """Lets a member in no more; what they did keeps their name."""
    assert isinstance(member, Member)
    _require_within(acting.caller, member)
    _require_not_last(acting, member)
    now = acting.house.clock()
    end_sign_ins(acting.session, [member.id], now=now)
    links.spend_links(
        acting.session,
        account_id=member.account_id,
        purpose=LinkPurpose.INVITATION,
        into=links.Invited(acting.caller.organisation_id, member.id),
        now=now,
    )


def left_open(acting: Acting, member: Member) -> Sequence[Issue]:
    """KEYS_STILL_OPEN where keys of their making open more than a member may by now.

    The keys are the firm's: its programs go on working when a person leaves.
    """
    made = members.keys_made_by(acting.session, member.id, now=acting.house.clock())
    is_out = member.archived_at is not None or member.suspended_at is not None
    wide = [key for key in made if is_out or not _is_within(member, key)]
    if not wide:
        return ()
    more = f" + {len(wide) - MOST_NAMED}" if len(wide) > MOST_NAMED else ""
    told = ", ".join(f"{key.name} (jalon_{key.public_id}_…)" for key in wide[:MOST_NAMED]) + more
    return (
        KEYS_STILL_OPEN(field=("id",), email=email_of_member(acting.session, member), keys=told),
    )


def _is_within(member: Member, key: ApiKey) -> bool:
    """Whether a key opens no more than a member does."""
    theirs = reach_of(member.role, member.entity_ids, member.collaborator_id)
    reach = reach_of(key.role, key.entity_ids, key.collaborator_id)
    return is_grantable(member.role, theirs, key.role, reach)


def make_a_key(acting: Acting, asked: Any) -> tuple[ApiKey, str]:
    """A key that holds no more than who makes it, nor longer, and its token, shown this once."""
    name = name_of(asked.name)
    if not name:
        raise Refusal(FIELD_REQUIRED(field=("name",), name="The name"))
    expires_at: datetime | None = asked.expires_at
    require_end(expires_at, now=acting.house.clock())
    granted = _granted(acting, asked.role, asked.entity_ids, asked.collaborator_id)
    maker = key_by(acting.session, acting.caller.actor.id)
    if maker is not None and maker.expires_at is not None:
        # Made by a key that ends: else its bearer would have for good what was lent.
        expires_at = min(expires_at or maker.expires_at, maker.expires_at)
    person = acting.caller.person
    made_by = person.member_id if person else None if maker is None else maker.made_by_id
    return make_key(acting.session, name=name, expires_at=expires_at, made_by_id=made_by, **granted)


def revoke(acting: Acting, key_id: int) -> ApiKey:
    """Takes a key back; twice is as good as once."""
    key = the_record(acting.session, ApiKey, key_id, locked=True)
    _require_within(acting.caller, key)
    key.revoked_at = key.revoked_at or acting.house.clock()
    return key


def email_of_member(session: ScopedSession, member: Member) -> str:
    return members.emails(session, [member.id], {})[member.id]


def _granted(
    acting: Acting, role: Role, entity_ids: Sequence[str] | None, collaborator_id: str | None
) -> dict[str, Any]:
    """The columns that say what somebody holds; GRANT_TOO_WIDE for more than who gives it."""
    entities = _entities(acting.session, entity_ids)
    collaborator = optional_key(collaborator_id, "collaborator", field=("collaborator_id",))
    if collaborator is not None:
        the_record(acting.session, Collaborator, collaborator, field=("collaborator_id",))
    caller = acting.caller
    reach = reach_of(role, entities, collaborator)
    require_grantable(caller.role, caller.reach, role, reach)
    return {"role": role, "entity_ids": entities, "collaborator_id": collaborator}


def _require_within(caller: Caller, record: Member | ApiKey) -> None:
    """Refuses with GRANT_TOO_WIDE to touch who holds more than the caller."""
    reach = reach_of(record.role, record.entity_ids, record.collaborator_id)
    require_grantable(caller.role, caller.reach, record.role, reach, field=("id",))


def _require_not_last(acting: Acting, member: Member) -> None:
    email = email_of_member(acting.session, member)
    members.require_other_administrator(acting.session, member, email)


def _entities(session: ScopedSession, identifiers: Sequence[str] | None) -> list[int] | None:
    if identifiers is None:
        return None
    if not 0 < len(identifiers) <= MOST_ENTITIES:
        limits = f"1–{MOST_ENTITIES}"
        raise Refusal(
            FIELD_INVALID(
                field=("entity_ids",),
                name="The entities",
                reason="it is out of range",
                found=str(len(identifiers)),
                expected=limits,
            )
        )
    keys = [
        key_of(one, "entity", field=("entity_ids", place)) for place, one in enumerate(identifiers)
    ]
    known = members.known_entities(session, keys)
    for place, key in enumerate(keys):
        if key not in known:
            raise Refusal(
                NOT_FOUND(field=("entity_ids", place), noun="entity", key=f"entity_{key}")
            )
    return sorted(known)


def _told(entity_ids: Sequence[int] | None) -> list[str] | None:
    return None if entity_ids is None else [f"entity_{key}" for key in entity_ids]
