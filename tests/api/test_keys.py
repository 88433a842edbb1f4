"""What is sent twice under one key happens once: every mutation takes a key, or needs none."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import get_named_type

from schema.view import snake
from tests.api.invoices.acts import draw
from tests.api.records.calling import MUTATIONS
from tests.api.records.test_progress import phase
from tests.support.api import ApiClient
from tests.support.takeover import CLEAN, WORKBOOKS

Row = dict[str, Any]

ONLY_READ = {
    *("auditExport", "importErrorFile", "invoiceElectronic", "invoicePdf", "invoicesPdf"),
    *("personExport", "templateDownload"),
}
"""They write nothing but the file that they answer with."""

THE_SAME_AGAIN = {
    *("accountUpdate", "accountingSettingsUpdate", "batchRefresh", "batchSelect", "batchUpdate"),
    *("clientPapersUpdate", "handoverAcknowledge", "identityUnlink", "importCancel"),
    *("importReviewAgain", "importRowsSkip", "invoiceMailCancel", "invoiceMarkSent", "jobCancel"),
    *("apiKeyRevoke", "memberRemove", "organisationUpdate", "platformDelete", "projectTeamUpdate"),
    *("signInEnd", "signOutEverywhere", "webhookEndpointDelete"),
}
"""They say how something is to be: said twice, it is so. As do update, archive and restore."""

KNOWN_AGAIN = {
    *("clientCreate", "collaboratorCreate", "contractCreate", "entityCreate", "phaseCreate"),
    *("identityLink", "identityProviderCreate", "ledgerAccountCreate", "memberInvite"),
    *("platformCreate", "productCreate", "projectCreate", "taxCodeCreate"),
}
"""What is made is known again by what it is called: ALREADY_EXISTS, or the like."""

HARMLESS = {
    "apiKeyCreate": "its token is shown once, and no second time: who missed it revokes it",
    "batchScheduleCreate": "what two schedules find due is billed once",
    "invoiceMailRetry": "what waits is not queued twice",
    "memberInviteAgain": "a second letter to somebody who was invited",
    "passwordChange": "it names the password that was",
    "platformRead": "what was heard is not heard twice",
    "stagedUploadCreate": "a place that nobody uses",
    "webhookEndpointCreate": "its secret is shown once: who missed it deletes it",
    "webhookEndpointRotateSecret": "a newer secret",
    "webhookEndpointTest": "a second test",
}


def takes_a_key(name: str) -> bool:
    arguments = MUTATIONS[name].args
    within = [getattr(get_named_type(one.type), "fields", {}) for one in arguments.values()]
    return any("idempotencyKey" in fields for fields in (arguments, *within))


def test_every_mutation_takes_a_key_or_is_known_to_need_none() -> None:
    absolute = {
        name
        for name in MUTATIONS
        if snake(name).rpartition("_")[2] in ("update", "archive", "restore")
    }
    without = {name for name in MUTATIONS if not takes_a_key(name)}
    needing_none = {*ONLY_READ, *THE_SAME_AGAIN, *KNOWN_AGAIN, *HARMLESS}
    assert without - absolute == needing_none - absolute


def test_what_takes_a_key_says_whether_it_was_replayed() -> None:
    silent = [
        name
        for name in MUTATIONS
        if takes_a_key(name) and "replayed" not in get_named_type(MUTATIONS[name].type).fields
    ]
    assert not silent


def codes(answer: Row) -> list[str]:
    return [one["code"] for one in answer["userErrors"]]


PROGRESS = """
mutation($input: ProgressInput!, $key: ID) {
  progressRecord(input: $input, idempotencyKey: $key) {
    phase { progressUpdates { percent } } userErrors { code message } replayed
  }
}
"""


def test_progress_is_recorded_once(any_firm: ApiClient) -> None:
    def record(percent: str, key: str | None = "p-1") -> Row:
        given = {"phaseId": phase(any_firm), "percent": percent}
        answer: Row = any_firm.query(PROGRESS, input=given, key=key)["progressRecord"]
        return answer

    first = record("20")
    assert first["replayed"] is False
    again = record("20.0")
    assert again == first | {"replayed": True}
    assert codes(record("30")) == ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]
    unkept = record("101", "p-2")
    assert (unkept["phase"], unkept["replayed"]) == (None, False)
    warned = record("10", "p-2")
    assert (codes(warned), warned["replayed"]) == (["PROGRESS_LOWERED"], False)
    assert record("10", "p-2") == warned | {"replayed": True}
    without = [len(record("10", None)["phase"]["progressUpdates"]) for _ in range(2)]
    assert without[1] == without[0] + 1


DELETE = """
mutation($id: ID!, $key: ID) {
  invoiceDelete(id: $id, idempotencyKey: $key) { deletedId userErrors { code } replayed }
}
"""


def test_a_pro_forma_is_deleted_once(any_firm: ApiClient) -> None:
    first, second = (draw(any_firm, code)["invoice"]["id"] for code in ("PAT-2501", "PAT-2508"))

    def delete(one: str, key: str | None) -> Row:
        answer: Row = any_firm.query(DELETE, id=one, key=key)["invoiceDelete"]
        return answer

    assert delete(first, "d-1") == {"deletedId": first, "userErrors": [], "replayed": False}
    assert delete(first, "d-1") == {"deletedId": first, "userErrors": [], "replayed": True}
    assert codes(delete(second, "d-1")) == ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]
    assert codes(delete(first, "d-2")) == ["NOT_FOUND"]
    assert codes(delete(first, None)) == ["NOT_FOUND"]
    assert delete(second, "d-2")["replayed"] is False, "what was refused leaves the key free"


UPDATE = """
mutation($input: InvoiceUpdateInput!) {
  invoiceUpdate(input: $input) {
    invoice { version footerMessage lines { id } } userErrors { code } replayed
  }
}
"""


def test_a_pro_forma_is_changed_once(any_firm: ApiClient) -> None:
    """Without a key a change that arrived is told, when it is sent again, that it came too late."""
    invoice = draw(any_firm, "PAT-2501")["invoice"]["id"]

    def change(**given: Any) -> Row:
        answer: Row = any_firm.query(UPDATE, input={"id": invoice, **given})["invoiceUpdate"]
        return answer

    before = change()["invoice"]["version"]
    line = {"kind": "TEXT", "description": "Note"}
    asked = {"expectedVersion": before, "lines": [line], "footerMessage": "Merci"}
    late = change(**asked | {"expectedVersion": before + 7}, idempotencyKey="u-1")
    assert (codes(late), late["replayed"]) == (["STALE_OBJECT"], False)
    first = change(**asked, idempotencyKey="u-1")
    assert (codes(first), first["invoice"]["footerMessage"]) == ([], "Merci")
    assert change(**asked, idempotencyKey="u-1") == first | {"replayed": True}
    assert codes(change(**asked)) == ["STALE_OBJECT"]
    other = change(**asked | {"footerMessage": "Non"}, idempotencyKey="u-1")
    assert codes(other) == ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]


CREATE = """
mutation($input: ImportCreateInput!) {
  importCreate(input: $input) { importFile { id state } userErrors { code } replayed }
}
"""


SENT = """
mutation($file: Upload!, $key: ID) {
  importCreate(input: { file: $file, idempotencyKey: $key }) {
    importFile { id state } userErrors { code } replayed
  }
}
"""


@pytest.mark.parametrize("door", ["multipart", "staged"])
def test_a_file_is_taken_once(any_firm: ApiClient, door: str) -> None:
    content = (CLEAN / WORKBOOKS["clients"]).read_bytes()

    def take(key: str | None, name: str = "clients.xlsx") -> Row:
        files = {"variables.file": (name, content)}
        answer: Row = any_firm.upload(SENT, files=files, key=key)["importCreate"]
        return answer

    staged = any_firm.query(
        'mutation($size: Int!) { stagedUploadCreate(input: { filename: "clients.xlsx",'
        " size: $size }) { stagedUpload { id url } } }",
        size=len(content),
    )["stagedUploadCreate"]["stagedUpload"]
    any_firm.put(staged["url"], content)

    def take_staged(key: str | None, kind: str | None = None) -> Row:
        given = {"stagedUploadId": staged["id"], "idempotencyKey": key, "kind": kind}
        answer: Row = any_firm.query(CREATE, input=given)["importCreate"]
        return answer

    by = take if door == "multipart" else take_staged
    first = by("i-1")
    assert (first["importFile"]["state"], first["replayed"]) == ("REVIEW", False)
    assert by("i-1") == first | {"replayed": True}
    assert by(None)["importFile"]["id"] != first["importFile"]["id"]
    other = take_staged("i-1", "projects") if door == "staged" else take("i-1", name="b.xlsx")
    assert codes(other) == ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]
