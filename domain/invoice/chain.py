"""The chain of an entity's legal documents: each holds the hash of the one before it.

Altering, removing or slipping in a document breaks the chain at that place. The law wants what was
invoiced to be unalterable, kept and inspectable (CGI art. 286 I-3° bis for those it binds; BOI-TVA-
DECLA-30-10-30 §60 names chained hashes as a means).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from functools import cache, lru_cache
from json.encoder import encode_basestring as _text
from operator import itemgetter
from types import NoneType
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import BigKey, Record, Scoped, owned
from domain.errors import call_error

BEGINNING = "0" * 64
"""What the first document of an entity holds in the place of a hash."""

CHAIN_BROKEN = call_error(
    "CHAIN_BROKEN",
    "The chain of the documents of {entity} is broken at {place}: nothing can be made final.",
    "Somebody changed the database: see chainVerification, and restore what was there.",
)

FORM = 2
"""Which columns are hashed, and how; a link says by which form it was made."""

OF_INVOICE = (
    "number", "kind", "pro_forma_number", "client_id", "entity_id", "project_id", "currency",
    "language", "issue_date", "due_date", "supply_date", "payment_days", "commitment_no",
    "footer_message", "net_minor", "vat_minor", "gross_minor", "vat_groups", "seller", "buyer",
    "euro_rate", "euro_rate_on", "euro_rate_source", "credits_id",
    "credit_reason", "finalised_at",
)  # fmt: skip
OF_LINE = (
    "position", "kind", "description", "detail", "currency", "quantity", "unit", "unit_price",
    "net_minor", "tax_code_id", "ledger_account", "sku", "phase_id",
    "credits_line_id", "progress",
)  # fmt: skip
_SINCE: tuple[tuple[int, tuple[str, ...], tuple[str, ...]], ...] = (
    (
        2,
        ("credited_number", "credited_on", "replaces_id"),
        ("discount", "period_start", "period_end", "deducts_id", "basis"),
    ),
)
"""By form: the columns of invoices and of lines that it hashes besides those before it."""


@cache
def columns_of(form: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The columns of an invoice and of its lines that are hashed by `form`."""
    of_invoice: tuple[str, ...] = OF_INVOICE
    of_line: tuple[str, ...] = OF_LINE
    for since, more_of_invoice, more_of_line in _SINCE:
        if form >= since:
            of_invoice, of_line = of_invoice + more_of_invoice, of_line + more_of_line
    return of_invoice, of_line


class ChainLink(Scoped, Record):
    """The place of one legal document in its entity's chain. Never changed, never removed."""

    __tablename__ = "chain_link"
    __table_args__ = owned(
        ForeignKeyConstraint(
            ["organisation_id", "invoice_id"], ["invoice.organisation_id", "invoice.id"]
        ),
        ForeignKeyConstraint(
            ["organisation_id", "entity_id"], ["entity.organisation_id", "entity.id"]
        ),
        UniqueConstraint("organisation_id", "entity_id", "place"),
        UniqueConstraint("organisation_id", "invoice_id"),
    )

    entity_id: Mapped[int] = mapped_column(BigKey)
    place: Mapped[int] = mapped_column(Integer)
    """1 for the first document of the entity."""
    invoice_id: Mapped[int] = mapped_column(BigKey)
    content_sha256: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64))
    """Of the link before, of the place and of the content."""
    form: Mapped[int] = mapped_column(Integer, default=FORM)


class BreakReason(StrEnum):
    """What is wrong at the first place where a chain does not hold."""

    DOCUMENT_ALTERED = "DOCUMENT_ALTERED"
    LINK_ALTERED = "LINK_ALTERED"
    LINK_MISSING = "LINK_MISSING"
    """A place was passed over, or a legal document has none."""
    DOCUMENT_MISSING = "DOCUMENT_MISSING"


@dataclass(frozen=True, slots=True)
class Break:
    """The first place where a chain does not hold, and which document it is about."""

    place: int
    reason: BreakReason
    invoice_id: int | None = None
    number: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A link as it is kept, and the hash of its document as that is now (None: it is gone)."""

    place: int
    invoice_id: int
    content_sha256: str
    sha256: str
    number: str | None
    now_sha256: str | None


canonical = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode
"""JSON as it is hashed: one text for what is equal."""


def content_hash(
    invoice: Iterable[Any],
    lines: Iterable[Iterable[Any]],
    picture: Iterable[bytes],
    *,
    form: int = FORM,
) -> str:
    """The SHA-256 of all that is frozen of a document: its columns, lines and picture.

    `invoice` and each line have the values of `columns_of(form)` in their order, `picture` is
    `canonical` JSON in UTF-8, in pieces.
    """
    of_invoice, of_line = _shapes_of(form)
    frozen = of_invoice.written(invoice)
    billed = ",".join([of_line.written(line) for line in lines])
    content = f'{{"form":{form:d},"invoice":{frozen},"lines":[{billed}],"picture":'
    found = hashlib.sha256(content.encode())
    for piece in picture:
        found.update(piece)
    found.update(b"}")
    return found.hexdigest()


class _Shape:
    """The columns of a record, written as `canonical` would write them by their names."""

    def __init__(self, names: Sequence[str]) -> None:
        order = sorted(range(len(names)), key=names.__getitem__)
        self._heads = [f"{_text(names[place])}:" for place in order]
        self._in_order = itemgetter(*order)

    def written(self, values: Iterable[Any]) -> str:
        given = list(values)
        if len(given) != len(self._heads):
            raise ValueError(f"{len(given)} values of {len(self._heads)} columns")
        pairs = zip(self._heads, self._in_order(given), strict=True)
        return "{" + ",".join([head + _writer(_kind(value))(value) for head, value in pairs]) + "}"


@cache
def _shapes_of(form: int) -> tuple[_Shape, _Shape]:
    of_invoice, of_line = columns_of(form)
    return _Shape(of_invoice), _Shape(of_line)


def link_hash(*, before: str, place: int, content: str) -> str:
    """The hash of a link, of the one `before` it and of what it holds."""
    return hashlib.sha256(f"{before} {place} {content}".encode()).hexdigest()


def first_break(links: Iterable[Found]) -> tuple[int, Break | None]:
    """How many links hold from the beginning, and where the chain breaks, if it does."""
    before, count = BEGINNING, 0
    for link in links:
        place = count + 1
        if link.place != place:
            return count, Break(place, BreakReason.LINK_MISSING)
        if link.sha256 != link_hash(before=before, place=place, content=link.content_sha256):
            return count, _at(link, BreakReason.LINK_ALTERED)
        if link.now_sha256 is None:
            return count, _at(link, BreakReason.DOCUMENT_MISSING)
        if link.now_sha256 != link.content_sha256:
            return count, _at(link, BreakReason.DOCUMENT_ALTERED)
        before, count = link.sha256, place
    return count, None


def _at(link: Found, reason: BreakReason) -> Break:
    return Break(link.place, reason, link.invoice_id, link.number)


_kind: Callable[[Any], type] = type


@cache
def _writer(kind: type) -> Callable[[Any], str]:
    """What writes values of a kind, however the database hands them back."""
    if issubclass(kind, Enum):
        return _enum
    if issubclass(kind, Decimal):
        return _decimal
    if issubclass(kind, datetime):
        return _moment
    if issubclass(kind, date):
        return _day
    return _PLAINLY.get(kind, canonical)


def _nothing(value: None) -> str:
    return "null"


_PLAINLY: dict[type, Callable[[Any], str]] = {NoneType: _nothing, str: _text, int: int.__repr__}


def _enum(value: Enum) -> str:
    return canonical(value.value)


@lru_cache(maxsize=4096)
def _decimal(value: Decimal) -> str:
    return f'"{value.normalize():f}"' if value else '"0"'


def _moment(value: datetime) -> str:
    return f'"{value.astimezone(UTC).isoformat()}"'


def _day(value: date) -> str:
    return f'"{value.isoformat()}"'
