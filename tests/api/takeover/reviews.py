"""A review as it is looked at: its rows, what is said of them, what was written."""

from __future__ import annotations

from typing import Any

from templates_xlsx.guide import declared
from templates_xlsx.layouts import LAYOUTS
from tests.api.takeover.sheets import Cells, book
from tests.support.api import ApiClient
from tests.support.documents import IMPORT_ROWS, IMPORT_SKIP
from tests.support.takeover import confirm, send

Row = dict[str, Any]

CLIENT_BY_CODE = """
query($code: String!) {
  clientByCode(code: $code) {
    id code name billingAddress currency country vatNumber clientType language paymentDays
    siret siren ledgerAccount serviceCode comment version
    contacts { name email phone isDefault }
  }
}
"""
PROJECT_BY_CODE = """
query($code: String!) {
  projectByCode(code: $code) {
    id code name status country address postcode city currency vatRate vatExemption managerEmail
    startDate endDate commitmentNo area tags version
    client { code name } entity { code } worksAmount { amount currency }
    contracts {
      name billingMethod
      phases {
        id code name kind position vatRate startDate endDate ledgerAccount sku hours periodicity
        fee { amount currency } hourlyRate { amount } linkedPhase { code }
        progressUpdates { percent asOf comment author source }
      }
    }
  }
}
"""
PERSON_BY_EMAIL = """
query($text: String!) {
  collaborators(filter: { text: $text, archived: null }) {
    nodes {
      id firstName lastName email jobTitle role entryDate exitDate billableRate costRate weeklyHours
      employeeCode active phone version entity { code }
    }
  }
}
"""


def rows_of(api: ApiClient, review: dict[str, Any], **choice: Any) -> dict[int, Row]:
    """All rows of a review by their number, read page by page.

    Whatever a test looks at, nothing may be said of a column that the guide does not declare.
    """
    found: dict[int, Row] = {}
    after = None
    while True:
        page = api.query(IMPORT_ROWS, id=review["id"], after=after, **choice)["importRows"]
        found.update({row["number"]: row for row in page["nodes"]})
        if not page["pageInfo"]["hasNextPage"]:
            undeclared = _undeclared(review["kind"], found)
            assert not undeclared, undeclared
            return found
        after = page["pageInfo"]["endCursor"]


def _undeclared(kind: str, rows: dict[int, Row]) -> list[tuple[str, str | None]]:
    """The codes, and their letters, that the sheet does not declare."""
    if not rows:
        return []
    told, keys = declared(LAYOUTS[kind]), {one.letter: one.key for one in LAYOUTS[kind].columns}
    said = {(note["code"], note["column"]) for row in rows.values() for note in row["userErrors"]}
    return [(code, at) for code, at in said if not told.allows(code, keys.get(at))]


def notes(row: Row) -> set[tuple[str, str | None]]:
    """What is said of a row: the code and the letter of each note, infos left out."""
    return {(note["code"], note["column"]) for note in row["userErrors"] if not _is_info(note)}


def _is_info(note: dict[str, Any]) -> bool:
    return bool(note["severity"] == "INFO")


def reviewed(
    api: ApiClient, content: bytes, **choice: Any
) -> tuple[dict[str, Any], dict[int, Row]]:
    """A file sent, and the rows of its review."""
    review = send(api, content, **choice)
    assert review["state"] == "REVIEW", review
    return review, rows_of(api, review)


def refusal_codes(review: dict[str, Any]) -> list[str]:
    """The red codes of a file that was refused as a whole."""
    assert review["state"] == "REFUSED", review
    assert review["reviewHash"] is None
    return [note["code"] for note in review["userErrors"] if note["severity"] == "ERROR"]


def skip(api: ApiClient, review: dict[str, Any], **choice: Any) -> dict[str, Any]:
    """The review after rows were skipped or taken back."""
    answer = api.query(IMPORT_SKIP, id=review["id"], **choice)["importRowsSkip"]
    assert answer["userErrors"] == [], answer
    return {**review, **answer["importFile"]}


def written(api: ApiClient, review: dict[str, Any], **choice: Any) -> dict[str, Any]:
    """The import after a confirmation that must succeed, warnings accepted."""
    answer = confirm(api, review, **{"warnings": True, **choice})
    assert answer["userErrors"] == [], answer
    found: dict[str, Any] = answer["importFile"]
    return found


def codes(answer: dict[str, Any]) -> list[str]:
    """The codes of what a mutation was refused for."""
    return [error["code"] for error in answer["userErrors"]]


def client(api: ApiClient, code: str) -> Row | None:
    """The client with `code` as it is stored."""
    found: Row | None = api.query(CLIENT_BY_CODE, code=code)["clientByCode"]
    return found


def project(api: ApiClient, code: str) -> Row | None:
    """The project with `code`, its contracts and phases, as they are stored."""
    found: Row | None = api.query(PROJECT_BY_CODE, code=code)["projectByCode"]
    return found


def phases(api: ApiClient, code: str, contract: str) -> dict[str, Row]:
    """The phases of a fee project by code, in their order; empty when there is no such one."""
    found = project(api, code)
    assert found is not None
    return {
        phase["code"]: phase
        for one in found["contracts"]
        if one["name"] == contract
        for phase in one["phases"]
    }


def person(api: ApiClient, email: str) -> Row | None:
    """The collaborator with that e-mail address."""
    nodes = api.query(PERSON_BY_EMAIL, text=email)["collaborators"]["nodes"]
    return next((node for node in nodes if node["email"] == email), None)


def take(api: ApiClient, kind: str, *rows: Cells) -> dict[int, Row]:
    """The rows of a review that is then confirmed."""
    review, told = reviewed(api, book(kind, *rows), kind=kind)
    assert review["counts"]["red"] == 0, told
    written(api, review)
    return told
