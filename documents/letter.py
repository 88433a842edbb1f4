"""The letter that brings a paper: plain text, the PDF enclosed.

The head is written here, line by line: the library decodes what looks like an encoded word (RFC
2047) before it writes a value again, and folds names between their quotes. What people wrote is
either plain letters and digits or encoded whole; before a letter leaves it is read back.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP, default
from email.utils import format_datetime

from domain.errors import Refusal
from domain.invoice.mail import MAIL_HEAD_BROKEN

_CONTENT = SMTP.clone(cte_type="7bit")
_OF_THE_BODY = ("MIME-Version", "Content-Type")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/^_`{|}~-]+)*")
"""Words of a name that need neither quotes nor an encoding (RFC 5322 atoms, no = and no ?)."""
_LONGEST_PLAIN = 60
_WIDTH = 76


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


def letter(head: Head, body: str, *, paper: bytes, filename: str) -> bytes:
    """The letter as it is handed in, in ASCII; the same values give the same head every time.

    MAIL_HEAD_BROKEN where it would not be read back with these headers, or with another body.
    """
    content = _content(body)
    content.add_attachment(paper, maintype="application", subtype="pdf", filename=said(filename))
    return _written(head, content, ["multipart/mixed", "text/plain", "application/pdf"])


def note(head: Head, body: str) -> bytes:
    """A letter that brings nothing but its words; as `letter` otherwise."""
    return _written(head, _content(body), ["text/plain"])


def _content(body: str) -> EmailMessage:
    content = EmailMessage(policy=_CONTENT)
    content.set_content(body if body.endswith("\n") else f"{body}\n")
    return content


def _written(head: Head, content: EmailMessage, kinds: list[str]) -> bytes:
    lines = _lines(head)
    written = "".join(f"{name}: {value}\r\n" for name, value in lines)
    try:
        made = written.encode("ascii") + content.as_bytes()
    except UnicodeEncodeError as error:
        raise Refusal(MAIL_HEAD_BROKEN(found=head.message_id)) from error
    _require_as_meant(made, [name for name, _ in lines], kinds, found=head.message_id)
    return made


def said(text: str) -> str:
    """`text` on one line, without control characters; nothing in it begins an encoded word."""
    kept = (one for one in " ".join(text.split()) if unicodedata.category(one) not in ("Cc", "Cs"))
    return " ".join("".join(kept).split()).replace("=?", "= ?")


def _lines(head: Head) -> list[tuple[str, str]]:
    """The headers that the letter has before those of its body."""
    found = [("From", _mailbox(head.sender_name, head.sender)), ("To", _list(head.to))]
    if head.cc:
        found.append(("Cc", _list(head.cc)))
    if head.reply_to:
        found.append(("Reply-To", head.reply_to))
    subject = said(head.subject)
    is_plain = subject.isascii() and len(subject) <= _LONGEST_PLAIN
    return [
        *found,
        ("Subject", subject if is_plain else _encoded(subject, "Subject")),
        ("Date", format_datetime(head.written_at)),
        ("Message-ID", head.message_id),
    ]


def _mailbox(name: str, address: str) -> str:
    shown = said(name)
    if not shown:
        return address
    is_plain = len(shown) <= _LONGEST_PLAIN and _PLAIN_NAME.fullmatch(shown)
    return f"{shown if is_plain else _encoded(shown, 'From')}\r\n <{address}>"


def _encoded(text: str, name: str) -> str:
    """`text` in encoded words alone, of a line each: none stands beside what is plain."""
    header = Header(text, charset="utf-8", header_name=name, maxlinelen=_WIDTH)
    return header.encode(linesep="\r\n")


def _list(addresses: Sequence[str]) -> str:
    return ",\r\n ".join(addresses)


def _require_as_meant(made: bytes, names: Sequence[str], kinds: list[str], *, found: str) -> None:
    """Reads the letter back: these headers in this order, then parts of these kinds."""
    read = message_from_bytes(made, policy=default)
    of_the_body = [one for one in read if one not in names]
    is_meant = (
        sorted(read.keys()) == sorted((*names, *of_the_body))
        and set(of_the_body) <= {*_OF_THE_BODY, "Content-Transfer-Encoding"}
        and set(of_the_body) >= set(_OF_THE_BODY)
        and [part.get_content_type() for part in read.walk()] == kinds
        and not any(part.defects for part in read.walk())
    )
    if not is_meant:
        raise Refusal(MAIL_HEAD_BROKEN(found=found))
