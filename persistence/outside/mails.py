"""The mails of invoices: those that wait, taken by one sender at a time, and what they came to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, null, or_, select

from domain.client import Contact
from domain.errors import Issue
from domain.invoice.mail import (
    MAIL_OF_PRO_FORMA,
    MAIL_WITHDRAWN,
    WAITING,
    InvoiceMail,
    MailState,
    Sent,
    call_back,
    settle,
    take,
    withdraw,
)
from domain.invoice.model import LEGAL, PRO_FORMA, Invoice, InvoiceState
from persistence import leases
from persistence.session import ScopedSession
from persistence.short import Short

_MAILS = Short(lambda keys: select(InvoiceMail.id).where(InvoiceMail.invoice_id.in_(keys)))
_QUEUED = Short(
    lambda keys: (
        select(InvoiceMail)
        .where(InvoiceMail.invoice_id.in_(keys), InvoiceMail.state == MailState.QUEUED)
        .order_by(InvoiceMail.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
)


@dataclass(frozen=True, slots=True)
class Taken:
    """A mail that somebody sends now."""

    mail_id: int
    organisation_id: int
    invoice_id: int
    claim: str


def is_any_due(session: ScopedSession, *, now: datetime) -> bool:
    """Whether a mail is to be sent, of any organisation when the session has none."""
    return leases.is_any_due(session, InvoiceMail, now=now)


def take_due(session: ScopedSession, *, claim: str, now: datetime, most: int) -> list[Taken]:
    """Takes the mails that are due, or were left by who had them; nobody else gets them."""
    taken = []
    for mail in leases.due(session, InvoiceMail, now=now, most=most):
        take(mail, claim=claim, now=now)
        taken.append(Taken(mail.id, mail.organisation_id, mail.invoice_id, claim))
    return taken


def mail_of(session: ScopedSession, taken: Taken) -> InvoiceMail | None:
    """The mail, if it is still who took it's to send."""
    return session.scalar(
        select(InvoiceMail).where(InvoiceMail.id == taken.mail_id, InvoiceMail.claim == taken.claim)
    )


def note(session: ScopedSession, taken: Taken, sent: Sent, *, now: datetime) -> MailState | None:
    """Notes what an attempt came to; None where the mail is somebody else's by now, or gone.

    The first acceptance hands the document over: a pro forma that is as it was sent becomes SENT,
    a final one that is READY becomes FINAL (DOMAIN §2.2).
    """
    # The invoice first, as every other act on it.
    invoice = session.scalar(
        select(Invoice).where(Invoice.id == taken.invoice_id).with_for_update()
    )
    mail = session.scalar(
        select(InvoiceMail)
        .where(InvoiceMail.id == taken.mail_id, InvoiceMail.claim == taken.claim)
        .with_for_update()
    )
    if mail is None or invoice is None:
        return None
    if settle(mail, sent, now=now):
        _hand_over(invoice, mail, now)
    if mail.state is not MailState.SENT and is_outdated(mail, invoice):
        withdraw(mail, MAIL_OF_PRO_FORMA(number=invoice.number))
    return mail.state


def is_outdated(mail: InvoiceMail, invoice: Invoice) -> bool:
    """Whether the mail brings the pro forma of what is final by now."""
    return mail.picture is not None and invoice.state in LEGAL


def mailed_among(session: ScopedSession, invoice_ids: Collection[int]) -> set[int]:
    """Those of these invoices of which a mail, as they are now, waits or was taken.

    A pro forma that is changed is a DRAFT again, with another version.
    """
    unchanged = or_(
        InvoiceMail.invoice_version == Invoice.version, Invoice.state == InvoiceState.SENT
    )
    as_it_is = or_(
        and_(Invoice.state.in_(LEGAL), InvoiceMail.picture.is_(null())),
        and_(Invoice.state.in_(PRO_FORMA), unchanged),
    )
    statement = (
        select(InvoiceMail.invoice_id)
        .join(Invoice, Invoice.id == InvoiceMail.invoice_id)
        .where(
            InvoiceMail.invoice_id.in_(invoice_ids),
            InvoiceMail.state.in_((*WAITING, MailState.SENT)),
            as_it_is,
        )
    )
    return set(session.scalars(statement))


def withdraw_pro_formas(session: ScopedSession, numbers: Mapping[int, str]) -> dict[int, Issue]:
    """Calls back the mails of pro formas that are made final; a warning by invoice.

    `numbers` are the legal numbers by invoice, which the caller has locked. A mail that is being
    sent at this moment is not called back; should it fail, it is not tried again (`note`).
    """
    if not numbers:
        return {}
    to: dict[int, list[str]] = {}
    if not _MAILS.rows(session, keys=list(numbers)):
        return {}
    for mail in _QUEUED.ask(session, keys=list(numbers)).scalars():
        to.setdefault(mail.invoice_id, []).extend(mail.left)
        call_back(mail, why=MAIL_OF_PRO_FORMA(number=numbers[mail.invoice_id]))
    return {
        key: MAIL_WITHDRAWN(number=numbers[key], found=", ".join(dict.fromkeys(left)))
        for key, left in to.items()
    }


def _hand_over(invoice: Invoice, mail: InvoiceMail, now: datetime) -> None:
    if invoice.state is InvoiceState.READY and mail.picture is None:
        invoice.state, invoice.handed_over_at = InvoiceState.FINAL, now
    elif invoice.state in PRO_FORMA and invoice.version == mail.invoice_version:
        invoice.state = InvoiceState.SENT


def default_recipient(session: ScopedSession, client_id: int) -> str | None:
    """The e-mail address of the client's default contact."""
    statement = select(Contact.email).where(Contact.client_id == client_id, Contact.is_default)
    return session.scalar(statement)


def mails_where(
    *, states: Sequence[MailState] | None = None, invoice_id: int | None = None
) -> list[ColumnElement[bool]]:
    """The conditions of a list of mails."""
    where: list[ColumnElement[bool]] = []
    if states is not None:
        where.append(InvoiceMail.state.in_(states))
    if invoice_id is not None:
        where.append(InvoiceMail.invoice_id == invoice_id)
    return where
