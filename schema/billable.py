"""What can be billed: contracts with their items, their balance and their padlock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import strawberry

from domain.billing.assessment import Assessment
from domain.billing.item import BillableState, Blocker, Item, ItemKind
from domain.errors import Severity
from domain.project.model import BillingMethod
from persistence.reading import Row, Wanted, load_by_ids
from persistence.session import ScopedSession
from schema.client import CLIENT, Client
from schema.collaborator import COLLABORATOR, Collaborator
from schema.project import CONTRACT, PHASE, PROJECT, Contract, Phase, Project
from schema.scalars import Money, money, plain
from schema.user_error import IssueCode, user_error

strawberry.enum(
    ItemKind,
    name="BillableItemKind",
    description="What an item is made of: what PROGRESS has earned, TIME of a person, a PERIOD, "
    "a BLOCK of hours, its OVERAGE, or the REST of one of these that was billed in part.",
)
strawberry.enum(
    BillableState,
    description="The padlock: all can be billed, some of it is open yet, nothing is ready.",
)


@strawberry.type(description="Why something is not billed yet, and what takes that away.")
class BillingBlocker:
    code: IssueCode
    severity: Severity = strawberry.field(description="Only an ERROR locks.")
    since: date | None = strawberry.field(description="The day from which it stands in the way.")
    until: date | None = strawberry.field(description="The day that takes it away by itself.")
    mutation: str | None = strawberry.field(description="The mutation that takes it away.")
    fix: str | None = strawberry.field(description="What to do, in the caller's language.")
    message: str = strawberry.field(description="In the caller's language.")


@strawberry.type(description="A piece of what can be billed of a contract.")
class BillableItem:
    key: str = strawberry.field(description="Stable; `items` of a drawing mutation take it.")
    kind: ItemKind
    phase: Phase
    period_start: date | None
    period_end: date | None = strawberry.field(description="The last day, itself included.")
    collaborator: Collaborator | None
    hours: Decimal | None
    hourly_rate: Decimal | None
    tickets: int = strawberry.field(description="Time entries that its line would bill.")
    amount: Money = strawberry.field(description="Net, due.")
    unbilled: Money = strawberry.field(
        description="Above a cap, not approved, or of an open period."
    )
    selectable: bool
    blockers: list[BillingBlocker]


@strawberry.type(description="A contract with what can be billed of it at a day.")
class Billable:
    id: strawberry.ID = strawberry.field(
        description="Its own, at this day: `contract { id }` is the contract's."
    )
    client: Client
    project: Project
    contract: Contract
    type: BillingMethod
    currency: str
    total_balance: Money = strawberry.field(description="All that is due, net.")
    unbilled: Money = strawberry.field(description="What was done, or runs, and is not due.")
    state: BillableState
    items: list[BillableItem]
    blockers: list[BillingBlocker] = strawberry.field(
        description="What concerns the contract as a whole."
    )


def billable_rows(
    session: ScopedSession,
    found: Sequence[Assessment],
    wanted: Wanted,
    *,
    cut_off: date,
    locale: str,
) -> list[Row]:
    """The assessments as the API shows them; each noun is read once for all of them."""
    terms = [one.books.terms for one in found]
    of_items = wanted.get("items", {})
    items = [item for one in found for item in one.items]

    def read(noun: Any, fields: Wanted | None, keys: Sequence[int]) -> dict[int, Row]:
        return {} if fields is None else load_by_ids(session, noun, fields, keys)

    clients = read(CLIENT, wanted.get("client"), [one.client_id for one in terms])
    projects = read(PROJECT, wanted.get("project"), [one.project_id for one in terms])
    contracts = read(CONTRACT, wanted.get("contract"), [one.id for one in terms])
    phases = read(PHASE, of_items.get("phase"), [item.phase_id for item in items])
    people = [item.collaborator_id for item in items if item.collaborator_id is not None]
    collaborators = read(COLLABORATOR, of_items.get("collaborator"), people)

    def shown(item: Item, currency: str, *, is_locked: bool) -> Row:
        return {
            "key": item.key,
            "kind": item.kind,
            "phase": phases.get(item.phase_id),
            "period_start": item.period.start if item.period else None,
            "period_end": item.period.end if item.period else None,
            "collaborator": collaborators.get(item.collaborator_id or 0),
            "hours": None if item.hours is None else plain(item.hours),
            "hourly_rate": None if item.rate is None else plain(item.rate),
            "tickets": len(item.entries),
            "amount": money(item.amount, currency),
            "unbilled": money(item.unbilled, currency),
            "selectable": item.selectable and not is_locked,
            "blockers": _blockers(item.blockers, locale),
        }

    return [
        {
            "id": f"billable_{of.id}_{cut_off:%Y%m%d}",
            "client": clients.get(of.client_id),
            "project": projects.get(of.project_id),
            "contract": contracts.get(of.id),
            "type": of.billing_method,
            "currency": of.currency,
            "total_balance": money(one.total, of.currency),
            "unbilled": money(one.unbilled, of.currency),
            "state": one.state,
            "items": [shown(item, of.currency, is_locked=one.is_locked) for item in one.items],
            "blockers": _blockers(one.blockers, locale),
        }
        for one, of in zip(found, terms, strict=True)
    ]


def _blockers(blockers: Sequence[Blocker], locale: str) -> list[Row]:
    return [
        {
            **user_error(blocker.issue, locale),
            "since": blocker.since,
            "until": blocker.until,
            "mutation": blocker.mutation,
        }
        for blocker in blockers
    ]
