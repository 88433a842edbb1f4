"""Stamped papers: to the last byte what the engine makes, or left to the engine."""

from __future__ import annotations

import gc
import tracemalloc
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from documents.pdf.stamping import fonts
from documents.pdf.stamping.fonts import Face
from documents.pdf.stamping.setting import Type
from documents.pdf.stamping.shapes import Shapes
from documents.picture import InvoicePicture, Line
from tests.documents.pictures import (
    english_credit_note,
    line,
    one_line,
    pro_forma,
    sixty_lines,
    text,
    three_rates,
)
from tests.documents.reading import font_descriptors, opened, page_texts
from tests.documents.stamps import CountingPress, priced

PRESS = CountingPress()

WORDS = st.text("abcdeéèàçôœABCÉ0123456789 .,;:!?'’–-/()&%€°", min_size=1, max_size=60)
STRANGE = st.sampled_from(
    [
        "Ελλάδα",
        "שלום",
        "漢字",
        "e\u0301te\u0301",
        "👷 chantier",
        "a\nb",
        "a  b",
        " a",
        "a\u00ad-b",
        "x" * 200,
    ]
)
TEXTS = st.one_of(WORDS, WORDS, WORDS, STRANGE).filter(lambda said: bool(said.strip()))
AMOUNTS = st.decimals(Decimal("0.01"), Decimal("9999999.99"), places=2)
MODELS = [one_line(), three_rates(), pro_forma(), english_credit_note(), sixty_lines(30)]


@pytest.fixture
def press() -> CountingPress:
    """The press of these tests, knowing no shape."""
    PRESS.stamper.shapes = Shapes(PRESS.shapes.setter, set())
    PRESS.laid_out = 0
    return PRESS


def other(picture: InvoicePicture, draw: Any) -> InvoicePicture:
    """An invoice like `picture`, with other texts and amounts in most places."""
    lines = tuple(_other_line(one, draw) for one in picture.lines)
    changed = replace(
        picture,
        number=f"{picture.number[:3]}{draw(st.integers(1, 99999))}",
        buyer=replace(picture.buyer, name=draw(TEXTS), code=draw(TEXTS)),
        project=picture.project and replace(picture.project, name=draw(TEXTS)),
        footer_message=draw(TEXTS),
        due_date=picture.due_date and draw(st.dates()),
    )
    return priced(changed, lines)


def _other_line(one: Line, draw: Any) -> Line:
    if one.net is None or one.quantity is None:
        return replace(one, description=draw(TEXTS))
    amount = draw(AMOUNTS)
    description = draw(st.one_of(st.just(one.description), TEXTS))
    detail = one.detail and draw(TEXTS)
    return replace(one, description=description, detail=detail, unit_price=amount, net=amount)


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
@given(st.data())
def test_a_stamped_paper_is_what_the_engine_makes_and_says_what_the_library_alone_says(
    data: st.DataObject,
) -> None:
    """The oracle lays each paper out anew; the library alone also cuts and names its own fonts."""
    model = data.draw(st.sampled_from(MODELS[:-1]))
    PRESS.print(model)
    paper = other(model, data.draw)
    assert PRESS.print(paper) == PRESS.laid_out_anew(paper)
    again = replace(paper, number=f"{model.number[:3]}{data.draw(st.integers(1, 99999))}")
    stamped = PRESS.print(again)
    assert stamped == PRESS.laid_out_anew(again)
    assert said(stamped) == said(PRESS.plain(again))


def said(pdf: bytes) -> list[str]:
    """The text of each page; a letter and its accent are one letter, however they are stored."""
    return [normalize("NFC", page) for page in page_texts(pdf)]


@pytest.mark.parametrize("model", MODELS)
def test_a_paper_of_a_known_shape_is_not_laid_out(
    press: CountingPress, model: InvoicePicture
) -> None:
    papers = [replace(model, number=f"{model.number[:3]}{number}") for number in range(1, 5)]
    made = [press.print(paper) for paper in papers]
    # The first for its shape, the second to check on the stamp.
    assert press.laid_out == 2
    assert len(set(made)) == len(made)
    for paper, pdf in zip(papers, made, strict=True):
        reader = opened(pdf)
        title = str(reader.metadata.title) if reader.metadata else ""
        assert title.endswith(paper.number)
        assert [getattr(one, "title", None) for one in reader.outline] == [title]
        assert paper.number in page_texts(pdf)[0]
        assert "/StructTreeRoot" in reader.root_object
        assert all("/FontFile2" in one for one in font_descriptors(pdf))


def test_a_period_is_told_once_on_a_stamped_paper_too(press: CountingPress) -> None:
    """The paper whose detail tells it is of another shape than the one that needs it below."""
    days = {"period_start": date(2026, 9, 15), "period_end": date(2026, 9, 30)}
    told = "Du 15 septembre 2026 au 30 septembre 2026"
    for detail, short in ((told, 0), ("Maintenance", 1)):
        period = line(1, "ABO – Abonnement", "11845.00", detail=detail, **days)
        papers = [replace(one_line(), number=f"PAR26-0{at}", lines=(period,)) for at in range(3)]
        for paper in papers:
            made = press.print(paper)
            assert made == press.laid_out_anew(paper)
            assert (" ".join(page_texts(made))).count("Du 15/09/2026 au 30/09/2026") == short


WIDE = one_line()
UNFIT = {
    "a text that would wrap": replace(WIDE, buyer=replace(WIDE.buyer, name="Ville de " * 9)),
    "glyphs of another font": replace(WIDE, buyer=replace(WIDE.buyer, name="Հայ")),
    "right to left": replace(WIDE, buyer=replace(WIDE.buyer, name="עירייה")),
    "a glyph that no font has": replace(WIDE, buyer=replace(WIDE.buyer, name="漢字")),
    "glyphs of two fonts": replace(WIDE, buyer=replace(WIDE.buyer, name="Ville Հայ")),
    "a soft hyphen": replace(WIDE, buyer=replace(WIDE.buyer, name="Ville\u00adneuve")),
    "two blanks": replace(WIDE, buyer=replace(WIDE.buyer, name="Ville  neuve")),
    "a blank before": replace(WIDE, buyer=replace(WIDE.buyer, name=" Ville")),
    "a line end": priced(WIDE, (line(1, "Un\ndeux", "1.00", detail="x"),)),
    "more lines": priced(WIDE, (line(1, "Un", "1.00", detail="x"), text(2, "Deux"))),
    "no detail": priced(WIDE, (line(1, "Un", "1.00"),)),
    "an amount as wide as its column": priced(
        WIDE, (line(1, "Un", "123456789012345678901.00", detail="x"),)
    ),
    "another accent": replace(WIDE, accent="#112233"),
    "another language": replace(WIDE, language="en"),
    "no logo": replace(WIDE, logo=None),
    "a title of two blanks": replace(WIDE, number="PAR  1"),
}


@pytest.fixture(scope="module")
def moulds() -> Shapes:
    """What is known once three papers of the shape of WIDE are printed."""
    known = PRESS.stamper.shapes = Shapes(PRESS.shapes.setter, set())
    for number in range(3):
        PRESS.print(replace(WIDE, number=f"PAR-{number}"))
    return known


@pytest.mark.parametrize("reason", UNFIT)
def test_what_does_not_fit_is_laid_out(moulds: Shapes, press: CountingPress, reason: str) -> None:
    press.shapes._moulds.update(
        (shape, [replace(one) for one in kept]) for shape, kept in moulds._moulds.items()
    )
    press.shapes._bytes = moulds._bytes
    printed = press.print(UNFIT[reason])
    assert press.laid_out == 1
    assert printed == press.laid_out_anew(UNFIT[reason])
    assert said(printed) == said(press.plain(UNFIT[reason]))


def test_a_font_of_another_kind_is_left_to_the_engine(
    press: CountingPress, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a machine's own font may be, where those of the house lack a letter."""

    def strange(content: bytes) -> Face:
        raise ValueError("a font of outlines of another kind")

    monkeypatch.setattr(fonts, "_face", strange)
    strangers = CountingPress()
    for number in range(2):
        paper = replace(one_line(), number=f"PAR-{number}")
        assert said(strangers.print(paper)) == said(press.plain(paper))
    assert strangers.laid_out == 2
    assert not strangers.shapes._moulds


def test_a_glyph_of_two_characters_is_left_to_the_engine(press: CountingPress) -> None:
    paper = replace(one_line(), footer_message="∆ 5 %")
    assert "∆ 5 %" in page_texts(press.print(paper))[0]
    assert not press.shapes._moulds


def test_a_text_that_wraps_is_stamped_where_it_takes_as_many_lines(press: CountingPress) -> None:
    def wrapping(said: str) -> InvoicePicture:
        return priced(one_line(), (line(1, said, "10.00"),))

    press.print(wrapping("Direction de l'exécution des travaux et réception des ouvrages"))
    papers = [
        wrapping("Assistance aux opérations de réception, levée des réserves, dossiers"),
        wrapping("Études de projet, plans et coupes de tous les niveaux du bâtiment A"),
    ]
    made = [press.print(paper) for paper in papers]
    assert press.laid_out == 2
    assert made == [press.laid_out_anew(paper) for paper in papers]
    press.laid_out = 0
    press.print(
        wrapping("Études de projet, plans et coupes de tous les niveaux du bâtiment A, " * 2)
    )
    assert press.laid_out == 1


def test_a_wrong_stamp_is_found_by_the_sample_and_its_shape_given_up(press: CountingPress) -> None:
    """The mould is spoilt behind its back: a total reads 1 more."""
    papers = [replace(one_line(), number=f"PAR-{number}") for number in range(4)]
    press.print(papers[0])
    ((kept,),) = press.shapes._moulds.values()
    slots = tuple(
        replace(slot, left=slot.left + 1) if slot.share else slot for slot in kept.mould.slots
    )
    kept.mould = replace(kept.mould, slots=slots)
    with capture_logs() as logs:
        printed = press.print(papers[1])
    assert printed == press.laid_out_anew(papers[1])
    assert [(one["event"], one["log_level"]) for one in logs] == [("stamp_differs", "error")]
    press.laid_out = 0
    for paper in papers[2:]:
        assert press.print(paper) == press.laid_out_anew(paper)
    assert press.laid_out == 4
    assert not press.shapes._moulds
    assert len(press.shapes.given_up) == 1


def test_every_hundredth_stamp_is_checked(press: CountingPress) -> None:
    for number in range(203):
        press.print(replace(one_line(), number=f"PAR-{number}"))
    assert press.laid_out == 1 + 3


def test_moulds_take_the_room_they_are_reckoned_at(press: CountingPress) -> None:
    def print_some(first: int) -> None:
        for turn in range(first, first + 3):
            press.print(replace(sixty_lines(6), accent=f"#{turn:06x}"))

    print_some(0)
    tracemalloc.start()
    try:
        print_some(3)
        gc.collect()
        held, _ = tracemalloc.get_traced_memory()
        reckoned = press.shapes._bytes
        for _ in range(3):
            press.shapes._drop(next(reversed(press.shapes._moulds)))
        gc.collect()
        left, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held - left == pytest.approx(reckoned - press.shapes._bytes, rel=0.25)


def test_moulds_take_no_more_room_than_they_are_given(press: CountingPress) -> None:
    def of_shape(turn: int) -> InvoicePicture:
        return replace(one_line(), accent=f"#{turn:06x}")

    press.print(of_shape(0))
    size = press.shapes._bytes
    press.shapes.most_bytes = 3 * size + size // 2
    for turn in (1, 2, 0, 3):
        press.print(of_shape(turn))
    assert len(press.shapes._moulds) == 3
    assert press.shapes._bytes == pytest.approx(3 * size, rel=0.1)
    press.laid_out = 0
    press.print(of_shape(0))
    assert press.laid_out == 0
    press.print(of_shape(1))
    assert press.laid_out == 1


def test_a_font_is_the_same_whichever_of_its_families_was_met_first(press: CountingPress) -> None:
    printed = press.print(one_line())
    names = [one["/FontName"] for one in font_descriptors(printed)]
    assert len(names) == len(set(names))
    assert not [name for name in names if "Figures" in name]
    other = CountingPress()
    for kind in press.stamper.setter._types.values():
        if "House Figures" in kind["font_family"]:
            here = Type(kind)
            here.font_config = other.engine._fonts
            assert other.stamper.setter.run(here, "12")
    assert len(other.stamper._met._known) == 3
    assert other.print(one_line()) == printed


def test_no_text_asks_for_a_feature_of_its_font_by_itself(press: CountingPress) -> None:
    """The engine's text layout would keep a list for each such text, for good."""
    press.print(sixty_lines(3))
    asked = {str(kind["font_feature_settings"]) for kind in press.stamper.setter._types.values()}
    assert asked == {"normal"}
