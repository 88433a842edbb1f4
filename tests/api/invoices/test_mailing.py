"""Sending documents by e-mail (F24, B29): to whom, in which words, and what they become."""

from __future__ import annotations

import time
from io import BytesIO
from uuid import uuid4

import pytest
from pypdf import PdfReader
from structlog.testing import capture_logs

from domain.mail_template import HOUSE, MailKind, house_body
from server.long_work import at_work, postman_of
from tests.api.invoices.acts import DELETE, account_line, blank, change, codes, drawn, final
from tests.api.invoices.mail_acts import RETRY, WHO, invoice_of, mails, queued, send
from tests.api.invoices.paying_acts import invoiced, pay
from tests.api.invoices.test_crediting import credit
from tests.support.api import ApiClient
from tests.support.mailbox import PASSWORD, SENDER, Mailbox, mail_server
from tests.support.takeover import project

JOB = "PAT-2501"
SETTINGS = """
mutation($input: OrganisationUpdateInput!) {
  organisationUpdate(input: $input) {
    node { mailTemplates { language kind subject body } }
    userErrors { code field found expected }
  }
}
"""
DRAFT = "query($id: ID!) { invoiceMailDraft(id: $id) { to subject body } }"
CONTACT = """
mutation($input: ClientUpdateInput!) {
  clientUpdate(input: $input) { node { id } userErrors { code } }
}
"""


def test_a_pro_forma_is_sent_with_its_paper(any_mailing: ApiClient, mailbox: Mailbox) -> None:
    """F24: queued with the call, sent afterwards, SENT once it really was; a replay sends none."""
    invoice = drawn(any_mailing, JOB)
    key = str(uuid4())
    asked = {"to": ["Compta@Société.test"], "cc": ["chef@client.test"], "key": key}
    mail = send(any_mailing, invoice["id"], **asked)["mail"]
    again = send(any_mailing, invoice["id"], **asked)
    assert (again["replayed"], again["mail"]["id"]) == (True, mail["id"])
    assert invoice_of(any_mailing, invoice["id"])["state"] == "DRAFT"
    postman = postman_of(any_mailing.house, mailbox.post())
    assert (postman.round(), postman.round()) == (1, 0)
    (letter,) = mailbox.letters
    address = "Compta@xn--socit-esab.test"
    assert mailbox.envelopes == [[address, "chef@client.test"]]
    assert letter["To"] == address
    assert letter["Cc"] == "chef@client.test"
    assert letter["From"].addresses[0].addr_spec == SENDER
    assert letter["Message-ID"] == mail["messageId"]
    assert invoice["proFormaNumber"] in letter["Subject"]
    (paper,) = letter.iter_attachments()
    assert paper.get_filename() == f"{invoice['proFormaNumber']}.pdf"
    text = PdfReader(BytesIO(paper.get_content())).pages[0].extract_text()
    assert invoice["proFormaNumber"] in text
    found = invoice_of(any_mailing, invoice["id"])
    assert found["state"] == "SENT"
    assert found["mails"] == [{"id": mail["id"], "state": "SENT", "lastError": None}]
    assert [one["id"] for one in mails(any_mailing, states=["SENT"])] == [mail["id"]]
    assert mails(any_mailing, states=["FAILED"]) == []
    assert codes(any_mailing.query(RETRY, id=mail["id"])["invoiceMailRetry"]) == [
        "MAIL_ALREADY_SENT"
    ]


def test_a_final_invoice_is_handed_over(mailing: ApiClient, mailbox: Mailbox) -> None:
    """DOMAIN §2.2: READY becomes FINAL when its mail is accepted; the accounts still get it."""
    invoice = drawn(mailing, JOB)
    number = final(mailing, invoice["id"])["invoice"]["number"]
    queued(mailing, invoice["id"])
    assert invoice_of(mailing, invoice["id"])["state"] == "READY"
    postman_of(mailing.house, mailbox.post()).round()
    found = invoice_of(mailing, invoice["id"])
    assert found["state"] == "FINAL"
    assert found["handedOverAt"] is not None
    (paper,) = mailbox.letters[0].iter_attachments()
    assert paper.get_filename() == f"{number}.pdf"
    waiting = mailing.query("{ handovers { nodes { id invoice { state } } } }")["handovers"]
    (handover,) = waiting["nodes"]
    taken = mailing.query(
        "mutation($id: ID!) { handoverAcknowledge(id: $id) { userErrors { code } } }",
        id=handover["id"],
    )
    assert codes(taken["handoverAcknowledge"]) == []
    assert invoice_of(mailing, invoice["id"])["handedOverAt"] == found["handedOverAt"]


def test_what_is_sent_is_the_paper_of_the_call(mailing: ApiClient, mailbox: Mailbox) -> None:
    """A pro forma that is changed before its mail leaves is not the one that was sent."""
    invoice = blank(mailing)
    change(mailing, invoice["id"], lines=[account_line("1234.56")])
    queued(mailing, invoice["id"])
    change(mailing, invoice["id"], lines=[account_line("777")])
    other = blank(mailing)
    queued(mailing, other["id"])
    assert codes(mailing.query(DELETE, id=other["id"])["invoiceDelete"]) == []
    assert postman_of(mailing.house, mailbox.post()).round() == 1
    (paper,) = mailbox.letters[0].iter_attachments()
    text = PdfReader(BytesIO(paper.get_content())).pages[0].extract_text()
    assert "234,56" in text
    assert "777" not in text
    assert invoice_of(mailing, invoice["id"])["state"] == "DRAFT"


def test_nobody_is_written_to_by_mistake(mailing: ApiClient, firm: ApiClient) -> None:
    """MAIL_RECIPIENT_MISSING, MAIL_NOT_SET_UP; addresses that break a head or name several."""
    invoice = blank(mailing)
    client = invoice["client"]["id"]
    mailing.query(CONTACT, input={"id": client, "contactName": "Ida", "contactEmail": None})
    refused = send(mailing, invoice["id"])
    assert codes(refused) == ["MAIL_RECIPIENT_MISSING"]
    assert refused["userErrors"][0]["field"] == ["to"]
    mailing.query(CONTACT, input={"id": client, "contactEmail": "ida@client.test"})
    assert send(mailing, invoice["id"])["mail"]["to"] == ["ida@client.test"]
    wrong = [
        "a@b.test\r\nBcc: thief@evil.test",
        "a@b.test, thief@evil.test",
        "Ida <a@b.test>",
        "a@straße.test",
        "nobody",
    ]
    answer = send(mailing, invoice["id"], to=wrong)
    assert codes(answer) == ["FIELD_INVALID"] * len(wrong)
    assert answer["userErrors"][1]["field"] == ["to", "1"]
    assert codes(send(mailing, invoice["id"], to=["a@b.test"] * 21)) == ["FIELD_INVALID"]
    sent = queued(mailing, invoice["id"], subject="Hello\r\nBcc: thief@evil.test")
    assert sent["subject"] == "Hello Bcc: thief@evil.test"
    off = send(firm, blank(firm)["id"], **WHO)
    assert codes(off) == ["MAIL_NOT_SET_UP"]
    assert "JALON_SMTP_URL" in off["userErrors"][0]["fix"]
    manager = mailing.as_manager()
    assert codes(send(manager, invoice["id"], **WHO)) == ["NOT_FOUND"]  # of no project
    legal = drawn(mailing, JOB)
    queued(manager, legal["id"])
    final(mailing, legal["id"])
    assert codes(send(manager, legal["id"], **WHO)) == ["PERMISSION_DENIED"]


def test_letters_are_in_the_words_of_the_firm(mailing: ApiClient) -> None:
    """F24: a template per language and kind; what a name holds is no placeholder."""
    invoice = drawn(mailing, JOB)
    number, client = invoice["proFormaNumber"], project(mailing, JOB)["client"]["name"]
    house = mailing.query(DRAFT, id=invoice["id"])["invoiceMailDraft"]
    assert house["subject"].startswith(f"Pro forma {number}")
    assert "n’est pas une facture" in house["body"]
    own = {
        "language": "fr",
        "kind": "PROFORMA",
        "subject": "{client} / {number}",
        "body": "{gross}",
    }
    answer = mailing.query(SETTINGS, input={"mailTemplates": [own]})["organisationUpdate"]
    assert answer["node"]["mailTemplates"] == [own]
    drafted = mailing.query(DRAFT, id=invoice["id"])["invoiceMailDraft"]
    assert drafted["subject"] == f"{client} / {number}"
    assert drafted["body"].endswith("€")
    wrong = [
        {**own, "body": "{due_date}"},
        {**own, "kind": "INVOICE", "body": "{due_date} {password}"},
        {**own, "language": "de"},
    ]
    refused = mailing.query(SETTINGS, input={"mailTemplates": wrong})["organisationUpdate"]
    assert codes(refused) == ["MAIL_TEMPLATE_INVALID", "MAIL_TEMPLATE_INVALID", "FIELD_INVALID"]
    assert refused["userErrors"][1]["found"] == "{password}"
    back = {**own, "subject": None, "body": None}
    answer = mailing.query(SETTINGS, input={"mailTemplates": [back]})["organisationUpdate"]
    assert answer["node"]["mailTemplates"] == []


def test_nobody_is_asked_for_what_was_paid_or_credited(any_mailing: ApiClient) -> None:
    """A letter that goes out again asks for what is left of the invoice, or for nothing."""

    def body(of: str) -> str:
        said: str = any_mailing.query(DRAFT, id=of)["invoiceMailDraft"]["body"]
        return said.replace("\u202f", " ").replace("\u00a0", " ")

    invoice = invoiced(any_mailing, "1000.00")
    assert "de 1 200,00 €, à régler au plus tard le 21 décembre 2026." in body(invoice)
    pay(any_mailing, "700.00", allocations=[{"invoiceId": invoice}])
    assert "de 1 200,00 €, dont 500,00 € restent à régler au plus tard le 21" in body(invoice)
    note = credit(any_mailing, invoice)["creditNote"]
    assert "de 1 200,00 €. Il ne reste rien à régler." in body(invoice)
    assert "notre avoir" in body(note["id"])
    # The firm's own words stay its own.
    own = {"language": "fr", "kind": "INVOICE", "subject": None, "body": "{gross}, {due_date}"}
    any_mailing.query(SETTINGS, input={"mailTemplates": [own]})
    assert body(invoice) == "1 200,00 €, 21 décembre 2026"


@pytest.mark.parametrize(
    ("gross", "due", "told"),
    [
        (120, 120, "to be paid by {due_date}"),
        (120, 1, "{net_due} is left"),
        (120, 0, "Nothing of it is left"),
        (120, -5, "Nothing of it is left"),
        (0, 0, "Nothing of it is left"),
    ],
)
def test_the_letter_of_an_invoice_follows_what_is_due(gross: int, due: int, told: str) -> None:
    """Of an invoice that deposits pay in full nothing was ever to be paid."""
    assert told in house_body(MailKind.INVOICE, gross=gross, due=due)
    of_pro_forma = house_body(MailKind.PROFORMA, gross=gross, due=due)
    assert of_pro_forma == HOUSE[MailKind.PROFORMA].body


def test_the_server_sends_by_itself_and_logs_no_secret(mailing: ApiClient) -> None:
    """Background work of the running server; a password that is refused is tried again later."""
    invoice = drawn(mailing, JOB)
    body = "a word between us"
    with mail_server(with_password=True) as box, capture_logs() as logs:
        queued(mailing, invoice["id"], body=body)
        postman_of(mailing.house, box.post(password="wrong word")).round()
        (failed,) = mails(mailing)
        assert failed["state"] == "QUEUED"
        assert failed["lastError"].startswith("535")
        mailing.query(RETRY, id=failed["id"])
        with at_work(mailing.house, every=0.02, post=box.post(password=PASSWORD)):
            deadline = time.monotonic() + 20
            while not box.letters and time.monotonic() < deadline:
                time.sleep(0.02)
        assert body in box.letters[0].get_body().get_content()
    assert mails(mailing)[0]["state"] == "SENT"
    told = repr(logs)
    assert "mail attempted" in told
    for secret in (PASSWORD, "wrong word", body, "compta@client.test"):
        assert secret not in told


@pytest.mark.parametrize("given", ["é@a.test", "a..b@c.test", "a@b", "a@-b.test", "@b.test", ""])
def test_an_address_is_one_address(mailing: ApiClient, given: str) -> None:
    assert codes(send(mailing, blank(mailing)["id"], to=[given])) == ["FIELD_INVALID"]
