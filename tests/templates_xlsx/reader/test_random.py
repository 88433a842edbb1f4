"""What nobody thought of: random tables read back, random bytes and random damage only refuse."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import Refusal
from templates_xlsx.reader import open_book
from tests.templates_xlsx.reader.books import (
    SHEET1,
    STRINGS,
    cell,
    number,
    parts,
    row,
    rows_of,
    sheet,
    strings,
    text,
    workbook,
    zipped,
)

OPTIONS = {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)
AMOUNTS = st.decimals(
    min_value=-10_000_000, max_value=10_000_000, allow_nan=False, allow_infinity=False, places=4
)
# Spreadsheets know 1900-02-29; days before it are one off between programmes.
MOMENTS = st.datetimes(datetime(1900, 3, 1), datetime(9999, 12, 30)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0)
)
VALUES = st.one_of(st.none(), st.booleans(), TEXTS, AMOUNTS, MOMENTS)


def made(table: list[list[Any]], *, inline: bool) -> bytes:
    out = BytesIO()
    # Constant memory writes texts into the cells, the other way shares them.
    book = xlsxwriter.Workbook(out, OPTIONS | {"constant_memory": inline})
    page = book.add_worksheet()
    day = book.add_format({"num_format": "dd/mm/yyyy hh:mm:ss"})
    for line, values in enumerate(table):
        for column, value in enumerate(values):
            if isinstance(value, bool):
                page.write_boolean(line, column, value)
            elif isinstance(value, str):
                page.write_string(line, column, value)
            elif isinstance(value, Decimal):
                page.write_number(line, column, value)
            elif isinstance(value, datetime):
                page.write_datetime(line, column, value, day)
    book.close()
    return out.getvalue()


@settings(max_examples=60)
@given(st.lists(st.lists(VALUES, max_size=6), max_size=8), st.booleans())
def test_any_table_written_by_another_programme_reads_back(
    table: list[list[Any]], inline: bool
) -> None:
    found = {
        (line.number, column): cell.value
        for line in rows_of(made(table, inline=inline))
        for column, cell in line.cells.items()
    }
    assert found == {
        (line, column): value
        for line, values in enumerate(table, 1)
        for column, value in enumerate(values, 1)
        if value is not None
    }


def read_whole(upload: bytes) -> None:
    """Reads all there is; whatever is raised but Refusal comes out."""
    with suppress(Refusal):
        for found in open_book(upload).sheets:
            for _ in found.rows():
                pass


STARTS = st.sampled_from(
    [
        *(b"", b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"<", b"sep="),
        *(b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b'"', b"a;b\n"),
    ]
)


@settings(max_examples=200)
@given(STARTS, st.binary(max_size=400))
def test_random_bytes_are_read_or_refused(start: bytes, rest: bytes) -> None:
    read_whole(start + rest)


SOUND_PARTS = parts(
    sheet(
        row(
            1,
            text("A1", "Été &amp; co"),
            cell("B1", "<v>0</v>", kind="s"),
            attributes=' hidden="1"',
        )
        + row(2, number("A2", "12.5"), cell("B2", "<f>A2</f><v>1</v>", style="day"))
        + row(5, cell("A5", "<v>1</v>", kind="b"), cell("C5", "<v>#N/A</v>", kind="e")),
        before='<cols><col min="1" max="2" hidden="1"/></cols>',
        after='<mergeCells><mergeCell ref="A2:A5"/></mergeCells>',
    ),
    strings=strings("<t>un</t>", "<r><t>deux</t></r>"),
    workbook=workbook(properties='<workbookPr date1904="0"/>'),
)
SOUND = zipped(SOUND_PARTS)


@settings(max_examples=200)
@given(
    st.lists(
        st.tuples(st.integers(0, len(SOUND) - 1), st.binary(max_size=3)), min_size=1, max_size=4
    )
)
def test_a_damaged_zip_is_read_or_refused(damage: list[tuple[int, bytes]]) -> None:
    upload = bytearray(SOUND)
    for place, put in damage:
        upload[place : place + len(put)] = put
    read_whole(bytes(upload))


BITS = st.sampled_from(
    [
        *(b"", b"<", b">", b"</", b'"', b"&", b"<c>", b"</c>", b"</row>", b"<v>", b"</sheetData>"),
        *(b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<?x?>", b"&#0;", b"&amp;", b"<sheetData>"),
        *(b"\0", b"\xff", b"\r", b"9" * 50, b"1E999", b' r="A1"', b' t="s"', b' xmlns="q"'),
        *(b"<si>", b"</si>", b"<t>"),
    ]
)
PART = st.sampled_from([SHEET1, STRINGS, "xl/workbook.xml", "xl/styles.xml", "_rels/.rels"])


@settings(max_examples=300)
@given(
    PART,
    st.lists(st.tuples(st.integers(0, 3_000), st.integers(0, 8), BITS), min_size=1, max_size=3),
)
def test_damaged_xml_is_read_or_refused(part: str, damage: list[tuple[int, int, bytes]]) -> None:
    content = str(SOUND_PARTS[part]).encode()
    for place, cut, put in damage:
        at = place % (len(content) + 1)
        content = content[:at] + put + content[at + cut :]
    read_whole(zipped(SOUND_PARTS | {part: content}, 0))
