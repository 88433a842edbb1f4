"""What stands before what in the journals, and what settles what, in a few statements for all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select

from domain.client import Client
from domain.entry_number import EntryNumber
from domain.invoice.chain import ChainLink
from domain.invoice.model import LEGAL, Invoice, InvoiceKind
from domain.invoice.taken import Step
from domain.organisation import Entity
from domain.payment import Payment, PaymentAllocation, PaymentCancellation
from persistence.records import portions
from persistence.session import ScopedSession


@dataclass(frozen=True, slots=True)
class Posted:
    """Something that has a number in a journal: never changed, and never before what was there."""

    key: int
    entity_id: int
    day: date
    at: datetime
    link: int = 0
    """Of a document: the chain puts documents in order, not the clocks of those who made them."""
    is_cancellation: bool = False


def entities_of_persons(session: ScopedSession, entity_ids: Iterable[int]) -> dict[int, Entity]:
    """These entities, and those of the same SIREN: one legal person has one file of entries."""
    named = select(Entity.siren).where(Entity.id.in_(set(entity_ids)))
    statement = select(Entity).where(or_(Entity.id.in_(set(entity_ids)), Entity.siren.in_(named)))
    return {one.id: one for one in session.scalars(statement)}


def all_entities(session: ScopedSession) -> set[int]:
    return set(session.scalars(select(Entity.id)))


def unnumbered_documents(
    session: ScopedSession, entity_ids: Iterable[int], *, first: date, last: date
) -> list[Posted]:
    """The final documents issued from `first` to `last` whose entry has no number yet."""
    one = Invoice
    statement = (
        select(one.id, one.entity_id, one.issue_date, one.finalised_at, ChainLink.id)
        .join(ChainLink, ChainLink.invoice_id == one.id)
        .outerjoin(EntryNumber, EntryNumber.invoice_id == one.id)
        .where(
            one.state.in_(LEGAL),
            one.entity_id.in_(set(entity_ids)),
            one.issue_date.between(first, last),
            EntryNumber.id.is_(None),
        )
    )
    return [
        Posted(key, entity, day, at, link)
        for key, entity, day, at, link in session.execute(statement)
        if day and at
    ]


def posted_payments(
    session: ScopedSession, entity_ids: Iterable[int], zone: ZoneInfo
) -> list[Posted]:
    """The payments and what cancels them, as they were recorded.

    A cancellation is of the day somebody said so: in `zone`, where that was not kept yet.
    """
    wanted = set(entity_ids)
    row, gone = Payment, PaymentCancellation
    received = session.execute(
        select(row.id, row.entity_id, row.received_on, row.created_at).where(
            row.entity_id.in_(wanted)
        )
    )
    cancelled = session.execute(
        select(row.id, row.entity_id, gone.cancelled_on, gone.created_at)
        .join(gone, gone.payment_id == row.id)
        .where(row.entity_id.in_(wanted))
    )
    found = [Posted(key, entity, day, at) for key, entity, day, at in received]
    found += [
        Posted(key, entity, day or at.astimezone(zone).date(), at, is_cancellation=True)
        for key, entity, day, at in cancelled
    ]
    return sorted(found, key=lambda one: (one.at, one.is_cancellation, one.key))


@dataclass(slots=True)
class Settlement:
    """An invoice with what settles it: credit notes, and what payments give, in minor units."""

    key: int
    number: str
    currency: str
    gross: int
    day: date
    rate: Decimal | None
    buyer: dict[str, object]
    notes: dict[int, tuple[int, date]] = field(default_factory=dict)
    """(gross, day) of each credit note, in the order in which they were made."""
    paid: dict[int, tuple[int, date]] = field(default_factory=dict)
    """(amount, last day) by payment; only what is set against it."""
    steps: list[Step] = field(default_factory=list)
    """As they were recorded; in euros, which convert nothing, the notes alone."""

    @property
    def given(self) -> dict[int, int]:
        """What each payment gives, by payment; in another currency, those cancelled since too."""
        if self.currency == "EUR":
            return {key: minor for key, (minor, _) in self.paid.items()}
        sums: Counter[int] = Counter()
        for step in self.steps:
            if not step.is_note and not step.is_cancellation:
                sums[step.of] += step.minor
        return {key: minor for key, minor in sums.items() if minor}


def payments_against(session: ScopedSession, invoice_ids: Iterable[int]) -> set[int]:
    """The payments of which something is, or was, set against these invoices."""
    row = PaymentAllocation
    return {
        key
        for portion in portions(invoice_ids)
        for key in session.scalars(select(row.payment_id).where(row.invoice_id.in_(portion)))
    }


def payments_with_clients(
    session: ScopedSession, keys: Iterable[int]
) -> dict[int, tuple[Payment, Client]]:
    return {
        payment.id: (payment, client)
        for portion in portions(keys)
        for payment, client in session.execute(
            select(Payment, Client)
            .join(Client, Client.id == Payment.client_id)
            .where(Payment.id.in_(portion))
        )
    }


def invoices_paid_by(session: ScopedSession, payment_ids: Iterable[int]) -> set[int]:
    row = PaymentAllocation
    return {
        key
        for portion in portions(payment_ids)
        for key in session.scalars(select(row.invoice_id).where(row.payment_id.in_(portion)))
    }


def settlements(session: ScopedSession, invoice_ids: Iterable[int]) -> dict[int, Settlement]:
    """What settles each of these final invoices."""
    found: dict[int, Settlement] = {}
    row, given = Invoice, PaymentAllocation
    for portion in portions(invoice_ids):
        own = select(
            *(row.id, row.number, row.currency, row.gross_minor),
            *(row.issue_date, row.euro_rate, row.buyer),
        ).where(row.id.in_(portion), row.kind != InvoiceKind.CREDIT_NOTE, row.state.in_(LEGAL))
        for one in session.execute(own):
            found[one.id] = Settlement(*one)
        notes = (
            # Who does not see the chain sees no payments: the order of the notes is all there is.
            select(
                *(row.credits_id, row.id, row.gross_minor, row.issue_date),
                func.coalesce(ChainLink.created_at, row.created_at),
            )
            .outerjoin(ChainLink, ChainLink.invoice_id == row.id)
            .where(row.credits_id.in_(portion), row.state.in_(LEGAL))
            .order_by(row.id)
        )
        for key, note, gross, day, at in session.execute(notes):
            if key in found and day is not None:
                found[key].notes[note] = gross, day
                found[key].steps.append(Step(at, note, gross, is_note=True))
        total = func.sum(given.amount_minor)
        paid = (
            select(given.invoice_id, given.payment_id, total, func.max(given.booked_on))
            .where(given.invoice_id.in_(portion))
            .group_by(given.invoice_id, given.payment_id)
            .having(total != 0)
            .order_by(given.invoice_id, given.payment_id)
        )
        for key, payment, minor, day in session.execute(paid):
            found[key].paid[payment] = (int(minor), day)
    foreign = {key for key, one in found.items() if one.currency != "EUR"}
    if foreign:
        latest: dict[int, datetime] = {}
        for key, step in _steps(session, foreign):
            # Rows of one invoice are written one after the other, whatever clock stamps them.
            latest[key] = max(step.at, latest.get(key, step.at))
            found[key].steps.append(step._replace(at=latest[key]))
    for key in foreign:
        found[key].steps.sort(key=lambda step: step.at)
    return found


def _steps(session: ScopedSession, invoice_ids: Set[int]) -> Iterator[tuple[int, Step]]:
    """What payments gave to each invoice, and what was taken off again, in the order of rows."""
    row, gone = PaymentAllocation, PaymentCancellation
    rows = [
        told
        for portion in portions(payments_against(session, invoice_ids))
        for told in session.execute(
            select(row, gone)
            .outerjoin(gone, gone.payment_id == row.payment_id)
            .where(row.payment_id.in_(portion))
            .order_by(row.id.desc())
        )
    ]
    found: list[tuple[int, Step]] = []
    given: set[int] = set()
    for one, cancellation in rows:
        # Nothing is set against an invoice after the rows by which it was taken off them all.
        is_off = one.payment_id not in given and _is_of(one, cancellation)
        if not is_off:
            given.add(one.payment_id)
        if one.invoice_id in invoice_ids:
            step = Step(one.created_at, one.payment_id, one.amount_minor, is_cancellation=is_off)
            found.append((one.invoice_id, step))
    return reversed(found)


def _is_of(one: PaymentAllocation, gone: PaymentCancellation | None) -> bool:
    """Whether the row may be one of those by which its payment was taken off as it was cancelled.

    What people took off before, in the same words, is of a day before.
    """
    if gone is None or one.amount_minor > 0 or one.reason != gone.reason:
        return False
    return gone.cancelled_on is None or one.booked_on >= gone.cancelled_on
