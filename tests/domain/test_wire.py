"""Values and issues survive being kept as JSON with an import's rows."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.errors import KINDS, Issue
from domain.project.model import PhaseKind
from domain.takeover.wire import (
    pack,
    pack_issue,
    pack_values,
    unpack,
    unpack_issue,
    unpack_values,
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    texts,
    st.decimals(allow_nan=False, allow_infinity=False),
    st.dates(),
)


def kept(value: Any) -> Any:
    """What a JSON column gives back."""
    return json.loads(json.dumps(value))


@given(st.dictionaries(texts, values, max_size=8))
def test_a_row_comes_back_as_it_was_to_the_type(cells: dict[str, Any]) -> None:
    found = unpack_values(kept(pack_values(cells)))
    assert found == cells
    assert [type(value) for value in found.values()] == [type(value) for value in cells.values()]


def test_amounts_are_kept_as_text_and_never_as_floats() -> None:
    assert pack(Decimal("12.50")) == {"n": "12.50"}
    assert pack(Decimal("1E+3")) == {"n": "1000"}
    assert str(unpack({"n": "0.10"})) == "0.10"
    assert pack(date(2026, 10, 31)) == {"d": "2026-10-31"}


def test_a_choice_is_kept_by_its_value() -> None:
    assert kept(pack(PhaseKind.ANNEX)) == "ANNEX"
    assert PhaseKind(unpack(kept(pack(PhaseKind.ANNEX)))) is PhaseKind.ANNEX


issues = st.builds(
    Issue,
    kind=st.sampled_from([KINDS["NOT_FOUND"], KINDS["STALE_OBJECT"]]),
    facts=st.dictionaries(texts, texts, max_size=3),
    field=st.lists(texts | st.integers(0, 999), max_size=3).map(tuple),
    row=st.none() | st.integers(0, 10**6),
    column=st.none() | texts,
    expected=st.none() | texts,
    found=st.none() | texts,
)


@given(issues)
def test_an_issue_comes_back_as_it_was(issue: Issue) -> None:
    assert unpack_issue(kept(pack_issue(issue))) == issue


def test_only_what_there_is_to_say_is_kept() -> None:
    assert pack_issue(KINDS["NOT_FOUND"]()) == {"code": "NOT_FOUND"}
