"""Handing final invoices over: what is carried to a destination, and carrying it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from documents.handover import Enclosed, Surroundings, handed_over, is_same_document, message
from domain.access import Role
from domain.errors import INPUT_TOO_LARGE, NOT_FOUND, Issue, Refusal
from domain.handover import (
    HANDOVER_NO_DESTINATION,
    HANDOVER_TAKEN,
    TEST_TOPIC,
    TOPIC,
    DeliveryState,
    Drop,
    HandoverDelivery,
    Parcel,
    Webhook,
    try_again,
)
from domain.invoice.finalise import Dossier
from domain.invoice.model import Invoice
from domain.trace import OutboxEntry
from domain.webhook import WEBHOOK_DISABLED, WebhookEndpoint, secrets_of
from persistence.file_links import FileLink, signed_path
from persistence.invoice import invoices
from persistence.organisations import the_organisation
from persistence.outside import outbox
from persistence.outside.delivered import invoices_named, phases_named
from persistence.outside.deliveries import (
    TakenDelivery,
    complete,
    deliveries_locked,
    delivery_of,
)
from persistence.records import the_record
from persistence.session import ScopedSession, insert_all
from resolvers._mutation import Acting
from resolvers.delivering._printing import Paper, ToPrint, prepare_paper, print_paper
from schema.context import Caller, House
from schema.download import PDF
from schema.payload import BULK_LIMIT

LINK_LIFETIME = timedelta(days=7)
"""How long the address of the PDF in a message is good for."""


def parcel_of(house: House, taken: TakenDelivery) -> Parcel | None:
    """What a delivery carries, its paper printed; None where it is not ours to carry any more.

    WEBHOOK_DISABLED, HANDOVER_NO_DESTINATION: it is never to be carried there.
    """
    caller = Caller(taken.organisation_id, "", Role.READER, "", "fr")
    endpoint = None
    with house.database.reading(taken.organisation_id) as session:
        delivery = delivery_of(session, taken)
        if delivery is None:
            return None
        if delivery.endpoint_id is not None:
            endpoint = the_record(session, WebhookEndpoint, delivery.endpoint_id)
            endpoint.require_live()
        code = the_organisation(session).code
        if delivery.entry_id is None:
            data = {"organisation": code, "delivery": f"handover_delivery_{delivery.id}"}
            return _webhook(house, endpoint, delivery, message(TEST_TOPIC, house.clock(), data))
        entry = the_record(session, OutboxEntry, delivery.entry_id)
        invoice = the_record(session, Invoice, entry.subject_id)
        if endpoint and not outbox.destination_of(endpoint).takes(invoice.entity_id):
            raise Refusal(HANDOVER_NO_DESTINATION(number=invoice.number))
        dossier = invoices.dossier_of(session, invoice)
        around = _surroundings(session, code, entry, dossier)
        prepared: ToPrint | Paper = prepare_paper(Acting(session, caller, house), invoice.id)
    paper = print_paper(house, caller, prepared)
    if endpoint is not None:
        content = handed_over(dossier, around, _linked(house, taken.organisation_id, paper))
        return _webhook(house, endpoint, delivery, content)
    content = handed_over(dossier, around, Enclosed(paper.filename, paper.size))
    files = ((paper.filename, house.files.get(paper.key)), (f"{invoice.number}.json", content))
    return Drop(code, files, is_same_document)


def _webhook(
    house: House, endpoint: WebhookEndpoint | None, delivery: HandoverDelivery, content: bytes
) -> Webhook:
    assert endpoint is not None
    secrets = secrets_of(endpoint, house.secrets, now=house.clock())
    return Webhook(endpoint.url, delivery.message_id, content, secrets)


def _surroundings(
    session: ScopedSession, code: str, entry: OutboxEntry, dossier: Dossier
) -> Surroundings:
    invoice = dossier.invoice
    named = {invoice.credits_id, invoice.replaces_id, *(line.deducts_id for line in dossier.lines)}
    phases = {line.phase_id for line in dossier.lines}
    return Surroundings(
        organisation=code,
        handover=f"outbox_entry_{entry.id}",
        invoices=invoices_named(session, {key for key in named if key is not None}),
        phases=phases_named(session, {key for key in phases if key is not None}),
    )


def _linked(house: House, organisation_id: int, paper: Paper) -> Enclosed:
    """The paper at an address that is good for a week from this attempt."""
    expires = house.clock() + LINK_LIFETIME
    path = signed_path(
        house.secrets,
        FileLink(organisation_id, paper.key, paper.filename, PDF),
        expires,
    )
    return Enclosed(paper.filename, paper.size, house.public_url + path, expires)


def hand_over_again(acting: Acting, keys: Sequence[int]) -> list[Issue]:
    """Delivers again, at once, what its destinations have not taken; what to be warned of.

    Destinations that came since are told too; those that it is no longer meant for are forgotten.
    All that cannot be is refused at once.
    """
    if len(keys) > BULK_LIMIT:
        raise Refusal(INPUT_TOO_LARGE(field=("ids",), count=len(keys), limit=BULK_LIMIT))
    session, has_folder = acting.session, acting.house.handover_folder is not None
    entries = outbox.entries_locked(session, TOPIC, keys)
    present = deliveries_locked(session, entries)
    entities = outbox.entities_of_entries(session, entries)
    destinations = outbox.destinations_of(session, with_folder=has_folder)
    issues, rows = [], []
    strays = outbox.strays_of(session, present, entities, with_folder=has_folder)
    given_up = {one.id for some in strays.values() for one in some}
    # One that is named twice is handed over once, and told of where it is named first.
    places: dict[int, int] = {}
    for place, key in enumerate(keys):
        places.setdefault(key, place)
    for key, place in places.items():
        entry, field = entries.get(key), ("ids", place)
        if entry is None:
            issues.append(NOT_FOUND(field=field, noun="hand-over", key=f"outbox_entry_{key}"))
            continue
        takers = {one.name: one for one in destinations if one.takes(entities[key])}
        known = [one for one in present.get(key, []) if one.id not in given_up]
        if entry.delivered_at is None:
            new = takers.keys() - {one.destination for one in known}
            rows += [
                outbox.delivery_row(takers[name], now=acting.house.clock(), entry_id=key)
                for name in sorted(new)
            ]
            takers = takers if new else _open(takers, known)
        else:
            takers = _open(takers, known)
        # All that it is still meant for have it.
        is_done = key in strays and any(known) and not _left(known)
        if not takers and not (is_done and entry.delivered_at is None):
            issues.append(_nothing_to_carry(entry, known).at(field=field))
        for one in known:
            if one.destination in takers:
                try_again(one, now=acting.house.clock())
    if any(issue.is_red for issue in issues):
        raise Refusal(*issues)
    for one in (one for some in strays.values() for one in some):
        session.delete(one)
    insert_all(session, HandoverDelivery, rows)
    session.flush()
    complete(session, strays, now=acting.house.clock())
    return issues


def _open(
    takers: Mapping[str, outbox.Destination], known: Sequence[HandoverDelivery]
) -> dict[str, outbox.Destination]:
    """Those that have not taken it yet."""
    left = _left(known)
    return {name: one for name, one in takers.items() if name in left}


def _left(known: Sequence[HandoverDelivery]) -> set[str]:
    return {one.destination for one in known if one.state is not DeliveryState.DELIVERED}


def _nothing_to_carry(entry: OutboxEntry, known: Sequence[HandoverDelivery]) -> Issue:
    number = entry.content["number"]
    if entry.delivered_at is not None:
        return HANDOVER_TAKEN(number=number)
    off = [one.endpoint_id for one in known if one.state is DeliveryState.DEAD and one.endpoint_id]
    if off:
        return WEBHOOK_DISABLED(webhook=f"webhook_endpoint_{off[0]}")
    return HANDOVER_NO_DESTINATION(number=number)
