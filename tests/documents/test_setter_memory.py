"""What the setter keeps of texts: by bytes, the oldest goes first, long texts not at all."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.pdf.stamping import setting
from documents.pdf.stamping.memory import Memory
from documents.pdf.stamping.setting import Setter
from tests.documents.pictures import line, one_line
from tests.documents.stamps import CountingPress, priced

WRAPPING = "Direction de l'exécution des travaux et réception des ouvrages"


@pytest.fixture(scope="module")
def kind() -> Any:
    """The type of a text that is broken over lines."""
    return _broken_kind(PRESS)


def _broken_kind(press: CountingPress) -> Any:
    press.print(priced(one_line(), (line(1, WRAPPING, "10.00"),)))
    ((kept,),) = press.shapes._moulds.values()
    return next(slot.leaves[0].kind for slot in kept.mould.slots if slot.is_broken)


PRESS = CountingPress()


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 60))), st.integers(50, 120))
def test_a_memory_holds_the_newest_within_its_bytes(kept: list[Any], most: int) -> None:
    memory = Memory[int, int](most)
    for turn, (key, size) in enumerate(kept):
        memory.keep(key, turn, size)
    newest: dict[int, tuple[int, int]] = {}
    for turn, (key, size) in reversed([*enumerate(kept)]):
        newest.setdefault(key, (turn, size))
    assert memory.size == sum(newest[key][1] for key in memory) <= most
    assert all(memory[key] == newest[key][0] for key in memory)
    left_out = [turn for key, (turn, _) in newest.items() if key not in memory]
    assert max(left_out, default=-1) < min(memory.values(), default=len(kept))


def test_texts_take_no_more_than_they_are_given(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setting, "MOST_BYTES", 50_000)
    setter = Setter(PRESS.stamper._met)
    tracemalloc.start()
    try:
        for number in range(150):
            assert setter.run(kind, f"{number} " + "Études de projet et plans " * 6) is not None
            setter.lines(kind, f"{number} " + "Études de projet et plans " * 6, 300.0, 9)
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 0 < len(setter._set) < 150
    assert 0 < len(setter._broken) < 150
    assert taken < 2 * setting.MOST_BYTES


def test_long_texts_are_set_and_not_kept(kind: Any) -> None:
    setter = Setter(PRESS.stamper._met)
    long = "Études de projet " * 60
    assert setter.run(kind, long) is not None
    runs = setter.lines(kind, long, 300.0, 99)
    assert runs is not None
    assert not setter._set
    assert not setter._broken
    assert setter.lines(kind, long, 300.0, len(runs)) == runs
    assert setter.lines(kind, long, 300.0, len(runs) - 1) is None


def test_a_text_of_more_lines_than_fit_is_not_set_to_its_end(
    kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    setter, told = Setter(PRESS.stamper._met), []
    split = setting.split_first_line

    def counted(*given: Any) -> Any:
        told.append(given)
        return split(*given)

    monkeypatch.setattr(setting, "split_first_line", counted)
    assert setter.lines(kind, "Études de projet " * 600, 300.0, 2) is None
    assert len(told) == 2
