"""What an accountant reckons of papers and payments alone: sums, VAT, numbers, what is owed."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from persistence.ledger.check import disagreements
from tests.soak.read_books import Read, pages
from tests.soak.walked_firm import Firm, rounded, smallest

Row = dict[str, Any]
Sums = defaultdict[Any, Decimal]

_AGES = (("NOT_DUE", 0), ("DAYS_1_30", 30), ("DAYS_31_60", 60), ("DAYS_61_90", 90))
_RECEIVABLES = """
query($on: Date) {
  receivables(asOf: $on) {
    client { code } currency total { amount } unallocated { amount }
    buckets { age amount { amount } }
  }
}
"""
_REMINDERS = """
query($on: Date) {
  reminders(asOf: $on) {
    items { invoice { id } netDue { amount } daysLate level indemnity { amount }
      penalty { amount } }
  }
}
"""


def judge_papers(read: Read) -> None:
    """Each paper adds up, is paid and credited as its notes and payments say."""
    for paper in read.papers.values():
        _judge_lines(paper)
        _judge_vat(paper)
        if paper["number"]:
            _judge_settled(read, paper)
    for paper in read.final:
        if paper["creditState"] == "FULL":
            _judge_emptied(read, paper)
    for payment in read.payments.values():
        given = sum((one["amount"] for one in payment["allocations"]), Decimal(0))
        assert payment["allocated"] == given, payment
        rest = Decimal(0) if payment["cancellation"] else payment["amount"] - given
        assert payment["unallocated"] == rest >= 0, payment
        assert all(one["on"] >= payment["receivedOn"] for one in payment["allocations"])
        if payment["cancellation"]:
            assert given == 0, payment


def _judge_lines(paper: Row) -> None:
    currency = paper["currency"]
    for line in paper["lines"]:
        if line["kind"] == "TEXT":
            assert line["net"] == 0
            continue
        whole = line["quantity"] * line["unitPrice"]
        net = rounded(whole * (1 - (line["discount"] or Decimal(0)) / 100), currency)
        # The last part of a line that is credited takes the cents that roundings have left.
        slack = 2 * smallest(currency) if paper["sign"] < 0 else 0
        assert abs(net - line["net"]) <= slack, (paper["id"], line)
        assert line["unitPrice"] >= 0
    assert sum((line["net"] for line in paper["lines"]), Decimal(0)) == paper["net"], paper


def _judge_vat(paper: Row) -> None:
    """EN 16931: BT-116 = Σ BT-131 of the rate, BT-117 = BT-116 × BT-119, BT-110 = Σ BT-117."""
    bases: Sums = defaultdict(Decimal)
    for line in paper["lines"]:
        if line["taxCode"]:
            code = line["taxCode"]
            bases[Decimal(code["rate"]), code["category"]] += line["net"]
    told: Sums = defaultdict(Decimal)
    for group in paper["vatGroups"]:
        told[group["rate"], group["category"]] += group["base"]
        vat = rounded(group["base"] * group["rate"] / 100, paper["currency"])
        # What empties an invoice takes the VAT that is left of it.
        slack = 5 * smallest(paper["currency"]) if paper["sign"] < 0 else 0
        assert abs(vat - group["vat"]) <= slack, (paper["id"], group)
        assert group["category"] == "STANDARD" or group["vat"] == 0
    assert {key: base for key, base in bases.items() if base} == {
        key: base for key, base in told.items() if base
    }, paper
    assert sum((one["vat"] for one in paper["vatGroups"]), Decimal(0)) == paper["vat"]
    assert paper["net"] + paper["vat"] == paper["gross"]
    if paper["currency"] != "EUR" and paper["euroRate"] and paper["vat"]:
        assert paper["vatInEuro"] == rounded(paper["vat"] * paper["euroRate"], "EUR"), paper
    else:
        assert paper["vatInEuro"] is None


def _judge_settled(read: Read, paper: Row) -> None:
    notes = read.notes_of(paper["id"])
    assert paper["credited"] == sum((one["gross"] for one in notes), Decimal(0)), paper
    given = sum((one["amount"] for one in paper["allocations"]), Decimal(0))
    if paper["sign"] < 0:
        assert not given
        assert paper["paymentState"] is None
        assert paper["netDue"] == 0
        return
    assert paper["paid"] == given
    due = paper["gross"] - paper["credited"] - given
    assert paper["netDue"] == due >= 0, paper
    state = "PAID" if due == 0 else "PARTIAL" if given else "UNPAID"
    assert paper["paymentState"] == state, paper
    taken: Sums = defaultdict(Decimal)
    assert all(one["issueDate"] >= paper["issueDate"] for one in notes)
    for line in paper["lines"]:
        taken[line["net"] - line["credited"] == 0] += 1
        low, high = sorted((Decimal(0), line["net"]))
        assert low <= line["credited"] <= high, (paper["id"], line)
    full = "FULL" if not taken[False] else "PARTIAL"
    assert paper["creditState"] == (full if notes else "NONE"), paper


def _judge_emptied(read: Read, paper: Row) -> None:
    """Credited whole: nothing is left of any rate, VAT to the cent."""
    left: Sums = defaultdict(Decimal)
    for one in (paper, *read.notes_of(paper["id"])):
        for group in one["vatGroups"]:
            key = group["rate"], group["category"], group["reasonCode"]
            left[*key, "base"] += one["sign"] * group["base"]
            left[*key, "vat"] += one["sign"] * group["vat"]
    assert not any(left.values()), (paper["id"], left)


def judge_numbers(read: Read, starts: dict[str, str]) -> None:
    """Each series of a fiscal year is without a gap, and its days never go back."""
    series: defaultdict[str, list[tuple[int, date]]] = defaultdict(list)
    for paper in read.final:
        name, _, count = paper["number"].partition("-")
        series[name].append((int(count), paper["issueDate"]))
        day = paper["issueDate"]
        begins = date(day.year, *map(int, starts[paper["entity"]].split("-")))
        year = day.year - (day < begins)
        assert name[3:] == str(year)[2:], paper["number"]
    for name, found in series.items():
        ordered = sorted(found)
        assert [count for count, _ in ordered] == list(range(1, len(found) + 1)), name
        days = [day for _, day in ordered]
        assert days == sorted(days), name


# What is owed


def owed(read: Read, on: date) -> dict[tuple[str, str], list[tuple[Row, Decimal]]]:
    """By client and currency the invoices that were not settled that day, and what was due.

    Below nothing: paid twice, until the day on which the one payment was cancelled.
    """
    found: defaultdict[tuple[str, str], list[tuple[Row, Decimal]]] = defaultdict(list)
    for paper in read.final:
        if paper["sign"] < 0 or paper["issueDate"] > on:
            continue
        due = paper["gross"]
        due -= sum(n["gross"] for n in read.notes_of(paper["id"]) if n["issueDate"] <= on)
        due -= sum(one["amount"] for one in paper["allocations"] if one["on"] <= on)
        if due:
            found[paper["client"], paper["currency"]].append((paper, due))
    return found


def free(read: Read, on: date, cancelled: dict[str, date]) -> dict[tuple[str, str], Decimal]:
    """By client and currency what was received by that day and set against nothing by then."""
    found: Sums = defaultdict(Decimal)
    for key, payment in read.payments.items():
        if payment["receivedOn"] > on or (key in cancelled and cancelled[key] <= on):
            continue
        rest = payment["amount"]
        rest -= sum(one["amount"] for one in payment["allocations"] if one["on"] <= on)
        assert rest >= 0, (key, on, rest)
        found[payment["client"], payment["currency"]] += rest
    return {key: rest for key, rest in found.items() if rest}


def judge_owed(firm: Firm, read: Read, on: date, cancelled: dict[str, date]) -> None:
    """The receivables of a day, by age, and whom to remind at what cost."""
    told = firm.api.query(_RECEIVABLES, on=on.isoformat())["receivables"]
    due, rest = {}, free(read, on, cancelled)
    for key, some in owed(read, on).items():
        if excess := -sum(minor for _, minor in some if minor < 0):
            rest[key] = rest.get(key, Decimal(0)) + excess
        if late := [(paper, minor) for paper, minor in some if minor > 0]:
            due[key] = late
    assert {(one["client"]["code"], one["currency"]) for one in told} == {*due, *rest}, on
    for one in told:
        key = one["client"]["code"], one["currency"]
        assert Decimal(one["total"]["amount"]) == sum(minor for _, minor in due.get(key, ())), on
        assert Decimal(one["unallocated"]["amount"]) == rest.get(key, 0), (on, one)
        aged: Sums = defaultdict(Decimal)
        for paper, minor in due.get(key, ()):
            aged[_age((on - paper["dueDate"]).days)] += minor
        ages = {two["age"]: Decimal(two["amount"]["amount"]) for two in one["buckets"]}
        assert {age: minor for age, minor in ages.items() if minor} == aged, (on, one)
    bounced = {key for key, day in cancelled.items() if day <= on}
    _judge_reminders(firm, read, on, due, bounced)


def _age(late: int) -> str:
    return next((age for age, most in _AGES if late <= most), "OVER_90")


def _judge_reminders(firm: Firm, read: Read, on: date, due: Any, bounced: set[str]) -> None:
    told = firm.api.query(_REMINDERS, on=on.isoformat())["reminders"]["items"]
    late = {
        paper["id"]: (paper, minor)
        for some in due.values() for paper, minor in some if paper["dueDate"] < on
    }  # fmt: skip
    assert {one["invoice"]["id"] for one in told} == set(late), on
    for one in told:
        paper, minor = late[one["invoice"]["id"]]
        days = (on - paper["dueDate"]).days
        assert Decimal(one["netDue"]["amount"]) == minor
        assert one["daysLate"] == days
        assert one["level"] == (days >= 1) + (days >= 15) + (days >= 30)
        is_person = firm.clients[paper["client"]]["type"] == "INDIVIDUAL"
        assert (one["indemnity"] is None) == (one["penalty"] is None) == is_person
        if not is_person:
            assert Decimal(one["indemnity"]["amount"]) == 40
            found = _interest(read, paper, on, bounced)
            assert Decimal(one["penalty"]["amount"]) == found, (on, one, found)


def _interest(read: Read, paper: Row, on: date, bounced: set[str]) -> Decimal:
    """Day by day: what was due at the end of the day before bears a day's interest.

    A payment that was cancelled by then has settled nothing on any day.
    """
    borne, day = Decimal(0), paper["dueDate"]
    paid = [one for one in paper["allocations"] if one["payment"] not in bounced]
    notes = read.notes_of(paper["id"])
    while day < on:
        due = paper["gross"] - sum(one["gross"] for one in notes if one["issueDate"] <= day)
        due -= sum(one["amount"] for one in paid if one["on"] <= day)
        borne += due
        day += timedelta(days=1)
    return rounded(borne * Decimal("12.15") / 36500, paper["currency"])


_FOUND = """
query($filter: InvoiceFilter, $page: PageInput) {
  invoices(filter: $filter, page: $page) { nodes { id } pageInfo { hasNextPage endCursor } }
}
"""
_HANDED = """
query($page: PageInput) {
  handovers(page: $page) { nodes { invoice { id } } pageInfo { hasNextPage endCursor } }
}
"""


def judge_lists(firm: Firm, read: Read) -> None:
    """Lists by state of payment and lateness; what is handed over, once; the chain."""
    for state in ("UNPAID", "PARTIAL", "PAID"):
        asked = {"states": ["READY", "FINAL"], "paymentState": state}
        found = {one["id"] for one in pages(firm.api, _FOUND, "invoices", filter=asked)}
        assert found == {one["id"] for one in read.final if one["paymentState"] == state}, state
    late = {
        one["id"] for one in read.final
        if one["sign"] > 0 and one["netDue"] and one["dueDate"] < firm.today
    }  # fmt: skip
    asked = {"states": ["READY", "FINAL"], "overdue": True}
    assert {one["id"] for one in pages(firm.api, _FOUND, "invoices", filter=asked)} == late
    handed = [one["invoice"]["id"] for one in pages(firm.api, _HANDED, "handovers")]
    assert sorted(handed) == sorted(one["id"] for one in read.final)
    chains = firm.api.query("{ chainVerification { intact links } }")["chainVerification"]
    assert all(one["intact"] for one in chains)
    assert sum(one["links"] for one in chains) == len(read.final)
    with firm.api.house.database.reading(firm.api.organisation_id) as session:
        assert disagreements(session) == []
