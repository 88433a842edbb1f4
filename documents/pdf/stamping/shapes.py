"""The moulds of a process: kept as long as there is room, checked on while they are used.

Of each mould the first paper that is stamped, and then one in `_EVERY`, is laid out by the engine
as well. Both must be the same to the last byte; a shape that ever differed is laid out from then
on.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from documents.pdf.stamping.markup import Cut
from documents.pdf.stamping.mould import Mould
from documents.pdf.stamping.setting import Setter

MOST_BYTES = 32_000_000
"""Bytes of moulds that are kept, about; the shapes that were not asked for the longest go first."""

_EVERY = 100
_MOULDS = 8
"""Moulds of one shape: papers of it whose long texts differ have each their own."""

log = structlog.get_logger("jalon")

GivenUp = set[bytes]
"""The shapes that are laid out for good; whoever sets the engine up anew hands them on."""

LayOut = Callable[[], Mould | bytes]
"""Lays one paper out: its mould, or the whole file of a paper that cannot be moulded."""


@dataclass(slots=True)
class _Kept:
    mould: Mould
    stamped: int = 0


@dataclass(slots=True)
class Shapes:
    """The moulds known so far; used by one thread at a time."""

    setter: Setter
    given_up: GivenUp
    most_bytes: int = MOST_BYTES
    _moulds: OrderedDict[bytes, list[_Kept]] = field(default_factory=OrderedDict)
    _bytes: int = 0

    def printed(self, cut: Cut | None, lay_out: LayOut) -> bytes:
        """The paper, stamped when a mould fits it and else laid out; the same bytes either way."""
        if cut is None:
            return self._laid_out(lay_out(), cut)
        for kept in self._moulds.get(cut.shape, ()):
            stamped = kept.mould.stamped(cut.texts, cut.told, self.setter)
            if stamped is not None:
                self._moulds.move_to_end(cut.shape)
                kept.stamped += 1
                is_checked = kept.stamped % _EVERY == 1
                return self._checked(stamped, cut, lay_out) if is_checked else stamped
        return self._laid_out(lay_out(), cut)

    def _checked(self, stamped: bytes, cut: Cut, lay_out: LayOut) -> bytes:
        laid_out = self._written(lay_out(), cut)
        if stamped != laid_out:
            log.error("stamp_differs", shape=cut.shape.hex(), title=cut.told.title)
            self._drop(cut.shape)
            self.given_up.add(cut.shape)
        return laid_out

    def _laid_out(self, made: Mould | bytes, cut: Cut | None) -> bytes:
        if isinstance(made, Mould) and cut is not None and cut.shape not in self.given_up:
            self._keep(cut.shape, made)
        return self._written(made, cut)

    def _written(self, made: Mould | bytes, cut: Cut | None) -> bytes:
        if isinstance(made, bytes):
            return made
        assert cut is not None
        written = made.stamped(cut.texts, cut.told, self.setter)
        if written is None:
            raise ValueError("a mould does not fit its own model")
        return written

    def _keep(self, shape: bytes, mould: Mould) -> None:
        same = self._moulds.setdefault(shape, [])
        self._moulds.move_to_end(shape)
        same.insert(0, _Kept(mould))
        self._bytes += mould.size
        if len(same) > _MOULDS:
            self._bytes -= same.pop().mould.size
        while self._bytes > self.most_bytes and self._moulds:
            self._drop(next(iter(self._moulds)))

    def _drop(self, shape: bytes) -> None:
        self._bytes -= sum(kept.mould.size for kept in self._moulds.pop(shape, ()))
