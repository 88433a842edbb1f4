"""Numbers, texts and days that callers give: taken whole, or refused; nothing is cut in silence."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Refusal
from domain.given import EARLIEST, LARGEST_AMOUNT, LATEST, day, number, one_of, text, whole
from tests.domain.examples import codes, in_words, refused

AMOUNT = partial(number, field=("amount",), name="The amount", decimals=2, least=0)
TEXT = partial(text, field=("name",), name="The name", longest=5)
DAY = partial(day, field=("due_date",), name="The due date")


@pytest.mark.parametrize("value", ["0", "-0", "12", "12.30", "12.3000", "1E+3", "1000000000000"])
def test_a_number_within_its_limits_is_taken_as_it_is(value: str) -> None:
    assert AMOUNT(Decimal(value)) == Decimal(value)


@pytest.mark.parametrize(
    "value",
    [
        *("NaN", "sNaN", "Infinity", "-Infinity", "-0.01", "1000000000000.01", "1E+30"),
        *("1E+999999", "0.001", "12.345", "1E-9"),
    ],
)
def test_a_number_that_cannot_stand_in_an_amount_is_refused(value: str) -> None:
    assert refused(lambda: AMOUNT(Decimal(value))) == ["FIELD_INVALID"]


def test_nothing_is_no_number_and_no_day() -> None:
    assert AMOUNT(None) is None
    assert DAY(None) is None
    assert TEXT(None) is None


def test_the_limits_are_told_as_people_write_them() -> None:
    with pytest.raises(Refusal) as caught:
        number(Decimal(-1), field=("percent",), name="The percentage", decimals=4, least=0, most=10)
    (issue,) = caught.value.issues
    assert codes([issue]) == ["FIELD_INVALID"]
    assert (issue.found, issue.expected, issue.field) == ("-1", "0–10", ("percent",))
    assert in_words(issue) == "The percentage is not valid: it is out of range."


@given(st.decimals(allow_nan=True, allow_infinity=True), st.integers(0, 6))
def test_a_number_is_taken_whole_or_refused(value: Decimal, decimals: int) -> None:
    act = partial(AMOUNT, value, decimals=decimals, least=-LARGEST_AMOUNT)
    fits = (
        value.is_finite()
        and abs(value) <= LARGEST_AMOUNT
        and value * 10**decimals == int(value * 10**decimals)
    )
    if fits:
        assert act() == value
    else:
        assert refused(act) == ["FIELD_INVALID"]


@pytest.mark.parametrize(("value", "fits"), [(-1, False), (0, True), (365, True), (366, False)])
def test_a_whole_number_lies_between_its_limits(value: int, fits: bool) -> None:
    act = partial(whole, value, field=("payment_days",), name="The term", least=0, most=365)
    if fits:
        assert act() == value
    else:
        assert refused(act) == ["FIELD_INVALID"]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("  abc  ", "abc"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("a\tb", "a\tb"),
        ("\x00a\x1b\u202eb\ufeff", "ab"),
        ("\ud800a\udfff", "a"),
        ("\u200b\u200b", None),
        ("   ", None),
        ("", None),
        ("éàœ€字", "éàœ€字"),
    ],
)
def test_a_text_loses_what_nobody_sees_and_nothing_else(written: str, kept: str | None) -> None:
    assert TEXT(written) == kept


def test_a_text_that_is_too_long_or_missing_is_refused() -> None:
    assert TEXT("abcde") == "abcde"
    assert TEXT("abcde\x00 ") == "abcde"
    assert refused(lambda: TEXT("abcdef")) == ["FIELD_INVALID"]
    for nothing in (None, "", " ", "\x00"):
        assert refused(partial(TEXT, nothing, required=True)) == ["FIELD_REQUIRED"]


@given(st.text(max_size=30) | st.text("\x00\ud800\u202e a\n\r", max_size=30))
def test_every_text_that_is_taken_can_be_stored_and_printed(written: str) -> None:
    kept = TEXT(written, longest=100)
    if kept is None:
        return
    assert kept.encode()
    assert kept == kept.strip()
    assert not set(kept) & set("\x00\r\u202e\u200b")
    assert TEXT(kept, longest=100) == kept


def test_a_choice_is_one_of_those_there_are() -> None:
    act = partial(one_of, field=("language",), name="The language", allowed=("fr", "en"))
    assert act("fr") == "fr"
    for other in ("FR", "de", ""):
        assert refused(partial(act, other)) == ["FIELD_INVALID"]


def test_a_day_is_one_of_business() -> None:
    assert (DAY(EARLIEST), DAY(LATEST)) == (EARLIEST, LATEST)
    for other in (date(1989, 12, 31), date(2101, 1, 1), date.min, date.max):
        assert refused(partial(DAY, other)) == ["FIELD_INVALID"]
