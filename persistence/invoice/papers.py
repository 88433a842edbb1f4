"""What papers are called: the numbers of many invoices."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select

from domain.invoice.model import Invoice
from persistence.reach import shown_to
from persistence.session import ScopedSession

_AT_ONCE = 1_000


def numbers_of(session: ScopedSession, invoice_ids: Iterable[int]) -> dict[int, str]:
    """The number of each invoice as it stands, legal or pro forma; a stranger is left out."""
    wanted = list(dict.fromkeys(invoice_ids))
    found: dict[int, str] = {}
    number = func.coalesce(Invoice.number, Invoice.pro_forma_number)
    statement = select(Invoice.id, number).where(*shown_to(session, Invoice))
    for start in range(0, len(wanted), _AT_ONCE):
        portion = wanted[start : start + _AT_ONCE]
        rows = session.execute(statement.where(Invoice.id.in_(portion)))
        found.update((key, str(told)) for key, told in rows)
    return found
