"""What is exported: the documents asked for, and how exporters see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from documents.accounting.entry import Entry, Surroundings, entry_of
from domain.accounting import (
    EXPORT_NOT_FINAL,
    EXPORT_TOO_LARGE,
    MOST_EXPORTED,
    ExportFormat,
    books_of,
)
from domain.client import Client
from domain.errors import NOT_FOUND, Refusal
from domain.invoice.finalise import Dossier
from domain.invoice.model import LEGAL, Invoice, InvoiceState
from domain.organisation import Entity
from domain.project.model import Project
from persistence.books import exports
from persistence.invoice import invoices
from persistence.invoice.deposits import projects_of_deposits
from persistence.records import the_record
from persistence.session import ScopedSession


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportWanted:
    """What is to be exported: the invoices named, else those that the rest describes.

    Both days belong to the period. `euro_rates` are for documents in another currency with which
    no rate is kept: euros for one unit, by currency.
    """

    format: ExportFormat
    invoice_ids: Sequence[int] | None = None
    states: Sequence[InvoiceState] = LEGAL
    entity_id: int | None = None
    client_id: int | None = None
    project_id: int | None = None
    currency: str | None = None
    issued_from: date | None = None
    issued_to: date | None = None
    language: str = "fr"
    include_payments: bool = False
    euro_rates: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def is_whole_period(self) -> bool:
        """Whether nothing but the entity and the days narrows it: the journals of a period."""
        named = (self.invoice_ids, self.client_id, self.project_id, self.currency)
        return all(one is None for one in named) and set(LEGAL) <= set(self.states)


def documents_of(session: ScopedSession, wanted: ExportWanted) -> list[Invoice]:
    if wanted.invoice_ids is not None:
        return _named_ones(session, wanted)
    named = ((Entity, "entity_id"), (Client, "client_id"), (Project, "project_id"))
    for record, name in named:
        key = getattr(wanted, name)
        if key is not None:
            the_record(session, record, key, field=("filter", name))
    takes_pro_formas = wanted.format is ExportFormat.CSV
    where = invoices.invoices_where(
        states=[state for state in wanted.states if takes_pro_formas or state in LEGAL],
        client_id=wanted.client_id,
        project_id=wanted.project_id,
        entity_id=wanted.entity_id,
        currency=wanted.currency,
        issued_from=wanted.issued_from,
        issued_to=wanted.issued_to,
    )
    _require_size(exports.count_documents(session, where))
    return exports.documents_where(session, where)


def _named_ones(session: ScopedSession, wanted: ExportWanted) -> list[Invoice]:
    keys = list(dict.fromkeys(wanted.invoice_ids or ()))
    _require_size(len(keys))
    found = exports.documents_by_id(session, keys)
    issues = []
    for place, key in enumerate(wanted.invoice_ids or ()):
        invoice = found.get(key)
        if invoice is None:
            issues.append(NOT_FOUND(field=("ids", place), noun="invoice", key=f"invoice_{key}"))
        elif wanted.format is not ExportFormat.CSV and invoice.state not in LEGAL:
            issues.append(EXPORT_NOT_FINAL(field=("ids", place), number=invoice.pro_forma_number))
    if issues:
        raise Refusal(*issues)
    return [found[key] for key in keys]


def _require_size(count: int) -> None:
    if count > MOST_EXPORTED:
        raise Refusal(EXPORT_TOO_LARGE(count=count, limit=MOST_EXPORTED))


def entries_of(session: ScopedSession, dossiers: Sequence[Dossier], zone: ZoneInfo) -> list[Entry]:
    """The documents as exporters see them, by entity and number."""
    labels = exports.account_labels(session)
    entity_ids = {one.entity.id for one in dossiers}
    settings = exports.settings_by_entity(session, entity_ids)
    books = {key: books_of(settings.get(key), labels) for key in entity_ids}
    phase_ids = {line.phase_id for one in dossiers for line in one.lines if line.phase_id}
    phases = exports.phases_told(session, phase_ids)
    credited = exports.numbers_of(
        session, (one.invoice.credits_id for one in dossiers if one.invoice.credits_id)
    )
    taken = {line.deducts_id for one in dossiers for line in one.lines if line.deducts_id}
    of_deposits = projects_of_deposits(session, sorted(taken))
    entries = [
        entry_of(
            one,
            Surroundings(
                books[one.entity.id],
                _local_day(one.invoice, zone),
                credited.get(one.invoice.credits_id or 0) or one.invoice.credited_number,
                phases,
                of_deposits,
            ),
        )
        for one in dossiers
    ]
    return sorted(entries, key=lambda entry: (entry.entity, _in_order(entry.number), entry.key))


def _local_day(invoice: Invoice, zone: ZoneInfo) -> date | None:
    return invoice.finalised_at.astimezone(zone).date() if invoice.finalised_at else None


def _in_order(number: str) -> tuple[str, int]:
    """PAR26-00042 as its series and its count, which may outgrow five digits."""
    series, _, count = number.rpartition("-")
    return (series, int(count)) if count.isdigit() else (number, 0)
