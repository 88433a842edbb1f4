"""The two doors of an upload, and the kinds of files that come through them."""

from __future__ import annotations

import gc
import hashlib
import tracemalloc
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.api.takeover.reviews import codes, notes, refusal_codes, reviewed, rows_of, written
from tests.api.takeover.sheets import CLIENT, TITLES, book
from tests.support.api import ApiClient
from tests.support.prepared import Calendar
from tests.support.takeover import CLEAN, WORKBOOKS, send

STAGE = """
mutation($name: String!, $size: Int!, $sha256: String) {
  stagedUploadCreate(input: { filename: $name, size: $size, sha256: $sha256 }) {
    stagedUpload { id url expiresAt } userErrors { code field }
  }
}
"""
CREATE = """
mutation($id: ID!, $kind: String) {
  importCreate(input: { stagedUploadId: $id, kind: $kind }) {
    importFile {
      id kind state filename size sha256 reviewHash
      counts { rows red yellow green create update unchanged refused skipped }
      userErrors { code severity message fix row column found expected }
    }
    userErrors { code field }
  }
}
"""


def stage(api: ApiClient, content: bytes, **announced: Any) -> dict[str, Any]:
    """A place for `content`, announced as it is unless said otherwise."""
    asked = {"name": "clients.xlsx", "size": len(content), **announced}
    answer = api.query(STAGE, **asked)["stagedUploadCreate"]
    assert answer["userErrors"] == []
    found: dict[str, Any] = answer["stagedUpload"]
    return found


def create(api: ApiClient, staged: dict[str, Any], kind: str | None = None) -> dict[str, Any]:
    answer: dict[str, Any] = api.query(CREATE, id=staged["id"], kind=kind)["importCreate"]
    return answer


# The staged door


def test_both_doors_open_the_same_review(empty: ApiClient) -> None:
    """A20: put to a signed address, or sent with the request: one pipeline."""
    content = (CLEAN / WORKBOOKS["clients"]).read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    staged = stage(empty, content, sha256=sha256)
    empty.put(staged["url"], content)
    answer = create(empty, staged)
    assert codes(answer) == []
    ours, theirs = answer["importFile"], send(empty, content)
    assert (ours["filename"], ours["size"]) == ("clients.xlsx", len(content))
    assert ours["sha256"] == sha256
    for name in ("kind", "state", "counts", "reviewHash", "userErrors"):
        assert ours[name] == theirs[name], name
    left, right = rows_of(empty, ours), rows_of(empty, theirs)
    assert left == right
    written(empty, ours)


def test_a_staged_upload_may_be_imported_more_than_once(empty: ApiClient) -> None:
    """A20: a lost answer is asked again; each asking is a review of its own."""
    content = book("clients", CLIENT)
    staged = stage(empty, content)
    empty.put(staged["url"], content)
    empty.put(staged["url"], content)
    first, second = (create(empty, staged)["importFile"] for _ in range(2))
    assert first["id"] != second["id"]
    assert first["reviewHash"] == second["reviewHash"]


def test_a_file_that_is_refused_is_let_go_at_once(empty: ApiClient) -> None:
    """A20: no error keeps it for the collector, which counts objects and not what they take."""
    content = b"%PDF-1.7\n" + bytes(4 << 20)
    staged = stage(empty, content)
    empty.put(staged["url"], content)
    assert refusal_codes(create(empty, staged)["importFile"]) == ["FILE_TYPE_UNSUPPORTED"]
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        for kind in (None, "nonsense", None, "nonsense"):
            create(empty, staged, kind)
        kept, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        gc.enable()
    assert kept < len(content) < most


def test_nothing_is_imported_before_its_bytes_have_come(empty: ApiClient) -> None:
    """A20: the address was made, nobody used it."""
    staged = stage(empty, b"x" * 10)
    answer = create(empty, staged)
    assert codes(answer) == ["NOT_FOUND"]
    assert answer["userErrors"][0]["field"] == ["stagedUploadId"]


def test_an_address_ends_with_its_time(empty: ApiClient, calendar: Calendar) -> None:
    """A20: fifteen minutes, to the second; what was put in time stays."""
    content = book("clients", CLIENT)
    early, late = stage(empty, content), stage(empty, content)
    empty.put(early["url"], content)
    calendar.now = datetime.fromisoformat(late["expiresAt"]) + timedelta(seconds=1)
    response = empty.http.put(late["url"], content=content)
    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (
        410,
        "LINK_EXPIRED",
    )
    assert codes(create(empty, late)) == ["NOT_FOUND"]
    assert codes(create(empty, early)) == []


def test_an_altered_address_is_none(empty: ApiClient) -> None:
    """A20: a letter changed, the signature cut off, or the token of a download."""
    content = book("clients", CLIENT)
    url = stage(empty, content)["url"]
    told, _, mac = url.partition(".")
    for altered in (f"{told[:-2]}AA.{mac}", f"{told}.{mac[:-1]}", told, f"{told}.", "/uploads/x"):
        response = empty.http.put(altered, content=content)
        assert response.status_code == 404, altered
    assert empty.http.put(url.replace("/uploads/", "/files/"), content=content).status_code >= 400
    assert empty.http.get(url.replace("/uploads/", "/files/")).status_code == 404


@pytest.mark.parametrize(("cut", "status"), [(b"x", 413), (None, 422), (b"", 422)])
def test_other_bytes_than_announced_are_not_taken(
    empty: ApiClient, cut: bytes | None, status: int
) -> None:
    """A20: longer, shorter, or another content of the same length."""
    content = book("clients", CLIENT)
    staged = stage(empty, content, sha256=hashlib.sha256(content).hexdigest())
    sent = content[:-1] + b"\xff" if cut == b"" else content + cut if cut else content[:-1]
    assert empty.http.put(staged["url"], content=sent).status_code == status
    assert codes(create(empty, staged)) == ["NOT_FOUND"]
    empty.put(staged["url"], content)
    assert codes(create(empty, staged)) == []


@pytest.mark.parametrize(
    ("announced", "field"),
    [
        ({"size": 0}, ["size"]),
        ({"size": -1}, ["size"]),
        ({"size": 25 * 1024 * 1024 + 1}, ["size"]),
        ({"sha256": "zz"}, ["sha256"]),
        ({"sha256": "0" * 65}, ["sha256"]),
    ],
)
def test_a_place_is_made_for_what_may_come(
    empty: ApiClient, announced: dict[str, Any], field: list[str]
) -> None:
    """A20: nothing of no length, nothing too long, nothing that can never match."""
    asked = {"name": "a.xlsx", "size": 10, **announced}
    answer = empty.query(STAGE, **asked)["stagedUploadCreate"]
    assert (codes(answer), answer["stagedUpload"]) == (["FIELD_INVALID"], None)
    assert answer["userErrors"][0]["field"] == field


@pytest.mark.parametrize("name", ["", "x" * 1000, "../../etc/passwd", "a/b\\c.xlsx", "é" * 300])
def test_any_name_is_a_name_and_no_path(empty: ApiClient, name: str) -> None:
    """A20: it is shown and never opened."""
    content = book("clients", CLIENT)
    staged = stage(empty, content, name=name)
    empty.put(staged["url"], content)
    assert create(empty, staged)["importFile"]["filename"] == name[:255]


@pytest.mark.parametrize("kind", ["invoices", "", "CLIENTS", "../clients"])
def test_a_kind_that_there_is_not_is_told(empty: ApiClient, kind: str) -> None:
    """O07: with those there are; no import is made of it."""
    content = book("clients", CLIENT)
    staged = stage(empty, content)
    empty.put(staged["url"], content)
    answer = create(empty, staged, kind)
    assert (codes(answer), answer["importFile"]) == (["TEMPLATE_KIND_UNKNOWN"], None)
    assert empty.query("{ imports { nodes { id } } }")["imports"]["nodes"] == []


def test_an_import_needs_a_file(empty: ApiClient) -> None:
    """A20: by one door or the other."""
    query = "mutation { importCreate(input: {}) { importFile { id } userErrors { code } } }"
    assert codes(empty.query(query)["importCreate"]) == ["FIELD_REQUIRED"]


# Text tables


def table(*rows: list[str], separator: str = ";", ending: str = "\r\n") -> str:
    """A text table with the titles of the clients' sheet."""
    lines = [list(TITLES["clients"].values()), *rows]
    return "".join(separator.join(line) + ending for line in lines)


ROW = ["", "Crèche de l'Œuf d'Été", "EUF-1", '"3 rue du Pont\n75011 Paris"', "EUR", "FR", "NA"]


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig", "utf-16"])
def test_a_text_table_is_read_in_any_usual_form(
    empty: ApiClient, encoding: str, separator: str
) -> None:
    """A01, O07: what French spreadsheets save as .csv, and what programs write."""
    content = table([*ROW, "particulier"], separator=separator).encode(encoding)
    review, rows = reviewed(empty, content, filename="clients.csv")
    assert rows[2]["colour"] == "GREEN", rows
    cells = {cell["column"]: cell["text"] for cell in rows[2]["cells"]}
    assert cells["B"] == "Crèche de l'Œuf d'Été"
    assert "ENCODING_DETECTED" in [note["code"] for note in review["userErrors"]]


def test_a_file_is_what_it_holds_and_not_what_it_is_called(empty: ApiClient) -> None:
    """A01: a workbook named .csv, a text table named .xlsx, both with no name at all."""
    workbook, text = book("clients", CLIENT), table([*ROW, "particulier"]).encode("cp1252")
    for content, name in ((workbook, "a.csv"), (text, "a.xlsx"), (workbook, "a"), (text, "b.pdf")):
        assert send(empty, content, filename=name)["state"] == "REVIEW"


def test_columns_may_stand_in_any_order(empty: ApiClient) -> None:
    """A22, O32: they are taken by their titles, and the notes keep the letters of the template."""
    titles = [
        "SIRET",
        "devise *",
        "NOM DU CLIENT (obligatoire)",
        "Couleur",
        "Adresse de facturation",
    ]
    row = ["123", "", "Alpha", "bleu", "1 rue A"]
    content = "\n".join(";".join(line) for line in (titles, row)).encode()
    review = send(empty, content, kind="clients")
    assert refusal_codes(review) == ["HEADER_COLUMN_MISSING"]
    content = "\n".join(
        ";".join(line) for line in ([*titles, "N° TVA intracommunautaire"], [*row, "NA"])
    ).encode()
    review, rows = reviewed(empty, content)
    yellow = {note["code"] for note in review["userErrors"] if note["severity"] == "WARNING"}
    assert yellow == {"COLUMN_UNKNOWN", "COLUMN_ORDER_CHANGED"}
    assert notes(rows[2]) == {("MANDATORY_MISSING", "E"), ("SIRET_INVALID", "N")}
