"""Many rows in a statement are written as few are, on PostgreSQL column by column."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DataError

from domain.batch.model import Batch, BatchItem, Grouping
from domain.billing.item import ItemKind
from persistence.session import Database, ScopedSession, insert_all
from tests.persistence.firms import found_firm

AWKWARD = (
    "",
    "NULL",
    "null",
    "{a,b}",
    'a"b',
    "l'été",
    "\\",
    "\\N",
    "a\nb\tc",
    "%s %(x)s",
    "€ 字 🙂",
    " ",
)


def rows(batch_id: int, text: str = "k") -> list[dict[str, Any]]:
    """Items with all that a value may be."""
    return [
        {
            "batch_id": batch_id,
            "contract_id": place + 1,
            "phase_id": 2**62 + place,
            "key": f"{text} {awkward}",
            "kind": ItemKind.PERIOD,
            "currency": "EUR",
            "amount_minor": -place * 10**13,
            "unbilled_minor": 0,
            "selectable": place % 2 == 0,
            "selected": place % 3 == 0,
            "bundle": awkward,
            "fingerprint": place,
            "tickets": place,
            "hours": Decimal(place) / 100,
            "rate": None if place % 2 else Decimal("85.5"),
            "period_start": None if place % 4 else date(2026, 2, 28),
            "blockers": [None, [], {awkward: [awkward, None, 1.5]}, [[awkward]]][place % 4],
        }
        for place, awkward in enumerate(AWKWARD)
    ]


def a_batch(session: ScopedSession) -> int:
    batch = Batch(name="Lot", cut_off=date(2026, 11, 1), grouping=Grouping.PER_CLIENT)
    session.add(batch)
    session.flush()
    return batch.id


def test_many_rows_are_written_as_few_are(database: Database) -> None:
    """Quotes, braces, what looks like nothing and what is nothing, lists of lists."""
    columns = [one for one in BatchItem.__table__.c if one.name not in ("id", "created_at")]
    firm = found_firm(database)
    with firm.writing() as session:
        batch_id = a_batch(session)
        wanted = rows(batch_id)
        found = []
        for portion in (1, len(wanted)):
            for start in range(0, len(wanted), portion):
                insert_all(session, BatchItem, wanted[start : start + portion])
            statement = select(*columns).where(BatchItem.batch_id == batch_id)
            found.append([tuple(row) for row in session.execute(statement.order_by(BatchItem.id))])
            session.query(BatchItem).delete()
    assert found[0] == found[1]
    names = [column.name for column in columns]
    told = [dict(zip(names, row, strict=True)) for row in found[1]]
    assert [{name: row[name] for name in wanted[0]} for row in told] == wanted


def test_many_rows_bear_the_moment_to_the_microsecond(database: Database) -> None:
    firm = found_firm(database)
    with firm.writing() as session:
        wanted = rows(a_batch(session))
        before = datetime.now(UTC)
        insert_all(session, BatchItem, wanted)
        after = datetime.now(UTC)
        (moment,) = {*session.scalars(select(BatchItem.created_at))}
        assert before <= moment <= after


def test_a_column_of_several_kinds_is_written_as_few_rows_are(postgres_url: str) -> None:
    """The driver makes no list of them."""
    database = Database(postgres_url)
    try:
        firm = found_firm(database)
        with firm.writing() as session:
            wanted = rows(a_batch(session))
            for place, row in enumerate(wanted):
                row["period_start"] = (
                    datetime(2026, 2, 28, tzinfo=UTC) if place % 2 else date(2026, 2, 28)
                )
            insert_all(session, BatchItem, wanted)
            assert {*session.scalars(select(BatchItem.period_start))} == {date(2026, 2, 28)}
    finally:
        database.close()


def test_what_is_too_long_is_refused_and_not_cut(postgres_url: str) -> None:
    database = Database(postgres_url)
    try:
        firm = found_firm(database)
        with pytest.raises(DataError), firm.writing() as session:
            insert_all(session, BatchItem, rows(a_batch(session), text="x" * 10_000))
    finally:
        database.close()
