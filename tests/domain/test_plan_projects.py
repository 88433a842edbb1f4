"""Planning the Projects sheet: the client and the entity must exist, the code is the project."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from domain.project.model import ProjectStatus
from domain.takeover.candidate import Candidate, Planned
from domain.takeover.issues import AMOUNT_NEGATIVE
from domain.takeover.match import Index
from domain.takeover.model import RowOutcome
from domain.takeover.plan import Firm
from domain.takeover.projects import Past, ProjectPlanner
from tests.domain.examples import candidate, codes, firm, issues_of, known, outcomes

CLIENTS = Index(
    [
        known(1, "Brive-Habitat", code="CLI-1", currency="EUR"),
        known(2, "Tilleuls SAS", code="CLI-2", currency="CHF"),
    ]
)
TWO = firm(known(1, "Atelier Paris", code="PAR"), known(2, "Atelier Lyon", code="LYO"))
PEOPLE = {"s.orval@atelier.example": 8}


def cells(**changed: Any) -> dict[str, Any]:
    return {
        "code": "LOG-2403",
        "name": "Réhabilitation de 24 logements",
        "client": "Brive-Habitat",
        "country": "FR",
        "currency": "EUR",
        "vat_rate": Decimal(20),
        "status": "SIGNED",
    } | changed


def row(number: int = 2, /, *, record_id: int | None = None, **changed: Any) -> Candidate:
    return candidate(number, record_id=record_id, **cells(**changed))


def planned(
    *rows: Candidate, projects: Index | None = None, of: Firm | None = None
) -> list[Planned]:
    return ProjectPlanner(of or firm(), CLIENTS, projects or Index(), PEOPLE).plan(rows)


def there(key: int = 5, code: str = "LOG-2403", **changed: Any) -> Index:
    """A firm with one project as `row` has it."""
    return Index([one(key, code, **changed)])


def one(key: int, code: str, **changed: Any) -> Any:
    columns = cells(code=code) | {"client_id": 1, "entity_id": 1, "status": ProjectStatus.SIGNED}
    del columns["client"]
    name = str(columns.pop("name"))
    return known(key, name, version=2, **columns | changed)


def test_a_new_project_points_to_its_client_and_to_the_only_entity() -> None:
    """O15–O21."""
    (made,) = planned(row())
    assert (made.outcome, made.issues) == (RowOutcome.CREATE, [])
    expected = {
        "code": "LOG-2403",
        "client_id": 1,
        "entity_id": 1,
        "status": ProjectStatus.SIGNED,
        "vat_rate": 20,
        "manager_id": None,
        "works_minor": None,
    }
    assert {name: made.columns[name] for name in expected} == expected


def test_the_client_may_be_named_by_code_and_nearly_by_name() -> None:
    """O17."""
    by_code, nearly = planned(
        row(2, client="cli-2", currency="CHF"), row(3, code="B", client="Tilleuls", currency="CHF")
    )
    assert by_code.columns["client_id"] == nearly.columns["client_id"] == 2
    assert codes(nearly.issues) == ["REFERENCE_MATCHED_APPROX"]


def test_an_unknown_client_refuses_the_row_and_not_the_file() -> None:
    """DOMAIN §3.1."""
    rows = planned(row(2, client="Brive Abitat"), row(3))
    assert outcomes(rows) == ["REFUSED", "CREATE"]
    assert codes(rows[0].issues) == ["REFERENCE_UNKNOWN"]
    assert rows[0].issues[0].field == ("client",)


def test_with_several_entities_the_project_has_the_one_it_names_or_none_yet() -> None:
    """O35."""
    rows = planned(
        row(2, code="A", entity="LYO"),
        row(3, code="B", entity="atelier paris"),
        row(4, code="C"),
        row(5, code="D", entity="Bordeaux"),
        of=TWO,
    )
    assert [made.columns.get("entity_id") for made in rows] == [2, 1, None, None]
    assert issues_of(rows) == [[], [], [], ["REFERENCE_UNKNOWN"]]


def test_another_currency_than_the_clients_is_told() -> None:
    (made,) = planned(row(client="CLI-2"))
    assert (made.outcome, codes(made.issues)) == (RowOutcome.CREATE, ["CURRENCY_DIFFERS"])
    assert (made.issues[0].found, made.issues[0].expected) == ("EUR", "CHF")


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("1850000", "EUR", 185_000_000), ("1850000", "JPY", 1_850_000), ("0", "EUR", 0)],
)
def test_the_cost_of_the_works_is_kept_in_minor_units(
    amount: str, currency: str, minor: int
) -> None:
    (made,) = planned(row(works_amount=Decimal(amount), currency=currency))
    assert made.columns["works_minor"] == minor


def test_a_manager_is_linked_once_the_person_is_there() -> None:
    """O09: collaborators come last."""
    known_person, unknown_person = planned(
        row(2, code="A", manager_email="s.orval@atelier.example"),
        row(3, code="B", manager_email="l.orval@atelier.example"),
    )
    assert known_person.columns["manager_id"] == 8
    assert unknown_person.columns["manager_id"] is None
    assert unknown_person.columns["manager_email"] == "l.orval@atelier.example"
    assert issues_of([known_person, unknown_person]) == [[], []]


def test_the_same_project_again_is_left_alone() -> None:
    (same,) = planned(row(), projects=there())
    assert (same.outcome, same.issues, same.target_id) == (RowOutcome.UNCHANGED, [], 5)


@pytest.mark.parametrize("named", [{"code": "log-2403"}, {"record_id": 5, "code": "LOG-9"}])
def test_a_project_is_matched_by_reference_then_by_code_whatever_its_case(
    named: dict[str, Any],
) -> None:
    (made,) = planned(row(name="Autre nom", **named), projects=there())
    assert (made.outcome, made.target_id, made.target_version) == (RowOutcome.UPDATE, 5, 2)
    assert codes(made.issues) == ["WILL_UPDATE"]
    assert "name" in [change.field for change in made.changes]


def bound(planned_with: Past, *rows: Candidate, projects: Index | None = None) -> list[Planned]:
    return ProjectPlanner(TWO, CLIENTS, projects or there(), PEOPLE, planned_with).plan(rows)


@pytest.mark.parametrize(
    ("changed", "said", "shown"),
    [
        ({"client": "CLI-2"}, "PROJECT_CLIENT_FROZEN", ("Tilleuls SAS", "Brive-Habitat")),
        ({"entity": "LYO"}, "PROJECT_ENTITY_FROZEN", ("Atelier Lyon", "Atelier Paris")),
    ],
)
def test_an_invoiced_project_keeps_its_client_and_its_entity(
    changed: dict[str, str], said: str, shown: tuple[str, str]
) -> None:
    (free,) = bound(Past(is_invoiced=lambda key: key == 6), row(**changed))
    assert free.outcome is RowOutcome.UPDATE
    (made,) = bound(Past(is_invoiced=lambda key: key == 5), row(**changed))
    assert made.outcome is RowOutcome.REFUSED
    issue = next(one for one in made.issues if one.code == said)
    assert ((issue.found, issue.expected), issue.field) == (shown, tuple(changed))
    (same,) = bound(Past(is_invoiced=lambda key: True), row(client="CLI-1", city="Brive"))
    assert same.outcome is RowOutcome.UPDATE


def test_an_invoiced_project_without_an_entity_may_be_given_one() -> None:
    past = Past(is_invoiced=lambda key: True)
    (made,) = bound(past, row(entity="LYO"), projects=there(entity_id=None))
    assert (made.outcome, made.columns) == (RowOutcome.UPDATE, {"entity_id": 2})


def test_a_currency_that_would_round_fees_is_refused_with_their_number() -> None:
    past = Past(inexact=lambda key, currency: 3 if currency == "JPY" else 0)
    (made,) = bound(past, row(currency="JPY"))
    assert (made.outcome, codes(made.issues)[0]) == (RowOutcome.REFUSED, "CURRENCY_DIFFERS")
    (issue,) = [one for one in made.issues if one.code == "PROJECT_CURRENCY_INEXACT"]
    assert (issue.facts["count"], issue.found) == ("3", "JPY")
    (made,) = bound(past, row(currency="CHF"))
    assert made.outcome is RowOutcome.UPDATE


def test_the_works_follow_the_project_into_its_currency_when_their_cell_is_empty() -> None:
    """1,850,000.00 EUR is 1,850,000 JPY, not 185,000,000."""
    (made,) = bound(Past(), row(currency="JPY"), projects=there(works_minor=185_000_000))
    assert made.columns["works_minor"] == 1_850_000
    assert ("works_amount", 1_850_000, 1_850_000) in [
        (change.field, change.before, change.after) for change in made.changes
    ]


def test_an_archived_project_is_brought_back_before_a_row_changes_it() -> None:
    for named in ({}, {"record_id": 5, "code": "LOG-9"}):
        (made,) = planned(row(**named), projects=there(archived_at="yesterday"))
        assert (made.outcome, codes(made.issues)) == (RowOutcome.REFUSED, ["RECORD_ARCHIVED"])
        assert made.issues[0].field == ("code",)


def test_nothing_new_is_begun_for_an_archived_client() -> None:
    gone = Index([known(1, "Brive-Habitat", code="CLI-1", currency="EUR", archived_at="then")])
    (new,) = ProjectPlanner(firm(), gone, Index(), PEOPLE).plan([row()])
    assert (codes(new.issues), new.issues[0].field) == (["RECORD_ARCHIVED"], ("client",))
    (old,) = ProjectPlanner(firm(), gone, there(), PEOPLE).plan([row(city="Brive")])
    assert old.outcome is RowOutcome.UPDATE, "what it has is still kept up"


def test_the_currency_of_an_invoiced_project_is_frozen() -> None:
    """DOMAIN §2.1."""
    for invoiced, said in (({5}, ["PROJECT_CURRENCY_FROZEN"]), ({6}, ["WILL_UPDATE"])):
        past = Past(is_billed=invoiced.__contains__)
        planner = ProjectPlanner(firm(), CLIENTS, there(), PEOPLE, past)
        (made,) = planner.plan([row(client="CLI-2", currency="CHF")])
        assert codes(made.issues) == said
        (same,) = planner.plan([row(3, code="LOG-2403", city="Brive")])
        assert "PROJECT_CURRENCY_FROZEN" not in codes(same.issues)


def test_two_projects_may_bear_one_name() -> None:
    (made,) = planned(row(code="LOG-9"), projects=there())
    assert made.outcome is RowOutcome.CREATE


def test_an_empty_cell_never_erases() -> None:
    (made,) = planned(
        row(city=None, works_amount=None), projects=there(city="Brive", works_minor=5)
    )
    assert (made.outcome, made.columns) == (RowOutcome.UNCHANGED, {})


def test_a_reference_that_is_not_ours_is_refused_even_with_a_known_code() -> None:
    (made,) = planned(row(record_id=99), projects=there())
    assert (made.outcome, codes(made.issues)) == (RowOutcome.REFUSED, ["REFERENCE_ID_UNKNOWN"])


def test_a_known_project_cannot_take_the_code_of_another() -> None:
    two = Index([one(5, "LOG-2403"), one(6, "LOG-9")])
    (made,) = planned(row(record_id=5, code="LOG-9"), projects=two)
    assert (made.outcome, codes(made.issues)) == (RowOutcome.REFUSED, ["KEY_TAKEN"])


def test_a_code_that_stands_higher_in_the_file_is_refused() -> None:
    rows = planned(row(2), row(3))
    assert issues_of(rows) == [[], ["DUPLICATE_KEY_IN_FILE"]]


@pytest.mark.parametrize("held", ["refused", "unknown client", "skipped"])
def test_a_refused_or_skipped_row_holds_no_code(held: str) -> None:
    first = row(2, client="Nobody" if held == "unknown client" else "Brive-Habitat")
    if held == "refused":
        first.checked = (AMOUNT_NEGATIVE(found="-1"),)
    first.skipped = held == "skipped"
    assert planned(first, row(3))[1].outcome is RowOutcome.CREATE
