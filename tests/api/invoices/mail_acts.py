"""Sending documents by e-mail as the tests call it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from tests.support.api import ApiClient

MAIL = """
id to cc subject body replyTo state attempts nextAttemptAt accepted lastError messageId sentAt
invoice { id state }
"""
SEND = f"""
mutation($input: InvoiceSendInput!) {{
  invoiceSend(input: $input) {{
    mail {{ {MAIL} }} userErrors {{ code message field fix found expected }} replayed
  }}
}}
"""
RETRY = f"""
mutation($id: ID!) {{
  invoiceMailRetry(id: $id) {{ mail {{ {MAIL} }} userErrors {{ code message }} }}
}}
"""
CANCEL = f"""
mutation($id: ID!) {{
  invoiceMailCancel(id: $id) {{ mail {{ {MAIL} }} userErrors {{ code message found }} }}
}}
"""
MAILS = f"""
query($filter: InvoiceMailFilter) {{
  invoiceMails(filter: $filter) {{ totalCount nodes {{ {MAIL} }} }}
}}
"""
INVOICE = """
query($id: ID!) {
  invoice(id: $id) {
    state number proFormaNumber handedOverAt version mails { id state lastError }
    client { id name }
  }
}
"""
WHO = {"to": ["compta@client.test"]}

Row = dict[str, Any]


def send(api: ApiClient, invoice_id: str, **asked: Any) -> Row:
    """What invoiceSend answered."""
    key = asked.pop("key", str(uuid4()))
    given = {"id": invoice_id, "idempotencyKey": key, **asked}
    answer: Row = api.query(SEND, input=given)["invoiceSend"]
    return answer


def queued(api: ApiClient, invoice_id: str, **asked: Any) -> Row:
    """A mail that waits to be sent."""
    answer = send(api, invoice_id, **(WHO | asked))
    assert answer["userErrors"] == [], answer
    found: Row = answer["mail"]
    assert found["state"] == "QUEUED"
    return found


def mails(api: ApiClient, **filter: Any) -> list[Row]:
    """The mails of the firm, the newest first."""
    found: list[Row] = api.query(MAILS, filter=filter)["invoiceMails"]["nodes"]
    return found


def invoice_of(api: ApiClient, invoice_id: str) -> Row:
    found: Row = api.query(INVOICE, id=invoice_id)["invoice"]
    return found
