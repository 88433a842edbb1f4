"""Figures F1–F6 of a phase counted by the database, in integers, as the domain counts them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Subquery, case, cast, func, literal, type_coerce

from domain.project.model import ProjectStatus


def fee_figures(one: Subquery) -> dict[str, ColumnElement[Any]]:
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
