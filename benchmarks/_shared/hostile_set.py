"""Files made to take a server down, or to be misread: bombs, lies, disguises, broken parts."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path

from _shared.hostile import (
    HEAD,
    MAIN,
    MEBIBYTE,
    SHEET,
    STRINGS,
    STYLES,
    TAIL,
    TITLES,
    WORKBOOK,
    attributes,
    blank_rows,
    book,
    changed,
    content,
    damaged,
    declared,
    laughs,
    listed,
    many_parts,
    noisy,
    ole,
    once,
    overlapping,
    package,
    patched,
    repeated,
    row,
    sheet,
)

_OUTSIDE = '<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
_STYLE_HEAD = f'<styleSheet xmlns="{MAIN}"><cellXfs>'
_STRINGS_HEAD = f'<sst xmlns="{MAIN}">'
_CSV_TITLES = ";".join(TITLES).encode() + b"\n"
_FULL = 310 * MEBIBYTE

MAKERS: dict[str, Callable[[Path], None]] = {
    "bomb: 1 GiB of spaces": package({SHEET: repeated(HEAD, " " * 1024, 1 << 20, TAIL)}),
    "bomb: 310 MiB of spaces, packed 150 times": package(
        {SHEET: noisy(HEAD, " " * 64, _FULL, TAIL)}
    ),
    "bomb: 310 MiB of blank cells, packed 150 times": package(
        {SHEET: noisy(HEAD + '<row r="1">', '<c s="0"/>', _FULL, "</row>" + TAIL)}
    ),
    "bomb: 310 MiB of one cell, packed 150 times": package(
        {
            SHEET: noisy(
                HEAD + '<row r="1"><c r="A1" t="inlineStr"><is><t>',
                "a" * 64,
                _FULL,
                "</t></is></c></row>" + TAIL,
            )
        }
    ),
    "bomb: 60 MiB of nested elements, packed 150 times": package(
        {SHEET: noisy(HEAD, "<x><y></y></x>", 60 * MEBIBYTE, TAIL)}
    ),
    "bomb: 310 MiB in one row, packed 150 times, nothing odd in it": package(
        {SHEET: noisy(HEAD + '<row r="1">', " " * 64, _FULL, "</row>" + TAIL, around=("", ""))}
    ),
    "bomb: 1 million blank rows of 20 cells": package({SHEET: blank_rows}),
    "bomb: 20 million cells": package(
        {
            SHEET: repeated(
                HEAD + '<row r="1">', '<c r="A1"><v>1</v></c>', 20_000_000, "</row>" + TAIL
            )
        }
    ),
    "bomb: 10 million shared strings": package(
        {STRINGS: repeated(_STRINGS_HEAD, "<si><t>a</t></si>", 10_000_000, "</sst>")}
    ),
    "bomb: 60 MiB of shared strings, packed 150 times": package(
        {STRINGS: noisy(_STRINGS_HEAD, "<si><t>a</t></si>", 60 * MEBIBYTE, "</sst>")}
    ),
    "bomb: one shared string of 512 MiB": package(
        {STRINGS: repeated(_STRINGS_HEAD + "<si><t>", "a" * 1024, 1 << 19, "</t></si></sst>")}
    ),
    "bomb: 3 million cell formats": package(
        {STYLES: repeated(_STYLE_HEAD, '<xf numFmtId="14"/>', 3_000_000, "</cellXfs></styleSheet>")}
    ),
    "bomb: 31 MiB of cell formats, packed 150 times": package(
        {
            STYLES: noisy(
                _STYLE_HEAD, '<xf numFmtId="14"/>', 31 * MEBIBYTE, "</cellXfs></styleSheet>"
            )
        }
    ),
    "bomb: 1 million merged areas": package(
        {
            SHEET: repeated(
                HEAD + "</sheetData><mergeCells>",
                '<mergeCell ref="A1:B2"/>',
                1_000_000,
                "</mergeCells></worksheet>",
            )
        }
    ),
    "all cells merged into one": package(
        {
            SHEET: once(
                sheet(row(1, "x"), '<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>')
            )
        }
    ),
    "a validation of 20,000 whole sheets": package(
        {
            SHEET: once(
                sheet(
                    row(1, "x"),
                    f'<dataValidations><dataValidation sqref="{"A1:XFD1048576 " * 20_000}"/>'
                    "</dataValidations>",
                )
            )
        }
    ),
    "20,000 declarations of all columns": package(
        {
            SHEET: once(
                sheet(
                    row(1, "x"), before="<cols>" + '<col min="1" max="16384"/>' * 20_000 + "</cols>"
                )
            )
        }
    ),
    "20,000 sheets": package({WORKBOOK: once(listed(20_000))}),
    "200 sheets that are one of 60 MiB": package(
        {
            WORKBOOK: once(listed(200)),
            SHEET: noisy(HEAD, " " * 64, 60 * MEBIBYTE, TAIL),
        }
    ),
    "500,000 defined names": package(
        {
            WORKBOOK: once(
                book(
                    more="<definedNames>"
                    + "".join(f'<definedName name="n{n}">A1</definedName>' for n in range(500_000))
                    + "</definedNames>"
                )
            )
        }
    ),
    "entities that multiply": package(declared(laughs(), "&j;")),
    "one entity 20,000 times": package(
        declared(f'<!DOCTYPE w [<!ENTITY a "{"x" * 50_000}">]>', "&a;" * 20_000)
    ),
    "an entity from outside": package(declared(_OUTSIDE, "&x;")),
    "a workbook part with an entity from outside": package(
        {WORKBOOK: once(_OUTSIDE + book().replace("Clients", "&x;"))}
    ),
    "200,000 elements within one another, in the sheet": package(
        {SHEET: once(sheet("<a>" * 200_000 + "</a>" * 200_000))}
    ),
    "the same in the strings": package(
        {STRINGS: once(_STRINGS_HEAD + "<r>" * 200_000 + "</r>" * 200_000 + "</sst>")}
    ),
    "the same in the workbook part": package(
        {WORKBOOK: once(book(more="<a>" * 200_000 + "</a>" * 200_000))}
    ),
    "a number of 4 million digits": package(
        {SHEET: once(sheet(f'<row r="1"><c r="A1"><v>{"9" * 4_000_000}</v></c></row>'))}
    ),
    "a number of the power 999,999,999": package(
        {SHEET: once(sheet(row(1, *TITLES) + '<row r="2"><c r="A2"><v>1E999999999</v></c></row>'))}
    ),
    "200,000 attributes": package({SHEET: once(sheet(f'<row r="1" {attributes(200_000)}/>'))}),
    "an attribute of 50 MiB": package(
        {SHEET: repeated(HEAD + '<row r="1" spans="', "1" * 1024, 51_200, '"/>' + TAIL)}
    ),
    "a reference of 20 million letters": package(
        {SHEET: repeated(HEAD + '<row r="1"><c r="', "A" * 1000, 20_000, '1"/></row>' + TAIL)}
    ),
    "a row of 16,384 cells": package(
        {SHEET: once(sheet(row(1, *TITLES) + f'<row r="2">{"<c><v>1</v></c>" * 16_384}</row>'))}
    ),
    "a dimension of the whole sheet": package(
        {SHEET: once(sheet(row(1, *TITLES), before='<dimension ref="A1:XFD1048576"/>'))}
    ),
    "row 0": package({SHEET: once(sheet('<row r="0"><c r="A0"><v>1</v></c></row>'))}),
    "row -1": package({SHEET: once(sheet('<row r="-1"><c r="A-1"><v>1</v></c></row>'))}),
    "rows out of order": package({SHEET: once(sheet(row(9, *TITLES) + row(2, "x")))}),
    "a formula of 20,000 brackets alone": package(
        {SHEET: once(sheet(f'<row r="1"><c r="A1"><f>{"(" * 20_000}1{")" * 20_000}</f></c></row>'))}
    ),
    "no workbook part": package({WORKBOOK: once("")}),
    "an empty sheet part": package({SHEET: once("")}),
    "a web page in the sheet part": package({SHEET: once("<html><body>x</body></html>")}),
    "a size that lies": changed(patched(24, "<I", 10)),
    "a size of 4 GiB": changed(patched(24, "<I", 0xFFFFFFFE)),
    "an encrypted part": changed(patched(8, "<H", 1)),
    "an unknown packing": changed(patched(10, "<H", 99)),
    "a damaged part": changed(damaged),
    "half of a file": changed(lambda raw: raw[: len(raw) // 2]),
    "a file without its end": changed(lambda raw: raw[:-30]),
    "5,000 entries over the same bytes": changed(overlapping),
    "60,000 parts": many_parts,
    "nothing but the end of an archive": content(lambda: b"PK\5\6" + bytes(18)),
    "a workbook with a password": content(lambda: ole("EncryptedPackage\0")),
    "an old workbook": content(lambda: ole("Workbook\0")),
    "a gzip bomb": content(lambda: gzip.compress(bytes(200 * MEBIBYTE))),
    "a RAR archive": content(lambda: b"Rar!\x1a\x07\x01\x00" + os.urandom(100_000)),
    "a 7z archive": content(lambda: b"7z\xbc\xaf\x27\x1c" + os.urandom(100_000)),
    "a PDF": content(lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + os.urandom(100_000)),
    "24 MiB of noise": content(lambda: os.urandom(24 * MEBIBYTE)),
    "24 MiB of NULs": content(lambda: bytes(24 * MEBIBYTE)),
    "a web page of 20 MiB": content(lambda: b"<html><table>" + b"<tr><td>1</td></tr>" * 1_100_000),
    "a text of one line, 24 MiB": content(lambda: b"a" * 24 * MEBIBYTE),
    "a text of one line of 12 million fields": content(lambda: b"a;" * 12 * MEBIBYTE),
    "a text of titles and one field of 23 MiB": content(
        lambda: _CSV_TITLES + b'"' + b"x" * 23 * MEBIBYTE + b'";b;EUR;NA\n'
    ),
    "a text with an unclosed quotation mark": content(
        lambda: _CSV_TITLES + b'"' + b"x;y;EUR;NA\n" * 2_000_000
    ),
    "a text of 24 million quotation marks": content(lambda: _CSV_TITLES + b'"' * 24 * 1_000_000),
    "a text of 12 million empty lines": content(lambda: _CSV_TITLES + b"\r\n" * 12 * 1_000_000),
    "a text with NULs within": content(lambda: _CSV_TITLES + b"A\0lpha;1 rue A;EUR;NA\n" * 100_000),
    "30 MiB": content(lambda: b"a;b\n" * (30 * MEBIBYTE // 4)),
}
"""How each is written, by what it is."""
