"""The rows of an import under review: kept, read back, paged and skipped, in portions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table, bindparam, select

from domain.errors import NOT_FOUND, Issue, Refusal
from domain.job import Stage
from domain.takeover.candidate import Candidate, Planned
from domain.takeover.model import ImportFile, ImportRow, RowColour, RowOutcome
from domain.takeover.wire import pack, pack_issue, pack_values, unpack_issue, unpack_values
from persistence.bulk import execute_rows
from persistence.session import ScopedSession, insert_all
from persistence.takeover.spool import Spool, portions_of, spooled_candidates
from persistence.telling import told

_PORTION = 2_000
"""Rows that are written by one statement, or fetched at a time."""

_PLANNED = ("colour", "outcome", "issues", "marks", "changes", "target_id")
"""The columns of a row that its plan decides."""


def the_import(session: ScopedSession, import_id: int, *, locked: bool = False) -> ImportFile:
    """The import with that identifier, locked when asked; NOT_FOUND otherwise."""
    statement = select(ImportFile).where(ImportFile.id == import_id)
    if locked:
        # As it is once the lock is there, not as somebody read it before.
        statement = statement.with_for_update().execution_options(populate_existing=True)
    found = session.scalar(statement)
    if found is None:
        raise Refusal(NOT_FOUND(field=("import_id",), noun="import", key=import_id))
    return found


def sheets_of(session: ScopedSession, workbook_id: int) -> list[ImportFile]:
    """The imports of the sheets of a workbook, in the order they go in: that they were kept in."""
    statement = select(ImportFile).where(ImportFile.workbook_id == workbook_id)
    return list(session.scalars(statement.order_by(ImportFile.id)))


def keep_rows(
    session: ScopedSession,
    import_id: int,
    candidates: Iterable[Candidate],
    planned: Iterable[Planned],
    raw: Iterable[dict[str, str]],
) -> None:
    """Keeps the checked rows of a new import with their plan; a portion of them is held."""
    rows = (
        {
            "import_id": import_id,
            "number": candidate.row,
            "raw": typed,
            "cells": {
                "values": pack_values(candidate.values),
                "record_id": candidate.record_id,
                "references_changed": candidate.references_changed,
                "checked": [pack_issue(issue) for issue in candidate.checked],
            },
            "skipped": candidate.skipped,
            **_told(plan),
        }
        for candidate, plan, typed in zip(candidates, planned, raw, strict=True)
    )
    for portion in portions_of(rows, _PORTION):
        insert_all(session, ImportRow, portion)


def marks_of(issues: Iterable[Issue]) -> str:
    """What `ImportRow.marks` holds of a row of which these are told."""
    marks = {f"{issue.code}@{issue.column or ''}" for issue in issues}
    return f" {' '.join(sorted(marks))} " if marks else ""


def _told(plan: Planned) -> dict[str, Any]:
    """The columns `_PLANNED`, in their order."""
    return {
        "colour": plan.colour,
        "outcome": plan.outcome,
        "issues": [pack_issue(issue) for issue in plan.issues],
        "marks": marks_of(plan.issues),
        "changes": [
            {"field": c.field, "before": pack(c.before), "after": pack(c.after)}
            for c in plan.changes
        ],
        "target_id": plan.target_id,
    }


def candidates_of(session: ScopedSession, import_id: int) -> Spool[Candidate]:
    """The checked rows of an import as they were uploaded, in the order of the file."""
    return spooled_candidates(
        Candidate(
            row=number,
            values=unpack_values(cells["values"]),
            record_id=cells["record_id"],
            references_changed=cells["references_changed"],
            checked=tuple(unpack_issue(issue) for issue in cells["checked"]),
            skipped=skipped,
        )
        for number, cells, skipped in _in_order(
            session, import_id, ImportRow.number, ImportRow.cells, ImportRow.skipped
        )
    )


def _in_order(
    session: ScopedSession, import_id: int, *columns: Any, where: ColumnElement[bool] | None = None
) -> Iterator[Any]:
    """Columns of the rows of an import in the order of the file; the number is the first of them.

    Fetched a portion at a time, so that the rows may be written meanwhile.
    """
    last, conditions = 0, () if where is None else (where,)
    while True:
        portion = session.execute(
            select(*columns)
            .where(ImportRow.import_id == import_id, ImportRow.number > last, *conditions)
            .order_by(ImportRow.number)
            .limit(_PORTION)
        ).all()
        yield from portion
        if len(portion) < _PORTION:
            return
        last = portion[-1][0]


def keep_plan(session: ScopedSession, import_id: int, planned: Iterable[Planned]) -> None:
    """Brings the rows of an import up to a new plan; only those that changed are written.

    `planned` is in the order of the file.
    """
    shown = (getattr(ImportRow, name) for name in _PLANNED)
    kept = _in_order(session, import_id, ImportRow.number, ImportRow.id, *shown)
    both = zip(planned, kept, strict=True)
    plans = ((present, [*_told(plan).values()], key) for plan, (_, key, *present) in both)
    changed = ((*now, key) for present, now, key in plans if present != now)
    for portion in portions_of(changed, _PORTION):
        _update_each(session, portion, *_PLANNED)


def rows_of(
    session: ScopedSession, import_id: int, *, colours: Sequence[RowColour] | None = None
) -> list[ImportRow]:
    """The rows of an import in the order of the file; of some colours when given."""
    statement = select(ImportRow).where(ImportRow.import_id == import_id).order_by(ImportRow.number)
    if colours is not None:
        statement = statement.where(ImportRow.colour.in_(colours))
    return list(session.scalars(statement))


def shown_of(session: ScopedSession, import_id: int) -> Iterator[Any]:
    """What a review shows of each row: its number, outcome, target and issues."""
    told = (ImportRow.outcome, ImportRow.target_id, ImportRow.issues)
    return _in_order(session, import_id, ImportRow.number, *told)


def told_of(session: ScopedSession, import_id: int, colours: Sequence[RowColour]) -> Iterator[Any]:
    """Number, colour and issues of the rows of these colours, in the order of the file."""
    told = (ImportRow.number, ImportRow.colour, ImportRow.issues)
    return _in_order(session, import_id, *told, where=ImportRow.colour.in_(colours))


@dataclass(frozen=True, slots=True)
class Standing:
    """A row as its review keeps it, as far as confirming is concerned."""

    row: int
    outcome: RowOutcome
    colour: RowColour
    skipped: bool = False


def in_the_way(
    session: ScopedSession, import_id: int, *, accept_warnings: bool = False
) -> list[Standing]:
    """The red and yellow rows of an import that are not skipped, in the order of the file.

    Yellow ones are in nobody's way once they are accepted.
    """
    colours = [RowColour.RED] if accept_warnings else [RowColour.RED, RowColour.YELLOW]
    loud = ImportRow.colour.in_(colours)
    found = session.execute(
        select(ImportRow.number, ImportRow.outcome, ImportRow.colour)
        .where(ImportRow.import_id == import_id, ImportRow.skipped.is_(False), loud)
        .order_by(ImportRow.number)
    )
    return [Standing(*row) for row in found]


def mark_skipped(
    session: ScopedSession,
    import_id: int,
    *,
    skipped: bool,
    numbers: Sequence[int] | None = None,
    colour: RowColour | None = None,
) -> set[int]:
    """Skips (or takes back) rows by number, by colour, or all; the numbers that were found."""
    conditions = [ImportRow.import_id == import_id]
    if colour is not None:
        conditions.append(ImportRow.colour == colour)
    found = dict(session.execute(select(ImportRow.number, ImportRow.id).where(*conditions)).all())
    if numbers is not None:
        # Compared here: a caller may name more rows than a statement can carry.
        found = {number: found[number] for number in set(numbers) & found.keys()}
    _update_each(session, [(skipped, key) for key in found.values()], "skipped")
    return set(found)


def mark_applied(session: ScopedSession, import_id: int, written: dict[int, int]) -> None:
    """Notes on each applied row which record it became, or is."""
    rows = _in_order(session, import_id, ImportRow.number, ImportRow.id, ImportRow.target_id)
    found = (
        (written[number], key)
        for number, key, known in rows
        if number in written and written[number] != known
    )
    done = 0
    for portion in portions_of(found, _PORTION):
        told(session, Stage.KEEPING, done, len(written))
        _update_each(session, portion, "target_id")
        done += len(portion)


def _update_each(session: ScopedSession, rows: Sequence[Sequence[Any]], *columns: str) -> None:
    """Sets `columns` of rows to the values of each of `rows`, whose last is the identifier.

    Nothing else of the rows is compared: PostgreSQL, which knows nothing yet of rows that are new,
    then has no index to choose but the right one.
    """
    table = ImportRow.__table__
    assert isinstance(table, Table)
    statement = (
        table.update()
        .where(
            table.c.organisation_id == session.organisation_id,
            table.c.id == bindparam("b_id", type_=table.c.id.type),
        )
        .values({name: bindparam(f"b_{name}", type_=table.c[name].type) for name in columns})
    )
    names = [*(f"b_{name}" for name in columns), "b_id"]
    execute_rows(session.connection(), statement, names, rows)
