"""Plans of long files kept beside their rows, so that confirming them does not plan anew.

A plan is the very lines that the review is hashed of, compressed, and in the last line what it was
made of. It can always be made again: it is dropped whenever something is in doubt, and where the
store fails the act goes on without it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import structlog
from obstore.exceptions import BaseError
from sqlalchemy import event

from domain.errors import Refusal
from domain.takeover.candidate import Change, Planned
from domain.takeover.model import RowOutcome
from domain.takeover.review import STALE_REVIEW, Tally
from domain.takeover.wire import unpack, unpack_values
from persistence.files import Files
from persistence.session import ScopedSession
from persistence.takeover.held_file import HeldFile
from persistence.takeover.world import World

WORTH = 500
"""Rows from which a plan is kept: a shorter one is made again before a store has answered."""

_FOLDER = "plans"
_DECODER = json.JSONDecoder()

STORE_FAILED = (BaseError, OSError)
"""What a store, or the disk, raises; FileNotFoundError among them."""

log = structlog.get_logger("jalon")


class PlanKeeper(HeldFile):
    """Takes the lines of a plan as they are hashed, then puts them into the store."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._kind = kind
        self._squeeze = zlib.compressobj(1)
        self._locks: set[int] = set()
        self._failure: OSError | None = None

    def __enter__(self) -> PlanKeeper:
        return self

    def add(self, row: Planned, line: bytes) -> None:
        """Takes a row with its line."""
        self._write(self._squeeze.compress(line + b"\n"))
        if row.writes and (held := held_by(self._kind, row)) is not None:
            self._locks.add(held)

    def keep(self, files: Files, key: str, world: World) -> None:
        """Puts the plan into the store under `key`; where that fails there is none."""
        told = {**world.told(), "locks": sorted(self._locks)}
        self._write(self._squeeze.compress(json.dumps(told).encode()) + self._squeeze.flush())
        try:
            if self._failure is not None:
                raise self._failure
            self.file.seek(0)
            files.put_file(key, self.file)
        except STORE_FAILED as error:
            log.warning("plan_not_kept", key=key, error=repr(error))

    def _write(self, told: bytes) -> None:
        if self._failure is None:
            try:
                self.file.write(told)
            except OSError as error:
                self._failure = error


@dataclass(frozen=True, slots=True)
class Seen:
    """What makes the hash of a review: the file it is of, its kind, and the hash itself."""

    sha256: str
    kind: str
    hash: str


class KeptPlan(HeldFile):
    """A plan from the store, which is what its review was hashed of; on this machine by now."""

    world: World
    locks: list[int]
    """The projects, phases or entries that it weighs: `held_by`."""

    def __init__(self, seen: Seen) -> None:
        super().__init__()
        self._seen = seen

    def __enter__(self) -> KeptPlan:
        return self

    def __iter__(self) -> Iterator[Planned]:
        """Its rows, in the order of the file; STALE_REVIEW at the end if they are not all."""
        try:
            for line in self._lines():
                if line.startswith(b"["):
                    yield _planned(line)
        except (_Doubtful, ValueError, TypeError, ArithmeticError) as error:
            # A line that is cut off, or another, cannot be read either.
            raise Refusal(STALE_REVIEW(field=("review_hash",), moved="the plan kept")) from error

    def bring(self, portions: Iterator[bytes]) -> None:
        """Takes the file and goes through all of it once; _Doubtful for another."""
        told: Any = None
        for portion in portions:
            self.file.write(portion)
        for line in self._lines():
            if not line.startswith(b"["):
                told = line
        try:
            told = json.loads(told)
            self.world, self.locks = World.of(told), [int(one) for one in told["locks"]]
        except (ValueError, KeyError, TypeError) as error:
            raise _Doubtful from error

    def _lines(self) -> Iterator[bytes]:
        """Its lines, hashed as they go by; _Doubtful at the end unless they are what was seen."""
        tally = Tally(self._seen.sha256, self._seen.kind)
        try:
            self.file.seek(0)
            for line in _lines(iter(lambda: self.file.read(_MOST), b"")):
                if line.startswith(b"["):
                    tally.take(line)
                yield line
        except (zlib.error, OSError) as error:
            raise _Doubtful from error
        if tally.hash != self._seen.hash:
            raise _Doubtful


class _Doubtful(Exception):
    """A plan is not, or no longer, what was seen."""


def key_of(organisation_id: int, review_hash: str) -> str:
    """Where the plan of a review is kept."""
    return f"{organisation_id}/{_FOLDER}/{review_hash}"


def kept_plan(files: Files, key: str, *, sha256: str, kind: str, seen: str) -> KeptPlan | None:
    """The plan under `key`, None unless its lines are those whose hash was `seen`.

    It is brought here whole: what the store does later is no matter. Whoever gets it closes it.
    """
    plan = KeptPlan(Seen(sha256, kind, seen))
    try:
        plan.bring(files.pour(key)[1])
    except (*STORE_FAILED, _Doubtful) as error:
        plan.close()
        if not isinstance(error, FileNotFoundError):
            log.warning("plan_not_read", key=key, error=repr(error))
        return None
    return plan


def drop_plan(session: ScopedSession, files: Files, key: str) -> None:
    """Removes a plan that is of no more use, once what `session` writes is committed.

    It may be gone already; one that cannot be removed goes with the files nobody refers to.
    """

    def drop(committed: ScopedSession) -> None:
        if committed.in_nested_transaction():
            return
        try:
            files.delete(key)
        except FileNotFoundError:
            return
        except STORE_FAILED as error:
            log.warning("plan_not_dropped", key=key, error=repr(error))

    event.listen(session, "after_commit", drop)


def held_by(kind: str, row: Planned) -> int | None:
    """What is locked before a row is written: a project, of worked time the entry itself.

    Of past billing the phase, which tells its project.
    """
    if kind == "phases":
        project: int = row.parts["contract"]["project_id"]
        return project
    if kind in ("history", "adjustments"):
        phase: int = row.columns["phase_id"]
        return phase
    return row.target_id if kind in ("projects", "time_entries") else None


def _lines(portions: Iterator[bytes]) -> Iterator[bytes]:
    """The lines of a packed file, a portion at a time."""
    squeezed, rest = zlib.decompressobj(), b""
    for portion in portions:
        while portion:
            *lines, rest = (rest + squeezed.decompress(portion, _MOST)).split(b"\n")
            yield from lines
            portion = squeezed.unconsumed_tail
    yield rest + squeezed.flush()


_MOST = 1 << 20
"""Bytes that are unpacked at a time."""


def _planned(line: bytes) -> Planned:
    told = _DECODER.decode(line.decode())
    row, outcome, skipped, target_id, version, columns, changes, parts, _ = told
    return Planned(
        row,
        RowOutcome(outcome),
        unpack_values(columns),
        [Change(name, unpack(before), unpack(after)) for name, before, after in changes],
        [],
        target_id,
        version,
        skipped,
        parts,
    )
