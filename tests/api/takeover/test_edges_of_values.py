"""The longest texts, the largest numbers, the most decimals: told by us, never by a database."""

from __future__ import annotations

from datetime import date, datetime
from io import BytesIO

import pytest
from openpyxl import load_workbook
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH

from tests.api.takeover.reviews import notes, phases, project, reviewed, take, written
from tests.api.takeover.sheets import PERSON, PHASE, PROJECT, SOUND, Cells, book, saved
from tests.api.takeover.test_error_file import given_back
from tests.support.api import ApiClient

LONGEST = {
    "clients": {"B": 255, "C": 64, "D": 500, "I": 255, "K": 64, "O": 64, "P": 255, "Q": 2000},
    "projects": {"B": 64, "C": 255, "G": 500, "H": 32, "I": 255, "Q": 255, "T": 255},
    "phases": {"C": 255, "D": 255, "E": 64, "N": 64, "O": 64},
    "collaborators": {"B": 255, "C": 255, "F": 255, "M": 64, "O": 64},
}
"""Characters that a text may have, by letter."""


@pytest.mark.parametrize("kind", LONGEST)
def test_the_longest_texts_fit_and_one_more_character_is_refused(
    any_firm: ApiClient, kind: str
) -> None:
    """A21, A25: never cut in silence, never left for the database to refuse."""
    longest = {letter: "7" * length for letter, length in LONGEST[kind].items()}
    review, rows = reviewed(any_firm, book(kind, {**SOUND[kind], **longest}), kind=kind)
    assert rows[2]["colour"] != "RED", rows[2]["userErrors"]
    written(any_firm, review)
    longer = [{**SOUND[kind], letter: f"{text}7"} for letter, text in longest.items()]
    _, rows = reviewed(any_firm, book(kind, *longer), kind=kind)
    for number, letter in enumerate(longest, start=2):
        assert ("TEXT_TOO_LONG", letter) in notes(rows[number]), letter


HUGE: dict[str, dict[str, list[str | int]]] = {
    "clients": {"M": ["91", "-1", "1e9"]},
    "projects": {"R": [10**15, -1], "S": ["1e30", -1]},
    "phases": {"F": [10**15], "M": [2**31, -1], "P": [10**15], "Q": ["1e20"]},
    "collaborators": {"J": [10**15, -1], "K": [10**15], "L": [61, -1]},
}
"""Numbers beyond what a column means, by letter."""


@pytest.mark.parametrize("kind", HUGE)
def test_a_number_beyond_its_column_is_red(firm: ApiClient, kind: str) -> None:
    """A21: told on the row, never left for the database to refuse."""
    cases = [(letter, value) for letter, values in HUGE[kind].items() for value in values]
    rows_sent = [{**SOUND[kind], letter: value} for letter, value in cases]
    _, rows = reviewed(firm, book(kind, *rows_sent), kind=kind)
    for number, (letter, value) in enumerate(cases, start=2):
        mine = {code for code, column in notes(rows[number]) if column == letter}
        red = {"NUMBER_OUT_OF_RANGE", "AMOUNT_NEGATIVE", "HOURS_OUT_OF_RANGE", "NUMBER_INVALID"}
        assert mine & red, (letter, value, notes(rows[number]))


def test_more_decimals_than_are_kept_are_no_accident(any_firm: ApiClient) -> None:
    """A25: 15 digits typed by a formula; what is stored is rounded once."""
    decimals: dict[str, Cells] = {
        "phases": {"F": 1234.56789, "H": "régie", "P": 85.123456789, "Q": 40.123456},
        "collaborators": {"J": 1 / 3, "L": 34.9999999},
        "projects": {"R": 2 / 3, "S": 1 / 7, "K": 20.000000001},
    }
    for kind, cells in decimals.items():
        review, rows = reviewed(any_firm, book(kind, {**SOUND[kind], **cells}), kind=kind)
        assert rows[2]["colour"] != "RED", rows[2]["userErrors"]
        written(any_firm, review)


@pytest.mark.parametrize(("epoch", "serial"), [(WINDOWS_EPOCH, 46326), (MAC_EPOCH, 44864)])
def test_a_bare_number_of_days_is_counted_as_its_workbook_counts(
    firm: ApiClient, epoch: datetime, serial: int
) -> None:
    """DOMAIN §3.2: four years lie between the two systems; the file given back keeps its own."""
    workbook = load_workbook(BytesIO(book("collaborators", {**PERSON, "H": serial})))
    workbook.epoch = epoch
    content = saved(workbook)
    for _ in range(2):
        review, rows = reviewed(firm, content, kind="collaborators")
        assert notes(rows[2]) == {("DATE_SERIAL", "H")}
        assert [note["expected"] for note in rows[2]["userErrors"]] == ["31/10/2026"]
        content = given_back(firm, review)


def test_a_code_of_which_a_spreadsheet_made_a_date_is_red_and_a_name_yellow(
    firm: ApiClient,
) -> None:
    """A21, A22: what was typed is lost; in the file given back it is said again."""
    content = book("projects", {**PROJECT, "B": date(2026, 3, 1)}, {**PROJECT, "C": True})
    for _ in range(2):
        review, rows = reviewed(firm, content, kind="projects")
        assert ("CODE_NOT_TEXT", "B") in notes(rows[2])
        assert rows[2]["colour"] == "RED"
        assert notes(rows[3]) == {("CELL_NOT_TEXT", "C")}
        content = given_back(firm, review)


def test_a_code_of_which_a_spreadsheet_made_a_power_of_ten_is_red(firm: ApiClient) -> None:
    """A21: of 3E5 it made 300000; an amount, a rate and a day shown so are what they are."""
    workbook = load_workbook(BytesIO(book("projects", {**PROJECT, "B": 300000}, PROJECT)))
    for place, value in (("B2", 300000), ("K3", 20), ("O3", 45000), ("R3", 1850000)):
        workbook.active[place].value = value
        workbook.active[place].number_format = "0.00E+00"
    content = saved(workbook)
    for _ in range(2):
        review, rows = reviewed(firm, content, kind="projects")
        assert ("CODE_NOT_TEXT", "B") in notes(rows[2])
        assert rows[2]["colour"] == "RED"
        assert notes(rows[3]) == {("DATE_SERIAL", "O")}
        content = given_back(firm, review)


@pytest.mark.parametrize(
    ("serial", "shown"),
    [
        (1, "1900-01-01"),
        (1.25, "1900-01-01 06:00:00"),
        (59.5, "1900-02-28 12:00:00"),
        (61, "1900-03-01"),
    ],
)
def test_a_number_that_was_formatted_as_a_date_is_given_back_as_it_was(
    firm: ApiClient, serial: float, shown: str
) -> None:
    """A21: else hours of 1 by mistake a date would be hours of 0 once they are sent again."""
    workbook = load_workbook(BytesIO(book("collaborators", {**PERSON, "L": serial})))
    workbook.active["L2"].number_format = "dd/mm/yyyy"
    content = saved(workbook)
    for _ in range(2):
        review, rows = reviewed(firm, content, kind="collaborators")
        assert notes(rows[2]) == {("NUMBER_INVALID", "L")}
        assert [note["found"] for note in rows[2]["userErrors"]] == [shown]
        content = given_back(firm, review)


@pytest.mark.parametrize("day", [date(1850, 1, 1), date(1899, 12, 31)])
def test_a_day_before_the_first_of_a_spreadsheet_comes_back_as_no_number(
    firm: ApiClient, day: date
) -> None:
    """A21: some programs write days in figures; that of 31 December 1899 would be 0 hours."""
    workbook = load_workbook(BytesIO(book("collaborators", {**PERSON, "L": 7})))
    workbook.iso_dates = True
    workbook.active["L2"].value = day
    review, rows = reviewed(firm, saved(workbook), kind="collaborators")
    assert notes(rows[2]) == {("NUMBER_INVALID", "L")}
    _, rows = reviewed(firm, given_back(firm, review), kind="collaborators")
    assert notes(rows[2]) == {("CELL_ERROR", "L")}
    assert rows[2]["colour"] == "RED"


# Amounts without a currency beside them are in that of the project (DOMAIN §3.3, §3.5)

PAST: Cells = {"C": "NEW-0001", "E": "Base", "F": "ESQ", "L": "28/02/2026"}


def with_a_phase_in(api: ApiClient, currency: str) -> None:
    take(api, "projects", {**PROJECT, "J": currency})
    take(api, "phases", {**PHASE, "A": "RIV-PAR", "B": "NEW-0001", "C": "Base", "E": "ESQ"})


@pytest.mark.parametrize("typed", ["100 $", "100 £", "100 ¥", "12 500 CHF", "CHF 100"])
def test_a_sign_of_another_currency_than_the_projects_is_refused(
    firm: ApiClient, typed: str
) -> None:
    """O27, O36: nothing else in the row says what the amount is in."""
    with_a_phase_in(firm, "EUR")
    fee = {**PHASE, "A": "RIV-PAR", "B": "NEW-0001", "C": "Base", "E": "APS", "F": typed}
    for kind, letter, row in (
        ("phases", "F", fee),
        ("history", "K", {**PAST, "K": typed}),
        ("adjustments", "K", {**PAST, "K": typed, "M": "Reprise"}),
    ):
        _, rows = reviewed(firm, book(kind, row), kind=kind)
        assert ("AMOUNT_CURRENCY_MISMATCH", letter) in notes(rows[2]), (kind, rows[2])


@pytest.mark.parametrize(
    ("typed", "fee", "said"),
    [
        ("1,234", "1.234", set()),
        ("12,345", "12.345", set()),
        ("1.234", "1.234", {("NUMBER_AMBIGUOUS", "F")}),
        ("1 234,567", "1234.567", set()),
    ],
)
def test_three_decimals_are_those_of_the_projects_currency(
    firm: ApiClient, typed: str, fee: str, said: set[tuple[str, str]]
) -> None:
    """O27: a thousand times too much would be written otherwise."""
    take(firm, "projects", {**PROJECT, "J": "TND", "K": 19, "F": "TN"})
    row = {**PHASE, "A": "RIV-PAR", "B": "NEW-0001", "C": "Base", "E": "ESQ", "F": typed}
    review, rows = reviewed(firm, book("phases", row), kind="phases")
    assert notes(rows[2]) == said
    written(firm, review)
    assert phases(firm, "NEW-0001", "Base")["ESQ"]["fee"] == {"amount": fee, "currency": "TND"}


@pytest.mark.parametrize(
    ("postcode", "country", "kept"),
    [
        (1000, "FR", "01000"),
        ("1000", "FR", "01000"),
        (1000, "CH", "1000"),
        (75011, "FR", "75011"),
        ("B-1000", "FR", "B-1000"),
    ],
)
def test_a_postal_code_gets_back_the_zero_that_a_spreadsheet_took(
    firm: ApiClient, postcode: str | int, country: str, kept: str
) -> None:
    """Nothing is repaired in silence: POSTCODE_ZERO_LOST says what was read."""
    vat = {"CH": 8.1}.get(country, 20)
    cells = {**PROJECT, "H": postcode, "F": country, "K": vat}
    review, rows = reviewed(firm, book("projects", cells))
    said = ("POSTCODE_ZERO_LOST", "H") in notes(rows[2])
    assert said is (kept == "01000")
    written(firm, review)
    found = project(firm, "NEW-0001")
    assert found is not None
    assert found["postcode"] == kept
