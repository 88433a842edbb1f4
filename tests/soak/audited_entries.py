"""Whether the files for the accounts say what the papers and payments say, and add up."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tests.api.invoices.exporting_acts import export, files
from tests.soak.audited_papers import free, owed
from tests.soak.read_books import Read
from tests.soak.walked_firm import DECIMALS, ENTITIES, FIRST, RATES, VAT_ACCOUNTS, Firm, rounded
from tests.support import accounting_files as read

Row = dict[str, Any]
Sums = defaultdict[Any, Decimal]

_GIVEN = [{"currency": currency, "rate": rate} for currency, rate in RATES.items()]
_YEARS_BEGIN = {"RIV-PAR": 1, "RIV-LYO": 7}
"""In which month."""
EARLIEST = FIRST - timedelta(days=60)
LATEST = FIRST + timedelta(days=700)


def entries(
    firm: Firm, first: date = EARLIEST, last: date = LATEST, **chosen: str
) -> dict[str, list[Row]]:
    """The rows of the files of entries of a period, by file."""
    period = {"issuedFrom": first.isoformat(), "issuedTo": last.isoformat(), **chosen}
    told = export(firm.api, "FEC", filter=period, includePayments=True, euroRates=_GIVEN)
    if told["export"] is None:
        assert [one["code"] for one in told["userErrors"]] == ["EXPORT_EMPTY"], told
        return {}
    # Entries have their numbers in the order they were made in: those of some days have gaps.
    reader = read.fec if (first, last) == (EARLIEST, LATEST) else _extract
    return {name: reader(content) for name, content in files(firm.api, told).items()}


def _extract(content: bytes) -> list[Row]:
    lines = content.decode("iso8859-15").splitlines()
    rows = [dict(zip(read.FEC_FIELDS, line.split("\t"), strict=True)) for line in lines[1:]]
    assert not sum(map(movement, rows))
    return rows


def judge_entries(firm: Firm, books: Read, cancelled: dict[str, date]) -> None:
    whole = entries(firm)
    rows = [row for some in whole.values() for row in some]
    _judge_papers(books, rows)
    _judge_accounts(books, rows)
    _judge_bank(books, rows, cancelled)
    _judge_owed(firm, books, rows, cancelled)
    again = entries(firm)
    assert again == whole
    days = (firm.today - FIRST).days
    middle = FIRST + timedelta(days=firm.chance.randrange(max(1, days)))
    parts = [*entries(firm, EARLIEST, middle).values()]
    parts += entries(firm, middle + timedelta(days=1)).values()
    # What a half holds one side of only has no letter in it.
    halves = Counter(_unlettered(row) for some in parts for row in some)
    assert halves == Counter(_unlettered(row) for row in rows), _differ(halves, rows)
    apart: dict[str, list[Row]] = {}
    for entity in ENTITIES:
        apart |= entries(firm, entityId=firm.entities[entity])
    assert apart == whole
    for name, some in whole.items():
        _judge_file(firm, name, some)


def judge_nothing(firm: Firm, books: Read) -> None:
    """Once all is credited and all payments cancelled, no account of anybody has anything left."""
    past = {one["number"] for one in books.final if one["sign"] < 0 and not one["creditedInvoice"]}
    left: Sums = defaultdict(Decimal)
    for row in (row for some in entries(firm).values() for row in some):
        if row["PieceRef"] not in past:
            key = row["CompteNum"], row["CompAuxNum"], row["Idevise"]
            left[key] += movement(row)
            left[*key, "abroad"] += foreign(row)
    # The VAT of another currency stays as papers state it, with the cents that these leave of it.
    strange = {
        key: one
        for key, one in left.items()
        if one and not (key[2] and key[0] != "411000" and abs(one) <= Decimal("0.05"))
    }
    assert not strange, strange


def judge_letters(firm: Firm, books: Read) -> None:
    """What settles an invoice bears its number as letter, wherever all of it is of one file."""
    letters: defaultdict[str, set[str]] = defaultdict(set)
    for row in (row for some in entries(firm).values() for row in some):
        if row["CompteNum"] == "411000" and row["JournalCode"] == "VE":
            letters[row["PieceRef"]].add(row["EcritureLet"])
    for paper in books.final:
        if paper["sign"] < 0:
            continue
        notes = books.notes_of(paper["id"])
        paid: Sums = defaultdict(Decimal)
        for one in paper["allocations"]:
            paid[one["payment"]] += one["amount"]
        days = [books.payments[key]["receivedOn"] for key, given in paid.items() if given]
        days += [paper["issueDate"], *(note["issueDate"] for note in notes)]
        begins = _YEARS_BEGIN[paper["entity"]]
        is_of_one_file = len({day.year - (day.month < begins) for day in days}) == 1
        is_settled = not paper["netDue"] and len(days) > 1
        expected = {paper["number"]} if is_settled and is_of_one_file else {""}
        for one in (paper, *notes):
            if one["gross"]:
                assert letters[one["number"]] == expected, (one, letters[one["number"]], expected)


def _differ(halves: Counter[Any], rows: list[Row]) -> Any:
    all_of = Counter(_unlettered(row) for row in rows)
    return {"only in halves": halves - all_of, "only in the whole": all_of - halves}


def _unlettered(row: Row) -> tuple[str, ...]:
    return tuple(value for name, value in row.items() if name not in ("EcritureLet", "DateLet"))


def _judge_file(firm: Firm, name: str, rows: list[Row]) -> None:
    """Of one legal person and fiscal year, numbered from 1 in each journal."""
    ends = {date.fromisoformat(name[12:20])}
    for row in rows:
        day = date.fromisoformat(row["EcritureDate"])
        (end,) = ends
        assert end - timedelta(days=366) < day <= end, row
    for journal in {row["JournalCode"] for row in rows}:
        numbers = sorted({int(r["EcritureNum"]) for r in rows if r["JournalCode"] == journal})
        assert numbers == list(range(1, len(numbers) + 1)), (name, journal)


def movement(row: Row) -> Decimal:
    return read.movement(row)


def foreign(row: Row) -> Decimal:
    """The movement in the currency of the paper."""
    if not row["Idevise"]:
        return movement(row)
    told = read.figure(row["Montantdevise"])
    assert movement(row), row
    return told if movement(row) > 0 else -told


def _judge_papers(books: Read, rows: list[Row]) -> None:
    """What each paper debits and credits."""
    by_piece: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row["JournalCode"] == "VE":
            by_piece[row["PieceRef"]].append(row)
    assert set(by_piece) == {paper["number"] for paper in books.final}
    for paper in books.final:
        found = by_piece[paper["number"]]
        assert {row["EcritureDate"] for row in found} == {f"{paper['issueDate']:%Y%m%d}"}
        # One piece, one entry.
        assert len({row["EcritureNum"] for row in found}) == 1
        if paper["currency"] == "EUR":
            _judge_in_euros(paper, found)
        else:
            _judge_foreign(paper, found)


def _judge_in_euros(paper: Row, found: list[Row]) -> None:
    expected: Sums = defaultdict(Decimal)
    expected["411000"] = paper["sign"] * paper["gross"]
    for line in paper["lines"]:
        if line["kind"] != "TEXT":
            expected[line["ledgerAccount"]] -= paper["sign"] * line["net"]
    for group in paper["vatGroups"]:
        expected[_vat_account(group["rate"])] -= paper["sign"] * group["vat"]
    told: Sums = defaultdict(Decimal)
    for row in found:
        told[row["CompteNum"]] += movement(row)
    assert {key: one for key, one in told.items() if one} == {
        key: one for key, one in expected.items() if one
    }, (paper["number"], told, expected)
    assert not any(row["Idevise"] for row in found)


def _vat_account(rate: Decimal) -> str:
    return VAT_ACCOUNTS.get(f"FR-{rate.normalize():f}", "445710")


def _judge_foreign(paper: Row, found: list[Row]) -> None:
    rate = paper["euroRate"] or Decimal(RATES[paper["currency"]])
    assert {row["Idevise"] for row in found} == {paper["currency"]}
    if not any(map(movement, found)):
        assert not paper["gross"] or abs(paper["gross"] * rate) < Decimal("0.005"), paper
        return
    vat = sum(movement(row) for row in found if row["CompteNum"].startswith("4457"))
    assert vat == -paper["sign"] * rounded(paper["vat"] * rate, "EUR"), (paper["number"], vat)
    owed = sum(movement(row) for row in found if row["CompteNum"].startswith("411"))
    exact = paper["sign"] * rounded(paper["gross"] * rate, "EUR")
    # The credit note that empties its invoice takes the cents that are left.
    slack = Decimal("0.05") if paper["creditedInvoice"] else 0
    assert abs(owed - exact) <= slack, (paper["number"], owed, exact)
    abroad: Sums = defaultdict(Decimal)
    for row in found:
        abroad[row["CompteNum"]] += foreign(row)
    worth = Decimal(1).scaleb(-DECIMALS.get(paper["currency"], 2))
    for line in paper["lines"]:
        if line["kind"] != "TEXT":
            abroad[line["ledgerAccount"]] += paper["sign"] * line["net"]
    for group in paper["vatGroups"]:
        abroad[_vat_account(group["rate"])] += paper["sign"] * group["vat"]
    abroad["411000"] -= paper["sign"] * paper["gross"]
    # What is less than a cent is no movement.
    most = Decimal("0.005") / rate + worth
    assert all(abs(one) <= most for one in abroad.values()), (paper["number"], abroad)


def _judge_accounts(books: Read, rows: list[Row]) -> None:
    """Sales, VAT by rate and deposits received are what the papers in euros come to."""
    expected: Sums = defaultdict(Decimal)
    for paper in books.final:
        if paper["currency"] != "EUR":
            continue
        for line in paper["lines"]:
            if line["kind"] != "TEXT":
                expected[line["ledgerAccount"]] += paper["sign"] * line["net"]
        for group in paper["vatGroups"]:
            expected[_vat_account(group["rate"])] += paper["sign"] * group["vat"]
    told: Sums = defaultdict(Decimal)
    for row in rows:
        if row["JournalCode"] == "VE" and row["CompteNum"] != "411000" and not row["Idevise"]:
            told[row["CompteNum"]] -= movement(row)
    assert {key: one for key, one in told.items() if one} == {
        key: one for key, one in expected.items() if one
    }
    left: Sums = defaultdict(Decimal)
    for paper in books.final:
        if paper["kind"] == "DEPOSIT" and paper["currency"] == "EUR":
            left[paper["lines"][0]["ledgerAccount"]] += deposit_left(books, paper)
    for account in ("419100", "419200"):
        assert told[account] == left[account], (account, told[account], left[account])


def deposit_left(books: Read, deposit: Row) -> Decimal:
    """What of a deposit no final invoice has taken off, and no note has credited."""
    left = deposit["net"] - sum(one["net"] for one in books.notes_of(deposit["id"]))
    for paper in books.final:
        for line in paper["lines"]:
            if line["deducts"] == deposit["id"]:
                # Lines that take off are below nothing, and above it in a credit note's turn.
                left += paper["sign"] * line["net"]
    assert left >= 0, (deposit["id"], left)
    return left


def _judge_bank(books: Read, rows: list[Row], cancelled: dict[str, date]) -> None:
    """What came in by currency and entity's journal, less what was cancelled."""
    expected: Sums = defaultdict(Decimal)
    for key, payment in books.payments.items():
        if key not in cancelled:
            expected[payment["currency"]] += payment["amount"]
    told: Sums = defaultdict(Decimal)
    for row in rows:
        if row["CompteNum"] == "512000":
            told[row["Idevise"] or "EUR"] += foreign(row)
    assert {key: one for key, one in told.items() if one} == expected
    for key in cancelled:
        # What bounces goes out as it came in, to the cent of a euro.
        piece = f"REG-{key.rpartition('_')[2]}"
        turned = [row for row in rows if row["PieceRef"] == piece and row["CompteNum"] == "512000"]
        assert len(turned) == 2, key
        assert not sum(map(movement, turned)), turned


def _judge_owed(firm: Firm, books: Read, rows: list[Row], cancelled: dict[str, date]) -> None:
    """The receivable of each client on each day: due less unallocated of that day."""
    accounts = [row for row in rows if row["CompteNum"] == "411000"]
    assert all(row["CompAuxNum"] for row in accounts)
    day = EARLIEST
    while day <= firm.today + timedelta(days=1):
        told: Sums = defaultdict(Decimal)
        for row in accounts:
            if date.fromisoformat(row["EcritureDate"]) <= day:
                key = row["CompAuxNum"].removeprefix("411"), row["Idevise"] or "EUR"
                told[key] += foreign(row)
        expected: Sums = defaultdict(Decimal)
        for key, some in owed(books, day).items():
            expected[key] += sum(minor for _, minor in some)
        for key, rest in free(books, day, cancelled).items():
            expected[key] -= rest
        for note in books.final:
            # What the former system was owed is in its own books.
            if note["sign"] < 0 and not note["creditedInvoice"] and note["issueDate"] <= day:
                expected[note["client"], note["currency"]] -= note["gross"]
        for key in {*told, *expected}:
            # What is less than a cent has no entry.
            slack = 0 if key[1] == "EUR" else Decimal("0.02") / Decimal(RATES[key[1]])
            assert abs(told[key] - expected[key]) <= slack, (day, key, told[key], expected[key])
        day += timedelta(days=1)
    _judge_nothing_left(books, accounts)


def _judge_nothing_left(books: Read, accounts: list[Row]) -> None:
    """A foreign client who owes nothing, and has nothing left over, has nothing in euros either."""
    last = LATEST
    due = owed(books, last)
    euros: Sums = defaultdict(Decimal)
    abroad: Sums = defaultdict(Decimal)
    for row in accounts:
        key = row["CompAuxNum"].removeprefix("411"), row["Idevise"]
        euros[key] += movement(row)
        abroad[key] += foreign(row)
    for key, cents in euros.items():
        if key[1] and not abroad[key] and not due.get(key):
            assert not cents, (key, cents)
