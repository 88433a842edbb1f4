"""Writing what a review planned: each kind of file, on both databases, all of it or nothing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from sqlalchemy import func, select

from domain.access import Role
from domain.client import Client, ClientType, Contact
from domain.collaborator import Collaborator
from domain.organisation import Entity, Organisation
from domain.project.model import BillingMethod, Contract, Phase, PhaseKind, Project, ProjectStatus
from domain.project.progress import ProgressUpdate
from domain.takeover.candidate import Planned
from domain.takeover.model import RowOutcome
from persistence.session import Database
from persistence.takeover.apply import apply
from persistence.takeover.known import counts, planner_of
from tests.domain.examples import codes, refused
from tests.persistence.firms import (
    Firm,
    added,
    counted,
    entity_file,
    found_firm,
    imported,
    planned,
    raw,
)

OCTOBER = date(2026, 10, 31)


def a_row(kind: str, **changed: Any) -> dict[str, Any]:
    """A row of `kind` with what is mandatory."""
    cells: dict[str, dict[str, Any]] = {
        "clients": {"name": "Tulle", "billing_address": "1 rue Haute", "currency": "EUR"},
        "projects": {
            "code": "P-2",
            "name": "Tour",
            "client": "CLI-1",
            "country": "FR",
            "currency": "EUR",
            "vat_rate": Decimal("5.5"),
            "status": "SIGNED",
        },
        "phases": {
            "project_code": "LOG-2403",
            "contract": "Mission OPC",
            "phase_name": "Pilotage",
            "fee": Decimal("1234.56"),
        },
        "collaborators": {"first_name": "Loïc", "last_name": "Orval", "email": "l@a.example"},
        "progress": {
            "project_code": "LOG-2403",
            "phase_code": "APS",
            "progress": Decimal("62.5"),
            "as_of": OCTOBER,
        },
    }
    return cells[kind] | changed


def the_one(firm: Firm, record: type[Any], key: int) -> Any:
    with firm.reading() as session:
        found = session.get_one(record, key)
        session.expunge(found)
        return found


def test_a_client_is_written_with_its_default_contact(database: Database) -> None:
    """O10–O14."""
    firm = found_firm(database)
    row = a_row("clients", contact_name="Anaïs", contact_email="a@b.example", siret=None)
    written = imported(firm, "clients", row, a_row("clients", name="Ussel"))
    assert set(written) == {2, 3}
    client = the_one(firm, Client, written[2])
    assert (client.name, client.code, client.currency) == ("Tulle", "C00001", "EUR")
    assert (client.client_type, client.payment_days) == (ClientType.COMPANY, 30)
    assert (client.version, client.siret, client.language) == (1, None, "fr")
    contacts = raw(database, "SELECT client_id, name, email, phone, is_default FROM contact")
    assert [tuple(row) for row in contacts] == [
        (written[2], "Anaïs", "a@b.example", None, contacts[0][4])
    ]
    assert contacts[0][4]


def test_a_contact_is_completed_and_never_emptied(database: Database) -> None:
    firm = found_firm(database)
    firm.keep(Contact(client_id=firm.client_id, name="Second", is_default=False))
    for cells in (
        {"contact_name": "Anaïs"},
        {"contact_email": "a@b.example"},
        {"contact_email": None, "contact_phone": "1"},
    ):
        imported(firm, "clients", a_row("clients", code="CLI-1", name="Brive-Habitat", **cells))
    with firm.reading() as session:
        (kept,) = session.scalars(select(Contact).where(Contact.is_default)).all()
        assert (kept.name, kept.email, kept.phone) == ("Anaïs", "a@b.example", "1")


def test_a_project_is_written_with_its_client_and_its_entity(database: Database) -> None:
    """O15–O21."""
    firm = found_firm(database)
    written = imported(
        firm, "projects", a_row("projects", works_amount=Decimal(1850000), area=Decimal("1640.5"))
    )
    project = the_one(firm, Project, written[2])
    assert (project.code, project.client_id, project.entity_id) == (
        "P-2",
        firm.client_id,
        firm.entity_id,
    )
    assert (project.status, project.vat_rate) == (ProjectStatus.SIGNED, Decimal("5.5"))
    assert (project.works_minor, project.area) == (185_000_000, Decimal("1640.5"))


def test_the_key_of_a_project_follows_its_name(database: Database) -> None:
    firm = found_firm(database)
    written = imported(firm, "projects", a_row("projects", name="Élan"))
    assert the_one(firm, Project, written[2]).name_key == "elan"
    written = imported(firm, "projects", a_row("projects", name="Œuvre « Égale »"))
    assert the_one(firm, Project, written[2]).name_key == "oeuvre egale"


def test_phases_make_their_contract_on_first_use(database: Database) -> None:
    """O22–O28."""
    firm = found_firm(database)
    written = imported(
        firm,
        "phases",
        a_row("phases", billing_method="TIME_AND_MATERIALS", hourly_rate=Decimal(85)),
        a_row("phases", phase_name="Bilan", phase_code="BIL"),
        a_row("phases", phase_name="Moins", line_type="ANNEX", fee=Decimal(-5), linked_phase="BIL"),
        a_row("phases", contract="Mission de base", phase_name="APD", phase_code="APD"),
    )
    with firm.reading() as session:
        made = session.scalars(select(Contract).where(Contract.name == "Mission OPC")).one()
        assert made.billing_method is BillingMethod.TIME_AND_MATERIALS
        found = {row: session.get_one(Phase, key) for row, key in written.items()}
        assert {p.contract_id for p in found.values()} == {made.id, firm.contract_id}
        assert [found[n].code for n in (2, 3, 4, 5)] == ["PH01", "BIL", "AX01", "APD"]
        assert (found[2].fee_minor, found[2].hourly_rate_minor) == (123_456, 8_500)
        assert (found[4].kind, found[4].fee_minor) == (PhaseKind.ANNEX, -500)
        assert found[4].linked_phase_id == found[3].id
        assert found[5].contract_id == firm.contract_id


def test_a_link_alone_is_written_on_a_known_annex(database: Database) -> None:
    firm = found_firm(database)
    annex = a_row("phases", contract="Mission de base", phase_code="AX01", line_type="ANNEX")
    key = imported(firm, "phases", annex)[2]
    assert imported(firm, "phases", annex | {"linked_phase": "APS"}) == {2: key}
    assert the_one(firm, Phase, key).linked_phase_id == firm.phase_id
    assert imported(firm, "phases", annex | {"linked_phase": "aps"}) == {}


def test_the_entity_that_phases_tell_becomes_that_of_their_project(database: Database) -> None:
    """O22, O35."""
    firm = found_firm(database, entities=[entity_file(), entity_file("LYO")])
    with firm.writing() as session:
        session.get_one(Project, firm.project_id).entity_id = None
    base = a_row("phases", contract="Mission de base", phase_code="APS", phase_name="Phase APS")
    imported(firm, "phases", base | {"entity": "LYO", "fee": Decimal(10_000)})
    with firm.reading() as session:
        lyon = session.scalars(select(Entity.id).where(Entity.code == "LYO")).one()
        assert session.get_one(Project, firm.project_id).entity_id == lyon


def test_a_project_that_got_its_entity_meanwhile_keeps_it(database: Database) -> None:
    firm = found_firm(database, entities=[entity_file(), entity_file("LYO")])
    base = a_row("phases", contract="Mission de base", phase_code="APS", phase_name="Phase APS")
    with firm.writing() as session:
        lyon = session.scalars(select(Entity.id).where(Entity.code == "LYO")).one()
        session.get_one(Project, firm.project_id).entity_id = None
        session.flush()
        rows = planned(session, "phases", base | {"entity": "LYO"})
        session.get_one(Project, firm.project_id).entity_id = firm.entity_id
        session.flush()
        assert rows[0].parts["project_entity"] == (firm.project_id, lyon)
        apply(session, "phases", rows, source="", author="")
    assert the_one(firm, Project, firm.project_id).entity_id == firm.entity_id


def test_a_collaborator_is_written_and_becomes_the_manager_of_the_projects_that_name_it(
    database: Database,
) -> None:
    """O09, O29–O31: collaborators come last, projects name them by e-mail before."""
    firm, other = found_firm(database), found_firm(database, "other")
    for each in (firm, other):
        imported(each, "projects", a_row("projects", manager_email="l@a.example"))
    theirs = imported(other, "collaborators", a_row("collaborators"))[2]
    key = imported(firm, "collaborators", a_row("collaborators", weekly_hours=Decimal("37.5")))[2]
    person = the_one(firm, Collaborator, key)
    assert (person.role, person.active, person.weekly_hours) == (
        Role.COLLABORATOR,
        True,
        Decimal("37.5"),
    )
    linked = raw(database, "SELECT organisation_id, manager_id FROM project WHERE code = 'P-2'")
    assert sorted(linked) == [(firm.id, key), (other.id, theirs)]


def test_a_project_that_names_another_manager_leaves_the_former_one(database: Database) -> None:
    firm = found_firm(database)
    one = imported(firm, "collaborators", a_row("collaborators"))[2]
    key = imported(firm, "projects", a_row("projects", manager_email="l@a.example"))[2]
    assert the_one(firm, Project, key).manager_id == one
    imported(firm, "projects", a_row("projects", manager_email="new@a.example"))
    assert the_one(firm, Project, key).manager_id is None
    two = imported(firm, "collaborators", a_row("collaborators", email="new@a.example"))[2]
    assert the_one(firm, Project, key).manager_id == two
    imported(firm, "projects", a_row("projects", manager_email="l@a.example", city="Brive"))
    assert the_one(firm, Project, key).manager_id == one


def test_progress_is_added_and_signed_by_its_import(database: Database) -> None:
    """O03."""
    firm = found_firm(database)
    written = imported(firm, "progress", a_row("progress", comment="Permis"))
    update = the_one(firm, ProgressUpdate, written[2])
    assert (update.phase_id, update.percent, update.as_of) == (
        firm.phase_id,
        Decimal("62.5"),
        OCTOBER,
    )
    assert (update.comment, update.author, update.source) == ("Permis", "Loïc", "import 1")
    assert imported(firm, "progress", a_row("progress")) == {}
    assert raw(database, "SELECT count(*) FROM progress_update") == [(1,)]


def test_importing_the_same_file_again_writes_nothing(database: Database) -> None:
    """DOMAIN §3.2, second import."""
    firm = found_firm(database)
    for kind in ("clients", "projects", "phases", "collaborators", "progress"):
        imported(firm, kind, a_row(kind))
        with firm.reading() as session:
            (row,) = planned(session, kind, a_row(kind))
            assert (row.outcome, codes(row.issues)) == (RowOutcome.UNCHANGED, []), kind
        with counted(database) as statements:
            assert imported(firm, kind, a_row(kind)) == {}
        assert not any(one.startswith("INSERT") for one in statements), kind


CHANGES: dict[str, dict[str, Any]] = {
    "clients": {"comment": "Appelle le lundi"},
    "projects": {"city": "Tulle"},
    "phases": {"fee": Decimal("1300.00"), "phase_code": "PH01"},
    "collaborators": {"job_title": "Architecte"},
}


def test_a_changed_row_changes_its_record_alone_and_counts_its_version(database: Database) -> None:
    """A22."""
    firm, other = found_firm(database), found_firm(database, "other")
    for kind, changed in CHANGES.items():
        for each in (firm, other):
            imported(each, kind, a_row(kind))
        written = imported(firm, kind, a_row(kind, **changed))
        ((row, key),) = written.items()
        versions = dict(raw(database, f"SELECT id, version FROM {kind.removesuffix('s')}"))
        assert (row, versions.pop(key)) == (2, 2), kind
        assert set(versions.values()) == {1}, kind


def test_rows_that_change_different_columns_are_written_together(database: Database) -> None:
    firm = found_firm(database)
    rows = [a_row("clients", name=f"Client {n}", code=f"K{n}") for n in range(6)]
    imported(firm, "clients", *rows)
    changes: list[dict[str, Any]] = [{"comment": "c"}, {"payment_days": 60}, {}] * 2
    changed = [{**row, **change} for row, change in zip(rows, changes, strict=True)]
    assert set(imported(firm, "clients", *changed)) == {2, 3, 5, 6}
    found = raw(database, "SELECT comment, payment_days, version FROM client ORDER BY code")
    assert found[1:] == [("c", 30, 2), (None, 60, 2), (None, 30, 1)] * 2


def test_empty_cells_take_the_default_of_their_column(database: Database) -> None:
    firm = found_firm(database)
    bare = {"code": "X", "name": "X", "name_key": "x", "loose_key": "x"}
    full = {"code": "Y", "name": "Y", "name_key": "y", "loose_key": "y", "payment_days": 45}
    rows = [
        Planned(2, RowOutcome.CREATE, columns={**bare, "payment_days": None, "currency": None}),
        Planned(3, RowOutcome.CREATE, columns={**full, "currency": "CHF"}),
    ]
    with firm.writing() as session:
        apply(session, "clients", rows, source="", author="")
    found = raw(database, "SELECT payment_days, currency, country FROM client ORDER BY code")
    assert found[1:] == [(30, "EUR", "FR"), (45, "CHF", "FR")]


def test_skipped_and_refused_rows_write_nothing(database: Database) -> None:
    """A21, A23, A24."""
    firm = found_firm(database)
    with firm.writing() as session:
        rows = planned(
            session,
            "clients",
            a_row("clients", name="Skipped"),
            a_row("clients", record_id=99),
            a_row("clients", name="Written"),
        )
        rows[0].skipped = True
        assert set(apply(session, "clients", rows, source="", author="")) == {4}
    assert raw(database, "SELECT name FROM client ORDER BY name") == [
        ("Brive-Habitat",),
        ("Written",),
    ]


def test_a_record_changed_since_the_review_stops_everything(database: Database) -> None:
    """API.md 7: STALE_REVIEW, and nothing is written."""
    firm = found_firm(database)
    imported(firm, "clients", a_row("clients", name="Tulle", code="K1"))
    with firm.reading() as session:
        rows = planned(
            session,
            "clients",
            a_row("clients", name="New"),
            a_row("clients", name="Tulle", payment_days=60),
            a_row("clients", name="Brive-Habitat", payment_days=60),
        )
    with firm.writing() as session:
        session.get_one(Client, firm.client_id).comment = "meanwhile"

    def confirm() -> None:
        with firm.writing() as session:
            apply(session, "clients", rows, source="", author="")

    assert refused(confirm) == ["STALE_REVIEW"]
    found = raw(database, "SELECT name, payment_days, version FROM client ORDER BY id")
    assert found == [("Brive-Habitat", 30, 2), ("Tulle", 30, 1)]


def test_a_thousand_rows_cost_as_many_statements_as_ten(database: Database) -> None:
    """Whichever of their cells are empty."""
    firm = found_firm(database)
    sent = []
    for count in (10, 1000):
        empty: list[dict[str, Any]] = [
            {},
            {"comment": "c"},
            {"service_code": "s"},
            {"payment_days": 45},
        ]
        rows = [a_row("clients", name=f"Client {count} {n}", **empty[n % 4]) for n in range(count)]
        with counted(database) as statements:
            imported(firm, "clients", *rows)
        sent.append(len([one for one in statements if one.startswith(("SELECT", "INSERT"))]))
    assert sent[1] <= sent[0] + 2
    with firm.reading() as session:
        assert counts(session)["clients"] == 1011
        days = select(func.count(Client.id)).where(Client.payment_days == 45)
        assert session.scalar(days) == 252


def test_rows_that_name_different_columns_are_written_together(database: Database) -> None:
    firm = found_firm(database)
    rows = [
        a_row("collaborators", email=f"p{n}@a.example") | ({"entity": "PAR"} if n % 2 else {})
        for n in range(20)
    ]
    with counted(database) as statements:
        imported(firm, "collaborators", *rows)
    assert sum(one.startswith("INSERT INTO collaborator") for one in statements) == 1
    with firm.reading() as session:
        entities = session.scalars(select(Collaborator.entity_id).order_by(Collaborator.id)).all()
        assert entities == [None, firm.entity_id] * 10


def test_a_kind_nobody_knows_is_refused(database: Database) -> None:
    firm = found_firm(database)
    with firm.reading() as session:
        assert refused(partial(planner_of, session, "recipes")) == ["TEMPLATE_KIND_UNKNOWN"]


def test_what_there_is_is_counted_for_the_order_of_the_files(database: Database) -> None:
    """O08."""
    firm = found_firm(database)
    with database.writing(None) as session:
        empty = added(session, Organisation(code="empty", name="Empty")).id
    with firm.reading() as session:
        present = {kind: count for kind, count in counts(session).items() if count}
        assert present == {"clients": 1, "projects": 1, "phases": 1}
    with database.reading(empty) as session:
        assert set(counts(session).values()) == {0}
