"""Keeping the team of a project: who works on it reaches it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import strawberry

from domain.access import Permission
from domain.errors import NOT_FOUND, Issue, Refusal
from domain.project.model import Project as ProjectRecord
from persistence.people import teams
from resolvers._mutation import Acting
from resolvers.keeping.editing import RecordPayload
from resolvers.settling._keeping import RecordInput, alter
from schema.context import Info
from schema.node import key_of
from schema.payload import require_size
from schema.project import PROJECT, Project


@strawberry.input(description="Collaborators who come to work on a project, and who leave it.")
class ProjectTeamUpdateInput:
    project_id: strawberry.ID
    add: list[strawberry.ID] = strawberry.field(default_factory=list)
    remove: list[strawberry.ID] = strawberry.field(default_factory=list)
    expected_version: int | None = None


@strawberry.type
class Teaming:
    """The mutation that keeps teams."""

    @strawberry.mutation(
        description="Who is on it already stays, who is not on it is not taken off: no error. The"
        " manager need not be on the team. Who leaves still reaches a project they have hours on."
    )
    async def project_team_update(
        self, info: Info, input: ProjectTeamUpdateInput
    ) -> RecordPayload[Project]:
        def change(acting: Acting, project: ProjectRecord) -> Sequence[Issue]:
            require_size(input.add, field="add")
            require_size(input.remove, field="remove")
            add = _people(acting, input.add, "add")
            remove = _people(acting, input.remove, "remove", even_archived=True)
            present = set(teams.teams_of(acting.session, [project.id])[project.id])
            gone, new = present & remove - add, add - present
            teams.take_off(acting.session, project.id, gone)
            teams.put_on(acting.session, project.id, sorted(new))
            if gone or new:
                project.updated_at = acting.house.clock()
            return ()

        asked = RecordInput(id=input.project_id, expected_version=input.expected_version)
        found: Any = await alter(
            info, Permission.EDIT_RECORDS, PROJECT, asked, change, named_by="project_id"
        )
        return found


def _people(
    acting: Acting, ids: Sequence[str], field: str, *, even_archived: bool = False
) -> set[int]:
    keys = [key_of(one, "collaborator", field=(field, place)) for place, one in enumerate(ids)]
    there = teams.people_there(acting.session, keys, archived=even_archived)
    strangers = [
        NOT_FOUND(field=(field, place), noun="collaborator", key=ids[place])
        for place, key in enumerate(keys)
        if key not in there
    ]
    if strangers:
        raise Refusal(*strangers)
    return set(keys)
