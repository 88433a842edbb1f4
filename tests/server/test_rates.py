"""Buckets, crowds and shares: how often, how many at once, and that nobody takes it all."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from resolvers._shares import Shares
from server.crowd import LINE, Crowd, Uploads
from server.rates import Allowance, Purse, Rates, Strangers, Tab, network_of
from server.refusing import RequestRefused


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_is_emptied_and_fills_again() -> None:
    clock = Clock()
    rates = Rates(60, clock=clock)
    assert [rates.take("a") for _ in range(60)] == [0.0] * 60
    assert rates.take("a") == pytest.approx(1.0)
    assert rates.take("b") == 0.0
    clock.now += 2.5
    assert [rates.take("a") > 0 for _ in range(3)] == [False, False, True]
    clock.now += 1000
    assert rates.left("a") == 60


def test_what_is_dearer_than_a_bucket_takes_a_full_one_and_leaves_a_debt() -> None:
    clock = Clock()
    rates = Rates(60, clock=clock)
    assert rates.take("a", 100) == 0.0
    assert rates.left("a") == -40
    assert rates.take("a") == pytest.approx(41.0)


def test_nothing_a_minute_is_no_limit() -> None:
    rates = Rates(0)
    assert not any(rates.take("a", 10**9) for _ in range(100))


def test_a_firm_with_many_keys_has_three_times_as_much_as_one() -> None:
    purse = Purse(Allowance(requests=10), Clock())
    for key in "abc":
        for _ in range(10):
            purse.ask(1, key)
    with pytest.raises(RequestRefused) as refused:
        purse.ask(1, "d")
    assert refused.value.status_code == 429
    assert refused.value.code == "RATE_LIMITED"
    assert refused.value.headers == {"Retry-After": "2"}
    purse.ask(2, "a")


def test_a_price_that_cannot_be_paid_takes_nothing() -> None:
    purse = Purse(Allowance(price=600), Clock())
    first, second = Tab(purse, 1, "a"), Tab(purse, 1, "a")
    assert first.pay(500)
    assert first.told() == {"remaining": 100, "restoredPerSecond": 10}
    assert not second.pay(200)
    assert second.wait == pytest.approx(10.0)
    assert second.told() == {"remaining": 100, "restoredPerSecond": 10}
    nobody_counts = Tab(Purse(Allowance(price=0)), 1, "a")
    assert nobody_counts.pay(10**9)
    assert nobody_counts.told() == {"remaining": None, "restoredPerSecond": None}


def test_who_guesses_waits_and_who_is_known_does_not() -> None:
    strangers = Strangers(5, Clock())
    strangers.welcome(b"known")
    for _ in range(5):
        strangers.stop("192.0.2.1", b"guess")
        strangers.turned_away("192.0.2.1", b"guess")
    with pytest.raises(RequestRefused):
        strangers.stop("192.0.2.1", b"another guess")
    strangers.stop("192.0.2.1", b"known")
    strangers.stop("192.0.2.2", b"guess")
    strangers.turned_away("192.0.2.1", b"known")
    with pytest.raises(RequestRefused):
        strangers.stop("192.0.2.1", b"known")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::ffff", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_an_address_counts_as_its_network(address: str, network: str) -> None:
    assert network_of(address) == network


async def until_idle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_a_caller_has_so_many_at_once_some_in_line_and_the_rest_is_sent_away() -> None:
    async def at_once() -> None:
        crowd, gate = Crowd(2, patience=60), asyncio.Event()
        at_work: list[str] = []

        async def operation(name: str) -> None:
            async with crowd.place(name):
                at_work.append(name)
                await gate.wait()

        tasks = [asyncio.ensure_future(operation("a")) for _ in range(2 + 2 * LINE)]
        await until_idle()
        assert at_work == ["a", "a"]
        with pytest.raises(RequestRefused, match="Too many"):
            crowd.check("a")
        other = asyncio.ensure_future(operation("b"))
        await until_idle()
        assert at_work == ["a", "a", "b"]
        gate.set()
        await asyncio.gather(*tasks, other)
        crowd.check("a")

    asyncio.run(at_once())


def test_places_given_back_go_to_who_waits_and_then_to_who_comes() -> None:
    async def come_and_go() -> None:
        crowd = Crowd(2, patience=60)
        for _ in range(2):
            await crowd.come("a")
        assert not crowd._places
        third = asyncio.ensure_future(crowd.come("a"))
        await until_idle()
        assert not third.done()
        crowd.leave("a")
        await third
        fourth = asyncio.ensure_future(crowd.come("a"))
        await until_idle()
        assert not fourth.done()
        for _ in range(2):
            crowd.leave("a")
        await fourth
        await crowd.come("a")
        fifth = asyncio.ensure_future(crowd.come("a"))
        await until_idle()
        assert not fifth.done()
        crowd.leave("a")
        await fifth
        for _ in range(2):
            crowd.leave("a")
        assert (crowd._present, crowd._places) == ({}, {})

    asyncio.run(come_and_go())


def test_who_waits_in_vain_is_told_when_to_come_again() -> None:
    async def in_vain() -> None:
        crowd, uploads = Crowd(1, patience=0.01), Uploads(1, patience=0.01)
        async with crowd.place("a"), uploads.place(1):
            with pytest.raises(RequestRefused) as refused:
                async with crowd.place("a"):
                    pass
            assert refused.value.headers == {"Retry-After": "1"}
            with pytest.raises(RequestRefused, match="Too many"):
                async with uploads.place(2):
                    pass
        async with crowd.place("a"), uploads.place(2):
            pass

    asyncio.run(in_vain())


def test_who_waits_in_vain_or_leaves_the_line_takes_no_place_along() -> None:
    async def leave() -> None:
        crowd = Crowd(1, patience=60)
        async with crowd.place("a"):
            waiting = asyncio.ensure_future(crowd.come("a"))
            await until_idle()
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            assert crowd._present["a"] == 1
        assert not crowd._present
        assert not crowd._places
        hasty = Crowd(1, patience=0.01)
        async with hasty.place("a"):
            with pytest.raises(RequestRefused):
                await hasty.come("a")
            assert hasty._present["a"] == 1
        assert not hasty._present

    asyncio.run(leave())


def test_a_firm_takes_half_of_what_the_others_leave() -> None:
    async def shared_out() -> None:
        shares = Shares(16)
        entered: list[str] = []
        leave: dict[str, asyncio.Event] = {name: asyncio.Event() for name in "abcd"}

        async def stay(name: str) -> None:
            async with shares.place(name):
                entered.append(name)
                await leave[name].wait()

        tasks = [asyncio.ensure_future(stay(name)) for name in "abcd" for _ in range(20)]
        await until_idle()
        assert [entered.count(name) for name in "abcd"] == [8, 4, 2, 1]
        newcomer = asyncio.ensure_future(stay("d"))
        assert shares.waiting("a") == 12
        tasks[-1].cancel()
        leave["a"].set()
        await until_idle()
        assert entered.count("a") == 20
        for event in leave.values():
            event.set()
        await asyncio.gather(*tasks, newcomer, return_exceptions=True)
        assert shares.taken == 0
        assert entered.count("d") == 20

    asyncio.run(shared_out())


def test_who_goes_away_while_waiting_leaves_the_line_to_others() -> None:
    async def going() -> None:
        shares = Shares(1)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(shares.place("a"))
            gone = asyncio.ensure_future(stack.enter_async_context(shares.place("b")))
            await until_idle()
            gone.cancel()
        # Freed between the cancelling and its being noticed.
        assert shares.taken == 0
        async with asyncio.timeout(1), shares.place("c"):
            assert shares.taken == 1
        assert shares.waiting("b") == 0

    asyncio.run(going())
