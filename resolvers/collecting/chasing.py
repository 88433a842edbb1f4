"""Who owes how much for how long, whom to remind, and what lateness costs (DOMAIN §4.3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

import strawberry

from domain.access import Permission
from domain.errors import Refusal
from domain.given import day, text, whole
from domain.invoice.lines import LONGEST_TEXT
from domain.invoice.model import Invoice as InvoiceRecord
from domain.organisation import late_payment_rate
from domain.payment import (
    LATE_PAYMENT_RATE_MISSING,
    REMINDER_DAYS,
    REMINDER_NOT_OVERDUE,
    Age,
    ReminderChannel,
    age_of,
    indemnity,
    penalty,
    reminder_level,
)
from domain.payment import Reminder as ReminderRecord
from persistence.clients import client_types
from persistence.invoice.payments import (
    OpenInvoice,
    is_among_open,
    last_reminders,
    open_invoices,
    settled_late,
    unallocated,
)
from persistence.organisations import the_organisation
from persistence.reading import Row, Wanted, load, load_by_ids, load_one
from persistence.records import the_record
from persistence.session import ScopedSession
from resolvers._mutation import Acting, Once, Payload, write
from resolvers._reading import read
from schema.client import CLIENT
from schema.context import Info
from schema.invoice import INVOICE
from schema.node import key_of, optional_key
from schema.payment import REMINDER, Receivable, Reminder, Reminders
from schema.scalars import money, plain
from schema.user_error import UserError, user_errors
from schema.view import wanted


@strawberry.input
class ReminderRecordInput:
    invoice_id: strawberry.ID
    level: int = strawberry.field(description="1 to 3.")
    channel: ReminderChannel
    note: str | None = None
    reminded_on: date | None = strawberry.field(default=None, description="Today when left out.")
    idempotency_key: strawberry.ID


@strawberry.type
class ReminderPayload:
    reminder: Reminder | None
    user_errors: list[UserError]
    replayed: bool


@strawberry.type
class ChasingQueries:
    """Queries of what is owed."""

    @strawberry.field(
        description="Balance âgée: by client and currency, what is due by age, as of a day. Due "
        "less unallocated is account 411 of our entries, but for credits of the former system: a "
        "payment counts from the day it came until it was cancelled, set against what it is now."
    )
    async def receivables(
        self, info: Info, as_of: date | None = None, client_id: strawberry.ID | None = None
    ) -> list[Receivable]:
        fields = wanted(info)
        on = _day(info, as_of)
        client = optional_key(client_id, "client", field=("clientId",))

        def find(session: ScopedSession) -> Any:
            return _receivables(session, on, client, fields)

        return await read(info, find)

    @strawberry.field(description="Overdue invoices, which reminder each is due, and its costs.")
    async def reminders(
        self, info: Info, as_of: date | None = None, client_id: strawberry.ID | None = None
    ) -> Reminders:
        fields = wanted(info, "items")
        on, locale = _day(info, as_of), info.context.caller.locale
        client = optional_key(client_id, "client", field=("clientId",))

        def find(session: ScopedSession) -> Any:
            return _reminders(session, on, client, fields, locale)

        return await read(info, find)


@strawberry.type
class Chasing:
    """The mutation that notes a reminder."""

    @strawberry.mutation(description="Notes that the client was reminded of an overdue invoice.")
    async def reminder_record(self, info: Info, input: ReminderRecordInput) -> ReminderPayload:
        fields = wanted(info, "reminder")

        def act(acting: Acting) -> Payload:
            return _shown(acting, _remind(acting, input).id, fields)

        once = Once(
            key=input.idempotency_key,
            mutation="reminderRecord",
            asked=input,
            keep=lambda payload: {"key": payload["reminder"]["key"]},
            restore=lambda acting, before: _shown(acting, before["key"], fields),
        )
        nothing = {"reminder": None, "replayed": False}
        return await write(info, Permission.PREPARE_INVOICES, act, nothing=nothing, once=once)


def _day(info: Info, asked: date | None) -> date:
    given = day(asked, field=("asOf",), name="The date")
    return given or info.context.house.today(info.context.caller.time_zone)


def _shown(acting: Acting, key: int, fields: Wanted) -> Payload:
    return {"reminder": load_one(acting.session, REMINDER, {**fields, "id": {}}, key)}


def _remind(acting: Acting, asked: ReminderRecordInput) -> ReminderRecord:
    session = acting.session
    key = key_of(asked.invoice_id, "invoice", field=("invoice_id",))
    invoice = the_record(session, InvoiceRecord, key, field=("invoice_id",))
    on = day(asked.reminded_on, field=("reminded_on",), name="The date") or acting.today
    late = open_invoices(session, client_id=invoice.client_id, overdue_on=on)
    if on > acting.today or key not in {one.key for one in late}:
        shown = invoice.number or invoice.pro_forma_number
        raise Refusal(
            REMINDER_NOT_OVERDUE(field=("invoice_id",), number=shown, found=on.isoformat())
        )
    most = len(REMINDER_DAYS)
    made = ReminderRecord(
        invoice_id=key,
        level=whole(asked.level, field=("level",), name="The level", least=1, most=most),
        channel=asked.channel,
        reminded_on=on,
        note=text(asked.note, field=("note",), name="The note", longest=LONGEST_TEXT),
        author=acting.caller.key_name,
    )
    session.add(made)
    session.flush()
    return made


def _receivables(session: ScopedSession, on: date, client: int | None, fields: Wanted) -> list[Row]:
    """One statement for what is open, one for what is unallocated, whatever their number."""
    found = open_invoices(session, as_of=on, client_id=client)
    free = unallocated(session, as_of=on, client_id=client)
    by_owner: defaultdict[tuple[int, str], list[OpenInvoice]] = defaultdict(list)
    for one in found:
        by_owner[one.client_id, one.currency].append(one)
    owners = {*by_owner, *(owner for owner, minor in free.items() if minor)}
    names = {**fields.get("client", {}), "name": {}}
    clients = load_by_ids(session, CLIENT, names, {key for key, _ in owners})
    shown = fields.get("buckets", {}).get("invoices", {})
    papers: dict[int, Row] = {}
    if shown:
        where = [is_among_open(session, as_of=on, client_id=client)]
        rows = load(session, INVOICE, shown.get("invoice", {}), where=where)
        papers = {row["key"]: row for row in rows}
    ordered = sorted(owners, key=lambda one: (clients[one[0]]["name"], one))
    return [
        {
            "client": clients[key],
            "currency": currency,
            "total": money(sum(one.due for one in by_owner[key, currency]), currency),
            "unallocated": money(free.get((key, currency), 0), currency),
            "buckets": _buckets(by_owner[key, currency], currency, on, papers),
        }
        for key, currency in ordered
    ]


def _buckets(
    found: Sequence[OpenInvoice], currency: str, on: date, papers: dict[int, Row]
) -> list[Row]:
    aged: dict[Age, list[OpenInvoice]] = {age: [] for age in Age}
    for one in found:
        aged[age_of((on - one.due_date).days)].append(one)
    return [
        {
            "age": age,
            "amount": money(sum(one.due for one in some), currency),
            "invoices": [
                {
                    "invoice": papers[one.key],
                    "net_due": money(one.due, currency),
                    "days_late": max(0, (on - one.due_date).days),
                }
                for one in some
                if one.key in papers
            ],
        }
        for age, some in aged.items()
    ]


def _reminders(
    session: ScopedSession, on: date, client: int | None, fields: Wanted, locale: str
) -> Row:
    found = open_invoices(session, as_of=on, client_id=client, overdue_on=on)
    keys = [one.key for one in found]
    rate = late_payment_rate(the_organisation(session).settings)
    types = client_types(session, {one.client_id for one in found})
    settled = settled_late(session, as_of=on, client_id=client)
    papers = load_by_ids(session, INVOICE, fields.get("invoice", {}), keys)
    last = last_reminders(session, keys, as_of=on)
    told = load_by_ids(session, REMINDER, fields.get("last_reminder", {}), last.values())
    items = []
    for one in found:
        days, kind = (on - one.due_date).days, types[one.client_id]
        fixed = indemnity(kind)
        sums = ((one.due, days), *settled.get(one.key, ()))
        interest = penalty(sums, currency=one.currency, rate=rate, client_type=kind)
        items.append(
            {
                "invoice": papers[one.key],
                "net_due": money(one.due, one.currency),
                "days_late": days,
                "level": reminder_level(days),
                "last_reminder": told.get(last.get(one.key, 0)),
                "indemnity": None if fixed is None else money(fixed, "EUR"),
                "penalty": None if interest is None else money(interest, one.currency),
            }
        )
    said = () if rate is not None else (LATE_PAYMENT_RATE_MISSING(),)
    return {
        "as_of": on,
        "late_payment_rate": None if rate is None else plain(rate),
        "items": items,
        "user_errors": user_errors(said, locale),
    }
