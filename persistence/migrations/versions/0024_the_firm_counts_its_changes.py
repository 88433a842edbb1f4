"""The firm counts its changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from persistence.audit.triggers import take_down

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # In place: every other table refers to this one.
    op.add_column(
        "organisation", sa.Column("version", sa.Integer(), server_default="1", nullable=False)
    )


def downgrade() -> None:
    # Theirs name the column; the next migration puts them up again.
    take_down(op.get_bind())
    op.drop_column("organisation", "version")
