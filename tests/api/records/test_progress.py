"""How far the phases are, recorded by hand: one by one and many at once (O03)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from domain.access import Role
from tests.api.records.asking import Row, codes, done, each, outcomes, paths
from tests.api.takeover.reviews import notes, reviewed
from tests.api.takeover.sheets import book
from tests.support.api import ApiClient
from tests.support.prepared import Calendar
from tests.support.takeover import phases_of, project

PHASE = (
    "id figures { progress earned { amount } billableNow { amount } }"
    " progressUpdates { percent asOf comment author source }"
)
ERRORS = "userErrors { code severity message field }"


def phase(api: ApiClient, code: str = "APD", of: str = "PAT-2501") -> str:
    found: str = next(one["id"] for one in phases_of(project(api, of)) if one["code"] == code)
    return found


def record(api: ApiClient, phase_id: str, percent: Any, **given: Any) -> Row:
    answer: Row = api.query(
        "mutation($input: ProgressInput!) { progressRecord(input: $input) {"
        f" phase {{ {PHASE} }} {ERRORS} }} }}",
        input={"phaseId": phase_id, "percent": percent, **given},
    )["progressRecord"]
    return answer


def record_many(api: ApiClient, items: list[Row], **given: Any) -> Row:
    given.setdefault("idempotencyKey", str(uuid4()))
    answer: Row = api.query(
        "mutation($input: ProgressBulkRecordInput!) { progressBulkRecord(input: $input) {"
        " counts { created skipped rejected } replayed"
        f" results {{ index outcome node {{ {PHASE} }} {ERRORS} }} {ERRORS} }} }}",
        input={"items": items, **given},
    )["progressBulkRecord"]
    return answer


def test_an_update_is_added_and_is_in_force(any_firm: ApiClient, calendar: Calendar) -> None:
    """O03, DOMAIN §2.3 F4: the figures follow; the earlier ones stay; who said it is noted."""
    key = phase(any_firm)
    before = record(any_firm, key, "37.5", comment=" Relevé de\u0001 chantier ")["phase"]
    assert before["figures"]["progress"] == "37.5"
    assert before["figures"]["earned"]["amount"] == "14578.96"
    calendar.go_to("2026-12-01")
    answer = record(any_firm, key, "62.1234")
    assert answer["userErrors"] == []
    told = answer["phase"]["progressUpdates"]
    assert len(told) == len(before["progressUpdates"]) + 1
    assert told[-2] == {
        "percent": "37.5",
        "asOf": "2026-11-21",
        "comment": "Relevé de chantier",
        "author": "tests",
        "source": "api",
    }
    assert (told[-1]["percent"], told[-1]["asOf"]) == ("62.1234", "2026-12-01")
    assert answer["phase"]["figures"]["progress"] == "62.1234"


def test_of_two_on_one_day_the_later_one_is_in_force(any_firm: ApiClient) -> None:
    key = phase(any_firm)
    record(any_firm, key, "90", asOf="2026-11-20")
    record(any_firm, key, "80", asOf="2026-11-20")
    assert record(any_firm, key, "10", asOf="2025-01-01")["phase"]["figures"]["progress"] == "80"


def test_going_back_is_told_and_kept(firm: ApiClient) -> None:
    key = phase(firm)
    record(firm, key, "60", asOf="2026-11-01")
    answer = record(firm, key, "50.50", asOf="2026-11-02")
    assert (codes(answer), paths(answer)) == (["PROGRESS_LOWERED"], ["percent"])
    assert answer["userErrors"][0]["severity"] == "WARNING"
    assert answer["userErrors"][0]["message"].endswith("goes down from 60 % to 50.5 %.")
    assert answer["phase"]["figures"]["progress"] == "50.5"
    french = record(firm.in_language("fr"), key, "40", asOf="2026-11-02")
    assert "recule de 50.5\u00a0% à 40\u00a0%" in french["userErrors"][0]["message"]
    older = record(firm, key, "5", asOf="2020-01-01")
    assert codes(older) == [], "before that day nothing was recorded"


def test_progress_of_an_unsigned_project_is_told_and_earns_nothing_yet(firm: ApiClient) -> None:
    answer = record(firm, phase(firm, "ESQ", "PAT-2502"), "30")
    assert (codes(answer), paths(answer)) == (["PROGRESS_UNSIGNED"], ["phaseId"])
    assert answer["phase"]["figures"]["billableNow"]["amount"] == "0.00"
    assert answer["phase"]["figures"]["progress"] == "30"


@pytest.mark.parametrize("percent", ["-0.0001", "100.0001", "1e30", "NaN", "Infinity", "sNaN"])
def test_what_is_no_percentage_is_refused(any_firm: ApiClient, percent: str) -> None:
    for language in ("en", "fr"):
        answer = record(any_firm.in_language(language), phase(any_firm), percent)
        assert (answer["phase"], codes(answer)) == (None, ["PROGRESS_OUT_OF_RANGE"])
        assert paths(answer) == ["percent"]
        assert percent in answer["userErrors"][0]["message"].replace("E+", "e")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"percent": "1.12345"}, "percent"),
        ({"percent": "1E-999999"}, "percent"),
        ({"asOf": "1900-01-01"}, "asOf"),
        ({"asOf": "9999-12-31"}, "asOf"),
        ({"comment": "x" * 2001}, "comment"),
        ({"comment": "x" * 1_000_000}, "comment"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_its_reason(
    any_firm: ApiClient, given: Row, field: str
) -> None:
    told = []
    for language in ("en", "fr"):
        asked = {"percent": "50"} | given
        answer = record(any_firm.in_language(language), phase(any_firm), **asked)
        assert (answer["phase"], codes(answer), paths(answer)) == (None, ["FIELD_INVALID"], [field])
        told.append(answer["userErrors"][0]["message"])
    assert told[0] != told[1]


@pytest.mark.parametrize("percent", ["0", "100", "0.0001", "1.12340000", 50, "1e2", "-0"])
def test_any_percentage_of_four_decimals_is_kept_as_it_is(
    any_firm: ApiClient, percent: Any
) -> None:
    answer = record(any_firm, phase(any_firm, "ESQ", "PAT-2502"), percent)
    assert float(answer["phase"]["figures"]["progress"]) == float(percent)


@pytest.mark.parametrize(
    ("given", "code"),
    [("phase_999999", "NOT_FOUND"), ("project_1", "ID_INVALID"), ("", "ID_INVALID")],
)
def test_a_phase_that_is_not_there_is_named_by_its_field(
    firm: ApiClient, given: str, code: str
) -> None:
    answer = record(firm, given, "50")
    assert (answer["phase"], codes(answer), paths(answer)) == (None, [code], ["phaseId"])


@pytest.mark.parametrize("role", list(Role))
def test_who_works_on_a_phase_may_record_it_and_a_reader_may_not(
    firm: ApiClient, role: Role
) -> None:
    key = phase(firm)
    limited = role in (Role.PROJECT_MANAGER, Role.COLLABORATOR)
    caller = firm.as_manager(role=role) if limited else firm.with_role(role)
    answer = record(caller, key, "50")
    if role is Role.READER:
        assert codes(answer) == ["PERMISSION_DENIED"]
    else:
        assert answer["phase"]["progressUpdates"][-1]["author"] == role.value.lower()


# Many at once


def test_many_are_recorded_in_their_order_each_seeing_those_before(any_firm: ApiClient) -> None:
    one, two = phase(any_firm), phase(any_firm, "ESQ", "PAT-2502")
    items = [
        {"phaseId": one, "percent": "60"},
        {"phaseId": two, "percent": "10"},
        {"phaseId": one, "percent": "50"},
    ]
    answer = record_many(any_firm, items)
    assert outcomes(answer) == ["CREATED"] * 3
    assert answer["counts"] == {"created": 3, "skipped": 0, "rejected": 0}
    assert each(each(answer["results"], "node"), "id") == [one, two, one]
    assert [codes(result) for result in answer["results"]] == [
        ["PROGRESS_LOWERED"],
        ["PROGRESS_UNSIGNED"],
        ["PROGRESS_LOWERED"],
    ]
    assert paths(answer["results"][2]) == ["items.2.percent"]
    assert answer["results"][0]["node"]["figures"]["progress"] == "50"


def test_a_red_item_stops_all_or_itself(any_firm: ApiClient) -> None:
    key = phase(any_firm)
    before = record(any_firm, key, "1")["phase"]["progressUpdates"]
    items = [
        {"phaseId": key, "percent": "60"},
        {"phaseId": "phase_999999", "percent": "60"},
        {"phaseId": "x", "percent": "60"},
        {"phaseId": key, "percent": "101"},
        {"phaseId": key, "percent": "NaN"},
        {"phaseId": key, "percent": "70"},
    ]
    answer = record_many(any_firm, items)
    assert outcomes(answer) == ["SKIPPED", *["REJECTED"] * 4, "SKIPPED"]
    assert [codes(result) for result in answer["results"]] == [
        [],
        ["NOT_FOUND"],
        ["ID_INVALID"],
        ["PROGRESS_OUT_OF_RANGE"],
        ["PROGRESS_OUT_OF_RANGE"],
        [],
    ]
    assert paths(answer["results"][1]) == ["items.1.phaseId"]
    assert paths(answer["results"][2]) == ["items.2.phaseId"]
    assert paths(answer["results"][3]) == ["items.3.percent"]
    assert answer["results"][0]["node"]["progressUpdates"] == before
    answer = record_many(any_firm, items, errorPolicy="REJECT_FAILED_ROWS")
    assert outcomes(answer) == ["CREATED", *["REJECTED"] * 4, "CREATED"]
    assert len(answer["results"][0]["node"]["progressUpdates"]) == len(before) + 2


def test_a_dry_run_records_nothing(any_firm: ApiClient) -> None:
    key = phase(any_firm)
    before = record(any_firm, key, "1")["phase"]["progressUpdates"]
    items = [{"phaseId": key, "percent": "60"}]
    answer = record_many(any_firm, items, dryRun=True, idempotencyKey="dry")
    assert outcomes(answer) == ["CREATED"]
    assert answer["results"][0]["node"]["progressUpdates"] == before
    answer = record_many(any_firm, items, idempotencyKey="dry")
    assert answer["replayed"] is False
    assert len(answer["results"][0]["node"]["progressUpdates"]) == len(before) + 1


def test_the_same_key_records_once_and_answers_the_same(any_firm: ApiClient) -> None:
    key = phase(any_firm)
    record(any_firm, key, "90")
    items = [{"phaseId": key, "percent": "60"}, {"phaseId": key, "percent": "101"}]
    given: dict[str, Any] = {"errorPolicy": "REJECT_FAILED_ROWS", "idempotencyKey": "once"}
    first = record_many(any_firm, items, **given)
    assert codes(first["results"][0]) == ["PROGRESS_LOWERED"]
    assert record_many(any_firm, items, **given) == first | {"replayed": True}
    answer = record_many(any_firm, items[:1], **given)
    assert codes(answer) == ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]
    assert len(record(any_firm, key, "60")["phase"]["progressUpdates"]) == (
        len(first["results"][0]["node"]["progressUpdates"]) + 1
    )


def test_more_than_a_thousand_at_once_are_refused(firm: ApiClient) -> None:
    answer = record_many(firm, [{"phaseId": "phase_1", "percent": "1"}] * 1001)
    assert (codes(answer), answer["results"]) == (["INPUT_TOO_LARGE"], [])


def test_progress_goes_on_when_the_project_is_closed(firm: ApiClient) -> None:
    job = project(firm, "PAT-2501")
    done(firm, "projectUpdate", id=job["id"], status="CLOSED")
    told = codes(record(firm, phase(firm), "50"))
    assert told == ["PROGRESS_LOWERED", "PROGRESS_UNSIGNED"]


def test_progress_of_a_day_to_come_is_told(any_firm: ApiClient) -> None:
    """O03: a year typed wrong would be billed today; PROGRESS_AHEAD, DATE_IN_FUTURE."""
    record = (
        'mutation { progressRecord(input: { phaseId: "phase_1", percent: "100", asOf: "2027-10-31" '
        "}) { phase { id } userErrors { code severity } } }"
    )
    answer = any_firm.query(record)["progressRecord"]
    assert answer["userErrors"] == [{"code": "PROGRESS_AHEAD", "severity": "WARNING"}]
    cells = {"C": "PAT-2501", "F": "APS", "K": 10, "L": "22/11/2026"}
    for kind, letter in (("progress", "L"), ("history", "L"), ("adjustments", "L")):
        _, rows = reviewed(any_firm, book(kind, {**cells, "M": "Reprise"}), kind=kind)
        assert ("DATE_IN_FUTURE", letter) in notes(rows[2])
        today = {**cells, "L": "21/11/2026", "M": "Reprise"}
        _, rows = reviewed(any_firm, book(kind, today), kind=kind)
        assert ("DATE_IN_FUTURE", letter) not in notes(rows[2])
