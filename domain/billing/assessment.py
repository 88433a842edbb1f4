"""What can be billed of a contract at a day: its items, its balance and its padlock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain

from domain.billing.blockers import not_recorded, of_contract, reserved
from domain.billing.books import ContractBooks
from domain.billing.fixed_fee import progress_item
from domain.billing.item import BillableState, Blocker, Item
from domain.billing.prepaid import prepaid_items
from domain.billing.retainer import retainer_items
from domain.billing.worked_time import cap_left, time_items
from domain.project.model import BillingMethod, ProjectStatus


@dataclass(frozen=True, slots=True)
class Assessment:
    """A contract at a day. `items` are those there are, ready or not."""

    books: ContractBooks
    items: Sequence[Item]
    blockers: Sequence[Blocker]

    @property
    def is_locked(self) -> bool:
        """Whether something stands in the way of all items at once."""
        return any(blocker.locks for blocker in self.blockers)

    @property
    def ready(self) -> list[Item]:
        """The items that may be billed."""
        return [] if self.is_locked else [item for item in self.items if item.selectable]

    @property
    def total(self) -> int:
        """Solde total (B08): all that is due, in minor units."""
        return sum(item.amount for item in self.items)

    @property
    def unbilled(self) -> int:
        """What was done, or runs, and is not due."""
        return sum(item.unbilled for item in self.items)

    @property
    def state(self) -> BillableState:
        """The padlock (DOMAIN §2.4)."""
        ready = self.ready
        if not ready:
            return BillableState.LOCKED
        is_open = self.books.stray or len(ready) < len(self.items)
        if is_open or any(item.unbilled for item in ready):
            return BillableState.PARTIAL
        return BillableState.SELECTABLE

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to bill, nor to wait for."""
        return not (self.items or self.books.stray or self.books.held or self._is_waiting)

    @property
    def _is_waiting(self) -> bool:
        return any(blocker.mutation == "progressRecord" for blocker in self.blockers)


def assess(books: ContractBooks, *, cut_off: date) -> Assessment:
    """The contract at `cut_off`; nothing of a project that is not signed is due (B = 0)."""
    items = list(_items(books, cut_off))
    if books.terms.project_status is not ProjectStatus.SIGNED:
        items = [one._replace(amount=0, unbilled=one.unbilled + one.amount) for one in items]
    if books.reserved:
        items = [_held(one, books) for one in items]
    blockers = of_contract(books)
    if not items and books.held is None and _has_fee_left(books):
        blockers.append(not_recorded(books.terms.name))
    return Assessment(books, items, blockers)


def _items(books: ContractBooks, cut_off: date) -> list[Item]:
    terms = books.terms
    match terms.billing_method:
        case BillingMethod.TIME_AND_MATERIALS:
            room = cap_left(books)
            found = [time_items(terms, one, room) for one in books.phases]
            return list(chain.from_iterable(found))
        case BillingMethod.RETAINER:
            found = [retainer_items(terms, one, cut_off) for one in books.phases]
            return list(chain.from_iterable(found))
        case BillingMethod.PREPAID_HOURS:
            found = [prepaid_items(terms, one, cut_off) for one in books.phases]
            return list(chain.from_iterable(found))
    due = (progress_item(one) for one in books.phases)
    return [item for item in due if item is not None]


def _held(item: Item, books: ContractBooks) -> Item:
    """The item, locked where a batch holds it."""
    holder = books.reserved.get(item.key)
    if holder is None:
        return item
    return item._replace(blockers=(*item.blockers, reserved(holder)))


def _has_fee_left(books: ContractBooks) -> bool:
    is_fixed = books.terms.billing_method is BillingMethod.FIXED_FEE_PROGRESS
    return is_fixed and any(one.figures.free != 0 for one in books.phases)
