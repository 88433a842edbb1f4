"""The deposits of their projects that invoices leave out."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from domain.invoice.model import InvoiceLine
from persistence.invoice.deposits import OpenDeposit, to_deduct
from persistence.invoice.projects import projects_of
from persistence.session import ScopedSession


def to_deduct_of(
    session: ScopedSession, invoice_ids: Sequence[int]
) -> dict[int, list[OpenDeposit]]:
    """By invoice: what its projects have to deduct, of which it deducts nothing itself."""
    projects = projects_of(session, invoice_ids)
    present = to_deduct(session, {key for some in projects.values() for key in some})
    if not present:
        return {}
    line = InvoiceLine
    taken = select(line.invoice_id, line.deducts_id).where(
        line.invoice_id.in_(invoice_ids), line.deducts_id.is_not(None)
    )
    own = {(row.invoice_id, row.deducts_id) for row in session.execute(taken)}
    return {
        invoice: [
            one
            for project in some
            for one in present.get(project, ())
            if (invoice, one.key) not in own
        ]
        for invoice, some in projects.items()
    }
