"""The chains of legal documents as they are kept: a link added at the end, a whole one verified."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import or_, select

from domain.errors import Refusal
from domain.invoice.chain import (
    BEGINNING,
    CHAIN_BROKEN,
    FORM,
    Break,
    BreakReason,
    ChainLink,
    Found,
    canonical,
    columns_of,
    content_hash,
    first_break,
    link_hash,
)
from domain.invoice.model import (
    LEGAL,
    PDF_FORM,
    Invoice,
    InvoiceLine,
    IssuedDocument,
    NumberCounter,
)
from domain.organisation import Entity
from persistence.bulk import among
from persistence.invoice.numbers import raised_counter
from persistence.reach import shown_to
from persistence.session import ScopedSession, insert_all
from persistence.short import Short

CHAIN_SERIES = "#"
"""No series of numbers is called so: they are capitals."""

_PORTION = 200
_NONE = (b"null",)
Pieces = tuple[bytes, ...]
"""JSON as it is hashed."""

_END = Short(
    lambda entity_id, place: (
        select(ChainLink.place, ChainLink.sha256)
        .where(ChainLink.entity_id == entity_id, ChainLink.place >= place)
        .order_by(ChainLink.place)
    )
)


@dataclass(frozen=True, slots=True)
class Verified:
    """How far the chain of an entity holds."""

    entity_id: int
    links: int
    broken: Break | None


def link_all(
    session: ScopedSession, documents: Sequence[Invoice], pictures: Mapping[int, Pieces]
) -> None:
    """Adds documents that were just made final to the chains of their entities, in their order.

    `pictures` is what was just stored of each, by identifier, as it is hashed.
    The counter of a chain is locked until the transaction ends, so that places follow one another.
    Nothing is added to a chain whose end is not what its counter says: CHAIN_BROKEN.
    """
    session.flush()
    by_entity: defaultdict[int, list[int]] = defaultdict(list)
    for invoice in documents:
        by_entity[invoice.entity_id].append(invoice.id)
    for entity_id, ids in sorted(by_entity.items()):
        _append(session, entity_id, ids, pictures)


def link_former(session: ScopedSession) -> None:
    """Links the documents that were final before there was a chain; once, when it is introduced."""
    for entity_id in entities_linked(session):
        _append(session, entity_id, _unlinked(session, entity_id))


def _append(
    session: ScopedSession,
    entity_id: int,
    ids: Sequence[int],
    pictures: Mapping[int, Pieces] | None = None,
) -> None:
    place = raised_counter(session, entity_id=entity_id, series=CHAIN_SERIES, year=0, by=len(ids))
    before = _end_of(session, entity_id, place)
    contents = _contents(session, dict.fromkeys(ids, FORM), pictures)
    links = []
    for invoice_id in ids:
        place += 1
        content = contents[invoice_id]
        before = link_hash(before=before, place=place, content=content)
        links.append(
            {
                "entity_id": entity_id,
                "place": place,
                "invoice_id": invoice_id,
                "content_sha256": content,
                "sha256": before,
                "form": FORM,
            }
        )
    insert_all(session, ChainLink, links)


def _end_of(session: ScopedSession, entity_id: int, place: int) -> str:
    """The hash of the link at `place`, which must be the last one."""
    found = _END.rows(session, entity_id=entity_id, place=place)
    if [row[0] for row in found] != ([place] if place else []):
        code = session.scalars(select(Entity.code).where(Entity.id == entity_id)).one()
        raise Refusal(CHAIN_BROKEN(entity=code, place=place + len(found)))
    return found[0][1] if found else BEGINNING


def verify(session: ScopedSession, entity_id: int) -> Verified:
    """Reads every document of the entity again, and tells where its chain first breaks."""
    links, broken = first_break(_links(session, entity_id))
    return Verified(entity_id, links, broken or _break_at_the_end(session, entity_id, links))


def _break_at_the_end(session: ScopedSession, entity_id: int, links: int) -> Break | None:
    """A document that has no link, or links that were there and are gone."""
    unlinked = _unlinked(session, entity_id)
    if unlinked:
        number = session.scalar(select(Invoice.number).where(Invoice.id == unlinked[0]))
        return Break(links + 1, BreakReason.LINK_MISSING, unlinked[0], number)
    given = session.scalar(
        select(NumberCounter.last).where(
            NumberCounter.entity_id == entity_id, NumberCounter.series == CHAIN_SERIES
        )
    )
    return Break(links + 1, BreakReason.LINK_MISSING) if (given or 0) > links else None


def entities_linked(session: ScopedSession) -> list[int]:
    """The entities that have issued a document, or whose chain says so; archived ones too."""
    issued = select(Invoice.entity_id).where(Invoice.state.in_(LEGAL), *shown_to(session, Invoice))
    linked = select(ChainLink.entity_id)
    counted = select(NumberCounter.entity_id).where(NumberCounter.series == CHAIN_SERIES)
    ids = or_(*(Entity.id.in_(some) for some in (issued, linked, counted)))
    return list(session.scalars(select(Entity.id).where(ids).order_by(Entity.id)))


def entities_named(session: ScopedSession) -> list[tuple[int, str]]:
    """Those entities, each with its code."""
    keys = entities_linked(session)
    codes = session.execute(select(Entity.id, Entity.code).where(Entity.id.in_(keys)))
    return sorted((row.id, row.code) for row in codes)


def _unlinked(session: ScopedSession, entity_id: int) -> list[int]:
    """The legal documents without a link, in the order they were finalised."""
    statement = (
        select(Invoice.id)
        .outerjoin(ChainLink, ChainLink.invoice_id == Invoice.id)
        .where(Invoice.entity_id == entity_id, Invoice.state.in_(LEGAL), ChainLink.id.is_(None))
        .order_by(Invoice.finalised_at, Invoice.id)
    )
    return list(session.scalars(statement))


def _links(session: ScopedSession, entity_id: int) -> Iterator[Found]:
    """The links in their order, each with its document as it is now; a portion at a time."""
    names = (ChainLink.place, ChainLink.invoice_id, ChainLink.content_sha256, ChainLink.sha256)
    last = 0
    while True:
        statement = (
            select(*names, Invoice.number, ChainLink.form)
            .outerjoin(Invoice, Invoice.id == ChainLink.invoice_id)
            .where(ChainLink.entity_id == entity_id, ChainLink.place > last)
            .order_by(ChainLink.place)
            .limit(_PORTION)
        )
        portion = session.execute(statement).all()
        if not portion:
            return
        contents = _contents(session, {row.invoice_id: row.form for row in portion})
        for row in portion:
            yield Found(*row[:-1], now_sha256=contents.get(row.invoice_id))
        last = portion[-1].place
        session.expunge_all()


def _contents(
    session: ScopedSession, forms: Mapping[int, int], pictures: Mapping[int, Pieces] | None = None
) -> dict[int, str]:
    """The hash of each document that is there, by its form, as the database holds it.

    Its picture too, but where `pictures` are those that were just written.
    """
    found: dict[int, str] = {}
    by_form: defaultdict[int, list[int]] = defaultdict(list)
    for key, form in forms.items():
        by_form[form].append(key)
    for form, ids in by_form.items():
        for start in range(0, len(ids), _PORTION):
            some = ids[start : start + _PORTION]
            shown = _pictures(session, some) if pictures is None else pictures
            found |= _hashes(session, form, some, shown)
    return found


def _hashes(
    session: ScopedSession, form: int, ids: Sequence[int], pictures: Mapping[int, Pieces]
) -> dict[int, str]:
    of_invoice, of_line = _hashed(form)
    lines: defaultdict[int, list[Sequence[Any]]] = defaultdict(list)
    for invoice_id, *line in of_line.rows(session, keys=ids):
        lines[invoice_id].append(line)
    return {
        key: content_hash(invoice, lines[key], pictures.get(key, _NONE), form=form)
        for key, *invoice in of_invoice.rows(session, keys=ids)
    }


@cache
def _hashed(form: int) -> tuple[Short, Short]:
    """What is hashed by a form of documents, and of their lines: after an identifier."""
    of_invoice, of_line = columns_of(form)
    invoice = [Invoice.id, *(getattr(Invoice, name) for name in of_invoice)]
    line = [InvoiceLine.invoice_id, *(getattr(InvoiceLine, name) for name in of_line)]
    return (
        Short(lambda keys: select(*invoice).where(among(Invoice.id, keys))),
        Short(
            lambda keys: (
                select(*line)
                .where(among(InvoiceLine.invoice_id, keys))
                .order_by(InvoiceLine.position)
            )
        ),
    )


def _pictures(session: ScopedSession, ids: Sequence[int]) -> dict[int, Pieces]:
    shown = select(IssuedDocument.invoice_id, IssuedDocument.picture).where(
        IssuedDocument.invoice_id.in_(ids), IssuedDocument.form == PDF_FORM
    )
    return {row.invoice_id: (canonical(row.picture).encode(),) for row in session.execute(shown)}
