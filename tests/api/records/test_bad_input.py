"""Every field of every mutation is given what nobody expects: a coded refusal, never an error.

Driven by the schema: a new mutation is tried as soon as it exists, and must be told what a right
call of it looks like.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    get_named_type,
)

from server.graphql import jalon_schema
from tests.api.batches.acts import listed, saved
from tests.api.invoices.mail_acts import queued
from tests.api.records.calling import operation
from tests.api.records.test_other_firms import SOME_TIME
from tests.api.schedules.acts import scheduled
from tests.api.settings.acts import A_PRODUCT, AN_ENTITY, done
from tests.support.api import ApiClient, open_api
from tests.support.documents import DRAW
from tests.support.postgres import PostgresServer
from tests.support.prepared import Calendar, prepare
from tests.support.transmitted import A_CONNECTION, a_connection

SCHEMA = jalon_schema()._schema
assert SCHEMA.mutation_type is not None
MUTATIONS = SCHEMA.mutation_type.fields

ADDRESS = "1 rue du Port\n75001 Paris"
A_CLIENT = {"name": "Bien fait", "billingAddress": ADDRESS, "currency": "EUR", "vatNumber": "NA"}
A_PROJECT = {
    "code": "ZZ-1",
    "name": "P",
    "client": "CLI-0001",
    "entity": "RIV-PAR",
    "country": "FR",
    "currency": "EUR",
    "vatRate": "20",
    "status": "SIGNED",
}
A_PHASE = {
    "projectCode": "PAT-2508",
    "contract": "Mission de base",
    "phaseName": "Neuve",
    "phaseCode": "NEU",
    "fee": "1000",
}
A_PERSON = {"firstName": "A", "lastName": "B", "email": "a@b.example"}
A_LINE = {
    "kind": "ACCOUNT",
    "description": "d",
    "quantity": "1",
    "unitPrice": "100",
    "taxCode": "FR-20",
    "ledgerAccount": "706000",
}
A_PAST_INVOICE = {"phaseId": "phase_309", "amount": "10", "invoiceDate": "2026-01-31"}
A_PAYMENT = {
    "clientId": "client_30", "entityId": "entity_1", "receivedOn": "2026-11-20", "amount": "10",
}  # fmt: skip
A_CORRECTION = {"phaseId": "phase_309", "value": "10", "date": "2026-01-31", "reason": "r"}
A_PROVIDER = {"name": "Entra", "issuer": "https://login.example/realm", "audience": "jalon"}
PAY = "mutation($input: PaymentRecordInput!) { paymentRecord(input: $input) { replayed } }"
PAST = (
    "mutation($input: BillingHistoryRecordInput!) { billingHistoryRecord(input: $input)"
    " { replayed } }"
)
SPARE = {"id": "phase_316"}
"""A phase that no other call here needs: it may be put away."""

RIGHT: dict[str, dict[str, Any]] = {
    "clientCreate": A_CLIENT,
    "clientUpdate": {"id": "client_1"},
    "clientArchive": {"id": "client_40"},
    "clientsBulkUpsert": {"items": [A_CLIENT]},
    "projectCreate": A_PROJECT,
    "projectUpdate": {"id": "project_47"},
    "projectArchive": {"id": "project_48"},
    "projectsBulkUpsert": {"items": [A_PROJECT]},
    "projectTeamUpdate": {"projectId": "project_47", "add": ["collaborator_1"]},
    "phaseCreate": A_PHASE,
    "phaseUpdate": {"id": "phase_309"},
    "phaseArchive": SPARE,
    "phasesBulkUpsert": {"items": [A_PHASE]},
    "collaboratorCreate": A_PERSON,
    "collaboratorUpdate": {"id": "collaborator_1"},
    "collaboratorArchive": {"id": "collaborator_2"},
    "collaboratorsBulkUpsert": {"items": [A_PERSON]},
    "contractCreate": {"projectId": "project_47", "name": "Neuve"},
    "contractUpdate": {"id": "contract_66"},
    "contractArchive": {"id": "contract_65"},
    "contractRestore": {"id": "contract_65"},
    "organisationUpdate": {"name": "Groupe Rivage"},
    "entityCreate": AN_ENTITY,
    "entityUpdate": {"id": "entity_4"},
    "entityArchive": {"id": "entity_4"},
    "entityRestore": {"id": "entity_4"},
    "productCreate": {**A_PRODUCT, "sku": "MAQ-02"},
    "productUpdate": {"id": "product_1"},
    "productArchive": {"id": "product_1"},
    "productRestore": {"id": "product_1"},
    "productsBulkUpsert": {"items": [A_PRODUCT]},
    "taxCodeCreate": {"code": "FR-55", "rate": "5.5", "category": "STANDARD"},
    "taxCodeUpdate": {"id": "tax_code_1"},
    "taxCodeArchive": {"id": "tax_code_2"},
    "taxCodeRestore": {"id": "tax_code_2"},
    "ledgerAccountCreate": {"number": "708000", "label": "Divers"},
    "ledgerAccountUpdate": {"id": "ledger_account_1"},
    "ledgerAccountArchive": {"id": "ledger_account_2"},
    "ledgerAccountRestore": {"id": "ledger_account_2"},
    "progressRecord": {"phaseId": "phase_309", "percent": "50"},
    "progressBulkRecord": {"items": [{"phaseId": "phase_309", "percent": "50"}]},
    "billingHistoryRecord": {"item": A_PAST_INVOICE},
    "billingHistoryBulkRecord": {"items": [A_PAST_INVOICE]},
    "billingHistoryArchive": {"id": "billing_history_1"},
    "billingHistoryRestore": {"id": "billing_history_1"},
    "adjustmentRecord": {"item": A_CORRECTION},
    "adjustmentsBulkRecord": {"items": [A_CORRECTION]},
    "adjustmentArchive": {"id": "adjustment_1"},
    "adjustmentRestore": {"id": "adjustment_1"},
    "timeEntriesBulkRecord": {"items": [SOME_TIME]},
    "timeEntryUpdate": {"id": "time_entry_1"},
    "timeEntryArchive": {"id": "time_entry_2"},
    "timeEntryRestore": {"id": "time_entry_2"},
    "timeEntriesApprove": {"ids": ["time_entry_1"]},
    "timeEntriesWriteOff": {"ids": ["time_entry_1"], "reason": "r"},
    "timeEntriesWriteOffUndo": {"ids": ["time_entry_1"]},
    "invoiceCreateFromProject": {
        "clientId": "client_30",
        "projectId": "project_59",
        "phases": [{"phaseId": "phase_309"}],
    },
    "invoiceCreate": {"clientId": "client_30", "entityId": "entity_1"},
    "invoiceCreateForClient": {"clientId": "client_30"},
    "invoiceUpdate": {"id": "invoice_1", "lines": [A_LINE]},
    "invoiceFinalise": {"id": "invoice_3"},
    "invoiceCredit": {"id": "invoice_3", "lines": [{"lineId": "invoice_line_1"}]},
    "invoicesBulkFinalise": {"items": [{"id": "invoice_3"}]},
    "invoicesPrint": {"ids": ["invoice_1"], "form": "ZIP"},
    "invoicesBulkCredit": {"items": [{"id": "invoice_3", "lines": [{"lineId": "invoice_line_1"}]}]},
    "invoicesBulkDelete": {"items": [{"id": "invoice_2"}]},
    "invoicesBulkCreate": {"items": [{"clientId": "client_30", "entityId": "entity_1"}]},
    "invoicesBulkSend": {"items": [{"id": "invoice_3", "to": ["a@b.test"]}]},
    "paymentRecord": {**A_PAYMENT, "allocations": [{"invoiceId": "invoice_3"}]},
    "paymentsBulkRecord": {"items": [A_PAYMENT]},
    "paymentAllocate": {"id": "payment_1", "allocations": [{"invoiceId": "invoice_3"}]},
    "paymentUnallocate": {"id": "payment_1", "invoiceId": "invoice_3"},
    "paymentCancel": {"id": "payment_1", "reason": "r"},
    "reminderRecord": {"invoiceId": "invoice_3", "level": 1, "channel": "EMAIL"},
    "depositInvoiceCreate": {"projectId": "project_59", "percent": "1"},
    "invoiceDeductDeposit": {"id": "invoice_1", "depositId": "invoice_3"},
    "invoiceUndeductDeposit": {"id": "invoice_1", "depositId": "invoice_3"},
    "invoiceReplace": {"id": "invoice_3", "reason": "r"},
    "pastInvoiceCredit": {
        "projectId": "project_59",
        "invoiceNo": "FA-1",
        "reason": "r",
        "lines": [{"historyId": "billing_history_1"}],
    },
    "invoiceSend": {"id": "invoice_3", "to": ["a@b.test"], "cc": ["c@b.test"]},
    "batchPlan": {"name": "Novembre", "filter": {"contractIds": ["contract_66"]}},
    "batchRefresh": {"id": "batch_1"},
    "batchSelect": {
        "id": "batch_1",
        "choices": [{"selected": False, "contractIds": ["contract_66"], "items": ["x"]}],
    },
    "batchUpdate": {"id": "batch_1", "name": "Octobre"},
    "batchRun": {"id": "batch_1", "planHash": "x"},
    "batchGenerate": {"id": "batch_3"},
    "batchDrop": {"id": "batch_3", "invoiceIds": ["batch_invoice_1"]},
    "batchFinalise": {"id": "batch_3", "invoiceIds": ["batch_invoice_2"]},
    "batchSend": {"id": "batch_3", "invoiceIds": ["batch_invoice_2"]},
    "batchDelete": {"id": "batch_2"},
    "batchPrint": {"id": "batch_3", "form": "ZIP", "invoiceIds": ["batch_invoice_2"]},
    "batchExport": {"id": "batch_3", "format": "CSV", "invoiceIds": ["batch_invoice_2"]},
    "webhookEndpointCreate": {"url": "https://hook.example/"},
    "webhookEndpointUpdate": {"id": "webhook_endpoint_1"},
    "webhookEndpointDelete": {"id": "webhook_endpoint_2"},
    "webhookEndpointRotateSecret": {"id": "webhook_endpoint_1"},
    "handoverRetry": {"ids": ["outbox_entry_1"]},
    "platformCreate": {**A_CONNECTION, "entityId": "entity_4"},
    "platformUpdate": {"id": "platform_1"},
    "platformDelete": {"id": "platform_1"},
    "invoicesTransmit": {"ids": ["invoice_3"]},
    "invoicesExport": {"format": "FEC", "ids": ["invoice_3"]},
    "accountingSettingsUpdate": {"entityId": "entity_1", "salesJournal": "VE"},
    "clientPapersUpdate": {"id": "client_30", "footerMessageFr": "Merci"},
    "personExport": {"subject": "contact_1"},
    "personErase": {"subject": "contact_1", "dryRun": True},
    "templateDownload": {"kind": "clients"},
    "stagedUploadCreate": {"filename": "a.xlsx", "size": 100},
    "importRowsSkip": {"importId": "import_file_1", "rows": [2]},
    "importConfirm": {"importId": "import_file_1", "reviewHash": "x"},
    "importErrorFile": {"importId": "import_file_1"},
    "auditExport": {"from": "2026-11-01", "format": "CSV"},
    "importRevert": {"importId": "import_file_5", "dryRun": True},
    "batchScheduleCreate": {"name": "Mois", "filter": {"contractIds": ["contract_66"]}},
    "batchScheduleUpdate": {"id": "batch_schedule_1"},
    "batchScheduleArchive": {"id": "batch_schedule_2"},
    "batchScheduleRestore": {"id": "batch_schedule_2"},
    "batchScheduleRunNow": {"id": "batch_schedule_1"},
    "memberInvite": {"email": "neu@a.example", "role": "READER", "entityIds": ["entity_1"]},
    "memberUpdate": {"id": "member_1"},
    "memberRemove": {"id": "member_2"},
    "apiKeyCreate": {"name": "a program", "role": "READER", "entityIds": ["entity_1"]},
    "passwordChange": {"current": "x", "new": "y"},
    "accountUpdate": {"name": "Léa"},
    "identityProviderCreate": {**A_PROVIDER, "audience": "another"},
    "identityProviderUpdate": {"id": "identity_provider_1"},
    "identityProviderArchive": {"id": "identity_provider_2"},
    "identityProviderRestore": {"id": "identity_provider_2"},
    "identityLink": {"providerId": "identity_provider_1", "memberId": "member_1", "subject": "s"},
}
IDENTIFIERS = {
    "invoiceMarkSent": "invoice_1",
    "invoiceDelete": "invoice_2",
    "invoicePdf": "invoice_1",
    "invoiceElectronic": "invoice_1",
    "handoverAcknowledge": "outbox_entry_1",
    "webhookEndpointTest": "webhook_endpoint_1",
    "platformRead": "platform_1",
    "invoiceMailRetry": "invoice_mail_1",
    "invoiceMailCancel": "invoice_mail_1",
    "invoicesPdf": ["invoice_1"],
    "importReviewAgain": "import_file_1",
    "importCancel": "import_file_1",
    "jobCancel": "job_1",
    "memberInviteAgain": "member_1",
    "apiKeyRevoke": "api_key_999",
    "signInEnd": "sign_in_1",
    "identityUnlink": "identity_1",
}
WITHOUT_INPUT = {"signOutEverywhere"}
WITH_FILES = {"importCreate"}
"""Tried with hostile files elsewhere."""

STRANGE: dict[str, list[Any]] = {
    "String": ["", "x" * 3000, "\u0000", "ﬃİ" * 100],
    "ID": ["", "x", "client_1", "client_999999", "client_" + "9" * 18, "1" * 500, "\u0001", 5],
    "Decimal": [
        *("NaN", "Infinity", "sNaN", "1e30", "1E-999999", "1e999999", "-1", "abc", "1e12"),
        *("1.1234567891", "9223372036854775808", "1." + "0" * 40 + "1", 1.5, True),
    ],
    "Int": [0, -1, 91, 2**31 - 1, -(2**31), 2**31],
    "Date": ["0001-01-01", "9999-12-31", "2026-02-30", "", "2026-11-22", 5],
    "DateTime": ["", "x", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59+14:00", "2026-12-01", 5],
    "Boolean": [True, False, "true"],
    "Upload": ["x", 5, {}],
}
TEXTS = [" \t\n", "x" * 70, "é😀👩\u200d👧 =1+1 % \\ {name}", "\u0001\u001b\u202e"]
"""What is done with them does not depend on the column: each text is given one of them in turn."""


def fields_of(kind: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], list[Any]]]:
    """Every place in an input type, with the strange values it is given."""
    if isinstance(kind, GraphQLNonNull):
        kind = kind.of_type
    if isinstance(kind, GraphQLList):
        yield path, [[], None, [None], [[]]]
        yield from fields_of(kind.of_type, (*path, 0))
    elif isinstance(kind, GraphQLInputObjectType):
        yield path, [{}, [], None, "x"]
        for name, field in kind.fields.items():
            yield from fields_of(field.type, (*path, name))
    elif isinstance(kind, GraphQLEnumType):
        yield path, [*kind.values, None, "NOTHING", 1]
    else:
        yield path, [*STRANGE[kind.name], None]


def put(given: Any, path: tuple[Any, ...], value: Any) -> Any:
    """`given` with `value` at `path`, whatever must stand around it filled in."""
    if not path:
        return value
    step, *rest = path
    if isinstance(step, int):
        items = list(given or [None])
        items[step] = put(items[step], tuple(rest), value)
        return items
    fields = dict(given or {})
    fields[step] = put(fields.get(step), tuple(rest), value)
    return fields


def right_call(name: str) -> dict[str, Any]:
    if name in IDENTIFIERS:
        return {next(iter(MUTATIONS[name].args)): IDENTIFIERS[name]}
    return {"input": copy.deepcopy(RIGHT[name])}


def needs_key(name: str) -> bool:
    kind = MUTATIONS[name].args.get("input")
    return kind is not None and "idempotencyKey" in get_named_type(kind.type).fields


@pytest.fixture(scope="module")
def hardened(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ApiClient]:
    """A firm of which nothing need be left afterwards, with three pro formas to try things on.

    On PostgreSQL, which refuses more: too long a text, too large a number, U+0000.
    """
    dsn = postgres.create_database(template=postgres.template("prepared", prepare))
    folder, sender = tmp_path_factory.mktemp("hardened"), "firm@jalon.test"
    with open_api(dsn, folder, clock=Calendar(), mail_from=sender) as api:
        for phase in ("phase_310", "phase_311", "phase_312"):
            share = [{"phaseId": phase, "percent": "10"}]
            given = {"client": "client_30", "project": "project_59"}
            api.query(DRAW, **given, key=phase, phases=share)
        for _ in range(2):
            scheduled(api)
        done(api, "productCreate", **A_PRODUCT)
        time = {"items": [SOME_TIME, SOME_TIME], "idempotencyKey": "time"}
        api.query(operation("timeEntriesBulkRecord"), input=time)
        api.query(PAY, input={**A_PAYMENT, "idempotencyKey": "prepared"})
        past = {**A_PAST_INVOICE, "invoiceNo": "FA-1"}
        api.query(PAST, input={"item": past, "idempotencyKey": "prepared"})
        queued(api, "invoice_3")
        for name in ("Novembre", "Octobre", "Septembre"):
            batch = listed(api, name)
        saved(api, batch)
        for _ in range(2):
            api.query(operation("webhookEndpointCreate"), input=RIGHT["webhookEndpointCreate"])
        a_connection(api)
        for email in ("one@a.example", "two@a.example"):
            api.query(operation("memberInvite"), input={"email": email, "role": "READER"})
        for audience in ("one", "two"):
            trusted = {**A_PROVIDER, "audience": audience}
            api.query(operation("identityProviderCreate"), input=trusted)
        api.query(operation("identityLink"), input={**RIGHT["identityLink"], "subject": "first"})
        yield api
    postgres.drop_database(dsn)


def test_every_mutation_is_tried() -> None:
    assert RIGHT.keys() | IDENTIFIERS.keys() | WITH_FILES | WITHOUT_INPUT == MUTATIONS.keys()


@pytest.mark.parametrize("name", sorted(RIGHT.keys() | IDENTIFIERS.keys()))
def test_whatever_is_given_the_answer_is_a_refusal_in_words(hardened: ApiClient, name: str) -> None:
    """No field, of no mutation, can be given a value that ends in “Internal error”."""
    text = operation(name)
    broken = []
    for argument in MUTATIONS[name].args:
        places = fields_of(MUTATIONS[name].args[argument].type, (argument,))
        for turn, (path, values) in enumerate(places):
            for value in _tried(name, turn, values):
                given = right_call(name)
                if needs_key(name):
                    given["input"]["idempotencyKey"] = str(uuid4())
                answer = hardened.send(text, put(given, path, value)).json()
                if unwelcome(answer):
                    broken.append((path, repr(value)[:40], answer))
    assert broken == []


def _tried(name: str, turn: int, values: list[Any]) -> list[Any]:
    """All values where a thing is made; elsewhere the fields share them, each another part.

    What is changed is judged as what is made, and a bulk as its single mutation.
    """
    if "Bulk" in name:
        parts = len(values)
    elif name.startswith("phase"):
        # Each call of theirs reads all the phases of the firm.
        parts = 4
    else:
        parts = 1 if name.endswith(("Create", "Record", "Invite")) else 3
    parts = min(parts, len(values))
    is_text = values[:-1] == STRANGE["String"] and "Bulk" not in name
    shared = [TEXTS[turn % len(TEXTS)]] if is_text else []
    return values[turn % parts :: parts] + shared


def unwelcome(answer: dict[str, Any]) -> bool:
    """Whether an answer tells of a bug, or says something with a fact missing."""
    for error in answer.get("errors") or ():
        if error.get("extensions", {}).get("code") == "INTERNAL_ERROR":
            return True
    payload = next(iter((answer.get("data") or {}).values()), None) or {}
    said = [*payload.get("userErrors", ())]
    for result in payload.get("results") or ():
        said += result["userErrors"]
    return any(not error["message"].strip() for error in said)
