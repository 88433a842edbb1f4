"""Links that let people in: mailed or handed over, used once, and of nobody else's use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from domain.access import Role
from resolvers.admitting._guessing import count_password
from server.long_work import link_postman_of
from tests.server.signing import PASSWORD, WHO, Browser, code_of, doors_of, person, signed_in
from tests.support.api import ApiClient, open_api
from tests.support.mailbox import Mailbox, mail_server
from tests.support.prepared import Calendar

NEW = "une autre phrase, plus longue"
INVITE = """
mutation($email: String!, $role: Role!) {
  memberInvite(input: { email: $email, role: $role, name: "Nouvelle" }) {
    node { id email name joinedAt active } link userErrors { code }
  }
}
"""
AGAIN = "mutation($id: ID!) { memberInviteAgain(id: $id) { link userErrors { code } } }"


@pytest.fixture
def calendar() -> Calendar:
    return Calendar()


@pytest.fixture
def api(founded_sqlite_url: str, tmp_path: Path, calendar: Calendar) -> Iterator[ApiClient]:
    """An installation that sends no mail: links are handed over."""
    with open_api(founded_sqlite_url, tmp_path, clock=calendar) as client:
        yield client


@pytest.fixture
def mailing(founded_sqlite_url: str, tmp_path: Path, calendar: Calendar) -> Iterator[ApiClient]:
    with open_api(
        founded_sqlite_url, tmp_path, clock=calendar, mail_from="firm@jalon.test"
    ) as client:
        yield client


def invited(api: ApiClient, email: str = "neu@a.example", role: str = "READER") -> Any:
    return api.query(INVITE, email=email, role=role)["memberInvite"]


def token_in(told: str) -> str:
    found = re.search(r"#token=([A-Za-z0-9_-]{43})", told)
    assert found is not None, told
    return found[1]


def accept(api: ApiClient, token: str, **more: Any) -> Any:
    body = {"token": token, "name": "Nour", "password": PASSWORD, **more}
    return Browser(api).ask("POST", "/invitation", body, own=False)


def delivered(api: ApiClient, box: Mailbox) -> list[str]:
    """What the letters say that the postman of links brought in one round."""
    box.letters.clear()
    link_postman_of(api.house, box.post()).round()
    return [str(one.get_content()) for one in box.letters]


def test_an_invitation_is_accepted_once(api: ApiClient) -> None:
    answer = invited(api)
    assert answer["node"]["name"] == "Nouvelle"
    assert (answer["node"]["joinedAt"], answer["node"]["active"]) == (None, False)
    token = token_in(answer["link"])
    assert accept(api, token, password="court").status_code == 422
    done = accept(api, token)
    assert done.json() == {"email": "neu@a.example", "organisation": "test"}
    assert code_of(accept(api, token)) == "LINK_SPENT"
    told = signed_in(api, "neu@a.example").data("{ viewer { name role member { active } } }")
    assert told == {"viewer": {"name": "Nour", "role": "READER", "member": {"active": True}}}


def test_whoever_has_an_account_joins_with_their_own_password(api: ApiClient) -> None:
    """And until they do, the other firm neither has them nor learns what they are called."""
    other = api.of_another_firm()
    person(api)
    answer = invited(other, "lea@rivage.example")
    assert answer["node"]["name"] == "Nouvelle"
    assert len(signed_in(api).ask("GET", "/session").json()["session"]["organisations"]) == 1
    token = token_in(answer["link"])
    wrong = accept(api, token, password="eine ganz andere Sache")
    assert code_of(wrong) == "PASSWORD_WRONG"
    assert accept(api, token).status_code == 200
    told = signed_in(api).ask("GET", "/session").json()["session"]
    assert sorted(one["code"] for one in told["organisations"]) == ["other", "test"]
    assert told["name"] == "Léa"


def test_a_link_is_of_no_use_forged_late_replaced_or_for_something_else(
    api: ApiClient, calendar: Calendar
) -> None:
    answer = invited(api)
    first = token_in(answer["link"])
    again = api.query(AGAIN, id=answer["node"]["id"])["memberInviteAgain"]
    second = token_in(again["link"])
    for token in (first, second[:-1] + ("A" if second[-1] != "A" else "B"), "", "x" * 9000):
        assert code_of(accept(api, token)) == "LINK_SPENT"
    reset = {"token": second, "password": NEW}
    assert code_of(Browser(api).ask("POST", "/password", reset, own=False)) == "LINK_SPENT"
    calendar.now += timedelta(days=7)
    assert code_of(accept(api, second)) == "LINK_SPENT"
    third = token_in(api.query(AGAIN, id=answer["node"]["id"])["memberInviteAgain"]["link"])
    assert accept(api, third).status_code == 200
    joined = api.query(AGAIN, id=answer["node"]["id"])["memberInviteAgain"]
    assert [one["code"] for one in joined["userErrors"]] == ["MEMBER_JOINED"]


def test_an_invitation_goes_out_by_mail_and_nowhere_else(
    mailing: ApiClient, calendar: Calendar, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither the answer, nor the database, nor the log holds it."""
    answer = invited(mailing)
    assert answer["link"] is None
    with mail_server() as box:
        box.answers.append("451 later")
        assert delivered(mailing, box) == []
        calendar.now += timedelta(minutes=1)
        (told,) = delivered(mailing, box)
        assert delivered(mailing, box) == []
    assert "Groupe Rivage" in told
    token = token_in(told)
    with mailing.house.database.reading(None) as session:
        kept = str(session.execute(text("SELECT * FROM account_link")).all())
    noted = capsys.readouterr()
    assert token not in kept + noted.out + noted.err
    assert accept(mailing, token).status_code == 200


def test_a_forgotten_password_is_renewed_and_ends_every_sign_in(mailing: ApiClient) -> None:
    person(mailing)
    browser, nobody = signed_in(mailing), "nobody@a.example"
    with mail_server() as box:
        answers = [
            Browser(mailing).ask("POST", "/password/forgotten", {"email": email}, own=False)
            for email in ("lea@rivage.example", nobody)
        ]
        assert [one.status_code for one in answers] == [202, 202]
        assert answers[0].content == answers[1].content
        (told,) = delivered(mailing, box)
        assert box.envelopes == [["lea@rivage.example"]]
    body = {"token": token_in(told), "password": NEW}
    weak = Browser(mailing).ask("POST", "/password", {**body, "password": "motdepasse123"})
    assert code_of(weak) == "PASSWORD_REFUSED"
    assert Browser(mailing).ask("POST", "/password", body).json() == {"changed": True}
    assert code_of(Browser(mailing).ask("POST", "/password", body)) == "LINK_SPENT"
    assert browser.query(WHO).status_code == 401
    assert Browser(mailing).sign_in().status_code == 401
    assert Browser(mailing).sign_in(password=NEW).status_code == 200


def test_few_links_are_mailed_to_one_address_and_few_are_tried(mailing: ApiClient) -> None:
    person(mailing)
    given = {"email": "lea@rivage.example"}
    with mail_server() as box:
        for _ in range(5):
            answer = Browser(mailing).ask("POST", "/password/forgotten", given, own=False)
            assert answer.status_code == 202
            delivered(mailing, box)
        assert len(box.tried) == 3
    for one in range(16):
        asked = {"email": f"n{one}@a.example"}
        last = Browser(mailing).ask("POST", "/password/forgotten", asked, own=False)
    assert last.status_code == 429
    body = {"token": "x" * 43, "password": NEW}
    statuses = {Browser(mailing).ask("POST", "/password", body).status_code for _ in range(61)}
    assert statuses == {422, 429}


def test_nobody_is_mailed_invitations_without_end(mailing: ApiClient, calendar: Calendar) -> None:
    """Whoever may invite may invite anybody: an address need not want any of it."""
    first = invited(mailing)
    remove = "mutation($id: ID!) { memberRemove(input: { id: $id }) { userErrors { code } } }"
    member = first["node"]["id"]
    with mail_server() as box:
        delivered(mailing, box)
        for _ in range(2):
            assert mailing.query(AGAIN, id=member)["memberInviteAgain"]["userErrors"] == []
            delivered(mailing, box)
            mailing.query(remove, id=member)
            assert invited(mailing, "NEU@a.example")["userErrors"] == []
            delivered(mailing, box)
        mailing.query(remove, id=member)
        for late in (invited(mailing), mailing.query(AGAIN, id=member)["memberInviteAgain"]):
            assert [one["code"] for one in late["userErrors"]] == ["TOO_MANY_TRIES"]
        assert delivered(mailing, box) == []
        assert len(box.tried) == 5
        assert invited(mailing, "other@a.example")["userErrors"] == []
        assert invited(mailing.of_another_firm())["userErrors"] == []
        calendar.now += timedelta(hours=1)
        assert invited(mailing)["userErrors"] == []


CHANGE = (
    "mutation($current: String!, $new: String!) { passwordChange(input: { current: $current,"
    " new: $new }) { done userErrors { code } } }"
)


def test_who_is_right_is_not_counted_however_unfit_the_new_password_is(api: ApiClient) -> None:
    person(api)
    browser = signed_in(api)
    for _ in range(12):
        answer = browser.data(CHANGE, current=PASSWORD, new="court")["passwordChange"]
        assert answer["userErrors"] == [{"code": "PASSWORD_REFUSED"}]
    assert Browser(api).sign_in().status_code == 200


def test_a_password_is_changed_with_the_present_one_and_ends_the_others(api: ApiClient) -> None:
    person(api)
    browser, elsewhere = signed_in(api), signed_in(api)

    def changed(current: str, new: str) -> Any:
        return browser.data(CHANGE, current=current, new=new)["passwordChange"]

    assert changed("not this one at all", NEW)["userErrors"] == [{"code": "PASSWORD_WRONG"}]
    for weak in ("court", "lea@rivage.example", "123456789012", "azertyuiop123", "x" * 201):
        assert changed(PASSWORD, weak)["userErrors"] == [{"code": "PASSWORD_REFUSED"}]
    assert changed(PASSWORD, NEW) == {"done": True, "userErrors": []}
    doors_of(api).forget_all()
    assert browser.query(WHO).status_code == 200
    assert elsewhere.query(WHO).status_code == 401
    key = api.with_role(Role.READER)
    told = key.query(CHANGE, current=PASSWORD, new=NEW)["passwordChange"]
    assert told["userErrors"] == [{"code": "SIGN_IN_NEEDED"}]
    for _ in range(10):
        count_password(api.house, "lea@rivage.example", "testclient")
    assert changed(PASSWORD, NEW)["userErrors"] == [{"code": "TOO_MANY_TRIES"}]
