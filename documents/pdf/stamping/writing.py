"""The file of a paper: what all of a shape have in common, and what is this one's own.

Objects of a shape come first and are packed once. What is a paper's own follows: the contents of
its pages, its fonts, and one packed stream of small objects (ISO 32000-1, 7.5.7 and 7.5.8).
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pydyf

from documents.pdf.assets import PRODUCER
from documents.pdf.stamping.fonts import Embedded
from documents.pdf.stamping.markup import Told
from documents.pdf.stamping.unusual import Unusual

_HEAD = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
_ROW = 7
"""Bytes of a row of the table of places: its kind, a place or a number, a turn."""
_MOST_PACKED, _LONGEST = 0xFFFF, 0xFFFFFFFF
_LEVEL = 6
"""The best packing takes six times as long for a hundredth of a paper."""


@dataclass(frozen=True, slots=True)
class FontPlace:
    """The numbers of the objects of a font that each paper has of its own."""

    font: int
    file: int
    says: int
    widths: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The objects that papers of a shape share, and the numbers of those they do not."""

    begun: bytes
    rows: bytes
    streams: tuple[int, ...]
    fonts: tuple[FontPlace, ...]
    mark: int
    """The number of the bookmark, and its entries but for the title."""
    mark_entries: bytes
    info: int
    root: bytes


@lru_cache(maxsize=4096)
def number(value: float) -> bytes:
    """A number as the engine writes it into a page."""
    written = pydyf._to_bytes(value)
    assert isinstance(written, bytes)
    return written


def text(value: str) -> bytes:
    """A text as a PDF holds it outside of its pages."""
    written = pydyf.String(value).data
    assert isinstance(written, bytes)
    return written


def framed(
    pdf: Any, *, streams: Sequence[int], fonts: Sequence[FontPlace], mark: int, info: int
) -> Frame:
    """The frame of a document of the engine, whose objects are numbered below `info`.

    `streams` (of pages), `fonts`, `mark` and `info` number what each paper has of its own.
    """
    own = {*streams, mark, info}.union(*((one.file, one.says, one.widths) for one in fonts))
    last = max(own, default=0)
    places: dict[int, tuple[int, int, int]] = {0: (0, 0, 65535)}
    out, at = [_HEAD], len(_HEAD)
    # Whoever reads pages alone does not unpack the thousand small objects of the tags.
    tags: list[tuple[int, bytes]] = []
    others: list[tuple[int, bytes]] = []
    for held in pdf.objects[1:]:
        if held.number in own:
            continue
        if held.compressible:
            is_tag = isinstance(held, dict) and held.get("Type") == "/StructElem"
            turn, packed = (last + 1, tags) if is_tag else (last + 2, others)
            places[held.number] = (2, turn, len(packed))
            packed.append((held.number, held.data))
            continue
        out.append(held.indirect + b"\n")
        places[held.number] = (1, at, 0)
        at += len(out[-1])
    for turn, packed in ((last + 1, tags), (last + 2, others)):
        out.append(_packed(turn, packed, _LEVEL))
        places[turn] = (1, at, 0)
        at += len(out[-1])
    rows = b"".join(_row(*places.get(turn, (0, 0, 0))) for turn in range(last + 5))
    entries = {name: value for name, value in pdf.objects[mark].items() if name != "Title"}
    return Frame(
        begun=b"".join(out),
        rows=rows,
        streams=tuple(streams),
        fonts=tuple(fonts),
        mark=mark,
        mark_entries=pydyf.Dictionary(entries).data[2:-2],
        info=info,
        root=pdf.catalog.reference,
    )


def written(
    frame: Frame, streams: Sequence[bytes], embedded: Mapping[int, Embedded], told: Told
) -> bytes:
    """The whole file; `streams` are of its pages, `embedded` the fonts by the engine's key."""
    rows = bytearray(frame.rows)
    size = len(rows) // _ROW
    pack, table = size - 2, size - 1
    out, at = [frame.begun], len(frame.begun)

    def put(turn: int, body: bytes) -> None:
        nonlocal at
        rows[turn * _ROW : (turn + 1) * _ROW] = _row(1, at, 0)
        out.append(body)
        at += len(body)

    for turn, content in zip(frame.streams, streams, strict=True):
        put(turn, _stream(turn, b"", zlib.compress(content, _LEVEL)))
    small = [(frame.info, info(told))]
    small.append((frame.mark, b"<<%s/Title %s>>" % (frame.mark_entries, text(told.title))))
    for place in frame.fonts:
        font = embedded[place.font]
        put(place.file, _stream(place.file, b"/Length1 %d" % font.length, font.file))
        put(place.says, _stream(place.says, b"", font.says))
        small.append((place.widths, font.widths))
    for turn, (held, _) in enumerate(small):
        rows[held * _ROW : (held + 1) * _ROW] = _row(2, pack, turn)
    put(pack, _packed(pack, small, _LEVEL))
    rows[table * _ROW :] = _row(1, at, 0)
    entries = b"/Type /XRef/Size %d/W [1 4 2]/Root %s/Info %d 0 R" % (size, frame.root, frame.info)
    out.append(_stream(table, entries, zlib.compress(bytes(rows), _LEVEL)))
    out.append(b"startxref\n%d\n%%%%EOF\n" % at)
    return b"".join(out)


def info(told: Told) -> bytes:
    """What the file tells of itself."""
    values = (PRODUCER, told.title, told.author, told.created, told.modified)
    names = (b"Producer", b"Title", b"Author", b"CreationDate", b"ModDate")
    pairs = (b"/%s %s" % (name, text(one)) for name, one in zip(names, values, strict=True))
    return b"<<%s>>" % b"".join(pairs)


def _row(kind: int, place: int, turn: int) -> bytes:
    if turn > _MOST_PACKED or place > _LONGEST:
        raise Unusual("more tags, or a longer file, than the table of places holds")
    return bytes((kind,)) + place.to_bytes(4, "big") + turn.to_bytes(2, "big")


def _stream(turn: int, entries: bytes, packed: bytes) -> bytes:
    head = b"%d 0 obj\n<<%s/Filter /FlateDecode/Length %d>>\nstream\n"
    return head % (turn, entries, len(packed)) + packed + b"\nendstream\nendobj\n"


def _packed(turn: int, held: Sequence[tuple[int, bytes]], level: int) -> bytes:
    """Small objects packed into one stream."""
    places, at = [], 0
    for one, body in held:
        places.append(b"%d %d" % (one, at))
        at += len(body) + 1
    first = b" ".join(places)
    content = b"\n".join((first, *(body for _, body in held)))
    entries = b"/Type /ObjStm/N %d/First %d" % (len(held), len(first) + 1)
    return _stream(turn, entries, zlib.compress(content, level))
