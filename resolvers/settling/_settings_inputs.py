"""What people fill in of the firm and of its entities."""

from __future__ import annotations

from decimal import Decimal

import strawberry
from strawberry import Maybe
from strawberry.file_uploads import Upload

from domain.mail_template import MailKind


@strawberry.input(
    description="A letter of the firm's own, with {number} {client} {gross} {entity} and, of an "
    "invoice, {due_date}. Null: the house's words."
)
class MailTemplateInput:
    language: str
    kind: MailKind
    subject: str | None = None
    body: str | None = None


@strawberry.input(description="How a client is invoiced. What is left out stays; null empties.")
class ClientPapersUpdateInput:
    id: strawberry.ID
    expected_version: int | None = None
    footer_message_fr: Maybe[str | None] = strawberry.field(
        description="Before the entity's and the organisation's."
    )
    footer_message_en: Maybe[str | None] = strawberry.field(
        description="Before the entity's and the organisation's."
    )
    has_entity_terms: Maybe[bool | None] = strawberry.field(
        description="True: new invoices take the payment term of the entity, not the client's."
    )


@strawberry.input(description="What is left out stays; null empties.")
class OrganisationUpdateInput:
    expected_version: int | None = None
    name: Maybe[str | None]
    locale: Maybe[str | None] = strawberry.field(description="fr-FR, en-GB: the house's language.")
    currency: Maybe[str | None] = strawberry.field(
        description="Of new records; stays once collaborators have rates in it."
    )
    footer_message_fr: Maybe[str | None] = strawberry.field(
        description="At the foot of new French invoices."
    )
    footer_message_en: Maybe[str | None] = strawberry.field(
        description="At the foot of new English invoices."
    )
    vat_number_mandatory: Maybe[bool | None] = strawberry.field(
        description="False: a client without a VAT number is warned of, not refused."
    )
    time_zone: Maybe[str | None] = strawberry.field(
        description="An IANA zone such as Europe/Paris; null: that of the country."
    )
    late_payment_rate: Maybe[Decimal | None] = strawberry.field(
        description="Penalties for late payment, in percent a year; null: none are worked out."
    )
    prints_recap: Maybe[bool | None] = strawberry.field(
        description="False: invoices on progress show no table of the situation."
    )
    mail_templates: list[MailTemplateInput] | None = strawberry.field(
        default=None, description="Those given take the place of theirs; the others stay."
    )


@strawberry.input
class EntityFields:
    code: Maybe[str | None]
    name: Maybe[str | None]
    legal_form: Maybe[str | None]
    capital: Maybe[str | None]
    address: Maybe[str | None]
    country: Maybe[str | None] = strawberry.field(description="The organisation's when left out.")
    currency: Maybe[str | None] = strawberry.field(description="The organisation's when left out.")
    siren: Maybe[str | None]
    siret: Maybe[str | None]
    vat_number: Maybe[str | None]
    rcs: Maybe[str | None]
    email: Maybe[str | None]
    phone: Maybe[str | None]
    iban: Maybe[str | None]
    bic: Maybe[str | None]
    fiscal_year_start: Maybe[str | None] = strawberry.field(description="Month-day, e.g. 07-01.")
    invoice_series: Maybe[str | None] = strawberry.field(
        description="1 to 3 capitals, never used by another entity nor for credit notes."
    )
    credit_note_series: Maybe[str | None] = strawberry.field(
        description="1 to 3 capitals, never used by another entity nor for invoices."
    )
    vat_on_debits: Maybe[bool | None]
    payment_days: Maybe[int | None]
    legal_texts: Maybe[str | None] = strawberry.field(description="One mention a line.")
    footer_message_fr: Maybe[str | None] = strawberry.field(
        description="At the foot of its French papers, before the organisation's."
    )
    footer_message_en: Maybe[str | None] = strawberry.field(
        description="At the foot of its English papers, before the organisation's."
    )
    prints_recap: Maybe[bool | None] = strawberry.field(description="Null: as the organisation.")
    logo: Maybe[Upload | None] = strawberry.field(
        description="PNG, JPEG or a plain SVG drawing, 1 MB at most; null takes it away."
    )


@strawberry.input
class EntityCreateInput(EntityFields):
    pass


@strawberry.input
class EntityUpdateInput(EntityFields):
    id: strawberry.ID
    expected_version: int | None = None
