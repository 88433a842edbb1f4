"""Fixed fees: what progress has earned and neither an invoice nor a pro forma bills (F5)."""

from __future__ import annotations

from domain.billing.blockers import not_recorded
from domain.billing.books import PhaseBooks
from domain.billing.item import Item, ItemKind
from domain.invoice.basis import Rule, of_fee


def progress_item(books: PhaseBooks) -> Item | None:
    """What is due of the phase, or that its progress is not known; None where nothing is."""
    terms, figures = books.terms, books.figures
    due = figures.due
    if due == 0 and (figures.progress is not None or figures.free == 0):
        return None
    return Item(
        key=f"phase_{terms.id}",
        kind=ItemKind.PROGRESS,
        phase_id=terms.id,
        amount=due,
        blockers=() if due else (not_recorded(terms.name),),
        basis=of_fee(Rule.PROGRESS, figures, due),
    )
