"""Projects, the contracts (fee projects) of each, and their phases and annexes (DOMAIN §2.1)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import (
    CODE,
    COUNTRY,
    CURRENCY,
    HOURS,
    NAME,
    PERCENT,
    BigKey,
    Record,
    Versioned,
    choice,
    owned,
)


class ProjectStatus(StrEnum):
    """The stored value is the file's literal in capitals: signed, commercial (O21)."""

    COMMERCIAL = "COMMERCIAL"
    SIGNED = "SIGNED"
    CLOSED = "CLOSED"


class BillingMethod(StrEnum):
    """How a contract is billed (DOMAIN §2.3, §2.4)."""

    FIXED_FEE_PROGRESS = "FIXED_FEE_PROGRESS"
    TIME_AND_MATERIALS = "TIME_AND_MATERIALS"
    RETAINER = "RETAINER"
    PREPAID_HOURS = "PREPAID_HOURS"


class ContractStatus(StrEnum):
    DRAFT = "DRAFT"
    ACTIVE = "ACTIVE"
    ENDED = "ENDED"


class PhaseKind(StrEnum):
    """A phase of the base fee, or an annex outside of it (which may be negative)."""

    PHASE = "PHASE"
    ANNEX = "ANNEX"


class Periodicity(StrEnum):
    MONTH = "MONTH"
    QUARTER = "QUARTER"
    YEAR = "YEAR"


class Timing(StrEnum):
    """When a period is due: once it has ended, or as soon as it begins (DOMAIN §2.4)."""

    ARREARS = "ARREARS"
    ADVANCE = "ADVANCE"


class Project(Versioned, Record):
    """A project (affaire, dossier) of one client, invoiced by one entity in one currency."""

    __tablename__ = "project"
    __table_args__ = owned(
        UniqueConstraint("organisation_id", "code"),
        ForeignKeyConstraint(
            ["organisation_id", "client_id"], ["client.organisation_id", "client.id"]
        ),
        ForeignKeyConstraint(
            ["organisation_id", "entity_id"], ["entity.organisation_id", "entity.id"]
        ),
        ForeignKeyConstraint(
            ["organisation_id", "manager_id"], ["collaborator.organisation_id", "collaborator.id"]
        ),
        Index(None, "organisation_id", "client_id"),
        Index(None, "organisation_id", "manager_id"),
        Index(None, "organisation_id", "name_key"),
    )

    code: Mapped[str] = mapped_column(CODE)
    name: Mapped[str] = mapped_column(NAME)
    name_key: Mapped[str] = mapped_column(NAME, server_default="")
    """Its name as names are compared, sorted and looked for: whoever writes the name writes it."""
    client_id: Mapped[int] = mapped_column(BigKey)
    country: Mapped[str] = mapped_column(COUNTRY)
    currency: Mapped[str] = mapped_column(CURRENCY)
    vat_rate: Mapped[Decimal] = mapped_column(PERCENT)
    status: Mapped[ProjectStatus] = mapped_column(choice(ProjectStatus))
    entity_id: Mapped[int | None] = mapped_column(BigKey, default=None)
    """Who invoices. Unknown until given when the firm has several entities; its phases may tell."""
    vat_exemption: Mapped[str | None] = mapped_column(String(32), default=None)
    address: Mapped[str | None] = mapped_column(String(500), default=None)
    postcode: Mapped[str | None] = mapped_column(String(32), default=None)
    city: Mapped[str | None] = mapped_column(NAME, default=None)
    manager_email: Mapped[str | None] = mapped_column(NAME, default=None)
    """A text until the collaborators are imported, then `manager_id` links it."""
    manager_id: Mapped[int | None] = mapped_column(BigKey, default=None)
    start_date: Mapped[date | None] = mapped_column(default=None)
    end_date: Mapped[date | None] = mapped_column(default=None)
    commitment_no: Mapped[str | None] = mapped_column(NAME, default=None)
    works_minor: Mapped[int | None] = mapped_column(BigInteger, default=None)
    area: Mapped[Decimal | None] = mapped_column(PERCENT, default=None)
    tags: Mapped[str | None] = mapped_column(NAME, default=None)


class Contract(Versioned, Record):
    """A fee project (projet d'honoraires): one billing method, with its phases and annexes."""

    __tablename__ = "contract"
    __table_args__ = owned(
        ForeignKeyConstraint(
            ["organisation_id", "project_id"], ["project.organisation_id", "project.id"]
        ),
        UniqueConstraint("organisation_id", "project_id", "name_key"),
    )

    project_id: Mapped[int] = mapped_column(BigKey)
    name: Mapped[str] = mapped_column(NAME)
    name_key: Mapped[str] = mapped_column(NAME)
    billing_method: Mapped[BillingMethod] = mapped_column(
        choice(BillingMethod), default=BillingMethod.FIXED_FEE_PROGRESS
    )
    status: Mapped[ContractStatus] = mapped_column(
        choice(ContractStatus), default=ContractStatus.ACTIVE
    )
    taxable: Mapped[bool] = mapped_column(Boolean, default=True)
    """The "Imposable" box of the contract (B14)."""
    timing: Mapped[Timing] = mapped_column(choice(Timing), default=Timing.ARREARS)
    rollover: Mapped[bool] = mapped_column(Boolean, default=False)
    """Of prepaid hours: what a period leaves passes to the next one."""
    cap_minor: Mapped[int | None] = mapped_column(BigInteger, default=None)
    """Of time and materials: the most that is billed in all; NULL: only the phases' fees cap."""
    hourly_rate_minor: Mapped[int | None] = mapped_column(BigInteger, default=None)
    """Of an hour on a phase that has no rate of its own."""


class Phase(Versioned, Record):
    """A billing phase of a contract, or an annex; the fee is in the project's currency."""

    __tablename__ = "phase"
    __table_args__ = owned(
        ForeignKeyConstraint(
            ["organisation_id", "contract_id"], ["contract.organisation_id", "contract.id"]
        ),
        ForeignKeyConstraint(
            ["organisation_id", "linked_phase_id"], ["phase.organisation_id", "phase.id"]
        ),
        UniqueConstraint("organisation_id", "contract_id", "code"),
        Index(None, "organisation_id", "linked_phase_id"),
    )

    contract_id: Mapped[int] = mapped_column(BigKey)
    code: Mapped[str] = mapped_column(CODE)
    name: Mapped[str] = mapped_column(NAME)
    name_key: Mapped[str] = mapped_column(NAME)
    currency: Mapped[str] = mapped_column(CURRENCY)
    fee_minor: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[PhaseKind] = mapped_column(choice(PhaseKind), default=PhaseKind.PHASE)
    position: Mapped[int] = mapped_column(Integer, default=0)
    vat_rate: Mapped[Decimal | None] = mapped_column(PERCENT, default=None)
    """NULL: the rate of the project."""
    start_date: Mapped[date | None] = mapped_column(default=None)
    end_date: Mapped[date | None] = mapped_column(default=None)
    ledger_account: Mapped[str | None] = mapped_column(CODE, default=None)
    sku: Mapped[str | None] = mapped_column(CODE, default=None)
    hourly_rate_minor: Mapped[int | None] = mapped_column(BigInteger, default=None)
    hours: Mapped[Decimal | None] = mapped_column(HOURS, default=None)
    periodicity: Mapped[Periodicity | None] = mapped_column(choice(Periodicity), default=None)
    linked_phase_id: Mapped[int | None] = mapped_column(BigKey, default=None)
