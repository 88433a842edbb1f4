"""Interest for late payment runs on each sum until the day it is settled (DOMAIN §4.3)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from domain.client import ClientType
from domain.money import rounded
from domain.payment import penalty
from tests.api.invoices.acts import codes
from tests.api.invoices.paying_acts import act, invoiced, pay
from tests.support.api import ApiClient
from tests.support.prepared import Calendar, statements

REMINDERS = """
query($on: Date, $client: ID) { reminders(asOf: $on, clientId: $client) {
  items { invoice { id } netDue { amount } penalty { amount } } } }
"""
RATE = """
mutation { organisationUpdate(input: { latePaymentRate: "12.15" }) { userErrors { code } } }
"""


def told(api: ApiClient, on: str, **asked: str) -> dict[str, tuple[str, str]]:
    """What is due of each overdue invoice, and its interest."""
    found = api.query(REMINDERS, on=on, **asked)["reminders"]["items"]
    return {
        one["invoice"]["id"]: (one["netDue"]["amount"], one["penalty"]["amount"]) for one in found
    }


def credit(api: ApiClient, invoice: str, amount: str) -> None:
    looked = api.query("query($id: ID!) { invoice(id: $id) { lines { id } } }", id=invoice)
    lines = [{"lineId": looked["invoice"]["lines"][0]["id"], "amount": amount}]
    assert codes(act(api, "invoiceCredit", id=invoice, lines=lines)) == []


def test_what_was_settled_late_bore_interest_until_then(
    any_firm: ApiClient, calendar: Calendar
) -> None:
    """1,200.00 due on 21 December: 100.00 paid in time, 400.00 after 20 days, 120.00 credited
    after 25, 580.00 due after 30: (400 × 20 + 120 × 25 + 580 × 30) × 12.15 % ÷ 365 = 9.45."""
    any_firm.query(RATE)
    one, other = invoiced(any_firm, "1000.00"), invoiced(any_firm, "50.00", client="client_2")
    of_it = [{"invoiceId": one}]
    calendar.go_to("2027-01-20")
    pay(any_firm, "100.00", allocations=of_it, receivedOn="2026-12-21")
    assert told(any_firm, "2027-01-20")[one] == ("1100.00", "10.98")
    pay(any_firm, "400.00", allocations=of_it, receivedOn="2027-01-10")
    calendar.go_to("2027-01-15")
    credit(any_firm, one, "100.00")
    calendar.go_to("2027-01-20")
    # 60.00 × 30 days of the other: 0.60.
    with statements(any_firm) as sent:
        assert told(any_firm, "2027-01-20") == {one: ("580.00", "9.45"), other: ("60.00", "0.60")}
    with statements(any_firm) as fewer:
        assert told(any_firm, "2027-01-20", client="client_2") == {other: ("60.00", "0.60")}
    assert len(sent) == len(fewer)
    # As of the days before, as it was then.
    assert told(any_firm, "2027-01-12")[one] == ("700.00", "7.79")
    assert told(any_firm, "2027-01-09")[one] == ("1100.00", "6.96")
    # Paid in full, and late: it is reminded of no more.
    pay(any_firm, "580.00", allocations=of_it, receivedOn="2027-01-20")
    assert told(any_firm, "2027-01-20") == {other: ("60.00", "0.60")}


def test_what_was_taken_off_again_or_cancelled_settled_nothing(
    any_firm: ApiClient, calendar: Calendar
) -> None:
    """1,200.00 × 30 days × 12.15 % ÷ 365 = 11.98, as if there had been no payment."""
    any_firm.query(RATE)
    invoice = invoiced(any_firm, "1000.00")
    of_it = [{"invoiceId": invoice}]
    calendar.go_to("2027-01-20")
    wrong = pay(any_firm, "400.00", allocations=of_it, receivedOn="2027-01-10")["payment"]["id"]
    assert told(any_firm, "2027-01-20") == {invoice: ("800.00", "10.65")}
    act(any_firm, "paymentUnallocate", id=wrong, invoiceId=invoice)
    assert told(any_firm, "2027-01-20") == {invoice: ("1200.00", "11.98")}
    act(any_firm, "paymentAllocate", id=wrong, allocations=of_it)
    act(any_firm, "paymentCancel", id=wrong, reason="Chèque sans provision")
    assert told(any_firm, "2027-01-20") == {invoice: ("1200.00", "11.98")}


DUE = date(2026, 12, 21)


@given(
    gross=st.integers(1, 10**9),
    parts=st.lists(st.tuples(st.integers(1, 10**8), st.integers(-30, 200))),
    late=st.integers(0, 200),
    rate=st.decimals(0, 30, places=2),
)
def test_interest_is_that_of_the_balance_of_each_day(
    gross: int, parts: list[tuple[int, int]], late: int, rate: Decimal
) -> None:
    """Reckoned from the parts settled, and day by day from what was due of it that day."""
    known = [(minor, after) for minor, after in parts if after <= late]
    due = gross - sum(minor for minor, _ in known)
    borne = sum(
        gross - sum(minor for minor, after in known if after < (day - DUE).days)
        for day in (DUE + timedelta(days=one) for one in range(1, late + 1))
    )
    sums = [(due, late), *((minor, after) for minor, after in known if after > 0)]
    found = penalty(sums, currency="EUR", rate=rate, client_type=ClientType.COMPANY)
    assert found == int(rounded(Decimal(borne) * rate / 36_500, 0))
