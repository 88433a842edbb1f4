"""Text tables: encodings, separators, record numbers, and what cannot be read."""

from __future__ import annotations

import codecs
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import Severity
from templates_xlsx.raw import Cell, Shape
from templates_xlsx.reader import Limits, open_book
from templates_xlsx.reader.refusals import TooLarge, Unreadable, Unsupported
from tests.templates_xlsx.reader.books import refusal_of, rows_of

TABLE = [
    ["Nom du client", "Adresse de facturation", "Montant"],
    ["Société Générale d'Été", "14, rue des Tilleuls\n75011 Paris", "1 234,56"],
    ["L’Œuvre « À neuf »", "3 | 5 quai Neuf; bât. B", "12,5 €"],
    ["Brive-Habitat", "", "-850,00"],
]
PLAIN = [["Code", "Nom", "Ville"], ["A1", "Société Kerléo", "Hérouville"], ["A2", "Bâtir", "Sète"]]

ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "cp1252": "Windows-1252",
}
ENDS = ["\r\n", "\n", "\r"]
SEPARATORS = [";", ",", "\t", "|"]


def written(table: list[list[str]], separator: str, end: str = "\r\n") -> str:
    def quoted(field: str) -> str:
        special = any(mark in field for mark in (separator, '"', "\n", "\r"))
        return '"' + field.replace('"', '""') + '"' if special else field

    return "".join(separator.join(map(quoted, record)) + end for record in table)


def read(upload: bytes) -> list[tuple[int, dict[int, object]]]:
    return [
        (row.number, {column: cell.value for column, cell in row.cells.items()})
        for row in rows_of(upload)
    ]


def filled(table: list[list[str]], first: int = 1) -> list[tuple[int, dict[int, object]]]:
    return [
        (number, {column: field for column, field in enumerate(record, 1) if field})
        for number, record in enumerate(table, first)
    ]


def told(upload: bytes) -> tuple[str, str]:
    (issue,) = open_book(upload).issues
    assert (issue.code, issue.severity) == ("ENCODING_DETECTED", Severity.INFO)
    return issue.facts["encoding"], issue.facts["separator"]


@pytest.mark.parametrize("declared", [False, True], ids=["guessed", "sep="])
@pytest.mark.parametrize("separator", SEPARATORS)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_and_separator_is_told_and_read(
    encoding: str, separator: str, declared: bool
) -> None:
    first = f"sep={separator}\r\n" if declared else ""
    upload = (first + written(TABLE, separator)).encode(encoding)
    assert read(upload) == filled(TABLE, 2 if declared else 1)
    assert told(upload) == (ENCODINGS[encoding], "tab" if separator == "\t" else separator)


@pytest.mark.parametrize("encoding", [*ENCODINGS, "mac_roman", "cp850"])
@pytest.mark.parametrize("end", ENDS, ids=["CRLF", "LF", "CR"])
def test_every_line_end_is_read(encoding: str, end: str) -> None:
    content = written(PLAIN, ";", end)
    assert read(content.encode(encoding)) == filled(PLAIN)
    assert read(content.rstrip().encode(encoding)) == filled(PLAIN)


@pytest.mark.parametrize(("encoding", "name"), [("mac_roman", "Mac Roman"), ("cp850", "DOS 850")])
def test_old_files_of_mac_and_dos_are_told_by_their_letters(encoding: str, name: str) -> None:
    upload = written(PLAIN, ";").encode(encoding)
    assert told(upload) == (name, ";")


def test_capitals_and_signs_alone_stay_windows() -> None:
    upload = "NOM;NOTE\nÉLÉONORE;10 €\nÇA;l’été…\n".encode("cp1252")
    assert told(upload)[0] == "Windows-1252"


def test_a_quoted_line_break_is_one_record_and_blank_records_count() -> None:
    upload = b'a;b\r\n\r\n"x\r\ny";2\r\n;;;\r\nz;3\r\n'
    assert read(upload) == [
        (1, {1: "a", 2: "b"}),
        (3, {1: "x\r\ny", 2: "2"}),
        (5, {1: "z", 2: "3"}),
    ]


def test_a_separator_line_counts_as_the_first_record() -> None:
    """DOMAIN 3.2: records from the top, a `sep=` line counts."""
    assert read(b"sep=|\r\na|b;c\r\n") == [(2, {1: "a", 2: "b;c"})]
    assert read(b'"sep=:"\na:b,c\n') == [(2, {1: "a", 2: "b,c"})]


def test_decimal_commas_and_commas_of_addresses_do_not_make_a_separator() -> None:
    rows = "".join(f"C{n};{n}, rue Neuve, Paris;{n},50\n" for n in range(40))
    assert told(f"Code;Adresse;Montant\n{rows}".encode()) == ("UTF-8", ";")


def test_title_lines_above_the_header_do_not_hide_the_separator() -> None:
    rows = "".join(f"C{n};Nom {n};Ville\n" for n in range(9))
    assert told(f"Liste des clients, mars 2026\n\nCode;Nom;Ville\n{rows}".encode())[1] == ";"


def test_a_table_of_one_column_is_read() -> None:
    assert read(b"Nom\nAlpha\nBeta\n") == filled([["Nom"], ["Alpha"], ["Beta"]])


def test_every_cell_is_a_text_as_it_stands() -> None:
    (row,) = rows_of('00123; 1\u202f234,56 ;="x";a "b" c\n'.encode())
    assert row.cells == {
        1: Cell("00123"),
        2: Cell(" 1\u202f234,56 "),
        3: Cell('="x"'),
        4: Cell('a "b" c'),
    }
    assert {cell.shape for cell in row.cells.values()} == {Shape.TEXT}


def test_a_long_file_is_decided_by_the_whole_of_it() -> None:
    """The first accent may come after the first pages."""
    upload = b"code;nom\n" + b"x;y\n" * 100_000 + "z;Sète\n".encode("cp1252")
    assert told(upload)[0] == "Windows-1252"
    *_, last = rows_of(upload)
    assert last.cells[2].value == "Sète"


def test_a_text_file_by_path_is_read_again_each_time(tmp_path: Path) -> None:
    path = tmp_path / "données.csv"
    path.write_bytes(written(PLAIN, ",").encode())
    sheet = open_book(path, filename="C:\\envois\\données.csv").sheets[0]
    assert sheet.name == "données"
    assert list(sheet.rows()) == list(sheet.rows())
    assert open_book(BytesIO(path.read_bytes())).sheets[0].name == "CSV"


# What cannot be read


@pytest.mark.parametrize(
    ("upload", "reason"),
    [
        (codecs.BOM_UTF8 + "été".encode("cp1252"), Unreadable.UNDECODABLE),
        (codecs.BOM_UTF16_LE + b"a\0b", Unreadable.UNDECODABLE),
        (codecs.BOM_UTF16_LE + b"a\0\0\xd8b\0", Unreadable.UNDECODABLE),
        (b"a;b\n\x81\xb1\xb2\xb3\xb9;\xba\xbc\n", Unreadable.UNDECODABLE),
        (b"a;b\nc;\0d\n", Unsupported.NOT_TEXT),
        (b"a;b\n" + b"x" * 70_000 + b"\0\n", Unsupported.NOT_TEXT),
        (b"a;b\n" + b"\xe9" * 70_000 + b"\0\n", Unsupported.NOT_TEXT),
        (b'a;b\n1;"x\n2;y\n', Unreadable.QUOTE_UNCLOSED),
        (b'a;b\n1;"' + b"x;y\n" * 50_000, Unreadable.QUOTE_UNCLOSED),
    ],
)
def test_what_cannot_be_read_surely_is_refused(
    upload: bytes, reason: Unreadable | Unsupported
) -> None:
    assert refusal_of(upload).facts["reason"] == reason


def test_an_unclosed_quotation_mark_is_told_with_its_record() -> None:
    issue = refusal_of(b'a;b\n1;2\n3;"x\n4;5\n')
    assert (issue.code, issue.row, issue.facts["place"]) == ("FILE_UNREADABLE", 3, " (3)")


@pytest.mark.parametrize(
    ("upload", "reason", "limits"),
    [
        (b"a;b\n" * 4, TooLarge.ROWS, Limits(rows=3)),
        (b"a;b\n" + b"\n" * 9, TooLarge.ROWS, Limits(records=5)),
        (b"a;b\n" * 4, TooLarge.CELLS, Limits(cells=7)),
        (b"a;b;c\n", TooLarge.COLUMNS, Limits(columns=2)),
        (b"abcdef;b\n", TooLarge.TEXT, Limits(text=5)),
        (b'"a\n";' * 300_000 + b"\n", TooLarge.RECORD, Limits()),
    ],
)
def test_counts_are_limited(upload: bytes, reason: TooLarge, limits: Limits) -> None:
    issue = refusal_of(upload, limits)
    assert (issue.code, issue.facts["reason"]) == ("FILE_TOO_LARGE", reason)


LETTERS = st.characters(codec="utf-8", exclude_categories=("Cc",)) | st.sampled_from("\n\r\t")
FIELD = st.text(LETTERS, max_size=12)


@settings(max_examples=60)
@given(
    st.lists(st.lists(FIELD, min_size=3, max_size=5), min_size=1, max_size=6),
    st.sampled_from(SEPARATORS),
)
def test_any_table_with_its_separator_declared_reads_back(
    table: list[list[str]], separator: str
) -> None:
    body = written(table, separator)
    upload = codecs.BOM_UTF8 + f"sep={separator}\r\n{body}".encode()
    assert read(upload) == [found for found in filled(table, 2) if found[1]]
