"""Drawing one pro forma over several projects of a client: all that is due, or some items (B26)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from domain.billing.assessment import Assessment
from domain.billing.item import Item
from domain.client import Client
from domain.errors import NOT_FOUND, Refusal
from domain.invoice.create import PROJECT_OF_OTHER_CLIENT, for_project
from domain.invoice.lines import require_few
from domain.invoice.model import Invoice
from domain.invoice.projects import (
    NOTHING_DUE,
    commitment_of,
    require_alike,
    require_of_parties,
)
from domain.organisation import Entity
from domain.project.model import Project
from persistence.billing.contracts import contracts_of_projects
from persistence.invoice.projects import projects_locked, projects_of_client
from resolvers._mutation import Acting
from resolvers.invoicing._billing import (
    assess_where,
    cut_off_of,
    items_keyed,
    lines_of_items,
    put_items,
    ready_items,
)
from resolvers.invoicing._drawing import begin, entity_of, require_live, the_client


@dataclass(frozen=True, slots=True)
class ClientDraw:
    """What to draw a pro forma of a client from."""

    client_id: int
    projects: Sequence[int] | None = None
    """All live ones of the client when None."""
    items: Sequence[str] | None = None
    """Keys of the items to bill; all that is due when None."""
    as_of: date | None = None
    """The day up to which is billed; today when None."""


def begin_for_client(
    acting: Acting,
    *,
    client: Client,
    entity: Entity,
    projects: Sequence[Project],
    language: str | None = None,
) -> Invoice:
    """A pro forma over one or several projects of a client (B26), written, without lines yet.

    The caller has locked the projects, and puts the lines of all of them on it at once
    (`lines_of_items` of each, then one `put_items`). The language is the client's when left out.
    Refuses what is archived, PROJECT_OF_OTHER_CLIENT, PROJECT_OF_OTHER_ENTITY, PROJECTS_DIFFER.
    """
    field = ("project_id",)
    require_live(client, key=f"client_{client.id}", noun="client", field=("client_id",))
    require_live(entity, key=f"entity_{entity.id}", noun="entity", field=("entity_id",))
    for one in projects:
        require_live(one, key=f"project_{one.id}", noun="project", field=field)
    invoice = begin(acting, client, entity, language=language)
    for one in projects:
        require_of_parties(one, invoice, client=client, field=field)
    require_alike(projects, field=field)
    if projects:
        for_project(invoice, project=projects[0], client=client)
        invoice.commitment_no = commitment_of(projects)
        invoice.project_id = projects[0].id if len(projects) == 1 else None
    acting.session.add(invoice)
    acting.session.flush()
    return invoice


def draw_for_client(acting: Acting, draw: ClientDraw) -> tuple[Invoice, list[int]]:
    """A pro forma with a line for each item, project after project, and those projects.

    Its entity is the one that they name; PROJECTS_DIFFER tells why one invoice cannot hold them.
    """
    session = acting.session
    cut_off = cut_off_of(acting, draw.as_of)
    client = the_client(acting, draw.client_id)
    keys = draw.projects if draw.projects is not None else projects_of_client(session, client.id)
    locked = projects_locked(session, keys)
    for place, key in enumerate(draw.projects or ()):
        field = ("project_ids", place)
        if key not in locked:
            raise Refusal(NOT_FOUND(field=field, noun="project", key=f"project_{key}"))
        require_live(locked[key], key=f"project_{key}", noun="project", field=field)
        if locked[key].client_id != client.id:
            said = PROJECT_OF_OTHER_CLIENT
            raise Refusal(said(field=field, project=locked[key].code, client=client.name))
    # Given away before it was locked, a project is no more of this client.
    own = [key for key, one in locked.items() if one.client_id == client.id]
    assessed = assess_where(acting, contracts_of_projects(own), cut_off=cut_off)
    chosen = _chosen(assessed, draw, shown=", ".join(locked[key].code for key in own)[:120])
    if not chosen:
        raise Refusal(NOTHING_DUE(field=("client_id",), client=client.name))
    require_few(chosen)
    by_project = _by_project(chosen, assessed)
    projects = [locked[key] for key in by_project]
    require_alike(projects, field=("items",))
    named = next((one.entity_id for one in projects if one.entity_id is not None), None)
    entity = entity_of(acting, named, field=("project_ids",))
    invoice = begin_for_client(acting, client=client, entity=entity, projects=projects)
    put_items(
        acting,
        invoice,
        [
            pair
            for one in projects
            for pair in lines_of_items(acting, invoice, one, by_project[one.id])
        ],
    )
    return invoice, list(by_project)


def _chosen(assessed: Sequence[Assessment], draw: ClientDraw, *, shown: str) -> list[Item]:
    if draw.items is None:
        return ready_items(assessed)
    return items_keyed(assessed, draw.items, shown=shown)


def _by_project(items: Sequence[Item], assessed: Sequence[Assessment]) -> dict[int, list[Item]]:
    """The items of each project, in the order of the first of each."""
    of = {item.key: one.books.terms.project_id for one in assessed for item in one.items}
    found: dict[int, list[Item]] = {}
    for item in items:
        found.setdefault(of[item.key], []).append(item)
    return found
