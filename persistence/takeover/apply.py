"""Writing what a review planned: new rows in one statement a table, changes by set of columns."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from sqlalchemy import bindparam, func, or_, select, update

from domain.base import Record
from domain.client import Client
from domain.collaborator import Collaborator
from domain.job import Stage
from domain.project.adjustment import Adjustment
from domain.project.history import BillingHistory
from domain.project.model import Contract, Phase, Project
from domain.project.progress import ProgressUpdate
from domain.takeover.candidate import Planned
from domain.takeover.model import RowOutcome
from domain.time_entry import TimeEntry
from persistence.contracts import restate_phases
from persistence.ids import reserve
from persistence.reach import touched
from persistence.session import ScopedSession, insert_all
from persistence.statistics import learn
from persistence.takeover.client_writer import ClientWriter
from persistence.takeover.fusion import write_fusion
from persistence.takeover.record_writer import RecordWriter
from persistence.takeover.spool import portions_of
from persistence.takeover.trail import note_before, note_made, table_of
from persistence.telling import told

Item = TypeVar("Item")

_PORTION = 2_000
"""Rows that are written at a time."""


class Writer(Protocol):
    """Writes rows of one kind, a portion after the other, and in the end what concerns them all."""

    def take(self, new: Sequence[Planned], changed: Sequence[Planned]) -> None:
        """Writes some rows, or keeps of them what is to be written at the end."""

    def finish(self) -> dict[int, int]:
        """Writes the rest; the identifier of each record written, by row."""


def apply(
    session: ScopedSession, kind: str, planned: Iterable[Planned], *, source: str, author: str
) -> dict[int, int]:
    """Writes the rows of `planned` that write; the identifier of each record written, by row.

    Of `planned` a portion is held at a time, and none of it is changed. A record that somebody
    changed between planning and writing stops everything (STALE_REVIEW).
    """
    record = _KEPT[kind]
    signed = {"source": source, "author": author} if kind in _SIGNED else {}
    writer = _WRITERS[kind](session, RecordWriter(session, record, signed))
    total = len(planned) if isinstance(planned, Collection) else 0
    done = 0
    for portion in portions_of(planned, _PORTION):
        told(session, Stage.WRITING, done, max(total, done))
        rows = [row for row in portion if row.writes]
        writer.take(
            [row for row in rows if row.outcome is RowOutcome.CREATE],
            [row for row in rows if row.outcome is RowOutcome.UPDATE],
        )
        done += len(portion)
    written = writer.finish()
    touched(session, record, written.values())
    return written


class _Plain:
    """Rows that are records of their own, and nothing beside them."""

    def __init__(self, session: ScopedSession, records: RecordWriter) -> None:
        self.session = session
        self.records = records

    def take(self, new: Sequence[Planned], changed: Sequence[Planned]) -> None:
        self.records.create(new)
        self.records.change(changed)

    def finish(self) -> dict[int, int]:
        self.records.finish()
        return self.records.written


class _Collaborators(_Plain):
    def finish(self) -> dict[int, int]:
        written = super().finish()
        _link_project_managers(self.session)
        return written


class _Projects(_Plain):
    def __init__(self, session: ScopedSession, records: RecordWriter) -> None:
        super().__init__(session, records)
        self._currencies: list[tuple[int, Any, str]] = []
        """Project, its currency before and after."""
        self._left: list[dict[str, Any]] = []
        """Projects whose manager goes."""

    def take(self, new: Sequence[Planned], changed: Sequence[Planned]) -> None:
        super().take(new, changed)
        for row in changed:
            if "currency" in row.columns and row.target_id is not None:
                before = next(one.before for one in row.changes if one.field == "currency")
                self._currencies.append((row.target_id, before, row.columns["currency"]))
            # Another manager was named: the former one goes, even where the new one is not there.
            if "manager_email" in row.columns and "manager_id" not in row.columns:
                self._left.append({"b_id": row.target_id})

    def finish(self) -> dict[int, int]:
        written = super().finish()
        for project_id, before, after in self._currencies:
            _note_amounts(self.session, project_id)
            restate_phases(self.session, project_id, before=before, currency=after)
        _update_each(self.session, Project, self._left, manager_id=None)
        _link_project_managers(self.session)
        return written


def _note_amounts(session: ScopedSession, project_id: int) -> None:
    """The amounts of a project's phases and terms, before they follow it into a currency."""
    phases = select(Phase.id).join(Contract, Contract.id == Phase.contract_id)
    ids = list(session.scalars(phases.where(Contract.project_id == project_id)))
    note_before(session, Phase, ids, ("currency", "fee_minor", "hourly_rate_minor"))
    terms = ("cap_minor", "hourly_rate_minor")
    has_terms = or_(*(getattr(Contract, name).is_not(None) for name in terms))
    contracts = select(Contract.id).where(Contract.project_id == project_id, has_terms)
    note_before(session, Contract, list(session.scalars(contracts)), terms)


def _link_project_managers(session: ScopedSession) -> None:
    """Projects that name a manager by e-mail point to the person once the person is there."""
    person = (
        select(Collaborator.id)
        .where(
            Collaborator.organisation_id == session.organisation_id,
            Collaborator.email == Project.manager_email,
        )
        .scalar_subquery()
    )
    session.execute(
        update(Project)
        .where(Project.manager_id.is_(None), Project.manager_email.is_not(None))
        .values(manager_id=person)
        .execution_options(synchronize_session=False)
    )


class _Phases(_Plain):
    """Phases with their contracts, which are made on first use."""

    def __init__(self, session: ScopedSession, records: RecordWriter) -> None:
        super().__init__(session, records)
        self._contracts: dict[_ContractKey, int] = {}
        self._made = 0
        self._links: list[tuple[_ContractKey, int | None, str, int | None, str]] = []
        """Contract, phase and its code; the phase it is linked to, and the code of that one."""
        self._entities: dict[int, int] = {}

    def take(self, new: Sequence[Planned], changed: Sequence[Planned]) -> None:
        self._make_contracts(new)
        self.records.create([self._in_contract(row) for row in new])
        for row in changed:
            self._contracts.setdefault(_contract_key(row), row.parts["contract"]["id"])
        self.records.change(changed)
        for row in (*new, *changed):
            if linked := row.parts.get("linked_phase"):
                code = "" if row.target_id else str(row.columns["code"]).upper()
                there = row.parts["linked_phase_id"]
                link = (_contract_key(row), row.target_id, code, there, str(linked).upper())
                self._links.append(link)
            if "project_entity" in row.parts:
                project, entity = row.parts["project_entity"]
                self._entities[project] = entity

    def finish(self) -> dict[int, int]:
        learn(self.session, Contract, self._made)
        written = super().finish()
        self._link()
        self._tell_entities()
        return written

    def _in_contract(self, row: Planned) -> Planned:
        contract = self._contracts[_contract_key(row)]
        return replace(row, columns={**row.columns, "contract_id": contract})

    def _make_contracts(self, new: Sequence[Planned]) -> None:
        """The contract of each new phase: the known ones, and those made on first use."""
        made: dict[_ContractKey, dict[str, Any]] = {}
        for row in new:
            contract = row.parts["contract"]
            if contract["id"] is not None:
                self._contracts[_contract_key(row)] = contract["id"]
            elif _contract_key(row) not in self._contracts:
                made.setdefault(_contract_key(row), dict(contract))
        for key, identifier in zip(made, reserve(self.session, Contract, len(made)), strict=True):
            self._contracts[key] = made[key]["id"] = identifier
        note_made(self.session, Contract, (contract["id"] for contract in made.values()))
        insert_all(self.session, Contract, list(made.values()))
        self._made += len(made)

    def _link(self) -> None:
        """Links phases that may have been made by the same file."""
        codes: dict[tuple[int, str], int] = {}
        for ids in _slices(sorted({self._contracts[link[0]] for link in self._links})):
            for phase_id, contract_id, code in self.session.execute(
                select(Phase.id, Phase.contract_id, Phase.code).where(Phase.contract_id.in_(ids))
            ):
                codes[(contract_id, code.upper())] = phase_id
        found = [
            {
                "b_id": phase or codes[(self._contracts[key], code)],
                "b_linked": linked or codes[(self._contracts[key], linked_code)],
            }
            for key, phase, code, linked, linked_code in self._links
        ]
        _update_each(self.session, Phase, found, linked_phase_id=bindparam("b_linked"))

    def _tell_entities(self) -> None:
        """A project whose entity was not known takes the one its phases name (O22)."""
        # A project that has its entity keeps it.
        entity = func.coalesce(table_of(Project).c.entity_id, bindparam("b_entity"))
        rows = [{"b_id": project, "b_entity": one} for project, one in self._entities.items()]
        _update_each(self.session, Project, rows, entity_id=entity)


_ContractKey = tuple[int, str]


def _contract_key(row: Planned) -> _ContractKey:
    return row.parts["contract"]["project_id"], row.parts["contract"]["name_key"]


class _Fusion:
    """Clients whose rows are told together: all of them are needed at once."""

    def __init__(self, session: ScopedSession, records: RecordWriter) -> None:
        self._session = session
        self._records = records
        self._new: list[Planned] = []
        self._changed: list[Planned] = []

    def take(self, new: Sequence[Planned], changed: Sequence[Planned]) -> None:
        self._new += new
        self._changed += changed

    def finish(self) -> dict[int, int]:
        return write_fusion(self._records, self._session, self._new, self._changed)


def _update_each(
    session: ScopedSession, record: type[Record], rows: list[dict[str, Any]], **columns: Any
) -> None:
    """Sets `columns` on the record of each `b_id` of `rows`, in one go."""
    if not rows:
        return
    note_before(session, record, [row["b_id"] for row in rows], columns)
    table = table_of(record)
    statement = table.update().where(
        table.c.organisation_id == session.organisation_id, table.c.id == bindparam("b_id")
    )
    session.connection().execute(statement.values(columns), rows)


def _slices(items: Sequence[Item], size: int = 500) -> Iterator[Sequence[Item]]:
    """Items in portions that a statement can carry on either database."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


_WRITERS: dict[str, Callable[[ScopedSession, RecordWriter], Writer]] = {
    "clients": ClientWriter,
    "projects": _Projects,
    "phases": _Phases,
    "collaborators": _Collaborators,
    "progress": _Plain,
    "history": _Plain,
    "adjustments": _Plain,
    "time_entries": _Plain,
    "clients_fusion": _Fusion,
}

_SIGNED: dict[str, type[Record]] = {
    "progress": ProgressUpdate,
    "history": BillingHistory,
    "adjustments": Adjustment,
    "time_entries": TimeEntry,
}
"""Records that say where they came from."""

_KEPT: dict[str, type[Record]] = {
    **_SIGNED,
    "clients": Client,
    "clients_fusion": Client,
    "projects": Project,
    "phases": Phase,
    "collaborators": Collaborator,
}
"""What the rows of each kind are kept as."""
