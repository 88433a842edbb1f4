"""DOMAIN §2.4: what is drawn from blocks of hours, what is left, and how near the end they are."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from domain.billing.prepaid import BlockLevel, block_on, draw_down
from tests.domain.books import PREPAID, TODAY, hours, monthly, phase, terms

LEVELS = list(BlockLevel)
some_hours = st.decimals(min_value="0.25", max_value="12", places=2)
days = st.integers(min_value=0, max_value=80).map(lambda n: date(2026, 9, 1) + timedelta(days=n))
worked = st.lists(st.tuples(days, some_hours), max_size=14)


def entries(found: list[tuple[date, Decimal]]) -> list[tuple[str, str]]:
    return [(f"{when:%d/%m}", str(value)) for when, value in found]


@given(st.decimals(min_value="0.25", max_value="60", places=2), worked)
def test_what_is_used_is_left_or_beyond_to_the_minute(
    bought: Decimal, found: list[tuple[date, Decimal]]
) -> None:
    books = phase("800", hours=bought, worked=hours(*entries(found)))
    block = block_on(terms(PREPAID), books, TODAY)
    assert block is not None
    assert block.balance == bought
    assert block.used == sum((value for _, value in found), Decimal(0))
    assert block.left - block.beyond == bought - block.used
    assert min(block.left, block.beyond) == 0
    assert (block.exhausted_on is not None) == (block.left == 0)
    share = 100 * block.used / bought
    steps = (80, 95, 100)
    assert block.level is LEVELS[sum(share >= step for step in steps)]


@given(st.decimals(min_value="0.25", max_value="20", places=2), worked, st.booleans())
def test_no_hour_is_lost_from_one_month_to_the_next(
    bought: Decimal, found: list[tuple[date, Decimal]], rollover: bool
) -> None:
    """What passes on is what was left; without rollover nothing passes on."""
    books = monthly("800", "01/09", hours=bought, worked=hours(*entries(found)))
    contract = terms(PREPAID, rollover=rollover)
    drawn = list(draw_down(contract, books, TODAY))
    assert sum((one.used for one in drawn), Decimal(0)) == sum(
        (value for _, value in found), Decimal(0)
    )
    for before, after in pairwise(drawn):
        assert after.carried == (before.left if rollover else 0)
        assert after.balance == bought + after.carried
    today = block_on(contract, books, TODAY)
    assert today is not None
    assert today.period is not None
    assert today.period.start <= TODAY <= today.period.end
    assert today in drawn
