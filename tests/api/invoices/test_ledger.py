"""The ledger of billing: entered by the database itself, never altered, told truly (O04, O05)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from alembic import command
from sqlalchemy import Connection, delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from domain.entry import BillingEntry, EntryKind
from domain.project.history import BillingHistory
from persistence.ledger.check import Disagreement, disagreements
from persistence.migrate import _config, _foreign_keys, migrate
from persistence.session import Database, insert_all
from tests.api.invoices.acts import codes, drawn, final
from tests.support.api import ApiClient
from tests.support.databases import owner
from tests.support.takeover import PAST, take_in

RECORD = """
mutation($item: BillingHistoryItem!, $key: ID!) {
  billingHistoryRecord(input: { item: $item, idempotencyKey: $key }) {
    node { id } userErrors { code }
  }
}
"""
ACT = """
mutation($id: ID!) { %s(input: { id: $id }) { node { id } userErrors { code } } }
"""
CREDIT = """
mutation($id: ID!, $key: ID!) {
  invoiceCredit(input: { id: $id, idempotencyKey: $key }) {
    creditNote { id } userErrors { code }
  }
}
"""
PHASE = 309
"""A phase of the sample firm that nothing was billed of."""


def entries(api: ApiClient, *kinds: EntryKind) -> list[tuple[str, int, str]]:
    """Kind, amount and day of the entries, in the order they were made."""
    with api.house.database.reading(api.organisation_id) as session:
        statement = select(BillingEntry).order_by(BillingEntry.id)
        if kinds:
            statement = statement.where(BillingEntry.kind.in_(kinds))
        return [
            (one.kind.value, one.amount_minor, one.booked_on.isoformat())
            for one in session.scalars(statement)
        ]


def wrong(api: ApiClient) -> list[Disagreement]:
    with api.house.database.reading(api.organisation_id) as session:
        return disagreements(session)


def test_what_is_put_away_is_entered_again_with_the_other_sign(any_firm: ApiClient) -> None:
    """Recorded, put away, brought back: three entries, and what the record says is what counts."""
    item = {"phaseId": f"phase_{PHASE}", "amount": "12.50", "invoiceDate": "2026-01-31"}
    answer = any_firm.query(RECORD, item=item, key="past")["billingHistoryRecord"]
    assert answer["userErrors"] == []
    for act in ("billingHistoryArchive", "billingHistoryRestore"):
        assert any_firm.query(ACT % act, id=answer["node"]["id"])[act]["userErrors"] == []
    day = "2026-01-31"
    assert entries(any_firm) == [("HISTORY", cents, day) for cents in (1250, -1250, 1250)]
    assert wrong(any_firm) == []


def test_whoever_writes_the_record_the_entry_is_made(any_firm: ApiClient) -> None:
    """By statements of many rows, changed by number, deleted: the sums follow."""
    database, key = any_firm.house.database, any_firm.organisation_id
    columns = {"phase_id": PHASE, "currency": "EUR", "source": "test"}
    days = ("2026-01-05", "2026-02-05")
    rows = [
        {**columns, "net_minor": 100 * place, "invoice_date": _day(days[place % 2])}
        for place in range(1, 5)
    ]
    with database.writing(key) as session:
        insert_all(session, BillingHistory, rows)
    with database.writing(key) as session:
        session.execute(
            update(BillingHistory).where(BillingHistory.net_minor > 200).values(net_minor=7)
        )
    with database.writing(key) as session:
        session.execute(delete(BillingHistory).where(BillingHistory.net_minor == 100))
    assert sum(amount for _, amount, _ in entries(any_firm)) == 200 + 7 + 7
    assert len(entries(any_firm)) == 4 + 2 * 2 + 1
    assert wrong(any_firm) == []


def test_an_invoice_and_its_credit_note_are_entered_line_by_line(any_firm: ApiClient) -> None:
    invoice = drawn(any_firm, "PAT-2501")
    assert entries(any_firm) == []
    assert codes(final(any_firm, invoice["id"])) == []
    nets = [round(float(line["net"]["amount"]) * 100) for line in invoice["lines"]]
    day = "2026-11-21"
    assert entries(any_firm) == [("INVOICE", net, day) for net in nets]
    credited = any_firm.query(CREDIT, id=invoice["id"], key=str(uuid4()))["invoiceCredit"]
    assert codes(credited) == []
    assert entries(any_firm, EntryKind.CREDIT) == [("CREDIT", -net, day) for net in nets]
    assert wrong(any_firm) == []


REFUSED = (
    "UPDATE billing_entry SET amount_minor = amount_minor + 1",
    "UPDATE billing_entry SET booked_on = '2020-01-01'",
    "DELETE FROM billing_entry",
)


def test_no_entry_is_ever_altered(any_firm: ApiClient) -> None:
    """By the database itself, whoever asks."""
    _record_two(any_firm)
    is_sqlite = any_firm.house.database.is_sqlite
    emptied = (
        "REPLACE INTO billing_entry SELECT * FROM billing_entry"
        if is_sqlite
        else "TRUNCATE billing_entry CASCADE"
    )
    with owner(any_firm.house.database).connect() as connection:
        for statement in (*REFUSED, emptied):
            with pytest.raises(DBAPIError, match="never altered"), connection.begin():
                connection.execute(text(statement))


def test_an_entry_that_is_not_true_is_found(any_firm: ApiClient) -> None:
    """With the guards taken off: an amount changed, an entry lost, one slipped in."""
    first, second = _record_two(any_firm)
    with unguarded(any_firm.house.database) as connection:
        connection.execute(
            text("UPDATE billing_entry SET amount_minor = 5 WHERE source_id = :id"), {"id": first}
        )
        connection.execute(text("DELETE FROM billing_entry WHERE source_id = :id"), {"id": second})
        connection.execute(
            insert(BillingEntry).values(
                organisation_id=any_firm.organisation_id,
                kind=EntryKind.INVOICE,
                booked_on=_day("2026-01-01"),
                amount_minor=9,
                currency="EUR",
                source_id=77,
                created_at=any_firm.house.clock(),
            )
        )
    assert wrong(any_firm) == [
        Disagreement(EntryKind.HISTORY, first, 1000, 5),
        Disagreement(EntryKind.HISTORY, second, 2000, 0),
        Disagreement(EntryKind.INVOICE, 77, 0, 9),
    ]


def test_what_was_billed_before_there_was_a_ledger_is_entered(any_firm: ApiClient) -> None:
    """A database of the former version: its history, corrections, invoices and credits."""
    take_in(any_firm, *PAST)
    invoice, other = drawn(any_firm, "PAT-2501"), drawn(any_firm, "LOG-2501")
    for one in (invoice, other):
        assert codes(final(any_firm, one["id"])) == []
    credited = any_firm.query(CREDIT, id=invoice["id"], key=str(uuid4()))["invoiceCredit"]
    assert codes(credited) == []
    before = sorted(entries(any_firm))
    database = any_firm.house.database
    with owner(database).connect() as connection:
        if database.is_sqlite:
            _foreign_keys(connection, on=False)
        with connection.begin():
            command.downgrade(_config(connection), "0006")
    database.engine.dispose()
    migrate(database.url)
    assert sorted(entries(any_firm)) == before
    assert wrong(any_firm) == []
    with owner(database).connect() as connection, pytest.raises(DBAPIError, match="never altered"):
        connection.execute(text(f"UPDATE invoice SET replaces_id = 1 WHERE id = {_key(invoice)}"))


def _record_two(api: ApiClient) -> tuple[int, int]:
    made = []
    for amount in ("10", "20"):
        item = {"phaseId": f"phase_{PHASE}", "amount": amount, "invoiceDate": "2026-01-31"}
        made.append(_key(api.query(RECORD, item=item, key=amount)["billingHistoryRecord"]["node"]))
    return made[0], made[1]


@contextmanager
def unguarded(database: Database) -> Iterator[Connection]:
    """A transaction of somebody who took the guards of the entries off."""
    with owner(database).begin() as connection:
        if database.is_sqlite:
            for name in ("kept", "stays", "not_replaced"):
                connection.execute(text(f"DROP TRIGGER billing_entry_{name}"))
        else:
            connection.execute(text("ALTER TABLE billing_entry DISABLE TRIGGER USER"))
        yield connection


def _key(record: dict[str, Any]) -> int:
    return int(record["id"].rpartition("_")[2])


def _day(told: str) -> date:
    return date.fromisoformat(told)
