"""A person of the firm whose marks are put into every column that may name somebody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, LargeBinary, String, Text, select, update

from domain.access import Role
from domain.account import (
    Account,
    AccountLink,
    Identity,
    IdentityProvider,
    LinkPurpose,
    Member,
    SignIn,
)
from domain.audit import INSTALLATION, AuditChange
from domain.client import Client, Contact
from domain.collaborator import Collaborator
from domain.handover import HandoverDelivery
from domain.invoice.mail import InvoiceMail, MailState
from domain.job import Job, JobFile, JobKind, JobStatus
from domain.payment import Reminder, ReminderChannel
from domain.privacy_fates import Fate
from domain.privacy_register import columns_of
from domain.project.model import Project
from domain.records import METADATA
from domain.takeover.model import StagedUpload
from persistence.audit.upkeep import verify
from persistence.session import ScopedSession, as_the_house
from tests.api.batches.acts import listed, saved
from tests.api.invoices.acts import drawn, final
from tests.api.invoices.mail_acts import queued
from tests.api.records.asking import recorded_past
from tests.api.schedules.acts import scheduled
from tests.support.api import ApiClient
from tests.support.takeover import phases_of, project
from tests.support.transmitted import a_connection, a_transmission

FIRST, LAST = "Zéphyrine", "Quillévéré"
NAME, EMAIL, PHONE = f"{FIRST} {LAST}", "zephyrine.q@marque.test", "+33 6 98 76 54 32"
MARKS = (NAME, EMAIL, "98 76 54 32", "ZÉPHYRINE")
SENTENCE = f"Vu avec {NAME.upper()} ({EMAIL}), 06.98.76.54.32"
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)

Places = set[tuple[str, str]]


def fill(api: ApiClient) -> dict[str, str]:
    """A row of every record that may name somebody; a pro forma and a final document."""
    first = drawn(api, "PAT-2501")["id"]
    with api.house.database.writing(api.organisation_id) as session:
        lines = METADATA.tables["invoice_line"]
        session.execute(update(lines).values(detail=SENTENCE))
    final(api, first)
    draft = drawn(api, "PAT-2508")["id"]
    recorded_past(api, phases_of(project(api, "PAT-2508"))[0]["id"])
    mail = queued(api, draft)["id"]
    final_mail = queued(api, first)["id"]
    saved(api, listed(api))
    scheduled(api)
    time = {"date": "2026-10-14", "email": "a.simek@atelier-rivage.example", "hours": "1"}
    answer = api.query(
        "mutation($input: TimeEntriesBulkRecordInput!) { timeEntriesBulkRecord(input: $input)"
        " { results { node { id } userErrors { code } } } }",
        input={"items": [time | {"projectCode": "IND-2404"}], "idempotencyKey": "time"},
    )
    assert answer["timeEntriesBulkRecord"]["results"][0]["node"], answer
    api.query(
        'mutation { webhookEndpointCreate(input: { url: "https://hook.example/" })'
        " { node { id } } }"
    )
    a_transmission(api, a_connection(api), first)
    with api.house.database.writing(api.organisation_id) as session:
        _fill_up(session, api, int(first.rpartition("_")[2]))
    return {"final": first, "draft": draft, "mail": mail, "final_mail": final_mail}


def _fill_up(session: ScopedSession, api: ApiClient, invoice_id: int) -> None:
    job = Job(kind=JobKind.INVOICES_PRINT, subject_id=0, values={}, status=JobStatus.SUCCEEDED)
    job.finished_at = NOW
    key = f"{api.organisation_id}/jobs/1/x.zip"
    api.house.files.put(key, SENTENCE.encode())
    session.add_all(
        [
            job,
            HandoverDelivery(
                destination="folder", message_id="m", next_attempt_at=None, last_error="no"
            ),
            Reminder(
                invoice_id=invoice_id,
                level=1,
                channel=ReminderChannel.PHONE,
                reminded_on=NOW.date(),
            ),
            StagedUpload(filename="a.xlsx", size=1),
        ]
    )
    session.flush()
    file = {"filename": "x.zip", "media_type": "application/zip", "sha256": "0" * 64, "size": 1}
    session.add(JobFile(job_id=job.id, position=1, file_key=key, **file))
    for mail in session.scalars(select(InvoiceMail)):
        mail.state, mail.sent_at, mail.next_attempt_at = MailState.SENT, NOW, None


def mark_texts(api: ApiClient) -> Places:
    """The sentence in every text of a row of each record; what was marked."""
    marked: Places = set()
    with api.house.database.writing(api.organisation_id) as session:
        for name, columns in columns_of(Fate.TEXT, Fate.DRAFT, Fate.MAIL).items():
            table = METADATA.tables[name]
            row = session.execute(_markable(table)).first()
            if row is None:
                continue
            values = {
                column: _with_mark(table.c[column], getattr(row, column)) for column in columns
            }
            statement = update(table).where(table.c.id == row.id)
            session.execute(statement.values({table.c[key]: one for key, one in values.items()}))
            marked |= {(name, column) for column in columns}
    return marked


def _markable(table: Any) -> Any:
    statement = select(table).order_by(table.c.id.desc()).limit(1)
    invoices = METADATA.tables["invoice"]
    pro_forma = select(invoices.c.id).where(invoices.c.state.in_(("DRAFT", "SENT")))
    key = {"invoice": "id", "invoice_line": "invoice_id", "invoice_mail": "invoice_id"}
    if table.name in key:
        return statement.where(table.c[key[table.name]].in_(pro_forma))
    if table.name == "api_key":
        return statement.where(table.c.id == 1)
    if table.name == "import_row":
        return statement.where(table.c.id < 20)
    return statement


def _with_mark(column: Any, value: Any) -> Any:
    if isinstance(column.type, JSON):
        if isinstance(value, list):
            return [*value, EMAIL if column.name in ("to", "cc", "accepted") else SENTENCE]
        return {**(value or {}), "note": ["x", {"of": SENTENCE}]}
    if column.name in ("manager_email", "reply_to", "source"):
        return EMAIL
    return SENTENCE[: column.type.length] if getattr(column.type, "length", None) else SENTENCE


def a_collaborator(api: ApiClient) -> str:
    """The person, taken in by an import, who has left: archived, with a closed account."""
    with api.house.database.writing(api.organisation_id) as session:
        person = session.scalars(select(Collaborator).order_by(Collaborator.id.desc())).first()
        assert person is not None
        person.first_name, person.last_name, person.email = FIRST, LAST, EMAIL
        person.phone, person.job_title, person.employee_code = PHONE, f"Aide {NAME}", f"C-{LAST}"
        person.cost_rate = person.weekly_hours = None
        person.entry_date, person.archived_at = date(2020, 1, 1), NOW
        for one in session.scalars(select(Project).where(Project.manager_id == person.id)):
            one.manager_id = one.manager_email = None
        account = Account(email=EMAIL, email_key=EMAIL, created_at=NOW, name=NAME)
        provider = IdentityProvider(name="Rivage", issuer="https://id.test", audience="jalon")
        session.add(provider)
        with as_the_house(session):
            session.add(account)
        member = Member(
            account_id=account.id, role=Role.READER, collaborator_id=person.id, name=NAME
        )
        session.add(member)
        session.flush()
        link = {"account_id": account.id, "purpose": LinkPurpose.INVITATION, "token_sha256": "a"}
        into = {"organisation_id": api.organisation_id, "member_id": member.id, "salt": "s"}
        session.add(AccountLink(**link, **into, expires_at=NOW, created_at=NOW))
        session.flush()
        member.archived_at = NOW
        moments = {"expires_at": NOW, "last_seen_at": NOW}
        browser = {"address": "192.0.2.77", "agent": f"Browser of {NAME}"}
        session.add(SignIn(member_id=member.id, token_sha256="b", **moments, **browser))
        session.add(Identity(provider_id=provider.id, subject=EMAIL, member_id=member.id))
        return f"collaborator_{person.id}"


def a_contact(api: ApiClient, **of: Any) -> str:
    """The person as a contact of a company."""
    with api.house.database.writing(api.organisation_id) as session:
        client = session.scalars(select(Client).order_by(Client.id)).first()
        if client is None:
            client = Client(code="C", name="C", name_key="c", loose_key="c")
            session.add(client)
            session.flush()
        contact = Contact(
            client_id=client.id, **({"name": NAME, "email": EMAIL, "phone": PHONE} | of)
        )
        session.add(contact)
        session.flush()
        return f"contact_{contact.id}"


def left(api: ApiClient, *marks: str) -> Places:
    """Every place in the firm's records, and those of no firm, that one of the marks is in."""
    sought = [mark.casefold() for mark in marks or MARKS]
    found: Places = set()
    with api.house.database.reading(None) as session:
        for table in METADATA.sorted_tables:
            columns = [
                column
                for column in table.columns
                if isinstance(column.type, String | Text | JSON | LargeBinary)
            ]
            rows = select(*columns)
            if "organisation_id" in table.c:
                rows = rows.where(table.c.organisation_id == api.organisation_id)
            for row in session.execute(rows) if columns else ():
                for column, value in zip(columns, row, strict=True):
                    if any(mark in text for mark in sought for text in _told(value)):
                        found.add((table.name, column.name))
    return found


def left_in_audit(api: ApiClient) -> set[str]:
    """The tables of which the audit tells something that holds a mark."""
    sought = [mark.casefold() for mark in MARKS]
    with api.house.database.reading(api.organisation_id) as session:
        return {
            one.record
            for one in session.scalars(select(AuditChange))
            if any(
                mark in text
                for side in (one.before, one.after)
                for text in _told(json.loads(side or "null"))
                for mark in sought
            )
        }


def is_sound(api: ApiClient) -> bool:
    """Whether the audit of the firm, and that of the installation, tell truly."""
    with api.house.database.reading(None) as session:
        found = [verify(session, key) for key in (api.organisation_id, INSTALLATION)]
    return not any(one.flaws or one.outside for one in found) and found[0].entries > 0


def _told(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _told(key)
            yield from _told(one)
    elif isinstance(value, list):
        for one in value:
            yield from _told(one)
    elif value is not None:
        yield str(value).casefold()


def left_in_files(api: ApiClient) -> list[str]:
    """The keys of the files of the store that hold a mark as it is."""
    return [
        key
        for key, _ in api.house.files.keys("")
        if any(mark.encode() in api.house.files.get(key) for mark in MARKS)
    ]


def long_ago(api: ApiClient, mail: str) -> None:
    """That mail was sent six years ago."""
    with api.house.database.writing(api.organisation_id) as session:
        kept = session.get(InvoiceMail, int(mail.rpartition("_")[2]))
        assert kept is not None
        kept.sent_at = NOW - timedelta(days=6 * 366)
