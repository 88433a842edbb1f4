"""Looking one thing up: by identifier, whatever it is, by code, by number."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLInterfaceType, GraphQLObjectType

from server.graphql import jalon_schema
from tests.api.batches.acts import listed, proposals, saved
from tests.api.invoices.paying_acts import act, pay
from tests.api.records.asking import PROJECT, client_by_code, each
from tests.api.records.test_other_firms import SOME_TIME
from tests.api.schedules.acts import scheduled
from tests.api.settings.acts import A_PRODUCT, done
from tests.support.api import ApiClient
from tests.support.documents import DRAW, FINALISE
from tests.support.takeover import phases_of, project, take_in
from tests.support.transmitted import a_connection, a_transmission

NODE = "query($id: ID!) { node(id: $id) { __typename id } }"


def node_types() -> set[str]:
    """The types of the API that have an identifier."""
    schema = jalon_schema()._schema
    node = schema.type_map["Node"]
    assert isinstance(node, GraphQLInterfaceType)
    return {
        kind.name
        for kind in schema.type_map.values()
        if isinstance(kind, GraphQLObjectType) and node in kind.interfaces
    }


def done_with(api: ApiClient, invoice: str, entity: str, client: str) -> dict[str, str]:
    """What follows a final invoice: a payment, a reminder; and an hour of work."""
    reminded = act(api, "reminderRecord", invoiceId=invoice, level=1, channel="EMAIL")
    payment = pay(api, "1.00", clientId=client, entityId=entity, autoAllocate=True)["payment"]["id"]
    held = api.query("query($id: ID!) { payment(id: $id) { allocations { id } } }", id=payment)[
        "payment"
    ]["allocations"]
    time = api.query(
        "mutation($input: TimeEntriesBulkRecordInput!) { timeEntriesBulkRecord(input: $input)"
        " { results { node { id } } } }",
        input={"items": [SOME_TIME], "idempotencyKey": "everything"},
    )["timeEntriesBulkRecord"]["results"]
    return {
        "Reminder": reminded["reminder"]["id"],
        "Payment": payment,
        "PaymentAllocation": held[0]["id"],
        "TimeEntry": time[0]["node"]["id"],
    }


def delivered(api: ApiClient) -> dict[str, str]:
    """A webhook, and the delivery of what was made final to it."""
    data = api.query(
        'mutation { webhookEndpointCreate(input: { url: "https://hook.example/",'
        " includeWaiting: true }) { node { id } } }"
    )
    found = api.query("{ handoverDeliveries { nodes { id } } }")["handoverDeliveries"]["nodes"]
    hook = data["webhookEndpointCreate"]["node"]["id"]
    return {"WebhookEndpoint": hook, "HandoverDelivery": found[0]["id"]}


def transmitted(api: ApiClient, invoice: str) -> dict[str, str]:
    """A platform, an invoice on its way through it, and a status that came back."""
    connection = a_connection(api)
    return {"Platform": connection, **a_transmission(api, connection, invoice)}


def everything(api: ApiClient) -> dict[str, str]:
    """An identifier of each type of the API that has one; an invoice is drawn and made final."""
    take_in(api, "history", "adjustments")
    job = project(api, "PAT-2501")
    drawn = api.query(DRAW, client=job["client"]["id"], project=job["id"], key="everything")
    invoice = drawn["invoiceCreateFromProject"]["invoice"]["id"]
    # Overdue by now, so that a reminder may be sent.
    api.query(FINALISE, id=invoice, key="everything", day="2026-07-01")
    product = done(api, "productCreate", **A_PRODUCT)["id"]
    phase = phases_of(job)[0]["id"]
    data = api.query(
        "query($invoice: ID!, $phase: ID!) {"
        " viewer { organisation { id entities { id } } }"
        " clients(page: { first: 1, after: null }) { nodes { id contacts { id } } }"
        " collaborators(page: { first: 1 }) { nodes { id } }"
        ' projectByCode(code: "PAT-2501") { id contracts { id } }'
        " node(id: $phase) { ... on Phase { id progressUpdates { id } } }"
        " invoice(id: $invoice) { id entity { id } lines { id } }"
        " taxCodes(page: { first: 1 }) { nodes { id } }"
        " ledgerAccounts(page: { first: 1 }) { nodes { id } }"
        " handovers { nodes { id } }"
        " imports(page: { first: 1 }) { nodes { id } }"
        ' phases(filter: { text: "APS" }, page: { first: 100 }) {'
        " nodes { billingHistory { id } adjustments { id } } } }",
        invoice=invoice,
        phase=phase,
    )
    first = data["clients"]["nodes"][0]
    rows = api.query(
        "query($id: ID!) { importRows(importId: $id, page: { first: 1 }) { nodes { id } } }",
        id=data["imports"]["nodes"][0]["id"],
    )["importRows"]["nodes"]
    return {
        "Product": product,
        **transmitted(api, invoice),
        **delivered(api),
        "BatchSchedule": scheduled(api)["id"],
        **done_with(api, invoice, data["invoice"]["entity"]["id"], job["client"]["id"]),
        **_past(data["phases"]["nodes"]),
        "Organisation": data["viewer"]["organisation"]["id"],
        "Entity": data["viewer"]["organisation"]["entities"][0]["id"],
        "Client": first["id"],
        "Contact": first["contacts"][0]["id"],
        "Collaborator": data["collaborators"]["nodes"][0]["id"],
        "Project": data["projectByCode"]["id"],
        "Contract": data["projectByCode"]["contracts"][0]["id"],
        "Phase": phase,
        "ProgressUpdate": data["node"]["progressUpdates"][0]["id"],
        "Invoice": invoice,
        "InvoiceLine": data["invoice"]["lines"][0]["id"],
        "TaxCode": data["taxCodes"]["nodes"][0]["id"],
        "LedgerAccount": data["ledgerAccounts"]["nodes"][0]["id"],
        "Handover": data["handovers"]["nodes"][0]["id"],
        "ImportFile": data["imports"]["nodes"][0]["id"],
        "ImportRow": rows[0]["id"],
        **_sitting(api, invoice),
    }


def _past(phases: list[dict[str, Any]]) -> dict[str, str]:
    """What was billed before: a line of history, and a correction."""
    return {
        "BillingHistory": next(one["id"] for phase in phases for one in phase["billingHistory"]),
        "Adjustment": next(one["id"] for phase in phases for one in phase["adjustments"]),
    }


EXPORT = """
mutation($input: InvoicesExportInput!) { invoicesExport(input: $input) { export { id } } }
"""


def _sitting(api: ApiClient, invoice: str) -> dict[str, str]:
    """A batch that was run, and the export of an invoice."""
    batch = saved(api, listed(api))["id"]
    asked = {"format": "CSV", "ids": [invoice], "idempotencyKey": "everything"}
    made = api.query(EXPORT, input=asked)["invoicesExport"]["export"]
    return {
        "AccountingExport": made["id"],
        "Batch": batch,
        "BatchInvoice": proposals(api, batch)[0]["id"],
    }


def test_everything_that_has_an_identifier_is_found_by_it(any_firm: ApiClient) -> None:
    """API.md 11: `node` and `nodes` know every noun; another firm sees none of them."""
    known = everything(any_firm)
    # Addresses are brought in by sheets alone, a job by a long one, mails need a server that sends
    # them: they are looked for there.
    assert node_types() - known.keys() == {"Address", "Job", "InvoiceMail"}
    for name, identifier in known.items():
        assert any_firm.query(NODE, id=identifier)["node"] == {
            "__typename": name,
            "id": identifier,
        }
    together = any_firm.query(
        "query($ids: [ID!]!) { nodes(ids: $ids) { __typename } }", ids=list(known.values())
    )["nodes"]
    assert each(together, "__typename") == list(known)
    stranger = any_firm.of_another_firm()
    answer = stranger.query(
        "query($ids: [ID!]!) { nodes(ids: $ids) { __typename } }", ids=list(known.values())
    )
    assert answer["nodes"] == [None] * len(known)


def test_each_type_gives_its_own_fields_by_one_query(firm: ApiClient) -> None:
    known = everything(firm)
    found = firm.query(
        "query($ids: [ID!]!) { nodes(ids: $ids) { id"
        " ... on Organisation { name entities { code } }"
        " ... on Client { name street: billingAddress addresses { city } }"
        " ... on Project { name city client { code } }"
        " ... on Phase { name fee { amount } figures { earned { amount } } }"
        " ... on Invoice { number client { name } lines { net { amount } } }"
        " ... on InvoiceLine { net { currency } }"
        " ... on LedgerAccount { account: number } ... on TaxCode { rate }"
        " ... on Handover { invoice { number } }"
        " ... on HandoverDelivery { handover { invoice { number } } endpoint { url } }"
        " ... on ImportFile { filename counts { rows } } } }",
        ids=list(known.values()),
    )["nodes"]
    by_type = dict(zip(known, found, strict=True))
    assert len(by_type["Organisation"]["entities"]) == 4
    assert by_type["Client"]["addresses"] == []
    assert by_type["Client"]["street"].count("\n") >= 1
    assert by_type["Project"]["client"]["code"] == "CLI-0001"
    assert by_type["Invoice"]["number"] == by_type["Handover"]["invoice"]["number"] == "LYO26-00001"
    assert by_type["InvoiceLine"]["net"]["currency"] == "EUR"
    assert by_type["ImportFile"]["counts"]["rows"] > 0


@pytest.mark.parametrize(
    "identifier",
    [
        *("", "client", "client_", "client_0", "client_x", "client_-1", "client_1.0", "client_ 1"),
        *("client_999999", "client_" + "9" * 18, "client_" + "9" * 19, "client_١", "client_1\n"),
        *(
            "CLIENT_1",
            "1",
            "_1",
            "nothing_1",
            "api_key_1",
            "idempotent_call_1",
            "é😀",
            "x" * 10_000,
        ),
    ],
)
def test_what_names_nothing_is_null(browsed_any: ApiClient, identifier: str) -> None:
    assert browsed_any.query(NODE, id=identifier)["node"] is None


def test_nodes_come_in_the_order_asked_for_with_null_where_there_is_none(
    browsed: ApiClient,
) -> None:
    ids = ["client_3", "project_2", "client_x", "client_3", "client_999999", "client_1"]
    found = browsed.query("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=ids)["nodes"]
    names = [None if one is None else one["id"] for one in found]
    assert names == ["client_3", "project_2", None, "client_3", None, "client_1"]
    assert browsed.query("{ nodes(ids: []) { id } }") == {"nodes": []}


def test_more_than_a_hundred_nodes_at_once_are_refused_not_cut(browsed: ApiClient) -> None:
    asked = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert len(browsed.query(asked, ids=["client_1"] * 100)["nodes"]) == 100
    (error,) = browsed.errors(asked, ids=["client_1"] * 101)
    assert error["extensions"]["code"] == "TOO_MANY_NODES"
    (error,) = browsed.in_language("fr").errors(asked, ids=["client_1"] * 101)
    assert error["message"].startswith("101 identifiants")


@pytest.mark.parametrize("code", ["CLI-0007", "cli-0007", "  cli-0007 "])
def test_a_client_is_found_by_its_code_however_it_is_typed(browsed: ApiClient, code: str) -> None:
    found = client_by_code(browsed, code)
    assert found is not None
    assert found["code"] == "CLI-0007"


@pytest.mark.parametrize("code", ["", " ", "CLI-9999", "é", "%", "x" * 10_000, "CLI-0007\u0001"])
def test_a_code_of_nobody_is_null(browsed_any: ApiClient, code: str) -> None:
    assert client_by_code(browsed_any, code) is None
    asked = "query($code: String!) { projectByCode(code: $code) { id } }"
    assert browsed_any.query(asked, code=code)["projectByCode"] is None
    asked = "query($code: String!) { invoiceByNumber(number: $code) { id } }"
    assert browsed_any.query(asked, code=code)["invoiceByNumber"] is None


def test_an_invoice_is_found_by_either_of_its_numbers(firm: ApiClient) -> None:
    """F01, F06: PF-… while it is a pro forma, and ever after; the legal number once it is final."""
    job = project(firm, "PAT-2501")
    drawn = firm.query(DRAW, client=job["client"]["id"], project=job["id"], key="1")
    invoice = drawn["invoiceCreateFromProject"]["invoice"]["id"]
    asked = "query($number: String!) { invoiceByNumber(number: $number) { id } }"
    assert firm.query(asked, number="pf-000001")["invoiceByNumber"] == {"id": invoice}
    assert firm.query(asked, number="LYO26-00001")["invoiceByNumber"] is None
    firm.query(FINALISE, id=invoice, key="1")
    for number in ("PF-000001", " lyo26-00001 "):
        assert firm.query(asked, number=number)["invoiceByNumber"] == {"id": invoice}


@pytest.mark.parametrize("field", ["client", "project", "invoice"])
def test_an_identifier_of_something_else_is_refused(browsed: ApiClient, field: str) -> None:
    asked = f"query($id: ID!) {{ {field}(id: $id) {{ id }} }}"
    for wrong in ("phase_1", "x", "", f"{field}_x", f"{field}_{10**19}"):
        (error,) = browsed.errors(asked, id=wrong)
        assert error["extensions"]["code"] == "ID_INVALID"
    assert browsed.query(asked, id=f"{field}_999999") == {field: None}


def test_a_record_is_the_same_by_whatever_way_it_is_found(browsed: ApiClient) -> None:
    def asked(field: str, **arguments: Any) -> Any:
        told = ", ".join(f'{name}: "{value}"' for name, value in arguments.items())
        return browsed.query(f"{{ {field}({told}) {{ ... on Project {{ {PROJECT} }} }} }}")[field]

    found = asked("projectByCode", code="PAT-2501")
    assert found == asked("project", id=found["id"]) == asked("node", id=found["id"])


def test_who_asks_is_told_with_the_firm_and_its_entities(browsed: ApiClient) -> None:
    """O35: the four entities of the group."""
    data = browsed.query(
        "{ viewer { role keyName locale organisation { name footerMessageFr"
        " entities { code invoiceSeries fiscalYearStart } } } }"
    )["viewer"]
    assert (data["role"], data["keyName"], data["locale"]) == ("ADMINISTRATOR", "tests", "en")
    assert data["organisation"]["name"] == "Groupe Rivage"
    assert each(data["organisation"]["entities"], "code", "invoiceSeries") == [
        ("RIV-PAR", "PAR"),
        ("RIV-LYO", "LYO"),
        ("RIV-RUN", "RUN"),
        ("RIV-GVA", "GVA"),
    ]
