"""A person is told all that is known of them, and erased (GDPR art. 15, 17, 20)."""

from __future__ import annotations

import json
from typing import Any

from domain.privacy_fates import Fate
from domain.privacy_register import columns_of
from persistence.invoice import chain
from persistence.ledger.check import disagreements
from tests.api.privacy.marking import (
    EMAIL,
    LAST,
    MARKS,
    SENTENCE,
    a_collaborator,
    a_contact,
    fill,
    is_sound,
    left,
    left_in_audit,
    left_in_files,
    mark_texts,
)
from tests.support.api import ApiClient

EXPORT = """
mutation($id: ID!) {
  personExport(input: { subject: $id }) {
    download { url filename mediaType } userErrors { code field }
  }
}
"""
ERASE = """
mutation($id: ID!, $dry: Boolean!, $key: ID!, $version: Int) {
  personErase(
    input: { subject: $id, dryRun: $dry, idempotencyKey: $key, expectedVersion: $version }
  ) {
    erased { what count } kept { what count reason why until }
    userErrors { code message fix field } replayed
  }
}
"""
KEPT = {"invoice", "invoice_line", "issued_document"}

Row = dict[str, Any]


def erase(api: ApiClient, subject: str, *, dry: bool = False, **given: Any) -> Row:
    key = given.pop("key", f"{subject}-{dry}")
    answer: Row = api.query(ERASE, id=subject, dry=dry, key=key, version=given.get("version"))
    return dict(answer["personErase"])


def codes(answer: Row) -> list[str]:
    return [error["code"] for error in answer["userErrors"]]


NAMED = {(noun, "name") for noun in ("project", "contract", "phase", "product", "entity")}


def figures(api: ApiClient) -> Any:
    """What the firm was owed, has billed and has left, and whether its documents are sound."""
    totals = api.query(
        "{ totals(by: ORGANISATION) { nodes { currency fixedFees { earned { amount }"
        " remainingToBill { amount } } invoiced { amount } } } }"
    )
    with api.house.database.reading(api.organisation_id) as session:
        sound = [chain.verify(session, key) for key, _ in chain.entities_named(session)]
        return totals, sound, disagreements(session)


def test_nothing_is_left_of_a_person_but_what_the_law_keeps(any_firm: ApiClient) -> None:
    """A mark in every column that may name somebody: told before, and gone afterwards."""
    api = any_firm
    stranger = api.of_another_firm("witness")
    a_contact(stranger)
    theirs = left(stranger)
    made = fill(api)
    subject = a_collaborator(api)
    marked = mark_texts(api)
    assert {table for table, _ in marked} == columns_of(Fate.TEXT, Fate.DRAFT, Fate.MAIL).keys()
    api.house.files.put(f"{api.organisation_id}/invoices/PF-1-abc.pdf", SENTENCE.encode())
    before = figures(api)
    assert marked <= left(api)

    known = api.query(EXPORT, id=subject)["personExport"]
    told = json.loads(api.get(known["download"]["url"].removeprefix("http://testserver")))
    shown = {
        (table, column)
        for part in (told["records"], told["mentions"])
        for table, rows in part.items()
        for row in rows
        for column, value in row.items()
        if any(
            mark.casefold() in json.dumps(value, ensure_ascii=False).casefold() for mark in MARKS
        )
    }
    assert marked <= shown
    assert told["records"]["collaborator"][0]["email"] == EMAIL
    assert told["records"]["sign_in"][0]["address"] == "192.0.2.77"
    assert "token_sha256" not in told["records"]["sign_in"][0]

    foretold = erase(api, subject, dry=True)
    assert codes(foretold) == []
    assert marked <= left(api)
    done = erase(api, subject)
    assert codes(done) == []
    assert [done["erased"], done["kept"]] == [foretold["erased"], foretold["kept"]]
    kept = {one["what"]: one for one in done["kept"]}
    assert kept["invoice"]["until"] == "2037-06-30"  # its fiscal year begins in July
    assert kept["invoice"]["reason"] == "ACCOUNTS"

    there = left(api)
    # What a thing is called stays: it may be named after somebody, or like them.
    assert {place for place in there if place in NAMED} == NAMED & marked
    there = there - NAMED
    assert {table for table, _ in there} == {"invoice_line", "issued_document", "audit_change"}
    assert left_in_audit(api) == {"invoice_line"}
    assert is_sound(api)
    assert [one for one in left_in_files(api) if f"{api.organisation_id}/" in one[:3]] == []
    assert left(api, "192.0.2.77", f"C-{LAST}") == set()
    assert figures(api) == before
    assert left(stranger) == theirs

    again = erase(api, subject)
    assert again["replayed"] is True
    assert again["erased"] == done["erased"]
    once_more = erase(api, subject, key="another")
    assert [codes(once_more), once_more["erased"]] == [[], []]
    assert made["final"]
