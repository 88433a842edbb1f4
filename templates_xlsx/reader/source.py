"""The bytes of an upload, openable any number of times, and what kind of content they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from domain.errors import Refusal
from templates_xlsx.reader.limits import Limits
from templates_xlsx.reader.refusals import (
    FILE_EMPTY,
    TooLarge,
    Unreadable,
    Unsupported,
    megabytes,
    too_large,
    unreadable,
    unsupported,
)

HEAD = 1 << 16
"""How many bytes are looked at to tell the kind of content."""

_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLD_STREAMS = ("Workbook", "WORKBOOK", "Book", "BOOK")
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<[A-Za-z!?]|MIME-Version:)")
_OTHER_FORMATS = (
    b"{\\rtf",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"\x1f\x8b",
    b"7z\xbc\xaf",
    b"Rar!",
)
_CONTROLS = bytes(set(range(1, 32)) - set(b"\t\n\r\x0b\x0c\x1a"))
"""Never typed, NUL aside: it is in every UTF-16 text, with or without a mark."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the bytes are: in memory, or in a file that is opened anew for each reading."""

    origin: bytes | Path
    size: int

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """The bytes from their start; several readings may go on at once."""
        with (
            BytesIO(self.origin)
            if isinstance(self.origin, bytes)
            else self.origin.open("rb") as file
        ):
            yield file

    def head(self) -> bytes:
        """The first `HEAD` bytes."""
        with self.opened() as file:
            return file.read(HEAD)

    def blocks(self, size: int = 1 << 18) -> Iterator[bytes]:
        """All the bytes, in blocks."""
        with self.opened() as file:
            while block := file.read(size):
                yield block

    def count(self, needle: bytes) -> int:
        """How often `needle` stands in the bytes."""
        kept, total = b"", 0
        for block in self.blocks():
            window = kept + block
            total += window.count(needle)
            kept = window[len(window) - len(needle) + 1 :]
        return total


def source_of(upload: BinaryIO | bytes | Path, limits: Limits) -> Source:
    """The source of `upload`, not larger than the limit; an open file is taken into memory.

    An open file belongs to the request that carries it, and rows are read after that: at most
    `limits.file_bytes` bytes are held. A path is not held; it must keep its content.
    """
    if isinstance(upload, Path):
        source = Source(upload, upload.stat().st_size)
    elif isinstance(upload, bytes):
        source = Source(upload, len(upload))
    else:
        if upload.seekable():
            upload.seek(0)
        held = upload.read(limits.file_bytes + 1)
        source = Source(held, len(held))
    if source.size > limits.file_bytes:
        raise too_large(TooLarge.MEGABYTES, megabytes(limits.file_bytes))
    if source.size == 0:
        raise Refusal(FILE_EMPTY())
    return source


def is_zip(source: Source) -> bool:
    """Whether the content is a zip (a workbook, or something else zipped), else text.

    Anything that is neither is refused by what it is.
    """
    head = source.head()
    if head.startswith(_ZIP):
        return True
    if other := _other_format(source, head):
        raise other
    return False


def _other_format(source: Source, head: bytes) -> Refusal | None:
    if head.startswith(_OLE):
        return _kind_of_ole(source)
    if head.startswith(b"%PDF-"):
        return unsupported(Unsupported.PDF)
    if head.startswith(_OTHER_FORMATS):
        return unsupported(Unsupported.NOT_TEXT)
    if head.startswith(UTF16_MARKS):
        opening = head[:1024].decode("utf-16", "ignore").encode()
        return unreadable(Unreadable.MARKUP) if _MARKUP.match(opening) else None
    if _MARKUP.match(head):
        return unreadable(Unreadable.MARKUP)
    controls = len(head) - len(head.translate(None, _CONTROLS))
    return unsupported(Unsupported.NOT_TEXT) if controls * 100 > len(head) else None


def _kind_of_ole(source: Source) -> Refusal:
    """OLE files name their streams in UTF-16: an encrypted .xlsx and an .xls tell by theirs."""
    if source.count("EncryptedPackage".encode("utf-16-le")):
        return unreadable(Unreadable.LOCKED)
    if any(source.count(f"{name}\0".encode("utf-16-le")) for name in _OLD_STREAMS):
        return unsupported(Unsupported.OLD_WORKBOOK)
    return unreadable(Unreadable.LOCKED_OR_OLD)
