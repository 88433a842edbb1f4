"""Numbers of invoices under many hands: no gap, no double, in the order of the calendar."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from domain.errors import Refusal
from domain.invoice.model import Invoice, InvoiceState
from domain.organisation import Entity
from domain.project.model import Project
from persistence.invoice.numbers import next_legal_number, next_pro_forma_number
from persistence.session import Database, ScopedSession
from tests.persistence.firms import (
    Firm,
    again_if_beaten,
    an_invoice,
    at_once,
    entity_file,
    found_firm,
    raw,
)

TODAY = date(2026, 11, 21)


def number(
    session: ScopedSession, firm: Firm, day: date = TODAY, series: str = "PAR", entity_id: int = 0
) -> str:
    entity = session.get_one(Entity, entity_id or firm.entity_id)
    return next_legal_number(session, entity, series=series, issue_date=day, today=TODAY)


def finalise_one(firm: Firm, day: date) -> None:
    """A new legal invoice in a transaction of its own, on `day` or, when that is past, today."""

    def attempt(issued: date) -> None:
        with firm.database.writing(firm.id, durable=True) as session:
            given = number(session, firm, issued)
            invoice = an_invoice(firm, 0, pro_forma_number=next_pro_forma_number(session))
            invoice.number, invoice.issue_date = given, issued
            invoice.state = InvoiceState.READY
            session.add(invoice)

    try:
        again_if_beaten(lambda: attempt(day))
    except Refusal:
        again_if_beaten(lambda: attempt(TODAY))


def test_sixteen_threads_leave_no_gap_no_double_and_the_dates_rise(database: Database) -> None:
    """DOMAIN §2.2; CGI ann. II art. 242 nonies A I-7°."""
    firm = found_firm(database)

    def finalise_ten(thread: int) -> None:
        dice = random.Random(thread)
        for _ in range(10):
            finalise_one(firm, TODAY - timedelta(days=dice.randint(0, 2)))

    at_once(16, finalise_ten)
    found = raw(database, "SELECT number, issue_date FROM invoice ORDER BY number")
    assert [one for one, _ in found] == [f"PAR26-{count:05d}" for count in range(1, 161)]
    dates = [str(day) for _, day in found]
    assert dates == sorted(dates)
    pro_formas = raw(database, "SELECT count(DISTINCT pro_forma_number) FROM invoice")
    assert pro_formas == [(160,)]


def test_a_number_of_a_transaction_that_failed_is_given_to_the_next(database: Database) -> None:
    firm = found_firm(database)

    def fail() -> None:
        with firm.writing() as session:
            assert number(session, firm) == "PAR26-00001"
            raise RuntimeError("no paper")

    with pytest.raises(RuntimeError, match="no paper"):
        fail()
    with firm.writing() as session:
        assert number(session, firm) == "PAR26-00001"
        assert number(session, firm) == "PAR26-00002"


def test_each_entity_series_and_fiscal_year_counts_by_itself(database: Database) -> None:
    firm = found_firm(
        database,
        entities=[entity_file(), entity_file("LYO", fiscal_year_start="07-01")],
    )
    other = found_firm(database, "other")
    lyon = firm.entity_id + 1
    with firm.writing() as session:
        given = [
            number(session, firm, date(2025, 12, 31)),
            number(session, firm, date(2026, 1, 1)),
            number(session, firm, date(2026, 1, 1), "PAV"),
            number(session, firm, date(2026, 6, 30), "LYO", lyon),
            number(session, firm, date(2026, 7, 1), "LYO", lyon),
            number(session, firm),
        ]
    with other.writing() as session:
        given.append(number(session, other))
    assert given == [
        *("PAR25-00001", "PAR26-00001", "PAV26-00001"),
        *("LYO25-00001", "LYO26-00001", "PAR26-00002", "PAR26-00001"),
    ]


def test_a_date_behind_the_last_number_is_refused_after_the_fact_too(database: Database) -> None:
    firm = found_firm(database)
    with firm.writing() as session:
        number(session, firm)
    with firm.writing() as session:
        with pytest.raises(Refusal, match="ISSUE_DATE_TOO_EARLY"):
            number(session, firm, TODAY - timedelta(days=1))
        with pytest.raises(Refusal, match="ISSUE_DATE_IN_FUTURE"):
            number(session, firm, TODAY + timedelta(days=1))
        assert number(session, firm) == "PAR26-00002"


def test_pro_formas_of_a_firm_have_one_series_that_never_goes_back(database: Database) -> None:
    """F06: PF-000123, never used twice even when the pro forma is deleted."""
    firm, other = found_firm(database), found_firm(database, "other")
    with firm.writing() as session:
        first = an_invoice(firm, 0, pro_forma_number=next_pro_forma_number(session))
        session.add(first)
        session.flush()
        session.delete(first)
    with firm.writing() as session:
        assert first.pro_forma_number == "PF-000001"
        assert next_pro_forma_number(session) == "PF-000002"
    with other.writing() as session:
        assert next_pro_forma_number(session) == "PF-000001"


def test_the_last_number_is_read_anew_though_the_session_knew_another(database: Database) -> None:
    firm = found_firm(database)
    with firm.writing() as session:
        assert next_pro_forma_number(session) == "PF-000001"
        session.flush()
        assert next_pro_forma_number(session) == "PF-000002"
    assert raw(database, "SELECT last FROM number_counter") == [(2,)]


def test_two_invoices_never_bear_one_number(database: Database) -> None:
    firm = found_firm(database)
    columns: dict[str, Any] = {"number": "PAR26-00001", "state": InvoiceState.READY}
    firm.keep(an_invoice(firm, 1, **columns))
    with pytest.raises(Exception, match=r"(?i)unique|never altered"):
        firm.keep(an_invoice(firm, 2, **columns))
    # Pro formas have no number yet: as many as one likes.
    firm.keep(an_invoice(firm, 3), an_invoice(firm, 4))
    with firm.reading() as session:
        assert session.query(Invoice).count() == 3


def test_acts_that_wait_for_a_project_stop_no_other_act_of_the_firm(postgres_url: str) -> None:
    """Both places of the line are held by who waits for an import: a third goes past them."""
    database = Database(postgres_url, patience=3.0)
    firm = found_firm(database)
    waiting = threading.Barrier(3)

    def stuck() -> None:
        with database.writing(firm.id, durable=True) as session:
            waiting.wait(10)
            session.execute(select(Project.id).with_for_update()).all()

    with ThreadPoolExecutor(2) as pool:
        with database.writing(firm.id, patient=True) as importing:
            importing.execute(select(Project.id).with_for_update()).all()
            both = [pool.submit(stuck) for _ in range(2)]
            waiting.wait(10)
            with database.writing(firm.id, durable=True) as session:
                assert number(session, firm) == "PAR26-00001"
            assert not any(one.done() for one in both)
        for one in both:
            one.result()
    # Whoever went without a place gave none back.
    line = database._line(firm.id, durable=True)
    assert line is not None
    assert [line.acquire(timeout=0) for _ in range(3)] == [True, True, False]
    database.close()
