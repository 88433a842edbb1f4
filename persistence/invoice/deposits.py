"""Deposit invoices: what was deducted of each, and what is left, by tax code."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import case, func, select
from sqlalchemy.orm import aliased

from domain.invoice.model import (
    LEGAL,
    PRO_FORMA,
    Invoice,
    InvoiceKind,
    InvoiceLine,
    InvoiceState,
    LineKind,
)
from persistence.session import ScopedSession

_PORTION = 5_000
"""Projects in one statement."""


def deducted(
    session: ScopedSession, deposits: Sequence[int], *, states: Sequence[InvoiceState] = ()
) -> dict[int, dict[int | None, int]]:
    """By deposit and tax code: the net that invoices and pro formas, or those in some states,
    deduct, less what was credited of such lines."""
    sign = case((Invoice.kind == InvoiceKind.CREDIT_NOTE, 1), else_=-1)
    line = InvoiceLine
    statement = (
        select(line.deducts_id, line.tax_code_id, func.sum(sign * line.net_minor))
        .join(Invoice, Invoice.id == line.invoice_id)
        .where(line.deducts_id.in_(deposits))
        .group_by(line.deducts_id, line.tax_code_id)
    )
    if states:
        statement = statement.where(Invoice.state.in_(states))
    found: dict[int, dict[int | None, int]] = {key: {} for key in deposits}
    for key, tax, net in session.execute(statement):
        found[key][tax] = int(net)
    return found


def left_of(session: ScopedSession, deposits: Sequence[int]) -> dict[int, dict[int | None, int]]:
    """By deposit and tax code: what may still be deducted: asked − credited − deducted."""
    line, note = InvoiceLine, aliased(InvoiceLine)
    credited = (
        select(func.coalesce(func.sum(note.net_minor), 0))
        .where(note.organisation_id == line.organisation_id, note.credits_line_id == line.id)
        .correlate(line)
        .scalar_subquery()
    )
    statement = select(line.invoice_id, line.tax_code_id, line.net_minor, credited).where(
        line.invoice_id.in_(deposits), line.kind != LineKind.TEXT
    )
    left: dict[int, dict[int | None, int]] = {key: {} for key in deposits}
    for key, tax, net, taken in session.execute(statement.order_by(line.position)):
        left[key][tax] = left[key].get(tax, 0) + net - int(taken)
    for key, taxes in deducted(session, deposits).items():
        for tax, net in taxes.items():
            left[key][tax] = left[key].get(tax, 0) - net
    return left


def projects_of_deposits(session: ScopedSession, deposits: Sequence[int]) -> dict[int, int | None]:
    """The project of each of these deposit invoices."""
    if not deposits:
        return {}
    rows = select(Invoice.id, Invoice.project_id).where(Invoice.id.in_(deposits))
    return {row.id: row.project_id for row in session.execute(rows)}


@dataclass(frozen=True, slots=True)
class OpenDeposit:
    """A deposit of a project that final invoices have not wholly deducted."""

    key: int
    project_id: int
    number: str
    is_final: bool
    left: int
    unbilled: int
    """`left`, and what only pro formas deduct: that may come back, and is billed by nothing yet."""
    currency: str

    @property
    def is_to_deduct(self) -> bool:
        """Whether it is final, and no document wholly deducts it."""
        return self.is_final and self.left > 0


def to_deduct(session: ScopedSession, project_ids: Iterable[int]) -> dict[int, list[OpenDeposit]]:
    """By project: its final deposits that no document wholly deducts; however many projects."""
    wanted = sorted(set(project_ids))
    found: dict[int, list[OpenDeposit]] = {}
    for start in range(0, len(wanted), _PORTION):
        for one in open_deposits(session, wanted[start : start + _PORTION]):
            if one.is_to_deduct:
                found.setdefault(one.project_id, []).append(one)
    return found


def open_deposits(session: ScopedSession, project_ids: Iterable[int]) -> list[OpenDeposit]:
    """The deposits of projects that final invoices leave something of, pro formas among them."""
    wanted = sorted(project_ids)
    if not wanted:
        return []
    statement = select(Invoice).where(
        Invoice.project_id.in_(wanted), Invoice.kind == InvoiceKind.DEPOSIT
    )
    deposits = list(session.scalars(statement.order_by(Invoice.id)))
    if not deposits:
        return []
    keys = [one.id for one in deposits]
    left, held = left_of(session, keys), deducted(session, keys, states=PRO_FORMA)
    found = [
        OpenDeposit(
            one.id,
            one.project_id or 0,
            one.number or one.pro_forma_number,
            one.state in LEGAL,
            sum(left[one.id].values()),
            sum(left[one.id].values()) + sum(held[one.id].values()),
            one.currency,
        )
        for one in deposits
    ]
    return [one for one in found if one.unbilled > 0]
