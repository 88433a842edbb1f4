"""Batches made by a job that is cancelled or left half done, and run by several at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from threading import Timer
from typing import Any, cast
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from domain.batch.model import BatchItem
from domain.invoice.model import InvoiceLine
from resolvers.batching import _generating as generating
from tests.jobs.processes import CANCEL, Gate, process
from tests.soak.billed_once import Planned, planned_by, require_billed_once, require_made
from tests.soak.sittings import BATCH, FOLLOW
from tests.support.api import ApiClient
from tests.support.due_firm import add_due

Process = Callable[..., AbstractContextManager[ApiClient]]

CONTRACTS = 35
A_PORTION = 10


@pytest.fixture
def begin(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Process:
    """A server process whose jobs make ten pro formas at a time; several may follow each other."""
    monkeypatch.setattr(generating, "PORTION", A_PORTION)
    return partial(process, database_url, tmp_path)


def call(api: ApiClient, mutation: str, **given: Any) -> dict[str, Any]:
    """The payload of a mutation of batches."""
    kind = mutation[0].upper() + mutation[1:] + "Input"
    query = f"mutation($input: {kind}!) {{ {mutation}(input: $input) {{ {BATCH} }} }}"
    given = {"idempotencyKey": str(uuid4()), **given}
    given = {name: value for name, value in given.items() if value is not None}
    return dict(api.query(query, input=given)[mutation])


def planned(api: ApiClient, name: str = "November", **given: Any) -> dict[str, Any]:
    payload = call(api, "batchPlan", name=name, **given)
    assert payload["userErrors"] == []
    return dict(payload["batch"])


def run(api: ApiClient, batch: dict[str, Any], *, generate: bool = True) -> dict[str, Any]:
    return call(api, "batchRun", id=batch["id"], planHash=batch["planHash"], generate=generate)


def key_of(batch: dict[str, Any]) -> int:
    return int(batch["id"].rpartition("_")[2])


def fill(api: ApiClient) -> None:
    with api.house.database.writing(api.organisation_id) as session:
        add_due(session, CONTRACTS, day=api.house.clock().date(), phases=2)


def content(api: ApiClient, *batches: dict[str, Any]) -> Planned:
    with api.house.database.reading(api.organisation_id) as session:
        return planned_by(session, [key_of(one) for one in batches])


def counts(api: ApiClient, batch: dict[str, Any]) -> tuple[int, int]:
    """How many invoices are made, and how many are proposed still."""
    found = api.query(FOLLOW, id=batch["id"])["batch"]["invoiceCounts"]
    return found["generated"], found["proposed"]


def is_billed_once(api: ApiClient, batch: dict[str, Any], due: Planned) -> None:
    with api.house.database.reading(api.organisation_id) as session:
        require_made(session, key_of(batch))
        require_billed_once(session, due)


def test_what_is_made_stays_when_the_rest_is_cancelled(begin: Process) -> None:
    """§2.5: the rest is proposed and held still; asked for again, it is made, and nothing twice."""
    gate = Gate()
    with begin(gate=gate) as api:
        fill(api)
        batch = planned(api)
        due = content(api, batch)
        job = ran_into(api, batch, gate)
        assert api.query(CANCEL, id=job)["jobCancel"]["userErrors"] == []
        gate.is_open.set()
        assert ended(api, batch) == ("CANCELLED", "SAVED")
        # One more portion, at most, was under way.
        made, left = counts(api, batch)
        assert made in (A_PORTION, 2 * A_PORTION)
        assert made + left == CONTRACTS
        assert held(api) == sum(due.lines.values()) - lines(api)
        assert planned(api, "Another")["totals"] == []
        assert call(api, "batchGenerate", id=batch["id"])["userErrors"] == []
        assert ended(api, batch) == ("SUCCEEDED", "GENERATED")
        is_billed_once(api, batch, due)


def test_a_batch_goes_on_where_a_server_left_it(begin: Process) -> None:
    """A server that is stopped leaves between two portions; the next one makes the rest."""
    gate = Gate()
    with begin(gate=gate) as api:
        fill(api)
        batch = planned(api)
        due = content(api, batch)
        ran_into(api, batch, gate)
        Timer(0.3, gate.is_open.set).start()
        asyncio.run(left(api))
        made, left_over = counts(api, batch)
        assert left_over > 0
        assert made + left_over == CONTRACTS
    with begin() as api:
        assert ended(api, batch) == ("SUCCEEDED", "GENERATED")
        is_billed_once(api, batch, due)


async def left(api: ApiClient) -> None:
    """Ends the jobs as a server does: on the thread of its event loop."""
    cast(Any, api.house.jobs).close()


def ran_into(api: ApiClient, batch: dict[str, Any], gate: Gate) -> str:
    """Runs a batch as far as its first portion; the identifier of the job."""
    assert run(api, batch)["userErrors"] == []
    assert gate.reached.wait(30)
    assert counts(api, batch) == (A_PORTION, CONTRACTS - A_PORTION)
    return str(api.query(FOLLOW, id=batch["id"])["batch"]["job"]["id"])


def held(api: ApiClient) -> int:
    """How many items batches hold."""
    with api.house.database.reading(api.organisation_id) as session:
        statement = select(func.count(BatchItem.id)).where(BatchItem.reserves.is_not(None))
        return session.scalar(statement) or 0


def lines(api: ApiClient) -> int:
    with api.house.database.reading(api.organisation_id) as session:
        return session.scalar(select(func.count(InvoiceLine.id))) or 0


def ended(api: ApiClient, batch: dict[str, Any]) -> tuple[str, str]:
    """How the job of a batch ended, and the state that the batch is in."""
    patience = time.monotonic() + 60
    while True:
        found = api.query(FOLLOW, id=batch["id"])["batch"]
        if found["job"]["status"] not in ("QUEUED", "RUNNING"):
            return found["job"]["status"], found["state"]
        assert time.monotonic() < patience, found
        time.sleep(0.05)


def test_overlapping_selections_run_at_once_bill_nothing_twice(begin: Process) -> None:
    """B24, §2.5: who comes first holds what they saw; the others are told, and hold nothing."""
    with begin() as api:
        fill(api)
        chosen: list[dict[str, Any]] = [{}, {}, {"currency": "CHF"}, {"currency": "EUR"}]
        batches = [planned(api, f"P{place}", filter=one) for place, one in enumerate(chosen)]
        due = content(api, batches[0])
        with ThreadPoolExecutor(len(batches)) as pool:
            told = list(pool.map(partial(run, api, generate=False), batches))
        codes = [[error["code"] for error in one["userErrors"]] for one in told]
        assert all(not one or one[0] == "STALE_PLAN" for one in codes)
        winners = [batch for batch, one in zip(batches, codes, strict=True) if not one]
        # All that is due is one batch's, or the two that do not meet have each their part.
        assert 1 <= len(winners) <= 2
        assert held(api) == sum(content(api, *winners).lines.values())
        for batch, one in zip(batches, codes, strict=True):
            if one:
                fresh = call(api, "batchRefresh", id=batch["id"], idempotencyKey=None)["batch"]
                again = [error["code"] for error in run(api, fresh, generate=False)["userErrors"]]
                assert again == ([] if fresh["totals"] else ["BATCH_EMPTY"])
                winners += [fresh] if fresh["totals"] else []
        for batch in winners:
            assert call(api, "batchGenerate", id=batch["id"])["userErrors"] == []
            assert ended(api, batch) == ("SUCCEEDED", "GENERATED")
        with api.house.database.reading(api.organisation_id) as session:
            require_billed_once(session, due)
