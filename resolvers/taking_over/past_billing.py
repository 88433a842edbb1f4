"""What was billed before the takeover, by hand: past invoices and corrections (O04, O05)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import strawberry

from domain.access import Permission
from domain.project.adjustment import AdjustmentKind
from resolvers.keeping.editing import RecordPayload
from resolvers.settling._keeping import RecordInput, bring_back, put_away
from resolvers.taking_over import _past_billing as past
from schema.context import Info
from schema.import_file import FieldChange
from schema.payload import COMES_BACK, BulkCounts, BulkOutcome, ErrorPolicy
from schema.project import ADJUSTMENT, BILLING_HISTORY, Adjustment, BillingHistory
from schema.user_error import UserError

EDIT = Permission.EDIT_RECORDS
_NEVER_CHANGED = "Empty: what is recorded is not changed by recording it again."


@strawberry.input
class BillingHistoryItem:
    phase_id: strawberry.ID
    amount: Decimal = strawberry.field(description="Net; negative: a past credit note.")
    invoice_date: date
    invoice_no: str | None = strawberry.field(
        default=None, description="In the former system; no number of ours: POSSIBLE_DUPLICATE."
    )
    vat_rate: Decimal | None = strawberry.field(
        default=None, description="The phase's when left out."
    )
    gross: Decimal | None = None
    paid: Decimal | None = strawberry.field(default=None, description="Received, VAT included.")
    comment: str | None = None
    external_reference: str | None = strawberry.field(default=None, description=COMES_BACK)


@strawberry.input
class AdjustmentItem:
    phase_id: strawberry.ID
    value: Decimal = strawberry.field(description="Signed: a net amount, or hours for HOURS.")
    date: date = strawberry.field(
        description="FEE of a retainer, or of blocks bought each period: it holds for the periods "
        "that begin on that day or later."
    )
    reason: str
    kind: AdjustmentKind = strawberry.field(
        default=AdjustmentKind.BILLED,
        description="WRITE_OFF: a part of what remains of the fee, which is given up.",
    )
    comment: str | None = None
    external_reference: str | None = strawberry.field(default=None, description=COMES_BACK)


@strawberry.input
class BillingHistoryRecordInput:
    item: BillingHistoryItem
    idempotency_key: strawberry.ID


@strawberry.input
class AdjustmentRecordInput:
    item: AdjustmentItem
    idempotency_key: strawberry.ID


@strawberry.input
class BillingHistoryBulkRecordInput:
    items: list[BillingHistoryItem]
    error_policy: ErrorPolicy = ErrorPolicy.REJECT_EVERYTHING
    dry_run: bool = False
    idempotency_key: strawberry.ID


@strawberry.input
class AdjustmentsBulkRecordInput:
    items: list[AdjustmentItem]
    error_policy: ErrorPolicy = ErrorPolicy.REJECT_EVERYTHING
    dry_run: bool = False
    idempotency_key: strawberry.ID


@strawberry.type
class BillingHistoryRecordedPayload:
    node: BillingHistory | None
    user_errors: list[UserError]
    replayed: bool


@strawberry.type
class AdjustmentRecordedPayload:
    node: Adjustment | None
    user_errors: list[UserError]
    replayed: bool


@strawberry.type
class BillingHistoryBulkResult:
    index: int
    external_reference: str | None
    outcome: BulkOutcome
    node: BillingHistory | None
    changes: list[FieldChange] = strawberry.field(description=_NEVER_CHANGED)
    user_errors: list[UserError]


@strawberry.type
class AdjustmentsBulkResult:
    index: int
    external_reference: str | None
    outcome: BulkOutcome
    node: Adjustment | None
    changes: list[FieldChange] = strawberry.field(description=_NEVER_CHANGED)
    user_errors: list[UserError]


@strawberry.type
class BillingHistoryBulkRecordPayload:
    counts: BulkCounts
    results: list[BillingHistoryBulkResult]
    user_errors: list[UserError]
    replayed: bool


@strawberry.type
class AdjustmentsBulkRecordPayload:
    counts: BulkCounts
    results: list[AdjustmentsBulkResult]
    user_errors: list[UserError]
    replayed: bool


_BULK = "Many in one transaction, answered in their order; what is recorded already is UNCHANGED."
_BACK = "It counts no more; the line stays to be seen, and may come back."


@strawberry.type
class PastBilling:
    """Mutations that record past invoices and corrections, and take them out again."""

    @strawberry.mutation(description="One line of a past invoice of a phase.")
    async def billing_history_record(
        self, info: Info, input: BillingHistoryRecordInput
    ) -> BillingHistoryRecordedPayload:
        found: Any = await past.record_one(info, past.HISTORY, input)
        return found

    @strawberry.mutation(description=_BULK)
    async def billing_history_bulk_record(
        self, info: Info, input: BillingHistoryBulkRecordInput
    ) -> BillingHistoryBulkRecordPayload:
        found: Any = await past.record_many(info, past.HISTORY, input)
        return found

    @strawberry.mutation(description=_BACK)
    async def billing_history_archive(
        self, info: Info, input: RecordInput
    ) -> RecordPayload[BillingHistory]:
        found: Any = await put_away(info, EDIT, BILLING_HISTORY, input, past.require_covered)
        return found

    @strawberry.mutation(description="A past invoice counts again.")
    async def billing_history_restore(
        self, info: Info, input: RecordInput
    ) -> RecordPayload[BillingHistory]:
        found: Any = await bring_back(info, EDIT, BILLING_HISTORY, input, past.require_covered)
        return found

    @strawberry.mutation(description="One signed correction of a phase, with its reason.")
    async def adjustment_record(
        self, info: Info, input: AdjustmentRecordInput
    ) -> AdjustmentRecordedPayload:
        found: Any = await past.record_one(info, past.ADJUSTMENTS, input)
        return found

    @strawberry.mutation(description=_BULK)
    async def adjustments_bulk_record(
        self, info: Info, input: AdjustmentsBulkRecordInput
    ) -> AdjustmentsBulkRecordPayload:
        found: Any = await past.record_many(info, past.ADJUSTMENTS, input)
        return found

    @strawberry.mutation(description=_BACK)
    async def adjustment_archive(self, info: Info, input: RecordInput) -> RecordPayload[Adjustment]:
        found: Any = await put_away(
            info, EDIT, ADJUSTMENT, input, past.require_covered, warn=past.of_periods
        )
        return found

    @strawberry.mutation(description="A correction counts again.")
    async def adjustment_restore(self, info: Info, input: RecordInput) -> RecordPayload[Adjustment]:
        found: Any = await bring_back(
            info, EDIT, ADJUSTMENT, input, past.require_covered, warn=past.of_periods
        )
        return found
