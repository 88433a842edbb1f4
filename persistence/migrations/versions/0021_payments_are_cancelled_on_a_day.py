"""Payments are cancelled on a day: what was owed before it stays."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # In place: SQLite would else make the table anew, without the triggers that keep it.
    op.add_column("payment_cancellation", sa.Column("cancelled_on", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("payment_cancellation", "cancelled_on")
