"""DOMAIN §2.6: what is credited, or covered by what has gone, is due again; nothing is twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.billing.assessment import Assessment
from domain.billing.books import Claimed, PhaseBooks, Rest, claimed_by, rest_by
from domain.billing.item import Item, ItemKind
from domain.billing.lines import line_of
from domain.invoice.basis import Rule, is_settled, once_more
from domain.invoice.explanation import SENTENCES, Explanation
from domain.invoice.model import InvoiceLine
from domain.invoice.remaining import Billable
from domain.project.model import BillingMethod, Timing
from tests.domain.books import (
    PREPAID,
    RETAINER,
    assessed,
    blocked,
    day,
    due,
    euro,
    hours,
    monthly,
    phase,
)
from tests.domain.examples import contract, euros
from tests.domain.examples import phase as record_of
from tests.domain.test_explanation import check
from words import phrase

TO_FEBRUARY = day("28/02")


@dataclass
class Line:
    """A line of an invoice; without an item it is written by hand."""

    item: Item | None
    net: int
    credited: int = 0
    again: Mapping[str, Any] | None = None
    """Its basis, where it takes the place of another one."""

    @property
    def left(self) -> int:
        return self.net - self.credited

    @property
    def is_alive(self) -> bool:
        """Whether it bills anything: credited whole, its period is free again."""
        return self.left != 0

    def claimed(self) -> Claimed | None:
        if self.item is None or self.item.claim is None or not self.is_alive:
            return None
        made = self.item.claim
        return claimed_by(
            self.basis,
            net=self.net,
            credited=self.credited,
            kind=made.kind,
            starts_on=made.starts_on,
            ends_on=made.ends_on,
        )

    def rest(self) -> Rest | None:
        if self.item is None or self.item.kind is not ItemKind.REST:
            return None
        return rest_by(self.basis, net=self.net, credited=self.credited)

    @property
    def basis(self) -> Mapping[str, Any]:
        assert self.item is not None
        return self.again or self.item.basis

    def replaced(self) -> Line:
        """The line of a pro forma that takes the place of this one, with all that is left."""
        if self.item is None or not self.credited:
            return Line(self.item, self.left, again=self.again)
        return Line(self.item, self.left, again=once_more(self.basis, credited=self.credited))


@dataclass
class Billing:
    """A phase and the lines that bill it, drawn at `on` one after the other."""

    method: BillingMethod
    one: dict[str, Any]
    on: date
    agreed: dict[str, Any] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)

    def books(self) -> PhaseBooks:
        made = {
            "claimed": [got for one in self.lines if (got := one.claimed()) is not None],
            "rests": [got for one in self.lines if (got := one.rest()) is not None],
            "sums": {"invoiced": self.billed},
        }
        return (phase if "start_date" in self.one else monthly)(**self.one, **made)

    @property
    def billed(self) -> int:
        return sum(line.left for line in self.lines)

    def found(self, on: date | None = None) -> Assessment:
        return assessed(self.method, self.books(), on=on or self.on, **self.agreed)

    def due(self) -> list[tuple[str, str]]:
        return due(self.found())

    def draw(self, *keys: str) -> list[Line]:
        """Lines for the ready items with these keys, or for all of them."""
        ready = [one for one in self.found().ready if not keys or one.key[8:] in keys]
        made = [Line(item, item.amount) for item in ready]
        assert made
        self.lines += made
        return made

    def by_hand(self, amount: str) -> Line:
        line = Line(None, euros(amount))
        self.lines.append(line)
        return line


def retainer(**agreed: Any) -> Billing:
    return Billing(RETAINER, {"fee": "1,500.00", "start": "15/01"}, TO_FEBRUARY, agreed)


def blocks(*worked: tuple[str, str], on: str = "31/10") -> Billing:
    sold = {"hours": Decimal(10), "hourly_rate_minor": euros("95.00"), "worked": hours(*worked)}
    return Billing(PREPAID, {"fee": "1,000.00", "start": "01/09", **sold}, day(on))


@pytest.mark.parametrize("ending", ["deleted", "credited"])
def test_what_covered_a_claimed_period_is_due_again_when_it_goes(ending: str) -> None:
    """F10: 500.00 by hand, January drawn at 822.58 − 500.00; the 500.00 gone, they are due."""
    one = retainer()
    hand = one.by_hand("500.00")
    assert [euro(line.net) for line in one.draw()] == ["322.58", "1,500.00"]
    assert one.due() == []
    if ending == "deleted":
        one.lines.remove(hand)
    else:
        hand.credited = hand.net
    assert one.due() == [("rest:retainer:2026-01-15", "500.00")]
    (line,) = one.draw()
    assert one.due() == []
    line.credited = euros("20.00")
    assert one.due() == [("rest:retainer:2026-01-15", "20.00")]


def test_a_partial_credit_of_a_period_is_due_again_and_by_hand_fills_it_first() -> None:
    """DOMAIN §2.6: 500.00 of February credited; 500.00 by hand are February's, March is whole."""
    one = retainer()
    january, february = one.draw()
    february.credited = euros("500.00")
    assert one.due() == [("rest:retainer:2026-02-01", "500.00")]
    one.by_hand("500.00")
    one.on = day("31/03")
    assert one.due() == [("2026-03-01", "1,500.00")]
    # The rest of a period is that of no earlier one.
    january.credited = euros("100.00")
    one.lines.pop()
    one.draw("rest:retainer:2026-02-01")
    assert one.due()[0] == ("rest:retainer:2026-01-15", "100.00")
    february.credited = february.net
    assert one.due()[1] == ("2026-02-01", "1,000.00")


def test_a_partial_credit_of_a_block_and_of_hours_beyond_it_is_due_again() -> None:
    one = blocks(("05/09", "12.5"))
    block, overage, _ = one.draw()
    block.credited = euros("400.00")
    overage.credited = euros("37.50")
    rests = [
        ("rest:block:2026-09-01", "400.00"),
        ("rest:overage:2026-09-01", "37.50"),
    ]
    assert one.due() == rests
    one.by_hand("400.00")
    one.on = day("30/11")
    assert one.due() == [rests[1], ("block:2026-11-01", "1,000.00")]


def test_a_line_that_is_replaced_after_a_part_was_credited_bills_what_it_did() -> None:
    """DOMAIN §2.6: the part stays due, and neither the block nor its hours are billed again."""
    one = blocks(("05/09", "12.5"))
    block, overage, _ = one.draw()
    block.credited, overage.credited = euros("400.00"), euros("37.50")
    for _ in range(2):
        one.lines[:2] = [line.replaced() for line in one.lines[:2]]
        assert one.due() == [
            ("rest:block:2026-09-01", "400.00"),
            ("rest:overage:2026-09-01", "37.50"),
        ]
    one.draw()[0].credited = euros("50.00")
    one.lines[3] = one.lines[3].replaced()
    assert one.due() == [("rest:block:2026-09-01", "50.00")]


def test_a_block_that_is_bought_once_has_a_rest_too() -> None:
    sold = {"hours": Decimal(20), "hourly_rate_minor": euros("95.00"), "worked": hours("21")}
    one = Billing(PREPAID, {"fee": "1,600.00", "start_date": None, **sold}, day("21/11"))
    for line in one.draw():
        line.credited = euros("10.00")
    one.one = {**one.one, "worked": hours("21", "1")}
    told = explained(one, one.found().ready[-1])
    assert (told.hours_before, told.hours_late, told.hours) == (1, None, 1)
    assert ", 1 h beyond them were billed before: 1 h at 95 is" in phrase(
        SENTENCES[told.rule], "en", **told.facts
    )
    assert [euro(line.net) for line in one.draw()] == ["10.00", "10.00", "95.00"]
    one.lines[-1].credited = euros("5.00")
    # Drawn on the same day, hours that follow hours are claimed from the next one on.
    assert [amount for _, amount in one.due()] == ["5.00"]
    assert one.found().items[0].period is None


def test_a_credited_overage_comes_back_to_the_cent() -> None:
    """DOMAIN §2.4: September 12.5 h (237.50), October 12 h (190.00); September is credited."""
    one = blocks(("05/09", "12.5"), ("05/10", "12"))
    for line in one.draw()[:2]:
        line.credited = line.net
    assert one.due() == [
        ("block:2026-09-01", "1,000.00"),
        ("overage:2026-09-01", "237.50"),
    ]
    # Late hours move on, and are billed once whatever is credited of either month.
    one.draw()
    one.one["worked"] += hours(("06/09", "1"), first=9)
    one.one["worked"] += hours(("05/11", "10"), first=10)
    one.on = day("30/11")
    assert one.due()[-1] == ("overage:2026-11-01", "95.00")
    _, november = one.draw()
    assert november.item is not None
    assert Decimal(november.item.basis["hours_late"]) == 1
    (october,) = [one for one in one.lines if one.item and one.item.key.endswith("age:2026-10-01")]
    october.credited = october.net
    assert one.due() == [("overage:2026-10-01", "190.00")]


def test_what_was_lowered_by_hand_was_given_up() -> None:
    """A discount is no shortfall, of a period nor of its rest; what is credited of it is."""
    one = retainer()
    _, february = one.draw()
    february.net = euros("1,350.00")
    assert one.due() == []
    february.credited = euros("350.00")
    (rest,) = one.draw()
    assert rest.net == euros("350.00")
    rest.net = euros("300.00")
    assert one.due() == []
    rest.credited = euros("100.00")
    assert one.due() == [("rest:retainer:2026-02-01", "100.00")]
    rest.credited = rest.net
    assert one.due() == [("rest:retainer:2026-02-01", "350.00")]
    rest.net = rest.credited = 0
    assert one.due() == []
    # Raised by hand, a line is not owed again above the price of its period.
    february.net, february.credited = euros("1,600.00"), euros("200.00")
    one.lines.remove(rest)
    assert one.due() == [("rest:retainer:2026-02-01", "100.00")]


def test_a_new_fee_does_not_open_periods_that_are_billed() -> None:
    one = retainer()
    _, february = one.draw()
    one.one["fee"] = "2,000.00"
    assert one.due() == []
    february.credited = euros("500.00")
    assert one.due() == [("rest:retainer:2026-02-01", "500.00")]


def test_a_rest_waits_for_the_day_its_period_was_due() -> None:
    """OPEN_PERIOD at an earlier cut-off; in advance it is due when the period begins."""
    for timing, state in ((Timing.ARREARS, []), (Timing.ADVANCE, ["rest:retainer:2026-02-01"])):
        one = retainer(timing=timing)
        one.draw("2026-01-15", "2026-02-01")[1].credited = euros("500.00")
        found = one.found(day("10/02"))
        assert [key for key, _ in due(found)] == state
        waiting = [("rest:retainer:2026-02-01", ["OPEN_PERIOD"])]
        assert (blocked(found.items)[:1] == waiting) is (timing is Timing.ARREARS)


def line_for(one: Billing, item: Item) -> InvoiceLine:
    of = Billable(record_of(hours=Decimal(10)), contract(PREPAID), one.books().figures)
    return line_of(item, of, account=None, sku=None)


def explained(one: Billing, item: Item) -> Explanation:
    """What is said of the line of an item of hours bought in advance, computed again."""
    return check(line_for(one, item))


def test_a_rest_is_a_lump_sum_that_explains_itself() -> None:
    one = blocks(("05/09", "12.5"))
    one.draw()[0].credited = euros("400.00")
    (item,) = one.found().ready
    line, told = line_for(one, item), explained(one, item)
    assert (told.rule, told.fee, told.billed) == (Rule.REST, 1000, 600)
    assert (line.quantity, line.unit_price, item.claim) == (1, 400, None)
    assert (line.period_start, line.period_end) == (day("01/09"), day("30/09"))
    assert is_settled(line.basis)


steps = st.lists(
    st.tuples(
        st.sampled_from(["draw", "draw", "hand", "part", "whole", "delete", "replace"]),
        st.integers(0, 50),
        st.integers(1, 200_000),
    ),
    max_size=14,
)
makers = st.sampled_from(
    [
        lambda: Billing(RETAINER, {"fee": "1,500.00", "start": "15/09"}, day("31/10")),
        lambda: Billing(RETAINER, {"fee": "-333.33", "start": "15/09"}, day("31/10")),
        lambda: blocks(("05/09", "12.5"), ("05/10", "12")),
    ]
)


@given(makers, steps)
def test_whatever_is_drawn_credited_or_deleted_billed_and_due_are_the_price_of_the_periods(
    make: Any, taken: Sequence[tuple[str, int, int]]
) -> None:
    """To the cent; above it only what was written by hand beyond it."""
    one: Billing = make()
    total = one.found().total
    sign = -1 if total < 0 else 1
    for act, which, amount in taken:
        ready = one.found().ready
        alive = [line for line in one.lines if line.is_alive]
        if act == "hand":
            one.lines.append(Line(None, sign * amount))
        elif act == "draw" and ready:
            one.lines.append(Line(item := ready[which % len(ready)], item.amount))
        elif act == "delete" and alive:
            one.lines.remove(alive[which % len(alive)])
        elif act == "replace" and alive:
            place = one.lines.index(alive[which % len(alive)])
            one.lines[place] = one.lines[place].replaced()
        elif act in ("part", "whole") and alive:
            line = alive[which % len(alive)]
            line.credited += line.left if act == "whole" else sign * min(amount, abs(line.left))
        found = one.found()
        assert abs(found.total) == max(0, sign * (total - one.billed))
        keys = [item.key for item in found.items]
        assert len(set(keys)) == len(keys)
        live = [got for line in one.lines if (got := line.claimed()) is not None]
        claims = {(got.kind, got.starts_on) for got in live}
        wanted = [(got.claim.kind, got.claim.starts_on) for got in found.items if got.claim]
        assert len({*claims, *wanted}) == len(live) + len(wanted)
