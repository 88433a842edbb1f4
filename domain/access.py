"""Who may do what: roles, permissions, and the API key that stands for a program or a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKeyConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import NAME, BigKey, Instant, Record, Scoped, choice, owned
from domain.errors import PERMISSION_DENIED, Refusal
from domain.standing import Reach


class Permission(StrEnum):
    """One thing people come to do, as far as access is concerned."""

    READ = "READ"
    SEE_RATES = "SEE_RATES"
    """What an hour of each person costs the firm and is sold for."""
    EDIT_RECORDS = "EDIT_RECORDS"
    IMPORT = "IMPORT"
    RECORD_PROGRESS = "RECORD_PROGRESS"
    PREPARE_INVOICES = "PREPARE_INVOICES"
    FINALISE_INVOICES = "FINALISE_INVOICES"
    RECORD_PAYMENTS = "RECORD_PAYMENTS"
    EDIT_SETTINGS = "EDIT_SETTINGS"
    READ_AUDIT = "READ_AUDIT"
    """Who did what, with what was there before."""
    MANAGE_PEOPLE = "MANAGE_PEOPLE"
    """Who is in the firm, what they may do, and the keys of its programs."""


class Role(StrEnum):
    """What the bearer of a key is in the firm: the roles of its people, and a reader."""

    ADMINISTRATOR = "ADMINISTRATOR"
    ACCOUNTANT = "ACCOUNTANT"
    PROJECT_MANAGER = "PROJECT_MANAGER"
    COLLABORATOR = "COLLABORATOR"
    READER = "READER"


PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.ADMINISTRATOR: frozenset(Permission),
    Role.ACCOUNTANT: frozenset(Permission)
    - {Permission.EDIT_SETTINGS, Permission.READ_AUDIT, Permission.MANAGE_PEOPLE},
    Role.PROJECT_MANAGER: frozenset(
        {
            Permission.READ,
            Permission.SEE_RATES,
            Permission.EDIT_RECORDS,
            Permission.RECORD_PROGRESS,
            Permission.PREPARE_INVOICES,
        }
    ),
    Role.COLLABORATOR: frozenset({Permission.READ, Permission.RECORD_PROGRESS}),
    Role.READER: frozenset({Permission.READ}),
}


def holds(role: Role, permission: Permission) -> bool:
    """Whether `role` may do it."""
    return permission in PERMISSIONS[role]


def require(role: Role, permission: Permission) -> None:
    """Refuses with PERMISSION_DENIED when `role` does not hold `permission`."""
    if not holds(role, permission):
        raise Refusal(PERMISSION_DENIED(role=role.value, permission=permission.value))


def reach_of(role: Role, entity_ids: Sequence[int] | None, collaborator_id: int | None) -> Reach:
    """How far somebody reaches whose record says this: the one place that makes a reach of it."""
    return Reach(
        entity_ids=None if entity_ids is None else frozenset(entity_ids),
        collaborator_id=collaborator_id,
    )


class ApiKey(Scoped, Record):
    """A bearer key: only the SHA-256 of its secret is kept, so a stolen table opens nothing."""

    __tablename__ = "api_key"
    __table_args__ = owned(
        UniqueConstraint("public_id"),
        ForeignKeyConstraint(
            ["organisation_id", "collaborator_id"],
            ["collaborator.organisation_id", "collaborator.id"],
        ),
    )

    public_id: Mapped[str] = mapped_column(String(24))
    secret_sha256: Mapped[str] = mapped_column(String(64))
    role: Mapped[Role] = mapped_column(choice(Role))
    name: Mapped[str] = mapped_column(NAME, default="")
    revoked_at: Mapped[datetime | None] = mapped_column(Instant, default=None)
    expires_at: Mapped[datetime | None] = mapped_column(Instant, default=None)
    last_used_at: Mapped[datetime | None] = mapped_column(Instant, default=None)
    entity_ids: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True), default=None)
    """Only what these entities invoice; NULL: all of them."""
    collaborator_id: Mapped[int | None] = mapped_column(BigKey, default=None)
    """Whose projects and hours are its own."""
