"""Clients, with their addresses and contacts."""

from __future__ import annotations

from datetime import datetime

import strawberry

from domain.client import Address as AddressRecord
from domain.client import Client as ClientRecord
from domain.client import ClientType
from domain.client import Contact as ContactRecord
from persistence.reading import Noun, ToMany
from schema.node import Node

strawberry.enum(ClientType, description="INDIVIDUAL: a private person.")


@strawberry.type(description="A further address of a client.")
class Address(Node):
    code: str | None
    name: str | None
    street: str | None
    postcode: str | None
    city: str | None
    state: str | None
    country: str | None
    is_default: bool


@strawberry.type(description="A person to speak to at a client.")
class Contact(Node):
    name: str | None
    email: str | None
    phone: str | None
    is_default: bool


@strawberry.type(description="The party invoiced.")
class Client(Node):
    code: str = strawberry.field(description="The company number of exports.")
    name: str
    client_type: ClientType
    billing_address: str
    country: str
    currency: str
    vat_number: str | None = strawberry.field(description="NA: declared to have none.")
    siret: str | None
    siren: str | None
    language: str
    payment_days: int
    ledger_account: str | None
    service_code: str | None
    comment: str | None
    footer_message_fr: str | None = strawberry.field(
        description="At the foot of its French papers, before the entity's and the organisation's."
    )
    footer_message_en: str | None = strawberry.field(
        description="At the foot of its English papers, before the entity's and the organisation's."
    )
    has_entity_terms: bool = strawberry.field(
        description="True: new invoices take the payment term of the entity, not `paymentDays`."
    )
    addresses: list[Address]
    contacts: list[Contact]
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None
    version: int


ADDRESS = Noun(AddressRecord, "Address")
CONTACT = Noun(ContactRecord, "Contact")
CLIENT = Noun(
    ClientRecord,
    "Client",
    {
        "addresses": ToMany(lambda: ADDRESS, "client_id"),
        "contacts": ToMany(lambda: CONTACT, "client_id"),
    },
)
