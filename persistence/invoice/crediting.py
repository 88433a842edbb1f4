"""What was credited of invoices: by line and by tax, and how much is left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import case, func, select
from sqlalchemy.orm import aliased

from domain.invoice.credit import Credited, groups_of
from domain.invoice.model import CreditState, Invoice, InvoiceLine
from domain.invoice.past_credit import CreditedHistory, PastLine
from domain.invoice.totals import Tax
from domain.money import Money
from domain.project.history import BillingHistory
from domain.project.model import Contract, Phase
from persistence.session import ScopedSession


def credited_of(session: ScopedSession, invoice: Invoice) -> Credited:
    """What earlier credit notes took of an invoice."""
    notes = list(session.scalars(select(Invoice).where(Invoice.credits_id == invoice.id)))
    of = aliased(InvoiceLine)
    names = (InvoiceLine.net_minor, InvoiceLine.quantity, InvoiceLine.unit_price, of.unit_price)
    lines = session.execute(
        select(of.id, *names)
        .join(of, of.id == InvoiceLine.credits_line_id)
        .where(InvoiceLine.invoice_id.in_([note.id for note in notes]))
    )
    nets: defaultdict[int, int] = defaultdict(int)
    quantities: defaultdict[int, Decimal] = defaultdict(Decimal)
    for key, net, quantity, price, price_of_line in lines:
        nets[key] += net
        if price == price_of_line and quantity is not None:
            quantities[key] += quantity
    groups: defaultdict[Tax, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for note in notes:
        for group in groups_of(note):
            base, vat = groups[group.tax]
            groups[group.tax] = base + group.base, vat + group.vat
    return Credited(dict(nets), dict(quantities), dict(groups))


def lines_credited(session: ScopedSession, ids: Sequence[int]) -> dict[int, Money]:
    """The net that was credited of each of these lines."""
    taking = aliased(InvoiceLine)
    statement = (
        select(InvoiceLine.id, InvoiceLine.currency, func.sum(taking.net_minor))
        .outerjoin(taking, taking.credits_line_id == InvoiceLine.id)
        .where(InvoiceLine.id.in_(ids))
        .group_by(InvoiceLine.id, InvoiceLine.currency)
    )
    return {
        key: Money(int(net or 0), currency) for key, currency, net in session.execute(statement)
    }


@dataclass(frozen=True, slots=True)
class CreditedWhole:
    """The gross that was credited of an invoice, and how far that is."""

    gross: Money
    state: CreditState


def invoices_credited(session: ScopedSession, ids: Sequence[int]) -> dict[int, CreditedWhole]:
    """What was credited of each of these invoices."""
    note, taking = aliased(Invoice), aliased(InvoiceLine)
    statement = (
        select(Invoice.id, Invoice.currency, func.sum(note.gross_minor).label("taken"))
        .outerjoin(note, note.credits_id == Invoice.id)
        .where(Invoice.id.in_(ids))
        .group_by(Invoice.id, Invoice.currency)
    )
    lines = (
        select(
            InvoiceLine.invoice_id,
            (InvoiceLine.net_minor - func.coalesce(func.sum(taking.net_minor), 0)).label("left"),
            func.count(taking.id).label("notes"),
        )
        .outerjoin(taking, taking.credits_line_id == InvoiceLine.id)
        .where(InvoiceLine.invoice_id.in_(ids))
        .group_by(InvoiceLine.id, InvoiceLine.invoice_id, InvoiceLine.net_minor)
        .subquery()
    )
    by_lines = select(
        lines.c.invoice_id,
        func.sum(lines.c.notes).label("notes"),
        func.sum(case((lines.c.left != 0, 1), else_=0)).label("open"),
    ).group_by(lines.c.invoice_id)
    states = {
        row.invoice_id: _state(notes=int(row.notes), is_open=row.open > 0)
        for row in session.execute(by_lines)
    }
    return {
        row.id: CreditedWhole(
            Money(int(row.taken or 0), row.currency), states.get(row.id, CreditState.NONE)
        )
        for row in session.execute(statement)
    }


def _state(*, notes: int, is_open: bool) -> CreditState:
    """By what is left of the lines: a deduction may make up for what is not credited yet."""
    if notes == 0:
        return CreditState.NONE
    return CreditState.PARTIAL if is_open else CreditState.FULL


def credited_of_history(session: ScopedSession, ids: Sequence[int]) -> dict[int, int]:
    """The net that was credited of lines of past invoices, in minor units; only where it was."""
    statement = (
        select(CreditedHistory.history_id, func.sum(CreditedHistory.net_minor))
        .where(CreditedHistory.history_id.in_(ids))
        .group_by(CreditedHistory.history_id)
    )
    return {key: int(net) for key, net in session.execute(statement)}


def past_lines(session: ScopedSession, project_id: int, invoice_no: str) -> dict[int, PastLine]:
    """The live lines of an invoice of the former system on a project, and what is left of each."""
    statement = (
        select(BillingHistory, Phase)
        .join(Phase, Phase.id == BillingHistory.phase_id)
        .join(Contract, Contract.id == Phase.contract_id)
        .where(
            Contract.project_id == project_id,
            BillingHistory.invoice_no == invoice_no,
            BillingHistory.archived_at.is_(None),
        )
        .order_by(BillingHistory.id)
    )
    found = session.execute(statement).all()
    taken = credited_of_history(session, [history.id for history, _ in found])
    return {
        history.id: PastLine(history, phase, taken.get(history.id, 0)) for history, phase in found
    }
