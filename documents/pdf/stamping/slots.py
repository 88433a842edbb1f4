"""The slots of a drawn document: where a text may be another one the next time.

A slot is taken only when setting the model's own text in it gives, byte for byte, what the engine
drew there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pydyf

from documents.pdf.stamping.lines import TITLE, Held, Line, lines_of, matched
from documents.pdf.stamping.mould import Leaf, Parts, Slot, drawn, runs_in
from documents.pdf.stamping.setting import Setter, glyphs_in
from documents.pdf.stamping.writing import number

_SHARES = {"left": 0.0, "start": 0.0, "center": 0.5, "right": 1.0, "end": 1.0}


class Drawn:
    """The contents of a page, and where each place for a text stands in them."""

    def __init__(self, stream: Any) -> None:
        self.said: list[bytes] = [pydyf._to_bytes(one) for one in stream.stream]
        self.cuts: list[tuple[int, int, int]] = []
        """What is cut out: from where to where, and the number of the text that comes there."""
        self._at: dict[bytes, list[int]] = {}
        for at, one in enumerate(self.said):
            if one.endswith(b" Tm"):
                self._at.setdefault(one, []).append(at)

    def shown_at(self, x: float, y: float) -> tuple[int, int] | None:
        """From where to where one text is shown; None unless there is one, in one font."""
        found = self._at.get(b"1 0 0 -1 %s %s Tm" % (number(x), number(y)), [])
        if len(found) != 1:
            return None
        start = found[0]
        end = start + (3 if self.said[start + 1].endswith(b" Tf") else 2)
        return (start, end) if self.said[end - 1].endswith(b"] TJ") else None

    def parts(self) -> Parts:
        """The contents with a number for each text that is cut out."""
        ends = [(0, 0, 0), *sorted(self.cuts), (len(self.said), 0, 0)]
        parts: list[bytes | int] = []
        for (_, at, _), (start, _, turn) in pairwise(ends):
            parts += [b"\n%s\n" % b"\n".join(self.said[at:start]), turn]
        return tuple(parts[:-1])

    def glyphs(self) -> Iterator[tuple[bytes, frozenset[int]]]:
        """The glyphs shown outside of what is cut out, with the name of their font."""
        gone = {at for start, end, _ in self.cuts for at in range(start, end)}
        font = b""
        for at, one in enumerate(self.said):
            if one.endswith(b" Tf"):
                font = one[1:].partition(b" ")[0]
            elif one.endswith(b"] TJ") and at not in gone:
                yield font, glyphs_in(one)


@dataclass(slots=True)
class _Draft:
    slot: Slot
    spans: list[tuple[int, int]]
    page: Drawn


def slots_of(
    held: Held, title: str, pages: Sequence[tuple[Any, Drawn]], setter: Setter
) -> tuple[list[Slot], frozenset[int]]:
    """The slots of a document, cut out of its drawn pages, and the texts that may change in them.

    `pages` are the laid out box of each page and what was drawn of it.
    """
    texts = [*(said for _, said in held), title]
    # A title that no page repeats may be any.
    met = {TITLE}
    fixed: set[int] = set()
    drafts: list[_Draft] = []
    for box, page in pages:
        lines = list(lines_of(box))
        found, untold = matched(held, title, lines)
        met.update(found.values())
        fixed |= untold
        for group in _groups(lines, found):
            draft = _draft(group, found, texts, page, setter)
            if draft is None:
                fixed.update(found[leaf] for line in group for leaf in line.said if leaf in found)
            else:
                drafts.append(draft)
    free = met - fixed
    slots: list[Slot] = []
    turn = 0
    for draft in drafts:
        if free.isdisjoint(leaf.text for leaf in draft.slot.leaves):
            continue
        slots.append(draft.slot)
        for start, end in draft.spans:
            draft.page.cuts.append((start, end, turn))
            turn += 1
    return slots, frozenset(turn % len(texts) for turn in free)


def _groups(lines: Sequence[Line], found: dict[Any, int]) -> list[list[Line]]:
    """Lines that share a text, together: a text on one line, or the lines it is broken into."""
    groups: list[list[Line]] = []
    before: set[int] = set()
    for line in lines:
        told = {found[leaf] for leaf in line.said if leaf in found}
        if not told:
            continue
        if groups and told & before:
            groups[-1].append(line)
            before |= told
        else:
            groups.append([line])
            before = told
    return groups


def _draft(
    group: list[Line], found: dict[Any, int], texts: list[str], page: Drawn, setter: Setter
) -> _Draft | None:
    """The slot of these lines; None where it would not give what was drawn."""
    around, style = group[0].around, group[0].leaves[0].style
    share = _SHARES.get(style["text_align_all"])
    is_even = style["text_align_last"] in ("auto", style["text_align_all"])
    if share is None or not is_even or style["direction"] != "ltr":
        return None
    leaves: list[Leaf] = []
    spans: list[tuple[int, int]] = []
    for line in group:
        taken = _leaves(line, found, texts, page, setter)
        if taken is None or line.around is not around or (len(group) > 1 and len(taken) > 1):
            return None
        leaves += [leaf for leaf, _ in taken]
        spans += [span for _, span in taken]
    slot = Slot(tuple(leaves), around.content_box_x(), around.width, share, len(group) > 1)
    shown = runs_in(slot, texts, setter)
    if shown is None:
        return None
    for (leaf, run, x), (start, end) in zip(shown, spans, strict=True):
        if drawn(leaf, run, x) != b"\n".join(page.said[start:end]):
            return None
    return _Draft(slot, spans, page)


def _leaves(
    line: Line, found: dict[Any, int], texts: list[str], page: Drawn, setter: Setter
) -> list[tuple[Leaf, tuple[int, int]]] | None:
    """The texts of a line and where they are shown; None where they cannot be set anew."""
    if not line.is_plain or not line.leaves[-1].text.strip():
        return None
    taken: list[tuple[Leaf, tuple[int, int]]] = []
    gap = 0.0
    for leaf in line.leaves:
        if not leaf.text.strip():
            gap += leaf.width
            continue
        span = page.shown_at(leaf.position_x, leaf.position_y + leaf.baseline)
        kind = setter.type_of(leaf.style)
        run = setter.run(kind, leaf.text)
        if span is None or run is None or leaf not in found:
            return None
        start, end = span
        made = Leaf(
            text=found[leaf],
            kind=kind,
            run=run,
            said=texts[found[leaf]],
            gap=gap,
            is_first=leaf is line.leaves[0],
            is_last=leaf is line.leaves[-1],
            place=number(leaf.position_y + leaf.baseline),
            font=page.said[start + 1] + b"\n" if end - start == 3 else b"",
        )
        taken.append((made, span))
        gap = 0.0
    return taken
