"""What of the web may be called from this installation, and how it is found."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

TIMEOUT = 20.0
"""Seconds that a receiver has for its whole answer, the look-up of its name included."""

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""The IP addresses that a name stands for."""


@dataclass(frozen=True, slots=True)
class Gate:
    """What may be called, how names are looked up, and which certificates are trusted.

    Without `resolve` and `trust` as this machine does.
    """

    is_private_allowed: bool = False
    resolve: Resolve | None = None
    trust: ssl.SSLContext | None = None
    timeout: float = TIMEOUT
