"""What stands in the way of billing, each with the act or the day that takes it away."""

from __future__ import annotations

from datetime import date

from domain.billing.books import ContractBooks, PhaseTerms, Reserved, Worked
from domain.billing.item import Blocker
from domain.errors import IssueKind, Scope, Severity, call_error, call_warning
from domain.invoice.create import ENTITY_REQUIRED
from domain.invoice.deposit import still_to_deduct
from domain.invoice.finalise import INVOICE_PROJECT_NOT_SIGNED, MENTION_MISSING
from domain.project.model import ContractStatus, ProjectStatus
from domain.project.periods import Period

OPEN_PERIOD = call_error(
    "OPEN_PERIOD", "The period from {start} to {end} of {phase} is open.", "Wait until {until}."
)
CONTRACT_NOT_ACTIVE = call_error(
    "CONTRACT_NOT_ACTIVE",
    "The fee project {contract} is not under way.",
    "Set the fee project's status to ACTIVE.",
)
PROGRESS_NOT_RECORDED = call_error(
    "PROGRESS_NOT_RECORDED",
    "No progress of {phase} is recorded beyond what is billed.",
    "Record its progress.",
)
CAP_REACHED = call_warning(
    "CAP_REACHED",
    "The cap of {phase} is reached: {hours} h are not billed in full.",
    "Raise the fee of the phase, or the cap of the fee project.",
)
BLOCK_EXHAUSTED = IssueKind(
    "BLOCK_EXHAUSTED",
    Severity.INFO,
    Scope.CALL,
    "The {hours} h bought on {phase} are used up: {used} h were worked.",
    "Sell another block; the hours beyond are billed at the hourly rate.",
)
TIME_NOT_APPROVED = call_error(
    "TIME_NOT_APPROVED",
    "{hours} h on {phase} are not approved.",
    "Approve the time entries.",
)
TIME_WITHOUT_PHASE = call_warning(
    "TIME_WITHOUT_PHASE",
    "{hours} h on the fee project {contract} name none of its phases.",
    "Give the time entries a phase.",
)
RATE_MISSING = call_error(
    "RATE_MISSING",
    "{hours} h on {phase} have no hourly rate in {currency}.",
    "Give the phase an hourly rate.",
)
START_MISSING = call_error(
    "START_MISSING",
    "{phase} has no start date: nobody knows its periods.",
    "Give the phase a start date.",
)
RESERVED_BY_BATCH = call_error(
    "RESERVED_BY_BATCH",
    "It is held by the batch {batch}.",
    "Generate the invoices of the batch, or take it out of it.",
)
RESERVED_BY_PRO_FORMA = call_warning(
    "RESERVED_BY_PRO_FORMA",
    "What is due is on the pro forma {number}.",
    "Make the pro forma final, or delete it.",
)


def open_period(phase: PhaseTerms, period: Period, *, until: date) -> Blocker:
    """A period that is due on `until` and not before."""
    issue = OPEN_PERIOD(
        phase=phase.name,
        start=period.start.isoformat(),
        end=period.end.isoformat(),
        until=until.isoformat(),
    )
    return Blocker(issue, since=period.start, until=until)


def not_recorded(phase: str) -> Blocker:
    return Blocker(PROGRESS_NOT_RECORDED(phase=phase), mutation="progressRecord")


def capped(phase: PhaseTerms, hours: str, *, since: date | None, by_contract: bool) -> Blocker:
    issue = CAP_REACHED(phase=phase.name, hours=hours)
    return Blocker(issue, since=since, mutation="contractUpdate" if by_contract else "phaseUpdate")


def exhausted(phase: PhaseTerms, *, used: str, hours: str, since: date | None) -> Blocker:
    return Blocker(BLOCK_EXHAUSTED(phase=phase.name, used=used, hours=hours), since=since)


def not_approved(phase: PhaseTerms, worked: list[Worked]) -> Blocker:
    issue = TIME_NOT_APPROVED(phase=phase.name, hours=_hours(worked))
    return Blocker(issue, since=_first(worked), mutation="timeEntriesApprove")


def no_rate(phase: PhaseTerms, worked: list[Worked]) -> Blocker:
    issue = RATE_MISSING(phase=phase.name, hours=_hours(worked), currency=phase.currency)
    return Blocker(issue, since=_first(worked), mutation="phaseUpdate")


def no_start(phase: PhaseTerms) -> Blocker:
    return Blocker(START_MISSING(phase=phase.name), mutation="phaseUpdate")


def reserved(one: Reserved) -> Blocker:
    issue = RESERVED_BY_BATCH(batch=one.batch)
    return Blocker(issue, since=one.since, mutation="batchDrop")


def of_contract(books: ContractBooks) -> list[Blocker]:
    """What stands in the way of the whole contract, whatever its items are."""
    terms, found = books.terms, []
    if terms.status is not ContractStatus.ACTIVE:
        issue = CONTRACT_NOT_ACTIVE(contract=terms.name)
        found.append(Blocker(issue, since=terms.updated_on, mutation="contractUpdate"))
    if terms.project_status is not ProjectStatus.SIGNED:
        issue = INVOICE_PROJECT_NOT_SIGNED(project=terms.project_code)
        found.append(Blocker(issue, since=terms.project_updated_on, mutation="projectUpdate"))
    if books.entities is not None:
        issue = ENTITY_REQUIRED(expected=books.entities)
        found.append(Blocker(issue, mutation="projectUpdate"))
    for particular in books.missing:
        issue = MENTION_MISSING(number=terms.project_code, particular=particular)
        whose = "clientUpdate" if particular.endswith("client") else "entityUpdate"
        found.append(Blocker(issue, mutation=whose))
    if books.stray:
        stray = list(books.stray)
        issue = TIME_WITHOUT_PHASE(contract=terms.name, hours=_hours(stray))
        found.append(Blocker(issue, since=_first(stray), mutation="timeEntryUpdate"))
    for one in books.deposits:
        issue = still_to_deduct(one.number, one.left, terms.currency)
        found.append(Blocker(issue, mutation="invoiceDeductDeposit"))
    if books.held is not None:
        issue = RESERVED_BY_PRO_FORMA(number=books.held.number)
        found.append(Blocker(issue, since=books.held.since, mutation="invoiceFinalise"))
    return found


def _hours(worked: list[Worked]) -> str:
    return f"{sum(one.hours for one in worked):f}"


def _first(worked: list[Worked]) -> date | None:
    return min((one.worked_on for one in worked), default=None)
