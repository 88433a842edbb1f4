"""Finding the record a cell names: by code, by name, by a name that is nearly the same."""

from __future__ import annotations

from weakref import ref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.likeness import name_key
from domain.takeover.match import Index
from tests.domain.examples import codes, in_words, known

CLIENTS = Index(
    [
        known(1, "Brive-Habitat", code="CLI-0001"),
        known(2, "Foncière des Tilleuls Argentés SAS", code="CLI-0002"),
        known(3, "Dupont SARL", code="CLI-0003"),
        known(4, "Dupont SA", code="CLI-0004"),
        known(5, "Ville de Nantes"),
    ]
)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("CLI-0001", 1),
        ("cli-0001", 1),
        ("Brive-Habitat", 1),
        ("BRIVE‑HABITAT", 1),
        ("fonciere des tilleuls argentes sas", 2),
        ("Dupont SARL", 3),
        ("dupont sa", 4),
        ("ville de nantes", 5),
    ],
)
def test_a_record_is_found_by_its_code_or_its_name(text: str, key: int) -> None:
    """O17: without case or accents."""
    entry, issues = CLIENTS.resolve(text, field="client")
    assert entry is not None
    assert (entry.id, issues) == (key, ())


@pytest.mark.parametrize(
    "text", ["Foncière des Tilleuls Argentés", "Foncière, des Tilleuls Argentés (SARL)"]
)
def test_a_name_that_differs_in_its_legal_form_alone_is_taken_with_a_warning(text: str) -> None:
    entry, issues = CLIENTS.resolve(text, field="client")
    assert entry is not None
    assert entry.id == 2
    assert codes(issues) == ["REFERENCE_MATCHED_APPROX"]
    assert (issues[0].found, issues[0].expected) == (text, "Foncière des Tilleuls Argentés SAS")
    assert issues[0].field == ("client",)


def test_a_name_that_may_be_two_is_refused_with_both() -> None:
    entry, issues = CLIENTS.resolve("Dupont", field="client")
    assert entry is None
    assert codes(issues) == ["REFERENCE_AMBIGUOUS"]
    assert in_words(issues[0]) == "Several records answer to “Dupont”: Dupont SARL, Dupont SA."


def test_an_unknown_name_is_refused_with_near_ones() -> None:
    entry, issues = CLIENTS.resolve("Brive Abitat", field="client")
    assert entry is None
    assert codes(issues) == ["REFERENCE_UNKNOWN"]
    assert issues[0].expected == "Brive-Habitat"
    assert "Near names: Brive-Habitat." in in_words(issues[0])


def test_an_unknown_name_that_is_like_no_other_names_none() -> None:
    _, issues = CLIENTS.resolve("Zzz", field="client")
    assert codes(issues) == ["REFERENCE_UNKNOWN"]
    assert issues[0].expected is None
    assert in_words(issues[0]) == "“Zzz” is not among your records."
    assert "proches" not in in_words(issues[0], "fr")


def test_a_code_wins_over_a_name() -> None:
    index = Index([known(1, "Tilleuls", code="DUPONT"), known(2, "Dupont", code="C2")])
    entry, _ = index.resolve("Dupont", field="client")
    assert entry is not None
    assert entry.id == 1


def test_nothing_is_found_in_an_empty_index() -> None:
    entry, issues = Index().resolve("Brive-Habitat", field="client")
    assert (entry, codes(issues), len(Index())) == (None, ["REFERENCE_UNKNOWN"], 0)


words = st.text("abcdeéÉ-' ", min_size=1, max_size=12).filter(lambda text: name_key(text) != "")


@given(st.lists(words, min_size=1, max_size=12, unique_by=name_key))
def test_every_record_answers_to_its_own_name_and_its_own_code(names: list[str]) -> None:
    index = Index(known(key, name, code=f"K{key}#") for key, name in enumerate(names, start=1))
    for key, name in enumerate(names, start=1):
        for text in (name, name.upper(), f"k{key}#"):
            entry, issues = index.resolve(text, field="client")
            assert entry is not None
            assert (entry.id, issues) == (key, ())


@given(st.lists(words, max_size=8, unique_by=name_key), words)
def test_what_is_not_found_is_refused_and_what_is_found_is_not(
    names: list[str], wanted: str
) -> None:
    index = Index(known(key, name) for key, name in enumerate(names, start=1))
    entry, issues = index.resolve(wanted, field="client")
    assert (entry is None) is any(issue.is_red for issue in issues)
    assert len(issues) <= 1


def test_two_records_of_one_name_are_told_by_their_codes() -> None:
    """Two projects may be called alike: the first one is not taken in silence."""
    alike = Index([known(1, "Halle", code="P-1"), known(2, "halle", code="P-2")])
    entry, issues = alike.resolve("HALLE", field="project")
    assert (entry, codes(issues)) == (None, ["REFERENCE_AMBIGUOUS"])
    assert issues[0].facts["near"] == "P-1, P-2"
    assert alike.resolve("p-2", field="project")[0] is alike.by_id[2]


def test_of_two_records_of_one_name_the_one_put_away_is_not_meant() -> None:
    gone = known(1, "Halle", code="P-1", archived_at="2026-01-01")
    both = Index([gone, known(2, "Halle", code="P-2")])
    assert both.resolve("Halle", field="project") == (both.by_id[2], ())


def test_what_finds_the_likely_names_goes_with_the_index() -> None:
    """Else all names of the firms that took files in would stay with the process."""
    index = Index([known(1, "Commune de Saint-Aubin")])
    assert index.resolve("Comune de St-Aubin", field="client")[0] is None
    names = ref(index._names)
    assert names() is not None
    del index
    assert names() is None
