"""Planning the Progress sheet: the references are the record's own, then the percentage (O03)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.project.model import PhaseKind
from domain.takeover.candidate import Candidate, Planned
from domain.takeover.issues import AMOUNT_NEGATIVE
from domain.takeover.match import Index, Known
from domain.takeover.model import RowOutcome
from domain.takeover.phase_rows import REFERENCES, KnownPhases
from domain.takeover.progress import ProgressPlanner, in_force
from tests.domain.examples import candidate, codes, in_words, issues_of, known, outcomes

OCTOBER, NOVEMBER = date(2026, 10, 31), date(2026, 11, 30)
History = dict[int, list[tuple[date, Decimal]]]


def phase(
    key: int = 30, code: str = "APS", contract: str = "Mission de base", **changed: Any
) -> Known:
    columns: dict[str, Any] = {
        "entity": ("Atelier Rivage", "PAR"),
        "project_code": "LOG-2403",
        "project_name": "Réhabilitation de 24 logements",
        "contract": contract,
        "phase_code": code,
        "phase_name": f"Phase {code}",
        "line_type": PhaseKind.PHASE,
        "fee": Decimal("18400.00"),
        "currency": "EUR",
        "is_signed": True,
    }
    return known(key, f"Phase {code}", **columns | changed)


def references(of: Known) -> dict[str, Any]:
    """The locked cells as a prefilled sheet has them."""
    cells = {name: of.columns[name] for name in REFERENCES}
    return cells | {"entity": of.columns["entity"][0]}


def row(number: int = 2, /, *, record_id: int | None = 30, **changed: Any) -> Candidate:
    cells = {"progress": Decimal(45), "as_of": OCTOBER}
    return candidate(number, record_id=record_id, **cells | changed)


def planned(
    *rows: Candidate, of: list[Known] | None = None, history: History | None = None
) -> list[Planned]:
    phases = of or [phase()]
    there = KnownPhases(
        phases=Index(phases),
        by_project={"LOG-2403": phases},
        project_codes=frozenset({"LOG-2403", "EMPTY-1"}),
    )
    return ProgressPlanner(there, history or {}).plan(rows)


def test_a_row_adds_one_update_to_its_phase() -> None:
    """O03."""
    (made,) = planned(row(comment="Permis déposé", **references(phase())))
    assert (made.outcome, made.issues, made.writes) == (RowOutcome.CREATE, [], True)
    assert made.columns == {
        "phase_id": 30,
        "percent": 45,
        "as_of": OCTOBER,
        "comment": "Permis déposé",
    }


@pytest.mark.parametrize(
    ("column", "found"),
    [
        ("entity", "Atelier Lyon"),
        ("project_code", "LOG-2404"),
        ("project_name", "Autre"),
        ("contract", "Mission OPC"),
        ("phase_code", "APD"),
        ("phase_name", "Autre"),
        ("line_type", PhaseKind.ANNEX),
        ("fee", Decimal("18400.01")),
        ("fee", "18400.00 environ"),
        ("currency", "CHF"),
    ],
)
def test_a_locked_column_that_was_changed_is_refused(column: str, found: Any) -> None:
    """O33: reference columns must not be modified."""
    (made,) = planned(row(**references(phase()) | {column: found}))
    assert (made.outcome, codes(made.issues)) == (RowOutcome.REFUSED, ["REFERENCE_MODIFIED"])
    assert made.issues[0].field == (column,)


def test_each_changed_column_is_named() -> None:
    (made,) = planned(row(project_name="X", phase_name="Y", currency="CHF"))
    assert codes(made.issues) == ["REFERENCE_MODIFIED"] * 3


def test_an_empty_reference_a_code_for_a_name_and_other_capitals_are_no_fraud() -> None:
    (made,) = planned(
        row(entity="par", project_name=None, phase_name="PHASE APS", fee=Decimal(18400))
    )
    assert made.issues == []


def test_without_a_mark_the_phase_is_found_by_project_contract_and_code_else_name() -> None:
    """DOMAIN §3.5."""
    phases = [phase(30), phase(31, "APD"), phase(32, "APS", "Mission OPC")]
    where: dict[str, Any] = {"project_code": "log-2403", "record_id": None}
    rows = planned(
        row(2, contract="mission de base", phase_code="aps", **where),
        row(3, contract="Mission OPC", phase_code="APS", **where),
        row(4, phase_code="APD", **where),
        row(5, phase_name="Phase APD", as_of=NOVEMBER, **where),
        of=phases,
    )
    assert [made.columns["phase_id"] for made in rows] == [30, 32, 31, 31]
    assert issues_of(rows) == [[]] * 4


@pytest.mark.parametrize(
    ("cells", "code", "column"),
    [
        ({"project_code": "NO-1"}, "REFERENCE_UNKNOWN", "project_code"),
        ({"project_code": "EMPTY-1", "phase_code": "APS"}, "REFERENCE_UNKNOWN", "phase_code"),
        (
            {"project_code": "LOG-2403", "contract": "Autre"},
            "REFERENCE_UNKNOWN",
            "contract",
        ),
        ({"project_code": "LOG-2403", "phase_code": "XYZ"}, "REFERENCE_UNKNOWN", "phase_code"),
        ({"project_code": "LOG-2403", "phase_name": "Rien"}, "REFERENCE_UNKNOWN", "phase_name"),
        ({"project_code": "LOG-2403", "phase_code": "APS"}, "REFERENCE_AMBIGUOUS", "phase_code"),
    ],
    ids=["project", "project without phases", "contract", "code", "name", "two contracts"],
)
def test_what_cannot_be_found_is_named_by_its_column(
    cells: dict[str, Any], code: str, column: str
) -> None:
    phases = [phase(30), phase(32, "APS", "Mission OPC")]
    (made,) = planned(row(record_id=None, **cells), of=phases)
    assert (made.outcome, codes(made.issues)) == (RowOutcome.REFUSED, [code])
    assert made.issues[0].field == (column,)


def test_a_mark_that_is_not_ours_is_refused_and_not_searched_for() -> None:
    (made,) = planned(row(record_id=99, **references(phase())))
    assert codes(made.issues) == ["REFERENCE_ID_UNKNOWN"]


def test_going_back_is_told_against_what_was_in_force_on_that_day() -> None:
    history: History = {30: [(OCTOBER, Decimal(60)), (date(2026, 9, 30), Decimal(40))]}
    rows = planned(
        row(2, progress=Decimal(50), as_of=date(2026, 10, 15)),
        row(3, progress=Decimal(59), as_of=NOVEMBER),
        row(4, progress=Decimal(60), as_of=date(2026, 12, 31)),
        row(5, progress=Decimal(10), as_of=date(2026, 1, 31)),
        history=history,
    )
    assert issues_of(rows) == [[], ["PROGRESS_DECREASED"], [], []]
    assert (rows[1].issues[0].found, rows[1].issues[0].expected) == ("59", "60")
    assert rows[1].outcome is RowOutcome.CREATE


def test_a_percentage_is_told_without_the_zeros_it_is_stored_with() -> None:
    """100 %, not 100.0000 %."""
    history: History = {30: [(date(2026, 1, 1), Decimal("100.0000"))]}
    (made,) = planned(row(2, progress=Decimal("62.5000"), as_of=date(2026, 1, 2)), history=history)
    assert in_words(made.issues[0]) == "The progress of 62.5 % is lower than before (100 %)."


def test_rows_see_the_ones_above_them_unless_those_are_not_written() -> None:
    first, second = row(2, progress=Decimal(80)), row(3, progress=Decimal(70), as_of=NOVEMBER)
    assert issues_of(planned(first, second)) == [[], ["PROGRESS_DECREASED"]]
    first.skipped = True
    assert issues_of(planned(first, second)) == [[], []]
    first.skipped, first.checked = False, (AMOUNT_NEGATIVE(found="-1"),)
    assert issues_of(planned(first, second)) == [["AMOUNT_NEGATIVE"], []]


def test_progress_of_an_unsigned_project_is_told() -> None:
    (made,) = planned(row(), of=[phase(is_signed=False)])
    assert (made.outcome, codes(made.issues)) == (RowOutcome.CREATE, ["PROJECT_NOT_SIGNED"])


def test_the_same_update_twice_is_left_alone_in_the_file_and_across_files() -> None:
    rows = planned(row(2), row(3), history={30: [(date(2026, 9, 30), Decimal(45))]})
    assert outcomes(rows) == ["CREATE", "UNCHANGED"]
    (again,) = planned(row(progress=Decimal("45.0000")), history={30: [(OCTOBER, Decimal(45))]})
    assert (again.outcome, again.target_id) == (RowOutcome.UNCHANGED, 30)


def test_putting_back_what_was_recorded_before_a_slip_is_a_new_update() -> None:
    """The last update of a date is in force: 45, then 54 by mistake, then 45 again."""
    history: History = {30: [(OCTOBER, Decimal(45)), (OCTOBER, Decimal(54))]}
    (made,) = planned(row(progress=Decimal(45)), history=history)
    assert (made.outcome, codes(made.issues)) == (RowOutcome.CREATE, ["PROGRESS_DECREASED"])


@pytest.mark.parametrize("changed", [{"phase_name": "Autre"}, {"fee": Decimal(1)}])
def test_a_file_with_a_refused_row_among_those_of_one_day_changes_nothing_when_sent_again(
    changed: dict[str, Any],
) -> None:
    """What the refused row says was never recorded: the others are what the file said."""
    history: History = {30: []}
    rows = [row(n, progress=Decimal(percent)) for n, percent in enumerate((55, 30, 60, 55), 2)]
    rows[2].values |= changed
    assert outcomes(planned(*rows, history=history)) == ["CREATE", "CREATE", "REFUSED", "CREATE"]
    again = outcomes(planned(*rows, history=history))
    assert again == ["UNCHANGED", "UNCHANGED", "REFUSED", "UNCHANGED"]


class Watched(list[tuple[date, Decimal]]):
    """A history that counts how often it is gone through."""

    times = 0

    def __iter__(self) -> Iterator[tuple[date, Decimal]]:
        self.times += 1
        return super().__iter__()

    def __reversed__(self) -> Iterator[tuple[date, Decimal]]:
        self.times += 1
        return super().__reversed__()


def test_what_was_recorded_of_a_phase_is_gone_through_once_however_many_rows_ask() -> None:
    """A file may say all that it says of one phase: 100,000 rows are not their square."""
    history = Watched([(OCTOBER, Decimal(10)), (NOVEMBER, Decimal(20))])
    of_one_day = [row(n, progress=Decimal(n)) for n in range(2, 50)]
    of_many = [row(50 + n, as_of=date(2026, 1, 1 + n)) for n in range(28)]
    assert set(outcomes(planned(*of_one_day, *of_many, history={30: history}))) == {"CREATE"}
    assert (len(history), history.times) == (78, 1)


days = st.dates(date(2026, 1, 1), date(2026, 1, 10))
percents = st.decimals(0, 100, places=0)


@given(st.lists(st.tuples(days, percents), max_size=10), days)
def test_in_force_is_the_last_by_date_then_by_recording(
    history: list[tuple[date, Decimal]], day: date
) -> None:
    numbered = [(as_of, n, percent) for n, (as_of, percent) in enumerate(history) if as_of <= day]
    expected = max(numbered)[2] if numbered else None
    assert in_force(history, day) == expected


@given(
    st.lists(st.tuples(days, st.sampled_from([Decimal(10), Decimal(20)])), max_size=4),
    st.lists(st.tuples(days, percents), max_size=10),
)
def test_after_a_file_is_written_each_of_its_last_words_is_in_force(
    before: list[tuple[date, Decimal]], cells: list[tuple[date, Decimal]]
) -> None:
    """And the same file again changes nothing, whatever it says twice of a day."""
    history: History = {30: [*before]}
    rows = [row(n, progress=percent, as_of=day) for n, (day, percent) in enumerate(cells, start=2)]
    planned(*rows, history=history)
    for day, percent in dict(cells).items():
        assert in_force(history[30], day) == percent
    assert outcomes(planned(*rows[-1:], history=history)) == ["UNCHANGED"] * len(rows[-1:])
    assert outcomes(planned(*rows, history=history)) == ["UNCHANGED"] * len(rows)
