"""The zip around a workbook: its directory is judged before anything is unpacked."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from domain.errors import Refusal
from templates_xlsx.reader.limits import Limits
from templates_xlsx.reader.refusals import TooLarge, Unreadable, megabytes, too_large, unreadable
from templates_xlsx.reader.source import Source

BLOCK = 1 << 16

_ENTRY = b"PK\x01\x02"
_END = b"PK\x05\x06"
_END_WITHIN = 22 + 65_535
"""The end record and the longest comment after it."""

_ENCRYPTED = 0x0001 | 0x0040 | 0x2000
"""Flags of a zip entry: encrypted, strongly encrypted, directory masked."""

_BROKEN = (
    BadZipFile,
    EOFError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
    struct.error,
    zlib.error,
)
"""What `zipfile` raises on a directory or an entry that makes no sense."""


def folded(name: str) -> str:
    """A part's name as parts are compared: case and the direction of slashes do not count."""
    return name.replace("\\", "/").lstrip("/").lower()


class Package:
    """The parts of a zip that was found sound, by folded name."""

    def __init__(self, source: Source, limits: Limits) -> None:
        self._source = source
        self._limits = limits
        self._parts = _directory(source, limits)

    def __contains__(self, part: str) -> bool:
        return folded(part) in self._parts

    def names(self) -> Iterator[str]:
        """The folded names of all parts."""
        yield from self._parts

    def blocks(self, part: str, *, at_most: int | None = None) -> Iterator[bytes]:
        """The unpacked bytes of `part` in blocks, its checksum verified at the end.

        `zipfile` never unpacks past the declared size, which the directory was judged by, so the
        declared sizes are a true bound; a part that lies about its size fails its checksum.
        """
        entry = self._parts.get(folded(part))
        if entry is None:
            raise unreadable(Unreadable.PART_MISSING, part)
        if at_most is not None and entry.file_size > at_most:
            raise too_large(TooLarge.PART_UNPACKED, megabytes(at_most), part)
        with self._source.opened() as file:
            unpacking = _unpacked(file, entry)
            while block := _next(unpacking, part):
                yield block


def _unpacked(file: BinaryIO, entry: ZipInfo) -> Iterator[bytes]:
    with ZipFile(file) as archive, archive.open(entry) as opened:
        while block := opened.read(BLOCK):
            yield block


def _next(unpacking: Iterator[bytes], part: str) -> bytes:
    """The next block, b"" at the end; only what is raised while unpacking is the file's fault."""
    try:
        return next(unpacking, b"")
    except _BROKEN as error:
        raise unreadable(Unreadable.PART_DAMAGED, part) from error


def _directory(source: Source, limits: Limits) -> dict[str, ZipInfo]:
    _check_end(source, limits)
    with source.opened() as file:
        try:
            with ZipFile(file) as archive:
                entries = archive.infolist()
        except _BROKEN as error:
            raise unreadable(Unreadable.DAMAGED) from error
    parts: dict[str, ZipInfo] = {}
    for entry in entries:
        name = folded(entry.filename)
        if name in parts:
            raise unreadable(Unreadable.PART_TWICE, entry.filename)
        if wrong := _wrong_entry(entry, limits):
            raise wrong
        parts[name] = entry
    if sum(entry.file_size for entry in entries) > limits.unpacked_bytes:
        raise too_large(TooLarge.UNPACKED, megabytes(limits.unpacked_bytes))
    return parts


def _check_end(source: Source, limits: Limits) -> None:
    """The end record is there, and the directory is short enough to be read at all.

    Counting the entries' signatures bounds the directory whatever its (lying, ZIP64) end says.
    """
    with source.opened() as file:
        file.seek(max(0, source.size - _END_WITHIN))
        if _END not in file.read():
            raise unreadable(Unreadable.TRUNCATED)
    if source.count(_ENTRY) > limits.parts:
        raise too_large(TooLarge.PARTS, limits.parts)


def _wrong_entry(entry: ZipInfo, limits: Limits) -> Refusal | None:
    if entry.flag_bits & _ENCRYPTED:
        return unreadable(Unreadable.PART_ENCRYPTED, entry.filename)
    if entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        return unreadable(Unreadable.PART_PACKED_ODDLY, entry.filename)
    swollen = entry.file_size > limits.ratio * entry.compress_size
    if entry.file_size > limits.ratio_from and swollen:
        return too_large(TooLarge.PART_RATIO, limits.ratio, entry.filename)
    return None
