"""People sign in: who is let in, what ends it, and what neither guessing nor a foreign page can."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import argon2
import pytest
from sqlalchemy import text

from domain.access import Role
from domain.account import Account, Member
from resolvers.admitting._guessing import count_password, network_of
from tests.server.signing import (
    PASSWORD,
    WHO,
    Browser,
    code_of,
    doors_of,
    person,
    placed,
    settled,
    signed_in,
)
from tests.support.api import ApiClient, open_api
from tests.support.prepared import Calendar
from tests.support.sockets import opened, subscribe

CHANGE = """
mutation($current: String!, $new: String!) {
  passwordChange(input: { current: $current, new: $new }) { done userErrors { code } }
}
"""


@pytest.fixture
def calendar() -> Calendar:
    return Calendar()


@pytest.fixture
def api(empty_database_url: str, tmp_path: Path, calendar: Calendar) -> Iterator[ApiClient]:
    """On both databases: counting is one UPSERT, whose dialects differ."""
    with open_api(empty_database_url, tmp_path, clock=calendar) as client:
        yield client


@pytest.fixture
def lone(founded_sqlite_url: str, tmp_path: Path, calendar: Calendar) -> Iterator[ApiClient]:
    with open_api(founded_sqlite_url, tmp_path, clock=calendar) as client:
        yield client


def is_in(browser: Browser) -> bool:
    doors_of(browser.api).forget_all()
    return bool(browser.query(WHO).status_code == 200)


def test_a_person_signs_in_asks_and_signs_out(api: ApiClient) -> None:
    person(api)
    browser = Browser(api)
    assert browser.ask("GET", "/session").json() == {"session": None}
    answer = browser.sign_in("LEA@Rivage.example")
    told = answer.json()["session"]
    assert (told["email"], told["name"], told["role"]) == (
        "lea@rivage.example",
        "Léa",
        "ADMINISTRATOR",
    )
    assert [one["code"] for one in told["organisations"]] == ["test"]
    assert "MANAGE_PEOPLE" in told["permissions"]
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert PASSWORD not in answer.text
    assert browser.data(WHO) == {
        "viewer": {"email": "lea@rivage.example", "organisation": {"code": "test"}}
    }
    replayed = Browser(api, dict(browser.cookies))
    assert browser.ask("DELETE", "/session").json() == {"session": None}
    assert replayed.query(WHO).status_code == 401
    assert replayed.ask("GET", "/session").json() == {"session": None}


def test_a_new_token_at_every_sign_in_and_the_former_one_is_over(lone: ApiClient) -> None:
    """Fixation: what a browser had before it signed in is worth nothing afterwards."""
    person(lone)
    planted = Browser(lone, {"jalon": "planted-by-somebody-else-and-known-to-them"})
    assert planted.sign_in().status_code == 200
    assert planted.cookies["jalon"] != "planted-by-somebody-else-and-known-to-them"
    first = Browser(lone, dict(planted.cookies))
    assert planted.sign_in().status_code == 200
    assert planted.cookies != first.cookies
    assert not is_in(first)
    assert is_in(planted)


def test_no_token_and_no_password_is_kept_or_noted(
    lone: ApiClient, capsys: pytest.CaptureFixture[str]
) -> None:
    person(lone)
    browser = signed_in(lone)
    browser.sign_in(password="a wrong one, with many letters")
    noted = capsys.readouterr()
    with lone.house.database.reading(None) as session:
        tables = session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table'")).all()
        kept = str([session.execute(text(f"SELECT * FROM {name}")).all() for name in tables])
    for secret in (browser.cookies["jalon"], PASSWORD, "a wrong one"):
        assert secret not in kept
        assert secret not in noted.out + noted.err
    assert "lea@rivage.example" not in noted.out + noted.err


def test_it_ends_unused_and_in_any_case(lone: ApiClient, calendar: Calendar) -> None:
    person(lone)
    browser, doors = signed_in(lone), doors_of(lone)
    for _ in range(3):
        calendar.now += timedelta(hours=11)
        doors.forget_all()
        assert browser.query(WHO).status_code == 200
        settled(lone)
    calendar.now += timedelta(hours=12)
    assert not is_in(browser)
    again = signed_in(lone)
    for _ in range(62):
        calendar.now += timedelta(hours=11.5)
        doors.forget_all()
        again.query(WHO)
        settled(lone)
    calendar.now += timedelta(hours=11)
    assert not is_in(again)


def test_what_was_kept_with_other_parameters_is_kept_anew(lone: ApiClient) -> None:
    member = person(lone)
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    with lone.house.database.writing(None) as session:
        account = session.get_one(Account, session.get_one(Member, member).account_id)
        account.password_argon2 = weak
    for _ in range(2):
        assert Browser(lone).sign_in().status_code == 200
    with lone.house.database.reading(None) as session:
        kept = session.scalar(text("SELECT password_argon2 FROM account"))
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize("door", ["unknown", "wrong", "suspended", "removed", "no password"])
def test_whoever_is_not_let_in_learns_nothing(
    lone: ApiClient, monkeypatch: pytest.MonkeyPatch, door: str
) -> None:
    """One answer, and one hash computed, whatever the reason."""
    now = lone.house.clock()
    person(lone, "wrong@a.example")
    person(lone, "suspended@a.example", suspended_at=now)
    person(lone, "invited@a.example", joined_at=None)
    person(lone, "none@a.example", password=None)
    given = {
        "unknown": ("nobody@a.example", PASSWORD),
        "wrong": ("wrong@a.example", PASSWORD + "!"),
        "suspended": ("suspended@a.example", PASSWORD),
        "removed": ("invited@a.example", PASSWORD),
        "no password": ("none@a.example", "nobody's"),
    }[door]
    verify, computed = argon2.PasswordHasher.verify, []

    def counted(self: argon2.PasswordHasher, kept: str, password: str) -> Any:
        computed.append(kept)
        return verify(self, kept, password)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", counted)
    answer = Browser(lone).sign_in(*given)
    assert len(computed) == 1
    assert answer.status_code == 401
    assert answer.json() == {
        "errors": [
            {
                "message": "The e-mail address or the password is not right.",
                "extensions": {"code": "SIGN_IN_REFUSED"},
            }
        ]
    }
    assert "set-cookie" not in answer.headers


def test_guessing_is_slowed_down_and_freed_by_the_clock(api: ApiClient, calendar: Calendar) -> None:
    """Counted before it is looked: the right password comes too late as well."""
    person(api)
    browser = Browser(api)
    said = [browser.sign_in(password=f"guess number {one}").status_code for one in range(11)]
    assert said == [401] * 10 + [429]
    late = browser.sign_in()
    assert late.status_code == 429
    assert code_of(late) == "TOO_MANY_TRIES"
    assert 0 < int(late.headers["retry-after"]) <= 15 * 60
    assert browser.sign_in("nobody@a.example").status_code == 401
    calendar.now += timedelta(minutes=15)
    assert browser.sign_in().status_code == 200
    with api.house.database.reading(None) as session:
        kept = str(session.execute(text("SELECT key FROM tally")).all())
    assert "rivage" not in kept


def test_who_was_right_begins_anew_and_a_network_does_not(lone: ApiClient) -> None:
    person(lone)
    browser = Browser(lone)
    for _ in range(2):
        for _ in range(9):
            count_password(lone.house, "lea@rivage.example", "testclient")
        assert browser.sign_in().status_code == 200
    # What the two that were right counted is given back.
    for one in range(82):
        count_password(lone.house, f"n{one}@a.example", "testclient")
    assert browser.sign_in("last@a.example").status_code == 429


def test_a_network_of_the_newer_kind_is_counted_as_one() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:1:2:3")
    assert network_of("::ffff:198.51.100.7") == network_of("198.51.100.7")
    assert network_of("2001:db8:0:1::1") != network_of("2001:db8::1")
    assert network_of("x" * 300) == "x" * 64


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        ({}, False),
        ({"Origin": "https://evil.example"}, True),
        ({"Origin": "null"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, True),
        ({"Sec-Fetch-Site": "same-site"}, True),
    ],
)
def test_a_cookie_counts_on_nothing_that_a_foreign_page_can_send(
    lone: ApiClient, headers: dict[str, str], own: bool
) -> None:
    person(lone)
    browser = signed_in(lone)
    attempts = [
        ("POST", "/graphql", {"query": WHO}),
        ("GET", "/graphql?query={__typename}", None),
        ("GET", "/session", None),
        ("DELETE", "/session", None),
        ("POST", "/session/organisation", {"organisation": "test"}),
    ]
    for method, path, body in attempts:
        answer = browser.ask(method, path, body, headers=headers, own=own)
        # A foreign site is turned away before it is looked at who is signed in.
        assert answer.status_code == 403, path
        assert code_of(answer) in ("CROSS_SITE", "ORIGIN_REFUSED"), path
    assert is_in(browser)


def test_a_form_signs_nobody_in_and_asks_nothing(lone: ApiClient) -> None:
    """Sign-in by a foreign page, and mutations by form, multipart and text/plain."""
    person(lone)
    given = {"email": "lea@rivage.example", "password": PASSWORD}
    for kind in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data"):
        answer = lone.http.post("/session", content=b"{}", headers={"Content-Type": kind})
        assert answer.status_code == 415
    for foreign in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert lone.http.post("/session", json=given, headers=foreign).status_code == 403
    own = lone.http.post("/session", json=given, headers={"Origin": "http://localhost"})
    assert own.status_code == 200
    token = own.cookies["jalon"]
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        headers = {"Content-Type": kind, "Cookie": f"jalon={token}"}
        answer = lone.http.post("/graphql", content=b'{"query":"{a}"}', headers=headers)
        assert answer.status_code == 403
    lone.http.cookies.clear()


def test_where_a_key_is_sent_it_alone_counts(lone: ApiClient) -> None:
    person(lone)
    browser = signed_in(lone)
    key = browser.ask("POST", "/graphql", {"query": WHO}, headers=lone.headers, own=False)
    assert key.json()["data"]["viewer"]["email"] is None
    wrong = browser.ask("POST", "/graphql", {"query": WHO}, headers={"Authorization": "Bearer no"})
    assert wrong.status_code == 401


def test_a_socket_is_opened_with_the_cookie_by_our_own_pages_only(lone: ApiClient) -> None:
    person(lone)
    cookie = f"jalon={signed_in(lone).cookies['jalon']}"

    def greeted(**headers: str) -> Any:
        with opened(lone, Cookie=cookie, **headers) as socket:
            socket.send_json({"type": "connection_init"})
            return socket.receive()

    assert "connection_ack" in str(greeted(Origin="http://localhost"))
    assert greeted()["code"] == 4403
    with opened(lone, Cookie=cookie, Origin="http://localhost") as socket:
        socket.send_json({"type": "connection_init"})
        socket.receive_json()
        subscribe(socket, "job_999")
        assert "NOT_FOUND" in str(socket.receive_json())


def test_one_account_in_two_firms_is_one_member_at_a_time(
    lone: ApiClient, calendar: Calendar
) -> None:
    other = lone.of_another_firm()
    member = person(lone, role=Role.READER)
    with lone.house.database.writing(None) as session:
        found = session.get_one(Member, member)
        theirs = placed(lone, session, found.account_id, other.organisation_id, role=Role.READER)
    browser = signed_in(lone)
    assert browser.data("{ viewer { member { id } organisation { code } } }") == {
        "viewer": {"member": {"id": f"member_{member}"}, "organisation": {"code": "test"}}
    }
    first = Browser(lone, dict(browser.cookies))
    calendar.now += timedelta(minutes=1)
    moved = browser.ask("POST", "/session/organisation", {"organisation": "other"})
    assert moved.json()["session"]["member"] == f"member_{theirs}"
    assert browser.data(WHO)["viewer"]["organisation"] == {"code": "other"}
    assert not is_in(first)
    refused = browser.ask("POST", "/session/organisation", {"organisation": "third"})
    assert code_of(refused) == "NOT_A_MEMBER"
    assert signed_in(lone).data(WHO)["viewer"]["organisation"] == {"code": "other"}
    chosen = Browser(lone).sign_in(organisation="test")
    assert chosen.json()["session"]["organisation"]["code"] == "test"
    assert Browser(lone).sign_in(organisation="third").status_code == 401


def test_by_https_the_cookie_is_bound_to_the_host(founded_sqlite_url: str, tmp_path: Path) -> None:
    with open_api(founded_sqlite_url, tmp_path, env="production") as api:
        person(api)
        cookie = Browser(api).sign_in().headers["set-cookie"]
    assert cookie.startswith("__Host-jalon=")
    for word in ("Secure", "HttpOnly", "Path=/", "SameSite=lax"):
        assert word in cookie
    assert "Domain" not in cookie


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b'{"email": 1, "password": "x"}', b'{"email": "a"}', b"\xff", b'{"email":"'
     + b"\\u0000" + b'","password":"x"}'],
)  # fmt: skip
def test_an_odd_body_is_refused_in_words(lone: ApiClient, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = lone.http.post("/session", content=body, headers=headers)
    assert answer.status_code == 400
    in_french = {**headers, "Accept-Language": "fr"}
    told = lone.http.post("/session", content=body, headers=in_french).json()
    message = told["errors"][0]["message"]
    assert message.startswith("La requête est illisible")
    assert "must" not in message
    large = lone.http.post("/session", content=b"x" * 20_000, headers=headers)
    assert large.status_code == 413


def test_a_bad_key_of_a_neighbour_locks_nobody_out(lone: ApiClient) -> None:
    person(lone)
    here = Browser(lone)
    assert here.sign_in().status_code == 200
    bad = {"Authorization": "Bearer revoked"}
    codes = {
        lone.http.post("/graphql", json={"query": WHO}, headers=bad).status_code for _ in range(130)
    }
    assert codes == {401, 429}
    doors_of(lone).sign_ins.forget()
    assert here.ask("GET", "/session").json()["session"]
    for number in range(130):
        Browser(lone, {"jalon": f"none{number}"}).ask("GET", "/session")
    assert Browser(lone, {"jalon": "none"}).ask("GET", "/session").status_code == 429
    fresh = Browser(lone)
    assert fresh.sign_in().status_code == 200
    assert fresh.ask("GET", "/session").json()["session"]
