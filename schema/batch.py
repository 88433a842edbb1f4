"""Batches of invoices: live figures, contracts with what is selected, and what comes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from domain.batch.model import Batch as BatchRecord
from domain.batch.model import BatchContract as BatchContractRecord
from domain.batch.model import BatchInvoice as BatchInvoiceRecord
from domain.batch.model import BatchItem as BatchItemRecord
from domain.batch.model import BatchState, BillState, Grouping
from domain.batch.plan import BatchTotals as TotalsFigures
from domain.billing.item import BillableState, ItemKind
from domain.invoice.deposit import still_to_deduct
from domain.job import OF_BATCHES
from domain.project.model import BillingMethod
from domain.takeover.wire import unpack_issue
from persistence.batch import batches, bill_sums
from persistence.batch import lists as batch_lists
from persistence.batch.figures import FiguresOnce
from persistence.invoice.undeducted import to_deduct_of
from persistence.reading import Computed, Derived, Noun, Row, ToOne, Wanted, load
from persistence.session import ScopedSession
from schema.billable import BillingBlocker
from schema.client import CLIENT, Client
from schema.collaborator import COLLABORATOR, Collaborator
from schema.context import House
from schema.invoice import INVOICE, Invoice
from schema.job import Job, last_job
from schema.node import Node
from schema.organisation import ENTITY, Entity
from schema.project import CONTRACT, PHASE, PROJECT, Contract, Phase, Project
from schema.scalars import Money, MoneyRow, money, money_field, number_field, plain
from schema.user_error import UserError, user_error, user_errors

if TYPE_CHECKING:
    from schema.batch_schedule import BatchSchedule

strawberry.enum(BatchState, description="SELECTING: nothing is held. SAVED: proposed and held.")
strawberry.enum(
    BillState,
    name="BatchInvoiceState",
    description="GENERATED: there is a pro forma, or by now a final invoice. FAILED: it could "
    "not be made, its items are held still. DROPPED: taken out.",
)
strawberry.enum(
    Grouping,
    name="BatchGrouping",
    description="PER_CLIENT: une facture par client. Neither mixes currencies, entities, VAT "
    "regimes, purchase orders or languages.",
)


@strawberry.enum(description="In what an invoice differs from the others of its client.")
class BatchSplit(StrEnum):
    ENTITY = "ENTITY"
    CURRENCY = "CURRENCY"
    VAT_REGIME = "VAT_REGIME"
    PURCHASE_ORDER = "PURCHASE_ORDER"
    LANGUAGE = "LANGUAGE"


@strawberry.type(description="The live figures of what is selected, in one currency.")
class BatchTotals:
    currency: str
    invoices: int = strawberry.field(description="Factures à créer.")
    contracts: int = strawberry.field(description="With something selected.")
    items: int = strawberry.field(description="Selected.")
    tickets: int = strawberry.field(description="Tickets non facturés.")
    hours: Decimal = strawberry.field(description="Heures travaillées.")
    net: Money = strawberry.field(description="Montant facturable.")
    vat: Money = strawberry.field(description="Taxe, of the invoices that would be made.")
    gross: Money = strawberry.field(description="Total.")


@strawberry.type(description="How many invoices of a batch are in each state.")
class BatchInvoiceCounts:
    proposed: int
    generated: int
    failed: int
    dropped: int


@strawberry.type(description="A sitting at which what is due is billed.")
class Batch(Node):
    name: str
    cut_off: date = strawberry.field(description="The day up to which is billed.")
    grouping: Grouping
    state: BatchState
    author: str = strawberry.field(
        description="The key that prepared it, or the name of its schedule."
    )
    schedule: Annotated[BatchSchedule, strawberry.lazy("schema.batch_schedule")] | None = (
        strawberry.field(description="Null of one made by hand.")
    )
    due_on: date | None = strawberry.field(
        description="Of a batch that its schedule began: the day it was due."
    )
    created_at: datetime
    archived_at: datetime | None = strawberry.field(description="When it was deleted.")
    generated_at: datetime | None = strawberry.field(description="Null until pro formas are made.")
    exported_at: datetime | None = strawberry.field(description="When all of it had been exported.")
    version: int = strawberry.field(description="Counts its changes.")
    plan_hash: str | None = strawberry.field(
        description="What batchRun takes: it stands for the selection and the totals seen with it. "
        "Once the batch is run: the one it was run by, so that a program may ask again."
    )
    totals: list[BatchTotals] = strawberry.field(
        description="By currency, computed by the plan that will run."
    )
    invoice_counts: BatchInvoiceCounts
    job: Job | None = strawberry.field(description="The last job about it.")


@strawberry.type(description="An item of a contract, as it was listed for a batch.")
class BatchItem:
    key: str = strawberry.field(description="As `billables` has it.")
    kind: ItemKind
    phase: Phase | None
    period_start: date | None = strawberry.field(description="Null of what has no period.")
    period_end: date | None
    collaborator: Collaborator | None
    hours: Decimal
    hourly_rate: Decimal | None
    tickets: int = strawberry.field(description="Time entries that it bills.")
    amount: Money = strawberry.field(description="Net, due.")
    unbilled: Money = strawberry.field(description="Done or running, and not due.")
    selectable: bool = strawberry.field(description="False: locked by a blocker.")
    selected: bool = strawberry.field(description="This batch bills it.")
    blockers: list[BillingBlocker]


@strawberry.type(description="A contract in the list of a batch: its balance and its padlock.")
class BatchContract:
    id: strawberry.ID
    client: Client
    project: Project
    contract: Contract
    entity: Entity | None
    type: BillingMethod
    taxable: bool
    currency: str
    total_balance: Money = strawberry.field(description="Solde total: all that is due, net.")
    selected_balance: Money = strawberry.field(
        description="Solde sélectionné: what this batch bills."
    )
    selected_items: int
    unbilled: Money
    state: BillableState
    blockers: list[BillingBlocker]
    items: list[BatchItem]


@strawberry.type(description="An invoice that a batch proposes, or has made.")
class BatchInvoice(Node):
    place: int
    client: Client
    entity: Entity
    currency: str
    language: str
    vat_regime: str = strawberry.field(
        description="The reason why no VAT is charged, else the country whose rates apply."
    )
    commitment_no: str | None
    splits: list[BatchSplit] = strawberry.field(
        description="In what it differs from the others of its client; empty where it is alone."
    )
    contracts: int
    tickets: int
    hours: Decimal
    net: Money = strawberry.field(description="Of the invoice as edited, once there is one.")
    vat: Money
    gross: Money
    state: BillState
    invoice: Invoice | None
    user_errors: list[UserError] = strawberry.field(
        description="Why the last act on it failed, and warnings of deposits that it does not "
        "deduct or letters that are not printed, in the caller's language."
    )
    items: list[BatchItem]


def batch_noun(house: House, locale: str) -> Noun:
    """How a batch is read by somebody who reads `locale`."""
    once = FiguresOnce()

    def totals(session: ScopedSession, keys: Sequence[int], _: Wanted) -> dict[int, list[Row]]:
        found = once.totals(session, keys)
        return {key: [_figures(one) for one in some] for key, some in found.items()}

    def schedule() -> Noun:
        # Each knows the other: a batch its schedule, a schedule its last batch.
        from schema.batch_schedule import batch_schedule_noun

        return batch_schedule_noun(house, locale)

    return Noun(
        BatchRecord,
        "Batch",
        {
            "plan_hash": Derived(lambda session, keys, _: once.hashes(session, keys)),
            "totals": Derived(totals, default=()),
            "invoice_counts": Derived(_counts),
            "job": last_job(house, locale, *OF_BATCHES),
            "schedule": ToOne(schedule, "schedule_id"),
        },
    )


def _figures(one: TotalsFigures) -> dict[str, Any]:
    return {
        "currency": one.currency,
        "invoices": one.invoices,
        "contracts": one.contracts,
        "items": one.items,
        "tickets": one.tickets,
        "hours": plain(one.hours),
        "net": money(one.net, one.currency),
        "vat": money(one.vat, one.currency),
        "gross": money(one.gross, one.currency),
    }


def _counts(
    session: ScopedSession, keys: Sequence[int], wanted: Wanted
) -> dict[int, dict[str, int]]:
    return {
        key: {state.value.lower(): counts.get(state, 0) for state in BillState}
        for key, counts in batches.count_bills_of(session, keys).items()
    }


def blockers(kept: Sequence[Mapping[str, Any]], locale: str) -> list[Row]:
    """What stood in the way when a batch was listed."""

    def a_day(text: str | None) -> date | None:
        return date.fromisoformat(text) if text else None

    return [
        {
            **user_error(unpack_issue(one["issue"]), locale),
            "since": a_day(one["since"]),
            "until": a_day(one["until"]),
            "mutation": one["mutation"],
        }
        for one in kept
    ]


def batch_item_noun(locale: str) -> Noun:
    return Noun(
        BatchItemRecord,
        "BatchItem",
        {
            "phase": ToOne(lambda: PHASE, "phase_id"),
            "collaborator": ToOne(lambda: COLLABORATOR, "collaborator_id"),
            "hours": number_field("hours"),
            "hourly_rate": number_field("rate"),
            "amount": money_field("amount_minor"),
            "unbilled": money_field("unbilled_minor"),
            "blockers": Computed(("blockers",), lambda row: blockers(row["blockers"], locale)),
        },
    )


def batch_contract_noun(locale: str) -> Noun:
    """How a contract of a batch is read; its items by one statement for all contracts."""

    def items(session: ScopedSession, keys: Sequence[int], wanted: Wanted) -> dict[int, list[Row]]:
        places = batch_lists.contract_places(session, keys)
        batch_ids = {batch_id for batch_id, _ in places.values()}
        record = BatchItemRecord
        rows = load(
            session,
            batch_item_noun(locale),
            wanted,
            where=[
                record.batch_id.in_(batch_ids),
                record.contract_id.in_({contract_id for _, contract_id in places.values()}),
            ],
            order=[record.id],
            extra=("batch_id", "contract_id"),
        )
        found: dict[tuple[int, int], list[Row]] = {place: [] for place in places.values()}
        for row in rows:
            place = (row["_batch_id"], row["_contract_id"])
            if place in found:
                found[place].append(row)
        return {key: found[place] for key, place in places.items()}

    def selected(
        session: ScopedSession, keys: Sequence[int], wanted: Wanted
    ) -> dict[int, MoneyRow]:
        return {
            key: money(amount, currency)
            for key, (amount, _, currency) in batch_lists.selected_sums(session, keys).items()
        }

    def count(session: ScopedSession, keys: Sequence[int], wanted: Wanted) -> dict[int, int]:
        return {
            key: count for key, (_, count, _) in batch_lists.selected_sums(session, keys).items()
        }

    return Noun(
        BatchContractRecord,
        "BatchContract",
        {
            "client": ToOne(lambda: CLIENT, "client_id"),
            "project": ToOne(lambda: PROJECT, "project_id"),
            "contract": ToOne(lambda: CONTRACT, "contract_id"),
            "entity": ToOne(lambda: ENTITY, "entity_id"),
            "total_balance": money_field("total_minor"),
            "unbilled": money_field("unbilled_minor"),
            "selected_balance": Derived(selected),
            "selected_items": Derived(count, default=0),
            "blockers": Computed(("blockers",), lambda row: blockers(row["blockers"], locale)),
            "items": Derived(items, default=()),
        },
    )


def _of_bills(sums: bill_sums.SumsOnce, tell: Callable[[bill_sums.BillSums], Any]) -> Derived:
    """What is told of what an invoice of a batch comes to."""

    def find(session: ScopedSession, keys: Sequence[int], wanted: Wanted) -> dict[int, Any]:
        return {key: tell(of) for key, of in sums.of(session, keys).items()}

    return Derived(find)


def batch_invoice_noun(locale: str) -> Noun:
    sums = bill_sums.SumsOnce()

    def items(session: ScopedSession, keys: Sequence[int], wanted: Wanted) -> dict[int, list[Row]]:
        record = BatchItemRecord
        rows = load(
            session,
            batch_item_noun(locale),
            wanted,
            where=[record.bill_id.in_(keys)],
            order=[record.id],
            extra=("bill_id",),
        )
        found: dict[int, list[Row]] = {key: [] for key in keys}
        for row in rows:
            found[row["_bill_id"]].append(row)
        return found

    def said(session: ScopedSession, keys: Sequence[int], wanted: Wanted) -> dict[int, list[Row]]:
        """Why the last act failed, and the deposits that a pro forma has still to deduct."""
        pro_formas = batches.pro_formas_of(session, keys)
        deposits = to_deduct_of(session, list(pro_formas.values()))
        found = {}
        for key, kept in batches.issues_of(session, keys).items():
            open_ones = deposits.get(pro_formas.get(key, 0), ())
            issues = [
                *map(unpack_issue, kept),
                *(still_to_deduct(one.number, one.left, one.currency) for one in open_ones),
            ]
            found[key] = user_errors(issues, locale)
        return found

    return Noun(
        BatchInvoiceRecord,
        "BatchInvoice",
        {
            "client": ToOne(lambda: CLIENT, "client_id"),
            "entity": ToOne(lambda: ENTITY, "entity_id"),
            "invoice": ToOne(lambda: INVOICE, "invoice_id"),
            "vat_regime": Computed(("regime",), lambda row: row["regime"]),
            "splits": Computed(("splits",), lambda row: [BatchSplit(one) for one in row["splits"]]),
            "hours": number_field("hours"),
            "currency": _of_bills(sums, lambda of: of.currency),
            "net": _of_bills(sums, lambda of: money(of.net, of.currency)),
            "vat": _of_bills(sums, lambda of: money(of.vat, of.currency)),
            "gross": _of_bills(sums, lambda of: money(of.net + of.vat, of.currency)),
            "user_errors": Derived(said, default=()),
            "items": Derived(items, default=()),
        },
    )
