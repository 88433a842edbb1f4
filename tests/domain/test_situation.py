"""The situation of a contract on progress, with the numbers of DOMAIN §2.3."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from domain.invoice.situation import (
    billed_by,
    first_since,
    last_number,
    prints_recap,
    situation,
)
from domain.ledger import PhaseFigures
from domain.organisation import Entity

AMOUNTS = st.integers(-(10**9), 10**9)


def test_the_example_of_the_formulas() -> None:
    """F1, F2, F5 of DOMAIN §2.3: of 18,952.00 billed 8,234.00, now 3,611.00: 62.5 %."""
    figures = PhaseFigures(
        fee=1840000,
        fee_adjustment=55200,
        history=460000,
        billed_adjustment=-4600,
        invoiced=368000,
        currency="EUR",
    )
    found = situation("Base", number=2, phases=[(7, "DET")], figures={7: figures}, now={7: 361100})
    (row,) = found.rows
    assert (row.amount, row.before, row.now) == (1895200, 823400, 361100)
    assert (row.cumulative, row.percent, row.remaining) == (1184500, Decimal("62.50"), 710700)


@given(st.lists(st.tuples(*[AMOUNTS] * 5), min_size=1, max_size=6))
def test_every_row_and_the_total_can_be_computed_again(phases: list[tuple[int, ...]]) -> None:
    """Amount = cumulative + remaining, cumulative = before + now; the total is that of the rows."""
    figures = {
        key: PhaseFigures(
            fee=fee, history=history, invoiced=invoiced, written_off=off, currency="EUR"
        )
        for key, (fee, history, invoiced, off, _) in enumerate(phases)
    }
    now = {key: net for key, (*_, net) in enumerate(phases)}
    told = [(key, str(key)) for key in figures]
    found = situation("Base", number=1, phases=told, figures=figures, now=now)
    for row in (*found.rows, found.total):
        assert row.amount == row.cumulative + row.remaining
        assert row.cumulative == row.before + row.now
    for name in ("amount", "cumulative", "before", "now", "remaining"):
        assert getattr(found.total, name) == sum(getattr(row, name) for row in found.rows)


def test_lines_of_one_phase_are_one_amount_and_those_of_none_are_left_out() -> None:
    assert billed_by([(1, 500), (None, 70), (2, -20), (1, 5)]) == {1: 505, 2: -20}


def test_the_entity_says_before_the_firm_whether_it_is_printed() -> None:
    entity = Entity(code="A", name="A", invoice_series="A", credit_note_series="B")
    assert prints_recap({}, entity)
    assert not prints_recap({"prints_recap": False}, entity)
    entity.prints_recap = True
    assert prints_recap({"prints_recap": False}, entity)


def test_a_number_is_given_again_only_while_nothing_followed_it() -> None:
    """Places among all documents: invoices, and the notes that took some back whole."""
    assert last_number([], {}) == 0
    assert last_number([1, 2, 5], {}) == 3
    assert last_number([1, 2, 5], {5: 6}) == 2
    assert last_number([1, 2, 5, 7], {5: 6}) == 3
    # The second was taken back after the third: the third stays the third.
    assert last_number([1, 2, 5], {2: 6}) == 3
    assert last_number([1, 2, 5, 8], {2: 6, 5: 9}) == 4
    assert last_number([1, 2, 5], {2: 6, 5: 7}) == 1
    assert last_number([1], {1: 2}) == 0


@given(st.lists(st.integers(0, 8), max_size=8))
def test_the_first_situation_since_none_stood_is_number_one(turns: list[int]) -> None:
    """Each turn issues a paper, or takes back one of those that stand."""
    issued: list[int] = []
    taken_back: dict[int, int] = {}
    first = 0
    for place, turn in enumerate(turns, start=1):
        stand = [one for one in issued if one not in taken_back]
        if turn and stand:
            taken_back[stand[turn % len(stand)]] = place
        else:
            issued.append(place)
            first = first if stand else place
    assert first_since(issued, taken_back) == first
    earlier = [one for one in issued if one < first]
    assert last_number(earlier, taken_back) == 0
