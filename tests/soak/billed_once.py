"""Whether each piece that was due is billed by one line, and sums, numbers, ledger agree."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from domain.batch.model import BatchInvoice, BatchItem, BillState
from domain.billing.item import ItemKind
from domain.entry import BillingEntry
from domain.invoice.claim import BilledPeriod
from domain.invoice.model import LEGAL, Invoice, InvoiceLine, InvoiceState
from domain.money import to_minor
from domain.time_entry import TimeEntry
from domain.trace import OutboxEntry
from persistence.invoice.chain import entities_linked, verify
from persistence.ledger.check import disagreements
from persistence.session import ScopedSession

_OF_PERIODS = (ItemKind.PERIOD, ItemKind.BLOCK, ItemKind.OVERAGE)


@dataclass(frozen=True, slots=True)
class Planned:
    """What a batch was to bill, read before anything was made."""

    lines: Counter[tuple[int, int]]
    """Phase and net of each line."""
    tickets: int
    periods: int


def planned_by(session: ScopedSession, batches: Sequence[int]) -> Planned:
    """What is selected in these batches."""
    items = session.execute(
        select(BatchItem.phase_id, BatchItem.amount_minor, BatchItem.tickets, BatchItem.kind).where(
            BatchItem.batch_id.in_(batches), BatchItem.selected
        )
    ).all()
    return Planned(
        lines=Counter((item.phase_id, item.amount_minor) for item in items),
        tickets=sum(item.tickets for item in items),
        periods=sum(item.kind in _OF_PERIODS for item in items),
    )


def require_billed_once(session: ScopedSession, planned: Planned) -> None:
    """Each planned line is there once, each time entry and period is of one line of its phase."""
    lines = session.execute(select(InvoiceLine.id, InvoiceLine.phase_id, InvoiceLine.net_minor))
    found = {line.id: (line.phase_id, line.net_minor) for line in lines}
    assert Counter(found.values()) == planned.lines
    entries = session.execute(
        select(TimeEntry.phase_id, TimeEntry.line_id).where(TimeEntry.line_id.is_not(None))
    ).all()
    assert len(entries) == planned.tickets
    assert all(entry.phase_id == found[entry.line_id][0] for entry in entries)
    periods = session.execute(select(BilledPeriod.phase_id, BilledPeriod.line_id)).all()
    assert len(periods) == len({row.line_id for row in periods}) == planned.periods
    assert all(row.phase_id == found[row.line_id][0] for row in periods)


def require_totals(session: ScopedSession, totals: Sequence[Mapping[str, Any]]) -> None:
    """The plan's figures are those of the invoices, to the cent, by currency."""
    rows = session.execute(
        select(
            Invoice.currency,
            func.count(),
            func.sum(Invoice.net_minor),
            func.sum(Invoice.vat_minor),
        ).group_by(Invoice.currency)
    )
    made = {row[0]: tuple(int(value) for value in row[1:]) for row in rows}
    assert made == {
        one["currency"]: (
            one["invoices"],
            to_minor(Decimal(one["net"]["amount"]), one["currency"]),
            to_minor(Decimal(one["vat"]["amount"]), one["currency"]),
        )
        for one in totals
    }


def require_made(session: ScopedSession, batch_id: int) -> None:
    """Each proposal is one pro forma, numbered without a gap; nothing is held any more."""
    bills = session.execute(
        select(BatchInvoice.invoice_id, BatchInvoice.state).where(BatchInvoice.batch_id == batch_id)
    ).all()
    assert {bill.state for bill in bills} == {BillState.GENERATED}
    made = session.execute(select(Invoice.id, Invoice.pro_forma_number)).all()
    assert {bill.invoice_id for bill in bills} == {one.id for one in made}
    assert len(bills) == len(made)
    numbers = sorted(int(one.pro_forma_number.rpartition("-")[2]) for one in made)
    assert numbers == list(range(1, len(numbers) + 1))
    held = select(func.count()).select_from(BatchItem).where(BatchItem.reserves.is_not(None))
    assert session.scalar(held) == 0


def require_final(session: ScopedSession, told: Mapping[str, str]) -> None:
    """All are final under the numbers that were told; series, chains, ledger, hand-over agree."""
    rows = session.execute(
        select(Invoice.id, Invoice.number, Invoice.state, Invoice.net_minor, Invoice.currency)
    ).all()
    assert {row.state for row in rows} == {InvoiceState.READY}
    assert {f"invoice_{row.id}": row.number for row in rows} == told
    series: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        name, _, number = row.number.partition("-")
        series[name].append(int(number))
    for name, numbers in series.items():
        assert sorted(numbers) == list(range(1, len(numbers) + 1)), name
    checked = [verify(session, entity_id) for entity_id in entities_linked(session)]
    assert [one.broken for one in checked] == [None] * len(checked)
    assert sum(one.links for one in checked) == len(rows)
    assert disagreements(session) == []
    entered = session.execute(
        select(BillingEntry.currency, func.sum(BillingEntry.amount_minor)).group_by(
            BillingEntry.currency
        )
    )
    net: Counter[str] = Counter()
    for row in rows:
        net[row.currency] += row.net_minor
    assert {currency: int(amount) for currency, amount in entered} == dict(net)
    handed = session.scalar(select(func.count(func.distinct(OutboxEntry.subject_id))))
    assert handed == session.scalar(select(func.count(OutboxEntry.id))) == len(rows)
    assert session.scalar(select(func.count()).where(Invoice.state.in_(LEGAL))) == len(rows)
