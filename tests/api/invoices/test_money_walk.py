"""Whatever is paid, credited and deducted in whatever order: no cent is lost, none comes twice."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from domain.invoice.model import Invoice, InvoiceKind
from domain.payment import Payment, PaymentAllocation, freed, spread
from persistence.invoice.deposits import left_of
from persistence.invoice.payments import standings
from tests.api.invoices.acts import account_line, blank, change, final
from tests.api.invoices.paying_acts import act, fee_project, pay
from tests.support.api import ApiClient

AMOUNTS = st.lists(st.integers(0, 10**6), max_size=8)


@given(amount=st.integers(0, 10**7), dues=AMOUNTS)
def test_money_is_spread_in_order_and_freed_from_the_last(amount: int, dues: list[int]) -> None:
    """Property: never more than is due, nor than there is; nothing is left while more is due."""
    given_out = dict(spread(amount, enumerate(dues)))
    total = sum(given_out.values())
    assert total == min(amount, sum(dues))
    assert all(0 < part <= dues[key] for key, part in given_out.items())
    back = dict(freed(total // 2, list(given_out.items())))
    assert sum(back.values()) == total // 2
    assert all(part <= given_out[key] for key, part in back.items())


@pytest.mark.parametrize("seed", range(2))
def test_no_walk_breaks_the_sums(firm: ApiClient, seed: int) -> None:
    """Σ set against ≤ payment; paid + net due + credited = gross; deducted ≤ deposit."""
    chance = random.Random(seed)
    job = fee_project(firm, f"WALK-{seed}", ("100000", "20"))["id"]
    deposit = act(firm, "depositInvoiceCreate", projectId=job, amount="300.00")["invoice"]["id"]
    final(firm, deposit)
    invoices, payments = [deposit], [pay(firm, "10.00")["payment"]["id"]]

    def amount() -> str:
        return f"{Decimal(chance.randrange(1, 30000)) / 100}"

    def draw() -> None:
        key = blank(firm)["id"]
        change(firm, key, lines=[account_line(amount())])
        if chance.random() < 0.6:
            act(firm, "invoiceDeductDeposit", id=key, depositId=deposit)
        if final(firm, key)["invoice"]:
            invoices.append(key)

    def received() -> None:
        answer = pay(firm, amount(), autoAllocate=chance.random() < 0.5)
        payments.append(answer["payment"]["id"])

    def set_against() -> None:
        share = {"invoiceId": chance.choice(invoices), "amount": amount()}
        act(firm, "paymentAllocate", id=chance.choice(payments), allocations=[share])

    def taken_off() -> None:
        key, invoice = chance.choice(payments), chance.choice(invoices)
        act(firm, "paymentUnallocate", id=key, invoiceId=invoice)

    def credit() -> None:
        key = chance.choice(invoices)
        if chance.random() < 0.3:
            act(firm, "invoiceReplace", id=key, reason="r")
            return
        found = firm.query("query($id: ID!) { invoice(id: $id) { lines { id } } }", id=key)
        line = chance.choice(found["invoice"]["lines"])["id"]
        act(firm, "invoiceCredit", id=key, lines=[{"lineId": line, "amount": amount()}])

    def cancel() -> None:
        act(firm, "paymentCancel", id=chance.choice(payments), reason="r")

    steps = [draw, draw, received, received, set_against, taken_off, credit, cancel]
    for _ in range(20):
        chance.choice(steps)()
        _sums_hold(firm, int(deposit.rpartition("_")[2]))


def _sums_hold(api: ApiClient, deposit: int) -> None:
    with api.house.database.reading(api.organisation_id) as session:
        row = PaymentAllocation
        set_against = dict(
            session.execute(
                select(row.payment_id, func.sum(row.amount_minor)).group_by(row.payment_id)
            ).all()
        )
        for payment in session.scalars(select(Payment)):
            assert 0 <= set_against.get(payment.id, 0) <= payment.amount_minor
        pairs = select(func.sum(row.amount_minor)).group_by(row.payment_id, row.invoice_id)
        assert all(minor >= 0 for minor in session.scalars(pairs))
        found = session.scalars(select(Invoice).where(Invoice.kind != InvoiceKind.CREDIT_NOTE))
        for key, one in standings(session, [invoice.id for invoice in found]).items():
            assert one.due >= 0, key
            assert one.paid >= 0
            assert one.paid + one.due + one.credited == one.gross
        assert all(net >= 0 for net in left_of(session, [deposit])[deposit].values())
