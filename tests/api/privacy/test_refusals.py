"""Who is not erased yet, and what is to be done first; whose texts are nobody's alone."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete, select, update

from domain.access import Role
from domain.account import Account, Member
from domain.client import Client, ClientType, Contact
from domain.collaborator import Collaborator
from domain.invoice.mail import InvoiceMail
from domain.likeness import loose_key, name_key
from domain.organisation import Entity
from domain.project.model import Project
from domain.records import METADATA
from domain.time_entry import TimeEntry
from tests.api.invoices.acts import account_line, blank, change, final
from tests.api.invoices.mail_acts import RETRY, mails, queued
from tests.api.invoices.paying_acts import pay
from tests.api.privacy.marking import (
    EMAIL,
    MARKS,
    NAME,
    NOW,
    PHONE,
    a_collaborator,
    a_contact,
    is_sound,
    left,
    left_in_audit,
    left_in_files,
    long_ago,
)
from tests.api.privacy.test_erasure import codes, erase
from tests.support.api import ApiClient
from tests.support.takeover import send

REVERT = """
mutation($id: ID!) {
  importRevert(input: { importId: $id, idempotencyKey: "back" }) { userErrors { code } }
}
"""
STREET = "12 rue des Marqueurs"


def key(subject: str) -> int:
    return int(subject.rpartition("_")[2])


def test_who_still_works_is_told_what_to_do_first(firm: ApiClient) -> None:
    subject = a_collaborator(firm)
    with firm.house.database.writing(firm.organisation_id) as session:
        person = session.get(Collaborator, key(subject))
        project = session.scalars(select(Project).where(Project.status == "SIGNED")).first()
        entity = session.scalars(select(Entity)).first()
        member = session.scalars(select(Member)).one()
        assert person is not None
        assert project is not None
        assert entity is not None
        person.archived_at = member.archived_at = None
        project.manager_id, entity.email = person.id, EMAIL
        time = {"project_id": project.id, "worked_on": NOW.date(), "hours": 1}
        session.add(TimeEntry(collaborator_id=person.id, **time))
    answer = erase(firm, subject)
    assert set(codes(answer)) == {
        *("PERSON_STILL_ACTIVE", "PERSON_STILL_MEMBER", "PERSON_MANAGES"),
        *("PERSON_HAS_UNBILLED_TIME", "PERSON_IN_SETTINGS"),
    }
    assert all(error["fix"] and error["field"] == ["subject"] for error in answer["userErrors"])
    assert answer["erased"] is None
    assert ("collaborator", "email") in left(firm)


def test_a_person_in_an_open_import_is_not_erased_and_a_written_one_is_not_undone(
    firm: ApiClient,
) -> None:
    subject = a_collaborator(firm)
    csv = f"Prénom;Nom;Email\nZoé;Autre;{EMAIL}\n".encode()
    opened = send(firm, csv, kind="collaborators", filename="equipe.csv")
    assert opened["state"] == "REVIEW"
    assert codes(erase(firm, subject)) == ["PERSON_IN_OPEN_IMPORT"]
    firm.query(
        "mutation($id: ID!) { importCancel(importId: $id) { userErrors { code } } }",
        id=opened["id"],
    )
    done = erase(firm, subject, key="second")
    assert codes(done) == []
    assert left_in_files(firm) == []
    imports = firm.query("{ imports(page: { first: 20 }) { nodes { id kind state } } }")["imports"]
    (team,) = (
        one["id"]
        for one in imports["nodes"]
        if (one["kind"], one["state"]) == ("collaborators", "APPLIED")
    )
    assert codes(firm.query(REVERT, id=team)["importRevert"]) == ["IMPORT_FORGOTTEN"]
    with firm.house.database.reading(firm.organisation_id) as session:
        person = session.get(Collaborator, key(subject))
        assert person is not None
        assert f"{person.first_name} {person.last_name}" == f"Personne effacée {person.id}"


def test_a_contact_goes_from_mails_but_what_proves_a_sending_stays(firm: ApiClient) -> None:
    subject = a_contact(firm)
    invoice = blank(firm)["id"]
    change(firm, invoice, lines=[account_line("100")])
    waits = queued(firm, invoice, to=[EMAIL, "other@client.test"])["id"]
    assert codes(erase(firm, subject)) == ["PERSON_MAIL_WAITING"]
    final(firm, invoice)
    proof = queued(firm, invoice, to=[EMAIL])["id"]
    with firm.house.database.writing(firm.organisation_id) as session:
        session.execute(update(InvoiceMail).values(state="SENT", sent_at=NOW))
    done = erase(firm, subject, key="b")
    assert codes(done) == []
    kept = {one["what"]: one for one in done["kept"]}
    assert kept["invoice_mail"] == {
        "what": "invoice_mail",
        "count": 1,
        "reason": "CLAIMS",
        "until": "2031-11-21",
        "why": kept["invoice_mail"]["why"],
    }
    with firm.house.database.reading(firm.organisation_id) as session:
        mail = session.get(InvoiceMail, key(waits))
        assert mail is not None
        assert [mail.to, mail.body] == [["other@client.test"], ""]
    assert {table for table, _ in left(firm)} == {"invoice_mail"}
    assert left_in_audit(firm) == set()
    # Its name is a neutral one by now: the address is looked for by the next who bears it.
    long_ago(firm, proof)
    assert codes(erase(firm, a_contact(firm, name="X", phone=None), key="c")) == []
    assert left(firm) == set()


def test_a_mail_that_somebody_was_taken_out_of_is_not_sent_again(any_firm: ApiClient) -> None:
    """Its words are gone: who is left of it would be sent a letter without any."""
    api = any_firm
    subject = a_contact(api)
    invoice = blank(api)["id"]
    change(api, invoice, lines=[account_line("100")])
    for to in ([EMAIL, "other@client.test"], [EMAIL]):
        queued(api, invoice, to=to)
    with api.house.database.writing(api.organisation_id) as session:
        session.execute(update(InvoiceMail).values(state="FAILED", next_attempt_at=None))
    assert codes(erase(api, subject)) == []
    for mail in mails(api):
        assert codes(api.query(RETRY, id=mail["id"])["invoiceMailRetry"]) == ["MAIL_EMPTIED"]
    assert {one["state"] for one in mails(api)} == {"FAILED", "CANCELLED"}


def test_what_another_record_bears_too_is_left_where_it_is(firm: ApiClient) -> None:
    subject = a_contact(firm)
    other = a_contact(firm, name="Paul Autre")
    with firm.house.database.writing(firm.organisation_id) as session:
        project = session.scalars(select(Project)).first()
        assert project is not None
        project.tags = f"{NAME} {EMAIL}"
        project_id = project.id
    done = erase(firm, subject)
    assert {one["what"] for one in done["kept"]} == {"address", "phone"}
    with firm.house.database.reading(firm.organisation_id) as session:
        project = session.get(Project, project_id)
        assert project is not None
        assert project.tags == f"Contact effacé {key(subject)} {EMAIL}"
        assert session.get_one(Contact, key(other)).email == EMAIL


def a_private_client(api: ApiClient) -> str:
    with api.house.database.writing(api.organisation_id) as session:
        client = Client(
            code="PRIV",
            name=NAME,
            name_key=name_key(NAME),
            loose_key=loose_key(NAME),
            billing_address=f"{STREET}\n75011 Paris",
            client_type=ClientType.INDIVIDUAL,
            vat_number="NA",
            comment=f"Appeler au {PHONE}",
        )
        session.add(client)
        session.flush()
        session.add(Contact(client_id=client.id, name="Autre Personne", email=EMAIL, phone=PHONE))
        return f"client_{client.id}"


def test_a_private_client_goes_and_the_invoices_stay(any_firm: ApiClient) -> None:
    api = any_firm
    subject = a_private_client(api)
    invoice = blank(api, client=subject)["id"]
    change(api, invoice, lines=[account_line("100")])
    assert set(codes(erase(api, subject))) == {"PERSON_STILL_ACTIVE", "PERSON_HAS_PRO_FORMAS"}
    number = final(api, invoice)["invoice"]["number"]
    archive = "mutation($id: ID!) { clientArchive(input: { id: $id }) { userErrors { code } } }"
    assert codes(api.query(archive, id=subject)["clientArchive"]) == []
    assert codes(erase(api, subject, key="b")) == ["PERSON_HAS_OPEN_MONEY"]
    pay(api, "120", clientId=subject, allocations=[{"invoiceId": invoice}])
    assert codes(erase(api, subject, key="c", version=1)) == ["STALE_OBJECT"]
    done = erase(api, subject, key="d")
    assert codes(done) == []
    reasons = {one["what"]: one["until"] for one in done["kept"] if one["reason"] == "ACCOUNTS"}
    # The audit does not know of which entity: the latest end of all fiscal years.
    assert reasons == {
        "client": None,
        **dict.fromkeys(("invoice", "payment"), "2036-12-31"),
        "audit_change": "2037-06-30",
    }
    places = left(api, *MARKS, STREET)
    assert {table for table, _ in places} <= {"invoice", "issued_document", "audit_change"}
    assert left_in_audit(api) <= {"invoice", "issued_document"}
    assert is_sound(api)
    shown = api.query(
        "query($id: ID!) { invoice(id: $id) { number client { name } } }", id=invoice
    )["invoice"]
    assert shown == {"number": number, "client": {"name": f"Client effacé {key(subject)}"}}


def test_a_company_is_no_person_and_an_invoice_no_subject(firm: ApiClient) -> None:
    assert codes(erase(firm, "client_1")) == ["PERSON_NOT_NATURAL"]
    assert codes(erase(firm, "invoice_1")) == ["ID_INVALID"]
    assert codes(erase(firm, "contact_999999")) == ["NOT_FOUND"]


def test_a_final_document_is_deleted_by_nobody(firm: ApiClient) -> None:
    """C. com. L123-22: neither by the API nor by an erasure, nor by whoever writes SQL."""
    subject = a_private_client(firm)
    invoice = blank(firm, client=subject)["id"]
    change(firm, invoice, lines=[account_line("100")])
    final(firm, invoice)
    gone = firm.query(
        "mutation($id: ID!) { invoiceDelete(id: $id) { userErrors { code } } }", id=invoice
    )["invoiceDelete"]
    assert codes(gone)
    pay(firm, "120", clientId=subject, allocations=[{"invoiceId": invoice}])
    with firm.house.database.writing(firm.organisation_id) as session:
        session.execute(update(Client).where(Client.id == key(subject)).values(archived_at=NOW))
    assert codes(erase(firm, subject)) == []
    assert firm.query("query($id: ID!) { invoice(id: $id) { id } }", id=invoice)["invoice"]
    names: Any = ("issued_document", "invoice", "invoice_line", "chain_link")

    for name in names:
        with (
            pytest.raises(Exception, match="never altered"),
            firm.house.database.writing(firm.organisation_id) as session,
        ):
            session.execute(delete(METADATA.tables[name]))


def test_an_account_that_other_firms_use_stays_theirs(any_firm: ApiClient) -> None:
    api = any_firm
    subject = a_collaborator(api)
    other = api.of_another_firm("elsewhere")
    with api.house.database.reading(api.organisation_id) as session:
        kept = session.scalars(select(Account)).one().id
    with api.house.database.writing(other.organisation_id) as session:
        session.add(Member(account_id=kept, role=Role.READER))
    done = erase(api, subject)
    assert ("account", "OTHER_FIRMS") in {(one["what"], one["reason"]) for one in done["kept"]}
    with api.house.database.reading(None) as session:
        assert session.get_one(Account, kept).email == EMAIL
        own = session.scalars(
            select(Member).where(Member.organisation_id == api.organisation_id)
        ).one()
        assert own.account_id != kept
