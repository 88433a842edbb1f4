"""A document on its way to the client by e-mail."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.invoice.mail import InvoiceMail as InvoiceMailRecord
from domain.invoice.mail import MailState
from persistence.reading import Noun, ToOne
from schema.node import Node

if TYPE_CHECKING:
    from schema.invoice import Invoice

strawberry.enum(
    MailState,
    description="QUEUED waits for its (next) attempt; SENT: accepted by the mail server for one "
    "recipient at least; FAILED: given up, invoiceMailRetry sends it again; CANCELLED: "
    "called back by invoiceMailCancel, or its pro forma became final (lastError).",
)


@strawberry.type(description="One mail about a document. Sent at least once, under one Message-ID.")
class InvoiceMail(Node):
    invoice: Annotated[Invoice, strawberry.lazy("schema.invoice")]
    to: list[str]
    cc: list[str]
    subject: str
    body: str
    reply_to: str | None
    state: MailState
    attempts: int
    next_attempt_at: datetime | None
    accepted: list[str] = strawberry.field(description="Whom the server took it for.")
    last_error: str | None = strawberry.field(
        description="What the server said, last; or the code of why it is not sent."
    )
    message_id: str
    created_at: datetime
    sent_at: datetime | None


def _invoice() -> Noun:
    # Each knows the other: an invoice its mails, a mail its invoice.
    from schema.invoice import INVOICE

    return INVOICE


INVOICE_MAIL = Noun(InvoiceMailRecord, "InvoiceMail", {"invoice": ToOne(_invoice, "invoice_id")})
