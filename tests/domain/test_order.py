"""Which file must be imported before which (O08, O09)."""

from __future__ import annotations

import pytest

from domain.takeover.order import NEEDS, ORDER, check_order
from tests.domain.examples import codes, in_words

TITLES = {
    "clients": "Clients",
    "projects": "Projets",
    "phases": "Phases et annexes",
    "collaborators": "Collaborateurs",
    "progress": "Avancement",
    "history": "Historique",
    "adjustments": "Ajustements",
    "time_entries": "Temps",
    "clients_fusion": "Clients",
}
FULL = dict.fromkeys(ORDER, 1)


def first_missing(kind: str, counts: dict[str, int]) -> str | None:
    issues = check_order(kind, counts, titles=TITLES)
    if not issues:
        return None
    assert codes(issues) == ["IMPORT_ORDER"]
    return issues[0].expected


def test_the_order_told_is_clients_projects_phases_then_collaborators() -> None:
    """O08, O09."""
    assert ORDER[:4] == ("clients", "projects", "phases", "collaborators")
    assert ORDER[4:7] == ("progress", "history", "adjustments")


@pytest.mark.parametrize(
    ("kind", "there", "first"),
    [
        ("clients", [], None),
        ("collaborators", [], None),
        ("projects", [], "Clients"),
        ("projects", ["clients"], None),
        ("phases", [], "Clients"),
        ("phases", ["projects"], "Clients"),
        ("phases", ["clients"], "Projets"),
        ("phases", ["clients", "projects"], None),
        ("progress", [], "Clients"),
        ("progress", ["clients"], "Projets"),
        ("progress", ["clients", "projects"], "Phases et annexes"),
        ("progress", ["clients", "projects", "phases"], None),
        ("history", ["clients", "projects"], "Phases et annexes"),
        ("history", ["clients", "projects", "phases"], None),
        ("adjustments", ["clients"], "Projets"),
        ("time_entries", ["collaborators"], "Clients"),
        ("time_entries", ["clients", "collaborators"], "Projets"),
        ("time_entries", ["clients", "projects"], "Collaborateurs"),
        ("time_entries", ["clients", "projects", "collaborators"], None),
        ("clients_fusion", [], None),
    ],
)
def test_a_file_whose_prerequisites_are_empty_is_refused_with_the_first_to_import(
    kind: str, there: list[str], first: str | None
) -> None:
    """O08: clients, then projects, then phases; collaborators at any time (O09)."""
    assert first_missing(kind, dict.fromkeys(there, 3)) == first
    # No record at all and none counted are the same.
    assert first_missing(kind, dict.fromkeys(ORDER, 0) | dict.fromkeys(there, 3)) == first


def test_importing_in_the_order_told_is_never_refused() -> None:
    counts: dict[str, int] = {}
    for kind in ORDER:
        assert first_missing(kind, counts) is None
        counts[kind] = 1


def test_what_a_file_needs_comes_before_it() -> None:
    assert set(NEEDS) == set(ORDER)
    for kind, needed in NEEDS.items():
        assert all(ORDER.index(first) < ORDER.index(kind) for first in needed)


def test_the_refusal_names_both_files() -> None:
    (issue,) = check_order("phases", {"clients": 1}, titles=TITLES)
    assert in_words(issue) == ("Nothing that “Phases et annexes” refers to has been imported yet.")
    assert issue.facts["first"] == "Projets"
