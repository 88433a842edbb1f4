"""What callers give to make and change schedules of recurring batches."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import strawberry
from strawberry import Maybe

from domain.batch.model import Grouping
from domain.batch.rhythm import Cadence
from domain.batch.schedule import CutOffRule, Reach
from resolvers.batching._choices import BatchCriteria, criteria_of

_NAME = (
    "Of its batches: {month}, {year}, {quarter} and {day} are those of their cut-off day, in the "
    "firm's language (“Honoraires {month} {year}”)."
)
_DAY = (
    "Of the month: 1 to 31, its last day where it has none such (31: always the last). WEEKLY: of "
    "the week, 1 (Monday) to 7."
)


@strawberry.input(description="What is billed, when, up to which day, and how far it goes.")
class BatchScheduleCreateInput:
    name: str = strawberry.field(description=_NAME)
    filter: BatchCriteria | None = None
    grouping: Grouping = Grouping.PER_CONTRACT
    cadence: Cadence = Cadence.MONTHLY
    day: int = strawberry.field(default=1, description=_DAY)
    hour: int = strawberry.field(default=6, description="0 to 23, in the firm's time zone.")
    starts_on: date | None = strawberry.field(
        default=None,
        description="No earlier day is due; today when left out. Quarters and years are counted "
        "from its month.",
    )
    cut_off_rule: CutOffRule = CutOffRule.END_OF_PREVIOUS_MONTH
    reach: Reach = Reach.DRAFTS
    active: bool = True


@strawberry.input(description="What is left out stays.")
class BatchScheduleUpdateInput:
    id: strawberry.ID
    expected_version: int | None = None
    name: str | None = strawberry.field(default=None, description=_NAME)
    filter: Maybe[BatchCriteria | None] = strawberry.field(
        description="Instead of the former one; null: all contracts."
    )
    grouping: Grouping | None = None
    cadence: Cadence | None = None
    day: int | None = strawberry.field(default=None, description=_DAY)
    hour: int | None = None
    starts_on: date | None = None
    cut_off_rule: CutOffRule | None = None
    reach: Reach | None = None
    active: bool | None = strawberry.field(
        default=None,
        description="False pauses it; true: what was due meanwhile is not caught up.",
    )


@strawberry.input
class BatchScheduleRunNowInput:
    id: strawberry.ID
    idempotency_key: strawberry.ID


def created(given: BatchScheduleCreateInput) -> Mapping[str, Any]:
    """The columns of a new schedule; its criteria as the domain knows them."""
    columns = dict(vars(given))
    columns["criteria"] = criteria_of(columns.pop("filter"))
    return columns


def changed(given: BatchScheduleUpdateInput) -> Mapping[str, Any]:
    """The columns that were given."""
    not_columns = ("id", "expected_version", "filter")
    columns = {
        name: value
        for name, value in vars(given).items()
        if name not in not_columns and value is not None
    }
    if given.filter is not None:
        columns["criteria"] = criteria_of(given.filter.value)
    return columns
