"""What is looked for by a text is found however its accents and capitals are typed."""

from __future__ import annotations

from typing import Any

from tests.api.records.calling import QUERIES
from tests.api.records.test_other_firms import SOME_TIME
from tests.support.api import ApiClient

PAID = {"clientId": "client_30", "entityId": "entity_1", "receivedOn": "2026-11-20", "amount": "1"}
MADE: dict[str, dict[str, Any]] = {
    "collaboratorCreate": {"firstName": "Élodie", "lastName": "Leu", "email": "e.l@a.example"},
    "productCreate": {"sku": "FAC-1", "name": "Façades d’Élodie"},
    "ledgerAccountCreate": {"number": "708900", "label": "Travaux d’Élodie"},
    "taxCodeCreate": {"code": "FR-E", "rate": "0", "category": "EXEMPT", "mention": "Élodie"},
    "memberInvite": {"email": "m@a.example", "role": "READER", "name": "Élodie Leu"},
    "batchScheduleCreate": {"name": "Élodie, chaque mois"},
    "batchPlan": {"name": "Élodie, novembre", "idempotencyKey": "b"},
    "timeEntriesBulkRecord": {
        "items": [{**SOME_TIME, "description": "Relevé d’Élodie"}],
        "idempotencyKey": "t",
    },
    "paymentRecord": {**PAID, "reference": "Virement d’Élodie", "idempotencyKey": "p"},
}
LISTS = (
    *("collaborators", "products", "ledgerAccounts", "taxCodes", "members", "batchSchedules"),
    *("batches", "timeEntries", "payments"),
)


def test_a_text_finds_what_has_accents(any_firm: ApiClient) -> None:
    """And what is found without them is found with them."""
    for name, given in MADE.items():
        kind = f"{name[0].upper()}{name[1:]}Input"
        asked = (
            f"mutation($input: {kind}!) {{ {name}(input: $input) {{ userErrors {{ message }} }} }}"
        )
        assert any_firm.query(asked, input=given)[name]["userErrors"] == [], name
    for text in ("elodie", "ÉLODIE", "Élodiê", "E\u0301lodie"):
        for name in LISTS:
            sought = f'text: "{text}"'
            given_as = sought if "text" in QUERIES[name].args else f"filter: {{ {sought} }}"
            asked = f"{{ {name}({given_as}) {{ totalCount }} }}"
            assert any_firm.query(asked)[name]["totalCount"] == 1, (name, text)
