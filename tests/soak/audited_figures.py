"""Whether the figures of phases, contracts, projects and clients are what the papers come to."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tests.soak.audited_papers import Sums
from tests.soak.read_books import Read, pages
from tests.soak.walked_firm import FIRST, rounded
from tests.soak.walked_months import Walk

Row = dict[str, Any]

_PHASES = """
query($page: PageInput) {
  phases(page: $page) {
    nodes {
      id
      figures {
        adjustedFee { amount } history { amount } alreadyBilled { amount } reserved { amount }
        remainingToBill { amount } earned { amount } billableNow { amount } overBilled { amount }
        writtenOff { amount } progress
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""
_BILLABLES = """
query($page: PageInput) {
  billables(page: $page) {
    nodes { totalBalance { amount } items { kind amount { amount } phase { id } } }
    pageInfo { hasNextPage endCursor }
  }
}
"""
_WORK = """
query($page: PageInput) {
  timeEntries(filter: { billable: true, approved: true, writtenOff: false }, page: $page) {
    nodes { hours billedBy { id } phase { id } collaborator { id } }
    pageInfo { hasNextPage endCursor }
  }
}
"""
_TOTALS = """
query($on: Date, $by: TotalsBy!, $page: PageInput) {
  totals(asOf: $on, by: $by, page: $page) {
    nodes {
      currency client { code } project { code }
      invoiced { amount } credited { amount } deposits { amount } takenOver { amount }
      fixedFees {
        adjustedFee { amount } history { amount } alreadyBilled { amount } writtenOff { amount }
        earned { amount } remainingToBill { amount } reserved { amount } overBilled { amount }
        billableNow { amount }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""


def judge_figures(walk: Walk, books: Read) -> None:
    firm = walk.firm
    told = {row["id"]: _amounts(row["figures"]) for row in pages(firm.api, _PHASES, "phases")}
    due: Sums = defaultdict(Decimal)
    for row in pages(firm.api, _BILLABLES, "billables"):
        total = Decimal(0)
        for item in row["items"]:
            due[item["phase"]["id"]] += Decimal(item["amount"]["amount"])
            total += Decimal(item["amount"]["amount"])
        assert total == Decimal(row["totalBalance"]["amount"]), row
    worked = pages(firm.api, _WORK, "timeEntries")
    for key, phase in firm.phases.items():
        if phase["method"] == "TIME_AND_MATERIALS":
            _judge_time(walk, books, phase, worked, due[key])
        _judge_phase(walk, books, phase, told[key], due[key])
    for on in (None, FIRST + timedelta(days=firm.chance.randrange(-10, 100))):
        for by in ("ORGANISATION", "CLIENT", "PROJECT"):
            _judge_totals(walk, books, on, by)


def _amounts(figures: Row) -> Row:
    return {
        name: Decimal(one["amount"]) if isinstance(one, dict) else one and Decimal(one)
        for name, one in figures.items()
    }


def _billed(books: Read, phase: str, on: date | None = None) -> Decimal:
    """Final lines of a phase less those of credit notes."""
    return sum(
        (
            paper["sign"] * line["net"]
            for paper in books.final
            if on is None or paper["issueDate"] <= on
            for line in paper["lines"]
            if line["phase"] == phase
        ),
        Decimal(0),
    )


def _judge_phase(walk: Walk, books: Read, phase: Row, told: Row, due: Decimal) -> None:
    key = phase["id"]
    corrected: Sums = defaultdict(Decimal)
    for of, kind, value, _ in walk.corrections:
        if of == key:
            corrected[kind] += value
    history = sum((value for of, value, _ in walk.history if of == key), Decimal(0))
    billed = history + corrected["BILLED"] + _billed(books, key)
    held = _held(books, key)
    fee = phase["fee"] + corrected["FEE"]
    where = (phase, told)
    assert told["history"] == history, where
    assert told["alreadyBilled"] == billed, (where, billed)
    assert told["reserved"] == held, (where, held)
    assert told["writtenOff"] == corrected["WRITE_OFF"], where
    assert told["adjustedFee"] == fee, where
    if phase["method"] == "RETAINER":
        _judge_retainer(walk, books, phase, billed + held, due)
    if phase["method"] != "FIXED_FEE_PROGRESS":
        return
    left = fee - billed - corrected["WRITE_OFF"]
    assert told["remainingToBill"] == left, (where, left)
    progress = walk.done(key, walk.firm.today)
    assert (told["progress"] or 0) == progress, (where, progress)
    currency = walk.firm.projects[phase["project"]]["currency"]
    earned = rounded(fee * progress / 100, currency)
    assert told["earned"] == earned, (where, earned)
    now = max(Decimal(0), min(earned - billed - held, left - held))
    if fee >= 0:
        assert told["billableNow"] == now, (where, now)
        assert told["overBilled"] == max(Decimal(0), billed - earned), where
        assert due == now, (where, due, now)


def _judge_time(walk: Walk, books: Read, phase: Row, worked: list[Row], due: Decimal) -> None:
    """What nobody has billed is due, by collaborator and rate rounded once."""
    of = phase["id"]
    hours: Sums = defaultdict(Decimal)
    for one in worked:
        if one["phase"]["id"] == of:
            key = one["collaborator"]["id"], phase["rate"]
            hours[*key, one["billedBy"] and one["billedBy"]["id"]] += Decimal(one["hours"])
    currency = walk.firm.projects[phase["project"]]["currency"]
    nets: Sums = defaultdict(Decimal)
    for (_, rate, paper), found in hours.items():
        nets[paper] += rounded(found * rate, currency)
    if any(key == of for key, *_ in walk.corrections):
        return
    if any(line["phase"] == of for one in books.final if one["sign"] < 0 for line in one["lines"]):
        return
    assert due == nets[None], (phase, due, nets)
    for key, net in nets.items():
        lines = [one for one in books.papers[key]["lines"] if one["phase"] == of] if key else []
        if key and not any(one["discount"] for one in lines):
            assert sum(one["net"] for one in lines) == net, (phase, key, net, lines)


def _judge_retainer(walk: Walk, books: Read, phase: Row, billed: Decimal, due: Decimal) -> None:
    """What was billed, is held and is due of closed periods is what the calendar says."""
    of = phase["id"]
    if any(
        key == of and (kind != "BILLED" or value < 0) for key, kind, value, _ in walk.corrections
    ):
        return
    lines = [one for paper in books.papers.values() for one in paper["lines"] if one["phase"] == of]
    if any(one["discount"] for one in lines):
        return
    currency = walk.firm.projects[phase["project"]]["currency"]
    start, months = (
        date.fromisoformat(phase["start"]),
        3 if phase["periodicity"] == "QUARTER" else 1,
    )
    whole = Decimal(0)
    while True:
        first = date(start.year, (start.month - 1) // months * months + 1, 1)
        number = first.year * 12 + first.month - 1 + months
        after = date(number // 12, number % 12 + 1, 1)
        if after - timedelta(days=1) > walk.firm.today:
            break
        whole += rounded(phase["fee"] * (after - start).days / (after - first).days, currency)
        start = after
    assert due == max(Decimal(0), whole - billed), (phase, whole, billed, due)


def _owner(walk: Walk, phase: str, by: str) -> str | None:
    project = walk.firm.phases[phase]["project"]
    client: str = walk.firm.projects[project]["client"]["code"]
    return {"ORGANISATION": None, "CLIENT": client, "PROJECT": project}[by]


def _fees(walk: Walk, books: Read, as_of: date | None) -> dict[str, Row]:
    """The figures of each fixed fee as of a day: then pro formas hold nothing, else they do."""
    found: dict[str, Row] = {}
    on = as_of or date.max
    for key, phase in walk.firm.phases.items():
        if phase["method"] != "FIXED_FEE_PROGRESS":
            continue
        corrected: Sums = defaultdict(Decimal)
        for of, kind, value, day in walk.corrections:
            if of == key and day <= on:
                corrected[kind] += value
        history = sum((v for of, v, day in walk.history if of == key and day <= on), Decimal(0))
        fee = phase["fee"] + corrected["FEE"]
        billed = history + corrected["BILLED"] + _billed(books, key, on)
        held = Decimal(0) if as_of else _held(books, key)
        currency = walk.firm.projects[phase["project"]]["currency"]
        earned = rounded(fee * walk.done(key, on) / 100, currency)
        left = fee - billed - corrected["WRITE_OFF"]
        found[key] = {
            "adjustedFee": fee, "history": history, "alreadyBilled": billed, "reserved": held,
            "writtenOff": corrected["WRITE_OFF"], "earned": earned, "remainingToBill": left,
            "overBilled": max(Decimal(0), billed - earned),
            "billableNow": max(Decimal(0), min(earned - billed - held, left - held)),
        }  # fmt: skip
    return found


def _held(books: Read, phase: str) -> Decimal:
    """What pro formas hold of a phase."""
    lines = [line for one in books.open for line in one["lines"]]
    return sum((line["net"] for line in lines if line["phase"] == phase), Decimal(0))


def _judge_totals(walk: Walk, books: Read, as_of: date | None, by: str) -> None:
    on = as_of or date.max
    expected: defaultdict[tuple[Any, ...], Sums] = defaultdict(lambda: defaultdict(Decimal))
    projects = walk.firm.projects

    def at(client: str, project: str | None, currency: str) -> Sums:
        owner = {"ORGANISATION": None, "CLIENT": client, "PROJECT": project}[by]
        return expected[owner, currency]

    for paper in books.final:
        if paper["issueDate"] > on:
            continue
        root = books.papers.get(paper["creditedInvoice"] or "", paper)
        for line in paper["lines"]:
            if line["kind"] == "TEXT":
                continue
            of_phase = walk.firm.phases.get(line["phase"] or "")
            project = of_phase["project"] if of_phase else root["project"]
            if line["deducts"]:
                project = books.papers[line["deducts"]]["project"]
            sums = at(paper["client"], project, paper["currency"])
            if root["kind"] == "DEPOSIT" or line["deducts"]:
                sums["deposits"] += paper["sign"] * line["net"]
            elif paper["sign"] > 0:
                sums["invoiced"] += line["net"]
            else:
                sums["credited"] += line["net"]
    for of, value, day in [
        *walk.history, *((of, v, day) for of, kind, v, day in walk.corrections if kind == "BILLED"),
    ]:  # fmt: skip
        if day <= on:
            project = walk.firm.phases[of]["project"]
            client = projects[project]["client"]
            at(client["code"], project, projects[project]["currency"])["takenOver"] += value
    fees = _fees(walk, books, as_of)
    told = {}
    for row in pages(walk.firm.api, _TOTALS, "totals", by=by, on=as_of and as_of.isoformat()):
        owner = {"ORGANISATION": None, "CLIENT": row["client"], "PROJECT": row["project"]}[by]
        told[owner and owner["code"], row["currency"]] = {
            name: Decimal(row[name]["amount"])
            for name in ("invoiced", "credited", "deposits", "takenOver")
        }
        key = owner and owner["code"], row["currency"]
        of = row["fixedFees"]
        found = {name: Decimal(of[name]["amount"]) for name in of}
        summed: Sums = defaultdict(Decimal)
        for phase, one in fees.items():
            if (
                _owner(walk, phase, by),
                projects[walk.firm.phases[phase]["project"]]["currency"],
            ) == key:
                for name, value in one.items():
                    summed[name] += value
        assert found == {name: summed[name] for name in found}, (by, on, key, found, summed)
    for key, sums in expected.items():
        if by == "PROJECT" and key[0] is None:
            continue
        for name in ("invoiced", "credited", "deposits", "takenOver"):
            found = told.get(key, {}).get(name, Decimal(0))
            assert found == sums[name], (by, on, key, name, found, sums[name])
