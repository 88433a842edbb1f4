"""Final documents go through the platform of their entity: each once, whatever fails."""

from __future__ import annotations

from io import BytesIO

import pytest
from pypdf import PdfReader
from sqlalchemy import select, text

from domain.platform.connection import Platform as PlatformRecord
from domain.platform.transmission import UNSURE
from jobs.gate import Gate
from server.long_work import messenger_of
from tests.api.invoices.acts import CLIENT, account_line, blank, change, final
from tests.api.invoices.paying_acts import pay
from tests.api.platforms.acts import (
    accepted,
    act,
    connected,
    connection,
    issued,
    known,
    listen,
    looked,
    send,
    send_and_die,
    status,
    transmit,
)
from tests.documents.electronic.messages import reason
from tests.support.api import ApiClient
from tests.support.platform import SEARCH, SUBMIT, TOKEN, Platform
from tests.support.prepared import Calendar

DRY = """
mutation($id: ID!) {
  invoicesBulkFinalise(
    input: { items: [{ id: $id }], dryRun: true, idempotencyKey: "d" }
  ) { results { userErrors { code } } }
}
"""


def codes(answer: dict[str, object]) -> list[str]:
    errors = answer["userErrors"]
    assert isinstance(errors, list)
    return [one["code"] for one in errors]


def test_an_invoice_is_sent_and_taken_on(any_hooked: ApiClient, pa: Platform) -> None:
    connected(any_hooked, pa)
    invoice = issued(any_hooked)
    assert invoice["state"] == "READY"
    answer = transmit(any_hooked, invoice["id"])
    assert answer["userErrors"] == []
    assert answer["invoices"][0]["transmissions"][0]["state"] == "WAITING"
    assert send(any_hooked) == 1
    (flow,) = pa.flows
    assert flow.info["flowSyntax"] == "Factur-X"
    assert flow.info["flowProfile"] == "CIUS"
    assert flow.info["processingRule"] == "B2B"
    assert flow.info["name"] == f"{invoice['number']}-factur-x.pdf"
    assert "factur-x.xml" in PdfReader(BytesIO(flow.content)).attachments
    (sent,) = looked(any_hooked, invoice["id"])["transmissions"]
    assert (sent["state"], sent["flowId"]) == ("SENT", flow.flow_id)
    assert sent["trackingId"] == flow.info["trackingId"]
    pa.acknowledge(flow.flow_id, "Ok")
    listen(any_hooked)
    found = looked(any_hooked, invoice["id"])
    assert found["transmissions"][0]["state"] == "ACCEPTED"
    assert found["state"] == "FINAL"
    assert found["handedOverAt"] is not None
    assert connection(any_hooked)["lastError"] is None
    assert connection(any_hooked)["lastReadAt"] is not None


def test_what_the_platform_has_is_not_sent_again(hooked: ApiClient, pa: Platform) -> None:
    connected(hooked, pa)
    invoice = issued(hooked)
    transmit(hooked, invoice["id"])
    send(hooked)
    answer = transmit(hooked, invoice["id"])
    assert codes(answer) == ["TRANSMISSION_SENT"]
    assert send(hooked) == 0
    assert len(pa.flows) == 1


def test_named_twice_it_is_sent_once(hooked: ApiClient, pa: Platform) -> None:
    connected(hooked, pa)
    invoice = issued(hooked)
    assert transmit(hooked, invoice["id"], invoice["id"])["userErrors"] == []
    send(hooked)
    assert len(pa.flows) == 1


def test_asked_twice_with_one_key_it_is_asked_once(hooked: ApiClient, pa: Platform) -> None:
    connected(hooked, pa)
    invoice = issued(hooked)
    first = transmit(hooked, invoice["id"], key="k")
    again = transmit(hooked, invoice["id"], key="k")
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert again["userErrors"] == []


def test_with_automatic_what_becomes_final_goes_by_itself(
    any_hooked: ApiClient, pa: Platform
) -> None:
    before = issued(any_hooked)
    connected(any_hooked, pa, automatic=True)
    invoice = issued(any_hooked)
    assert send(any_hooked) == 1
    assert pa.flows[0].info["name"].startswith(invoice["number"])
    assert looked(any_hooked, before["id"])["transmissions"] == []


def test_what_stands_in_the_way_of_any_is_told_of_all(hooked: ApiClient, pa: Platform) -> None:
    connected(hooked, pa)
    known(hooked)
    pro_forma = blank(hooked)["id"]
    final_one = issued(hooked)
    answer = transmit(hooked, final_one["id"], pro_forma, "invoice_999999")
    told = [(one["code"], one["field"]) for one in answer["userErrors"]]
    assert ("E_INVOICE_NOT_FINAL", ["ids", "1"]) in told
    assert ("NOT_FOUND", ["ids", "2"]) in told
    assert send(hooked) == 0
    assert looked(hooked, final_one["id"])["transmissions"] == []


def test_made_final_what_cannot_be_electronic_is_warned_of(
    any_hooked: ApiClient, pa: Platform
) -> None:
    """The client has no SIREN: told before the number is taken, by a dry run, and with it."""
    connected(any_hooked, pa, automatic=True)
    any_hooked.query(CLIENT, input={"id": "client_1", "siret": None, "vatNumber": "NA"})
    invoice = blank(any_hooked)["id"]
    assert change(any_hooked, invoice, lines=[account_line("100.00")])["userErrors"] == []
    tried = any_hooked.query(DRY, id=invoice)["invoicesBulkFinalise"]["results"][0]["userErrors"]
    assert "PLATFORM_OUT_OF_REACH" in [one["code"] for one in tried]
    assert codes(final(any_hooked, invoice)) == ["PLATFORM_OUT_OF_REACH"]
    send(any_hooked)
    (sent,) = looked(any_hooked, invoice)["transmissions"]
    assert sent["state"] == "DEAD"
    assert sent["lastError"].startswith("E_INVOICE_INCOMPLETE")
    assert pa.flows == []


def test_without_a_platform_nothing_is_sent(hooked: ApiClient) -> None:
    invoice = issued(hooked)
    answer = transmit(hooked, invoice["id"])
    assert codes(answer) == ["PLATFORM_MISSING"]
    assert "invoiceElectronic" not in answer["userErrors"][0]["message"]


def test_a_lost_answer_doubles_nothing(
    any_hooked: ApiClient, pa: Platform, calendar: Calendar
) -> None:
    """The platform took it and the answer never came: it is asked before anything is posted."""
    connected(any_hooked, pa)
    invoice = issued(any_hooked)
    transmit(any_hooked, invoice["id"])
    pa.lost_answers = 1
    send(any_hooked)
    (sent,) = looked(any_hooked, invoice["id"])["transmissions"]
    assert sent["state"] == "WAITING"
    assert sent["lastError"]
    assert len(pa.flows) == 1
    assert send(any_hooked) == 0, "a platform may take a while to find what it took"
    calendar.now += UNSURE
    assert send(any_hooked) == 1
    assert len(pa.flows) == 1
    (sent,) = looked(any_hooked, invoice["id"])["transmissions"]
    assert (sent["state"], sent["flowId"]) == ("SENT", pa.flows[0].flow_id)


def test_what_was_taken_though_its_answer_was_lost_is_known_by_listening(
    hooked: ApiClient, pa: Platform
) -> None:
    connected(hooked, pa)
    invoice = issued(hooked)
    transmit(hooked, invoice["id"])
    pa.lost_answers = 1
    send(hooked)
    pa.acknowledge(pa.flows[0].flow_id, "Ok")
    listen(hooked)
    (sent,) = looked(hooked, invoice["id"])["transmissions"]
    assert (sent["state"], sent["lastError"], sent["nextAttemptAt"]) == ("ACCEPTED", None, None)


def test_a_process_that_dies_after_posting_doubles_nothing(
    hooked: ApiClient, pa: Platform, calendar: Calendar
) -> None:
    """What it had in hand is taken up after its lease, and looked for first."""
    connected(hooked, pa)
    invoice = issued(hooked)
    transmit(hooked, invoice["id"])
    send_and_die(hooked)
    assert len(pa.flows) == 1
    assert send(hooked) == 0
    calendar.now += 2 * UNSURE
    assert send(hooked) == 1
    assert len(pa.flows) == 1
    assert looked(hooked, invoice["id"])["transmissions"][0]["state"] == "SENT"


@pytest.mark.parametrize("call", [TOKEN, SUBMIT])
def test_what_is_not_there_for_now_is_tried_again(
    hooked: ApiClient, pa: Platform, calendar: Calendar, call: str
) -> None:
    connected(hooked, pa)
    invoice = issued(hooked)
    transmit(hooked, invoice["id"])
    pa.fails(call, 503)
    send(hooked)
    (sent,) = looked(hooked, invoice["id"])["transmissions"]
    assert (sent["state"], sent["lastStatus"]) == ("WAITING", 503)
    calendar.now += UNSURE
    send(hooked)
    assert looked(hooked, invoice["id"])["transmissions"][0]["state"] == "SENT"


def test_what_the_platform_refuses_is_dead_until_it_is_asked_again(
    hooked: ApiClient, pa: Platform
) -> None:
    connected(hooked, pa)
    invoice = issued(hooked)
    transmit(hooked, invoice["id"])
    pa.fails(SUBMIT, 422, code="UNPROCESSABLE_ENTITY")
    send(hooked)
    (sent,) = looked(hooked, invoice["id"])["transmissions"]
    assert (sent["state"], sent["lastStatus"]) == ("DEAD", 422)
    assert "UNPROCESSABLE_ENTITY" in sent["lastError"]
    before = sent["trackingId"]
    assert transmit(hooked, invoice["id"])["userErrors"] == []
    send(hooked)
    (sent,) = looked(hooked, invoice["id"])["transmissions"]
    assert sent["state"] == "SENT"
    assert sent["trackingId"] != before


def test_what_cannot_be_read_is_rejected_with_its_reasons(
    any_hooked: ApiClient, pa: Platform
) -> None:
    connected(any_hooked, pa)
    invoice = issued(any_hooked)
    transmit(any_hooked, invoice["id"])
    send(any_hooked)
    pa.acknowledge(pa.flows[0].flow_id, "Error", ("Error", "BT-1", "InvalidSchema", "no number"))
    listen(any_hooked)
    found = looked(any_hooked, invoice["id"])
    assert found["transmissions"][0]["state"] == "REJECTED"
    assert found["transmissions"][0]["reasons"] == [
        {"code": "InvalidSchema", "text": "BT-1: no number"}
    ]
    assert found["state"] == "READY", "nobody has it"
    transmit(any_hooked, invoice["id"])
    send(any_hooked)
    assert [flow.ack for flow in pa.flows] == ["Error", "Pending"]
    listen(any_hooked)
    assert looked(any_hooked, invoice["id"])["transmissions"][0]["state"] == "SENT", "the new one"


def test_an_error_that_comes_after_is_that_of_a_double(hooked: ApiClient, pa: Platform) -> None:
    connected(hooked, pa)
    invoice = accepted(hooked, pa)
    double = pa.holds(
        b"%PDF-1.7",
        flow_type="CustomerInvoice",
        syntax="Factur-X",
        tracking_id=invoice["transmissions"][0]["trackingId"],
        direction="Out",
    )
    pa.acknowledge(double.flow_id, "Error", ("Error", "file", "AlreadyExistingFlow", "double"))
    listen(hooked)
    assert looked(hooked, invoice["id"])["transmissions"][0]["state"] == "ACCEPTED"


def test_what_is_there_already_is_there(hooked: ApiClient, pa: Platform) -> None:
    connected(hooked, pa)
    invoice = issued(hooked)
    transmit(hooked, invoice["id"])
    send(hooked)
    flow = pa.flows[0].flow_id
    pa.acknowledge(flow, "Error", ("Error", "file", "AlreadyExistingFlow", "known"))
    listen(hooked)
    assert looked(hooked, invoice["id"])["transmissions"][0]["state"] == "ACCEPTED"


def test_turned_down_by_a_platform_it_may_be_sent_again(hooked: ApiClient, pa: Platform) -> None:
    connected(hooked, pa)
    invoice = accepted(hooked, pa)
    siren = hooked.query('{ entity(id: "entity_1") { siren } }')["entity"]["siren"]
    status(pa, invoice["number"], "213", siren)
    listen(hooked)
    assert transmit(hooked, invoice["id"])["userErrors"] == []
    send(hooked)
    assert len(pa.flows) == 3


def test_what_is_heard_late_does_not_undo_a_rejection(any_hooked: ApiClient, pa: Platform) -> None:
    """The 200 of before the 213 could not be had at first; one of after it says it is there."""
    connected(any_hooked, pa)
    invoice = accepted(any_hooked, pa)
    siren = any_hooked.query('{ entity(id: "entity_1") { siren } }')["entity"]["siren"]
    for code, hour in (("213", "11"), ("200", "09")):
        status(pa, invoice["number"], code, siren, moment=_at(hour))
        listen(any_hooked)
    assert transmit(any_hooked, invoice["id"])["userErrors"] == []
    send(any_hooked)
    assert len([one for one in pa.flows if one.info["flowSyntax"] == "Factur-X"]) == 2
    status(pa, invoice["number"], "213", siren, moment=_at("12"))
    status(pa, invoice["number"], "200", siren, moment=_at("13"))
    listen(any_hooked)
    assert codes(transmit(any_hooked, invoice["id"])) == ["TRANSMISSION_SENT"]


def _at(hour: str) -> str:
    return f'<udt:DateTimeString format="204">20270901{hour}0000</udt:DateTimeString>'


def test_rejected_as_a_double_it_is_there(hooked: ApiClient, pa: Platform) -> None:
    """The rejection is that of what came after: the invoice itself was deposited."""
    connected(hooked, pa)
    invoice = accepted(hooked, pa)
    siren = hooked.query('{ entity(id: "entity_1") { siren } }')["entity"]["siren"]
    status(pa, invoice["number"], "200", siren)
    status(pa, invoice["number"], "213", siren, details=(reason("DOUBLON"),))
    listen(hooked)
    assert codes(transmit(hooked, invoice["id"])) == ["TRANSMISSION_SENT"]
    paid = {"invoiceId": invoice["id"], "amount": "100.00"}
    assert pay(hooked, "100.00", allocations=[paid])["userErrors"] == []
    listen(hooked)
    assert send(hooked) == 1, "its payment is told"


def test_switched_off_nothing_goes(hooked: ApiClient, pa: Platform) -> None:
    made = connected(hooked, pa)
    invoice = issued(hooked)
    transmit(hooked, invoice["id"])
    act(hooked, "platformUpdate", id=made["id"], enabled=False)
    assert send(hooked) == 0
    (sent,) = looked(hooked, invoice["id"])["transmissions"]
    assert sent["state"] == "DEAD"
    assert sent["lastError"].startswith("PLATFORM_DISABLED")
    assert codes(transmit(hooked, invoice["id"])) == ["PLATFORM_DISABLED"]
    act(hooked, "platformUpdate", id=made["id"], enabled=True)
    transmit(hooked, invoice["id"])
    send(hooked)
    assert looked(hooked, invoice["id"])["transmissions"][0]["state"] == "SENT"


def test_many_go_through_one_round(hooked: ApiClient, pa: Platform) -> None:
    connected(hooked, pa)
    invoices = [issued(hooked, str(amount)) for amount in range(100, 107)]
    assert transmit(hooked, *(one["id"] for one in invoices))["userErrors"] == []
    assert send(hooked) == len(invoices)
    assert len({flow.info["name"] for flow in pa.flows}) == len(invoices)


def test_the_secret_is_sealed_and_never_told(any_hooked: ApiClient, pa: Platform) -> None:
    made = connected(any_hooked, pa)
    secret = pa.access.client_secret
    assert secret not in str(made)
    with any_hooked.house.database.reading(any_hooked.organisation_id) as session:
        kept = session.scalars(select(PlatformRecord)).one()
        assert secret not in kept.sealed_secret
        told = session.execute(text("SELECT before, after FROM audit_change")).all()
    assert "platform" not in secret
    assert kept.sealed_secret not in str(told)


def test_a_secret_of_a_former_key_of_the_installation_still_opens(
    hooked: ApiClient, pa: Platform
) -> None:
    from dataclasses import replace

    connected(hooked, pa)
    invoice = issued(hooked)
    transmit(hooked, invoice["id"])
    house = hooked.house
    renewed = replace(house, secret=b"n" * 32, former_secrets=(house.secret,))
    assert messenger_of(renewed, gate=Gate(is_private_allowed=True)).round() == 1
    assert looked(hooked, invoice["id"])["transmissions"][0]["state"] == "SENT"


def test_without_that_key_it_waits_for_who_can_mend_it(hooked: ApiClient, pa: Platform) -> None:
    from dataclasses import replace

    connected(hooked, pa)
    invoice = issued(hooked)
    transmit(hooked, invoice["id"])
    other = replace(hooked.house, secret=b"n" * 32)
    messenger_of(other, gate=Gate(is_private_allowed=True)).round()
    (sent,) = looked(hooked, invoice["id"])["transmissions"]
    assert sent["state"] == "WAITING"
    assert sent["lastError"].startswith("PLATFORM_SECRET_GONE")
    assert pa.counted(SEARCH) == 0
