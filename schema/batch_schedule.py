"""Schedules of recurring batches: what they bill, when, and what became of the last run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

import strawberry

from domain.batch.criteria import criteria_again
from domain.batch.model import Grouping
from domain.batch.rhythm import LAST_DAY, Cadence, Rhythm
from domain.batch.schedule import BatchSchedule as BatchScheduleRecord
from domain.batch.schedule import CutOffRule, Outcome, Reach
from domain.given import whole
from domain.organisation import time_zone_of
from domain.project.model import BillingMethod
from persistence.batch.schedules import schedules_by_id
from persistence.organisations import the_organisation
from persistence.reading import Computed, Derived, Noun, Row, ToOne, Wanted
from persistence.session import ScopedSession
from schema.batch import Batch, batch_noun
from schema.context import House
from schema.job import Job, job_noun
from schema.node import Node

MOST_RUNS = 100

strawberry.enum(
    Cadence,
    name="BatchCadence",
    description="QUARTERLY: every third month from that of startsOn on. YEARLY: in its month.",
)
strawberry.enum(
    CutOffRule,
    name="BatchCutOffRule",
    description="Up to which day a run bills: the end of the month before the day it is due, or "
    "the very day it is due (also when it is caught up later).",
)
strawberry.enum(
    Reach,
    name="BatchScheduleReach",
    description="PLAN lists and selects: somebody looks, and runs it. DRAFTS also makes the pro "
    "formas. Nothing is made final by itself: a legal number is never taken back, so a person "
    "looks at what was drawn first, and then uses batchFinalise.",
)
strawberry.enum(
    Outcome,
    name="BatchScheduleOutcome",
    description="Of the last run. PARTLY_GENERATED: some invoices could not be made, or none; "
    "they say why. NOTHING_DUE: no batch is left of it. FAILED: lastFailure says why; the next run "
    "has another try.",
)


@strawberry.type(description="Which contracts a schedule bills; null narrows nothing.")
class BatchScheduleCriteria:
    types: list[BillingMethod] | None
    taxable: bool | None
    client_ids: list[strawberry.ID] | None
    project_ids: list[strawberry.ID] | None
    contract_ids: list[strawberry.ID] | None
    entity_ids: list[strawberry.ID] | None
    currency: str | None
    text: str | None


@dataclass(frozen=True, slots=True)
class Coming:
    """What is to come of a schedule."""

    rhythm: Rhythm
    since: date
    zone: str

    def first(self, count: int) -> list[datetime]:
        """The next `count` moments, in UTC."""
        days = islice(self.rhythm.days(after=self.since - timedelta(days=1)), count)
        return [self.rhythm.moment(day, self.zone) for day in days]


@strawberry.type(
    description="A batch that recurs. It acts with the role of who made it or changed it last, "
    "even once their key is revoked: it is the firm's, and makes nothing final. Its batches and "
    "jobs bear its name as their author. What was missed while no server ran is made up for by "
    "one batch, that of the latest day."
)
class BatchSchedule(Node):
    name: str = strawberry.field(
        description="Of its batches, with {month}, {year}, {quarter} and {day} of their cut-off "
        "day, in the firm's language."
    )
    filter: BatchScheduleCriteria
    grouping: Grouping
    cadence: Cadence
    day: int = strawberry.field(
        description="Of the month: 1 to 31, its last day where it has none such (31: always the "
        "last). WEEKLY: of the week, 1 (Monday) to 7."
    )
    is_last_day: bool = strawberry.field(
        description="Whether that is the last day of every month or week."
    )
    hour: int = strawberry.field(description="0 to 23, in the firm's time zone.")
    starts_on: date
    cut_off_rule: CutOffRule
    reach: Reach
    active: bool = strawberry.field(description="False: paused.")
    author: str = strawberry.field(description="The key that made it, or changed it last.")
    next_on: date | None = strawberry.field(
        description="The day it is due next; null while paused or archived."
    )
    next_at: datetime | None
    last_on: date | None = strawberry.field(description="The latest due day that was seen to.")
    last_at: datetime | None = strawberry.field(
        description="When its last run began, asked for by hand or not."
    )
    last_outcome: Outcome | None
    last_batch: Batch | None
    last_job: Job | None
    last_failure: Job | None = strawberry.field(
        description="The last run that failed, wholly or in part: its userErrors say why."
    )
    version: int = strawberry.field(description="Counts what people change; runs do not.")
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None

    @strawberry.field(description="The next moments it is due; at most 100.")
    @staticmethod
    def next_runs(root: strawberry.Parent[Any], first: int = 12) -> list[datetime]:
        count = whole(first, field=("first",), name="first", least=0, most=MOST_RUNS)
        coming: Coming | None = root["next_runs"]
        return [] if coming is None else coming.first(count)


def batch_schedule_noun(house: House, locale: str) -> Noun:
    """How a schedule is read by somebody who reads `locale`."""
    return Noun(
        BatchScheduleRecord,
        "BatchSchedule",
        {
            "filter": Computed(("criteria",), lambda row: _criteria(row["criteria"])),
            "is_last_day": Computed(
                ("cadence", "day"), lambda row: row["day"] == LAST_DAY[row["cadence"]]
            ),
            "next_at": Derived(_next_at),
            "next_runs": Derived(_coming),
            "last_outcome": Computed(("outcome",), lambda row: row["outcome"]),
            "last_batch": ToOne(lambda: batch_noun(house, locale), "last_batch_id"),
            "last_job": ToOne(lambda: job_noun(house, locale), "last_job_id"),
            "last_failure": ToOne(lambda: job_noun(house, locale), "failed_job_id"),
        },
    )


def _criteria(kept: Mapping[str, Any]) -> Row:
    known = criteria_again(kept)

    def ids(noun: str, keys: Sequence[int] | None) -> list[str] | None:
        return None if keys is None else [f"{noun}_{key}" for key in keys]

    return {
        "types": known.types,
        "taxable": known.taxable,
        "client_ids": ids("client", known.client_ids),
        "project_ids": ids("project", known.project_ids),
        "contract_ids": ids("contract", known.contract_ids),
        "entity_ids": ids("entity", known.entity_ids),
        "currency": known.currency,
        "text": known.text,
    }


def _coming(session: ScopedSession, keys: Sequence[int], wanted: Wanted) -> dict[int, Coming]:
    zone = time_zone_of(the_organisation(session))
    return {
        one.id: Coming(one.rhythm, one.next_on, zone)
        for one in schedules_by_id(session, keys)
        if one.next_on is not None
    }


def _next_at(session: ScopedSession, keys: Sequence[int], wanted: Wanted) -> dict[int, datetime]:
    return {key: one.first(1)[0] for key, one in _coming(session, keys, wanted).items()}
