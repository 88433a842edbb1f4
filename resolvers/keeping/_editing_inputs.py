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
    Periodicity,
    PhaseKind,
    ProjectStatus,
)


@strawberry.input
class ClientFields:
    name: Maybe[str | None] = strawberry.field(description="Unique; projects refer to it.")
    code: Maybe[str | None] = strawberry.field(description="Unique; made when left out.")
    billing_address: Maybe[str | None] = strawberry.field(
        description="1 to 6 lines, postcode and town last."
    )
    currency: Maybe[str | None] = strawberry.field(description="ISO 4217.")
    country: Maybe[str | None] = strawberry.field(description="Left out: that of the firm.")
    vat_number: Maybe[str | None] = strawberry.field(description="NA: declared to have none.")
    client_type: Maybe[ClientType | None] = strawberry.field(description="COMPANY when left out.")
    contact_name: Maybe[str | None] = strawberry.field(description="Of its default contact.")
    contact_email: Maybe[str | None] = strawberry.field(description="Of its default contact.")
    contact_phone: Maybe[str | None] = strawberry.field(description="Of its default contact.")
    language: Maybe[str | None] = strawberry.field(description="fr or en; fr when left out.")
    payment_days: Maybe[int | None] = strawberry.field(description="0 to 90; 30 when left out.")
    siret: Maybe[str | None] = strawberry.field(description="14 digits; the SIREN is taken of it.")
    ledger_account: Maybe[str | None] = strawberry.field(
        description="Auxiliary; null: 411 and the code."
    )
    service_code: Maybe[str | None] = strawberry.field(
        description="Of a public client (Chorus Pro)."
    )
    comment: Maybe[str | None]


@strawberry.input
class ProjectFields:
    code: Maybe[str | None] = strawberry.field(description="Unique, put in capitals.")
    name: Maybe[str | None] = strawberry.field(description="As it is printed on invoices.")
    client: Maybe[str | None] = strawberry.field(description="Its code or its name.")
    entity: Maybe[str | None] = strawberry.field(description="Its code or its name.")
    country: Maybe[str | None] = strawberry.field(
        description="Of the building: it decides the VAT."
    )
    address: Maybe[str | None]
    postcode: Maybe[str | None]
    city: Maybe[str | None]
    currency: Maybe[str | None] = strawberry.field(description="ISO 4217.")
    vat_rate: Maybe[Decimal | None] = strawberry.field(description="Percent: 20, 5.5.")
    vat_exemption: Maybe[str | None] = strawberry.field(
        description="Why no VAT: where the rate is 0."
    )
    status: Maybe[ProjectStatus | None]
    manager_email: Maybe[str | None] = strawberry.field(
        description="Need not be a collaborator yet."
    )
    start_date: Maybe[date | None]
    end_date: Maybe[date | None]
    commitment_no: Maybe[str | None] = strawberry.field(description="The buyer's purchase order.")
    works_amount: Maybe[Decimal | None] = strawberry.field(
        description="Net, in the project's currency."
    )
    area: Maybe[Decimal | None] = strawberry.field(description="Square metres.")
    tags: Maybe[str | None] = strawberry.field(description="Words, with commas between.")


@strawberry.input
class PhaseFields:
    project_code: Maybe[str | None] = strawberry.field(description="Of a project there is.")
    contract: Maybe[str | None] = strawberry.field(
        description="The fee project; made on first use."
    )
    phase_name: Maybe[str | None]
    phase_code: Maybe[str | None] = strawberry.field(
        description="Unique in the contract; made when left out."
    )
    fee: Maybe[Decimal | None] = strawberry.field(
        description="Net, of one period of a retainer; negative of an annex alone."
    )
    line_type: Maybe[PhaseKind | None] = strawberry.field(description="PHASE when left out.")
    billing_method: Maybe[BillingMethod | None] = strawberry.field(
        description="Of the whole contract."
    )
    currency: Maybe[str | None] = strawberry.field(description="That of the project.")
    vat_rate: Maybe[Decimal | None] = strawberry.field(description="Percent; null: the project's.")
    start_date: Maybe[date | None] = strawberry.field(
        description="Of periods: the first day billed."
    )
    end_date: Maybe[date | None] = strawberry.field(description="Of periods: the last day billed.")
    position: Maybe[int | None] = strawberry.field(description="By which the contract lists it.")
    ledger_account: Maybe[str | None] = strawberry.field(
        description="Of its lines; null: 706000, or as asked."
    )
    sku: Maybe[str | None] = strawberry.field(description="The product that its lines name.")
    hourly_rate: Maybe[Decimal | None] = strawberry.field(
        description="Net: of time, or beyond the block."
    )
    hours: Maybe[Decimal | None] = strawberry.field(
        description="Of the block of a period, or a budget."
    )
    periodicity: Maybe[Periodicity | None] = strawberry.field(description="Needed by a retainer.")
    linked_phase: Maybe[str | None] = strawberry.field(
        description="The code, of the same contract."
    )
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


_NOT_FIELDS = frozenset({"id", "expected_version", "external_reference", "mail_templates"})


def given(fields: Any) -> Mapping[str, Any]:
    """What was filled in, by column key; None where null was given."""
    return {
        name: maybe.value
        for name, maybe in vars(fields).items()
        if name not in _NOT_FIELDS and maybe is not None
    }
