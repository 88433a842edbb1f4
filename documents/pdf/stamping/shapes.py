"""The moulds of a process: kept as long as there is room, checked on while they are used.

Of each mould the first paper that is stamped, and then one in `_EVERY`, is laid out by the engine
as well. Both must be the same to the last byte; a shape that ever differed is laid out from then
on.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from documents.pdf.stamping.markup import Cut
from documents.pdf.stamping.mould import Mould
from documents.pdf.stamping.setting import Setter
from documents.pdf.stamping.unusual import GivenUp, Unusual, tell_of_failure

MOST_BYTES = 12_000_000
"""Bytes of moulds that are kept, some two hundred of one to ten lines; the shapes that were not
asked for the longest go first."""

_EVERY = 100
_MOULDS = 8
"""Moulds of one shape: papers of it whose long texts differ have each their own."""

log = structlog.get_logger("jalon")


class LayOut(Protocol):
    """Lays one paper out: its mould, or the file of one that cannot be moulded.

    The engine writes it by itself when it is asked for `plainly`.
    """

    def __call__(self, *, plainly: bool) -> Mould | bytes: ...


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
    _failed: GivenUp = field(default_factory=set)
    """Shapes that cannot even be stamped with their own model."""

    def printed(self, cut: Cut | None, lay_out: LayOut) -> bytes:
        """The paper, stamped when a mould fits it and else laid out; the same bytes either way."""
        if cut is None or cut.shape in self._failed:
            return _plain(lay_out)
        for kept in self._moulds.get(cut.shape, ()):
            stamped = self._stamped(kept.mould, cut)
            if cut.shape in self._failed:
                return _plain(lay_out)
            if stamped is not None:
                self._moulds.move_to_end(cut.shape)
                kept.stamped += 1
                is_checked = kept.stamped % _EVERY == 1
                return self._checked(stamped, cut, lay_out) if is_checked else stamped
        return self._laid_out(cut, lay_out)

    def _stamped(self, mould: Mould, cut: Cut) -> bytes | None:
        """The paper in this mould; None where it does not fit, or where stamping fails."""
        try:
            return mould.stamped(cut.texts, cut.told, self.setter)
        except Unusual:
            return None
        except Exception as error:
            tell_of_failure(self.given_up, cut.shape, error)
            self._failed.add(cut.shape)
            self._drop(cut.shape)
            return None

    def _checked(self, stamped: bytes, cut: Cut, lay_out: LayOut) -> bytes:
        made = lay_out(plainly=False)
        laid_out = made if isinstance(made, bytes) else self._stamped(made, cut)
        if stamped != laid_out:
            log.error("stamp_differs", shape=cut.shape.hex(), title=cut.told.title)
            self._drop(cut.shape)
            self.given_up.add(cut.shape)
        return _plain(lay_out) if laid_out is None else laid_out

    def _laid_out(self, cut: Cut, lay_out: LayOut) -> bytes:
        made = lay_out(plainly=False)
        if isinstance(made, bytes):
            return made
        written = self._stamped(made, cut)
        if written is None:
            # A mould that does not hold its own model.
            return _plain(lay_out)
        if cut.shape not in self.given_up:
            self._keep(cut.shape, made)
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


def _plain(lay_out: LayOut) -> bytes:
    made = lay_out(plainly=True)
    assert isinstance(made, bytes)
    return made
