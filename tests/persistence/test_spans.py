"""Identifiers asked for as a span: the same rows as a list of them."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, select

from persistence.bulk import among

NUMBERS = Table("number", MetaData(), Column("id", Integer, primary_key=True))
ENGINE = create_engine("sqlite://")
with ENGINE.begin() as made:
    NUMBERS.create(made)
    made.execute(NUMBERS.insert(), [{"id": number} for number in range(12)])


@given(st.lists(st.integers(1, 9), max_size=6))
@example([1, 1, 3])
@example([1, 3, 3])
@example([3, 2, 5])
@example([4, 2, 3, 7])
@example([])
def test_a_span_meets_no_row_that_was_not_asked_for(ids: list[int]) -> None:
    with ENGINE.connect() as connection:
        found = connection.scalars(select(NUMBERS.c.id).where(among(NUMBERS.c.id, ids)))
        assert set(found) == set(ids)


def test_what_follows_one_another_is_asked_for_in_two_numbers() -> None:
    assert sorted(among(NUMBERS.c.id, range(3, 500)).compile().params.values()) == [3, 499]
