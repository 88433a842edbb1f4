"""Sending final documents through the platform of their entity: asked for now, carried later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from documents.electronic.obstacles import E_INVOICE_NOT_FINAL, obstacles
from documents.electronic.terms import Electronic
from domain.access import Role
from domain.client import ClientType
from domain.errors import INPUT_TOO_LARGE, NOT_FOUND, Issue, Refusal
from domain.handover import told
from domain.invoice.finalise import Dossier
from domain.invoice.model import LEGAL, Invoice
from domain.invoice.papers import ElectronicForm
from domain.organisation import Entity
from domain.platform.connection import (
    PLATFORM_MISSING,
    PLATFORM_SECRET_GONE,
    Platform,
)
from domain.platform.transmission import (
    TAKEN,
    TRANSMISSION_SENT,
    Parcel,
    Transmission,
    TransmissionKind,
    send_anew,
)
from domain.platform.wire import FlowProfile, FlowSyntax, Outgoing, PlatformFault, ProcessingRule
from persistence.invoice import invoices
from persistence.invoice.payments import lock_invoices
from persistence.outside import platforms, statuses, transmissions
from persistence.outside.transmissions import TakenTransmission
from persistence.records import the_record
from persistence.session import ScopedSession, insert_all
from resolvers._mutation import Acting
from resolvers.delivering._electronic import as_issued, prepare_electronic, write_electronic
from resolvers.transmitting._collecting import message_of
from resolvers.transmitting._connecting import access_to, require_live
from schema.context import Caller, House
from schema.download import PDF
from schema.payload import BULK_LIMIT

_RULES = {
    (True, True): ProcessingRule.B2G,
    (True, False): ProcessingRule.B2B,
    (False, True): ProcessingRule.B2G_INTERNATIONAL,
    (False, False): ProcessingRule.B2B_INTERNATIONAL,
}
"""By whether it stays in France, and whether the client is a public body."""


def transmit(acting: Acting, keys: Sequence[int]) -> list[Issue]:
    """Has documents sent, and what has not got through sent again; what to be warned of.

    All that cannot be is refused at once, and then nothing is sent. What the platform has is not
    sent again, unless it or the buyer's turned it down (213 Rejetée).
    """
    if len(keys) > BULK_LIMIT:
        raise Refusal(INPUT_TOO_LARGE(field=("ids",), count=len(keys), limit=BULK_LIMIT))
    session, now = acting.session, acting.house.clock()
    places: dict[int, int] = {}
    for place, key in enumerate(keys):
        places.setdefault(key, place)
    found = lock_invoices(session, places)
    present: dict[int, list[Transmission]] = {}
    for one in transmissions.transmissions_of_invoices(session, list(found)):
        present.setdefault(one.invoice_id, []).append(one)
    turned_down = statuses.turned_down(session, list(found))
    heard = statuses.last_heard(session, list(found))
    connections = platforms.connections_of(session, {one.entity_id for one in found.values()})
    issues, rows = [], []
    fresh: list[Invoice] = []
    for key, place in places.items():
        field, invoice = ("ids", place), found.get(key)
        if invoice is None:
            issues.append(NOT_FOUND(field=field, noun="invoice", key=f"invoice_{key}"))
            continue
        try:
            connection = _connection(session, invoice, connections)
        except Refusal as refusal:
            issues += [issue.at(field=field) for issue in refusal.issues]
            continue
        known = present.get(key, [])
        if not known:
            fresh.append(invoice)
            rows.append(
                transmissions.transmission_row(
                    connection.id, key, TransmissionKind.INVOICE, place=0, now=now
                )
            )
        elif not _again(
            known,
            connection,
            is_turned_down=key in turned_down,
            heard=heard.get(key, 0),
            now=now,
        ):
            issues.append(TRANSMISSION_SENT(field=field, number=invoice.number))
    issues += _standing_in_the_way(session, fresh, places)
    if any(issue.is_red for issue in issues):
        raise Refusal(*issues)
    insert_all(session, Transmission, rows)
    return issues


def _connection(
    session: ScopedSession, invoice: Invoice, connections: Mapping[int, Platform]
) -> Platform:
    """The platform of its entity, for a document that is final."""
    if invoice.state not in LEGAL:
        raise Refusal(E_INVOICE_NOT_FINAL(number=invoice.pro_forma_number))
    connection = connections.get(invoice.entity_id)
    if connection is None:
        entity = the_record(session, Entity, invoice.entity_id)
        raise Refusal(PLATFORM_MISSING(entity=entity.name, number=invoice.number))
    require_live(connection)
    return connection


def _again(
    known: Sequence[Transmission],
    connection: Platform,
    *,
    is_turned_down: bool,
    heard: int,
    now: Any,
) -> bool:
    """Has what came to nothing sent again; whether there was any."""
    told = [one.told["until"] for one in known if one.told]
    anew = [one for one in known if one.state not in TAKEN or (is_turned_down and not one.place)]
    for one in anew:
        send_anew(one, connection.id, heard=heard, now=now)
        if not one.place:
            # What was received while nobody took it is told once somebody does.
            one.told_until = max(told, default=0)
    return bool(anew)


def _standing_in_the_way(
    session: ScopedSession, fresh: Sequence[Invoice], places: Mapping[int, int]
) -> list[Issue]:
    """All that keeps documents from being electronic, where each was named."""
    issues: list[Issue] = []
    for dossier in invoices.dossiers_of(session, fresh):
        key = dossier.invoice.id
        said = obstacles(as_issued(session, dossier))
        issues += [issue.at(field=("ids", places[key])) for issue in said]
    return issues


def parcel_of(house: House, taken: TakenTransmission) -> Parcel | None:
    """What is sent, written where it was not yet; None where it is not ours any more.

    PlatformFault: why it cannot be sent, for good unless the installation can mend it.
    """
    try:
        return _parcel(house, taken)
    except Refusal as refusal:
        issues = refusal.issues
        is_final = all(issue.kind is not PLATFORM_SECRET_GONE for issue in issues)
        reasons = "; ".join(told(issue) for issue in issues)
        raise PlatformFault(reasons, status=0, is_final=is_final) from refusal


def _parcel(house: House, taken: TakenTransmission) -> Parcel | None:
    caller = Caller(taken.organisation_id, "", Role.READER, "", "fr")
    with house.database.reading(taken.organisation_id) as session:
        one = transmissions.transmission_of(session, taken)
        if one is None:
            return None
        connection = the_record(session, Platform, one.platform_id)
        access = access_to(house, connection)
        invoice = the_record(session, Invoice, one.invoice_id)
        dossier = invoices.dossier_of(session, invoice)
        electronic = as_issued(session, dossier)
        if one.kind is TransmissionKind.PAYMENT:
            content = message_of(session, one, dossier, electronic, at=house.clock())
            name = f"{electronic.number}-212-{one.place}.xml"
            return Parcel(access, _message(one, connection, name, content))
        prepared = prepare_electronic(
            Acting(session, caller, house), invoice.id, ElectronicForm.FACTUR_X
        )
    kept = write_electronic(house, caller, prepared, ElectronicForm.FACTUR_X, patient=True)
    outgoing = Outgoing(
        tracking_id=one.tracking_id,
        name=kept.filename,
        syntax=FlowSyntax.FACTUR_X,
        profile=FlowProfile.CIUS if connection.qualifies else None,
        rule=_rule(dossier, electronic) if connection.qualifies else None,
        media_type=PDF,
        content=house.files.get(kept.key),
    )
    return Parcel(access, outgoing)


def _message(one: Transmission, connection: Platform, name: str, content: bytes) -> Outgoing:
    return Outgoing(
        tracking_id=one.tracking_id,
        name=name,
        syntax=FlowSyntax.CDAR,
        profile=None,
        rule=ProcessingRule.NOT_APPLICABLE if connection.qualifies else None,
        media_type="application/xml",
        content=content,
    )


def _rule(dossier: Dossier, electronic: Electronic) -> ProcessingRule:
    """What the platform is to do with it: send it on, or report it to the tax office."""
    kind = dossier.client.client_type
    if kind is ClientType.INDIVIDUAL:
        return ProcessingRule.B2C
    return _RULES[electronic.is_domestic, kind is ClientType.PUBLIC]
