"""The block of hours of a phase: what was bought, what is used, what is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import strawberry

from domain.billing.prepaid import BlockLevel
from persistence.billing.blocks import Block, blocks_of
from persistence.reading import Wanted
from persistence.session import ScopedSession
from schema.scalars import plain

strawberry.enum(
    BlockLevel,
    description="ENOUGH: less than 80 % of the block is used; LOW: 80 % or more; ALMOST_USED: "
    "95 % or more; USED_UP: all of it, or more.",
)


@strawberry.type(
    description="Hours bought in advance. Approved billable hours are drawn from them, day by day."
)
class PrepaidBlock:
    starts_on: date | None = strawberry.field(description="Null of a block that is bought once.")
    ends_on: date | None
    bought_hours: Decimal = strawberry.field(description="Of this block: as it was sold.")
    carried_hours: Decimal = strawberry.field(description="Left by earlier periods (rollover).")
    used_hours: Decimal = strawberry.field(description="Approved, by today.")
    hours_after_end: Decimal = strawberry.field(
        description="Of the used ones, those of days after the end of the phase."
    )
    unapproved_hours: Decimal = strawberry.field(
        description="Worked by today and not approved yet, in whatever period: not drawn yet."
    )
    left_hours: Decimal = strawberry.field(description="Never below 0.")
    beyond_hours: Decimal = strawberry.field(
        description="Used beyond the block: due at the hourly rate when the period ends."
    )
    exhausted_on: date | None = strawberry.field(
        description="The day of the hours that used it up."
    )
    level: BlockLevel


def blocks(
    session: ScopedSession, keys: Sequence[int], wanted: Wanted
) -> Mapping[int, dict[str, Any]]:
    """By phase, its block of today; none for who sees but a part of the hours."""
    standing, day = session.standing, session.today
    if standing is None or standing.reach.only_work or day is None:
        return {}
    return {key: _shown(one) for key, one in blocks_of(session, keys, day=day).items()}


def _shown(found: Block) -> dict[str, Any]:
    drawn = found.drawn
    hours = {
        "bought_hours": drawn.balance - drawn.carried,
        "carried_hours": drawn.carried,
        "used_hours": drawn.used,
        "hours_after_end": found.after_end,
        "unapproved_hours": found.unapproved,
        "left_hours": drawn.left,
        "beyond_hours": drawn.beyond,
    }
    return {
        **{name: plain(value) for name, value in hours.items()},
        "starts_on": drawn.period and drawn.period.start,
        "ends_on": drawn.period and drawn.period.end,
        "exhausted_on": drawn.exhausted_on,
        "level": drawn.level,
    }
