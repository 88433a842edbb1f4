"""Final documents: nobody alters them, and whoever forces it is found (CGI art. 289 I-5)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from domain.invoice.model import Invoice, InvoiceLine
from persistence.invoice.chain import verify
from persistence.session import tried_out
from tests.api.invoices.acts import account_line, blank, change, drawn, final
from tests.support.api import ApiClient
from tests.support.databases import owner

VERIFY = """
query($entity: ID) {
  chainVerification(entityId: $entity) {
    entity { code } links intact firstBreak { place reason number invoice { id } }
  }
}
"""
MOVING = {"state", "handed_over_at", "updated_at", "version"}
Row = dict[str, Any]


def issued(api: ApiClient, count: int = 1) -> list[Row]:
    """Final invoices of one entity."""
    made = []
    for number in range(count):
        invoice = blank(api)
        change(api, invoice["id"], lines=[account_line(f"{100 + number}.00")])
        answer = final(api, invoice["id"])
        assert answer["userErrors"] == [], answer
        made.append(answer["invoice"])
    return made


def verified(api: ApiClient, **choice: Any) -> list[Row]:
    found: list[Row] = api.query(VERIFY, **choice)["chainVerification"]
    return found


def key(invoice: Row) -> int:
    return int(invoice["id"].rpartition("_")[2])


def unguarded(connection: Connection) -> None:
    """Takes the guards of the database off, until the transaction is rolled back."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL ROLE NONE"))
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        return
    connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
    names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")
    for (name,) in names.fetchall():
        connection.exec_driver_sql(f"DROP TRIGGER {name}")


def is_refused(connection: Connection, statement: str) -> bool:
    """Whether the database itself refuses `statement`."""
    point = connection.begin_nested()
    try:
        connection.execute(text(statement))
    except DBAPIError as error:
        point.rollback()
        return "never altered" in str(error)
    point.rollback()
    return False


def test_no_column_of_a_final_document_can_be_changed_by_sql(firm: ApiClient) -> None:
    """Whatever columns there will be: each is either kept, or named here as one that goes on."""
    (invoice,) = issued(firm)
    taken = []
    with owner(firm.house.database).connect() as connection:
        for record, by in ((Invoice, "id"), (InvoiceLine, "invoice_id")):
            goes_on = MOVING if record is Invoice else set()
            for column in set(inspect(record).columns.keys()) - goes_on:
                name, number = record.__tablename__, key(invoice)
                statement = f"UPDATE {name} SET {column} = '9' WHERE {by} = {number}"
                if not is_refused(connection, statement):
                    taken.append(f"{name}.{column}")
    assert taken == []


REFUSED = [
    "UPDATE invoice SET net_minor = net_minor + 1 WHERE id = {id}",
    "UPDATE invoice SET issue_date = '2020-01-01' WHERE id = {id}",
    "UPDATE invoice SET client_id = client_id + 1 WHERE id = {id}",
    "UPDATE invoice SET buyer = '[]' WHERE id = {id}",
    "UPDATE invoice SET state = 'DRAFT' WHERE id = {id}",
    "DELETE FROM invoice WHERE id = {id}",
    "UPDATE invoice_line SET net_minor = 1 WHERE invoice_id = {id}",
    "UPDATE invoice_line SET invoice_id = {id} WHERE invoice_id <> {id}",
    "DELETE FROM invoice_line WHERE invoice_id = {id}",
    "INSERT INTO invoice_line (organisation_id, invoice_id, position, kind, description, currency,"
    " net_minor, created_at) VALUES (1, {id}, 9, 'TEXT', 'x', 'EUR', 0, '2026-01-01')",
    "UPDATE issued_document SET picture = '[]' WHERE invoice_id = {id}",
    "DELETE FROM issued_document WHERE invoice_id = {id}",
    "UPDATE chain_link SET place = 99 WHERE invoice_id = {id}",
    "DELETE FROM chain_link WHERE invoice_id = {id}",
    "UPDATE number_counter SET last = 0 WHERE entity_id = 1",
    "UPDATE number_counter SET last_issue_date = '2020-01-01' WHERE series = 'PAR'",
    "UPDATE number_counter SET series = 'ZZZ' WHERE series = 'PAR'",
    "DELETE FROM number_counter WHERE entity_id = 1",
]


def test_the_database_refuses_what_would_alter_it(any_firm: ApiClient) -> None:
    (invoice,) = issued(any_firm)
    other = blank(any_firm)
    change(any_firm, other["id"], lines=[account_line("1.00")])
    with owner(any_firm.house.database).connect() as connection:
        for statement in REFUSED:
            assert is_refused(connection, statement.format(id=key(invoice))), statement
        for table in ("invoice", "issued_document", "chain_link", "number_counter"):
            if any_firm.house.database.is_sqlite:
                again = f"REPLACE INTO {table} SELECT * FROM {table}"
            else:
                again = f"TRUNCATE {table} CASCADE"
            assert is_refused(connection, again), again
        free = f"UPDATE invoice SET net_minor = 5 WHERE id = {key(other)}"
        assert not is_refused(connection, free)


def test_a_final_document_still_goes_on_to_the_accounting(any_firm: ApiClient) -> None:
    """F23: READY becomes FINAL, never the other way."""
    (invoice,) = issued(any_firm)
    with owner(any_firm.house.database).connect() as connection:
        on = f"UPDATE invoice SET state = 'FINAL', version = 9 WHERE id = {key(invoice)}"
        assert not is_refused(connection, on)
        connection.execute(text(on))
        assert is_refused(
            connection, f"UPDATE invoice SET state = 'READY' WHERE id = {key(invoice)}"
        )


def test_documents_are_chained_by_entity_in_the_order_they_are_issued(
    any_firm: ApiClient,
) -> None:
    issued(any_firm, 3)
    of_another = drawn(any_firm, "PAT-2501")
    assert final(any_firm, of_another["id"])["userErrors"] == []
    told = {one["entity"]["code"]: (one["links"], one["intact"]) for one in verified(any_firm)}
    assert sum(links for links, _ in told.values()) == 4
    assert all(intact for _, intact in told.values())
    (one,) = verified(any_firm, entity="entity_1")
    assert (one["links"], one["firstBreak"]) == (told[one["entity"]["code"]][0], None)


ALTERED, LINK, MISSING, GONE = (
    "DOCUMENT_ALTERED", "LINK_ALTERED", "LINK_MISSING", "DOCUMENT_MISSING",
)  # fmt: skip


BREAKS = [
    ("UPDATE invoice SET net_minor = 1 WHERE id = {second}", 2, ALTERED),
    ("UPDATE invoice SET number = 'PAR26-00099' WHERE id = {third}", 3, ALTERED),
    ("UPDATE invoice_line SET description = 'Autre' WHERE invoice_id = {first}", 1, ALTERED),
    ("DELETE FROM invoice_line WHERE invoice_id = {second}", 2, ALTERED),
    ("UPDATE issued_document SET picture = '[]' WHERE invoice_id = {second}", 2, ALTERED),
    ("DELETE FROM chain_link WHERE invoice_id = {second}", 2, MISSING),
    ("DELETE FROM chain_link WHERE invoice_id = {third}", 3, MISSING),
    ("UPDATE chain_link SET content_sha256 = sha256 WHERE invoice_id = {second}", 2, LINK),
    ("UPDATE chain_link SET sha256 = content_sha256 WHERE invoice_id = {first}", 1, LINK),
    ("UPDATE chain_link SET invoice_id = 999 WHERE invoice_id = {second}", 2, GONE),
]


def test_the_first_altered_document_is_named_where_the_guards_were_taken_off(
    any_firm: ApiClient,
) -> None:
    invoices = issued(any_firm, 3)
    first, second, third = map(key, invoices)
    database, entity = any_firm.house.database, 1
    for statement, place, reason in BREAKS:
        with database.writing(any_firm.organisation_id) as session, tried_out(session):
            unguarded(session.connection())
            session.execute(text(statement.format(first=first, second=second, third=third)))
            told = verify(session, entity)
            assert told.broken is not None, statement
            assert (told.links, told.broken.place, told.broken.reason) == (
                place - 1,
                place,
                reason,
            ), statement
            if reason == ALTERED:
                assert told.broken.invoice_id == key(invoices[place - 1])
    assert verified(any_firm, entity="entity_1")[0]["intact"]


def test_an_invoice_slipped_in_behind_the_house_is_found(any_firm: ApiClient) -> None:
    """A pro forma made final by SQL alone has no link."""
    issued(any_firm)
    draft = blank(any_firm)
    statement = f"UPDATE invoice SET state = 'FINAL', number = 'X' WHERE id = {key(draft)}"
    with owner(any_firm.house.database).begin() as connection:
        connection.execute(text(statement))
    for _ in range(2):
        (told,) = verified(any_firm, entity="entity_1")
        assert told["firstBreak"]["reason"] == MISSING
        assert told["firstBreak"]["invoice"] == {"id": draft["id"]}
        # The next one does not take it in.
        issued(any_firm)


def test_a_link_added_by_hand_is_refused_in_words_at_the_next_document(firm: ApiClient) -> None:
    """CHAIN_BROKEN: nothing is built on an end that is not ours."""
    (invoice,) = issued(firm)
    draft = blank(firm)
    change(firm, draft["id"], lines=[account_line("1.00")])
    with owner(firm.house.database).begin() as connection:
        connection.execute(
            text(
                "INSERT INTO chain_link (organisation_id, entity_id, place, invoice_id,"
                " content_sha256, sha256, form, created_at) SELECT organisation_id, entity_id, 2,"
                f" {key(draft)}, sha256, sha256, 1, created_at FROM chain_link"
                f" WHERE invoice_id = {key(invoice)}"
            )
        )
    answer = final(firm, draft["id"])
    assert [one["code"] for one in answer["userErrors"]] == ["CHAIN_BROKEN"]


def test_another_firm_sees_nothing_of_the_chain(firm: ApiClient) -> None:
    issued(firm)
    other = firm.of_another_firm()
    assert verified(other) == []
    assert verified(other, entity="entity_1") == []
