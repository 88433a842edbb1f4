"""Texts set in type by the engine's own text layout, each once: its glyphs and its width."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from sys import getsizeof
from types import SimpleNamespace
from typing import Any

from weasyprint.draw.text import draw_first_line
from weasyprint.matrix import Matrix
from weasyprint.text.ffi import FROM_UNITS, ffi, pango
from weasyprint.text.fonts import get_pango_font_key
from weasyprint.text.line_break import Layout, line_size, split_first_line

from documents.pdf.stamping.fonts import Fonts
from documents.pdf.stamping.memory import Memory
from documents.pdf.stamping.unusual import Unusual

MOST_BYTES = 8_000_000
"""Of what is kept of texts that were set, about."""

_LONGEST = 200
"""Letters of a text that is kept: longer ones hardly come twice."""

_OF_A_TEXT, _OF_A_RUN = 300, 200
"""Bytes besides its letters: what holds it, and numbers."""

_MET = "types"
"""What the memory of a document's styles has of them here; the engine's own names are units."""

_GLYPHS = re.compile(rb"<([0-9a-f]+)>")
_OF_TYPE = (
    "font_family",
    "font_size",
    "font_style",
    "font_stretch",
    "font_weight",
    "font_kerning",
    "font_variant_ligatures",
    "font_variant_position",
    "font_variant_caps",
    "font_variant_numeric",
    "font_variant_alternates",
    "font_variant_east_asian",
    "font_feature_settings",
    "font_variation_settings",
    "font_language_override",
    "lang",
    "direction",
    "letter_spacing",
    "word_spacing",
    "white_space",
    "overflow_wrap",
    "word_break",
    "hyphens",
    "hyphenate_character",
    "hyphenate_limit_chars",
    "hyphenate_limit_zone",
    "tab_size",
    "text_decoration_line",
)


class Type(dict[str, Any]):
    """The part of a computed style that text layout reads, one object for all that are equal."""

    font_config: Any

    # A dict is no key of another; this one is, by which object it is.
    def __hash__(self) -> int:  # type: ignore[override]
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


@dataclass(frozen=True, slots=True)
class Run:
    """A line of text in one font: what a PDF shows it with, and how wide it is in CSS pixels."""

    shown: bytes
    width: float
    baseline: float
    font: int
    glyphs: int
    """The glyphs it embeds, each as a bit (`Face.rounded_up`)."""


def glyphs_in(shown: bytes) -> frozenset[int]:
    """The glyphs that a page shows with this; four hexadecimal figures each."""
    told = b"".join(_GLYPHS.findall(shown))
    return frozenset(int(told[at : at + 4], 16) for at in range(0, len(told), 4))


class Setter:
    """Sets texts for one set-up of the engine; by one thread at a time."""

    def __init__(self, fonts: Fonts) -> None:
        self._fonts = fonts
        self._types: dict[str, Type] = {}
        self._layouts: dict[Type, Layout] = {}
        self._set = Memory[tuple[Type, str], Run | None](MOST_BYTES // 2)
        self._broken = Memory[tuple[Type, str, float, int], tuple[Run, ...] | None](MOST_BYTES // 2)

    def type_of(self, style: Any) -> Type:
        # The styles of a document have one memory, and most of its texts share theirs.
        met: dict[int, tuple[Type, Any]] = style.cache.setdefault(_MET, {})
        if id(style) in met:
            return met[id(style)][0]
        stated = {name: style[name] for name in _OF_TYPE}
        found = self._types.setdefault(str(stated), Type(stated))
        found.font_config = style.font_config
        # The style is kept with it, so that no other takes its place and its number.
        met[id(style)] = (found, style)
        return found

    def run(self, kind: Type, text: str) -> Run | None:
        """`text` on one line; None where it takes more than one font, or glyphs off the line."""
        key = (kind, text)
        if key in self._set:
            return self._set[key]
        layout = self._layouts.get(kind)
        if layout is None:
            layout = self._layouts[kind] = Layout(kind)
        layout.set_text(text)
        line, resume = layout.get_first_line()
        width, _ = line_size(line, kind)
        baseline = pango.pango_layout_get_baseline(layout.layout) * FROM_UNITS
        found = None if resume is not None else self._run(kind, layout, width, baseline)
        if len(text) <= _LONGEST:
            self._set.keep(key, found, _size(text, [] if found is None else [found]))
        return found

    def lines(self, kind: Type, text: str, width: float, most: int) -> tuple[Run, ...] | None:
        """`text` broken as the engine breaks it within `width`; None as for `run`.

        None as well for more than `most` lines: what goes beyond is not set.
        """
        key = (kind, text, width, most)
        if key in self._broken:
            return self._broken[key]
        found = self._lines(kind, text.encode(), width, most)
        if len(text) <= _LONGEST:
            self._broken.keep(key, found, _size(text, found or ()))
        return found

    def _lines(self, kind: Type, text: bytes, width: float, most: int) -> tuple[Run, ...] | None:
        found: list[Run] = []
        while text:
            if len(found) == most:
                return None
            told = text.decode()
            layout, _, resume, taken, _, baseline = split_first_line(told, kind, None, width, 0)
            layout.reactivate(kind)
            run = self._run(kind, layout, taken, baseline)
            layout.deactivate()
            if run is None:
                return None
            found.append(run)
            text = b"" if resume is None else text[resume:].lstrip(b" ")
        return tuple(found)

    def _run(self, kind: Type, layout: Any, width: float, baseline: float) -> Run | None:
        if not layout.text.strip():
            return None
        stream = _Recorder(self._fonts.of_document())
        box = SimpleNamespace(text=layout.text, style=kind, pango_layout=layout)
        try:
            images = draw_first_line(stream, box, "clip", "none", Matrix())
        except Unusual:
            return None
        if images or stream.is_unusual or len(stream.fonts) != 1 or len(stream.shown) != 1:
            return None
        ((key, font),) = stream.fonts.items()
        shown = b"[" + stream.shown[0].encode() + b"] TJ"
        glyphs = font.face.rounded_up(glyphs_in(shown))
        if font.missing or glyphs is None:
            return None
        return Run(shown, width, baseline, key, glyphs)


def _size(text: str, runs: Iterable[Run]) -> int:
    """Bytes that a text and what was made of it take, about."""
    parts = (getsizeof(run.shown) + getsizeof(run.glyphs) + _OF_A_RUN for run in runs)
    return getsizeof(text) + _OF_A_TEXT + sum(parts)


class _Recorder:
    """As much of a page as a text is drawn on."""

    def __init__(self, fonts: Any) -> None:
        self.fonts = fonts
        self.shown: list[str] = []
        self.is_unusual = False
        self.ink_rect = ffi.new("PangoRectangle *")
        self.logical_rect = ffi.new("PangoRectangle *")

    def add_font(self, pango_font: Any) -> tuple[Any, float]:
        key, description, size = get_pango_font_key(pango_font)
        if key not in self.fonts:
            from weasyprint.pdf.fonts import Font

            self.fonts[key] = Font(pango_font, description, size)
        return self.fonts[key], size

    def set_text_matrix(self, *_: float) -> None:
        """The place is known from the mould."""

    def set_font_size(self, font: str, size: float) -> None:
        """The size is known from the mould."""

    def set_text_rise(self, _: float) -> None:
        self.is_unusual = True

    def show_text(self, shown: str) -> None:
        self.shown.append(shown)
