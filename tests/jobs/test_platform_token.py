"""Tokens of an approved platform: asked for once, kept until shortly before their end."""

from __future__ import annotations

import asyncio
import json
import logging
from base64 import b64encode
from dataclasses import replace
from urllib.parse import quote, quote_plus

import pytest

from jobs.platform_call import PlatformCalls
from tests.jobs.platform_parcels import INSIDE, INVOICE, LONG_AGO, fault_of, ran
from tests.support.platform import CLIENT_ID, CLIENT_SECRET, SEARCH, SUBMIT, TOKEN, platform
from tests.support.receiver import Answer

IDENTITY = b64encode(f"{quote_plus(CLIENT_ID)}:{quote_plus(CLIENT_SECRET)}".encode()).decode()


def test_one_token_serves_all_calls_until_shortly_before_its_end() -> None:
    now = [0.0]
    calls = PlatformCalls(INSIDE, clock=lambda: now[0])
    with platform() as pa:

        def asked_by(second: float) -> int:
            now[0] = second
            ran(calls.find(pa.access, "x"))
            return pa.counted(TOKEN)

        assert [asked_by(at) for at in (0, 3569, 3571, 7140, 7142)] == [1, 1, 2, 2, 3]
        pa.token_seconds = None
        pa.expire_tokens()
        assert [asked_by(at) for at in (8000, 8053, 8055)] == [4, 4, 5]


@pytest.mark.parametrize(
    ("life", "kept"),
    [
        *(("900", 870), (900, 870), (900.0, 870), (1e300, 86_370)),
        *(("soon", 54), (None, 54), (True, 54), ("-5", 54), (-5, 0), (0, 0)),
    ],
)
def test_what_is_said_of_the_life_of_a_token_is_weighed(life: object, kept: int) -> None:
    now = [0.0]
    calls = PlatformCalls(INSIDE, clock=lambda: now[0])
    told = {"access_token": "t", "token_type": "BEARER", "expires_in": life}
    with platform() as pa:
        pa.tokens["t"] = float("inf")
        pa.says(TOKEN, *[Answer(body=json.dumps(told).encode())] * 3)
        ran(calls.find(pa.access, "x"))
        if kept:
            now[0] = kept - 1
            ran(calls.find(pa.access, "x"))
        assert pa.counted(TOKEN) == 1
        now[0] = kept
        ran(calls.find(pa.access, "x"))
        assert pa.counted(TOKEN) == 2


def test_a_token_that_is_refused_is_asked_anew_once() -> None:
    calls = PlatformCalls(INSIDE)
    with platform() as pa:
        ran(calls.submit(pa.access, INVOICE))
        pa.expire_tokens()
        ran(calls.submit(pa.access, INVOICE))
        assert (pa.counted(TOKEN), len(pa.flows)) == (2, 2)
        pa.fails(SUBMIT, 401, times=2, code="MISSING_TOKEN")
        fault = fault_of(calls.submit(pa.access, INVOICE))
        assert (fault.status, fault.is_final) == (401, True)
        assert fault.error == "HTTP 401: MISSING_TOKEN"
        assert (pa.counted(TOKEN), pa.counted(SUBMIT), len(pa.flows)) == (3, 5, 2)


@pytest.mark.parametrize("place", ["takes_basic", "takes_form"])
def test_the_secret_is_given_where_the_platform_looks_for_it(place: str) -> None:
    with platform() as pa:
        setattr(pa, place, False)
        ran(PlatformCalls(INSIDE).find(pa.access, "x"))
        first, *others = [one for one in pa.asked if one.call == TOKEN]
        assert first.headers["authorization"] == f"Basic {IDENTITY}"
        assert b"secret" not in first.body
        # Never by both at once (RFC 6749, 2.3).
        assert ["authorization" in one.headers for one in others] == [False] * len(others)
        assert len(others) == (0 if pa.takes_basic else 1)


def test_a_scope_is_asked_for_where_there_is_one() -> None:
    with platform() as pa:
        ran(PlatformCalls(INSIDE).find(replace(pa.access, scope="flows read"), "x"))
        assert pa.asked[0].body == b"grant_type=client_credentials&scope=flows+read"


@pytest.mark.parametrize(
    ("answer", "error", "is_final", "asked"),
    [
        (Answer(401, b'{"error": "invalid_client"}'), "token: HTTP 401: invalid_client", True, 2),
        (Answer(400, b"no"), "token: HTTP 400: no", True, 2),
        (Answer(400, b'{"error": "invalid_scope", "error_description": "what?"}'),
         "token: HTTP 400: invalid_scope: what?", True, 1),
        (Answer(403), "token: HTTP 403", True, 1),
        (Answer(500, b"<html>oops"), "token: HTTP 500: a page of the web, no reason", False, 1),
        (Answer(200, b"{}"), "the token endpoint gave no token", False, 1),
        (Answer(200, b'{"access_token": "a\\nX"}'), "the token endpoint gave no token", False, 1),
        (Answer(200, b'{"access_token": "t", "token_type": "mac"}'),
         "the token endpoint gave no token of type Bearer", False, 1),
        (Answer(200, b"x" * 70_000), "more than 64000 bytes came", False, 1),
    ],
)  # fmt: skip
def test_who_gives_no_token_is_told(answer: Answer, error: str, is_final: bool, asked: int) -> None:
    with platform() as pa:
        pa.says(TOKEN, answer, answer)
        fault = fault_of(PlatformCalls(INSIDE).find(pa.access, "x"))
        assert (fault.error, fault.is_final, pa.counted(TOKEN)) == (error, is_final, asked)
        assert len(pa.asked) == asked


def test_who_knows_an_identifier_alone_is_given_nobodys_token() -> None:
    """Two firms of one installation: the token of the one is not that of a wrong secret."""
    calls = PlatformCalls(INSIDE)
    with platform() as pa:
        ran(calls.find(pa.access, "x"))
        other = replace(pa.access, client_secret="guessed")
        assert fault_of(calls.find(other, "x")).error == "token: HTTP 401: invalid_client"


def test_calls_at_one_time_all_get_in() -> None:
    async def many() -> None:
        calls = PlatformCalls(INSIDE)
        await asyncio.gather(*(calls.find(pa.access, "x") for _ in range(8)))
        pa.expire_tokens()
        await asyncio.gather(*(calls.find(pa.access, "x") for _ in range(8)))

    with platform() as pa:
        asyncio.run(many())


def test_no_error_and_no_log_tells_a_secret_or_a_token(caplog: pytest.LogCaptureFixture) -> None:
    """A platform may say again all that it was sent: in words, in JSON, in an address, cut off."""
    caplog.set_level(logging.DEBUG)
    calls, told = PlatformCalls(INSIDE), []
    with platform() as pa:
        token = f"token-{pa.port}-1"
        secrets = [CLIENT_SECRET, quote(CLIENT_SECRET), quote_plus(CLIENT_SECRET), IDENTITY]
        escaped = json.dumps(CLIENT_SECRET)[1:-1]
        plain = json.dumps(CLIENT_SECRET, ensure_ascii=False)[1:-1]
        secrets += [token, plain]
        bodies = [f"Bearer {one} is not known".encode() for one in secrets]
        bodies += [json.dumps({"errorCode": "X", "details": one}).encode() for one in secrets]
        bodies += [("y" * 4090 + one).encode() for one in secrets]
        bodies += [(one * 500).encode() for one in secrets]
        for body in bodies:
            pa.says(SEARCH, Answer(422, body))
            told.append(fault_of(calls.changed(pa.access, since=LONG_AGO)))
        pa.says(TOKEN, Answer(403, bodies[0]))
        told.append(fault_of(PlatformCalls(INSIDE).find(pa.access, "x")))
        assert CLIENT_SECRET not in repr(pa.access)
        assert INVOICE.content.decode() not in repr(INVOICE)
    said = "\n".join([*(repr(one) + one.error for one in told), caplog.text])
    assert "is not known" in said
    for one in [*secrets, escaped]:
        assert one not in said
        assert one[: len(one) // 2] not in said
    assert all(len(one.error) <= 500 for one in told)
