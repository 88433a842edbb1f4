"""What is done with the audit: sealing what came from outside, erasing, and verifying it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, exists, func, select, type_coerce, update

from domain.audit import (
    BEGINNING,
    DIGEST,
    AuditBreak,
    AuditChange,
    AuditEntry,
    AuditFlaw,
    AuditHead,
    Sealed,
    digest_of,
)
from domain.organisation import Organisation
from domain.standing import Actor, Door
from persistence.audit.acts import act_of, changes_of, name_act
from persistence.session import Database, ScopedSession

_MOST = 100
"""Flaws told at once."""
_PORTION = 500

_AS_STORED = [
    type_coerce(column, String).label("door") if column.name == "door" else column
    for column in AuditEntry.__table__.columns
]
"""What somebody wrote by hand may be no door at all."""

_UNTOUCHED = {"synchronize_session": False}


def seal_outside(database: Database) -> int:
    """Seals what was written past the product, each organisation's in an entry of its own.

    How many changes that were. Called now and then: until then they carry no act.
    """
    outside = AuditChange.act.is_(None)
    with database.reading(None) as session:
        found = list(session.scalars(select(AuditChange.organisation_id).where(outside).distinct()))
    sealed = 0
    for organisation_id in sorted(found):
        with database.writing(None, patient=True) as session:
            name_act(session, "", Actor(Door.OUTSIDE, ""))
            session.connection()
            changed = session.execute(
                update(AuditChange)
                .where(outside, AuditChange.organisation_id == organisation_id)
                .values(act=act_of(session)),
                execution_options=_UNTOUCHED,
            )
            sealed += int(getattr(changed, "rowcount", 0))
    return sealed


def empty(session: ScopedSession, change_ids: Iterable[int], *, at: datetime) -> int:
    """Empties these changes of the audit: what was, what became of it and the salt.

    That there was a change, of which record, when, by whom, and its digest stay; the chain holds.
    Each erasure is a change itself, of the act that erases. Returns how many were emptied: those
    of the present act, and what was made outside, are not while they are not sealed.
    """
    session.flush()
    session.connection()
    emptied, wanted = 0, sorted(set(change_ids))
    for start in range(0, len(wanted), _PORTION):
        changed = session.execute(
            update(AuditChange)
            .where(
                AuditChange.id.in_(wanted[start : start + _PORTION]),
                AuditChange.erased_at.is_(None),
                AuditChange.act != act_of(session),
            )
            .values(before=None, after=None, salt=None, erased_at=at),
            execution_options=_UNTOUCHED,
        )
        emptied += int(getattr(changed, "rowcount", 0))
    return emptied


# Verifying


@dataclass(slots=True)
class AuditVerified:
    """How far the audit of an organisation tells truly."""

    organisation_id: int
    entries: int = 0
    changes: int = 0
    erased: int = 0
    outside: int = 0
    """Changes made past the product that are not sealed yet."""
    flaws: list[AuditFlaw] = field(default_factory=list)
    """A hundred at most."""

    def note(self, place: int, reason: AuditBreak, change_id: int | None = None) -> None:
        if len(self.flaws) < _MOST:
            self.flaws.append(AuditFlaw(place, reason, change_id))


def verify(session: ScopedSession, organisation_id: int) -> AuditVerified:
    """Reads every entry and every change of an organisation again, and names what is wrong.

    `INSTALLATION` is read by a session of no organisation.
    """
    found = AuditVerified(organisation_id)
    previous, last = BEGINNING, 0
    for entry in _entries(session, organisation_id):
        if entry.place != last + 1:
            found.note(last + 1, AuditBreak.ENTRY_MISSING)
        elif entry.previous_sha256 != previous:
            found.note(entry.place, AuditBreak.ENTRY_MISPLACED)
        sealed = _sealed(entry)
        if sealed is None or sealed.sha256() != entry.sha256:
            found.note(entry.place, AuditBreak.ENTRY_ALTERED)
        _verify_changes(session, entry, found)
        previous, last = entry.sha256, entry.place
        found.entries += 1
    head = session.execute(
        select(AuditHead.place, AuditHead.sha256).where(
            AuditHead.organisation_id == organisation_id
        )
    ).one_or_none()
    if (head or (0, BEGINNING)) != (last, previous):
        found.note(last + 1, AuditBreak.ENTRY_MISSING)
    for change_id in _without_entry(session, organisation_id):
        found.note(last + 1, AuditBreak.CHANGE_ADDED, change_id)
    for change_id in _erased_untold(session, organisation_id):
        found.note(last + 1, AuditBreak.CHANGE_ERASED, change_id)
    found.outside = _count(
        session, AuditChange.organisation_id == organisation_id, AuditChange.act.is_(None)
    )
    return found


def holds(session: ScopedSession, organisation_id: int, place: int, sha256: str) -> bool:
    """Whether the entry at `place` has the hash that was kept elsewhere."""
    found = session.scalar(
        select(AuditEntry.sha256).where(
            AuditEntry.organisation_id == organisation_id, AuditEntry.place == place
        )
    )
    return found == sha256.lower()


def heads(session: ScopedSession) -> dict[str, tuple[int, str]]:
    """The last entry of each organisation, by its code: place and hash. For an unscoped session."""
    found = session.execute(
        select(Organisation.code, AuditHead.place, AuditHead.sha256).join(
            AuditHead, AuditHead.organisation_id == Organisation.id
        )
    )
    return {code: (place, sha256) for code, place, sha256 in found}


def _entries(session: ScopedSession, organisation_id: int) -> Iterator[Any]:
    """The entries in their order, a portion at a time."""
    last = None
    while True:
        statement = (
            select(*_AS_STORED)
            .where(AuditEntry.organisation_id == organisation_id)
            .order_by(AuditEntry.place)
            .limit(_PORTION)
        )
        if last is not None:
            statement = statement.where(AuditEntry.place > last)
        portion = session.execute(statement).all()
        yield from portion
        if len(portion) < _PORTION:
            return
        last = portion[-1].place


def _sealed(entry: Any) -> Sealed | None:
    """The entry as it is hashed; None where it came by no door that there is."""
    if entry.door not in set(Door):
        return None
    return Sealed(
        organisation_id=entry.organisation_id,
        place=entry.place,
        at=entry.created_at,
        act=entry.act,
        act_name=entry.act_name,
        actor=Actor(
            Door(entry.door),
            entry.actor_name,
            entry.actor_id,
            address=entry.address,
            request_id=entry.request_id,
        ),
        records=entry.records,
        digests=entry.digests,
        previous=entry.previous_sha256,
    )


def _verify_changes(session: ScopedSession, entry: Any, found: AuditVerified) -> None:
    """Compares the changes of an entry with its digests, in their order."""
    sealed = [
        entry.digests[start : start + DIGEST] for start in range(0, len(entry.digests), DIGEST)
    ]
    changes = changes_of(session.connection(), entry.act, entry.organisation_id)
    present = [(told.id, None if told.is_erased else digest_of(told)) for told in changes]
    found.changes += len(present)
    expected, there, place = set(sealed), {digest for _, digest in present}, 0
    for change_id, digest in present:
        if digest is None:
            found.erased += 1
        elif digest in expected:
            while place < len(sealed) and sealed[place] != digest:
                found.note(entry.place, AuditBreak.CHANGE_MISSING)
                place += 1
        elif place < len(sealed) and sealed[place] not in there:
            found.note(entry.place, AuditBreak.CHANGE_ALTERED, change_id)
        else:
            found.note(entry.place, AuditBreak.CHANGE_ADDED, change_id)
            continue
        place += 1
    if place < len(sealed) or entry.count != len(sealed):
        found.note(entry.place, AuditBreak.CHANGE_MISSING)


def _without_entry(session: ScopedSession, organisation_id: int) -> Sequence[int]:
    """Changes that name an act which nobody sealed."""
    entry = select(AuditEntry.id).where(
        AuditEntry.organisation_id == AuditChange.organisation_id,
        AuditEntry.act == AuditChange.act,
    )
    return session.scalars(
        select(AuditChange.id)
        .where(
            AuditChange.organisation_id == organisation_id,
            AuditChange.act.is_not(None),
            ~exists(entry),
        )
        .order_by(AuditChange.id)
        .limit(_MOST)
    ).all()


def _erased_untold(session: ScopedSession, organisation_id: int) -> Sequence[int]:
    """Changes that are empty though no change tells that they were erased."""
    erasure = AuditChange.__table__.alias()
    told = select(erasure.c.id).where(
        erasure.c.organisation_id == AuditChange.organisation_id,
        erasure.c.record == "audit_change",
        erasure.c.record_id == AuditChange.id,
    )
    return session.scalars(
        select(AuditChange.id)
        .where(
            AuditChange.organisation_id == organisation_id,
            AuditChange.erased_at.is_not(None),
            ~exists(told),
        )
        .order_by(AuditChange.id)
        .limit(_MOST)
    ).all()


def _count(session: ScopedSession, *where: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count(AuditChange.id)).where(*where)) or 0
