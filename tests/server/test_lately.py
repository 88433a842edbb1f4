"""What is asked once passes by; what is asked again stays; the room holds either way."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.documents import LEAST_TOKENS, Documents
from server.lately import TRIAL, Lately


def test_a_document_asked_again_is_the_same_one() -> None:
    documents = Documents()
    assert documents.find("{ a }") is documents.find("{ a }")


def test_what_is_asked_again_outlives_any_number_of_texts_that_are_asked_once() -> None:
    documents = Documents(room=6 * LEAST_TOKENS)
    kept = documents.find("{ a b }")
    assert documents.find("{ a b }") is kept
    once = documents.find("{ c0 }")
    for number in range(1, 20):
        documents.find(f"{{ c{number} }}")
    assert documents.find("{ a b }") is kept
    assert documents.find("{ c0 }") is not once


def test_what_stayed_is_on_trial_again_before_it_is_forgotten() -> None:
    lately: Lately[int] = Lately(6)
    for text in "abcde":
        lately.keep(text, 1, 1)
        lately.get(text)
    # Four stay; "a" went back, and stays again where "b" goes back.
    assert lately.get("a") == 1
    lately.keep("f", 1, 1)
    lately.keep("g", 1, 1)
    assert lately.get("b") is None
    assert [lately.get(text) for text in "acde"] == [1, 1, 1, 1]


@given(
    st.integers(TRIAL, 30),
    st.lists(st.tuples(st.sampled_from("abcdefghij"), st.integers(1, 9)), max_size=60),
)
def test_the_room_is_kept_to_and_a_value_is_that_of_its_text(
    room: int, asked: list[tuple[str, int]]
) -> None:
    lately: Lately[tuple[str, int]] = Lately(room)
    weights: dict[str, int] = {}
    for text, weight in asked:
        found = lately.get(text)
        if found is None:
            weights[text] = weight
            lately.keep(text, (text, weight), weight)
            assert lately.get(text) == (text, weight)
        else:
            assert found == (text, weights[text])
    trial, stays = lately._trial, lately._stays
    for part in (trial, stays):
        assert part.weight == sum(weight for _, weight in part.known.values())
    # One alone may be larger than the room.
    assert len(stays.known) <= 1 or stays.weight <= room - room // TRIAL
    assert len(trial.known) <= 1 or trial.weight + stays.weight <= room
    assert not set(trial.known) & set(stays.known)


def test_what_fits_in_the_room_is_kept_however_often_it_turns() -> None:
    documents = Documents(room=12 * LEAST_TOKENS)
    first = [documents.find(f"{{ a{number} }}") for number in range(12)]
    for _ in range(3):
        assert all(documents.find(f"{{ a{n} }}") is one for n, one in enumerate(first))


def test_what_grows_counts_for_more() -> None:
    lately: Lately[int] = Lately(6)
    for text in "abcdef":
        lately.keep(text, 1, 1)
    assert lately.get("f") == 1
    lately.weigh("f", 3)
    assert [lately.get(text) for text in "ab"] == [None, None]
    assert [lately.get(text) for text in "cdef"] == [1, 1, 1, 1]
