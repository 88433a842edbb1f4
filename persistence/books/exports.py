"""What exports are drawn from, in a number of statements that does not grow with the documents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select

from domain.accounting import AccountingExport, AccountingSettings, ExportFormat, InvoiceExport
from domain.catalogue import LedgerAccount
from domain.invoice.model import Invoice
from domain.project.model import Contract, Phase
from persistence.records import portions
from persistence.session import ScopedSession


def documents_by_id(session: ScopedSession, keys: Iterable[int]) -> dict[int, Invoice]:
    return {
        found.id: found
        for portion in portions(keys)
        for found in session.scalars(select(Invoice).where(Invoice.id.in_(portion)))
    }


def with_their_notes(session: ScopedSession, keys: Iterable[int]) -> list[Invoice]:
    """These invoices and the credit notes of them, in the order in which they were made."""
    found = [
        one
        for portion in portions(keys)
        for one in session.scalars(
            select(Invoice).where(or_(Invoice.id.in_(portion), Invoice.credits_id.in_(portion)))
        )
    ]
    return sorted(found, key=lambda one: one.id)


def count_documents(session: ScopedSession, where: Sequence[ColumnElement[bool]]) -> int:
    return session.scalar(select(func.count(Invoice.id)).where(*where)) or 0


def documents_where(session: ScopedSession, where: Sequence[ColumnElement[bool]]) -> list[Invoice]:
    return list(session.scalars(select(Invoice).where(*where).order_by(Invoice.id)))


def settings_of(session: ScopedSession, entity_id: int) -> AccountingSettings | None:
    """The settings of the accounts of an entity; None where the usual ones hold."""
    return settings_by_entity(session, [entity_id]).get(entity_id)


def settings_by_entity(
    session: ScopedSession, entity_ids: Iterable[int]
) -> dict[int, AccountingSettings]:
    statement = select(AccountingSettings).where(AccountingSettings.entity_id.in_(set(entity_ids)))
    return {one.entity_id: one for one in session.scalars(statement)}


def account_labels(session: ScopedSession) -> dict[str, str]:
    """The labels of the ledger accounts by number, archived ones too: old lines name them."""
    statement = select(LedgerAccount.number, LedgerAccount.label)
    return dict(session.execute(statement).all())


def phases_told(
    session: ScopedSession, phase_ids: Iterable[int]
) -> dict[int, tuple[str, str | None]]:
    """The contract and the code of each phase."""
    return {
        key: (contract, code)
        for portion in portions(phase_ids)
        for key, contract, code in session.execute(
            select(Phase.id, Contract.name, Phase.code)
            .join(Contract, Contract.id == Phase.contract_id)
            .where(Phase.id.in_(portion))
        )
    }


def numbers_of(session: ScopedSession, keys: Iterable[int]) -> dict[int, str]:
    """The legal numbers of documents."""
    return {
        key: number
        for portion in portions(keys)
        for key, number in session.execute(
            select(Invoice.id, Invoice.number).where(Invoice.id.in_(portion))
        )
        if number is not None
    }


# What went out


@dataclass(frozen=True, slots=True)
class WentOut:
    """Which of the documents had gone out in a format already."""

    invoice_ids: tuple[int, ...]
    since: datetime


def went_out(
    session: ScopedSession, invoice_ids: Iterable[int], destination: ExportFormat
) -> WentOut | None:
    """Those of the documents that were exported in this format; None for none."""
    row = InvoiceExport
    first: dict[int, datetime] = {}
    for portion in portions(invoice_ids):
        statement = (
            select(row.invoice_id, func.min(row.exported_at))
            .where(and_(row.invoice_id.in_(portion), row.format == destination))
            .group_by(row.invoice_id)
        )
        first |= dict(session.execute(statement).all())
    if not first:
        return None
    return WentOut(tuple(sorted(first)), min(first.values()))


def exports_where(destination: ExportFormat | None) -> list[ColumnElement[bool]]:
    """The conditions of a list of exports."""
    return [] if destination is None else [AccountingExport.format == destination]
