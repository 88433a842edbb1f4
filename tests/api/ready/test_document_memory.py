"""A document that is kept, with its plan, takes no more than the room of its tokens says."""

from __future__ import annotations

import gc
import tracemalloc
from itertools import count

from server.limits import parse_within_limits
from tests.soak.offices import PAGE
from tests.support.api import ApiClient

A_TOKEN = 1_024
"""Bytes: KEPT_TOKENS of them are the 60 MB that are promised there."""

MANY = 20


def test_a_document_with_joins_and_lists_takes_a_kilobyte_a_token(browsed: ApiClient) -> None:
    numbers = count()

    def ask(times: int) -> str:
        for _ in range(times):
            text = PAGE.replace("invoices(", f"page{next(numbers)}: invoices(")
            browsed.query(text)
        return text

    text = ask(3)
    tracemalloc.start()
    try:
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        ask(MANY)
        gc.collect()
        taken = (tracemalloc.get_traced_memory()[0] - before) / MANY
    finally:
        tracemalloc.stop()
    assert taken <= A_TOKEN * parse_within_limits(text).tokens
