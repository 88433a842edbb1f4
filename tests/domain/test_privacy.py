"""What a person is known by in a text, and what stands there afterwards."""

from __future__ import annotations

import json
import re
from datetime import date
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.privacy import (
    Reckoning,
    Rewriter,
    Subject,
    Trace,
    Why,
    address_trace,
    name_traces,
    near,
    phone_trace,
)

WHO = Subject("collaborator", 12)
TRACES = [
    *name_traces("Renée", "D'Almeida-Gay"),
    *address_trace("r.d@x.fr"),
    *phone_trace("+33 6 12 34 56 78"),
]
REWRITER = Rewriter(TRACES, WHO.neutral_name("fr"), WHO.neutral_address)


@pytest.mark.parametrize(
    "text",
    [
        "Vu avec RENÉE  D’ALMEIDA-GAY.",
        "D'Almeida-Gay, Renée (chef)",
        "renee d'almeida-gay",
        "écrire à R.D@X.FR.",
        "06.12.34.56.78",
        "0033612345678",
        "tél. +33 (0)6 12 34 56 78",
    ],
)
def test_a_person_is_found_however_they_are_written(text: str) -> None:
    assert REWRITER.is_in({"deep": [text]})
    done = REWRITER.rewritten([text])
    assert not REWRITER.is_in(done)
    assert "12" in done[0]


@pytest.mark.parametrize(
    "text",
    [
        *("Renée", "D'Almeida", "Irenée D'Almeida-Gayet", "xr.d@x.fr", "r.d@x.fr.com"),
        *("106 12 34 56 789", "FR76 3000 6123 4567 8901", "", "12"),
    ],
)
def test_what_is_not_the_person_is_left(text: str) -> None:
    assert REWRITER.rewritten({"a": text, "b": 612345678}) == {"a": text, "b": 612345678}


OTHERS = [
    *name_traces("Anne-Marie", "Dupont"),
    *name_traces("Marie Dupont Architectes"),
    *name_traces("Jean", "Dupont"),
    *name_traces("Marie", "Durand"),
    *address_trace("o'brien@x.fr"),
    *name_traces("Paul", "Martin"),
]
MARIE = [*name_traces("Marie", "Dupont"), *address_trace("brien@x.fr")]
BESIDE_OTHERS = Rewriter(MARIE, WHO.neutral_name("fr"), WHO.neutral_address, near(MARIE, OTHERS))


@pytest.mark.parametrize(
    "text",
    [
        *("ANNE-MARIE DUPONT", "chez Marie Dupont Architectes"),
        *("Jean Dupont, Marie Durand", "Durand Marie, Dupont Jean", "o'brien@x.fr"),
        *("Durand, Marie, Dupont, Jean", "(Anne-Marie Dupont)", "<t>Anne‑Marie Dupont</t>"),
    ],
)
def test_nobody_else_is_erased_whose_name_holds_or_adjoins_theirs(text: str) -> None:
    assert Rewriter(MARIE, "x", "y").is_in(text)
    assert not BESIDE_OTHERS.is_in([text])
    assert BESIDE_OTHERS.rewritten([text]) == [text]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Jean Dupont, Marie Dupont", "Jean Dupont, {}"),
        ("Marie Durand, Marie Dupont", "Marie Durand, {}"),
        ("Paul Durand, Marie Dupont, Jean Martin", "Paul Durand, {}, Jean Martin"),
        ("Paul Durand\nMarie Dupont", "Paul Durand\n{}"),
        ("<t>Marie Dupont</t><t>Architectes</t>", "<t>{}</t><t>Architectes</t>"),
        ("Anne-Marie Dupont et Dupont Marie", "Anne-Marie Dupont et {}"),
        ("Marie Dupont, architecte", "{}, architecte"),
    ],
)
def test_who_stands_beside_others_is_erased_all_the_same(text: str, left: str) -> None:
    assert BESIDE_OTHERS.is_in(text)
    assert BESIDE_OTHERS.rewritten(text) == left.format(WHO.neutral_name("fr"))


@given(st.lists(st.sampled_from(["Marie", "Dupont", "Jean", "Anne-Marie", "Durand", "x"])))
def test_whoever_is_spared_bears_the_name_that_stands_there(words: list[str]) -> None:
    """Whatever stands side by side: what is left of a text that named them is of others."""
    for between in (" ", ", ", "\n", "; "):
        text = between.join(words)
        done = BESIDE_OTHERS.rewritten(text)
        assert not BESIDE_OTHERS.is_in(done)
        if between == "; ":
            assert done == text
        elif " ".join(words) in ("Marie Dupont", "x Marie Dupont x"):
            assert done != text


def test_ten_thousand_others_take_no_longer_to_spare() -> None:
    """Each is looked up, where the name stands: a file of them is read as fast as without."""
    others = [one for turn in range(5_000) for one in name_traces("Marie", f"Nom{turn}")]
    spared = Rewriter(MARIE, "x", "y", near(MARIE, others))
    text = "<t>12 Durand Paul, chantier</t>" * 20_000
    spent = process_time()
    assert not spared.is_in(text)
    assert spared.rewritten(text + "Marie Nom77, Marie Dupont") == text + "Marie Nom77, x"
    assert process_time() - spent < 2


def test_only_what_may_be_taken_for_them_is_compared_with_texts() -> None:
    assert [one.text for one in near(MARIE, OTHERS)] == [
        *("Anne-Marie Dupont", "Dupont Anne-Marie", "Marie Dupont Architectes"),
        *("Jean Dupont", "Dupont Jean", "Marie Durand", "Durand Marie", "o'brien@x.fr"),
    ]
    within = [one.text for one in BESIDE_OTHERS.around]
    assert within == ["Anne-Marie Dupont", "Marie Dupont Architectes", "o'brien@x.fr"]


def test_a_single_word_and_a_short_number_are_no_traces() -> None:
    assert name_traces("Accueil") == name_traces("", None) == name_traces("A B") == []
    assert phone_trace("01 23") == address_trace("nobody") == []
    assert name_traces("Personne effacée", "12") == address_trace(WHO.neutral_address) == []


@given(st.text(max_size=30), st.sampled_from(TRACES), st.text(max_size=30), st.booleans())
def test_what_a_statement_looks_for_is_in_whatever_the_rule_finds(
    before: str, trace: Trace, after: str, upper: bool
) -> None:
    """Else a text that names the person would never be read: as text, and as JSON keeps it."""
    text = f"{before} {trace.text} {after}"
    text = text.upper() if upper else text
    if re.search(trace.pattern, text, re.IGNORECASE):
        for kept in (text, json.dumps(text)):
            for part in trace.fragments:
                assert part.lower() in kept.lower()
    assert not REWRITER.is_in(REWRITER.rewritten(text))


def test_the_latest_day_of_what_is_kept_is_told() -> None:
    reckoning = Reckoning()
    reckoning.keep("invoice", Why.ACCOUNTS, until=date(2036, 12, 31))
    reckoning.keep("invoice", Why.ACCOUNTS, until=date(2035, 12, 31))
    reckoning.keep("invoice", Why.ACCOUNTS)
    (part,) = reckoning.kept_parts
    assert (part.count, part.until) == (3, date(2036, 12, 31))
