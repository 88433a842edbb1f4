"""Many records at once: order, counts, policies, dry runs, and the same call twice."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.api.records.asking import (
    A_CLIENT,
    A_COLLABORATOR,
    A_PHASE,
    A_PROJECT,
    Row,
    bulk,
    client_by_code,
    codes,
    done,
    each,
    outcomes,
    paths,
    project_by_code,
    reds,
)
from tests.support.api import ApiClient
from tests.support.prepared import statements

NOBODY = {"created": 0, "updated": 0, "unchanged": 0, "skipped": 0, "rejected": 0}


def counted(**found: int) -> dict[str, int]:
    return NOBODY | found


def total(api: ApiClient, name: str) -> int:
    found: int = api.query(f"{{ {name} {{ totalCount }} }}")[name]["totalCount"]
    return found


def clients(*names: str) -> list[Row]:
    return [A_CLIENT | {"name": name, "externalReference": f"ref-{name}"} for name in names]


def test_results_keep_the_order_and_number_of_the_items(any_firm: ApiClient) -> None:
    """API.md 3: created, updated by code, by name and by id, unchanged, each in its place."""
    one, two, three = (client_by_code(any_firm, f"CLI-000{n}") for n in (1, 2, 3))
    assert one is not None
    assert two is not None
    assert three is not None
    items: list[Row] = [
        *clients("Premier"),
        A_CLIENT | {"code": "cli-0001", "name": one["name"], "comment": "par le code"},
        {"id": two["id"], "comment": "par l’identifiant"},
        A_CLIENT | {"name": three["name"].upper(), "externalReference": "x" * 300},
        {"id": one["id"].replace("_1", "_4")},
        *clients("Dernier"),
    ]
    answer = bulk(any_firm, "clients", items)
    assert answer["userErrors"] == []
    assert each(answer["results"], "index") == list(range(6))
    assert outcomes(answer) == ["CREATED", "UPDATED", "UPDATED", "UPDATED", "UNCHANGED", "CREATED"]
    assert answer["counts"] == counted(created=2, updated=3, unchanged=1)
    references = each(answer["results"], "externalReference")
    assert references == ["ref-Premier", None, None, "x" * 300, None, "ref-Dernier"]
    nodes = each(answer["results"], "node")
    assert each(nodes, "id")[1:4] == [one["id"], two["id"], three["id"]]
    assert nodes[2]["comment"] == "par l’identifiant"
    changes = answer["results"][2]["changes"]
    assert changes == [{"field": "comment", "before": two["comment"], "after": nodes[2]["comment"]}]
    assert answer["results"][4]["changes"] == answer["results"][0]["changes"] == []


def test_one_red_item_stops_everything_unless_told_otherwise(any_firm: ApiClient) -> None:
    """API.md 4: REJECT_EVERYTHING writes nothing; the others are SKIPPED, each with its reasons."""
    before = total(any_firm, "clients")
    items = [*clients("Un", "Deux"), A_CLIENT | {"currency": "FRF"}, *clients("Trois")]
    answer = bulk(any_firm, "clients", items)
    assert outcomes(answer) == ["SKIPPED", "SKIPPED", "REJECTED", "SKIPPED"]
    assert answer["counts"] == counted(skipped=3, rejected=1)
    assert each(answer["results"], "node") == [None] * 4
    assert codes(answer["results"][2]) == ["CURRENCY_UNKNOWN"]
    assert paths(answer["results"][2]) == ["items.2.currency"]
    assert answer["results"][2]["userErrors"][0]["column"] == "E"
    assert total(any_firm, "clients") == before

    answer = bulk(any_firm, "clients", items, errorPolicy="REJECT_FAILED_ROWS")
    assert outcomes(answer) == ["CREATED", "CREATED", "REJECTED", "CREATED"]
    assert answer["counts"] == counted(created=3, rejected=1)
    assert total(any_firm, "clients") == before + 3


def test_a_dry_run_writes_nothing_not_even_its_key(any_firm: ApiClient) -> None:
    before = total(any_firm, "clients")
    items = [*clients("Un", "Deux"), {"id": "client_1", "comment": "Vu"}]
    answer = bulk(any_firm, "clients", items, dryRun=True, idempotencyKey="dry")
    assert outcomes(answer) == ["CREATED", "CREATED", "UPDATED"]
    assert each(answer["results"], "node")[:2] == [None, None]
    assert answer["results"][2]["changes"][0]["after"] == "Vu"
    assert total(any_firm, "clients") == before
    found = any_firm.query('{ client(id: "client_1") { comment version } }')["client"]
    assert found["comment"] != "Vu"
    answer = bulk(any_firm, "clients", items, idempotencyKey="dry")
    assert (answer["replayed"], outcomes(answer)) == (False, ["CREATED", "CREATED", "UPDATED"])
    assert total(any_firm, "clients") == before + 2


def test_the_same_key_answers_the_same_and_writes_once(any_firm: ApiClient) -> None:
    """API.md 8: the kept answer has the reasons and the changes too."""
    before = total(any_firm, "clients")
    items = [
        *clients("Un"),
        A_CLIENT | {"name": "Deux", "siret": "73282932000075"},
        A_CLIENT | {"name": "Trois", "currency": "FRF"},
        {"id": "client_1", "comment": "Vu"},
    ]
    given: dict[str, Any] = {"errorPolicy": "REJECT_FAILED_ROWS", "idempotencyKey": "once"}
    first = bulk(any_firm, "clients", items, **given)
    assert outcomes(first) == ["CREATED", "CREATED", "REJECTED", "UPDATED"]
    assert (first["replayed"], codes(first["results"][1])) == (False, ["SIRET_INVALID"])
    again = bulk(any_firm, "clients", items, **given)
    assert again == first | {"replayed": True}
    assert total(any_firm, "clients") == before + 2


def test_a_replay_shows_the_records_as_they_are_now(firm: ApiClient) -> None:
    first = bulk(firm, "clients", clients("Un"), idempotencyKey="once")
    made = first["results"][0]["node"]
    done(firm, "clientUpdate", id=made["id"], comment="Depuis")
    again = bulk(firm, "clients", clients("Un"), idempotencyKey="once")
    assert again["results"][0]["node"]["comment"] == "Depuis"
    assert again["results"][0]["outcome"] == "CREATED"


@pytest.mark.parametrize(
    ("items", "given"),
    [
        (clients("Autre"), {}),
        ([], {}),
        (clients("Un"), {"errorPolicy": "REJECT_FAILED_ROWS"}),
        (clients("Un"), {"dryRun": True}),
        (clients("Un", "Un autre"), {}),
    ],
)
def test_a_key_goes_with_one_question(
    firm: ApiClient, items: list[Row], given: dict[str, Any]
) -> None:
    bulk(firm, "clients", clients("Un"), idempotencyKey="once")
    answer = bulk(firm, "clients", items, idempotencyKey="once", **given)
    assert codes(answer) == ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]
    assert (paths(answer), answer["results"]) == (["idempotencyKey"], [])
    french = bulk(firm.in_language("fr"), "clients", items, idempotencyKey="once", **given)
    assert "autres paramètres" in french["userErrors"][0]["message"]


def test_a_key_is_that_of_one_mutation_and_one_firm(firm: ApiClient) -> None:
    bulk(firm, "clients", clients("Un"), idempotencyKey="once")
    person = bulk(firm, "collaborators", [A_COLLABORATOR], idempotencyKey="once")
    assert (person["replayed"], outcomes(person)) == (False, ["CREATED"])
    other = bulk(firm.of_another_firm(), "clients", clients("Deux"), idempotencyKey="once")
    assert (other["replayed"], outcomes(other)) == (False, ["CREATED"])


def test_what_was_refused_may_be_asked_again_under_its_key(firm: ApiClient) -> None:
    """Nothing was written, so nothing was kept: the second try finds what was missing."""
    items = [A_PROJECT | {"client": "LATER"}]
    answer = bulk(firm, "projects", items, idempotencyKey="once")
    assert codes(answer["results"][0]) == ["REFERENCE_UNKNOWN"]
    done(firm, "clientCreate", **A_CLIENT | {"code": "LATER"})
    answer = bulk(firm, "projects", items, idempotencyKey="once")
    assert (answer["replayed"], outcomes(answer)) == (False, ["CREATED"])


@pytest.mark.parametrize("key", ["", "k" * 129, "k" * 100_000])
def test_a_key_has_from_1_to_128_characters(any_firm: ApiClient, key: str) -> None:
    answer = bulk(any_firm, "clients", clients("Un"), idempotencyKey=key)
    assert (codes(answer), paths(answer)) == (["FIELD_INVALID"], ["idempotencyKey"])
    longest = bulk(any_firm, "clients", clients("Un"), idempotencyKey="é" * 128)
    assert outcomes(longest) == ["CREATED"]


def test_one_thing_twice_in_one_call_is_told_on_the_second(any_firm: ApiClient) -> None:
    items = [
        *clients("Un", "UN  "),
        A_CLIENT | {"name": "Deux", "code": "DBL"},
        A_CLIENT | {"name": "Trois", "code": "dbl"},
        {"id": "client_1", "comment": "a"},
        {"id": "client_1", "comment": "b"},
    ]
    answer = bulk(any_firm, "clients", items, errorPolicy="REJECT_FAILED_ROWS")
    assert outcomes(answer) == [
        *("CREATED", "REJECTED", "CREATED", "REJECTED", "UPDATED", "REJECTED")
    ]
    for place in (1, 3, 5):
        assert set(reds(answer["results"][place])) == {"DUPLICATE_KEY_IN_FILE"}
    found = any_firm.query('{ client(id: "client_1") { comment } }')["client"]
    assert found["comment"] == "a"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"id": "client_999999"}, "NOT_FOUND"),
        ({"id": "project_1"}, "ID_INVALID"),
        ({"id": ""}, "ID_INVALID"),
        ({"id": "client_" + "9" * 30}, "ID_INVALID"),
    ],
)
def test_an_item_that_names_nothing_is_rejected_alone(
    firm: ApiClient, given: Row, code: str
) -> None:
    items = [*clients("Un"), given, *clients("Deux")]
    answer = bulk(firm, "clients", items, errorPolicy="REJECT_FAILED_ROWS")
    assert outcomes(answer) == ["CREATED", "REJECTED", "CREATED"]
    assert codes(answer["results"][1]) == [code]
    assert paths(answer["results"][1]) == ["items.1.id"]


def test_an_archived_record_is_brought_back_before_it_is_changed(firm: ApiClient) -> None:
    made = done(firm, "clientCreate", **A_CLIENT)
    done(firm, "clientArchive", id=made["id"])
    answer = bulk(firm, "clients", [{"id": made["id"], "comment": "x"}])
    assert codes(answer["results"][0]) == ["RECORD_ARCHIVED"]


def test_more_than_a_thousand_items_belong_in_a_file(firm: ApiClient) -> None:
    """API.md 3: INPUT_TOO_LARGE, which names the other way."""
    items = [{"id": "client_1"}] * 1001
    for nouns in ("clients", "projects", "phases", "collaborators"):
        answer = bulk(firm, nouns, items)
        assert (codes(answer), answer["results"]) == (["INPUT_TOO_LARGE"], [])
        assert paths(answer) == ["items"]
    french = bulk(firm.in_language("fr"), "clients", items)
    assert "1001" in french["userErrors"][0]["message"]
    assert "import" in french["userErrors"][0]["fix"]


def test_a_thousand_items_are_written_in_statements_that_no_item_adds_to(
    any_firm: ApiClient,
) -> None:
    counts = []
    for size in (300, 1000):
        items = [A_CLIENT | {"name": f"Client {size} {n}"} for n in range(size)]
        with statements(any_firm) as told:
            answer = bulk(any_firm, "clients", items)
        assert answer["counts"] == counted(created=size)
        counts.append(len(told))
    assert counts[1] <= counts[0] + 4


def test_an_empty_bulk_is_nothing_done(firm: ApiClient) -> None:
    answer = bulk(firm, "clients", [])
    assert (answer["counts"], answer["results"], answer["userErrors"]) == (NOBODY, [], [])


def test_projects_are_found_by_code_and_see_clients_of_before(any_firm: ApiClient) -> None:
    known = project_by_code(any_firm, "PAT-2501")
    assert known is not None
    items = [
        A_PROJECT,
        A_PROJECT | {"code": "pat-2501", "name": "Renommé", "entity": "RIV-LYO"},
        A_PROJECT | {"code": "NEW-2602", "client": "inconnu"},
    ]
    answer = bulk(any_firm, "projects", items, errorPolicy="REJECT_FAILED_ROWS")
    assert outcomes(answer) == ["CREATED", "UPDATED", "REJECTED"]
    assert answer["results"][1]["node"]["id"] == known["id"]
    assert paths(answer["results"][2]) == ["items.2.client"]


def test_phases_of_one_new_fee_project_are_made_together(any_firm: ApiClient) -> None:
    """O24, O25: one row per phase; codes are made, one links to another of the same call."""
    items = [
        A_PHASE | {"contract": "Neuve", "phaseName": name, "phaseCode": code, "linkedPhase": link}
        for name, code, link in (
            ("Esquisse", "E", None),
            ("Suite", None, "E"),
            ("Fin", None, None),
        )
    ]
    answer = bulk(any_firm, "phases", items)
    assert outcomes(answer) == ["CREATED"] * 3
    nodes = each(answer["results"], "node")
    assert each(nodes, "code") == ["E", "PH01", "PH02"]
    assert len({node["contract"]["id"] for node in nodes}) == 1
    assert each(nodes, "linkedPhase") == [None, {"code": "E"}, None]
    again = bulk(any_firm, "phases", items)
    assert set(outcomes(again)) <= {"UNCHANGED", "CREATED"}
    assert outcomes(again)[0] == "UNCHANGED"


def test_fee_projects_of_two_methods_disagree(firm: ApiClient) -> None:
    items = [
        A_PHASE | {"contract": "Neuve", "phaseCode": "A"},
        A_PHASE | {"contract": "Neuve", "phaseCode": "B", "billingMethod": "TIME_AND_MATERIALS"},
    ]
    answer = bulk(firm, "phases", items)
    assert outcomes(answer) == ["SKIPPED", "REJECTED"]
    assert codes(answer["results"][1]) == ["CONTRACT_INCONSISTENT"]


def test_collaborators_are_found_by_their_address(any_firm: ApiClient) -> None:
    items = [A_COLLABORATOR, A_COLLABORATOR | {"email": "autre@b.example"}]
    first = bulk(any_firm, "collaborators", items)
    assert outcomes(first) == ["CREATED", "CREATED"]
    items[0] = A_COLLABORATOR | {"email": A_COLLABORATOR["email"].upper(), "jobTitle": "Cheffe"}
    again = bulk(any_firm, "collaborators", items, idempotencyKey=str(uuid4()))
    assert outcomes(again) == ["UPDATED", "UNCHANGED"]
    assert again["results"][0]["node"]["id"] == first["results"][0]["node"]["id"]
