"""Totals of the ledger and of fixed fees, by whatever is asked for, in one statement.

Figures F1–F6 (DOMAIN §2.3) are counted phase by phase before they are summed up: what is due on one
phase never makes good what another was over-billed. Sums are per currency, never across.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Subquery,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    type_coerce,
    union_all,
)

from domain.entry import BillingEntry, EntryKind
from domain.errors import Refusal
from domain.project.model import BillingMethod, Contract, Phase, Project, ProjectStatus
from persistence.ledger import figures_by_phase
from persistence.pages import CURSOR_INVALID, PageAsked, size_of
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
    """The totals as of a day (None: of all that is entered, with what pro formas hold)."""
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
        key, currency = _read_cursor(asked.after)
        past = and_(both.c.key == key, both.c.currency > currency)
        statement = statement.where(or_(both.c.key > key, past))
    found = session.execute(statement).all()
    rows = [
        Total(row.key, row.currency, {name: int(getattr(row, name) or 0) for name in names})
        for row in found[:size]
    ]
    return TotalsPage(rows, [_cursor(row) for row in rows], has_next=len(found) > size)


def count_totals(
    session: ScopedSession, by: TotalsBy, *, as_of: date | None, within: Within
) -> int:
    """How many rows `totals` has in all."""
    both = _both(session, by, as_of, within)
    rows = select(both.c.key).group_by(both.c.key, both.c.currency).subquery()
    return session.scalar(select(func.count()).select_from(rows)) or 0


def _both(session: ScopedSession, by: TotalsBy, as_of: date | None, within: Within) -> Subquery:
    return union_all(
        _of_fees(session, by, as_of, within), _of_entries(session, by, as_of, within)
    ).subquery()


def _of_fees(
    session: ScopedSession, by: TotalsBy, as_of: date | None, within: Within
) -> Select[Any]:
    """One row a phase of a fee by progress, with its figures."""
    phases = figures_by_phase(as_of=as_of).add_columns(
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
    figures = _figures(one)
    return select(
        key.label("key"),
        one.c.currency.label("currency"),
        *(figures[name].label(name) for name in FEE_SUMS),
        *(literal(0).label(name) for name in LEDGER_SUMS),
    )


def _figures(one: Subquery) -> dict[str, ColumnElement[Any]]:
    """F1–F6 of a row of `figures_by_phase`, as domain.ledger.PhaseFigures counts them."""

    def of(name: str) -> ColumnElement[Any]:
        # PostgreSQL sums integers up to a NUMERIC, whose division is another.
        return cast(func.coalesce(one.c[name], 0), BigInteger) if name in one.c else literal(0)

    fee = one.c.fee_minor + of("fee_adjustment")
    billed = of("history") + of("billed_adjustment") + of("invoiced")
    remaining = fee - billed - of("written_off")
    earned, free = _share(fee, one.c.percent), remaining - of("reserved")
    due = earned - billed - of("reserved")
    least, most = _least_and_most()
    zero = literal(0)
    now = case(
        (fee < 0, most(least(zero, due), least(zero, free))),
        else_=least(most(zero, due), most(zero, free)),
    )
    excess = billed - earned
    return {
        "adjusted_fee": fee,
        "history": of("history"),
        "billed": billed,
        "written_off": of("written_off"),
        "reserved": of("reserved"),
        "remaining": remaining,
        "earned": earned,
        "billable_now": case((one.c.status == ProjectStatus.SIGNED.value, now), else_=0),
        "over_billed": case((fee < 0, least(zero, excess)), else_=most(zero, excess)),
    }


Chooses = Callable[[ColumnElement[Any], ColumnElement[Any]], ColumnElement[Any]]


def _least_and_most() -> tuple[Chooses, Chooses]:
    """The lesser and the greater of two, in words that both databases know."""
    return (
        lambda one, other: case((one < other, one), else_=other),
        lambda one, other: case((one > other, one), else_=other),
    )


_WHOLE = 10**6
"""A percentage is kept with four decimals, as an integer: 100 % is a million."""


def _share(amount: ColumnElement[Any], percent: ColumnElement[Any]) -> ColumnElement[Any]:
    """`percent` of an amount, half away from zero, in integers that never overflow 64 bits."""
    parts = func.coalesce(type_coerce(percent, BigInteger), 0)
    size = func.abs(amount, type_=BigInteger)
    # Integer division, in both databases: SQLAlchemy's `//` floors, and both sides are positive.
    whole, rest = size // _WHOLE, size % _WHOLE
    shared = whole * parts + (rest * parts + _WHOLE // 2) // _WHOLE
    return case((amount < 0, -shared), else_=shared)


def _of_entries(
    session: ScopedSession, by: TotalsBy, as_of: date | None, within: Within
) -> Select[Any]:
    """One row an entry that bills, with the column it counts in."""
    project_id = func.coalesce(BillingEntry.project_id, Contract.project_id)
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
        )
    )
    return statement if as_of is None else statement.where(BillingEntry.booked_on <= as_of)


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


def _cursor(row: Total) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([row.key, row.currency])).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[int, str]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        key, currency = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if type(key) is not int or abs(key) >= 2**63 or type(currency) is not str:
            raise ValueError(cursor)
        if "\x00" in currency:
            raise ValueError(cursor)
    except (ValueError, TypeError, binascii.Error) as error:
        raise Refusal(CURSOR_INVALID(cursor=cursor[:60])) from error
    return key, currency


def keys_of(rows: Sequence[Total]) -> list[int]:
    """The keys of the rows, each once."""
    return list(dict.fromkeys(row.key for row in rows))
