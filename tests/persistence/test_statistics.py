"""After a long file PostgreSQL plans with the rows there are, from the next statement on."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from domain.batch.model import Batch
from domain.billing.assessment import assess
from domain.client import Client
from domain.project.model import Phase
from persistence.batch.lists import keep_list
from persistence.billing.needs import books_of
from persistence.session import Database, ScopedSession
from persistence.statistics import MANY, learn, learn_first
from persistence.takeover.apply import apply
from tests.persistence.firms import Firm, added, entity_file, found_firm, planned
from tests.support.due_firm import add_due


@pytest.fixture
def postgres_database(postgres_url: str) -> Any:
    opened = Database(postgres_url)
    yield opened
    opened.close()


def known_of(session: ScopedSession, table: str) -> int:
    """How many rows PostgreSQL has found in `table` when it looked, 0 when it never did.

    Asked in the transaction that wrote the rows: nobody else sees them yet, so its own daemon
    cannot have come by.
    """
    asked = text("SELECT greatest(reltuples, 0) FROM pg_class WHERE relname = :table")
    return int(session.execute(asked, {"table": table}).scalar_one())


def clients(count: int) -> list[dict[str, Any]]:
    return [
        {"name": f"Client {place}", "billing_address": "1 rue Haute", "currency": "EUR"}
        for place in range(count)
    ]


def written(firm: Firm, kind: str, rows: list[dict[str, Any]], table: str) -> tuple[int, int]:
    """What was known of `table` before and after the rows were written."""
    with firm.writing() as session:
        plan = planned(session, kind, *rows)
        before = known_of(session, table)
        apply(session, kind, plan, source="import 1", author="")
        return before, known_of(session, table)


def test_a_long_file_of_clients_is_looked_at(postgres_database: Database) -> None:
    firm = found_firm(postgres_database)
    before, after = written(firm, "clients", clients(MANY), "client")
    assert before == 0
    assert after > 0


def test_a_long_file_of_phases_is_looked_at(postgres_database: Database) -> None:
    """The next file joins every phase with its project: this is the one that would wait."""
    firm = found_firm(postgres_database)
    rows = [
        {
            "project_code": "LOG-2403",
            "contract": "Mission OPC",
            "phase_name": f"Pilotage {place}",
            "fee": Decimal(100),
        }
        for place in range(MANY)
    ]
    before, after = written(firm, "phases", rows, "phase")
    assert before == 0
    assert after > 0


def test_a_short_file_is_left_to_the_daemon(postgres_database: Database) -> None:
    firm = found_firm(postgres_database)
    assert written(firm, "clients", clients(5), "client") == (0, 0)


def test_sqlite_is_not_asked_for_what_it_does_not_do(sqlite_url: str) -> None:
    """Its planner goes by the shape of the indexes: long files are written all the same."""
    database = Database(sqlite_url)
    try:
        firm = found_firm(database)
        with firm.writing() as session:
            learn(session, Client, MANY)
            learn(session, Phase, MANY)
            tables = text("SELECT count(*) FROM sqlite_master WHERE name = 'sqlite_stat1'")
            assert session.execute(tables).scalar_one() == 0
    finally:
        database.close()


def test_a_table_is_looked_at_first_and_not_again(postgres_database: Database) -> None:
    """What a batch writes is looked at once: its portions after that are planned for well."""
    firm = found_firm(postgres_database)
    with firm.writing() as session:
        apply(session, "clients", planned(session, "clients", *clients(10)), source="s", author="")
        learn_first(session, Client, MANY - 1)
        assert known_of(session, "client") == 0
        learn_first(session, Client, MANY)
        known = known_of(session, "client")
        assert known >= 10
        more = [{**one, "name": f"{one['name']} more"} for one in clients(10)]
        apply(session, "clients", planned(session, "clients", *more), source="s", author="")
        learn_first(session, Client, known)
        assert known_of(session, "client") == known


def test_all_that_a_plan_lists_is_looked_at(postgres_database: Database) -> None:
    """Of tables that seem empty any index is as good: a click would read all that is listed."""
    french = entity_file(
        address="1 rue des Lilas, 75001 Paris", siren="732829320", vat_number="FR44732829320"
    )
    swiss = entity_file("GVA", country="CH", currency="CHF")
    firm = found_firm(postgres_database, entities=[french, swiss])
    day = date(2026, 11, 2)
    with firm.writing() as session:
        add_due(session, 2 * MANY, day=day, phases=1, mixed=False)
        batch = added(session, Batch(name="November", cut_off=day))
        found = [assess(one, cut_off=day) for one in books_of(session, (), cut_off=day)]
        keep_list(session, batch, [one for one in found if not one.is_empty])
        for table in ("batch_contract", "batch_item", "batch_part"):
            assert known_of(session, table) >= MANY, table


def test_nobody_waits_for_a_table_to_be_looked_at(postgres_url: str) -> None:
    """Who looks keeps others from it until it commits: another firm's batch does not wait so long.

    It would be refused with BUSY where the first one takes longer than a writer's patience.
    """
    database = Database(postgres_url, patience=0.2)
    try:
        firm = found_firm(database)
        with firm.writing() as first, firm.writing() as second:
            learn_first(first, Client, MANY)
            learn_first(second, Client, MANY + 1)
    finally:
        database.close()
