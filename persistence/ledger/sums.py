"""The sums of the ledger, each in one query whatever the number of entries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Date,
    Select,
    String,
    Subquery,
    bindparam,
    case,
    cast,
    func,
    literal,
    null,
    select,
    type_coerce,
    union_all,
)

from domain.entry import BillingEntry, EntryKind
from domain.invoice.model import PRO_FORMA, Invoice, InvoiceKind, InvoiceLine
from domain.ledger import PhaseFigures
from domain.project.model import BillingMethod, Contract, Phase, Project, ProjectStatus
from domain.project.progress import ProgressUpdate
from persistence.bulk import FEW
from persistence.session import ScopedSession

Day = date | BindParameter[date] | None


class Span(NamedTuple):
    """Identifiers that follow one another, by the first and the last of them."""

    first: BindParameter[int]
    last: BindParameter[int]


_AGREED = (
    type_coerce(Project.status, String).label("status"),
    type_coerce(Contract.billing_method, String).label("billing_method"),
)
"""Of the project and the contract, as the words they are kept as: read for each of many rows."""

Keys = Sequence[int] | BindParameter[Sequence[int]] | Span | None

_FIGURES: Mapping[str, tuple[EntryKind, ...]] = {
    "fee_adjustment": (EntryKind.FEE_ADJUSTMENT,),
    "history": (EntryKind.HISTORY,),
    "billed_adjustment": (EntryKind.BILLED_ADJUSTMENT,),
    "written_off": (EntryKind.WRITE_OFF,),
    "invoiced": (EntryKind.INVOICE, EntryKind.CREDIT),
}
"""Which entries each figure of a phase sums up. Deposits bill no phase."""

_DATED = 6 + len(_FIGURES)
"""Columns of a row of figures at a day; of today's, what pro formas hold comes after them."""


def phase_figures(
    session: ScopedSession,
    phase_ids: Sequence[int] | None = None,
    *,
    as_of: date | None = None,
    progress_until: date | None = None,
) -> dict[int, PhaseFigures]:
    """The figures of the phases by identifier; of all phases when `phase_ids` is None.

    `as_of` leaves out what was entered, or done, for a later day; and the pro formas, which are
    of today. `progress_until` leaves out what was done for a later day alone.
    """
    days = {"as_of": as_of, "progress_until": progress_until}
    given = {name: day for name, day in days.items() if day is not None}
    some: list[dict[str, Any]] = [{}]
    if phase_ids is not None:
        wanted = sorted(set(phase_ids))
        # A span is told by two values, a list by as many as it has, each of them four times.
        is_span = len(wanted) > FEW and wanted[-1] - wanted[0] == len(wanted) - 1
        span = [{"first": wanted[0], "last": wanted[-1]}] if is_span else None
        some = span or [{"among": portion} for portion in _portions(wanted)]
    is_listed = phase_ids is not None and len(phase_ids) > _JOINED
    read = _read_listed if is_listed else _read_joined
    return {row[0]: figures_of(row) for named in some for row in read(session, {**given, **named})}


def _read_joined(session: ScopedSession, given: Mapping[str, Any]) -> Iterable[Any]:
    return session.execute(_figures(tuple(given)), given)


def _read_listed(session: ScopedSession, given: Mapping[str, Any]) -> Iterator[Any]:
    """The same rows, of the same moment: their parts one after another, put together here.

    PostgreSQL, which knows nothing yet of tables that were just filled, would else compare all
    phases with all sums.
    """
    statement, slices = _figures_listed(tuple(given))
    found: list[dict[int, Any]] = [{} for _ in slices]
    for place, key, *values in session.execute(statement, given):
        found[place][key] = values[slices[place]]
    phases, *sums = found
    none = [(None,) * (one.stop - one.start) for one in slices[1:]]
    for key, (fee, currency, *agreed) in phases.items():
        parts = (some.get(key, nothing) for some, nothing in zip(sums, none, strict=True))
        entered, progress, *reserved = parts
        yield (key, fee, currency, *entered, *progress, *agreed, *(reserved[0] if reserved else ()))


def _days(given: Sequence[str]) -> tuple[Day, Day, Keys]:
    """The values of a statement, left open: `as_of`, `progress_until`, and the phases."""
    as_of, until = (
        bindparam(name, type_=Date()) if name in given else None
        for name in ("as_of", "progress_until")
    )
    if "first" in given:
        ends = (bindparam(name, type_=BigInteger()) for name in Span._fields)
        return as_of, until, Span(*ends)
    return as_of, until, bindparam("among", expanding=True) if "among" in given else None


@cache
def _figures(given: tuple[str, ...]) -> Select[Any]:
    """The statement of the figures, its values left open: written down once a process.

    Putting it together takes longer than a database takes to answer it for a few phases.
    """
    as_of, until, among = _days(given)
    return figures_by_phase(as_of=as_of, progress_until=until, among=among)


@cache
def _figures_listed(given: tuple[str, ...]) -> tuple[Select[Any], list[slice]]:
    """The phases and each kind of sum one after another, and which columns are whose.

    A row is of the part at the place in its first column, of the phase in its second.
    """
    as_of, until, among = _days(given)
    phases = (
        select(
            *(Phase.id, Phase.fee_minor, Phase.currency, *_AGREED),
        )
        .join(Contract, Contract.id == Phase.contract_id)
        .join(Project, Project.id == Contract.project_id)
        .where(_within(Phase.id, among))
    ).subquery()
    parts = [
        phases,
        _entered(as_of, among),
        _progress_in_force(until if as_of is None else as_of, among),
        *([] if as_of is not None else [_reserved(among)]),
    ]
    values = [(part, one) for part in parts for one in list(part.c)[1:]]
    listed = [
        select(
            literal(place),
            next(iter(part.c)),
            *(
                (one if whose is part else cast(null(), one.type)).label(f"value_{at}")
                for at, (whose, one) in enumerate(values)
            ),
        )
        for place, part in enumerate(parts)
    ]
    starts = [0, *accumulate(len(part.c) - 1 for part in parts)]
    slices = [slice(start, stop) for start, stop in pairwise(starts)]
    return select(union_all(*listed).subquery()), slices


_JOINED = 200
"""Phases whose figures are joined by the database; the parts of more are put together here."""

_PORTION = 5000
"""Phases in one statement, which names each four times: a driver takes 32,766 values."""


def _portions(keys: Sequence[int]) -> list[Sequence[int]]:
    return [keys[start : start + _PORTION] for start in range(0, len(keys), _PORTION)]


def figures_by_phase(
    *,
    as_of: Day = None,
    progress_until: Day = None,
    among: Keys = None,
) -> Select[Any]:
    """One row a phase, with all that its figures are made of (`figures_of`).

    The sums of a few phases read what is entered of them, not the whole ledger.
    """
    entered = _entered(as_of, among)
    progress = _progress_in_force(progress_until if as_of is None else as_of, among)
    statement = (
        select(
            Phase.id,
            Phase.fee_minor,
            Phase.currency,
            *(entered.c[name] for name in _FIGURES),
            progress.c.percent,
            *_AGREED,
        )
        .join(Contract, Contract.id == Phase.contract_id)
        .join(Project, Project.id == Contract.project_id)
        .outerjoin(entered, entered.c.phase_id == Phase.id)
        .outerjoin(progress, progress.c.phase_id == Phase.id)
    )
    if among is not None:
        statement = statement.where(_within(Phase.id, among))
    if as_of is not None:
        return statement
    reserved = _reserved(among)
    return statement.add_columns(reserved.c.reserved).outerjoin(
        reserved, reserved.c.phase_id == Phase.id
    )


def figures_of(row: Any) -> PhaseFigures:
    """The figures in a row of `figures_by_phase`."""
    _, fee, currency, *sums, percent, status, method = row[:_DATED]
    adjusted, history, billed, given_up, invoiced = (int(one or 0) for one in sums)
    reserved = int(row[_DATED] or 0) if len(row) > _DATED else 0
    return PhaseFigures(
        *(fee, currency, adjusted, history, billed, invoiced, given_up, reserved),
        progress=percent,
        signed=status == ProjectStatus.SIGNED,
        by_progress=method == BillingMethod.FIXED_FEE_PROGRESS,
        by_time=method == BillingMethod.TIME_AND_MATERIALS,
    )


def _within(column: Any, among: Keys) -> ColumnElement[bool]:
    """The condition that a row is of one of the phases, or of any."""
    found: ColumnElement[bool]
    if among is None:
        found = column.is_not(None)
    elif isinstance(among, Span):
        found = column.between(among.first, among.last)
    else:
        found = column.in_(among)
    return found


def _entered(as_of: Day, among: Keys) -> Subquery:
    """Per phase: the sums of its entries, by figure."""
    sums = [
        func.sum(case((BillingEntry.kind.in_(kinds), BillingEntry.amount_minor), else_=0)).label(
            name
        )
        for name, kinds in _FIGURES.items()
    ]
    return (
        select(BillingEntry.phase_id, *sums)
        .where(_within(BillingEntry.phase_id, among), *_until(as_of))
        .group_by(BillingEntry.phase_id)
        .subquery()
    )


def _until(as_of: Day) -> list[ColumnElement[bool]]:
    return [] if as_of is None else [BillingEntry.booked_on <= as_of]


def _reserved(among: Keys) -> Subquery:
    """Per phase: what pro formas hold of it."""
    signed = case(
        (Invoice.kind == InvoiceKind.CREDIT_NOTE, -InvoiceLine.net_minor),
        else_=InvoiceLine.net_minor,
    )
    return (
        select(InvoiceLine.phase_id, func.sum(signed).label("reserved"))
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(
            _within(InvoiceLine.phase_id, among),
            Invoice.state.in_(PRO_FORMA),
            Invoice.kind != InvoiceKind.DEPOSIT,
        )
        .group_by(InvoiceLine.phase_id)
        .subquery()
    )


def _progress_in_force(until: Day, among: Keys) -> Subquery:
    """The last update of each phase by (as of, recording)."""
    place = (
        func.row_number()
        .over(
            partition_by=ProgressUpdate.phase_id,
            order_by=(ProgressUpdate.as_of.desc(), ProgressUpdate.id.desc()),
        )
        .label("place")
    )
    known = select(ProgressUpdate.phase_id, ProgressUpdate.percent, place)
    known = known.where(_within(ProgressUpdate.phase_id, among))
    if until is not None:
        known = known.where(ProgressUpdate.as_of <= until)
    ranked = known.subquery()
    # Grouped, although there is one each: SQLite then makes an index of it, instead of reading all
    # of it for each phase (twelve thousand phases: 11.7 s).
    return (
        select(ranked.c.phase_id, func.max(ranked.c.percent).label("percent"))
        .where(ranked.c.place == 1)
        .group_by(ranked.c.phase_id)
        .subquery()
    )
