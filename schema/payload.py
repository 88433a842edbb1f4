"""What mutations answer with besides the thing itself, and the outcome of each item of a bulk."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

import strawberry

from domain.errors import INPUT_TOO_LARGE, Refusal

REPLAYED = "True: done before under this key, nothing new happened."

COMES_BACK = "The caller's own: of many, it comes back with the result."

BULK_LIMIT = 1000
"""Items in one bulk call; more belongs in an import file."""


@strawberry.enum(
    description="What became of an item, in a dry run what would: REJECTED, its userErrors say "
    "why; SKIPPED, it was right, and nothing was done because others were not."
)
class BulkOutcome(Enum):
    CREATED = "CREATED"
    UPDATED = "UPDATED"
    UNCHANGED = "UNCHANGED"
    SKIPPED = "SKIPPED"
    REJECTED = "REJECTED"


@strawberry.enum(
    description="What one red item does to the others: with REJECT_EVERYTHING none is written, "
    "with REJECT_FAILED_ROWS those that can be are."
)
class ErrorPolicy(Enum):
    REJECT_EVERYTHING = "REJECT_EVERYTHING"
    REJECT_FAILED_ROWS = "REJECT_FAILED_ROWS"


@strawberry.type(description="How many items ended in each outcome.")
class BulkCounts:
    created: int
    updated: int
    unchanged: int
    skipped: int
    rejected: int


def require_size(items: Sequence[object], *, field: str = "items") -> None:
    """Refuses with INPUT_TOO_LARGE a bulk of more than `BULK_LIMIT` items."""
    if len(items) > BULK_LIMIT:
        raise Refusal(INPUT_TOO_LARGE(field=(field,), count=len(items), limit=BULK_LIMIT))


def bulk_counts(results: Sequence[dict[str, Any]]) -> dict[str, int]:
    """How many items ended in each outcome."""
    counts = {outcome.value.lower(): 0 for outcome in BulkOutcome}
    for result in results:
        counts[result["outcome"].value.lower()] += 1
    return counts
