"""A firm with much to bill: contracts of all four methods by the thousand, written in bulk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from domain.client import Client
from domain.collaborator import Collaborator
from domain.likeness import loose_key, name_key
from domain.organisation import Entity
from domain.project.model import (
    BillingMethod,
    Contract,
    Periodicity,
    Phase,
    Project,
    ProjectStatus,
)
from domain.project.progress import ProgressUpdate
from domain.time_entry import TimeEntry
from persistence.ids import reserve
from persistence.session import ScopedSession, insert_all

Rows = list[dict[str, Any]]

_PORTION = 10_000
_OTHERS = {
    3: BillingMethod.TIME_AND_MATERIALS,
    6: BillingMethod.RETAINER,
    9: BillingMethod.PREPAID_HOURS,
}
"""Of ten contracts, those that are not a fixed fee."""


@dataclass(frozen=True, slots=True)
class Due:
    """What was written: identifiers in their order."""

    clients: Sequence[int]
    contracts: Sequence[int]
    phases: Sequence[int]
    entries: Sequence[int]


def add_due(
    session: ScopedSession, contracts: int, *, day: date, phases: int = 4, mixed: bool = True
) -> Due:
    """`contracts` contracts of `phases` phases each, with something due of every phase at `day`.

    Three contracts on two projects, five projects a client; every fifth client is Swiss and billed
    in francs by the Swiss entity. `mixed`: three in ten are time and materials (six approved
    entries a phase, of two people), retainers and prepaid hours; else all are fixed fees.
    """
    places = [_Place(number) for number in range(contracts)]
    projects = places[-1].project + 1
    clients = projects // _PROJECTS_A_CLIENT + 1
    ids = _Ids(
        clients=reserve(session, Client, clients),
        projects=reserve(session, Project, projects),
        contracts=reserve(session, Contract, contracts),
        phases=reserve(session, Phase, contracts * phases),
        people=reserve(session, Collaborator, 2),
    )
    methods = [_OTHERS.get(one.number % 10, _FIXED) if mixed else _FIXED for one in places]
    _insert(session, Client, [_client(number, key) for number, key in enumerate(ids.clients)])
    _insert(session, Collaborator, [_person(key) for key in ids.people])
    entities = {
        entity.currency: entity.id
        for entity in session.scalars(select(Entity).order_by(Entity.id.desc()))
    }
    _insert(session, Project, [_project(number, ids, entities) for number in range(projects)])
    _insert(session, Contract, [_contract(ids, *one) for one in zip(places, methods, strict=True)])
    below = [
        _phase(ids, place, method, rank, phases, day)
        for place, method in zip(places, methods, strict=True)
        for rank in range(phases)
    ]
    _insert(session, Phase, below)
    done, worked = _work(ids, places, methods, phases, day)
    entries = reserve(session, TimeEntry, len(worked))
    _insert(session, ProgressUpdate, done)
    _insert(
        session, TimeEntry, [{**one, "id": key} for one, key in zip(worked, entries, strict=True)]
    )
    return Due(ids.clients, ids.contracts, ids.phases, entries)


_FIXED = BillingMethod.FIXED_FEE_PROGRESS
_PROJECTS_A_CLIENT = 5


@dataclass(frozen=True, slots=True)
class _Ids:
    clients: Sequence[int]
    projects: Sequence[int]
    contracts: Sequence[int]
    phases: Sequence[int]
    people: Sequence[int]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a contract stands: the first of three has a project to itself."""

    number: int

    @property
    def project(self) -> int:
        return self.number // 3 * 2 + min(self.number % 3, 1)

    @property
    def currency(self) -> str:
        return _currency(self.project)


def _currency(project: int) -> str:
    return "CHF" if project // _PROJECTS_A_CLIENT % 5 == 4 else "EUR"


def _client(number: int, key: int) -> dict[str, Any]:
    name = f"Foncière de l'Échelle n° {key}"
    is_swiss = _currency(number * _PROJECTS_A_CLIENT) == "CHF"
    return {
        "id": key,
        "code": f"F{key:06d}",
        "name": name,
        "name_key": name_key(name),
        "loose_key": loose_key(name),
        "billing_address": f"{number % 300 + 1} rue des Tilleuls\n75001 Paris",
        "currency": "CHF" if is_swiss else "EUR",
        "country": "CH" if is_swiss else "FR",
        "vat_number": "NA",
        "language": "en" if number % 7 == 3 else "fr",
    }


def _person(key: int) -> dict[str, Any]:
    return {
        "id": key,
        "first_name": "Anaïs",
        "last_name": f"Kerléo {key}",
        "email": f"p{key}@atelier.example",
        "billable_rate": Decimal("85.5"),
    }


def _project(number: int, ids: _Ids, entities: dict[str, int]) -> dict[str, Any]:
    key, currency = ids.projects[number], _currency(number)
    rate = Decimal("8.1") if currency == "CHF" else Decimal(20 if number % 4 else 10)
    return {
        "id": key,
        "code": f"DUE-{key:06d}",
        "name": f"Réhabilitation de l'îlot {key}",
        "name_key": f"rehabilitation de l'ilot {key}",
        "client_id": ids.clients[number // _PROJECTS_A_CLIENT],
        "entity_id": entities[currency],
        "country": "CH" if currency == "CHF" else "FR",
        "currency": currency,
        "vat_rate": rate,
        "status": ProjectStatus.SIGNED,
    }


def _contract(ids: _Ids, place: _Place, method: BillingMethod) -> dict[str, Any]:
    name = f"Mission {place.number}"
    return {
        "id": ids.contracts[place.number],
        "project_id": ids.projects[place.project],
        "name": name,
        "name_key": name_key(name),
        "billing_method": method,
        "hourly_rate_minor": 9_050 if place.number % 4 else 11_999,
    }


def _phase(
    ids: _Ids, place: _Place, method: BillingMethod, rank: int, phases: int, day: date
) -> dict[str, Any]:
    number = place.number * phases + rank
    is_periodic = method in (BillingMethod.RETAINER, BillingMethod.PREPAID_HOURS)
    is_hourly = method is BillingMethod.TIME_AND_MATERIALS
    name = f"Phase {rank + 1}"
    return {
        "id": ids.phases[number],
        "contract_id": ids.contracts[place.number],
        "code": f"P{rank + 1}",
        "name": name,
        "name_key": name_key(name),
        "currency": place.currency,
        "fee_minor": 0 if is_hourly else 50_000 + number * 7_919 % 900_000,
        "position": rank + 1,
        "periodicity": Periodicity.MONTH if is_periodic else None,
        "start_date": _month_before(day) if is_periodic else None,
        "hours": Decimal(20) if method is BillingMethod.PREPAID_HOURS else None,
    }


def _month_before(day: date) -> date:
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


def _work(
    ids: _Ids, places: list[_Place], methods: list[BillingMethod], phases: int, day: date
) -> tuple[Rows, Rows]:
    """How far the phases of fixed fees are, and the time of those billed by it."""
    done: Rows = []
    worked: Rows = []
    for place, method in zip(places, methods, strict=True):
        for number in range(place.number * phases, (place.number + 1) * phases):
            phase_id = ids.phases[number]
            if method is _FIXED:
                percent = Decimal(1 + number * 7 % 100)
                done.append({"phase_id": phase_id, "percent": percent, "as_of": day})
            elif method is BillingMethod.TIME_AND_MATERIALS:
                worked += [
                    {
                        "collaborator_id": ids.people[rank % 2],
                        "project_id": ids.projects[place.project],
                        "contract_id": ids.contracts[place.number],
                        "phase_id": phase_id,
                        "worked_on": day - timedelta(days=rank + 1),
                        "hours": Decimal(1 + (number + rank) % 30) / 4,
                        "approved": True,
                    }
                    for rank in range(6)
                ]
    return done, worked


def _insert(session: ScopedSession, record: type[Any], rows: Rows) -> None:
    for start in range(0, len(rows), _PORTION):
        insert_all(session, record, rows[start : start + _PORTION])
