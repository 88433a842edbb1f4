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
    is_default: bool = strawberry.field(description="One at most of a client.")


@strawberry.type(description="A person to speak to at a client.")
class Contact(Node):
    name: str | None
    email: str | None
    phone: str | None
    is_default: bool = strawberry.field(description="One at most of a client.")


@strawberry.type(description="The party invoiced.")
class Client(Node):
    code: str = strawberry.field(description="The company number of exports.")
    name: str = strawberry.field(
        description="Unique in the firm, whatever the case and the accents."
    )
    client_type: ClientType
    billing_address: str = strawberry.field(
        description="Lines, the postcode and the town in the last one."
    )
    country: str = strawberry.field(description="ISO 3166, two letters.")
    currency: str = strawberry.field(
        description="ISO 4217: of its blank invoices, and of its payments when none is given."
    )
    vat_number: str | None = strawberry.field(description="NA: declared to have none.")
    siret: str | None = strawberry.field(description="14 digits, of an establishment in France.")
    siren: str | None = strawberry.field(description="9 digits: those that a SIRET begins with.")
    language: str = strawberry.field(description="fr or en: of its papers and its mails.")
    payment_days: int = strawberry.field(
        description="From the issue date to the due date of new invoices."
    )
    ledger_account: str | None = strawberry.field(
        description="The auxiliary account; null: 411 and the code."
    )
    service_code: str | None = strawberry.field(
        description="Of a public client: the service that the invoice is for (Chorus Pro)."
    )
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
    addresses: list[Address] = strawberry.field(
        description="Further ones; invoices bear `billingAddress`."
    )
    contacts: list[Contact]
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None = strawberry.field(
        description="When it left the lists; null while it is in them."
    )
    version: int = strawberry.field(
        description="Counts its changes: `expectedVersion` is compared."
    )


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
