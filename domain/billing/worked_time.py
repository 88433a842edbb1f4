"""Time and materials: approved hours at their rate, rounded once per line, within the caps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    """cap − AB − P: less what is billed, given up or held of all its phases, archived too."""
    cap = books.terms.cap_minor
    if cap is None:
        return Room(None)
    gone = (
        one.figures.billed + one.figures.written_off + one.figures.reserved for one in books.phases
    )
    return Room(cap - books.put_away - sum(gone))


def time_items(contract: ContractTerms, books: PhaseBooks, room: Room) -> list[Item]:
    """One item for each collaborator and rate, in the order of both; `room` is the contract's.

    A phase whose fee is above nothing is capped by it. A cap that cuts an item leaves its last
    entries unbilled; of the entry that it cuts in two, what is billed already is kept in mind
    (`Carried`), so that a cap raised later brings the rest and nothing twice, whatever the rate is
    by then. It is of that entry alone: written off, archived or elsewhere, it lowers no other.
    """
    own = Room(books.figures.free if books.figures.adjusted_fee > 0 else None)
    groups: dict[tuple[int, Decimal], list[Worked]] = {key: [] for key in books.carried.owed}
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
    time = _Time.of(books, key, worked)
    wanted = max(0, time.value(worked) - time.before)
    if wanted == 0:
        return None
    left = [one.left for one in (own, room) if one.left is not None]
    amount = room.least(own.least(wanted))
    own.take(amount)
    room.take(amount)
    is_cut = amount < wanted
    taken, parts = time.share_out(worked, amount, is_cut=is_cut)
    hours = sum((one.hours for one in worked), Decimal(0))
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
        blockers=_capped(books, worked, taken, own, is_cut=is_cut),
        basis={
            "rule": Rule.TIME.value,
            "collaborator_id": collaborator,
            "collaborator": worked[0].collaborator if worked else None,
            "hours": f"{hours:f}",
            "rate": f"{rate:f}",
            "value": time.value(worked),
            "part_before": time.before,
            "room": max(0, min(left)) if left else None,
            "amount": amount,
            **({"parts": parts} if parts else {}),
            "sources": [[one.id, one.worked_on.isoformat(), f"{one.hours:f}"] for one in taken],
        },
    )


@dataclass(frozen=True, slots=True)
class _Time:
    """What entries of a collaborator come to at a rate, and what is billed of them in part."""

    rate: Decimal
    currency: str
    paid: Mapping[int, int]
    """By entry, at most what the entry is worth: never taken off another one."""
    owed: Sequence[tuple[int, int]]

    @classmethod
    def of(cls, books: PhaseBooks, key: tuple[int, Decimal], worked: Sequence[Worked]) -> _Time:
        rate, currency, carried = key[1], books.terms.currency, books.carried
        paid = {
            one.id: min(carried.paid[one.id], to_minor(one.hours * rate, currency))
            for one in worked
            if one.id in carried.paid
        }
        return cls(rate, currency, paid, carried.owed.get(key, ()))

    def value(self, worked: Sequence[Worked]) -> int:
        return to_minor(sum((one.hours for one in worked), Decimal(0)) * self.rate, self.currency)

    @property
    def before(self) -> int:
        """Billed of the entries already, less what is missing of others."""
        return sum(self.paid.values()) - sum(amount for _, amount in self.owed)

    def share_out(
        self, worked: Sequence[Worked], amount: int, *, is_cut: bool
    ) -> tuple[Sequence[Worked], list[list[int]]]:
        """The entries that `amount` pays in full, and what it takes of others, or takes less.

        First what is missing of entries that are billed, then the entries in their order.
        """
        parts: list[list[int]] = []
        for entry_id, due in self.owed:
            given = min(amount, due)
            amount -= given
            parts.append([entry_id, given])
        taken = self._within(worked, amount) if is_cut else worked
        parts += [[one.id, -self.paid[one.id]] for one in taken if one.id in self.paid]
        if len(taken) < len(worked):
            parts.append([worked[len(taken)].id, amount - self._net(taken)])
        return taken, [part for part in parts if part[1]]

    def _net(self, worked: Sequence[Worked]) -> int:
        return self.value(worked) - sum(self.paid.get(one.id, 0) for one in worked)

    def _within(self, worked: Sequence[Worked], amount: int) -> Sequence[Worked]:
        """The first entries that `amount` pays in full."""
        hours, paid = Decimal(0), 0
        for place, one in enumerate(worked):
            hours += one.hours
            paid += self.paid.get(one.id, 0)
            if to_minor(hours * self.rate, self.currency) - paid > amount:
                return worked[:place]
        return worked


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
    time = _Time.of(books, key, worked)
    return Item(
        key=f"{_key(books, key)}:open",
        kind=ItemKind.TIME,
        phase_id=books.terms.id,
        amount=0,
        unbilled=max(0, time.value(worked) - sum(time.paid.values())),
        hours=sum((one.hours for one in worked), Decimal(0)),
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
