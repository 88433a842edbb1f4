"""Tables as undoing sees them: what refers to what, within one organisation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, ForeignKeyConstraint, Table, UniqueConstraint, select

from domain.base import Record
from domain.takeover.revert import Entry
from persistence.bulk import among
from persistence.session import ScopedSession

Item = TypeVar("Item")

_PORTION = 500


def table_named(noun: str) -> Table:
    return Record.metadata.tables[noun]


def own(session: ScopedSession, table: Table) -> tuple[ColumnElement[bool], ...]:
    """Of this organisation alone: these statements go past the session's own condition."""
    return (table.c.organisation_id == session.organisation_id,)


def ids_of(entries: Iterable[Entry], noun: str) -> set[int]:
    return {entry.record_id for entry in entries if entry.noun == noun}


def pairs(
    session: ScopedSession, noun: str, column: str, ids: set[int], shown: str | None = None
) -> Iterator[tuple[int, Any]]:
    """The identifier of each row whose `column` is one of `ids`, with that or with `shown`."""
    table = table_named(noun)
    for some in slices(sorted(ids)):
        statement = select(table.c.id, table.c[shown or column]).where(
            *own(session, table), among(table.c[column], some)
        )
        found: Any = session.connection().execute(statement)
        yield from found


def keys_in(
    session: ScopedSession, noun: str, names: Sequence[str], by: str, values: set[Any]
) -> Iterator[Any]:
    """The identifier and the columns `names` of each row whose column `by` is one of `values`."""
    table = table_named(noun)
    shown = [table.c[name] for name in names]
    for some in slices(sorted(values)):
        statement = select(table.c.id, *shown).where(*own(session, table), table.c[by].in_(some))
        yield from session.connection().execute(statement)


def referring(session: ScopedSession, noun: str, column: str, ids: set[int]) -> set[int]:
    """Those of `ids` that a row of `noun` names in `column`."""
    return {referred for _, referred in pairs(session, noun, column, ids)}


def phases_of(session: ScopedSession, noun: str, ids: set[int]) -> dict[int, int]:
    """The phase of each record that is recorded of one."""
    return dict(pairs(session, noun, "id", ids, "phase_id"))


def projects_of(session: ScopedSession, phases: set[int]) -> dict[int, int]:
    """The project of each phase."""
    contracts = dict(pairs(session, "phase", "id", phases, "contract_id"))
    projects = dict(pairs(session, "contract", "id", set(contracts.values()), "project_id"))
    return {phase: projects[contract] for phase, contract in contracts.items()}


def phases_in(session: ScopedSession, projects: set[int]) -> dict[int, set[int]]:
    """All phases of each project."""
    found: dict[int, set[int]] = {project: set() for project in projects}
    contracts = dict(pairs(session, "contract", "project_id", projects))
    for phase, contract in pairs(session, "phase", "contract_id", set(contracts)):
        found[contracts[contract]].add(phase)
    return found


def references_to(noun: str) -> Iterator[tuple[str, str]]:
    """Each table and column that refers to `noun` within one organisation."""
    for table in Record.metadata.sorted_tables:
        for column, target in references_of(table.name):
            if target == noun:
                yield table.name, column


def references_of(noun: str) -> Iterator[tuple[str, str]]:
    """The columns of `noun` that refer to another record of its organisation, and its table."""
    for constraint in table_named(noun).constraints:
        if isinstance(constraint, ForeignKeyConstraint) and len(constraint.columns) == 2:
            column = next(name for name in constraint.column_keys if name != "organisation_id")
            yield column, constraint.referred_table.name


def unique_columns(noun: str) -> Iterator[set[str]]:
    """The columns of each key of the table that people give, without its organisation."""
    for constraint in table_named(noun).constraints:
        if isinstance(constraint, UniqueConstraint):
            names = {column.name for column in constraint.columns} - {"organisation_id"}
            if names != {"id"}:
                yield names


def slices(items: Sequence[Item], size: int = _PORTION) -> Iterator[Sequence[Item]]:
    """Items in portions; by themselves such that a statement can carry them on either database."""
    return (items[start : start + size] for start in range(0, len(items), size))
