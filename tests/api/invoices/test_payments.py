"""Payments: never more than is due, nor than was received; nothing of them is ever altered."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.api.invoices.acts import account_line, blank, change, codes
from tests.api.invoices.paying_acts import BULK, act, dues, invoiced, pay
from tests.support.api import ApiClient
from tests.support.databases import owner
from tests.support.prepared import Calendar, statements


def test_a_payment_is_set_against_invoices_and_taken_off_again(any_firm: ApiClient) -> None:
    """DOMAIN §2.2, §2.6: UNPAID, PARTIAL, PAID; a surplus is kept as unallocated."""
    first, second = invoiced(any_firm), invoiced(any_firm, "50.00")
    assert dues(any_firm, first) == ("0.00", "120.00", "UNPAID")
    shares = [{"invoiceId": first, "amount": "20.00"}]
    answer = pay(any_firm, "200.00", allocations=shares, method="CHECK", reference="CHQ 12")
    assert codes(answer) == ["PAYMENT_LEFT_OVER"]
    payment = answer["payment"]
    assert (payment["allocated"]["amount"], payment["unallocated"]["amount"]) == (
        "20.00", "180.00",
    )  # fmt: skip
    assert dues(any_firm, first) == ("20.00", "100.00", "PARTIAL")
    told = act(any_firm, "paymentAllocate", id=payment["id"], autoAllocate=True)["payment"]
    assert [one["amount"]["amount"] for one in told["allocations"]] == ["20.00", "100.00", "60.00"]
    assert dues(any_firm, first) == ("120.00", "0.00", "PAID")
    assert dues(any_firm, second) == ("60.00", "0.00", "PAID")
    back = act(any_firm, "paymentUnallocate", id=payment["id"], invoiceId=second, amount="10.00")[
        "payment"
    ]
    assert back["unallocated"]["amount"] == "30.00"
    assert dues(any_firm, second) == ("50.00", "10.00", "PARTIAL")
    gone = act(any_firm, "paymentCancel", id=payment["id"], reason="Chèque sans provision")
    assert gone["payment"]["cancellation"]["reason"] == "Chèque sans provision"
    assert gone["payment"]["unallocated"]["amount"] == "0.00"
    assert dues(any_firm, first) == ("0.00", "120.00", "UNPAID")
    again = act(any_firm, "paymentAllocate", id=payment["id"], autoAllocate=True)
    assert codes(again) == ["PAYMENT_CANCELLED"]
    listed = any_firm.query(
        'query($id: ID!) { payments(filter: { invoiceId: $id, cancelled: true, text: "chq" })'
        " { totalCount } invoice(id: $id) { allocations { amount { amount } } } }",
        id=second,
    )
    assert listed["payments"]["totalCount"] == 1
    assert [one["amount"]["amount"] for one in listed["invoice"]["allocations"]] == [
        "60.00", "-10.00", "-50.00",
    ]  # fmt: skip


def test_what_cannot_be_paid_is_refused_in_words(firm: ApiClient) -> None:
    invoice, draft = invoiced(firm), blank(firm)["id"]
    change(firm, draft, lines=[account_line("10.00")])

    def said(amount: str, **given: object) -> list[str]:
        return codes(pay(firm, amount, **given))

    def on(key: str, amount: str | None = None) -> list[dict[str, object]]:
        return [{"invoiceId": key, "amount": amount}]

    assert said("500", allocations=on(invoice, "120.01")) == ["ALLOCATION_ABOVE_DUE"]
    assert said("50", allocations=on(invoice, "50.01")) == ["ALLOCATION_ABOVE_PAYMENT"]
    assert said("50", allocations=on(draft)) == ["ALLOCATION_NOT_PAYABLE"]
    assert said("50", allocations=on(invoice) * 2) == ["FIELD_INVALID"]
    assert said("50", allocations=on(invoice), clientId="client_2") == ["ALLOCATION_OF_OTHERS"]
    assert said("50", allocations=on(invoice), currency="USD") == ["ALLOCATION_OF_OTHERS"]
    assert said("50", allocations=on(invoice), entityId="entity_2") == ["ALLOCATION_OF_OTHERS"]
    assert said("50", allocations=on(invoice), autoAllocate=True) == ["ALLOCATIONS_OR_AUTOMATIC"]
    assert said("0") == ["FIELD_INVALID"]
    assert said("0.001") == ["FIELD_INVALID"]
    assert said("50", receivedOn="2026-11-22") == ["PAYMENT_IN_FUTURE"]
    (error,) = pay(firm, "50", entityId=None)["userErrors"]
    assert (error["code"], error["field"]) == ("ENTITY_REQUIRED", ["entityId"])
    # A payment has no project: it is the one who asks that names the entity.
    assert error["fix"] == "Name it, or give the project its entity."
    payment = pay(firm, "50", allocations=on(invoice))["payment"]["id"]
    stranger = firm.of_another_firm()
    theirs = act(stranger, "paymentAllocate", id=payment, allocations=on(invoice))
    absent = act(firm, "paymentAllocate", id=payment, allocations=on("invoice_999"))
    off = act(firm, "paymentUnallocate", id=payment, invoiceId="invoice_999")
    assert [codes(one) for one in (theirs, absent, off)] == [["NOT_FOUND"]] * 3
    more = act(firm, "paymentUnallocate", id=payment, invoiceId=invoice, amount="50.01")
    assert codes(more) == ["ALLOCATION_ABSENT"]
    assert dues(firm, invoice) == ("50.00", "70.00", "PARTIAL")


def test_a_payment_asked_twice_is_recorded_once(any_firm: ApiClient) -> None:
    key = str(uuid4())
    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(lambda _: pay(any_firm, "10", idempotencyKey=key), range(2)))
    assert sorted(one["replayed"] for one in told) == [False, True]
    assert len({one["payment"]["id"] for one in told}) == 1
    other = pay(any_firm, "11", idempotencyKey=key)
    assert codes(other) == ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]


def test_many_payments_at_once_never_exceed_what_is_due(any_firm: ApiClient) -> None:
    """Eight payments of 50.00 and a credit of half, all at once, on an invoice of 120.00."""
    invoice = invoiced(any_firm)
    line = any_firm.query("query($id: ID!) { invoice(id: $id) { lines { id } } }", id=invoice)
    share = [{"invoiceId": invoice, "amount": "50.00"}]

    def one(place: int) -> list[str]:
        if place == 3:
            key = line["invoice"]["lines"][0]["id"]
            lines = [{"lineId": key, "amount": "50.00"}]
            return codes(act(any_firm, "invoiceCredit", id=invoice, lines=lines))
        return codes(pay(any_firm, "50.00", allocations=share))

    with ThreadPoolExecutor(9) as pool:
        list(pool.map(one, range(9)))
    paid, due, _ = dues(any_firm, invoice)
    assert Decimal(paid) + Decimal(due) == Decimal("60.00")
    assert Decimal(due) >= 0


def test_a_credit_frees_what_was_paid_of_it(any_firm: ApiClient, calendar: Calendar) -> None:
    """Never less than nothing is due: the money is free again, from the day of the credit on."""
    invoice = invoiced(any_firm)
    payment = pay(any_firm, "120.00", autoAllocate=True)["payment"]
    assert dues(any_firm, invoice) == ("120.00", "0.00", "PAID")
    calendar.go_to("2026-11-25")
    answer = act(any_firm, "invoiceCredit", id=invoice)
    assert codes(answer) == ["PAYMENT_FREED"]
    assert dues(any_firm, invoice) == ("0.00", "0.00", "PAID")
    told = act(any_firm, "paymentAllocate", id=payment["id"], autoAllocate=True)["payment"]
    assert told["unallocated"]["amount"] == "120.00"
    assert [one["bookedOn"] for one in told["allocations"]] == ["2026-11-21", "2026-11-25"]
    assert told["allocations"][1]["reason"] == answer["creditNote"]["number"]
    owed = "query($on: Date) { receivables(asOf: $on) { unallocated { amount } } }"
    assert any_firm.query(owed, on="2026-11-24")["receivables"] == []
    (later,) = any_firm.query(owed, on="2026-11-25")["receivables"]
    assert later["unallocated"]["amount"] == "120.00"


@pytest.mark.parametrize("policy", ["REJECT_EVERYTHING", "REJECT_FAILED_ROWS"])
def test_many_payments_in_one_call(any_firm: ApiClient, policy: str) -> None:
    """API.md 3, 4: results in order; each sees what those before it paid."""
    invoice = invoiced(any_firm)
    base = {"clientId": "client_1", "entityId": "entity_1", "receivedOn": "2026-11-20"}
    share = [{"invoiceId": invoice, "amount": "70.00"}]
    items = [
        {**base, "amount": "70.00", "allocations": share},
        {**base, "amount": "70.00", "allocations": share},
        {**base, "amount": "70.00", "autoAllocate": True},
        {**base, "amount": "1.00", "clientId": "x"},
    ]
    asked = {"items": items, "errorPolicy": policy, "idempotencyKey": "bulk"}
    tried = any_firm.query(BULK, input={**asked, "dryRun": True})["paymentsBulkRecord"]
    done = any_firm.query(BULK, input=asked)["paymentsBulkRecord"]
    replay = any_firm.query(BULK, input=asked)["paymentsBulkRecord"]
    outcomes = [one["outcome"] for one in done["results"]]
    said = [codes(one) for one in done["results"]]
    assert said == [[], ["ALLOCATION_ABOVE_DUE"], ["PAYMENT_LEFT_OVER"], ["ID_INVALID"]]
    assert done["results"][1]["userErrors"][0]["field"][:2] == ["items", "1"]
    assert [one["outcome"] for one in tried["results"]] == outcomes
    assert all(one["node"] is None for one in tried["results"])
    if policy == "REJECT_EVERYTHING":
        assert outcomes == ["SKIPPED", "REJECTED", "SKIPPED", "REJECTED"]
        assert dues(any_firm, invoice) == ("0.00", "120.00", "UNPAID")
        assert replay["replayed"] is False
    else:
        assert outcomes == ["CREATED", "REJECTED", "CREATED", "REJECTED"]
        assert dues(any_firm, invoice) == ("120.00", "0.00", "PAID")
        assert replay["replayed"] is True
        assert replay["results"] == done["results"]


def test_more_than_a_thousand_payments_are_refused(
    firm: ApiClient,
) -> None:
    base = {"clientId": "client_1", "entityId": "entity_1", "receivedOn": "2026-11-20"}
    items = [{**base, "amount": "1.00"}] * 1001
    asked = {"items": items, "idempotencyKey": "many"}
    answer = firm.query(BULK, input=asked)["paymentsBulkRecord"]
    assert codes(answer) == ["INPUT_TOO_LARGE"]


def test_the_database_lets_nobody_alter_a_payment(any_firm: ApiClient) -> None:
    """CGI art. 286 I-3° bis: raw SQL is refused, whoever runs it."""
    invoiced(any_firm)
    payment = pay(any_firm, "10.00", autoAllocate=True)["payment"]["id"]
    act(any_firm, "paymentCancel", id=payment, reason="Doublon")
    forged = [
        "UPDATE payment SET amount_minor = 1",
        "DELETE FROM payment",
        "UPDATE payment_allocation SET amount_minor = 1",
        "DELETE FROM payment_allocation",
        "UPDATE payment_cancellation SET reason = 'x'",
        "DELETE FROM payment_cancellation",
    ]
    if any_firm.house.database.is_sqlite:
        forged.append("INSERT OR REPLACE INTO payment SELECT * FROM payment")
    for statement in forged:
        with (
            pytest.raises(DBAPIError, match="never altered"),
            owner(any_firm.house.database).begin() as connection,
        ):
            connection.execute(text(statement))


def test_invoices_are_listed_by_what_is_due_and_late(any_firm: ApiClient) -> None:
    """B01: by payment state and by lateness, in a number of statements that does not grow."""
    late, paid, part = (invoiced(any_firm, day="2026-11-10") for _ in range(3))
    pay(any_firm, "120", allocations=[{"invoiceId": paid}])
    pay(any_firm, "20", allocations=[{"invoiceId": part}])
    asked = """
    query($filter: InvoiceFilter) { invoices(filter: $filter, order: OLDEST_FIRST) {
      nodes { id netDue { amount } paymentState allocations { amount { amount } } } } }
    """

    def found(**filter: object) -> list[str]:
        given = {"states": None, "clientId": "client_1", **filter}
        return [one["id"] for one in any_firm.query(asked, filter=given)["invoices"]["nodes"]]

    assert found(paymentState="UNPAID") == [late]
    assert found(paymentState="PAID") == [paid]
    assert found(paymentState="PARTIAL") == [part]
    assert found(overdue=True) == []
    with statements(any_firm) as told:
        assert found(overdue=False) == [late, paid, part]
    assert len(told) == 4
