"""A browser as these tests have it: pages of ours, a cookie, and what a page sends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from starlette.applications import Starlette

from domain.access import Role
from domain.account import Account, Member
from domain.password import hashed
from domain.people import email_key
from domain.standing import Door
from server.auth import Doors
from server.own_pages import PREFLIGHT
from tests.support.api import ApiClient

Found = TypeVar("Found")

PASSWORD = "quatre chevaux sous la pluie"
WHO = "{ viewer { email organisation { code } } }"


def doors_of(api: ApiClient) -> Doors:
    application = cast(Starlette, api.http.app)
    found: Doors = application.state.doors
    return found


def person(
    api: ApiClient,
    email: str = "lea@rivage.example",
    *,
    role: Role = Role.ADMINISTRATOR,
    password: str | None = PASSWORD,
    organisation_id: int | None = None,
    **member: Any,
) -> int:
    """A member of the firm who has joined it; their identifier."""
    now = api.house.clock()
    with api.house.database.writing(None) as session:
        account = Account(email=email, email_key=email_key(email), created_at=now, name="Léa")
        account.password_argon2 = None if password is None else hashed(password)
        session.add(account)
        session.flush()
        return placed(api, session, account.id, organisation_id, role=role, **member)


def placed(
    api: ApiClient, session: Any, account_id: int, organisation_id: int | None, **member: Any
) -> int:
    """A place of an account in a firm, in a session of no organisation."""
    joined = {"joined_at": api.house.clock(), "joined_by": Door.SIGN_IN}
    found = Member(account_id=account_id, **{**joined, **member})
    found.organisation_id = organisation_id or api.organisation_id
    session.add(found)
    session.flush()
    return found.id


@dataclass
class Browser:
    """What it keeps of cookies, and what a page of ours sends with them."""

    api: ApiClient
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        own: bool = True,
    ) -> Any:
        """The answer, its cookies kept; `own` False: without the header that our pages send."""
        sent = {"Accept-Language": "en", **({PREFLIGHT: "1"} if own else {}), **(headers or {})}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self.api.http.cookies.clear()
        answer = self.api.http.request(method, path, json=body, headers=sent)
        for name, value in answer.cookies.items():
            self.cookies[name] = value
        self.api.http.cookies.clear()
        return answer

    def sign_in(
        self, email: str = "lea@rivage.example", password: str = PASSWORD, **more: Any
    ) -> Any:
        return self.ask("POST", "/session", {"email": email, "password": password, **more})

    def query(self, text: str, **variables: Any) -> Any:
        """The whole answer of an operation."""
        return self.ask("POST", "/graphql", {"query": text, "variables": variables})

    def data(self, text: str, **variables: Any) -> Any:
        answer = self.query(text, **variables).json()
        assert "errors" not in answer, answer
        return answer["data"]


def signed_in(api: ApiClient, email: str = "lea@rivage.example", **more: Any) -> Browser:
    """A browser in which somebody signed in."""
    browser = Browser(api)
    answer = browser.sign_in(email, **more)
    assert answer.status_code == 200, answer.text
    return browser


def settled(api: ApiClient) -> None:
    """Waits until it is kept when who asked was last seen: nobody else does."""
    in_its_loop(api, doors_of(api).close)


def in_its_loop(api: ApiClient, work: Callable[[], Awaitable[Found]]) -> Found:
    """What `work` comes to in the loop of the application."""
    portal = api.http.portal
    assert portal is not None
    return portal.call(work)


def code_of(answer: Any) -> str:
    """The code of an answer that refuses the request."""
    return str(answer.json()["errors"][0]["extensions"]["code"])
