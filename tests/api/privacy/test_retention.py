"""What is older than its term goes, accounting documents never do (Code de commerce L123-22)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from domain.account import Tally
from domain.invoice.mail import InvoiceMail
from domain.invoice.model import Invoice, IssuedDocument
from domain.records import METADATA
from domain.retention import TERMS
from jobs.caretaker import Caretaker
from persistence.audit.tables import WATCHED
from persistence.invoice import chain
from persistence.privacy.retention import expired, out_of_term, remove_expired
from tests.api.privacy.marking import EMAIL, NAME, NOW, SENTENCE, a_collaborator, fill
from tests.api.privacy.test_erasure import EXPORT, codes
from tests.api.privacy.test_refusals import REVERT
from tests.persistence.firms import raw
from tests.support.api import ApiClient
from tests.support.prepared import Calendar
from tests.support.takeover import send

FOREVER = (
    *("invoice", "invoice_line", "issued_document", "chain_link", "number_counter"),
    *("billing_entry", "journal_entry", "payment", "accounting_export", "collaborator"),
)
LATER = NOW + timedelta(days=11 * 366)


def counted(api: ApiClient) -> dict[str, int]:
    with api.house.database.reading(api.organisation_id) as session:
        return {
            name: session.scalar(select(func.count()).select_from(METADATA.tables[name])) or 0
            for name in FOREVER
        }


def printed(api: ApiClient, invoice: str) -> str:
    answer = api.query(
        "mutation($id: ID!) { invoicePdf(id: $id) { download { url } } }", id=invoice
    )
    return str(answer["invoicePdf"]["download"]["url"]).removeprefix("http://testserver")


def test_what_is_older_than_its_term_goes_and_accounts_stay(any_firm: ApiClient) -> None:
    api, house = any_firm, any_firm.house
    made = fill(api)
    a_collaborator(api)
    # Sent, and never gone on with.
    waits = send(api, f"Prénom;Nom;Email\nZoé;{NAME};{EMAIL}\n".encode(), filename="a.csv")
    pdf, _ = (printed(api, made[which]) for which in ("final", "draft"))
    with house.database.writing(None) as session:
        session.add(Tally(key="k", until=NOW))
    api.query(EXPORT, id="collaborator_1")
    before = counted(api)
    assert not any(expired(house.database, house.files, api.organisation_id, NOW).values())

    found = expired(house.database, house.files, api.organisation_id, LATER)
    assert found.keys() == TERMS.keys()
    assert all(found.values()), found
    assert remove_expired(house.database, house.files, api.organisation_id, LATER) == found
    left = expired(house.database, house.files, api.organisation_id, LATER)
    assert not any(left.values()), left

    assert counted(api) == before
    assert api.get(pdf).startswith(b"%PDF")
    with house.database.reading(api.organisation_id) as session:
        assert all(
            chain.verify(session, key).broken is None for key, _ in chain.entities_named(session)
        )
        kept = session.scalars(select(IssuedDocument.file_key)).all()
        assert {key for key, _ in house.files.keys("1/")} == {key for key in kept if key}
        assert session.scalars(select(InvoiceMail.body)).all() == ["", ""]
        assert out_of_term(session, LATER.date()) == before["chain_link"]
        assert out_of_term(session, NOW.date()) == 0
        assert session.scalar(select(func.count(Invoice.id))) == before["invoice"]
    mails = {"to", "cc", "subject", "body", "sender_name", "reply_to", "accepted"}
    gone = {"sign_in": {"address", "agent"}, "invoice_mail": mails, "account_link": {"words"}}
    assert all(names <= set(WATCHED[record].secrets) for record, names in gone.items())
    told = raw(
        house.database,
        "SELECT coalesce(before, '') || coalesce(after, '') FROM audit_change"
        " WHERE record = 'invoice_mail'",
    )
    assert told
    # The audit is kept for ten years: it tells that they changed, and not what they were.
    assert not [one for (one,) in told if EMAIL in one or NAME in one]
    answer = api.query("query($id: ID!) { importFile(id: $id) { state } }", id=waits["id"])[
        "importFile"
    ]
    assert answer["state"] == "CANCELLED"
    assert codes(api.query(REVERT, id="import_file_1")["importRevert"]) == ["IMPORT_FORGOTTEN"]


def test_the_house_puts_itself_in_order(firm: ApiClient, calendar: Calendar) -> None:
    firm.house.files.put(f"{firm.organisation_id}/returned/1-x", SENTENCE.encode())
    caretaker = Caretaker(firm.house.database, firm.house.files, calendar)
    caretaker.round()
    assert firm.house.files.get(f"{firm.organisation_id}/returned/1-x")
    calendar.go_to("2027-01-05")
    assert caretaker.round() == 0
    assert list(firm.house.files.keys(f"{firm.organisation_id}/returned/")) == []
