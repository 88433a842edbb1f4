"""Calls of an approved platform: what is sent arrives as it was, what is listed is read whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.platform.wire import (
    AckState,
    FlowReason,
    FlowSyntax,
    MomentTooFull,
)
from jobs.platform_call import PlatformCalls
from tests.jobs.platform_parcels import INSIDE, INVOICE, LONG_AGO, fault_of, ran, read_to_the_end
from tests.support.platform import READ, SEARCH, SUBMIT, platform
from tests.support.platform_rules import parts_of
from tests.support.receiver import Answer

VERSIONS = pytest.mark.parametrize("version", ["1.1", "1.2", "1.3"])


@VERSIONS
def test_what_is_sent_arrives_byte_for_byte_with_what_is_said_of_it(version: str) -> None:
    with platform(version) as pa:
        flow = ran(PlatformCalls(INSIDE).submit(pa.access, INVOICE))
        (kept,) = pa.flows
        parts = parts_of(pa.asked[-1].headers["content-type"], pa.asked[-1].body)
    assert kept.content == INVOICE.content
    assert kept.info == {
        "trackingId": INVOICE.tracking_id,
        "name": INVOICE.name,
        "flowSyntax": "CII",
        "flowProfile": "CIUS",
        "processingRule": "B2B",
        "sha256": hashlib.sha256(INVOICE.content).hexdigest(),
    }
    assert (parts["flowInfo"].filename, parts["file"].media_type) == (None, "application/xml")
    assert (flow.flow_id, flow.ack, flow.direction) == ("flow-1", AckState.PENDING, "Out")
    assert (flow.tracking_id, flow.name) == (INVOICE.tracking_id, INVOICE.name)
    assert flow.submitted_at == flow.updated_at == kept.submitted_at


def test_what_is_not_known_of_a_file_is_left_to_the_platform() -> None:
    status = replace(INVOICE, syntax=FlowSyntax.CDAR, profile=None, rule=None)
    with platform() as pa:
        ran(PlatformCalls(INSIDE).submit(pa.access, status))
        assert {"flowProfile", "processingRule"}.isdisjoint(pa.flows[0].info)


def test_what_became_of_a_flow_is_read_with_its_reasons() -> None:
    calls = PlatformCalls(INSIDE)
    with platform() as pa:
        sent = ran(calls.submit(pa.access, INVOICE))
        pa.acknowledge(sent.flow_id, "Error", ("Error", "BT-1", "InvalidSchema", "no\nnumber"))
        found = ran(calls.flow(pa.access, sent.flow_id))
    assert found.ack is AckState.ERROR
    assert found.reasons == (FlowReason("Error", "BT-1", "InvalidSchema", "no number"),)
    assert (found.flow_type, found.direction) == ("CustomerInvoice", "Out")
    assert found.submitted_at is not None
    assert found.updated_at > found.submitted_at


@VERSIONS
def test_an_answer_that_was_lost_is_found_again_by_our_identifier(version: str) -> None:
    """Without asking first, the invoice would be there twice."""
    calls = PlatformCalls(INSIDE)
    with platform(version) as pa:
        assert ran(calls.find(pa.access, INVOICE.tracking_id)) is None
        pa.lost_answers = 1
        fault = fault_of(calls.submit(pa.access, INVOICE))
        assert (fault.status, fault.is_final, fault.is_silent) == (None, False, False)
        found = ran(calls.find(pa.access, INVOICE.tracking_id))
        assert found is not None
        assert (found.flow_id, found.ack) == ("flow-1", AckState.PENDING)
        assert pa.counted(SUBMIT) == len(pa.flows) == 1


def test_of_what_is_there_twice_the_one_that_came_furthest_is_found() -> None:
    """The second one is refused as known already: that says nothing of the first one."""
    calls = PlatformCalls(INSIDE)
    with platform() as pa:
        first = ran(calls.submit(pa.access, INVOICE))
        second = ran(calls.submit(pa.access, INVOICE))
        pa.holds(b"<s/>", tracking_id=INVOICE.tracking_id)
        found = ran(calls.find(pa.access, INVOICE.tracking_id))
        assert found is not None
        assert found.flow_id == first.flow_id
        pa.acknowledge(first.flow_id, "Error", ("Error", "", "AlreadyExistingFlow", ""))
        pa.acknowledge(second.flow_id, "Ok")
        found = ran(calls.find(pa.access, INVOICE.tracking_id))
        assert found is not None
        assert found.flow_id == second.flow_id


def test_a_platform_that_does_not_search_by_our_identifier_says_nothing() -> None:
    """It lists what it has: that ours is not among them is no leave to send it again."""
    calls = PlatformCalls(INSIDE)
    with platform() as pa:
        pa.holds(b"<s/>")
        listed = ran(calls.changed(pa.access, since=LONG_AGO))
        assert len(listed.flows) == 1
        other: dict[str, object] = {
            **flow_of_day(1),
            "flowDirection": "Out",
            "trackingId": "another",
        }
        unread: dict[str, object] = {"flowId": "f"}
        for flow in (other, unread):
            pa.says(SEARCH, listing([flow]))
            fault = fault_of(calls.find(pa.access, INVOICE.tracking_id))
            assert "other flows than those of the trackingId" in fault.error
            assert not fault.is_final


def test_a_page_without_flows_may_have_others_after_it() -> None:
    calls = PlatformCalls(INSIDE)
    empty = [Answer(body=json.dumps({"results": [], "nextCursor": f"c{n}"}).encode()) for n in "12"]
    with platform() as pa:
        pa.says(SEARCH, *empty, Answer(body=b'{"results": []}'))
        assert ran(calls.find(pa.access, "x")) is None
        assert [json.loads(one.body).get("cursor") for one in pa.asked[1:]] == [None, "c1", "c2"]
        # A bookmark that stays where it is says that nothing follows.
        pa.says(SEARCH, empty[0], empty[0])
        assert ran(calls.find(pa.access, "x")) is None
        pa.says(
            SEARCH,
            *(Answer(body=f'{{"results": [], "nextCursor": "{n}"}}'.encode()) for n in range(30)),
        )
        assert "no end of them" in fault_of(calls.find(pa.access, "x")).error


@VERSIONS
@pytest.mark.parametrize("limit", [1, 7, 25, 100])
def test_all_that_changed_is_read_page_by_page(version: str, limit: int) -> None:
    with platform(version) as pa:
        for _ in range(30):
            pa.holds(b"<s/>")
        pa.acknowledge("flow-3", "Error", ("Error", "", "VirusFound", ""))
        found = read_to_the_end(pa, limit=limit)
        assert len(found) == len({flow.flow_id for flow in found}) == 30
        assert [flow.flow_id for flow in found][-1] == "flow-3"
        later = pa.named("flow-30").updated_at
        assert [flow.flow_id for flow in read_to_the_end(pa, since=later)] == ["flow-3"]


@VERSIONS
def test_flows_of_one_moment_are_all_read_where_a_page_is_smaller(version: str) -> None:
    """30 share a moment and 25 are asked for: 1.1 and 1.2 would pass over five of them."""
    with platform(version) as pa:
        pa.holds(b"<s/>")
        pa.still_at = pa.flows[0].updated_at + timedelta(seconds=1)
        for _ in range(30):
            pa.holds(b"<s/>")
        pa.still_at += timedelta(seconds=1)
        for _ in range(30):
            pa.holds(b"<s/>")
        found = read_to_the_end(pa, limit=25)
    assert sorted(int(flow.flow_id[5:]) for flow in found) == list(range(1, 62))


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_more_flows_of_one_moment_than_a_page_holds_are_told_not_lost(version: str) -> None:
    with platform(version) as pa:
        pa.still_at = LONG_AGO + timedelta(days=1)
        for _ in range(101):
            pa.holds(b"<s/>")
        fault = fault_of(PlatformCalls(INSIDE).changed(pa.access, since=LONG_AGO, limit=25))
        assert isinstance(fault, MomentTooFull)
        assert (fault.moment, fault.is_final) == (pa.still_at, False)
        pa.version = "1.3"
        assert len(read_to_the_end(pa, limit=25)) == 101


def test_a_platform_may_give_less_than_it_was_asked_for() -> None:
    """It says how much: the last moment of its page may go on."""
    with platform("1.2") as pa:
        pa.most_at_once = 10
        for moment in range(4):
            pa.still_at = LONG_AGO + timedelta(days=1 + moment)
            for _ in range(8):
                pa.holds(b"<s/>")
        found = read_to_the_end(pa)
        assert len({flow.flow_id for flow in found}) == 32
        # Where it says of a page how many came, that is no reason to doubt it.
        pa.flows = pa.flows[-8:]
        pa.most_at_once = 8
        assert len(read_to_the_end(pa)) == 8


def test_a_full_page_in_another_order_is_told_not_read_on_from() -> None:
    """From its latest flow on the earlier ones would never come."""
    with platform("1.2") as pa:
        pa.is_newest_first = True
        for _ in range(60):
            pa.holds(b"<s/>")
        assert len(read_to_the_end(pa, limit=25)) == 60
        for _ in range(50):
            pa.holds(b"<s/>")
        fault = fault_of(PlatformCalls(INSIDE).changed(pa.access, since=LONG_AGO, limit=25))
        assert "in another order" in fault.error


def test_a_full_page_that_is_mixed_is_asked_for_anew() -> None:
    days = [flow_of_day(day) for day in (3, 1, 4)]
    with platform() as pa:
        pa.says(SEARCH, listing(days), listing([*days, flow_of_day(2)]))
        page = ran(PlatformCalls(INSIDE).changed(pa.access, since=LONG_AGO, limit=3))
        assert [flow.flow_id for flow in page.flows] == ["day-1", "day-2", "day-3", "day-4"]
        assert [json.loads(one.body)["limit"] for one in pa.asked[1:]] == [3, 100]


def test_the_last_page_of_a_cursor_is_read_whole_in_whatever_order() -> None:
    for flows in ([flow_of_day(1)] * 100, [flow_of_day(2), *[flow_of_day(1)] * 99]):
        with platform() as pa:
            pa.says(SEARCH, listing(flows))
            page = ran(PlatformCalls(INSIDE).changed(pa.access, since=LONG_AGO, cursor="c"))
            assert (len(page.flows), page.cursor) == (100, None)


def flow_of_day(day: int) -> dict[str, object]:
    said = {"flowId": f"day-{day}", "updatedAt": f"2026-11-0{day}T00:00:00Z"}
    return {**said, "flowDirection": "In", "acknowledgement": {"status": "Ok"}}


def listing(flows: Sequence[object]) -> Answer:
    return Answer(body=json.dumps({"results": flows}).encode())


def test_a_platform_that_lists_what_is_not_later_leads_round_no_circle() -> None:
    """Nanoseconds that are cut, or ≥ where > is written: the same flow would come for ever."""
    again = listing([{**flow_of_day(1), "updatedAt": "2026-11-01T00:00:00.123456789Z"}])
    calls = PlatformCalls(INSIDE)
    with platform() as pa:
        pa.says(SEARCH, again, again)
        page = ran(calls.changed(pa.access, since=LONG_AGO))
        assert len(page.flows) == 1
        since = page.flows[0].updated_at
        assert ran(calls.changed(pa.access, since=since)).flows == ()
        asked = json.loads(pa.asked[-1].body)["where"]["updatedAfter"]
        assert asked == "2026-11-01T00:00:00.123456Z"


def test_a_flow_that_nobody_can_read_stops_none_of_the_others() -> None:
    good = {**flow_of_day(1), "flowId": "good", "updatedAt": "2026-11-01T01:00:00+01:00"}
    good |= {"flowType": "OfTomorrow", "name": None}
    bad = [
        7,
        {**good, "flowId": "a/b\n"},
        {**good, "flowId": "x" * 65},
        {**good, "flowId": "zone", "updatedAt": "2026-11-01T01:00:00"},
        {**good, "flowId": "ahead", "updatedAt": "9999-12-31T23:59:59-12:00"},
        {**good, "flowId": "ahead", "updatedAt": "2199-12-31T23:59:59Z"},
        {**good, "flowId": "state", "acknowledgement": {"status": "Maybe"}},
        {**good, "flowId": "state", "acknowledgement": "Ok"},
    ]
    with platform() as pa:
        pa.says(SEARCH, listing([*bad, good]))
        page = ran(PlatformCalls(INSIDE).changed(pa.access, since=LONG_AGO))
    (flow,) = page.flows
    assert (flow.flow_id, flow.flow_type, flow.name) == ("good", "OfTomorrow", "")
    assert flow.updated_at.isoformat() == "2026-11-01T00:00:00+00:00"
    assert [told.partition(":")[0] for told in page.unread] == [
        *("flow ?", "flow a/b", f"flow {'x' * 64}", "flow zone"),
        *("flow ahead", "flow ahead", "flow state", "flow state"),
    ]


def test_flows_of_some_types_are_listed_alone() -> None:
    with platform() as pa:
        ran(PlatformCalls(INSIDE).submit(pa.access, INVOICE))
        pa.holds(b"<s/>")
        found = read_to_the_end(pa, flow_types=("CustomerInvoiceLC",))
        assert [flow.flow_type for flow in found] == ["CustomerInvoiceLC"]
        assert (found[0].direction, found[0].tracking_id) == ("In", None)


def test_a_file_is_fetched_as_it_is() -> None:
    calls, content = PlatformCalls(INSIDE), bytes(range(256)) * 40
    with platform() as pa:
        kept = pa.holds(content)
        assert ran(calls.download(pa.access, kept.flow_id, most=len(content))) == content
        fault = fault_of(calls.download(pa.access, kept.flow_id, most=len(content) - 1))
        assert (fault.is_final, fault.error) == (True, "the file has more than 10239 bytes")
        kept.is_converted = True
        assert ran(calls.download(pa.access, kept.flow_id, most=len(content))) == content
        fault = fault_of(calls.download(pa.access, "none", most=9))
        assert (fault.status, fault.is_final) == (404, True)
        assert fault_of(calls.flow(pa.access, "none")).is_final is False


def test_an_identifier_leads_to_no_other_address() -> None:
    calls = PlatformCalls(INSIDE)
    with platform() as pa:
        fault_of(calls.flow(pa.access, "../webhooks?x=#é"))
        assert pa.asked[-1].call == READ
        assert pa.asked[-1].path.endswith(
            "/v1/flows/..%2Fwebhooks%3Fx%3D%23%C3%A9?docType=Metadata"
        )
        told = len(pa.asked)
        for flow_id in ("", ".", ".."):
            assert fault_of(calls.flow(pa.access, flow_id)).is_final
        assert len(pa.asked) == told


def test_the_organisation_is_named_where_one_account_calls_for_several() -> None:
    calls = PlatformCalls(INSIDE)
    with platform() as pa:
        pa.organisation = "rivage 2"
        ran(calls.find(pa.access, "x"))
        fault = fault_of(calls.find(replace(pa.access, organisation=None), "x"))
        assert (fault.status, fault.is_final) == (403, True)
        for wrong in ("a\r\nX: y", "é", ""):
            fault = fault_of(calls.find(replace(pa.access, organisation=wrong), "x"))
            assert (fault.is_final, fault.error) == (
                True,
                "the organisation has characters that no header holds",
            )


def test_an_address_may_end_in_a_slash_and_has_no_question() -> None:
    calls = PlatformCalls(INSIDE)
    with platform() as pa:
        ran(calls.find(replace(pa.access, flow_url=pa.access.flow_url + "/"), "x"))
        assert fault_of(
            calls.find(replace(pa.access, flow_url=pa.access.flow_url + "?a"), "x")
        ).is_final
