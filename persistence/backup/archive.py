"""The archive of a backup: one zip with the database, the files, and what each must be.

    manifest.json          what is below, size and SHA-256 of each; the last thing written
    database               the copy (persistence.backup.copies)
    files/<key>            as persistence.files knows them

Written beside its place and moved there when it is whole on the disk. Read, every byte is proven
before anything is put back.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from posixpath import isabs, normpath
from typing import IO, Any

import orjson

from persistence.files import Files

MANIFEST, DATABASE, FILES = "manifest.json", "database", "files/"
_FORM = 1
_PORTION = 1024 * 1024
_LONGEST_MANIFEST = 512 * 1024 * 1024


class ArchiveBroken(Exception):
    """What is read is no backup, or not as it was written: `part` says which of its parts."""

    def __init__(self, part: str) -> None:
        super().__init__(part)
        self.part = part


class ArchiveBusy(Exception):
    """Another backup is being written to the same place."""


@dataclass(frozen=True, slots=True)
class Told:
    """What an archive says of itself."""

    made_at: str
    database: str
    """ "sqlite" or "postgresql"."""
    revision: str
    """The last migration that the database had seen."""
    secret: str
    """The name of the secret that signed (domain.signing.name_of), which is not in the archive."""
    has_files: bool
    heads: dict[str, tuple[int, str]]
    """The last entry of the audit of each organisation, by its code: place and SHA-256."""


@dataclass(frozen=True, slots=True)
class Part:
    """One of the things in an archive."""

    name: str
    size: int
    sha256: str


class Archive:
    """An archive whose every byte was read and is as it was written."""

    def __init__(self, content: zipfile.ZipFile, told: Told, parts: tuple[Part, ...]) -> None:
        self._content = content
        self.told = told
        self.parts = parts

    def keys(self) -> list[str]:
        """The keys of its files."""
        return [one.name.removeprefix(FILES) for one in self.parts if one.name.startswith(FILES)]

    def take_database(self, target: Path) -> None:
        """Writes the copy of the database to `target`, for its owner alone."""
        with self._content.open(DATABASE) as source, _private(target) as copy:
            shutil.copyfileobj(source, copy, _PORTION)
            copy.flush()
            os.fsync(copy.fileno())

    def put_files(self, files: Files) -> None:
        """Puts every file into the store."""
        for key in self.keys():
            with self._content.open(FILES + key) as source:
                files.put_file(key, source)


@contextmanager
def room_for(target: Path) -> Iterator[Path]:
    """Where the copy of a database may lie until it is in the archive `target`: nobody else's.

    FileExistsError where the archive is there already; ArchiveBusy where somebody is at it. What
    a killed backup left there is taken away.
    """
    if target.exists():
        raise FileExistsError(17, os.strerror(17), str(target))
    lock = target.with_name(f"{target.name}.part")
    copy = target.with_name(f"{target.name}.database.part")
    with _private(lock) as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ArchiveBusy from None
        try:
            with _private(copy):
                """Made for its owner alone before anything is in it."""
            yield copy
        finally:
            copy.unlink(missing_ok=True)
            lock.unlink(missing_ok=True)


def write(target: Path, told: Told, database: Path, files: Files | None) -> tuple[Part, ...]:
    """Writes the archive, within `room_for`; what is in it.

    A file that is deleted meanwhile is left out: its term was over, or its upload was given up.
    """
    beside = target.with_name(f"{target.name}.part")
    with beside.open("r+b") as out:
        out.truncate()
        # The database is packed; files are papers and workbooks, which are packed as they are.
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as content:
            with database.open("rb") as copy:
                parts = [_add(content, DATABASE, DATABASE, _portions(copy))]
            parts.extend(_add_files(content, files))
            manifest = {"form": _FORM, **asdict(told), "parts": [asdict(one) for one in parts]}
            content.writestr(MANIFEST, orjson.dumps(manifest))
        out.flush()
        os.fsync(out.fileno())
    beside.rename(target)
    _settle(target.parent)
    return tuple(parts)


@contextmanager
def read(path: Path) -> Iterator[Archive]:
    """The archive at `path`, proven whole; ArchiveBroken."""
    try:
        content = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError):
        raise ArchiveBroken(path.name) from None
    with content:
        told, parts = _manifest_of(content)
        expected = Counter([MANIFEST, *(one.name for one in parts)])
        for name in Counter(content.namelist()) - expected:
            raise ArchiveBroken(name)
        for part in parts:
            _prove(content, part)
        yield Archive(content, told, parts)


def _manifest_of(content: zipfile.ZipFile) -> tuple[Told, tuple[Part, ...]]:
    try:
        if content.getinfo(MANIFEST).file_size > _LONGEST_MANIFEST:
            raise ArchiveBroken(MANIFEST)
        found: dict[str, Any] = orjson.loads(content.read(MANIFEST))
        parts = tuple(Part(**one) for one in found.pop("parts"))
        form = found.pop("form")
        found["heads"] = {code: (int(at), str(sha)) for code, (at, sha) in found["heads"].items()}
        told = Told(**found)
    except ArchiveBroken:
        raise
    except Exception as error:
        raise ArchiveBroken(MANIFEST) from error
    names = [one.name for one in parts]
    if form != _FORM or names.count(DATABASE) != 1 or len(set(names)) != len(names):
        raise ArchiveBroken(MANIFEST)
    for name in names:
        if name != DATABASE and not _is_below(name):
            raise ArchiveBroken(name)
    return told, parts


def _is_below(name: str) -> bool:
    """Whether it is a file whose key stays within the store."""
    key = name.removeprefix(FILES)
    is_plain = normpath(key) == key and not isabs(key)
    return name.startswith(FILES) and is_plain and key.split("/")[0] not in (".", "..")


def _prove(content: zipfile.ZipFile, part: Part) -> None:
    found, size = hashlib.sha256(), 0
    try:
        with content.open(part.name) as source:
            for portion in _portions(source):
                found.update(portion)
                size += len(portion)
    except Exception as error:
        raise ArchiveBroken(part.name) from error
    if (size, found.hexdigest()) != (part.size, part.sha256):
        raise ArchiveBroken(part.name)


def _add_files(content: zipfile.ZipFile, files: Files | None) -> Iterator[Part]:
    if files is None:
        return
    for key in sorted(key for key, _ in files.keys("")):
        try:
            _, portions = files.pour(key)
        except FileNotFoundError:
            continue
        yield _add(content, FILES + key, zipfile.ZipInfo(FILES + key), portions)


def _add(
    content: zipfile.ZipFile, name: str, entry: str | zipfile.ZipInfo, portions: Iterable[bytes]
) -> Part:
    found, size = hashlib.sha256(), 0
    with content.open(entry, "w", force_zip64=True) as target:
        for portion in portions:
            target.write(portion)
            found.update(portion)
            size += len(portion)
    return Part(name, size, found.hexdigest())


def _portions(source: IO[bytes]) -> Iterator[bytes]:
    while portion := source.read(_PORTION):
        yield portion


def _private(path: Path) -> IO[bytes]:
    """The file at `path`, empty and open for writing, which only its owner may read."""
    place = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    os.fchmod(place, 0o600)
    return os.fdopen(place, "r+b")


def _settle(folder: Path) -> None:
    """Has the system write the names in a folder to the disk."""
    place = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(place)
    finally:
        os.close(place)
