"""Many papers bound into one PDF: every page, in order, findable, and one at a time in memory."""

from __future__ import annotations

import gc
import logging
import tracemalloc
from dataclasses import replace
from io import BytesIO

import pytest
from pypdf import PdfReader

from documents.pdf import render_invoice
from documents.pdf.binding import Binder
from tests.documents.pictures import english_credit_note, one_line, pro_forma, sixty_lines
from tests.documents.reading import page_texts
from tests.documents.test_logo import raster


def bound(*papers: tuple[bytes, str]) -> bytes:
    out = BytesIO()
    binder = Binder(out)
    for content, title in papers:
        binder.add(content, title)
    binder.finish()
    return out.getvalue()


@pytest.fixture(scope="module")
def papers() -> list[tuple[bytes, str]]:
    """B29: one page, several, a watermark, another language, a logo twice."""
    pictures = [
        *(one_line(), sixty_lines(), pro_forma(), english_credit_note()),
        *(
            replace(one_line(), logo=raster("PNG")),
            replace(english_credit_note(), logo=raster("PNG")),
        ),
    ]
    return [(render_invoice(one), f"Pièce n° {place}") for place, one in enumerate(pictures)]


def test_every_page_is_there_in_order_with_a_bookmark_to_each_paper(
    papers: list[tuple[bytes, str]], caplog: pytest.LogCaptureFixture
) -> None:
    """B29: a reader that forgives nothing reads the same text as in each paper alone."""
    whole = bound(*papers)
    reader = PdfReader(BytesIO(whole), strict=True)
    alone = [page_texts(content) for content, _ in papers]
    assert page_texts(whole) == [text for pages in alone for text in pages]
    starts = [sum(map(len, alone[:place])) for place in range(len(alone))]
    assert [
        (mark.title, reader.get_destination_page_number(mark)) for mark in reader.outline
    ] == list(zip([title for _, title in papers], starts, strict=True))
    assert len(alone[1]) > 1
    assert caplog.records == []
    for page in reader.pages:
        assert page.mediabox == PdfReader(BytesIO(papers[0][0])).pages[0].mediabox
    assert bound(*papers) == whole


def test_a_logo_is_written_once(papers: list[tuple[bytes, str]]) -> None:
    once, twice = bound(papers[4]), bound(*papers[4:6])
    assert once.count(b"/Subtype /Image") == twice.count(b"/Subtype /Image") > 0


def test_the_tree_of_pages_holds_more_than_one_node(papers: list[tuple[bytes, str]]) -> None:
    content = papers[0][0]
    reader = PdfReader(BytesIO(bound(*[(content, str(place)) for place in range(140)])))
    assert len(reader.pages) == 140
    root = reader.trailer["/Root"]["/Pages"]
    assert [kid.get_object()["/Count"] for kid in root["/Kids"]] == [128, 12]
    assert len(reader.outline) == 140


def test_what_is_no_paper_adds_nothing(papers: list[tuple[bytes, str]]) -> None:
    out = BytesIO()
    binder = Binder(out)
    binder.add(*papers[0])
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    for content in (b"", b"%PDF-1.7 and no more", papers[1][0][:2_000]):
        with pytest.raises(Exception, match=r".*"):
            binder.add(content, "broken")
    binder.add(*papers[2])
    binder.finish()
    assert binder.papers == 2
    assert page_texts(out.getvalue()) == page_texts(papers[0][0]) + page_texts(papers[2][0])
    empty = PdfReader(BytesIO(bound()))
    assert len(empty.pages) == 0


def test_memory_does_not_grow_with_the_papers(
    papers: list[tuple[bytes, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Two kilobytes a paper at most: its bookmark, and where its objects begin."""
    content = papers[0][0]
    with (tmp_path_factory.mktemp("bound") / "whole.pdf").open("wb") as out:
        binder = Binder(out)
        for place in range(2):
            binder.add(content, str(place))
        tracemalloc.start()
        for place in range(4):
            binder.add(content, str(place))
        gc.collect()
        held = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        assert held < 4 * 2_000 < len(content)
