"""Freezing documents: their picture is kept, they wait for the accounts, and are chained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from documents.electronic.obstacles import obstacles
from documents.electronic.view import electronic_of
from documents.glyphs import printed_as_boxes
from documents.picture import InvoicePicture, Reference
from documents.picture_json import Kept, kept, to_json
from documents.portrait import picture_of
from domain.errors import Issue
from domain.handover import TOPIC
from domain.invoice.finalise import Dossier, finalise
from domain.invoice.model import PDF_FORM, IssuedDocument
from domain.platform.connection import PLATFORM_OUT_OF_REACH
from persistence.bulk import WrittenJson
from persistence.invoice import chain
from persistence.outside.outbox import announce
from persistence.outside.platforms import Linked, linked
from persistence.outside.transmissions import enlist
from persistence.session import insert_all
from resolvers._mutation import Acting
from resolvers.invoicing._picturing import occasions_of

HANDOVER = TOPIC
"""The topic under which final invoices wait for the accounting software (F02, F23)."""


@dataclass(frozen=True, slots=True)
class Frozen:
    """A document to be frozen, with its number and the documents that it names."""

    dossier: Dossier
    number: str
    issue_date: date
    references: tuple[Reference, ...] = ()


def freeze(
    acting: Acting,
    dossier: Dossier,
    *,
    number: str,
    issue_date: date,
    references: tuple[Reference, ...] = (),
) -> list[Issue]:
    """Makes a document final: its picture is kept, it waits for the accounts, and is chained.

    What to warn of, as `freeze_all`.
    """
    acting.session.flush()
    said = freeze_all(acting, [Frozen(dossier, number, issue_date, references)])
    return said[dossier.invoice.id]


def freeze_all(acting: Acting, documents: Sequence[Frozen]) -> dict[int, list[Issue]]:
    """Makes documents final, and chains them in their order; none of them is new.

    By invoice: what its paper cannot show, and that it cannot go through the platform.
    """
    session, now = acting.session, acting.house.clock()
    platforms = linked(session) if documents else {}
    pictures: dict[int, Kept] = {}
    boxes: dict[int, list[Issue]] = {}
    # Written at once: from then on the database lets nobody change them.
    with session.no_autoflush:
        occasions = occasions_of(session, [(one.dossier, one.issue_date) for one in documents])
        for one, occasion in zip(documents, occasions, strict=True):
            dossier, invoice = one.dossier, one.dossier.invoice
            finalise(invoice, number=one.number, issue_date=one.issue_date, now=now)
            drawn = picture_of(dossier, occasion)
            named = tuple(dict.fromkeys((*one.references, *drawn.references)))
            if named != drawn.references:
                drawn = replace(drawn, references=named)
            picture = to_json(drawn)
            invoice.seller, invoice.buyer = picture["seller"], picture["buyer"]
            pictures[invoice.id] = kept(picture)
            boxes[invoice.id] = printed_as_boxes(picture)
            platform = platforms.get(invoice.entity_id)
            if platform is not None and platform.is_enabled:
                boxes[invoice.id] += _kept_from(dossier, drawn, platform)
        session.flush()
    shown = [
        {"invoice_id": key, "form": PDF_FORM, "picture": WrittenJson(one.stored)}
        for key, one in pictures.items()
    ]
    insert_all(session, IssuedDocument, shown)
    final = [one.dossier.invoice for one in documents]
    has_folder = acting.house.handover_folder is not None
    announce(session, HANDOVER, final, with_folder=has_folder, now=now)
    enlist(session, final, platforms, now=now)
    chain.link_all(session, final, {key: one.hashed for key, one in pictures.items()})
    return boxes


def _kept_from(dossier: Dossier, picture: InvoicePicture, platform: Linked) -> list[Issue]:
    """PLATFORM_OUT_OF_REACH of what cannot be electronic, of an entity that has a platform."""
    if not obstacles(electronic_of(dossier, picture)):
        return []
    number = picture.number
    return [PLATFORM_OUT_OF_REACH(field=("id",), number=number, platform=platform.name)]
