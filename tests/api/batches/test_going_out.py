"""Exports of a batch (B30): what makes it EXPORTED, and what does not."""

from __future__ import annotations

from typing import Any

from tests.api.batches.acts import (  # fmt: skip
    act,
    codes,
    finalised,
    generated,
    listed,
    proposals,
    saved,
    the_batch,
)
from tests.api.batches.example import example
from tests.support.api import ApiClient


def test_a_batch_is_exported_once_all_of_it_is_final_and_went_out(firm: ApiClient) -> None:
    """Pro formas in a CSV are in no accounts; parts that went out one by one are the whole."""
    batch = saved(firm, listed(firm, filter={"contractIds": list(example(firm).values())}))
    generated(firm, batch)
    first, *rest = [one["id"] for one in proposals(firm, batch["id"])]

    def exported(**part: Any) -> str:
        answer = act(firm, "batchExport", id=batch["id"], format="CSV", **part)
        assert set(codes(answer)) <= {"ALREADY_EXPORTED"}
        state: str = the_batch(firm, batch["id"])["state"]
        return state

    assert exported() == "GENERATED"
    finalised(firm, batch, invoiceIds=[first])
    assert exported() == "GENERATED"
    finalised(firm, batch)
    assert exported(invoiceIds=rest[:1]) == "GENERATED"
    assert exported(invoiceIds=rest[1:]) == "EXPORTED"
