"""Plans of long files kept beside their rows, so that confirming them does not plan anew.

A plan is the very lines that the review is hashed of, compressed, and in the last line what it was
made of. It can always be made again: it is dropped whenever something is in doubt.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile

from domain.takeover.candidate import Change, Planned
from domain.takeover.model import RowOutcome
from domain.takeover.review import Tally
from domain.takeover.wire import unpack, unpack_values
from persistence.files import Files
from persistence.takeover.world import World

WORTH = 500
"""Rows from which a plan is kept: a shorter one is made again before a store has answered."""

_FOLDER = "plans"
_DECODER = json.JSONDecoder()


class PlanKeeper:
    """Takes the lines of a plan as they are hashed, then puts them into the store."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._file = NamedTemporaryFile()  # noqa: SIM115 - closed by `keep`
        self._squeeze = zlib.compressobj(1)
        self._locks: set[int] = set()

    def add(self, row: Planned, line: bytes) -> None:
        """Takes a row with its line."""
        self._file.write(self._squeeze.compress(line + b"\n"))
        if row.writes and (held := held_by(self._kind, row)) is not None:
            self._locks.add(held)

    def keep(self, files: Files, key: str, world: World) -> None:
        """Puts the plan into the store under `key`."""
        told = {**world.told(), "locks": sorted(self._locks)}
        self._file.write(self._squeeze.compress(json.dumps(told).encode()))
        self._file.write(self._squeeze.flush())
        self._file.flush()
        files.put_file(key, Path(self._file.name))
        self._file.close()


@dataclass(slots=True)
class KeptPlan:
    """A plan in the store, which is what its review was hashed of."""

    files: Files
    key: str
    world: World
    locks: list[int] = field(default_factory=list)
    """The projects, or the entries, that it weighs: `held_by`."""

    def __iter__(self) -> Iterator[Planned]:
        """Its rows, in the order of the file."""
        for line in _lines(self.files, self.key):
            if line.startswith(b"["):
                yield _planned(line)


def key_of(organisation_id: int, review_hash: str) -> str:
    """Where the plan of a review is kept."""
    return f"{organisation_id}/{_FOLDER}/{review_hash}"


def kept_plan(files: Files, key: str, *, sha256: str, kind: str, seen: str) -> KeptPlan | None:
    """The plan under `key`, None unless its lines are those whose hash was `seen`."""
    tally, last = Tally(sha256, kind), b""
    try:
        for line in _lines(files, key):
            last = line
            if line.startswith(b"["):
                tally.take(line)
        told = json.loads(last)
        if tally.hash != seen or not isinstance(told, dict):
            return None
        return KeptPlan(files, key, World.of(told), told["locks"])
    except (FileNotFoundError, zlib.error, ValueError, KeyError):
        return None


def drop_plan(files: Files, key: str) -> None:
    """Removes a plan that is of no more use; it may be gone already."""
    try:
        files.delete(key)
    except FileNotFoundError:
        return


def held_by(kind: str, row: Planned) -> int | None:
    """What is locked before a row is written: a project, of worked time the entry itself."""
    if kind == "phases":
        project: int = row.parts["contract"]["project_id"]
        return project
    return row.target_id if kind in ("projects", "time_entries") else None


def _lines(files: Files, key: str) -> Iterator[bytes]:
    """The lines under `key`, a portion at a time."""
    _, portions = files.pour(key)
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
