"""Handing final invoices over to the accounting software: one entry each, taken once (F02, F23)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select

from domain.access import Role
from domain.trace import OutboxEntry
from resolvers.invoicing._freezing import HANDOVER
from tests.api.invoices.acts import account_line, blank, change, codes, final
from tests.support.api import ApiClient

LIST = """
query($delivered: Boolean, $page: PageInput) {
  handovers(delivered: $delivered, page: $page) {
    totalCount
    pageInfo { hasNextPage endCursor }
    nodes {
      id topic attempts createdAt deliveredAt lastError
      invoice { id number state gross { amount currency } client { id } handedOverAt }
    }
  }
}
"""
TAKE = """
mutation($id: ID!) {
  handoverAcknowledge(id: $id) {
    handover { id deliveredAt invoice { number state handedOverAt } }
    userErrors { code message field }
  }
}
"""


def finalised(api: ApiClient, amount: str = "100") -> dict[str, Any]:
    """A final invoice."""
    invoice = blank(api)["id"]
    change(api, invoice, lines=[account_line(amount)])
    found: dict[str, Any] = final(api, invoice)["invoice"]
    return found


def listed(api: ApiClient, **choices: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.query(LIST, **choices)["handovers"]["nodes"]
    return found


def take(api: ApiClient, key: str) -> dict[str, Any]:
    answer: dict[str, Any] = api.query(TAKE, id=key)["handoverAcknowledge"]
    return answer


def entries(api: ApiClient) -> list[tuple[str, int, Any]]:
    """What the outbox itself holds of final invoices."""
    with api.house.database.reading(api.organisation_id) as session:
        found = session.scalars(select(OutboxEntry).order_by(OutboxEntry.id))
        return [(entry.topic, entry.subject_id, entry.content) for entry in found]


def test_a_final_invoice_waits_once_and_says_all_that_is_fetched(any_firm: ApiClient) -> None:
    invoice = finalised(any_firm, "1234.50")
    assert codes(final(any_firm, invoice["id"])) == ["INVOICE_ALREADY_FINAL"]
    (entry,) = listed(any_firm)
    assert entry["topic"] == "invoice.finalised"
    assert (entry["attempts"], entry["deliveredAt"], entry["lastError"]) == (0, None, None)
    assert entry["createdAt"]
    assert entry["invoice"] == {
        "id": invoice["id"],
        "number": "PAR26-00001",
        "state": "READY",
        "gross": {"amount": "1481.40", "currency": "EUR"},
        "client": {"id": "client_1"},
        "handedOverAt": None,
    }


def test_the_entry_carries_the_number_and_no_more(any_firm: ApiClient) -> None:
    """What is fetched later is the invoice itself: a copy in the entry could differ."""
    invoice = finalised(any_firm)
    key = int(invoice["id"].removeprefix("invoice_"))
    assert entries(any_firm) == [(HANDOVER, key, {"number": invoice["number"]})]


def test_what_is_refused_or_still_pro_forma_waits_for_nothing(any_firm: ApiClient) -> None:
    """The entry is written with the number or not at all."""
    empty = blank(any_firm)["id"]
    assert codes(final(any_firm, empty)) == ["INVOICE_EMPTY"]
    assert listed(any_firm, delivered=None) == []


def test_they_are_listed_oldest_first_page_by_page(any_firm: ApiClient) -> None:
    numbers = [finalised(any_firm)["number"] for _ in range(3)]
    first = any_firm.query(LIST, page={"first": 2})["handovers"]
    assert first["totalCount"] == 3
    assert first["pageInfo"]["hasNextPage"]
    after = {"first": 2, "after": first["pageInfo"]["endCursor"]}
    rest = any_firm.query(LIST, page=after)["handovers"]
    assert not rest["pageInfo"]["hasNextPage"]
    told = [entry["invoice"]["number"] for entry in (*first["nodes"], *rest["nodes"])]
    assert told == numbers


def test_what_was_taken_is_final_and_waits_no_more(any_firm: ApiClient) -> None:
    """F02: READY becomes FINAL; taking it again changes nothing."""
    for _ in range(2):
        finalised(any_firm)
    one, two = listed(any_firm)
    answer = take(any_firm, one["id"])
    assert codes(answer) == []
    assert answer["handover"]["deliveredAt"]
    assert answer["handover"]["invoice"]["state"] == "FINAL"
    assert answer["handover"]["invoice"]["handedOverAt"] == answer["handover"]["deliveredAt"]
    assert [entry["id"] for entry in listed(any_firm)] == [two["id"]]
    assert [entry["id"] for entry in listed(any_firm, delivered=True)] == [one["id"]]
    assert [entry["id"] for entry in listed(any_firm, delivered=None)] == [one["id"], two["id"]]
    assert take(any_firm, one["id"]) == answer


def test_taking_it_at_once_takes_it_once(any_firm: ApiClient) -> None:
    finalised(any_firm)
    key = listed(any_firm)[0]["id"]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: take(any_firm, key), range(4)))
    assert all(answer == answers[0] for answer in answers)
    assert codes(answers[0]) == []


@pytest.mark.parametrize("role", [Role.READER, Role.COLLABORATOR, Role.PROJECT_MANAGER])
def test_who_may_not_finalise_may_not_take(firm: ApiClient, role: Role) -> None:
    """A reader of the whole firm may look."""
    finalised(firm)
    caller = firm.with_role(role)
    (entry,) = listed(caller if role is Role.READER else firm)
    assert codes(take(caller, entry["id"])) == ["PERMISSION_DENIED"]
    assert listed(firm)[0]["invoice"]["state"] == "READY"


def test_the_accountant_takes_it(firm: ApiClient) -> None:
    finalised(firm)
    accountant = firm.with_role(Role.ACCOUNTANT)
    assert codes(take(accountant, listed(accountant)[0]["id"])) == []


def test_another_firm_sees_nothing_and_takes_nothing(any_firm: ApiClient) -> None:
    finalised(any_firm)
    key = listed(any_firm)[0]["id"]
    other = any_firm.of_another_firm()
    assert listed(other, delivered=None) == []
    answer = take(other, key)
    assert answer["handover"] is None
    assert codes(answer) == ["NOT_FOUND"]
    assert listed(any_firm)[0]["deliveredAt"] is None


def test_what_is_no_hand_over_cannot_be_taken(firm: ApiClient) -> None:
    """Neither something else nor an entry of another topic, which is not shown either."""
    with firm.house.database.writing(firm.organisation_id) as session:
        other = OutboxEntry(topic="something.else", subject_id=1, content={})
        session.add(other)
    assert listed(firm, delivered=None) == []
    for key, code in (("invoice_1", "ID_INVALID"), ("outbox_entry_999", "NOT_FOUND")):
        assert codes(take(firm, key)) == [code]
