"""What is remembered of texts is of short ones: long ones would stay, a megabyte each."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import pytest

from documents.accounting import fec, iif
from documents.accounting.text import transliterated
from domain.likeness import loose_key, name_key
from domain.remembered import SHORT, remembering
from templates_xlsx.checker.titles import fold_title
from templates_xlsx.seal import canonical

LONG = 10 * SHORT
MANY = 400

OF_TEXTS: list[Callable[[str], str]] = [
    name_key,
    loose_key,
    fold_title,
    canonical,
    lambda text: transliterated(text, fec.ENCODING),
    fec._text,
    lambda text: iif._text(text, LONG),
]


@pytest.mark.parametrize("of", OF_TEXTS)
def test_long_texts_are_not_kept(of: Callable[[str], str]) -> None:
    of("once")
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(MANY):
            of(f"{number}: " + "long  and longer " * (LONG // 17))
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept - before < MANY * SHORT


def test_short_texts_are_made_something_of_once() -> None:
    asked = []

    @remembering(2)
    def made(text: str, ending: str = "") -> str:
        asked.append(text)
        return text.upper() + ending

    for text in ("a", "a", "b" * SHORT, "b" * SHORT, "c" * (SHORT + 1), "c" * (SHORT + 1)):
        assert made(text) == text.upper()
    assert made("a", ending="!") == "A!"
    assert [text[0] for text in asked] == ["a", "b", "c", "c", "a"]
