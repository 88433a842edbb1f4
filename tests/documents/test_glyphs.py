"""Letters that no font of the papers has: found in any text, and none that can be printed."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from io import BytesIO
from unicodedata import category

import pytest
from fontTools.ttLib import TTFont

from documents.glyphs import _UNUSUAL, _known, printed_as_boxes, without_glyph
from documents.picture import InvoicePicture
from documents.picture_json import to_json
from tests.documents.hostile_pictures import filled
from tests.documents.pictures import BUYER, SCHOOL, line, one_line, text


@pytest.mark.parametrize(
    ("said", "letters"),
    [
        ("株式会社 Tōkyō", ["株", "式", "会", "社"]),
        ("👷 chantier", ["👷"]),
        ("한국", ["한", "국"]),
        ("Ελλάδα, Жилище, שלום, Հայ, Łódź, œuvre – 1er, 50 % « €\u202f» →", []),
        ("e\u0301te\u0301, \u00ad, \u200d, \ufe0f, \x07, a\nb, \u3000", []),
        ("", []),
    ],
)
def test_what_no_font_has_is_found(said: str, letters: list[str]) -> None:
    """Blanks, marks and what is never drawn are no letters."""
    assert without_glyph(said) == letters


def test_what_is_not_looked_at_can_be_printed() -> None:
    """The quick look lets nothing pass that the fonts lack; all weights have the same letters."""
    usual = [chr(one) for one in range(0x10000) if not _UNUSUAL.search(chr(one))]
    assert len(usual) > 300
    assert without_glyph("".join(usual)) == []
    for weight in ("Medium", "SemiBold"):
        content = files("documents").joinpath("fonts", f"Inter-{weight}.ttf").read_bytes()
        rest = {one for one in _known() if category(chr(one))[0] not in "CMZ"}
        assert rest - set(TTFont(BytesIO(content)).getBestCmap()) == rest - _inter()


def _inter() -> set[int]:
    content = files("documents").joinpath("fonts", "Inter-Regular.ttf").read_bytes()
    return set(TTFont(BytesIO(content)).getBestCmap())


def test_each_text_is_told_once_with_its_place() -> None:
    picture = replace(
        one_line(),
        buyer=replace(BUYER, name="株式会社", address=("1 rue 株", "Paris")),
        project=replace(SCHOOL, name="株式会社"),
        lines=(line(1, "Études", "11845.00", detail="社"), text(2, "👷")),
    )
    told = printed_as_boxes(to_json(picture))
    assert [(one.field, one.found, one.facts["letters"]) for one in told] == [
        (("client", "name"), "株式会社", "株 式 会 社"),
        (("client", "address"), "1 rue 株", "株"),
        (("lines", 0, "detail"), "社", "社"),
        (("lines", 1, "description"), "👷", "👷"),
    ]
    assert {one.code for one in told} == {"GLYPH_MISSING"}


@pytest.mark.parametrize("picture", [one_line(), filled()])
def test_an_ordinary_paper_has_all_its_letters(picture: InvoicePicture) -> None:
    assert printed_as_boxes(to_json(picture)) == []
