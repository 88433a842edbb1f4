"""What has to be done before a person can be erased: who still works, owes, or is written to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sqlalchemy import func, or_, select

from domain.access import ApiKey
from domain.account import Member
from domain.base import Versioned
from domain.client import Client
from domain.collaborator import Collaborator
from domain.errors import Issue, Refusal
from domain.invoice.mail import WAITING, InvoiceMail
from domain.invoice.model import LEGAL, Invoice, InvoiceLine
from domain.organisation import Organisation
from domain.privacy import (
    PERSON_HAS_OPEN_MONEY,
    PERSON_HAS_PRO_FORMAS,
    PERSON_HAS_UNBILLED_TIME,
    PERSON_IN_SETTINGS,
    PERSON_MAIL_WAITING,
    PERSON_MANAGES,
    PERSON_STILL_ACTIVE,
    PERSON_STILL_MEMBER,
)
from domain.privacy_fates import Fate
from domain.privacy_register import columns_of
from domain.project.model import Project, ProjectStatus
from domain.time_entry import TimeEntry
from persistence.invoice.payments import open_invoices, unallocated
from persistence.privacy.person import Person
from persistence.privacy.search import naming, table_of
from persistence.session import ScopedSession


def require_erasable(session: ScopedSession, person: Person, *, today: date) -> None:
    """Refuses with all that stands in the way, each with what to do first."""
    found = [
        *_active(person),
        *_of_collaborators(session, person),
        *_of_clients(session, person, today),
        *_waiting_mails(session, person),
        *_in_settings(session, person),
    ]
    if found:
        raise Refusal(*found)


def _active(person: Person) -> Iterator[Issue]:
    field = ("subject",)
    for one in person.records:
        is_own = one.__tablename__ == person.subject.noun
        if isinstance(one, Member) and one.archived_at is None:
            yield PERSON_STILL_MEMBER(field=field, name=person.name)
        elif is_own and isinstance(one, Versioned) and one.archived_at is None:
            yield PERSON_STILL_ACTIVE(field=field, name=person.name)


def _of_collaborators(session: ScopedSession, person: Person) -> Iterator[Issue]:
    people = person.of(Collaborator)
    if not people:
        return
    field, keys = ("subject",), [one.id for one in people]
    addresses = [one.email.lower() for one in people]
    managed = select(func.count(Project.id)).where(
        or_(
            Project.manager_id.in_(keys),
            Project.manager_id.is_(None) & func.lower(Project.manager_email).in_(addresses),
        ),
        Project.status == ProjectStatus.SIGNED,
        Project.archived_at.is_(None),
    )
    if count := session.scalar(managed):
        yield PERSON_MANAGES(field=field, name=person.name, count=count)
    final = (
        select(InvoiceLine.id)
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(Invoice.state.in_(LEGAL))
    )
    unbilled = select(func.count(TimeEntry.id)).where(
        TimeEntry.collaborator_id.in_(keys),
        TimeEntry.billable.is_(True),
        TimeEntry.archived_at.is_(None),
        TimeEntry.written_off_at.is_(None),
        or_(TimeEntry.line_id.is_(None), TimeEntry.line_id.not_in(final)),
    )
    if count := session.scalar(unbilled):
        yield PERSON_HAS_UNBILLED_TIME(field=field, name=person.name, count=count)
    borne = select(func.count(ApiKey.id)).where(
        ApiKey.collaborator_id.in_(keys), ApiKey.revoked_at.is_(None)
    )
    if session.scalar(borne):
        yield PERSON_STILL_MEMBER(field=field, name=person.name)


def _of_clients(session: ScopedSession, person: Person, today: date) -> Iterator[Issue]:
    field = ("subject",)
    for client in person.of(Client):
        drafts = select(func.count(Invoice.id)).where(
            Invoice.client_id == client.id, Invoice.state.not_in(LEGAL)
        )
        if count := session.scalar(drafts):
            yield PERSON_HAS_PRO_FORMAS(field=field, name=person.name, count=count)
        free = unallocated(session, as_of=today, client_id=client.id)
        count = len(open_invoices(session, client_id=client.id))
        count += sum(amount != 0 for amount in free.values())
        if count:
            yield PERSON_HAS_OPEN_MONEY(field=field, name=person.name, count=count)


def _waiting_mails(session: ScopedSession, person: Person) -> Iterator[Issue]:
    table = table_of("invoice_mail")
    columns = columns_of(Fate.MAIL)["invoice_mail"]
    waits = table.c.state.in_(WAITING)
    keys = {key for key, _ in naming(session, table, columns, person.rewriter, waits)}
    if clients := person.ids("client"):
        theirs = (
            select(InvoiceMail.id)
            .join(Invoice, Invoice.id == InvoiceMail.invoice_id)
            .where(Invoice.client_id.in_(clients), InvoiceMail.state.in_(WAITING))
        )
        keys |= set(session.scalars(theirs))
    if keys:
        yield PERSON_MAIL_WAITING(field=("subject",), name=person.name, count=len(keys))


def _in_settings(session: ScopedSession, person: Person) -> Iterator[Issue]:
    places = []
    for name, columns in columns_of(Fate.SETTING).items():
        if name != Organisation.__tablename__:
            table = table_of(name)
            where = [table.c.archived_at.is_(None)]
            for key, found in naming(session, table, columns, person.rewriter, *where):
                places += [f"{name}_{key}.{column}" for column in found]
    own = session.scalars(select(Organisation)).one()
    places += [
        f"organisation.{column}"
        for column in columns_of(Fate.SETTING)["organisation"]
        if person.rewriter.is_in(getattr(own, column))
    ]
    if places:
        where_ = ", ".join(places)
        yield PERSON_IN_SETTINGS(field=("subject",), name=person.name, where=where_)
