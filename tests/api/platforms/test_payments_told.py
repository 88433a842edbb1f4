"""What is received of an invoice is told to the platform (212 Encaissée), to the cent, once."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.platform.collected import by_rate, left_to_tell
from tests.api.invoices.acts import account_line, blank, change, codes, final
from tests.api.invoices.paying_acts import act, pay
from tests.api.platforms.acts import (
    accepted,
    amounts_of,
    connected,
    issued,
    known,
    listen,
    looked,
    send,
    status,
    transmit,
)
from tests.api.platforms.acts import act as platform_act
from tests.support.api import ApiClient
from tests.support.official_rules import broken
from tests.support.platform import Kept, Platform

CREDIT = """
mutation($input: InvoiceCreditInput!) {
  invoiceCredit(input: $input) { creditNote { id } userErrors { code message } }
}
"""


def siren_of(api: ApiClient) -> str:
    found: str = api.query('{ entity(id: "entity_1") { siren } }')["entity"]["siren"]
    return found


def paid(api: ApiClient, invoice: dict[str, Any], amount: str, on: str = "2026-11-20") -> str:
    answer = pay(
        api, amount, receivedOn=on, allocations=[{"invoiceId": invoice["id"], "amount": amount}]
    )
    assert answer["userErrors"] == [], answer
    found: str = answer["payment"]["id"]
    return found


def told(api: ApiClient, pa: Platform) -> list[Kept]:
    """The messages of payments that the platform has, after a look and a round."""
    listen(api)
    send(api)
    return [
        flow for flow in pa.flows if flow.info["flowSyntax"] == "CDAR" and flow.direction == "Out"
    ]


def test_a_payment_is_told_with_its_rate_and_holds_the_rules(
    any_hooked: ApiClient, pa: Platform
) -> None:
    connected(any_hooked, pa)
    invoice = accepted(any_hooked, pa)
    status(pa, invoice["number"], "200", siren_of(any_hooked))
    listen(any_hooked)
    paid(any_hooked, invoice, "1200.00")
    (flow,) = told(any_hooked, pa)
    assert flow.info["processingRule"] == "NotApplicable"
    assert "flowProfile" not in flow.info
    assert amounts_of(flow.content) == [("1200.00", "20.00")]
    assert broken(flow.content) == []
    assert b"<ram:ProcessConditionCode>212<" in flow.content
    assert invoice["number"].encode() in flow.content
    assert b"20261120" in flow.content, "the day the money came"
    assert b'<udt:DateTimeString format="204">20270901091000<' in flow.content, "when deposited"
    sent = looked(any_hooked, invoice["id"])["transmissions"][1]
    assert (sent["kind"], sent["state"], sent["collectedOn"]) == ("PAYMENT", "SENT", "2026-11-20")
    assert sent["collected"] == [{"rate": "20", "amount": {"amount": "1200.00", "currency": "EUR"}}]
    pa.acknowledge(flow.flow_id, "Ok")
    assert len(told(any_hooked, pa)) == 1, "once"
    assert looked(any_hooked, invoice["id"])["transmissions"][1]["state"] == "ACCEPTED"


def test_where_no_deposit_was_told_it_is_that_the_platform_took_it(
    any_hooked: ApiClient, pa: Platform
) -> None:
    connected(any_hooked, pa)
    invoice = accepted(any_hooked, pa)
    paid(any_hooked, invoice, "100.00")
    (flow,) = told(any_hooked, pa)
    assert broken(flow.content) == []


def test_each_day_is_told_by_itself(hooked: ApiClient, pa: Platform) -> None:
    connected(hooked, pa)
    invoice = accepted(hooked, pa)
    paid(hooked, invoice, "100.00", "2026-11-18")
    paid(hooked, invoice, "50.00", "2026-11-18")
    paid(hooked, invoice, "30.01", "2026-11-19")
    flows = told(hooked, pa)
    assert sorted(amounts_of(flow.content) for flow in flows) == [
        [("150.00", "20.00")],
        [("30.01", "20.00")],
    ]


def test_what_is_taken_off_again_is_told_with_its_sign(hooked: ApiClient, pa: Platform) -> None:
    connected(hooked, pa)
    invoice = accepted(hooked, pa)
    payment = paid(hooked, invoice, "300.00")
    told(hooked, pa)
    answer = act(hooked, "paymentCancel", id=payment, reason="Chèque impayé")
    assert [one for one in answer["userErrors"] if one["severity"] == "ERROR"] == []
    flows = told(hooked, pa)
    assert [amounts_of(flow.content) for flow in flows] == [
        [("300.00", "20.00")],
        [("-300.00", "20.00")],
    ]
    assert broken(flows[1].content) == []


def two_rates(api: ApiClient, pa: Platform) -> dict[str, Any]:
    """1,200.00 at 20 % and 550.00 at 10 %, taken on by the platform."""
    known(api)
    key: str = blank(api)["id"]
    lines = [account_line("1000.00"), account_line("500.00", taxCode="FR-10")]
    assert codes(change(api, key, lines=lines)) == []
    assert final(api, key)["userErrors"] == []
    transmit(api, key)
    send(api)
    pa.acknowledge(pa.flows[-1].flow_id, "Ok")
    listen(api)
    return looked(api, key)


def test_over_two_rates_parts_add_up_and_end_at_what_each_comes_to(
    hooked: ApiClient, pa: Platform
) -> None:
    connected(hooked, pa)
    invoice = two_rates(hooked, pa)
    sums: Counter[str] = Counter()
    for amount in ("333.33", "0.01", "1000.00", "416.66"):
        before = {flow.flow_id for flow in told(hooked, pa)}
        paid(hooked, invoice, amount)
        (flow,) = [one for one in told(hooked, pa) if one.flow_id not in before]
        parts = amounts_of(flow.content)
        assert sum(Decimal(part) for part, _ in parts) == Decimal(amount)
        assert broken(flow.content) == []
        for part, rate in parts:
            sums[rate] += round(Decimal(part) * 100)
    assert sums == {"20.00": 120_000, "10.00": 55_000}


def test_what_was_credited_is_no_longer_received(hooked: ApiClient, pa: Platform) -> None:
    """The part at 10 % is credited whole: all that is paid then was of the other."""
    connected(hooked, pa)
    invoice = two_rates(hooked, pa)
    lines = hooked.query(
        "query($id: ID!) { invoice(id: $id) { lines { id net { amount } } } }", id=invoice["id"]
    )["invoice"]["lines"]
    (half,) = [one["id"] for one in lines if one["net"]["amount"] == "500.00"]
    answer = hooked.query(
        CREDIT,
        input={
            "id": invoice["id"],
            "reason": "Non réalisé",
            "lines": [{"lineId": half}],
            "idempotencyKey": str(uuid4()),
        },
    )["invoiceCredit"]
    assert answer["userErrors"] == [], answer
    paid(hooked, invoice, "1200.00")
    (flow,) = told(hooked, pa)
    assert amounts_of(flow.content) == [("1200.00", "20.00")]


def test_what_was_freed_and_pays_another_is_told_of_the_day_it_does(
    any_hooked: ApiClient, pa: Platform
) -> None:
    """Taken off and set against another on one day: it was received once."""
    connected(any_hooked, pa)
    first, other = accepted(any_hooked, pa), accepted(any_hooked, pa)
    payment = paid(any_hooked, first, "1200.00", "2026-11-10")
    told(any_hooked, pa)
    asked = {"id": first["id"], "reason": "Annulation", "idempotencyKey": str(uuid4())}
    assert any_hooked.query(CREDIT, input=asked)["invoiceCredit"]["creditNote"]
    shares = [{"invoiceId": other["id"], "amount": "1200.00"}]
    assert act(any_hooked, "paymentAllocate", id=payment, allocations=shares)["payment"]
    told(any_hooked, pa)
    days = [
        (one["collectedOn"], one["collected"][0]["amount"]["amount"])
        for invoice in (first, other)
        for one in looked(any_hooked, invoice["id"])["transmissions"][1:]
    ]
    assert days == [
        ("2026-11-10", "1200.00"),
        ("2026-11-21", "-1200.00"),
        ("2026-11-21", "1200.00"),
    ]


def test_before_the_platform_took_it_on_nothing_is_told(hooked: ApiClient, pa: Platform) -> None:
    connected(hooked, pa)
    known(hooked)
    key: str = blank(hooked)["id"]
    change(hooked, key, lines=[account_line("1000.00")])
    final(hooked, key)
    transmit(hooked, key)
    send(hooked)
    paid(hooked, {"id": key}, "100.00")
    assert told(hooked, pa) == []
    pa.acknowledge(pa.flows[0].flow_id, "Ok")
    assert [amounts_of(flow.content) for flow in told(hooked, pa)] == [[("100.00", "20.00")]]


@pytest.mark.parametrize("code", ["210", "213"])
def test_of_what_was_refused_nothing_is_told(hooked: ApiClient, pa: Platform, code: str) -> None:
    connected(hooked, pa)
    invoice = accepted(hooked, pa)
    status(pa, invoice["number"], code, siren_of(hooked))
    listen(hooked)
    paid(hooked, invoice, "100.00")
    assert told(hooked, pa) == []


def test_turned_down_and_sent_again_all_that_was_received_is_told(
    hooked: ApiClient, pa: Platform
) -> None:
    connected(hooked, pa)
    invoice = accepted(hooked, pa)
    paid(hooked, invoice, "100.00", "2026-11-18")
    assert len(told(hooked, pa)) == 1
    status(pa, invoice["number"], "213", siren_of(hooked))
    listen(hooked)
    paid(hooked, invoice, "200.00", "2026-11-19")
    assert len(told(hooked, pa)) == 1
    transmit(hooked, invoice["id"])
    send(hooked)
    (again,) = [one for one in pa.flows if one.info["flowSyntax"] == "Factur-X"][1:]
    status(pa, invoice["number"], "200", siren_of(hooked))
    pa.acknowledge(again.flow_id, "Ok")
    flows = told(hooked, pa)
    assert [amounts_of(flow.content) for flow in flows] == [
        [("100.00", "20.00")],
        [("200.00", "20.00")],
    ]


def test_sent_again_and_taken_on_it_is_told_before_any_other_status_comes(
    hooked: ApiClient, pa: Platform
) -> None:
    """What was turned down is what was sent before: the payment is not passed over."""
    connected(hooked, pa)
    invoice = accepted(hooked, pa)
    status(pa, invoice["number"], "213", siren_of(hooked))
    listen(hooked)
    transmit(hooked, invoice["id"])
    send(hooked)
    paid(hooked, invoice, "200.00")
    (again,) = [one for one in pa.flows if one.info["flowSyntax"] == "Factur-X"][1:]
    pa.acknowledge(again.flow_id, "Ok")
    assert [amounts_of(flow.content) for flow in told(hooked, pa)] == [[("200.00", "20.00")]]


def test_what_the_buyer_refused_stays_refused_whatever_comes_after(
    hooked: ApiClient, pa: Platform
) -> None:
    connected(hooked, pa)
    invoice = accepted(hooked, pa)
    status(pa, invoice["number"], "210", siren_of(hooked))
    status(pa, invoice["number"], "203", siren_of(hooked))
    listen(hooked)
    paid(hooked, invoice, "100.00")
    assert told(hooked, pa) == []


def test_with_debits_nothing_is_told_but_of_deposits(hooked: ApiClient, pa: Platform) -> None:
    connected(hooked, pa)
    hooked.query(
        'mutation { entityUpdate(input: { id: "entity_1", vatOnDebits: true })'
        " { userErrors { code } } }"
    )
    invoice = accepted(hooked, pa)
    paid(hooked, invoice, "100.00")
    assert told(hooked, pa) == []


def test_whoever_wants_none_told_has_none_told(hooked: ApiClient, pa: Platform) -> None:
    connected(hooked, pa, tellsPayments=False)
    invoice = accepted(hooked, pa)
    paid(hooked, invoice, "100.00")
    assert told(hooked, pa) == []


def test_what_was_left_to_the_firm_is_not_told_when_that_is_changed(
    hooked: ApiClient, pa: Platform
) -> None:
    made = connected(hooked, pa)
    invoice = accepted(hooked, pa)
    paid(hooked, invoice, "50.00", "2026-11-16")
    assert len(told(hooked, pa)) == 1
    platform_act(hooked, "platformUpdate", id=made["id"], tellsPayments=False)
    paid(hooked, invoice, "100.00", "2026-11-17")
    assert len(told(hooked, pa)) == 1
    platform_act(hooked, "platformUpdate", id=made["id"], tellsPayments=True)
    assert len(told(hooked, pa)) == 1
    paid(hooked, invoice, "200.00", "2026-11-18")
    assert [amounts_of(flow.content) for flow in told(hooked, pa)] == [
        [("50.00", "20.00")],
        [("200.00", "20.00")],
    ]


def test_connected_anew_to_one_platform_it_is_the_same(any_hooked: ApiClient, pa: Platform) -> None:
    """What went through the deleted connection is answered, told of, and its payments are told."""
    made = connected(any_hooked, pa)
    first, second = accepted(any_hooked, pa), issued(any_hooked)
    transmit(any_hooked, second["id"])
    send(any_hooked)
    status(pa, first["number"], "200", siren_of(any_hooked))
    listen(any_hooked)
    platform_act(any_hooked, "platformDelete", id=made["id"])
    connected(any_hooked, pa)
    pa.acknowledge(pa.flows[-2].flow_id, "Ok")
    status(pa, first["number"], "205", siren_of(any_hooked), phase="23", role="BY")
    paid(any_hooked, first, "100.00")
    (flow,) = told(any_hooked, pa)
    assert amounts_of(flow.content) == [("100.00", "20.00")]
    assert [one["code"] for one in looked(any_hooked, first["id"])["lifecycleStatuses"]] == [
        200,
        205,
    ]
    assert looked(any_hooked, second["id"])["transmissions"][0]["state"] == "ACCEPTED"


RATES = st.sampled_from([Decimal("20"), Decimal("10"), Decimal("5.5"), Decimal("0")])
GROSS = st.dictionaries(RATES, st.integers(-50_000, 500_000), min_size=1)


@given(GROSS, st.lists(st.integers(-100_000, 100_000), max_size=8))
def test_whatever_is_paid_the_parts_add_up(gross: dict[Decimal, int], moves: list[int]) -> None:
    """Over any payments and refunds: each message adds up, and so does all that was told."""
    received, said = 0, list[tuple[Decimal, int]]()
    for move in moves:
        received += move
        fresh = left_to_tell(by_rate(received, gross), said)
        assert sum(minor for _, minor in fresh) == move
        said += fresh
    assert sum(minor for _, minor in said) == received


@given(GROSS.filter(lambda gross: sum(gross.values()) > 0))
def test_paid_in_full_each_rate_is_what_it_comes_to(gross: dict[Decimal, int]) -> None:
    assert by_rate(sum(gross.values()), gross) == gross
