"""What became of an invoice at the platforms is read, each status once, whatever comes beside."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.platform.connection import PlatformReading
from persistence.outside.transmissions import invoices_sent
from tests.api.platforms.acts import (
    accepted,
    act,
    connected,
    connection,
    issued,
    listen,
    looked,
    send,
    status,
    transmit,
)
from tests.documents.electronic.messages import reason
from tests.support.api import ApiClient
from tests.support.platform import READ, SEARCH, TOKEN, Platform, platform
from tests.support.prepared import Calendar


def siren_of(api: ApiClient) -> str:
    found: str = api.query('{ entity(id: "entity_1") { siren } }')["entity"]["siren"]
    return found


def told(api: ApiClient, invoice: str) -> list[tuple[int, str, str]]:
    found = looked(api, invoice)["lifecycleStatuses"]
    return [(one["code"], one["label"], one["saidBy"]) for one in found]


@pytest.mark.parametrize("version", ["1.1", "1.2", "1.3"])
def test_statuses_come_in_their_order(hooked: ApiClient, version: str) -> None:
    with platform(version) as pa:
        connected(hooked, pa, qualifies=version != "1.1")
        invoice = accepted(hooked, pa)
        siren = siren_of(hooked)
        status(pa, invoice["number"], "200", siren)
        status(pa, invoice["number"], "202", siren)
        refused = reason("TX_TVA_ERR", "", "Le taux est de 10 %")
        status(
            pa, invoice["number"], "210", siren,
            phase="23", role="BY", siren="732829320", details=(refused,),
        )  # fmt: skip
        listen(hooked)
        assert told(hooked, invoice["id"]) == [
            (200, "Deposited", "WK"),
            (202, "Received by the platform", "WK"),
            (210, "Refused", "BY"),
        ]
        last = looked(hooked, invoice["id"])["lifecycleStatuses"][-1]
        assert last["reasons"] == [{"code": "TX_TVA_ERR", "text": "Le taux est de 10 %"}]
        found = hooked.query(
            "{ lifecycleStatuses(filter: { codes: [210] }) { nodes { code invoice { number } } } }"
        )["lifecycleStatuses"]["nodes"]
        assert found == [{"code": 210, "invoice": {"number": invoice["number"]}}]


def test_each_is_read_once_however_often_it_is_listed(any_hooked: ApiClient, pa: Platform) -> None:
    connected(any_hooked, pa)
    invoice = accepted(any_hooked, pa)
    status(pa, invoice["number"], "200", siren_of(any_hooked))
    listen(any_hooked)
    fetched = pa.counted(READ)
    listen(any_hooked)
    assert pa.counted(READ) == fetched, "half a day is listed again, nothing is fetched again"
    assert len(told(any_hooked, invoice["id"])) == 1


def test_one_that_cannot_be_read_keeps_nothing_else_from_being_heard(
    hooked: ApiClient, pa: Platform
) -> None:
    connected(hooked, pa)
    invoice = accepted(hooked, pa)
    bad = pa.holds(b"<html>no message</html>")
    status(pa, invoice["number"], "200", siren_of(hooked))
    listen(hooked)
    assert [code for code, *_ in told(hooked, invoice["id"])] == [200]
    assert bad.flow_id in connection(hooked)["lastError"]
    assert "LIFECYCLE_UNREADABLE" in connection(hooked)["lastError"]
    fetched = pa.counted(READ)
    listen(hooked)
    assert pa.counted(READ) == fetched
    assert connection(hooked)["lastError"] is None


def test_one_that_cannot_be_had_now_is_had_later(hooked: ApiClient, pa: Platform) -> None:
    connected(hooked, pa)
    invoice = accepted(hooked, pa)
    siren = siren_of(hooked)
    status(pa, invoice["number"], "200", siren)
    status(pa, invoice["number"], "202", siren)
    pa.fails(READ, 503)
    listen(hooked)
    assert [code for code, *_ in told(hooked, invoice["id"])] == [202]
    listen(hooked)
    assert sorted(code for code, *_ in told(hooked, invoice["id"])) == [200, 202]


def test_what_is_of_others_is_passed_over(hooked: ApiClient, pa: Platform) -> None:
    """An invoice of another program, and one of ours under another seller's number."""
    connected(hooked, pa)
    invoice = accepted(hooked, pa)
    status(pa, "FA-OTHER-1", "200", siren_of(hooked))
    status(pa, invoice["number"], "210", "999999999")
    listen(hooked)
    assert told(hooked, invoice["id"]) == []
    fetched = pa.counted(READ)
    listen(hooked)
    assert pa.counted(READ) == fetched


def test_what_was_not_sent_through_it_is_not_its_to_tell_of(
    hooked: ApiClient, pa: Platform
) -> None:
    connected(hooked, pa)
    invoice = issued(hooked)
    status(pa, invoice["number"], "210", siren_of(hooked))
    listen(hooked)
    assert told(hooked, invoice["id"]) == []


def test_many_of_one_moment_are_all_heard(hooked: ApiClient) -> None:
    """A page ends among flows of one time: none is left between two pages."""
    with platform("1.2") as pa:
        pa.most_at_once = 40
        connected(hooked, pa)
        invoice = accepted(hooked, pa)
        siren = siren_of(hooked)
        pa.still_at = pa.flows[-1].updated_at
        for _ in range(25):
            status(pa, invoice["number"], "204", siren)
        pa.still_at = None
        for _ in range(30):
            status(pa, invoice["number"], "205", siren)
        listen(hooked)
        codes = [code for code, *_ in told(hooked, invoice["id"])]
        assert (codes.count(204), codes.count(205)) == (25, 30)


@pytest.mark.parametrize("call", [TOKEN, SEARCH])
def test_a_platform_that_is_not_there_is_told_of(
    hooked: ApiClient, pa: Platform, call: str
) -> None:
    connected(hooked, pa)
    pa.fails(call, 503, times=3)
    listen(hooked)
    found = connection(hooked)
    assert "503" in found["lastError"]
    assert found["lastReadAt"] is None
    pa._next.clear()
    listen(hooked)
    assert connection(hooked)["lastError"] is None


def test_a_wrong_secret_is_told_without_being_told(hooked: ApiClient, pa: Platform) -> None:
    made = connected(hooked, pa, oauthClientSecret="wrong-secret-77")
    listen(hooked)
    found = connection(hooked)
    assert found["lastError"]
    assert "wrong-secret-77" not in found["lastError"]
    answer = act(hooked, "platformUpdate", id=made["id"], oauthClientSecret=pa.access.client_secret)
    assert answer["userErrors"] == []
    listen(hooked)
    assert connection(hooked)["lastError"] is None


def test_two_listeners_at_once_hear_each_status_once(hooked: ApiClient, pa: Platform) -> None:
    from concurrent.futures import ThreadPoolExecutor

    connected(hooked, pa)
    invoice = accepted(hooked, pa)
    status(pa, invoice["number"], "200", siren_of(hooked))
    with ThreadPoolExecutor(2) as hands:
        for one in [hands.submit(listen, hooked) for _ in range(2)]:
            one.result()
    assert len(told(hooked, invoice["id"])) == 1


def test_the_platform_of_another_entity_is_another(hooked: ApiClient, pa: Platform) -> None:
    connected(hooked, pa)
    answer = act(
        hooked,
        "platformCreate",
        entityId="entity_1", name="B", flowUrl=pa.access.flow_url, tokenUrl=pa.access.token_url,
        oauthClientId="x", oauthClientSecret="y",
    )  # fmt: skip
    assert [one["code"] for one in answer["userErrors"]] == ["PLATFORM_EXISTS"]


def test_deleted_it_keeps_what_it_told_and_loses_its_secret(
    hooked: ApiClient, pa: Platform
) -> None:
    from sqlalchemy import select

    from domain.platform.connection import Platform

    made = connected(hooked, pa)
    invoice = accepted(hooked, pa)
    status(pa, invoice["number"], "200", siren_of(hooked))
    listen(hooked)
    answer = act(hooked, "platformDelete", id=made["id"])
    assert answer["deletedId"] == made["id"]
    assert [code for code, *_ in told(hooked, invoice["id"])] == [200]
    with hooked.house.database.reading(hooked.organisation_id) as session:
        assert session.scalars(select(Platform.sealed_secret)).one() == ""
    asked = pa.counted(SEARCH)
    assert listen(hooked) == 0
    assert pa.counted(SEARCH) == asked
    again = connected(hooked, pa)
    assert again["id"] != made["id"]
    assert transmit(hooked, invoice["id"])["userErrors"][0]["code"] == "TRANSMISSION_SENT"
    assert send(hooked) == 0


def test_made_anew_with_a_slash_it_is_the_same_platform(
    any_hooked: ApiClient, pa: Platform
) -> None:
    made = connected(any_hooked, pa)
    invoice = accepted(any_hooked, pa)
    act(any_hooked, "platformDelete", id=made["id"])
    connected(any_hooked, pa, flowUrl=f"{pa.access.flow_url}/")
    status(pa, invoice["number"], "200", siren_of(any_hooked))
    listen(any_hooked)
    assert [code for code, *_ in told(any_hooked, invoice["id"])] == [200]


def test_a_role_as_long_as_it_comes_keeps_nothing_from_being_heard(
    any_hooked: ApiClient, pa: Platform
) -> None:
    connected(any_hooked, pa)
    invoice = accepted(any_hooked, pa)
    siren = siren_of(any_hooked)
    status(pa, invoice["number"], "200", siren, role="A-ROLE-OF-THEIR-OWN")
    status(pa, invoice["number"], "202", siren)
    listen(any_hooked)
    assert [code for code, *_ in told(any_hooked, invoice["id"])] == [200, 202]


@pytest.mark.parametrize("code", [401, 403])
def test_one_that_is_withheld_for_now_is_had_later(
    hooked: ApiClient, pa: Platform, code: int
) -> None:
    """A secret that was changed, a right that was taken: that is mended, and then it is read."""
    connected(hooked, pa)
    invoice = accepted(hooked, pa)
    status(pa, invoice["number"], "210", siren_of(hooked))
    pa.fails(READ, code, times=2 if code == 401 else 1)
    listen(hooked)
    assert told(hooked, invoice["id"]) == []
    listen(hooked)
    assert [code for code, *_ in told(hooked, invoice["id"])] == [210]


def test_too_many_of_one_moment_stop_nothing(hooked: ApiClient) -> None:
    """A platform without cursors lists no more of a moment: what it lists is heard, and goes on."""
    with platform("1.2") as pa:
        connected(hooked, pa)
        invoice = accepted(hooked, pa)
        siren = siren_of(hooked)
        pa.still_at = pa.flows[-1].updated_at + timedelta(seconds=1)
        for _ in range(101):
            status(pa, invoice["number"], "204", siren)
        pa.still_at = None
        status(pa, invoice["number"], "205", siren)
        listen(hooked)
        heard = [code for code, *_ in told(hooked, invoice["id"])]
        assert (heard.count(204), heard.count(205)) == (100, 1)
        assert "what changed at" in connection(hooked)["lastError"]


def test_what_cannot_be_had_for_days_is_had_in_the_end(
    hooked: ApiClient, pa: Platform, calendar: Calendar
) -> None:
    """Others change meanwhile: the reading goes back to what it still wants."""
    connected(hooked, pa)
    invoice = accepted(hooked, pa)
    siren = siren_of(hooked)
    now = pa.flows[-1].updated_at
    pa.still_at = now - timedelta(hours=40)
    calendar.now = pa.still_at
    with hooked.house.database.writing(hooked.organisation_id) as session:
        session.query(PlatformReading).one().read_until = pa.still_at
    withheld = status(pa, invoice["number"], "210", siren)
    calendar.now = now
    pa.still_at = now
    pa.fails(READ, 503)
    status(pa, invoice["number"], "204", siren)
    listen(hooked)
    assert withheld.flow_id in connection(hooked)["lastError"]
    listen(hooked)
    assert sorted(code for code, *_ in told(hooked, invoice["id"])) == [204, 210]


def test_a_time_that_is_yet_to_come_leads_nobody_past_the_others(
    hooked: ApiClient, pa: Platform, calendar: Calendar
) -> None:
    connected(hooked, pa)
    invoice = accepted(hooked, pa)
    siren = siren_of(hooked)
    now = pa.flows[-1].updated_at
    calendar.now = now
    pa.still_at = now + timedelta(hours=20)
    status(pa, invoice["number"], "204", siren)
    listen(hooked)
    pa.still_at = now + timedelta(minutes=5)
    status(pa, invoice["number"], "210", siren)
    listen(hooked)
    assert [code for code, *_ in told(hooked, invoice["id"])] == [204, 210]


def test_a_message_may_name_as_many_invoices_as_it_likes(any_hooked: ApiClient) -> None:
    names = [(f"FA-{number}", "732829320") for number in range(70_000)]
    with any_hooked.house.database.reading(any_hooked.organisation_id) as session:
        assert invoices_sent(session, 1, names) == {}


@pytest.mark.parametrize(("ack", "state"), [("Error", "REJECTED"), ("Ok", "ACCEPTED")])
def test_what_is_never_listed_is_asked_after(
    any_hooked: ApiClient, pa: Platform, calendar: Calendar, ack: str, state: str
) -> None:
    """A file that a platform cannot read is of no kind for it (Undefined): no search finds it."""
    connected(any_hooked, pa)
    invoice = issued(any_hooked)
    transmit(any_hooked, invoice["id"])
    send(any_hooked)
    pa.acknowledge(pa.flows[0].flow_id, ack, flow_type="Undefined")
    listen(any_hooked)
    assert looked(any_hooked, invoice["id"])["transmissions"][0]["state"] == "SENT"
    calendar.now += timedelta(hours=2)
    listen(any_hooked)
    assert looked(any_hooked, invoice["id"])["transmissions"][0]["state"] == state


def test_what_bears_another_name_of_ours_is_not_what_was_sent(
    hooked: ApiClient, pa: Platform, calendar: Calendar
) -> None:
    """The address leads to another platform by now, which counts its flows alike."""
    connected(hooked, pa)
    invoice = issued(hooked)
    transmit(hooked, invoice["id"])
    send(hooked)
    pa.flows[0].info["trackingId"] = "of another"
    pa.acknowledge(pa.flows[0].flow_id, "Ok", flow_type="SupplierInvoice")
    calendar.now += timedelta(hours=2)
    listen(hooked)
    assert looked(hooked, invoice["id"])["transmissions"][0]["state"] == "SENT"


@pytest.mark.parametrize(
    ("name", "value"),
    [("flowUrl", "https://pa.example/flow?tenant=1"), ("organisation", "Société à part")],
)
def test_what_no_call_could_be_made_with_is_refused_when_it_is_given(
    hooked: ApiClient, pa: Platform, name: str, value: str
) -> None:
    made = connected(hooked, pa)
    given = {name: value, "oauthClientSecret": "another"}
    answer = act(hooked, "platformUpdate", id=made["id"], **given)
    assert [(one["code"], one["field"]) for one in answer["userErrors"]] == [
        ("FIELD_INVALID", [name])
    ]


def test_an_address_for_tokens_may_have_a_question_mark(hooked: ApiClient, pa: Platform) -> None:
    made = connected(hooked, pa)
    given = {"tokenUrl": "https://pa.example/token?tenant=1", "oauthClientSecret": "another"}
    assert act(hooked, "platformUpdate", id=made["id"], **given)["userErrors"] == []


@pytest.mark.parametrize("name", ["flowUrl", "tokenUrl"])
def test_the_secret_goes_to_no_machine_that_it_was_not_given_for(
    hooked: ApiClient, pa: Platform, name: str
) -> None:
    made = connected(hooked, pa)
    secret = pa.access.client_secret
    with platform() as other:
        address = {"flowUrl": other.access.flow_url, "tokenUrl": other.access.token_url}[name]
        answer = act(hooked, "platformUpdate", id=made["id"], **{name: address})
        told_of = [(one["code"], one["field"]) for one in answer["userErrors"]]
        assert told_of == [("PLATFORM_SECRET_ASKED", [name])]
        listen(hooked)
        assert other.asked == []
        given = {name: address, "oauthClientSecret": secret}
        answer = act(hooked, "platformUpdate", id=made["id"], **given)
        assert answer["userErrors"] == []
    answer = act(hooked, "platformUpdate", id=made["id"], **{name: address + "/below"})
    assert answer["userErrors"] == [], "the same machine"
