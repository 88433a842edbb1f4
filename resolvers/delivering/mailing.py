"""Sending documents by e-mail, and following what became of it (F24)."""

from __future__ import annotations

from typing import Any, Protocol

import strawberry

from domain.access import Permission
from domain.invoice.mail import MailState
from domain.invoice.model import Invoice as InvoiceRecord
from persistence.invoice.invoices import dossier_of
from persistence.outside.mails import mails_where
from persistence.pages import Sort
from persistence.reading import Wanted, load_one
from persistence.records import the_record
from persistence.session import ScopedSession
from resolvers._mutation import Acting, Once, Payload, write
from resolvers._reading import PageInput, read, read_page
from resolvers.delivering._mailing import Sending, call_mail_back, draft_of, queue_mail, retry_mail
from schema.connection import Connection
from schema.context import Info
from schema.invoice_mail import INVOICE_MAIL, InvoiceMail
from schema.node import key_of, optional_key
from schema.user_error import UserError
from schema.view import wanted


@strawberry.type(description="What a mail would say if nothing else is asked for.")
class InvoiceMailDraft:
    to: list[str] = strawberry.field(description="Empty where the client has no such contact.")
    subject: str
    body: str


@strawberry.input(description="What is left out: the client's default contact, the template.")
class InvoiceSendInput:
    id: strawberry.ID
    to: list[str] | None = None
    cc: list[str] | None = None
    subject: str | None = None
    body: str | None = None
    idempotency_key: strawberry.ID


@strawberry.input
class InvoiceMailFilter:
    states: list[MailState] | None = None
    invoice_id: strawberry.ID | None = None


@strawberry.type
class InvoiceMailPayload:
    mail: InvoiceMail | None
    user_errors: list[UserError]


@strawberry.type
class InvoiceSendPayload:
    mail: InvoiceMail | None
    user_errors: list[UserError]
    replayed: bool


@strawberry.type
class MailingQueries:
    """Queries about mails."""

    @strawberry.field(description="Mails of documents, the newest first.")
    async def invoice_mails(
        self, info: Info, filter: InvoiceMailFilter | None = None, page: PageInput | None = None
    ) -> Connection[InvoiceMail]:
        given = filter or InvoiceMailFilter()
        where = mails_where(
            states=given.states,
            invoice_id=optional_key(given.invoice_id, "invoice", field=("filter", "invoiceId")),
        )
        asked = (page or PageInput()).asked()
        return await read_page(
            info, INVOICE_MAIL, asked=asked, sort=Sort("id", falling=True), where=where
        )

    @strawberry.field(description="The mail as invoiceSend would write it, to be looked at first.")
    async def invoice_mail_draft(self, info: Info, id: strawberry.ID) -> InvoiceMailDraft | None:
        key = key_of(id, "invoice", field=("id",))

        def find(session: ScopedSession) -> InvoiceMailDraft:
            invoice = the_record(session, InvoiceRecord, key)
            found = draft_of(session, dossier_of(session, invoice))
            return InvoiceMailDraft(to=found.to, subject=found.subject, body=found.body)

        return await read(info, find)


@strawberry.type
class Mailing:
    """Mutations that send documents."""

    @strawberry.mutation(
        description="Envoyer par courriel: with its PDF, after the commit, tried again while the "
        "server is in the way. Accepted, a pro forma is SENT, a final document FINAL."
    )
    async def invoice_send(self, info: Info, input: InvoiceSendInput) -> InvoiceSendPayload:
        fields = wanted(info, "mail")

        def act(acting: Acting) -> Payload:
            return _shown(acting, queue_mail(acting, as_sending(input)).id, fields)

        once = Once(
            key=input.idempotency_key,
            mutation="invoiceSend",
            asked=input,
            keep=lambda payload: {"key": payload["mail"]["key"]},
            restore=lambda acting, kept: _shown(acting, kept["key"], fields),
        )
        nothing: Payload = {"mail": None, "replayed": False}
        return await write(info, Permission.PREPARE_INVOICES, act, nothing=nothing, once=once)

    @strawberry.mutation(description="Sends a mail again that failed, or waits; not one SENT.")
    async def invoice_mail_retry(self, info: Info, id: strawberry.ID) -> InvoiceMailPayload:
        fields = wanted(info, "mail")

        def act(acting: Acting) -> Payload:
            key = key_of(id, "invoice_mail", field=("id",))
            return _shown(acting, retry_mail(acting, key).id, fields)

        return await write(info, Permission.PREPARE_INVOICES, act, nothing={"mail": None})

    @strawberry.mutation(
        description="Calls a mail back that waits for its (next) attempt: CANCELLED, or SENT to "
        "those alone who have it. Twice is as good as once."
    )
    async def invoice_mail_cancel(self, info: Info, id: strawberry.ID) -> InvoiceMailPayload:
        fields = wanted(info, "mail")

        def act(acting: Acting) -> Payload:
            key = key_of(id, "invoice_mail", field=("id",))
            return _shown(acting, call_mail_back(acting, key).id, fields)

        return await write(info, Permission.PREPARE_INVOICES, act, nothing={"mail": None})


class AskedToSend(Protocol):
    """What a mail is asked for with, alone or among many."""

    id: Any
    to: list[str] | None
    cc: list[str] | None
    subject: str | None
    body: str | None


def as_sending(asked: AskedToSend) -> Sending:
    """A mail as it was asked for, its identifier read."""
    return Sending(
        invoice_id=key_of(asked.id, "invoice", field=("id",)),
        to=asked.to,
        cc=asked.cc,
        subject=asked.subject,
        body=asked.body,
    )


def _shown(acting: Acting, key: int, fields: Wanted) -> Payload:
    acting.session.flush()
    found: Any = load_one(acting.session, INVOICE_MAIL, {**fields, "id": {}}, key)
    return {"mail": found}
