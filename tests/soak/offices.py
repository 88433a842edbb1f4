"""An office at work: readers, writers, uploads, papers, batches and sign-ins, each at its pace."""

from __future__ import annotations

import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx2

from domain.access import Role
from domain.account import Account, Member
from domain.password import hashed
from domain.people import email_key
from domain.standing import Door
from persistence.session import Database
from server.own_pages import PREFLIGHT
from tests.jobs.servers import Installation, long_file
from tests.server.signing import PASSWORD
from tests.support.api import ApiClient
from tests.support.takeover import confirm, send

EMAIL = "lea@rivage.example"
PAGE = """
query($after: String) {
  invoices(page: { first: 50, after: $after }) {
    nodes {
      id proFormaNumber state net { amount currency } client { id name }
      lines { position description quantity net { amount } }
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""
DUE = "{ billables(page: { first: 20 }) { nodes { client { name } totalBalance { amount } } } }"
TOTALS = "{ totals { nodes { currency invoiced { amount } } } }"
PROJECT = """
query($id: ID!) {
  project(id: $id) { name contracts { phases { id name figures { progress earned { amount } } } } }
}
"""
PROGRESS = """
mutation($phase: ID!, $percent: Decimal!) {
  progressRecord(input: { phaseId: $phase, percent: $percent }) { userErrors { code } }
}
"""
PDF = "mutation($id: ID!) { invoicePdf(id: $id) { download { url } userErrors { code } } }"
STATE = "query($id: ID!) { batch(id: $id) { id state planHash job { status } } }"
MADE = """
query($id: ID!) {
  batchInvoices(batchId: $id, page: { first: 100 }) { nodes { invoice { id } } }
}
"""
DELETE = """
mutation($items: [InvoiceItem!]!, $key: ID!) {
  invoicesBulkDelete(input: { items: $items, idempotencyKey: $key }) { userErrors { code } }
}
"""
_LIMITS = httpx2.Limits(keepalive_expiry=2.0)
"""A connection that rests is let go before the server does so, after five seconds: what is sent at
that very moment would meet nobody."""

_BATCH = "batch { id state planHash job { status } } userErrors { code }"


def joined(place: Installation) -> None:
    """A person of the firm, who signs in by a password."""
    database = Database(place.url)
    try:
        with database.writing(None) as session:
            account = Account(email=EMAIL, email_key=email_key(EMAIL), created_at=datetime.now(UTC))
            account.name, account.password_argon2 = "Léa", hashed(PASSWORD)
            session.add(account)
            session.flush()
            member = Member(
                account_id=account.id,
                role=Role.ADMINISTRATOR,
                joined_at=account.created_at,
                joined_by=Door.SIGN_IN,
            )
            member.organisation_id = place.organisation_id
            session.add(member)
    finally:
        database.close()


@dataclass
class Office:
    """Its people work until the day is over; what they did is counted, what went wrong is kept."""

    place: Installation
    address: str
    phases: list[str]
    projects: list[str]
    done: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    papers: list[str] = field(default_factory=list)
    """Pro formas that stay."""

    def open(self) -> list[threading.Thread]:
        """Everybody at work, a thread each."""
        people: list[tuple[Callable[[ApiClient], str], float]] = [
            *[(self._reads, 0.1)] * 3,
            (self._records, 0.3),
            (self._uploads, 8.0),
            (self._prints, 1.0),
            (self._bills, 5.0),
            (self._signs_in, 3.0),
        ]
        threads = [threading.Thread(target=self._works, args=one) for one in people]
        for thread in threads:
            thread.start()
        return threads

    def first_papers(self) -> None:
        """What is due in francs is billed once, and stays."""
        with httpx2.Client(base_url=self.address, timeout=120) as http:
            self.papers = self._billed(self.place._caller(http), "CHF")
        assert self.papers

    def first_questions(self, count: int) -> None:
        """So many documents that nobody asks again."""
        with httpx2.Client(base_url=self.address, timeout=120) as http:
            caller = self.place._caller(http)
            for _ in range(count):
                self._asks_anew(caller)

    def _asks_anew(self, caller: ApiClient) -> None:
        """Asks a document that nobody has asked before."""
        name = f"a{random.getrandbits(48)}"
        caller.query(PAGE.replace("invoices(", f"{name}: invoices("))

    def _works(self, act: Callable[[ApiClient], str], every: float) -> None:
        with httpx2.Client(base_url=self.address, timeout=120, limits=_LIMITS) as http:
            caller = self.place._caller(http)
            while not self.over.is_set():
                try:
                    self.done[act(caller)] += 1
                except (AssertionError, httpx2.HTTPError, KeyError, TypeError) as error:
                    self.errors.append(f"{act.__name__}: {error!r}"[:500])
                self.over.wait(every * random.uniform(0.5, 1.5))

    def _reads(self, caller: ApiClient) -> str:
        match random.randrange(5):
            case 0:
                caller.query(DUE)
            case 1:
                caller.query(TOTALS)
            case 2:
                self._asks_anew(caller)
            case 3:
                found = caller.query(PAGE)["invoices"]["pageInfo"]
                if found["hasNextPage"]:
                    caller.query(PAGE, after=found["endCursor"])
            case _:
                caller.query(PROJECT, id=random.choice(self.projects))
        return "read"

    def _records(self, caller: ApiClient) -> str:
        percent = str(random.randrange(100))
        # A percent below what was billed is refused, as it should be.
        caller.query(PROGRESS, phase=random.choice(self.phases), percent=percent)
        return "recorded"

    def _uploads(self, caller: ApiClient) -> str:
        mark = f"{random.getrandbits(40):x}"
        review = send(caller, long_file(mark, 60), filename="clients.csv")
        answer = confirm(caller, review, warnings=True)
        assert answer["userErrors"] == [], answer
        return "uploaded"

    def _prints(self, caller: ApiClient) -> str:
        found = caller.query(PDF, id=random.choice(self.papers))["invoicePdf"]
        assert found["userErrors"] == [], found
        url = re.sub(r"^https?://[^/]+", "", found["download"]["url"])
        answer = caller.http.get(url)
        assert answer.content.startswith(b"%PDF"), answer.status_code
        return "printed"

    def _bills(self, caller: ApiClient) -> str:
        """Bills what is due in euros, and takes it back."""
        for start in range(0, len(made := self._billed(caller, "EUR")), 100):
            items = [{"id": key} for key in made[start : start + 100]]
            answer = caller.query(DELETE, items=items, key=str(uuid4()))["invoicesBulkDelete"]
            assert answer["userErrors"] == [], answer
        return "billed"

    def _billed(self, caller: ApiClient, currency: str) -> list[str]:
        """The pro formas of a batch of what is due in a currency."""
        given: dict[str, Any] = {"name": "Office", "filter": {"currency": currency}}
        batch = self._act(caller, "batchPlan", grouping="PER_CLIENT", **given)
        run = {"id": batch["id"], "planHash": batch["planHash"], "generate": True}
        batch = self._act(caller, "batchRun", **run)
        assert batch["state"] == "GENERATED", batch
        nodes = caller.query(MADE, id=batch["id"])["batchInvoices"]["nodes"]
        return [one["invoice"]["id"] for one in nodes if one["invoice"]]

    def _act(self, caller: ApiClient, mutation: str, **given: Any) -> dict[str, Any]:
        """The batch after a mutation and the job that it left work to."""
        kind = mutation[0].upper() + mutation[1:] + "Input"
        query = f"mutation($input: {kind}!) {{ {mutation}(input: $input) {{ {_BATCH} }} }}"
        answer = caller.query(query, input={**given, "idempotencyKey": str(uuid4())})[mutation]
        assert answer["userErrors"] == [], answer
        batch: dict[str, Any] = answer["batch"]
        while batch["job"] and batch["job"]["status"] in ("QUEUED", "RUNNING"):
            time.sleep(0.2)
            batch = caller.query(STATE, id=batch["id"])["batch"]
        return batch

    def _signs_in(self, caller: ApiClient) -> str:
        with httpx2.Client(base_url=self.address, timeout=60, headers={PREFLIGHT: "1"}) as browser:
            answer = browser.post("/session", json={"email": EMAIL, "password": PASSWORD})
            assert answer.status_code == 200, answer.text
            asked = {"query": "{ viewer { email } }"}
            told = browser.post("/graphql", json=asked).json()
            assert told["data"]["viewer"]["email"] == EMAIL, told
            assert browser.delete("/session").status_code == 200
        return "signed in"
