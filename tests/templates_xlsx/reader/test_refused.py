"""Files that are refused, each for one reason: other formats, broken, hostile, too large."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable
from io import BytesIO
from itertools import pairwise
from typing import Any

import pytest

from domain.errors import Refusal, Scope
from templates_xlsx.reader import Limits, open_book
from templates_xlsx.reader.refusals import TooLarge, Unreadable, Unsupported
from tests.templates_xlsx.reader.books import (
    MAIN,
    SHEET1,
    STRINGS,
    book_of,
    cell,
    number,
    parts,
    refusal_of,
    row,
    sheet,
    strings,
    text,
    workbook,
    zipped,
)

ONE_ROW = row(1, number("A1", 1))
SOUND = book_of(ONE_ROW)
Reason = Unreadable | Unsupported | TooLarge

CODES = {
    Unreadable: "FILE_UNREADABLE",
    Unsupported: "FILE_TYPE_UNSUPPORTED",
    TooLarge: "FILE_TOO_LARGE",
}


def assert_refused(upload: bytes, reason: Reason, limits: Limits | None = None) -> None:
    issue = refusal_of(upload, limits)
    assert (issue.code, issue.facts["reason"]) == (CODES[type(reason)], reason.value)
    assert issue.is_red
    assert issue.kind.scope is Scope.FILE


def with_part(name: str, content: str | bytes) -> bytes:
    return zipped(parts(sheet(ONE_ROW)) | {name: content})


def ole(*streams: str) -> bytes:
    names = b"".join(stream.encode("utf-16-le").ljust(64, b"\0") for stream in streams)
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504 + names


OTHERS: dict[str, tuple[bytes, Reason]] = {
    "an encrypted workbook": (ole("EncryptionInfo", "EncryptedPackage"), Unreadable.LOCKED),
    "an old workbook": (ole("Root Entry", "Workbook"), Unsupported.OLD_WORKBOOK),
    "a very old workbook": (ole("Root Entry", "BOOK"), Unsupported.OLD_WORKBOOK),
    "another old document": (ole("Root Entry", "WordDocument"), Unreadable.LOCKED_OR_OLD),
    "a web page": (b"\r\n <html><table><tr><td>1</td></tr></table></html>", Unreadable.MARKUP),
    "XML of 2003": (b'\xef\xbb\xbf<?xml version="1.0"?><Workbook/>', Unreadable.MARKUP),
    "a web page in UTF-16": ("<html></html>".encode("utf-16"), Unreadable.MARKUP),
    "a web archive": (b"MIME-Version: 1.0\r\n", Unreadable.MARKUP),
    "a PDF": (b"%PDF-1.7\n\0", Unsupported.PDF),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0", Unsupported.NOT_TEXT),
    "a programme": (b"MZ\x90\0\3\0\0\0" + bytes(range(256)), Unsupported.NOT_TEXT),
    "zeros": (b"\0" * 1000, Unsupported.NOT_TEXT),
    "control characters": (b"a\x01\x02;b\n", Unsupported.NOT_TEXT),
    "an OpenDocument": (
        zipped(
            {"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<x/>"}
        ),
        Unsupported.OPEN_DOCUMENT,
    ),
    "a binary workbook": (
        zipped({"[Content_Types].xml": "<Types/>", "xl/workbook.bin": b"\x83\1"}),
        Unsupported.BINARY_WORKBOOK,
    ),
    "a text document": (
        zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": "<w/>"}),
        Unsupported.OTHER_PROGRAMME,
    ),
    "a zip of workbooks": (zipped({"clients.xlsx": SOUND}), Unsupported.ARCHIVE),
    "an empty zip": (zipped({}), Unsupported.ARCHIVE),
}


@pytest.mark.parametrize(("upload", "reason"), OTHERS.values(), ids=OTHERS)
def test_another_format_is_named_whatever_the_file_is_called(upload: bytes, reason: Reason) -> None:
    assert_refused(upload, reason)


@pytest.mark.parametrize("upload", [b"", b" \r\n\r\n", b"\xef\xbb\xbf", b"\xff\xfe"])
def test_a_file_without_anything_is_empty(upload: bytes) -> None:
    assert refusal_of(upload).code == "FILE_EMPTY"


def test_a_workbook_without_a_worksheet_is_empty() -> None:
    empty = f'<workbook xmlns="{MAIN}"><sheets/></workbook>'
    assert refusal_of(zipped(parts(workbook=empty))).code == "FILE_EMPTY"


# The zip


def patched(offset: int, layout: str, value: int) -> bytes:
    """A sound book with a field of the directory entry of its sheet overwritten."""
    upload = bytearray(SOUND)
    entry = upload.rfind(b"PK\x01\x02", 0, upload.rfind(SHEET1.encode()))
    struct.pack_into(layout, upload, entry + offset, value)
    return bytes(upload)


def damaged() -> bytes:
    upload = bytearray(SOUND)
    upload[upload.find(SHEET1.encode()) + len(SHEET1) + 20] ^= 0xFF
    return bytes(upload)


ZIPS: dict[str, tuple[bytes, Reason]] = {
    "half of it": (SOUND[: len(SOUND) // 2], Unreadable.TRUNCATED),
    "its last bytes cut": (SOUND[:-10], Unreadable.DAMAGED),
    "only the beginning": (b"PK\x03\x04", Unreadable.TRUNCATED),
    "a flipped byte": (damaged(), Unreadable.PART_DAMAGED),
    "a part larger than it says": (patched(24, "<I", 10), Unreadable.PART_DAMAGED),
    "a wrong checksum": (patched(16, "<I", 1), Unreadable.PART_DAMAGED),
    "an encrypted part": (patched(8, "<H", 1), Unreadable.PART_ENCRYPTED),
    "an unknown compression": (patched(10, "<H", 97), Unreadable.PART_PACKED_ODDLY),
    "a part twice in two cases": (
        with_part("XL/worksheets\\Sheet1.xml", ""),
        Unreadable.PART_TWICE,
    ),
    "a part too swollen": (with_part("xl/media/a.png", b"\0" * (9 << 20)), TooLarge.PART_RATIO),
}


@pytest.mark.parametrize(("upload", "reason"), ZIPS.values(), ids=ZIPS)
def test_a_zip_that_is_not_sound_is_refused(upload: bytes, reason: Reason) -> None:
    assert_refused(upload, reason)


def test_bytes_after_the_zip_do_no_harm() -> None:
    assert next(open_book(SOUND + b"x" * 500).sheets[0].rows()).number == 1


def test_many_entries_over_one_part_are_counted_before_anything_is_unpacked() -> None:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for index in range(2_001):
            archive.writestr(f"x/{index}", b"")
    assert_refused(out.getvalue(), TooLarge.PARTS)


def test_what_the_parts_declare_together_is_limited() -> None:
    assert_refused(SOUND, TooLarge.UNPACKED, Limits(unpacked_bytes=1_000))


def test_the_weight_of_the_file_is_limited() -> None:
    assert_refused(SOUND, TooLarge.MEGABYTES, Limits(file_bytes=len(SOUND) - 1))
    with pytest.raises(Refusal):
        open_book(BytesIO(SOUND), limits=Limits(file_bytes=len(SOUND) - 1))


# The XML


LAUGHS = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in pairwise("abcdefghi"))
BOMB = f'<!DOCTYPE w [<!ENTITY a "ha">{LAUGHS}]>'
OUTSIDE = '<!DOCTYPE w [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
DEEP = "<a>" * 5_000 + "</a>" * 5_000


def declaring(xml: str, doctype: str) -> str:
    return doctype + xml[xml.index("?>") + 2 :] if "?>" in xml else doctype + xml


PARTS: dict[str, tuple[bytes, Reason]] = {
    "entities in a sheet": (
        with_part(SHEET1, declaring(sheet(row(1, text("A1", "&i;"))), BOMB)),
        Unreadable.PART_DECLARES,
    ),
    "entities in the texts": (
        with_part(STRINGS, declaring(strings("<t>&i;</t>"), BOMB)),
        Unreadable.PART_DECLARES,
    ),
    "an entity of the server": (
        with_part(STRINGS, declaring(strings("<t>&a;</t>"), OUTSIDE)),
        Unreadable.PART_DECLARES,
    ),
    "a declaring workbook": (
        with_part("xl/workbook.xml", declaring(workbook(), OUTSIDE)),
        Unreadable.PART_DECLARES,
    ),
    "an undeclared entity": (book_of(row(1, text("A1", "&i;"))), Unreadable.PART_MALFORMED),
    "a deep sheet": (book_of(DEEP), Unreadable.PART_TOO_DEEP),
    "a deep sheet of rows": (book_of("<row>" * 900 + "</row>" * 900), Unreadable.PART_MALFORMED),
    "a deep cell": (
        book_of(row(1, cell("A1", "<v>" * 900 + "</v>" * 900))),
        Unreadable.PART_MALFORMED,
    ),
    "deep texts": (with_part(STRINGS, strings(DEEP)), Unreadable.PART_TOO_DEEP),
    "a deep end of sheet": (book_of(ONE_ROW, after=DEEP), Unreadable.PART_TOO_DEEP),
    "a deep workbook": (
        with_part("xl/workbook.xml", workbook(properties=DEEP)),
        Unreadable.PART_TOO_DEEP,
    ),
    "deep formats": (with_part("xl/styles.xml", DEEP), Unreadable.PART_TOO_DEEP),
    "an unknown encoding": (
        with_part(SHEET1, sheet(ONE_ROW).replace("UTF-8", "zip_codec")),
        Unreadable.PART_ENCODED_ODDLY,
    ),
    "bytes that are not UTF-8": (
        with_part(SHEET1, sheet(row(1, text("A1", "é"))).encode("latin-1")),
        Unreadable.PART_MALFORMED,
    ),
    "a forbidden character": (book_of(row(1, text("A1", "\x01"))), Unreadable.PART_MALFORMED),
    "a tag without end": (
        book_of(f'<row r="1" spans="{"1" * 2_000_000}'),
        Unreadable.PART_MALFORMED,
    ),
    "an attribute twice": (book_of('<row r="1" r="2"></row>'), Unreadable.PART_MALFORMED),
    "a web page as a sheet": (
        with_part(SHEET1, "<html><body/></html>"),
        Unreadable.NOT_A_WORKSHEET,
    ),
    "an empty sheet part": (with_part(SHEET1, ""), Unreadable.PART_MALFORMED),
    "no workbook part": (zipped(parts(sheet(ONE_ROW), workbook=None)), Unreadable.PART_MISSING),
    "no sheet part": (zipped(parts(sheet(ONE_ROW)) | {SHEET1: None}), Unreadable.PART_MISSING),
    "a web page as a workbook": (
        with_part("xl/workbook.xml", "<html/>"),
        Unreadable.PART_MALFORMED,
    ),
}


@pytest.mark.parametrize(("upload", "reason"), PARTS.values(), ids=PARTS)
def test_xml_that_excel_never_writes_is_refused(upload: bytes, reason: Reason) -> None:
    assert_refused(upload, reason)


def test_two_sheets_may_not_be_one_part() -> None:
    named = parts(sheet(ONE_ROW), workbook=workbook('name="A"', 'name="B"'))
    rels = str(named["xl/_rels/workbook.xml.rels"])
    again = '<Relationship Id="rId2" Type="x/worksheet" Target="/xl/worksheets/SHEET1.xml"/>'
    named["xl/_rels/workbook.xml.rels"] = rels.replace("</Rel", again + "</Rel")
    assert_refused(zipped(named), Unreadable.PART_SHARED)


MISPLACED: dict[str, tuple[str, Reason]] = {
    "a row twice": (ONE_ROW * 2, Unreadable.ROW_MISPLACED),
    "rows out of order": (row(2, number("A2", 1)) + ONE_ROW, Unreadable.ROW_MISPLACED),
    "row zero": (row(0, number("A0", 1)), Unreadable.ROW_MISPLACED),
    "a row beyond the last": (row(1_048_577), Unreadable.ROW_MISPLACED),
    "a row that is no number": ('<row r="x"/>', Unreadable.PART_MALFORMED),
    "a negative row": ('<row r="-1"/>', Unreadable.PART_MALFORMED),
    "a cell twice": (row(1, number("A1", 1), number("A1", 2)), Unreadable.CELL_MISPLACED),
    "cells out of order": (row(1, number("B1", 1), number("A1", 2)), Unreadable.CELL_MISPLACED),
    "a cell of another row": (row(1, number("A2", 1)), Unreadable.CELL_MISPLACED),
    "a column beyond the last": (row(1, number("XFE1", 1)), Unreadable.CELL_MISPLACED),
    "a reference that is none": (row(1, number("A" * 5_000 + "1", 1)), Unreadable.CELL_MISPLACED),
    "two values in a cell": (row(1, cell("A1", "<v>1</v><v>2</v>")), Unreadable.PART_MALFORMED),
    "a value and a text": (
        row(1, cell("A1", "<v>1</v><is><t>2</t></is>")),
        Unreadable.PART_MALFORMED,
    ),
    "a value outside a cell": ('<row r="1"><v>1</v></row>', Unreadable.PART_MALFORMED),
    "a cell outside a row": (number("A1", 1), Unreadable.PART_MALFORMED),
    "a cell in a cell": (row(1, cell("A1", number("B1", 1))), Unreadable.PART_MALFORMED),
    "rows twice": (ONE_ROW + "</sheetData><sheetData>" + ONE_ROW, Unreadable.PART_MALFORMED),
}


@pytest.mark.parametrize(("rows", "reason"), MISPLACED.values(), ids=MISPLACED)
@pytest.mark.parametrize("before", ["", "<!-- not plain -->"], ids=["plain", "exact"])
def test_nothing_is_dropped_in_silence(rows: str, reason: Reason, before: str) -> None:
    assert_refused(book_of(rows, before=before), reason)


# Counts


def test_only_filled_rows_count() -> None:
    limits = Limits(rows=3)
    rows = [row(n, number(f"A{n}", n)) if n % 10 == 1 else row(n) for n in range(1, 31)]
    book = open_book(book_of(*rows), limits=limits)
    assert sum(1 for _ in book.sheets[0].rows()) == 3
    assert_refused(book_of(*rows, row(31, number("A31", 1))), TooLarge.ROWS, limits)


def test_only_filled_columns_count_and_the_cell_is_named() -> None:
    blank = cell("XFD1", style="day")
    assert len(list(open_book(book_of(row(1, number("IV1", 1), blank))).sheets[0].rows())) == 1
    issue = refusal_of(book_of(row(1, number("IW1", 1))))
    assert (issue.code, issue.facts["place"]) == ("FILE_TOO_LARGE", " (Clients, IW1)")
    assert (issue.facts["limit"], issue.row, issue.column) == ("256", 1, "IW")


LONG = "a" * 32_768
COUNTS: dict[str, tuple[Callable[[], bytes], TooLarge, dict[str, Any]]] = {
    "cells": (
        lambda: book_of(row(1, *(number(f"{c}1", 1) for c in "ABC"))),
        TooLarge.CELLS,
        {"cells": 2},
    ),
    "texts": (
        lambda: with_part(STRINGS, strings("<t>a</t>", "<t>b</t>")),
        TooLarge.STRINGS,
        {"strings": 1},
    ),
    "bytes of texts": (lambda: SOUND, TooLarge.PART_UNPACKED, {"strings_bytes": 10}),
    "bytes of the workbook": (lambda: SOUND, TooLarge.PART_UNPACKED, {"envelope_bytes": 10}),
    "formats": (lambda: SOUND, TooLarge.FORMATS, {"formats": 3}),
    "sheets": (
        lambda: zipped(parts(sheet(), sheet(), workbook=workbook('name="A"', 'name="B"'))),
        TooLarge.SHEETS,
        {"sheets": 1},
    ),
    "merges of all sheets": (
        lambda: zipped(
            parts(
                *[sheet(after='<mergeCells><mergeCell ref="A1:A2"/></mergeCells>')] * 2,
                workbook=workbook('name="A"', 'name="B"'),
            )
        ),
        TooLarge.MERGES,
        {"merges": 1},
    ),
    "characters of a cell": (lambda: book_of(row(1, text("A1", LONG))), TooLarge.TEXT, {}),
    "characters of a text": (
        lambda: with_part(STRINGS, strings(f"<t>{LONG}</t>")),
        TooLarge.TEXT,
        {},
    ),
    "characters of runs": (
        lambda: with_part(STRINGS, strings(f"<r><t>{LONG}</t></r>" * 9)),
        TooLarge.TEXT,
        {},
    ),
    "characters of a number": (
        lambda: book_of(row(1, number("A1", "<!---->" + "9" * 999_999))),
        TooLarge.TEXT,
        {},
    ),
    "tags of a plain sheet": (
        lambda: book_of(*[row(n, number(f"A{n}", n)) for n in range(1, 99)]),
        TooLarge.PART_TAGS,
        {"usual_tags": 99},
    ),
    "tags of another sheet": (
        lambda: book_of("<row/>" * 99, after="<!---->"),
        TooLarge.PART_TAGS,
        {"tags": 99},
    ),
    "bytes of a sheet with comments": (
        lambda: book_of(ONE_ROW + "<!---->"),
        TooLarge.PART_UNPACKED,
        {"odd_bytes": 99},
    ),
    "tags of a sheet with comments": (
        lambda: book_of("<!---->" + "<row/>" * 99),
        TooLarge.PART_TAGS,
        {"odd_tags": 99},
    ),
    "bytes of rows that cannot be cut": (
        lambda: book_of("<row>" + " " * 99),
        TooLarge.PART_UNPACKED,
        {"odd_bytes": 50},
    ),
    "tags of strings with comments": (
        lambda: with_part(STRINGS, strings("<!---->" + "<si><t>a</t></si>" * 99)),
        TooLarge.PART_TAGS,
        {"strings_tags": 99},
    ),
    "tags of odd rows": (
        lambda: book_of("<row><c><v>1</v></c></row>" * 99),
        TooLarge.PART_TAGS,
        {"tags": 99},
    ),
    "strange elements": (
        lambda: book_of(ONE_ROW, "<a/>" * 99),
        TooLarge.PART_TAGS,
        {"skipped": 50},
    ),
    "tags of the workbook": (lambda: SOUND, TooLarge.PART_TAGS, {"envelope_tags": 3}),
}


@pytest.mark.parametrize(("upload", "reason", "limits"), COUNTS.values(), ids=COUNTS)
def test_counts_are_limited(
    upload: Callable[[], bytes], reason: TooLarge, limits: dict[str, Any]
) -> None:
    assert_refused(upload(), reason, Limits(**limits))
