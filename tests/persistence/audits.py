"""What the tests of the audit ask of a database, and what they write into it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, text

from domain.audit import AuditBreak
from domain.client import Client
from domain.standing import Actor, Door
from persistence.audit.upkeep import verify
from persistence.session import Database
from tests.persistence.firms import a_client, raw
from tests.support.databases import owner

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
LOU = Actor(Door.KEY, "Lou", "api_key_7", address="192.0.2.7", request_id="r-1")


def entries(database: Database, organisation_id: int) -> list[tuple[Any, ...]]:
    return raw(
        database,
        "SELECT place, act_name, door, actor_id, address, request_id, count FROM audit_entry"
        " WHERE organisation_id = :o ORDER BY place",
        o=organisation_id,
    )


def changes(database: Database, after: int = 0) -> list[tuple[Any, ...]]:
    return [
        (*row[:3], *(json.loads(side) if side else None for side in row[3:]))
        for row in raw(
            database,
            "SELECT record, record_id, kind, before, after FROM audit_change WHERE id > :a"
            " ORDER BY id",
            a=after,
        )
    ]


def last_change(database: Database) -> int:
    return int(raw(database, "SELECT coalesce(max(id), 0) FROM audit_change")[0][0])


@contextmanager
def shell(database: Database) -> Iterator[Connection]:
    """A shell of the database, as the owner of its tables."""
    with database.engine.begin() as connection:
        if not database.is_sqlite:
            connection.exec_driver_sql("SET LOCAL ROLE NONE")
        yield connection


def by_hand(database: Database, *statements: str) -> None:
    """What somebody does in a shell of the database who has taken its guards off."""
    with owner(database).begin() as connection:
        if database.is_sqlite:
            guards = connection.execute(
                text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            ).all()
            for name, _ in guards:
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
        else:
            connection.exec_driver_sql("SET session_replication_role = replica")
        for statement in statements:
            connection.exec_driver_sql(statement)
        if database.is_sqlite:
            for _, sql in guards:
                connection.exec_driver_sql(sql)
        else:
            connection.exec_driver_sql("SET session_replication_role = DEFAULT")


def flaws(database: Database, organisation_id: int) -> list[tuple[int, AuditBreak]]:
    with database.reading(organisation_id or None) as session:
        found = verify(session, organisation_id)
    return [(flaw.place, flaw.reason) for flaw in found.flaws]


def new_client(code: str, name: str = "") -> Client:
    """A client whose name nobody else has."""
    return a_client(code, f"{name}{code}")


def columns_of(record: Any) -> dict[str, Any]:
    """The columns of a client that are filled in."""
    named = ("code", "name", "name_key", "loose_key")
    return {name: getattr(record, name) for name in named} | {"language": "fr", "payment_days": 30}
