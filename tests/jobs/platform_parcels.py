"""What tests send to a platform, and how they call it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any, TypeVar

import pytest

from domain.platform.wire import (
    Flow,
    FlowProfile,
    FlowSyntax,
    Outgoing,
    PlatformFault,
    ProcessingRule,
)
from jobs.gate import Gate
from jobs.platform_call import PlatformCalls
from tests.support.platform import Platform

T = TypeVar("T")
INSIDE = Gate(is_private_allowed=True)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
INVOICE = Outgoing(
    tracking_id="0192f0aa-7b1c-7e3e-9a55-3c1f3d1b2a01",
    name="Facture n° 2026-0042 « Été ».xml",
    syntax=FlowSyntax.CII,
    profile=FlowProfile.CIUS,
    rule=ProcessingRule.B2B,
    media_type="application/xml",
    content="<a>é\r\n--\r\n</a>\x00".encode(),
)


def ran(called: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(called)


def fault_of(called: Coroutine[Any, Any, Any]) -> PlatformFault:
    """The fault that a call must end in."""
    with pytest.raises(PlatformFault) as caught:
        asyncio.run(called)
    return caught.value


def read_to_the_end(
    pa: Platform, *, since: datetime = LONG_AGO, limit: int = 100, flow_types: tuple[str, ...] = ()
) -> list[Flow]:
    """All that changed, as who follows FlowPage reads it."""
    calls, found, cursor, later = PlatformCalls(INSIDE), list[Flow](), None, since

    async def read() -> list[Flow]:
        nonlocal since, cursor, later
        while True:
            page = await calls.changed(
                pa.access, since=since, cursor=cursor, flow_types=flow_types, limit=limit
            )
            found.extend(page.flows)
            assert not page.unread
            cursor = page.cursor
            later = max([later, *(flow.updated_at for flow in page.flows)])
            if cursor is None:
                if not page.flows:
                    return found
                since = later

    return asyncio.run(read())
