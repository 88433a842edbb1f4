"""Posting to an address that a caller chose: to the number that was judged, and to no other."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.handover import Attempt, Webhook
from jobs.gate import Gate
from jobs.webhook_post import post
from tests.support.receiver import Answer, Receiver, receiver

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
MESSAGE = Webhook("", "msg_1", '{"a": "é"}'.encode(), (SECRET,))
INSIDE = Gate(is_private_allowed=True)


def sent(url: str, gate: Gate, message: Webhook = MESSAGE) -> Attempt:
    return asyncio.run(post(replace(message, url=url), gate, now=NOW))


def names(*numbers: str) -> Gate:
    """A gate whose look-up says `numbers` of whatever name."""

    async def resolve(host: str, port: int) -> list[str]:
        return list(numbers)

    return Gate(resolve=resolve)


@pytest.mark.parametrize(
    "numbers",
    [
        ("127.0.0.1",),
        ("10.0.0.7",),
        ("169.254.169.254",),
        ("::1",),
        ("fe80::1%eth0",),
        ("::ffff:127.0.0.1",),
        ("8.8.8.8", "127.0.0.1"),
        (),
    ],
)
def test_a_name_that_stands_for_a_machine_inside_is_not_asked(numbers: tuple[str, ...]) -> None:
    """One number inside is enough, whatever the others are."""
    found = sent("https://hook.example/in", names(*numbers))
    assert (found.error or "").startswith("WEBHOOK_HOST_PRIVATE: The host hook.example is")
    assert not any(number in (found.error or "") for number in numbers)


def test_the_name_is_looked_up_once_and_its_number_is_asked() -> None:
    """DNS rebinding: what the name means a moment later is never looked at."""
    asked = []

    async def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["192.0.2.1"]

    with receiver() as box:
        gate = replace(INSIDE, resolve=resolve)
        assert sent(f"http://hook.invalid:{box.port}/in", gate).error is None
    assert asked == ["hook.invalid"]
    assert box.posted[0].headers["host"] == f"hook.invalid:{box.port}"
    assert box.posted[0].is_signed_by(SECRET)


def test_a_machine_that_is_not_there_leaves_it_to_the_next_of_its_name() -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.2", "127.0.0.1"]

    with receiver() as box:
        gate = replace(INSIDE, resolve=resolve)
        assert sent(f"http://hook.invalid:{box.port}/", gate).error is None
    assert len(box.posted) == 1


def test_no_proxy_is_asked_and_no_redirect_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver() as box, receiver() as elsewhere:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{elsewhere.port}")
        box.answers = [Answer(308, headers={"Location": elsewhere.url})]
        assert sent(box.url, INSIDE) == Attempt(308, "HTTP 308")
        assert sent(box.url, INSIDE) == Attempt(200)
    assert (len(box.posted), elsewhere.posted) == (2, [])


def test_an_answer_is_read_to_its_beginning_alone() -> None:
    with receiver() as box:
        box.answers = [Answer(500, b"x" * 5_000_000), Answer(429, headers={"Retry-After": "120"})]
        found = sent(box.url, INSIDE)
        assert found.error == "HTTP 500: " + "x" * 400
        assert sent(box.url, INSIDE).after == timedelta(minutes=2)


@pytest.mark.parametrize(
    ("said", "after"),
    [
        ("0", timedelta(0)),
        ("86400", timedelta(days=1)),
        ("Sat, 21 Nov 2026 11:30:00 GMT", timedelta(hours=2, minutes=30)),
        ("Saturday, 21-Nov-26 09:30:00 GMT", timedelta(minutes=30)),
        ("Sat, 21 Nov 2026 11:30:00", timedelta(hours=2, minutes=30)),
        ("Sat, 21 Nov 2026 08:00:00 GMT", timedelta(0)),
        ("Sat, 21 Nov 99999 08:00:00 GMT", None),
        ("Sat, 21 Nov 2026 08:00:00 +9999", None),
        ("99999999999", None),
        ("soon", None),
        ("-5", None),
        ("", None),
    ],
)
def test_a_receiver_says_when_to_come_again(said: str, after: timedelta | None) -> None:
    """In seconds, or as a date; what is neither is not weighed."""
    with receiver() as box:
        box.answers = [Answer(503, headers={"Retry-After": said})]
        found = sent(box.url, INSIDE)
    assert (found.status, found.after) == (503, after)


def test_an_answer_that_drips_is_given_up_as_a_whole() -> None:
    """The time is that of the whole attempt, not of each byte."""

    with receiver() as box:
        box.answers = [Answer(500, b"x" * 40, drip=0.02)]
        found = sent(box.url, replace(INSIDE, timeout=0.2))
    assert (found.error, found.is_silent) == ("TimeoutError: no answer in time", True)


def test_nobody_there_is_told_as_such() -> None:
    # Port 1 of this machine: nobody listens there.
    found = sent("http://127.0.0.1:1/", INSIDE)
    assert (found.status, found.is_silent, found.is_final) == (None, True, False)
    assert (found.error or "").startswith("ConnectError")


def test_the_certificate_is_that_of_the_name_not_of_the_number(tmp_path: Path) -> None:
    """The connection goes to a number, and still proves that it is the machine of that name."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    asked = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    names = ["-subj", "/CN=hook.test", "-addext", "subjectAltName=DNS:hook.test"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*asked.split(), *names, *files], check=True, capture_output=True)
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(certificate, key)

    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    trust = ssl.create_default_context(cafile=str(certificate))
    gate = Gate(is_private_allowed=True, resolve=resolve, trust=trust)
    with receiver(own) as box:
        assert sent(f"https://hook.test:{box.port}/", gate) == Attempt(200)
        for wrong in (
            sent(f"https://other.test:{box.port}/", gate),
            sent(f"https://127.0.0.1:{box.port}/", gate),
            sent(f"https://hook.test:{box.port}/", replace(gate, trust=None)),
        ):
            assert "CERTIFICATE_VERIFY_FAILED" in (wrong.error or "") or "ertificate" in str(wrong)
    assert len(box.posted) == 1


def test_what_is_posted_is_said_in_no_repr() -> None:
    """A log of an error names what was at hand: no secret, nobody's invoice."""
    assert SECRET not in repr(MESSAGE)
    assert "é" not in repr(MESSAGE)


def test_both_secrets_sign_while_they_overlap() -> None:
    former = "whsec_" + "QUJD" * 10
    with receiver() as box:
        sent(box.url, INSIDE, replace(MESSAGE, secrets=(SECRET, former)))
        (posted,) = box.posted
    assert posted.is_signed_by(SECRET)
    assert posted.is_signed_by(former)
    signatures = posted.headers["webhook-signature"].split()
    assert [one[:3] for one in signatures] == ["v1,", "v1,"]


def test_the_receiver_of_the_tests_tells_a_forgery(tmp_path: Path) -> None:
    with receiver() as box:
        sent(box.url, INSIDE)
        assert isinstance(box, Receiver)
        assert not replace(box.posted[0], body=b"{}").is_signed_by(SECRET)
