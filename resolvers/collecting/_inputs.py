"""What callers give to record payments and to set them against invoices."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import strawberry

from domain.payment import PaymentMethod
from schema.payload import COMES_BACK, ErrorPolicy


@strawberry.input(description="How much of a payment is for which invoice.")
class AllocationInput:
    invoice_id: strawberry.ID
    amount: Decimal | None = strawberry.field(
        default=None, description="All that is due, as far as the payment goes, when left out."
    )


@strawberry.input
class PaymentItem:
    client_id: strawberry.ID
    received_on: date
    amount: Decimal = strawberry.field(
        description="More than 0; VAT included, as invoices are paid."
    )
    method: PaymentMethod = PaymentMethod.TRANSFER
    entity_id: strawberry.ID | None = strawberry.field(
        default=None, description="Left out: that of the invoices, or the firm's only one."
    )
    currency: str | None = strawberry.field(default=None, description="Left out: the client's.")
    reference: str | None = strawberry.field(default=None, description="What the bank says of it.")
    comment: str | None = None
    allocations: list[AllocationInput] | None = strawberry.field(
        default=None, description="Left out, without autoAllocate: it stays unallocated."
    )
    auto_allocate: bool = strawberry.field(default=False, description="The oldest due first.")
    external_reference: str | None = strawberry.field(default=None, description=COMES_BACK)


@strawberry.input
class PaymentRecordInput(PaymentItem):
    idempotency_key: strawberry.ID


@strawberry.input
class PaymentsBulkRecordInput:
    items: list[PaymentItem]
    error_policy: ErrorPolicy = ErrorPolicy.REJECT_EVERYTHING
    dry_run: bool = False
    idempotency_key: strawberry.ID


@strawberry.input
class PaymentAllocateInput:
    id: strawberry.ID
    allocations: list[AllocationInput] | None = None
    auto_allocate: bool = strawberry.field(default=False, description="The oldest due first.")
    idempotency_key: strawberry.ID


@strawberry.input
class PaymentUnallocateInput:
    id: strawberry.ID
    invoice_id: strawberry.ID
    amount: Decimal | None = strawberry.field(default=None, description="All when left out.")
    reason: str | None = None
    idempotency_key: strawberry.ID


@strawberry.input
class PaymentCancelInput:
    id: strawberry.ID
    reason: str
    idempotency_key: strawberry.ID
