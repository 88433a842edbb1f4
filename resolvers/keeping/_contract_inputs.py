"""What people fill in of a fee project itself."""

from __future__ import annotations

from decimal import Decimal

import strawberry
from strawberry import Maybe

from domain.project.model import BillingMethod, ContractStatus, Timing


@strawberry.input
class ContractCreateInput:
    project_id: strawberry.ID
    name: str = strawberry.field(description="Unique in the project.")
    billing_method: BillingMethod = BillingMethod.FIXED_FEE_PROGRESS
    taxable: bool = strawberry.field(default=True, description="Imposable.")
    status: ContractStatus = ContractStatus.ACTIVE
    timing: Timing = strawberry.field(
        default=Timing.ARREARS, description="Retainer: when a period is due."
    )
    rollover: bool = strawberry.field(
        default=False, description="Prepaid hours: what a period leaves passes to the next one."
    )
    cap: Decimal | None = strawberry.field(
        default=None, description="Time and materials: the most that is billed in all."
    )
    hourly_rate: Decimal | None = strawberry.field(
        default=None, description="By the hour: of a phase that has no rate of its own."
    )


@strawberry.input(description="What is left out stays.")
class ContractUpdateInput:
    id: strawberry.ID
    expected_version: int | None = None
    name: str | None = None
    billing_method: BillingMethod | None = strawberry.field(
        default=None, description="Frozen once a phase was invoiced."
    )
    taxable: bool | None = strawberry.field(default=None, description="Imposable.")
    status: ContractStatus | None = strawberry.field(
        default=None,
        description="DRAFT, ACTIVE, ENDED: one that ended may be taken up again; no draft once"
        " a phase was invoiced.",
    )
    timing: Timing | None = strawberry.field(
        default=None, description="Frozen once a period is billed."
    )
    rollover: bool | None = strawberry.field(
        default=None, description="Frozen once a period is billed."
    )
    cap: Maybe[Decimal | None] = strawberry.field(description="Null: none.")
    hourly_rate: Maybe[Decimal | None] = strawberry.field(description="Null: none.")
