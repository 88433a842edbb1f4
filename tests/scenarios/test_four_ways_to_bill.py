"""A firm's own workbooks taken in whole: what is due of its time, retainers and blocks of hours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.api import ApiClient, open_api
from tests.support.prepared import Calendar, statements
from tests.support.takeover import CLEAN, PAST, WORKBOOKS, take_in

BILLABLES = """
query($asOf: Date, $filter: BillableFilter, $page: PageInput) {
  billables(asOf: $asOf, filter: $filter, page: $page) {
    nodes {
      type state currency totalBalance { amount currency } unbilled { amount }
      project { code } contract { name } client { name }
      items {
        key kind phase { code } periodStart periodEnd hours hourlyRate tickets
        amount { amount } unbilled { amount } selectable
        blockers { code since until mutation fix message }
      }
      blockers { code since fix message }
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""


@pytest.fixture
def api(empty_database_url: str, tmp_path: Path) -> Iterator[ApiClient]:
    with open_api(empty_database_url, tmp_path, clock=Calendar()) as client:
        take_in(client, *WORKBOOKS, *PAST, "time_entries")
        yield client


def billables(api: ApiClient, as_of: str = "2026-11-21", **filter: Any) -> list[dict[str, Any]]:
    found = api.query(BILLABLES, asOf=as_of, filter=filter, page={"first": 100})["billables"]
    assert not found["pageInfo"]["hasNextPage"]
    nodes: list[dict[str, Any]] = found["nodes"]
    return nodes


def by_contract(found: list[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(one["project"]["code"], one["contract"]["name"]): one for one in found}


def amount(shown: dict[str, Any]) -> Decimal:
    return Decimal(shown["amount"])


def test_what_is_due_is_what_the_truth_says(api: ApiClient) -> None:
    """B05 B06 B07 B08 B16 B17 B18 O03, DOMAIN §2.3–2.4: the figures of the clean files."""
    with statements(api) as told:
        found = by_contract(billables(api))
    assert len(told) < 25
    truth = json.loads((CLEAN / "expected_totals.json").read_text())
    for entry in truth["time_and_materials"]:
        one = found[entry["project"], entry["contract"]]
        assert one["type"] == "TIME_AND_MATERIALS"
        ready = [item for item in one["items"] if item["selectable"]]
        assert sum(Decimal(item["hours"]) for item in ready) == Decimal(entry["hours"])
        assert {Decimal(item["hourlyRate"]) for item in ready} == {Decimal(entry["hourly_rate"])}
        # One line for each collaborator, each rounded once: the truth is rounded as a whole.
        drift = abs(amount(one["totalBalance"]) - Decimal(entry["billable_now"]))
        assert drift <= Decimal("0.005") * len(ready)
    for entry in truth["retainers"]:
        one = found[entry["project"], entry["contract"]]
        periods = [
            {
                "start": item["periodStart"],
                "end": item["periodEnd"],
                "amount": item["amount"]["amount"],
            }
            for item in one["items"]
            if item["selectable"]
        ]
        assert periods == entry["closed_periods"]
        assert amount(one["totalBalance"]) == Decimal(entry["billable_now"])
        (waiting,) = [item for item in one["items"] if not item["selectable"]]
        assert waiting["periodStart"] == entry["open_period_starts"]
        assert [blocker["code"] for blocker in waiting["blockers"]] == ["OPEN_PERIOD"]
        assert one["state"] == "PARTIAL"
    for entry in truth["prepaid_blocks"]:
        one = found[entry["project"], entry["contract"]]
        block, overage = (item for item in one["items"] if item["kind"] in ("BLOCK", "OVERAGE"))
        assert amount(block["amount"]) + amount(block["unbilled"]) == Decimal(entry["block_price"])
        assert Decimal(overage["hours"]) == Decimal(entry["overage_hours"])
        beyond = amount(overage["amount"]) + amount(overage["unbilled"])
        assert beyond == Decimal(entry["overage_amount"])
    phases = {
        (one["project"]["code"], one["contract"]["name"], item["phase"]["code"]): item["amount"]
        for one in found.values()
        for item in one["items"]
        if item["kind"] == "PROGRESS"
    }
    for entry in truth["fixed_fee_phases"]:
        key = entry["project"], entry["contract"], entry["phase"]
        shown = phases.get(key, {"amount": "0"})
        assert amount(shown) == Decimal(entry["billable_now"]), key
