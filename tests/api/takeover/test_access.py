"""Whose import it is: other firms see nothing of it, and not everybody in the firm may import."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from domain.access import Role
from tests.api.takeover.reviews import client, codes, reviewed, rows_of, skip, written
from tests.api.takeover.sheets import CLIENT, book, download
from tests.support.api import ApiClient, Refused
from tests.support.documents import IMPORT_CREATE, IMPORT_ROWS, IMPORT_SKIP, TEMPLATE
from tests.support.takeover import confirm

LOOK = """
query($id: ID!) {
  importFile(id: $id) { id filename }
  node(id: $id) { id }
  importRows(importId: $id) { totalCount nodes { number } }
  imports { nodes { id } }
}
"""
STAGE = """
mutation($size: Int!) {
  stagedUploadCreate(input: { filename: "clients.xlsx", size: $size }) {
    stagedUpload { id url } userErrors { code }
  }
}
"""
CREATE_STAGED = """
mutation($id: ID!) {
  importCreate(input: { stagedUploadId: $id }) {
    importFile { id state } userErrors { code }
  }
}
"""
ACTS = {
    "importCancel": "mutation($id: ID!) { importCancel(importId: $id) { userErrors { code } } }",
    "importReviewAgain": "mutation($id: ID!) { importReviewAgain(importId: $id)"
    " { userErrors { code } } }",
}


def test_another_firm_neither_sees_nor_touches_an_import(any_firm: ApiClient) -> None:
    """A20, A23, A25: not even when it knows the identifier and the hash."""
    other = any_firm.of_another_firm()
    review, rows = reviewed(any_firm, book("clients", CLIENT))
    look = other.query(LOOK, id=review["id"])
    assert look == {
        "importFile": None,
        "node": None,
        "importRows": {"totalCount": 0, "nodes": []},
        "imports": {"nodes": []},
    }
    assert codes(confirm(other, review, warnings=True)) == ["NOT_FOUND"]
    for choice in ({"rows": [2]}, {"colour": "GREEN"}):
        answer = other.query(IMPORT_SKIP, id=review["id"], **choice)["importRowsSkip"]
        assert codes(answer) == ["NOT_FOUND"]
    for name, mutation in ACTS.items():
        assert codes(other.query(mutation, id=review["id"])[name]) == ["NOT_FOUND"]
    assert rows_of(any_firm, review) == rows
    written(any_firm, review)
    assert client(other, "CLI-9001") is None


def test_the_same_workbook_makes_records_of_each_firm_apart(any_firm: ApiClient) -> None:
    """A25: codes and names are unique within a firm, and a change in one is none in the other."""
    other = any_firm.of_another_firm()
    for api in (any_firm, other):
        review, rows = reviewed(api, book("clients", CLIENT))
        assert rows[2]["outcome"] == "CREATE"
        written(api, review)
    review, _ = reviewed(other, book("clients", {**CLIENT, "M": 75}))
    written(other, review)
    ours, theirs = client(any_firm, "CLI-9001"), client(other, "CLI-9001")
    assert ours is not None
    assert theirs is not None
    assert (ours["paymentDays"], theirs["paymentDays"]) == (30, 75)


def test_an_idempotency_key_is_of_one_firm(any_firm: ApiClient) -> None:
    """A25: the other firm's key of the same name answers nothing of ours."""
    other = any_firm.of_another_firm()
    for api in (any_firm, other):
        review, _ = reviewed(api, book("clients", CLIENT))
        answer = confirm(api, review, key="monday")
        assert (codes(answer), answer["replayed"]) == ([], False)


def test_a_staged_upload_is_of_one_firm(any_firm: ApiClient) -> None:
    """A20: its identifier is worth nothing to somebody else."""
    other = any_firm.of_another_firm()
    content = book("clients", CLIENT)
    staged = any_firm.query(STAGE, size=len(content))["stagedUploadCreate"]["stagedUpload"]
    any_firm.put(staged["url"], content)
    answer = other.query(CREATE_STAGED, id=staged["id"])["importCreate"]
    assert (codes(answer), answer["importFile"]) == (["NOT_FOUND"], None)


MAY_IMPORT = (Role.ADMINISTRATOR, Role.ACCOUNTANT)


@pytest.mark.parametrize("role", [role for role in Role if role not in MAY_IMPORT])
def test_who_may_not_import_is_refused_at_each_door(firm: ApiClient, role: Role) -> None:
    """A20, A23, A25: a reader, a collaborator or a project manager; looking is allowed."""
    review, rows = reviewed(firm, book("clients", CLIENT))
    caller = firm.with_role(role)
    denied = ["PERMISSION_DENIED"]
    answer = _sent(caller, book("clients", CLIENT))
    assert (codes(answer), answer["importFile"]) == (denied, None)
    assert codes(caller.query(STAGE, size=10)["stagedUploadCreate"]) == denied
    assert codes(caller.query(CREATE_STAGED, id="staged_upload_1")["importCreate"]) == denied
    answer = caller.query(IMPORT_SKIP, id=review["id"], rows=[2])["importRowsSkip"]
    assert codes(answer) == denied
    assert codes(confirm(caller, review)) == denied
    for name, mutation in ACTS.items():
        assert codes(caller.query(mutation, id=review["id"])[name]) == denied
    if role is Role.READER:
        assert rows_of(caller, review) == rows
        assert len(download(caller, "clients")) > 1000
    assert client(firm, "CLI-9001") is None
    assert len(firm.query("{ imports { nodes { id } } }")["imports"]["nodes"]) == 6


def _sent(api: ApiClient, content: bytes) -> dict[str, Any]:
    answer: dict[str, Any] = api.upload(
        IMPORT_CREATE, files={"variables.file": ("file.xlsx", content)}
    )["importCreate"]
    return answer


def test_a_replay_is_refused_to_who_may_not_confirm(firm: ApiClient) -> None:
    """A25: the key of a colleague's confirmation opens nothing."""
    review, _ = reviewed(firm, book("clients", CLIENT))
    written(firm, review, key="monday")
    answer = confirm(firm.with_role(Role.READER), review, key="monday", warnings=True)
    assert (codes(answer), answer["importFile"]) == (["PERMISSION_DENIED"], None)


def test_an_accountant_may_import(firm: ApiClient) -> None:
    """A25: the one whose work it usually is."""
    accountant = firm.with_role(Role.ACCOUNTANT)
    review, _ = reviewed(accountant, book("clients", CLIENT))
    review = skip(accountant, review, rows=[2])
    written(accountant, skip(accountant, review, rows=[2], skipped=False))
    query = "query($id: ID!) { importFile(id: $id) { author appliedAt } }"
    found = firm.query(query, id=review["id"])["importFile"]
    assert found["author"] == "accountant"
    assert found["appliedAt"] is not None


def test_without_a_key_there_is_nothing(firm: ApiClient) -> None:
    """A20: neither templates, nor reviews, nor uploads."""
    nobody = replace(firm, token="jalon_0000000000000000_x")
    for query, variables in (
        (TEMPLATE, {"kind": "clients"}),
        (IMPORT_ROWS, {"id": "import_file_1"}),
    ):
        with pytest.raises(Refused) as refused:
            nobody.query(query, **variables)
        assert refused.value.errors[0]["extensions"]["code"] == "UNAUTHENTICATED"
    response = nobody.send_files(
        IMPORT_CREATE, {"variables.file": ("a.xlsx", book("clients", CLIENT))}, {}
    )
    assert response.status_code == 401


IDENTIFIERS = ["", "import_file_", "import_file_x", "client_1", "import_file_-1", "1", "é_1"]


@pytest.mark.parametrize("identifier", [*IDENTIFIERS, "import_file_" + "9" * 30])
def test_what_is_no_identifier_of_an_import_is_told(firm: ApiClient, identifier: str) -> None:
    """A25: as an error of the call, never as one of ours."""
    review = {"id": identifier, "reviewHash": "x"}
    assert codes(confirm(firm, review)) == ["ID_INVALID"]
    answer = firm.query(IMPORT_SKIP, id=identifier, rows=[2])["importRowsSkip"]
    assert codes(answer) == ["ID_INVALID"]
    for name, mutation in ACTS.items():
        assert codes(firm.query(mutation, id=identifier)[name]) == ["ID_INVALID"]
    answer = firm.query(CREATE_STAGED, id=identifier)["importCreate"]
    assert codes(answer) == ["ID_INVALID"]
    for query in (IMPORT_ROWS, "query($id: ID!) { importFile(id: $id) { id } }"):
        told = firm.errors(query, id=identifier)
        assert {error["extensions"]["code"] for error in told} == {"ID_INVALID"}


@pytest.mark.parametrize("number", [0, 999, 999999999999999999])
def test_an_import_that_is_not_there_is_not_found(firm: ApiClient, number: int) -> None:
    """A25: the same as one of another firm."""
    review = {"id": f"import_file_{number}", "reviewHash": "x"}
    assert codes(confirm(firm, review)) == ["NOT_FOUND"]
    assert firm.query(LOOK, id=review["id"])["importFile"] is None
