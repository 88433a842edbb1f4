"""The letter that brings a paper: plain text, the PDF enclosed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Who writes to whom, when. Addresses were judged before (`domain.mail_address`)."""

    sender_name: str
    sender: str
    to: Sequence[str]
    cc: Sequence[str]
    reply_to: str | None
    subject: str
    message_id: str
    written_at: datetime


def letter(head: Head, body: str, *, paper: bytes, filename: str) -> EmailMessage:
    """The letter as it is handed in; the same values give the same head over all attempts."""
    made = EmailMessage(policy=SMTP)
    made["From"] = Address(_one_line(head.sender_name), addr_spec=head.sender)
    made["To"] = [Address(addr_spec=one) for one in head.to]
    if head.cc:
        made["Cc"] = [Address(addr_spec=one) for one in head.cc]
    if head.reply_to:
        made["Reply-To"] = Address(addr_spec=head.reply_to)
    made["Subject"] = _one_line(head.subject)
    made["Date"] = format_datetime(head.written_at)
    made["Message-ID"] = head.message_id
    made.set_content(body if body.endswith("\n") else f"{body}\n")
    made.add_attachment(paper, maintype="application", subtype="pdf", filename=filename)
    return made


def _one_line(text: str) -> str:
    """What stands in a head: nothing may begin another line of it."""
    return " ".join(text.split())
