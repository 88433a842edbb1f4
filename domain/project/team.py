"""Who works on a project, beside who manages it."""

from __future__ import annotations

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import BigKey, Record, Scoped, owned


class ProjectCollaborator(Scoped, Record):
    """A collaborator on the team of a project: it is one of their own projects."""

    __tablename__ = "project_collaborator"
    __table_args__ = owned(
        UniqueConstraint(
            "organisation_id", "project_id", "collaborator_id", name="uq_project_collaborator_team"
        ),
        ForeignKeyConstraint(
            ["organisation_id", "project_id"], ["project.organisation_id", "project.id"]
        ),
        ForeignKeyConstraint(
            ["organisation_id", "collaborator_id"],
            ["collaborator.organisation_id", "collaborator.id"],
        ),
        Index(None, "organisation_id", "collaborator_id"),
    )

    project_id: Mapped[int] = mapped_column(BigKey)
    collaborator_id: Mapped[int] = mapped_column(BigKey)
