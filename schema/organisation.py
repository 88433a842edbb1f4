"""The organisation and the entities in whose name it invoices."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import strawberry

from domain.access import Permission, Role
from domain.mail_template import MailKind
from domain.organisation import Entity as EntityRecord
from domain.organisation import Organisation as OrganisationRecord
from domain.organisation import late_payment_rate, zone_of
from domain.standing import Door
from persistence.entities import with_logo
from persistence.reading import Computed, Derived, Noun, ToMany
from schema.context import Info
from schema.node import Node

strawberry.enum(Role, description="What somebody may do, and how far they reach: docs/roles.md.")
strawberry.enum(Permission, description="One thing people come to do, as far as access goes.")
strawberry.enum(Door, description="How somebody came to act or to ask.")
strawberry.enum(MailKind, description="What a letter is about; a deposit is an INVOICE.")


def _account(name: str) -> Any:
    def seen(row: strawberry.Parent[Any], info: Info) -> str | None:
        found: str | None = row[name]
        return None if info.context.caller.reach.only_work else found

    return seen


_ACCOUNT = "Null to a COLLABORATOR."


@strawberry.type(description="A legal entity that issues invoices.")
class Entity(Node):
    code: str
    name: str
    legal_form: str | None
    capital: str | None
    address: str
    country: str
    currency: str
    siren: str | None
    siret: str | None
    vat_number: str | None
    rcs: str | None
    email: str | None
    phone: str | None
    iban: str | None = strawberry.field(resolver=_account("iban"), description=_ACCOUNT)
    bic: str | None = strawberry.field(resolver=_account("bic"), description=_ACCOUNT)
    fiscal_year_start: str = strawberry.field(description="Month-day, e.g. 07-01.")
    invoice_series: str
    credit_note_series: str
    vat_on_debits: bool
    payment_days: int
    legal_texts: str | None
    footer_message_fr: str | None
    footer_message_en: str | None
    prints_recap: bool | None = strawberry.field(description="Null: as the organisation.")
    has_logo: bool
    updated_at: datetime
    archived_at: datetime | None
    version: int


@strawberry.type(description="A letter of the firm's own; null: the house's words.")
class MailTemplate:
    language: str
    kind: MailKind
    subject: str | None
    body: str | None


@strawberry.type(description="The firm: every other record belongs to exactly one.")
class Organisation(Node):
    code: str
    name: str
    country: str
    locale: str
    currency: str
    footer_message_fr: str | None = strawberry.field(
        description="The message at the foot of French invoices."
    )
    footer_message_en: str | None = strawberry.field(
        description="The message at the foot of English invoices."
    )
    vat_number_mandatory: bool = strawberry.field(
        description="Whether a client without a VAT number is refused, or only warned of."
    )
    time_zone: str = strawberry.field(
        description="Where the firm's day begins: an IANA zone, by its country unless it was set."
    )
    late_payment_rate: Decimal | None = strawberry.field(
        description="Penalties for late payment, in percent a year."
    )
    prints_recap: bool = strawberry.field(
        description="Whether invoices on progress show the table of the situation."
    )
    mail_templates: list[MailTemplate] = strawberry.field(description="Those it has changed.")
    entities: list[Entity]
    created_at: datetime
    version: int = strawberry.field(
        description="Counts the changes of these settings, not those of the entities."
    )


def _footer(language: str) -> Computed:
    return Computed(
        ("settings",), lambda row: (row["settings"].get("footer_message") or {}).get(language)
    )


def _templates(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "language": language,
            "kind": MailKind(kind),
            "subject": own.get("subject"),
            "body": own.get("body"),
        }
        for language, kinds in (row["settings"].get("mail_templates") or {}).items()
        for kind, own in kinds.items()
    ]


ENTITY = Noun(EntityRecord, "Entity", {"has_logo": Derived(with_logo, default=False)})
ORGANISATION = Noun(
    OrganisationRecord,
    "Organisation",
    {
        "footer_message_fr": _footer("fr"),
        "footer_message_en": _footer("en"),
        "vat_number_mandatory": Computed(
            ("settings",), lambda row: bool(row["settings"].get("vat_number_mandatory", True))
        ),
        "time_zone": Computed(
            ("settings", "country"), lambda row: zone_of(row["settings"], row["country"])
        ),
        "late_payment_rate": Computed(
            ("settings",), lambda row: late_payment_rate(row["settings"])
        ),
        "prints_recap": Computed(
            ("settings",), lambda row: bool(row["settings"].get("prints_recap", True))
        ),
        "mail_templates": Computed(("settings",), _templates),
        "entities": ToMany(lambda: ENTITY, "organisation_id"),
    },
)
