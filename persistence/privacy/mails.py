"""Mails that took documents to a person: emptied, but for those that may have to be proved."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from domain.invoice.mail import InvoiceMail, MailState
from domain.invoice.model import LEGAL, Invoice, InvoiceState
from domain.privacy import Reckoning, Rewriter, Why
from domain.privacy_fates import Fate
from domain.privacy_register import columns_of
from domain.retention import claimable_until
from persistence.privacy.person import Person
from persistence.privacy.search import naming, table_of
from persistence.session import ScopedSession


def erase_in_mails(
    session: ScopedSession, person: Person, reckoning: Reckoning, *, today: date
) -> None:
    """Takes the person out of mails; of a private client's own mails everybody and all words."""
    table = table_of("invoice_mail")
    columns = columns_of(Fate.MAIL)["invoice_mail"]
    named = {key for key, _ in naming(session, table, columns, person.rewriter)}
    clients = set(person.ids("client"))
    wanted = InvoiceMail.id.in_(named) | Invoice.client_id.in_(clients)
    statement = (
        select(InvoiceMail, Invoice.state, Invoice.client_id)
        .join(Invoice, Invoice.id == InvoiceMail.invoice_id)
        .where(wanted)
        .order_by(InvoiceMail.id)
        .with_for_update(of=InvoiceMail)
    )
    for mail, state, client_id in session.execute(statement).all():
        until = proof_until(state, mail.picture, mail.sent_at, today)
        if until is not None:
            reckoning.keep("invoice_mail", Why.CLAIMS, until=until)
            continue
        if empty_mail(mail, None if client_id in clients else person.rewriter):
            reckoning.erase("invoice_mail")
    session.flush()


def proof_until(
    state: InvoiceState, picture: Any, sent_at: datetime | None, today: date
) -> date | None:
    """Until when a mail is kept that took an invoice; None: it is no proof, or no longer."""
    if state not in LEGAL or picture is not None or sent_at is None:
        return None
    until = claimable_until(sent_at.date())
    return until if today <= until else None


def empty_mail(mail: InvoiceMail, rewriter: Rewriter | None) -> bool:
    """Takes a person out of a mail, or with None everybody; whether anything went."""
    if rewriter is None:
        values: dict[str, Any] = {
            "to": [],
            "cc": [],
            "accepted": [],
            **dict.fromkeys(("subject", "body", "sender_name"), ""),
            "reply_to": None,
            "last_error": None,
            # A picture tells a mail of a pro forma from one of a final document.
            "picture": None if mail.picture is None else {},
        }
    else:
        values = {
            name: [one for one in getattr(mail, name) if not rewriter.is_in(one)]
            for name in ("to", "cc", "accepted")
        }
        for name in ("subject", "sender_name", "last_error", "picture"):
            values[name] = rewriter.rewritten(getattr(mail, name))
        values["reply_to"] = None if rewriter.is_in(mail.reply_to) else mail.reply_to
        values["body"] = ""
    changed = {name: one for name, one in values.items() if getattr(mail, name) != one}
    for name, one in changed.items():
        setattr(mail, name, one)
    # Nobody is left to try again for.
    if changed and not mail.to and mail.state is MailState.FAILED:
        mail.state = MailState.CANCELLED
    return bool(changed)
