"""Fonts cut down: the glyphs that are kept are drawn as before, the others are empty."""

from __future__ import annotations

from io import BytesIO

import pytest
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.ttLib import TTFont

from documents.pdf.assets import asset
from documents.pdf.stamping.truetype import TrueType

FONTS = ("Inter-Regular.ttf", "InterDisplay-Light.ttf", "DejaVuSans-Rest.ttf")


def outline(font: TTFont, glyph: int) -> object:
    glyphs = font.getGlyphSet()
    pen = DecomposingRecordingPen(glyphs)
    glyphs[font.getGlyphName(glyph)].draw(pen)
    return pen.value


@pytest.mark.parametrize("name", FONTS)
def test_glyphs_that_are_kept_are_drawn_as_before(name: str) -> None:
    content = asset("fonts", name)
    whole = TTFont(BytesIO(content))
    kept = sorted({whole.getGlyphID(one) for one in whole.getBestCmap().values()})[::7]
    made = TrueType(content).cut_down(kept)
    assert len(made) < len(content) / 3
    cut = TTFont(BytesIO(made), checkChecksums=2)
    assert len(cut.getGlyphOrder()) == len(whole.getGlyphOrder())
    names = whole.getGlyphOrder()
    for glyph in kept:
        assert outline(cut, glyph) == outline(whole, glyph)
        advance, bearing = whole["hmtx"][names[glyph]]
        assert cut["hmtx"][cut.getGlyphName(glyph)] == (advance, bearing)
    drawn = [one for one in range(len(names)) if outline(cut, one)]
    assert len(drawn) < 2 * len(kept)


def test_what_is_no_truetype_font_is_refused() -> None:
    with pytest.raises(ValueError, match="TrueType"):
        TrueType(b"OTTO" + b"\0" * 60)
