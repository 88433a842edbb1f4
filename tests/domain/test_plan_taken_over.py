"""Planning Billing history and Adjustments: nothing twice, over-billing seen (O05, O36)."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.ledger import PhaseFigures
from domain.project.adjustment import AdjustmentKind
from domain.project.model import PhaseKind
from domain.takeover.candidate import Candidate, Planned
from domain.takeover.match import Index, Known
from domain.takeover.model import RowOutcome
from domain.takeover.phase_rows import KnownPhases
from domain.takeover.taken_over import AdjustmentPlanner, HistoryPlanner, Recorded
from domain.tax import was_rate_of
from tests.domain.examples import candidate, codes, issues_of, known, outcomes

FEBRUARY = date(2026, 2, 28)


def phase(key: int = 30, **changed: Any) -> Known:
    columns: dict[str, Any] = {
        "entity": ("Atelier Rivage", "PAR"),
        "project_code": "LOG-2403",
        "project_name": "Réhabilitation de 24 logements",
        "contract": "Mission de base",
        "phase_code": f"P{key}",
        "phase_name": f"Phase P{key}",
        "line_type": PhaseKind.PHASE,
        "fee": Decimal("100.00"),
        "currency": "EUR",
        "country": "FR",
        "is_signed": True,
    }
    return known(key, f"Phase {key}", **columns | changed)


def recorded(
    *lines: Planned, names: tuple[str, ...], figures: dict[int, PhaseFigures] | None = None
) -> Recorded:
    facts = Counter(tuple(line.columns[name] for name in names) for line in lines)
    return Recorded(facts, figures or {30: PhaseFigures(fee=10_000, currency="EUR")})


def history(
    *rows: Candidate,
    of: Known | None = None,
    before: tuple[Planned, ...] = (),
    figures: PhaseFigures | None = None,
) -> list[Planned]:
    past = recorded(*before, names=HistoryPlanner.names, figures={30: figures} if figures else None)
    phases = KnownPhases(phases=Index([of or phase()]))
    return HistoryPlanner(phases, past).plan(rows)


def line(number: int = 2, /, amount: str = "10", **changed: Any) -> Candidate:
    cells = {"amount": Decimal(amount), "invoice_date": FEBRUARY, "invoice_no": "2026-1"}
    return candidate(number, record_id=30, **cells | changed)


def correction(number: int = 2, /, value: str = "10", **changed: Any) -> Candidate:
    cells = {"value": Decimal(value), "date": FEBRUARY, "reason": "Reprise"}
    return candidate(number, record_id=30, **cells | changed)


def adjusted(*rows: Candidate, before: tuple[Planned, ...] = ()) -> list[Planned]:
    past = recorded(*before, names=AdjustmentPlanner.names)
    return AdjustmentPlanner(KnownPhases(phases=Index([phase()])), past).plan(rows)


def test_a_line_is_kept_in_the_currency_of_its_phase() -> None:
    """O36."""
    (made,) = history(line(gross=Decimal("12.00"), paid=Decimal(5), vat_rate=Decimal(20)))
    assert made.outcome is RowOutcome.CREATE
    assert made.columns == {
        "phase_id": 30,
        "currency": "EUR",
        "net_minor": 1000,
        "invoice_date": FEBRUARY,
        "invoice_no": "2026-1",
        "vat_rate": 20,
        "gross_minor": 1200,
        "paid_minor": 500,
        "comment": None,
    }


def test_decimals_the_currency_has_not_are_rounded_and_told() -> None:
    yen = phase(currency="JPY", fee=Decimal(100))
    (made,) = history(line(amount="10.5"), of=yen, figures=PhaseFigures(fee=10_000, currency="JPY"))
    assert (made.columns["net_minor"], codes(made.issues)) == (11, ["AMOUNT_ROUNDED"])


def test_more_than_the_fee_is_told_from_the_row_that_crosses_it_on() -> None:
    """O36: with what was billed before, and what stands above in the file."""
    rows = history(
        line(2, "40", invoice_no="1"),
        line(3, "10", invoice_no="2"),
        line(4, "0.01", invoice_no="3"),
        line(5, "-0.01", invoice_no="4"),
        figures=PhaseFigures(fee=10_000, currency="EUR", invoiced=5_000),
    )
    assert issues_of(rows) == [[], [], ["OVER_BILLED"], ["AMOUNT_NEGATIVE_HISTORY"]]
    assert rows[2].issues[0].found == "100.01 EUR"
    assert rows[2].issues[0].expected == "100.00 EUR"


def test_a_negative_annex_is_over_billed_the_other_way() -> None:
    annex = PhaseFigures(fee=-5_000, currency="EUR")
    rows = history(line(2, "-50"), line(3, "-1", invoice_no="2"), figures=annex)
    assert issues_of(rows) == [
        ["AMOUNT_NEGATIVE_HISTORY"],
        ["AMOUNT_NEGATIVE_HISTORY", "OVER_BILLED"],
    ]


def test_a_refused_or_skipped_row_counts_for_nothing() -> None:
    skipped = line(2, "90")
    skipped.skipped = True
    rows = history(skipped, line(3, "90"), line(4, "90", vat_rate=Decimal(33), invoice_no="4"))
    assert outcomes(rows) == ["CREATE", "CREATE", "REFUSED"]
    assert codes(rows[1].issues) == []


def test_the_same_number_date_and_amount_twice_may_be_one_invoice() -> None:
    """O36: told, not refused; another date or another number is another invoice."""
    rows = history(
        line(2),
        line(3),
        line(4, comment="autre"),
        line(5, invoice_date=date(2026, 3, 1)),
        line(6, invoice_no="2026-2"),
    )
    assert issues_of(rows) == [[], ["POSSIBLE_DUPLICATE"], ["POSSIBLE_DUPLICATE"], [], []]
    assert outcomes(rows) == ["CREATE"] * 5
    assert rows[1].issues[0].found == "2026-1 · 28/02/2026 · 10.00 EUR"


def test_the_number_of_a_final_invoice_of_ours_is_told() -> None:
    """What it bills counts already; in small letters too, and no other number."""
    past = recorded(names=HistoryPlanner.names)
    past.numbers = {"PAR26-00001"}
    rows = (line(2, invoice_no=" par26-00001"), line(3), line(4, invoice_no=None))
    made = HistoryPlanner(KnownPhases(phases=Index([phase()])), past).plan(rows)
    assert issues_of(made) == [["POSSIBLE_DUPLICATE"], [], []]
    assert made[0].issues[0].facts["other"] == "PAR26-00001"
    assert outcomes(made) == ["CREATE"] * 3


def test_what_is_recorded_is_known_again_as_often_as_it_is_recorded() -> None:
    (first,) = history(line(2))
    again = history(line(2), line(3), before=(first,))
    assert outcomes(again) == ["UNCHANGED", "CREATE"]
    assert codes(again[1].issues) == ["POSSIBLE_DUPLICATE"]


@pytest.mark.parametrize(
    ("rate", "country", "was"),
    [("19.6", "FR", True), ("7.7", "CH", True), ("20", "FR", True), ("19.6", "BE", False)],
)
def test_a_former_rate_was_one_of_its_country(rate: str, country: str, was: bool) -> None:
    assert was_rate_of(country, Decimal(rate)) is was


def test_a_rate_is_judged_by_the_country_of_the_project() -> None:
    swiss, unlisted = phase(country="CH"), phase(country="SN")
    rate = {"vat_rate": Decimal("7.7")}
    assert issues_of(history(line(**rate), of=swiss)) == [[]]
    assert issues_of(history(line(**rate))) == [["VAT_RATE_UNKNOWN"]]
    assert issues_of(history(line(**rate), of=unlisted)) == [["VAT_RATE_UNVERIFIED"]]


def test_a_commercial_project_is_told() -> None:
    rows = history(line(), of=phase(is_signed=False))
    assert issues_of(rows) == [["PROJECT_NOT_SIGNED"]]


def test_each_kind_of_adjustment_weighs_where_it_belongs() -> None:
    """O05: a higher fee leaves room, a billed correction takes it, hours and cost do neither."""
    rows = adjusted(
        correction(2, "900", kind=AdjustmentKind.HOURS),
        correction(3, "900", kind=AdjustmentKind.COST),
        correction(4, "50", kind=AdjustmentKind.FEE),
        correction(5, "150"),
        correction(6, "0.01"),
    )
    assert issues_of(rows) == [[], [], [], [], ["OVER_BILLED"]]
    assert rows[0].columns["hours"] == 900
    assert rows[0].columns["amount_minor"] is None
    assert rows[3].columns["kind"] is AdjustmentKind.BILLED


def test_an_adjustment_said_twice_is_told() -> None:
    rows = adjusted(correction(2, "1"), correction(3, "1"), correction(4, "1", reason="Autre"))
    assert issues_of(rows) == [[], ["POSSIBLE_DUPLICATE"], ["POSSIBLE_DUPLICATE"]]
    again = adjusted(correction(2, "1"), correction(3, "1"), before=tuple(rows[:2]))
    assert outcomes(again) == ["UNCHANGED"] * 2


amounts = st.sampled_from(["-20", "0", "10", "60", "100.01"])
lines = st.lists(
    st.tuples(amounts, st.sampled_from(["1", "2", None]), st.sampled_from(["", "x"])), max_size=8
)


@settings(max_examples=60)
@given(first=lines, second=lines)
def test_whatever_was_uploaded_before_the_second_upload_of_it_writes_nothing(
    first: list[tuple[str, str | None, str]], second: list[tuple[str, str | None, str]]
) -> None:
    """O36: and what it would write is exactly what the two files differ by."""

    def rows(said: list[tuple[str, str | None, str]]) -> list[Candidate]:
        return [
            line(number, amount, invoice_no=no, comment=comment or None)
            for number, (amount, no, comment) in enumerate(said, start=2)
        ]

    made = tuple(history(*rows(first)))
    assert outcomes(history(*rows(first), before=made)) == ["UNCHANGED"] * len(first)
    created = [row for row in history(*rows(second), before=made) if row.writes]
    assert len(created) == sum((Counter(second) - Counter(first)).values())


@settings(max_examples=60)
@given(said=lines)
def test_the_warning_of_over_billing_is_the_sum_of_what_stands_above(
    said: list[tuple[str, str | None, str]],
) -> None:
    made = history(*(line(n, a, invoice_no=no) for n, (a, no, _) in enumerate(said, start=2)))
    billed = Decimal(0)
    for row, (amount, _, _) in zip(made, said, strict=True):
        billed += Decimal(amount)
        is_told = "OVER_BILLED" in codes(row.issues)
        assert is_told == (billed > 100 and Decimal(amount) != 0)
