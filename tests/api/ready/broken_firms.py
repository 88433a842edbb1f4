"""Firms whose rows hold anything: empty, huge and odd values, relations that lead nowhere.

    fill(engine, Random(7))

Rows of two firms stand side by side; texts carry the mark of their firm, so that a foreign one is
seen wherever it stands. Some relations lead into the other firm, as no database of ours lets them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Engine,
    Enum,
    Integer,
    LargeBinary,
    Table,
    TypeDecorator,
    text,
)

from domain.base import Record, Scaled, Scoped
from resolvers.keeping.browsing import NODES

ROWS = 9
"""Of each kind and firm."""

_TEXTS = (
    "",
    " ",
    "é",
    'a "quoted" \\ one',
    "<b>&amp;</b>",
    "line\nline",
    "\u202f12",
    "𝄞",
    "x" * 300,
)
_NUMBERS = (0, 1, -1, 5, 99, 100, 12_345, -12_345, 2**31 - 1)
_LARGE = (2**31, 2**40 + 7, -(2**50), 2**63 - 1, -(2**62))
_CURRENCIES = ("EUR",) * 12 + ("USD", "JPY", "KWD", "XXX")
_JSON: tuple[Any, ...] = (
    {},
    {"name": "N", "address": ["1", "2"], "siren": None, "siret": "1", "vat_number": "FR"},
    {"name": None, "address": [None]},
    {"name": 5},
    {"address": "one"},
    [1],
)
_GROUPS: tuple[Any, ...] = (
    [],
    [
        {
            "rate": "20.0000",
            "category": "S",
            "reason_code": None,
            "mention": "m",
            "base_minor": 1000,
            "vat_minor": 200,
        }
    ],
    [{"rate": "x"}],
    [{"rate": "5.5", "category": "Q", "reason_code": 1, "mention": 2}],
)


def mark(firm: int) -> str:
    """What the texts of a firm carry."""
    return f"§{firm}§"


def fill(engine: Engine, random: Random, firms: tuple[int, int]) -> None:
    """Puts rows of every kind that can be looked up into both firms, past every rule."""
    tables = [_table(noun.record) for noun in NODES.values() if issubclass(noun.record, Scoped)]
    with engine.connect() as connection:
        _lift_rules(connection)
        known = {table.name: _keys(table, firms) for table in tables}
        for table in tables:
            for firm in firms:
                for key in known[table.name][firm]:
                    _insert(connection, table, _row(table, random, firm, key, known, firms))
        connection.commit()
    engine.dispose()


def _table(record: type[Record]) -> Table:
    table = record.__table__
    assert isinstance(table, Table)
    return table


def _keys(table: Table, firms: tuple[int, int]) -> dict[int, list[int]]:
    return {
        firm: [1_000 * (place + 1) + one for one in range(ROWS)] for place, firm in enumerate(firms)
    }


def _lift_rules(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET session_replication_role = replica")
        return
    connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
    connection.exec_driver_sql("PRAGMA ignore_check_constraints=ON")
    found = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")
    for (name,) in found.all():
        connection.exec_driver_sql(f'DROP TRIGGER "{name}"')


def _insert(connection: Connection, table: Table, row: dict[str, Any]) -> None:
    names = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join(f":{name}" for name in row)
    connection.execute(
        text(f'INSERT INTO "{table.name}" ({names}) VALUES ({marks}) ON CONFLICT DO NOTHING'), row
    )


def _row(
    table: Table,
    random: Random,
    firm: int,
    key: int,
    known: dict[str, dict[int, list[int]]],
    firms: tuple[int, int],
) -> dict[str, Any]:
    leads = dict(_leads(table))
    row: dict[str, Any] = {}
    for column in table.columns:
        if column.name == "id":
            row[column.name] = key
        elif column.name == "organisation_id":
            row[column.name] = firm
        elif column.nullable and random.random() < 0.25:
            row[column.name] = None
        elif column.name in leads and leads[column.name] in known:
            row[column.name] = _lead(random, firm, known[leads[column.name]], firms)
        else:
            row[column.name] = _value(column, random, f"{mark(firm)}{key}", table)
    return row


def _leads(table: Table) -> Iterator[tuple[str, str]]:
    """The columns that carry an identifier, each with the table it is of."""
    for constraint in table.foreign_key_constraints:
        for element in constraint.elements:
            if element.column.name == "id" and element.parent.name != "organisation_id":
                yield element.parent.name, element.column.table.name


def _lead(random: Random, firm: int, keys: dict[int, list[int]], firms: tuple[int, int]) -> int:
    other = firms[1] if firm == firms[0] else firms[0]
    match random.randrange(20):
        case 0:
            return 99_999
        case 1 | 2:
            return random.choice(keys[other])
    return random.choice(keys[firm])


def _value(column: Column[Any], random: Random, own: str, table: Table) -> Any:
    kind: Any = column.type
    match kind:
        case Enum():
            odd = random.random() < 0.02
            return "BOGUS" if odd else random.choice(kind.enums)
        case Scaled():
            return random.choice((*_NUMBERS, 200_000, 1_234_567))
        case JSON():
            return json.dumps(random.choice(_GROUPS if column.name.endswith("groups") else _JSON))
        case LargeBinary():
            return b"picture"
        case Boolean():
            return random.random() < 0.5
        case Date():
            days = f"{random.randrange(1, 10)}-1{random.randrange(10)}"
            return f"20{random.randrange(10, 99)}-0{days}"
        case TypeDecorator() | DateTime():
            day = f"2026-0{random.randrange(1, 10)}-11"
            return f"{day} 10:00:0{random.randrange(10)}.{random.choice(('000000', '120000'))}"
        case BigInteger():
            return random.choice(_NUMBERS * 4 + _LARGE)
        case Integer():
            return random.choice(_NUMBERS)
    if column.name == "currency":
        return random.choice(_CURRENCIES)
    length = getattr(kind, "length", None) or 400
    value = own if _is_unique(table, column) else own + random.choice(_TEXTS)
    return value[-length:] if length < len(own) else value[:length]


def _is_unique(table: Table, column: Column[Any]) -> bool:
    return any(
        column.name in [one.name for one in index.columns]
        for index in (*table.indexes, *table.constraints)
        if getattr(index, "unique", True)
    )
