"""A TrueType font cut down to some of its glyphs, which keep their numbers.

Source: the OpenType specification (glyf, loca, hmtx). A PDF needs no more than the seven tables of
`_KEPT` (ISO 32000-1, 9.9, table 126); glyphs that are left out are empty and have no width.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Collection, Iterator

_KEPT = (b"cvt ", b"fpgm", b"glyf", b"head", b"hhea", b"hmtx", b"loca", b"maxp", b"prep")
_ARE_WORDS, _HAS_SCALE, _MORE, _HAS_TWO_SCALES, _HAS_MATRIX = 0x1, 0x8, 0x20, 0x40, 0x80


class TrueType:
    """A font file, read once; ValueError when it is not one with TrueType outlines."""

    def __init__(self, content: bytes) -> None:
        count = struct.unpack_from(">H", content, 4)[0]
        entries = (struct.unpack_from(">4sIII", content, 12 + 16 * at) for at in range(count))
        self._tables = {tag: content[at : at + size] for tag, _, at, size in entries}
        if content[:4] != b"\0\1\0\0" or b"glyf" not in self._tables or b"fvar" in self._tables:
            raise ValueError("a font without fixed TrueType outlines")
        self.units: int = struct.unpack_from(">H", self._tables[b"head"], 18)[0]
        is_long = struct.unpack_from(">h", self._tables[b"head"], 50)[0]
        stored = _big_endian(array("I" if is_long else "H", self._tables[b"loca"]))
        self._places = stored.tolist() if is_long else [2 * place for place in stored]
        self.glyphs = len(self._places) - 1
        self.ascent, self.descent = struct.unpack_from(">hh", self._tables[b"hhea"], 4)
        self._measured: int = struct.unpack_from(">H", self._tables[b"hhea"], 34)[0]
        advances = struct.unpack_from(">" + "Hh" * self._measured, self._tables[b"hmtx"])[::2]
        self.advances = (*advances, *[advances[-1]] * (self.glyphs - self._measured))
        """The width of each glyph, in units of the font."""

    def cut_down(self, glyphs: Collection[int]) -> bytes:
        """The file with these glyphs, what they are made of and the glyph of what is missing."""
        kept = sorted(self._closure(glyphs))
        outlines, places, written = [], array("I"), 0
        for glyph in kept:
            places.extend([written] * (glyph + 1 - len(places)))
            outline = self._outline(glyph)
            outlines.append(outline + b"\0" * (-len(outline) % 4))
            written += len(outlines[-1])
        places.extend([written] * (self.glyphs + 1 - len(places)))
        tables = {tag: table for tag, table in self._tables.items() if tag in _KEPT}
        head = tables[b"head"]
        tables[b"head"] = head[:8] + b"\0\0\0\0" + head[12:50] + b"\0\1" + head[52:]
        tables[b"glyf"], tables[b"loca"] = b"".join(outlines), _big_endian(places).tobytes()
        tables[b"hmtx"] = self._widths_of(kept)
        return _file(tables)

    def _outline(self, glyph: int) -> bytes:
        return self._tables[b"glyf"][self._places[glyph] : self._places[glyph + 1]]

    def _widths_of(self, kept: list[int]) -> bytes:
        whole = self._tables[b"hmtx"]
        cut = bytearray(len(whole))
        last = self._measured - 1
        for glyph in {*kept, last}:
            beyond = glyph - self._measured
            size, at = (4, 4 * glyph) if beyond < 0 else (2, 4 * self._measured + 2 * beyond)
            cut[at : at + size] = whole[at : at + size]
        return bytes(cut)

    def _closure(self, glyphs: Collection[int]) -> set[int]:
        found: set[int] = set()
        waiting = [0, *glyphs]
        while waiting:
            glyph = waiting.pop()
            if glyph not in found:
                found.add(glyph)
                waiting.extend(_components(self._outline(glyph)))
        return found


def _components(outline: bytes) -> Iterator[int]:
    """The glyphs that a compound one is made of."""
    if len(outline) < 10 or struct.unpack_from(">h", outline)[0] >= 0:
        return
    at, flags = 10, _MORE
    while flags & _MORE:
        flags, glyph = struct.unpack_from(">HH", outline, at)
        yield glyph
        at += 8 if flags & _ARE_WORDS else 6
        if flags & _HAS_SCALE:
            at += 2
        elif flags & _HAS_TWO_SCALES:
            at += 4
        elif flags & _HAS_MATRIX:
            at += 8


def _file(tables: dict[bytes, bytes]) -> bytes:
    count = len(tables)
    power = count.bit_length() - 1
    search = 16 << power
    head = struct.pack(">IHHHH", 0x00010000, count, search, power, 16 * count - search)
    at, entries, bodies = 12 + 16 * count, [], []
    for tag in sorted(tables):
        body = tables[tag] + b"\0" * (-len(tables[tag]) % 4)
        entries.append(struct.pack(">4sIII", tag, _sum(body), at, len(tables[tag])))
        bodies.append(body)
        at += len(body)
    made = b"".join((head, *entries, *bodies))
    place = made.index(b"head", 12)
    whole = struct.unpack_from(">I", made, place + 8)[0] + 8
    adjustment = struct.pack(">I", (0xB1B0AFBA - _sum(made)) & 0xFFFFFFFF)
    return made[:whole] + adjustment + made[whole + 4 :]


def _sum(body: bytes) -> int:
    return sum(_big_endian(array("I", body))) & 0xFFFFFFFF


def _big_endian(words: array[int]) -> array[int]:
    """The same in the order of fonts, or from it."""
    if sys.byteorder == "little":
        words.byteswap()
    return words
