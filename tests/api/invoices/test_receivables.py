"""Aged receivables, reminders and what lateness costs (B01, DOMAIN §4.3)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from domain.client import ClientType
from domain.payment import Age, age_of, indemnity, penalty, reminder_level
from tests.api.invoices.acts import codes
from tests.api.invoices.paying_acts import act, invoiced, pay
from tests.support.api import ApiClient
from tests.support.prepared import Calendar, statements

AGED = """
query($on: Date, $client: ID) { receivables(asOf: $on, clientId: $client) {
  client { id } currency total { amount } unallocated { amount }
  buckets { age amount { amount } invoices { invoice { id number } netDue { amount } daysLate } }
} }
"""
REMINDERS = """
query($on: Date) { reminders(asOf: $on) {
  asOf latePaymentRate userErrors { code }
  items { invoice { id } netDue { amount } daysLate level lastReminder { level channel }
    indemnity { amount currency } penalty { amount } }
} }
"""


def aged(api: ApiClient, on: str, **given: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.query(AGED, on=on, **given)["receivables"]
    return found


def amounts(row: dict[str, Any]) -> list[str]:
    return [one["amount"]["amount"] for one in row["buckets"]]


def test_what_is_owed_by_age(any_firm: ApiClient) -> None:
    """Due on 21 December: 1–30, 31–60, 61–90 and over 90 days, whatever day is asked for."""
    first = invoiced(any_firm)
    invoiced(any_firm, "50.00", client="client_2")
    pay(any_firm, "30.00", allocations=[{"invoiceId": first}])
    pay(any_firm, "5.00")
    mine = "client_1"
    for on, place in (
        ("2026-12-21", 0), ("2026-12-22", 1), ("2027-01-20", 1), ("2027-01-21", 2),
        ("2027-02-20", 3), ("2027-03-22", 4),
    ):  # fmt: skip
        (row,) = aged(any_firm, on, client=mine)
        assert amounts(row) == ["90.00" if at == place else "0.00" for at in range(5)]
        assert (row["total"]["amount"], row["unallocated"]["amount"]) == ("90.00", "5.00")
        (paper,) = row["buckets"][place]["invoices"]
        assert (paper["invoice"]["id"], paper["netDue"]["amount"]) == (first, "90.00")
    assert aged(any_firm, "2026-11-19") == []
    with statements(any_firm) as told:
        assert len(aged(any_firm, "2027-01-21")) == 2
    assert len(told) == 4


def test_reminders_follow_the_days(firm: ApiClient, calendar: Calendar) -> None:
    """1 after 1 day, 2 after 15, 3 after 30; the last one is told; € 40 and interest."""
    invoice = invoiced(firm, "1000.00")
    assert codes(remind(firm, invoice)) == ["REMINDER_NOT_OVERDUE"]
    assert firm.query(REMINDERS, on="2026-12-21")["reminders"]["items"] == []
    calendar.go_to("2027-01-20")
    told = firm.query(REMINDERS)["reminders"]
    assert [one["code"] for one in told["userErrors"]] == ["LATE_PAYMENT_RATE_MISSING"]
    (item,) = told["items"]
    assert (item["daysLate"], item["level"], item["lastReminder"]) == (30, 3, None)
    assert (item["indemnity"], item["penalty"]) == ({"amount": "40.00", "currency": "EUR"}, None)
    assert codes(remind(firm, invoice, level=4)) == ["FIELD_INVALID"]
    assert remind(firm, invoice, level=2)["reminder"]["level"] == 2
    assert remind(firm, invoice, level=3, channel="PHONE")["reminder"]["channel"] == "PHONE"
    firm.query(
        'mutation { organisationUpdate(input: { latePaymentRate: "12.15" })'
        " { userErrors { code } } }"
    )
    told = firm.query(REMINDERS)["reminders"]
    assert (told["latePaymentRate"], told["userErrors"]) == ("12.15", [])
    # 1,200.00 × 12.15 % × 30 ÷ 365 = 11.98
    assert told["items"][0]["penalty"]["amount"] == "11.98"
    assert told["items"][0]["lastReminder"] == {"level": 3, "channel": "PHONE"}
    # As of a day before them, nobody was reminded yet.
    (before,) = firm.query(REMINDERS, on="2027-01-19")["reminders"]["items"]
    assert (before["daysLate"], before["lastReminder"]) == (29, None)
    assert firm.query("{ viewer { organisation { latePaymentRate } } }") == {
        "viewer": {"organisation": {"latePaymentRate": "12.15"}}
    }
    pay(firm, "1200.00", autoAllocate=True)
    assert firm.query(REMINDERS)["reminders"]["items"] == []


def remind(api: ApiClient, invoice: str, level: int = 1, channel: str = "EMAIL") -> dict[str, Any]:
    return act(api, "reminderRecord", invoiceId=invoice, level=level, channel=channel)


@pytest.mark.parametrize(
    ("days", "age", "level"),
    [
        (-5, Age.NOT_DUE, 0), (0, Age.NOT_DUE, 0), (1, Age.DAYS_1_30, 1), (14, Age.DAYS_1_30, 1),
        (15, Age.DAYS_1_30, 2), (30, Age.DAYS_1_30, 3), (31, Age.DAYS_31_60, 3),
        (61, Age.DAYS_61_90, 3), (90, Age.DAYS_61_90, 3), (91, Age.OVER_90, 3),
    ],
)  # fmt: skip
def test_the_edges_of_ages_and_levels(days: int, age: Age, level: int) -> None:
    assert (age_of(days), reminder_level(days)) == (age, level)


def test_a_private_person_owes_no_indemnity() -> None:
    """DOMAIN §4.3: amount × rate × days ÷ 365, rounded once; JPY has no decimals."""
    private, firm = ClientType.INDIVIDUAL, ClientType.COMPANY
    assert (indemnity(private), indemnity(ClientType.PUBLIC)) == (None, 4000)
    rate, year = Decimal("10"), 365
    assert penalty([(100000, year)], rate=rate, currency="EUR", client_type=firm) == 10000
    assert penalty([(100005, year)], rate=rate, currency="JPY", client_type=firm) == 10001
    assert penalty([(100000, year)], rate=rate, currency="EUR", client_type=private) is None
    assert penalty([(100, 9)], rate=None, currency="EUR", client_type=firm) is None
