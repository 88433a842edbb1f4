"""A firm with projects in and out of a manager's reach; what is out of it bears a mark."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from sqlalchemy import select, update

from domain.access import ApiKey, Role
from domain.client import Client
from domain.collaborator import Collaborator
from domain.project.model import Contract, Phase, Project
from domain.records import METADATA
from tests.api.batches.acts import listed, saved
from tests.api.invoices.acts import final
from tests.api.invoices.project_acts import jobs, over
from tests.api.records.asking import recorded_past
from tests.api.schedules.acts import scheduled
from tests.support.api import ApiClient

MARK = "ZZOUTSIDE"
OWN, OUTSIDE = ("OWN-1", "OWN-2"), "OUT-1"
TIME = """
mutation($input: TimeEntriesBulkRecordInput!) {
  timeEntriesBulkRecord(input: $input) {
    results { node { id } userErrors { code } } userErrors { code }
  }
}
"""
PAY = """
mutation($input: PaymentRecordInput!) {
  paymentRecord(input: $input) { payment { id } userErrors { code } }
}
"""


@dataclass(frozen=True)
class Scene:
    """The administrator, who works on OWN-1 and OWN-2, and what is there."""

    admin: ApiClient
    manager: ApiClient
    worker: ApiClient
    phases: dict[str, str]
    own: str
    """A pro forma of OWN-1 alone."""
    mixed: str
    """A pro forma of OWN-2 and OUT-1."""
    outside: dict[str, str]
    """An identifier of each noun that is out of reach."""

    def played_by(self, admin: ApiClient) -> Scene:
        """The same in a copy of the database that `admin` is a caller of."""
        manager, worker = (replace(admin, token=one.token) for one in (self.manager, self.worker))
        return replace(self, admin=admin, manager=manager, worker=worker)


def hours(api: ApiClient, project: str, person: str, **more: Any) -> dict[str, Any]:
    """What recording an hour answered; `person` by their e-mail."""
    item = {"date": "2026-10-14", "email": person, "projectCode": project, "hours": "1", **more}
    asked = {"items": [item], "match": "NOTHING", "idempotencyKey": str(uuid4())}
    answer: dict[str, Any] = api.query(TIME, input=asked)["timeEntriesBulkRecord"]
    return answer


def pay(api: ApiClient, entity: str = "entity_1", **more: Any) -> str:
    asked = {"clientId": "client_1", "entityId": entity, "receivedOn": "2026-11-20", **more}
    asked |= {"amount": "10", "idempotencyKey": str(uuid4())}
    found: str = api.query(PAY, input=asked)["paymentRecord"]["payment"]["id"]
    return found


def set_up(admin: ApiClient) -> Scene:
    """The scene, in a firm whose workbooks were taken in."""
    phases = jobs(admin, *OWN, OUTSIDE)
    own = over(admin, phases["OWN-1"])
    mixed = over(admin, phases["OWN-2"], phases[OUTSIDE], amount="300.00")
    alone, legal = over(admin, phases[OUTSIDE]), over(admin, phases[OUTSIDE])
    final(admin, legal)
    told = "query($code: String!) { projectByCode(code: $code) { id contracts { id } } }"
    project = admin.query(told, code=OUTSIDE)["projectByCode"]
    person = "a.simek@atelier-rivage.example"
    time = hours(admin, OUTSIDE, person, description=MARK)["results"][0]["node"]["id"]
    data = admin.query("{ handovers { nodes { id } } imports { nodes { id } } }")
    outside = {
        "project": project["id"],
        "contract": project["contracts"][0]["id"],
        "phase": phases[OUTSIDE],
        "invoice": alone,
        "client": "client_10",
        "payment": pay(admin, "entity_2", reference=MARK),
        "outbox_entry": data["handovers"]["nodes"][0]["id"],
        "import_file": data["imports"]["nodes"][0]["id"],
        "time_entry": time,
        "batch": saved(admin, listed(admin))["id"],
        "batch_schedule": scheduled(admin)["id"],
        **recorded_past(admin, phases[OUTSIDE]),
    }
    _mark(admin, outside)
    return Scene(
        admin,
        admin.as_manager(*OWN),
        admin.as_manager(*OWN, role=Role.COLLABORATOR),
        phases,
        own,
        mixed,
        outside,
    )


def _mark(admin: ApiClient, outside: dict[str, str]) -> None:
    """Whatever is no own project bears the mark, and so do the clients who have none."""
    with admin.house.database.writing(admin.organisation_id) as session:
        own = select(Project.id).where(Project.code.in_(OWN))
        contracts = select(Contract.id).where(Contract.project_id.in_(own))
        clients = select(Project.client_id).where(Project.id.in_(own))
        for record, kept in (
            (Project, Project.id.in_(own)),
            (Contract, Contract.project_id.in_(own)),
            (Phase, Phase.contract_id.in_(contracts)),
            (Client, Client.id.in_(clients)),
        ):
            named = update(record).where(~kept).values(name=MARK)
            session.execute(named.execution_options(synchronize_session=False))


def kept(admin: ApiClient, *besides: str) -> dict[str, int]:
    """A sum of all there is, by table; what only notes that somebody asked is left out."""
    noted = {"idempotent_call", "api_key", "sign_in", *besides}
    with admin.house.database.reading(admin.organisation_id) as session:
        connection = session.connection()
        return {
            name: hash(
                tuple(map(str, connection.execute(select(table).order_by(*table.primary_key))))
            )
            for name, table in METADATA.tables.items()
            if name not in noted
        }


def email_of(api: ApiClient, who: ApiClient) -> str:
    """The address of the person that a key stands for."""
    public = who.token.split("_")[1]
    with api.house.database.reading(api.organisation_id) as session:
        key = session.scalars(select(ApiKey).where(ApiKey.public_id == public)).one()
        found = select(Collaborator.email).where(Collaborator.id == key.collaborator_id)
        return session.scalars(found).one()
