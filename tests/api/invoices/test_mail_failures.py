"""Mails that do not get through (F24): tried again, given up, left behind, sent by one only."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from domain.invoice.mail import LEASE, PAUSES, Sent
from jobs import smtp
from jobs.mail_rounds import Post
from jobs.mail_server import SmtpServer
from jobs.postman import Letter, Postman
from persistence.files import Files
from persistence.outside.mails import Taken, note, take_due
from resolvers.delivering._mailing import letter_of
from server.long_work import postman_of
from tests.api.invoices.acts import blank, drawn, final
from tests.api.invoices.mail_acts import RETRY, invoice_of, mails, queued
from tests.support.api import ApiClient
from tests.support.mailbox import PASSWORD, SENDER, Mailbox
from tests.support.prepared import Calendar

JOB = "PAT-2501"


def test_a_refusal_for_now_is_tried_again(
    any_mailing: ApiClient, mailbox: Mailbox, calendar: Calendar
) -> None:
    """4xx: a minute later, under the same Message-ID; the invoice stays READY until then."""
    invoice = drawn(any_mailing, JOB)
    final(any_mailing, invoice["id"])
    mail = queued(any_mailing, invoice["id"])
    mailbox.answers = ["451 come back later"]
    postman = postman_of(any_mailing.house, mailbox.post())
    assert postman.round() == 1
    (waiting,) = mails(any_mailing)
    assert (waiting["state"], waiting["attempts"]) == ("QUEUED", 1)
    assert waiting["lastError"] == "451 come back later"
    assert invoice_of(any_mailing, invoice["id"])["state"] == "READY"
    assert postman.round() == 0
    calendar.now += timedelta(minutes=1)
    assert postman.round() == 1
    assert mailbox.tried == [mail["messageId"]] * 2
    assert invoice_of(any_mailing, invoice["id"])["state"] == "FINAL"


def test_a_refusal_for_good_ends_it_until_it_is_sent_again(
    mailing: ApiClient, mailbox: Mailbox
) -> None:
    """DOMAIN §2.2, 5xx: FAILED at once, READY stays, no number burns; invoiceMailRetry sends it."""
    invoice = drawn(mailing, JOB)
    number = final(mailing, invoice["id"])["invoice"]["number"]
    mail = queued(mailing, invoice["id"])
    mailbox.refused = {"compta@client.test": "550 no such person"}
    postman = postman_of(mailing.house, mailbox.post())
    postman.round()
    (failed,) = mails(mailing, states=["FAILED"])
    assert failed["lastError"] == "compta@client.test: 550 no such person"
    assert failed["nextAttemptAt"] is None
    assert invoice_of(mailing, invoice["id"])["state"] == "READY"
    mailbox.refused = {}
    assert mailing.query(RETRY, id=mail["id"])["invoiceMailRetry"]["mail"]["state"] == "QUEUED"
    postman.round()
    found = invoice_of(mailing, invoice["id"])
    assert (found["state"], found["number"]) == ("FINAL", number)


def test_a_server_that_is_down_is_asked_for_fifteen_hours(
    mailing: ApiClient, calendar: Calendar
) -> None:
    """1, 5, 30 minutes, 2 and 12 hours after the attempts before; then it is given up."""
    queued(mailing, blank(mailing)["id"])
    # Port 1 of this machine: nobody listens there.
    postman = postman_of(mailing.house, Post(SmtpServer("127.0.0.1", 1), SENDER))
    for pause in PAUSES:
        assert postman.round() == 1
        calendar.now += pause - timedelta(seconds=1)
        assert postman.round() == 0
        calendar.now += timedelta(seconds=1)
    assert mails(mailing)[0]["state"] == "QUEUED"
    assert postman.round() == 1
    assert mails(mailing)[0]["state"] == "FAILED"
    assert mails(mailing)[0]["attempts"] == len(PAUSES) + 1


def test_one_of_two_recipients_is_tried_again_alone(
    mailing: ApiClient, mailbox: Mailbox, calendar: Calendar
) -> None:
    """Who got it does not get it twice; the document is handed over by the first acceptance."""
    invoice = blank(mailing)
    queued(mailing, invoice["id"], cc=["busy@client.test", "gone@client.test"])
    mailbox.refused = {"busy@client.test": "450 full", "gone@client.test": "550 gone"}
    postman = postman_of(mailing.house, mailbox.post())
    postman.round()
    (waiting,) = mails(mailing)
    assert (waiting["state"], waiting["accepted"]) == ("QUEUED", ["compta@client.test"])
    assert invoice_of(mailing, invoice["id"])["state"] == "SENT"
    del mailbox.refused["busy@client.test"]
    calendar.now += PAUSES[0]
    postman.round()
    assert mailbox.envelopes == [["compta@client.test"], ["busy@client.test"]]
    (done,) = mails(mailing)
    assert (done["state"], done["lastError"]) == ("SENT", "gone@client.test: 550 gone")


def test_what_a_server_left_is_taken_up(
    any_mailing: ApiClient, mailbox: Mailbox, calendar: Calendar
) -> None:
    """Killed in the middle: SENDING until its lease is over, then sent; who is late is nobody."""
    invoice = blank(any_mailing)
    queued(any_mailing, invoice["id"])
    database = any_mailing.house.database
    with database.writing(None) as session:
        (left,) = take_due(session, claim="the dead one", now=calendar.now, most=4)
    postman = postman_of(any_mailing.house, mailbox.post())
    calendar.now += LEASE - timedelta(seconds=1)
    assert postman.round() == 0
    assert mails(any_mailing)[0]["state"] == "SENDING"
    calendar.now += timedelta(seconds=1)
    assert postman.round() == 1
    with database.writing(any_mailing.organisation_id) as session:
        late = Sent(refused={"": "550 too late"})
        assert note(session, left, late, now=calendar.now) is None
    assert mails(any_mailing)[0]["state"] == "SENT"
    assert len(mailbox.letters) == 1


def test_a_letter_that_took_too_long_to_make_is_left_to_another_attempt(
    mailing: ApiClient, mailbox: Mailbox, calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine under load: whoever takes the mail up after its lease is the one who sends it."""
    queued(mailing, blank(mailing)["id"])
    house, post, pauses = mailing.house, mailbox.post(), [0.3]

    def compose(taken: Taken) -> Letter | None:
        time.sleep(pauses.pop() if pauses else 0.0)
        return letter_of(house, taken, sender=post.sender)

    postman = Postman(house.database, post, compose, house.clock)
    with monkeypatch.context() as short:
        short.setattr("jobs.postman.LONGEST", 0.2)
        assert postman.round() == 1
    assert mailbox.tried == []
    (waiting,) = mails(mailing)
    assert (waiting["state"], waiting["lastError"]) == ("QUEUED", "TimeoutError")
    calendar.now += timedelta(minutes=1)
    assert postman.round() == 1
    assert [one["state"] for one in mails(mailing)] == ["SENT"]
    assert len(mailbox.tried) == 1


def test_two_servers_send_each_mail_once(any_mailing: ApiClient, mailbox: Mailbox) -> None:
    invoice = blank(any_mailing)
    sent = {queued(any_mailing, invoice["id"])["messageId"] for _ in range(10)}

    def go(_: int) -> int:
        postman = postman_of(any_mailing.house, mailbox.post())
        return sum(postman.round() for _ in range(6))

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(go, range(2))) == len(sent)
    assert sorted(mailbox.tried) == sorted(sent)
    assert {mail["state"] for mail in mails(any_mailing)} == {"SENT"}


def test_a_password_is_told_to_nobody_in_the_clear(
    mailing: ApiClient, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Elsewhere than on this machine TLS comes first: a server without it is not logged in to."""
    monkeypatch.setattr(smtp, "HERE", ())
    queued(mailing, blank(mailing)["id"])
    postman_of(mailing.house, mailbox.post(password=PASSWORD)).round()
    assert mailbox.tried == []
    (waiting,) = mails(mailing)
    assert waiting["state"] == "QUEUED"
    assert "STARTTLS" in waiting["lastError"]
    postman = postman_of(mailing.house, mailbox.post())
    mailing.query(RETRY, id=waiting["id"])
    assert postman.round() == 1
    assert mails(mailing)[0]["state"] == "SENT"


def test_a_store_that_is_away_is_waited_for(
    mailing: ApiClient, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, calendar: Calendar
) -> None:
    """What breaks here is no fault of the mail: told by a reference, tried again."""

    def away(*_: object) -> bytes:
        raise OSError("the store is away")

    queued(mailing, blank(mailing)["id"])
    with monkeypatch.context() as patch:
        patch.setattr(Files, "get", away)
        postman_of(mailing.house, mailbox.post()).round()
    (waiting,) = mails(mailing)
    assert waiting["state"] == "QUEUED"
    assert waiting["lastError"].startswith("reference ")
    calendar.now += PAUSES[0]
    postman_of(mailing.house, mailbox.post()).round()
    assert mails(mailing)[0]["state"] == "SENT"
