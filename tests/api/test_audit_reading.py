"""Looking the audit up: filters, what was before and after in the API's names, and the export."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest

from domain.access import Role
from persistence.audit.tables import WATCHED
from persistence.audit.upkeep import verify
from persistence.privacy.retention import remove_expired
from resolvers.overseeing import _auditing
from tests.api.records.asking import A_CLIENT, A_PROJECT, act, bulk, done
from tests.persistence.firms import counted
from tests.support.api import ApiClient

ENTRIES = """
query($filter: AuditEntryFilter, $page: PageInput) {
  auditEntries(filter: $filter, page: $page) {
    nodes {
      id place act count
      actor { door name recordId address requestId }
      records { recordType count }
      changes { recordType recordId kind erasedAt fields { field before after } }
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""
CHANGES = """
query($entry: ID, $record: ID, $page: PageInput) {
  auditChanges(entryId: $entry, record: $record, page: $page) {
    totalCount nodes { id recordId kind } pageInfo { hasNextPage endCursor }
  }
}
"""
EXPORT = """
mutation($input: AuditExportInput!) {
  auditExport(input: $input) { download { url filename mediaType size } userErrors { code } }
}
"""


def entries(api: ApiClient, first: int = 50, **given: Any) -> list[dict[str, Any]]:
    """The newest entries that meet the filter."""
    found = api.query(ENTRIES, filter=given, page={"first": first})["auditEntries"]
    return list(found["nodes"])


def fields(change: dict[str, Any]) -> dict[str, tuple[str | None, str | None]]:
    return {one["field"]: (one["before"], one["after"]) for one in change["fields"]}


def test_an_entry_tells_who_did_what_from_where_before_and_after(any_firm: ApiClient) -> None:
    """Issue 6, 6: money in minor units, rates as decimals, identifiers as the API has them."""
    client = done(any_firm, "clientCreate", **A_CLIENT, siret=None)
    made = done(any_firm, "projectCreate", **A_PROJECT | {"client": client["code"]})
    text = "mutation($i: ProjectUpdateInput!) { projectUpdate(input: $i) { userErrors { code } } }"
    given = {"id": made["id"], "vatRate": "10", "startDate": "2026-12-01"}
    any_firm.send(text, {"i": given}, **{"X-Request-ID": "audited-1"})
    entry = entries(any_firm)[0]
    assert (entry["act"], entry["count"]) == ("projectUpdate", 1)
    actor = entry["actor"]
    assert (actor["door"], actor["name"], actor["requestId"]) == ("KEY", "tests", "audited-1")
    assert actor["recordId"].startswith("api_key_")
    assert actor["address"]
    (change,) = entry["changes"]
    assert (change["recordType"], change["recordId"], change["kind"]) == (
        "PROJECT", made["id"], "UPDATE",
    )  # fmt: skip
    was = A_PROJECT.get("vatRate")
    assert fields(change) == {
        "vatRate": (was, "10"),
        "startDate": (A_PROJECT.get("startDate"), "2026-12-01"),
        "version": ("1", "2"),
    }
    created = fields(entries(any_firm, act="projectCreate")[0]["changes"][0])
    assert created["clientId"] == (None, client["id"])
    assert entries(any_firm, requestId="audited-1") == [entry]


def test_every_filter_keeps_what_it_says_and_nothing_else(firm: ApiClient) -> None:
    done(firm, "clientCreate", **A_CLIENT, siret=None)
    known = entries(firm, act="clientCreate")[0]
    record = known["changes"][0]["recordId"]
    kept = [
        *({"act": "clientCreate"}, {"record": record}, {"actor": "tests", "act": "clientCreate"}),
        *({"actor": known["actor"]["recordId"], "recordType": "CLIENT"},),
        {"door": "KEY", "recordType": "CLIENT", "requestId": known["actor"]["requestId"]},
    ]
    for given in kept:
        assert [one["id"] for one in entries(firm, **given)] == [known["id"]], given
    none = [
        *({"act": "clientUpdate"}, {"record": "client_999999"}, {"actor": "Nobody"}),
        *({"door": "SIGN_IN"}, {"recordType": "SIGN_IN"}, {"requestId": "x"}),
        *({"from": "2999-01-01"}, {"to": "1999-12-31"}),
    ]
    for given in none:
        assert entries(firm, **given) == [], given
    assert entries(firm, **{"from": "1999-12-31", "to": "9999-12-31"})
    (refused,) = firm.errors(ENTRIES, filter={"record": "nothing_1"})
    assert refused["extensions"]["code"] == "ID_INVALID"


def test_replays_dry_runs_and_refusals_are_no_entries(firm: ApiClient) -> None:
    items = [A_CLIENT | {"name": "Une fois"}]
    bulk(firm, "clients", items, idempotencyKey="once")
    count = entries(firm)[0]["place"]
    assert bulk(firm, "clients", items, idempotencyKey="once")["replayed"]
    bulk(firm, "clients", [A_CLIENT | {"name": "À l’essai"}], dryRun=True)
    assert act(firm, "clientCreate", **A_CLIENT | {"name": "Une fois"})["userErrors"]
    assert entries(firm)[0]["place"] == count


def test_pages_and_changes_are_read_in_as_many_statements_whatever_they_hold(
    firm: ApiClient,
) -> None:
    items = [A_CLIENT | {"name": f"Client {n}"} for n in range(130)]
    bulk(firm, "clients", items[:65])
    bulk(firm, "clients", items)
    entry = entries(firm, first=1)[0]
    with counted(firm.house.database) as few:
        entries(firm, first=1)
    with counted(firm.house.database) as many:
        assert len(entries(firm, first=50)) > 5
    assert len(few) == len(many)
    assert (entry["count"], len(entry["changes"])) == (65, 65)
    found = firm.query(CHANGES, entry=entry["id"], page={"first": 40})["auditChanges"]
    assert (found["totalCount"], found["pageInfo"]["hasNextPage"]) == (65, True)
    after = {"first": 40, "after": found["pageInfo"]["endCursor"]}
    rest = firm.query(CHANGES, entry=entry["id"], page=after)["auditChanges"]
    assert len({one["id"] for one in (*found["nodes"], *rest["nodes"])}) == 65


def test_nobody_is_told_of_another_firm(firm: ApiClient) -> None:
    other = firm.of_another_firm()
    done(firm, "clientCreate", **A_CLIENT, siret=None)
    mine = entries(firm, act="clientCreate")[0]
    assert entries(other, act="clientCreate") == []
    assert entries(other, record=mine["changes"][0]["recordId"]) == []
    assert other.query(CHANGES, entry=mine["id"])["auditChanges"]["nodes"] == []
    one = "query($id: ID!) { auditEntry(id: $id) { act } }"
    assert firm.query(one, id=mine["id"])["auditEntry"] == {"act": "clientCreate"}
    assert other.query(one, id=mine["id"])["auditEntry"] is None
    assert b"clientCreate" not in exported(other, format="JSONL")
    for api in (firm, other):
        with api.house.database.reading(api.organisation_id) as session:
            assert verify(session, api.organisation_id).flaws == []


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_only_administrators_read_the_audit(browsed: ApiClient, role: Role) -> None:
    bearer = browsed.of_another_firm("audit-roles").with_role(role)
    assert denied(bearer) == {"PERMISSION_DENIED"}


def test_who_reaches_a_part_of_the_firm_is_told_of_nothing(browsed: ApiClient) -> None:
    firm = browsed.of_another_firm("audit-reach")
    assert denied(firm.with_role(Role.ADMINISTRATOR, entity_ids=[1])) == {"BEYOND_REACH"}


def denied(bearer: ApiClient) -> set[str]:
    """How each way of reading the audit is refused."""
    answer = bearer.query(EXPORT, input={"format": "CSV"})["auditExport"]
    found = {error["code"] for error in answer["userErrors"]}
    for text in ("auditEntries { totalCount }", "auditChanges { totalCount }",
                 'auditEntry(id: "audit_entry_1") { act }'):  # fmt: skip
        (error,) = bearer.errors(f"{{ {text} }}")
        found.add(error["extensions"]["code"])
    return found


# The file


def exported(api: ApiClient, **given: Any) -> bytes:
    answer = api.query(EXPORT, input=given)["auditExport"]
    assert answer["userErrors"] == []
    content = api.get(answer["download"]["url"])
    assert len(content) == answer["download"]["size"]
    return content


def test_the_export_holds_every_change_and_is_an_entry_itself(any_firm: ApiClient) -> None:
    done(any_firm, "clientCreate", **A_CLIENT | {"name": "=HYPERLINK(1)"}, siret=None)
    expected = sum(max(one["count"], 1) for one in entries(any_firm, first=100))
    lines = [json.loads(line) for line in exported(any_firm, format="JSONL").splitlines()]
    assert len(lines) == expected
    assert [one["place"] for one in lines] == sorted(one["place"] for one in lines)
    hashes = {one["place"]: (one["previousSha256"], one["sha256"]) for one in lines}
    assert all(hashes[place][0] == hashes[place - 1][1] for place in hashes if place > 1)
    made = next(one for one in lines if one["act"] == "clientCreate")
    assert {"field": "name", "before": None, "after": "=HYPERLINK(1)"} in made["fields"]
    assert entries(any_firm)[0]["act"] == "auditExport"
    assert entries(any_firm)[0]["count"] == 0
    content = exported(any_firm, format="CSV").decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content, newline="")))
    (name,) = [one for one in rows if one["act"] == "clientCreate" and one["field"] == "name"]
    assert name["after"] == "'=HYPERLINK(1)"
    assert rows[-1]["act"] == "auditExport"
    assert (name["previousSha256"], name["sha256"]) == hashes[int(name["place"])]


def test_an_export_that_would_hold_too_much_is_refused_and_its_file_goes_after_a_day(
    firm: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = firm.house
    assert exported(firm, format="JSONL")
    (file,) = house.files.keys(f"{firm.organisation_id}/audit/")
    for hours, left in ((-1, [file]), (25, [])):
        now = file[1] + timedelta(hours=hours)
        remove_expired(house.database, house.files, firm.organisation_id, now)
        assert list(house.files.keys(f"{firm.organisation_id}/audit/")) == left
    monkeypatch.setattr(_auditing, "MOST_CHANGES", 3)
    answer = firm.query(EXPORT, input={"format": "CSV"})["auditExport"]
    assert answer == {"download": None, "userErrors": [{"code": "AUDIT_TOO_LONG"}]}
    assert not list(house.files.keys(f"{firm.organisation_id}/audit/"))
    assert exported(firm, format="JSONL", to="1999-12-31") == b""


def test_the_export_is_of_the_days_asked_for(firm: ApiClient) -> None:
    assert exported(firm, format="JSONL", to="1999-12-31") == b""
    assert exported(firm, format="JSONL", **{"from": "1999-12-31"})


def test_every_type_of_record_has_its_name_in_the_api(browsed: ApiClient) -> None:
    asked = '{ __type(name: "AuditRecordType") { enumValues { name } } }'
    found = browsed.query(asked)["__type"]["enumValues"]
    assert {one["name"].lower() for one in found} == {*WATCHED, "audit_change"}
