"""What people fill in for an export, and for the settings that exports need."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import strawberry
from strawberry import Maybe

from domain.accounting import SETTINGS, ExportFormat
from domain.errors import FIELD_REQUIRED, Refusal
from domain.given import currency_of, one_of
from domain.invoice.euro import rates_by_currency
from domain.invoice.model import LEGAL, InvoiceState
from resolvers.posting._selecting import ExportWanted
from schema.node import key_of, optional_key
from words import LANGUAGES


@strawberry.input(description="The documents of a period; both days belong to it.")
class InvoicesExportFilter:
    entity_id: strawberry.ID | None = None
    client_id: strawberry.ID | None = None
    project_id: strawberry.ID | None = None
    currency: str | None = None
    issued_from: date | None = None
    issued_to: date | None = None
    states: list[InvoiceState] | None = strawberry.field(
        default=None, description="Final ones when left out; pro formas go to CSV only."
    )


@strawberry.input(description="For documents in a currency with which no euro rate is kept.")
class ExportEuroRateInput:
    currency: str
    rate: Decimal = strawberry.field(description="Euros for one unit.")


@strawberry.input(description="Either `ids` or `filter`; at most 10,000 documents.")
class InvoicesExportInput:
    format: ExportFormat
    ids: list[strawberry.ID] | None = None
    filter: InvoicesExportFilter | None = None
    language: str | None = strawberry.field(
        default=None,
        description="Of CSV: fr (semicolons, decimal commas) or en; the caller's when left out.",
    )
    include_payments: bool = strawberry.field(
        default=False,
        description="Of FEC: the journal of the bank too. With ids, the payments set against them.",
    )
    euro_rates: list[ExportEuroRateInput] | None = strawberry.field(
        default=None, description="Of FEC, whose amounts are in euros."
    )
    idempotency_key: strawberry.ID


@strawberry.input(description="What a code of ours is called elsewhere.")
class AccountingNameInput:
    code: str
    name: str


@strawberry.input(description="What is left out stays; null brings the usual value back.")
class AccountingSettingsUpdateInput:
    entity_id: strawberry.ID
    expected_version: int | None = None
    receivable_account: Maybe[str | None]
    revenue_account: Maybe[str | None]
    vat_account: Maybe[str | None]
    bank_account: Maybe[str | None]
    sales_journal: Maybe[str | None]
    sales_journal_label: Maybe[str | None]
    bank_journal: Maybe[str | None]
    bank_journal_label: Maybe[str | None]
    quickbooks_item: Maybe[str | None]
    quickbooks_accounts: Maybe[list[AccountingNameInput] | None] = strawberry.field(
        description="All of them: those given take the place of those there were."
    )
    xero_accounts: Maybe[list[AccountingNameInput] | None]
    xero_tax_types: Maybe[list[AccountingNameInput] | None]


def settings_given(asked: AccountingSettingsUpdateInput) -> Mapping[str, Any]:
    """The settings that were given, by name; None where null was given."""
    every = ((name, getattr(asked, name)) for name in SETTINGS)
    return {name: _plain(maybe.value) for name, maybe in every if maybe is not None}


def _plain(value: Any) -> Any:
    return [(one.code, one.name) for one in value] if isinstance(value, list) else value


def language_of(asked: str | None, locale: str) -> str:
    """The language of an export: what was asked for, else the caller's."""
    language = asked or ("en" if locale.startswith("en") else "fr")
    return one_of(language, field=("language",), name="The language", allowed=LANGUAGES)


def as_wanted(asked: InvoicesExportInput, locale: str) -> ExportWanted:
    """What is to be exported, its identifiers read and its values judged."""
    if (asked.ids is None) == (asked.filter is None):
        raise Refusal(FIELD_REQUIRED(field=("ids",), name="One of ids and filter"))
    if asked.ids is not None and not asked.ids:
        raise Refusal(FIELD_REQUIRED(field=("ids",), name="ids"))
    language = language_of(asked.language, locale)
    chosen = asked.filter or InvoicesExportFilter()

    def key(name: str) -> int | None:
        return optional_key(getattr(chosen, f"{name}_id"), name, field=("filter", f"{name}_id"))

    if chosen.currency is not None:
        currency_of(chosen.currency, field=("filter", "currency"))
    return ExportWanted(
        format=asked.format,
        invoice_ids=None
        if asked.ids is None
        else [key_of(one, "invoice", field=("ids", place)) for place, one in enumerate(asked.ids)],
        states=chosen.states or LEGAL,
        entity_id=key("entity"),
        client_id=key("client"),
        project_id=key("project"),
        currency=chosen.currency,
        issued_from=chosen.issued_from,
        issued_to=chosen.issued_to,
        language=language,
        include_payments=asked.include_payments and asked.format is ExportFormat.FEC,
        euro_rates=euro_rates_of(asked.euro_rates),
    )


def euro_rates_of(asked: list[ExportEuroRateInput] | None) -> dict[str, Decimal]:
    """Euros for one unit, by currency; none where nothing was given."""
    return rates_by_currency([(one.currency, one.rate) for one in asked or ()])
