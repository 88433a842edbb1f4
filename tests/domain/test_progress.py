"""Judging a percentage that somebody records by hand (O03)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.project.progress import judge_progress
from tests.domain.examples import codes, in_words, refused


def judged(percent: str, before: str | None = None, *, signed: bool = True) -> list[str]:
    return codes(
        judge_progress(
            phase="APS",
            percent=Decimal(percent),
            before=None if before is None else Decimal(before),
            project="LOG-2403",
            signed=signed,
        )
    )


@pytest.mark.parametrize("percent", ["0", "45", "62.5", "99.9999", "100"])
def test_a_percentage_from_0_to_100_is_recorded_without_a_word(percent: str) -> None:
    assert judged(percent) == []


@pytest.mark.parametrize("percent", ["-0.0001", "100.0001", "-1", "1000"])
def test_what_is_no_percentage_is_refused(percent: str) -> None:
    assert refused(lambda: judged(percent)) == ["PROGRESS_OUT_OF_RANGE"]
    assert refused(lambda: judged(percent, "50", signed=False)) == ["PROGRESS_OUT_OF_RANGE"]


def test_going_back_is_allowed_and_told() -> None:
    assert judged("39.9999", "40") == ["PROGRESS_LOWERED"]
    assert judged("40", "40") == []
    assert judged("0", "0") == []
    (issue,) = judge_progress(
        phase="APS",
        percent=Decimal("40.0000"),
        before=Decimal("100.0000"),
        project="L",
        signed=True,
    )
    assert in_words(issue) == "Progress of APS goes down from 100 % to 40 %."


def test_progress_of_an_unsigned_project_is_told_too() -> None:
    assert judged("40", signed=False) == ["PROGRESS_UNSIGNED"]
    assert judged("40", "50", signed=False) == ["PROGRESS_LOWERED", "PROGRESS_UNSIGNED"]


@given(
    st.decimals(-50, 150, places=4),
    st.none() | st.decimals(0, 100, places=4),
    st.booleans(),
)
def test_it_is_refused_exactly_outside_of_0_to_100(
    percent: Decimal, before: Decimal | None, signed: bool
) -> None:
    def judge() -> list[str]:
        return judged(str(percent), None if before is None else str(before), signed=signed)

    if not 0 <= percent <= 100:
        assert refused(judge) == ["PROGRESS_OUT_OF_RANGE"]
        return
    found = judge()
    assert ("PROGRESS_LOWERED" in found) is (before is not None and percent < before)
    assert ("PROGRESS_UNSIGNED" in found) is not signed
