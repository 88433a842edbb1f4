"""Reading by what was asked for: the number of statements follows the fields, never the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from domain.client import Client
from domain.project.model import Contract, Phase, Project
from persistence.ledger.sums import phase_figures
from persistence.reading import (
    Computed,
    Derived,
    Noun,
    ToMany,
    ToOne,
    Wanted,
    load,
    load_by_ids,
    load_one,
)
from persistence.session import Database, ScopedSession
from tests.persistence.firms import (
    Firm,
    a_client,
    a_contract,
    a_phase,
    a_project,
    added,
    counted,
    found_firm,
)


def remaining(session: ScopedSession, keys: Sequence[int], wanted: Wanted) -> Mapping[int, int]:
    return {key: found.remaining for key, found in phase_figures(session, keys).items()}


CLIENT = Noun(Client, "Client", {"projects": ToMany(lambda: PROJECT, "client_id", ("code",))})
PROJECT: Noun = Noun(
    Project,
    "Project",
    {
        "client": ToOne(lambda: CLIENT, "client_id"),
        "contracts": ToMany(lambda: CONTRACT, "project_id"),
        "title": Computed(("code", "name"), lambda row: f"{row['code']} {row['name']}"),
        "manager": ToOne(lambda: CLIENT, "manager_id"),
    },
)
CONTRACT: Noun = Noun(
    Contract, "Contract", {"phases": ToMany(lambda: PHASE, "contract_id", ("position", "id"))}
)
PHASE: Noun = Noun(
    Phase,
    "Phase",
    {"remaining": Derived(remaining), "nothing": Derived(lambda *_: {}, default="none")},
)

DEEP: Wanted = {
    "title": {},
    "client": {"name": {}},
    "contracts": {"name": {}, "phases": {"code": {}, "remaining": {}}},
}


def grow(firm: Firm, projects: int) -> None:
    """More projects, each of its own client, with two contracts of three phases."""
    with firm.writing() as session:
        for number in range(projects):
            client = added(session, a_client(f"K{number}", f"Client {number}"))
            project = added(session, a_project(client.id, f"P-{number}"))
            for name in ("Base", "OPC"):
                contract = added(session, a_contract(project.id, name))
                codes = ("C", "B", "A")
                session.add_all(a_phase(contract.id, c, position=p) for p, c in enumerate(codes))


def test_the_number_of_statements_does_not_grow_with_the_rows(database: Database) -> None:
    firm = found_firm(database)
    sent = []
    for more in (0, 12):
        grow(firm, more)
        with counted(database) as statements, firm.reading() as session:
            rows = load(session, PROJECT, DEEP)
        sent.append(sum("SELECT" in statement for statement in statements))
        assert len(rows) == 1 + more
        assert all(row["client"] and row["contracts"] for row in rows)
        related = [one for one in statements if "SELECT" in one][1:]
        assert all(" IN (" in one for one in related)
    # Projects, clients, contracts, phases, figures.
    assert sent == [5, 5]


def test_only_the_columns_asked_for_are_read(database: Database) -> None:
    firm = found_firm(database)
    with counted(database) as statements, firm.reading() as session:
        (row,) = load(session, PROJECT, {"code": {}})
    (statement,) = [one for one in statements if "SELECT" in one]
    assert row == {
        "key": firm.project_id,
        "id": f"project_{firm.project_id}",
        "__typename": "Project",
        "code": "LOG-2403",
    }
    assert "vat_rate" not in statement
    assert "name" not in statement


def test_a_relation_not_asked_for_costs_nothing(database: Database) -> None:
    firm = found_firm(database)
    with counted(database) as statements, firm.reading() as session:
        load(session, PROJECT, {"title": {}})
    assert sum("SELECT" in statement for statement in statements) == 1


def test_relations_are_filled_in_their_order(database: Database) -> None:
    firm = found_firm(database)
    grow(firm, 2)
    with firm.reading() as session:
        rows = load(session, PROJECT, DEEP, order=[Project.code.desc()])
    assert [row["title"].split()[0] for row in rows] == ["P-1", "P-0", "LOG-2403"]
    assert [row["client"]["name"] for row in rows] == ["Client 1", "Client 0", "Brive-Habitat"]
    assert [contract["name"] for contract in rows[0]["contracts"]] == ["Base", "OPC"]
    phases = rows[0]["contracts"][1]["phases"]
    assert [(phase["code"], phase["remaining"]) for phase in phases] == [
        ("C", 1_000_000),
        ("B", 1_000_000),
        ("A", 1_000_000),
    ]


def test_what_is_not_there_is_none_an_empty_list_or_the_default(database: Database) -> None:
    firm = found_firm(database)
    firm.keep(a_client("CLI-2", "Alone"))
    with firm.reading() as session:
        clients = load(session, CLIENT, {"projects": {"manager": {}}}, order=[Client.id])
        phases = load(session, PHASE, {"nothing": {}, "unheard_of": {}})
    assert clients[1]["projects"] == []
    assert clients[0]["projects"][0]["manager"] is None
    assert phases[0]["nothing"] == "none"
    assert "unheard_of" not in phases[0]


def test_rows_are_found_by_identifier_and_unknown_ones_are_absent(database: Database) -> None:
    firm, other = found_firm(database), found_firm(database, "other")
    with firm.reading() as session:
        found = load_by_ids(session, CLIENT, {"name": {}}, [firm.client_id, 10**9, other.client_id])
        assert list(found) == [firm.client_id]
        assert load_by_ids(session, CLIENT, {"name": {}}, []) == {}
        assert load_one(session, CLIENT, {}, other.client_id) is None
        one = load_one(session, CLIENT, {"name": {}}, firm.client_id)
        assert one is not None
        assert one["name"] == "Brive-Habitat"


@pytest.mark.parametrize("limit", [1, 2])
def test_conditions_limits_and_extra_columns_are_kept(database: Database, limit: int) -> None:
    firm = found_firm(database)
    grow(firm, 3)
    with firm.reading() as session:
        rows: list[dict[str, Any]] = load(
            session,
            PROJECT,
            {},
            where=[Project.code.startswith("P-")],
            order=[Project.code],
            limit=limit,
            extra=["code", "vat_rate"],
        )
    assert [row["_code"] for row in rows] == ["P-0", "P-1"][:limit]
    assert all(row["_vat_rate"] == 20 and "code" not in row for row in rows)
