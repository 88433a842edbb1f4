"""Without a key in force nothing but health and the empty GraphiQL page; no answer tells why."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import anyio
import pytest

from domain.access import Role
from persistence.deadline import current, within
from persistence.organisations import Bearer
from persistence.people.keys import keys_of, revoke_key
from schema.context import House
from server.bearers import REMEMBERED_FOR, REMEMBERED_KEYS, Bearers, by_key
from tests.support.api import ApiClient, open_api

WHO = "{ viewer { organisation { code } } }"


@pytest.fixture
def api(empty_database_url: str, tmp_path: Path) -> Iterator[ApiClient]:
    """On both databases: looking a key up is a query."""
    with open_api(empty_database_url, tmp_path) as client:
        yield client


def test_a_key_opens_its_own_organisation(api: ApiClient) -> None:
    other = api.of_another_firm("other")
    assert api.query(WHO) == {"viewer": {"organisation": {"code": "test"}}}
    assert other.query(WHO) == {"viewer": {"organisation": {"code": "other"}}}


def test_a_missing_a_wrong_and_a_revoked_key_get_the_same_answer(api: ApiClient) -> None:
    revoked = api.with_role(Role.READER)
    with api.house.database.writing(api.organisation_id) as session:
        revoke_key(session, revoked.token.split("_")[1], at=datetime.now(UTC))
    altered = api.token[:-1] + ("a" if api.token[-1] != "a" else "b")
    given: list[dict[str, Any]] = [
        {},
        {"Authorization": f"Bearer {altered}"},
        {"Authorization": f"Bearer {revoked.token}"},
        {"Authorization": f"Basic {api.token}"},
        {"Authorization": api.token},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer jalon__"},
        {"Authorization": f"Bearer {'x' * 10_000}"},
        {"Authorization": "Bearer jalon_é_ü".encode()},
    ]
    answers = [
        api.http.post("/graphql", json={"query": WHO}, headers={"Accept-Language": "en", **headers})
        for headers in given
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert {answer.text for answer in answers} == {answers[0].text}
    assert answers[0].headers["www-authenticate"] == 'Bearer realm="Jalon"'
    assert answers[0].json()["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}


def test_two_keys_at_once_are_none(api: ApiClient) -> None:
    two = [("Authorization", f"Bearer {api.token}"), ("Authorization", "Bearer other")]
    assert api.http.post("/graphql", json={"query": WHO}, headers=two).status_code == 401


def test_the_scheme_is_written_in_any_case(api: ApiClient) -> None:
    headers = {"Authorization": f"bearer {api.token}"}
    assert api.http.post("/graphql", json={"query": WHO}, headers=headers).status_code == 200


def test_the_body_of_a_stranger_is_not_read(api: ApiClient) -> None:
    answer = api.http.post("/graphql", content=b"\xff", headers={"Content-Type": "text/odd"})
    assert answer.status_code == 401


def test_a_key_of_another_organisation_finds_nothing_of_ours(api: ApiClient) -> None:
    firm = api.query("{ viewer { organisation { entities { id } } } }")["viewer"]["organisation"]
    mine = firm["entities"][0]["id"]
    other = api.of_another_firm()
    look_up = "query($id: ID!) { node(id: $id) { id } }"
    assert api.query(look_up, id=mine) == {"node": {"id": mine}}
    assert other.query(look_up, id=mine) == {"node": None}


def test_the_language_is_that_asked_for_else_that_of_the_firm(api: ApiClient) -> None:
    wrong = "{ clients(page: {first: 0}) { totalCount } }"
    english = api.errors(wrong)[0]["message"]
    french = api.in_language("fr-CA, en;q=0.5").errors(wrong)[0]["message"]
    of_the_firm = api.in_language("de").errors(wrong)[0]["message"]
    assert english == "A page has from 1 to 100 items; 0 were asked for."
    assert french != english
    assert of_the_firm == french


def test_health_is_told_to_everybody(api: ApiClient) -> None:
    assert api.http.get("/healthz").status_code == 200
    assert api.http.get("/readyz").status_code == 200


def test_a_revoked_key_is_remembered_for_a_moment_only(api: ApiClient) -> None:
    now = 0.0
    bearers = Bearers(clock=lambda: now)
    database = api.house.database

    def is_known() -> bool:
        return anyio.run(bearers.find, api.house, api.token) is not None

    assert is_known()
    with database.writing(api.organisation_id) as session:
        revoke_key(session, keys_of(session)[0].public_id, at=datetime.now(UTC))
    now = REMEMBERED_FOR - 0.1
    assert is_known()
    now = REMEMBERED_FOR
    assert not is_known()


def test_keys_remembered_are_few_and_guesses_are_not_remembered(api: ApiClient) -> None:
    bearers = Bearers()

    async def ask() -> int:
        for number in range(5):
            assert await bearers.find(api.house, f"jalon_{number}_guess") is None
        await bearers.find(api.house, api.token)
        return len(bearers._remembered)

    assert anyio.run(ask) == 1
    assert REMEMBERED_KEYS < 10_000


def test_many_who_come_with_one_key_at_once_have_it_looked_up_once(api: ApiClient) -> None:
    tried = []

    async def look_up(house: House, token: str) -> Bearer | None:
        tried.append(token)
        return await by_key(house, token)

    bearers = Bearers(look_up)

    async def ask() -> None:
        for token, is_good in ((api.token, True), ("jalon_a_guess", False)):
            coming = [bearers.find(api.house, token) for _ in range(16)]
            found = await asyncio.gather(*coming)
            assert [one is not None for one in found] == [is_good] * 16
            assert {one.key_id for one in found if one is not None} == ({1} if is_good else set())

    anyio.run(ask)
    assert tried == [api.token, "jalon_a_guess"]
    assert not bearers._sought


def test_who_gives_up_looking_ends_it_for_nobody_else_and_its_fault_is_everybodys() -> None:
    come: list[asyncio.Future[Bearer | None]] = []

    async def look_up(house: House, token: str) -> Bearer | None:
        come.append(asyncio.get_running_loop().create_future())
        return await come[-1]

    async def ask() -> None:
        bearers, house = Bearers(look_up), cast(House, None)
        first, second = (asyncio.ensure_future(bearers.find(house, "token")) for _ in range(2))
        await asyncio.sleep(0.01)
        first.cancel()
        await asyncio.wait({first})
        come[0].set_exception(LookupError("no database"))
        with pytest.raises(LookupError):
            await second
        # It was no answer: who comes next has it looked up anew.
        third = asyncio.ensure_future(bearers.find(house, "token"))
        await asyncio.sleep(0.01)
        come[1].set_result(None)
        assert (first.cancelled(), await third, len(come)) == (True, None, 2)

    asyncio.run(ask())


def test_the_deadline_of_who_comes_first_holds_for_nobody_else() -> None:
    seen = []

    async def look_up(house: House, token: str) -> Bearer | None:
        seen.append(current())
        return None

    async def ask() -> None:
        with within(1):
            await Bearers(look_up).find(cast(House, None), "token")

    asyncio.run(ask())
    assert seen == [None]


def test_a_look_that_was_begun_before_a_token_was_forgotten_is_not_remembered() -> None:
    come: list[asyncio.Future[Bearer | None]] = []

    async def look_up(house: House, token: str) -> Bearer | None:
        come.append(asyncio.get_running_loop().create_future())
        return await come[-1]

    async def ask(token: str | None) -> None:
        bearers, house = Bearers(look_up), cast(House, None)
        before = asyncio.ensure_future(bearers.find(house, "token"))
        await asyncio.sleep(0.01)
        bearers.forget(token)
        after = asyncio.ensure_future(bearers.find(house, "token"))
        await asyncio.sleep(0.01)
        come[0].set_result(cast(Bearer, object()))
        assert await before is not None
        assert not bearers._remembered
        come[1].set_result(None)
        assert await after is None
        assert (len(come), bearers._sought) == (2, {})
        come.clear()

    asyncio.run(ask("token"))
    asyncio.run(ask(None))
