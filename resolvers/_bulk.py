"""Keeping the answer of a bulk call under its key, and giving it again (API.md 3, 8)."""

from __future__ import annotations

from typing import Any

from persistence.reading import Noun, Wanted, load_by_ids
from resolvers._mutation import Acting, Payload
from schema.payload import BulkOutcome
from schema.user_error import errors_again, kept_errors

_TOLD_SINCE: Payload = {"external_reference": None, "changes": []}
"""What the answers that were kept before a release may be without."""

_WRITTEN = {BulkOutcome.CREATED, BulkOutcome.UPDATED}


def kept(payload: Payload, *, dry_run: bool) -> Payload | None:
    """The results as plain values; None when nothing was written, and so nothing is to be kept."""
    if dry_run or not any(result["outcome"] in _WRITTEN for result in payload["results"]):
        return None
    return {
        "counts": payload["counts"],
        "results": [_kept_result(result) for result in payload["results"]],
    }


def _kept_result(result: dict[str, Any]) -> dict[str, Any]:
    told = {name: value for name, value in result.items() if name != "node"}
    return told | {
        "outcome": result["outcome"].value,
        "key": result["node"]["key"] if result["node"] else None,
        "user_errors": kept_errors(result["user_errors"]),
    }


def restored(acting: Acting, noun: Noun, kept: Payload, fields: Wanted) -> Payload:
    """The answer that was kept, its records as they are now."""
    keys = {result["key"] for result in kept["results"] if result["key"] is not None}
    nodes = load_by_ids(acting.session, noun, fields, keys)
    results = [
        {
            **_TOLD_SINCE,
            **result,
            "outcome": BulkOutcome(result["outcome"]),
            "node": nodes.get(result["key"] or 0),
            "user_errors": errors_again(result["user_errors"]),
        }
        for result in kept["results"]
    ]
    return {"counts": kept["counts"], "results": results}
