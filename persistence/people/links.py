"""The links that are sent to people: made, used once, and mailed by one sender at a time."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from domain.account import Account, AccountLink, LinkPurpose, fingerprint, link_token
from domain.invoice.mail import LEASE
from persistence import leases
from persistence.session import ScopedSession

MOST_ATTEMPTS = 8
_PAUSES = tuple(timedelta(minutes=one) for one in (1, 2, 5, 10, 20, 40, 60, 60))


@dataclass(frozen=True, slots=True)
class Invited:
    """Into which firm a link leads."""

    organisation_id: int
    member_id: int


@dataclass(frozen=True, slots=True)
class TakenLink:
    """A link that somebody mails now."""

    link_id: int
    claim: str
    email: str
    purpose: LinkPurpose
    salt: str
    token_sha256: str
    words: dict[str, str]
    created_at: datetime
    expires_at: datetime


def make_link(
    session: ScopedSession,
    key: bytes,
    *,
    account_id: int,
    purpose: LinkPurpose,
    lasts: timedelta,
    now: datetime,
    words: dict[str, str],
    into: Invited | None = None,
    is_mailed: bool,
) -> str:
    """The token of a new link; those of the same purpose and firm that were given before are spent.

    `key`: that of the installation for LINK_KEY.
    `is_mailed`: its mail waits to be sent, by the postman of links.
    """
    spend_links(session, account_id=account_id, purpose=purpose, into=into, now=now)
    salt = secrets.token_hex(24)
    token = link_token(key, salt)
    session.add(
        AccountLink(
            account_id=account_id,
            purpose=purpose,
            token_sha256=fingerprint(token),
            salt=salt,
            created_at=now,
            expires_at=now + lasts,
            organisation_id=None if into is None else into.organisation_id,
            member_id=None if into is None else into.member_id,
            words=words,
            next_attempt_at=now if is_mailed else None,
        )
    )
    session.flush()
    return token


def spend_links(
    session: ScopedSession,
    *,
    account_id: int,
    purpose: LinkPurpose,
    into: Invited | None,
    now: datetime,
) -> None:
    """Lets the open links of an account lead nowhere any more, and sends none of their mails."""
    spending = (
        update(AccountLink)
        .where(
            AccountLink.account_id == account_id,
            AccountLink.purpose == purpose,
            AccountLink.used_at.is_(None),
        )
        .values(used_at=now, next_attempt_at=None, claim=None)
        .execution_options(synchronize_session=False)
    )
    if into is not None:
        spending = spending.where(AccountLink.member_id == into.member_id)
    session.execute(spending)


def open_link(
    session: ScopedSession,
    token: str,
    purpose: LinkPurpose,
    *,
    now: datetime,
    locked: bool = True,
) -> AccountLink | None:
    """The link of `token`, while it leads anywhere."""
    found = select(AccountLink).where(
        AccountLink.token_sha256 == fingerprint(token),
        AccountLink.purpose == purpose,
        AccountLink.used_at.is_(None),
        AccountLink.expires_at > now,
    )
    if locked:
        found = found.with_for_update().execution_options(populate_existing=True)
    return session.scalar(found)


def is_any_due(session: ScopedSession, *, now: datetime) -> bool:
    """Whether a mail with a link is to be sent."""
    return leases.is_any_due(session, AccountLink, now=now)


def take_due(session: ScopedSession, *, claim: str, now: datetime, most: int) -> list[TakenLink]:
    """Takes the links whose mails are due; nobody else gets them. An expired one is not sent."""
    taken = []
    for link in leases.due(session, AccountLink, now=now, most=most):
        if link.expires_at <= now or link.used_at is not None or link.attempts >= MOST_ATTEMPTS:
            link.next_attempt_at = link.claim = None
            continue
        link.claim, link.next_attempt_at = claim, now + LEASE
        link.attempts += 1
        email = session.scalars(select(Account.email).where(Account.id == link.account_id)).one()
        taken.append(
            TakenLink(
                link_id=link.id,
                claim=claim,
                email=email,
                purpose=link.purpose,
                salt=link.salt,
                token_sha256=link.token_sha256,
                words=dict(link.words),
                created_at=link.created_at,
                expires_at=link.expires_at,
            )
        )
    return taken


def note_mailed(
    session: ScopedSession, taken: TakenLink, *, is_sent: bool, is_final: bool, now: datetime
) -> None:
    """Notes what an attempt came to, where the link is still who took it's to mail."""
    link = session.scalar(
        select(AccountLink)
        .where(AccountLink.id == taken.link_id, AccountLink.claim == taken.claim)
        .with_for_update()
    )
    if link is None:
        return
    link.claim = None
    if is_sent:
        link.sent_at, link.next_attempt_at = now, None
    elif is_final or link.attempts >= MOST_ATTEMPTS:
        link.next_attempt_at = None
    else:
        link.next_attempt_at = now + _PAUSES[link.attempts - 1]
