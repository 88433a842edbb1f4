"""Deposits through a platform: each is told of when it is paid, whatever the option for debits."""

from __future__ import annotations

from tests.api.invoices.acts import codes, draw, final
from tests.api.invoices.paying_acts import act, fee_project, pay
from tests.api.platforms.acts import (
    amounts_of,
    connected,
    known,
    listen,
    looked,
    send,
)
from tests.support.api import ApiClient
from tests.support.platform import Kept, Platform


def payments(pa: Platform) -> list[Kept]:
    return [one for one in pa.flows if one.info["flowSyntax"] == "CDAR"]


def taken_on(api: ApiClient, pa: Platform) -> None:
    send(api)
    for flow in [one for one in pa.flows if one.ack == "Pending"]:
        pa.acknowledge(flow.flow_id, "Ok")
    listen(api)
    send(api)


def test_a_deposit_and_the_invoice_that_deducts_it(hooked: ApiClient, pa: Platform) -> None:
    known(hooked)
    connected(hooked, pa, automatic=True)
    hooked.query(
        'mutation { entityUpdate(input: { id: "entity_1", vatOnDebits: true })'
        " { userErrors { code } } }"
    )
    job = fee_project(hooked, "DEP-1", ("10000", "20"))
    hooked.query(
        'mutation($id: ID!) { clientUpdate(input: { id: $id, siret: "73282932000074",'
        ' vatNumber: "FR44732829320" }) { userErrors { code } } }',
        id=hooked.query('{ projectByCode(code: "DEP-1") { client { id } } }')["projectByCode"][
            "client"
        ]["id"],
    )
    deposit = act(hooked, "depositInvoiceCreate", projectId=job["id"], percent="30")["invoice"]
    assert final(hooked, deposit["id"])["userErrors"] == []
    taken_on(hooked, pa)
    assert looked(hooked, deposit["id"])["transmissions"][0]["state"] == "ACCEPTED"
    paid = pay(
        hooked,
        "3600.00",
        receivedOn="2026-11-20",
        allocations=[{"invoiceId": deposit["id"], "amount": "3600.00"}],
    )
    assert codes(paid) == []
    taken_on(hooked, pa)
    assert [amounts_of(one.content) for one in payments(pa)] == [[("3600.00", "20.00")]]
    invoice = draw(hooked, "DEP-1")["invoice"]
    assert act(hooked, "invoiceDeductDeposit", id=invoice["id"], depositId=deposit["id"])["invoice"]
    assert final(hooked, invoice["id"])["userErrors"] == []
    taken_on(hooked, pa)
    pay(
        hooked,
        "8400.00",
        receivedOn="2026-11-20",
        allocations=[{"invoiceId": invoice["id"], "amount": "8400.00"}],
    )
    taken_on(hooked, pa)
    assert len(payments(pa)) == 1, "with the option for debits the invoice was due when issued"
