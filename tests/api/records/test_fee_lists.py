"""Lists of fee projects, phases, people and invoices: filters, orders, pages."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.api.invoices.acts import account_line, blank, change
from tests.api.records.asking import A_COLLABORATOR, Row, done, each
from tests.api.records.test_lists import page
from tests.support.api import ApiClient

CONTRACT = (
    "id name billingMethod status taxable project { id code status client { id } entity { id } }"
)
PHASE = f"id code name kind position fee {{ amount currency }} contract {{ {CONTRACT} }}"
ORDERS = {
    "contracts": ["NEWEST_FIRST", "OLDEST_FIRST", "BY_NAME", "BY_PROJECT", "BY_UPDATE"],
    "phases": [
        *("NEWEST_FIRST", "OLDEST_FIRST", "BY_CODE", "BY_NAME", "BY_POSITION"),
        *("BY_FEE", "BY_UPDATE"),
    ],
    "collaborators": ["BY_LAST_NAME", "BY_EMAIL", "NEWEST_FIRST", "OLDEST_FIRST", "BY_UPDATE"],
}


def whole(
    api: ApiClient, name: str, fields: str, *, order: str | None = None, **given: Any
) -> list[Row]:
    """All rows of a list, in pages of a hundred."""
    kind = {"contracts": "ContractFilter", "phases": "PhaseFilter", "invoices": "InvoiceFilter"}
    arguments = "filter: $filter, page: { first: 100, after: $after }"
    arguments += f", order: {order}" if order else ""
    text = (
        f"query($filter: {kind[name]}, $after: String) {{ {name}({arguments}) {{"
        f" totalCount nodes {{ {fields} }} pageInfo {{ hasNextPage endCursor }} }} }}"
    )
    rows: list[Row] = []
    after = None
    while True:
        found = api.query(text, filter=given, after=after)[name]
        rows += found["nodes"]
        after = found["pageInfo"]["endCursor"]
        if not found["pageInfo"]["hasNextPage"]:
            assert found["totalCount"] == len(rows)
            return rows


@pytest.mark.parametrize(
    ("name", "order"), [(name, order) for name, orders in ORDERS.items() for order in orders]
)
def test_pages_either_way_go_through_each_list_once(
    browsed_any: ApiClient, name: str, order: str
) -> None:
    """API.md 11: keyset pages of forty, from one end to the other and back."""
    forward: list[str] = []
    cursor = None
    while True:
        found = page(browsed_any, name, order, first=40, after=cursor)
        forward += each(found["nodes"], "id")
        cursor = found["pageInfo"]["endCursor"]
        if not found["pageInfo"]["hasNextPage"]:
            break
    assert len(set(forward)) == len(forward) > 0
    backward: list[str] = []
    cursor = None
    while True:
        found = page(browsed_any, name, order, last=40, before=cursor)
        backward = each(found["nodes"], "id") + backward
        cursor = found["pageInfo"]["startCursor"]
        if not found["pageInfo"]["hasPreviousPage"]:
            break
    assert backward == forward


def test_fee_projects_are_filtered_by_what_they_are_and_whose(browsed_any: ApiClient) -> None:
    everything = whole(browsed_any, "contracts", CONTRACT)
    job = next(one["project"] for one in everything if one["project"]["code"] == "EQP-2501")

    def same(name: str, value: Any, kept: Callable[[Row], bool]) -> None:
        expected = {one["id"] for one in everything if kept(one)}
        found = whole(browsed_any, "contracts", "id", **{name: value})
        assert set(each(found, "id")) == expected, name
        assert 0 < len(expected) < len(everything), name

    same("projectId", job["id"], lambda one: one["project"]["id"] == job["id"])
    same("clientId", job["client"]["id"], lambda one: one["project"]["client"] == job["client"])
    same("entityId", job["entity"]["id"], lambda one: one["project"]["entity"] == job["entity"])
    same("billingMethod", "RETAINER", lambda one: one["billingMethod"] == "RETAINER")
    same("text", "opc", lambda one: "opc" in one["name"].lower())
    same("text", "eqp-2501", lambda one: one["project"]["code"] == "EQP-2501")
    for nothing in ({"status": "DRAFT"}, {"archived": True}, {"text": "%"}, {"taxable": False}):
        assert whole(browsed_any, "contracts", "id", **nothing) == []
    assert whole(browsed_any, "contracts", CONTRACT, archived=None) == everything


def test_phases_are_filtered_by_what_they_are_and_whose(browsed_any: ApiClient) -> None:
    everything = whole(browsed_any, "phases", PHASE)
    one_of = next(one for one in everything if one["contract"]["project"]["code"] == "EQP-2501")
    contract, job = one_of["contract"], one_of["contract"]["project"]

    def same(kept: Callable[[Row], bool], **given: Any) -> None:
        expected = {one["id"] for one in everything if kept(one)}
        found = whole(browsed_any, "phases", "id", **given)
        assert set(each(found, "id")) == expected, given
        assert 0 < len(expected) < len(everything), given

    def theirs(one: Row) -> Row:
        found: Row = one["contract"]["project"]
        return found

    same(lambda one: theirs(one)["id"] == job["id"], projectId=job["id"])
    same(lambda one: one["contract"]["id"] == contract["id"], contractId=contract["id"])
    same(lambda one: theirs(one)["client"] == job["client"], clientId=job["client"]["id"])
    same(lambda one: theirs(one)["entity"] == job["entity"], entityId=job["entity"]["id"])
    same(lambda one: one["kind"] == "ANNEX", kind="ANNEX")
    method = "TIME_AND_MATERIALS"
    same(lambda one: one["contract"]["billingMethod"] == method, billingMethod=method)
    same(lambda one: theirs(one)["status"] == "COMMERCIAL", projectStatus="COMMERCIAL")
    same(lambda one: one["fee"]["currency"] == "CHF", currency="chf")
    found = whole(browsed_any, "phases", PHASE, kind="ANNEX", entityId=job["entity"]["id"])
    assert {(one["kind"], theirs(one)["entity"]["id"]) for one in found} == {
        ("ANNEX", job["entity"]["id"])
    }
    named = whole(browsed_any, "phases", "code name", text=" aps ")
    assert named
    assert all(
        one["code"].upper().startswith("APS") or "aps" in one["name"].lower() for one in named
    )
    assert whole(browsed_any, "phases", "id", contractStatus="ENDED") == []
    assert whole(browsed_any, "phases", "id", archived=True) == []


def test_phases_are_ordered_by_fee_one_currency_after_the_other(browsed_any: ApiClient) -> None:
    """100,000 JPY is no more than 90,000 EUR: minor units say nothing across currencies."""
    fees = each(whole(browsed_any, "phases", PHASE, order="BY_FEE"), "fee")
    told = [(fee["currency"], -Decimal(fee["amount"])) for fee in fees]
    assert len({currency for currency, _ in told}) > 1
    assert told == sorted(told)


def test_phases_of_a_fee_project_stand_together_in_their_order(browsed: ApiClient) -> None:
    phases = whole(browsed, "phases", PHASE, order="BY_POSITION")
    told = [(int(one["contract"]["id"].split("_")[1]), one["position"]) for one in phases]
    assert told == sorted(told)


def test_a_fee_project_and_a_phase_are_found_by_their_identifier(browsed_any: ApiClient) -> None:
    phase = whole(browsed_any, "phases", PHASE)[3]
    asked = f"query($id: ID!) {{ phase(id: $id) {{ {PHASE} }} }}"
    assert browsed_any.query(asked, id=phase["id"])["phase"] == phase
    asked = f"query($id: ID!) {{ contract(id: $id) {{ {CONTRACT} }} }}"
    found = browsed_any.query(asked, id=phase["contract"]["id"])["contract"]
    assert found == phase["contract"]
    assert browsed_any.query(asked, id="contract_999999")["contract"] is None
    (error,) = browsed_any.errors(asked, id=phase["id"])
    assert error["extensions"]["code"] == "ID_INVALID"


def test_what_was_put_away_with_its_project_is_in_the_archive(any_firm: ApiClient) -> None:
    contracts = whole(any_firm, "contracts", CONTRACT)
    job = next(one["project"] for one in contracts if one["project"]["code"] == "EQP-2501")
    phase = whole(any_firm, "phases", "id", projectId=job["id"])[0]["id"]
    done(any_firm, "phaseArchive", id=phase)
    assert each(whole(any_firm, "phases", "id", archived=True), "id") == [phase]
    done(any_firm, "projectArchive", id=job["id"])
    for name in ("contracts", "phases"):
        assert whole(any_firm, name, "id", projectId=job["id"]) == []
        away = whole(any_firm, name, "id", archived=True)
        assert away == whole(any_firm, name, "id", archived=None, projectId=job["id"]) != []


# People


def test_people_are_ordered_and_found_by_what_a_screen_needs(any_firm: ApiClient) -> None:
    made = done(any_firm, "collaboratorCreate", **A_COLLABORATOR, role="ACCOUNTANT")
    people = any_firm.query(
        "{ collaborators(order: BY_EMAIL, page: { first: 100 }) { nodes { id email } } }"
    )["collaborators"]["nodes"]
    assert each(people, "email") == sorted(each(people, "email"))
    newest = any_firm.query(
        "{ collaborators(order: NEWEST_FIRST, page: { first: 1 }) { nodes { id } } }"
    )
    assert each(newest["collaborators"]["nodes"], "id") == [made["id"]]
    asked = "query($email: String!) { collaboratorByEmail(email: $email) { id } }"
    found = any_firm.query(asked, email=" Z.MARCHAND@atelier-rivage.example ")
    assert found["collaboratorByEmail"] == {"id": made["id"]}
    assert any_firm.query(asked, email="nobody@b.example")["collaboratorByEmail"] is None
    asked = "query($id: ID!) { collaborator(id: $id) { email } }"
    found = any_firm.query(asked, id=made["id"])["collaborator"]
    assert found == {"email": A_COLLABORATOR["email"]}
    asked = (
        "query($filter: CollaboratorFilter) { collaborators(filter: $filter, page: { first: 100 })"
        " { nodes { id role entity { id } } } }"
    )
    for given in ({"role": "ACCOUNTANT"}, {"entityId": "entity_1"}):
        nodes = any_firm.query(asked, filter=given)["collaborators"]["nodes"]
        assert 0 < len(nodes) < len(people)
        told = {one["role"] if "role" in given else one["entity"]["id"] for one in nodes}
        assert told == set(given.values())


# Invoices


def test_invoices_are_ordered_by_amount_one_currency_after_the_other(any_firm: ApiClient) -> None:
    """100.00 GBP (10,000 pence) does not stand above 90 JPY or below 101.00 EUR."""
    currencies = any_firm.query(
        '{ eur: client(id: "client_1") { currency }'
        ' clients(filter: { currency: "GBP" }) { nodes { id } } }'
    )
    british = currencies["clients"]["nodes"][0]["id"]
    assert currencies["eur"] == {"currency": "EUR"}
    for client, amounts in (("client_1", "50 700 3"), (british, "60 900 2")):
        for amount in amounts.split():
            made = blank(any_firm, client=client)
            line = account_line(amount)
            assert change(any_firm, made["id"], lines=[line])["userErrors"] == []
    gross = "gross { amount currency }"
    told = each(whole(any_firm, "invoices", gross, order="BY_AMOUNT"), "gross")
    assert each(told, "currency") == ["EUR"] * 3 + ["GBP"] * 3
    sums = [Decimal(amount) for amount in each(told, "amount")]
    assert sums == [*sorted(sums[:3], reverse=True), *sorted(sums[3:], reverse=True)]
    alone = each(whole(any_firm, "invoices", gross, order="BY_AMOUNT", currency="gbp"), "gross")
    assert alone == told[3:]
    met: list[Row] = []
    after = None
    for _ in told:
        found = any_firm.query(
            "query($after: String) { invoices(order: BY_AMOUNT, page: { first: 1, after: $after })"
            f" {{ nodes {{ {gross} }} pageInfo {{ endCursor }} }} }}",
            after=after,
        )["invoices"]
        met += each(found["nodes"], "gross")
        after = found["pageInfo"]["endCursor"]
    assert met == told
