"""Mails that are not to be sent any more: called back, or of a pro forma that is final by now."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from domain.invoice.mail import PAUSES
from persistence.outside.mails import take_due
from resolvers.delivering._mailing import letter_of
from server.long_work import postman_of
from tests.api.invoices.acts import FINALISE, account_line, blank, change, codes, drawn, final
from tests.api.invoices.mail_acts import CANCEL, RETRY, Row, invoice_of, mails, queued
from tests.support.api import ApiClient
from tests.support.mailbox import SENDER, Mailbox
from tests.support.prepared import Calendar


def priced(api: ApiClient) -> str:
    """A pro forma that can be made final."""
    invoice = blank(api)["id"]
    change(api, invoice, lines=[account_line("100")])
    return str(invoice)


def cancel(api: ApiClient, mail: str) -> Row:
    answer: Row = api.query(CANCEL, id=mail)["invoiceMailCancel"]
    return answer


def test_the_pro_forma_of_what_is_final_is_sent_to_nobody(
    any_mailing: ApiClient, mailbox: Mailbox
) -> None:
    """MAIL_WITHDRAWN with the act, CANCELLED on the invoice with its reason; a replay says so."""
    invoice = priced(any_mailing)
    mail = queued(any_mailing, invoice, cc=["chef@client.test"])
    key = str(uuid4())
    answer = any_mailing.query(FINALISE, id=invoice, key=key)["invoiceFinalise"]
    assert codes(answer) == ["MAIL_WITHDRAWN"]
    number = answer["invoice"]["number"]
    said = answer["userErrors"][0]["message"]
    assert number in said
    assert "compta@client.test, chef@client.test" in said
    again = any_mailing.query(FINALISE, id=invoice, key=key)["invoiceFinalise"]
    assert codes(again) == ["MAIL_WITHDRAWN"]
    assert postman_of(any_mailing.house, mailbox.post()).round() == 0
    (told,) = invoice_of(any_mailing, invoice)["mails"]
    assert told["state"] == "CANCELLED"
    assert told["lastError"].startswith(f"MAIL_OF_PRO_FORMA: {number} is final")
    refused = any_mailing.query(RETRY, id=mail["id"])["invoiceMailRetry"]
    assert codes(refused) == ["MAIL_OF_PRO_FORMA"]
    queued(any_mailing, invoice)
    assert postman_of(any_mailing.house, mailbox.post()).round() == 1
    assert [number in letter["Subject"] for letter in mailbox.letters] == [True]
    assert invoice_of(any_mailing, invoice)["state"] == "FINAL"


def test_a_pro_forma_in_the_postmans_hand_is_not_sent_after_the_invoice(
    mailing: ApiClient, mailbox: Mailbox, calendar: Calendar
) -> None:
    """Taken before it was final: not composed afterwards, and not tried again where it failed."""
    invoice = priced(mailing)
    queued(mailing, invoice, cc=["busy@client.test"])
    mailbox.refused = {"busy@client.test": "450 full"}
    postman = postman_of(mailing.house, mailbox.post())
    postman.round()
    second = queued(mailing, invoice)
    with mailing.house.database.writing(None) as session:
        (taken,) = take_due(session, claim="dead", now=calendar.now, most=4)
    answer = final(mailing, invoice)
    # Who has it has it: the mail is SENT to them; whoever is still to get it gets the invoice.
    assert "busy@client.test" in answer["userErrors"][0]["message"]
    assert "compta@client.test" not in answer["userErrors"][0]["message"]
    states = {one["id"]: one["state"] for one in mails(mailing)}
    assert states.pop(second["id"]) == "SENDING"
    assert set(states.values()) == {"SENT"}
    calendar.now += PAUSES[1] * 3
    assert taken.invoice_id
    assert postman.round() == 1
    assert len(mailbox.letters) == 1
    assert mails(mailing)[0]["state"] == "CANCELLED"
    assert mails(mailing)[0]["lastError"].startswith("MAIL_OF_PRO_FORMA")
    assert postman.round() == 0
    assert letter_of(mailing.house, taken, sender=SENDER) is None


def test_a_mail_that_waits_is_called_back(mailing: ApiClient, mailbox: Mailbox) -> None:
    """invoiceMailCancel: twice is as good as once; sent again when asked; MAIL_NOT_WAITING."""
    invoice = priced(mailing)
    mail = queued(mailing, invoice)["id"]
    assert cancel(mailing, mail)["mail"]["state"] == "CANCELLED"
    assert codes(cancel(mailing, mail)) == []
    postman = postman_of(mailing.house, mailbox.post())
    assert postman.round() == 0
    assert mails(mailing, states=["CANCELLED"])[0]["nextAttemptAt"] is None
    assert mailing.query(RETRY, id=mail)["invoiceMailRetry"]["mail"]["state"] == "QUEUED"
    assert postman.round() == 1
    refused = cancel(mailing, mail)
    assert (codes(refused), refused["userErrors"][0]["found"]) == (["MAIL_NOT_WAITING"], "SENT")
    french = cancel(mailing.in_language("fr"), mail)["userErrors"][0]
    assert french["found"] == "SENT"
    assert french["message"].endswith("il est envoyé.")
    assert mails(mailing)[0]["state"] == "SENT"
    final(mailing, invoice)
    manager = mailing.as_manager()
    assert codes(cancel(manager, queued(mailing, invoice)["id"])) == ["NOT_FOUND"]
    of_a_project = drawn(mailing, "PAT-2501")["id"]
    final(mailing, of_a_project)
    legal = queued(mailing, of_a_project)["id"]
    assert codes(cancel(manager, legal)) == ["PERMISSION_DENIED"]


def test_called_back_and_taken_at_once_a_mail_is_one_of_the_two(
    any_mailing: ApiClient, mailbox: Mailbox
) -> None:
    """CANCELLED and not sent, or sent and told so: never both."""
    sent = [queued(any_mailing, blank(any_mailing)["id"])["id"] for _ in range(4)]
    with ThreadPoolExecutor(2) as pool:
        going = pool.submit(postman_of(any_mailing.house, mailbox.post()).round)
        answers = list(pool.map(lambda mail: cancel(any_mailing, mail), sent))
        going.result()
    called_back = [one for one in answers if not codes(one)]
    states = [one["state"] for one in mails(any_mailing)]
    assert states.count("CANCELLED") == len(called_back)
    assert len(mailbox.letters) == states.count("SENT") == len(sent) - len(called_back)
