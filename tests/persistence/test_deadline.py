"""A request's deadline ends its statements, on both databases, and leaves nothing running."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from typing import Any

import pytest
from sqlalchemy import func, select, text

from domain.client import Client
from domain.errors import Refusal
from persistence.deadline import OutOfTime, at_most, longer, within
from persistence.session import Database, ScopedSession, part_of
from tests.persistence.firms import a_client, found_firm

SOON = 0.15
"""Seconds: long enough to begin a statement."""

ENDLESS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT max(i) FROM n",
    "postgresql": "SELECT count(*) FROM generate_series(1, 1000000000) a",
}
"""A statement that takes minutes of processor and returns one row."""


def run_endless(session: ScopedSession) -> None:
    session.execute(text(ENDLESS[session.get_bind().dialect.name]))


@contextmanager
def ended_in_time() -> Iterator[None]:
    """The statement takes minutes: that it ends at all is what is tried."""
    with pytest.raises(OutOfTime) as ended:
        yield
    assert ended.value.seconds == SOON


def nothing_is_left(database: Database) -> None:
    """No statement is running, no connection is kept, and both ways of working are free."""
    pool: Any = database.engine.pool
    assert pool.checkedout() == 0
    with database.writing(None) as session:
        if not database.is_sqlite:
            running = (
                "SELECT count(*) FROM pg_stat_activity WHERE state <> 'idle'"
                " AND datname = current_database() AND pid <> pg_backend_pid()"
            )
            assert session.scalar(text(running)) == 0
        assert session.scalar(text("SELECT 1")) == 1


def test_a_statement_that_reads_is_ended(database: Database) -> None:
    with ended_in_time(), within(SOON), database.reading(None) as session:
        run_endless(session)
    nothing_is_left(database)


def test_a_statement_within_a_writing_transaction_is_ended_and_all_of_it_rolled_back(
    database: Database,
) -> None:
    firm = found_firm(database).id
    with ended_in_time(), within(SOON), database.writing(firm) as session:
        session.add(a_client("N", name="Nobody"))
        session.flush()
        with part_of(session):
            if database.is_sqlite:
                # SQLite rolls back by itself what was interrupted while it wrote.
                session.execute(
                    text(f"UPDATE client SET name = ({ENDLESS['sqlite']}) WHERE code = 'N'")
                )
            run_endless(session)
    nothing_is_left(database)
    with database.reading(firm) as session:
        assert session.scalar(select(func.count()).where(Client.code == "N")) == 0


def test_between_two_statements_it_is_looked_at_too(database: Database) -> None:
    with ended_in_time(), within(SOON) as deadline, database.writing(None) as session:
        session.execute(text("SELECT 1"))
        with part_of(session):
            deadline.end()
            session.execute(text("SELECT 2"))
    nothing_is_left(database)


def test_what_begins_too_late_is_not_begun(database: Database) -> None:
    with ended_in_time(), within(SOON) as deadline:
        deadline.end()
        with database.writing(None) as session:
            session.execute(text("SELECT 1"))
    nothing_is_left(database)


def test_patient_work_and_work_without_a_deadline_have_none(database: Database) -> None:
    with within(SOON) as deadline:
        deadline.end()
        with database.writing(None, patient=True) as session:
            assert session.scalar(text("SELECT 1")) == 1
    with within(0), database.reading(None) as session:
        assert session.scalar(text("SELECT 1")) == 1
    with within(SOON) as deadline, longer():
        deadline.end()
        with database.reading(None) as session:
            assert session.scalar(text("SELECT 1")) == 1


def test_a_late_statement_gets_no_more_than_what_is_left(postgres_url: str) -> None:
    database = Database(postgres_url)
    with within(60) as deadline, database.reading(None) as session:
        session.execute(text("SELECT 1"))
        deadline.until -= 50
        session.execute(text("SELECT 2"))
        left = str(session.scalar(text("SHOW statement_timeout")))
    with database.reading(None) as session:
        assert session.scalar(text("SHOW statement_timeout")) == "0"
    database.close()
    assert int(left.removesuffix("ms").removesuffix("s")) <= (10_001 if "ms" in left else 10)


def test_who_waits_for_another_writer_waits_no_longer(database: Database) -> None:
    """On SQLite for the turn, on PostgreSQL for a row: the deadline ends it, not the patience."""
    firm = found_firm(database).id
    patient = Database(database.url, patience=3600.0)
    told: list[Exception] = []

    def write_too() -> None:
        try:
            with within(SOON), patient.writing(firm) as session:
                session.execute(text("UPDATE organisation SET name = 'x'"))
        except (OutOfTime, Refusal) as error:
            told.append(error)

    with patient.writing(firm) as session:
        session.execute(text("UPDATE organisation SET name = 'y'"))
        thread = threading.Thread(target=copy_context().run, args=(write_too,), daemon=True)
        thread.start()
        thread.join(60)
        assert len(told) == 1
    nothing_is_left(patient)
    patient.close()


def test_waiting_is_cut_to_what_is_left() -> None:
    assert at_most(7.0) == 7.0
    with within(2.0) as deadline:
        assert 0 < at_most(7.0) <= 2.0
        assert at_most(0.5) == 0.5
        deadline.end()
        assert at_most(7.0) == 0.0
