"""Two people at once over the same contracts: one wins, the other is told, nothing twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import func, select

from domain.batch.model import BatchItem
from tests.api.batches.acts import (
    act,
    codes,
    done,
    listed,
    proposals,
    saved,
    sums,
    the_batch,
    worked,
)
from tests.api.batches.example import CONTRACTS, example
from tests.api.invoices.test_drawing_items import draw
from tests.support.api import ApiClient


def run(api: ApiClient, batch: dict[str, Any]) -> dict[str, Any]:
    return act(api, "batchRun", id=batch["id"], planHash=batch["planHash"])


def test_two_people_run_overlapping_selections(any_firm: ApiClient) -> None:
    """Issue 5: of each pair one holds all of its own, the loser has STALE_PLAN and nothing."""
    made = example(any_firm)
    halves = ([made["A"], made["B"]], [made["B"], made["C"]])
    for _ in range(3):
        pair = [
            listed(any_firm, name, filter={"contractIds": half})
            for name, half in zip(("Anne", "Bruno"), halves, strict=True)
        ]
        with ThreadPoolExecutor(2) as pool:
            first, second = pool.map(lambda one: run(any_firm, one), pair)
        told = sorted([codes(first), codes(second)])
        assert told == [[], ["STALE_PLAN", "RESERVED_BY_BATCH"]]
        lost = first if codes(first) else second
        winner, loser = (pair[1], pair[0]) if codes(first) else (pair[0], pair[1])
        assert lost["userErrors"][1]["message"] == f"It is held by the batch {winner['name']}."
        assert proposals(any_firm, loser["id"]) == []
        assert the_batch(any_firm, loser["id"])["state"] == "SELECTING"
        with any_firm.house.database.reading(any_firm.organisation_id) as session:
            held = select(func.count(BatchItem.id)).where(BatchItem.reserves.is_not(None))
            assert session.scalar(held) == winner["totals"][0]["items"]
        again = done(any_firm, "batchRefresh", id=loser["id"])
        assert again["totals"][0]["contracts"] == 1
        for one in pair:
            done(any_firm, "batchDelete", id=one["id"])


def test_a_batch_is_made_while_somebody_draws_by_hand(postgres_firm: ApiClient) -> None:
    """DOMAIN §2.5: what is drawn first is billed first; each hour and period on one line."""
    made = example(postgres_firm)
    batch = saved(postgres_firm, listed(postgres_firm, filter={"contractIds": list(made.values())}))
    asked = done(postgres_firm, "batchGenerate", id=batch["id"])
    with ThreadPoolExecutor(4) as pool:
        job = pool.submit(worked, postgres_firm, asked)
        others = [pool.submit(draw, postgres_firm, code) for code in CONTRACTS]
        assert [codes(one.result()) for one in others] == [["NOTHING_TO_INVOICE"]] * 3
        assert job.result()["job"]["status"] == "SUCCEEDED"
    found = proposals(postgres_firm, batch["id"])
    assert sums(found, of="invoice") == sums(found)
    count = postgres_firm.query("{ invoices(filter: { states: null }) { totalCount } }")
    assert count["invoices"]["totalCount"] == 3


def test_two_workers_at_one_batch_make_it_once(postgres_firm: ApiClient) -> None:
    """Issue 5: a job that two processes take up makes each invoice once."""
    made = example(postgres_firm)
    batch = saved(postgres_firm, listed(postgres_firm, filter={"contractIds": list(made.values())}))
    asked = done(postgres_firm, "batchGenerate", id=batch["id"])
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(worked, postgres_firm, asked) for _ in range(2)]
        assert {one.result()["invoiceCounts"]["generated"] for one in both} <= {0, 3}
    after = the_batch(postgres_firm, batch["id"])
    assert (after["state"], after["invoiceCounts"]["generated"]) == ("GENERATED", 3)
    assert codes(act(postgres_firm, "batchGenerate", id=batch["id"])) == ["BATCH_STATE"]
    count = postgres_firm.query("{ invoices(filter: { states: null }) { totalCount } }")
    assert count["invoices"]["totalCount"] == 3
