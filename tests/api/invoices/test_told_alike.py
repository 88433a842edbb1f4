"""Entries in another currency that went out are told alike for ever (DOMAIN §4.6)."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

import pytest

from tests.api.invoices.acts import CLIENT, account_line, blank, change, final
from tests.api.invoices.exporting_acts import export, files
from tests.api.invoices.paying_acts import act, pay
from tests.support import accounting_files as read
from tests.support.api import ApiClient
from tests.support.prepared import Calendar

Told = Counter[tuple[str, ...]]
_LEFT = "query($id: ID!) { invoice(id: $id) { netDue { amount } lines { id } } }"


class Book:
    """An invoice of 100.01 USD at 0.86, and the file of each entry as it first went out."""

    def __init__(self, api: ApiClient, calendar: Calendar) -> None:
        self.api, self.calendar, self.payments = api, calendar, list[str]()
        api.query(CLIENT, input={"id": "client_1", "currency": "USD"})
        self.sold = blank(api)["id"]
        kept = {"rate": "0.86", "on": "2026-11-20", "source": "BCE"}
        lines = [account_line("100.01", tax="EXPORT_262")]
        change(api, self.sold, lines=lines, euroRate=kept)
        assert final(api, self.sold)["userErrors"] == []
        self.line = api.query(_LEFT, id=self.sold)["invoice"]["lines"][0]["id"]
        self.went_out = self.told()

    @property
    def due(self) -> Decimal:
        return Decimal(self.api.query(_LEFT, id=self.sold)["invoice"]["netDue"]["amount"])

    def told(self) -> Told:
        """The cents of each account by entry."""
        period = {"issuedFrom": "2026-11-01", "issuedTo": "2027-12-31"}
        rates = [{"currency": "USD", "rate": "0.86"}]
        answer = export(self.api, "FEC", filter=period, euroRates=rates, includePayments=True)
        found: Told = Counter()
        for content in files(self.api, answer).values():
            for row in read.fec(content):
                key = (row["JournalCode"], row["EcritureNum"], row["CompteNum"])
                found[key] += int(read.movement(row) * 100)
        return found

    def do(self, day: str, what: str, amount: str = "", received: str = "") -> None:
        self.calendar.go_to(day)
        match what:
            case "paid":
                given = {"currency": "USD", "allocations": [{"invoiceId": self.sold}]}
                told = pay(self.api, amount, receivedOn=received or day, **given)
                self.payments.append(told["payment"]["id"])
            case "credited":
                lines = [{"lineId": self.line, "amount": amount}]
                assert act(self.api, "invoiceCredit", id=self.sold, lines=lines)["creditNote"]
            case "cancelled":
                told = act(self.api, "paymentCancel", id=self.payments.pop(0), reason="Rejet")
                assert told["userErrors"] == []
        now = self.told()
        assert {key: now[key] for key in self.went_out} == self.went_out, (day, what)
        self.went_out = now

    def owed(self) -> int:
        return sum(cents for (_, _, account), cents in self.told().items() if account == "411000")


@pytest.mark.parametrize(
    "acts",
    [
        "23 credited 66.68, 24 paid 33.33 22",
        "23 paid 33.33, 23 credited 66.68",
        "23 paid 33.33, 24 paid 66.68 22",
        "22 paid 33.33, 23 credited 66.68, 24 cancelled, 25 paid 33.33",
        "22 paid 33.33, 23 credited 66.68, 24 cancelled, 25 credited 33.33",
        "22 paid 33.33, 23 paid 66.68, 24 cancelled, 25 credited 33.33",
        "22 credited 3.11, 23 paid 96.90, 24 credited 17.39, 25 credited 6.66, 26 cancelled, "
        "27 paid 72.85",
    ],
)
def test_what_comes_later_changes_no_entry(
    any_firm: ApiClient, calendar: Calendar, acts: str
) -> None:
    """On one day, recorded late, or cancelled after a note had settled what was left."""
    book = Book(any_firm, calendar)
    for day, what, *given in (one.split() for one in acts.split(", ")):
        amount, received = [*given, "", ""][:2]
        book.do(f"2026-11-{day}", what, amount, received and f"2026-11-{received}")
    assert book.due == book.owed() == 0


@pytest.mark.parametrize("seed", range(3))
def test_whatever_comes_later_changes_no_entry(
    any_firm: ApiClient, calendar: Calendar, seed: int
) -> None:
    """Paid in parts, late or not, credited beyond what is due, and cancelled."""
    chance = random.Random(seed)
    book, today, rest = Book(any_firm, calendar), date(2026, 11, 22), Decimal("100.01")
    for _ in range(12):
        today += timedelta(days=chance.randrange(3))
        due = book.due
        match chance.randrange(4):
            case 0 | 1 if due:
                part = chance.choice([due, max(due * chance.randrange(1, 99) / 100, Decimal(1))])
                back = today - timedelta(days=chance.randrange(4))
                cents = f"{min(due, part):.2f}"
                book.do(today.isoformat(), "paid", cents, back.isoformat())
            case 2 if rest > 40:
                part = Decimal(chance.randrange(100, 2000)) / 100
                rest -= part
                book.do(today.isoformat(), "credited", f"{part:.2f}")
            case 3 if book.payments:
                book.do(today.isoformat(), "cancelled")
    if book.due:
        book.do(today.isoformat(), "paid", f"{book.due:.2f}")
    assert book.due == 0


def test_a_clock_that_goes_back_changes_no_entry(
    any_firm: ApiClient, calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two machines record the payments of one invoice; the second one is behind the first."""

    class Clock(datetime):
        """Far from midnight: of two days the later one would be told last, and rightly."""

        hour_now = 12

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return datetime(2026, 11, 23, cls.hour_now, tzinfo=tz)

    monkeypatch.setattr("persistence.session.datetime", Clock)
    book = Book(any_firm, calendar)
    book.do("2026-11-22", "paid", "33.33")
    Clock.hour_now = 11
    book.do("2026-11-23", "paid", "66.68")
    assert book.due == book.owed() == 0


def test_what_was_taken_off_in_the_words_of_a_cancellation_stays_taken_off(
    any_firm: ApiClient, calendar: Calendar
) -> None:
    """33.33 USD paid, taken off the day after at 0.90 a dollar, and cancelled on the third."""
    book = Book(any_firm, calendar)
    book.do("2026-11-22", "paid", "33.33")
    of_it = {"id": book.payments[0], "reason": "Rejet"}

    def came() -> list[str]:
        period = {"issuedFrom": "2026-11-22", "issuedTo": "2026-11-22"}
        rates = [{"currency": "USD", "rate": "0.90"}]
        told = export(any_firm, "FEC", filter=period, euroRates=rates, includePayments=True)
        ((_, content),) = files(any_firm, told).items()
        return [row["Debit"] for row in read.fec(content) if row["JournalCode"] == "BQ"]

    assert came() == ["28,66", "0,00"]
    calendar.go_to("2026-11-23")
    assert act(any_firm, "paymentUnallocate", invoiceId=book.sold, **of_it)["userErrors"] == []
    assert came() == ["30,00", "0,00"]
    calendar.go_to("2026-11-24")
    assert act(any_firm, "paymentCancel", **of_it)["userErrors"] == []
    assert came() == ["30,00", "0,00"]
