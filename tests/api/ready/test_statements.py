"""Statements made ready: whose rows they see, what they believe of the library, where they end."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import DatabaseError
from psycopg.errors import InvalidParameterValue
from sqlalchemy import (
    BigInteger,
    Float,
    Integer,
    LargeBinary,
    Numeric,
    String,
    column,
    select,
    table,
    text,
    true,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import aliased

from domain.client import Client
from domain.invoice.model import Invoice, InvoiceState
from domain.project.model import Phase, Project
from persistence.deadline import within
from persistence.invoice.invoices import invoices_where
from persistence.invoice.payments import payment_where
from persistence.pages import Sort
from persistence.ready import statements
from persistence.ready.inline import STAYS, WAITED, Crowd
from persistence.ready.prepared import MOST_COLUMNS, Blown, Bound, NotReady, key_of, prepare
from persistence.ready.reader import HEAP, Reader
from persistence.ready.statements import Reading, Wish
from persistence.session import Database
from schema.client import CLIENT
from schema.invoice import INVOICE
from schema.project import PHASE
from tests.support.api import ApiClient
from tests.support.databases import owner

ORDER = Sort("id").keys


@pytest.fixture(autouse=True)
def _own_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever wishes the same shares statements: those made here are nobody else's."""
    monkeypatch.setattr(statements, "_prepared", OrderedDict())


@pytest.fixture
def database(any_firm: ApiClient) -> Database:
    return any_firm.house.database


@pytest.fixture
def inline(firm: ApiClient) -> Iterator[Reader]:
    """That of a firm on SQLite, where short reads are done at once."""
    reader = Reader(firm.house.database)
    yield reader
    reader.close()


@pytest.fixture
def reader(database: Database) -> Iterator[Reader]:
    reader = Reader(database)
    yield reader
    reader.close()


def _rows(reader: Reader, reading: Reading, firm: int, *where: Any) -> list[Any]:
    bound = reading.of_list(where, ORDER, organisation_id=firm, limit=1_000)
    with reader.snapshot(firm) as fetch:
        return fetch(bound)


def _reading(reader: Reader, *columns: Any, noun: Any = CLIENT) -> Reading:
    return Reading(Wish(noun, tuple(columns)), reader.dialect)


def test_nobody_sees_rows_of_another_firm_by_any_of_them(
    any_firm: ApiClient, reader: Reader
) -> None:
    other = any_firm.of_another_firm().organisation_id
    names = _reading(reader, ((), "id"), ((), "name"))
    mine = _rows(reader, names, any_firm.organisation_id)
    assert mine
    keys = [row[0] for row in mine]
    among = select(Client.id).where(Client.id.in_(keys))
    beside = aliased(Client)
    for where in (
        (),
        (Client.id.in_(keys),),
        (Client.id.in_(among),),
        (Client.id.in_(select(beside.id).where(beside.id.in_(keys))),),
    ):
        assert _rows(reader, names, other, *where) == []
        bound = names.count(where, organisation_id=other)
        with reader.snapshot(other) as fetch:
            assert fetch(bound) == [(0,)]
    with reader.snapshot(other) as fetch:
        assert fetch(names.of_one({"id": keys[0]}, organisation_id=other)) == []
    phases = Reading(
        Wish(PHASE, (((), "contract_id"), ((), "id")), by="contract_id"), reader.dialect
    )
    with reader.snapshot(other) as fetch:
        assert fetch(phases.of_many(list(range(1_000)), organisation_id=other)) == []


def test_the_walls_hold_where_a_statement_forgets(
    postgres_firm: ApiClient, tmp_path: object
) -> None:
    reader = Reader(postgres_firm.house.database)
    other = postgres_firm.of_another_firm().organisation_id
    names = _reading(reader, ((), "id"))
    bound = names.of_list((), ORDER, organisation_id=postgres_firm.organisation_id, limit=10)
    with reader.snapshot(other) as fetch:
        # Bound to the one firm, on a snapshot of the other.
        assert fetch(bound) == []
    reader.close()


def test_one_structure_is_written_once_whatever_its_values(
    any_firm: ApiClient, reader: Reader
) -> None:
    invoices = _reading(reader, ((), "id"), ((), "state"), noun=INVOICE)
    for states in (
        (InvoiceState.DRAFT,),
        (InvoiceState.FINAL,),
        (InvoiceState.DRAFT, InvoiceState.SENT),
        (),
    ):
        for key in (1, 5, 10**12):
            where = [*invoices_where(states=states), Invoice.id < key]
            found = _rows(reader, invoices, any_firm.organisation_id, *where)
            with any_firm.house.database.reading(any_firm.organisation_id) as session:
                wanted = select(Invoice.id, Invoice.state).where(*where).order_by(Invoice.id)
                expected = [(row.id, row.state.value) for row in session.execute(wanted)]
            assert found == expected
    assert sum(name[0] == invoices._number for name in statements._prepared) == 3


def test_statements_of_all_lists_have_one_room(
    firm: ApiClient, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "KEPT", 2)
    for many in range(1, 9):
        invoices = _reading(reader, ((), "id"), noun=INVOICE)
        for _ in range(2):
            _rows(reader, invoices, firm.organisation_id, Invoice.id.in_(range(many)))
        assert next(reversed(statements._prepared))[0] == invoices._number
    assert len(statements._prepared) == statements.KEPT


def test_every_kind_of_condition_of_a_list_binds_as_the_session_does(
    any_firm: ApiClient, reader: Reader
) -> None:
    invoices = _reading(reader, ((), "id"), noun=INVOICE)
    conditions = [
        invoices_where(
            client_id=1,
            project_id=2,
            entity_id=3,
            currency=" eur ",
            issued_from=date(2020, 1, 1),
            issued_to=date(2030, 1, 1),
            text="100%_ a",
        ),
        payment_where(state=None, overdue_on=date(2026, 11, 21), is_overdue=True),
        payment_where(state=None, overdue_on=date(2026, 11, 21), is_overdue=False),
        [Invoice.euro_rate > Decimal("1.25")],
    ]
    for where in conditions:
        with any_firm.house.database.reading(any_firm.organisation_id) as session:
            wanted = select(Invoice.id).where(*where).order_by(Invoice.id)
            expected = [(key,) for key in session.scalars(wanted)]
        assert _rows(reader, invoices, any_firm.organisation_id, *where) == expected


def test_a_joined_row_of_another_firm_is_none(any_firm: ApiClient, reader: Reader) -> None:
    reading = Reading(Wish(PHASE, (((), "id"), (("contract", "project"), "code"))), reader.dialect)
    found = _rows(reader, reading, any_firm.organisation_id)
    assert found
    assert all(code for _, code in found)
    bound = reading.of_list((), ORDER, organisation_id=any_firm.organisation_id, limit=1)
    assert bound.text.count("organisation_id =") == 3, bound.text


def test_nothing_equals_null(reader: Reader) -> None:
    with pytest.raises(NotReady):
        _reading(reader, ((), "id")).of_one({"code": None}, organisation_id=1)


def test_a_read_that_takes_too_long_is_blown_and_harms_nobody(firm: ApiClient) -> None:
    reader = Reader(firm.house.database)
    crossed = select(Phase.id).where(Phase.name_key.contains(Project.code), Phase.id > Client.id)
    names = _reading(reader, ((), "id"))
    with pytest.raises(Blown), reader.snapshot(firm.organisation_id, 1) as fetch:
        fetch(
            names.of_list(
                (Client.id.in_(crossed),), ORDER, organisation_id=firm.organisation_id, limit=9
            )
        )
    assert _rows(reader, names, firm.organisation_id)
    reader.close()


_ODD = table("odd", column("place", Integer), column("text", String), column("big", BigInteger))
_CELLS = st.tuples(
    st.text(st.characters(exclude_categories=["Cs"])) | st.none(),
    st.integers(-(2**63), 2**63 - 1) | st.none(),
)


@given(st.lists(_CELLS, max_size=30), st.none() | st.integers(0, 40))
def test_rows_that_are_gathered_are_those_of_the_driver(
    cells: list[tuple[str | None, int | None]], limit: int | None
) -> None:
    wanted = select(_ODD.c.place, _ODD.c.text, _ODD.c.big).order_by(_ODD.c.place.desc())
    statement = wanted if limit is None else wanted.limit(limit)
    prepared = prepare(statement, key_of(true()), sqlite.dialect(), gathers=20)
    bound = prepared.bound((), {})
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE odd (place INTEGER, text TEXT, big BIGINT)")
    rows = [(number, *one) for number, one in enumerate(cells)]
    connection.executemany("INSERT INTO odd VALUES (?, ?, ?)", rows)
    assert bound.gathered is not None
    ((found,),) = connection.execute(bound.gathered, bound.values)
    expected = connection.execute(bound.text, bound.values).fetchall()
    # Without a limit of its own, one row more than is asked for tells that there are more.
    expected = expected[:21] if limit is None else expected
    assert [tuple(row) for row in orjson.loads(found)] == expected
    connection.close()


def test_what_json_does_not_tell_as_the_driver_does_is_not_gathered() -> None:
    for odd in ([Numeric(10, 2)], [Float()], [LargeBinary()], [Integer()] * (MOST_COLUMNS + 1)):
        columns = [column(f"c{number}", kind) for number, kind in enumerate(odd)]
        statement = select(*columns).select_from(table("odd"))
        prepared = prepare(statement, key_of(true()), sqlite.dialect(), gathers=20)
        assert prepared.bound((), {}).gathered is None


@pytest.mark.parametrize("stays", [0, STAYS])
def test_short_reads_are_the_same_beside_others(
    firm: ApiClient, inline: Reader, stays: int
) -> None:
    lists = _reading(inline, ((), "id"), ((), "name"), ((), "created_at"), ((), "vat_number"))
    bound = lists.of_list((), ORDER, organisation_id=firm.organisation_id, limit=1_000)
    below = Reading(
        Wish(PHASE, (((), "contract_id"), ((), "id")), by="contract_id"), inline.dialect
    )
    many = below.of_many(list(range(1_000)), organisation_id=firm.organisation_id)
    with inline.snapshot(firm.organisation_id) as fetch:
        plain = [fetch(one) for one in (bound, many)]
    inline.crowd.stays = stays
    with inline.snapshot(firm.organisation_id, 1_000) as fetch:
        found = [[tuple(row) for row in fetch(one)] for one in (bound, many)]
    assert all(plain)
    assert found == plain


@pytest.mark.parametrize("stays", [0, STAYS])
def test_a_short_read_of_many_rows_is_blown(
    firm: ApiClient, inline: Reader, stays: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "SHORT", 2)
    monkeypatch.setattr("persistence.ready.inline.SHORT", 2)
    below = Reading(
        Wish(PHASE, (((), "contract_id"), ((), "id")), by="contract_id"), inline.dialect
    )
    bound = below.of_many(list(range(1_000)), organisation_id=firm.organisation_id)
    with inline.snapshot(firm.organisation_id) as fetch:
        assert len(fetch(bound)) > 2
    inline.crowd.stays = stays
    with pytest.raises(Blown), inline.snapshot(firm.organisation_id, 1_000) as fetch:
        fetch(bound)


def test_rows_are_gathered_while_other_threads_compute(firm: ApiClient, inline: Reader) -> None:
    phases = Reading(Wish(PHASE, (((), "id"),)), inline.dialect)
    bound = phases.of_list((), ORDER, organisation_id=firm.organisation_id, limit=1_000)
    is_over = threading.Event()

    def compute() -> None:
        while not is_over.is_set():
            sum(range(1_000))

    beside = threading.Thread(target=compute)
    with inline.snapshot(firm.organisation_id, 1_000) as fetch:
        beside.start()
        try:
            for _ in range(1_000):
                fetch(bound)
                if inline.crowd.stays:
                    break
            assert inline.crowd.stays
        finally:
            is_over.set()
            beside.join()


def test_rows_come_one_by_one_again_when_nobody_computes_any_more() -> None:
    crowd = Crowd()
    crowd.note(2 * WAITED)
    for left in range(STAYS, 0, -1):
        assert crowd.stays == left
        crowd.note(WAITED / 2)
    assert crowd.stays == 0


def test_connections_cannot_write(any_firm: ApiClient, reader: Reader) -> None:
    firm = any_firm.organisation_id
    with (
        pytest.raises(Exception, match=r"read-?only|readonly"),
        reader.snapshot(firm) as fetch,
    ):
        fetch(Bound("DELETE FROM time_entry", []))
    assert _rows(reader, _reading(reader, ((), "id")), any_firm.organisation_id)


def _told(api: ApiClient, question: str) -> list[Any]:
    with owner(api.house.database).connect() as connection:
        return list(connection.execute(text(question)))


def test_a_snapshot_is_over_on_postgresql_though_nobody_waits_to_hear_it(
    postgres_firm: ApiClient,
) -> None:
    reader, firm = Reader(postgres_firm.house.database), postgres_firm.organisation_id
    names = _reading(reader, ((), "id"))
    for _ in range(3):
        assert _rows(reader, names, firm)
        (lying,) = reader._heap
        # Until the next one asks, the database has long ended it: nothing holds old rows back.
        process = lying._driver.info.backend_pid
        until = time.monotonic() + 10
        state = f"SELECT state, backend_xmin IS NULL FROM pg_stat_activity WHERE pid = {process}"
        while (found := _told(postgres_firm, state)) != [("idle", True)]:
            assert time.monotonic() < until, found
    reader.close()


def test_a_connection_that_was_lost_while_it_lay_there_is_not_kept(
    postgres_firm: ApiClient,
) -> None:
    reader, firm = Reader(postgres_firm.house.database), postgres_firm.organisation_id
    names = _reading(reader, ((), "id"))
    found = _rows(reader, names, firm)
    process = reader._heap[0]._driver.info.backend_pid
    _told(postgres_firm, f"SELECT pg_terminate_backend({process}, 10000)")
    with pytest.raises(DatabaseError):
        _rows(reader, names, firm)
    assert reader._heap == []
    assert _rows(reader, names, firm) == found
    reader.close()


def test_a_snapshot_that_cannot_begin_as_it_should_is_none(postgres_firm: ApiClient) -> None:
    reader, firm = Reader(postgres_firm.house.database), postgres_firm.organisation_id
    names = _reading(reader, ((), "id"))
    assert _rows(reader, names, firm)
    with pytest.raises(InvalidParameterValue), within(10_000_000), reader.snapshot(firm):
        pytest.fail("it began")
    assert reader._heap == []
    assert _rows(reader, names, firm)
    reader.close()


def test_a_heap_of_connections_is_all_that_is_kept(firm: ApiClient) -> None:
    reader = Reader(firm.house.database)
    opened = [reader.snapshot(firm.organisation_id) for _ in range(HEAP + 3)]
    for one in opened:
        one.__enter__()
    for one in opened:
        one.__exit__(None, None, None)
    assert len(reader._heap) == HEAP
    reader.close()
    assert reader._heap == []
