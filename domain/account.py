"""The people of a firm: their account, their place in each firm, and the doors they come in by."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.access import Role
from domain.base import NAME, BigKey, Instant, Record, Scoped, Versioned, choice, owned
from domain.standing import Door


class Account(Record):
    """A person, whatever firms they work for: an e-mail address and a password.

    Of no organisation: who may see it is who shares a firm with it (`Member`).
    """

    __tablename__ = "account"
    __table_args__ = (UniqueConstraint("email_key"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True, init=False)
    email: Mapped[str] = mapped_column(NAME)
    email_key: Mapped[str] = mapped_column(NAME)
    """The address by which it is found: in small letters."""
    created_at: Mapped[datetime] = mapped_column(Instant)
    name: Mapped[str] = mapped_column(NAME, default="")
    password_argon2: Mapped[str | None] = mapped_column(String(255), default=None)
    """None until they choose one, and for who signs in by an identity provider only."""
    password_changed_at: Mapped[datetime | None] = mapped_column(Instant, default=None)
    locale: Mapped[str | None] = mapped_column(String(16), default=None)
    """The language of what they are told and written; None: the firm's."""
    proved_at: Mapped[datetime | None] = mapped_column(Instant, default=None)
    """When the password was chosen, or given, by who reads the mail of the address.

    None: it was chosen by a link that was handed over, by whoever came to hold that.
    """


class Member(Versioned, Record):
    """An account's place in a firm: its role, and how far it reaches."""

    __tablename__ = "member"
    __table_args__ = owned(
        UniqueConstraint("organisation_id", "account_id"),
        ForeignKeyConstraint(
            ["organisation_id", "collaborator_id"],
            ["collaborator.organisation_id", "collaborator.id"],
        ),
        Index(None, "account_id"),
    )

    account_id: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    role: Mapped[Role] = mapped_column(choice(Role))
    entity_ids: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True), default=None)
    """Only what these entities invoice; NULL: all of them."""
    collaborator_id: Mapped[int | None] = mapped_column(BigKey, default=None)
    """Who they are among the collaborators: whose projects and hours are their own."""
    suspended_at: Mapped[datetime | None] = mapped_column(Instant, default=None)
    name: Mapped[str] = mapped_column(NAME, default="")
    """What who invited them calls them: seen until they have joined."""
    joined_at: Mapped[datetime | None] = mapped_column(Instant, default=None)
    """When they accepted the invitation: before, they cannot come in."""
    joined_by: Mapped[Door | None] = mapped_column(choice(Door), default=None)
    """By accepting with a password, or by the firm's identity provider: then no password opens it.
    """

    @property
    def is_in(self) -> bool:
        """Whether they may come in at all."""
        is_there = self.joined_at is not None and self.archived_at is None
        return is_there and self.suspended_at is None

    @property
    def takes_password(self) -> bool:
        """Whether they joined with the password of their account, which so opens the firm."""
        return self.is_in and self.joined_by is Door.SIGN_IN


class SignIn(Scoped, Record):
    """A person signed in to a firm in one browser; the cookie's token is kept as a hash."""

    __tablename__ = "sign_in"
    __table_args__ = owned(
        UniqueConstraint("token_sha256"),
        ForeignKeyConstraint(
            ["organisation_id", "member_id"], ["member.organisation_id", "member.id"]
        ),
        Index(None, "member_id"),
    )

    member_id: Mapped[int] = mapped_column(BigKey)
    token_sha256: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime] = mapped_column(Instant)
    """The end whatever happens; unused for long it ends before."""
    last_seen_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant, default=None)
    address: Mapped[str] = mapped_column(String(64), default="")
    agent: Mapped[str] = mapped_column(NAME, default="")
    """What the browser says it is."""


class LinkPurpose(StrEnum):
    """What a link sent by e-mail opens, once."""

    INVITATION = "INVITATION"
    NEW_PASSWORD = "NEW_PASSWORD"


class AccountLink(Record):
    """A link sent by e-mail to the person of an account; its token is kept as a hash.

    The token is made of `salt` and a key of the installation (`link_token`) and so is kept
    nowhere: neither while its mail waits, nor afterwards. An invitation is into one firm.
    """

    __tablename__ = "account_link"
    __table_args__ = (
        UniqueConstraint("token_sha256"),
        ForeignKeyConstraint(
            ["organisation_id", "member_id"], ["member.organisation_id", "member.id"]
        ),
        Index(None, "account_id"),
        Index(None, "next_attempt_at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True, init=False)
    account_id: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    purpose: Mapped[LinkPurpose] = mapped_column(choice(LinkPurpose))
    token_sha256: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)
    salt: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None] = mapped_column(Instant, default=None)
    """When it was used, or replaced by a newer one."""
    organisation_id: Mapped[int | None] = mapped_column(
        BigKey, ForeignKey("organisation.id"), default=None
    )
    member_id: Mapped[int | None] = mapped_column(BigKey, default=None)
    """What an invitation makes of them."""
    words: Mapped[dict[str, Any]] = mapped_column(JSON, default_factory=dict)
    """What its mail says besides the link: `locale`, `organisation`, `by`."""
    next_attempt_at: Mapped[datetime | None] = mapped_column(Instant, default=None)
    """When its mail is to be sent, or taken to have been left; NULL: sent, or none is."""
    claim: Mapped[str | None] = mapped_column(String(32), default=None)
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None] = mapped_column(Instant, default=None)

    @property
    def is_mailed(self) -> bool:
        """Whether only who reads the mail of the address can hold it.

        An attempt counts as well as `sent_at`: a letter may arrive whose sending failed halfway.
        A link that was handed over is never tried.
        """
        return self.sent_at is not None or self.attempts > 0


def may_choose_password(
    *, has_one: bool, is_proved: bool, is_mailed: bool, is_elsewhere: bool
) -> bool:
    """Whether an invitation may give the account a password other than the one it has.

    The mail of an address outweighs a password that was never proved by it. A link that was handed
    over, as any firm can have one made for any address, gives a first password only to who
    is in no other firm (`is_elsewhere`).
    """
    if is_mailed:
        return not has_one or not is_proved
    return not has_one and not is_elsewhere


LINK_KEY = "account link"
"""What the keys are for that make the tokens of links (domain/signing.py)."""


def link_token(key: bytes, salt: str) -> str:
    """The token that `salt` stands for in this installation: 32 bytes in base64."""
    made = hmac.digest(key, salt.encode(), hashlib.sha256)
    return urlsafe_b64encode(made).rstrip(b"=").decode()


def fingerprint(token: str) -> str:
    """What is kept of a token: its SHA-256. A token is as long as its hash: it needs no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


class IdentityProvider(Versioned, Record):
    """A firm's own identity provider (OpenID Connect): whose tokens are believed here.

    Firms of one group may share one: its tokens then say for which of them by a header.
    """

    __tablename__ = "identity_provider"
    __table_args__ = owned(UniqueConstraint("organisation_id", "issuer", "audience"))

    name: Mapped[str] = mapped_column(NAME)
    issuer: Mapped[str] = mapped_column(String(500))
    """As the tokens say it (`iss`); its keys are found from there."""
    audience: Mapped[str] = mapped_column(NAME)
    """What its tokens for us are issued to (`aud`)."""
    default_role: Mapped[Role | None] = mapped_column(choice(Role), default=None)
    """What somebody unknown becomes who bears its token; NULL: only members come in."""


class Identity(Scoped, Record):
    """Somebody of an identity provider, known again by what it calls them (`sub`)."""

    __tablename__ = "identity"
    __table_args__ = owned(
        UniqueConstraint("organisation_id", "provider_id", "subject"),
        ForeignKeyConstraint(
            ["organisation_id", "provider_id"],
            ["identity_provider.organisation_id", "identity_provider.id"],
        ),
        ForeignKeyConstraint(
            ["organisation_id", "member_id"], ["member.organisation_id", "member.id"]
        ),
    )

    provider_id: Mapped[int] = mapped_column(BigKey)
    subject: Mapped[str] = mapped_column(String(255))
    member_id: Mapped[int] = mapped_column(BigKey)


class Tally(Record):
    """How often something was tried in a span of time: sign-ins of an address, for one."""

    __tablename__ = "tally"
    __table_args__ = (Index(None, "until"),)

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    """What is counted, hashed: it holds no address and no name."""
    until: Mapped[datetime] = mapped_column(Instant)
    """When the count begins anew."""
    count: Mapped[int] = mapped_column(default=0)
