"""What the formulas of billing are applied to: the terms, time, claims and figures of contracts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from domain.invoice.claim import ClaimKind
from domain.ledger import PhaseFigures
from domain.money import from_minor
from domain.project.model import (
    BillingMethod,
    ContractStatus,
    Periodicity,
    PhaseKind,
    ProjectStatus,
    Timing,
)


@dataclass(frozen=True, slots=True)
class Worked:
    """Billable time that no line bills yet."""

    id: int
    collaborator_id: int
    collaborator: str
    worked_on: date
    hours: Decimal
    approved: bool
    own_rate: Decimal | None
    """Of the collaborator, None where it is in another currency than the project."""
    phase_id: int | None
    contract_id: int | None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A period that a line bills."""

    kind: ClaimKind
    starts_on: date
    ends_on: date
    net: int
    """Of the line, less what was credited of it."""
    covered: int = 0
    """What had been billed of the period before that line."""
    hours: Decimal = Decimal(0)
    """Hours beyond the block that the line settles."""


@dataclass(frozen=True, slots=True)
class PhaseTerms:
    """What was agreed of a phase."""

    id: int
    contract_id: int
    code: str
    name: str
    currency: str
    kind: PhaseKind
    start_date: date | None
    end_date: date | None
    hourly_rate_minor: int | None
    hours: Decimal | None
    periodicity: Periodicity | None
    vat_rate: Decimal | None


@dataclass(frozen=True, slots=True)
class PhaseBooks:
    """A phase with all that its items are made of."""

    terms: PhaseTerms
    figures: PhaseFigures
    worked: Sequence[Worked] = ()
    claimed: Sequence[Claimed] = ()
    ahead: Mapping[tuple[int, Decimal], int] = field(default_factory=dict)
    """By collaborator and rate: what lines took above the time that they bill (a cap cuts an
    entry in two). Below nothing: what they took less."""


@dataclass(frozen=True, slots=True)
class ContractTerms:
    """What was agreed of a contract, and who is concerned."""

    id: int
    name: str
    billing_method: BillingMethod
    status: ContractStatus
    taxable: bool
    timing: Timing
    rollover: bool
    cap_minor: int | None
    hourly_rate_minor: int | None
    project_id: int
    project_code: str
    project_status: ProjectStatus
    currency: str
    client_id: int
    updated_on: date
    project_updated_on: date


@dataclass(frozen=True, slots=True)
class Held:
    """What pro formas hold of a contract: the first of them, and since when."""

    number: str
    since: date


@dataclass(frozen=True, slots=True)
class ContractBooks:
    """A contract with its phases; `stray` is time on it that names none of several phases."""

    terms: ContractTerms
    phases: Sequence[PhaseBooks]
    stray: Sequence[Worked] = ()
    held: Held | None = None
    missing: Sequence[str] = ()
    """Particulars of the parties that the law wants and that are not known."""
    entities: str | None = None
    """Those to choose from, where nobody said who invoices."""


def hourly_rate(contract: ContractTerms, phase: PhaseTerms) -> Decimal | None:
    """The price of an hour: of the phase, else of the contract."""
    for minor in (phase.hourly_rate_minor, contract.hourly_rate_minor):
        if minor:
            return from_minor(minor, phase.currency)
    return None
