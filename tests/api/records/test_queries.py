"""Queries of every shape give the right data, in a number of statements that no row adds to."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from domain.client import Client
from domain.errors import Refusal
from tests.api.records.asking import each
from tests.support.api import ApiClient
from tests.support.documents import DRAW
from tests.support.prepared import statements
from tests.support.takeover import project


def test_aliases_each_give_their_own_answer(browsed: ApiClient) -> None:
    data = browsed.query(
        '{ one: clientByCode(code: "CLI-0001") { first: code second: code label: name }'
        ' two: clientByCode(code: "CLI-0002") { code name }'
        ' none: clientByCode(code: "?") { code } }'
    )
    assert data["one"]["first"] == data["one"]["second"] == "CLI-0001"
    assert data["one"]["label"] != data["two"]["name"]
    assert (data["two"]["code"], data["none"]) == ("CLI-0002", None)


def test_one_relation_under_two_aliases_has_the_fields_of_each(browsed: ApiClient) -> None:
    data = browsed.query(
        '{ projectByCode(code: "PAT-2501") {'
        " few: contracts { id } many: contracts { name phases { a: code b: name } }"
        " client { code } again: client { name } } }"
    )["projectByCode"]
    assert data["few"][0].keys() == {"id"}
    assert data["many"][0].keys() == {"name", "phases"}
    assert data["many"][0]["phases"][0].keys() == {"a", "b"}
    assert data["client"].keys() == {"code"}
    assert data["again"].keys() == {"name"}


def test_fragments_within_fragments_are_folded_in(browsed: ApiClient) -> None:
    data = browsed.query(
        'query { projectByCode(code: "PAT-2501") { ...Job ...Named } }'
        " fragment Job on Project { code contracts { ...Fees } }"
        " fragment Fees on Contract { name phases { ...Amount ... on Node { id } ... { code } } }"
        " fragment Amount on Phase { fee { ...Sum } figures { earned { ...Sum } } }"
        " fragment Sum on Money { amount currency }"
        " fragment Named on Project { name code ...Place }"
        " fragment Place on Project { country city client { ...Party } }"
        " fragment Party on Client { name contacts { email } }"
    )["projectByCode"]
    assert data["code"] == "PAT-2501"
    assert data["country"] == "FR"
    assert data["client"]["contacts"]
    phase = data["contracts"][0]["phases"][0]
    assert phase["id"].startswith("phase_")
    assert phase["fee"] == {"amount": "22868.95", "currency": "EUR"}
    assert phase["figures"]["earned"] == {"amount": "22868.95", "currency": "EUR"}


def test_a_fragment_used_twice_on_different_levels_is_read_on_both(browsed: ApiClient) -> None:
    data = browsed.query(
        '{ projectByCode(code: "PAT-2501") { ...Told contracts { phases { contract { project'
        " { ...Told } } } } } } fragment Told on Project { code client { name } }"
    )["projectByCode"]
    inner = data["contracts"][0]["phases"][0]["contract"]["project"]
    assert inner == {"code": data["code"], "client": data["client"]}


@pytest.mark.parametrize("shown", [True, False])
def test_directives_show_and_hide(browsed: ApiClient, shown: bool) -> None:
    data = browsed.query(
        'query($shown: Boolean!, $code: String = "CLI-0001") { clientByCode(code: $code) {'
        " code name @include(if: $shown) country @skip(if: $shown)"
        " contacts @include(if: $shown) { name }"
        " ...More @skip(if: $shown) ... @include(if: $shown) { siret } } }"
        " fragment More on Client { language }",
        shown=shown,
    )["clientByCode"]
    expected = {"code", "name", "contacts", "siret"} if shown else {"code", "country", "language"}
    assert data.keys() == expected


def test_typenames_stand_on_every_level(browsed: ApiClient) -> None:
    data = browsed.query(
        '{ __typename projectByCode(code: "PAT-2501") { __typename client { __typename }'
        " contracts { phases { __typename fee { __typename } figures { __typename } } } }"
        " clients(page: { first: 1 }) { __typename nodes { __typename }"
        " edges { __typename node { __typename } } pageInfo { __typename } } }"
    )
    assert data["__typename"] == "Query"
    phase = data["projectByCode"]["contracts"][0]["phases"][0]
    assert phase["__typename"] == "Phase"
    assert phase["fee"]["__typename"] == "Money"
    assert phase["figures"]["__typename"] == "Figures"
    assert data["clients"]["__typename"] == "ClientConnection"
    assert data["clients"]["nodes"] == [{"__typename": "Client"}]
    assert data["clients"]["edges"][0]["node"] == {"__typename": "Client"}


def test_a_selection_of_typenames_alone_asks_for_no_column_and_works(browsed: ApiClient) -> None:
    assert browsed.query("{ viewer { __typename } }") == {"viewer": {"__typename": "Viewer"}}
    data = browsed.query("{ projects(page: { last: 2 }) { nodes { __typename } } }")
    assert data["projects"]["nodes"] == [{"__typename": "Project"}] * 2


def test_relations_lead_round_and_come_back_to_the_same_record(browsed: ApiClient) -> None:
    data = browsed.query(
        '{ projectByCode(code: "PAT-2501") { id code client { id } entity { code }'
        " contracts { id phases { id figures { progress remainingToBill { amount } }"
        " linkedPhase { id } progressUpdates { percent asOf source }"
        " contract { id phases { id contract { id project { id client { id } } } } } } } } }"
    )["projectByCode"]
    for contract in data["contracts"]:
        for phase in contract["phases"]:
            assert phase["contract"]["id"] == contract["id"]
            assert each(phase["contract"]["phases"], "id") == each(contract["phases"], "id")
            for again in phase["contract"]["phases"]:
                assert again["contract"]["project"] == {
                    "id": data["id"],
                    "client": data["client"],
                }
            last = phase["progressUpdates"][-1:]
            assert [u["percent"] for u in last] == [phase["figures"]["progress"]] * len(last)


def test_both_ways_into_a_page_give_the_same_nodes(browsed: ApiClient) -> None:
    data = browsed.query(
        "{ projects(page: { first: 5 }) { nodes { id client { name } }"
        " edges { cursor node { code contracts { name } } } totalCount } }"
    )["projects"]
    assert len(data["nodes"]) == len(data["edges"]) == 5
    assert data["nodes"][0].keys() == {"id", "client"}
    assert data["edges"][0]["node"].keys() == {"code", "contracts"}


QUERIES = {
    "clients": "id name contacts { name } addresses { city }",
    "projects": (
        "code client { name contacts { name } } entity { code } manager { email }"
        " contracts { name phases { code fee { amount } linkedPhase { code }"
        " figures { earned { amount } billableNow { amount } } progressUpdates { percent } } }"
    ),
    "collaborators": "email entity { name }",
}


@pytest.mark.parametrize("name", QUERIES)
def test_no_row_adds_a_statement(browsed_any: ApiClient, name: str) -> None:
    """As many statements for fifty rows as for twenty: one a relation."""
    counted = []
    for size in (20, 50):
        with statements(browsed_any) as told:
            browsed_any.query(
                f"{{ {name}(page: {{ first: {size} }}) {{ nodes {{ {QUERIES[name]} }} }} }}"
            )
        counted.append(told)
    assert [len(told) for told in counted] == [len(counted[0])] * 2, counted


def test_no_invoice_adds_a_statement(firm: ApiClient) -> None:
    codes = ["PAT-2501", "PAT-2508", "IND-2501", "EQP-2501", "LOG-2402", "REH-2502"]
    counted = []
    for number, code in enumerate(codes):
        job = project(firm, code)
        firm.query(DRAW, client=job["client"]["id"], project=job["id"], key=str(number))
        with statements(firm) as told:
            data = firm.query(
                "{ invoices(page: { first: 100 }) { totalCount nodes { proFormaNumber"
                " client { name } entity { code } project { code contracts { name } }"
                " lines { description taxCode { rate } phase { contract { name } } }"
                " otherInvoices { number } vatGroups { rate vat { amount } } } } }"
            )["invoices"]
        assert data["totalCount"] == number + 1
        counted.append(len(told))
    assert len(set(counted)) == 1


@pytest.mark.parametrize("nouns", ["clients", "projects", "collaborators"])
def test_a_text_too_long_to_be_looked_for_is_said_to_be_so(browsed: ApiClient, nouns: str) -> None:
    """SQLite looks for 50,000 bytes at most, and says so at the first row."""
    text = f"query Q($text: String) {{ {nouns}(filter: {{text: $text}}) {{ nodes {{ id }} }} }}"
    for _ in range(3):
        (error,) = browsed.errors(text, text="é" * 200_000)
        assert error["extensions"]["code"] == "SOUGHT_TOO_LONG"
    assert browsed.query(text, text="é" * 20_000)[nouns]["nodes"] == []


@pytest.mark.parametrize("way", ["reading", "writing"])
def test_so_it_is_said_wherever_somebody_looks(browsed: ApiClient, way: str) -> None:
    sought = Client.name.contains("x" * 60_000)
    session_of = getattr(browsed.house.database, way)
    with (
        pytest.raises(Refusal, match="SOUGHT_TOO_LONG"),
        session_of(browsed.organisation_id) as session,
    ):
        session.scalars(select(Client).where(sought)).all()
