"""What the guide says of webhooks is run as it stands: the call, and the receiver's few lines."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.api.handover.acts import carry, finalised
from tests.support.api import ApiClient
from tests.support.prepared import Calendar
from tests.support.receiver import Posted, Receiver

ROOT = Path(__file__).parents[3]
GUIDES = ("docs/webhooks.md", "README.md")


def blocks(language: str) -> list[str]:
    """The blocks about webhooks, wherever they are told."""
    told = "\n".join((ROOT / name).read_text(encoding="utf-8") for name in GUIDES)
    found = re.findall(rf"^```{language}\n(.*?)^```", told, re.M | re.S)
    return [one for one in found if "webhook" in one]


@pytest.fixture
def sent(hooked: ApiClient, box: Receiver, calendar: Calendar) -> tuple[Posted, str]:
    """A message as a receiver gets it, and the secret that the guide's own call answered."""
    calendar.now = datetime.now(UTC)
    secret = asked(hooked.query, box)
    finalised(hooked)
    assert carry(hooked) == 1
    return box.posted[0], secret


def asked(query: Callable[[str], Any], box: Receiver) -> str:
    (call, *_) = blocks("graphql")
    answer = query(re.sub(r'"https://[^"]+"', f'"{box.url}"', call))["webhookEndpointCreate"]
    assert answer["userErrors"] == []
    return str(answer["secret"])


def test_the_receiver_of_the_guide_takes_what_is_posted_and_nothing_else(
    sent: tuple[Posted, str],
) -> None:
    """B31: verified with Python alone; altered, of another secret or old it is refused."""
    posted, secret = sent
    assert len(blocks("python")) >= 1
    for block in blocks("python"):
        told: dict[str, Any] = {}
        exec(block, told)
        verified = told["verified"]
        found = verified(posted.body, posted.headers, secret)
        assert found["data"]["number"] == "PAR26-00001"
        old = {**posted.headers, "webhook-timestamp": "1700000000"}
        for wrong in (
            (posted.body + b" ", posted.headers, secret),
            (posted.body, posted.headers, "whsec_" + "A" * 44),
            (posted.body, old, secret),
        ):
            with pytest.raises(ValueError, match=r"too old|not signed"):
                verified(*wrong)


def test_the_guide_names_every_field_of_a_message(sent: tuple[Posted, str]) -> None:
    guide = (ROOT / GUIDES[0]).read_text(encoding="utf-8")
    content = sent[0].content
    assert (content["type"], content["version"]) == ("invoice.finalised", 1)
    data = content["data"]
    parts = (data, data["lines"][0], data["vatGroups"][0], data["seller"], data["pdf"])
    missing = {name for part in parts for name in part if f"`{name}" not in guide}
    assert missing == set()
