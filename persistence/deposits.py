"""Deposit invoices: what was deducted of each, and what is left, by tax code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import case, func, select
from sqlalchemy.orm import aliased

from domain.invoice.model import LEGAL, Invoice, InvoiceKind, InvoiceLine, LineKind
from persistence.session import ScopedSession


def deducted(session: ScopedSession, deposits: Sequence[int]) -> dict[int, dict[int | None, int]]:
    """By deposit and tax code: the net that invoices and pro formas deduct, less what was
    credited of such lines."""
    sign = case((Invoice.kind == InvoiceKind.CREDIT_NOTE, 1), else_=-1)
    line = InvoiceLine
    statement = (
        select(line.deducts_id, line.tax_code_id, func.sum(sign * line.net_minor))
        .join(Invoice, Invoice.id == line.invoice_id)
        .where(line.deducts_id.in_(deposits))
        .group_by(line.deducts_id, line.tax_code_id)
    )
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


@dataclass(frozen=True, slots=True)
class OpenDeposit:
    """A deposit of a project that is not wholly deducted."""

    key: int
    number: str
    is_final: bool
    left: int
    currency: str


def open_deposits(session: ScopedSession, project_id: int) -> list[OpenDeposit]:
    """The deposits of the project with something left to deduct, pro formas among them."""
    statement = select(Invoice).where(
        Invoice.project_id == project_id, Invoice.kind == InvoiceKind.DEPOSIT
    )
    deposits = list(session.scalars(statement.order_by(Invoice.id)))
    if not deposits:
        return []
    left = left_of(session, [one.id for one in deposits])
    found = [
        OpenDeposit(
            one.id,
            one.number or one.pro_forma_number,
            one.state in LEGAL,
            sum(left[one.id].values()),
            one.currency,
        )
        for one in deposits
    ]
    return [one for one in found if one.left > 0]
