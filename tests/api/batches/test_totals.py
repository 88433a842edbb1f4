"""The live figures of a batch (B10–B15) are those of the invoices it makes, to the cent."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest

from tests.api.batches.acts import (
    choose,
    contracts,
    done,
    finalised,
    generated,
    listed,
    only,
    proposals,
    saved,
    sums,
    the_batch,
    told,
)
from tests.api.batches.example import example
from tests.support.api import ApiClient

FIGURES = {
    "currency": "EUR",
    "invoices": 2,
    "contracts": 3,
    "items": 4,
    "tickets": 14,
    "hours": "56",
    "net": {"amount": "10671.00"},
    "vat": {"amount": "1182.20"},
    "gross": {"amount": "11853.20"},
}
"""DOMAIN §2.5, one invoice per client."""


@pytest.mark.parametrize(("grouping", "count"), [("PER_CLIENT", 2), ("PER_CONTRACT", 3)])
def test_the_example_of_the_domain_to_the_cent(
    any_firm: ApiClient, grouping: str, count: int
) -> None:
    """DOMAIN §2.5, B10 B11 B12 B13 B14 B15 B26: planned, held, generated and final, the same."""
    made = example(any_firm)
    asked = {"contractIds": list(made.values())}
    batch = listed(any_firm, filter=asked, grouping=grouping)
    figures = {**FIGURES, "invoices": count}
    assert batch["totals"] == [figures]
    balances = {
        one["contract"]["id"]: one["totalBalance"]["amount"]
        for one in contracts(any_firm, batch["id"])
    }
    expected = {"A": "3611.00", "B": "2300.00", "C": "4760.00"}
    assert balances == {made[letter]: amount for letter, amount in expected.items()}
    assert saved(any_firm, batch)["totals"] == [figures]
    batch = generated(any_firm, batch)
    assert (batch["state"], batch["totals"]) == ("GENERATED", [figures])
    assert finalised(any_firm, batch)["job"]["status"] == "SUCCEEDED"
    invoices = proposals(any_firm, batch["id"])
    assert len(invoices) == count
    assert {one["invoice"]["state"] for one in invoices} == {"READY"}
    assert sums(invoices) == {"EUR": (Decimal("10671.00"), Decimal("1182.20"))}
    for one in invoices:
        assert (one["net"], one["vat"]) == (one["invoice"]["net"], one["invoice"]["vat"])
    assert sum(one["tickets"] for one in invoices) == 14
    assert sum(Decimal(one["hours"]) for one in invoices) == 56


def test_the_figures_follow_every_tick(firm: ApiClient) -> None:
    """B09 B10–B16 B19 B21: contract after contract, item after item, and back."""
    made = example(firm)
    batch = listed(firm, filter={"contractIds": list(made.values())}, grouping="PER_CLIENT")
    nothing = choose(firm, batch["id"], {"selected": False, "filter": {}})
    assert nothing["totals"] == []

    def figures(found: dict[str, Any]) -> list[tuple[Any, ...]]:
        return [
            (one["invoices"], one["tickets"], one["net"]["amount"], one["vat"]["amount"])
            for one in found["totals"]
        ]

    some = only(firm, batch["id"], made["A"])
    assert figures(some) == [(1, 0, "3611.00", "722.20")]
    some = choose(firm, batch["id"], {"selected": True, "contractIds": [made["C"]]})
    assert figures(some) == [(2, 14, "8371.00", "722.20")]
    (retainer,) = contracts(firm, batch["id"], contractId=made["B"])
    september, october, november = retainer["items"]
    assert (november["selectable"], november["selected"]) == (False, False)
    some = choose(firm, batch["id"], {"selected": True, "items": [september["key"]]})
    assert figures(some) == [(2, 14, "9171.00", "882.20")]
    (retainer,) = contracts(firm, batch["id"], contractId=made["B"])
    assert retainer["totalBalance"]["amount"] == "2300.00"
    assert (retainer["selectedBalance"]["amount"], retainer["selectedItems"]) == ("800.00", 1)
    some = choose(
        firm,
        batch["id"],
        {"selected": True, "items": [october["key"]]},
        {"selected": False, "contractIds": [made["C"]]},
    )
    assert figures(some) == [(1, 0, "5911.00", "1182.20")]
    assert figures(the_batch(firm, batch["id"])) == [(1, 0, "5911.00", "1182.20")]
    rest = saved(firm, some)
    assert figures(rest) == [(1, 0, "5911.00", "1182.20")]
    (invoice,) = proposals(firm, batch["id"])
    assert [item["amount"]["amount"] for item in invoice["items"]] == [
        "3611.00",
        "800.00",
        "1500.00",
    ]


@pytest.mark.parametrize("seed", range(4))
def test_any_selection_is_billed_to_the_cent(firm: ApiClient, seed: int) -> None:
    """B10–B15: plan totals, proposals and pro formas agree in every currency, either way grouped.

    Random halves of the items of the whole firm: six currencies, several rates, exemptions.
    """
    chance = random.Random(seed)
    batch = listed(firm, grouping="PER_CLIENT")
    keys = [
        item["key"]
        for contract in contracts(firm, batch["id"])
        for item in contract["items"]
        if item["selectable"]
    ]
    left_out = chance.sample(keys, chance.randrange(1, len(keys)))
    batch = choose(firm, batch["id"], {"selected": False, "items": left_out})
    other = done(firm, "batchUpdate", id=batch["id"], grouping="PER_CONTRACT")
    assert {key: net for key, (net, _) in told(other).items()} == {
        key: net for key, (net, _) in told(batch).items()
    }
    batch = done(firm, "batchUpdate", id=batch["id"], grouping="PER_CLIENT") if seed % 2 else other
    counts = {one["currency"]: one["invoices"] for one in batch["totals"]}
    planned = told(batch)
    held = saved(firm, batch)
    assert told(held) == planned
    after = generated(firm, batch)
    assert (after["state"], after["invoiceCounts"]["failed"]) == ("GENERATED", 0)
    assert told(after) == planned
    invoices = proposals(firm, batch["id"])
    assert sums(invoices) == sums(invoices, of="invoice") == planned
    assert {
        currency: sum(one["currency"] == currency for one in invoices) for currency in counts
    } == counts
    billed = [item["key"] for one in invoices for item in one["items"]]
    assert sorted(billed) == sorted(set(keys) - set(left_out))
