"""A mould: a page laid out once, with slots for the texts that change from paper to paper."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from documents.pdf.stamping.fonts import Face
from documents.pdf.stamping.markup import Told, is_on_one_line
from documents.pdf.stamping.setting import Run, Setter, Type
from documents.pdf.stamping.writing import Frame, number, written

_SPARE = 0.5
"""CSS pixels that a text must leave free on its line; what is nearer to the edge is laid out."""


Parts = tuple[bytes | int, ...]
"""What a page shows: as it stands, and the numbers of the texts that come between."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A text on a line: which of the paper's texts it is, and how it is set."""

    text: int
    kind: Type
    run: Run
    """As it is set in the model."""
    said: str
    """What the markup says in the model, with the blanks around it."""
    gap: float
    """The blanks before it that are no text of the paper, in CSS pixels."""
    is_first: bool
    is_last: bool
    place: bytes
    """Its distance from the top of the page, as a PDF writes it."""
    font: bytes
    """What chooses the font of the page before it is shown, where that is needed."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A line of one or more texts, or a text that is broken over several lines.

    `left` and `width` are of the box around it, in CSS pixels; `share` is the part of what is free
    that stands before the text: none, half, or all of it.
    """

    leaves: tuple[Leaf, ...]
    left: float
    width: float
    share: float
    is_broken: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Mould:
    """What the engine made of a model, to be stamped."""

    texts: tuple[str, ...]
    """The model's, the title last."""
    fixed: tuple[int, ...]
    """Those that every other paper must have as well."""
    slots: tuple[Slot, ...]
    streams: tuple[Parts, ...]
    frame: Frame
    faces: dict[int, Face]
    glyphs: dict[int, int]
    """What each font embeds for what is outside of the slots, as `Run.glyphs`."""
    size: int
    """Bytes it takes, about."""
    _fixed: Callable[[tuple[str, ...]], Any] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        pick = itemgetter(*self.fixed) if self.fixed else lambda _: ()
        object.__setattr__(self, "_fixed", pick)

    def stamped(self, texts: tuple[str, ...], told: Told, setter: Setter) -> bytes | None:
        """The paper with these texts; None where one of them does not fit its slot."""
        said = (*texts, told.title)
        if len(said) != len(self.texts) or self._fixed(said) != self._fixed(self.texts):
            return None
        shown: list[bytes] = []
        used = self.glyphs.copy()
        for slot in self.slots:
            runs = runs_in(slot, said, setter)
            if runs is None:
                return None
            for leaf, run, x in runs:
                shown.append(drawn(leaf, run, x))
                used[run.font] |= run.glyphs
        embedded = {font: self.faces[font].embedded(glyphs) for font, glyphs in used.items()}
        streams = [
            b"".join([part if isinstance(part, bytes) else shown[part] for part in parts])
            for parts in self.streams
        ]
        return written(self.frame, streams, embedded, told)


def drawn(leaf: Leaf, run: Run, x: float) -> bytes:
    """What a page says to show a text, between two line ends."""
    return b"1 0 0 -1 %s %s Tm\n%s%s" % (number(x), leaf.place, leaf.font, run.shown)


def runs_in(
    slot: Slot, texts: Sequence[str], setter: Setter
) -> list[tuple[Leaf, Run, float]] | None:
    """The texts of a slot, each with its place from the left; None where one does not fit."""
    if slot.is_broken:
        return _broken(slot, texts, setter)
    found, x = [], slot.left
    for leaf in slot.leaves:
        said = texts[leaf.text]
        run = leaf.run if said == leaf.said else _run(leaf, said, setter)
        if run is None:
            return None
        x += leaf.gap
        found.append((leaf, run, x))
        x += run.width
    free = slot.width - (x - slot.left)
    if free < _SPARE:
        return None
    if slot.share:
        shift = free * slot.share
        found = [(leaf, run, at + shift) for leaf, run, at in found]
    return found


def _run(leaf: Leaf, said: str, setter: Setter) -> Run | None:
    model = leaf.said
    blanks_differ = (said[0] == " ") != (model[0] == " ") or (said[-1] == " ") != (model[-1] == " ")
    if blanks_differ or not is_on_one_line(said):
        return None
    text = said.lstrip(" ") if leaf.is_first else said
    text = text.rstrip(" ") if leaf.is_last else text
    run = setter.run(leaf.kind, text)
    return run if run is not None and _is_alike(run, leaf.run) else None


def _broken(
    slot: Slot, texts: Sequence[str], setter: Setter
) -> list[tuple[Leaf, Run, float]] | None:
    said = texts[slot.leaves[0].text].strip(" ")
    if not is_on_one_line(said):
        return None
    # The engine asks for the room left on its line in these very steps, and rounds as they do.
    room = (slot.left + slot.width) * (1 + 1e-9) - slot.left
    runs = setter.lines(slot.leaves[0].kind, said, room, len(slot.leaves))
    if runs is None or len(runs) != len(slot.leaves):
        return None
    found = []
    for leaf, run in zip(slot.leaves, runs, strict=True):
        free = slot.width - run.width
        if not _is_alike(run, leaf.run) or free < 0:
            return None
        found.append((leaf, run, slot.left + free * slot.share))
    return found


def _is_alike(run: Run, model: Run) -> bool:
    return run.font == model.font and run.baseline == model.baseline
