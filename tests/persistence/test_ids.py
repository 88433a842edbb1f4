"""Identifiers taken in advance: in rising order, and nobody else's."""

from __future__ import annotations

import pytest

from domain.client import Client, Contact
from persistence.ids import reserve
from persistence.session import Database, insert_all
from tests.persistence.firms import a_client, added, at_once, found_firm, raw


def test_none_are_reserved_where_none_are_asked_for(database: Database) -> None:
    firm = found_firm(database)
    with firm.writing() as session:
        assert reserve(session, Client, 0) == []


def test_reserved_identifiers_rise_and_the_next_record_comes_after_them(
    database: Database,
) -> None:
    firm = found_firm(database)
    with firm.writing() as session:
        keys = reserve(session, Client, 3)
        assert keys == sorted(set(keys))
        assert min(keys) > firm.client_id
        rows = [
            {"id": key, "code": f"K{key}", "name": "K", "name_key": f"k{key}", "loose_key": "k"}
            for key in keys
        ]
        insert_all(session, Client, rows)
        assert added(session, a_client("CLI-2", "Tulle")).id > max(keys)


def test_a_table_that_never_had_a_row_begins_somewhere(database: Database) -> None:
    firm = found_firm(database)
    with firm.writing() as session:
        keys = reserve(session, Contact, 2)
        insert_all(
            session,
            Contact,
            [{"id": key, "client_id": firm.client_id, "name": "A"} for key in keys],
        )
    assert [key for (key,) in raw(database, "SELECT id FROM contact ORDER BY id")] == keys


def test_identifiers_of_deleted_rows_are_not_given_again(database: Database) -> None:
    firm = found_firm(database)
    with firm.writing() as session:
        gone = added(session, a_client("CLI-2", "Tulle"))
        key = gone.id
        session.delete(gone)
    with firm.writing() as session:
        assert min(reserve(session, Client, 2)) > key


def test_rows_in_one_go_name_the_same_columns(database: Database) -> None:
    """Else a value would be left out without a word."""
    firm = found_firm(database)
    row = {"code": "A", "name": "A", "name_key": "a", "loose_key": "a"}
    with firm.writing() as session, pytest.raises(ValueError, match="different columns"):
        insert_all(session, Client, [row, {**row, "code": "B", "comment": "lost?"}])


def test_eight_threads_of_two_firms_never_share_an_identifier(database: Database) -> None:
    firms = [found_firm(database), found_firm(database, "other")]

    def import_clients(thread: int) -> list[int]:
        taken: list[int] = []
        for round_ in range(4):
            with firms[thread % 2].writing() as session:
                keys = reserve(session, Client, 5)
                rows = [
                    {
                        "id": key,
                        "code": f"T{thread}-{round_}-{key}",
                        "name": "T",
                        "name_key": f"t{thread}-{round_}-{key}",
                        "loose_key": "t",
                    }
                    for key in keys
                ]
                insert_all(session, Client, rows)
            taken += keys
        return taken

    taken = [key for keys in at_once(8, import_clients) for key in keys]
    assert len(set(taken)) == len(taken) == 160
    assert raw(database, "SELECT count(*) FROM client") == [(162,)]
