"""The conditions of the lists people browse."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import ColumnElement, select

from domain.catalogue import LedgerAccount, Product, TaxCode
from domain.client import Client, ClientType
from domain.collaborator import Collaborator
from domain.project.model import Project, ProjectStatus
from domain.takeover.model import ImportFile, ImportRow, ImportState, RowColour, RowOutcome
from persistence.clients import clients_where, live_projects_of
from persistence.lists import (
    collaborators_where,
    import_rows_where,
    imports_where,
    ledger_accounts_where,
    products_where,
    projects_where,
    tax_codes_where,
)
from persistence.session import Database
from tests.persistence.firms import Firm, a_client, a_project, added, found_firm

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture
def firm(database: Database) -> Firm:
    firm = found_firm(database)
    with firm.writing() as session:
        public = ClientType.PUBLIC
        school = added(session, a_client("CLI-2", "ÉCOLE d’Art", client_type=public, country="BE"))
        added(session, a_client("PUB_3", "Mairie 100%", currency="CHF")).archived_at = NOW
        project = added(session, a_project(school.id, "P-2", name="École neuve", city="Évreux"))
        project.status = ProjectStatus.COMMERCIAL
        closed = a_project(school.id, "P-3", name="Vieux", status=ProjectStatus.CLOSED)
        session.add(closed)
        added(session, a_project(school.id, "P-4", name="Archives")).archived_at = NOW
    return firm


def found(firm: Firm, column: Any, where: Sequence[ColumnElement[bool]]) -> list[Any]:
    with firm.reading() as session:
        return list(session.scalars(select(column).where(*where).order_by(column)))


CLIENTS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["CLI-1", "CLI-2"]),
    ({"archived": None}, ["CLI-1", "CLI-2", "PUB_3"]),
    ({"archived": True}, ["PUB_3"]),
    ({"text": "ecole d'art"}, ["CLI-2"]),
    ({"text": "HABITAT"}, ["CLI-1"]),
    ({"text": "cli-"}, ["CLI-1", "CLI-2"]),
    ({"text": "%", "archived": None}, ["PUB_3"]),
    ({"text": "pub_", "archived": None}, ["PUB_3"]),
    ({"text": "_", "archived": None}, []),
    ({"client_type": ClientType.PUBLIC}, ["CLI-2"]),
    ({"country": "be"}, ["CLI-2"]),
    ({"currency": "chf", "archived": None}, ["PUB_3"]),
]

PROJECTS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["LOG-2403", "P-2", "P-3"]),
    ({"text": "log"}, ["LOG-2403"]),
    ({"text": "NEUVE"}, ["P-2"]),
    ({"text": "école"}, ["P-2"]),
    ({"text": "ÉCOLE"}, ["P-2"]),
    ({"text": "évreux"}, ["P-2"]),
    ({"text": "ÉVREUX "}, ["P-2"]),
    ({"text": "%"}, []),
    ({"status": ProjectStatus.COMMERCIAL}, ["P-2"]),
    ({"archived": True}, ["P-4"]),
    ({"client_id": 10**9}, []),
    ({"entity_id": 10**9}, []),
]


def test_clients_are_found_by_name_code_and_kind(firm: Firm) -> None:
    for asked, codes in CLIENTS:
        assert found(firm, Client.code, clients_where(**asked)) == codes, asked


def test_projects_are_found_by_code_name_and_town_whatever_the_case(firm: Firm) -> None:
    for asked, codes in PROJECTS:
        assert found(firm, Project.code, projects_where(**asked)) == codes, asked


def test_projects_of_a_client_or_an_entity(firm: Firm) -> None:
    assert found(firm, Project.code, projects_where(client_id=firm.client_id)) == ["LOG-2403"]
    assert found(firm, Project.code, projects_where(entity_id=firm.entity_id)) == ["LOG-2403"]


def test_a_project_is_live_until_it_is_closed_or_archived(firm: Firm) -> None:
    with firm.reading() as session:
        assert live_projects_of(session, firm.client_id) == 1
        assert live_projects_of(session, firm.client_id + 1) == 1
        assert live_projects_of(session, firm.client_id + 2) == 0


def test_collaborators_are_found_by_name_mail_and_activity(firm: Firm) -> None:
    for email, active in (("l@a.example", True), ("z@a.example", False)):
        person = Collaborator(first_name="Loïc", last_name="Orval", email=email, active=active)
        firm.keep(person)
    everyone = ["l@a.example", "z@a.example"]
    for asked, emails in (
        ({"text": "orval"}, everyone),
        ({"text": "LOÏC"}, everyone),
        ({"text": "z@"}, ["z@a.example"]),
        ({"active": True}, ["l@a.example"]),
        ({"active": False}, ["z@a.example"]),
        ({"archived": True}, []),
    ):
        assert found(firm, Collaborator.email, collaborators_where(**asked)) == emails


def test_the_catalogue_is_found_by_text_and_country(firm: Firm) -> None:
    firm.keep(Product(sku="HON-APS", name="Honoraires"), Product(sku="DEB", name="Débours"))
    assert found(firm, Product.sku, products_where(text="hon")) == ["HON-APS"]
    assert found(firm, Product.sku, products_where(text="débours")) == ["DEB"]
    assert found(firm, LedgerAccount.number, ledger_accounts_where(text="TVA COLL")) == ["445710"]
    swiss = found(firm, TaxCode.code, tax_codes_where(country="ch"))
    assert swiss == ["CH-2.6", "CH-3.8", "CH-8.1"]
    assert len(found(firm, TaxCode.code, tax_codes_where())) > len(swiss)


def test_imports_and_their_rows_are_found_by_state_kind_and_colour(firm: Firm) -> None:
    with firm.writing() as session:
        one = added(session, ImportFile(filename="a", size=1, sha256="0" * 64, kind="clients"))
        one.state = ImportState.REVIEW
        session.add(ImportFile(filename="b", size=1, sha256="1" * 64))
        for number, colour in enumerate([RowColour.RED, RowColour.GREEN], start=2):
            session.add(
                ImportRow(
                    import_id=one.id,
                    number=number,
                    colour=colour,
                    outcome=RowOutcome.CREATE,
                    raw={},
                    cells={},
                    issues=[],
                    skipped=number == 3,
                )
            )
        key = one.id
    assert found(firm, ImportFile.filename, imports_where(kind="clients")) == ["a"]
    assert found(firm, ImportFile.filename, imports_where(state=ImportState.UPLOADED)) == ["b"]
    for asked, numbers in (
        ({}, [2, 3]),
        ({"colour": RowColour.RED}, [2]),
        ({"skipped": True}, [3]),
        ({"skipped": False, "colour": RowColour.GREEN}, []),
    ):
        where = import_rows_where(import_id=key, **asked)
        assert found(firm, ImportRow.number, where) == numbers
    assert found(firm, ImportRow.number, import_rows_where(import_id=key + 1)) == []
