"""Whatever is asked in whatever field, another firm's records are not there."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from graphql import (
    get_named_type,
    is_required_argument,
)

from schema.view import snake
from tests.api.batches.acts import listed, saved
from tests.api.invoices.mail_acts import send
from tests.api.records.asking import recorded_past
from tests.api.records.calling import MUTATIONS, QUERIES, call, named_records, put, required
from tests.api.schedules.acts import scheduled
from tests.server.signing import person, signed_in
from tests.support.api import ApiClient
from tests.support.documents import DRAW, FINALISE
from tests.support.takeover import phases_of, project
from tests.support.transmitted import a_connection

NOUN_OF = {
    "clientId": "client",
    "projectId": "project",
    "projectIds": "project",
    "phaseId": "phase",
    "entityId": "entity",
    "importId": "import_file",
    "stagedUploadId": "staged_upload",
    "invoiceId": "invoice",
    "depositId": "invoice",
    "historyId": "billing_history",
    "contractIds": "contract",
    "collaboratorId": "collaborator",
    "add": "collaborator",
    "remove": "collaborator",
    "providerId": "identity_provider",
    "memberId": "member",
}
"""What an identifier names, where its field does not say it by being `id`."""

PAST = ("billingHistory", "adjustment")
DEDUCTING = ("invoiceDeductDeposit", "invoiceUndeductDeposit")
PAYING = ("paymentRecord", "paymentsBulkRecord")
OWN_ID = {
    **dict.fromkeys(("handoverAcknowledge", "handoverRetry"), "outbox_entry"),
    **{
        f"webhookEndpoint{verb}": "webhook_endpoint"
        for verb in ("Update", "Delete", "RotateSecret", "Test")
    },
    **{f"platform{verb}": "platform" for verb in ("Update", "Delete", "Read")},
    "jobCancel": "job",
    **dict.fromkeys(("memberUpdate", "memberRemove", "memberInviteAgain"), "member"),
    "apiKeyRevoke": "api_key",
    "signInEnd": "sign_in",
    "identityUnlink": "identity",
    **dict.fromkeys(("invoiceUpdate", "invoiceMarkSent", "invoiceDelete"), "invoice"),
    **dict.fromkeys(
        ("invoiceFinalise", "invoiceCredit", "invoicePdf", "invoiceElectronic", "invoiceSend"),
        "invoice",
    ),
    **dict.fromkeys(
        ("invoicesPdf", "invoicesPrint", "invoicesExport", "invoicesTransmit"), "invoice"
    ),
    **dict.fromkeys(("invoiceMailRetry", "invoiceMailCancel"), "invoice_mail"),
    "clientPapersUpdate": "client",
    **dict.fromkeys(("personExport", "personErase"), "collaborator"),
    **dict.fromkeys(
        (f"invoicesBulk{verb}" for verb in ("Finalise", "Credit", "Delete", "Send")), "invoice"
    ),
    **dict.fromkeys(("invoiceReplace", *DEDUCTING), "invoice"),
    **dict.fromkeys(("paymentAllocate", "paymentUnallocate", "paymentCancel"), "payment"),
    **{
        f"{noun}{verb}": noun
        for noun in ("client", "project", "phase", "collaborator")
        for verb in ("Update", "Archive")
    },
    **{f"{noun}sBulkUpsert": noun for noun in ("client", "project", "phase", "collaborator")},
    "productsBulkUpsert": "product",
    **{
        f"{name}{verb}": snake(name)
        for name in (
            *("product", "entity", "taxCode", "ledgerAccount", "contract", "timeEntry"),
            "identityProvider",
            *PAST,
        )
        for verb in ("Update", "Archive", "Restore")
    },
}

TIME = (
    *("timeEntriesBulkRecord", "timeEntriesApprove"),
    *("timeEntriesWriteOff", "timeEntriesWriteOffUndo"),
)
OWN_ID |= dict.fromkeys(TIME, "time_entry")
BATCHES = [name for name in MUTATIONS if name.startswith("batch") and name != "batchPlan"]
OWN_ID |= dict.fromkeys(BATCHES, "batch")

FREE_OF_OTHERS = {
    *("clientCreate", "projectCreate", "phaseCreate", "collaboratorCreate"),
    *("templateDownload", "stagedUploadCreate", "organisationUpdate"),
    *("productCreate", "entityCreate", "taxCodeCreate", "ledgerAccountCreate"),
    *("batchPlan", "auditExport"),
    *("signOutEverywhere", "passwordChange", "accountUpdate", "identityProviderCreate"),
}
"""Mutations that name no record by its identifier, or only in a filter."""

SCHEDULES = [name for name in MUTATIONS if name.startswith("batchSchedule")]
OWN_ID |= dict.fromkeys(SCHEDULES, "batch_schedule")
NOUN_OF |= {f"{noun}Ids": noun for noun in ("client", "project", "contract", "entity")}

SOME_TIME = {
    "date": "2026-10-14",
    "email": "a.simek@atelier-rivage.example",
    "projectCode": "IND-2404",
    "hours": "1",
}

TRIED_ELSEWHERE = {
    ("invoiceCredit", ("input", "lines", 0, "lineId")),
    ("invoicesBulkCredit", ("input", "items", 0, "lines", 0, "lineId")),
    ("invoiceUpdate", ("input", "lines", 0, "id")),
    ("invoicesBulkCreate", ("input", "items", 0, "lines", 0, "id")),
    ("paymentAllocate", ("input", "allocations", 0, "invoiceId")),
    ("paymentUnallocate", ("input", "invoiceId")),
    ("pastInvoiceCredit", ("input", "lines", 0, "historyId")),
    *((name, ("input", "invoiceIds", 0)) for name in BATCHES),
    ("webhookEndpointUpdate", ("input", "entityId")),
    ("memberUpdate", ("input", "entityIds", 0)),
    ("memberUpdate", ("input", "collaboratorId")),
}
"""With an invoice, a payment, a past invoice, a webhook or a batch that is the caller's own."""
PLACES = [
    (name, path)
    for name, field in MUTATIONS.items()
    for one, argument in field.args.items()
    for path in named_records(argument.type, (one,))
    # A filter that names what is not there lists nothing: tried with the batches.
    if (name, path) not in TRIED_ELSEWHERE and ("filter" not in path or name in SCHEDULES)
]


def test_every_mutation_that_names_a_record_is_tried() -> None:
    assert {name for name, _ in PLACES} == MUTATIONS.keys() - FREE_OF_OTHERS


@pytest.fixture(scope="module")
def two_firms(browsed: ApiClient) -> tuple[ApiClient, dict[str, str]]:
    return made_by(browsed)


def made_by(browsed: ApiClient) -> tuple[ApiClient, dict[str, str]]:
    """A stranger, and an identifier of each noun of the firm that is not theirs."""
    job = project(browsed, "PAT-2508")
    drawn = browsed.query(DRAW, client=job["client"]["id"], project=job["id"], key="tenants")
    invoice = drawn["invoiceCreateFromProject"]["invoice"]["id"]
    other = project(browsed, "PAT-2501")
    final = browsed.query(DRAW, client=other["client"]["id"], project=other["id"], key="tenants2")
    final_id = final["invoiceCreateFromProject"]["invoice"]["id"]
    browsed.query(FINALISE, id=final_id, key="tenants")
    data = browsed.query(
        "{ handovers { nodes { id } } imports { nodes { id } }"
        " collaborators { nodes { id } } viewer { organisation { entities { id } } }"
        " taxCodes { nodes { id } } ledgerAccounts { nodes { id } }"
        ' projectByCode(code: "PAT-2508") { contracts { id } } }'
    )
    mail = send(browsed, invoice, to=["a@b.test"])["mail"]
    batch = saved(browsed, listed(browsed))["id"]
    made = browsed.query(
        'mutation { productCreate(input: { sku: "PLAN", name: "Plan" }) { node { id } } }'
    )
    time = browsed.query(
        "mutation($input: TimeEntriesBulkRecordInput!) { timeEntriesBulkRecord(input: $input)"
        " { results { node { id } } } }",
        input={"items": [SOME_TIME], "idempotencyKey": "time"},
    )
    hook = browsed.query(
        'mutation { webhookEndpointCreate(input: { url: "https://hook.example/" })'
        " { node { id } } }"
    )
    return (
        browsed.of_another_firm(),
        {
            "platform": a_connection(browsed),
            "webhook_endpoint": hook["webhookEndpointCreate"]["node"]["id"],
            "product": made["productCreate"]["node"]["id"],
            "tax_code": data["taxCodes"]["nodes"][0]["id"],
            "ledger_account": data["ledgerAccounts"]["nodes"][0]["id"],
            "client": job["client"]["id"],
            "project": job["id"],
            "phase": phases_of(job)[0]["id"],
            "contract": data["projectByCode"]["contracts"][0]["id"],
            "collaborator": data["collaborators"]["nodes"][0]["id"],
            "entity": data["viewer"]["organisation"]["entities"][0]["id"],
            "invoice": invoice,
            "batch_schedule": scheduled(browsed)["id"],
            "payment": _paid(browsed, job["client"]["id"]),
            "invoice_mail": mail["id"],
            "outbox_entry": data["handovers"]["nodes"][0]["id"],
            "import_file": data["imports"]["nodes"][0]["id"],
            "staged_upload": "staged_upload_1",
            "job": "job_1",
            "batch": batch,
            "time_entry": time["timeEntriesBulkRecord"]["results"][0]["node"]["id"],
            **recorded_past(browsed, phases_of(job)[0]["id"]),
            **_people(browsed),
        },
    )


TRUST = (
    'mutation($audience: String!) { identityProviderCreate(input: { name: "Trusted by us",'
    ' issuer: "https://login.example/realm", audience: $audience }) { node { id } } }'
)


def _people(api: ApiClient) -> dict[str, str]:
    """A member who has not joined and is known to a provider, a key, the sign-in of another."""
    invite = (
        'mutation { memberInvite(input: { email: "neu@a.example", role: READER }) { node { id } } }'
    )
    person(api, "tenants@a.example")
    signed_in(api, "tenants@a.example")
    found = api.query("{ apiKeys { nodes { id } } signIns(all: true) { nodes { id } } }")
    member = api.query(invite)["memberInvite"]["node"]["id"]
    provider = api.query(TRUST, audience="tenants")["identityProviderCreate"]["node"]["id"]
    known = api.query(
        "mutation($input: IdentityLinkInput!) { identityLink(input: $input) { node { id } } }",
        input={"providerId": provider, "memberId": member, "subject": "tenants"},
    )
    return {
        "member": member,
        "identity_provider": provider,
        "identity": known["identityLink"]["node"]["id"],
        "api_key": found["apiKeys"]["nodes"][0]["id"],
        "sign_in": found["signIns"]["nodes"][0]["id"],
    }


def _paid(api: ApiClient, client: str) -> str:
    asked = {"clientId": client, "entityId": "entity_1", "receivedOn": "2026-11-20"}
    answer = api.query(
        "mutation($input: PaymentRecordInput!) { paymentRecord(input: $input) { payment { id } } }",
        input={**asked, "amount": "1", "idempotencyKey": "tenants"},
    )
    return str(answer["paymentRecord"]["payment"]["id"])


@pytest.mark.parametrize(("name", "path"), PLACES, ids=lambda value: str(value))
def test_a_mutation_finds_nothing_of_another_firm(
    two_firms: tuple[ApiClient, dict[str, str]], name: str, path: tuple[Any, ...]
) -> None:
    """Every identifier of every mutation, one at a time: NOT_FOUND or its like, nothing else."""
    stranger, theirs = two_firms
    place = next(step for step in reversed(path) if isinstance(step, str))
    noun = NOUN_OF.get(place) or OWN_ID[name]
    given = required(name)
    _complete(stranger, name, given, path)
    put(given, MUTATIONS[name].args, path, theirs[noun])
    if name in ("paymentsBulkRecord", "invoicesBulkCreate") and place != "clientId":
        own = _own(stranger)
        given["input"]["items"][0] |= {"clientId": own["client"]}
        if "phases" in path:
            given["input"]["items"][0] |= {"projectId": own["project"]}
        if "lines" in path:
            given["input"]["items"][0] |= {"entityId": own["entity"]}
    answer = call(stranger, name, given)
    said = [error["code"] for error in answer["userErrors"]]
    for result in answer.get("results", ()):
        assert result["node"] is None
        assert result["outcome"] == "REJECTED"
        said += [error["code"] for error in result["userErrors"]]
    assert {"NOT_FOUND", "PHASE_OF_OTHER_PROJECT", "REFERENCE_ID_UNKNOWN"} & set(said), answer
    for thing in ("node", "invoice", "phase", "handover", "importFile", "mail", "delivery"):
        assert answer.get(thing) is None


def _complete(stranger: ApiClient, name: str, given: dict[str, Any], path: tuple[Any, ...]) -> None:
    """What stands before the foreign identifier is the stranger's own, so that it is reached."""
    if name == "paymentUnallocate":
        given["input"] |= {"invoiceId": "invoice_1"}
    if name == "batchSelect":
        given["input"] |= {"id": listed(stranger)["id"]}
    if name == "memberInvite":
        given["input"] |= {"email": "neu@a.example"}
    if name == "importRowsSkip":
        given["input"] |= {"rows": [2]}
    if name == "batchScheduleUpdate" and "filter" in path:
        given["input"] |= {"id": scheduled(stranger, filter=None)["id"]}
    if name == "identityLink" and path[1] == "memberId":
        answer = stranger.query(TRUST, audience=str(uuid4()))["identityProviderCreate"]
        given["input"] |= {"providerId": answer["node"]["id"]}
    drawing = name.startswith("invoiceCreate") or path == ("input", "lines", 0, "phaseId")
    if not drawing and name not in (*DEDUCTING, *PAYING, "projectTeamUpdate"):
        return
    own = _own(stranger)
    if name == "projectTeamUpdate" and path[1] != "projectId":
        given["input"] |= {"projectId": own["project"]}
    if name in DEDUCTING:
        given["input"] |= {"id": own["invoice"], "depositId": own["invoice"]}
    if name == "paymentRecord":
        given["input"] |= {"clientId": own["client"]}
    if name.startswith("invoiceCreate"):
        given["input"] |= {"clientId": own["client"]}
    if name == "invoiceCreateFromProject":
        given["input"] |= {"projectId": own["project"]}
    if name == "invoiceUpdate":
        given["input"] |= {"id": own["invoice"]}


def _own(stranger: ApiClient) -> dict[str, str]:
    stranger.query(
        'mutation { clientCreate(input: { name: "Nous", code: "N", billingAddress: "1 rue\\nParis",'
        ' currency: "EUR", vatNumber: "NA" }) { node { id } } projectCreate(input: { code: "N-1",'
        ' name: "N", client: "N", entity: "RIV-PAR", country: "FR", currency: "EUR",'
        ' vatRate: "20", status: SIGNED }) { node { id } } }'
    )
    found = stranger.query(
        '{ clientByCode(code: "N") { id } projectByCode(code: "N-1") { id }'
        " viewer { organisation { entities { id } } } }"
    )
    invoice = stranger.query(
        'mutation($client: ID!, $entity: ID!) { invoiceCreate(input: { idempotencyKey: "own",'
        " clientId: $client, entityId: $entity }) { invoice { id } } }",
        client=found["clientByCode"]["id"],
        entity=found["viewer"]["organisation"]["entities"][0]["id"],
    )["invoiceCreate"]["invoice"]["id"]
    return {
        "client": found["clientByCode"]["id"],
        "project": found["projectByCode"]["id"],
        "entity": found["viewer"]["organisation"]["entities"][0]["id"],
        "invoice": invoice,
    }


def test_every_query_is_empty_for_another_firm(
    two_firms: tuple[ApiClient, dict[str, str]], browsed: ApiClient
) -> None:
    """Lists have nothing of it, look-ups give null, filters by its identifiers match nothing."""
    stranger, theirs = two_firms
    own_lists = {"entities", "taxCodes", "ledgerAccounts", "clients", "projects", "invoices"}
    # Those of the stranger's own, made to reach what is named in them.
    own_lists |= {"batches", "apiKeys", "members", "auditEntries", "auditChanges"}
    own_lists |= {"identityProviders"}
    lists = {
        name
        for name, field in QUERIES.items()
        if get_named_type(field.type).name.endswith("Connection") and not _asks_for(name)
    }
    own_lists |= {"batchSchedules"}
    sums = {"totals"}
    assert lists >= sums
    for by in ("PHASE", "CONTRACT", "PROJECT", "CLIENT", "ORGANISATION"):
        asked = f"{{ totals(by: {by}) {{ nodes {{ currency }} }} }}"
        assert browsed.query(asked)["totals"]["nodes"] != []
        assert stranger.query(asked)["totals"]["nodes"] == []
    for name in sorted(lists - sums):
        asked = f"{{ {name}(page: {{ first: 100 }}) {{ nodes {{ id }} }} }}"
        ours = {row["id"] for row in browsed.query(asked)[name]["nodes"]}
        seen = {row["id"] for row in stranger.query(asked)[name]["nodes"]}
        assert ours.isdisjoint(seen), name
        assert name in own_lists or seen == set(), name
    for name, noun in (("client", "client"), ("project", "project"), ("invoice", "invoice")):
        asked = f"query($id: ID!) {{ {name}(id: $id) {{ id }} }}"
        assert browsed.query(asked, id=theirs[noun])[name] is not None
        assert stranger.query(asked, id=theirs[noun])[name] is None
    assert stranger.query(
        '{ clientByCode(code: "CLI-0001") { id } projectByCode(code: "PAT-2501") { id }'
        ' invoiceByNumber(number: "LYO26-00001") { id } }'
    ) == {"clientByCode": None, "projectByCode": None, "invoiceByNumber": None}
    found = stranger.query(
        "query($client: ID, $project: ID, $import: ID!) {"
        " invoices(filter: { states: null, clientId: $client, projectId: $project }) { totalCount }"
        " projects(filter: { clientId: $client }) { totalCount }"
        " importRows(importId: $import) { totalCount } }",
        client=theirs["client"],
        project=theirs["project"],
        **{"import": theirs["import_file"]},
    )
    assert {name: one["totalCount"] for name, one in found.items()} == {
        "invoices": 0,
        "projects": 0,
        "importRows": 0,
    }


def _asks_for(name: str) -> bool:
    """Whether a list needs to be told of what."""
    return any(is_required_argument(argument) for argument in QUERIES[name].args.values())
