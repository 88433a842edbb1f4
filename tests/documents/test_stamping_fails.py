"""Stamping that breaks, as an upgrade of the engine may make it: papers come all the same."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from documents.pdf.stamping import fonts, mould, moulding, setting, slots, stamper, writing
from documents.pdf.stamping.unusual import Unusual
from tests.documents.pictures import line, one_line
from tests.documents.reading import page_texts
from tests.documents.stamps import CountingPress, priced

PAPERS = [
    priced(replace(one_line(), number=f"PAR-{number}"), (line(1, f"Visite {number}", "10.00"),))
    for number in range(1, 4)
]

PRIVATE = [
    (stamper, "generate_pdf"),
    (stamper, "moulded"),
    (moulding, "_contents"),
    (moulding, "framed"),
    (moulding, "slots_of"),
    (slots, "lines_of"),
    (setting, "draw_first_line"),
    (setting, "get_pango_font_key"),
    (setting, "line_size"),
    (setting.Setter, "type_of"),
    (fonts, "_face"),
    (mould, "written"),
    (mould, "drawn"),
    (writing, "_row"),
]
ERRORS = [TypeError, AttributeError, KeyError, IndexError, AssertionError, ZeroDivisionError]


@pytest.fixture(scope="module")
def plainly() -> list[bytes]:
    """The papers in the engine's own bytes."""
    press = CountingPress()
    return [press.by_itself(paper) for paper in PAPERS]


@pytest.fixture(scope="module")
def texts(plainly: list[bytes]) -> list[list[str]]:
    return [page_texts(pdf) for pdf in plainly]


def failing(error: type[Exception]) -> Any:
    def fail(*given: Any, **named: Any) -> Any:
        raise error("changed")

    return fail


def told(logs: Any) -> list[tuple[str, str]]:
    return [(one["event"], one["log_level"]) for one in logs]


@pytest.mark.parametrize("turn", range(len(PRIVATE)), ids=[name for _, name in PRIVATE])
def test_a_paper_comes_whatever_fails_in_its_stamping(
    turn: int,
    plainly: list[bytes],
    texts: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From the first paper on, or once moulds are known; told once, in the engine's own bytes."""
    holder, name = PRIVATE[turn]
    new, knowing = CountingPress(), CountingPress()
    knowing.print(one_line())
    knowing.print(PAPERS[0])
    monkeypatch.setattr(holder, name, failing(ERRORS[turn % len(ERRORS)]))
    with capture_logs() as logs:
        made = [new.print(paper) for paper in PAPERS]
    assert made == plainly
    assert told(logs) == [("stamp_failed", "error")]
    assert not new.shapes._moulds
    assert len(new.shapes.given_up) == 1
    assert [page_texts(knowing.print(paper)) for paper in PAPERS] == texts


def test_a_mould_that_fails_later_is_given_up(
    plainly: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    press = CountingPress()
    press.print(PAPERS[0])
    monkeypatch.setattr(mould, "written", failing(IndexError))
    with capture_logs() as logs:
        made = [press.print(paper) for paper in PAPERS[1:]]
    assert made == plainly[1:]
    assert told(logs) == [("stamp_failed", "error")]
    assert press.laid_out == 3
    assert (press.shapes._moulds, press.shapes._bytes) == ({}, 0)


@pytest.mark.parametrize("absent", ["weasyprint.draw.text", "weasyprint.layout.absolute"])
def test_an_engine_that_lacks_what_stamping_needs_prints_without_it(
    absent: str, plainly: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [*sys.modules]:
        if name.startswith("documents.pdf.stamping.") and not name.endswith(".unusual"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, absent, None)
    with capture_logs() as logs:
        press = CountingPress()
        made = [press.print(paper) for paper in PAPERS]
    assert press.stamper is None
    assert told(logs) == [("stamping_off", "error")]
    assert made == plainly


def test_a_file_of_more_tags_than_two_bytes_count_is_left_to_the_engine() -> None:
    assert len(writing._row(2, 1, 65_535)) == len(writing._row(1, 2**32 - 1, 0))
    for row in ((2, 1, 65_536), (1, 2**32, 0)):
        with pytest.raises(Unusual):
            writing._row(*row)
