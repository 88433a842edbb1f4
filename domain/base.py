"""The base of every record: columns all records share, and the exact types they are stored in.

Amounts are integer minor units (`…_minor`, with a currency beside them); rates, percentages,
quantities and hours are integers of a fixed scale behind `Scaled`. SQLite keeps NUMERIC as a
binary float, so neither is ever NUMERIC.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Enum,
    ForeignKey,
    Integer,
    MetaData,
    String,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column

from domain.money import rounded

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

BigKey = BigInteger().with_variant(Integer, "sqlite")
"""A 64-bit key; SQLite numbers rows by itself only for INTEGER."""


class Scaled(TypeDecorator[Decimal]):
    """A Decimal of at most `places` decimals, stored as an integer of that scale."""

    impl = BigInteger
    cache_ok = True

    def __init__(self, places: int) -> None:
        super().__init__()
        self.places = places

    @property
    def python_type(self) -> type[Decimal]:
        return Decimal

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        return None if value is None else _scaled(value, self.places)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else _unscaled(int(value), self.places)


@lru_cache(maxsize=16_384)
def _scaled(value: Decimal, places: int) -> int:
    scaled = Decimal(value).scaleb(places)
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{value} has more than {places} decimals")
    return int(scaled)


@lru_cache(maxsize=16_384)
def _unscaled(value: int, places: int) -> Decimal:
    """A column has the same few values over and over."""
    return Decimal(value).scaleb(-places)


class Instant(TypeDecorator[datetime]):
    """A moment in UTC; SQLite keeps no zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def choice(values: type[StrEnum]) -> Enum:
    """A closed list stored by its value, as text on both databases."""
    return Enum(
        values,
        native_enum=False,
        create_constraint=False,
        length=32,
        values_callable=lambda members: [member.value for member in members],
    )


def percent(value: Decimal) -> Decimal:
    """A percentage or rate as it is stored: four decimals."""
    return rounded(value, 4)


PERCENT = Scaled(4)
QUANTITY = Scaled(4)
UNIT_PRICE = Scaled(6)
EXCHANGE_RATE = Scaled(8)
HOURS = Scaled(2)

CODE = String(64)
NAME = String(255)
CURRENCY = String(3)
COUNTRY = String(2)


class Record(MappedAsDataclass, DeclarativeBase, kw_only=True, repr=False, eq=False):
    """Every record of the house."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {dict[str, Any]: JSON, list[Any]: JSON, datetime: Instant}


class Scoped(MappedAsDataclass, kw_only=True, repr=False, eq=False):
    """A record of one organisation. The session fills in `organisation_id` and the times.

    Every reference between two scoped records is a foreign key of two columns
    (organisation_id, id): the database itself refuses a reference into another organisation.
    """

    id: Mapped[int] = mapped_column(
        BigKey, primary_key=True, autoincrement=True, init=False, sort_order=-2
    )
    organisation_id: Mapped[int] = mapped_column(
        BigKey, ForeignKey("organisation.id"), init=False, default=None, sort_order=-1
    )
    created_at: Mapped[datetime] = mapped_column(Instant, init=False, default=None, sort_order=90)


class Versioned(Scoped, kw_only=True, repr=False, eq=False):
    """A scoped record that people edit: `version` counts its changes (API.md 10)."""

    updated_at: Mapped[datetime] = mapped_column(Instant, init=False, default=None, sort_order=91)
    version: Mapped[int] = mapped_column(Integer, init=False, default=1, sort_order=92)
    archived_at: Mapped[datetime | None] = mapped_column(
        Instant, init=False, default=None, sort_order=93
    )


def owned(*more: Any) -> tuple[Any, ...]:
    """Table arguments of a scoped record: its key within the organisation, then `more`.

    (organisation_id, id) is the target of the two-column references and the index of the
    default list at once. Identifiers are never used twice, so an old one never names a new row.
    """
    return (
        UniqueConstraint("organisation_id", "id"),
        *more,
        {"sqlite_autoincrement": True},
    )
