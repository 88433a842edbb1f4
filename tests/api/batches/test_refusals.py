"""Why the last act on an invoice of a batch failed is told until it is mended, and not after."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from domain.invoice.model import Invoice
from persistence.invoice import invoices
from persistence.records import the_record
from persistence.session import ScopedSession
from tests.api.batches.acts import (
    codes,
    done,
    finalised,
    generated,
    listed,
    proposals,
    saved,
    worked,
)
from tests.api.batches.example import example
from tests.api.invoices.acts import DELETE, final
from tests.support.api import ApiClient, open_api
from tests.support.mailbox import SENDER
from tests.support.prepared import Calendar

SIGN = """
mutation($id: ID!, $status: ProjectStatus!) {
  projectUpdate(input: { id: $id, status: $status }) { userErrors { code severity } }
}
"""
SEND = """
mutation($input: InvoiceSendInput!) { invoiceSend(input: $input) { userErrors { code } } }
"""


def said(api: ApiClient, batch: str) -> list[list[str]]:
    return [codes(one) for one in proposals(api, batch)]


def signed(api: ApiClient, code: str, status: str) -> None:
    found = api.query("query($c: String!) { projectByCode(code: $c) { id } }", c=code)
    api.query(SIGN, id=found["projectByCode"]["id"], status=status)


def test_a_job_answers_for_what_it_refused_itself(
    prepared_sqlite_url: str, tmp_path: Path, calendar: Calendar
) -> None:
    """B29: a mail that nobody got is no failure of finalising; what came about is told no more."""
    with open_api(prepared_sqlite_url, tmp_path, clock=calendar, mail_from=SENDER) as api:
        made = example(api)
        batch = saved(api, listed(api, filter={"contractIds": list(made.values())}))
        generated(api, batch)
        a, b, c = proposals(api, batch["id"])
        finalised(api, batch, invoiceIds=[a["id"]])
        sent = worked(api, done(api, "batchSend", id=batch["id"]))
        assert sent["job"]["status"] == "SUCCEEDED_WITH_ERRORS"
        missing = ["MAIL_RECIPIENT_MISSING"]
        assert said(api, batch["id"]) == [missing] * 3
        rest = finalised(api, batch, invoiceIds=[a["id"], b["id"]])
        assert rest["job"]["status"] == "SUCCEEDED"
        assert said(api, batch["id"]) == [missing, [], missing]
        mail = {"id": a["invoice"]["id"], "to": ["ida@x.test"], "idempotencyKey": str(uuid4())}
        assert codes(api.query(SEND, input=mail)["invoiceSend"]) == []
        assert said(api, batch["id"]) == [[], [], missing]
        api.query(DELETE, id=c["invoice"]["id"])
        (gone,) = proposals(api, batch["id"], states=["DROPPED"])
        assert (gone["id"], codes(gone)) == (c["id"], [])


def test_one_that_is_deleted_meanwhile_is_no_failure(
    firm: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B25: it has left the batch, and says nothing; the others are made final."""
    made = example(firm)
    batch = generated(
        firm, saved(firm, listed(firm, filter={"contractIds": [made["A"], made["B"]]}))
    )

    def gone(session: ScopedSession, keys: list[int]) -> set[int]:
        invoices.remove(session, the_record(session, Invoice, keys[0]))
        return set()

    monkeypatch.setattr("persistence.batch.batches.final_among", gone)
    assert finalised(firm, batch)["job"]["status"] == "SUCCEEDED"
    found = proposals(firm, batch["id"], states=["DROPPED", "GENERATED"])
    assert [(one["state"], codes(one)) for one in found] == [("DROPPED", []), ("GENERATED", [])]
    assert found[1]["invoice"]["state"] == "READY"


def test_what_is_made_final_by_hand_has_no_refusal_left(any_firm: ApiClient) -> None:
    """F23: mended and finalised alone, it says no more why the batch could not."""
    made = example(any_firm)
    asked = {"contractIds": [made["A"], made["B"]]}
    batch = generated(any_firm, saved(any_firm, listed(any_firm, filter=asked)))
    signed(any_firm, "EX-B", "COMMERCIAL")
    assert finalised(any_firm, batch)["job"]["status"] == "SUCCEEDED_WITH_ERRORS"
    assert said(any_firm, batch["id"]) == [[], ["INVOICE_PROJECT_NOT_SIGNED"]]
    signed(any_firm, "EX-B", "SIGNED")
    last = proposals(any_firm, batch["id"])[1]
    assert codes(final(any_firm, last["invoice"]["id"])) == []
    assert said(any_firm, batch["id"]) == [[], []]
