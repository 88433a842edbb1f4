"""What is sent to platforms: taken by one process at a time, and what became of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update
from sqlalchemy.orm import aliased

from domain.handover import told
from domain.invoice.model import Invoice, InvoiceState
from domain.organisation import Entity
from domain.platform.connection import PLATFORM_DISABLED, Platform
from domain.platform.status import LifecycleStatus
from domain.platform.transmission import (
    Submitted,
    Transmission,
    TransmissionKind,
    TransmissionState,
    answered_by,
    new_tracking_id,
    settle,
    take,
)
from persistence import leases
from persistence.outside.platforms import Linked
from persistence.outside.statuses import ended
from persistence.session import ScopedSession, insert_all

_PORTION = 500
"""Numbers that are looked for at once: a message may name as many as it likes."""

Busy = tuple[int, int]
"""A connection of an organisation."""


@dataclass(frozen=True, slots=True)
class TakenTransmission:
    """Something that somebody sends now. `is_again`: it may have got there before."""

    transmission_id: int
    organisation_id: int
    platform_id: int
    invoice_id: int
    claim: str
    is_again: bool

    @property
    def busy(self) -> Busy:
        return self.organisation_id, self.platform_id


def enlist(
    session: ScopedSession,
    invoices: Sequence[Invoice],
    platforms: Mapping[int, Linked],
    *,
    now: datetime,
) -> None:
    """Has what became final sent by itself, of the entities that have it so.

    Switched off it is dead, to be found. The credit note of what was refused or rejected stays in
    the house: the refusal has cancelled that already (DGFiP, external specifications 3.2).
    """
    found = {entity: one for entity, one in platforms.items() if one.is_automatic}
    notes = {one.credits_id for one in invoices if one.credits_id and one.entity_id in found}
    gone = ended(session, notes) if notes else set()
    rows = []
    for one in invoices:
        through = found.get(one.entity_id)
        if through is None or one.credits_id in gone:
            continue
        row = transmission_row(
            through.platform_id, one.id, TransmissionKind.INVOICE, place=0, now=now
        )
        state, why = TransmissionState.WAITING, None
        if not through.is_enabled:
            state, why = TransmissionState.DEAD, told(PLATFORM_DISABLED(platform=through.name))
            row["next_attempt_at"] = None
        rows.append({**row, "state": state, "last_error": why})
    insert_all(session, Transmission, rows)


def transmission_row(
    platform_id: int,
    invoice_id: int,
    kind: TransmissionKind,
    *,
    place: int,
    now: datetime,
    told: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The columns of something new that is to be sent."""
    return {
        "platform_id": platform_id,
        "invoice_id": invoice_id,
        "kind": kind,
        "place": place,
        "tracking_id": new_tracking_id(),
        "next_attempt_at": now,
        "told": told,
        "reasons": [],
    }


def is_any_due(session: ScopedSession, *, now: datetime) -> bool:
    """Whether something is to be sent, of any organisation when the session has none."""
    return leases.is_any_due(session, Transmission, now=now)


def take_due(
    session: ScopedSession, *, claim: str, now: datetime, most: int, besides: Collection[Busy] = ()
) -> list[TakenTransmission]:
    """Takes what is due, or was left by who had it; `besides` are connections to pass over."""
    spared = [
        and_(Transmission.organisation_id == firm, Transmission.platform_id == key)
        for firm, key in sorted(besides)
    ]
    where = [~or_(*spared)] if spared else []
    taken = []
    for one in leases.due(session, Transmission, now=now, most=most, where=where):
        is_tried = one.attempts > 0
        take(one, claim=claim, now=now)
        is_again = is_tried or one.is_unsure
        taken.append(
            TakenTransmission(
                one.id, one.organisation_id, one.platform_id, one.invoice_id, claim, is_again
            )
        )
    return taken


def transmission_of(
    session: ScopedSession, taken: TakenTransmission, *, locked: bool = False
) -> Transmission | None:
    """It, if it is still who took it's to send."""
    found = select(Transmission).where(
        Transmission.id == taken.transmission_id, Transmission.claim == taken.claim
    )
    return session.scalar(found.with_for_update() if locked else found)


def note(
    session: ScopedSession,
    taken: TakenTransmission,
    came: Submitted,
    *,
    now: datetime,
    chance: float,
) -> TransmissionState | None:
    """Notes what an attempt came to; None where it is somebody else's by now."""
    if came.flow is not None:
        # The document first, as every act on it.
        session.scalar(select(Invoice.id).where(Invoice.id == taken.invoice_id).with_for_update())
    one = transmission_of(session, taken, locked=True)
    if one is None:
        return None
    settle(one, came, now=now, chance=chance)
    # What became of it may have been told long ago, and is listed no more.
    if came.flow is not None and answered_by(one, came.flow, now=now):
        session.flush()
        hand_over(session, one, now=now)
    return one.state


def _same_platform(platform_id: int) -> Select[Any]:
    """The connection, and those of its entity to that address that were deleted before it.

    With or without a slash at its end it is one address: it is called the same way.
    """
    this, other = Platform, aliased(Platform)
    is_one = func.rtrim(this.flow_url, "/") == func.rtrim(other.flow_url, "/")
    return (
        select(other.id)
        .join(this, and_(this.entity_id == other.entity_id, is_one))
        .where(this.id == platform_id, this.organisation_id == other.organisation_id)
    )


def through(platform_id: int) -> ColumnElement[bool]:
    """What was sent to the platform of the connection."""
    return Transmission.platform_id.in_(_same_platform(platform_id))


def tracked(
    session: ScopedSession, platform_id: int, tracking: Collection[str], *, locked: bool
) -> list[Transmission]:
    """Ours among what a platform tells of; locked, the documents first, as every act on them."""
    ours = (
        through(platform_id),
        Transmission.tracking_id.in_(tracking),
    )
    if not locked:
        return list(session.scalars(select(Transmission).where(*ours)))
    documents = sorted(set(session.scalars(select(Transmission.invoice_id).where(*ours))))
    if not documents:
        return []
    theirs = select(Invoice).where(Invoice.id.in_(documents)).order_by(Invoice.id)
    session.scalars(theirs.with_for_update().execution_options(populate_existing=True)).all()
    found = select(Transmission).where(*ours).order_by(Transmission.id).with_for_update()
    return list(session.scalars(found))


def unanswered(
    session: ScopedSession, platform_id: int, *, before: datetime
) -> list[tuple[str, str]]:
    """What the platform took before then and has not answered: its flow and tracking id."""
    found = select(Transmission.flow_id, Transmission.tracking_id).where(
        through(platform_id),
        Transmission.state == TransmissionState.SENT,
        Transmission.sent_at < before,
    )
    return [(flow, tracking) for flow, tracking in session.execute(found) if flow is not None]


def hand_over(session: ScopedSession, one: Transmission, *, now: datetime) -> None:
    """A document that a platform has taken on is handed over: READY becomes FINAL."""
    if one.kind is not TransmissionKind.INVOICE or one.state is not TransmissionState.ACCEPTED:
        return
    invoice = session.scalar(select(Invoice).where(Invoice.id == one.invoice_id))
    if invoice is not None and invoice.state is InvoiceState.READY:
        invoice.state, invoice.handed_over_at = InvoiceState.FINAL, now


def transmissions_where(
    *, states: Sequence[TransmissionState] | None = None, invoice_id: int | None = None
) -> list[ColumnElement[bool]]:
    """The conditions of a list of what is sent."""
    where: list[ColumnElement[bool]] = []
    if states is not None:
        where.append(Transmission.state.in_(states))
    if invoice_id is not None:
        where.append(Transmission.invoice_id == invoice_id)
    return where


def heard_of(session: ScopedSession, platform_id: int, flow_ids: Collection[str]) -> set[str]:
    """Those of these messages whose statuses are kept."""
    found = select(LifecycleStatus.flow_id).where(
        LifecycleStatus.platform_id.in_(_same_platform(platform_id)),
        LifecycleStatus.flow_id.in_(flow_ids),
    )
    return set(session.scalars(found))


def invoices_sent(
    session: ScopedSession, platform_id: int, named: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], int]:
    """By number and SIREN of the seller: our invoices that went through the connection."""
    wanted = set(named)
    numbers = sorted({number for number, _ in wanted})
    rows: dict[tuple[str, str], int] = {}
    for start in range(0, len(numbers), _PORTION):
        found = (
            select(Invoice.id, Invoice.number, Entity.siren)
            .join(Transmission, Transmission.invoice_id == Invoice.id)
            .join(Entity, Entity.id == Invoice.entity_id)
            .where(
                through(platform_id),
                Transmission.place == 0,
                Invoice.number.in_(numbers[start : start + _PORTION]),
            )
        )
        rows |= {(str(number), str(siren)): key for key, number, siren in session.execute(found)}
    return {name: key for name, key in rows.items() if name in wanted}


def document_sent(session: ScopedSession, invoice_id: int) -> Transmission | None:
    """The document itself on its way, only read."""
    return session.scalar(
        select(Transmission).where(Transmission.invoice_id == invoice_id, Transmission.place == 0)
    )


def transmissions_of_invoices(
    session: ScopedSession, invoices: Collection[int]
) -> list[Transmission]:
    """All that is sent of these invoices, the document first, locked in one order."""
    found = (
        select(Transmission)
        .where(Transmission.invoice_id.in_(invoices))
        .order_by(Transmission.invoice_id, Transmission.place)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(session.scalars(found))


def give_up_waiting(session: ScopedSession, platform_id: int, why: str) -> None:
    """What waits for a connection that is switched off or deleted is dead, until asked again."""
    session.execute(
        update(Transmission)
        .where(
            Transmission.platform_id == platform_id,
            Transmission.state == TransmissionState.WAITING,
        )
        .values(
            state=TransmissionState.DEAD,
            next_attempt_at=None,
            # What somebody has in hand may be posted all the same.
            is_unsure=or_(Transmission.is_unsure, Transmission.claim.is_not(None)),
            claim=None,
            last_error=why,
        )
        .execution_options(synchronize_session=False)
    )
