"""What a batch is chosen from: the list, its filters, sorts and pages, and what stays locked."""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from domain.access import Role
from tests.api.batches.acts import (
    BATCH,
    CONTRACTS,
    act,
    choose,
    codes,
    contracts,
    done,
    generated,
    listed,
    of_project,
    saved,
    the_batch,
    told,
)
from tests.api.batches.example import example
from tests.support.api import ApiClient
from tests.support.prepared import statements

BILLABLES = """
query($filter: BillableFilter) {
  billables(filter: $filter, page: { first: 100 }) {
    nodes {
      contract { id } type state totalBalance { amount } items { key selectable amount { amount } }
    }
  }
}
"""
RETAINER = "PAT-2401"


def shown(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {row["contract"]["id"]: row for row in rows}


def test_everything_due_is_listed_and_preselected(firm: ApiClient) -> None:
    """B05 B06 B07 B08 B09 B16 B17 B18 B22: what `billables` tells, all that is ready of it ticked.

    The periods of months ago too: late items are due still.
    """
    batch = listed(firm)
    assert (batch["state"], batch["cutOff"]) == ("SELECTING", "2026-11-21")
    found = shown(contracts(firm, batch["id"]))
    due = firm.query(BILLABLES)["billables"]["nodes"]
    assert found.keys() == {one["contract"]["id"] for one in due}
    for one in due:
        of = found[one["contract"]["id"]]
        assert (of["type"], of["state"]) == (one["type"], one["state"])
        assert of["totalBalance"]["amount"] == one["totalBalance"]["amount"]
        assert of["selectedBalance"] == {"amount": one["totalBalance"]["amount"]}
        ready = [(item["key"], item["selectable"]) for item in one["items"]]
        assert [(item["key"], item["selected"]) for item in of["items"]] == ready
        assert (of["selectedItems"] == 0) is (of["state"] == "LOCKED")
    retainer = of_project(firm, batch["id"], RETAINER, "RETAINER")
    assert retainer["state"] == "PARTIAL"
    assert retainer["items"][0]["periodEnd"] < "2026-03-31"
    assert retainer["items"][0]["selected"]
    states = {one["state"] for one in found.values()}
    assert states == {"SELECTABLE", "PARTIAL", "LOCKED"}
    assert {key: net for key, (net, _) in told(batch).items()} == _balances(found.values())


def _balances(rows: Any) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for row in rows:
        if row["selectedItems"]:
            amount = Decimal(row["selectedBalance"]["amount"])
            found[row["currency"]] = found.get(row["currency"], Decimal(0)) + amount
    return found


def test_filters_narrow_the_list_one_by_one(firm: ApiClient) -> None:
    """B20: type, taxable, state, client, project, entity, contract, currency, period, text."""
    made = example(firm)
    batch = listed(firm)["id"]
    every = contracts(firm, batch)

    def same(filter: dict[str, Any], keep: Any) -> None:
        rows = [one["id"] for one in contracts(firm, batch, **filter)]
        assert rows == [one["id"] for one in every if keep(one)], filter
        assert 0 < len(rows) < len(every)

    first = every[0]
    same(
        {"types": ["RETAINER", "PREPAID_HOURS"]},
        lambda one: one["type"] in ("RETAINER", "PREPAID_HOURS"),
    )
    same({"taxable": False}, lambda one: one["contract"]["id"] == made["C"])
    same({"states": ["LOCKED"]}, lambda one: one["state"] == "LOCKED")
    same({"clientId": first["client"]["id"]}, lambda one: one["client"] == first["client"])
    same({"projectId": first["project"]["id"]}, lambda one: one["project"] == first["project"])
    same({"entityId": "entity_2"}, lambda one: (one["entity"] or {}).get("id") == "entity_2")
    same({"contractId": made["A"]}, lambda one: one["contract"]["id"] == made["A"])
    same({"currency": "gbp"}, lambda one: one["currency"] == "GBP")
    same({"text": "client ex-x"}, lambda one: one["client"]["name"] == "Client EX-X")
    same({"text": "ex-b"}, lambda one: one["project"]["code"] == "EX-B")
    same({"text": "CONTRAT EX-C"}, lambda one: one["contract"]["name"] == "Contrat EX-C")
    same({"selected": False}, lambda one: one["selectedItems"] == 0)
    same({"selected": True}, lambda one: one["selectedItems"] > 0)
    same(
        {"period": {"start": "2026-09-01", "end": "2026-09-30"}},
        lambda one: any(
            item["periodStart"]
            and item["periodStart"] <= "2026-09-30"
            and item["periodEnd"] >= "2026-09-01"
            for item in one["items"]
        ),
    )
    assert contracts(firm, batch, types=[]) == []
    assert contracts(firm, batch, text="%") == []
    assert contracts(firm, batch, text="rien de tel") == []


def test_what_can_be_billed_is_filtered_likewise(firm: ApiClient) -> None:
    """B20: `billables` by taxable, entity, currency and text."""
    made = example(firm)

    def found(**filter: Any) -> set[str]:
        nodes = firm.query(BILLABLES, filter=filter)["billables"]["nodes"]
        return {one["contract"]["id"] for one in nodes}

    every = {one["contract"]["id"]: one for one in contracts(firm, listed(firm)["id"])}
    assert found(taxable=False) == {made["C"]}
    assert found(text="client ex-x") == {made["A"], made["B"]}
    assert found(text="EX-B", taxable=True) == {made["B"]}
    assert found(currency="jpy") == {key for key, one in every.items() if one["currency"] == "JPY"}
    assert found(entityId="entity_2") == {
        key for key, one in every.items() if one["entity"]["code"] == "RIV-LYO"
    }


@pytest.mark.parametrize(
    ("by", "value"),
    [
        ("CLIENT", lambda one: one["client"]["id"]),
        ("CONTRACT", lambda one: one["contract"]["name"].casefold()),
        ("PROJECT", lambda one: one["project"]["code"]),
        ("TYPE", lambda one: one["type"]),
        ("STATE", lambda one: one["state"]),
        ("TOTAL_BALANCE", lambda one: (one["currency"], Decimal(one["totalBalance"]["amount"]))),
    ],
)
def test_the_list_is_sorted_and_paged_by_keys(browsed_any: ApiClient, by: str, value: Any) -> None:
    """B05–B08: pages of seven, either way, hold each contract once; like stand together."""
    batch = listed(browsed_any)["id"]
    whole = {one["id"] for one in contracts(browsed_any, batch)}
    orders = []
    for falling in (False, True):
        rows, after = [], None
        while True:
            asked = browsed_any.query(
                CONTRACTS,
                batch=batch,
                sort={"by": by, "falling": falling},
                page={"first": 7, "after": after},
            )["batchContracts"]
            rows += asked["nodes"]
            if not asked["pageInfo"]["hasNextPage"]:
                break
            after = asked["pageInfo"]["endCursor"]
        assert len(rows) == len(whole)
        assert {one["id"] for one in rows} == whole
        orders.append([value(one) for one in rows])
    rising, falling_order = orders
    if by in ("PROJECT", "TYPE", "STATE", "TOTAL_BALANCE"):
        assert rising == sorted(rising)
    runs = 1 + sum(one != other for one, other in itertools.pairwise(rising))
    assert runs == len(set(rising))
    if by != "TOTAL_BALANCE":
        assert falling_order == rising[::-1]


def test_nothing_that_is_locked_is_selected_by_any_call(firm: ApiClient) -> None:
    """B17 B18: contracts, items, all by a filter; refused by name with blockers, else passed by."""
    batch = listed(firm)["id"]
    every = contracts(firm, batch)
    locked = next(one for one in every if one["state"] == "LOCKED" and one["blockers"])
    partial = of_project(firm, batch, RETAINER, "RETAINER")
    (opened,) = [item for item in partial["items"] if not item["selectable"]]
    assert opened["blockers"][0]["code"] == "OPEN_PERIOD"
    assert opened["blockers"][0]["until"] == "2026-11-30"
    before = the_batch(firm, batch)
    refused = act(
        firm,
        "batchSelect",
        id=batch,
        choices=[
            {"selected": False, "filter": {}},
            {"selected": True, "contractIds": [locked["contract"]["id"]]},
        ],
    )
    assert codes(refused)[0] == "ITEM_LOCKED"
    assert {blocker["code"] for blocker in locked["blockers"]} <= set(codes(refused))
    assert refused["userErrors"][0]["field"] == ["choices", "1", "contractIds", "0"]
    for item in (opened["key"], locked["items"][0]["key"]):
        choices = [{"selected": True, "items": [item]}]
        refused = act(firm, "batchSelect", id=batch, choices=choices)
        assert codes(refused)[0] == "ITEM_LOCKED"
        assert len(refused["userErrors"]) > 1
    assert the_batch(firm, batch)["planHash"] == before["planHash"]
    for choice in ({"filter": {}}, {"contractIds": [partial["contract"]["id"]]}):
        after = choose(firm, batch, {"selected": True, **choice})
        assert after["totals"] == before["totals"]
    choose(firm, batch, {"selected": True, "filter": {"states": ["LOCKED"]}})
    chosen = [item for one in contracts(firm, batch) for item in one["items"] if item["selected"]]
    assert all(item["selectable"] for item in chosen)


def test_what_is_not_of_the_batch_is_not_found_in_it(firm: ApiClient) -> None:
    """NOT_FOUND for contracts and items, FIELD_INVALID for a choice of nothing; nothing moves."""
    batch = listed(firm, filter={"currency": "GBP"})
    other = contracts(firm, listed(firm, filter={"currency": "EUR"})["id"])[0]
    for selected in (True, False):
        choices = [
            {
                "selected": selected,
                "contractIds": [other["contract"]["id"]],
                "items": [other["items"][0]["key"], "x"],
            }
        ]
        refused = act(firm, "batchSelect", id=batch["id"], choices=choices)
        assert codes(refused) == ["NOT_FOUND"] * 3
    refused = act(firm, "batchSelect", id=batch["id"], choices=[{"selected": True}])
    assert codes(refused) == ["FIELD_INVALID"]
    assert codes(act(firm, "batchSelect", id="batch_999", choices=[])) == ["NOT_FOUND"]
    assert the_batch(firm, batch["id"]) == batch
    french = act(
        firm.in_language("fr"), "batchSelect", id=batch["id"], choices=[{"selected": True}]
    )
    assert french["userErrors"][0]["message"].endswith(
        "il ne nomme ni contrat, ni élément, ni filtre."
    )


def test_a_list_is_read_anew_and_what_was_left_out_stays_out(firm: ApiClient) -> None:
    """B22 and batchRefresh: what has become due is ticked, what was taken out is not."""
    batch = listed(firm, cutOff="2026-09-30")["id"]
    early = of_project(firm, batch, RETAINER, "RETAINER")
    choose(firm, batch, {"selected": False, "items": [early["items"][0]["key"]]})
    done(firm, "batchRefresh", id=batch)
    assert [item["selected"] for item in of_project(firm, batch, RETAINER, "RETAINER")["items"]][
        :2
    ] == [
        False,
        True,
    ]
    later = done(firm, "batchRefresh", id=batch, cutOff="2026-11-21")
    assert later["cutOff"] == "2026-11-21"
    now = of_project(firm, batch, RETAINER, "RETAINER")["items"]
    ready = [item for item in now if item["selectable"]]
    assert [item["selected"] for item in ready] == [False] + [True] * (len(ready) - 1)


def test_the_filter_of_a_plan_keeps_to_the_callers_own_firm(firm: ApiClient) -> None:
    """O35 and API.md: a filter that names another firm's records lists nothing of them."""
    found = contracts(firm, listed(firm)["id"])[0]
    stranger = firm.of_another_firm()
    for filter in (
        {"clientIds": [found["client"]["id"]]},
        {"projectIds": [found["project"]["id"]]},
        {"contractIds": [found["contract"]["id"]]},
        {"entityIds": [found["entity"]["id"]]},
    ):
        mine = listed(stranger, filter=filter)
        assert (mine["totals"], contracts(stranger, mine["id"])) == ([], [])
        assert len(contracts(firm, listed(firm, filter=filter)["id"])) > 0


def test_batches_are_listed_and_gone_once_deleted(firm: ApiClient) -> None:
    """B23: the newest first, by state and name; a reader may look, and not act."""
    first, second = listed(firm, "Novembre"), listed(firm, "Décembre", filter={"currency": "GBP"})
    saved(firm, second)
    asked = "query($f: BatchFilter) { batches(filter: $f) { totalCount nodes { id } } }"

    def found(api: ApiClient, **filter: Any) -> list[str]:
        return [one["id"] for one in api.query(asked, f=filter)["batches"]["nodes"]]

    reader = firm.with_role(Role.READER)
    assert found(reader) == [second["id"], first["id"]]
    assert found(firm, states=["SAVED"]) == [second["id"]]
    assert found(firm, text="DÉCEM") == [second["id"]]
    assert found(firm, text="nov") == [first["id"]]
    assert codes(act(reader, "batchPlan", name="x")) == ["PERMISSION_DENIED"]
    done(firm, "batchDelete", id=second["id"])
    assert found(firm) == [first["id"]]
    gone = firm.query("query($id: ID!) { batch(id: $id) { archivedAt } }", id=second["id"])
    assert gone["batch"]["archivedAt"].startswith("2026-11-21")
    for mutation in ("batchDelete", "batchGenerate", "batchFinalise"):
        assert codes(act(firm, mutation, id=second["id"])) == ["NOT_FOUND"]


def test_many_batches_are_shown_by_as_many_statements_as_one(firm: ApiClient) -> None:
    """ADR 3: totals, plans and counts of a page of batches, run or not, cost what one's do."""

    def cost(count: int) -> int:
        with statements(firm) as told:
            found = firm.query(
                f"query($n: Int!) {{ batches(page: {{ first: $n }}) {{ nodes {{ {BATCH} }} }} }}",
                n=count,
            )["batches"]["nodes"]
        assert len(found) == count
        assert all(one["totals"][0]["net"]["amount"] == "145303.80" for one in found)
        return len(told)

    for name in ("a", "b"):
        other = listed(firm, name, filter={"currency": "GBP"})
    saved(firm, other)
    few = cost(2)
    generated(firm, other)
    done(firm, "batchDelete", id=other["id"])
    for name in ("c", "d", "e"):
        other = listed(firm, name, filter={"currency": "GBP"})
    saved(firm, other)
    assert cost(4) == few


def test_a_name_is_asked_for(firm: ApiClient) -> None:
    """B23: Enregistrer sous; the name may be changed whatever the state."""
    assert codes(act(firm, "batchPlan", name="  ")) == ["FIELD_REQUIRED"]
    batch = listed(firm, "Novembre", filter={"currency": "GBP"}, idempotencyKey=str(uuid4()))
    assert done(firm, "batchUpdate", id=batch["id"], name=" Lot 11 ")["name"] == "Lot 11"
    saved(firm, the_batch(firm, batch["id"]))
    assert done(firm, "batchUpdate", id=batch["id"], name="Lot 11 b")["name"] == "Lot 11 b"
