"""The party invoiced, with its addresses and contacts (DOMAIN §2.1)."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import Boolean, ForeignKeyConstraint, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import (
    CODE,
    COUNTRY,
    CURRENCY,
    NAME,
    BigKey,
    Record,
    Scoped,
    Versioned,
    choice,
    owned,
)
from domain.errors import call_error

CLIENT_CODE_TAKEN = call_error("CLIENT_CODE_TAKEN", "The client code {code} is already used.")
CLIENT_NAME_TAKEN = call_error("CLIENT_NAME_TAKEN", "There is already a client named {name}.")
CLIENT_IN_USE = call_error(
    "CLIENT_IN_USE", "The client {name} still has {count} live projects; archive them first."
)


class ClientType(StrEnum):
    """What kind of party it is: decides mentions, terms and the e-invoice's route."""

    COMPANY = "COMPANY"
    PUBLIC = "PUBLIC"
    ASSOCIATION = "ASSOCIATION"
    INDIVIDUAL = "INDIVIDUAL"


class Client(Versioned, Record):
    """A billing client; `name_key` and `loose_key` are its name as likeness compares it."""

    __tablename__ = "client"
    __table_args__ = owned(
        UniqueConstraint("organisation_id", "code"),
        UniqueConstraint("organisation_id", "name_key"),
        Index(None, "organisation_id", "loose_key"),
        Index(None, "organisation_id", "name"),
    )

    code: Mapped[str] = mapped_column(CODE)
    name: Mapped[str] = mapped_column(NAME)
    name_key: Mapped[str] = mapped_column(NAME)
    loose_key: Mapped[str] = mapped_column(NAME)
    billing_address: Mapped[str] = mapped_column(String(500), default="")
    currency: Mapped[str] = mapped_column(CURRENCY, default="EUR")
    country: Mapped[str] = mapped_column(COUNTRY, default="FR")
    client_type: Mapped[ClientType] = mapped_column(choice(ClientType), default=ClientType.COMPANY)
    vat_number: Mapped[str | None] = mapped_column(String(32), default=None)
    """A number, "NA" when the client declares to have none, or NULL when unknown."""
    siret: Mapped[str | None] = mapped_column(String(14), default=None)
    siren: Mapped[str | None] = mapped_column(String(9), default=None)
    language: Mapped[str] = mapped_column(String(2), default="fr")
    payment_days: Mapped[int] = mapped_column(Integer, default=30)
    ledger_account: Mapped[str | None] = mapped_column(CODE, default=None)
    service_code: Mapped[str | None] = mapped_column(NAME, default=None)
    comment: Mapped[str | None] = mapped_column(Text, default=None)
    footer_message_fr: Mapped[str | None] = mapped_column(Text, default=None)
    """At the foot of its French papers, before the entity's and the organisation's."""
    footer_message_en: Mapped[str | None] = mapped_column(Text, default=None)
    has_entity_terms: Mapped[bool] = mapped_column(Boolean, default=False)
    """True: the payment term of the entity that invoices goes before its own."""


class Address(Scoped, Record):
    """A further address of a client; `code` is unique in the client, one at most is the default."""

    __tablename__ = "address"
    __table_args__ = owned(
        ForeignKeyConstraint(
            ["organisation_id", "client_id"], ["client.organisation_id", "client.id"]
        ),
        UniqueConstraint("organisation_id", "client_id", "code"),
    )

    client_id: Mapped[int] = mapped_column(BigKey)
    code: Mapped[str | None] = mapped_column(CODE, default=None)
    name: Mapped[str | None] = mapped_column(NAME, default=None)
    street: Mapped[str | None] = mapped_column(String(500), default=None)
    postcode: Mapped[str | None] = mapped_column(String(32), default=None)
    city: Mapped[str | None] = mapped_column(NAME, default=None)
    state: Mapped[str | None] = mapped_column(NAME, default=None)
    country: Mapped[str | None] = mapped_column(COUNTRY, default=None)
    is_default: Mapped[bool] = mapped_column(Boolean, default=False)


class Contact(Scoped, Record):
    """A person to speak to at a client; one at most is the default."""

    __tablename__ = "contact"
    __table_args__ = owned(
        ForeignKeyConstraint(
            ["organisation_id", "client_id"], ["client.organisation_id", "client.id"]
        ),
        Index(None, "organisation_id", "client_id"),
    )

    client_id: Mapped[int] = mapped_column(BigKey)
    name: Mapped[str | None] = mapped_column(NAME, default=None)
    email: Mapped[str | None] = mapped_column(NAME, default=None)
    phone: Mapped[str | None] = mapped_column(String(64), default=None)
    is_default: Mapped[bool] = mapped_column(Boolean, default=False)
