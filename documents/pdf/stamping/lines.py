"""The lines of a page that was laid out, and which text of the markup stands on which."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from weasyprint.formatting_structure import boxes
from weasyprint.layout.absolute import AbsolutePlaceholder

from documents.pdf.stamping.unusual import Unusual

TITLE = -1
"""The number of the paper's own title, where a page repeats it."""

_BLANKS = re.compile(r"[ \t\n\r]+")
_COUNT = re.compile(r"\d+ / \d+")

Held = Sequence[tuple[ElementTree.Element, str]]
"""The texts of a markup and their elements, in order."""


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """The texts on a line (boxes of the engine), and the box around them."""

    leaves: tuple[Any, ...]
    around: Any
    is_plain: bool
    """Whether there is nothing else on it, and no room between them."""

    @property
    def said(self) -> list[Any]:
        return [leaf for leaf in self.leaves if leaf.text.strip()]


def lines_of(box: Any, around: Any = None) -> Iterator[Line]:
    """Every line within a box of the engine."""
    if isinstance(box, AbsolutePlaceholder):
        box = box._box
    if isinstance(box, boxes.LineBox):
        leaves: list[Any] = []
        is_plain = _gather(box, leaves)
        yield Line(tuple(leaves), around, is_plain)
        return
    for child in getattr(box, "children", ()):
        yield from lines_of(child, box)


def _gather(box: Any, leaves: list[Any]) -> bool:
    is_plain = True
    for child in box.children:
        if isinstance(child, boxes.TextBox):
            leaves.append(child)
        elif isinstance(child, boxes.InlineBox):
            is_inside_plain = _gather(child, leaves)
            is_plain = is_plain and is_inside_plain and child.margin_width() == child.width
        else:
            is_plain = False
    return is_plain


def matched(held: Held, title: str, lines: Sequence[Line]) -> tuple[dict[Any, int], set[int]]:
    """Which text stands in each box of a page, and the texts that cannot be told there.

    Unusual where a box says what no text of the markup does: it might be made of one.
    """
    of_element: dict[ElementTree.Element, list[int]] = {}
    for turn, (element, _) in enumerate(held):
        of_element.setdefault(element, []).append(turn)
    leaves_of: dict[ElementTree.Element, list[Any]] = {}
    found: dict[Any, int] = {}
    for line in lines:
        for leaf in line.said:
            if leaf.element is None and leaf.text == title:
                found[leaf] = TITLE
            elif leaf.element in of_element and "::" not in leaf.element_tag:
                leaves_of.setdefault(leaf.element, []).append(leaf)
            elif leaf.element is not None or not _COUNT.fullmatch(leaf.text):
                raise Unusual(f"a text of its own in {leaf.element_tag}")
    untold: set[int] = set()
    for element, leaves in leaves_of.items():
        turns = of_element[element]
        told = _in_order([(turn, held[turn][1]) for turn in turns], leaves)
        if told is None:
            untold.update(turns)
        else:
            found.update(told)
    return found, untold


def _in_order(texts: list[tuple[int, str]], leaves: list[Any]) -> dict[Any, int] | None:
    """Each box with its text; None unless all the texts are there, whole and in order."""
    found: dict[Any, int] = {}
    waiting = iter(texts)
    turn, rest = -1, ""
    for leaf in leaves:
        if not rest:
            turn, text = next(waiting, (-1, ""))
            rest = _BLANKS.sub(" ", text).strip(" ")
        said = _BLANKS.sub(" ", leaf.text).strip(" ")
        if not rest.startswith(said):
            return None
        found[leaf] = turn
        rest = rest[len(said) :].lstrip(" ")
    return None if rest or next(waiting, None) else found
