"""Taking an import back: what it changed is written as before, what it made is removed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, select, update

from domain.base import Record
from domain.errors import Refusal
from domain.takeover.model import ImportFile, ImportRow, ImportState, RowOutcome
from domain.takeover.revert import Entry, ImportEffect, Verdict
from domain.takeover.review import STALE_REVIEW
from domain.takeover.wire import unpack_values
from persistence.session import ScopedSession
from persistence.takeover.undo.plan import MAIN
from persistence.takeover.undo.tables import own, slices, table_named

_WRITTEN = (ImportState.APPLIED, ImportState.APPLIED_PARTIALLY)


def take_back(session: ScopedSession, entries: Sequence[Entry]) -> None:
    """Removes and restores what the plan says; STALE_REVIEW when a record moved meanwhile."""
    for entry in entries:
        if entry.verdict is Verdict.RESTORE:
            _restore(session, entry)
    _let_go(session, entries)
    order = [table.name for table in reversed(Record.metadata.sorted_tables)]
    going = [entry for entry in entries if entry.verdict is Verdict.REMOVE]
    for noun in sorted({entry.noun for entry in going}, key=order.index):
        table = table_named(noun)
        for ids in slices([entry.record_id for entry in going if entry.noun == noun]):
            statement = delete(table).where(*own(session, table), table.c.id.in_(ids))
            if session.connection().execute(statement).rowcount != len(ids):
                raise Refusal(STALE_REVIEW(moved=noun))


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
                .where(*own(session, table), table.c[column].in_(ids))
                .values({column: None})
            )


def _restore(session: ScopedSession, entry: Entry) -> None:
    table = table_named(entry.noun)
    values: dict[str, Any] = unpack_values(entry.before)
    where = [*own(session, table), table.c.id == entry.record_id]
    is_counted = "version" in table.c
    if is_counted:
        where.append(table.c.version == entry.version)
        values |= {"version": table.c.version + 1, "updated_at": datetime.now(UTC)}
    if not values:
        return
    if session.connection().execute(table.update().where(*where).values(values)).rowcount != 1:
        raise Refusal(STALE_REVIEW(moved=entry.noun))
    if is_counted and entry.version is not None and entry.version_before is not None:
        _carry_on(session, entry, now=entry.version + 1)


def _carry_on(session: ScopedSession, entry: Entry, *, now: int) -> None:
    """The record is again what an earlier import made of it: that one may be undone in its turn.

    It is known by the version the record had between the two; a record that was only made has no
    effect of its own yet.
    """
    before = entry.version_before
    of_record = (ImportEffect.noun == entry.noun, ImportEffect.record_id == entry.record_id)
    session.execute(
        update(ImportEffect)
        .where(*of_record, ImportEffect.version == before)
        .values(version=now)
        .execution_options(synchronize_session=False)
    )
    if before != 1:
        return
    kinds = [kind for kind, record in MAIN.items() if record.__tablename__ == entry.noun]
    maker = session.scalar(
        select(ImportRow.import_id)
        .join(ImportFile, ImportFile.id == ImportRow.import_id)
        .where(
            ImportRow.target_id == entry.record_id,
            ImportRow.outcome == RowOutcome.CREATE,
            ImportRow.skipped.is_(False),
            ImportFile.kind.in_(kinds),
            ImportFile.state.in_(_WRITTEN),
        )
        .limit(1)
    )
    if maker is None:
        return
    known = select(ImportEffect.id).where(*of_record, ImportEffect.import_id == maker)
    if session.scalar(known.limit(1)) is None:
        effect = ImportEffect(
            import_id=maker, noun=entry.noun, record_id=entry.record_id, made=True, version=now
        )
        session.add(effect)
        session.flush()
