"""What the walls of PostgreSQL cost: the same statements with row-level security and without it.

    .venv/bin/python benchmarks/tenant_walls.py [--rows N] [--rounds N] [--postgres URL]

Two firms share a database. Read: a client by its identifier, in a transaction of its own, through
the session. Insert: N contacts (10,000) in one go, and rolled back. The
floor is the same code on the same database as the owner of the tables, who is not walled in: it
neither takes a role nor says an organisation.
"""

from __future__ import annotations

import argparse
import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from _shared.measuring import ratio, ratios, report, show
from sqlalchemy import Connection, text

from domain.client import Client, Contact
from persistence import session as sessions
from persistence.engine import READ_ONLY
from persistence.migrate import migrate
from persistence.session import Database, insert_all, tried_out
from tests.persistence.firms import Firm, found_firm
from tests.support.postgres import fresh_database, running_postgres

READS = 300


@contextlib.contextmanager
def databases(asked: str | None) -> Iterator[tuple[Database, Database]]:
    """One database twice: within the walls, and as the login that owns the tables."""
    with contextlib.ExitStack() as stack:
        dsn = asked or stack.enter_context(running_postgres())
        url = stack.enter_context(fresh_database(dsn))
        migrate(url)
        walled = stack.enter_context(contextlib.closing(Database(url)))
        kept = sessions.open_engine
        vars(sessions)["open_engine"] = lambda url, **more: kept(url, **more | {"walled": False})
        try:
            plain = stack.enter_context(contextlib.closing(Database(url)))
        finally:
            vars(sessions)["open_engine"] = kept
        yield walled, plain


def begin_plainly(
    connection: Connection, organisation_id: int | None, act: int | None = None
) -> None:
    """How a transaction began before there were walls."""
    if connection.get_execution_options().get(READ_ONLY):
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")


def read(firm: Firm) -> None:
    for _ in range(READS):
        with firm.reading() as session:
            assert session.get(Client, firm.client_id) is not None


def insert(firm: Firm, rows: int) -> None:
    given = [{"client_id": firm.client_id, "name": f"Contact {place}"} for place in range(rows)]
    with firm.writing() as session, tried_out(session):
        insert_all(session, Contact, given)


def timed(act: Callable[[], None]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


@contextlib.contextmanager
def without_walls() -> Iterator[None]:
    kept = sessions.begin_postgresql
    vars(sessions)["begin_postgresql"] = begin_plainly
    try:
        yield
    finally:
        vars(sessions)["begin_postgresql"] = kept


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=10_000)
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--postgres")
    chosen = options.parse_args()
    lines: list[list[str]] = []
    with databases(chosen.postgres) as (opened, plain):
        firm, _other = found_firm(opened), found_firm(opened, "other")
        bare = replace(firm, database=plain)
        with firm.writing() as session:
            assert session.scalar(text("SELECT current_user")) == "jalon_app"
        with without_walls(), bare.writing() as session:
            assert session.scalar(text("SELECT current_user")) != "jalon_app"
        for name, act in (
            (f"{READS} indexed reads", read),
            (f"insert of {chosen.rows:,} rows", partial(insert, rows=chosen.rows)),
        ):
            ours, floor = [], []
            for _ in range(chosen.rounds + 1):
                ours.append(timed(partial(act, firm)))
                with without_walls():
                    floor.append(timed(partial(act, bare)))
            # The first round compiles.
            del ours[0], floor[0]
            told = f"{min(ours):.3f}", f"{min(floor):.3f}", ratio(ours, floor)
            lines.append([name, *told])
            report("", f"{name}: × without the walls between firms", ratios(ours, floor))
    show(["what", "walled (s)", "without (s)", "ratio"], lines)


if __name__ == "__main__":
    main()
