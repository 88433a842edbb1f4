"""The clients and contracts of the example of DOMAIN §2.5, made through the API."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

from tests.api.records.asking import done
from tests.support.api import ApiClient

COLLABORATOR = "a.simek@atelier-rivage.example"
ADDRESS = "1 rue du Port\n75001 Paris"
CLIENTS, CONTRACTS = ("EX-X", "EX-Y"), ("EX-A", "EX-B", "EX-C")


def a_client(api: ApiClient, code: str, **more: Any) -> dict[str, Any]:
    given = {"name": f"Client {code}", "billingAddress": ADDRESS, "currency": "EUR"}
    return done(
        api,
        "clientCreate",
        **{**given, "code": code, "clientType": "ASSOCIATION", "vatNumber": "NA", **more},
    )


def a_contract(
    api: ApiClient, code: str, client: str, phase: dict[str, Any], **terms: Any
) -> tuple[str, str]:
    """A signed project of a client with one contract of one phase: identifiers of both."""
    of_project = terms.pop("project", {})
    job = done(
        api,
        "projectCreate",
        **{
            "code": code,
            "name": f"Projet {code}",
            "client": client,
            "entity": "RIV-PAR",
            "country": "FR",
            "currency": "EUR",
            "vatRate": "20",
            "status": "SIGNED",
            **of_project,
        },
    )
    contract = done(api, "contractCreate", projectId=job["id"], name=f"Contrat {code}", **terms)
    given = {"projectCode": code, "contract": f"Contrat {code}", "phaseCode": "PH1"}
    made = done(api, "phaseCreate", **{**given, "phaseName": "Phase", **phase})
    return contract["id"], made["id"]


def progressed(api: ApiClient, phase_id: str, percent: str) -> None:
    answer = api.query(
        "mutation($input: ProgressInput!) { progressRecord(input: $input)"
        " { userErrors { code severity } } }",
        input={"phaseId": phase_id, "percent": percent},
    )["progressRecord"]
    assert [one for one in answer["userErrors"] if one["severity"] == "ERROR"] == []


def worked_on(api: ApiClient, code: str, *entries: tuple[str, str], approved: bool = True) -> None:
    """Time of one collaborator on the only phase of a project: (day, hours)."""
    items = [
        {
            "date": day,
            "email": COLLABORATOR,
            "projectCode": code,
            "phaseCode": "PH1",
            "hours": hours,
            "approved": approved,
            "ticket": f"T-{place}",
            "billable": True,
        }
        for place, (day, hours) in enumerate(entries)
    ]
    answer = api.query(
        "mutation($input: TimeEntriesBulkRecordInput!) { timeEntriesBulkRecord(input: $input)"
        " { counts { created } results { userErrors { code message } } userErrors { code } } }",
        input={"items": items, "idempotencyKey": str(uuid4())},
    )["timeEntriesBulkRecord"]
    assert answer["counts"]["created"] == len(items), answer


def past(api: ApiClient, phase_id: str) -> None:
    """What had been billed and corrected of contract A: DOMAIN §2.3, F1 and F2."""
    history, corrections = ("4600.00", "3680.00"), (("FEE", "552.00"), ("BILLED", "-46.00"))
    for amount in history:
        item = {"phaseId": phase_id, "amount": amount, "invoiceDate": "2026-01-31"}
        item["invoiceNo"] = f"FA-{amount}"
        api.query(
            "mutation($input: BillingHistoryRecordInput!) { billingHistoryRecord(input: $input)"
            " { node { id } } }",
            input={"item": item, "idempotencyKey": str(uuid4())},
        )
    for kind, value in corrections:
        correction = {"phaseId": phase_id, "kind": kind, "value": value, "reason": "Reprise"}
        correction["date"] = "2026-01-31"
        api.query(
            "mutation($input: AdjustmentRecordInput!) { adjustmentRecord(input: $input)"
            " { node { id } } }",
            input={"item": correction, "idempotencyKey": str(uuid4())},
        )


def contract_a(api: ApiClient) -> tuple[str, str]:
    """3,611.00 at 20 %: a fixed fee by progress (DOMAIN §2.3, F5)."""
    made = a_contract(api, "EX-A", "EX-X", {"fee": "18400.00"})
    past(api, made[1])
    progressed(api, made[1], "62.5")
    return made


def contract_b(api: ApiClient) -> tuple[str, str]:
    """2,300.00 at 20 %: a retainer since 15 September, November still open (DOMAIN §2.4)."""
    phase = {"fee": "1500.00", "startDate": "2026-09-15", "periodicity": "MONTH"}
    return a_contract(api, "EX-B", "EX-X", phase, billingMethod="RETAINER")


def contract_c(api: ApiClient) -> tuple[str, str]:
    """4,760.00, not taxable: 56 hours of 14 tickets at 85.00."""
    made = a_contract(
        api,
        "EX-C",
        "EX-Y",
        {"fee": "0", "hourlyRate": "85.00"},
        billingMethod="TIME_AND_MATERIALS",
        taxable=False,
        project={"vatExemption": "EXONERATION_261"},
    )
    worked_on(api, "EX-C", *((f"2026-11-{2 + place:02d}", "4") for place in range(14)))
    return made


def small_firm(api: ApiClient) -> dict[str, str]:
    """The example in a firm that has nothing else, not even whom its hours are of."""
    done(api, "collaboratorCreate", firstName="Ana", lastName="Šimek", email=COLLABORATOR)
    return example(api)


def example(api: ApiClient) -> dict[str, str]:
    """Contracts A, B and C of clients X and Y: their identifiers by letter."""
    for code in CLIENTS:
        a_client(api, code)
    made = {"A": contract_a(api), "B": contract_b(api), "C": contract_c(api)}
    return {letter: contract for letter, (contract, _) in made.items()}


def hundredths(shown: dict[str, Any]) -> Decimal:
    return Decimal(shown["amount"])
