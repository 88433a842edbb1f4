"""Who is in the firm, what they may give, and what always stays: one administrator."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from domain.access import Role
from domain.audit import AuditEntry
from domain.standing import Door
from tests.persistence.firms import raw
from tests.server.signing import PASSWORD, Browser, doors_of, person, settled, signed_in
from tests.support.api import ApiClient, open_api
from tests.support.prepared import Calendar

UPDATE = """
mutation($input: MemberUpdateInput!) {
  memberUpdate(input: $input) {
    node { id role suspendedAt active entities { code } version } userErrors { code field }
  }
}
"""
REMOVE = """
mutation($id: ID!) {
  memberRemove(input: { id: $id }) { node { archivedAt } userErrors { code } }
}
"""
KEY = """
mutation($input: ApiKeyCreateInput!) {
  apiKeyCreate(input: $input) {
    node { id publicId name role expiresAt lastUsedAt entities { code } } token
    userErrors { code field message }
  }
}
"""
WHO = "{ viewer { door name apiKey { id lastUsedAt } permissions } }"


@pytest.fixture
def calendar() -> Calendar:
    return Calendar()


@pytest.fixture
def api(empty_database_url: str, tmp_path: Path, calendar: Calendar) -> Iterator[ApiClient]:
    """On both databases: what guards the last administrator is a lock."""
    with open_api(empty_database_url, tmp_path, clock=calendar) as client:
        yield client


def update(asker: Any, member: int, **given: Any) -> Any:
    asked = {"id": f"member_{member}", **given}
    ask = asker.data if isinstance(asker, Browser) else asker.query
    return ask(UPDATE, input=asked)["memberUpdate"]


def said(answer: Any) -> list[str]:
    return [one["code"] for one in answer["userErrors"]]


def test_the_last_administrator_stays(api: ApiClient) -> None:
    """Neither suspended nor made less nor removed; of two at once, one is left."""
    first = person(api, "a@a.example")
    entity = api.query("{ entities { nodes { id } } }")["entities"]["nodes"][0]["id"]
    for less in ({"suspended": True}, {"role": "READER"}, {"entityIds": [entity]}):
        assert said(update(api, first, **less)) == ["LAST_ADMINISTRATOR"]
    assert said(api.query(REMOVE, id=f"member_{first}")["memberRemove"]) == ["LAST_ADMINISTRATOR"]
    person(api, "invited@a.example", joined_at=None)
    person(api, "suspended@a.example", suspended_at=api.house.clock())
    assert said(update(api, first, suspended=True)) == ["LAST_ADMINISTRATOR"]
    second = person(api, "b@a.example")
    with ThreadPoolExecutor(2) as both:
        answers = both.map(lambda one: update(api, one, role="READER"), (first, second))
    assert sorted(map(said, answers)) == [[], ["LAST_ADMINISTRATOR"]]


def test_who_is_suspended_or_removed_is_out_at_once(api: ApiClient) -> None:
    person(api, "a@a.example")
    member = person(api, "b@a.example", role=Role.READER)
    browser = signed_in(api, "b@a.example")
    assert update(api, member, suspended=True)["node"]["active"] is False
    doors_of(api).forget_all()
    assert browser.query(WHO).status_code == 401
    assert browser.sign_in("b@a.example").status_code == 401
    assert update(api, member, suspended=False)["node"]["active"] is True
    # What was ended stays so.
    assert browser.query(WHO).status_code == 401
    assert browser.sign_in("b@a.example").status_code == 200
    stale = update(api, member, expectedVersion=1, role="ACCOUNTANT")
    assert said(stale) == ["STALE_OBJECT"]
    assert api.query(REMOVE, id=f"member_{member}")["memberRemove"]["node"]["archivedAt"]
    doors_of(api).forget_all()
    assert browser.query(WHO).status_code == 401
    listed = api.query("{ members { totalCount nodes { email } } }")["members"]
    assert listed == {"totalCount": 1, "nodes": [{"email": "a@a.example"}]}
    again = api.query(
        'mutation { memberInvite(input: { email: "B@a.example", role: READER })'
        " { node { id joinedAt archivedAt } userErrors { code } } }"
    )["memberInvite"]
    assert again["node"] == {"id": f"member_{member}", "joinedAt": None, "archivedAt": None}
    twice = api.query(
        'mutation { memberInvite(input: { email: "b@A.example", role: READER })'
        " { node { id } userErrors { code } } }"
    )["memberInvite"]
    assert said(twice) == ["MEMBER_EXISTS"]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"entityIds": ["entity_999"]}, "NOT_FOUND"),
        ({"collaboratorId": "collaborator_999"}, "NOT_FOUND"),
        ({"name": "x" * 256}, "FIELD_INVALID"),
        ({"entityIds": []}, "FIELD_INVALID"),
    ],
)
def test_a_refused_invitation_leaves_no_address_behind(
    api: ApiClient, more: dict[str, Any], code: str
) -> None:
    """An account that no firm has a member for is one that nobody can have erased."""
    asked = {"email": "stranger@b.example", "role": "READER", **more}
    answer = api.query(
        "mutation($input: MemberInviteInput!) {"
        " memberInvite(input: $input) { node { id } userErrors { code } } }",
        input=asked,
    )["memberInvite"]
    assert (said(answer), answer["node"]) == ([code], None)
    assert "stranger@b.example" not in str(raw(api.house.database, "SELECT email FROM account"))


def test_nobody_gives_or_touches_more_than_they_hold(api: ApiClient) -> None:
    """An administrator of one entity: keys and members of that entity, and no others."""
    whole = person(api, "a@a.example")
    entities = api.query("{ entities { nodes { id code } } }")["entities"]["nodes"]
    own, other = entities[0], entities[1]
    key = int(own["id"].removeprefix("entity_"))
    person(api, "b@a.example", entity_ids=[key])
    limited = signed_in(api, "b@a.example")

    def made(**given: Any) -> Any:
        asked = {"name": "a program", "role": "READER", **given}
        return limited.data(KEY, input=asked)["apiKeyCreate"]

    for wider in ({}, {"entityIds": [other["id"]]}, {"entityIds": [own["id"]]}):
        answer = made(**wider)
        assert (said(answer), answer["token"]) == (["BEYOND_REACH"], None)
    assert said(update(limited, whole, name="x")) == ["BEYOND_REACH"]
    mine = api.query("{ apiKeys { nodes { id } } }")["apiKeys"]["nodes"][0]["id"]
    revoke = "mutation($id: ID!) { apiKeyRevoke(id: $id) { userErrors { code } } }"
    assert said(limited.data(revoke, id=mine)["apiKeyRevoke"]) == ["BEYOND_REACH"]


def test_a_key_is_limited_to_what_the_firm_has(api: ApiClient) -> None:
    own = api.query("{ entities { nodes { id code } } }")["entities"]["nodes"][0]

    def made(*entities: str) -> Any:
        asked = {"name": "a program", "role": "READER", "entityIds": [*entities]}
        return api.query(KEY, input=asked)["apiKeyCreate"]

    assert made(own["id"])["node"]["entities"] == [{"code": own["code"]}]
    assert said(made("entity_999")) == ["NOT_FOUND"]
    assert said(made()) == ["FIELD_INVALID"]


def test_members_are_limited_to_what_the_firm_has(api: ApiClient) -> None:
    member = person(api, "a@a.example", role=Role.READER)
    other = api.of_another_firm()
    theirs = other.query("{ entities { nodes { id } } }")["entities"]["nodes"][0]["id"]
    for foreign in ({"entityIds": [theirs]}, {"collaboratorId": "collaborator_999"}):
        assert said(update(api, member, **foreign)) == ["NOT_FOUND"]
    assert said(update(other, member, role="READER")) == ["NOT_FOUND"]


def test_a_key_is_shown_once_used_and_over(api: ApiClient, calendar: Calendar) -> None:
    end = (calendar.now + timedelta(days=1)).isoformat()
    asked = {"name": "the books", "role": "READER", "expiresAt": end}
    made = api.query(KEY, input=asked)["apiKeyCreate"]
    assert made["token"].split("_")[1] == made["node"]["publicId"]
    program = ApiClient(api.http, api.house, api.organisation_id, made["token"])
    viewer = program.query(WHO)["viewer"]
    assert (viewer["door"], viewer["name"]) == ("KEY", "the books")
    assert viewer["permissions"] == ["READ", "READ_BILLING"]
    assert viewer["apiKey"]["id"] == made["node"]["id"]
    settled(api)
    listing = "{ apiKeys(revoked: null) { nodes { id name lastUsedAt revokedAt } } }"
    told = api.query(listing)["apiKeys"]["nodes"]
    (kept,) = [one for one in told if one["id"] == made["node"]["id"]]
    assert kept["lastUsedAt"] is not None
    assert made["token"] not in str(told)
    # Remembered for a moment: its end is looked at each time all the same.
    calendar.now += timedelta(days=1)
    assert program.send(WHO).status_code == 401
    doors_of(api).forget_all()
    assert program.send(WHO).status_code == 401
    for wrong, why in (
        ("2020-01-01T00:00:00Z", "it is out of range"),
        ("2099-01-01T00:00:00Z", "it is out of range"),
        ("2026-12-01T00:00:00", "its time zone is missing"),
    ):
        answer = api.query(KEY, input={**asked, "expiresAt": wrong})["apiKeyCreate"]
        assert said(answer) == ["FIELD_INVALID"], wrong
        assert answer["userErrors"][0]["message"] == f"The end is not valid: {why}."
    assert said(api.query(KEY, input={**asked, "name": " "})["apiKeyCreate"]) == ["FIELD_REQUIRED"]


def test_a_key_made_by_a_key_ends_with_it(api: ApiClient, calendar: Calendar) -> None:
    end = calendar.now + timedelta(hours=1)
    asked = {"name": "lent", "role": "ADMINISTRATOR", "expiresAt": end.isoformat()}
    lent = api.query(KEY, input=asked)["apiKeyCreate"]["token"]
    program = ApiClient(api.http, api.house, api.organisation_id, lent)
    earlier, later = end - timedelta(minutes=1), end + timedelta(days=1)
    for wanted, found in ((None, end), (later, end), (earlier, earlier)):
        more = {} if wanted is None else {"expiresAt": wanted.isoformat()}
        made = program.query(KEY, input={"name": "x", "role": "READER", **more})["apiKeyCreate"]
        assert datetime.fromisoformat(made["node"]["expiresAt"]) == found
    free = api.query(KEY, input={"name": "x", "role": "READER"})["apiKeyCreate"]
    assert free["node"]["expiresAt"] is None


def test_sign_ins_are_seen_and_ended(api: ApiClient) -> None:
    person(api, "a@a.example")
    reader = person(api, "b@a.example", role=Role.READER)
    boss, first, second = (
        signed_in(api, "a@a.example"),
        signed_in(api, "b@a.example"),
        signed_in(api, "b@a.example"),
    )
    listing = "{ signIns { nodes { id current member { email } } } }"
    own = first.data(listing)["signIns"]["nodes"]
    assert [one["current"] for one in own] == [False, True]
    assert {one["member"]["email"] for one in own} == {"b@a.example"}
    end = "mutation($id: ID!) { signInEnd(id: $id) { endedId userErrors { code } } }"
    theirs = boss.data(listing)["signIns"]["nodes"][0]["id"]
    assert said(first.data(end, id=theirs)["signInEnd"]) == ["NOT_FOUND"]
    everybody = "{ signIns(all: true) { totalCount } }"
    assert first.query(everybody).json()["errors"][0]["extensions"]["code"] == "PERMISSION_DENIED"
    assert boss.data(everybody)["signIns"]["totalCount"] == 3
    assert first.data(end, id=own[0]["id"])["signInEnd"]["endedId"] == own[0]["id"]
    doors_of(api).forget_all()
    assert second.query(WHO).status_code == 401
    of = f'{{ signIns(memberId: "member_{reader}") {{ totalCount }} }}'
    assert boss.data(of)["signIns"]["totalCount"] == 1
    out = first.data("mutation { signOutEverywhere { done userErrors { code } } }")
    assert out["signOutEverywhere"]["done"] is True
    doors_of(api).forget_all()
    assert first.query(WHO).status_code == 401
    assert boss.query(WHO).status_code == 200


def test_who_reaches_a_part_ends_no_sign_in_of_others(api: ApiClient) -> None:
    """Neither does such an administrator see them, nor is told that they hold what they do not."""
    person(api, "b@a.example", role=Role.READER)
    other = signed_in(api, "b@a.example")
    theirs = other.data("{ signIns { nodes { id } } }")["signIns"]["nodes"][0]["id"]
    limited = api.with_role(Role.ADMINISTRATOR, entity_ids=[1])
    (error,) = limited.errors("{ signIns(all: true) { totalCount } }")
    assert error["extensions"]["code"] == "BEYOND_REACH"
    end = "mutation($id: ID!) { signInEnd(id: $id) { endedId userErrors { code } } }"
    assert said(limited.query(end, id=theirs)["signInEnd"]) == ["NOT_FOUND"]
    held = limited.query("{ viewer { permissions } }")["viewer"]["permissions"]
    assert {"MANAGE_PEOPLE", "EDIT_SETTINGS", "READ_AUDIT", "IMPORT"}.isdisjoint(held)
    doors_of(api).forget_all()
    assert other.query(WHO).status_code == 200


def test_a_person_s_own_acts_are_told_as_theirs(api: ApiClient) -> None:
    person(api, "a@a.example")
    browser = signed_in(api, "a@a.example")
    renamed = 'mutation { accountUpdate(input: { name: "Ada" }) { done } }'
    assert browser.data(renamed)["accountUpdate"]["done"] is True
    assert browser.data("mutation { signOutEverywhere { done } }")["signOutEverywhere"]["done"]
    with api.house.database.reading(None) as session:
        entries = session.scalars(select(AuditEntry)).all()
        told = {(one.act_name, one.door, one.actor_name) for one in entries}
    for act in ("accountUpdate", "signOutEverywhere"):
        assert {one for one in told if one[0] == act} == {(act, Door.SIGN_IN, "a@a.example")}


def test_ones_own_name_and_language_are_ones_own(api: ApiClient) -> None:
    person(api, "a@a.example")
    browser = signed_in(api, "a@a.example")
    change = (
        "mutation($input: AccountUpdateInput!) { accountUpdate(input: $input)"
        " { done userErrors { code } } }"
    )
    assert browser.data(change, input={"name": " Ada\n L. ", "locale": "en"})["accountUpdate"][
        "done"
    ]
    doors_of(api).forget_all()
    told = browser.ask(
        "POST", "/graphql", {"query": "{ viewer { name locale } }"}, headers={"Accept-Language": ""}
    )
    assert told.json()["data"]["viewer"] == {"name": "Ada L.", "locale": "en"}
    wrong = browser.data(change, input={"locale": "xx"})["accountUpdate"]
    assert said(wrong) == ["FIELD_INVALID"]


def test_what_people_do_with_their_account_is_told_with_who_they_are(api: ApiClient) -> None:
    member = person(api)
    browser = Browser(api)
    browser.sign_in()
    for asked in (
        'mutation { done: accountUpdate(input: {name: "Mallory"}) { done } }',
        f'mutation {{ done: passwordChange(input: {{current: "{PASSWORD}", new: "{PASSWORD} bis"}})'
        " { done } }",
        "mutation { done: signOutEverywhere { done } }",
    ):
        answered = browser.ask("POST", "/graphql", {"query": asked}).json()
        assert answered["data"]["done"] == {"done": True}
    told = raw(
        api.house.database,
        "SELECT act_name, door, actor_name, actor_id, address, request_id <> '' FROM audit_entry"
        " WHERE organisation_id = :o ORDER BY place",
        o=api.organisation_id,
    )[-4:]
    acts = ("signIn", "accountUpdate", "passwordChange", "signOutEverywhere")
    assert [row[0] for row in told] == list(acts)
    who = ("SIGN_IN", "lea@rivage.example", f"member_{member}", "testclient", True)
    assert {(*row[1:5], bool(row[5])) for row in told} == {who}


def test_only_who_manages_people_sees_them(api: ApiClient) -> None:
    reader = api.with_role(Role.ACCOUNTANT)
    for query in ("{ members { totalCount } }", "{ apiKeys { totalCount } }"):
        (error,) = reader.errors(query)
        assert error["extensions"]["code"] == "PERMISSION_DENIED"
