"""Imports that knew a person: their rows emptied, their files given up, their undoing refused."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Table, select, update

from domain.errors import Refusal
from domain.privacy import PERSON_IN_OPEN_IMPORT, Reckoning
from domain.privacy_fates import Fate
from domain.privacy_register import columns_of
from domain.takeover.model import ImportFile, ImportRow, ImportState, StagedUpload
from domain.takeover.revert import FORGOTTEN
from persistence.privacy.person import Person
from persistence.privacy.search import naming, put, table_of
from persistence.session import ScopedSession

_OPEN = (
    *(ImportState.UPLOADED, ImportState.CHECKING, ImportState.REVIEW),
    *(ImportState.APPLYING, ImportState.REVERTING),
)
MADE_BY = {"collaborator": ("collaborators",), "client": ("clients", "clients_fusion")}
"""The sheets whose rows make the record of a person."""

_EMPTY_ROW: dict[str, Any] = {
    "raw": {},
    "cells": {"values": {}, "record_id": None, "references_changed": False, "checked": []},
    "issues": [],
    "changes": [],
}

Changes = dict[tuple[str, int], dict[str, Any]]


def erase_in_imports(
    session: ScopedSession, person: Person, reckoning: Reckoning, named_files: Collection[str]
) -> set[str]:
    """Empties what imports hold of the person; the keys of the files that are to be removed.

    `named_files` are the files in which the person is named, as their bytes were read.
    """
    changes: Changes = {}
    touched = _rows_and_effects(session, person, changes)
    touched |= _of_files(session, person, named_files, changes)
    whole = _with_their_workbooks(session, touched)
    _require_finished(person, whole)
    for (name, row), values in changes.items():
        put(session, table_of(name), row, values)
        reckoning.erase(name)
    removed = {one.file_key for one in whole if one.file_key} | set(named_files)
    forget_undoing(session, [one.id for one in whole if not _is_forgotten(one)])
    give_files_up(session, removed)
    for key in removed:
        reckoning.erase("file", 1 if key else 0)
    return removed


def _is_forgotten(one: ImportFile) -> bool:
    return FORGOTTEN in one.counts


def forget_undoing(session: ScopedSession, import_ids: Iterable[int]) -> None:
    """Notes that these imports can no longer be undone."""
    found = session.scalars(select(ImportFile).where(ImportFile.id.in_(list(import_ids))))
    for one in found:
        one.counts = {**one.counts, FORGOTTEN: 1}
    session.flush()


def give_files_up(session: ScopedSession, keys: Collection[str]) -> None:
    """No import and no staged upload refers to these files any more."""
    for record, nothing in ((ImportFile, None), (StagedUpload, "")):
        table: Any = record.__table__
        session.execute(
            update(table)
            .where(
                table.c.organisation_id == session.organisation_id,
                table.c.file_key.in_(list(keys)),
            )
            .values(file_key=nothing)
        )
    session.expire_all()


def _rows_and_effects(session: ScopedSession, person: Person, changes: Changes) -> set[int]:
    texts = columns_of(Fate.TEXT)
    rows, effects = table_of("import_row"), table_of("import_effect")
    keys: dict[str, set[int]] = {"import_row": set(), "import_effect": set()}
    for table in (rows, effects):
        for key, found in naming(session, table, texts[table.name], person.rewriter):
            changes[table.name, key] = {
                name: person.rewriter.rewritten(one) for name, one in found.items()
            }
            keys[table.name].add(key)
    for noun, sheets in MADE_BY.items():
        made = (
            select(ImportRow.id, ImportRow.raw)
            .join(ImportFile, ImportFile.id == ImportRow.import_id)
            .where(ImportFile.kind.in_(sheets), ImportRow.target_id.in_(person.ids(noun)))
        )
        for key, raw in session.execute(made):
            keys["import_row"].add(key)
            if raw:
                changes["import_row", key] = dict(_EMPTY_ROW)
    for noun in ("collaborator", "client", "contact", "address"):
        own = select(effects.c.id, effects.c.before).where(
            effects.c.organisation_id == session.organisation_id,
            effects.c.noun == noun,
            effects.c.record_id.in_(person.ids(noun)),
        )
        for key, before in session.execute(own):
            keys["import_effect"].add(key)
            if before:
                changes["import_effect", key] = {"before": {}}
    return _imports_of(session, rows, keys["import_row"]) | _imports_of(
        session, effects, keys["import_effect"]
    )


def _imports_of(session: ScopedSession, table: Table, keys: set[int]) -> set[int]:
    found: set[int] = set()
    ordered = sorted(keys)
    for start in range(0, len(ordered), 500):
        part = ordered[start : start + 500]
        found |= set(session.scalars(select(table.c.import_id).where(table.c.id.in_(part))))
    return found


def _of_files(
    session: ScopedSession, person: Person, named: Collection[str], changes: Changes
) -> set[int]:
    """Imports and staged uploads that the person is named in by name or by content."""
    touched = set(session.scalars(select(ImportFile.id).where(ImportFile.file_key.in_(named))))
    for name in ("import_file", "staged_upload"):
        columns = columns_of(Fate.TEXT)[name]
        for key, found in naming(session, table_of(name), columns, person.rewriter):
            changes[name, key] = {
                column: person.rewriter.rewritten(one) for column, one in found.items()
            }
            # Who merely sent a file is not in it.
            if name == "import_file" and found.keys() != {"author"}:
                touched.add(key)
    return touched


def _with_their_workbooks(session: ScopedSession, touched: set[int]) -> list[ImportFile]:
    """The imports with the workbooks they came in, and all sheets of these: undone as one."""
    parents = set(
        session.scalars(
            select(ImportFile.workbook_id).where(
                ImportFile.id.in_(touched), ImportFile.workbook_id.is_not(None)
            )
        )
    )
    wanted = ImportFile.id.in_(touched | parents) | ImportFile.workbook_id.in_(touched | parents)
    statement = select(ImportFile).where(wanted).order_by(ImportFile.id).with_for_update()
    return list(session.scalars(statement.execution_options(populate_existing=True)))


def _require_finished(person: Person, imports: list[ImportFile]) -> None:
    waiting = [one for one in imports if one.state in _OPEN]
    if waiting:
        first = f"import_file_{waiting[0].id}"
        raise Refusal(
            PERSON_IN_OPEN_IMPORT(
                field=("subject",), name=person.name, count=len(waiting), first=first
            )
        )
