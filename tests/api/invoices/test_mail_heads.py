"""What really leaves by SMTP: the headers that are meant, whatever a firm or a client is called."""

from __future__ import annotations

import pytest

from documents import letter
from server.long_work import postman_of
from tests.api.invoices.acts import blank
from tests.api.invoices.mail_acts import mails, queued
from tests.support.api import ApiClient
from tests.support.mailbox import SENDER, Mailbox

EVIL = (
    "=?utf-8?q?evil=0D=0ABcc:_x@y.test=0D=0AContent-Type:_text/html=0D=0A=0D=0A<b>hi?=",
    "Atelier Rivage, Architectes Urbanistes Paysagistes Associes (Paris, Lyon); =?utf-8?b?DQo=?=",
)
ENTITY = "mutation($i: EntityUpdateInput!) { entityUpdate(input: $i) { userErrors { code } } }"
CLIENT = "mutation($i: ClientUpdateInput!) { clientUpdate(input: $i) { userErrors { code } } }"
SETTINGS = """
mutation($i: OrganisationUpdateInput!) { organisationUpdate(input: $i) { userErrors { code } } }
"""


@pytest.mark.parametrize("evil", EVIL)
def test_no_name_and_no_subject_is_a_header(
    mailing: ApiClient, mailbox: Mailbox, evil: str
) -> None:
    """F24: the subject of a call, and the names of a firm and a client in a template."""
    invoice = blank(mailing)["id"]
    queued(mailing, invoice, subject=evil)
    told = {"id": "entity_1", "name": evil}
    assert mailing.query(ENTITY, i=told)["entityUpdate"]["userErrors"] == []
    mailing.query(CLIENT, i=told | {"id": "client_1"})
    own = {"kind": "PROFORMA", "subject": "{client} {entity}", "body": "{client}"}
    given = [own | {"language": language} for language in ("fr", "en")]
    mailing.query(SETTINGS, i={"mailTemplates": given})
    queued(mailing, invoice, cc=["chef@client.test"])
    postman_of(mailing.house, mailbox.post()).round()
    said = evil.replace("=?", "= ?")
    assert {str(one["Subject"]) for one in mailbox.letters} == {said, f"{said} {said}"}
    for found in mailbox.letters:
        assert set(found.keys()) - {"Cc"} == {
            *("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"),
            *({"Reply-To"} & set(found.keys())),
        }
        assert len(found.keys()) == len(set(found.keys()))
        assert [one.addr_spec for one in found["From"].addresses] == [SENDER]
        assert [part.get_content_type() for part in found.walk()] == [
            *("multipart/mixed", "text/plain", "application/pdf")
        ]
    assert {one["state"] for one in mails(mailing)} == {"SENT"}


def test_a_head_that_is_not_as_meant_never_leaves(
    mailing: ApiClient, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MAIL_HEAD_BROKEN: FAILED at once with its code; no server hears of the letter."""
    queued(mailing, blank(mailing)["id"], subject="Pro forma")
    monkeypatch.setattr(letter, "said", lambda text: text.replace("Pro", "\r\nBcc: x@y.test"))
    assert postman_of(mailing.house, mailbox.post()).round() == 1
    (failed,) = mails(mailing)
    assert (failed["state"], failed["nextAttemptAt"]) == ("FAILED", None)
    assert failed["lastError"].startswith("MAIL_HEAD_BROKEN: ")
    assert failed["messageId"] in failed["lastError"]
    assert mailbox.tried == []
