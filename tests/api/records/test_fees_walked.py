"""Fees of periods adjusted, billed and credited at random, beside a reckoning of one's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from uuid import uuid4

import pytest

from tests.api.batches.example import a_client, a_contract
from tests.api.invoices.acts import drawn, final
from tests.api.invoices.test_situations import CREDIT
from tests.api.records.test_billed_terms import MOVED, due
from tests.api.records.test_fee_from_a_day import adjusted
from tests.support.api import ApiClient
from tests.support.prepared import Calendar

CENT = Decimal("0.01")
STEPS = 14


@dataclass
class Fee:
    """What was agreed of a phase and done with it; what is due of it, by the calendar alone."""

    method: str
    timing: str
    start: date
    months: int
    fee: Decimal
    today: date = date(2026, 11, 21)
    adjustments: dict[str, tuple[date, Decimal, bool]] = field(default_factory=dict)
    """By identifier: the day, the amount, and whether it counts."""
    billed: dict[str, list[str]] = field(default_factory=dict)
    """First days of periods by the invoice that bills them."""

    def due(self) -> dict[str, str]:
        """Amounts by the first day of the periods that are due and not billed."""
        taken = {first for firsts in self.billed.values() for first in firsts}
        found, first = {}, self.start
        while first <= self.today:
            whole = date(first.year, (first.month - 1) // self.months * self.months + 1, 1)
            months = whole.year * 12 + whole.month - 1 + self.months
            after = date(months // 12, months % 12 + 1, 1)
            price = self._on(first)
            if self.method == "RETAINER":
                part = price * (after - first).days / (after - whole).days
                price = part.quantize(CENT, ROUND_HALF_UP)
            is_begun = self.method != "RETAINER" or self.timing == "ADVANCE"
            is_due = (first if is_begun else after - timedelta(days=1)) <= self.today
            if is_due and first.isoformat() not in taken:
                found[first.isoformat()] = f"{price:.2f}"
            first = after
        return found

    def least_with(self, amount: Decimal) -> Decimal:
        """The least that the fee may come to on any day: adjustments are taken out, too."""
        less = [value for _, value, _ in self.adjustments.values() if value < 0]
        return self.fee + sum(less, min(amount, Decimal(0)))

    def _on(self, day: date) -> Decimal:
        changes = self.adjustments.values()
        return self.fee + sum(value for since, value, counts in changes if counts and since <= day)


@pytest.mark.parametrize("method", ["RETAINER", "PREPAID_HOURS"])
@pytest.mark.parametrize("seed", range(3))
def test_what_is_due_is_what_the_calendar_says(
    any_firm: ApiClient, calendar: Calendar, seed: int, method: str
) -> None:
    chance = Random(f"{method} {seed}")
    of = Fee(
        method,
        timing=chance.choice(["ARREARS", "ADVANCE"]),
        start=date(2026, 9, 1) + timedelta(days=chance.randrange(40)),
        months=chance.choice([1, 3]),
        fee=Decimal(chance.choice(["1500", "999.99", "3000"])),
    )
    a_client(any_firm, "WALK")
    phase = {
        "fee": str(of.fee),
        "periodicity": "MONTH" if of.months == 1 else "QUARTER",
        "startDate": of.start.isoformat(),
    }
    terms = {"timing": of.timing} if method == "RETAINER" else {}
    hours = {} if method == "RETAINER" else {"hours": "10", "hourlyRate": "90"}
    contract, key = a_contract(
        any_firm, "WALK", "WALK", phase | hours, billingMethod=method, **terms
    )
    for step in range(STEPS):
        did = chance.choice(["adjust", "adjust", "move", "wait", "bill", "bill", "credit"])
        if did == "adjust":
            day = of.start + timedelta(days=chance.randrange(-20, 200))
            amount = Decimal(chance.choice(["100", "-50.5", "300", "-200"]))
            if of.least_with(amount) > 0:
                made = adjusted(any_firm, key, day.isoformat(), str(amount))["node"]["id"]
                of.adjustments[made] = (day, amount, True)
        elif did == "move" and of.adjustments:
            made = chance.choice(list(of.adjustments))
            day, amount, counts = of.adjustments[made]
            act = "adjustmentArchive" if counts else "adjustmentRestore"
            any_firm.query(MOVED % act, i={"id": made})
            of.adjustments[made] = (day, amount, not counts)
        elif did == "wait":
            of.today += timedelta(days=chance.randrange(5, 50))
            calendar.go_to(of.today.isoformat())
        elif did == "bill" and (wanted := of.due()):
            bill = drawn(any_firm, "WALK")
            assert Decimal(bill["net"]["amount"]) == sum(map(Decimal, wanted.values()))
            final(any_firm, bill["id"])
            of.billed[bill["id"]] = list(wanted)
        elif did == "credit" and of.billed:
            bill_id = chance.choice(list(of.billed))
            asked = {"id": bill_id, "reason": "r", "idempotencyKey": str(uuid4())}
            assert any_firm.query(CREDIT, input=asked)["invoiceCredit"]["creditNote"]
            del of.billed[bill_id]
        told = due(any_firm, contract)
        plain = {name.removeprefix("block:").removesuffix(":rest"): told[name] for name in told}
        assert plain == of.due(), (step, did, of)
