"""Planning to undo an import: what it wrote, and what of it somebody built upon since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from domain.base import Record
from domain.client import Client
from domain.collaborator import Collaborator
from domain.project.adjustment import Adjustment
from domain.project.history import BillingHistory
from domain.project.model import Phase, Project
from domain.project.progress import ProgressUpdate
from domain.takeover.model import WORKBOOK, ImportFile, ImportRow, RowOutcome
from domain.takeover.revert import Entry, ImportEffect, Verdict, judge_versions
from domain.takeover.wire import unpack_values
from domain.time_entry import TimeEntry
from persistence.session import ScopedSession
from persistence.takeover.rows import sheets_of
from persistence.takeover.trail import present_versions
from persistence.takeover.undo.billing import keep_currencies, keep_fees, keep_invoiced
from persistence.takeover.undo.tables import (
    ids_of,
    keys_in,
    pairs,
    phases_in,
    phases_of,
    projects_of,
    references_of,
    references_to,
    table_named,
    unique_columns,
)

MAIN: dict[str, type[Record]] = {
    "clients": Client,
    "clients_fusion": Client,
    "projects": Project,
    "phases": Phase,
    "collaborators": Collaborator,
    "progress": ProgressUpdate,
    "history": BillingHistory,
    "adjustments": Adjustment,
    "time_entries": TimeEntry,
}
"""What a row of each sheet makes."""

_OF_INVOICES = {"invoice", "invoice_line"}
_LOOSE = {("project", "manager_id")}
"""References that are let go of: a project keeps its manager's address when the person goes."""

_OF_EFFECTS = ("noun", "record_id", "made", "before", "version", "version_before")
_NAMED_BY = ("code", "name", "email", "invoice_no")
_UNDONE = (Verdict.REMOVE, Verdict.RESTORE)


def entries_of(session: ScopedSession, taken: ImportFile) -> list[Entry]:
    """Each record that the import wrote, once; of a workbook, those of all its sheets."""
    if taken.kind != WORKBOOK:
        return list(_entries(session, taken))
    merged: dict[tuple[str, int], Entry] = {}
    for sheet in sheets_of(session, taken.id):
        for entry in _entries(session, sheet):
            entry.sheet = sheet.sheet
            earlier = merged.setdefault(entry.key, entry)
            if earlier is not entry:
                earlier.wrote_again(entry)
    return list(merged.values())


def projects_touched(session: ScopedSession, entries: Sequence[Entry]) -> set[int]:
    """The projects whose amounts undoing `entries` may change."""
    phases = ids_of(entries, "phase")
    for noun in ("progress_update", "billing_history", "adjustment"):
        phases |= set(phases_of(session, noun, ids_of(entries, noun)).values())
    time = pairs(session, "time_entry", "id", ids_of(entries, "time_entry"), "project_id")
    projects = {project for _, project in time}
    return ids_of(entries, "project") | projects | set(projects_of(session, phases).values())


def plan_revert(session: ScopedSession, entries: list[Entry]) -> None:
    """What would become of each entry now; nothing is written."""
    present = {
        noun: present_versions(session, noun, sorted(ids_of(entries, noun)))
        for noun in {entry.noun for entry in entries}
    }
    judge_versions(entries, present)
    keep_invoiced(session, entries)
    keep_currencies(session, entries)
    keep_fees(session, entries)
    _keep_entities(session, entries)
    _keep_renamed(session, entries)
    _keep_used(session, entries)
    _name(session, entries)


def _entries(session: ScopedSession, taken: ImportFile) -> Iterator[Entry]:
    """What the import made by its rows, then what it noted beside, each record once."""
    noun, seen = MAIN[str(taken.kind)].__tablename__, set()
    rows = dict(_written_rows(session, taken.id))
    # Their columns alone: of a long file there are as many as rows.
    columns = (getattr(ImportEffect, name) for name in _OF_EFFECTS)
    effects = session.execute(
        select(*columns).where(ImportEffect.import_id == taken.id).order_by(ImportEffect.id)
    )
    noted = {(one.noun, one.record_id): one for one in effects}
    first = 1 if "version" in table_named(noun).c else None
    for key, (outcome, number) in rows.items():
        effect = noted.get((noun, key))
        if outcome is RowOutcome.CREATE and (effect is None or effect.made):
            seen.add((noun, key))
            version = first if effect is None else effect.version
            yield Entry(noun, key, True, row=number, version=version)
    for key_, one in noted.items():
        if key_ not in seen:
            row = rows[one.record_id][1] if one.noun == noun and one.record_id in rows else None
            yield Entry(
                one.noun,
                one.record_id,
                one.made,
                row,
                one.before,
                one.version,
                one.version_before,
            )


def _written_rows(
    session: ScopedSession, import_id: int
) -> Iterator[tuple[int, tuple[RowOutcome, int]]]:
    """The outcome and the number of the first row of each record that the import wrote."""
    statement = (
        select(ImportRow.target_id, ImportRow.outcome, ImportRow.number)
        .where(
            ImportRow.import_id == import_id,
            ImportRow.target_id.is_not(None),
            ImportRow.skipped.is_(False),
            ImportRow.outcome.in_((RowOutcome.CREATE, RowOutcome.UPDATE)),
        )
        .order_by(ImportRow.number.desc())
    )
    for key, outcome, number in session.execute(statement):
        if key is not None:
            yield key, (outcome, number)


def _keep_entities(session: ScopedSession, entries: Sequence[Entry]) -> None:
    """A project keeps the entity it was told while it has phases: they are billed by it."""
    told = [
        one
        for one in entries
        if one.noun == "project" and not one.made and one.before.get("entity_id", 0) is None
    ]
    going = {one.record_id for one in entries if one.noun == "phase" and one.made}
    phases = phases_in(session, ids_of(told, "project"))
    for one in told:
        if phases[one.record_id] - going:
            one.keep(Verdict.IN_USE)


def _keep_renamed(session: ScopedSession, entries: Sequence[Entry]) -> None:
    """A code or name given back must still be free."""
    renamed: defaultdict[tuple[str, tuple[str, ...]], list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.verdict is Verdict.RESTORE:
            for names in unique_columns(entry.noun):
                if not names.isdisjoint(entry.before):
                    renamed[entry.noun, tuple(sorted(names))].append(entry)
    for (noun, columns), group in renamed.items():
        _keep_taken(session, noun, columns, group)


def _keep_taken(
    session: ScopedSession, noun: str, names: Sequence[str], group: Sequence[Entry]
) -> None:
    """Keeps those of `group` whose former key, of the columns `names`, belongs to another now."""
    present = {row[0]: row[1:] for row in keys_in(session, noun, names, "id", ids_of(group, noun))}
    wanted: dict[int, tuple[Any, ...]] = {}
    for entry in group:
        now = dict(zip(names, present[entry.record_id], strict=True))
        before = now | unpack_values(entry.before)
        key = tuple(before[name] for name in names)
        if None not in key:
            wanted[entry.record_id] = key
    # By whom it belongs to, where it is one of an owner's own: any other column may be in all.
    by = next((name for name in names if name.endswith("_id")), names[0])
    found = {before[names.index(by)] for before in wanted.values()}
    holders: defaultdict[tuple[Any, ...], set[int]] = defaultdict(set)
    for row in keys_in(session, noun, names, by, found):
        holders[tuple(row[1:])].add(row[0])
    for entry in group:
        if entry.record_id in wanted and holders[wanted[entry.record_id]] - {entry.record_id}:
            entry.keep(Verdict.NAME_TAKEN)


def _keep_used(session: ScopedSession, entries: Sequence[Entry]) -> None:
    """What other records refer to stays, and so does what goes with a record that stays.

    Nothing goes back to what is no longer there. Each thing that stays may hold others.
    """
    by_key = {entry.key: entry for entry in entries}
    while True:
        going = {entry.key for entry in entries if entry.verdict is Verdict.REMOVE}
        found = [
            *_held(session, going, by_key),
            *_parts_of_kept(session, entries, by_key),
            *_astray(session, entries, going),
        ]
        if not found:
            return
        for entry, why, quiet in found:
            entry.keep(why)
            entry.told_by_another |= quiet


Kept = tuple[Entry, Verdict, bool]
"""An entry that stays, why, and whether a record it stays with is told already."""


def _held(
    session: ScopedSession, going: set[tuple[str, int]], by_key: Mapping[tuple[str, int], Entry]
) -> Iterator[Kept]:
    """What goes although a record refers to it that does not go, nor lets go of it."""
    for noun in {noun for noun, _ in going}:
        ids = {key for of, key in going if of == noun}
        for table, column in references_to(noun):
            if (table, column) in _LOOSE:
                continue
            why = Verdict.INVOICED if table in _OF_INVOICES else Verdict.IN_USE
            for referring, referred in pairs(session, table, column, ids):
                holder = by_key.get((table, referring))
                if (table, referring) in going or _lets_go(holder, column, referred):
                    continue
                yield by_key[noun, referred], why, holder is not None and holder.verdict.keeps


def _lets_go(holder: Entry | None, column: str, referred: int) -> bool:
    """Whether undoing gives the holder back another reference than this one."""
    if holder is None or holder.verdict is not Verdict.RESTORE or column not in holder.before:
        return False
    return bool(holder.before[column] != referred)


def _parts_of_kept(
    session: ScopedSession, entries: Sequence[Entry], by_key: Mapping[tuple[str, int], Entry]
) -> Iterator[Kept]:
    """A contact stays with its client: what was written beside a record that stays."""
    parts = [one for one in entries if one.row is None and one.verdict in _UNDONE]
    for noun in {part.noun for part in parts}:
        ids = ids_of(parts, noun)
        for column, target in references_of(noun):
            for key, owner in pairs(session, noun, "id", ids, column):
                kept = by_key.get((target, owner))
                if kept is not None and kept.verdict.keeps:
                    yield by_key[noun, key], kept.verdict, True


def _astray(
    session: ScopedSession, entries: Sequence[Entry], going: set[tuple[str, int]]
) -> Iterator[Kept]:
    """What would go back to a record that is gone, goes, or was put away."""
    restored = [one for one in entries if one.verdict is Verdict.RESTORE]
    for noun in {one.noun for one in restored}:
        for column, target in references_of(noun):
            of = [one for one in restored if one.noun == noun and one.before.get(column)]
            wanted = {int(one.before[column]) for one in of}
            away = "archived_at" if "archived_at" in table_named(target).c else "id"
            there = {
                key: away == "archived_at" and moment is not None
                for key, moment in pairs(session, target, "id", wanted, away)
            }
            for one in of:
                key = int(one.before[column])
                if there.get(key, True) or (target, key) in going:
                    yield one, Verdict.REFERENCE_GONE, False


def _name(session: ScopedSession, entries: Sequence[Entry]) -> None:
    """What people call the records that stay."""
    kept = [entry for entry in entries if entry.verdict.keeps]
    for noun in {entry.noun for entry in kept}:
        names = _names(session, noun, ids_of(kept, noun))
        for entry in kept:
            if entry.noun == noun:
                entry.name = str(names.get(entry.record_id) or entry.record_id)


def _names(session: ScopedSession, noun: str, ids: set[int]) -> dict[int, Any]:
    columns = table_named(noun).c
    if "phase_id" in columns and "collaborator_id" not in columns:
        of = phases_of(session, noun, ids)
        codes = dict(pairs(session, "phase", "id", set(of.values()), "code"))
        return {key: codes[phase] for key, phase in of.items()}
    label = next((name for name in _NAMED_BY if name in columns), None)
    return dict(pairs(session, noun, "id", ids, label)) if label else {}
