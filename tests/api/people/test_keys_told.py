"""Keys and who made them: told to who lets a person go, and to nobody who may not see people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.api.people.test_members import KEY, REMOVE, UPDATE, said
from tests.server.signing import Browser, person, signed_in
from tests.support.api import ApiClient, open_api
from tests.support.prepared import Calendar


@pytest.fixture
def calendar() -> Calendar:
    return Calendar()


@pytest.fixture
def api(empty_database_url: str, tmp_path: Path, calendar: Calendar) -> Iterator[ApiClient]:
    with open_api(empty_database_url, tmp_path, clock=calendar) as client:
        yield client


def test_keys_that_outlive_their_maker_are_told(api: ApiClient, calendar: Calendar) -> None:
    """They are the firm's: its programs go on, and whoever lets a person go hears of them."""
    person(api, "a@a.example")
    leaving = person(api, "b@a.example")
    theirs = signed_in(api, "b@a.example")
    ends = (calendar.now + timedelta(days=1)).isoformat()

    def made(asker: Any, name: str, **more: Any) -> Any:
        ask = asker.data if isinstance(asker, Browser) else asker.query
        return ask(KEY, input={"name": name, "role": "ADMINISTRATOR", **more})["apiKeyCreate"]

    first = made(theirs, "the books")
    by_key = ApiClient(api.http, api.house, api.organisation_id, first["token"])
    second = made(by_key, "the till", role="READER")
    made(theirs, "for a day", expiresAt=ends)
    gone = made(theirs, "revoked")["node"]["id"]
    api.query("mutation($id: ID!) { apiKeyRevoke(id: $id) { node { id } } }", id=gone)
    made(api, "by a command's key")
    listing = (
        "query($id: ID) { apiKeys(madeById: $id) { nodes { name madeBy { email suspendedAt } } } }"
    )
    every = api.query(listing)["apiKeys"]["nodes"]
    makers = {one["name"]: one["madeBy"] and one["madeBy"]["email"] for one in every}
    assert makers["the books"] == makers["the till"] == makers["for a day"] == "b@a.example"
    assert makers["by a command's key"] is None
    mine = api.query(listing, id=f"member_{leaving}")["apiKeys"]["nodes"]
    assert [one["name"] for one in mine] == ["the books", "the till", "for a day"]
    calendar.now += timedelta(days=2)

    less = UPDATE.replace("code field", "code message")
    answer = api.query(less, input={"id": f"member_{leaving}", "role": "READER"})["memberUpdate"]
    (wide,) = answer["userErrors"]
    assert (wide["code"], answer["node"]["role"]) == ("KEYS_STILL_OPEN", "READER")
    assert "the books (jalon_" in wide["message"]
    assert "the till" not in wide["message"]
    french = api.in_language("fr")
    remove = REMOVE.replace("code", "code severity message")
    for _ in range(2):
        answer = french.query(remove, id=f"member_{leaving}")["memberRemove"]
        assert answer["node"]["archivedAt"]
        (warning,) = answer["userErrors"]
        keys = [
            f"{one['node']['name']} (jalon_{one['node']['publicId']}_…)" for one in (first, second)
        ]
        assert (warning["code"], warning["severity"]) == ("KEYS_STILL_OPEN", "WARNING")
        assert warning["message"] == (
            f"b@a.example a créé des clés qui ouvrent toujours l’organisation : {', '.join(keys)}."
        )
    for one in (first, second):
        api.query(
            "mutation($id: ID!) { apiKeyRevoke(id: $id) { node { id } } }", id=one["node"]["id"]
        )
    assert said(api.query(REMOVE, id=f"member_{leaving}")["memberRemove"]) == []


def test_many_keys_are_told_by_the_first_of_them(api: ApiClient) -> None:
    person(api, "a@a.example")
    leaving = person(api, "b@a.example")
    theirs = signed_in(api, "b@a.example")
    for place in range(7):
        theirs.data(KEY, input={"name": f"key {place}", "role": "READER"})
    remove = REMOVE.replace("code", "code message")
    (warning,) = api.query(remove, id=f"member_{leaving}")["memberRemove"]["userErrors"]
    assert warning["message"].count("jalon_") == 5
    assert warning["message"].endswith(" + 2.")


def test_who_may_not_see_members_reads_of_no_maker(api: ApiClient) -> None:
    """A key that asks who it is: its bearer may be anybody."""
    person(api, "a@a.example")
    theirs = signed_in(api, "a@a.example")
    own = "{ viewer { apiKey { madeBy { email } } } }"
    for role, maker in (("ADMINISTRATOR", {"email": "a@a.example"}), ("READER", None)):
        made = theirs.data(KEY, input={"name": "x", "role": role})["apiKeyCreate"]
        bearer = ApiClient(api.http, api.house, api.organisation_id, made["token"])
        assert bearer.query(own)["viewer"]["apiKey"] == {"madeBy": maker}
