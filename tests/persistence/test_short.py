"""Reads that are written down once find what the session finds, and of no other firm."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event, select, update

import persistence
from domain.client import Client
from domain.invoice.model import PRO_FORMA, Invoice, InvoiceLine, NumberCounter
from domain.project.model import Phase
from domain.standing import Reach, Standing
from persistence.bulk import FEW, among
from persistence.invoice.numbers import raised_counter
from persistence.scoping import ORGANISATION
from persistence.session import Database, ScopedSession
from persistence.short import Short
from tests.persistence.firms import Firm, billed, found_firm

CLIENTS = Short(lambda keys: select(Client).where(among(Client.id, keys)).order_by(Client.id))
LINES = Short(
    lambda keys, least: (
        select(InvoiceLine.id, InvoiceLine.quantity, InvoiceLine.kind, Phase.fee_minor)
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .join(Phase, Phase.id == InvoiceLine.phase_id)
        .where(
            among(InvoiceLine.invoice_id, keys),
            InvoiceLine.net_minor >= least,
            Invoice.state.in_(PRO_FORMA),
        )
        .order_by(InvoiceLine.id)
    )
)
RENAMED = Short(
    lambda key, name: (
        update(Client)
        .where(Client.id == key)
        .values(name=name)
        .returning(Client.id, Client.name)
        .execution_options(synchronize_session=False)
    )
)


@pytest.fixture
def firms(database: Database) -> tuple[Firm, Firm]:
    both = found_firm(database, "ours"), found_firm(database, "theirs")
    for firm in both:
        with firm.writing() as session:
            for number in (1, 2, 3):
                billed(session, firm, number, 100_000 * number)
    return both


def invoices_of(session: ScopedSession) -> list[int]:
    return list(session.scalars(select(Invoice.id).order_by(Invoice.id)))


def test_rows_are_those_that_the_session_reads(firms: tuple[Firm, Firm]) -> None:
    for firm in firms:
        with firm.reading() as session:
            some = invoices_of(session)
            for keys in (some[:1], some, some[:2]):
                for least in (0, 150_000, 10**9):
                    asked = LINES._make(keys=keys, least=least)
                    read = [tuple(row) for row in session.execute(asked)]
                    found = LINES.rows(session, keys=keys, least=least)
                    assert [tuple(row) for row in found] == read
                    kinds = [[type(one) for one in row] for row in found]
                    assert kinds == [[type(one) for one in row] for row in read]


def test_nothing_of_another_firm_is_found_or_written(firms: tuple[Firm, Firm]) -> None:
    ours, theirs = firms
    with theirs.reading() as session:
        others = invoices_of(session)
    with ours.writing() as session:
        assert LINES.rows(session, keys=others, least=0) == []
        assert CLIENTS.ask(session, keys=[theirs.client_id]).all() == []
        both = [ours.client_id, theirs.client_id]
        assert [one.id for one in CLIENTS.ask(session, keys=both).scalars()] == [ours.client_id]
        assert RENAMED.rows(session, key=theirs.client_id, name="Autre") == []
        assert [*map(tuple, RENAMED.rows(session, key=ours.client_id, name="Autre"))] == [
            (ours.client_id, "Autre")
        ]


def test_who_is_limited_and_who_wants_many_is_answered_the_ordinary_way(
    firms: tuple[Firm, Firm], database: Database
) -> None:
    ours, theirs = firms
    many = [ours.client_id, theirs.client_id, *range(10**6, 10**6 + FEW)]
    with ours.reading() as session:
        some = invoices_of(session)
        assert [one.id for one in CLIENTS.ask(session, keys=many).scalars()] == [ours.client_id]
        assert LINES.rows(session, keys=[], least=0) == []
        assert len(LINES.rows(session, keys=[*some, *many], least=0)) == 3
    nothing = Standing(ours.id, reach=Reach(entity_ids=frozenset()))
    with database.reading(nothing) as session:
        assert LINES.rows(session, keys=some, least=0) == []
        assert CLIENTS.ask(session, keys=[ours.client_id]).all() == []
    with database.reading(None) as session:
        assert len(CLIENTS.ask(session, keys=[ours.client_id, theirs.client_id]).all()) == 2


def test_none_is_asked_for_as_the_ordinary_statement_asks(firms: tuple[Firm, Firm]) -> None:
    """A value left open would be compared with NULL, which nothing is equal to."""
    put_away = Short(lambda since: select(Client).where(Client.archived_at == since))
    names = Short(lambda since: select(Client.id).where(Client.archived_at == since))
    for firm in firms:
        with firm.reading() as session:
            for since in (None, datetime(2026, 1, 1, tzinfo=UTC), None):
                here = [] if since else [firm.client_id]
                assert [one.id for one in put_away.ask(session, since=since).scalars()] == here
                assert [row[0] for row in names.rows(session, since=since)] == here


def test_what_waits_to_be_written_is_written_before(firms: tuple[Firm, Firm]) -> None:
    ours = firms[0]
    with ours.writing() as session:
        (client,) = CLIENTS.ask(session, keys=[ours.client_id]).scalars()
        client.name = "Renommé"
        named = Short(lambda key: select(Client.name).where(Client.id == key))
        assert named.rows(session, key=ours.client_id)[0][0] == "Renommé"
        client.name = "Encore"
        with session.no_autoflush:
            assert named.rows(session, key=ours.client_id)[0][0] == "Renommé"


def test_it_is_one_statement_made_once(firms: tuple[Firm, Firm], database: Database) -> None:
    ours, heard = firms[0], []

    def hear(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        heard.append(statement)

    with ours.reading() as session:
        some = invoices_of(session)
        event.listen(database.engine, "before_cursor_execute", hear)
        try:
            for key in some:
                LINES.rows(session, keys=[key], least=0)
        finally:
            event.remove(database.engine, "before_cursor_execute", hear)
    assert len(heard) == len(some)
    assert len(set(heard)) == 1


def shorts() -> Iterator[tuple[str, Short]]:
    for entry in pkgutil.walk_packages(persistence.__path__, "persistence."):
        if not entry.name.startswith("persistence.migrations"):
            for name, value in vars(importlib.import_module(entry.name)).items():
                if isinstance(value, Short):
                    yield f"{entry.name}.{name}", value


def test_each_of_the_house_bears_the_organisation_as_a_value() -> None:
    without = [
        name for name, one in shorts() if ORGANISATION.key not in one._open().compile().params
    ]
    # They lock a number that the organisation is told in.
    assert sorted(without) == [
        "persistence.outside.outbox._HELD",
        "persistence.outside.outbox._SETTLED",
    ]
    assert len(list(shorts())) > 10


def test_a_counter_is_raised_within_its_firm_alone(firms: tuple[Firm, Firm]) -> None:
    ours, theirs = firms
    asked: dict[str, Any] = {"entity_id": 0, "series": "#", "year": 0}
    for firm, by, before in ((ours, 2, 0), (theirs, 5, 0), (ours, 1, 2), (theirs, 1, 5)):
        with firm.writing() as session:
            assert raised_counter(session, **asked, by=by) == before
    with ours.reading() as session:
        assert session.scalars(select(NumberCounter.last)).all() == [3]
