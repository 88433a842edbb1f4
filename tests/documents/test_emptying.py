"""A foreign invoice that is credited in full leaves nothing on its accounts, whatever the parts."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from documents.accounting import fec
from documents.accounting.emptying import credited
from documents.accounting.entry import Entry
from documents.accounting.journal import JournalEntry, Place, sale
from domain.invoice.model import InvoiceKind
from tests.documents.entries import Sold, document
from tests.support import accounting_files as read

PLACE = Place(1)
SOLD = st.builds(
    Sold,
    quantity=st.just("1"),
    price=st.integers(1, 10**7).map(lambda minor: str(Decimal(minor) / 100)),
    tax=st.sampled_from([1, 2, 3, 4]),
    account=st.sampled_from(["706000", "706100", "708000"]),
)
RATES = st.decimals("0.000001", "10", places=6).map(str)


def note(of: Entry, number: int, parts: list[tuple[int, int]]) -> Entry:
    """A credit of (net, VAT) of each line."""
    lines = tuple(
        replace(line, net=net, vat=vat)
        for line, (net, vat) in zip(of.lines, parts, strict=True)
        if net or vat
    )
    net, vat = sum(one for one, _ in parts), sum(one for _, one in parts)
    return replace(
        of, key=of.key + number, number=f"PAV26-{number:05}", kind=InvoiceKind.CREDIT_NOTE,
        lines=lines, net=net, vat=vat, gross=net + vat,
    )  # fmt: skip


def left(entries: list[JournalEntry]) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for row in (row for entry in entries for row in entry.rows):
        sums[row.account] += row.cents
    return {account: minor for account, minor in sums.items() if minor}


@given(
    sold=st.lists(SOLD, min_size=1, max_size=3),
    rate=RATES,
    currency=st.sampled_from(["USD", "TND", "JPY"]),
    cuts=st.lists(st.tuples(st.integers(0, 2), st.fractions(0, 1)), max_size=4),
)
@settings(max_examples=150, deadline=None)
def test_the_last_credit_leaves_nothing_and_the_others_are_as_they_were(
    sold: list[Sold], rate: str, currency: str, cuts: list[tuple[int, Fraction]]
) -> None:
    """Property: any parts of any lines; entries balance, and tell the VAT that the papers state."""
    invoice = document(sold, currency=currency, rate=rate)
    rests = [(line.net, line.vat) for line in invoice.lines]
    family = [invoice]
    for number, (of, cut) in enumerate(cuts, start=1):
        parts = [
            (int(net * cut), int(vat * cut)) if place == of else (0, 0)
            for place, (net, vat) in enumerate(rests)
        ]
        if not any(net or vat for net, vat in parts):
            continue
        rests = [(a - c, b - d) for (a, b), (c, d) in zip(rests, parts, strict=True)]
        family.append(note(invoice, number, parts))
    before = [credited(one, PLACE, family[:place]) for place, one in enumerate(family)]
    whole = [*family]
    if any(net or vat for net, vat in rests):
        assert before == [sale(one, PLACE) for one in family]
        last = note(invoice, 99, rests)
        before.append(credited(last, PLACE, family))
        whole.append(last)
    found, papers = left(before), left([sale(one, PLACE) for one in whole])
    taxes = {line.vat_account for line in invoice.lines if line.vat}
    stated = {account: minor for account, minor in papers.items() if account in taxes}
    assert {account: minor for account, minor in found.items() if account in taxes} == stated
    assert "411000" not in found
    assert sum(found.values()) == 0
    assert len(found) <= (len(stated) + 1 if sum(stated.values()) else len(stated))
    assert before[:-1] == [sale(one, PLACE) for one in family[: len(before) - 1]]
    read.fec(fec.write([replace(one, number=place) for place, one in enumerate(before, start=1)]))


def test_three_parts_of_a_foreign_invoice() -> None:
    """100 USD at 0.86 in thirds: 28.66 + 28.66 + 28.67 left 0.01 on 411 and 706."""
    invoice = document([Sold("1", "100", tax=4)], currency="USD", rate="0.86")
    thirds = [note(invoice, place, [(net, 0)]) for place, net in enumerate((3333, 3333, 3334), 1)]
    family = [invoice, *thirds]
    assert left([sale(one, PLACE) for one in family]) == {"411000": 1, "706000": -1}
    told = [credited(one, PLACE, family[:place]) for place, one in enumerate(family)]
    assert left(told) == {}
    assert [entry.rows[0].cents for entry in told] == [8600, -2866, -2866, -2868]


def test_a_line_that_was_credited_before_leaves_nothing_either() -> None:
    """The cent of an account that the last note does not name has a row of its own there."""
    two = [Sold("1", "100", tax=4), Sold("1", "50", tax=4, account="708000")]
    invoice = document(two, currency="USD", rate="0.86")
    thirds = [
        note(invoice, place, [(net, 0), (0, 0)]) for place, net in enumerate((3333, 3333, 3334), 1)
    ]
    family = [invoice, *thirds, note(invoice, 4, [(0, 0), (5000, 0)])]
    last = credited(family[-1], PLACE, family[:-1])
    told = [(row.account, row.cents, row.foreign) for row in last.rows]
    assert told == [("411000", -4301, -5000), ("708000", 4300, 5000), ("706000", 1, 0)]


def test_what_two_rates_leave_is_no_rounding() -> None:
    invoice = document([Sold("1", "100", tax=4)], currency="USD", rate="0.86")
    other = replace(note(invoice, 1, [(10000, 0)]), euro_rate=Decimal("0.9"))
    assert credited(other, PLACE, [invoice]) == sale(other, PLACE)


def test_vat_stays_as_the_papers_state_it() -> None:
    """5.74 + 5.74 + 5.73 for 17.20: the cent is on 4457, against the revenue; 411 is empty."""
    invoice = document([Sold("1", "100", tax=1)], currency="USD", rate="0.86")
    parts = ((3333, 667), (3333, 667), (3334, 666))
    family = [invoice, *(note(invoice, place, [one]) for place, one in enumerate(parts, 1))]
    told = left([credited(one, PLACE, family[:place]) for place, one in enumerate(family)])
    assert told == {"445710": 1, "706000": -1}


def test_vat_that_the_last_note_does_not_name_stays_as_it_was_stated_too() -> None:
    """What was credited before is at 20 %, the last note at 10 %: it tells nothing of 20 %."""
    invoice = document(
        [Sold("1", "100", tax=1), Sold("1", "50", tax=2)], currency="USD", rate="0.86"
    )
    first, second = invoice.lines
    lines = replace(first, vat_account="445720"), replace(second, vat_account="445711")
    invoice = replace(invoice, lines=lines)
    parts = ((3333, 667), (3333, 667), (3334, 666))
    family = [invoice, *(note(invoice, at, [one, (0, 0)]) for at, one in enumerate(parts, 1))]
    family.append(note(invoice, 4, [(0, 0), (second.net, second.vat)]))
    told = [credited(one, PLACE, family[:place]) for place, one in enumerate(family)]
    assert left(told) == {"445720": 1, "706000": -1}
    assert {row.account for row in told[-1].rows} == {"411000", "706000", "445711"}
