"""What people fill in by hand: the same fields as the sheets' columns, all of them optional.

What is left out stays as it is; null empties. What is mandatory is said by the sheet's own rules,
as `userErrors`, so that a form, a program and a workbook are judged alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import strawberry
from strawberry import Maybe

from domain.access import Role
from domain.client import ClientType
from domain.project.model import (
    BillingMethod,
    ContractStatus,
    Periodicity,
    PhaseKind,
    ProjectStatus,
    Timing,
)


@strawberry.input
class ClientFields:
    name: Maybe[str | None]
    code: Maybe[str | None]
    billing_address: Maybe[str | None]
    currency: Maybe[str | None]
    country: Maybe[str | None]
    vat_number: Maybe[str | None] = strawberry.field(description="NA: declared to have none.")
    client_type: Maybe[ClientType | None]
    contact_name: Maybe[str | None]
    contact_email: Maybe[str | None]
    contact_phone: Maybe[str | None]
    language: Maybe[str | None]
    payment_days: Maybe[int | None]
    siret: Maybe[str | None]
    ledger_account: Maybe[str | None]
    service_code: Maybe[str | None]
    comment: Maybe[str | None]


@strawberry.input
class ProjectFields:
    code: Maybe[str | None]
    name: Maybe[str | None]
    client: Maybe[str | None] = strawberry.field(description="Its code or its name.")
    entity: Maybe[str | None] = strawberry.field(description="Its code or its name.")
    country: Maybe[str | None]
    address: Maybe[str | None]
    postcode: Maybe[str | None]
    city: Maybe[str | None]
    currency: Maybe[str | None]
    vat_rate: Maybe[Decimal | None] = strawberry.field(description="Percent: 20, 5.5.")
    vat_exemption: Maybe[str | None]
    status: Maybe[ProjectStatus | None]
    manager_email: Maybe[str | None]
    start_date: Maybe[date | None]
    end_date: Maybe[date | None]
    commitment_no: Maybe[str | None]
    works_amount: Maybe[Decimal | None]
    area: Maybe[Decimal | None]
    tags: Maybe[str | None]


@strawberry.input
class PhaseFields:
    project_code: Maybe[str | None]
    contract: Maybe[str | None] = strawberry.field(
        description="The fee project; made on first use."
    )
    phase_name: Maybe[str | None]
    phase_code: Maybe[str | None]
    fee: Maybe[Decimal | None]
    line_type: Maybe[PhaseKind | None]
    billing_method: Maybe[BillingMethod | None]
    currency: Maybe[str | None]
    vat_rate: Maybe[Decimal | None]
    start_date: Maybe[date | None]
    end_date: Maybe[date | None]
    position: Maybe[int | None]
    ledger_account: Maybe[str | None]
    sku: Maybe[str | None]
    hourly_rate: Maybe[Decimal | None]
    hours: Maybe[Decimal | None]
    periodicity: Maybe[Periodicity | None]
    linked_phase: Maybe[str | None]
    entity: Maybe[str | None] = strawberry.field(description="The project's when left out.")


@strawberry.input
class CollaboratorFields:
    first_name: Maybe[str | None]
    last_name: Maybe[str | None]
    email: Maybe[str | None]
    entity: Maybe[str | None]
    job_title: Maybe[str | None]
    role: Maybe[Role | None]
    entry_date: Maybe[date | None]
    exit_date: Maybe[date | None]
    billable_rate: Maybe[Decimal | None]
    cost_rate: Maybe[Decimal | None]
    weekly_hours: Maybe[Decimal | None]
    employee_code: Maybe[str | None]
    active: Maybe[bool | None]
    phone: Maybe[str | None]


@strawberry.input
class ClientCreateInput(ClientFields):
    pass


@strawberry.input
class ProjectCreateInput(ProjectFields):
    pass


@strawberry.input
class PhaseCreateInput(PhaseFields):
    pass


@strawberry.input
class CollaboratorCreateInput(CollaboratorFields):
    pass


@strawberry.input
class ClientUpdateInput(ClientFields):
    id: strawberry.ID
    expected_version: int | None = None


@strawberry.input
class ProjectUpdateInput(ProjectFields):
    id: strawberry.ID
    expected_version: int | None = None


@strawberry.input
class PhaseUpdateInput(PhaseFields):
    id: strawberry.ID
    expected_version: int | None = None


@strawberry.input
class CollaboratorUpdateInput(CollaboratorFields):
    id: strawberry.ID
    expected_version: int | None = None


@strawberry.input
class ClientItem(ClientFields):
    id: strawberry.ID | None = None
    external_reference: str | None = None


@strawberry.input
class ProjectItem(ProjectFields):
    id: strawberry.ID | None = None
    external_reference: str | None = None


@strawberry.input
class PhaseItem(PhaseFields):
    id: strawberry.ID | None = None
    external_reference: str | None = None


@strawberry.input
class CollaboratorItem(CollaboratorFields):
    id: strawberry.ID | None = None
    external_reference: str | None = None


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


_NOT_FIELDS = frozenset({"id", "expected_version", "external_reference", "mail_templates"})


def given(fields: Any) -> Mapping[str, Any]:
    """What was filled in, by column key; None where null was given."""
    return {
        name: maybe.value
        for name, maybe in vars(fields).items()
        if name not in _NOT_FIELDS and maybe is not None
    }
