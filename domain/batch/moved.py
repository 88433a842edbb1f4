"""What of a plan is no more as it was when somebody looked at it, in words for people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from domain.batch.listed import Listed
from domain.batch.plan import PlannedItem
from domain.errors import Issue, call_error
from domain.money import amount_text

STALE_PLAN = call_error(
    "STALE_PLAN",
    "What this plan was made of has moved since: {moved}[[ ({which})]]. Nothing was written.",
    "Read the batch anew with batchRefresh, look at it, and run it.",
)
ITEM_MOVED = call_error(
    "ITEM_MOVED",
    "{item} of {contract} is not what was planned: {found} instead of {expected}.",
    "Take it out of the batch, and plan it anew.",
)
ITEM_CHANGED = call_error(
    "ITEM_CHANGED",
    "{item} of {contract} comes to the same amount, but this is not as planned: {what}.",
    "Take it out of the batch, and plan it anew.",
)
MOST_TOLD = 20
"""Items that moved which are told one by one; the others are counted."""
_MOST_NAMED = 3
"""Contracts that STALE_PLAN names."""


Moved = tuple[Listed, PlannedItem | None]
"""An item that is not what was planned, and what it is now; None: it is no more."""


class Named(NamedTuple):
    """What people call the phase and the contract of an item."""

    phase: str
    contract: str


def moved(items: Iterable[Listed], found: Mapping[tuple[int, str], PlannedItem]) -> list[Moved]:
    """The items that are no more what was planned; `found` by contract and key, as they are now."""
    gone: list[Moved] = []
    for item in items:
        now = found.get((item.contract_id, item.key))
        if now is None or not now.selectable or now.fingerprint != item.fingerprint:
            gone.append((item, now))
    return gone


def how_moved(gone: Iterable[Moved], names: Mapping[int, Named]) -> list[Issue]:
    """What became of each: ITEM_MOVED, ITEM_CHANGED or what locks it; `names` by phase."""
    return [_told(item, now, names.get(item.phase_id)) for item, now in gone]


def _told(item: Listed, now: PlannedItem | None, name: Named | None) -> Issue:
    if now is not None and not now.selectable:
        locks = [one.issue for one in now.blockers if one.locks]
        if locks:
            return locks[0]
    shown = f"{name.phase} ({item.key})" if name else item.key
    contract = _contract(item, name)
    amount = 0 if now is None or not now.selectable else now.item.amount
    if now is not None and amount == item.amount_minor:
        return ITEM_CHANGED(item=shown, contract=contract, what=_what_changed(item, now))
    return ITEM_MOVED(
        item=shown,
        contract=contract,
        expected=amount_text(item.amount_minor, item.currency),
        found=amount_text(amount, item.currency),
    )


def _contract(item: Listed, name: Named | None) -> str:
    return name.contract if name else f"contract_{item.contract_id}"


def _what_changed(item: Listed, now: PlannedItem) -> str:
    """In what an item of the same amount is another one."""
    if now.bundle.digest != item.bundle:
        return "the client, entity, VAT regime, purchase order or language"
    if (now.tax.id if now.tax else None) != item.tax_code_id:
        return "the tax code"
    if (len(now.item.entries), now.hours, now.item.rate) != (item.tickets, item.hours, item.rate):
        return "the time entries"
    return "the phase, or what its amount is made of"


def stale_plan(
    gone: Sequence[Moved], names_of: Callable[[set[int]], Mapping[int, Named]]
) -> list[Issue]:
    """STALE_PLAN and the first items that moved, by the place of none: all or none.

    `names_of` phases is asked once, for those that are told.
    """
    firsts: dict[int, Listed] = {}
    for item, _ in gone:
        firsts.setdefault(item.contract_id, item)
    shown = [item for item, _ in gone[:MOST_TOLD]] + list(firsts.values())[:_MOST_NAMED]
    names = names_of({item.phase_id for item in shown})
    which = [_contract(item, names.get(item.phase_id)) for item in firsts.values()]
    issues = (issue.at(field=("plan_hash",)) for issue in how_moved(gone[:MOST_TOLD], names))
    return [stale("what is due", which), *issues]


def stale(moved: str, which: Iterable[str] = ()) -> Issue:
    """STALE_PLAN: what moved, and the first of those it moved of."""
    names = list(which)
    shown = ", ".join(names[:_MOST_NAMED]) + (" …" if len(names) > _MOST_NAMED else "")
    return STALE_PLAN(field=("plan_hash",), moved=moved, which=shown)
