"""Totals of the ledger and of fixed fees, by whatever is asked for, in one statement.

Figures F1–F6 (DOMAIN §2.3) are counted phase by phase before they are summed up: what is due on one
phase never makes good what another was over-billed. Sums are per currency, never across.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, func, literal, or_, select
from sqlalchemy import union_all as all_of
from sqlalchemy.orm import aliased

from domain.entry import BillingEntry, EntryKind
from domain.invoice.model import Invoice, InvoiceLine
from domain.project.model import BillingMethod, Contract, Phase, Project
from persistence.ledger.fee_sums import fee_figures
from persistence.ledger.sums import figures_by_phase
from persistence.pages import PageAsked, Sort, read_cursor, size_of, write_cursor
from persistence.places import Keys
from persistence.reach import shown_to
from persistence.session import ScopedSession


class TotalsBy(StrEnum):
    """What the totals are summed up by."""

    PHASE = "PHASE"
    CONTRACT = "CONTRACT"
    PROJECT = "PROJECT"
    CLIENT = "CLIENT"
    ORGANISATION = "ORGANISATION"


@dataclass(frozen=True, slots=True)
class Within:
    """What the totals are of; what is left out bounds nothing."""

    client_id: int | None = None
    project_id: int | None = None
    contract_id: int | None = None
    entity_id: int | None = None


FEE_SUMS = (
    "adjusted_fee", "history", "billed", "written_off", "reserved", "remaining", "earned",
    "billable_now", "over_billed",
)  # fmt: skip
"""Sums over the phases that are billed by progress."""
LEDGER_SUMS = ("taken_over", "invoiced", "credited", "deposits")
"""Sums over all entries, whatever way they were billed; `invoiced` is before credit notes."""


@dataclass(frozen=True, slots=True)
class Total:
    """The sums of one phase, contract, project, client or firm in one currency, in minor units."""

    key: int
    currency: str
    sums: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TotalsPage:
    """A page of totals, by rising key and currency."""

    rows: list[Total]
    cursors: list[str]
    has_next: bool


def totals(
    session: ScopedSession,
    by: TotalsBy,
    *,
    as_of: date | None,
    within: Within,
    asked: PageAsked,
) -> TotalsPage:
    """The totals as of a day (None: of all that is entered, with what pro formas hold).

    Without a day, too, what is said to be done after today has earned nothing yet.
    """
    size = size_of(asked)
    both = _both(session, by, as_of, within)
    names = FEE_SUMS + LEDGER_SUMS
    statement = (
        select(both.c.key, both.c.currency, *(func.sum(both.c[name]).label(name) for name in names))
        .group_by(both.c.key, both.c.currency)
        .order_by(both.c.key, both.c.currency)
        .limit(size + 1)
    )
    if asked.after is not None:
        currency, key = read_cursor(asked.after, _CURSOR, _named(by), _CURSOR_KEYS, given="after")
        past = and_(both.c.key == key, both.c.currency > currency)
        statement = statement.where(or_(both.c.key > key, past))
    found = session.execute(statement).all()
    rows = [
        Total(row.key, row.currency, {name: int(getattr(row, name) or 0) for name in names})
        for row in found[:size]
    ]
    return TotalsPage(rows, [_cursor(row, by) for row in rows], has_next=len(found) > size)


def count_totals(
    session: ScopedSession, by: TotalsBy, *, as_of: date | None, within: Within
) -> int:
    """How many rows `totals` has in all."""
    both = _both(session, by, as_of, within)
    rows = select(both.c.key).group_by(both.c.key, both.c.currency).subquery()
    return session.scalar(select(func.count()).select_from(rows)) or 0


def _both(session: ScopedSession, by: TotalsBy, as_of: date | None, within: Within) -> Subquery:
    return all_of(
        _of_fees(session, by, as_of, within), _of_entries(session, by, as_of, within)
    ).subquery()


def _of_fees(
    session: ScopedSession, by: TotalsBy, as_of: date | None, within: Within
) -> Select[Any]:
    """One row a phase of a fee by progress, with its figures."""
    phases = figures_by_phase(as_of=as_of, progress_until=session.today).add_columns(
        Contract.id.label("contract_id"),
        Contract.project_id.label("project_id"),
        Project.client_id.label("client_id"),
    )
    phases = phases.where(
        Contract.billing_method == BillingMethod.FIXED_FEE_PROGRESS,
        *_bounds(within, Project.client_id, Project.entity_id),
    )
    one = phases.subquery()
    key = {
        TotalsBy.PHASE: one.c.id,
        TotalsBy.CONTRACT: one.c.contract_id,
        TotalsBy.PROJECT: one.c.project_id,
        TotalsBy.CLIENT: one.c.client_id,
        TotalsBy.ORGANISATION: literal(session.organisation_id),
    }[by]
    figures = fee_figures(one)
    return select(
        key.label("key"),
        one.c.currency.label("currency"),
        *(figures[name].label(name) for name in FEE_SUMS),
        *(literal(0).label(name) for name in LEDGER_SUMS),
    )


def _of_entries(
    session: ScopedSession, by: TotalsBy, as_of: date | None, within: Within
) -> Select[Any]:
    """One row an entry that bills, with the column it counts in."""
    project_id = func.coalesce(_of_deposit(), BillingEntry.project_id, Contract.project_id)
    keys: dict[TotalsBy, Any] = {
        TotalsBy.PHASE: BillingEntry.phase_id,
        TotalsBy.CONTRACT: Contract.id,
        TotalsBy.PROJECT: project_id,
        TotalsBy.CLIENT: func.coalesce(BillingEntry.client_id, Project.client_id),
        TotalsBy.ORGANISATION: literal(session.organisation_id),
    }
    key = keys[by]
    counted = {
        "taken_over": (EntryKind.HISTORY, EntryKind.BILLED_ADJUSTMENT),
        "invoiced": (EntryKind.INVOICE,),
        "credited": (EntryKind.CREDIT,),
        "deposits": (EntryKind.DEPOSIT,),
    }
    entity_id = func.coalesce(BillingEntry.entity_id, Project.entity_id)
    client_id = func.coalesce(BillingEntry.client_id, Project.client_id)
    statement = (
        select(
            key.label("key"),
            BillingEntry.currency.label("currency"),
            *(literal(0).label(name) for name in FEE_SUMS),
            *(
                case((BillingEntry.kind.in_(kinds), BillingEntry.amount_minor), else_=0).label(name)
                for name, kinds in counted.items()
            ),
        )
        .select_from(BillingEntry)
        .outerjoin(Phase, Phase.id == BillingEntry.phase_id)
        .outerjoin(Contract, Contract.id == Phase.contract_id)
        .outerjoin(Project, Project.id == project_id)
        .where(
            BillingEntry.kind.in_([kind for kinds in counted.values() for kind in kinds]),
            # An import that was undone leaves entries of phases that are gone: their sum is 0.
            or_(BillingEntry.phase_id.is_(None), Phase.id.is_not(None)),
            key.is_not(None),
            *_bounds(within, client_id, entity_id, project_id),
            *shown_to(session, BillingEntry),
        )
    )
    return statement if as_of is None else statement.where(BillingEntry.booked_on <= as_of)


def _of_deposit() -> ColumnElement[int | None]:
    """The project of the deposit that an entry takes off: the invoice may cover several (B26)."""
    deposit = aliased(Invoice)
    of = (
        select(deposit.project_id)
        .join(InvoiceLine, InvoiceLine.deducts_id == deposit.id)
        .where(
            InvoiceLine.organisation_id == BillingEntry.organisation_id,
            InvoiceLine.id == BillingEntry.source_id,
        )
        .correlate(BillingEntry)
        .scalar_subquery()
    )
    return case((BillingEntry.kind == EntryKind.DEPOSIT, of))


def _bounds(
    within: Within,
    client_id: ColumnElement[Any] | Any,
    entity_id: ColumnElement[Any] | Any,
    project_id: ColumnElement[Any] | Any = Contract.project_id,
) -> list[ColumnElement[bool]]:
    pairs = (
        (client_id, within.client_id),
        (entity_id, within.entity_id),
        (project_id, within.project_id),
        (Contract.id, within.contract_id),
    )
    return [column == value for column, value in pairs if value is not None]


_CURSOR = Sort("currency")
_CURSOR_KEYS: Keys = [
    (BillingEntry.__table__.c.currency, False),
    (BillingEntry.__table__.c.id, False),
]
"""What a cursor of totals holds: a currency, and the key of what they are of."""


def _named(by: TotalsBy) -> str:
    return f"totals_{by}"


def _cursor(row: Total, by: TotalsBy) -> str:
    return write_cursor({"_currency": row.currency, "key": row.key}, _CURSOR, _named(by))


def keys_of(rows: Sequence[Total]) -> list[int]:
    """The keys of the rows, each once."""
    return list(dict.fromkeys(row.key for row in rows))
