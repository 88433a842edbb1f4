"""The approved platform that an entity sends its electronic invoices through, and reads from.

Between professionals in France an electronic invoice goes through a platform (CGI art. 289 bis).
All of them speak one interface, the Flow Service of AFNOR XP Z12-013; each gives an address, an
address for tokens, a client id and a secret.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, ForeignKeyConstraint, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import NAME, BigKey, Instant, Record, Scoped, Versioned, owned
from domain.errors import call_error, call_warning
from domain.handover import LONGEST_ERROR
from domain.web_address import LONGEST_URL

LONGEST_SECRET = 1000
LONGEST_CLIENT_ID = 255

PLATFORM_EXISTS = call_error(
    "PLATFORM_EXISTS",
    "{entity} sends through {platform} already: an entity has one platform.",
    "Change that connection, or delete it first.",
)
PLATFORM_MISSING = call_error(
    "PLATFORM_MISSING",
    "{entity} has no approved platform to send {number} through.",
    "Connect one with platformCreate, or hand the file over with invoiceElectronic.",
)
PLATFORM_DISABLED = call_error(
    "PLATFORM_DISABLED",
    "The connection to {platform} is switched off.",
    "Switch it on with platformUpdate.",
)
PLATFORM_SECRET_GONE = call_error(
    "PLATFORM_SECRET_GONE",
    "The secret of {platform} can no longer be read: what it was sealed with is not kept.",
    "Put it back into JALON_FORMER_SECRETS, or give the platform's secret again.",
)
PLATFORM_OUT_OF_REACH = call_warning(
    "PLATFORM_OUT_OF_REACH",
    "{number} cannot be an electronic invoice: it cannot go through {platform}.",
    "invoiceElectronic tells all that stands in the way; of a pro forma it can still be mended.",
)
PLATFORM_SECRET_ASKED = call_error(
    "PLATFORM_SECRET_ASKED",
    "{platform} is to be called on another machine: its secret goes nowhere that it was not "
    "given for.",
    "Give the secret together with the new address.",
)

READ_EVERY = timedelta(minutes=5)
"""Between two looks at what a platform has to tell."""

OVERLAP = timedelta(hours=12)
"""How far each look goes back behind the last one: platforms let flows appear late, and many bear
one time. What is known is passed over."""

MOST_PASSED = 2_000
"""Flows of no use here that are remembered, the newest: they are not fetched again and again."""


class Platform(Versioned, Record):
    """How an entity reaches its platform. Deleted it is archived, without its secret."""

    __tablename__ = "platform"
    __table_args__ = owned(
        ForeignKeyConstraint(
            ["organisation_id", "entity_id"], ["entity.organisation_id", "entity.id"]
        ),
        Index(None, "organisation_id", "archived_at", "id"),
    )

    entity_id: Mapped[int] = mapped_column(BigKey)
    name: Mapped[str] = mapped_column(NAME)
    """What people call the platform."""
    flow_url: Mapped[str] = mapped_column(String(LONGEST_URL))
    """The address below which /v1/flows stands."""
    token_url: Mapped[str] = mapped_column(String(LONGEST_URL))
    oauth_client_id: Mapped[str] = mapped_column(String(LONGEST_CLIENT_ID))
    sealed_secret: Mapped[str] = mapped_column(Text)
    """The client secret under a key of the installation; empty once deleted."""
    scope: Mapped[str | None] = mapped_column(NAME, default=None)
    organisation: Mapped[str | None] = mapped_column(NAME, default=None)
    """The header Organization-Id, of platforms that hold several firms under one access."""
    automatic: Mapped[bool] = mapped_column(default=False)
    """Whether what becomes final is sent by itself."""
    tells_payments: Mapped[bool] = mapped_column(default=True)
    """Whether what is received of its invoices is told to it (212 Encaissée)."""
    qualifies: Mapped[bool] = mapped_column(default=True)
    """Whether the profile and the processing rule are said, or left to the platform to find."""
    disabled_at: Mapped[datetime | None] = mapped_column(Instant, default=None)

    @property
    def is_live(self) -> bool:
        return self.archived_at is None and self.disabled_at is None


class PlatformReading(Scoped, Record):
    """How far a connection was read, and when it is read next; one process at a time."""

    __tablename__ = "platform_reading"
    __table_args__ = owned(
        ForeignKeyConstraint(
            ["organisation_id", "platform_id"],
            ["platform.organisation_id", "platform.id"],
        ),
        UniqueConstraint("organisation_id", "platform_id"),
        Index(None, "next_attempt_at", "id"),
    )

    platform_id: Mapped[int] = mapped_column(BigKey)
    read_until: Mapped[datetime] = mapped_column(Instant)
    """The latest change that was seen, by the platform's clock."""
    next_attempt_at: Mapped[datetime | None] = mapped_column(Instant)
    """NULL: it is switched off or deleted."""
    passed: Mapped[list[Any]] = mapped_column(JSON, default_factory=list)
    """Flows that were looked at and say nothing of our invoices, or cannot be read."""
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    """Looks that failed, one after the other."""
    claim: Mapped[str | None] = mapped_column(String(32), default=None)
    last_error: Mapped[str | None] = mapped_column(String(LONGEST_ERROR), default=None)
    last_read_at: Mapped[datetime | None] = mapped_column(Instant, default=None)
    """When a look last came to its end."""
