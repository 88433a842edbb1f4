"""Looking at a review: red, yellow and green rows, skipping them, taking them back."""

from __future__ import annotations

import pytest

from tests.api.takeover.reviews import (
    Row,
    client,
    codes,
    notes,
    project,
    reviewed,
    rows_of,
    skip,
    written,
)
from tests.api.takeover.sheets import CLIENT, PERSON, PHASE, PROJECT, Cells, book, without
from tests.support.api import ApiClient
from tests.support.documents import IMPORT_ROWS, IMPORT_SKIP
from tests.support.takeover import CLEAN, WORKBOOKS, confirm, send

RED: Cells = {**CLIENT, "B": "Client sans devise", "C": "CLI-9002", "E": None}
KNOWN: Cells = {
    "B": "Foncière des Tilleuls Argentés",
    "C": "CLI-0001",
    "D": "1 place Neuve\n69001 Lyon",
    "E": "EUR",
    "G": "FR34517125696",
    "M": 45,
    "N": "51712569600032",
}
"""The first client of the prepared firm, who moved and pays later."""


def names(rows: dict[int, dict[str, object]], colour: str) -> list[int]:
    return [number for number, row in rows.items() if row["colour"] == colour]


# Red


def test_a_red_row_blocks_the_file_and_no_insisting_helps(firm: ApiClient) -> None:
    """A21: it is not imported, and no other row is until it is skipped."""
    review, rows = reviewed(firm, book("clients", CLIENT, RED))
    assert (names(rows, "GREEN"), names(rows, "RED")) == ([2], [3])
    for warnings in (False, True):
        answer = confirm(firm, review, warnings=warnings)
        assert codes(answer) == ["IMPORT_BLOCKED"]
        assert answer["userErrors"][0]["row"] == 3
        assert answer["importFile"] is None
    assert client(firm, "CLI-9001") is None


def test_a_red_row_is_skipped_and_the_rest_is_imported(firm: ApiClient) -> None:
    """A23: Ignorer la ligne."""
    review, _ = reviewed(firm, book("clients", CLIENT, RED))
    review = skip(firm, review, rows=[3])
    assert (review["counts"]["skipped"], review["counts"]["create"]) == (1, 1)
    done = written(firm, review)
    assert done["state"] == "APPLIED_PARTIALLY"
    assert client(firm, "CLI-9001") is not None
    assert client(firm, "CLI-9002") is None


def test_all_red_rows_are_left_out_with_one_flag(firm: ApiClient) -> None:
    """A23: the same, for a file of many."""
    review, _ = reviewed(firm, book("clients", RED, CLIENT, {**RED, "C": "CLI-9003"}))
    done = written(firm, review, red=True)
    assert done["state"] == "APPLIED_PARTIALLY"
    assert done["counts"]["refused"] == 2
    assert client(firm, "CLI-9001") is not None
    assert client(firm, "CLI-9003") is None


def test_a_red_row_taken_back_blocks_again(firm: ApiClient) -> None:
    """A23: skipping is no confession."""
    review, _ = reviewed(firm, book("clients", CLIENT, RED))
    skip(firm, review, rows=[3])
    review = skip(firm, review, rows=[3], skipped=False)
    assert review["counts"]["skipped"] == 0
    assert codes(confirm(firm, review)) == ["IMPORT_BLOCKED"]


# Yellow


def test_a_yellow_row_says_what_it_would_change_and_changes_it(firm: ApiClient) -> None:
    """A22: it is imported and updates what is there: each field before and after."""
    before = client(firm, "CLI-0001")
    assert before is not None
    review, rows = reviewed(firm, book("clients", KNOWN))
    assert (rows[2]["colour"], rows[2]["outcome"]) == ("YELLOW", "UPDATE")
    assert notes(rows[2]) == {("WILL_UPDATE", None)}
    assert {
        change["field"]: (change["before"], change["after"]) for change in rows[2]["changes"]
    } == {
        "billingAddress": (before["billingAddress"], KNOWN["D"]),
        "paymentDays": (str(before["paymentDays"]), "45"),
    }
    written(firm, review)
    after = client(firm, "CLI-0001")
    assert after == {
        **before,
        "billingAddress": KNOWN["D"],
        "paymentDays": 45,
        "version": before["version"] + 1,
    }


def test_changes_are_told_as_people_know_them(firm: ApiClient) -> None:
    """A22: by the column's name and in its unit, whatever the tables behind hold."""
    written(firm, reviewed(firm, book("projects", {**PROJECT, "R": 1000}))[0])
    written(firm, reviewed(firm, book("phases", PHASE))[0])
    written(firm, reviewed(firm, book("collaborators", {**PERSON, "E": "RIV-PAR"}))[0])
    moved = {**PROJECT, "D": "CLI-0003", "E": "RIV-LYO", "R": "1 234,50"}
    assert changes(firm, "projects", moved) == {
        "client": ("Foncière des Tilleuls Argentés", str(_name(firm, "CLI-0003"))),
        "entity": ("RIV-PAR", "RIV-LYO"),
        "worksAmount": ("1000.00", "1234.50"),
    }
    dearer = {**PHASE, "D": "Esquisses", "F": 13000.5, "P": 95, "G": "annexe"}
    assert changes(firm, "phases", dearer) == {
        "phaseName": ("Esquisse", "Esquisses"),
        "fee": ("12500.00", "13000.50"),
        "hourlyRate": (None, "95.00"),
        "lineType": ("PHASE", "ANNEX"),
    }
    assert changes(firm, "collaborators", {**PERSON, "E": "RIV-LYO"}) == {
        "entity": ("RIV-PAR", "RIV-LYO")
    }


def test_the_warning_names_the_columns_by_their_titles(firm: ApiClient) -> None:
    """A22: in the words of the sheet."""
    for locale, titles in (
        ("fr", "Adresse de facturation, Délai de paiement (jours)"),
        ("en", "Billing address, Payment term (days)"),
    ):
        _, rows = reviewed(firm.in_language(locale), book("clients", KNOWN))
        (told,) = rows[2]["userErrors"]
        assert told["message"].rstrip(".").endswith(titles)


def changes(api: ApiClient, kind: str, cells: Cells) -> dict[str, tuple[str | None, str | None]]:
    """What a row would change, field by field."""
    _, rows = reviewed(api, book(kind, cells))
    return {change["field"]: (change["before"], change["after"]) for change in rows[2]["changes"]}


def _name(api: ApiClient, code: str) -> str:
    found = client(api, code)
    assert found is not None
    return str(found["name"])


def test_yellow_rows_are_written_only_when_they_are_accepted(firm: ApiClient) -> None:
    """A22: a warning that nobody looked at changes nothing."""
    review, _ = reviewed(firm, book("clients", CLIENT, KNOWN))
    answer = confirm(firm, review)
    assert codes(answer) == ["WARNINGS_NOT_ACCEPTED"]
    assert answer["userErrors"][0]["row"] == 3
    assert client(firm, "CLI-9001") is None


def test_a_yellow_row_is_skipped_and_its_record_stays(firm: ApiClient) -> None:
    """A24: Ignorer la ligne, when the update is not wanted."""
    before = client(firm, "CLI-0001")
    review, _ = reviewed(firm, book("clients", CLIENT, KNOWN))
    review = skip(firm, review, rows=[3])
    answer = confirm(firm, review)
    assert codes(answer) == []
    assert answer["importFile"]["state"] == "APPLIED_PARTIALLY"
    assert client(firm, "CLI-0001") == before
    assert client(firm, "CLI-9001") is not None


# Skipping


def test_rows_are_skipped_and_taken_back_by_colour(firm: ApiClient) -> None:
    """A23, A24: all of a colour at once; a file without any left writes nothing."""
    review, _ = reviewed(firm, book("clients", CLIENT, RED, KNOWN))
    for number, colour in enumerate(("RED", "YELLOW", "GREEN"), start=1):
        review = skip(firm, review, colour=colour)
        assert review["counts"]["skipped"] == number
    review = skip(firm, review, colour="YELLOW", skipped=False)
    rows = rows_of(firm, review)
    assert [row["skipped"] for row in rows.values()] == [True, True, False]
    review = skip(firm, review, colour="YELLOW")
    assert written(firm, review)["state"] == "APPLIED_PARTIALLY"
    assert client(firm, "CLI-9001") is None


@pytest.mark.parametrize(
    "choice", [{"rows": [2, 99]}, {"rows": [1]}, {"rows": [3], "colour": "RED"}]
)
def test_a_row_that_is_not_there_cannot_be_skipped(
    firm: ApiClient, choice: dict[str, object]
) -> None:
    """A23: and then none of the rows named is."""
    review, _ = reviewed(firm, book("clients", CLIENT, KNOWN))
    answer = firm.query(IMPORT_SKIP, id=review["id"], **choice)["importRowsSkip"]
    assert codes(answer) == ["ROW_NOT_THERE"]
    assert not any(row["skipped"] for row in rows_of(firm, review).values())


def test_skipping_says_which_rows(firm: ApiClient) -> None:
    """A23: neither rows nor a colour is no wish."""
    review, _ = reviewed(firm, book("clients", CLIENT))
    answer = firm.query(IMPORT_SKIP, id=review["id"])["importRowsSkip"]
    assert codes(answer) == ["FIELD_REQUIRED"]


def test_skipping_one_of_two_duplicates_frees_the_other(firm: ApiClient) -> None:
    """A23: a skipped row holds no key, so which of the two is meant is for the person to say."""
    twice = {**CLIENT, "D": "Une autre adresse\n75002 Paris"}
    review, rows = reviewed(firm, book("clients", CLIENT, twice))
    assert ("DUPLICATE_KEY_IN_FILE", "B") in notes(rows[3])
    assert "2" in rows[3]["userErrors"][0]["message"]
    review = skip(firm, review, rows=[2])
    assert rows_of(firm, review)[3]["colour"] == "GREEN"
    written(firm, review)
    found = client(firm, "CLI-9001")
    assert found is not None
    assert found["billingAddress"] == twice["D"]


@pytest.mark.parametrize(
    ("kind", "first", "again", "letter"),
    [
        ("clients", CLIENT, {**CLIENT, "C": "CLI-9009"}, "B"),
        ("clients", CLIENT, {**CLIENT, "B": "Un autre nom", "N": None}, "C"),
        ("clients", CLIENT, {**CLIENT, "B": " MENUISERIE  du vieux pont", "C": None}, "B"),
        ("projects", PROJECT, {**PROJECT, "B": "new-0001"}, "B"),
        ("phases", PHASE, {**PHASE, "D": "Autre", "E": "esq"}, "E"),
        ("phases", without(PHASE, "E"), {**without(PHASE, "E"), "D": "ESQUISSE"}, "D"),
        ("collaborators", PERSON, {**PERSON, "D": str(PERSON["D"]).upper()}, "D"),
        ("collaborators", {**PERSON, "M": "M1"}, {**PERSON, "D": "b@c.example", "M": "m1"}, "M"),
    ],
)
def test_a_key_twice_in_a_file_is_red_the_second_time(
    firm: ApiClient, kind: str, first: Cells, again: Cells, letter: str
) -> None:
    """A21, O15, O25, O31: never the last one wins."""
    _, rows = reviewed(firm, book(kind, first, again))
    assert rows[2]["colour"] != "RED"
    assert ("DUPLICATE_KEY_IN_FILE", letter) in notes(rows[3])


def test_a_code_made_by_us_never_stands_in_the_way_of_one_typed(firm: ApiClient) -> None:
    """O26: the first free code is one that no other row of the file asks for."""
    made = {**without(CLIENT, "C", "N"), "B": "Client sans code"}
    _, rows = reviewed(firm, book("clients", made, {**CLIENT, "C": "C00001"}))
    assert rows[3]["colour"] == "GREEN"
    _, rows = reviewed(firm, book("phases", without(PHASE, "E"), {**PHASE, "D": "B", "E": "PH01"}))
    assert rows[3]["colour"] == "GREEN"


# What is shown


def test_the_imports_are_listed_by_state_and_kind(firm: ApiClient) -> None:
    """O06, A20: the newest first; what was refused or given up stays to be seen."""
    waiting, _ = reviewed(firm, book("clients", CLIENT), filename="à revoir.xlsx")
    refused = send(firm, b"<html>")
    query = """
    query($state: ImportState, $kind: String) {
      imports(state: $state, kind: $kind) {
        nodes { id filename kind state author appliedAt counts { rows } }
      }
    }
    """
    everything = firm.query(query)["imports"]["nodes"]
    assert [one["id"] for one in everything][:2] == [refused["id"], waiting["id"]]
    assert everything[0]["kind"] is None
    (found,) = firm.query(query, state="REVIEW")["imports"]["nodes"]
    assert (found["filename"], found["author"]) == ("à revoir.xlsx", "tests")
    assert (found["appliedAt"], found["counts"]["rows"]) == (None, 1)
    applied = firm.query(query, kind="phases", state="APPLIED")["imports"]["nodes"]
    assert [one["counts"]["rows"] for one in applied] == [324]
    assert applied[0]["appliedAt"] is not None


def test_rows_are_shown_as_they_were_typed_with_their_sheet_numbers(firm: ApiClient) -> None:
    """A20: the row the person sees in the workbook, cell by cell, by letter."""
    _, rows = reviewed(firm, book("clients", {}, {**CLIENT, "E": " eur ", "M": 30}, {}, RED))
    assert sorted(rows) == [3, 5]
    cells = {cell["column"]: cell["text"] for cell in rows[3]["cells"]}
    assert cells["B"] == CLIENT["B"]
    assert cells["E"].strip() == "eur"
    assert cells["M"] == "30"


def test_the_rows_of_a_colour_are_paged(firm: ApiClient) -> None:
    """A21, A22: of a long file, the red ones first, so many at a time."""
    reds = [{**RED, "C": f"CLI-91{number:02}"} for number in range(7)]
    greens = [
        {**without(CLIENT, "N"), "H": "particulier", "B": f"Client {number}", "C": f"X{number}"}
        for number in range(5)
    ]
    review, _ = reviewed(firm, book("clients", *greens, *reds))
    seen: list[int] = []
    after = None
    for size in (3, 3, 1):
        page = firm.query(IMPORT_ROWS, id=review["id"], colour="RED", first=3, after=after)
        page = page["importRows"]
        assert page["totalCount"] == 7
        assert len(page["nodes"]) == size
        seen += [row["number"] for row in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    assert not page["pageInfo"]["hasNextPage"]
    assert seen == list(range(7, 14))
    assert len(rows_of(firm, review, colour="GREEN")) == 5
    assert rows_of(firm, review, colour="YELLOW") == {}


def test_notes_are_in_the_language_of_who_reads_them(firm: ApiClient) -> None:
    """A21: the same note, for two people of one firm."""
    french = firm.in_language("fr")
    review, _ = reviewed(french, book("clients", RED))
    said = {
        locale: rows_of(firm.in_language(locale), review)[2]["userErrors"][0]["message"]
        for locale in ("fr", "en")
    }
    assert said["en"].startswith("The cell")
    assert said["fr"].startswith("La cellule")
    assert "Devise" in said["fr"]
    answers = {one: confirm(firm.in_language(one), review) for one in ("fr", "en")}
    messages = {one: answer["userErrors"][0]["message"] for one, answer in answers.items()}
    assert "red rows" in messages["en"]
    assert "red rows" not in messages["fr"]


@pytest.mark.parametrize("kind", WORKBOOKS)
def test_the_same_file_again_writes_nothing(firm: ApiClient, kind: str) -> None:
    """A22: all rows unchanged, no warning, no version moved."""
    content = (CLEAN / WORKBOOKS[kind]).read_bytes()
    review = send(firm, content)
    counts = review["counts"]
    assert (counts["unchanged"], counts["create"], counts["update"]) == (counts["rows"], 0, 0)
    assert (counts["yellow"], counts["red"]) == (0, 0)
    before = versions(firm)
    answer = confirm(firm, review)
    assert codes(answer) == []
    assert answer["importFile"]["state"] == "APPLIED"
    assert versions(firm) == before


def versions(api: ApiClient) -> list[int]:
    """The versions of some records of each noun, and how much progress one phase has."""
    known = client(api, "CLI-0001"), project(api, "PAT-2501"), _somebody(api)
    assert all(known)
    updates = [
        len(phase["progressUpdates"])
        for contract in (known[1] or {})["contracts"]
        for phase in contract["phases"]
    ]
    return [one["version"] for one in known if one] + updates


def _somebody(api: ApiClient) -> Row:
    query = "{ collaborators(page: { first: 1 }) { nodes { version } } }"
    found: Row = api.query(query)["collaborators"]["nodes"][0]
    return found


def test_an_empty_cell_never_erases(firm: ApiClient) -> None:
    """A22: what a second file leaves out stays as it is."""
    person_cells = {**PERSON, "F": "Architecte", "J": 95, "L": 35, "O": "+33 1 44 00 11 22"}
    written(firm, reviewed(firm, book("collaborators", person_cells))[0])
    before = client(firm, "CLI-0001")
    assert before is not None
    bare = {letter: KNOWN[letter] for letter in "BCEG"} | {"D": before["billingAddress"]}
    for kind, cells in (("clients", bare), ("collaborators", PERSON)):
        _, rows = reviewed(firm, book(kind, cells))
        assert rows[2]["outcome"] == "UNCHANGED", rows[2]
    written(firm, reviewed(firm, book("clients", {**bare, "M": 75}))[0])
    after = client(firm, "CLI-0001")
    assert after == {**before, "paymentDays": 75, "version": 2}
