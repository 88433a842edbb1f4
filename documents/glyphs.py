"""Letters that none of the fonts of the papers has: they would be printed as black boxes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Any
from unicodedata import category, normalize

from domain.errors import Issue, PathPart, call_warning

GLYPH_MISSING = call_warning(
    "GLYPH_MISSING",
    "“{found}” is printed with black boxes: no font of the papers has {letters}.",
    "Write it in letters that the papers can print, before the invoice is final.",
)

_UNUSUAL = re.compile("[^\\x00-\u0148\u2013\u2014\u2018-\u201e\u2026\u202f\u20ac\u2212]")
"""What is worth a look: nearly all texts have nothing of the kind."""
_FONTS = ("Inter-Regular.ttf", "DejaVuSans-Rest.ttf")
"""What texts are set in (other weights of the first have the same letters), and the rest."""
_LONGEST, _MOST = 60, 20
"""Of a text and of its letters, in a sentence."""
_BOX = "\u25a1"
_SELECTORS = frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
"""They choose among shapes of the letter before them."""
_PARTIES = {"buyer": "client", "seller": "entity"}
"""What a part of a picture is called where it is asked for."""


def printed_as_boxes(picture: Mapping[str, Any]) -> list[Issue]:
    """GLYPH_MISSING of each text of a picture (as JSON) that the fonts cannot set, each once."""
    found: dict[str, tuple[PathPart, ...]] = {}
    for text, field in _texts(picture, ()):
        if _UNUSUAL.search(text):
            found.setdefault(text, field)
    return [
        GLYPH_MISSING(field=field, found=text[:_LONGEST], letters=" ".join(letters[:_MOST]))
        for text, field in found.items()
        if (letters := without_glyph(text))
    ]


def without_glyph(text: str) -> list[str]:
    """The letters of a text, each once, that none of the fonts has; blanks and marks are none."""
    known = _known()
    # A letter and its accent are set as one where there is one of both.
    letters = dict.fromkeys(normalize("NFC", text))
    return [one for one in letters if ord(one) not in known and category(one)[0] not in "CMZ"]


def boxed(text: str) -> str:
    """The text with a drawn box in the place of each letter or mark that no font has.

    It looks as it would without, but archives set no letter that a font lacks (ISO 19005-3,
    6.2.11.8).
    """
    if not _UNUSUAL.search(text):
        return text
    known = _known()
    text = normalize("NFC", text)
    lacking = (one for one in set(text) if ord(one) not in known and not _is_unseen(one))
    return text.translate(dict.fromkeys(map(ord, lacking), _BOX))


def _is_unseen(letter: str) -> bool:
    """Whether it is set as nothing or as a blank, whatever the font has."""
    return category(letter) in ("Cc", "Cf", "Zs", "Zl", "Zp") or letter in _SELECTORS


def _texts(value: Any, field: tuple[PathPart, ...]) -> Iterator[tuple[str, tuple[PathPart, ...]]]:
    """The texts of a part of a picture, and where each comes from, as a path of its own names."""
    match value:
        case str():
            yield value, field
        case {"position": int(place)}:
            # A heading or a sum between the lines has no place of its own.
            above = (*field, place - 1) if place else field
            for name in ("description", "detail", "unit"):
                yield from _texts(value.get(name), (*above, name))
        case Mapping():
            for name, below in value.items():
                if name != "logo":
                    yield from _texts(below, (*field, _PARTIES.get(str(name), str(name))))
        case list() | tuple():
            for below in value:
                yield from _texts(below, field)


@cache
def _known() -> frozenset[int]:
    """The characters that a paper can show, read when the first unusual one is met."""
    # Here and not above: most processes never meet one.
    from fontTools.ttLib import TTFont

    folder = files("documents").joinpath("fonts")
    opened = (TTFont(BytesIO(folder.joinpath(one).read_bytes()), lazy=True) for one in _FONTS)
    return frozenset(letter for font in opened for letter in font.getBestCmap())
