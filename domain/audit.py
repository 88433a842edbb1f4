"""The audit: what the database tells of every write, and the chain that keeps what it told.

An `AuditChange` is one row that was written, told by a trigger of the database; an `AuditEntry`
seals the changes of one act (a mutation, a command, a job) and holds the hash of the one before.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from json.encoder import encode_basestring as _text
from typing import Any, NamedTuple

from sqlalchemy import JSON, BigInteger, Index, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import NAME, BigKey, Instant, Record, Scoped, choice
from domain.errors import call_error
from domain.standing import Actor, Door

AUDIT_TOO_LONG = call_error(
    "AUDIT_TOO_LONG",
    "{count} changes in these days; an export holds {limit}.",
    "Ask for a shorter span, several times: `from` and `to` are days.",
)

INSTALLATION = 0
"""The organisation of what belongs to none: an account changed by nobody who stands in a firm."""

BEGINNING = "0" * 64
"""What the first entry of an organisation holds in the place of a hash."""

DIGEST = 32
"""Bytes of a digest (SHA-256); an entry holds those of its changes one after the other."""


class ChangeKind(StrEnum):
    """What was done to a row."""

    INSERT = "INSERT"
    UPDATE = "UPDATE"
    DELETE = "DELETE"


class AuditChange(Scoped, Record):
    """A row that was written, as the database itself told it within the same transaction.

    `before` and `after` are JSON by column: of an update the columns that changed, else the whole
    row. No reference holds it: what it tells of may be gone, and checking one costs as much as the
    rest. NULL as `act`: written past the product, in a shell of the database, and not sealed yet.
    """

    __tablename__ = "audit_change"
    __table_args__ = (
        Index(None, "act", "organisation_id", "id"),
        Index(None, "organisation_id", "record", "record_id"),
        # The triggers write it, as who owns the tables.
        {"info": {"granted": ("SELECT", "UPDATE")}},
    )

    organisation_id: Mapped[int] = mapped_column(BigKey, init=False, default=None, sort_order=-1)
    act: Mapped[int | None] = mapped_column(BigInteger)
    record: Mapped[str] = mapped_column(String(64))
    """The table."""
    record_id: Mapped[int] = mapped_column(BigKey)
    kind: Mapped[ChangeKind] = mapped_column(choice(ChangeKind))
    before: Mapped[str | None] = mapped_column(Text, default=None)
    after: Mapped[str | None] = mapped_column(Text, default=None)
    salt: Mapped[bytes | None] = mapped_column(LargeBinary(16), default=None)
    """Random: the digest that stays does not give away what was erased."""
    erased_at: Mapped[datetime | None] = mapped_column(Instant, default=None)


class AuditEntry(Scoped, Record):
    """An act of somebody in an organisation, with the digests of all that it changed."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        UniqueConstraint("organisation_id", "place"),
        UniqueConstraint("organisation_id", "act"),
        Index(None, "organisation_id", "created_at"),
        Index(None, "organisation_id", "request_id"),
        {"info": {"granted": ("SELECT", "INSERT")}},
    )

    organisation_id: Mapped[int] = mapped_column(BigKey, init=False, default=None, sort_order=-1)
    place: Mapped[int] = mapped_column(BigInteger)
    """From 1 in each organisation, without a gap."""
    act: Mapped[int] = mapped_column(BigInteger)
    """What its changes carry."""
    act_name: Mapped[str] = mapped_column(NAME)
    door: Mapped[Door] = mapped_column(choice(Door))
    actor_name: Mapped[str] = mapped_column(NAME)
    actor_id: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(64))
    request_id: Mapped[str] = mapped_column(String(64))
    count: Mapped[int] = mapped_column(Integer)
    """Of changes."""
    records: Mapped[dict[str, Any]] = mapped_column(JSON)
    """How many changes by table."""
    digests: Mapped[bytes] = mapped_column(LargeBinary)
    previous_sha256: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64))


class AuditHead(Scoped, Record):
    """The last entry of an organisation: what is locked, last of all, to add one."""

    __tablename__ = "audit_head"
    __table_args__ = (
        UniqueConstraint("organisation_id"),
        {"info": {"granted": ("SELECT", "INSERT", "UPDATE")}},
    )

    organisation_id: Mapped[int] = mapped_column(BigKey, init=False, default=None, sort_order=-1)
    place: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))


class AuditAct(Record):
    """The act of SQLite's one writer, in a single row: where the triggers find it.

    PostgreSQL keeps it in a setting of the transaction (`jalon.act`); there this row stays empty.
    """

    __tablename__ = "audit_act"
    __table_args__ = ({"info": {"granted": ("SELECT",)}},)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    act: Mapped[int | None] = mapped_column(BigInteger, default=None)
    organisation_id: Mapped[int | None] = mapped_column(BigKey, default=None)


class Told(NamedTuple):
    """A change as it is digested."""

    organisation_id: int
    id: int
    act: int
    record: str
    record_id: int
    kind: str
    at: str
    """To the microsecond, in UTC, as SQLite writes a moment."""
    before: str | None
    after: str | None
    salt: bytes | None
    is_erased: bool


def digest_of(told: Sequence[Any]) -> bytes:
    """SHA-256 of the salt and of every field of a `Told` as JSON, `DIGEST` bytes.

    Written out, for it is done with each row that anybody writes; what is no number by hand in
    the place of one comes out in quotes of its own, and so different from any number.
    """
    organisation_id, key, act, record, record_id, kind, at, before, after, salt, *_ = told
    fields = (
        f"[{organisation_id!r},{key!r},{act!r},{_text(record)},{record_id!r},{_text(kind)},"
        f"{_text(at)},{'null' if before is None else _text(before)},"
        f"{'null' if after is None else _text(after)}]"
    )
    return sha256((salt or b"") + fields.encode()).digest()


@dataclass(frozen=True, slots=True)
class Sealed:
    """An entry as it is hashed."""

    organisation_id: int
    place: int
    at: datetime
    act: int
    act_name: str
    actor: Actor
    records: dict[str, int]
    digests: bytes
    previous: str

    def sha256(self) -> str:
        """The hash that the next entry holds, in hexadecimal."""
        at = self.at.astimezone(UTC).isoformat(timespec="microseconds")
        told = self.actor.told()
        fields = (
            self.organisation_id,
            self.place,
            at,
            self.act,
            self.act_name,
            [told[name] for name in sorted(told)],
            sorted(self.records.items()),
            sha256(self.digests).hexdigest(),
            self.previous,
        )
        return sha256(_canonical(fields)).hexdigest()


def _canonical(fields: Sequence[Any]) -> bytes:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


class AuditBreak(StrEnum):
    """What is wrong at a place of the audit."""

    ENTRY_ALTERED = "ENTRY_ALTERED"
    """Its fields do not come to its hash."""
    ENTRY_MISSING = "ENTRY_MISSING"
    """Entries were removed here."""
    ENTRY_MISPLACED = "ENTRY_MISPLACED"
    """It does not hold the hash of the entry before it: put in, or moved."""
    CHANGE_ALTERED = "CHANGE_ALTERED"
    """It does not come to the digest that was sealed."""
    CHANGE_MISSING = "CHANGE_MISSING"
    CHANGE_ADDED = "CHANGE_ADDED"
    """It was not there when the entry was sealed, or belongs to no entry."""
    CHANGE_ERASED = "CHANGE_ERASED"
    """It was emptied, and no act tells that it was erased."""


@dataclass(frozen=True, slots=True)
class AuditFlaw:
    """Where the audit does not tell truly; `change_id` where it is one change."""

    place: int
    reason: AuditBreak
    change_id: int | None = None
