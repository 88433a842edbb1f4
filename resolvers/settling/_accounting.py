"""Setting how an entity's accounts are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from domain.accounting import (
    LONGEST_NAMES,
    MOST_NAMES,
    NAMES,
    SETTINGS,
    AccountingSettings,
    Books,
    judge_accounting,
)
from domain.errors import INPUT_TOO_LARGE, Issue, PathPart, Refusal
from domain.form import one_line
from domain.given import text
from domain.organisation import Entity
from persistence.books import exports
from persistence.reading import Wanted, load_by_ids
from persistence.records import the_record
from persistence.session import ScopedSession
from resolvers._judging import stale
from resolvers._mutation import Acting
from resolvers.settling._keeping import assign
from schema.organisation import ENTITY

Row = dict[str, Any]
Named = Sequence[tuple[str, str]]
"""What is called how, as (code, name)."""


def told(session: ScopedSession, entity_id: int, fields: Wanted) -> Row | None:
    """The settings of an entity as rows carry them; None when there is no such entity."""
    entity = load_by_ids(session, ENTITY, fields.get("entity", {}), [entity_id]).get(entity_id)
    if entity is None:
        return None
    found = exports.settings_of(session, entity_id) or Books()
    row = {name: getattr(found, name) for name in SETTINGS}
    for name in NAMES:
        row[name] = [{"code": code, "name": own} for code, own in sorted(row[name].items())]
    return {**row, "entity": entity, "version": getattr(found, "version", 0)}


def change(
    acting: Acting,
    entity_id: int,
    asked: Mapping[str, Any],
    *,
    expected_version: int | None,
) -> list[Issue]:
    """The settings with the fields given changed; STALE_OBJECT when they had moved.

    The entity is locked: its first settings are made once.
    """
    session = acting.session
    the_record(session, Entity, entity_id, field=("entity_id",), locked=True)
    present = exports.settings_of(session, entity_id)
    found = present or AccountingSettings(entity_id=entity_id)
    if expected_version is not None:
        moved = _moved(present, expected_version, entity_id)
        if moved is not None:
            return [moved]
    plain = {name: value for name, value in asked.items() if name not in NAMES}
    form = judge_accounting(plain, present)
    names: Row = {}
    for name in NAMES:
        if name in asked:
            try:
                names[name] = _named(asked[name] or (), name)
            except Refusal as refusal:
                form.issues += refusal.issues
    form.require_right()
    assign(found, form.columns | names)
    if present is None:
        session.add(found)
    session.flush()
    return []


def _moved(present: AccountingSettings | None, expected: int, entity_id: int) -> Issue | None:
    if present is None:
        found = AccountingSettings(entity_id=entity_id)
        found.version = 0
    return stale(present or found, expected, noun="accounting settings", key=f"entity_{entity_id}")


def _named(given: Named, name: str) -> dict[str, str]:
    """The names by code, each on one line; a code that is given twice keeps the last."""
    if len(given) > MOST_NAMES:
        raise Refusal(INPUT_TOO_LARGE(field=(name,), count=len(given), limit=MOST_NAMES))
    kept = {}
    for place, (code, own) in enumerate(given):
        path: tuple[PathPart, ...] = (name, place)
        key = text(
            one_line(code), field=(*path, "code"), name="The code", longest=64, required=True
        )
        kept[key or ""] = (
            text(
                one_line(own),
                field=(*path, "name"),
                name="The name",
                longest=LONGEST_NAMES[name],
                required=True,
            )
            or ""
        )
    return kept
