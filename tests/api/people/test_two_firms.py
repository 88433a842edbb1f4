"""One account in two firms: what one of them does with it opens no door of the other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey
from sqlalchemy import select

from domain.access import Role
from domain.account import Account, Member
from server.long_work import link_postman_of
from tests.server.signing import PASSWORD, Browser, code_of, doors_of, person, placed, signed_in
from tests.support.api import ApiClient, open_api
from tests.support.identity_provider import AUDIENCE, Provider, identity_provider
from tests.support.mailbox import Mailbox, mail_server

KEY = ECKey.generate_key("P-256", {"kid": "one"})
ANA = "ana@rivage.example"
THEIRS = "a long phrase that another firm chose"
OWN = "une phrase que seule Ana connaît"
INVITE = """
mutation($email: String!) {
  memberInvite(input: { email: $email, role: ADMINISTRATOR, name: "Ana" }) {
    node { id } link userErrors { code }
  }
}
"""
AGAIN = "mutation($id: ID!) { memberInviteAgain(id: $id) { link userErrors { code } } }"
TRUST = """
mutation($input: IdentityProviderCreateInput!) {
  identityProviderCreate(input: $input) { userErrors { code } }
}
"""


@pytest.fixture
def provider() -> Iterator[Provider]:
    with identity_provider() as found:
        found.publishes(KEY)
        yield found


@pytest.fixture
def api(empty_database_url: str, tmp_path: Path) -> Iterator[ApiClient]:
    """An installation without mail: whoever invites is handed the link."""
    with open_api(empty_database_url, tmp_path, webhooks_private=True) as client:
        yield client


@pytest.fixture
def mailing(sqlite_url: str, tmp_path: Path) -> Iterator[ApiClient]:
    with open_api(sqlite_url, tmp_path, mail_from="jalon@jalon.test") as client:
        yield client


def trusted(api: ApiClient, provider: Provider, **more: Any) -> None:
    asked = {"name": "Rivage", "issuer": provider.issuer, "audience": AUDIENCE, **more}
    assert api.query(TRUST, input=asked)["identityProviderCreate"]["userErrors"] == []


def token_in(told: str) -> str:
    found = re.search(r"#token=([A-Za-z0-9_-]{43})", told)
    assert found is not None, told
    return found[1]


def invited(api: ApiClient) -> str:
    """The token of a link that who invites was handed."""
    return token_in(api.query(INVITE, email=ANA)["memberInvite"]["link"])


def accepted(api: ApiClient, token: str, password: str) -> Any:
    return Browser(api).ask("POST", "/invitation", {"token": token, "password": password})


def comes_in(api: ApiClient, provider: Provider) -> bool:
    """Whether Ana comes into the firm of `api` with a token of its provider."""
    doors_of(api).forget_all()
    who = "{ viewer { organisation { code } } }"
    answer = api.send(who, Authorization=f"Bearer {provider.token(KEY)}")
    return bool(answer.status_code == 200)


def is_let_in(api: ApiClient, password: str, firm: str) -> bool:
    """Whether a password opens the firm, at once or from another firm."""
    browser = Browser(api)
    at_once = browser.sign_in(ANA, password, organisation=firm).status_code == 200
    if browser.sign_in(ANA, password).status_code == 200:
        told = browser.ask("GET", "/session").json()["session"]
        assert (firm in {one["code"] for one in told["organisations"]}) is at_once
        moved = browser.ask("POST", "/session/organisation", {"organisation": firm})
        assert (moved.status_code == 200) is at_once
    return at_once


def letters(api: ApiClient, box: Mailbox) -> list[str]:
    box.letters.clear()
    link_postman_of(api.house, box.post()).round()
    return [str(one.get_content()) for one in box.letters]


@pytest.mark.parametrize("is_first", [True, False], ids=["taken first", "taken afterwards"])
@pytest.mark.parametrize("door", ["invited", "default role", "member", "invitation"])
def test_whoever_invites_elsewhere_never_comes_in_here(
    api: ApiClient, provider: Provider, door: str, is_first: bool
) -> None:
    """Firm A invites Ana of firm B (`api`) and uses the link in her place, before or after."""
    firm_a = api.of_another_firm()
    own = ""
    if door == "invitation":
        own = invited(api)
    else:
        trusted(api, provider, **({"defaultRole": "READER"} if door == "default role" else {}))
        if door == "invited":
            invited(api)
        if door == "member":
            person(api, ANA, password=None, joined_at=None, joined_by=None)

    def ana_joins() -> bool:
        if own:
            return bool(accepted(api, own, OWN).status_code == 200)
        return comes_in(api, provider)

    stolen = invited(firm_a)
    if is_first:
        assert accepted(api, stolen, THEIRS).status_code == 200
        joined = ana_joins()
    else:
        joined = ana_joins()
        assert code_of(accepted(api, stolen, THEIRS)) == "PASSWORD_WRONG"
    assert not is_let_in(api, THEIRS, "test")
    # By her provider she comes in whatever they did; by a link that was handed over she is the
    # first, or has to ask for a password of her own.
    assert joined is (not own or not is_first)
    assert is_let_in(api, OWN, "test") is bool(own and not is_first)
    if not own:
        assert comes_in(api, provider)


def test_whom_a_provider_let_in_may_have_a_password_here_too(
    api: ApiClient, provider: Provider
) -> None:
    """Once they accept an invitation of this firm: then both doors are theirs."""
    trusted(api, provider, defaultRole="READER")
    assert comes_in(api, provider)
    node = api.query("{ members { nodes { id email } } }")["members"]["nodes"]
    (member,) = [one["id"] for one in node if one["email"] == ANA]
    again = api.query(AGAIN, id=member)["memberInviteAgain"]
    assert again["userErrors"] == []
    assert comes_in(api, provider)
    assert accepted(api, token_in(again["link"]), OWN).status_code == 200
    assert is_let_in(api, OWN, "test")
    assert comes_in(api, provider)
    twice = api.query(AGAIN, id=member)["memberInviteAgain"]
    assert [one["code"] for one in twice["userErrors"]] == ["MEMBER_JOINED"]


def by_invitation(api: ApiClient, box: Mailbox) -> Any:
    api.query(INVITE, email=ANA)
    (told,) = letters(api, box)
    return accepted(api, token_in(told), OWN)


def by_forgetting(api: ApiClient, box: Mailbox) -> Any:
    browser = Browser(api)
    browser.ask("POST", "/password/forgotten", {"email": ANA})
    (told,) = letters(api, box)
    return browser.ask("POST", "/password", {"token": token_in(told), "password": OWN})


@pytest.mark.parametrize("way", [by_invitation, by_forgetting])
def test_a_mailed_link_outweighs_a_password_that_was_never_proved(
    mailing: ApiClient, way: Any
) -> None:
    """It ends what is open, and undoes what was joined with it: each firm is accepted anew."""
    first, second = mailing.of_another_firm(), mailing.of_another_firm("third")
    person(mailing, ANA, password=THEIRS, organisation_id=first.organisation_id)
    with mailing.house.database.writing(None) as session:
        account = session.scalars(select(Account.id)).one()
        placed(mailing, session, account, second.organisation_id, role=Role.READER)
    thief = signed_in(mailing, ANA, password=THEIRS)
    with mail_server() as box:
        assert way(mailing, box).status_code == 200
        doors_of(mailing).forget_all()
        assert thief.ask("GET", "/session").json() == {"session": None}
        assert not is_let_in(mailing, THEIRS, "other")
        assert not is_let_in(mailing, OWN, "other")
        assert is_let_in(mailing, OWN, "test") is (way is by_invitation)
        anew = letters(mailing, box)
    assert len(anew) == 2
    # Proved now: only the password itself joins further firms.
    assert code_of(accepted(mailing, token_in(anew[0]), THEIRS)) == "PASSWORD_WRONG"
    for told in anew:
        assert accepted(mailing, token_in(told), OWN).status_code == 200
    assert is_let_in(mailing, OWN, "other")
    assert is_let_in(mailing, OWN, "third")


def test_a_password_that_is_given_by_a_mailed_link_is_proved(mailing: ApiClient) -> None:
    """Nothing that was joined with it is undone; a password of long ago is asked for as ever."""
    other = mailing.of_another_firm()
    person(mailing, ANA, organisation_id=other.organisation_id)
    with mail_server() as box:
        mailing.query(INVITE, email=ANA)
        (told,) = letters(mailing, box)
        assert accepted(mailing, token_in(told), PASSWORD).status_code == 200
    assert is_let_in(mailing, PASSWORD, "test")
    assert is_let_in(mailing, PASSWORD, "other")
    with mailing.house.database.reading(None) as session:
        assert session.scalars(select(Account.proved_at)).one() is not None
        assert None not in session.scalars(select(Member.joined_at)).all()
