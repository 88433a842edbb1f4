"""The fonts of the house in a PDF: which glyphs a paper embeds, and what they say.

The engine cuts its fonts anew for each document. Here the glyphs of a paper are rounded up to whole
groups (all digits, all small letters …), so that most papers embed the very same bytes, which are
kept. What a glyph says when text is copied comes from the font, not from what was drawn first.
"""

from __future__ import annotations

import copy
import struct
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from io import BytesIO
from typing import Any

from fontTools.ttLib import TTFont, TTLibError
from weasyprint.pdf.fonts import Font

from documents.pdf.stamping.truetype import TrueType
from documents.pdf.stamping.unusual import Unusual

_GROUPS = (
    " \u00a0\u202f0123456789,.€%−-–/",
    "abcdefghijklmnopqrstuvwxyz",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "àâçèéêëîïôùûü’'",
    "ÀÂÇÈÉÊËÎÏÔÙÛÜ",
)
_SINGLE, _EXTENSION = 1, 7
"""Kinds of substitutions in a font (OpenType, GSUB): one glyph for one, and one kept elsewhere."""

_OTHER_FIGURES = " Figures"
"""What the style sheet adds to the name of a family for another one of the same file."""

_BFCHAR_MOST = 100
_MOST_MET = 1_000
"""Sets of glyphs that a font remembers."""

_LEVEL = 9
"""Fonts are kept once packed: the best packing costs nothing more."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """One font of one paper, as PDF: widths, what glyphs say, the packed file and its length."""

    widths: bytes
    says: bytes
    file: bytes
    length: int


class Face:
    """A font file of the house; ValueError when it is not one that can be cut here."""

    def __init__(self, content: bytes) -> None:
        self._outlines = TrueType(content)
        scale = 1000 / self._outlines.units
        self.widths = {at: round(one * scale) for at, one in enumerate(self._outlines.advances)}
        """The width of each glyph in thousandths of the size."""
        self.ascent = round(self._outlines.ascent * scale)
        self.descent = round(self._outlines.descent * scale)
        self.said, group_of = _said(TTFont(BytesIO(content), lazy=True))
        """The character that a glyph stands for."""
        groups = dict.fromkeys(group_of.values(), 0)
        for glyph, group in group_of.items():
            groups[group] |= 1 << glyph
        self._bits = {
            glyph: groups[group_of[glyph]] if glyph in group_of else 1 << glyph
            for glyph in self.said
        }
        """A glyph and its group, each as a bit."""
        self._met: dict[int, int] = {}
        self.embedded = lru_cache(maxsize=128)(self._embedded)

    def rounded_up(self, glyphs: Iterable[int]) -> int | None:
        """These glyphs and the rest of their groups, each as a bit; None when one says nothing."""
        bits = 0
        for glyph in glyphs:
            if glyph not in self._bits:
                return None
            bits |= self._bits[glyph]
        # Hundreds of bytes each, and few that differ: all texts share them.
        if len(self._met) > _MOST_MET:
            self._met.clear()
        return self._met.setdefault(bits, bits)

    def _embedded(self, bits: int) -> Embedded:
        glyphs = [one for one in self.said if bits >> one & 1]
        file = self._outlines.cut_down(glyphs)
        widths = b" ".join(b"%d [%d]" % (one, self.widths[one]) for one in sorted(glyphs))
        says = zlib.compress(self._says(sorted(glyphs)), _LEVEL)
        return Embedded(b"[" + widths + b"]", says, zlib.compress(file, _LEVEL), len(file))

    def _says(self, glyphs: list[int]) -> bytes:
        lines = [
            "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap",
            "/CIDSystemInfo\n<< /Registry (Adobe)\n/Ordering (UCS)\n/Supplement 0\n>> def",
            "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def",
            "1 begincodespacerange\n<0000> <ffff>\nendcodespacerange",
        ]
        for start in range(0, len(glyphs), _BFCHAR_MOST):
            part = glyphs[start : start + _BFCHAR_MOST]
            lines.append(f"{len(part)} beginbfchar")
            lines += [f"<{one:04x}> <{self.said[one].encode('utf-16-be').hex()}>" for one in part]
            lines.append("endbfchar")
        lines.append("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend")
        return "\n".join(lines).encode()


def _said(font: Any) -> tuple[dict[int, str], dict[int, int]]:
    """What each glyph says, and the group of those that are in one, by number of glyph.

    Other forms of a character (figures of one width) make a group of their own.
    """
    glyph_of = {chr(code): font.getGlyphID(name) for code, name in font.getBestCmap().items()}
    times = Counter(glyph_of.values())
    # A glyph that stands for two characters (delta and increment) says neither for sure.
    said = {glyph: one for one, glyph in glyph_of.items() if times[glyph] == 1}
    group = {
        glyph_of[one]: number
        for number, group in enumerate(_GROUPS)
        for one in group
        if one in glyph_of and times[glyph_of[one]] == 1
    }
    for plain, other in _other_forms(font):
        if plain in said and other not in said and other not in times:
            said[other] = said[plain]
            if plain in group:
                group[other] = len(_GROUPS) + group[plain]
    return said, group


def _other_forms(font: Any) -> Iterable[tuple[int, int]]:
    if "GSUB" not in font or font["GSUB"].table.LookupList is None:
        return
    for lookup in font["GSUB"].table.LookupList.Lookup:
        for part in lookup.SubTable:
            if part.LookupType == _EXTENSION:
                part = part.ExtSubTable
            if part.LookupType == _SINGLE:
                for plain, other in part.mapping.items():
                    yield font.getGlyphID(plain), font.getGlyphID(other)


# The library bears no types: a class of its own is Any.
class HouseFont(Font):  # type: ignore[misc]
    """A font in one document. `to_unicode` fills as glyphs are drawn; nothing is cut."""

    face: Face
    widths: dict[int, int]

    def clean(self, to_unicode: object, hinting: object) -> None:
        """What the engine would embed is replaced by `Face.embedded`."""
        self.file_content, self.widths = b"", {}


class Fonts:
    """The fonts that one set-up of the engine has met, by the engine's key.

    Two families of one file (the plain one and the one with figures of one width) are one font.
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[int, HouseFont]] = {}
        self._first: dict[tuple[Face, bytes], tuple[int, HouseFont]] = {}

    def known(self, key: int) -> tuple[int, HouseFont] | None:
        """The font, and the key that it goes by."""
        return self._known.get(key)

    def learn(self, key: int, font: Any) -> None:
        """Remembers a font; Unusual when it is none of the house's kind."""
        met = copy.copy(font)
        met.__class__ = HouseFont
        try:
            met.face = _face(bytes(font.file_content))
        except (ValueError, LookupError, struct.error, TTLibError) as error:
            raise Unusual(f"the font {font.family}") from error
        met.widths, met.file_content = dict(met.face.widths), b""
        met.ascent, met.descent = met.face.ascent, met.face.descent
        met.family = font.family.replace(_OTHER_FIGURES, "")
        met.hash, met.name = _named(font.name)
        self._known[key] = self._first.setdefault((met.face, met.name), (key, met))

    def of_document(self) -> _OfDocument:
        return _OfDocument(self)


def _named(name: bytes) -> tuple[str, bytes]:
    """What pages and files call a font, whichever of its families was met first."""
    plain = name.partition(b"+")[2].replace(_OTHER_FIGURES.replace(" ", "-").encode(), b"")
    mark = "".join(chr(65 + one % 26) for one in sha256(plain).digest()[:6])
    return mark, b"/%s+%s" % (mark.encode(), plain)


class _OfDocument(dict[int, Any]):
    """The fonts of one document, as the engine asks for them; Unusual for a strange one."""

    def __init__(self, fonts: Fonts) -> None:
        super().__init__()
        self._fonts = fonts

    def __contains__(self, key: object) -> bool:
        assert isinstance(key, int)
        met = self._fonts.known(key)
        if met is None:
            return False
        first, font = met
        if not dict.__contains__(self, first):
            mine = copy.copy(font)
            mine.to_unicode, mine.missing = {}, {}
            dict.__setitem__(self, first, mine)
        return True

    def __getitem__(self, key: int) -> Any:
        met = self._fonts.known(key)
        return dict.__getitem__(self, key if met is None else met[0])

    def __setitem__(self, key: int, font: Any) -> None:
        self._fonts.learn(key, font)
        assert key in self


@lru_cache(maxsize=8)
def _face(content: bytes) -> Face:
    return Face(content)
