"""Who works on which project: its team, beside who manages it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

from sqlalchemy import delete, select

from domain.collaborator import Collaborator
from domain.project.model import Project
from domain.project.team import ProjectCollaborator
from persistence.session import ScopedSession


def teams_of(session: ScopedSession, project_ids: Sequence[int]) -> dict[int, list[int]]:
    """The collaborators on the team of each project, by rising identifier."""
    found: dict[int, list[int]] = defaultdict(list)
    one = ProjectCollaborator
    statement = select(one.project_id, one.collaborator_id).where(one.project_id.in_(project_ids))
    for project, person in session.execute(statement.order_by(one.collaborator_id)):
        found[project].append(person)
    return found


def projects_of_people(session: ScopedSession, people: Sequence[int]) -> dict[int, list[int]]:
    """The live projects that each collaborator manages, or is on the team of."""
    found: dict[int, set[int]] = defaultdict(set)
    one = ProjectCollaborator
    live = Project.archived_at.is_(None)
    managed = select(Project.manager_id, Project.id).where(Project.manager_id.in_(people), live)
    joined = (
        select(one.collaborator_id, one.project_id)
        .join(Project, Project.id == one.project_id)
        .where(one.collaborator_id.in_(people), live)
    )
    for statement in (managed, joined):
        for person, project in session.execute(statement):
            found[person or 0].add(project)
    return {person: sorted(some) for person, some in found.items()}


def people_there(
    session: ScopedSession, keys: Collection[int], *, archived: bool = False
) -> set[int]:
    """Those of the collaborators who are there; the archived ones too when asked."""
    statement = select(Collaborator.id).where(Collaborator.id.in_(keys))
    if not archived:
        statement = statement.where(Collaborator.archived_at.is_(None))
    return set(session.scalars(statement))


def take_off(session: ScopedSession, project_id: int, people: Collection[int]) -> None:
    """Takes collaborators off the team of a project."""
    session.execute(
        delete(ProjectCollaborator).where(
            ProjectCollaborator.project_id == project_id,
            ProjectCollaborator.collaborator_id.in_(people),
        )
    )


def put_on(session: ScopedSession, project_id: int, people: Collection[int]) -> None:
    """Puts collaborators, who are not on it yet, on the team of a project."""
    session.add_all(
        ProjectCollaborator(project_id=project_id, collaborator_id=person) for person in people
    )
    session.flush()
