"""DOMAIN §2.3–2.4: time and materials within its caps, fixed fees by progress, and the padlocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.billing.assessment import Assessment
from domain.billing.books import Held, PhaseBooks, Worked, carried_of, parts_of
from domain.billing.item import BillableState, Item
from domain.billing.lines import given_up
from domain.invoice.basis import by_hand, once_more
from domain.invoice.model import InvoiceLine, LineKind
from domain.project.model import ContractStatus
from tests.domain.books import (
    FIXED,
    TIME,
    TODAY,
    assessed,
    blocked,
    due,
    hours,
    phase,
)
from tests.domain.examples import codes, euros


def hourly(*worked: Any, rate: str = "85.00", fee: str = "0", **more: Any) -> PhaseBooks:
    return phase(fee, worked=hours(*worked), hourly_rate_minor=euros(rate), **more)


def test_the_example_of_time_and_materials() -> None:
    """DOMAIN §2.4: 7.75 h × 85.00 = 658.75."""
    found = assessed(TIME, hourly("7.75"))
    assert due(found) == [("collaborator_1:85", "658.75")]
    assert found.state is BillableState.SELECTABLE


def test_the_example_of_the_cap() -> None:
    """DOMAIN §2.4: 43.75 h × 72.50 = 3,171.88 with a cap of 2,900.00; the excess stays visible."""
    one = hourly(*["8.75"] * 5, rate="72.50", fee="2,900.00")
    for found in (
        assessed(TIME, one),
        assessed(TIME, hourly(*["8.75"] * 5, rate="72.50"), cap_minor=euros("2,900.00")),
    ):
        assert due(found) == [("collaborator_1:72.5", "2,900.00")]
        assert found.unbilled == euros("271.88")
        assert found.state is BillableState.PARTIAL
        assert codes(blocker.issue for blocker in found.items[0].blockers) == ["CAP_REACHED"]
        assert found.items[0].entries == (1, 2, 3, 4)
    full = assessed(TIME, one._replace(figures=one.figures._replace(invoiced=euros("2,900.00"))))
    assert (full.total, full.state) == (0, BillableState.LOCKED)
    assert blocked(full.items)[0][1] == ["CAP_REACHED"]


@dataclass(frozen=True)
class Line:
    """A line of time that is on an invoice."""

    item: Item
    net: int


def lines_of(found: Assessment) -> list[Line]:
    return [Line(item, item.amount) for item in found.ready]


def after(worked: Sequence[Worked], lines: Sequence[Line], **more: Any) -> PhaseBooks:
    """The phase with `worked`, once these lines are on invoices; all others are gone."""
    gone = {key for line in lines for key in line.item.entries}
    parts = [
        part
        for line in lines
        if "parts" in line.item.basis
        for part in parts_of(line.item.basis, net=line.net, phase_id=7)
    ]
    return phase(
        worked=[entry for entry in worked if entry.id not in gone],
        carried=carried_of(parts, [7])[7],
        sums={"invoiced": sum(line.net for line in lines)},
        **more,
    )


def test_a_cap_that_is_raised_brings_the_rest_and_nothing_twice() -> None:
    """CAP_REACHED: the fix it names unlocks exactly what it held back."""
    one = hourly(*["8.75"] * 5, rate="72.50", fee="2,900.00")
    billed = lines_of(assessed(TIME, one))
    raised = after(one.worked, billed, fee="9,000.00", hourly_rate_minor=7250)
    assert due(assessed(TIME, raised)) == [("collaborator_1:72.5", "271.88")]


@given(
    st.lists(st.tuples(st.integers(1, 2400), st.integers(0, 2)), max_size=12),
    st.lists(st.integers(1, 400_000), min_size=1, max_size=4),
    st.integers(100, 20_000),
)
def test_whatever_the_caps_all_time_is_billed_once_in_the_end(
    worked: list[tuple[int, int]], caps: list[int], rate: int
) -> None:
    entries = [
        one
        for place, (value, who) in enumerate(worked, start=1)
        for one in hours(f"{Decimal(value) / 100}", first=place, collaborator_id=who)
    ]
    lines: list[Line] = []
    one = phase()
    for cap in [*sorted(caps), 10**9]:
        one = after(entries, lines, hourly_rate_minor=rate)
        found = assessed(TIME, one, cap_minor=cap)
        assert one.figures.invoiced + found.total <= cap
        lines += lines_of(found)
    one = after(entries, lines, hourly_rate_minor=rate)
    by_hand: dict[int, Decimal] = {}
    for value, who in worked:
        by_hand[who] = by_hand.get(who, Decimal(0)) + Decimal(value) / 100
    exact = sum(hours * rate for hours in by_hand.values())
    assert one.worked == []
    # Each line is rounded once.
    assert abs(one.figures.invoiced - exact) <= Decimal("0.5") * len(by_hand) * (len(caps) + 1)


def cut() -> tuple[list[Worked], list[Line]]:
    """2 × 8 h at 85.00, of which a cap of 980.00 left 300.00 of the second."""
    worked = hours("8", "8")
    found = assessed(TIME, phase(worked=worked, hourly_rate_minor=8500), cap_minor=98_000)
    assert due(found) == [("collaborator_1:85", "980.00")]
    assert found.items[0].entries == (1,)
    return worked, lines_of(found)


def test_the_part_of_an_entry_that_is_billed_is_off_it_at_any_rate_and_of_no_other() -> None:
    """CAP_REACHED, raised: 380.00 at 85.00; 420.00 at 90.00; written off, other time is whole."""
    worked, lines = cut()

    def left(entries: list[Worked], rate: int = 8500) -> list[str]:
        books = after(entries, lines, hourly_rate_minor=rate)
        return [amount for _, amount in due(assessed(TIME, books))]

    assert left(worked) == ["380.00"]
    assert left(worked, 9000) == ["420.00"]
    # Of a rate so low that more is billed than the entry is worth, nothing is off the next one.
    assert left([*worked, *hours("8", first=3)], 3000) == ["240.00"]
    # Written off, archived, or moved away.
    assert left([worked[0], *hours("8", first=3)]) == ["680.00"]
    shorter = [worked[0], worked[1]._replace(hours=Decimal(2)), *hours("8", first=3)]
    assert left(shorter) == ["680.00"]
    # By another person now: what is billed of it is billed.
    assert left([worked[0], worked[1]._replace(collaborator_id=2)]) == ["380.00"]
    waiting = after([worked[1]._replace(approved=False)], lines, hourly_rate_minor=8500)
    assert assessed(TIME, waiting).unbilled == euros("380.00")


def test_what_a_line_took_of_an_entry_is_due_again_when_it_goes() -> None:
    """The second line bills the entry, less 300.00 that the first one had: credited, they are."""
    worked, lines = cut()
    lines += lines_of(assessed(TIME, after(worked, lines, hourly_rate_minor=8500)))
    assert [line.net for line in lines] == [98_000, 38_000]
    first = lines.pop(0)
    again = assessed(TIME, after(worked, lines, hourly_rate_minor=9000))
    assert due(again) == [("collaborator_1:85", "300.00"), ("collaborator_1:90", "720.00")]
    lines += lines_of(again)
    assert assessed(TIME, after(worked, lines, hourly_rate_minor=9000)).is_empty
    # Replaced after 100.00 were credited, it has the part of the entry still.
    kept = once_more(first.item.basis, credited=10_000)
    (part,) = parts_of(kept, net=88_000, phase_id=7)
    assert part.amount == euros("300.00")
    # Lowered by hand, a line takes less of the entry that it does not bill.
    lower = [replace(first, net=euros("700.00"))]
    books = after(worked, lower, hourly_rate_minor=8500)
    assert due(assessed(TIME, books)) == [("collaborator_1:85", "660.00")]
    # So that part is not given up; what goes beyond it is.
    given = [given_up(lump_sum(first.item.basis, net)) for net in ("980", "700", "680", "600")]
    assert given == [0, 0, 0, euros("80.00")]
    assert given_up(lump_sum(kept, "880")) == 0
    assert given_up(lump_sum(None, "1")) == 0


def lump_sum(basis: Mapping[str, Any] | None, price: str) -> InvoiceLine:
    """A line that was drawn on this basis, as somebody wrote it since."""
    return InvoiceLine(
        invoice_id=1,
        position=1,
        kind=LineKind.PROJECT,
        description="Temps",
        currency="EUR",
        quantity=Decimal(1),
        unit_price=Decimal(price),
        net_minor=euros(price),
        phase_id=7,
        basis=None if basis is None else by_hand(basis),
    )


@given(
    st.lists(st.tuples(st.integers(1, 12), st.integers(1, 2)), min_size=1, max_size=6),
    st.lists(st.tuples(st.booleans(), st.integers(0, 300_000), st.integers(0, 9)), max_size=10),
)
def test_whatever_is_cut_or_credited_whole_all_time_is_billed_once_to_the_cent(
    worked: list[tuple[int, int]], acts: list[tuple[bool, int, int]]
) -> None:
    entries = [
        one
        for place, (value, who) in enumerate(worked, start=1)
        for one in hours(str(value), first=place, collaborator_id=who)
    ]
    lines: list[Line] = []
    total = 8500 * sum(value for value, _ in worked)
    for is_drawn, cap, which in [*acts, (True, total, 0)]:
        if is_drawn:
            books = after(entries, lines, hourly_rate_minor=8500)
            found = assessed(TIME, books, cap_minor=cap)
            assert found.total + found.unbilled + books.figures.invoiced == total
            lines += lines_of(found)
        elif lines:
            lines.pop(which % len(lines))
    assert sum(line.net for line in lines) == total
    assert after(entries, lines).worked == []


def test_the_cap_counts_what_is_billed_of_archived_phases() -> None:
    """A cap of 1,000.00: 850.00 on a phase that is archived since leave 150.00."""
    found = assessed(
        TIME, hourly("10"), cap_minor=euros("1,000.00"), books={"put_away": euros("850.00")}
    )
    assert due(found) == [("collaborator_1:85", "150.00")]


def test_the_rate_is_that_of_the_phase_else_of_the_contract_else_of_the_collaborator() -> None:
    """RATE_MISSING where nobody has one."""
    own: list[Worked] = hours("2", own_rate=Decimal("60.5"))
    assert due(assessed(TIME, phase(worked=own))) == [("collaborator_1:60.5", "121.00")]
    by_contract = assessed(TIME, phase(worked=own), hourly_rate_minor=euros("70.00"))
    assert due(by_contract) == [("collaborator_1:70", "140.00")]
    assert due(assessed(TIME, hourly("2"), hourly_rate_minor=euros("70.00")))[0][1] == "170.00"
    nobody = assessed(TIME, phase(worked=hours("2")))
    assert blocked(nobody.items) == [("collaborator_1:?", ["RATE_MISSING"])]
    assert nobody.state is BillableState.LOCKED


def test_time_that_is_not_approved_stays_out_until_it_is() -> None:
    """TIME_NOT_APPROVED, TIME_WITHOUT_PHASE: PARTIAL beside what is ready."""
    both = [*hours("2"), *hours("3", approved=False, first=2)]
    found = assessed(TIME, phase(worked=both, hourly_rate_minor=euros("85.00")))
    assert (found.total, found.unbilled) == (euros("170.00"), euros("255.00"))
    assert found.state is BillableState.PARTIAL
    assert blocked(found.items) == [("collaborator_1:85:open", ["TIME_NOT_APPROVED"])]
    assert found.items[1].blockers[0].since is not None
    stray = assessed(TIME, hourly("2"), books={"stray": hours("1")})
    assert stray.state is BillableState.PARTIAL
    assert codes(one.issue for one in stray.blockers) == ["TIME_WITHOUT_PHASE"]


def test_the_example_of_progress() -> None:
    """DOMAIN §2.3, F5: 11,845.00 − 8,234.00 = 3,611.00."""
    sums = {
        "fee_adjustment": euros("552.00"),
        "history": euros("4,600.00"),
        "billed_adjustment": euros("-46.00"),
        "invoiced": euros("3,680.00"),
        "progress": Decimal("62.5"),
    }
    found = assessed(FIXED, phase("18,400.00", sums=sums))
    assert due(found) == [("phase_7", "3,611.00")]
    assert found.state is BillableState.SELECTABLE


def test_progress_that_is_not_recorded_is_waited_for() -> None:
    """PROGRESS_NOT_RECORDED, of a phase and of a contract whose earnings are all billed."""
    earned = phase("100.00", sums={"progress": Decimal(50)})
    unknown = phase("100.00")._replace(terms=phase().terms._replace(id=8))
    found = assessed(FIXED, earned, unknown)
    assert found.state is BillableState.PARTIAL
    assert blocked(found.items) == [("phase_8", ["PROGRESS_NOT_RECORDED"])]
    assert found.items[1].blockers[0].mutation == "progressRecord"
    all_billed = phase("100.00", sums={"progress": Decimal(50), "invoiced": euros("50.00")})
    waiting = assessed(FIXED, all_billed)
    assert (waiting.state, waiting.is_empty) == (BillableState.LOCKED, False)
    assert codes(one.issue for one in waiting.blockers) == ["PROGRESS_NOT_RECORDED"]
    assert assessed(FIXED, phase("100.00", sums={"invoiced": euros("100.00")})).is_empty


def test_what_stands_in_the_way_of_a_whole_contract() -> None:
    """ENTITY_REQUIRED, MENTION_MISSING, CONTRACT_NOT_ACTIVE; RESERVED_BY_PRO_FORMA only tells."""
    missing = ["the VAT number of the client", "the SIREN of the entity"]
    found = assessed(
        TIME,
        hourly("2"),
        status=ContractStatus.ENDED,
        books={"entities": "PAR, LYO", "missing": missing, "held": Held("PF-000007", TODAY)},
    )
    assert codes(one.issue for one in found.blockers) == [
        "CONTRACT_NOT_ACTIVE",
        "ENTITY_REQUIRED",
        "MENTION_MISSING",
        "MENTION_MISSING",
        "RESERVED_BY_PRO_FORMA",
    ]
    assert [one.mutation for one in found.blockers][-4:] == [
        "projectUpdate",
        "clientUpdate",
        "entityUpdate",
        "invoiceFinalise",
    ]
    assert (found.state, found.total) == (BillableState.LOCKED, euros("170.00"))
    held = assessed(TIME, hourly("2"), books={"held": Held("PF-000007", TODAY)})
    assert held.state is BillableState.SELECTABLE
    nothing_else = assessed(TIME, phase(), books={"held": Held("PF-000007", TODAY)})
    assert (nothing_else.state, nothing_else.is_empty) == (BillableState.LOCKED, False)
