"""Records by their identifiers: one, or many, of whatever kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import undefer

from domain.base import Record, Scoped
from domain.errors import NOT_FOUND, Refusal
from domain.organisation import Entity
from persistence.bulk import among
from persistence.reach import shown_to
from persistence.session import ScopedSession
from persistence.short import Short

Found = TypeVar("Found", bound=Record)
Owned = TypeVar("Owned", bound=Scoped)

_PORTION = 5000
"""Identifiers in one statement: a driver takes 32,766 values."""


def portions(keys: Iterable[int]) -> Iterator[list[int]]:
    """The identifiers in order, each once, as many at a time as go into a statement."""
    wanted = sorted(set(keys))
    for start in range(0, len(wanted), _PORTION):
        yield wanted[start : start + _PORTION]


def the_record(
    session: ScopedSession,
    record: type[Found],
    key: int,
    *,
    field: tuple[str | int, ...] = ("id",),
    locked: bool = False,
) -> Found:
    """The record with identifier `key`, locked when asked; NOT_FOUND otherwise."""
    # Every record has an id; what they have in common does not say so.
    column = record.id  # type: ignore[attr-defined]
    statement = select(record).where(column == key, *shown_to(session, record))
    found = session.scalar(statement.with_for_update() if locked else statement)
    if found is None:
        noun = str(record.__tablename__)
        raise Refusal(NOT_FOUND(field=field, noun=noun.replace("_", " "), key=f"{noun}_{key}"))
    return found


@cache
def _by_id(record: type[Owned]) -> Short:
    # What every paper shows is read with the rest: the logo of its entity.
    more = [undefer(Entity.logo)] if record is Entity else []
    return Short(lambda keys: select(record).where(among(record.id, keys)).options(*more))


def records_by_id(
    session: ScopedSession, record: type[Owned], keys: Iterable[int]
) -> dict[int, Owned]:
    """The records with these identifiers; an unknown one is absent."""
    return {
        found.id: found
        for portion in portions(keys)
        for found in _by_id(record).ask(session, keys=portion).scalars()
    }
