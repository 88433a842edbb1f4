"""The mail that takes a document to the client: written with the act, sent after its commit (F24).

At least once: a server that dies between the acceptance and its note sends again, under the same
Message-ID, which receivers know a double by.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKeyConstraint, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import NAME, BigKey, Instant, Record, Scoped, choice, owned
from domain.errors import Issue, Refusal, call_error, call_warning

PAUSES = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
)
"""How long a mail waits after each attempt that failed for a while; then it is given up."""

LEASE = timedelta(minutes=10)
"""How long a mail belongs to who sends it; left longer than that, it is anybody's."""

MOST_RECIPIENTS = 20
LONGEST_SUBJECT = 200
LONGEST_BODY = 10_000
LONGEST_ERROR = 500

MAIL_NOT_SET_UP = call_error(
    "MAIL_NOT_SET_UP",
    "This installation sends no mail: {setting} is not set.",
    "Set {setting} where the server is started; the paper can be downloaded meanwhile.",
)
MAIL_RECIPIENT_MISSING = call_error(
    "MAIL_RECIPIENT_MISSING",
    "Nobody to send {number} to: the default contact of {client} has no e-mail address.",
    "Give the client's contact an e-mail address, or say whom to send it to.",
)
MAIL_HEAD_BROKEN = call_error(
    "MAIL_HEAD_BROKEN",
    "The letter {found} is not sent: its head would not be read as it is meant.",
    "Send the document again with another subject, or rename who it is from.",
)
MAIL_WITHDRAWN = call_warning(
    "MAIL_WITHDRAWN",
    "{number} is final: its pro forma, which had not been sent to {found} yet, is sent no more.",
    "Send the final document with invoiceSend.",
)
MAIL_OF_PRO_FORMA = call_error(
    "MAIL_OF_PRO_FORMA",
    "{number} is final: its pro forma is sent no more.",
    "Send the final document with invoiceSend.",
)
MAIL_NOT_WAITING = call_error(
    "MAIL_NOT_WAITING",
    "This mail does not wait any more: it is {found}.",
    "Read it again: what was sent cannot be called back.",
)
MAIL_ALREADY_SENT = call_error(
    "MAIL_ALREADY_SENT",
    "This mail was sent.",
    "Send the document again with invoiceSend.",
)


MAIL_EMPTIED = call_error(
    "MAIL_EMPTIED",
    "What this mail said is no longer kept: a person was erased, or its time is over.",
    "Send the document again with invoiceSend.",
)


class MailState(StrEnum):
    """SENT: a server accepted it for at least one recipient. FAILED: given up, may be retried.

    CANCELLED: nobody got it, and it is not sent: called back, or its pro forma became final.
    """

    QUEUED = "QUEUED"
    SENDING = "SENDING"
    SENT = "SENT"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


WAITING = (MailState.QUEUED, MailState.SENDING)


class InvoiceMail(Scoped, Record):
    """One mail about one document, and how far it has come."""

    __tablename__ = "invoice_mail"
    __table_args__ = owned(
        ForeignKeyConstraint(
            ["organisation_id", "invoice_id"], ["invoice.organisation_id", "invoice.id"]
        ),
        Index(None, "organisation_id", "invoice_id", "id"),
        Index(None, "organisation_id", "state", "id"),
        Index(None, "next_attempt_at", "id"),
    )

    invoice_id: Mapped[int] = mapped_column(BigKey)
    invoice_version: Mapped[int] = mapped_column(Integer)
    """Of the pro forma that is sent: one that was changed since was not what was sent."""
    to: Mapped[list[Any]] = mapped_column(JSON)
    cc: Mapped[list[Any]] = mapped_column(JSON)
    subject: Mapped[str] = mapped_column(String(LONGEST_SUBJECT))
    body: Mapped[str] = mapped_column(Text)
    sender_name: Mapped[str] = mapped_column(NAME)
    reply_to: Mapped[str | None] = mapped_column(NAME)
    message_id: Mapped[str] = mapped_column(NAME)
    next_attempt_at: Mapped[datetime | None] = mapped_column(Instant)
    """When it is to be sent, or taken to have been left; NULL once it came to its end."""
    picture: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True), default=None)
    """Of a pro forma: its paper as it was asked to be sent; a final document has its own."""
    author: Mapped[str] = mapped_column(NAME, default="")
    state: Mapped[MailState] = mapped_column(choice(MailState), default=MailState.QUEUED)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    accepted: Mapped[list[Any]] = mapped_column(JSON, default_factory=list)
    """The addresses that a server took it for."""
    claim: Mapped[str | None] = mapped_column(String(32), default=None)
    """Who sends it now: one that comes back after its lease changes nothing any more."""
    last_error: Mapped[str | None] = mapped_column(String(LONGEST_ERROR), default=None)
    sent_at: Mapped[datetime | None] = mapped_column(Instant, default=None)

    @property
    def left(self) -> list[str]:
        """The addresses it has not been taken for."""
        return [one for one in [*self.to, *self.cc] if one not in self.accepted]


@dataclass(frozen=True, slots=True)
class Sent:
    """What an attempt came to: who it was taken for, and what was said of the others.

    `is_final` tells that waiting will not help those who are left.
    """

    accepted: Sequence[str] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    is_final: bool = True


def take(mail: InvoiceMail, *, claim: str, now: datetime) -> None:
    """The mail is now that of who holds `claim`, until the lease is over."""
    mail.state, mail.claim = MailState.SENDING, claim
    mail.next_attempt_at = now + LEASE
    mail.attempts += 1


def settle(mail: InvoiceMail, sent: Sent, *, now: datetime) -> bool:
    """Notes an attempt; whether the mail was accepted for the first time."""
    is_first = bool(sent.accepted) and not mail.accepted
    mail.accepted = [*mail.accepted, *sent.accepted]
    mail.claim = None
    told = "; ".join(f"{who}: {why}" if who else why for who, why in sent.refused.items())
    mail.last_error = " ".join(told.split())[:LONGEST_ERROR] or None
    if is_first:
        mail.sent_at = now
    if mail.left and not sent.is_final and mail.attempts <= len(PAUSES):
        mail.state = MailState.QUEUED
        mail.next_attempt_at = now + PAUSES[mail.attempts - 1]
        return is_first
    mail.state = MailState.SENT if mail.accepted else MailState.FAILED
    mail.next_attempt_at = None
    return is_first


def call_back(mail: InvoiceMail, *, why: Issue | None = None) -> None:
    """A mail that waits is sent no more, to nobody who has not got it; MAIL_NOT_WAITING."""
    if mail.state is MailState.CANCELLED:
        return
    if mail.state is not MailState.QUEUED:
        raise Refusal(MAIL_NOT_WAITING(field=("id",), found=mail.state.value))
    withdraw(mail, why)


def withdraw(mail: InvoiceMail, why: Issue | None) -> None:
    """Ends a mail where it is: SENT to those who have it, CANCELLED where nobody has."""
    mail.state = MailState.SENT if mail.accepted else MailState.CANCELLED
    mail.next_attempt_at = mail.claim = None
    if why is not None:
        mail.last_error = told(why)


def told(issue: Issue) -> str:
    """Why a mail was not sent, as it is kept with it: the code and the sentence."""
    facts = {**issue.facts, "found": issue.found or ""}
    return f"{issue.code}: {issue.kind.sentence.format_map(facts)}"[:LONGEST_ERROR]


def send_again(mail: InvoiceMail, *, now: datetime) -> None:
    """A mail that failed, or waits for its next attempt, is sent now.

    MAIL_ALREADY_SENT; MAIL_EMPTIED for one that would arrive without a word.
    """
    if mail.state is MailState.SENT:
        raise Refusal(MAIL_ALREADY_SENT(field=("id",)))
    if not mail.body:
        raise Refusal(MAIL_EMPTIED(field=("id",)))
    if mail.state is MailState.SENDING:
        return
    mail.state, mail.attempts, mail.next_attempt_at = MailState.QUEUED, 0, now
