"""What our credit notes took of invoices of the former system: the code and the VAT of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select

from domain.invoice.credit import groups_of
from domain.invoice.model import Invoice, InvoiceLine
from domain.invoice.past_credit import CreditedHistory, TaxKey, key_of_tax
from persistence.session import ScopedSession


def taxes_credited(session: ScopedSession, history_ids: Sequence[int]) -> dict[int, int]:
    """By line that was taken over: the tax code that its last credit bears."""
    statement = (
        select(CreditedHistory.history_id, InvoiceLine.tax_code_id)
        .join(InvoiceLine, InvoiceLine.id == CreditedHistory.line_id)
        .where(CreditedHistory.history_id.in_(history_ids))
        .order_by(CreditedHistory.id)
    )
    return {key: tax for key, tax in session.execute(statement) if tax is not None}


def bases_credited(
    session: ScopedSession, history_ids: Sequence[int]
) -> dict[TaxKey, tuple[int, int]]:
    """Base and VAT, by tax, of the credit notes of the invoice that these lines are of."""
    theirs = (
        select(InvoiceLine.invoice_id)
        .join(CreditedHistory, CreditedHistory.line_id == InvoiceLine.id)
        .where(CreditedHistory.history_id.in_(history_ids))
    )
    found: defaultdict[TaxKey, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for note in session.scalars(select(Invoice).where(Invoice.id.in_(theirs))):
        for group in groups_of(note):
            key = key_of_tax(group.tax)
            base, vat = found[key]
            found[key] = base + group.base, vat + group.vat
    return dict(found)
