"""Payments are cancelled on a day: what was owed before it stays."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from persistence.audit.triggers import take_down

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # In place: SQLite would else make the table anew, without the triggers that keep it.
    op.add_column("payment_cancellation", sa.Column("cancelled_on", sa.Date(), nullable=True))


def downgrade() -> None:
    # Theirs name the column; the next migration puts them up again.
    take_down(op.get_bind())
    op.drop_column("payment_cancellation", "cancelled_on")
