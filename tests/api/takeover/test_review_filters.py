"""A review looked at in parts: by what is said of the rows, and by what would happen to them."""

from __future__ import annotations

from tests.api.takeover.reviews import notes, reviewed
from tests.api.takeover.sheets import CLIENT, Cells, book
from tests.support.api import ApiClient


def test_rows_are_found_by_what_is_said_of_them(any_firm: ApiClient) -> None:
    """A21, A22: by code, by the letter of a column, by both of one note; by what would happen."""
    rows: list[Cells] = [
        {**CLIENT, "C": "CLI-9001", "B": None},
        {**CLIENT, "C": "CLI-9002", "N": "123"},
        {**CLIENT, "C": "CLI-9003", "N": "123", "E": "XXX"},
        {**CLIENT, "C": "CLI-9004", "N": "55208131766522", "B": "Autre"},
    ]
    review, found = reviewed(any_firm, book("clients", *rows), kind="clients")

    def numbers(choice: str) -> list[int]:
        asked = f"importRows(importId: $id, {choice})"
        text = f"query($id: ID!) {{ {asked} {{ nodes {{ number }} }} }}"
        nodes = any_firm.query(text, id=review["id"])["importRows"]["nodes"]
        return [node["number"] for node in nodes]

    assert numbers("code: SIRET_INVALID") == [
        number for number, row in found.items() if ("SIRET_INVALID", "N") in notes(row)
    ]
    assert numbers('column: "b"') == [2]
    assert numbers('code: CURRENCY_UNKNOWN, column: "E"') == [4]
    assert numbers('code: CURRENCY_UNKNOWN, column: "N"') == []
    assert numbers("code: MANDATORY_MISSING, outcome: REFUSED") == [2]
    assert numbers("outcome: UNCHANGED") == []
