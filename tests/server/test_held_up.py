"""Somebody else's writing holds up who comes in: nobody is shut out, and no letter is lost."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import select

from domain.account import AccountLink, Member
from resolvers.admitting._opening_links import send_password_link
from resolvers.admitting._signing_in import Asking
from tests.server.signing import Browser, code_of, doors_of, person, placed, signed_in
from tests.support.api import ApiClient, open_api
from tests.support.locks import wait_until_it_waits


@pytest.fixture
def api(empty_database_url: str, tmp_path: Path) -> Iterator[ApiClient]:
    """Who waits for another writer is soon told to come again."""
    with open_api(
        empty_database_url, tmp_path, patience=0.3, mail_from="firm@jalon.test"
    ) as client:
        yield client


@contextmanager
def held(api: ApiClient, member_id: int) -> Iterator[Event]:
    """Somebody writes meanwhile, with the member locked, until the event is set."""
    begun, over = Event(), Event()

    def write() -> None:
        with api.house.database.writing(None, patient=True) as session:
            locked = select(Member).where(Member.id == member_id).with_for_update()
            session.scalars(locked).one()
            begun.set()
            over.wait(20)

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        begun.wait(20)
        try:
            yield over
        finally:
            over.set()
            writing.result()


def test_who_could_not_move_to_another_firm_is_still_signed_in(api: ApiClient) -> None:
    other = api.of_another_firm()
    member = person(api)
    with api.house.database.writing(None) as session:
        found = session.get_one(Member, member)
        theirs = placed(api, session, found.account_id, other.organisation_id, role=found.role)
    browser, there = signed_in(api, organisation="test"), {"organisation": "other"}
    with held(api, theirs):
        busy = browser.ask("POST", "/session/organisation", there)
        assert (busy.status_code, code_of(busy)) == (503, "BUSY")
    doors_of(api).forget_all()
    former = Browser(api, dict(browser.cookies))
    moved = browser.ask("POST", "/session/organisation", there)
    assert moved.json()["session"]["organisation"]["code"] == "other"
    doors_of(api).forget_all()
    assert former.ask("GET", "/session").json() == {"session": None}


def test_a_link_that_was_promised_is_made_when_the_other_writer_is_done(api: ApiClient) -> None:
    """The answer was sent before: whoever asked is not told to ask again."""
    member = person(api)
    with ThreadPoolExecutor(1) as pool, held(api, member) as over:
        asked = pool.submit(send_password_link, api.house, "lea@rivage.example", Asking())
        if api.house.database.is_sqlite:
            over.wait(0.6)
        else:
            wait_until_it_waits(api, asked)
        over.set()
        asked.result(20)
    with api.house.database.reading(None) as session:
        assert session.scalars(select(AccountLink.sent_at)).all() == [None]
