"""Pro formas by the thousand, ready to be made final."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import select

from domain.catalogue import TaxCode
from domain.client import Client
from domain.invoice.model import Invoice, InvoiceLine, InvoiceState, LineKind
from domain.likeness import loose_key, name_key
from domain.organisation import Entity
from persistence.ids import reserve
from persistence.session import ScopedSession, insert_all

CENTS = 12_345
"""The net of each."""


def add_drafts(session: ScopedSession, count: int) -> list[int]:
    """`count` pro formas of a new client, with one taxed line each, by all entities in turn."""
    name = f"Client of {count}"
    client = Client(
        code=f"D{count}",
        name=name,
        name_key=name_key(name),
        loose_key=loose_key(name),
        billing_address="1 rue du Port\n75001 Paris",
        vat_number="NA",
    )
    session.add(client)
    session.flush()
    tax = session.scalars(select(TaxCode.id).where(TaxCode.code == "FR-20")).one()
    entities = list(session.scalars(select(Entity.id).order_by(Entity.id)))
    ids = reserve(session, Invoice, count)
    insert_all(
        session,
        Invoice,
        [
            {
                "id": key,
                "pro_forma_number": f"PF-9{place:05d}",
                "client_id": client.id,
                "entity_id": entities[place % len(entities)],
                "currency": "EUR",
                "state": InvoiceState.DRAFT,
                "vat_groups": [],
                "seller": {},
                "buyer": {},
            }
            for place, key in enumerate(ids)
        ],
    )
    insert_all(
        session,
        InvoiceLine,
        [
            {
                "invoice_id": key,
                "position": 1,
                "kind": LineKind.ACCOUNT,
                "description": "Mission",
                "currency": "EUR",
                "quantity": Decimal(1),
                "unit": "LS",
                "unit_price": Decimal(CENTS) / 100,
                "net_minor": CENTS,
                "tax_code_id": tax,
                "ledger_account": "706000",
            }
            for key in ids
        ],
    )
    return ids
