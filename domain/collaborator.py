"""A person of the firm, the price of their time and what it costs (DOMAIN §2.1)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import Boolean, ForeignKeyConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.access import Role
from domain.base import CODE, HOURS, NAME, UNIT_PRICE, BigKey, Record, Versioned, choice, owned
from domain.errors import call_error

COLLABORATOR_EMAIL_TAKEN = call_error(
    "COLLABORATOR_EMAIL_TAKEN", "There is already a collaborator with the e-mail {email}."
)


class Collaborator(Versioned, Record):
    """A collaborator; `email` is kept in lower case and is unique in the organisation.

    Rates are prices of one hour, in the currency of the organisation.
    """

    __tablename__ = "collaborator"
    __table_args__ = owned(
        UniqueConstraint("organisation_id", "email"),
        UniqueConstraint("organisation_id", "employee_code"),
        ForeignKeyConstraint(
            ["organisation_id", "entity_id"], ["entity.organisation_id", "entity.id"]
        ),
    )

    first_name: Mapped[str] = mapped_column(NAME)
    last_name: Mapped[str] = mapped_column(NAME)
    email: Mapped[str] = mapped_column(NAME)
    entity_id: Mapped[int | None] = mapped_column(BigKey, default=None)
    job_title: Mapped[str | None] = mapped_column(NAME, default=None)
    role: Mapped[Role] = mapped_column(choice(Role), default=Role.COLLABORATOR)
    entry_date: Mapped[date | None] = mapped_column(default=None)
    exit_date: Mapped[date | None] = mapped_column(default=None)
    billable_rate: Mapped[Decimal | None] = mapped_column(UNIT_PRICE, default=None)
    cost_rate: Mapped[Decimal | None] = mapped_column(UNIT_PRICE, default=None)
    weekly_hours: Mapped[Decimal | None] = mapped_column(HOURS, default=None)
    employee_code: Mapped[str | None] = mapped_column(CODE, default=None)
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    phone: Mapped[str | None] = mapped_column(String(64), default=None)
