"""Pages by key: forwards and backwards, each row once, whatever the order and the size."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import ColumnElement, select

from domain.client import Client
from domain.likeness import name_key
from domain.project.progress import ProgressUpdate
from persistence.pages import DEFAULT_SIZE, LARGEST_SIZE, Page, PageAsked, Sort, count, page
from persistence.reading import Noun
from persistence.session import Database, insert_all
from tests.domain.examples import refused
from tests.persistence.firms import Firm, found_firm, progress

CLIENT = Noun(Client, "Client")
PROGRESS = Noun(ProgressUpdate, "ProgressUpdate")
FEW = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
numbers = itertools.count()


def firm_with(database: Database, cells: Sequence[tuple[str, int]]) -> Firm:
    """A firm with one client for each (name, days of payment)."""
    firm = found_firm(database, f"firm-{next(numbers)}")
    rows = [
        {
            "code": f"K{number:03d}",
            "name": name,
            "name_key": f"{name_key(name)}#{number}",
            "loose_key": name,
            "payment_days": days,
        }
        for number, (name, days) in enumerate(cells)
    ]
    with firm.writing() as session:
        insert_all(session, Client, rows)
    return firm


def a_page(
    firm: Firm, sort: Sort = Sort("id"), *, where: Sequence[ColumnElement[bool]] = (), **asked: Any
) -> Page:
    with firm.reading() as session:
        return page(session, CLIENT, {"name": {}}, asked=PageAsked(**asked), sort=sort, where=where)


def walked(firm: Firm, sort: Sort, size: int, *, backwards: bool) -> list[int]:
    """The identifiers met from one end of the list to the other."""
    met: list[int] = []
    cursor = None
    while True:
        asked: dict[str, Any] = {"first": size, "after": cursor}
        if backwards:
            asked = {"last": size, "before": cursor}
        found = a_page(firm, sort, **asked)
        keys = [row["key"] for row in found.rows]
        assert len(keys) <= size
        met = keys + met if backwards else met + keys
        more = found.has_previous if backwards else found.has_next
        if not more:
            return met
        assert len(keys) == size
        cursor = found.cursors[0] if backwards else found.cursors[-1]


def in_order(firm: Firm, sort: Sort) -> list[int]:
    """The identifiers as the database sorts them in one go."""
    with firm.reading() as session:
        column, key = CLIENT.column(sort.column), Client.id
        order = [column.desc(), key.desc()] if sort.falling else [column, key]
        if sort.within is not None:
            order.insert(0, CLIENT.column(sort.within))
        return list(session.scalars(select(key).order_by(*order)))


names = st.sampled_from(["Brive", "brive", "Béziers", "Zoé", "a", "A-1", "é", "œuvre", "%", "x_y"])
cells = st.lists(st.tuples(names, st.integers(0, 3)), max_size=9)
sorts = st.builds(
    Sort,
    column=st.sampled_from(["id", "name", "payment_days", "updated_at", "code"]),
    falling=st.booleans(),
    within=st.sampled_from([None, None, "name", "payment_days", "currency"]),
)


@FEW
@given(cells=cells, sort=sorts, size=st.integers(1, 5))
def test_walking_meets_each_row_once_in_order_from_either_end(
    database: Database, cells: list[tuple[str, int]], sort: Sort, size: int
) -> None:
    firm = firm_with(database, cells)
    expected = in_order(firm, sort)
    assert len(expected) == len(cells) + 1
    assert walked(firm, sort, size, backwards=False) == expected
    assert walked(firm, sort, size, backwards=True) == expected


def test_a_page_between_two_cursors_holds_what_is_between(database: Database) -> None:
    firm = firm_with(database, [("a", 0), ("b", 0), ("c", 0), ("d", 0)])
    sort = Sort("code")
    everything = a_page(firm, sort, first=10)
    between = a_page(
        firm, sort, first=10, after=everything.cursors[0], before=everything.cursors[-1]
    )
    assert between.rows == everything.rows[1:-1]


def test_a_page_tells_whether_there_is_more_on_either_side(database: Database) -> None:
    firm = firm_with(database, [("a", 0), ("b", 0)])
    first = a_page(firm, first=2)
    assert (first.has_previous, first.has_next) == (False, True)
    second = a_page(firm, first=2, after=first.cursors[-1])
    assert (len(second.rows), second.has_previous, second.has_next) == (1, True, False)
    beyond = a_page(firm, first=2, after=second.cursors[-1])
    assert (beyond.rows, beyond.cursors, beyond.has_next) == ([], [], False)
    last = a_page(firm, last=1)
    assert (last.has_previous, last.has_next) == (True, False)
    before = a_page(firm, last=2, before=last.cursors[0])
    assert (before.has_previous, before.has_next) == (False, True)


def test_what_stands_before_a_place_ends_there_however_much_was_asked_for(
    database: Database,
) -> None:
    """`before` alone goes backwards, as `last` does: not to the beginning of the list."""
    firm = firm_with(database, [(f"n{n}", 0) for n in range(60)])
    sort = Sort("code")
    last = a_page(firm, sort, last=1)
    before = a_page(firm, sort, before=last.cursors[0])
    asked = a_page(firm, sort, last=DEFAULT_SIZE, before=last.cursors[0])
    assert [row["key"] for row in before.rows] == [row["key"] for row in asked.rows]
    assert (len(before.rows), before.has_previous, before.has_next) == (DEFAULT_SIZE, True, True)
    forwards = a_page(firm, sort, first=2, before=last.cursors[0])
    assert [row["key"] for row in forwards.rows] == walked(firm, sort, 60, backwards=False)[:2]


def test_a_row_that_comes_or_goes_between_two_pages_moves_no_other(database: Database) -> None:
    firm = firm_with(database, [("b", 0), ("d", 0), ("f", 0)])
    sort = Sort("name")
    first = a_page(firm, sort, first=2)
    assert [row["name"] for row in first.rows] == ["Brive-Habitat", "b"]
    with firm.writing() as session:
        session.delete(session.get_one(Client, first.rows[1]["key"]))
        insert_all(
            session,
            Client,
            [{"code": "NEW", "name": "a", "name_key": "new", "loose_key": "new"}],
        )
    second = a_page(firm, sort, first=2, after=first.cursors[-1])
    assert [row["name"] for row in second.rows] == ["d", "f"]


def test_a_page_without_a_size_has_fifty_and_none_has_more_than_a_hundred(
    database: Database,
) -> None:
    """API.md 11."""
    firm = firm_with(database, [(f"n{n}", 0) for n in range(120)])
    assert len(a_page(firm).rows) == DEFAULT_SIZE == 50
    assert len(a_page(firm, first=100).rows) == LARGEST_SIZE == 100
    wrong: list[dict[str, Any]] = [{"first": 101}, {"first": 0}, {"first": -1}]
    wrong += [{"last": 0}, {"last": 101}]
    for asked in wrong:
        assert refused(partial(a_page, firm, **asked)) == ["PAGE_SIZE_INVALID"]
    assert refused(lambda: a_page(firm, first=5, last=5)) == ["PAGE_SIZE_INVALID"]


def test_the_conditions_of_a_list_hold_for_its_pages_and_its_count(database: Database) -> None:
    firm = firm_with(database, [("a", 1), ("b", 2), ("c", 1)])
    where = [Client.payment_days == 1]
    found = a_page(firm, Sort("name"), first=1, where=where)
    assert ([row["name"] for row in found.rows], found.has_next) == (["a"], True)
    found = a_page(firm, Sort("name"), first=1, after=found.cursors[0], where=where)
    assert ([row["name"] for row in found.rows], found.has_next) == (["c"], False)
    with firm.reading() as session:
        assert count(session, CLIENT, where) == 2
        assert count(session, CLIENT) == 4


def test_dates_are_sorted_and_paged_too(database: Database) -> None:
    firm = found_firm(database)
    days = [date(2026, 1, day) for day in (3, 1, 2, 1)]
    firm.keep(*(progress(firm.phase_id, "10", day) for day in days))
    seen: list[date] = []
    cursor = None
    with firm.reading() as session:
        for _ in days:
            asked = PageAsked(first=1, after=cursor)
            found = page(session, PROGRESS, {"as_of": {}}, asked=asked, sort=Sort("as_of"))
            seen += [row["as_of"] for row in found.rows]
            cursor = found.cursors[-1]
    assert seen == sorted(days)


def cursor_of(content: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(content)).decode().rstrip("=")


BY_NAME = Sort("name").list_of("client")
RUBBISH = {
    "empty": "",
    "no base64": "é!",
    "no JSON": "abcd",
    "no list": cursor_of({"name": 1}),
    "a number": cursor_of(7),
    "too short": cursor_of([BY_NAME, "a"]),
    "too long": cursor_of([BY_NAME, "a", 1, 2]),
    "of another order": cursor_of([Sort("code").list_of("client"), "a", 1]),
    "of the order turned round": cursor_of([Sort("name", falling=True).list_of("client"), "a", 1]),
    "of other things": cursor_of([Sort("name").list_of("project"), "a", 1]),
    "of an order within another": cursor_of(
        [Sort("name", within="code").list_of("client"), "a", 1]
    ),
    "of an unknown column": cursor_of([Sort("secret").list_of("client"), "a", 1]),
    "a text for a key": cursor_of([BY_NAME, "a", "1"]),
    "no key": cursor_of([BY_NAME, "a", None]),
    "a truth for a key": cursor_of([BY_NAME, "a", True]),
    "a key of 64 bits": cursor_of([BY_NAME, "a", 2**64 - 1]),
    "a number for a text": cursor_of([BY_NAME, 5, 1]),
    "nothing for a text": cursor_of([BY_NAME, None, 1]),
    "a list for a text": cursor_of([BY_NAME, ["a"], 1]),
    "an object for a text": cursor_of([BY_NAME, {"a": 1}, 1]),
    "a day for a text": cursor_of([BY_NAME, {"d": "2026-01-01"}, 1]),
    "no day": cursor_of([BY_NAME, {"d": "2026-13-01"}, 1]),
    "a day that is a number": cursor_of([BY_NAME, {"d": 7}, 1]),
    "a text that no database holds": cursor_of([BY_NAME, "\x00", 1]),
}


@pytest.mark.parametrize("place", ["after", "before"])
def test_rubbish_for_a_cursor_is_refused(database: Database, place: str) -> None:
    """A cursor comes from outside: it must neither break the query nor be believed."""
    firm = found_firm(database)
    for name, cursor in RUBBISH.items():
        asked: dict[str, Any] = {place: cursor}
        found = refused(partial(a_page, firm, Sort("name"), **asked))
        assert found == ["CURSOR_INVALID"], name


def test_rubbish_for_the_cursor_of_another_type_is_refused(database: Database) -> None:
    firm = found_firm(database)
    for column, value in (
        ("id", "x"),
        ("id", {"t": "2026-01-01"}),
        ("payment_days", "x"),
        ("payment_days", 2**63),
        ("payment_days", 1.5),
        ("updated_at", 7),
        ("updated_at", {"d": "2026-01-01"}),
        ("updated_at", {"t": "2026-01-01T00:00:00"}),
        ("updated_at", "2026-01-01"),
    ):
        cursor = cursor_of([Sort(column).list_of("client"), value, 1])
        found = refused(partial(a_page, firm, Sort(column), after=cursor))
        assert found == ["CURSOR_INVALID"], (column, value)


@FEW
@given(cursor=st.text(max_size=40) | st.binary(max_size=30).map(lambda b: cursor_of(list(b))))
def test_no_text_whatsoever_breaks_a_page(database: Database, cursor: str) -> None:
    with database.reading(1) as session:
        asked = PageAsked(after=cursor)
        found = refused(lambda: page(session, CLIENT, {}, asked=asked, sort=Sort("name")))
        assert found == ["CURSOR_INVALID"]


def test_a_cursor_of_the_neighbours_list_shows_nothing_of_theirs(database: Database) -> None:
    ours, theirs = (firm_with(database, [("a", 0), ("b", 0)]) for _ in range(2))
    foreign = a_page(theirs, Sort("name"), first=1).cursors[0]
    found = a_page(ours, Sort("name"), after=foreign)
    with ours.reading() as session:
        assert all(session.get(Client, row["key"]) is not None for row in found.rows)
