"""Clients with addresses and contacts, written from fifteen columns and read back into them."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from domain.client import Address, Client, Contact
from domain.takeover.candidate import Candidate
from domain.takeover.model import RowOutcome
from persistence.session import Database
from persistence.takeover.apply import apply
from persistence.takeover.known import planner_of
from persistence.takeover.prefill import prefilled
from tests.domain.examples import codes, refused
from tests.persistence.firms import Firm, found_firm, imported, planned

KIND = "clients_fusion"
HEAD = {
    "code": "C-1",
    "name": "Tulle",
    "vat_number": "NA",
    "address_code": "SIEGE",
    "address_name": "Siège",
    "street": "1 place Haute",
    "city": "Tulle",
    "postcode": "19000",
    "state": "Corrèze",
    "country": "FR",
    "is_default_address": True,
    "contact_name": "Anna Weiß",
    "contact_phone": "+33 1",
    "contact_email": "anna@c.example",
    "is_default_contact": True,
}
SITE = {"code": "C-1", "name": "Tulle", "address_code": "CHANTIER", "city": "Brive"}


def everything(firm: Firm) -> list[list[tuple[Any, ...]]]:
    """All clients with their addresses and contacts, to the last column."""
    with firm.reading() as session:
        return [
            [
                tuple(getattr(one, column.key) for column in record.__table__.columns)
                for one in session.scalars(select(record).order_by(record.id))
            ]
            for record in (Client, Address, Contact)
        ]


def test_a_client_is_written_with_its_addresses_and_contacts(database: Database) -> None:
    """A04–A19."""
    firm = found_firm(database)
    leo = {"code": "C-1", "name": "Tulle", "contact_name": "Léo"}
    written = imported(firm, KIND, HEAD, SITE, leo, {"code": "C-2", "name": "Ussel"})
    assert written[2] == written[3] == written[4] != written[5]
    with firm.reading() as session:
        client = session.get_one(Client, written[2])
        assert (client.code, client.name, client.vat_number) == ("C-1", "Tulle", "NA")
        assert client.billing_address == "1 place Haute\n19000 Tulle\nCorrèze"
        assert (client.currency, client.country, client.version) == ("EUR", "FR", 1)
        addresses = session.scalars(
            select(Address).where(Address.client_id == client.id).order_by(Address.id)
        ).all()
        assert [(one.code, one.city, one.is_default) for one in addresses] == [
            ("SIEGE", "Tulle", True),
            ("CHANTIER", "Brive", False),
        ]
        assert (addresses[0].name, addresses[0].state) == ("Siège", "Corrèze")
        contacts = session.scalars(select(Contact).order_by(Contact.id)).all()
        assert [(one.name, one.email, one.phone, one.is_default) for one in contacts] == [
            ("Anna Weiß", "anna@c.example", "+33 1", True),
            ("Léo", None, None, False),
        ]


def test_a_known_client_is_completed_and_changed_as_one(database: Database) -> None:
    """A22: its rows are one change of one version, whatever each of them brings."""
    firm = found_firm(database)
    imported(firm, KIND, HEAD, SITE)
    moved = HEAD | {"street": "2 place Basse", "contact_phone": "+33 2"}
    renamed = SITE | {"name": "Tulle Agglo", "postcode": "19100"}
    first = {"code": "C-1", "name": "Tulle Agglo"}
    written = imported(firm, KIND, first, moved | first, renamed, first | {"contact_name": "Léo"})
    assert set(written) == {2, 3, 4, 5}
    with firm.reading() as session:
        client = session.scalars(select(Client).where(Client.code == "C-1")).one()
        assert (client.name, client.name_key, client.version) == ("Tulle Agglo", "tulle agglo", 2)
        assert client.billing_address == "2 place Basse\n19000 Tulle\nCorrèze"
        streets = session.scalars(select(Address.street).order_by(Address.id)).all()
        assert streets == ["2 place Basse", None]
        assert session.scalars(select(Contact.phone).order_by(Contact.id)).all() == ["+33 2", None]
    assert imported(firm, KIND, first, moved | first, renamed) == {}


def test_a_part_added_to_a_client_that_changed_meanwhile_is_not_written(
    database: Database,
) -> None:
    """API.md 7, 10."""
    firm = found_firm(database)
    imported(firm, KIND, HEAD)
    before = everything(firm)
    with firm.writing() as session:
        rows = planned(session, KIND, SITE)
        assert [row.outcome for row in rows] == [RowOutcome.CREATE]
        rows[0].target_version = 0
    with firm.writing() as session:
        assert refused(lambda: apply(session, KIND, rows, source="import 1", author="")) == [
            "STALE_REVIEW"
        ]
        session.rollback()
    assert everything(firm) == before


def test_a_client_known_by_another_layout_takes_its_parts(database: Database) -> None:
    firm = found_firm(database)
    imported(firm, KIND, SITE | {"code": "CLI-1", "name": "Brive-Habitat", "street": "Zone A"})
    with firm.reading() as session:
        client = session.get_one(Client, firm.client_id)
        assert (client.billing_address, client.version) == ("Zone A\nBrive", 2)
        assert session.scalars(select(Address.client_id)).all() == [firm.client_id]


def test_prefilled_rows_pair_addresses_and_contacts_and_change_nothing(
    database: Database,
) -> None:
    """Fifteen columns have no room for a reference: rows are known by their codes."""
    firm = found_firm(database)
    imported(firm, KIND, HEAD, SITE, SITE | {"address_code": "X", "contact_name": "Léo"})
    imported(firm, KIND, {"code": "C-2", "name": "Ussel", "contact_phone": "+33 3"})
    firm.keep(Client(code="OLD", name="Old", name_key="old", loose_key="old"))
    with firm.writing() as session:
        away = session.scalars(select(Client).where(Client.code == "OLD")).one()
        away.archived_at = datetime(2026, 11, 1, tzinfo=UTC)
    with firm.reading() as session:
        rows = list(prefilled(session, KIND))
        told = [(one["code"], one.get("address_code"), one.get("contact_name")) for _, one in rows]
        assert told == [
            ("C-1", "SIEGE", "Anna Weiß"),
            ("C-1", "CHANTIER", "Léo"),
            ("C-1", "X", None),
            ("C-2", None, None),
            ("CLI-1", None, None),
        ]
        assert rows[0][1] == HEAD
        only = list(prefilled(session, KIND, only=[firm.client_id]))
        assert [key for key, _ in only] == [firm.client_id]
        candidates = [
            Candidate(row, {name: value for name, value in cells.items() if value is not None})
            for row, (_, cells) in enumerate(rows, start=2)
        ]
        for plan in planner_of(session, KIND).plan(candidates):
            assert (plan.outcome, codes(plan.issues)) == (RowOutcome.UNCHANGED, [])


def test_the_neighbours_parts_are_not_seen(database: Database) -> None:
    firm, other = found_firm(database), found_firm(database, "other")
    imported(firm, KIND, HEAD)
    imported(other, KIND, HEAD | {"street": "3 quai Neuf"})
    with other.reading() as session:
        (cells,) = [cells for _, cells in prefilled(session, KIND) if cells["code"] == "C-1"]
    assert cells["street"] == "3 quai Neuf"


def any_of(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from([None, *values])


sheets = st.lists(
    st.fixed_dictionaries(
        {
            "code": st.sampled_from(["C-1", "C-2"]),
            "name": st.sampled_from(["Tulle {}", "TULLE {}", "Tulle-{} Agglo"]),
            "vat_number": any_of("NA", "FR44732829320"),
            "address_code": any_of("SIEGE", "SITE"),
            "street": any_of("1 place Haute", "2 place Basse"),
            "country": any_of("FR", "BE"),
            "is_default_address": any_of(True, False),
            "contact_name": any_of("Anna", "Léo"),
            "contact_email": any_of("a@c.example", "b@c.example"),
            "contact_phone": any_of("+33 1", "+33 2"),
            "is_default_contact": any_of(True, False),
        }
    ),
    min_size=1,
    max_size=7,
)
_NUMBERS = count()


@settings(max_examples=60)
@given(before=sheets, sheet=sheets)
def test_any_rows_uploaded_twice_leave_the_same_records(
    sqlite_database: Database, before: list[dict[str, Any]], sheet: list[dict[str, Any]]
) -> None:
    """DOMAIN §3.2, second import: whatever the records were before the first."""
    firm = found_firm(sqlite_database, f"firm{next(_NUMBERS)}")
    for rows in (before, sheet):
        # A name that another client had until then is refused, and free the second time.
        named = [row | {"name": row["name"].format(row["code"])} for row in rows]
        told = [{name: value for name, value in row.items() if value is not None} for row in named]
        imported(firm, KIND, *told)
        kept = everything(firm)
        assert imported(firm, KIND, *told) == {}
        assert everything(firm) == kept
        with firm.reading() as session:
            for record in (Address, Contact):
                default = select(record.client_id).where(record.is_default)
                owners = session.scalars(default).all()
                assert len(set(owners)) == len(owners)


@pytest.fixture
def sqlite_database(sqlite_url: str) -> Any:
    opened = Database(sqlite_url)
    yield opened
    opened.close()
