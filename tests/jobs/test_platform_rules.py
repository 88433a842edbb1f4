"""The platform of the tests refuses what the Flow Service forbids: a test that passes proves it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from domain.platform.wire import ProcessingRule
from jobs.platform_call import PlatformCalls
from tests.jobs.platform_parcels import INSIDE, INVOICE, LONG_AGO, fault_of, ran
from tests.support.platform import Platform, platform
from tests.support.platform_rules import Part, Refused, flow_info_of, parts_of, search_of

FILE = Part("application/xml", "a.xml", b"<a/>")
INFO = {"name": "a.xml", "flowSyntax": "CII"}


def refused(parts: dict[str, Part], version: str = "1.3") -> int:
    with pytest.raises(Refused) as caught:
        flow_info_of(parts, version)
    return caught.value.status


def told(**info: Any) -> Part:
    return Part("application/json", None, json.dumps({**INFO, **info}).encode())


def test_a_flow_is_taken_as_the_interface_has_it_alone() -> None:
    good = {"flowInfo": told(), "file": FILE}
    assert flow_info_of(good, "1.3") == INFO
    for parts in (
        {"flowInfo": told()},
        {**good, "more": FILE},
        {**good, "flowInfo": replace(told(), media_type="text/plain")},
        {**good, "flowInfo": replace(told(), content=b"no")},
        {**good, "file": replace(FILE, media_type="text/xml")},
        {**good, "file": replace(FILE, filename=None)},
    ):
        assert refused(parts) == 400
    assert refused({**good, "file": replace(FILE, content=b"")}) == 422
    assert refused({"flowInfo": told(sha256="0" * 64), "file": FILE}) == 422


@pytest.mark.parametrize(
    ("info", "version"),
    [
        ({"flowSyntax": "EDI"}, "1.3"),
        ({"flowSyntax": None}, "1.3"),
        ({"name": ""}, "1.3"),
        ({"name": "n" * 256}, "1.3"),
        ({"flowType": "CustomerInvoice"}, "1.3"),
        ({"flowProfile": "EN16931"}, "1.3"),
        ({"processingRule": "B2X"}, "1.3"),
        ({"processingRule": "B2G"}, "1.1"),
        ({"processingRule": "Undefined"}, "1.2"),
        ({"trackingId": "x" * 65}, "1.3"),
        ({"trackingId": "x" * 37}, "1.2"),
    ],
)
def test_what_is_said_of_a_flow_is_judged(info: dict[str, Any], version: str) -> None:
    assert refused({"flowInfo": told(**info), "file": FILE}, version) == 400


@pytest.mark.parametrize(
    ("asked", "version"),
    [
        ({}, "1.3"),
        ({"where": {}}, "1.3"),
        ({"where": {"flowId": "f"}}, "1.3"),
        ({"where": {"trackingId": "t"}, "limit": 101}, "1.3"),
        ({"where": {"trackingId": "t"}, "cursor": "c"}, "1.2"),
        ({"where": {"updatedAfter": "2026-11-01T00:00:00"}}, "1.3"),
        ({"where": {"flowType": "CustomerInvoice"}}, "1.3"),
        ({"where": {"flowType": ["StateInvoice"]}}, "1.3"),
        ({"where": {"flowType": ["StatePaymentReport"]}}, "1.2"),
    ],
)
def test_a_search_is_judged(asked: dict[str, Any], version: str) -> None:
    with pytest.raises(Refused):
        search_of(json.dumps(asked).encode(), version)


def test_a_form_has_its_edges() -> None:
    with pytest.raises(Refused):
        parts_of("application/json", b"{}")
    with pytest.raises(Refused):
        parts_of("multipart/form-data; boundary=x", b"--x\r\n\r\nno end")


def test_nobody_comes_in_without_a_token() -> None:
    def asked(pa: Platform, token: str) -> int:
        address = f"{pa.access.flow_url}/v1/healthcheck"
        return httpx2.get(address, headers={"Authorization": token}).status_code

    with platform() as pa:
        assert asked(pa, "Bearer guessed") == asked(pa, "Basic x") == 401
        ran(PlatformCalls(INSIDE).find(pa.access, "x"))
        assert asked(pa, f"Bearer {next(iter(pa.tokens))}") == 200


def test_what_a_version_does_not_know_is_refused_to_the_caller() -> None:
    calls = PlatformCalls(INSIDE)
    with platform("1.1") as pa:
        sent = replace(INVOICE, rule=ProcessingRule.B2G)
        assert fault_of(calls.submit(pa.access, sent)).is_final
        types = ("StatePaymentReportLC",)
        fault = fault_of(calls.changed(pa.access, since=LONG_AGO, flow_types=types))
        assert fault.error.startswith("HTTP 400: PARAMS_ERROR: flowType is a list of")
        assert pa.flows == []
