"""The takeover as a whole: any order, mended files, tampered files, undone to nothing."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from persistence.migrate import migrate
from persistence.takeover.prefill import prefilled
from persistence.takeover.rows import rows_of as kept_rows_of
from tests.api.takeover.reviews import reviewed, written
from tests.api.takeover.sheets import opened, saved
from tests.api.takeover.test_error_file import given_back
from tests.api.takeover.test_revert import contents, revert
from tests.support.api import ApiClient, open_api
from tests.support.prepared import Calendar
from tests.support.takeover import CLEAN, FURTHER, PAST, WORKBOOKS, confirm, send, take_in

FILES = {**WORKBOOKS, **PAST, "time_entries": FURTHER["time_entries"]}
ORDERS = [
    "clients projects phases collaborators progress history adjustments time_entries",
    "collaborators clients projects phases time_entries adjustments history progress",
]
"""Two of the orders that are allowed, as unlike as can be: what a file refers to comes first."""
Open = Callable[[], Any]


@pytest.fixture
def a_firm(tmp_path: Path) -> Open:
    """Opens firms of their own, each without a record."""

    @contextmanager
    def opened_firm(name: str = "firm") -> Iterator[ApiClient]:
        folder = tmp_path / name
        folder.mkdir()
        url = f"sqlite:///{folder}/jalon.db"
        migrate(url)
        with open_api(url, folder, clock=Calendar()) as api:
            yield api

    return opened_firm


def digest(api: ApiClient) -> dict[str, list[str]]:
    """All that the sheets would show of a firm, whatever its identifiers."""
    with api.house.database.reading(api.organisation_id) as session:
        found = {
            kind: sorted(
                repr(sorted((name, str(value)) for name, value in cells.items() if _shown(name)))
                for _, cells in prefilled(session, kind)
            )
            for kind in (*FILES, "clients_fusion")
        }
    past = api.query(
        "{ phases(page: { first: 100 }) { nodes { code contract { project { code } } figures {"
        " adjustedFee { amount } alreadyBilled { amount } earned { amount } } } } }"
    )["phases"]["nodes"]
    return {**found, "figures": sorted(map(repr, past))}


def _shown(name: str) -> bool:
    return not (name.endswith(("_id", "_at")) or name in ("id", "version", "position"))


def test_every_legal_order_of_the_files_ends_in_the_same_firm(a_firm: Open) -> None:
    """O08, O09, O36: the order told is one of several; none of them loses or changes anything."""
    digests = []
    for number, order in enumerate(ORDERS):
        with a_firm(f"firm-{number}") as api:
            take_in(api, *order.split())
            digests.append(digest(api))
    assert digests[0] == digests[1]
    assert len(digests[0]["time_entries"]) == 1000


def test_everything_taken_back_in_turn_leaves_the_firm_it_began_with(a_firm: Open) -> None:
    """A25: eight imports undone, last first; and each undone at once may be done again."""
    with a_firm() as api:
        before = contents(api)
        reviews = []
        for kind, filename in FILES.items():
            review = send(api, (CLEAN / filename).read_bytes(), kind=kind)
            assert confirm(api, review)["userErrors"] == []
            reviews.append(review)
        for review in reversed(reviews):
            done = revert(api, review)
            assert (done["userErrors"], done["counts"]["kept"]) == ([], 0)
        assert contents(api) == before
        take_in(api, *FILES)


@pytest.mark.parametrize("kind", ["clients", "phases"])
def test_a_spoilt_file_mended_where_its_error_file_says_is_the_clean_file(
    a_firm: Open, kind: str
) -> None:
    """A21: nobody looks at anything but the red cells, and all is well in the end."""
    chosen = random.Random(kind)
    content = (CLEAN / FILES[kind]).read_bytes()
    order = list(FILES)
    before = order[: order.index(kind)]
    with a_firm("clean") as api:
        take_in(api, *before, kind)
        wanted = digest(api)
    with a_firm("spoilt") as api:
        for one in before:
            take_in(api, one)
        workbook = load_workbook(BytesIO(content))
        sheet, truth = workbook.worksheets[0], {}
        mandatory = {"clients": "BDEG", "phases": "BCDF", "history": "KL"}[kind]
        for row in chosen.sample(range(2, sheet.max_row + 1), 25):
            letter = chosen.choice(mandatory)
            truth[row, letter] = sheet[f"{letter}{row}"].value
            sheet[f"{letter}{row}"] = chosen.choice([None, "#N/A"])
        review, rows = reviewed(api, saved(workbook))
        assert {row for row, _ in truth} <= {n for n, one in rows.items() if one["colour"] == "RED"}
        workbook = load_workbook(BytesIO(given_back(api, review)))
        sheet = workbook.worksheets[0]
        for (row, letter), value in truth.items():
            assert sheet[f"{letter}{row}"].comment is not None
            sheet[f"{letter}{row}"] = value
        mended, _ = reviewed(api, saved(workbook))
        assert mended["counts"]["red"] == 0
        written(api, mended)
        assert digest(api) == wanted


REPLACED: dict[str, Callable[[Any], Any]] = {
    "B": lambda value: "Atelier d'ailleurs",
    "C": lambda value: f"{value}X",
    "D": lambda value: f"{value} bis",
    "E": lambda value: f"{value} (2)",
    "F": lambda value: f"{value}9",
    "G": lambda value: str(value)[:-1] + "ê",
    "H": lambda value: "annexe" if value == "phase" else "phase",
    "I": lambda value: float(Decimal(str(value)) + Decimal("0.01")),
    "J": lambda value: "USD" if value != "USD" else "EUR",
}
"""How somebody may tamper with each locked column: by little, where it hurts most."""


def test_a_thousand_tampered_cells_are_all_found_and_none_elsewhere(a_firm: Open) -> None:
    """O33: a thousand rows with one cell changed each; the rows beside them raise no alarm."""
    chosen = random.Random(33)
    with a_firm() as api:
        take_in(api, "clients", "projects", "phases")
        asked = 'templateDownload(input: { kind: "history", rowsPerPhase: 4 })'
        link = api.query(f"mutation {{ {asked} {{ download {{ url }} }} }}")["templateDownload"]
        workbook, sheet = opened(api.get(link["download"]["url"]))
        sheet.protection.disable()
        last = max(row for row in range(2, sheet.max_row + 1) if sheet[f"A{row}"].value)
        tampered = {}
        for row in range(2, last + 1):
            sheet[f"K{row}"], sheet[f"L{row}"] = row, date(2026, 10, 31)
        for row in chosen.sample(range(2, last + 1), 1000):
            letter = chosen.choice(sorted(REPLACED))
            sheet[f"{letter}{row}"] = REPLACED[letter](sheet[f"{letter}{row}"].value)
            tampered[row] = letter
        review, _ = reviewed(api, saved(workbook))
        key = int(review["id"].rpartition("_")[2])
        with api.house.database.reading(api.organisation_id) as session:
            kept = {row.number: row for row in kept_rows_of(session, key)}
        assert len(kept) == last - 1
        told = {n: {issue["column"] for issue in row.issues} for n, row in kept.items()}
        missed = {n: letter for n, letter in tampered.items() if letter not in told[n]}
        assert missed == {}
        assert {n for n, row in kept.items() if row.colour.value == "RED"} == set(tampered)
        beside = {column for n in kept if n not in tampered for column in told[n]}
        # Four invoices of one phase may well be more than its fee.
        assert beside <= {"K"}
