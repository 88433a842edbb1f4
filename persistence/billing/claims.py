"""What lines bill: time entries and periods are theirs until the line goes or is credited whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import CursorResult, Table, bindparam, delete, func, select, update
from sqlalchemy.orm import aliased

from domain.billing.item import Item
from domain.billing.lines import TIME_MOVED
from domain.errors import Refusal
from domain.invoice.claim import BilledPeriod
from domain.invoice.model import InvoiceLine
from domain.money import to_minor
from domain.time_entry import TimeEntry
from persistence import bulk
from persistence.session import ScopedSession, insert_all

_AT_ONCE = 500


def claim(session: ScopedSession, lines: Iterable[tuple[int, str, Item]]) -> None:
    """Gives each line (identifier, currency, what it bills) its time with its rate, and its period.

    TIME_MOVED when an entry is no more what it was; whoever claims a period that another line has
    meets the unique key, and acts again.
    """
    time: list[dict[str, Any]] = []
    periods: list[dict[str, Any]] = []
    for line_id, currency, item in lines:
        rate = None if item.rate is None else to_minor(item.rate, currency)
        time += [{"entry": key, "line": line_id, "rate": rate} for key in item.entries]
        if item.claim is not None:
            made = item.claim
            periods.append(
                {
                    "phase_id": item.phase_id,
                    "kind": made.kind,
                    "starts_on": made.starts_on,
                    "ends_on": made.ends_on,
                    "line_id": line_id,
                }
            )
    _claim_time(session, time)
    insert_all(session, BilledPeriod, periods)


def _claim_time(session: ScopedSession, rows: Sequence[Mapping[str, Any]]) -> None:
    """Gives entries to lines that have none yet; TIME_MOVED unless all of them could be taken."""
    if not rows:
        return
    entry = TimeEntry.__table__
    assert isinstance(entry, Table)
    of = entry.c
    statement = (
        update(entry)
        .where(
            of.organisation_id == session.organisation_id,
            of.id == bindparam("entry"),
            of.line_id.is_(None),
            of.approved,
            of.billable,
            of.written_off_at.is_(None),
            of.archived_at.is_(None),
        )
        .values(
            line_id=bindparam("line"),
            rate_minor=bindparam("rate"),
            updated_at=datetime.now(UTC),
            version=of.version + 1,
        )
    )
    session.connection().execute(statement, rows)
    lines = sorted({row["line"] for row in rows})
    taken = 0
    for start in range(0, len(lines), _AT_ONCE):
        portion = lines[start : start + _AT_ONCE]
        taken += session.scalar(select(func.count()).where(TimeEntry.line_id.in_(portion))) or 0
    if taken != len(rows):
        raise Refusal(TIME_MOVED(field=("project_id",)))


def free(session: ScopedSession, line_ids: Sequence[int]) -> None:
    """Time entries and periods of these lines can be billed again."""
    if not line_ids:
        return
    session.execute(
        update(TimeEntry)
        .where(TimeEntry.line_id.in_(line_ids))
        .values(
            line_id=None,
            rate_minor=None,
            updated_at=datetime.now(UTC),
            version=TimeEntry.version + 1,
        )
        .execution_options(synchronize_session=False)
    )
    session.execute(delete(BilledPeriod).where(BilledPeriod.line_id.in_(line_ids)))


def lines_credited_whole(session: ScopedSession, invoice_ids: Sequence[int]) -> list[int]:
    """The lines of invoices of which credit notes have taken all.

    A line of nothing (a discount of all) is credited with the last of the others.
    """
    taking = aliased(InvoiceLine)
    taken = func.coalesce(func.sum(taking.net_minor), 0)
    statement = (
        select(
            *(InvoiceLine.id, InvoiceLine.invoice_id, InvoiceLine.net_minor),
            taken.label("taken"),
        )
        .outerjoin(taking, taking.credits_line_id == InvoiceLine.id)
        .where(bulk.among(InvoiceLine.invoice_id, sorted(invoice_ids)))
        .group_by(InvoiceLine.id, InvoiceLine.invoice_id, InvoiceLine.net_minor)
        .order_by(InvoiceLine.id)
    )
    rows = session.execute(statement).all()
    priced = {row.invoice_id for row in rows if row.net_minor}
    whole = priced - {row.invoice_id for row in rows if row.taken != row.net_minor}
    return [
        row.id
        for row in rows
        if row.taken == row.net_minor and (row.net_minor or row.invoice_id in whole)
    ]


@dataclass(frozen=True, slots=True)
class Kept:
    """What lines bill, to be given to others that take their place."""

    entries: Mapping[int, Sequence[tuple[int, int | None]]]
    """By line: its time entries with their rate."""
    periods: Mapping[int, Sequence[Mapping[str, Any]]]


def kept_by(session: ScopedSession, line_ids: Sequence[int]) -> Kept:
    """What these lines bill: read before a credit note frees it."""
    entries: dict[int, list[tuple[int, int | None]]] = defaultdict(list)
    of_lines = select(TimeEntry.line_id, TimeEntry.id, TimeEntry.rate_minor)
    for line_id, key, rate in session.execute(of_lines.where(TimeEntry.line_id.in_(line_ids))):
        entries[line_id or 0].append((key, rate))
    periods: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for one in session.scalars(select(BilledPeriod).where(BilledPeriod.line_id.in_(line_ids))):
        names = ("phase_id", "kind", "starts_on", "ends_on")
        periods[one.line_id].append({name: getattr(one, name) for name in names})
    return Kept(entries, periods)


def give(session: ScopedSession, kept: Kept, lines: Mapping[int, int]) -> None:
    """What was freed of the former lines is billed by the new ones (former: new).

    TIME_MOVED when another line has taken an entry meanwhile.
    """
    for former, line_id in lines.items():
        by_rate: dict[int | None, list[int]] = defaultdict(list)
        for key, rate in kept.entries.get(former, ()):
            by_rate[rate].append(key)
        for rate, keys in by_rate.items():
            _give_time(session, keys, line_id=line_id, rate_minor=rate)
        session.add_all(
            BilledPeriod(**period, line_id=line_id) for period in kept.periods.get(former, ())
        )
    session.flush()


def _give_time(
    session: ScopedSession, keys: Sequence[int], *, line_id: int, rate_minor: int | None
) -> None:
    for start in range(0, len(keys), _AT_ONCE):
        portion = keys[start : start + _AT_ONCE]
        done = session.execute(
            update(TimeEntry)
            .where(TimeEntry.id.in_(portion), TimeEntry.line_id.is_(None))
            .values(
                line_id=line_id,
                rate_minor=rate_minor,
                updated_at=datetime.now(UTC),
                version=TimeEntry.version + 1,
            )
            .execution_options(synchronize_session=False)
        )
        assert isinstance(done, CursorResult)
        if done.rowcount != len(portion):
            raise Refusal(TIME_MOVED(field=("id",)))
