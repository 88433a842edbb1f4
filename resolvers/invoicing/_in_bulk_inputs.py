"""What callers give to act on many invoices at once."""

from __future__ import annotations

from datetime import date

import strawberry

from domain.invoice.create import Basis
from resolvers.invoicing._inputs import InvoiceLineInput, PhaseShareInput
from resolvers.invoicing.crediting import CreditLineInput
from resolvers.invoicing.one_by_one import EuroRateInput
from schema.payload import ErrorPolicy


@strawberry.input
class FinaliseItem:
    id: strawberry.ID
    euro_rate: EuroRateInput | None = None
    external_reference: str | None = None


@strawberry.input
class InvoicesBulkFinaliseInput:
    items: list[FinaliseItem]
    issue_date: date | None = strawberry.field(
        default=None, description="Of all of them; today when left out."
    )
    error_policy: ErrorPolicy = ErrorPolicy.REJECT_EVERYTHING
    dry_run: bool = False
    idempotency_key: strawberry.ID


@strawberry.input
class CreditItem:
    id: strawberry.ID
    lines: list[CreditLineInput] | None = None
    reason: str | None = None
    issue_date: date | None = None
    external_reference: str | None = None


@strawberry.input
class InvoicesBulkCreditInput:
    items: list[CreditItem]
    error_policy: ErrorPolicy = ErrorPolicy.REJECT_EVERYTHING
    dry_run: bool = False
    idempotency_key: strawberry.ID


@strawberry.input(description="From a project, or blank with lines of its own.")
class CreateItem:
    client_id: strawberry.ID
    project_id: strawberry.ID | None = None
    entity_id: strawberry.ID | None = strawberry.field(
        default=None, description="Of a blank one; may be left out by a firm of one entity."
    )
    basis: Basis = Basis.REMAINING
    phases: list[PhaseShareInput] | None = None
    ledger_account: str | None = None
    product_sku: str | None = None
    as_of: date | None = None
    items: list[str] | None = strawberry.field(
        default=None, description="Keys of `billables`: these items, and nothing beside them."
    )
    lines: list[InvoiceLineInput] | None = strawberry.field(
        default=None, description="Of a blank one."
    )
    external_reference: str | None = None


@strawberry.input
class InvoicesBulkCreateInput:
    items: list[CreateItem]
    error_policy: ErrorPolicy = ErrorPolicy.REJECT_EVERYTHING
    dry_run: bool = False
    idempotency_key: strawberry.ID


@strawberry.input
class SendItem:
    id: strawberry.ID
    to: list[str] | None = None
    cc: list[str] | None = None
    subject: str | None = None
    body: str | None = None
    external_reference: str | None = None


@strawberry.input
class InvoicesBulkSendInput:
    items: list[SendItem]
    error_policy: ErrorPolicy = ErrorPolicy.REJECT_EVERYTHING
    dry_run: bool = False
    idempotency_key: strawberry.ID


@strawberry.input
class InvoiceItem:
    id: strawberry.ID
    external_reference: str | None = None


@strawberry.input
class InvoicesBulkDeleteInput:
    items: list[InvoiceItem]
    error_policy: ErrorPolicy = ErrorPolicy.REJECT_EVERYTHING
    dry_run: bool = False
    idempotency_key: strawberry.ID
