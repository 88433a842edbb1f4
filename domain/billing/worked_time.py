"""Time and materials: approved hours at their rate, rounded once per line, within the caps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from domain.billing.blockers import capped, no_rate, not_approved
from domain.billing.books import ContractBooks, ContractTerms, PhaseBooks, Worked, hourly_rate
from domain.billing.item import Blocker, Item, ItemKind
from domain.invoice.basis import Rule
from domain.money import to_minor


@dataclass(slots=True)
class Room:
    """What a cap leaves, in minor units; None where there is no cap."""

    left: int | None

    def least(self, wanted: int) -> int:
        return wanted if self.left is None else min(wanted, max(0, self.left))

    def take(self, amount: int) -> None:
        if self.left is not None:
            self.left -= amount


def cap_left(books: ContractBooks) -> Room:
    """The contract's cap less all that is billed, given up or held of its phases: cap − AB − P."""
    cap = books.terms.cap_minor
    if cap is None:
        return Room(None)
    gone = (
        one.figures.billed + one.figures.written_off + one.figures.reserved for one in books.phases
    )
    return Room(cap - sum(gone))


def time_items(contract: ContractTerms, books: PhaseBooks, room: Room) -> list[Item]:
    """One item for each collaborator and rate, in the order of both; `room` is the contract's.

    A phase whose fee is above nothing is capped by it. A cap that cuts an item leaves its last
    entries unbilled; of the entry that it cuts in two, what is billed already is kept in mind
    (`PhaseBooks.ahead`), so that a cap raised later brings the rest and nothing twice.
    """
    own = Room(books.figures.free if books.figures.adjusted_fee > 0 else None)
    groups: dict[tuple[int, Decimal], list[Worked]] = {
        key: [] for key, ahead in books.ahead.items() if ahead < 0
    }
    unpriced: dict[int, list[Worked]] = {}
    open_ones: dict[tuple[int, Decimal], list[Worked]] = {}
    agreed = hourly_rate(contract, books.terms)
    for one in sorted(books.worked, key=lambda one: (one.worked_on, one.id)):
        rate = agreed or one.own_rate
        if not rate:
            unpriced.setdefault(one.collaborator_id, []).append(one)
        elif one.approved:
            groups.setdefault((one.collaborator_id, rate), []).append(one)
        else:
            open_ones.setdefault((one.collaborator_id, rate), []).append(one)
    found = [_item(books, key, groups[key], own, room) for key in sorted(groups)]
    found += [_not_approved(books, key, open_ones[key]) for key in sorted(open_ones)]
    found += [_unpriced(books, key, unpriced[key]) for key in sorted(unpriced)]
    return [item for item in found if item is not None]


def _item(
    books: PhaseBooks, key: tuple[int, Decimal], worked: list[Worked], own: Room, room: Room
) -> Item | None:
    collaborator, rate = key
    currency, ahead = books.terms.currency, books.ahead.get(key, 0)
    hours = sum((one.hours for one in worked), Decimal(0))
    value = to_minor(hours * rate, currency)
    wanted = max(0, value - ahead)
    if wanted == 0:
        return None
    left = [one.left for one in (own, room) if one.left is not None]
    amount = room.least(own.least(wanted))
    own.take(amount)
    room.take(amount)
    taken = _within(worked, rate, currency, amount + ahead) if amount < wanted else worked
    billed = to_minor(sum((one.hours for one in taken), Decimal(0)) * rate, currency)
    return Item(
        key=_key(books, key),
        kind=ItemKind.TIME,
        phase_id=books.terms.id,
        amount=amount,
        unbilled=wanted - amount,
        hours=hours,
        rate=rate,
        collaborator_id=collaborator,
        entries=tuple(one.id for one in taken),
        blockers=_capped(books, worked, taken, own, is_cut=amount < wanted),
        basis={
            "rule": Rule.TIME.value,
            "collaborator_id": collaborator,
            "collaborator": worked[0].collaborator if worked else None,
            "hours": f"{hours:f}",
            "rate": f"{rate:f}",
            "value": value,
            "ahead_before": ahead,
            "room": max(0, min(left)) if left else None,
            "amount": amount,
            "ahead": amount - billed,
            "sources": [[one.id, one.worked_on.isoformat(), f"{one.hours:f}"] for one in taken],
        },
    )


def _within(worked: Sequence[Worked], rate: Decimal, currency: str, amount: int) -> list[Worked]:
    """The first entries that `amount` pays in full."""
    taken: list[Worked] = []
    hours = Decimal(0)
    for one in worked:
        hours += one.hours
        if to_minor(hours * rate, currency) > amount:
            break
        taken.append(one)
    return taken


def _capped(
    books: PhaseBooks, worked: list[Worked], taken: Sequence[Worked], own: Room, *, is_cut: bool
) -> tuple[Blocker, ...]:
    if not is_cut:
        return ()
    rest = worked[len(taken) :]
    hours = sum((one.hours for one in rest), Decimal(0))
    since = rest[0].worked_on if rest else None
    by_contract = own.left is None or own.left > 0
    return (capped(books.terms, f"{hours:f}", since=since, by_contract=by_contract),)


def _not_approved(books: PhaseBooks, key: tuple[int, Decimal], worked: list[Worked]) -> Item:
    hours = sum((one.hours for one in worked), Decimal(0))
    return Item(
        key=f"{_key(books, key)}:open",
        kind=ItemKind.TIME,
        phase_id=books.terms.id,
        amount=0,
        unbilled=to_minor(hours * key[1], books.terms.currency),
        hours=hours,
        rate=key[1],
        collaborator_id=key[0],
        blockers=(not_approved(books.terms, worked),),
    )


def _unpriced(books: PhaseBooks, collaborator: int, worked: list[Worked]) -> Item:
    return Item(
        key=f"phase_{books.terms.id}:collaborator_{collaborator}:?",
        kind=ItemKind.TIME,
        phase_id=books.terms.id,
        amount=0,
        hours=sum((one.hours for one in worked), Decimal(0)),
        collaborator_id=collaborator,
        blockers=(no_rate(books.terms, worked),),
    )


def _key(books: PhaseBooks, key: tuple[int, Decimal]) -> str:
    return f"phase_{books.terms.id}:collaborator_{key[0]}:{key[1].normalize():f}"
