"""What is stored: exact integers, moments in UTC, versions that count the changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import StatementError

from domain.catalogue import Product
from domain.client import Client
from domain.collaborator import Collaborator
from domain.project.model import Phase, Project, ProjectStatus
from domain.project.progress import ProgressUpdate
from domain.takeover.model import ImportFile
from persistence.session import Database
from tests.persistence.firms import (
    a_client,
    a_phase,
    a_project,
    added,
    at_once,
    found_firm,
    progress,
    raw,
)

FEW = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def test_amounts_rates_and_prices_are_integers_in_the_database(database: Database) -> None:
    """No binary float anywhere, on SQLite neither."""
    firm = found_firm(database)
    with firm.writing() as session:
        session.add(progress(firm.phase_id, "33.3333"))
        session.add(Product(sku="HON", name="Honoraires", unit_price=Decimal("0.123456")))
        session.add(
            Collaborator(
                first_name="Loïc",
                last_name="Orval",
                email="l@a.example",
                weekly_hours=Decimal("37.5"),
            )
        )
        session.get_one(Project, firm.project_id).vat_rate = Decimal("5.5")
        session.get_one(Phase, firm.phase_id).fee_minor = 2**62
    kept = {
        "SELECT percent FROM progress_update": 333_333,
        "SELECT unit_price FROM product": 123_456,
        "SELECT weekly_hours FROM collaborator": 3_750,
        "SELECT vat_rate FROM project": 55_000,
        "SELECT fee_minor FROM phase": 2**62,
    }
    for statement, expected in kept.items():
        ((found,),) = raw(database, statement)
        assert type(found) is int, statement
        assert found == expected, statement


def test_exact_numbers_come_back_with_their_scale(database: Database) -> None:
    firm = found_firm(database)
    firm.keep(progress(firm.phase_id, "45"))
    with firm.reading() as session:
        found = session.scalars(select(ProgressUpdate.percent)).one()
        assert (found, str(found)) == (Decimal(45), "45.0000")


@FEW
@given(
    percents=st.lists(st.decimals(0, 100, places=4), min_size=1, max_size=5),
    prices=st.lists(st.decimals(-(10**9), 10**9, places=6), min_size=1, max_size=5),
)
def test_every_number_of_the_scale_survives_exactly(
    database: Database, percents: list[Decimal], prices: list[Decimal]
) -> None:
    firm = found_firm(database, f"f{len(raw(database, 'SELECT id FROM organisation'))}")
    firm.keep(*(progress(firm.phase_id, str(percent)) for percent in percents))
    firm.keep(*(Product(sku=f"S{n}", name="S", unit_price=price) for n, price in enumerate(prices)))
    with firm.reading() as session:
        found = session.scalars(select(ProgressUpdate.percent).order_by(ProgressUpdate.id))
        assert found.all() == percents
        kept = session.scalars(select(Product.unit_price).order_by(Product.id))
        assert kept.all() == prices


def test_a_number_too_fine_for_its_column_is_a_bug_and_never_rounded_in_silence(
    database: Database,
) -> None:
    firm = found_firm(database)
    with pytest.raises(StatementError, match="more than 4 decimals"):
        firm.keep(progress(firm.phase_id, "33.33333"))
    assert raw(database, "SELECT count(*) FROM progress_update") == [(0,)]


def test_moments_are_kept_in_utc_and_come_back_with_their_zone(database: Database) -> None:
    firm = found_firm(database)
    tokyo = datetime(2026, 11, 21, 8, 30, 15, 123456, tzinfo=timezone(timedelta(hours=9)))
    with firm.writing() as session:
        added(session, ImportFile(filename="f", size=1, sha256="0" * 64, applied_at=tokyo))
    with firm.reading() as session:
        found = session.scalars(select(ImportFile)).one()
        assert found.applied_at == tokyo
        assert found.applied_at is not None
        assert found.applied_at.utcoffset() == timedelta(0)
        assert abs(datetime.now(UTC) - found.created_at) < timedelta(minutes=1)


def test_a_moment_without_a_zone_is_a_bug(database: Database) -> None:
    firm = found_firm(database)
    naive = datetime(2026, 11, 21, 8, 30)  # noqa: DTZ001
    with pytest.raises(StatementError, match="needs its zone"):
        firm.keep(ImportFile(filename="f", size=1, sha256="0" * 64, applied_at=naive))


def test_a_choice_is_kept_by_its_value(database: Database) -> None:
    found_firm(database)
    assert raw(database, "SELECT status FROM project") == [("SIGNED",)]
    with database.reading(None) as session:
        assert session.scalars(select(Project.status)).one() is ProjectStatus.SIGNED


def test_the_version_counts_the_changes_of_a_record(database: Database) -> None:
    firm = found_firm(database)
    seen = []
    for comment in ("a", "b", "b"):
        with firm.writing() as session:
            client = session.get_one(Client, firm.client_id)
            client.comment = comment
        with firm.reading() as session:
            client = session.get_one(Client, firm.client_id)
            seen.append((client.version, client.updated_at > client.created_at))
    # The third time nothing changes: neither does the version.
    assert seen == [(2, True), (3, True), (3, True)]


def test_a_new_record_has_version_1_and_two_flushes_count_twice(database: Database) -> None:
    firm = found_firm(database)
    with firm.writing() as session:
        client = added(session, a_client("CLI-2", "Tulle"))
        assert (client.version, client.updated_at) == (1, client.created_at)
        client.comment = "a"
        session.flush()
        client.comment = "b"
        session.flush()
        assert client.version == 3


def test_an_identifier_is_never_given_twice(database: Database) -> None:
    firm = found_firm(database)
    with firm.writing() as session:
        first = added(session, a_project(firm.client_id, "P-2"))
        session.delete(first)
        session.flush()
        second = added(session, a_project(firm.client_id, "P-3"))
        assert second.id > first.id


def test_nothing_stays_of_a_transaction_that_failed(database: Database) -> None:
    firm = found_firm(database)

    def fail() -> None:
        with firm.writing() as session:
            added(session, a_client("CLI-2", "Tulle"))
            session.get_one(Client, firm.client_id).comment = "lost"
            session.flush()
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail()
    assert raw(database, "SELECT code, comment FROM client") == [("CLI-1", None)]


def test_a_read_is_one_snapshot_whatever_is_written_meanwhile(database: Database) -> None:
    firm = found_firm(database)
    with firm.reading() as session:
        before = session.scalars(select(Phase.code)).all()
        firm.keep(a_phase(firm.contract_id, "APD"))
        assert session.scalars(select(Phase.code)).all() == before == ["APS"]
    with firm.reading() as session:
        assert len(session.scalars(select(Phase.code)).all()) == 2


def test_two_processes_that_read_and_then_write_on_sqlite_wait_for_each_other(
    sqlite_url: str,
) -> None:
    """A writer takes the lock before it reads: nothing is lost, nobody is sent away."""
    processes = [Database(sqlite_url) for _ in range(3)]
    firm = found_firm(processes[0])

    def add_five(number: int) -> None:
        for _ in range(5):
            with processes[number].writing(firm.id) as session:
                client = session.get_one(Client, firm.client_id)
                client.payment_days += 1

    at_once(3, add_five)
    assert raw(processes[0], "SELECT payment_days FROM client") == [(45,)]
    for process in processes:
        process.close()


def test_a_read_writes_nothing(database: Database) -> None:
    firm = found_firm(database)
    with firm.reading() as session:
        session.get_one(Client, firm.client_id).comment = "by mistake"
    assert raw(database, "SELECT comment FROM client") == [(None,)]
