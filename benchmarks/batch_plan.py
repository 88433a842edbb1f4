"""What is due of a firm, and the live totals after a click, beside one SQL aggregate.

    .venv/bin/python benchmarks/batch_plan.py [--contracts N …] [--clicks N] [--database postgresql]

Product: `batchPlan` without HTTP over contracts of four phases (seven in ten fixed fees, the others
time, retainers, prepaid hours), assessed by every rule and listed with their items; then
`batchSelect` of one contract, with the hash of the plan and its figures by currency, VAT by
invoice and rate. Floor of a click: the bare aggregate of the same rows by currency, which knows
neither invoices nor VAT; the ratio is that of the processor time (on PostgreSQL, which is another
process, of the seconds). Goal B1, and a click within 150 ms. At several sizes: how the processor
time grows.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from decimal import Decimal
from functools import partial

from _shared.growth import show_growth
from _shared.measuring import Stages, ratio, ratios, report, show
from _shared.sitting import Sitting, sitting
from sqlalchemy import text

from domain.batch.model import BatchItem
from persistence.reading import load_one
from resolvers.batching import _running as running
from schema.batch import batch_noun

Costs = dict[str, float]
"""Seconds of processor, by act."""

_FLOOR = text(
    "SELECT currency, sum(amount_minor), count(*), sum(tickets), sum(hours) FROM batch_item"
    " WHERE organisation_id = :organisation AND batch_id = :batch AND selected GROUP BY currency"
)


def click(at: Sitting, batch_id: int, contract_id: int, *, selected: bool) -> list[int]:
    """Takes one contract in or out; what the selection comes to."""
    choice = running.Choice(selected=selected, contract_ids=[contract_id])
    with at.acting() as acting:
        running.choose(acting, batch_id, [choice])
        acting.session.flush()
        noun = batch_noun(at.house, at.firm.caller.locale)
        told = load_one(acting.session, noun, {"plan_hash": {}, "totals": {}}, batch_id)
    assert told is not None
    return [int(Decimal(one["net"]["amount"]) * 100) for one in told["totals"]]


def floor(at: Sitting, batch_id: int) -> list[int]:
    with at.house.database.reading(None) as session:
        organisation = at.firm.caller.organisation_id
        rows = session.connection().execute(
            _FLOOR, {"organisation": organisation, "batch": batch_id}
        )
        return [int(row[1]) for row in sorted(rows)]


def timed(act: Callable[[], list[int]]) -> tuple[float, float, list[int]]:
    cpu, wall = time.process_time(), time.perf_counter()
    found = act()
    return time.process_time() - cpu, time.perf_counter() - wall, found


def measured(database: str, contracts: int, count: int) -> tuple[list[list[str]], Costs]:
    """One plan, then clicks and floors in turn: the rows of the table, and what they cost."""
    with sitting(database, contracts, mixed=True) as at:
        stages = Stages()
        batch_id = stages.measure("plan", at.plan)
        cpu, wall, peak = stages.figures["plan"]
        with at.house.database.reading(at.firm.caller.organisation_id) as session:
            contract_id = session.query(BatchItem.contract_id).filter_by(batch_id=batch_id).first()
        clicks, floors = [], []
        for place in range(count):
            selected = bool(place % 2)
            clicks.append(timed(partial(click, at, batch_id, contract_id[0], selected=selected)))
            floors.append(timed(lambda: floor(at, batch_id)))
            assert clicks[-1][2] == floors[-1][2]
    # The processor time of PostgreSQL is another process's.
    kind = 0 if database == "sqlite" else 1
    both = [one[kind] for one in clicks], [one[kind] for one in floors]
    own = statistics.median(one[0] for one in clicks)
    sizes = {"of": contracts, "size": f"{contracts:,} contracts"}
    report("", "a plan: processor", cpu, at_most=4, unit="s", cost=cpu, **sizes)
    what = "live totals after a click: × the bare aggregate"
    report("B1", what, ratios(*both), at_most=1.2, cost=own, **sizes)
    taken = [1000 * one[0] for one in clicks]
    report("", "a click: processor", taken, at_most=150, unit="ms", **sizes)
    rows = [
        [f"plan of {contracts:,} contracts", f"{cpu:.1f}", f"{wall:.1f}", f"{peak:.0f} MiB"],
        [
            "a click",
            f"{own:.3f}",
            f"{statistics.median(one[1] for one in clicks):.3f}",
            f"{ratio(*both)} × the aggregate",
        ],
    ]
    return rows, {"plan": cpu, "a click": own}


def main() -> None:
    """One firm a size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contracts", type=int, nargs="+", default=[1_000, 3_000, 10_000])
    parser.add_argument("--clicks", type=int, default=10)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    given = parser.parse_args()
    shown: list[list[str]] = []
    costs: dict[str, list[tuple[int, float]]] = {"plan": [], "a click": []}
    for contracts in given.contracts:
        rows, own = measured(given.database, contracts, given.clicks)
        shown += rows
        for name, cost in own.items():
            costs[name].append((contracts, cost))
    load = f"load {os.getloadavg()[0]:.0f}"
    show([f"{given.database}, {load}", "processor, s", "seconds", ""], shown)
    show_growth("growth", costs)


if __name__ == "__main__":
    main()
