"""Where the firm's programs are told of final invoices: addresses, and what signs what they get.

Signed as the Standard Webhooks specification says: HMAC-SHA256 under a secret `whsec_…`.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from datetime import datetime, timedelta

from sqlalchemy import ForeignKeyConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import NAME, BigKey, Instant, Record, Versioned, owned
from domain.errors import Refusal, call_error
from domain.signing import Secrets, name_of
from domain.web_address import LONGEST_URL

MOST_ENDPOINTS = 20
"""Of one firm: each gets every invoice."""

_BESIDE = "."

LONGEST_OVERLAP = 168
"""Hours for which the former secret may go on signing: a week."""

WEBHOOK_DISABLED = call_error(
    "WEBHOOK_DISABLED",
    "The webhook {webhook} is switched off.",
    "Switch it on with webhookEndpointUpdate, then hand over again with handoverRetry.",
)
WEBHOOK_SECRET_GONE = call_error(
    "WEBHOOK_SECRET_GONE",
    "The secret that the webhook {webhook} was made under is no longer kept.",
    "Put it back into JALON_FORMER_SECRETS, or renew the secret with webhookEndpointRotateSecret.",
)
WEBHOOKS_TOO_MANY = call_error(
    "WEBHOOKS_TOO_MANY",
    "There are {count} webhooks: the limit is {limit}.",
    "Delete one that is no longer needed.",
)


SWITCHED_OFF = "Switched off by {name}"
"""Why nothing is sent to a webhook that somebody switched off, as it is kept."""


class WebhookEndpoint(Versioned, Record):
    """An address that every final invoice of the firm, or of one entity, is posted to.

    Deleted it is archived: what it got stays known. Its secret is not in the database: it is made
    of `salt` and that secret of the installation which the salt names (`signing_secret`): when the
    installation gets a new one, receivers go on verifying with what they have.
    """

    __tablename__ = "webhook_endpoint"
    __table_args__ = owned(
        ForeignKeyConstraint(
            ["organisation_id", "entity_id"], ["entity.organisation_id", "entity.id"]
        ),
        Index(None, "organisation_id", "archived_at", "id"),
    )

    url: Mapped[str] = mapped_column(String(LONGEST_URL))
    salt: Mapped[str] = mapped_column(String(64))
    description: Mapped[str | None] = mapped_column(NAME, default=None)
    entity_id: Mapped[int | None] = mapped_column(BigKey, default=None)
    """NULL: the invoices of all entities."""
    former_salt: Mapped[str | None] = mapped_column(String(64), default=None)
    former_until: Mapped[datetime | None] = mapped_column(Instant, default=None)
    """Until when the former secret signs beside the new one."""
    disabled_at: Mapped[datetime | None] = mapped_column(Instant, default=None)
    disabled_reason: Mapped[str | None] = mapped_column(String(500), default=None)

    @property
    def is_live(self) -> bool:
        return self.archived_at is None and self.disabled_at is None

    @property
    def destination(self) -> str:
        """What its deliveries are known by, once for each hand-over."""
        return destination_of_webhook(self.id)

    def require_live(self) -> None:
        """WEBHOOK_DISABLED for one that is switched off or deleted."""
        if not self.is_live:
            raise Refusal(WEBHOOK_DISABLED(field=("id",), webhook=f"webhook_endpoint_{self.id}"))


def destination_of_webhook(key: int) -> str:
    """What the deliveries of a webhook are known by."""
    return f"webhook_{key}"


def salt_under(installation: Secrets, random: str) -> str:
    """A new salt: the name of the installation's present secret, and `random`."""
    return f"{name_of(installation.present)}{_BESIDE}{random}"


def signing_secret(installation: Secrets, organisation_id: int, salt: str) -> str | None:
    """The secret `whsec_…` that `salt` stands for in this installation: 32 bytes in base64.

    None where the secret that the salt names is no longer kept. A salt that names none is of the
    time when there was one secret: the oldest that is kept.
    """
    name, beside, _ = salt.partition(_BESIDE)
    secret = installation.named(name) if beside else installation.all[-1]
    if secret is None:
        return None
    told = f"webhook.{organisation_id}.{salt}".encode()
    return "whsec_" + b64encode(hmac.digest(secret, told, hashlib.sha256)).decode()


def secrets_of(
    endpoint: WebhookEndpoint, installation: Secrets, *, now: datetime
) -> tuple[str, ...]:
    """What signs now, the newest first: the former one too until its time is over.

    WEBHOOK_SECRET_GONE where nothing is left to sign with.
    """
    salts = [endpoint.salt]
    if endpoint.former_salt and endpoint.former_until and now < endpoint.former_until:
        salts.append(endpoint.former_salt)
    found = (signing_secret(installation, endpoint.organisation_id, salt) for salt in salts)
    kept = tuple(secret for secret in found if secret is not None)
    if not kept:
        raise Refusal(WEBHOOK_SECRET_GONE(webhook=f"webhook_endpoint_{endpoint.id}"))
    return kept


def rotate(endpoint: WebhookEndpoint, salt: str, *, overlap: timedelta, now: datetime) -> None:
    """Signs with `salt` from now on, and with the former one beside it for `overlap`."""
    is_kept = overlap > timedelta(0)
    endpoint.former_salt = endpoint.salt if is_kept else None
    endpoint.former_until = now + overlap if is_kept else None
    endpoint.salt = salt


def switched_off_by(reason: str) -> str | None:
    """Who switched a webhook off, by the reason that is kept; None where its receiver did."""
    before, after = SWITCHED_OFF.split("{name}")
    is_theirs = reason.startswith(before) and reason.endswith(after)
    return reason.removeprefix(before).removesuffix(after) if is_theirs else None


def switch_off(endpoint: WebhookEndpoint, reason: str, *, now: datetime) -> None:
    """Nothing is sent there any more, until somebody switches it on."""
    if endpoint.disabled_at is None:
        endpoint.disabled_at, endpoint.disabled_reason = now, reason


def switch_on(endpoint: WebhookEndpoint) -> None:
    endpoint.disabled_at = endpoint.disabled_reason = None
