"""A firm's own identity provider opens its doors, and those of no other firm."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey
from sqlalchemy import func, select

from domain.access import Role
from domain.account import Account, Identity, Member
from tests.server.signing import doors_of, person
from tests.support.api import ApiClient, open_api
from tests.support.identity_provider import AUDIENCE, Provider, identity_provider, unsigned
from tests.support.sockets import connected, heard, opened, subscribe

KEY = ECKey.generate_key("P-256", {"kid": "one"})
WHO = "{ viewer { door name email role organisation { code } permissions } }"
ANA = "ana@rivage.example"
CREATE = """
mutation($input: IdentityProviderCreateInput!) {
  identityProviderCreate(input: $input) {
    node { id issuer audience defaultRole version } userErrors { code field }
  }
}
"""
ACT = "mutation($id: ID!) {{ {name}(input: {{ id: $id }}) {{ userErrors {{ code }} }} }}"
LINK = """
mutation($input: IdentityLinkInput!) {
  identityLink(input: $input) { node { id subject member { email } } userErrors { code } }
}
"""


@pytest.fixture
def provider() -> Iterator[Provider]:
    with identity_provider() as found:
        found.publishes(KEY)
        yield found


@pytest.fixture
def api(empty_database_url: str, tmp_path: Path) -> Iterator[ApiClient]:
    """On both databases: several firms are looked through before it is known which is meant."""
    with open_api(empty_database_url, tmp_path, webhooks_private=True) as client:
        yield client


def trusted(api: ApiClient, provider: Provider, **more: Any) -> str:
    asked = {"name": "Rivage", "issuer": provider.issuer, "audience": AUDIENCE, **more}
    answer = api.query(CREATE, input=asked)["identityProviderCreate"]
    assert answer["userErrors"] == []
    return str(answer["node"]["id"])


def asked(api: ApiClient, token: str, **headers: str) -> Any:
    """The whole answer to who asks; looked up anew."""
    doors_of(api).forget_all()
    return api.send(WHO, Authorization=f"Bearer {token}", **headers)


def viewer(api: ApiClient, token: str, **headers: str) -> Any:
    answer = asked(api, token, **headers)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]["viewer"]


def count(api: ApiClient, record: Any) -> int:
    with api.house.database.reading(None) as session:
        return int(session.scalar(select(func.count(record.id))) or 0)


def test_a_member_comes_in_with_a_token_and_is_known_again(
    api: ApiClient, provider: Provider
) -> None:
    token = provider.token(KEY)
    assert asked(api, token).status_code == 401
    trusted(api, provider)
    assert provider.asked == []
    assert asked(api, token).status_code == 401
    person(api, ANA, role=Role.ACCOUNTANT)
    found = viewer(api, token)
    assert (found["door"], found["email"], found["role"]) == (
        "IDENTITY_PROVIDER",
        ANA,
        "ACCOUNTANT",
    )
    assert "MANAGE_PEOPLE" not in found["permissions"]
    # Known by `sub` from now on, whatever the address becomes.
    assert viewer(api, provider.token(KEY, email="new@rivage.example"))["email"] == ANA
    assert asked(api, provider.token(KEY, sub="ben-2")).status_code == 200
    assert asked(api, provider.token(KEY, sub="x", email="no@body.example")).status_code == 401
    assert asked(api, provider.token(KEY, sub="y", email_verified=False)).status_code == 401
    assert asked(api, token[:-8] + "AAAAAAAA").status_code == 401


def test_a_stranger_s_token_is_no_bug_whatever_stands_in_it(api: ApiClient) -> None:
    for unkept in ("\0", "\ud800"):
        for claims in ({"iss": unkept, "aud": AUDIENCE}, {"iss": "https://x", "aud": unkept}):
            assert asked(api, unsigned(**claims)).status_code == 401


def test_who_was_invited_has_joined_by_it_and_who_was_stopped_stays_out(
    api: ApiClient, provider: Provider
) -> None:
    trusted(api, provider, defaultRole="READER")
    member = person(api, ANA, role=Role.PROJECT_MANAGER, joined_at=None)
    assert viewer(api, provider.token(KEY))["role"] == "PROJECT_MANAGER"
    for name in ("suspended_at", "archived_at"):
        with api.house.database.writing(api.organisation_id) as session:
            record = session.get_one(Member, member)
            record.suspended_at = record.archived_at = None
            setattr(record, name, api.house.clock())
        assert asked(api, provider.token(KEY)).status_code == 401
        assert asked(api, provider.token(KEY, sub="again")).status_code == 401


def test_somebody_nobody_invited_becomes_what_the_firm_says(
    api: ApiClient, provider: Provider
) -> None:
    key = trusted(api, provider, defaultRole="READER")
    for _ in range(2):
        assert viewer(api, provider.token(KEY))["role"] == "READER"
    assert (count(api, Account), count(api, Member), count(api, Identity)) == (1, 1, 1)
    asked_for = {"id": key, "defaultRole": "ADMINISTRATOR"}
    update = (
        "mutation($input: IdentityProviderUpdateInput!) { identityProviderUpdate(input: $input)"
        " { userErrors { code field } } }"
    )
    refused = api.query(update, input=asked_for)["identityProviderUpdate"]
    assert refused["userErrors"] == [{"code": "FIELD_INVALID", "field": ["defaultRole"]}]
    # Of another issuer nobody is known.
    moved = {"id": key, "issuer": provider.issuer + "/other"}
    assert api.query(update, input=moved)["identityProviderUpdate"]["userErrors"] == []
    assert count(api, Identity) == 0
    assert asked(api, provider.token(KEY)).status_code == 401


def test_put_away_its_tokens_open_nothing(api: ApiClient, provider: Provider) -> None:
    key = trusted(api, provider)
    person(api, ANA)
    assert asked(api, provider.token(KEY)).status_code == 200
    for name, status in (("identityProviderArchive", 401), ("identityProviderRestore", 200)):
        assert api.query(ACT.format(name=name), id=key)[name]["userErrors"] == []
        assert asked(api, provider.token(KEY)).status_code == status


def test_firms_that_share_a_provider_are_told_apart_by_the_header_alone(
    api: ApiClient, provider: Provider
) -> None:
    """Whoever is known where: a firm that names the provider of another steers nobody to itself."""
    other = api.of_another_firm()
    trusted(api, provider, defaultRole="READER")
    person(api, ANA, role=Role.READER)
    token = provider.token(KEY)
    assert viewer(api, token)["organisation"]["code"] == "test"
    trusted(other, provider, defaultRole="ACCOUNTANT")
    ben = provider.token(KEY, sub="ben-2", email="ben@rivage.example")
    invite = (
        'mutation { memberInvite(input: { email: "ben@rivage.example", role: READER })'
        " { userErrors { code } } }"
    )
    assert other.query(invite)["memberInvite"]["userErrors"] == []
    for borne in (token, ben):
        assert asked(api, borne).status_code == 401
        assert asked(api, borne, **{"Jalon-Organisation": "third"}).status_code == 401
    assert viewer(api, token, **{"Jalon-Organisation": "test"})["role"] == "READER"
    assert viewer(api, ben, **{"Jalon-Organisation": "test"})["organisation"]["code"] == "test"
    assert viewer(api, ben, **{"Jalon-Organisation": "other"})["organisation"]["code"] == "other"
    # One token for what two firms call their own by different audiences is as unclear.
    third = provider.token(KEY, aud=[AUDIENCE, "second"])
    trusted(other, provider, audience="second")
    assert asked(api, third).status_code == 401
    assert viewer(api, third, **{"Jalon-Organisation": "test"})["role"] == "READER"


def test_a_page_says_in_its_greeting_which_firm_is_meant(
    api: ApiClient, provider: Provider
) -> None:
    """No browser lets a page add a header to the handshake of a socket."""
    token, other = provider.token(KEY), api.of_another_firm()
    for one in (api, other):
        trusted(one, provider)
    person(api, ANA)
    greeting = {"Authorization": f"Bearer {token}", "Jalon-Organisation": "test"}
    with connected(api, greeting=greeting) as socket:
        subscribe(socket, "job_999")
        assert "NOT_FOUND" in str(heard(socket))
    for unclear in ("other", "third", 7, None):
        with opened(api) as socket:
            payload = {**greeting, "Jalon-Organisation": unclear}
            socket.send_json({"type": "connection_init", "payload": payload})
            assert socket.receive()["code"] == 4403


def test_who_comes_by_a_provider_acts_on_no_account(api: ApiClient, provider: Provider) -> None:
    """Any firm's own provider may claim any address: it changes nothing outside of that firm."""
    other = api.of_another_firm()
    person(api, ANA)
    trusted(other, provider, defaultRole="READER")
    headers = {"Authorization": f"Bearer {provider.token(KEY, name='Ana of Rivage')}"}
    for field in (
        'accountUpdate(input: { name: "Hacked", locale: "en" })',
        "signOutEverywhere",
        'passwordChange(input: { current: "x", new: "another long pass phrase" })',
    ):
        text = f"mutation {{ {field} {{ done userErrors {{ code }} }} }}"
        (answer,) = api.send(text, **headers).json()["data"].values()
        assert answer == {"done": False, "userErrors": [{"code": "SIGN_IN_NEEDED"}]}
    assert viewer(other, provider.token(KEY))["name"] == "Ana of Rivage"
    assert other.query("{ members { nodes { name } } }")["members"]["nodes"] == [
        {"name": "Ana of Rivage"}
    ]
    assert api.query("{ members { nodes { name } } }")["members"]["nodes"] == [{"name": "Léa"}]


def test_removed_and_invited_again_they_come_in_again(api: ApiClient, provider: Provider) -> None:
    """As the same person, whatever the address has become; removed, a new address opens nothing."""
    trusted(api, provider, defaultRole="READER")
    person(api, "boss@rivage.example")
    assert viewer(api, provider.token(KEY))["role"] == "READER"
    members = api.query("{ members { nodes { id email } } }")["members"]["nodes"]
    (member,) = [one["id"] for one in members if one["email"] == ANA]
    assert api.query(ACT.format(name="memberRemove"), id=member)["memberRemove"]["userErrors"] == []
    renamed = provider.token(KEY, email="ana.new@rivage.example")
    for borne in (provider.token(KEY), renamed):
        assert asked(api, borne).status_code == 401
    invite = (
        'mutation { memberInvite(input: { email: "ana@rivage.example", role: ACCOUNTANT })'
        " { node { id } userErrors { code } } }"
    )
    assert api.query(invite)["memberInvite"]["node"] == {"id": member}
    assert viewer(api, renamed)["role"] == "ACCOUNTANT"


def test_a_firm_s_provider_vouches_for_nobody_of_another(
    api: ApiClient, provider: Provider
) -> None:
    """Whatever address a firm's own provider claims, it opens that firm alone."""
    other = api.of_another_firm()
    person(api, ANA)
    trusted(other, provider, defaultRole="READER")
    found = viewer(api, provider.token(KEY))
    assert (found["organisation"]["code"], found["role"]) == ("other", "READER")
    assert asked(api, provider.token(KEY), **{"Jalon-Organisation": "test"}).status_code == 401


def test_somebody_without_a_verified_address_is_linked_by_hand(
    api: ApiClient, provider: Provider
) -> None:
    key = trusted(api, provider)
    member = person(api, ANA)
    token = provider.token(KEY, email=None)
    assert asked(api, token).status_code == 401
    given = {"providerId": key, "memberId": f"member_{member}", "subject": "ana-1"}
    for _ in range(2):
        linked = api.query(LINK, input=given)["identityLink"]
        assert linked["node"]["member"]["email"] == ANA
    assert viewer(api, token)["email"] == ANA
    second = person(api, "ben@rivage.example")
    taken = api.query(LINK, input={**given, "memberId": f"member_{second}"})["identityLink"]
    assert [one["code"] for one in taken["userErrors"]] == ["IDENTITY_TAKEN"]
    unlink = "mutation($id: ID!) { identityUnlink(id: $id) { deletedId userErrors { code } } }"
    assert api.query(unlink, id=linked["node"]["id"])["identityUnlink"]["userErrors"] == []
    assert asked(api, token).status_code == 401


def test_who_is_unlinked_is_known_again_by_a_verified_address_until_suspended(
    api: ApiClient, provider: Provider
) -> None:
    """As docs/signing-in.md says: what keeps somebody out is said of the member."""
    trusted(api, provider)
    member = person(api, ANA, role=Role.READER)
    assert asked(api, provider.token(KEY)).status_code == 200
    (known,) = api.query("{ identities { nodes { id } } }")["identities"]["nodes"]
    unlink = "mutation($id: ID!) { identityUnlink(id: $id) { userErrors { code } } }"
    assert api.query(unlink, id=known["id"])["identityUnlink"]["userErrors"] == []
    assert asked(api, provider.token(KEY, email_verified=False)).status_code == 401
    assert asked(api, provider.token(KEY)).status_code == 200
    suspend = "mutation($id: ID!) { memberUpdate(input: { id: $id, suspended: true })"
    api.query(f"{suspend} {{ userErrors {{ code }} }} }}", id=f"member_{member}")
    assert asked(api, provider.token(KEY)).status_code == 401


def test_what_is_no_provider_is_refused(api: ApiClient, provider: Provider) -> None:
    trusted(api, provider)
    again = {"name": "Again", "issuer": provider.issuer, "audience": AUDIENCE}
    for changed, code in (
        ({}, "IDENTITY_PROVIDER_EXISTS"),
        ({"issuer": "ftp://a.example"}, "FIELD_INVALID"),
        ({"issuer": provider.issuer + "?x=1"}, "FIELD_INVALID"),
        ({"issuer": "http://169.254.169.254/"}, "WEBHOOK_HOST_PRIVATE"),
        ({"audience": " "}, "FIELD_REQUIRED"),
    ):
        answer = api.query(CREATE, input={**again, **changed})["identityProviderCreate"]
        assert [one["code"] for one in answer["userErrors"]] == [code], changed
    for place in range(9):
        trusted(api, provider, audience=f"app-{place}")
    answer = api.query(CREATE, input={**again, "audience": "one too many"})
    said = answer["identityProviderCreate"]["userErrors"]
    assert [one["code"] for one in said] == ["IDENTITY_PROVIDERS_TOO_MANY"]
