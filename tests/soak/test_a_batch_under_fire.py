"""A batch is billed while the servers that bill it are killed: each line exactly once.

`make soak` kills twenty times in each of the two jobs of a thousand contracts (BATCH=200, KILLS=5:
fewer). The plain suite breaks batches off between their portions (tests/jobs/test_batches.py).
"""

from __future__ import annotations

import os
import random
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from domain.batch.model import Batch
from domain.job import JobKind
from persistence.session import Database
from resolvers.batching import _delivering as _batch_delivering
from resolvers.batching import _generating as _batch_generating
from tests.jobs.servers import installed
from tests.soak.billed_once import (
    planned_by,
    require_billed_once,
    require_final,
    require_made,
    require_totals,
)
from tests.soak.killing import Killer
from tests.soak.sittings import Sitting, sitting_at
from tests.support.databases import owner
from tests.support.due_firm import add_due

CONTRACTS = int(os.environ.get("BATCH") or 1000)
KILLS = int(os.environ.get("KILLS") or 20)


def under_fire(
    url: str, folder: Path, *, contracts: int, kills: int, servers: int = 1
) -> dict[str, float]:
    """Plans, runs and finalises a batch, killing who does it; seconds and kills, by what."""
    place = installed(url, folder)
    database = Database(url)
    told: dict[str, float] = {}
    try:
        _fill(database, place.organisation_id, contracts)
        with sitting_at(place, servers) as sitting:
            planned = sitting.call("batchPlan", name="November", idempotencyKey="plan")["batch"]
            key = int(planned["id"].rpartition("_")[2])
            with database.reading(place.organisation_id) as session:
                content = planned_by(session, [key])
            killer = Killer(sitting, database, key)

            def fired_at(kind: JobKind, act: str, portion: int) -> None:
                began = time.monotonic()
                # Once the last portion is made there is nothing left to be killed.
                moments = [random.randrange(max(contracts - portion, 1)) for _ in range(kills)]
                fire = threading.Thread(target=killer.along, args=(kind, moments))
                fire.start()
                if act == "batchRun":
                    _run(sitting, planned)
                else:
                    sitting.carry_through(act, planned["id"], key=act)
                fire.join()
                told[f"{act} seconds"] = round(time.monotonic() - began, 1)
                told[f"{act} portions taken back"] = killer.kills.pop(True, 0)
                told[f"{act} other kills"] = killer.kills.pop(False, 0)

            fired_at(JobKind.BATCH_GENERATE, "batchRun", _batch_generating.PORTION)
            with database.reading(place.organisation_id) as session:
                require_made(session, key)
                require_billed_once(session, content)
                require_totals(session, planned["totals"])
            fired_at(JobKind.BATCH_FINALISE, "batchFinalise", _batch_delivering.PORTION)
            numbers = {
                one["invoice"]["id"]: one["invoice"]["number"]
                for one in sitting.invoices(planned["id"])
            }
            sitting.replay()
            again = sitting.call("batchPlan", name="Again", idempotencyKey="again")["batch"]
            assert again["totals"] == []
        told["replies lost"] = sitting.replies_lost
        with database.reading(place.organisation_id) as session:
            require_made(session, key)
            require_billed_once(session, content)
            require_totals(session, planned["totals"])
            require_final(session, numbers)
            assert len(session.scalars(select(Batch.id)).all()) == 2
    finally:
        database.close()
    # Else nothing was proved. Some come too late: a portion ends while it is aimed at.
    assert told["batchRun portions taken back"] >= kills // 2, told
    assert told["batchFinalise portions taken back"] >= kills // 2, told
    return told


def _fill(database: Database, organisation_id: int, contracts: int) -> None:
    with database.writing(organisation_id) as session:
        add_due(session, contracts, day=datetime.now(UTC).date())
    if not database.is_sqlite:
        # What PostgreSQL's own daemon does within a minute of such an import.
        with owner(database).connect() as connection, connection.begin():
            connection.exec_driver_sql("ANALYZE")


def _run(sitting: Sitting, planned: dict[str, str]) -> None:
    """Runs the plan and has it made; where the job is given up, the rest is asked for again."""
    ran = sitting.call(
        "batchRun",
        id=planned["id"],
        planHash=planned["planHash"],
        generate=True,
        idempotencyKey="run",
    )
    assert ran["userErrors"] == [], ran
    found = sitting.wait(planned["id"])
    if found["state"] != "GENERATED":
        codes = [one["code"] for one in found["job"]["userErrors"]]
        assert codes == ["JOB_LEFT_OFF"], found
        found = sitting.carry_through("batchGenerate", planned["id"], key="generate")
    assert found["state"] == "GENERATED", found


def _tell(figures: dict[str, float]) -> None:
    sys.stderr.write(f"{figures}\n")


@pytest.mark.soak
def test_a_batch_under_fire_on_sqlite(sqlite_url: str, tmp_path: Path) -> None:
    """B24, B27, §2.5: at whatever moment; what callers were told is what is stored."""
    _tell(under_fire(sqlite_url, tmp_path, contracts=CONTRACTS, kills=KILLS))


@pytest.mark.soak
def test_a_batch_under_fire_on_postgresql(postgres_url: str, tmp_path: Path) -> None:
    """Two servers: the one at work is killed, the other one goes on."""
    _tell(under_fire(postgres_url, tmp_path, contracts=CONTRACTS, kills=KILLS, servers=2))
