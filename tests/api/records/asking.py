"""Asking for records: the operations of these tests, and reading what they answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from tests.support.api import ApiClient

Row = dict[str, Any]

CLIENT = (
    "id version code name billingAddress country currency clientType vatNumber siret siren"
    " language paymentDays ledgerAccount serviceCode comment archivedAt"
    " contacts { name email phone isDefault }"
)
PROJECT = (
    "id version code name country currency vatRate vatExemption status address postcode city"
    " managerEmail manager { email } startDate endDate commitmentNo area tags archivedAt"
    " client { code } entity { code } worksAmount { amount currency }"
)
PHASE = (
    "id version code name kind position vatRate startDate endDate ledgerAccount sku hours"
    " periodicity archivedAt fee { amount currency } hourlyRate { amount }"
    " linkedPhase { code } contract { id name billingMethod project { code } }"
)
COLLABORATOR = (
    "id version firstName lastName email jobTitle role entryDate exitDate billableRate costRate"
    " weeklyHours employeeCode active phone archivedAt entity { code }"
)
ERRORS = "userErrors { code severity message field column expected found fix }"

_FIELDS = {
    "client": CLIENT,
    "project": PROJECT,
    "phase": PHASE,
    "collaborator": COLLABORATOR,
    "contract": "id version name billingMethod status taxable archivedAt",
}


def act(api: ApiClient, mutation: str, **given: Any) -> Row:
    """The payload of clientCreate, phaseUpdate, projectArchive … with `node` and `userErrors`."""
    noun = next(name for name in _FIELDS if mutation.startswith(name))
    verb = mutation.removeprefix(noun)
    kind = f"{mutation[0].upper()}{mutation[1:]}Input"
    if verb in ("Archive", "Restore"):
        kind = "RecordInput" if noun == "contract" else "ArchiveInput"
    answer: Row = api.query(
        f"mutation($input: {kind}!) {{ {mutation}(input: $input) {{"
        f" node {{ {_FIELDS[noun]} }} {ERRORS} }} }}",
        input=given,
    )[mutation]
    return answer


def done(api: ApiClient, mutation: str, **given: Any) -> Row:
    """The record of an act that nothing was refused of."""
    answer = act(api, mutation, **given)
    assert reds(answer) == [], answer["userErrors"]
    node: Row = answer["node"]
    return node


def bulk(api: ApiClient, nouns: str, items: list[Row], **given: Any) -> Row:
    """The payload of clientsBulkUpsert, phasesBulkUpsert …; a new key unless one is given."""
    mutation = f"{nouns}BulkUpsert"
    given.setdefault("idempotencyKey", str(uuid4()))
    answer: Row = api.query(
        f"mutation($input: {nouns.capitalize()}BulkUpsertInput!) {{ {mutation}(input: $input) {{"
        " counts { created updated unchanged skipped rejected } replayed"
        " results { index externalReference outcome changes { field before after }"
        f" node {{ {_FIELDS[nouns.removesuffix('s')]} }} {ERRORS} }}"
        f" {ERRORS} }} }}",
        input={"items": items, **given},
    )[mutation]
    return answer


def client_by_code(api: ApiClient, code: str) -> Row | None:
    found: Row | None = api.query(
        f"query($code: String!) {{ clientByCode(code: $code) {{ {CLIENT} }} }}", code=code
    )["clientByCode"]
    return found


def project_by_code(api: ApiClient, code: str) -> Row | None:
    found: Row | None = api.query(
        f"query($code: String!) {{ projectByCode(code: $code) {{ {PROJECT}"
        f" contracts {{ id name phases {{ {PHASE} }} }} }} }}",
        code=code,
    )["projectByCode"]
    return found


def codes(answer: Row) -> list[str]:
    """The codes of `userErrors`, in their order."""
    return [error["code"] for error in answer["userErrors"]]


def reds(answer: Row) -> list[str]:
    """The codes of what was refused."""
    return [e["code"] for e in answer["userErrors"] if e["severity"] == "ERROR"]


def paths(answer: Row) -> list[str]:
    """The fields of `userErrors`, their paths joined by dots."""
    return [".".join(error["field"] or ()) for error in answer["userErrors"]]


def outcomes(answer: Row) -> list[str]:
    """What became of each item of a bulk call."""
    return [result["outcome"] for result in answer["results"]]


def each(rows: Iterable[Row], *names: str) -> list[Any]:
    """One field of each row, or a tuple of several."""
    if len(names) == 1:
        return [row[names[0]] for row in rows]
    return [tuple(row[name] for name in names) for row in rows]


A_CLIENT: Row = {
    "name": "Coopérative du Vallon Bleu",
    "billingAddress": "3 chemin du Vallon\n38000 Grenoble",
    "currency": "EUR",
    "vatNumber": "NA",
    "clientType": "INDIVIDUAL",
}
A_PROJECT: Row = {
    "code": "NEW-2601",
    "name": "Atelier du Vallon",
    "client": "CLI-0001",
    "entity": "RIV-PAR",
    "country": "FR",
    "currency": "EUR",
    "vatRate": "20",
    "status": "SIGNED",
}
A_PHASE: Row = {
    "projectCode": "PAT-2501",
    "contract": "Mission de base",
    "phaseName": "Études complémentaires",
    "phaseCode": "CMP",
    "fee": "1000",
}
A_COLLABORATOR: Row = {
    "firstName": "Zoé",
    "lastName": "Marchand",
    "email": "z.marchand@atelier-rivage.example",
}


def recorded_past(api: ApiClient, phase: str) -> dict[str, str]:
    """The identifiers of a past invoice and of a correction that are recorded of a phase."""
    given = {
        "invoice": {"phaseId": phase, "amount": "10", "invoiceDate": "2026-01-31"},
        "correction": {"phaseId": phase, "value": "1", "date": "2026-01-31", "reason": "r"},
    }
    made = api.query(
        "mutation($invoice: BillingHistoryItem!, $correction: AdjustmentItem!) {"
        ' billingHistoryRecord(input: { item: $invoice, idempotencyKey: "p-1" }) { node { id } }'
        ' adjustmentRecord(input: { item: $correction, idempotencyKey: "p-2" }) { node { id } } }',
        **given,
    )
    return {
        "billing_history": made["billingHistoryRecord"]["node"]["id"],
        "adjustment": made["adjustmentRecord"]["node"]["id"],
    }
