"""Who may do what: roles, permissions, and the API key that stands for a program or a person."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import NAME, BigKey, Instant, Record, Scoped, choice, owned
from domain.errors import PERMISSION_DENIED, Refusal, call_error
from domain.standing import Reach

BEYOND_REACH = call_error(
    "BEYOND_REACH",
    "This is only for those who may see the whole firm: part of it is out of your reach.",
    "Ask an administrator of the firm.",
)
LEAVES_REACH = call_error(
    "LEAVES_REACH",
    "What this would leave behind ({noun}) is out of your reach: nothing was written.",
    "Name what is within your reach, or ask an administrator of the firm.",
)
TAKEN_BEYOND_REACH = call_error(
    "TAKEN_BEYOND_REACH",
    "Something out of your reach bears one of these codes or names already: nothing was written.",
    "Choose another code, or ask an administrator of the firm.",
)


class Permission(StrEnum):
    """One thing people come to do, as far as access is concerned."""

    READ = "READ"
    READ_BILLING = "READ_BILLING"
    SEE_RATES = "SEE_RATES"
    EDIT_RECORDS = "EDIT_RECORDS"
    IMPORT = "IMPORT"
    RECORD_TIME = "RECORD_TIME"
    RECORD_PROGRESS = "RECORD_PROGRESS"
    PREPARE_INVOICES = "PREPARE_INVOICES"
    FINALISE_INVOICES = "FINALISE_INVOICES"
    RECORD_PAYMENTS = "RECORD_PAYMENTS"
    EDIT_SETTINGS = "EDIT_SETTINGS"
    MANAGE_PEOPLE = "MANAGE_PEOPLE"
    """Who may sign in, and what is known of a person: to be told, or erased."""
    READ_AUDIT = "READ_AUDIT"


SENTENCES: dict[Permission, str] = {
    Permission.READ: "Look at clients, projects, phases, their progress and their figures.",
    Permission.READ_BILLING: "Look at what is billed: invoices, payments, batches, what is due.",
    Permission.SEE_RATES: "See what an hour of each person costs the firm and is sold for.",
    Permission.EDIT_RECORDS: "Create and change clients, projects, phases and people.",
    Permission.IMPORT: "Take files of the past in, and take them back.",
    Permission.RECORD_TIME: "Record worked hours, change and remove them.",
    Permission.RECORD_PROGRESS: "Record how far phases are.",
    Permission.PREPARE_INVOICES: "Draw, change and send pro formas, in bulk too.",
    Permission.FINALISE_INVOICES: "Make invoices legal, credit them, hand them to the accounts.",
    Permission.RECORD_PAYMENTS: "Record what clients pay.",
    Permission.EDIT_SETTINGS: "Change the firm, its entities, taxes, accounts, connections.",
    Permission.MANAGE_PEOPLE: "Invite people, give roles, make and revoke keys.",
    Permission.READ_AUDIT: "Read who did what, and take that out.",
}
"""Each permission in words (docs/roles.md)."""


class Role(StrEnum):
    """What the bearer of a key is in the firm: the roles of its people, and a reader."""

    ADMINISTRATOR = "ADMINISTRATOR"
    ACCOUNTANT = "ACCOUNTANT"
    PROJECT_MANAGER = "PROJECT_MANAGER"
    COLLABORATOR = "COLLABORATOR"
    READER = "READER"


_ADMINISTRATOR_ONLY = {
    Permission.EDIT_SETTINGS,
    Permission.MANAGE_PEOPLE,
    Permission.READ_AUDIT,
}

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.ADMINISTRATOR: frozenset(Permission),
    Role.ACCOUNTANT: frozenset(Permission) - _ADMINISTRATOR_ONLY,
    Role.PROJECT_MANAGER: frozenset(
        {
            Permission.READ,
            Permission.READ_BILLING,
            Permission.SEE_RATES,
            Permission.EDIT_RECORDS,
            Permission.RECORD_TIME,
            Permission.RECORD_PROGRESS,
            Permission.PREPARE_INVOICES,
        }
    ),
    Role.COLLABORATOR: frozenset(
        {Permission.READ, Permission.RECORD_TIME, Permission.RECORD_PROGRESS}
    ),
    Role.READER: frozenset({Permission.READ, Permission.READ_BILLING}),
}

WHOLE_ONLY = frozenset({Permission.IMPORT, *_ADMINISTRATOR_ONLY})
"""What nobody may do whose reach is limited: it is of the whole firm by its nature."""


def holds(role: Role, permission: Permission) -> bool:
    """Whether `role` may do it."""
    return permission in PERMISSIONS[role]


def require(role: Role, permission: Permission) -> None:
    """Refuses with PERMISSION_DENIED when `role` does not hold `permission`."""
    if not holds(role, permission):
        raise Refusal(
            PERMISSION_DENIED(
                role=role.value,
                permission=permission.value,
                found=role.value,
                expected=permission.value,
            )
        )


def reach_of(
    role: Role, entity_ids: Iterable[int] | None = None, collaborator_id: int | None = None
) -> Reach:
    """How far somebody reaches: `entity_ids` bound every role, own projects two of them.

    Who is nobody among the collaborators (None) owns no project.
    """
    return Reach(
        entity_ids=None if entity_ids is None else frozenset(entity_ids),
        collaborator_id=collaborator_id,
        own_projects=role in (Role.PROJECT_MANAGER, Role.COLLABORATOR),
        only_work=role is Role.COLLABORATOR,
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
        ForeignKeyConstraint(
            ["organisation_id", "made_by_id"], ["member.organisation_id", "member.id"]
        ),
        Index(None, "organisation_id", "made_by_id"),
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
    made_by_id: Mapped[int | None] = mapped_column(BigKey, default=None)
    """The member who made it, or the key that it was made by; NULL: a command did."""
