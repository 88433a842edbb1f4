"""What planning compares rows with: the firm's records, read once for a whole file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from sqlalchemy import Select, func, inspect, select

from domain.billing.repriced import Whose
from domain.client import Client, Contact
from domain.collaborator import Collaborator
from domain.errors import Refusal
from domain.job import Stage
from domain.money import from_minor
from domain.organisation import Entity
from domain.project.adjustment import Adjustment
from domain.project.history import BillingHistory
from domain.project.model import Contract, Phase, PhaseKind, Project, ProjectStatus
from domain.project.progress import ProgressUpdate
from domain.takeover.clients import ClientPlanner
from domain.takeover.collaborators import CollaboratorPlanner
from domain.takeover.fusion import FusionPlanner
from domain.takeover.match import Columns, Index, Known, places_of
from domain.takeover.order import ORDER
from domain.takeover.phase_rows import KnownPhases
from domain.takeover.phases import KnownContracts, PhasePlanner
from domain.takeover.plan import Firm, Planner
from domain.takeover.progress import ProgressPlanner
from domain.takeover.projects import ProjectPlanner
from domain.takeover.rates_changed import RatePlanner
from domain.takeover.review import TEMPLATE_KIND_UNKNOWN
from domain.takeover.taken_over import AdjustmentPlanner, HistoryPlanner, our_number
from domain.takeover.time_entries import TimeEntryPlanner
from domain.takeover.work import KnownWork
from persistence.billing.repricing import hours_repriced
from persistence.contracts import billed_periods, past_of_projects
from persistence.invoice.numbers import final_numbers
from persistence.ledger.sums import phase_figures
from persistence.organisations import the_organisation
from persistence.reach import reach_of_session, whole_firm
from persistence.session import ScopedSession
from persistence.short import Short
from persistence.takeover.fusion import directory
from persistence.takeover.recorded import recorded, recorded_progress
from persistence.takeover.worked_time import known_work, put_away, recorded_time
from persistence.telling import told

RATED = {"phases": Whose.PHASE, "collaborators": Whose.PERSON}
"""Whose hourly rates a sheet has."""
_STAMPS = frozenset({"organisation_id", "created_at", "updated_at"})
"""Columns that no sheet has."""
_FEW = 64
"""Values of a column that are kept once for all records."""
_PORTION = 5_000
"""Records fetched at a time."""


def planner_of(session: ScopedSession, kind: str, *, today: date | None = None) -> Planner:
    """The planner of `kind`, knowing what the organisation has; else TEMPLATE_KIND_UNKNOWN."""
    planner = _planner_of(session, kind)
    planner.today = today
    if kind in RATED and isinstance(planner, RatePlanner) and today is not None:
        planner.reprices = partial(hours_repriced, session, RATED[kind], day=today)
    planner.watch = partial(told, session, Stage.PLANNING)
    return planner


def past_planner_of(
    session: ScopedSession,
    kind: str,
    *,
    phases: Collection[int],
    numbers: Collection[str],
    today: date | None,
) -> Planner:
    """The planner of history or adjustments for rows that name their phases, all of `phases`.

    `numbers` are those of the past invoices that the rows name.
    """
    planner = _past_planner(session, kind, phases, {our_number(one) for one in numbers})
    planner.today = today
    return planner


def time_planner_of(
    session: ScopedSession,
    *,
    days: Collection[date],
    only: Collection[int],
    matches: bool,
    today: date,
) -> Planner:
    """The planner of worked time for entries of `days` and those in `only`, which are changed.

    `matches`: what says exactly what is recorded stands for it; else each is a new one.
    """
    planner = TimeEntryPlanner(_work(session), recorded_time(session, days=days, only=only))
    planner.matches, planner.today = matches, today
    return planner


def _past_planner(
    session: ScopedSession,
    kind: str,
    only: Collection[int] | None = None,
    numbers: Collection[str] | None = None,
) -> Planner:
    phases = phases_with_references(session, only)
    if kind == "history":
        past = recorded(session, BillingHistory, HistoryPlanner.names, only)
        past.numbers = final_numbers(session, numbers)
        return HistoryPlanner(phases, past)
    past = recorded(session, Adjustment, AdjustmentPlanner.names, only)
    return AdjustmentPlanner(phases, past)


def _planner_of(session: ScopedSession, kind: str) -> Planner:
    firm = the_firm(session)
    match kind:
        case "clients":
            planner = ClientPlanner(firm, clients(session))
            planner.leave_free(codes_out_of_reach(session))
            return planner
        case "projects":
            people = {entry.name: entry.id for entry in _records(session, Collaborator, "email")}
            bound = past_of_projects(session)
            return ProjectPlanner(firm, clients(session), projects(session), people, bound)
        case "phases":
            phases = PhasePlanner(firm, projects(session), contracts(session))
            phases.past = past_of_projects(session)
            return phases
        case "collaborators":
            return CollaboratorPlanner(firm, collaborators(session))
        case "progress":
            return ProgressPlanner(phases_with_references(session), recorded_progress(session))
        case "history" | "adjustments":
            return _past_planner(session, kind)
        case "time_entries":
            return TimeEntryPlanner(_work(session), recorded_time(session), put_away(session))
        case "clients_fusion":
            return FusionPlanner(firm, clients(session), directory(session))
    raise Refusal(TEMPLATE_KIND_UNKNOWN(field=("kind",), found=kind, expected=", ".join(ORDER)))


def counts(session: ScopedSession) -> dict[str, int]:
    """How many records there are by kind of sheet, for the order of the files."""
    counted: dict[str, type[Any]] = {
        "clients": Client,
        "projects": Project,
        "phases": Phase,
        "collaborators": Collaborator,
        "progress": ProgressUpdate,
        "history": BillingHistory,
        "adjustments": Adjustment,
    }
    return {
        kind: session.scalar(select(func.count(record.id))) or 0 for kind, record in counted.items()
    }


def _work(session: ScopedSession) -> KnownWork:
    return known_work(session, people=collaborators(session), projects=projects(session))


def the_firm(session: ScopedSession) -> Firm:
    organisation = the_organisation(session)
    found = _ENTITIES.rows(session)
    entities = Index(_records(session, Entity, "name", code="code", found=found))
    return Firm(organisation.country, organisation.currency, entities)


def clients(session: ScopedSession) -> Index:
    """All clients; the default contact's fields stand beside their own."""
    contacts = default_contacts(session)
    return Index(
        _records(
            session,
            Client,
            "name",
            code="code",
            key="name_key",
            loose="loose_key",
            beside=(CONTACT, lambda client: contacts.get(client, NO_CONTACT)),
        )
    )


CONTACT = ("contact_name", "contact_email", "contact_phone")
NO_CONTACT = (None, None, None)


def default_contacts(
    session: ScopedSession, only: Collection[int] | None = None
) -> dict[int, tuple[str | None, ...]]:
    """The `CONTACT` of each client that has one, of all or of `only` those."""
    told = select(Contact.client_id, Contact.name, Contact.email, Contact.phone)
    if only is not None:
        told = told.where(Contact.client_id.in_(only))
    found = session.execute(told.where(Contact.is_default))
    return {client: tuple(contact) for client, *contact in found}


def codes_out_of_reach(session: ScopedSession) -> list[str]:
    """The codes of clients that a new one cannot have; none where the caller reaches them all."""
    if reach_of_session(session).is_whole:
        return []
    with whole_firm(session):
        return list(session.scalars(select(Client.code)))


def projects(session: ScopedSession) -> Index:
    return Index(_records(session, Project, "name", code="code"))


def collaborators(session: ScopedSession) -> Index:
    return Index(_records(session, Collaborator, "email", code="email"))


def contracts(session: ScopedSession) -> KnownContracts:
    """All contracts and phases; each phase with its figures, once anything was billed of it."""
    known = KnownContracts()
    for entry in _records(session, Contract, "name", key="name_key"):
        known.contracts[(entry.columns["project_id"], entry.key)] = entry
    figures, periods = phase_figures(session), billed_periods(session)

    def so_far(phase: int) -> tuple[Any, ...]:
        own = figures[phase]
        of_lines = periods.get(phase) or ((), ())
        return own if own.billed or own.written_off else None, *of_lines

    beside = (("figures", "periods", "sold"), so_far)
    for entry in _records(session, Phase, "name", key="name_key", beside=beside):
        known.phases.by_id[entry.id] = entry
        contract = entry.columns["contract_id"]
        known.by_code[(contract, str(entry.columns["code"]).upper())] = entry
        known.by_name.setdefault((contract, entry.key), entry)
    return known


def phases_with_references(
    session: ScopedSession, only: Collection[int] | None = None
) -> KnownPhases:
    """All phases (of `only` those) with the locked columns B–J as the records have them."""
    known = KnownPhases()
    by_project: dict[str, list[Known]] = defaultdict(list)
    statement = _phase_references()
    if only is not None:
        statement = statement.where(Phase.id.in_(only))
    for row in session.execute(statement):
        entry = Known(
            id=row.id,
            name=row.name,
            key=row.name_key,
            columns=Columns(_REFERENCES, references(row)),
        )
        known.phases.by_id[entry.id] = entry
        by_project[row.project_code.upper()].append(entry)
    known.by_project = dict(by_project)
    if only is not None:
        return known
    codes = session.scalars(select(Project.code))
    known.project_codes = frozenset(code.upper() for code in codes)
    return known


def _phase_references() -> Any:
    return (
        select(
            Phase.id,
            Phase.code,
            Phase.name,
            Phase.name_key,
            Phase.kind,
            Phase.fee_minor,
            Phase.currency,
            Phase.periodicity,
            Phase.archived_at,
            Project.code.label("project_code"),
            Project.name.label("project_name"),
            Project.status.label("status"),
            Project.country.label("country"),
            Project.archived_at.label("project_archived_at"),
            Contract.archived_at.label("contract_archived_at"),
            Contract.name.label("contract"),
            Contract.billing_method.label("billing_method"),
            Entity.name.label("entity_name"),
            Entity.code.label("entity_code"),
        )
        .join(Contract, Contract.id == Phase.contract_id)
        .join(Project, Project.id == Contract.project_id)
        .outerjoin(Entity, Entity.id == Project.entity_id)
        .order_by(Project.code, Contract.id, Phase.position, Phase.id)
    )


_REFERENCES = places_of(
    (
        *("entity", "project_code", "project_name", "contract", "phase_code", "phase_name"),
        *("line_type", "fee", "currency", "country", "is_signed", "is_archived", "is_annex"),
        *("billing_method", "periodicity"),
    )
)


def references(row: Any) -> tuple[Any, ...]:
    """The `_REFERENCES` of a phase; an entity answers to its name and its code."""
    return (
        (row.entity_name, row.entity_code) if row.entity_name else "",
        row.project_code,
        row.project_name,
        row.contract,
        row.code,
        row.name,
        row.kind,
        from_minor(row.fee_minor, row.currency),
        row.currency,
        row.country,
        row.status is ProjectStatus.SIGNED,
        any((row.archived_at, row.contract_archived_at, row.project_archived_at)),
        row.kind is PhaseKind.ANNEX,
        row.billing_method,
        row.periodicity,
    )


def _shared(value: Any, met: dict[Any, Any]) -> Any:
    """The value as it was met before in its column: of currencies and rates there are few."""
    if type(value) is not str and type(value) is not Decimal:
        return value
    if len(met) < _FEW:
        return met.setdefault(value, value)
    return met.get(value, value)


def _names_of(record: type[Any]) -> tuple[str, ...]:
    """The columns that matching sees of a record."""
    names = (attribute.key for attribute in inspect(record).column_attrs)
    return tuple(one for one in names if one not in _STAMPS)


def _all_of(record: type[Any]) -> Select[Any]:
    return select(*(getattr(record, name) for name in _names_of(record))).order_by(record.id)


_ENTITIES = Short(lambda: _all_of(Entity))


def _records(
    session: ScopedSession,
    record: type[Any],
    name: str,
    *,
    code: str | None = None,
    key: str | None = None,
    loose: str | None = None,
    beside: tuple[Sequence[str], Callable[[int], tuple[Any, ...]]] = ((), lambda _: ()),
    found: Iterable[Any] | None = None,
) -> Iterable[Known]:
    """All rows of `record` as matching sees them; `beside` adds columns, by identifier.

    `found` are the few that are wanted: to fetch in portions takes PostgreSQL five statements.
    """
    names = _names_of(record)
    further, more = beside
    places = places_of((*names, *further))
    if found is None:
        found = session.execute(_all_of(record).execution_options(yield_per=_PORTION))
    shared: list[dict[Any, Any]] = [{} for _ in names]
    for row in found:
        own = (_shared(one, met) for one, met in zip(row, shared, strict=True))
        columns = Columns(places, (*own, *more(row[places["id"]])))
        yield Known(
            id=columns["id"],
            name=columns[name],
            code=columns[code] if code else None,
            version=columns.get("version", 1),
            key=columns[key] if key else "",
            loose=columns[loose] if loose else "",
            columns=columns,
        )
