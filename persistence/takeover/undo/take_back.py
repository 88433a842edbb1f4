"""Taking an import back: what it changed is written as before, what it made is removed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, delete, select

from domain.base import Record
from domain.errors import Refusal
from domain.takeover.model import ImportFile, ImportRow, ImportState, RowOutcome
from domain.takeover.revert import Entry, ImportEffect, Verdict
from domain.takeover.review import STALE_REVIEW
from domain.takeover.wire import unpack
from persistence.bulk import among, execute_rows
from persistence.session import ScopedSession, insert_all
from persistence.takeover.record_writer import keyed
from persistence.takeover.undo.plan import MAIN
from persistence.takeover.undo.tables import own, slices, table_named

_PORTION = 2_000
"""Records written by one statement."""

_WRITTEN = (ImportState.APPLIED, ImportState.APPLIED_PARTIALLY)


def take_back(session: ScopedSession, entries: Sequence[Entry]) -> None:
    """Removes and restores what the plan says; STALE_REVIEW when a record moved meanwhile."""
    _restore(session, [entry for entry in entries if entry.verdict is Verdict.RESTORE])
    _let_go(session, entries)
    order = [table.name for table in reversed(Record.metadata.sorted_tables)]
    going: defaultdict[tuple[str, int | None], list[int]] = defaultdict(list)
    for entry in entries:
        if entry.verdict is Verdict.REMOVE:
            going[entry.noun, entry.version].append(entry.record_id)
    for (noun, version), keys in sorted(going.items(), key=lambda one: order.index(one[0][0])):
        _remove(session, noun, version, keys)


def _remove(session: ScopedSession, noun: str, version: int | None, keys: Sequence[int]) -> None:
    """Removes records of one version: what somebody changes at this very moment is another."""
    table = table_named(noun)
    where = [*own(session, table)]
    if version is not None and "version" in table.c:
        where.append(table.c.version == version)
    for ids in slices(sorted(keys)):
        statement = delete(table).where(*where, among(table.c.id, ids))
        if session.connection().execute(statement).rowcount != len(ids):
            raise Refusal(STALE_REVIEW(moved=noun))


def forget_restored(
    session: ScopedSession, imports: Sequence[int], entries: Sequence[Entry]
) -> None:
    """What was restored is the import's no more: undoing the rest of it later lets it be."""
    effects = Record.metadata.tables[ImportEffect.__tablename__]
    restored = [entry for entry in entries if entry.verdict is Verdict.RESTORE]
    for noun in sorted({entry.noun for entry in restored}):
        for ids in slices(sorted(entry.record_id for entry in restored if entry.noun == noun)):
            session.connection().execute(
                delete(effects).where(
                    *own(session, effects),
                    effects.c.import_id.in_(imports),
                    effects.c.noun == noun,
                    among(effects.c.record_id, ids),
                )
            )


def _let_go(session: ScopedSession, entries: Sequence[Entry]) -> None:
    """References to what goes that do not hold it."""
    for noun, column, target in (
        ("project", "manager_id", "collaborator"),
        ("phase", "linked_phase_id", "phase"),
    ):
        table = table_named(noun)
        removed = (one for one in entries if one.verdict is Verdict.REMOVE)
        going = {one.record_id for one in removed if one.noun == target}
        for ids in slices(sorted(going)):
            session.connection().execute(
                table.update()
                .where(*own(session, table), among(table.c[column], ids))
                .values({column: None})
            )


def _restore(session: ScopedSession, entries: Sequence[Entry]) -> None:
    """Writes the records as they were before: those of one set of columns in one statement."""
    alike: defaultdict[tuple[str, tuple[str, ...]], list[Entry]] = defaultdict(list)
    for entry in entries:
        before = keyed(table_named(entry.noun), entry.before)
        alike[entry.noun, tuple(sorted(before))].append(replace(entry, before=before))
    for (noun, names), group in alike.items():
        _write_back(session, noun, names, group)
    counted = [one for one in entries if one.version is not None and one.version_before is not None]
    for noun in sorted({entry.noun for entry in counted}):
        if "version" in table_named(noun).c:
            _carry_on(session, noun, [entry for entry in counted if entry.noun == noun])


def _write_back(
    session: ScopedSession, noun: str, names: Sequence[str], group: Sequence[Entry]
) -> None:
    table = table_named(noun)
    where = [*own(session, table), table.c.id == bindparam("b_id", type_=table.c.id.type)]
    values: dict[str, Any] = {
        name: bindparam(f"v_{name}", type_=table.c[name].type) for name in names
    }
    if "version" in table.c:
        where.append(table.c.version == bindparam("b_version", type_=table.c.version.type))
        values |= {"version": table.c.version + 1, "updated_at": datetime.now(UTC)}
    if not values:
        return
    # In one order for all, so that two who write the same records wait, not deadlock.
    given = ["b_id", *(f"v_{name}" for name in names)]
    if "version" in table.c:
        given.append("b_version")
    statement = table.update().where(*where).values(values)
    for portion in slices(sorted(group, key=lambda one: one.record_id), _PORTION):
        rows = [
            (one.record_id, *(unpack(one.before[name]) for name in names), one.version)
            for one in portion
        ]
        done = execute_rows(session.connection(), statement, given, rows)
        if done not in (-1, len(rows)):
            raise Refusal(STALE_REVIEW(moved=noun))


def _carry_on(session: ScopedSession, noun: str, entries: Sequence[Entry]) -> None:
    """The records are again what an earlier import made of them: that one may be undone in turn.

    It is known by the version a record had between the two; a record that was only made has no
    effect of its own yet.
    """
    effects = Record.metadata.tables[ImportEffect.__tablename__]
    now = {one.record_id: (one.version or 0) + 1 for one in entries}
    statement = (
        effects.update()
        .where(*own(session, effects), effects.c.id == bindparam("b_id", type_=effects.c.id.type))
        .values(version=bindparam("b_now", type_=effects.c.version.type))
    )
    earlier = {one.record_id: one.version_before for one in entries}
    for ids in slices(sorted(earlier)):
        found = session.connection().execute(
            select(effects.c.id, effects.c.record_id, effects.c.version).where(
                *own(session, effects), effects.c.noun == noun, among(effects.c.record_id, ids)
            )
        )
        told = [(key, now[of]) for key, of, version in found if version == earlier[of]]
        execute_rows(session.connection(), statement, ("b_id", "b_now"), told)
    made = {one.record_id for one in entries if one.version_before == 1}
    makers = _makers(session, noun, made)
    known = {
        (row.import_id, row.record_id)
        for ids in slices(sorted(makers))
        for row in session.execute(
            select(ImportEffect.import_id, ImportEffect.record_id).where(
                ImportEffect.noun == noun, ImportEffect.record_id.in_(ids)
            )
        )
    }
    noted: list[dict[str, Any]] = [
        {
            "import_id": maker,
            "noun": noun,
            "record_id": key,
            "made": True,
            "before": {},
            "version": now[key],
            "version_before": None,
        }
        for key, maker in makers.items()
        if (maker, key) not in known
    ]
    insert_all(session, ImportEffect, noted)


def _makers(session: ScopedSession, noun: str, ids: set[int]) -> dict[int, int]:
    """The import that made each of the records `ids`, where one did and is still written.

    The rows are gone through once: records have no index of the rows they came of.
    """
    if not ids:
        return {}
    kinds = [kind for kind, record in MAIN.items() if record.__tablename__ == noun]
    statement = (
        select(ImportRow.target_id, ImportRow.import_id)
        .join(ImportFile, ImportFile.id == ImportRow.import_id)
        .where(
            ImportRow.target_id.is_not(None),
            ImportRow.outcome == RowOutcome.CREATE,
            ImportRow.skipped.is_(False),
            ImportFile.kind.in_(kinds),
            ImportFile.state.in_(_WRITTEN),
        )
        .order_by(ImportRow.import_id.desc())
        .execution_options(yield_per=2_000)
    )
    return {
        key: maker for key, maker in session.execute(statement) if key is not None and key in ids
    }
