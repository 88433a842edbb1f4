"""What waits to be handed outside, and that taking it over twice is as good as once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import select

from domain.invoice.model import Invoice, InvoiceState
from domain.trace import OutboxEntry
from persistence.outside.outbox import deliver, waiting_where
from persistence.session import Database
from tests.domain.examples import refused
from tests.persistence.firms import Firm, added, at_once, billed, found_firm

TOPIC = "invoice.finalised"
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def handed(firm: Firm, count: int = 1) -> tuple[int, int]:
    """A final invoice that waits for the accounting software; (entry, invoice)."""
    with firm.writing() as session:
        invoice = billed(session, firm, count, 100, state=InvoiceState.READY)
        content = {"number": f"PAR26-0000{count}"}
        entry = added(session, OutboxEntry(topic=TOPIC, subject_id=invoice.id, content=content))
        return entry.id, invoice.id


def waiting(firm: Firm, *, delivered: bool | None = False) -> list[int]:
    with firm.reading() as session:
        where = waiting_where(TOPIC, delivered=delivered)
        return list(session.scalars(select(OutboxEntry.id).where(*where).order_by(OutboxEntry.id)))


def test_a_delivery_twice_is_as_good_as_once(database: Database) -> None:
    """F02, F23: READY becomes FINAL when the accounting software has it."""
    firm = found_firm(database)
    entry, invoice = handed(firm)
    for moment in (NOW, NOW + timedelta(days=1)):
        with firm.writing() as session:
            deliver(session, entry, at=moment)
    with firm.reading() as session:
        taken = session.get_one(Invoice, invoice)
        assert (taken.state, taken.handed_over_at) == (InvoiceState.FINAL, NOW)
        assert session.get_one(OutboxEntry, entry).delivered_at == NOW
        assert taken.version == 3


def test_deliveries_at_once_hand_over_once(database: Database) -> None:
    firm = found_firm(database)
    entry, invoice = handed(firm)

    def act(thread: int) -> None:
        with firm.writing() as session:
            deliver(session, entry, at=NOW + timedelta(minutes=thread))

    at_once(6, act)
    with firm.reading() as session:
        assert session.get_one(Invoice, invoice).version == 3


def test_what_was_delivered_waits_no_more(database: Database) -> None:
    firm = found_firm(database)
    (one, _), (two, _) = handed(firm, 1), handed(firm, 2)
    firm.keep(OutboxEntry(topic="other", subject_id=1, content={}))
    assert waiting(firm) == [one, two]
    with firm.writing() as session:
        deliver(session, one, at=NOW)
    assert waiting(firm) == [two]
    assert waiting(firm, delivered=True) == [one]
    assert waiting(firm, delivered=None) == [one, two]


def test_a_delivery_of_the_neighbours_is_not_ours_to_note(database: Database) -> None:
    firm, other = found_firm(database), found_firm(database, "other")
    entry, invoice = handed(other)
    with firm.writing() as session:
        assert refused(partial(deliver, session, entry, at=NOW)) == ["NOT_FOUND"]
        assert refused(partial(deliver, session, 10**9, at=NOW)) == ["NOT_FOUND"]
    assert waiting(firm, delivered=None) == []
    with other.reading() as session:
        assert session.get_one(Invoice, invoice).state is InvoiceState.READY
