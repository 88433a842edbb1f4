"""Files that must not be read: each is refused with its code, and the server goes on."""

from __future__ import annotations

import pytest

from tests.api.takeover.hostile import FILES, MEBIBYTE, SHEET, sound, stray, with_part
from tests.api.takeover.reviews import client, notes, refusal_codes, reviewed, rows_of, written
from tests.api.takeover.sheets import CLIENT, TITLES, book, opened, saved
from tests.support.api import ApiClient
from tests.support.documents import IMPORT_CREATE
from tests.support.takeover import send


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_cannot_be_read_surely_is_refused_with_its_reason(
    empty: ApiClient, name: str
) -> None:
    """A20: a refused import of its own, in two languages, and the next file is taken as ever."""
    make, code = FILES[name]
    content = make()
    said = set()
    for locale in ("fr", "en"):
        review = send(empty.in_language(locale), content, filename="01_clients.xlsx")
        assert refusal_codes(review) == [code], review["userErrors"]
        (told,) = [one for one in review["userErrors"] if one["severity"] == "ERROR"]
        assert told["fix"]
        said.add(told["message"])
        assert "passwd" not in str(review)
        assert "root:" not in str(review)
        assert rows_of(empty, review) == {}
    assert len(said) == 2
    review, _ = reviewed(empty, sound())
    written(empty, review)
    assert client(empty, "CLI-9001") is not None


def test_a_request_beyond_the_limit_is_cut_short(empty: ApiClient) -> None:
    """A20: before it is taken into memory; the next one is answered."""
    files = {"variables.file": ("a.xlsx", bytes(27 * MEBIBYTE))}
    response = empty.send_files(IMPORT_CREATE, files, {})
    assert response.status_code == 413
    assert empty.query("{ viewer { keyName } }")["viewer"]["keyName"] == "tests"
    assert empty.query("{ imports { totalCount } }")["imports"]["totalCount"] == 0


def test_a_far_stray_cell_costs_nothing(empty: ApiClient) -> None:
    """A20: a cell somebody touched on the last row of the sheet is a row of its own."""
    content = with_part(SHEET, stray("B1048576"))
    review, rows = reviewed(empty, content)
    assert sorted(rows) == [2, 1048576]
    assert rows[1048576]["colour"] == "RED"
    assert review["counts"]["rows"] == 2


@pytest.mark.parametrize("reference", ["=1+1", '=WEBSERVICE("http://evil.example")', "=B2"])
def test_no_formula_is_ever_worked_out(empty: ApiClient, reference: str) -> None:
    """A21: one without a stored value is red, whatever it would give."""
    workbook, sheet = opened(book("clients", CLIENT))
    sheet["B2"] = reference
    _, rows = reviewed(empty, saved(workbook))
    assert notes(rows[2]) >= {("FORMULA_NO_VALUE", "B")}
    assert rows[2]["colour"] == "RED"


def test_what_cannot_be_stored_is_cleaned_away(any_firm: ApiClient) -> None:
    """A25: control characters, half of a surrogate pair, a character that no database takes."""
    name = "Men_x0000_uise_x0007_rie_xD800_ du_x000D_ Pont\u200b\ufeff"
    _, rows = reviewed(any_firm, book("clients", {**CLIENT, "B": name}))
    assert rows[2]["colour"] != "RED"
    review, _ = reviewed(any_firm, book("clients", {**CLIENT, "B": name}))
    written(any_firm, review, red=True)
    found = client(any_firm, "CLI-9001")
    assert found is not None
    assert found["name"].startswith("Men")
    assert found["name"].isprintable()


def test_a_sheet_of_many_columns_is_read_by_its_titles(empty: ApiClient) -> None:
    """A20: an export with two hundred columns of its own is told once, not two hundred times."""
    titles = [*TITLES["clients"].values(), *(f"Colonne {n}" for n in range(200))]
    row = ["", "Alpha", "A1", "1 rue A", "EUR", "FR", "NA", "particulier"]
    content = "\n".join(";".join(line) for line in (titles, row)).encode()
    review, rows = reviewed(empty, content)
    assert [one["code"] for one in review["userErrors"] if one["severity"] == "WARNING"] == [
        "COLUMN_UNKNOWN"
    ]
    assert rows[2]["colour"] == "GREEN"
