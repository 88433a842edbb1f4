"""What of a person stays because the law wants it kept, and until when (DOMAIN §4.1)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from domain.invoice.model import LEGAL, Invoice, InvoiceLine, IssuedDocument
from domain.organisation import Entity
from domain.payment import Payment, PaymentAllocation, PaymentCancellation
from domain.privacy import Reckoning, Why
from domain.privacy_fates import Fate
from domain.privacy_register import columns_of
from domain.retention import kept_until
from persistence.privacy.person import Person
from persistence.privacy.search import naming, table_of
from persistence.session import ScopedSession

_PORTION = 500


class Years:
    """The fiscal years of the firm's entities: until when what happened on a day is kept."""

    def __init__(self, session: ScopedSession) -> None:
        found = session.execute(select(Entity.id, Entity.fiscal_year_start))
        self._starts: dict[int, str] = {row.id: row.fiscal_year_start for row in found}

    def until(self, day: date | datetime, entity_id: int | None = None) -> date:
        """The last day a document of `day` is kept; of no entity, the latest of all."""
        # A moment is somewhere else the day after already.
        if isinstance(day, datetime):
            day = day.date() + timedelta(days=1)
        if entity_id is not None:
            return kept_until(day, fiscal_year_start=self._starts[entity_id])
        starts = set(self._starts.values()) or {"01-01"}
        return max(kept_until(day, fiscal_year_start=start) for start in starts)


def count_kept(session: ScopedSession, person: Person, reckoning: Reckoning) -> None:
    """Tells every accounting document that names the person, or is of the client who they are."""
    years = Years(session)
    invoices = _naming(session, person, "invoice", Fate.DRAFT)
    lines = _naming(session, person, "invoice_line", Fate.DRAFT)
    papers = _naming(session, person, "issued_document", Fate.ACCOUNTS)
    invoices |= set(_values(session, InvoiceLine.invoice_id, InvoiceLine.id, lines))
    invoices |= set(_values(session, IssuedDocument.invoice_id, IssuedDocument.id, papers))
    for client in person.ids("client"):
        invoices |= set(session.scalars(select(Invoice.id).where(Invoice.client_id == client)))
        reckoning.keep("client", Why.ACCOUNTS)
    _keep_invoices(session, reckoning, years, invoices)
    _keep_payments(session, person, reckoning, years)
    for name in ("accounting_export", "invoice_export"):
        for key in sorted(_naming(session, person, name, Fate.ACCOUNTS)):
            table = table_of(name)
            at = session.scalars(select(table.c.exported_at).where(table.c.id == key)).one()
            reckoning.keep(name, Why.ACCOUNTS, until=years.until(at))


def _naming(session: ScopedSession, person: Person, name: str, fate: Fate) -> set[int]:
    columns = columns_of(fate)[name]
    return {key for key, _ in naming(session, table_of(name), columns, person.rewriter)}


def _values(session: ScopedSession, wanted: Any, by: Any, keys: Iterable[int]) -> list[Any]:
    found: list[Any] = []
    ordered = sorted(keys)
    for start in range(0, len(ordered), _PORTION):
        part = ordered[start : start + _PORTION]
        found += session.execute(select(wanted).where(by.in_(part))).scalars()
    return found


def _keep_invoices(
    session: ScopedSession, reckoning: Reckoning, years: Years, keys: set[int]
) -> None:
    ordered = sorted(keys)
    for start in range(0, len(ordered), _PORTION):
        part = ordered[start : start + _PORTION]
        final = select(Invoice.issue_date, Invoice.entity_id).where(
            Invoice.id.in_(part), Invoice.state.in_(LEGAL)
        )
        for day, entity_id in session.execute(final):
            until = None if day is None else years.until(day, entity_id)
            reckoning.keep("invoice", Why.ACCOUNTS, until=until)


def _keep_payments(
    session: ScopedSession, person: Person, reckoning: Reckoning, years: Years
) -> None:
    keys = _naming(session, person, "payment", Fate.ACCOUNTS)
    for record in (PaymentAllocation, PaymentCancellation):
        found = _naming(session, person, record.__tablename__, Fate.ACCOUNTS)
        keys |= set(_values(session, record.payment_id, record.id, found))
    clients = person.ids("client")
    keys |= set(session.scalars(select(Payment.id).where(Payment.client_id.in_(clients))))
    ordered = sorted(keys)
    for start in range(0, len(ordered), _PORTION):
        part = ordered[start : start + _PORTION]
        rows = select(Payment.received_on, Payment.entity_id).where(Payment.id.in_(part))
        for day, entity_id in session.execute(rows):
            reckoning.keep("payment", Why.ACCOUNTS, until=years.until(day, entity_id))
