"""The picture of a document with all that its paper names, at the moment it is taken."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from documents.picture import InvoicePicture, Reference
from documents.portrait import Occasion, picture_of
from domain.invoice.finalise import Dossier
from domain.invoice.situation import prints_recap
from persistence.invoice.situations import deposits_of, situations_in_turn
from persistence.organisations import settings_of
from persistence.session import ScopedSession


def occasions_of(
    session: ScopedSession, dossiers: Sequence[tuple[Dossier, date]]
) -> list[Occasion]:
    """What papers say beyond their dossiers, on their days; of documents that are not final yet.

    They are taken to become final in this order.
    """
    if not dossiers:
        return []
    settings = settings_of(session)
    deposits = deposits_of(session, [line for one, _ in dossiers for line in one.lines])
    named = {
        key: Reference(number=one.number, issue_date=one.issue_date)
        for key, one in deposits.items()
    }
    situations = situations_in_turn(session, [(one.invoice, one.lines) for one, _ in dossiers])
    return [
        Occasion(
            day,
            logo=dossier.entity.logo,
            situations=tuple(told) if prints_recap(settings, dossier.entity) else (),
            deposits={
                key: named[key] for line in dossier.lines if (key := line.deducts_id or 0) in named
            },
            deposit_projects={key: one.project_id for key, one in deposits.items()},
        )
        for (dossier, day), told in zip(dossiers, situations, strict=True)
    ]


def picture_now(session: ScopedSession, dossier: Dossier, today: date) -> InvoicePicture:
    """The picture of a pro forma as it stands."""
    return picture_of(dossier, occasions_of(session, [(dossier, today)])[0])
