"""How often somebody may ask: buckets that fill again, kept by each process for itself.

    rates = Rates(12_000)                 # a minute, for each name
    wait = rates.take("1/api_key_4")      # 0.0, or the seconds until there is enough again

A bucket holds what fills it in a minute. Nothing is written anywhere: several processes give
several times as much (ADR 26).
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from resolvers.admitting._guessing import network_of
from server.refusing import RequestRefused

TOO_OFTEN = "Too many requests. Try again in {seconds} s."

_NAMES = 10_000
"""Buckets kept; those not asked for longest are forgotten, and full again."""
_MINUTE = 60.0


class Rates:
    """A bucket for each name; with 0 a minute there is no limit. Belongs to one event loop."""

    def __init__(self, a_minute: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.most = a_minute
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    @property
    def a_second(self) -> float:
        """How much comes back in a second."""
        return self.most / _MINUTE

    def left(self, name: str) -> float:
        """What may still be taken; less than nothing after a debt."""
        return self._left(name, self._clock())

    def wait(self, name: str, amount: float = 1) -> float:
        """Seconds until `amount` may be taken; 0.0: now. What no bucket holds takes a full one."""
        return self._wait(amount, self.left(name)) if self.most else 0.0

    def take(self, name: str, amount: float = 1) -> float:
        """Takes `amount` and returns 0.0, or takes nothing and returns the seconds until it may."""
        return take_of_all(((self, name),), amount)

    def _left(self, name: str, now: float) -> float:
        held = self._buckets.get(name)
        if held is None:
            return float(self.most)
        return min(float(self.most), held[0] + (now - held[1]) * self.a_second)

    def _wait(self, amount: float, left: float) -> float:
        missing = min(amount, self.most) - left
        return missing / self.a_second if missing > 0 else 0.0

    def _hold(self, name: str, left: float, now: float) -> None:
        self._buckets[name] = (left, now)
        self._buckets.move_to_end(name)
        if len(self._buckets) > _NAMES:
            self._buckets.popitem(last=False)

    def forget(self) -> None:
        """Fills every bucket."""
        self._buckets.clear()


def take_of_all(buckets: Sequence[tuple[Rates, str]], amount: float) -> float:
    """Takes `amount` from each bucket and returns 0.0, or from none: the seconds until it may."""
    found, longest = [], 0.0
    for rates, name in buckets:
        if rates.most:
            now = rates._clock()
            left = rates._left(name, now)
            longest = max(longest, rates._wait(amount, left))
            found.append((rates, name, left - amount, now))
    if not longest:
        for rates, name, left, now in found:
            rates._hold(name, left, now)
    return longest


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one caller may take, 0 for no limit; all callers of a firm have `FIRM` times as much."""

    requests: int = 12_000
    """A minute."""
    price: int = 12_000_000
    """Values a minute, by the price of what is asked."""
    at_once: int = 8
    """Operations that run at one time."""
    seconds: float = 30.0
    """For one operation."""
    strangers: int = 120
    """Requests without a valid key, a minute and network address."""


FIRM = 3


class Tab:
    """The account of one operation, in the name of its caller."""

    def __init__(self, purse: Purse, firm: int, caller: str) -> None:
        self._purse = purse
        self._firm = firm
        self._caller = caller
        self.wait = 0.0
        """Seconds until the price can be paid that could not."""
        self._is_paid = False

    def pay(self, price: int) -> bool:
        """Takes the price, the first time; what is done anew was paid already."""
        if self._is_paid:
            return True
        self.wait = self._purse.pay(self._firm, self._caller, price)
        self._is_paid = not self.wait
        return self._is_paid

    def told(self) -> dict[str, int | None]:
        return self._purse.told(self._firm, self._caller)


class Purse:
    """What callers have left, of requests and of prices."""

    def __init__(self, allowance: Allowance, clock: Callable[[], float] = time.monotonic) -> None:
        self._requests = _Both(allowance.requests, clock)
        self._price = _Both(allowance.price, clock)

    def ask(self, firm: int, caller: str) -> None:
        """Counts a request; RequestRefused (429) when there were too many."""
        if wait := self._requests.take(firm, caller, 1):
            raise too_often(wait)

    def pay(self, firm: int, caller: str, price: int) -> float:
        """Takes the price of an operation: 0.0, or the seconds until it can be paid."""
        return self._price.take(firm, caller, price)

    def told(self, firm: int, caller: str) -> dict[str, int | None]:
        """What is left to the caller, and how much of it comes back in a second."""
        return self._price.told(firm, caller)


class _Both:
    """A bucket of the caller, and a larger one of their firm: an amount is taken from both."""

    def __init__(self, a_minute: int, clock: Callable[[], float]) -> None:
        self._own = Rates(a_minute, clock=clock)
        self._firm = Rates(FIRM * a_minute, clock=clock)

    def take(self, firm: int, caller: str, amount: int) -> float:
        if not self._own.most:
            return 0.0
        return take_of_all(((self._own, f"{firm}/{caller}"), (self._firm, str(firm))), amount)

    def told(self, firm: int, caller: str) -> dict[str, int | None]:
        if not self._own.most:
            return {"remaining": None, "restoredPerSecond": None}
        left = min(self._own.left(f"{firm}/{caller}"), self._firm.left(str(firm)))
        return {
            "remaining": max(0, math.floor(left)),
            "restoredPerSecond": math.floor(self._own.a_second),
        }


class Strangers:
    """Those whose key is none: how often they may try from one network, before keys are looked up.

    Whoever came with a valid key lately is let through from a network where others guess.
    """

    def __init__(self, a_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._tries = Rates(a_minute, clock=clock)
        self._known: OrderedDict[bytes, None] = OrderedDict()

    def stop(self, address: str, credentials: bytes) -> None:
        """Refuses (429) who guessed too often; `credentials` is a hash of what they came with."""
        wait = self._tries.wait(network_of(address))
        if wait and credentials not in self._known:
            raise too_often(wait)

    def turned_away(self, address: str, credentials: bytes) -> None:
        """Notes that nobody was found."""
        self._known.pop(credentials, None)
        self._tries.take(network_of(address))

    def forget(self) -> None:
        """Counts from the start."""
        self._tries.forget()

    def welcome(self, credentials: bytes) -> None:
        """Notes that somebody was."""
        self._known[credentials] = None
        self._known.move_to_end(credentials)
        if len(self._known) > _NAMES:
            self._known.popitem(last=False)


def too_often(wait: float) -> RequestRefused:
    """The refusal (429) of a request that may come again in `wait` seconds."""
    seconds = max(1, math.ceil(wait))
    refusal = RequestRefused(429, "RATE_LIMITED", TOO_OFTEN, seconds=seconds)
    refusal.headers = {"Retry-After": str(seconds)}
    return refusal
