"""What is owed as of any day is what the entries exported have on 411 that day (DOMAIN §4.6)."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from domain.payment import PaymentCancellation
from tests.api.invoices.acts import codes
from tests.api.invoices.exporting_acts import export, files
from tests.api.invoices.paying_acts import act, dues, invoiced, pay
from tests.api.invoices.test_past_credits import credited, past_project
from tests.support import accounting_files as read
from tests.support.api import ApiClient
from tests.support.prepared import Calendar

OWED = """
query($on: Date, $client: ID) {
  receivables(asOf: $on, clientId: $client) { total { amount } unallocated { amount } } }
"""


def owed(api: ApiClient, on: str, **asked: str) -> tuple[Decimal, Decimal]:
    """What is due, and what is set against nothing."""
    found = api.query(OWED, on=on, **asked)["receivables"]
    due, free = (
        sum((Decimal(one[name]["amount"]) for one in found), Decimal(0))
        for name in ("total", "unallocated")
    )
    return due, free


def entries(api: ApiClient) -> list[tuple[date, Decimal]]:
    """The movements of the receivable, each with its day."""
    period = {"issuedFrom": "2026-01-01", "issuedTo": "2027-12-31"}
    told = export(api, "FEC", filter=period, includePayments=True)
    return [
        (date.fromisoformat(row["EcritureDate"]), read.movement(row))
        for content in files(api, told).values()
        for row in read.fec(content)
        if row["CompteNum"].startswith("411")
    ]


def test_a_payment_counts_until_the_day_it_is_cancelled(
    any_firm: ApiClient, calendar: Calendar
) -> None:
    """120.00 paid with 150.00 on 23 November, which bounces on the 26th."""
    calendar.go_to("2026-11-23")
    invoice = invoiced(any_firm, day="2026-11-21")
    shares = [{"invoiceId": invoice}]
    paid = pay(any_firm, "150.00", allocations=shares, receivedOn="2026-11-23")["payment"]["id"]
    # Half an hour past midnight in Paris is that day's already.
    calendar.now = datetime.fromisoformat("2026-11-25T23:30:00+00:00")
    told = act(any_firm, "paymentCancel", id=paid, reason="Chèque sans provision")["payment"]
    assert [one["bookedOn"] for one in told["allocations"]] == ["2026-11-23", "2026-11-26"]
    assert told["cancellation"] == {"reason": "Chèque sans provision", "cancelledOn": "2026-11-26"}
    assert dues(any_firm, invoice) == ("0.00", "120.00", "UNPAID")
    expected = {
        "2026-11-20": ("0", "0"), "2026-11-22": ("120", "0"), "2026-11-23": ("0", "30"),
        "2026-11-25": ("0", "30"), "2026-11-26": ("120", "0"),
    }  # fmt: skip
    booked = entries(any_firm)
    for on, (due, free) in expected.items():
        assert owed(any_firm, on) == (Decimal(due), Decimal(free)), on
        until = date.fromisoformat(on)
        assert Decimal(due) - Decimal(free) == sum(minor for day, minor in booked if day <= until)


def test_what_is_recorded_anew_is_too_much_until_the_wrong_one_is_cancelled(
    any_firm: ApiClient, calendar: Calendar
) -> None:
    """120.00 came on 23 November, was recorded wrongly, and three days later as it should be."""
    calendar.go_to("2026-11-23")
    shares = [{"invoiceId": invoiced(any_firm, day="2026-11-21")}]
    wrong = pay(any_firm, "120.00", allocations=shares, receivedOn="2026-11-23")["payment"]["id"]
    calendar.go_to("2026-11-26")
    act(any_firm, "paymentCancel", id=wrong, reason="Mauvaise référence")
    pay(any_firm, "120.00", allocations=shares, receivedOn="2026-11-23")
    booked = entries(any_firm)
    expected = {"2026-11-22": (120, 0), "2026-11-23": (0, 120), "2026-11-25": (0, 120),
                "2026-11-26": (0, 0)}  # fmt: skip
    for on, found in expected.items():
        assert owed(any_firm, on) == owed(any_firm, on, client="client_1") == found, on
        until = date.fromisoformat(on)
        assert found[0] - found[1] == sum(minor for day, minor in booked if day <= until)
    assert owed(any_firm, "2026-11-25", client="client_2") == (0, 0)


def test_what_was_cancelled_before_its_day_was_kept_counts_on_no_day(any_firm: ApiClient) -> None:
    """As it did then: it had been taken off its invoices from the day it came."""
    paid = pay(any_firm, "50.00")["payment"]["id"]
    assert owed(any_firm, "2026-11-20") == (0, 50)
    with any_firm.house.database.writing(any_firm.organisation_id) as session:
        session.add(PaymentCancellation(payment_id=int(paid.rpartition("_")[2]), reason="r"))
    assert owed(any_firm, "2026-11-20") == (0, 0)
    assert sum(minor for _, minor in entries(any_firm)) == 0


@pytest.mark.parametrize("seed", range(3))
def test_every_day_agrees_with_the_entries(
    any_firm: ApiClient, calendar: Calendar, seed: int
) -> None:
    """Whatever is billed, paid, late or ahead, set against, taken off, cancelled and credited."""
    chance = random.Random(seed)
    today = first = date(2026, 11, 23)
    invoices, payments = [invoiced(any_firm, "300.00")], [pay(any_firm, "50.00")["payment"]["id"]]
    for _ in range(20):
        today += timedelta(days=chance.randrange(3))
        calendar.go_to(today.isoformat())
        amount = f"{Decimal(chance.randrange(1, 30000)) / 100}"
        of = [{"invoiceId": chance.choice(invoices)}]
        match chance.randrange(7):
            case 0:
                invoices.append(invoiced(any_firm, amount))
            case 1 | 2:
                back = today - timedelta(days=chance.randrange(4))
                how = {"autoAllocate": True} if chance.random() < 0.6 else {"allocations": []}
                told = pay(any_firm, amount, receivedOn=back.isoformat(), **how)
                payments.append(told["payment"]["id"])
            case 3:
                act(any_firm, "paymentAllocate", id=chance.choice(payments), allocations=of)
            case 4:
                key = chance.choice(payments)
                act(any_firm, "paymentUnallocate", id=key, invoiceId=of[0]["invoiceId"])
            case 5:
                key = chance.choice(payments)
                wrong = act(any_firm, "paymentCancel", id=key, reason="r")["payment"]
                if wrong and chance.random() < 0.7:
                    back = today - timedelta(days=chance.randrange(4))
                    how = {"receivedOn": back.isoformat(), "autoAllocate": True}
                    told = pay(any_firm, wrong["amount"]["amount"], **how)
                    payments.append(told["payment"]["id"])
            case 6 if chance.random() < 0.5:
                act(any_firm, "invoiceCredit", id=of[0]["invoiceId"])
    assert "PAYMENT_CANCELLED" not in codes(pay(any_firm, "1.00"))
    booked = entries(any_firm)
    for ahead in range(-5, (today - first).days + 2):
        on = first + timedelta(days=ahead)
        due, free = owed(any_firm, on.isoformat())
        assert due - free == sum(minor for day, minor in booked if day <= on), on
        assert min(due, free) >= 0


def test_what_is_of_the_former_system_counts_in_the_accounts_alone(any_firm: ApiClient) -> None:
    """What is left of its invoices is in its books: what their credit leaves is known there."""
    project, _ = past_project(any_firm)
    invoiced(any_firm, "50.00")
    assert codes(credited(any_firm, project)) == []
    assert owed(any_firm, "2026-11-21") == (60, 0)
    assert sorted(minor for _, minor in entries(any_firm)) == [-1160, 60]
