"""How far a phase is: an append-only record of cumulative percentages (O03)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import ForeignKeyConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import NAME, PERCENT, BigKey, Record, Scoped, owned
from domain.errors import Issue, Refusal, call_error, call_warning
from domain.given import number

PROGRESS_OUT_OF_RANGE = call_error(
    "PROGRESS_OUT_OF_RANGE", "Progress is a percentage from 0 to 100; {found} was given."
)
PROGRESS_LOWERED = call_warning(
    "PROGRESS_LOWERED", "Progress of {phase} goes down from {before} % to {after} %."
)
PROGRESS_UNSIGNED = call_warning(
    "PROGRESS_UNSIGNED", "The project {project} is not signed: its progress cannot be billed yet."
)
PROGRESS_AHEAD = call_warning(
    "PROGRESS_AHEAD", "The progress is stated as of {found}, which is still to come."
)


class ProgressUpdate(Scoped, Record):
    """The progress of a phase at a date. The last one by (as_of, id) is in force."""

    __tablename__ = "progress_update"
    __table_args__ = owned(
        ForeignKeyConstraint(
            ["organisation_id", "phase_id"], ["phase.organisation_id", "phase.id"]
        ),
        Index(None, "organisation_id", "phase_id", "as_of"),
    )

    phase_id: Mapped[int] = mapped_column(BigKey)
    percent: Mapped[Decimal] = mapped_column(PERCENT)
    as_of: Mapped[date] = mapped_column()
    comment: Mapped[str | None] = mapped_column(Text, default=None)
    author: Mapped[str | None] = mapped_column(NAME, default=None)
    source: Mapped[str] = mapped_column(String(64), default="api")


def judge_progress(
    *,
    phase: str,
    percent: Decimal,
    before: Decimal | None,
    project: str,
    signed: bool,
    ahead: date | None = None,
) -> tuple[Issue, ...]:
    """The warnings of recording `percent` for `phase`; refuses what is not a percentage.

    `before` is the progress in force at that date (percent, None when nothing was recorded),
    `ahead` the date when it is still to come: what is to be done one day would be billed today.
    """
    if not (percent.is_finite() and 0 <= percent <= 100):
        raise Refusal(
            PROGRESS_OUT_OF_RANGE(field=("percent",), found=str(percent)[:60], expected="0–100")
        )
    number(percent, field=("percent",), name="The percentage", decimals=4, least=0, most=100)
    notes: list[Issue] = []
    if before is not None and percent < before:
        notes.append(
            PROGRESS_LOWERED(
                field=("percent",),
                phase=phase,
                before=f"{before.normalize():f}",
                after=f"{percent.normalize():f}",
            )
        )
    if not signed:
        notes.append(PROGRESS_UNSIGNED(field=("phase_id",), project=project))
    if ahead is not None:
        notes.append(PROGRESS_AHEAD(field=("as_of",), found=ahead.isoformat()))
    return tuple(notes)
