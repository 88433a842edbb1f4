"""Writing what a review planned: new rows in one statement a table, changes by set of columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import bindparam, func, or_, select, update
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from domain.base import Record
from domain.client import Client, Contact
from domain.collaborator import Collaborator
from domain.errors import Refusal
from domain.job import Stage
from domain.project.adjustment import Adjustment
from domain.project.history import BillingHistory
from domain.project.model import Contract, Phase, Project
from domain.project.progress import ProgressUpdate
from domain.takeover.candidate import Planned
from domain.takeover.model import RowOutcome
from domain.takeover.review import STALE_REVIEW
from domain.time_entry import TimeEntry
from persistence.contracts import restate_phases
from persistence.ids import reserve
from persistence.reach import touched
from persistence.session import ScopedSession, insert_all
from persistence.takeover.fusion import write_fusion
from persistence.takeover.statistics import learn
from persistence.takeover.trail import note_before, note_made, table_of
from persistence.telling import in_portions

Item = TypeVar("Item")

Writer = Callable[[ScopedSession, list[Planned], list[Planned]], dict[int, int]]
"""Writes new and changed rows of one kind; the identifier of each record written, by row."""


def apply(
    session: ScopedSession, kind: str, planned: Sequence[Planned], *, source: str, author: str
) -> dict[int, int]:
    """Writes the rows of `planned` that write; the identifier of each record written, by row.

    A record that somebody changed between planning and writing stops everything (STALE_REVIEW).
    """
    rows = [row for row in planned if row.writes]
    new = [row for row in rows if row.outcome is RowOutcome.CREATE]
    changed = [row for row in rows if row.outcome is RowOutcome.UPDATE]
    written = _WRITERS[kind](session, new, changed)
    touched(session, _KEPT[kind], written.values())
    if (record := _SIGNED.get(kind)) is not None:
        made = [written[row.row] for row in new]
        _sign(session, record, made, source=source, author=author)
    return written


def _write_clients(
    session: ScopedSession, new: list[Planned], changed: list[Planned]
) -> dict[int, int]:
    written = _write(session, Client, new, changed)
    known = _default_contacts(session, [written[row.row] for row in changed])
    note_before(session, Contact, [one.id for one in known.values()], ("name", "email", "phone"))
    missing = []
    for row in [*new, *changed]:
        fields = row.parts.get("contact")
        if fields is None:
            continue
        client_id = written[row.row]
        given = {name: value for name, value in fields.items() if value is not None}
        if client_id in known:
            for name, value in given.items():
                setattr(known[client_id], name, value)
            _empty(session, known[client_id], row.parts.get("contact_emptied", ()))
        else:
            blank = {"name": None, "email": None, "phone": None}
            missing.append({**blank, **given, "client_id": client_id, "is_default": True})
    identified = zip(missing, reserve(session, Contact, len(missing)), strict=True)
    made = [{**contact, "id": key} for contact, key in identified]
    note_made(session, Contact, (contact["id"] for contact in made))
    insert_all(session, Contact, made)
    return written


def _empty(session: ScopedSession, contact: Contact, names: Sequence[str]) -> None:
    """Takes parts of a contact away; a contact of whom nothing is known is none."""
    for name in names:
        setattr(contact, name, None)
    if not (contact.name or contact.email or contact.phone):
        session.delete(contact)


def _default_contacts(session: ScopedSession, clients: Sequence[int]) -> dict[int, Contact]:
    """The default contact of each of `clients` that has one."""
    known: dict[int, Contact] = {}
    for ids in _slices(clients):
        found = session.scalars(
            select(Contact).where(Contact.client_id.in_(ids), Contact.is_default)
        )
        known.update({contact.client_id: contact for contact in found})
    return known


def _write_projects(
    session: ScopedSession, new: list[Planned], changed: list[Planned]
) -> dict[int, int]:
    written = _write(session, Project, new, changed)
    for row in changed:
        if "currency" in row.columns and row.target_id is not None:
            _note_amounts(session, row.target_id)
            before = next(one.before for one in row.changes if one.field == "currency")
            after = row.columns["currency"]
            restate_phases(session, row.target_id, before=before, currency=after)
    # Another manager was named: the former one goes, even where the new one is not there yet.
    renamed = [row for row in changed if "manager_email" in row.columns]
    left = [{"b_id": row.target_id} for row in renamed if "manager_id" not in row.columns]
    _update_each(session, Project, left, manager_id=None)
    _link_project_managers(session)
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


def _write_collaborators(
    session: ScopedSession, new: list[Planned], changed: list[Planned]
) -> dict[int, int]:
    written = _write(session, Collaborator, new, changed)
    _link_project_managers(session)
    return written


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


def _write_phases(
    session: ScopedSession, new: list[Planned], changed: list[Planned]
) -> dict[int, int]:
    contracts = _write_contracts(session, new)
    for row in new:
        row.columns["contract_id"] = contracts[_contract_key(row)]
    for row in changed:
        contracts.setdefault(_contract_key(row), row.parts["contract"]["id"])
    written = _write(session, Phase, new, changed)
    _link_phases(session, [*new, *changed], contracts)
    _tell_entities(session, [*new, *changed])
    return written


def _contract_key(row: Planned) -> tuple[int, str]:
    return row.parts["contract"]["project_id"], row.parts["contract"]["name_key"]


def _write_contracts(session: ScopedSession, new: Sequence[Planned]) -> dict[tuple[int, str], int]:
    """The contract of each new phase: the known ones, and those made on first use."""
    found: dict[tuple[int, str], int] = {}
    made: dict[tuple[int, str], dict[str, Any]] = {}
    for row in new:
        contract = dict(row.parts["contract"])
        if (known := contract.pop("id")) is not None:
            found[_contract_key(row)] = known
        else:
            made.setdefault(_contract_key(row), contract)
    for key, identifier in zip(made, reserve(session, Contract, len(made)), strict=True):
        found[key] = made[key]["id"] = identifier
    note_made(session, Contract, (contract["id"] for contract in made.values()))
    insert_all(session, Contract, list(made.values()))
    learn(session, Contract, len(made))
    return found


def _link_phases(
    session: ScopedSession, rows: Sequence[Planned], contracts: Mapping[tuple[int, str], int]
) -> None:
    links = [(contracts[_contract_key(row)], row) for row in rows if row.parts.get("linked_phase")]
    codes: dict[tuple[int, str], int] = {}
    for ids in _slices(sorted({contract for contract, _ in links})):
        for phase_id, contract_id, code in session.execute(
            select(Phase.id, Phase.contract_id, Phase.code).where(Phase.contract_id.in_(ids))
        ):
            codes[(contract_id, code.upper())] = phase_id
    found = [
        {
            "b_id": row.target_id or codes[(contract_id, str(row.columns["code"]).upper())],
            "b_linked": row.parts["linked_phase_id"]
            or codes[(contract_id, str(row.parts["linked_phase"]).upper())],
        }
        for contract_id, row in links
    ]
    _update_each(session, Phase, found, linked_phase_id=bindparam("b_linked"))


def _tell_entities(session: ScopedSession, planned: Sequence[Planned]) -> None:
    """A project whose entity was not known takes the one its phases name (O22)."""
    told = dict(row.parts["project_entity"] for row in planned if "project_entity" in row.parts)
    # A project that has its entity keeps it.
    entity = func.coalesce(table_of(Project).c.entity_id, bindparam("b_entity"))
    rows = [{"b_id": project, "b_entity": entity_id} for project, entity_id in told.items()]
    _update_each(session, Project, rows, entity_id=entity)


def _plainly(record: type[Record]) -> Writer:
    """Writes rows that are records of their own, and nothing beside them."""

    def write(session: ScopedSession, new: list[Planned], changed: list[Planned]) -> dict[int, int]:
        return _write(session, record, new, changed)

    return write


def _sign(
    session: ScopedSession, record: type[Any], made: Sequence[int], *, source: str, author: str
) -> None:
    """Notes where new records of `record` came from, and by whom."""
    for ids in _slices(made):
        session.execute(
            update(record)
            .where(record.id.in_(ids))
            .values(source=source, author=author)
            .execution_options(synchronize_session=False)
        )


def _write(
    session: ScopedSession,
    record: type[Record],
    new: Sequence[Planned],
    changed: Sequence[Planned],
) -> dict[int, int]:
    """Inserts the new rows and updates the changed ones; identifiers by row number."""
    written = {row.row: row.target_id for row in changed if row.target_id is not None}
    identified = list(zip(new, reserve(session, record, len(new)), strict=True))
    written |= {row.row: identifier for row, identifier in identified}
    for portion in in_portions(session, Stage.WRITING, identified):
        rows = [{**row.columns, "id": identifier} for row, identifier in portion]
        insert_all(session, record, _completed(record, rows))
    learn(session, record, len(new))
    _update(session, record, changed)
    return written


def _completed(record: type[Record], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of one set of columns, the defaults of these columns in their empty cells.

    One statement needs one set of columns: a column that any row fills is given in all.
    """
    defaults: dict[str, Any] = {
        column.key: column.default.arg
        for column in table_of(record).columns
        if isinstance(column.default, ScalarElementColumnDefault)
    }
    names = defaults.keys() | {name for row in rows for name in row}
    for row in rows:
        for name in names:
            if row.get(name) is None:
                row[name] = defaults.get(name)
    return rows


def _update(session: ScopedSession, record: type[Record], changed: Sequence[Planned]) -> None:
    by_columns: defaultdict[tuple[str, ...], list[Planned]] = defaultdict(list)
    for row in changed:
        # Without columns too: a client whose contact alone changed has another version.
        by_columns[tuple(sorted(row.columns))].append(row)
    table = table_of(record)
    for names, rows in by_columns.items():
        keys = [row.target_id for row in rows if row.target_id is not None]
        note_before(session, record, keys, names)
        statement = (
            table.update()
            .where(
                table.c.organisation_id == session.organisation_id,
                table.c.id == bindparam("b_id"),
                table.c.version == bindparam("b_version"),
            )
            .values(
                {name: bindparam(f"v_{name}", type_=table.c[name].type) for name in names}
                | {"version": table.c.version + 1, "updated_at": datetime.now(UTC)}
            )
        )
        values = [
            {"b_id": row.target_id, "b_version": row.target_version}
            | {f"v_{name}": row.columns[name] for name in names}
            # In one order for all, so that two imports of the same records wait, not deadlock.
            for row in sorted(rows, key=lambda row: row.target_id or 0)
        ]
        for portion in in_portions(session, Stage.WRITING, values):
            result = session.connection().execute(statement, portion)
            if result.rowcount not in (-1, len(portion)):
                raise Refusal(STALE_REVIEW(moved=record.__tablename__))


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


def _slices(items: Sequence[Item], size: int = 500) -> list[Sequence[Item]]:
    """Items in portions that a statement can carry on either database."""
    return [items[start : start + size] for start in range(0, len(items), size)]


_WRITERS: dict[str, Writer] = {
    "clients": _write_clients,
    "projects": _write_projects,
    "phases": _write_phases,
    "collaborators": _write_collaborators,
    "progress": _plainly(ProgressUpdate),
    "history": _plainly(BillingHistory),
    "adjustments": _plainly(Adjustment),
    "time_entries": _plainly(TimeEntry),
    "clients_fusion": partial(write_fusion, _write),
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
