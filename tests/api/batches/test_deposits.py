"""A deposit that is not deducted is told of all along a batch, and again when it is too late."""

from __future__ import annotations

from tests.api.batches.acts import (
    codes,
    contracts,
    finalised,
    generated,
    listed,
    proposals,
    saved,
)
from tests.api.batches.example import example
from tests.api.invoices.test_deposits import deducted, deposit
from tests.support.api import ApiClient

BILLABLE = """
query($filter: BillableFilter) {
  billables(filter: $filter) { nodes { state blockers { code mutation } } }
}
"""
TOLD = ["DEPOSIT_TO_DEDUCT"]


def deposits_of(api: ApiClient, *codes: str) -> list[str]:
    """A final deposit of each project, of a tenth of its fee."""
    found = [api.query("query($c: String!) { projectByCode(code: $c) { id } }", c=c) for c in codes]
    return [deposit(api, one["projectByCode"]["id"], percent="10")["id"] for one in found]


def test_a_deposit_is_told_of_until_it_is_deducted(any_firm: ApiClient) -> None:
    """DOMAIN 2.6: it locks nothing; billables, list, pro forma and job say it, no other does."""
    made = example(any_firm)
    (of_a,) = deposits_of(any_firm, "EX-A")
    (shown,) = any_firm.query(BILLABLE, filter={"contractId": made["A"]})["billables"]["nodes"]
    assert shown == {
        "state": "SELECTABLE",
        "blockers": [{"code": TOLD[0], "mutation": "invoiceDeductDeposit"}],
    }
    batch = listed(any_firm, filter={"contractIds": list(made.values())})
    chips = {
        one["contract"]["id"]: [blocker["code"] for blocker in one["blockers"]]
        for one in contracts(any_firm, batch["id"])
    }
    assert {key: chips[key] for key in made.values()} == {
        made["A"]: TOLD,
        made["B"]: [],
        made["C"]: [],
    }
    assert batch["totals"][0]["net"] == {"amount": "10671.00"}
    batch = generated(any_firm, saved(any_firm, batch))
    assert batch["job"]["status"] == "SUCCEEDED"
    told = {one["invoice"]["id"]: codes(one) for one in proposals(any_firm, batch["id"])}
    (own,) = (key for key, said in told.items() if said)
    assert sorted(told.values()) == [[], [], TOLD]
    (message,) = [
        one["userErrors"][0]["message"]
        for one in proposals(any_firm, batch["id"])
        if one["userErrors"]
    ]
    assert "1895.20 EUR of the deposit" in message
    after = finalised(any_firm, batch)
    assert (after["job"]["status"], codes(after["job"])) == ("SUCCEEDED", TOLD)
    last = {one["invoice"]["id"]: codes(one) for one in proposals(any_firm, batch["id"])}
    assert last == told
    assert last[own] == TOLD
    assert of_a not in last


def test_a_deposit_that_is_deducted_is_told_of_no_more(firm: ApiClient) -> None:
    """B28: deducted on the pro forma, wholly or in part, the batch has nothing to warn of."""
    made = example(firm)
    (of_a,) = deposits_of(firm, "EX-A")
    batch = generated(firm, saved(firm, listed(firm, filter={"contractIds": [made["A"]]})))
    (only,) = proposals(firm, batch["id"])
    assert codes(only) == TOLD
    taken = deducted(firm, only["invoice"]["id"], of_a, amount="1000.00")
    assert taken["userErrors"] == []
    assert [codes(one) for one in proposals(firm, batch["id"])] == [[]]
    after = finalised(firm, batch)
    assert (after["job"]["status"], codes(after["job"])) == ("SUCCEEDED", [])
    assert [codes(one) for one in proposals(firm, batch["id"])] == [[]]
