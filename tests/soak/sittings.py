"""A sitting at which all that is due is billed, through servers that are killed meanwhile."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx2

from tests.jobs.servers import Installation, Server, caller_in_the_clear

BATCH = """
batch {
  id state planHash
  totals { currency invoices items tickets hours net { amount } vat { amount } }
}
userErrors { code message } replayed
"""
FOLLOW = """
query($id: ID!) {
  batch(id: $id) {
    state
    invoiceCounts { proposed generated failed dropped }
    job { id kind status progress { done total } userErrors { code } }
  }
}
"""
NUMBERS = """
query($id: ID!, $after: String) {
  batchInvoices(batchId: $id, page: { first: 100, after: $after }) {
    nodes { id state userErrors { code } invoice { id number state net { amount } } }
    pageInfo { hasNextPage endCursor }
  }
}
"""

LONGEST = 600.0
"""Seconds after which whoever waits gives up."""

Asked = tuple[str, dict[str, Any]]


@dataclass
class Sitting:
    """Somebody who asks the servers of an installation until an answer comes."""

    place: Installation
    servers: list[Server]
    asked: list[Asked] = field(default_factory=list)
    """What was asked with a key, to be asked again at the end."""
    replies_lost: int = 0
    http: httpx2.Client = field(default_factory=caller_in_the_clear)

    def query(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of an operation, from whichever server answers."""
        patience = time.monotonic() + LONGEST
        while time.monotonic() < patience:
            server = random.choice(self.servers)
            try:
                answer = self.http.post(
                    f"{server.address}/graphql",
                    json={"query": query, "variables": variables},
                    headers={"Authorization": f"Bearer {self.place.token}"},
                )
            except httpx2.TransportError:
                self.replies_lost += 1
                time.sleep(0.05)
                continue
            body: dict[str, Any] = answer.json()
            assert "errors" not in body, body
            return dict(body["data"])
        raise AssertionError("nobody answers")

    def call(self, mutation: str, **given: Any) -> dict[str, Any]:
        """The payload of a mutation of batches; told BUSY, it is asked again with the same key."""
        if "idempotencyKey" in given:
            self.asked.append((mutation, given))
        kind = mutation[0].upper() + mutation[1:] + "Input"
        query = f"mutation($input: {kind}!) {{ {mutation}(input: $input) {{ {BATCH} }} }}"
        while True:
            payload: dict[str, Any] = self.query(query, input=given)[mutation]
            if [one["code"] for one in payload["userErrors"]] != ["BUSY"]:
                return payload

    def follow(self, batch_id: str) -> dict[str, Any]:
        """What a caller is told of a batch; it must hold together."""
        found: dict[str, Any] = self.query(FOLLOW, id=batch_id)["batch"]
        counts, job = found["invoiceCounts"], found["job"]
        if found["state"] == "GENERATED":
            assert (counts["proposed"], counts["failed"]) == (0, 0), found
        if job is not None and job["status"] in ("SUCCEEDED", "SUCCEEDED_WITH_ERRORS"):
            assert job["kind"] != "BATCH_GENERATE" or counts["proposed"] == 0, found
        return found

    def wait(self, batch_id: str) -> dict[str, Any]:
        """Follows the job of a batch to its end; what is made never goes back."""
        made = 0
        patience = time.monotonic() + 2 * LONGEST
        while time.monotonic() < patience:
            found = self.follow(batch_id)
            assert found["invoiceCounts"]["generated"] >= made, (made, found)
            made = found["invoiceCounts"]["generated"]
            if found["job"]["status"] not in ("QUEUED", "RUNNING"):
                return found
            time.sleep(0.2)
        raise AssertionError("the job has no end")

    def carry_through(self, mutation: str, batch_id: str, *, key: str) -> dict[str, Any]:
        """Asks for the job of a batch, and again where it was broken off too often."""
        for attempt in range(10):
            payload = self.call(mutation, id=batch_id, idempotencyKey=f"{key}-{attempt}")
            assert payload["userErrors"] == [], payload
            found = self.wait(batch_id)
            if found["job"]["status"] == "SUCCEEDED":
                return found
            codes = [one["code"] for one in found["job"]["userErrors"]]
            assert codes == ["JOB_GIVEN_UP"], found
        raise AssertionError("given up each time")

    def invoices(self, batch_id: str) -> list[dict[str, Any]]:
        """The invoices of a batch as the API tells them, page by page."""
        found: list[dict[str, Any]] = []
        after = None
        while True:
            page = self.query(NUMBERS, id=batch_id, after=after)["batchInvoices"]
            found += page["nodes"]
            if not page["pageInfo"]["hasNextPage"]:
                return found
            after = page["pageInfo"]["endCursor"]

    def replay(self) -> None:
        """Asks all again with the same keys: heard before, and told the same."""
        for mutation, given in list(self.asked):
            payload = self.call(mutation, **given)
            if payload["userErrors"] == []:
                assert payload["replayed"], (mutation, payload)


@contextmanager
def sitting_at(place: Installation, servers: int) -> Iterator[Sitting]:
    """Servers of an installation, and somebody who asks them."""
    sitting = Sitting(place, [place.begun() for _ in range(servers)])
    try:
        for server in sitting.servers:
            wait_until_ready(server)
        yield sitting
    finally:
        sitting.http.close()
        for server in sitting.servers:
            server.kill()


def wait_until_ready(server: Server) -> None:
    """Until the server answers; on a busy machine it takes a while to begin."""
    for _ in range(5):
        with suppress(AssertionError):
            server.wait_until_ready()
            return
        assert server.process.poll() is None, "the server ended"
    raise AssertionError("the server does not answer")
