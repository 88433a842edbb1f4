"""An identifier is good for one type: a page that keeps records by it mixes up no two of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from graphql import GraphQLObjectType, get_named_type, is_required_argument

from domain.records import METADATA
from tests.api.records.calling import QUERIES, SCHEMA
from tests.api.records.test_other_firms import made_by
from tests.api.records.test_tenant_walk import keys_in
from tests.api.records.walking import NODES, document, fill_the_rest, selection, table_of
from tests.support.api import ApiClient, open_api
from tests.support.prepared import Calendar, copy_of
from tests.support.takeover import phases_of, project

NEVER_LOOKED_UP = {"StagedUpload"}
"""What only the answer of a mutation shows."""

Told = dict[str, dict[str, list[Any]]]
"""By identifier and type, the records that were answered under it."""


@pytest.fixture(scope="module")
def told(prepared_sqlite: Any, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """All that the sample firm answers, with a record of every type there is."""
    folder = tmp_path_factory.mktemp("identifiers")
    url = copy_of(prepared_sqlite, folder)
    found: Told = defaultdict(lambda: defaultdict(list))
    with open_api(url, folder, clock=Calendar(), mail_from="firm@jalon.test") as firm:
        _, ids = made_by(firm)
        _bill_together(firm, ids)
        fill_the_rest(firm)
        needed = {
            "batchId": ids["batch"],
            "importId": ids["import_file"],
            "all": True,
            "page": {"first": 5},
        }
        for name, one in QUERIES.items():
            given = {key: needed[key] for key in one.args if key in needed}
            required = {key for key, of in one.args.items() if is_required_argument(of)}
            if required <= given.keys():
                keep(found, deepest(firm, partial(document, "query", name, QUERIES), given))
        for kind in NODES:
            mine = known(firm, table_of(kind))
            keep(found, deepest(firm, partial(looked_up, kind), {"ids": mine}))
    return found


def _bill_together(firm: ApiClient, ids: dict[str, str]) -> None:
    """Another pro forma of a project that has one, and a member and a key that are limited."""
    job = project(firm, "PAT-2508")
    line = {
        "kind": "PROJECT",
        "description": "Relevé",
        "quantity": "1",
        "unitPrice": "0",
        "phaseId": phases_of(job)[1]["id"],
    }
    answer = firm.query(
        "mutation($input: InvoicesBulkCreateInput!) { invoicesBulkCreate(input: $input)"
        " { results { node { otherInvoices { number } } userErrors { message } } } }",
        input={
            "items": [{"clientId": ids["client"], "entityId": ids["entity"], "lines": [line]}],
            "idempotencyKey": "together",
        },
    )
    assert "otherInvoices': [{" in repr(answer), answer
    limited = f'role: READER, entityIds: ["{ids["entity"]}"]'
    firm.query(
        f'mutation {{ memberInvite(input: {{ email: "limited@a.example", {limited} }})'
        f' {{ userErrors {{ message }} }} apiKeyCreate(input: {{ name: "limited", {limited} }})'
        " { userErrors { message } } }"
    )


def known(firm: ApiClient, table: str) -> list[str]:
    """The identifiers of the firm's first and last record in a table."""
    if table == "organisation":
        return [f"organisation_{firm.organisation_id}"]
    return [f"{table}_{key}" for key in keys_in(firm, METADATA.tables[table])]


def looked_up(kind: str, depth: int) -> str:
    asked = f"... on {kind} {selection(SCHEMA.type_map[kind], depth)}"
    return f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ {asked} }} }}"


def deepest(firm: ApiClient, text: Callable[[int], str], given: dict[str, Any]) -> Any:
    """The answer to a document as deep as may be asked, and as the made-up rows can be told."""
    answer: dict[str, Any] = {}
    for depth in (4, 3, 2, 1, 0):
        answer = firm.send(text(depth), given).json()
        if "errors" not in answer:
            break
    return answer.get("data")


def keep(found: Told, answer: Any) -> None:
    """Every record in an answer, by its identifier and its type."""
    for row in rows_of(answer):
        if "id" in row:
            found[row["id"]][row["__typename"]].append(row)


def rows_of(answer: Any) -> Iterator[dict[str, Any]]:
    if isinstance(answer, dict):
        yield answer
        for one in answer.values():
            yield from rows_of(one)
    elif isinstance(answer, list):
        for one in answer:
            yield from rows_of(one)


def test_every_type_with_an_identifier_is_answered(told: Told) -> None:
    kinds = {
        name
        for name, kind in SCHEMA.type_map.items()
        if isinstance(kind, GraphQLObjectType) and "id" in kind.fields
    }
    seen = {kind for of in told.values() for kind in of}
    assert seen == kinds - NEVER_LOOKED_UP


def test_no_two_types_have_an_identifier_in_common(told: Told) -> None:
    shared = {one: sorted(of) for one, of in told.items() if len(of) > 1}
    assert not shared


def test_what_is_told_under_an_identifier_is_the_same_everywhere(told: Told) -> None:
    """Of what is asked without arguments."""
    for one, of in told.items():
        for kind, rows in of.items():
            fields = SCHEMA.type_map[kind].fields
            leaves = [
                name
                for name, field in fields.items()
                if not hasattr(get_named_type(field.type), "fields")
            ]
            for name in leaves:
                said = {repr(row[name]) for row in rows if name in row}
                assert len(said) < 2, (one, kind, name, said)


def test_what_can_be_billed_at_another_day_is_another_thing(browsed: ApiClient) -> None:
    asked = "query($day: Date) { billables(asOf: $day) { nodes { id contract { id } } } }"
    first, second = (
        {one["id"] for one in browsed.query(asked, day=day)["billables"]["nodes"]}
        for day in ("2026-11-20", "2026-11-21")
    )
    assert first
    assert not first & second


def test_what_refers_to_a_record_names_it(told: Told) -> None:
    """By an identifier of that record's own type."""

    def one(kind: str, field: str) -> Any:
        rows = (row for of in told.values() for row in of.get(kind, ()))
        return next(row for row in rows if row.get(field))

    source = one("ExplanationSource", "recordId")
    assert source["recordId"].startswith(f"{source['kind'].lower()}_")
    assert one("OtherInvoice", "invoice")["invoice"]["__typename"] == "Invoice"
    assert one("Billable", "contract")["contract"]["__typename"] == "Contract"
    for kind in ("Member", "ApiKey"):
        assert one(kind, "entities")["entities"][0]["__typename"] == "Entity"
