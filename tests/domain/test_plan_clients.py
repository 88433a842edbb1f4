"""Planning the Clients sheet: who is new, who changes, who looks like somebody else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.client import ClientType
from domain.likeness import name_key
from domain.takeover.candidate import Candidate, Planned
from domain.takeover.clients import ClientPlanner
from domain.takeover.issues import AMOUNT_NEGATIVE, AMOUNT_ZERO
from domain.takeover.match import Index, Known
from domain.takeover.model import RowColour, RowOutcome
from tests.domain.examples import candidate, codes, firm, in_words, issues_of, known, outcomes

SIRET = "73282932000074"


def brive(**columns: Any) -> Index:
    """A firm with one client, Brive-Habitat, CLI-0001, version 4."""
    own = {"currency": "EUR", "payment_days": 30, "siret": SIRET, "comment": "Calls on Mondays"}
    return Index([known(1, "Brive-Habitat", code="CLI-0001", version=4, **own | columns)])


def planned(*rows: Candidate, clients: Index | None = None) -> list[Planned]:
    return ClientPlanner(firm(), clients or Index()).plan(rows)


def test_a_new_client_is_created_with_the_defaults_of_the_firm() -> None:
    """O10; DOMAIN §3.5: country of the firm, company, French, 30 days, a code of ours."""
    (row,) = planned(candidate(name="Foncière des Tilleuls Argentés", currency="EUR"))
    assert row.outcome is RowOutcome.CREATE
    assert row.colour is RowColour.GREEN
    assert row.writes
    assert (row.target_id, row.target_version, row.changes) == (None, None, [])
    expected = {
        "name": "Foncière des Tilleuls Argentés",
        "name_key": "fonciere des tilleuls argentes",
        "code": "C00001",
        "currency": "EUR",
        "country": "FR",
        "client_type": ClientType.COMPANY,
        "language": "fr",
        "payment_days": 30,
    }
    assert {name: row.columns[name] for name in expected} == expected


def test_given_values_win_over_defaults_and_zero_days_is_a_value() -> None:
    (row,) = planned(
        candidate(
            name="Ville de Nantes",
            code="CLI-7",
            country="BE",
            client_type=ClientType.PUBLIC,
            language="en",
            payment_days=0,
        )
    )
    assert (row.columns["code"], row.columns["country"]) == ("CLI-7", "BE")
    assert (row.columns["client_type"], row.columns["payment_days"]) == (ClientType.PUBLIC, 0)


def test_codes_are_made_where_they_are_missing_and_taken_ones_are_passed_over() -> None:
    """DOMAIN §3.5 C: C00001…"""
    rows = planned(
        candidate(2, name="Alpha"),
        candidate(3, name="Beta", code="C00002"),
        candidate(4, name="Gamma"),
        candidate(5, name="Delta"),
        clients=Index([known(1, "Old", code="C00004")]),
    )
    assert [row.columns["code"] for row in rows] == ["C00001", "C00002", "C00003", "C00005"]


def test_the_same_client_again_is_left_alone() -> None:
    (row,) = planned(
        candidate(name="Brive-Habitat", code="CLI-0001", currency="EUR", siret=SIRET),
        clients=brive(loose_key="brive habitat"),
    )
    assert (row.outcome, row.columns, row.issues) == (RowOutcome.UNCHANGED, {}, [])
    assert (row.target_id, row.target_version, row.writes) == (1, 4, False)


@pytest.mark.parametrize(
    "named",
    [
        {"record_id": 1, "name": "Brive-Habitat"},
        {"code": "CLI-0001", "name": "Brive-Habitat"},
        {"code": "CLI-0001", "name": "Brive Nouvelle"},
        {"name": "BRIVE-HABITAT"},
        {"record_id": 1, "name": "Brive Nouvelle", "code": "CLI-9"},
    ],
    ids=["reference", "code", "code alone", "name", "reference alone"],
)
def test_a_client_is_matched_by_reference_then_code_then_name(named: dict[str, Any]) -> None:
    """DOMAIN §3.2, second import; A22."""
    (row,) = planned(candidate(payment_days=45, **named), clients=brive())
    assert (row.outcome, row.target_id, row.target_version) == (RowOutcome.UPDATE, 1, 4)
    assert codes(row.issues) == ["WILL_UPDATE"]
    assert row.colour is RowColour.YELLOW
    assert row.columns["payment_days"] == 45
    (change,) = [change for change in row.changes if change.field == "payment_days"]
    assert (change.before, change.after) == (30, 45)


def test_an_empty_cell_never_erases() -> None:
    """DOMAIN §3.2."""
    (row,) = planned(
        candidate(name="Brive-Habitat", payment_days=60, comment=None, siret=None, currency=None),
        clients=brive(),
    )
    assert set(row.columns) <= {"payment_days", "loose_key"}
    assert [change.field for change in row.changes] == ["payment_days"]


def test_a_new_spelling_of_the_name_is_told_as_a_change_of_name_alone() -> None:
    (row,) = planned(candidate(name="Brive-HABITAT", code="CLI-0001"), clients=brive())
    assert [change.field for change in row.changes] == ["name"]
    assert "will be updated: name." in in_words(row.issues[0])


def test_a_code_and_a_name_of_two_clients_are_refused() -> None:
    clients = Index([known(1, "Brive", code="CLI-1"), known(2, "Tulle", code="CLI-2")])
    rows = planned(
        candidate(2, code="CLI-1", name="Tulle"),
        candidate(3, record_id=1, name="Tulle"),
        candidate(4, record_id=1, name="Brive", code="CLI-2"),
        clients=clients,
    )
    assert issues_of(rows) == [["REFERENCE_AMBIGUOUS"]] * 3
    assert outcomes(rows) == ["REFUSED"] * 3


def test_a_reference_that_is_not_ours_is_refused() -> None:
    (row,) = planned(candidate(record_id=99, name="Brive-Habitat"), clients=brive())
    assert codes(row.issues) == ["REFERENCE_ID_UNKNOWN"]
    assert (row.outcome, row.colour) == (RowOutcome.REFUSED, RowColour.RED)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"name": "Alpha"}, {"name": "ALPHA"}),
        ({"name": "Alpha", "code": "X-1"}, {"name": "Beta", "code": "X-1"}),
    ],
    ids=["name", "code"],
)
def test_a_key_that_stands_higher_in_the_file_is_refused(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    rows = planned(candidate(2, **first), candidate(3, **second))
    assert outcomes(rows) == ["CREATE", "REFUSED"]
    assert issues_of(rows) == [[], ["DUPLICATE_KEY_IN_FILE"]]
    assert in_words(rows[1].issues[0]).endswith("higher in the file, on row 2.")


@pytest.mark.parametrize("held", ["refused", "skipped"])
def test_a_refused_or_skipped_row_holds_no_key(held: str) -> None:
    """A23, A24; DOMAIN §3.2."""
    first = candidate(2, name="Alpha", code="C00001", siret=SIRET)
    if held == "refused":
        first.checked = (AMOUNT_NEGATIVE(found="-1"),)
    else:
        first.skipped = True
    rows = planned(first, candidate(3, name="Alpha", siret=SIRET))
    assert rows[1].outcome is RowOutcome.CREATE
    assert rows[1].issues == []
    assert rows[1].columns["code"] == "C00001"
    assert not rows[0].writes


def test_one_record_named_once_by_code_and_once_by_name_is_not_changed_twice() -> None:
    rows = planned(
        candidate(2, code="CLI-0001", name="Brive Nouvelle"),
        candidate(3, name="Brive-Habitat", payment_days=60),
        clients=brive(),
    )
    assert outcomes(rows) == ["UPDATE", "REFUSED"]
    assert codes(rows[1].issues) == ["DUPLICATE_KEY_IN_FILE"]


@pytest.mark.parametrize(
    ("name", "siret"), [("Brive Habitat SARL", None), ("Tout autre nom", SIRET)]
)
def test_a_new_client_that_looks_like_one_there_is_told(name: str, siret: str | None) -> None:
    """DOMAIN §3.3: equal by N-LOOSE or by SIRET."""
    (row,) = planned(candidate(name=name, siret=siret), clients=brive())
    assert row.outcome is RowOutcome.CREATE
    assert codes(row.issues) == ["POSSIBLE_DUPLICATE"]
    assert row.issues[0].expected == "Brive-Habitat"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"name": "Dupont SARL"}, {"name": "Dupont SA"}),
        ({"name": "Dupont", "siret": SIRET}, {"name": "Durand", "siret": SIRET}),
    ],
)
def test_a_new_client_that_looks_like_one_higher_in_the_file_is_told(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    rows = planned(candidate(2, **first), candidate(3, **second))
    assert issues_of(rows) == [[], ["POSSIBLE_DUPLICATE"]]
    assert outcomes(rows) == ["CREATE", "CREATE"]


def test_a_contact_goes_with_its_new_client() -> None:
    (row,) = planned(candidate(name="Alpha", contact_name="Anaïs", contact_email="a@b.example"))
    assert row.parts == {"contact": {"name": "Anaïs", "email": "a@b.example", "phone": None}}
    assert planned(candidate(name="Alpha", contact_name=None))[0].parts == {}


def test_a_contact_that_changes_is_a_change_and_an_empty_one_is_none() -> None:
    known_contact = brive(
        contact_name="Anaïs", contact_email="a@b.example", loose_key="brive habitat"
    )
    same, other, empty = (
        planned(candidate(name="Brive-Habitat", **cells), clients=known_contact)[0]
        for cells in (
            {"contact_name": "Anaïs"},
            {"contact_name": "Anaïs", "contact_email": "b@b.example"},
            {"contact_name": None},
        )
    )
    assert (same.outcome, empty.outcome) == (RowOutcome.UNCHANGED, RowOutcome.UNCHANGED)
    assert other.outcome is RowOutcome.UPDATE
    assert [(c.field, c.before, c.after) for c in other.changes] == [
        ("contact_email", "a@b.example", "b@b.example")
    ]


def test_what_the_cells_gave_rise_to_comes_first_and_colours_the_row() -> None:
    """A21, A22."""
    red, yellow = candidate(2, name="Alpha"), candidate(3, name="Beta")
    red.checked, yellow.checked = (AMOUNT_NEGATIVE(found="-1"),), (AMOUNT_ZERO(),)
    rows = planned(red, yellow)
    assert [row.colour for row in rows] == [RowColour.RED, RowColour.YELLOW]
    assert issues_of(rows) == [["AMOUNT_NEGATIVE"], ["AMOUNT_ZERO"]]
    assert outcomes(rows) == ["REFUSED", "CREATE"]


def recorded(created: list[Planned]) -> Index:
    """The clients that the rows `created` became."""
    return Index(
        Known(row.row, row.columns["name"], code=row.columns["code"], columns=dict(row.columns))
        for row in created
    )


names = st.text("abé SA.-", min_size=1, max_size=8).filter(lambda text: name_key(text) != "")
sheet_rows = st.lists(
    st.fixed_dictionaries(
        {"name": names, "code": st.none() | st.sampled_from(["C00001", "C00002", "K-1"])}
    ),
    max_size=12,
)


@given(sheet_rows, sheet_rows)
def test_rows_that_write_never_share_a_name_a_code_or_a_record(
    before: list[dict[str, Any]], rows: list[dict[str, Any]]
) -> None:
    created = [
        row
        for row in planned(*(candidate(n, **row) for n, row in enumerate(before, start=2)))
        if row.writes
    ]
    clients = recorded(created)
    writing = [
        row
        for row in planned(
            *(candidate(n, **row) for n, row in enumerate(rows, start=2)), clients=clients
        )
        if row.writes
    ]
    targets = [row.target_id for row in writing if row.target_id]
    assert len(set(targets)) == len(targets)
    untouched = [entry for entry in clients.by_id.values() if entry.id not in targets]
    kept: list[tuple[Any, Any]] = [(e.key, e.code) for e in untouched]
    for row in writing:
        old = clients.by_id.get(row.target_id or 0)
        key = row.columns.get("name_key", old.key if old else None)
        kept.append((key, row.columns.get("code", old.code if old else None)))
    for keys in zip(*kept, strict=True) if kept else ():
        assert len(set(keys)) == len(keys)


@given(sheet_rows)
def test_importing_what_was_just_imported_changes_nothing(rows: list[dict[str, Any]]) -> None:
    candidates = [candidate(n, **row) for n, row in enumerate(rows, start=2)]
    first = planned(*candidates)
    taken = [one for one, row in zip(candidates, first, strict=True) if row.writes]
    again = planned(*taken, clients=recorded([row for row in first if row.writes]))
    assert set(outcomes(again)) <= {"UNCHANGED"}
