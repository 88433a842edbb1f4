"""Telling platforms what was received of invoices whose VAT is due on payment (212 Encaissée).

Services bear VAT when they are paid, unless the entity opted for debits (CGI art. 269-2 c); the
platform passes what it is told on to the tax office. One message a day of payments of an invoice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from operator import attrgetter

from documents.electronic.collected import Collected, CollectedAmount, write_collected
from documents.electronic.terms import Electronic
from domain.invoice.credit import groups_of
from domain.invoice.finalise import Dossier
from domain.invoice.model import Invoice, InvoiceKind
from domain.money import from_minor
from domain.platform.collected import by_rate, left_to_tell
from domain.platform.connection import Platform
from domain.platform.status import DEPOSITED
from domain.platform.transmission import Transmission, TransmissionKind
from domain.standing import Standing
from persistence.invoice import invoices
from persistence.invoice.payments import lock_invoices
from persistence.outside import collected, platforms, statuses, transmissions
from persistence.outside.collected import Received
from persistence.outside.platforms import TakenReading
from persistence.records import records_by_id, the_record
from persistence.session import ScopedSession, insert_all
from resolvers.delivering._electronic import as_issued
from schema.context import House

_AT_ONCE = 500
"""Payments that one look has told; the rest comes with the next."""


def tell_payments(house: House, taken: TakenReading) -> int:
    """Has what was received since told to the platform; how many messages that makes."""
    # Mostly there is nothing: no writer waits while that is found out.
    with house.database.reading(taken.organisation_id) as session:
        if not collected.untold_payments(session, taken.platform_id, most=1):
            return 0
    standing = Standing(taken.organisation_id, act="transmit")
    with house.database.writing(standing, patient=True) as session:
        if platforms.still_taken(session, taken) is None:
            return 0
        connection = the_record(session, Platform, taken.platform_id)
        if not connection.is_live:
            return 0
        found = collected.untold_payments(session, connection.id, most=_AT_ONCE)
        if not found:
            return 0
        # The documents first, as every act on them; what others did meanwhile is seen then.
        keys = list(lock_invoices(session, (one.invoice_id for one in found)))
        found = collected.untold_payments(session, connection.id, most=_AT_ONCE, of=keys)
        sent = {
            one.invoice_id: one
            for one in transmissions.transmissions_of_invoices(session, keys)
            if one.place == 0
        }
        told = collected.payments_told(session, keys)
        ended = statuses.ended(session, keys)
        rows = []
        for dossier in invoices.dossiers_of(
            session, list(records_by_id(session, Invoice, keys).values())
        ):
            key = dossier.invoice.id
            fresh = [some for some in found if some.invoice_id == key]
            if not fresh:
                continue
            # What is left to the firm is passed over: it is not told when that is changed.
            if connection.tells_payments and key not in ended and _is_owed(session, dossier):
                before = [some for some in told if some.invoice_id == key]
                rows += _messages(session, house, connection, dossier, before, fresh)
            sent[key].told_until = fresh[-1].allocation_id
        insert_all(session, Transmission, rows)
        return len(rows)


def _messages(
    session: ScopedSession,
    house: House,
    connection: Platform,
    dossier: Dossier,
    before: Sequence[Transmission],
    fresh: Sequence[Received],
) -> list[dict[str, object]]:
    """One for each day on which something of the invoice was received, or paid back."""
    invoice = dossier.invoice
    groups = collected.gross_by_rate(session, invoice, groups_of(invoice))
    declared = [
        (Decimal(rate), minor) for one in before for rate, minor in (one.told or {})["amounts"]
    ]
    place = max((one.place for one in before), default=0)
    # Of what was received, so much was told: each message adds up to what came.
    received = sum(minor for _, minor in declared)
    rows = []
    for day, some in groupby(fresh, key=attrgetter("on")):
        of_day = list(some)
        received += sum(one.minor for one in of_day)
        amounts = left_to_tell(by_rate(received, groups), declared)
        if not amounts:
            continue
        declared += amounts
        place += 1
        content = {
            "on": day.isoformat(),
            "until": of_day[-1].allocation_id,
            "currency": invoice.currency,
            "amounts": [[str(rate), minor] for rate, minor in amounts],
        }
        rows.append(
            transmissions.transmission_row(
                connection.id,
                invoice.id,
                TransmissionKind.PAYMENT,
                place=place,
                now=house.clock(),
                told=content,
            )
        )
    return rows


def _is_owed(session: ScopedSession, dossier: Dossier) -> bool:
    """Whether its VAT is due on payment, between professionals in France."""
    if dossier.invoice.kind is InvoiceKind.CREDIT_NOTE or not dossier.invoice.vat_minor:
        return False
    electronic = as_issued(session, dossier)
    # What a deposit brings is taxed when it comes, whatever the option (CGI art. 269-2).
    on_payment = not electronic.vat_on_debits or dossier.invoice.kind is InvoiceKind.DEPOSIT
    return electronic.is_domestic and on_payment and electronic.buyer.siren is not None


def message_of(
    session: ScopedSession,
    one: Transmission,
    dossier: Dossier,
    electronic: Electronic,
    *,
    at: datetime,
) -> bytes:
    """The message of a payment (CDAR): the same bytes at every attempt but for when it is made."""
    assert one.told is not None
    assert electronic.seller.siren
    assert electronic.buyer.siren
    currency = one.told["currency"]
    return write_collected(
        Collected(
            number=electronic.number,
            type_code=electronic.kind.value,
            issued_on=electronic.issue_date,
            seller_siren=electronic.seller.siren,
            seller_name=electronic.seller.name,
            buyer_siren=electronic.buyer.siren,
            buyer_name=electronic.buyer.name,
            deposited_at=_deposited_at(session, dossier.invoice),
            noted_at=one.created_at,
            received_on=datetime.fromisoformat(one.told["on"]).date(),
            amounts=tuple(
                CollectedAmount(Decimal(rate), from_minor(minor, currency), currency)
                for rate, minor in one.told["amounts"]
            ),
        ),
        message_id=f"{electronic.number}_212_{one.tracking_id}",
        at=at,
    )


def _deposited_at(session: ScopedSession, invoice: Invoice) -> datetime:
    """When the platform deposited it; when it took it, where it never said so."""
    told = statuses.status_of(session, invoice.id, DEPOSITED)
    if told is not None and (at := told.received_at or told.occurred_at) is not None:
        return at
    document = transmissions.document_sent(session, invoice.id)
    assert document is not None, "a payment is told of what was sent"
    return document.sent_at or document.created_at
