"""What was credited of invoices: by line and by tax, and how much is left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from domain.invoice.credit import Credited, groups_of
from domain.invoice.model import CreditState, Invoice, InvoiceLine, LineKind
from domain.invoice.totals import Tax
from domain.money import Money
from persistence.session import ScopedSession


def credited_of(session: ScopedSession, invoice: Invoice) -> Credited:
    """What earlier credit notes took of an invoice."""
    notes = list(session.scalars(select(Invoice).where(Invoice.credits_id == invoice.id)))
    lines = session.execute(
        select(InvoiceLine.credits_line_id, func.sum(InvoiceLine.net_minor))
        .where(InvoiceLine.invoice_id.in_([note.id for note in notes]))
        .group_by(InvoiceLine.credits_line_id)
    )
    groups: defaultdict[Tax, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for note in notes:
        for group in groups_of(note):
            base, vat = groups[group.tax]
            groups[group.tax] = base + group.base, vat + group.vat
    return Credited({key: int(net) for key, net in lines if key is not None}, dict(groups))


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
    note = aliased(Invoice)
    statement = (
        select(Invoice.id, Invoice.currency, func.sum(note.gross_minor))
        .outerjoin(note, note.credits_id == Invoice.id)
        .where(Invoice.id.in_(ids))
        .group_by(Invoice.id, Invoice.currency)
    )
    found = {key: (currency, gross) for key, currency, gross in session.execute(statement)}
    partly = _with_lines_left(session, [key for key, (_, gross) in found.items() if gross])
    return {
        key: CreditedWhole(Money(int(gross or 0), currency), _state(key, gross, partly))
        for key, (currency, gross) in found.items()
    }


def _state(key: int, gross: int | None, partly: set[int]) -> CreditState:
    if not gross:
        return CreditState.NONE
    return CreditState.PARTIAL if key in partly else CreditState.FULL


def _with_lines_left(session: ScopedSession, ids: Sequence[int]) -> set[int]:
    """Those of the invoices that have a line of which something is left to credit."""
    lines = session.execute(
        select(InvoiceLine.invoice_id, InvoiceLine.id, InvoiceLine.net_minor).where(
            InvoiceLine.invoice_id.in_(ids), InvoiceLine.kind != LineKind.TEXT
        )
    ).all()
    taken = lines_credited(session, [line.id for line in lines])
    return {line.invoice_id for line in lines if taken[line.id].minor != line.net_minor}
