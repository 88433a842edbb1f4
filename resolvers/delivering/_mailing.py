"""Mails of documents: written in the transaction of the act, composed when they are sent (F24)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from documents import figures
from documents.letter import Head, letter
from documents.picture_json import from_json, to_json
from domain.access import Permission, Role
from domain.errors import Refusal
from domain.given import text
from domain.invoice.finalise import Dossier
from domain.invoice.mail import (
    LONGEST_BODY,
    LONGEST_SUBJECT,
    MAIL_NOT_SET_UP,
    MAIL_OF_PRO_FORMA,
    MAIL_RECIPIENT_MISSING,
    MOST_RECIPIENTS,
    InvoiceMail,
    MailState,
    call_back,
    send_again,
)
from domain.invoice.model import LEGAL, Invoice, InvoiceKind
from domain.mail_address import address, addresses, domain_of
from domain.mail_template import HOUSE, MailKind, filled, house_body
from domain.money import from_minor
from persistence.batch.batches import settle_bills
from persistence.invoice import invoices
from persistence.invoice.payments import standings
from persistence.organisations import the_organisation
from persistence.outside.mails import Taken, default_recipient, is_outdated, mail_of
from persistence.records import the_record
from persistence.session import ScopedSession
from resolvers._mutation import Acting
from resolvers.delivering._printing import Paper, ToPrint, prepare_paper, print_paper
from resolvers.invoicing._picturing import picture_now
from schema.context import Caller, House
from words import translated

SETTING = "JALON_SMTP_URL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """A mail as it is asked for; what is None is the client's contact, or the template's words."""

    invoice_id: int
    to: Sequence[str] | None = None
    cc: Sequence[str] | None = None
    subject: str | None = None
    body: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """What a mail would say, and to whom, if nothing else is asked for."""

    to: list[str]
    subject: str
    body: str


def queue_mail(acting: Acting, asked: Sending) -> InvoiceMail:
    """The mail, to be sent once this transaction is committed; its paper is the one of now."""
    session = acting.session
    invoice = the_record(session, Invoice, asked.invoice_id, field=("id",), locked=True)
    _require_role(acting, invoice)
    sender = _sender(acting)
    dossier = invoices.dossier_of(session, invoice)
    to, cc = _recipients(session, dossier, asked)
    said = draft_of(session, dossier)
    is_legal = invoice.state in LEGAL
    picture = None if is_legal else to_json(picture_now(session, dossier, acting.today))
    mail = InvoiceMail(
        invoice_id=invoice.id,
        invoice_version=invoice.version,
        to=to,
        cc=cc,
        subject=_subject(asked.subject) or said.subject,
        body=_body(asked.body) or said.body,
        sender_name=dossier.entity.name,
        reply_to=address(dossier.entity.email) if dossier.entity.email else None,
        message_id=f"<{secrets.token_hex(16)}@{domain_of(sender)}>",
        next_attempt_at=acting.house.clock(),
        picture=picture,
        author=acting.caller.key_name,
    )
    session.add(mail)
    session.flush()
    settle_bills(session, [invoice.id])
    return mail


def retry_mail(acting: Acting, mail_id: int) -> InvoiceMail:
    """The mail, sent again at once: one that failed, or that waits for its next attempt."""
    mail, invoice = _mail_and_invoice(acting, mail_id)
    _require_role(acting, invoice)
    _sender(acting)
    if mail.state is not MailState.SENT:
        _require_current(mail, invoice)
    send_again(mail, now=acting.house.clock())
    return mail


def call_mail_back(acting: Acting, mail_id: int) -> InvoiceMail:
    """The mail, sent no more: one that still waits. Twice is as good as once."""
    mail, invoice = _mail_and_invoice(acting, mail_id)
    _require_role(acting, invoice)
    call_back(mail)
    return mail


def _mail_and_invoice(acting: Acting, mail_id: int) -> tuple[InvoiceMail, Invoice]:
    """Both locked, the invoice first, as every other act on it."""
    session = acting.session
    found = the_record(session, InvoiceMail, mail_id)
    invoice = the_record(session, Invoice, found.invoice_id, locked=True)
    # What the postman did with it meanwhile is read again.
    session.expire(found)
    return the_record(session, InvoiceMail, mail_id, locked=True), invoice


def _require_current(mail: InvoiceMail, invoice: Invoice) -> None:
    """MAIL_OF_PRO_FORMA: nobody is to read the pro forma of what is final by now."""
    if is_outdated(mail, invoice):
        raise Refusal(MAIL_OF_PRO_FORMA(field=("id",), number=invoice.number))


def draft_of(session: ScopedSession, dossier: Dossier) -> Draft:
    """The words of the firm's template, or of the house's, about this document."""
    invoice = dossier.invoice
    kind, language = _kind(invoice), invoice.language
    kept = the_organisation(session).settings.get("mail_templates") or {}
    own = (kept.get(language) or {}).get(kind.value) or {}
    due = standings(session, [invoice.id])[invoice.id].due
    values, house = _values(dossier, due), house_body(kind, gross=invoice.gross_minor, due=due)
    subject = own.get("subject") or translated(HOUSE[kind].subject, language)
    body = own.get("body") or translated(house, language)
    found = default_recipient(session, dossier.client.id)
    known = address(found) if found else None
    # A name may be longer than a subject: cut, it is still found again by its number.
    return Draft(
        [known] if known else [],
        filled(subject, values)[:LONGEST_SUBJECT],
        filled(body, values)[:LONGEST_BODY],
    )


def letter_of(house: House, taken: Taken, *, sender: str) -> tuple[bytes, list[str]] | None:
    """The letter of a mail with its paper, and whom it is still for; None where it is not ours.

    MAIL_OF_PRO_FORMA, MAIL_HEAD_BROKEN: it is never to be sent.
    """
    with house.database.reading(taken.organisation_id) as session:
        mail = mail_of(session, taken)
        if mail is None:
            return None
        invoice = the_record(session, Invoice, mail.invoice_id)
        _require_current(mail, invoice)
        acting = Acting(session, _nobody(taken.organisation_id), house)
        prepared: ToPrint | Paper
        if mail.picture is None:
            prepared = prepare_paper(acting, invoice.id)
        else:
            number = invoice.pro_forma_number
            prepared = ToPrint(from_json(mail.picture), invoice.id, number, is_final=False)
    paper = print_paper(house, _nobody(taken.organisation_id), prepared)
    head = Head(
        sender_name=mail.sender_name,
        sender=sender,
        to=mail.to,
        cc=mail.cc,
        reply_to=mail.reply_to,
        subject=mail.subject,
        message_id=mail.message_id,
        written_at=mail.created_at,
    )
    content = house.files.get(paper.key)
    return letter(head, mail.body, paper=content, filename=paper.filename), mail.left


def _nobody(organisation_id: int) -> Caller:
    """Who prints what was asked for long ago: the house itself."""
    return Caller(organisation_id, "", Role.READER, "", "fr")


def _sender(acting: Acting) -> str:
    """Who letters come from; MAIL_NOT_SET_UP where the installation sends none."""
    if acting.house.mail_from is None:
        raise Refusal(MAIL_NOT_SET_UP(setting=SETTING))
    return acting.house.mail_from


def _require_role(acting: Acting, invoice: Invoice) -> None:
    """Sending a final document hands it over: whoever may not make one final may not do it."""
    if invoice.state in LEGAL:
        acting.caller.require(Permission.FINALISE_INVOICES)


def _recipients(
    session: ScopedSession, dossier: Dossier, asked: Sending
) -> tuple[list[str], list[str]]:
    to = addresses(asked.to or [], field=("to",), name="The recipient", most=MOST_RECIPIENTS)
    cc = addresses(asked.cc or [], field=("cc",), name="The recipient", most=MOST_RECIPIENTS)
    if not to:
        to = draft_of(session, dossier).to
    if not to:
        raise Refusal(
            MAIL_RECIPIENT_MISSING(field=("to",), number=dossier.number, client=dossier.client.name)
        )
    return to, [one for one in cc if one.lower() not in {known.lower() for known in to}]


def _subject(asked: str | None) -> str | None:
    line = None if asked is None else " ".join(asked.split())
    return text(line, field=("subject",), name="The subject", longest=LONGEST_SUBJECT)


def _body(asked: str | None) -> str | None:
    return text(asked, field=("body",), name="The body", longest=LONGEST_BODY)


def _kind(invoice: Invoice) -> MailKind:
    if invoice.state not in LEGAL:
        return MailKind.PROFORMA
    is_credit = invoice.kind is InvoiceKind.CREDIT_NOTE
    return MailKind.CREDIT_NOTE if is_credit else MailKind.INVOICE


def _values(dossier: Dossier, net_due: int) -> Mapping[str, str]:
    invoice = dossier.invoice
    language, due = invoice.language, invoice.due_date

    def written(minor: int) -> str:
        return figures.money(from_minor(minor, invoice.currency), invoice.currency, language)

    return {
        "number": dossier.number,
        "client": dossier.client.name,
        "gross": written(invoice.gross_minor),
        "net_due": written(net_due),
        "due_date": figures.day(due, language) if due else "",
        "entity": dossier.entity.name,
    }
