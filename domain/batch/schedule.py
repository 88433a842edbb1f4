"""A recurring batch: what it bills, when, up to which day, and how far it goes by itself."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from babel.dates import get_month_names
from sqlalchemy import JSON, Boolean, ForeignKeyConstraint, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from domain.access import Role
from domain.base import NAME, BigKey, Instant, Record, Versioned, choice, owned
from domain.batch.model import Grouping
from domain.batch.rhythm import Cadence, Rhythm
from domain.errors import FIELD_INVALID, Refusal, call_error, call_warning

SCHEDULE_BUSY = call_error(
    "SCHEDULE_BUSY",
    "{job} is at work on the last batch of the schedule {schedule}.",
    "Wait for its end, or cancel it.",
)
NOTHING_WAS_DUE = call_warning(
    "NOTHING_WAS_DUE",
    "Nothing could be billed up to {day}: no batch was made. Contracts that are locked or not due "
    "yet: {waiting}.",
    "What is locked says why in a batch made by hand.",
)
BILLS_FAILED = call_warning(
    "BILLS_FAILED",
    "Invoices of the batch {batch} that could not be made: {count}.",
    "Read why on each of them, then use batchGenerate or batchDrop.",
)

LONGEST_NAME = 100
"""Of the template: its months may be longer than their placeholders."""

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_PLACEHOLDERS = ("month", "year", "quarter", "day")


class CutOffRule(StrEnum):
    """Up to which day a run bills."""

    END_OF_PREVIOUS_MONTH = "END_OF_PREVIOUS_MONTH"
    """The last day of the month before the due day."""
    DAY_OF_RUN = "DAY_OF_RUN"
    """The due day itself, also when it is caught up later."""


class Reach(StrEnum):
    """How far a run goes; none makes anything final: that is for a person who has looked."""

    PLAN = "PLAN"
    """Lists and selects."""
    DRAFTS = "DRAFTS"
    """Runs the plan and makes the pro formas."""


class Outcome(StrEnum):
    """What became of the last run."""

    STARTED = "STARTED"
    PLANNED = "PLANNED"
    GENERATED = "GENERATED"
    PARTLY_GENERATED = "PARTLY_GENERATED"
    """Some invoices could not be made."""
    NOTHING_DUE = "NOTHING_DUE"
    FAILED = "FAILED"


class BatchSchedule(Versioned, Record):
    """A batch that recurs. It acts with the role of who made it, or changed it last.

    `version` counts what people change; runs do not change it. `next_on` is NULL while nothing
    is to come: paused or archived.
    """

    __tablename__ = "batch_schedule"
    __table_args__ = owned(
        ForeignKeyConstraint(
            ["organisation_id", "last_batch_id"], ["batch.organisation_id", "batch.id"]
        ),
        ForeignKeyConstraint(["organisation_id", "last_job_id"], ["job.organisation_id", "job.id"]),
        ForeignKeyConstraint(
            ["organisation_id", "failed_job_id"], ["job.organisation_id", "job.id"]
        ),
        Index(None, "next_on"),
    )

    name: Mapped[str] = mapped_column(NAME)
    """Of its batches, with {month}, {year}, {quarter} and {day} of their cut-off."""
    criteria: Mapped[dict[str, Any]] = mapped_column(JSON)
    grouping: Mapped[Grouping] = mapped_column(choice(Grouping))
    cadence: Mapped[Cadence] = mapped_column(choice(Cadence))
    day: Mapped[int] = mapped_column(Integer)
    hour: Mapped[int] = mapped_column(Integer)
    """In the firm's time zone."""
    starts_on: Mapped[date]
    cut_off_rule: Mapped[CutOffRule] = mapped_column(choice(CutOffRule))
    reach: Mapped[Reach] = mapped_column(choice(Reach))
    active: Mapped[bool] = mapped_column(Boolean)
    author: Mapped[str] = mapped_column(NAME)
    """The key that made it, or changed it last."""
    role: Mapped[Role] = mapped_column(choice(Role))
    """Of that key, then."""
    locale: Mapped[str] = mapped_column(String(16))
    next_on: Mapped[date | None] = mapped_column(default=None)
    last_on: Mapped[date | None] = mapped_column(default=None)
    """The latest due day that was seen to."""
    last_at: Mapped[datetime | None] = mapped_column(Instant, default=None)
    last_batch_id: Mapped[int | None] = mapped_column(BigKey, default=None)
    last_job_id: Mapped[int | None] = mapped_column(BigKey, default=None)
    outcome: Mapped[Outcome | None] = mapped_column(choice(Outcome), default=None)
    failed_job_id: Mapped[int | None] = mapped_column(BigKey, default=None)
    """The last run that failed, wholly or in part: its issues say why."""

    @property
    def rhythm(self) -> Rhythm:
        return Rhythm(cadence=self.cadence, day=self.day, hour=self.hour, starts_on=self.starts_on)

    @property
    def is_live(self) -> bool:
        return self.active and self.archived_at is None


def cut_off_by(rule: CutOffRule, due_on: date) -> date:
    """The day up to which a run that is due on `due_on` bills."""
    if rule is CutOffRule.DAY_OF_RUN:
        return due_on
    return due_on.replace(day=1) - timedelta(days=1)


def require_template(name: str) -> None:
    """Refuses with FIELD_INVALID a name with a placeholder that stands for nothing."""
    unknown = [one for one in _PLACEHOLDER.findall(name) if one not in _PLACEHOLDERS]
    if unknown:
        known = " ".join("{" + one + "}" for one in _PLACEHOLDERS)
        reason = "it has a placeholder that is not known"
        found = "{" + unknown[0][:40] + "}"
        raise Refusal(
            FIELD_INVALID(
                field=("name",), name="The name", reason=reason, found=found, expected=known
            )
        )


def batch_name(template: str, cut_off: date, language: str) -> str:
    """The name of a batch: "Honoraires {month} {year}" -> "Honoraires octobre 2026"."""
    months = get_month_names("wide", context="stand-alone", locale=language)
    facts = {
        "month": months[cut_off.month],
        "year": str(cut_off.year),
        "quarter": f"T{(cut_off.month + 2) // 3}"
        if language == "fr"
        else f"Q{(cut_off.month + 2) // 3}",
        "day": cut_off.isoformat(),
    }
    return _PLACEHOLDER.sub(lambda found: facts.get(found[1], found[0]), template)
