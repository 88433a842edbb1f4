"""Web sites of others, names that are not ours, and what no request of theirs may do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import orjson
import pytest

from persistence.file_links import FileLink, signed_path
from server.settings import Environment, Settings
from server.sites import LONGEST_HOST, Sites, _name_in
from tests.support.api import SECRET, ApiClient, open_api

APP = "https://app.example"
NAMED = ("Access-Control-Allow-Origin", "Access-Control-Allow-Credentials")
ADDRESSES = ("/graphql", "/session", "/password", "/invitation", "/files/x", "/uploads/x")
CREATE = """mutation {
  clientCreate(input: {
    name: "Forged" billingAddress: "1 rue A, 75001 Paris" currency: "EUR" vatNumber: "NA"
  }) { node { id } userErrors { code severity message } }
}"""
STRANGE_ORIGINS = (
    *("https://evil.example", "null", "http://app.example", "https://app.example:8443"),
    *(
        "https://app.example.evil.example",
        "https://app.example@evil.example",
        "https://APP.example",
    ),
    *("https://app.example/", "*", "", "file://", "https://sub.app.example"),
)


@pytest.fixture
def open_to_one(founded_sqlite_url: str, tmp_path: Path) -> Iterator[ApiClient]:
    with open_api(founded_sqlite_url, tmp_path, allowed_origins=APP) as client:
        yield client


def clients(api: ApiClient) -> int:
    return int(api.query("{ clients { totalCount } }")["clients"]["totalCount"])


def preflight(api: ApiClient, address: str, origin: str) -> Any:
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    return api.http.options(address, headers=asked)


def test_pages_of_other_sites_are_let_in_nowhere_by_themselves(api: ApiClient) -> None:
    for address in ADDRESSES:
        for answer in (
            preflight(api, address, APP),
            api.http.get(address, headers={"Origin": APP, **api.headers}),
        ):
            assert answer.status_code == 403
            assert answer.json()["errors"][0]["extensions"]["code"] == "ORIGIN_REFUSED"
            assert not any(name in answer.headers for name in NAMED)
            assert answer.headers["Vary"] == "Origin"


def test_a_site_is_let_in_by_its_exact_name_with_its_cookies(open_to_one: ApiClient) -> None:
    for address in ADDRESSES:
        asked = preflight(open_to_one, address, APP)
        assert asked.status_code == 204
        assert [asked.headers[name] for name in NAMED] == [APP, "true"]
        assert asked.headers["Vary"] == "Origin"
        assert "*" not in asked.headers["Access-Control-Allow-Headers"]
        found = open_to_one.http.get(address, headers={"Origin": APP})
        missing = open_to_one.http.get(f"{address}/none", headers={"Origin": APP})
        # Who is signed in, nobody as yet, is told to everybody who is let in.
        assert (found.status_code == 200) == (address == "/session")
        assert missing.status_code >= 400
        for answer in (found, missing):
            assert [answer.headers[name] for name in NAMED] == [APP, "true"]
    methods = preflight(open_to_one, "/uploads/x", APP).headers["Access-Control-Allow-Methods"]
    assert methods == "PUT"


@pytest.mark.parametrize("origin", STRANGE_ORIGINS)
def test_no_other_name_passes_for_it(open_to_one: ApiClient, origin: str) -> None:
    before = clients(open_to_one)
    for answer in (
        preflight(open_to_one, "/graphql", origin),
        open_to_one.send(CREATE, {}, Origin=origin),
    ):
        assert answer.status_code == 403
        assert not any(name in answer.headers for name in NAMED)
    assert clients(open_to_one) == before


def test_our_own_pages_and_programs_need_no_leave(api: ApiClient) -> None:
    assert api.send("{ __typename }", {}, Origin="http://localhost").status_code == 200
    assert api.send("{ __typename }").status_code == 200


def test_machines_that_ask_for_health_are_asked_for_nothing(api: ApiClient) -> None:
    for address in ("/healthz", "/readyz"):
        asked = {"Host": "10.0.0.7", "Origin": "https://evil.example"}
        answer = api.http.get(address, headers=asked)
        assert answer.status_code == 200
        assert not any(name in answer.headers for name in NAMED)


HOSTS = {
    "localhost": True,
    "LOCALHOST:8000": True,
    "127.0.0.1:8000": True,
    "[::1]:8000": True,
    "jalon.example": True,
    "jalon.example.:443": True,
    "backend.internal:9000": True,
    "evil.example": False,
    "jalon.example.evil.example": False,
    "evil.example:jalon.example": False,
    "evil.example@jalon.example": False,
    "jalon.example/x": False,
    "jalon.example#": False,
    "": False,
}


def test_only_our_own_names_and_numbers_are_answered(
    founded_sqlite_url: str, tmp_path: Path
) -> None:
    """DNS rebinding: a name of others that leads here."""
    mine = {"public_url": "https://jalon.example/api", "allowed_hosts": "backend.internal"}
    with open_api(founded_sqlite_url, tmp_path, **mine) as api:
        for host, is_ours in HOSTS.items():
            answer = api.send("{ __typename }", {}, Host=host)
            assert answer.status_code == (200 if is_ours else 421), host
            if not is_ours:
                assert answer.json()["errors"][0]["extensions"]["code"] == "HOST_UNKNOWN"


def test_without_a_name_only_production_takes_any() -> None:
    assert Settings().hosts == {"localhost"}
    named = {"env": Environment.PRODUCTION, "secret": SECRET}
    assert Settings(**named).hosts is None
    assert Settings(**named, allowed_hosts="A.example").hosts == {"localhost", "a.example"}


def test_links_are_never_made_of_the_name_that_was_asked_for(
    founded_sqlite_url: str, tmp_path: Path
) -> None:
    ask = 'mutation { templateDownload(input: { kind: "clients" }) { download { url } } }'
    for public_url in ("", "https://jalon.example"):
        with open_api(founded_sqlite_url, tmp_path, public_url=public_url) as api:
            headers = {"Host": "127.0.0.1", "X-Forwarded-Host": "evil.example"}
            answer = api.send(ask, {}, **headers, Forwarded="host=evil.example")
            url = answer.json()["data"]["templateDownload"]["download"]["url"]
            assert url.startswith(f"{public_url}/files/")


# What a page of another site can send without asking first


def attempts(api: ApiClient) -> Iterator[Any]:
    """A mutation by all means but the one that is meant, each with a key."""
    key, http = api.headers, api.http
    two = f"query Look {{ __typename }} {CREATE.replace('mutation', 'mutation Forge')}"
    for method in ("GET", "HEAD"):
        for asked in (
            {"query": CREATE},
            {"query": two, "operationName": "Forge"},
            {"query": two},
            {"query": two, "operationName": ""},
            {"operationName": "Forge", "extensions": '{"persistedQuery":{"sha256Hash":"x"}}'},
            {"documentId": "x"},
        ):
            yield http.request(method, "/graphql", params=asked, headers=key)
            html = {**key, "Accept": "text/html"}
            yield http.request(method, "/graphql", params=asked, headers=html)
    yield http.options("/graphql", params={"query": CREATE}, headers=key)
    yield http.post("/graphql", params={"query": CREATE}, headers=key)
    yield http.post("/graphql", data={"query": CREATE}, headers=key)
    body = orjson.dumps({"query": CREATE})
    for media_type in ("text/plain", "application/x-www-form-urlencoded", "text/plain;a/json"):
        yield http.post("/graphql", content=body, headers={**key, "Content-Type": media_type})
    form = {"operations": (None, body.decode()), "map": (None, "{}")}
    yield http.post("/graphql", files=form, headers=key)
    yield http.post("/graphql", files=form, headers={**key, "GraphQL-Preflight": ""})


def test_nothing_is_done_by_what_any_page_could_send(api: ApiClient) -> None:
    """CSRF by GET, by a form, by multipart, by a text that is JSON."""
    before = clients(api)
    for answer in attempts(api):
        is_read = answer.status_code == 200 and answer.request.method in ("GET", "HEAD")
        assert answer.status_code in (400, 404, 405, 415) or is_read
        assert b"clientCreate" not in answer.content
    assert clients(api) == before
    assert api.query(CREATE)["clientCreate"]["node"]
    assert clients(api) == before + 1


def test_a_form_without_its_header_is_told_what_it_lacks(api: ApiClient) -> None:
    form = {"operations": (None, "{}"), "map": (None, "{}")}
    answer = api.http.post("/graphql", files=form, headers=api.headers)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "PREFLIGHT_REQUIRED"
    apollo = {**api.headers, "Apollo-Require-Preflight": "true"}
    form = {"operations": (None, '{"query": "{ __typename }"}'), "map": (None, "{}")}
    assert api.http.post("/graphql", files=form, headers=apollo).status_code == 200


def test_an_address_of_a_file_changes_nothing_however_it_is_asked(api: ApiClient) -> None:
    api.house.files.put("1/a", b"kept")
    expires = datetime.now(UTC) + timedelta(minutes=1)
    address = signed_path(api.house.secrets, FileLink(1, "1/a", "a", "text/plain"), expires)
    for method in ("PUT", "POST", "DELETE", "PATCH"):
        assert api.http.request(method, address, content=b"other").status_code == 405
        upload = address.replace("/files/", "/uploads/")
        assert api.http.request(method, upload, content=b"other").status_code in (404, 405)
    assert api.house.files.get("1/a") == b"kept"


def test_names_of_hosts_that_are_too_long_are_nobodys_and_not_kept() -> None:
    _name_in.cache_clear()
    named = "a" * LONGEST_HOST
    sites = Sites(cast(Any, None), origins=frozenset(), hosts=frozenset({named, f"{named}a"}))
    assert sites._is_ours([named])
    assert not sites._is_ours([f"{named}a"])
    assert _name_in.cache_info().currsize == 1
