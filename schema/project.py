"""Projects, their contracts (fee projects), phases and annexes, and how far each is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import strawberry

from domain.ledger import PhaseFigures
from domain.project.adjustment import Adjustment as AdjustmentRecord
from domain.project.adjustment import AdjustmentKind
from domain.project.history import BillingHistory as BillingHistoryRecord
from domain.project.model import (
    BillingMethod,
    ContractStatus,
    Periodicity,
    PhaseKind,
    ProjectStatus,
    Timing,
)
from domain.project.model import Contract as ContractRecord
from domain.project.model import Phase as PhaseRecord
from domain.project.model import Project as ProjectRecord
from domain.project.progress import ProgressUpdate as ProgressUpdateRecord
from persistence.contracts import terms_of
from persistence.ledger.sums import phase_figures
from persistence.people.teams import teams_of
from persistence.reading import Derived, Noun, Row, ToMany, ToOne, Wanted, load_by_ids
from persistence.session import ScopedSession
from schema.client import CLIENT, Client
from schema.collaborator import COLLABORATOR, Collaborator
from schema.context import Info
from schema.node import Node
from schema.organisation import ENTITY, Entity
from schema.prepaid_block import PrepaidBlock, blocks
from schema.scalars import Money, MoneyRow, money, money_field, number_field, plain

for _choice, _said in (
    (
        AdjustmentKind,
        "What is corrected: BILLED, what was invoiced; FEE, the fee; HOURS and COST, what was "
        "spent, which bills nothing; WRITE_OFF, a part of the fee that is given up.",
    ),
    (
        ProjectStatus,
        "COMMERCIAL: an opportunity, nothing is made final of it; SIGNED; CLOSED: no longer "
        "worked on.",
    ),
    (
        BillingMethod,
        "FIXED_FEE_PROGRESS: the fee, as far as phases are done. TIME_AND_MATERIALS: approved "
        "hours at their rates, within caps. RETAINER: the fee of each period. PREPAID_HOURS: a "
        "block of hours for each period, and what goes beyond it.",
    ),
    (ContractStatus, "Only what is ACTIVE is billed."),
    (PhaseKind, "ANNEX: a fee beside the base contract, which may be negative."),
    (Periodicity, "How long a period of a retainer or of prepaid hours is."),
    (Timing, "ADVANCE: a period is due when it begins. ARREARS: once it has ended."),
):
    strawberry.enum(_choice, description=_said)


@strawberry.type(
    description="What was earned, billed and remains: figures F1–F6, never stored. What was "
    "entered is there whatever the way of billing; what follows from the fee, where that says it."
)
class Figures:
    adjusted_fee: Money = strawberry.field(
        description="Retainer: of one period; prepaid hours: of the block. With all adjustments, "
        "those too that hold from a day on that is still to come."
    )
    history: Money = strawberry.field(description="Invoiced before the takeover.")
    already_billed: Money = strawberry.field(
        description="History, adjustments and final invoices less credit notes."
    )
    written_off: Money = strawberry.field(description="Given up of the fee: billed no more.")
    reserved: Money = strawberry.field(description="Held by pro formas.")
    remaining_to_bill: Money | None = strawberry.field(
        description="Null where no fee limits what is billed: of a retainer, of prepaid hours, of "
        "time whose fee is nothing."
    )
    earned: Money | None = strawberry.field(
        description="The fee × progress as of today; null of what is no fixed fee."
    )
    billable_now: Money | None = strawberry.field(
        description="By progress; null of what is no fixed fee, whose items `billables` tells."
    )
    over_billed: Money | None = strawberry.field(
        description="Billed above what is earned; null of what is no fixed fee billed by progress."
    )
    progress: Decimal | None = strawberry.field(description="Percent done, in force today.")
    billed_percent: Decimal | None = strawberry.field(
        description="Of the fee; null where remainingToBill is."
    )


@strawberry.type(description="The progress of a phase at a date; append-only.")
class ProgressUpdate(Node):
    percent: Decimal = strawberry.field(description="Done in all, 0 to 100.")
    as_of: date = strawberry.field(description="The day from which it is in force.")
    comment: str | None
    author: str | None
    source: str = strawberry.field(description="api, or the import (import 12).")
    created_at: datetime


@strawberry.type(description="One line of an invoice of before the takeover; no invoice of ours.")
class BillingHistory(Node):
    net: Money = strawberry.field(description="Negative: a past credit note.")
    invoice_date: date
    invoice_no: str | None = strawberry.field(description="The number in the former system.")
    vat_rate: Decimal | None = strawberry.field(description="Percent; null: the phase's.")
    gross: Money | None = strawberry.field(description="VAT included.")
    paid: Money | None = strawberry.field(description="VAT included.")
    comment: str | None
    author: str | None
    source: str = strawberry.field(description="api, or the import (import 12).")
    phase: Phase
    created_at: datetime
    archived_at: datetime | None = strawberry.field(
        description="When it was taken out: it counts no more."
    )
    version: int


@strawberry.type(description="A signed correction of what was taken over of a phase.")
class Adjustment(Node):
    kind: AdjustmentKind
    amount: Money | None = strawberry.field(description="Net; null when hours are corrected.")
    hours: Decimal | None = strawberry.field(description="Null when an amount is corrected.")
    adjusted_on: date
    reason: str
    comment: str | None
    author: str | None
    source: str = strawberry.field(description="api, or the import (import 12).")
    phase: Phase
    created_at: datetime
    archived_at: datetime | None = strawberry.field(
        description="When it was taken out: it counts no more."
    )
    version: int


def _seen_rate(row: strawberry.Parent[Any], info: Info) -> Money | None:
    found: Money | None = row["hourly_rate"]
    return None if info.context.caller.reach.only_work else found


@strawberry.type(description="A billing phase of a contract, or an annex beside it.")
class Phase(Node):
    code: str = strawberry.field(description="Unique in the contract.")
    name: str
    kind: PhaseKind
    position: int = strawberry.field(description="By which its contract lists it.")
    fee: Money = strawberry.field(
        description="Net. Retainer: of one period; prepaid hours: of the block."
    )
    vat_rate: Decimal | None = strawberry.field(description="Percent; null: the project's.")
    start_date: date | None = strawberry.field(description="Of periods: the first day billed.")
    end_date: date | None = strawberry.field(description="Of periods: the last day billed.")
    ledger_account: str | None = strawberry.field(
        description="Of lines; null: 706000, or as asked."
    )
    sku: str | None = strawberry.field(description="The product that its lines name.")
    hourly_rate: Money | None = strawberry.field(
        resolver=_seen_rate, description="Null to a COLLABORATOR."
    )
    hours: Decimal | None = strawberry.field(description="Of the block of a period, or a budget.")
    periodicity: Periodicity | None = strawberry.field(description="Null of what has no periods.")
    linked_phase: Phase | None = strawberry.field(description="Of an annex: the phase it adds to.")
    contract: Contract
    figures: Figures
    block: PrepaidBlock | None = strawberry.field(
        description="Of prepaid hours, the block of today, the last one once the phase has ended; "
        "null before the first begins, of other ways of billing, and to a COLLABORATOR."
    )
    progress_updates: list[ProgressUpdate] = strawberry.field(
        description="All of them, by their day."
    )
    billing_history: list[BillingHistory] = strawberry.field(
        description="Of before the takeover, by its day."
    )
    adjustments: list[Adjustment] = strawberry.field(description="By their day.")
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None = strawberry.field(
        description="When it left the lists; null while it is in them."
    )
    version: int


@strawberry.type(description="A fee project (projet d'honoraires): one billing method.")
class Contract(Node):
    name: str = strawberry.field(description="Unique in the project.")
    billing_method: BillingMethod
    status: ContractStatus
    taxable: bool = strawberry.field(description="Imposable.")
    timing: Timing = strawberry.field(description="Retainer: when a period is due.")
    rollover: bool = strawberry.field(
        description="Prepaid hours: what a period leaves passes to the next one."
    )
    cap: Money | None = strawberry.field(
        description="Time and materials: the most that is billed in all."
    )
    hourly_rate: Money | None = strawberry.field(
        resolver=_seen_rate,
        description="Of an hour on a phase that has no rate of its own. Null to a COLLABORATOR.",
    )
    phases: list[Phase]
    project: Project
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None = strawberry.field(
        description="When it left the lists, with its phases."
    )
    version: int


@strawberry.type(description="A project (affaire, dossier) of one client.")
class Project(Node):
    code: str = strawberry.field(description="Unique in the firm, in capitals.")
    name: str = strawberry.field(description="As it is printed on invoices.")
    client: Client
    entity: Entity | None = strawberry.field(description="Who invoices; null until it is known.")
    country: str = strawberry.field(description="Of the building: it decides the VAT.")
    currency: str = strawberry.field(description="Of its fees and all its figures.")
    vat_rate: Decimal = strawberry.field(description="Percent, of phases without their own.")
    vat_exemption: str | None = strawberry.field(
        description="Why no VAT is charged; null when it is."
    )
    status: ProjectStatus
    address: str | None
    postcode: str | None
    city: str | None
    manager_email: str | None = strawberry.field(description="Also of a manager not known (yet).")
    manager: Collaborator | None = strawberry.field(
        description="Null while nobody has that e-mail."
    )
    team: list[Collaborator] = strawberry.field(
        description="Who works on it: it is one of their own projects, as it is its manager's."
    )
    start_date: date | None
    end_date: date | None
    commitment_no: str | None = strawberry.field(description="Purchase order; on its invoices.")
    works_amount: Money | None = strawberry.field(description="What building costs, net of VAT.")
    area: Decimal | None = strawberry.field(description="Square metres.")
    tags: str | None = strawberry.field(description="Words, with commas between.")
    contracts: list[Contract]
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None = strawberry.field(
        description="When it left the lists; null while it is in them."
    )
    version: int


def _figures(
    session: ScopedSession, keys: Sequence[int], wanted: Wanted
) -> Mapping[int, dict[str, Any]]:
    found = phase_figures(session, keys, progress_until=session.today)
    return {key: _shown(one) for key, one in found.items()}


def _shown(found: PhaseFigures) -> dict[str, Any]:
    by_progress, is_limited = found.by_progress, found.is_limited
    amounts = {
        "adjusted_fee": found.adjusted_fee,
        "history": found.history,
        "already_billed": found.billed,
        "written_off": found.written_off,
        "reserved": found.reserved,
        "remaining_to_bill": found.remaining if is_limited else None,
        "earned": found.earned if by_progress else None,
        "billable_now": found.billable_now if by_progress else None,
        "over_billed": found.over_billed if by_progress else None,
    }
    return {
        **{name: _amount(minor, found.currency) for name, minor in amounts.items()},
        "progress": None if found.progress is None else plain(found.progress),
        "billed_percent": plain(found.billed_percent) if is_limited else None,
    }


def _caps(
    session: ScopedSession, keys: Sequence[int], wanted: Wanted
) -> Mapping[int, MoneyRow | None]:
    found = terms_of(session, keys)
    return {key: _amount(cap, currency) for key, (cap, _, currency) in found.items()}


def _rates(
    session: ScopedSession, keys: Sequence[int], wanted: Wanted
) -> Mapping[int, MoneyRow | None]:
    found = terms_of(session, keys)
    return {key: _amount(rate, currency) for key, (_, rate, currency) in found.items()}


def _teams(session: ScopedSession, keys: Sequence[int], wanted: Wanted) -> dict[int, list[Row]]:
    teams = teams_of(session, keys)
    people = load_by_ids(
        session, COLLABORATOR, wanted, (one for some in teams.values() for one in some)
    )
    return {key: [people[one] for one in some] for key, some in teams.items()}


def _amount(minor: int | None, currency: str) -> MoneyRow | None:
    return None if minor is None else money(minor, currency)


PROGRESS_UPDATE = Noun(ProgressUpdateRecord, "ProgressUpdate", {"percent": number_field("percent")})
BILLING_HISTORY = Noun(
    BillingHistoryRecord,
    "BillingHistory",
    {
        "net": money_field("net_minor"),
        "gross": money_field("gross_minor"),
        "paid": money_field("paid_minor"),
        "vat_rate": number_field("vat_rate"),
        "phase": ToOne(lambda: PHASE, "phase_id"),
    },
)
ADJUSTMENT = Noun(
    AdjustmentRecord,
    "Adjustment",
    {
        "amount": money_field("amount_minor"),
        "hours": number_field("hours"),
        "phase": ToOne(lambda: PHASE, "phase_id"),
    },
)
PHASE: Noun = Noun(
    PhaseRecord,
    "Phase",
    {
        "fee": money_field("fee_minor"),
        "vat_rate": number_field("vat_rate"),
        "hourly_rate": money_field("hourly_rate_minor"),
        "hours": number_field("hours"),
        "linked_phase": ToOne(lambda: PHASE, "linked_phase_id"),
        "contract": ToOne(lambda: CONTRACT, "contract_id"),
        "figures": Derived(_figures),
        "block": Derived(blocks),
        "progress_updates": ToMany(lambda: PROGRESS_UPDATE, "phase_id", ("as_of", "id")),
        "billing_history": ToMany(lambda: BILLING_HISTORY, "phase_id", ("invoice_date", "id")),
        "adjustments": ToMany(lambda: ADJUSTMENT, "phase_id", ("adjusted_on", "id")),
    },
)
CONTRACT: Noun = Noun(
    ContractRecord,
    "Contract",
    {
        "phases": ToMany(lambda: PHASE, "contract_id", ("position", "id")),
        "cap": Derived(_caps),
        "hourly_rate": Derived(_rates),
        "project": ToOne(lambda: PROJECT, "project_id"),
    },
)
PROJECT: Noun = Noun(
    ProjectRecord,
    "Project",
    {
        "client": ToOne(lambda: CLIENT, "client_id"),
        "entity": ToOne(lambda: ENTITY, "entity_id"),
        "manager": ToOne(lambda: COLLABORATOR, "manager_id"),
        "team": Derived(_teams, default=()),
        "vat_rate": number_field("vat_rate"),
        "works_amount": money_field("works_minor"),
        "area": number_field("area"),
        "contracts": ToMany(lambda: CONTRACT, "project_id"),
    },
)
