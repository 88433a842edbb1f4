"""Sixteen callers make pro formas final one by one, beside as many that raise a bare counter.

    .venv/bin/python benchmarks/finalise_at_once.py [--each N] [--rounds R] [--postgres [URL]]

Product: `invoiceFinalise` without HTTP, each pro forma of four lines in a transaction of its own:
judged by every rule, numbered, frozen with its picture, chained, entered in the ledger, told to
the audit. On PostgreSQL the floor is a counter that is raised and committed, sixteen connections
at one row (goal N1). On SQLite it is what people write: BEGIN IMMEDIATE with a busy timeout, the
counter raised, number and state set on a row, committed, all of it waiting for the disk (goal N2);
there the product's own acts are also let race for the lock like that, past the line they queue in
(`persistence.turns`), so that the same work is told with and without the line. The same threads of
one process in the same database, in turns; no trigger is on the floor's tables, and after each
round no number may be missing. Throughput and the slowest act, by the clock: what waits for a lock
or the disk takes no processor. Without an address PostgreSQL is that of the tests, which waits for
no disk: both sides commit faster than they would on one. Both goals were set with contenders that
did no more than raise a counter; what a whole act takes of the processor is told beside.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from _shared.databases import database
from _shared.firm import Firm, found_firm, opened
from _shared.measuring import ratio, ratios, report, show
from finalise_invoices import add_drafts, bulk
from sqlalchemy import make_url, select

from domain.errors import Refusal
from domain.invoice.model import Invoice
from persistence.session import Database
from schema.context import House
from tests.support.databases import owner

CALLERS = 16
TIMEOUT = 60.0
"""Seconds that a writer on SQLite tries to get the lock."""

Act = Callable[[int], None]
"""Makes one document final, by its place."""


@dataclass(frozen=True)
class Taken:
    """What a round took: acts a second; their 95th percentile, the slowest, and processor, in s."""

    speed: float
    late: float
    slowest: float
    processor: float


def together(act: Act, count: int) -> Taken:
    """`count` acts by sixteen callers, who take the next one as soon as theirs is done."""
    places = iter(range(count))
    lock = threading.Lock()
    waited: list[float] = []

    def call() -> None:
        while True:
            with lock:
                place = next(places, None)
            if place is None:
                return
            begun = time.perf_counter()
            act(place)
            waited.append(time.perf_counter() - begun)

    cpu, wall = time.process_time(), time.perf_counter()
    with ThreadPoolExecutor(CALLERS) as pool:
        for caller in [pool.submit(call) for _ in range(CALLERS)]:
            caller.result()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    late = sorted(waited)[int(0.95 * (len(waited) - 1))]
    return Taken(count / wall, late, max(waited), cpu / count)


_TABLES = (
    "CREATE TABLE IF NOT EXISTS bare_counter (name TEXT PRIMARY KEY, last INTEGER)",
    "CREATE TABLE IF NOT EXISTS bare_invoice (id INTEGER PRIMARY KEY, state TEXT, number TEXT)",
    "DELETE FROM bare_counter",
    "DELETE FROM bare_invoice",
    "INSERT INTO bare_counter VALUES ('final', 0)",
)


@contextlib.contextmanager
def bare(house: House, count: int) -> Iterator[Act]:
    """The floor on tables of its own; each caller has a connection."""
    with owner(house.database).begin() as connection:
        for statement in _TABLES:
            connection.exec_driver_sql(statement)
        rows = ", ".join(f"({place}, 'DRAFT', NULL)" for place in range(count))
        connection.exec_driver_sql(f"INSERT INTO bare_invoice VALUES {rows}")
    own = threading.local()
    opened_at: list[Any] = []
    path = make_url(house.database.url).database or ""

    def lite(place: int) -> None:
        connection = getattr(own, "connection", None)
        if connection is None:
            own.connection = connection = sqlite3.connect(
                path, isolation_level=None, timeout=TIMEOUT, check_same_thread=False
            )
            connection.execute("PRAGMA synchronous=FULL")
            opened_at.append(connection)
        connection.execute("BEGIN IMMEDIATE")
        (last,) = connection.execute(
            "UPDATE bare_counter SET last = last + 1 RETURNING last"
        ).fetchone()
        connection.execute(
            "UPDATE bare_invoice SET number = ?, state = 'READY' WHERE id = ? AND state = 'DRAFT'",
            (f"F-{last:05d}", place),
        )
        connection.execute("COMMIT")

    def postgres(place: int) -> None:
        connection = getattr(own, "connection", None)
        if connection is None:
            own.connection = connection = owner(house.database).connect()
            opened_at.append(connection)
        driver = connection.connection.driver_connection
        driver.execute("UPDATE bare_counter SET last = last + 1 WHERE name = 'final'")
        driver.commit()

    try:
        yield lite if house.database.is_sqlite else postgres
    finally:
        for one in opened_at:
            one.close()
        with owner(house.database).connect() as connection:
            last = connection.exec_driver_sql("SELECT last FROM bare_counter").scalar_one()
        if last != count:
            raise SystemExit(f"the floor gave {last} numbers to {count}")


@contextlib.contextmanager
def racing(database: Database) -> Iterator[None]:
    """Writers do not queue: each tries for the lock of SQLite by itself, as long as it takes."""

    @contextlib.contextmanager
    def at_once(line: object, patient: bool) -> Iterator[None]:
        yield

    kept = vars(database).get("_in_turn")
    vars(database)["_in_turn"] = at_once
    try:
        yield
    finally:
        if kept is None:
            del vars(database)["_in_turn"]
        else:
            vars(database)["_in_turn"] = kept


class Benched:
    """A firm with pro formas, which are made final portion by portion."""

    def __init__(self, firm: Firm, house: House, count: int) -> None:
        self.firm, self.house = firm, house
        with house.database.writing(firm.caller.organisation_id) as session:
            self.ids = add_drafts(session, count)

    def final(self, count: int) -> Taken:
        some, self.ids = self.ids[:count], self.ids[count:]
        taken = together(lambda place: self.one(some[place]), count)
        self.require_numbers()
        return taken

    def one(self, key: int) -> None:
        """Asks again who was told that the database is busy, as a program would."""
        while True:
            try:
                return bulk(self.house, self.firm, [key], 1)
            except Refusal as refusal:
                if refusal.issues[0].code != "BUSY":
                    raise

    def floor(self, count: int) -> Taken:
        with bare(self.house, count) as act:
            return together(act, count)

    def require_numbers(self) -> None:
        """None is missing, none twice."""
        with self.house.database.reading(self.firm.caller.organisation_id) as session:
            numbers = session.scalars(
                select(Invoice.number).where(Invoice.number.is_not(None))
            ).all()
        given = sorted(int(number.rpartition("-")[2]) for number in numbers if number)
        if given != list(range(1, len(given) + 1)):
            raise SystemExit(f"{len(given)} numbers up to {given[-1]}")


PRODUCT, FLOOR, RACE = "the product", "a bare counter", "the product's acts, racing"


def measured(kind: str, url: str | None, each: int, rounds: int) -> dict[str, list[Taken]]:
    """Rounds in turns, in one database; what makes the first of everything dear comes before."""
    count = CALLERS * each
    taken: dict[str, list[Taken]] = {PRODUCT: [], FLOOR: []}
    if kind == "sqlite":
        taken[RACE] = []
    with contextlib.ExitStack() as stack:
        name = stack.enter_context(tempfile.TemporaryDirectory())
        firm = found_firm(url or stack.enter_context(database(kind, Path(name))))
        with opened(firm, Path(name)) as house:
            at = Benched(firm, house, count * rounds * (len(taken) - 1) + 2 * CALLERS + 1)
            # Who begins a series by itself: of two who do, one would have to ask again.
            at.one(at.ids.pop())
            at.final(2 * CALLERS)
            at.floor(2 * CALLERS)
            for place in range(rounds):
                for side in sorted(taken, reverse=place % 2 == 1):
                    if side == FLOOR:
                        taken[side].append(at.floor(count))
                        continue
                    context = racing(house.database) if side == RACE else contextlib.nullcontext()
                    with context:
                        taken[side].append(at.final(count))
    return taken


def tell(kind: str, taken: dict[str, list[Taken]], count: int) -> None:
    rows = [
        [
            name,
            f"{max(one.speed for one in some):.0f}",
            f"{1000 * max(one.slowest for one in some):.0f}",
            f"{1000 * min(one.processor for one in some):.2f}",
            ratio([one.speed for one in taken[PRODUCT]], [one.speed for one in some]),
            ratio([one.slowest for one in taken[PRODUCT]], [one.slowest for one in some]),
        ]
        for name, some in taken.items()
    ]
    titles = [f"{kind}: {count} acts by {CALLERS} callers", "a second", "slowest, ms"]
    show([*titles, "processor, ms", "product's speed ×", "its slowest ×"], rows)
    print(f"load {os.getloadavg()[0]:.1f}")
    # N1 is told of the 95th percentile, N2 of the slowest act.
    goal, least, most = ("N2", 4.0, 1 / 20) if kind == "sqlite" else ("N1", 1.5, 0.6)
    measure, named = ("slowest", "slowest act") if kind == "sqlite" else ("late", "95th percentile")
    whole = f"{CALLERS} callers make whole pro formas final one by one on {kind}"
    for name, some in taken.items():
        if name == PRODUCT:
            speed = [one.speed for one in some]
            report("", f"{whole}: acts a second", speed, unit="a second", of=count)
            continue
        of_floor = goal if name == FLOOR else ""
        speeds = ratios([one.speed for one in taken[PRODUCT]], [one.speed for one in some])
        slow = ratios(
            [getattr(one, measure) for one in taken[PRODUCT]],
            [getattr(one, measure) for one in some],
        )
        report(
            of_floor,
            f"{whole}: speed × {name}",
            speeds,
            at_least=(of_floor and least) or None,
            of=count,
        )
        report(
            of_floor,
            f"{whole}: {named} × {name}",
            slow,
            at_most=(of_floor and most) or None,
            of=count,
        )


def main() -> None:
    """One database, rounds in turns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=30, help="acts of a caller in a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--postgres", nargs="?", const="", help="an empty database's address")
    given = parser.parse_args()
    kind = "sqlite" if given.postgres is None else "postgresql"
    tell(kind, measured(kind, given.postgres, given.each, given.rounds), CALLERS * given.each)


if __name__ == "__main__":
    main()
