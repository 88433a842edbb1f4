"""What projects on one invoice have in common, and how its paper groups their lines (B26)."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.project_groups import grouped
from domain.invoice.model import LineKind
from domain.invoice.projects import commitment_of, difference, differences, vat_regime
from domain.project.model import Project
from tests.domain.examples import line, project


def named(code: str, **changed: Any) -> Project:
    return project(code=code, **changed)


@pytest.mark.parametrize(
    ("changed", "particular"),
    [
        ({}, None),
        ({"client_id": 4}, "the client"),
        ({"currency": "CHF"}, "the currency"),
        ({"vat_exemption": "AUTOLIQUIDATION"}, "the VAT regime"),
        ({"country": "BE"}, "the VAT regime"),
        ({"country": "RE"}, None),
        ({"country": "MC"}, None),
        ({"country": "GF"}, "the VAT regime"),
        ({"entity_id": 2}, "the entity"),
        ({"entity_id": None}, None),
        ({"commitment_no": "B"}, "the purchase order"),
        ({"commitment_no": None}, None),
        ({"commitment_no": ""}, None),
    ],
)
def test_what_keeps_two_projects_apart(changed: dict[str, Any], particular: str | None) -> None:
    """DOMAIN §2.5, §4.2: VAT of the place of the building; what nobody named is no difference."""
    one = named("A", commitment_no="A", entity_id=1)
    other = named("B", **{"commitment_no": "A", "entity_id": 1, **changed})
    assert difference(one, other) == difference(other, one) == particular


def test_exempt_for_one_reason_the_country_does_not_matter() -> None:
    abroad = [named(one, country=one, vat_exemption="AUTOLIQUIDATION") for one in ("BE", "DE")]
    assert difference(*abroad) is None
    assert {vat_regime(one) for one in abroad} == {"AUTOLIQUIDATION"}


def test_one_that_names_nothing_stands_between_two_that_differ() -> None:
    """PROJECTS_DIFFER whatever their order: every pair is judged, not neighbours alone."""
    three = [
        named("A", commitment_no=None), named("B", commitment_no="X"), named("C", commitment_no="Y")
    ]  # fmt: skip
    for order in permutations(three):
        issues = differences([(one, ("lines", place)) for place, one in enumerate(order)])
        assert [issue.code for issue in issues] == ["PROJECTS_DIFFER"]
        last = [one.code for one in order if one.code != "A"][1]
        assert issues[0].facts["project"] == last
    assert commitment_of(three) == "X"


@given(st.lists(st.sampled_from("ABCDTN"), max_size=12))
def test_groups_hold_every_line_once_and_sum_up(kinds: list[str]) -> None:
    """A, B, C: lines of projects; D: a deduction of B's deposit; T: a text; N: of no project."""
    lines = []
    for position, kind in enumerate(kinds, start=1):
        made = line(position, net_minor=-position if kind == "D" else position)
        made.phase_id = {"A": 1, "B": 2, "C": 3}.get(kind)
        made.deducts_id = 7 if kind == "D" else None
        if kind == "T":
            made.kind, made.net_minor = LineKind.TEXT, 0
        lines.append(made)
    groups = grouped(
        lines, of_phases={1: 10, 2: 20, 3: 30}, of_deposits={7: 20}, known={10, 20, 30}
    )
    found = [one for group in groups for one in group.lines]
    assert sorted(one.position for one in found) == list(range(1, len(kinds) + 1))
    assert sum(group.net for group in groups) == sum(one.net_minor for one in lines)
    keys = [group.project_id for group in groups]
    assert len(set(keys)) == len(keys)
    assert None not in keys[:-1], "what is of no project comes last"
    for group in groups:
        positions = [one.position for one in group.lines]
        assert positions == sorted(positions)
        for one in group.lines:
            own = {1: 10, 2: 20, 3: 30}.get(one.phase_id or 0, 20 if one.deducts_id else None)
            assert one.kind is LineKind.TEXT or own == group.project_id


def test_a_text_stands_with_the_line_above_it() -> None:
    """DOMAIN §2.1; at the very top with the line below it."""
    lines = [line(place) for place in range(1, 6)]
    lines[1].phase_id, lines[3].phase_id = 1, 2
    for place in (0, 2, 4):
        lines[place].kind = LineKind.TEXT
    groups = grouped(lines, of_phases={1: 10, 2: 20}, of_deposits={}, known={10, 20})
    told = [(group.project_id, [one.position for one in group.lines]) for group in groups]
    assert told == [(10, [1, 2, 3]), (20, [4, 5])]
    alone = grouped(lines[:1], of_phases={}, of_deposits={}, known=())
    assert [group.has_amounts for group in alone] == [False]
