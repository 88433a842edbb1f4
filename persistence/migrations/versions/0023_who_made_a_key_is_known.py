"""Who made a key is known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


_KEPT = {"sqlite_autoincrement": True}
"""What SQLite does not tell of a table that is made anew: no identifier is ever given twice."""

_FROM_THE_AUDIT = """
    UPDATE api_key SET made_by_id = (
        SELECT m.id FROM audit_change c
        JOIN audit_entry e ON e.organisation_id = c.organisation_id AND e.act = c.act
        JOIN member m ON m.organisation_id = e.organisation_id
            AND e.actor_id = 'member_' || CAST(m.id AS VARCHAR)
        WHERE c.organisation_id = api_key.organisation_id AND c.record = 'api_key'
            AND c.record_id = api_key.id AND c.kind = 'INSERT'
    )
"""


def upgrade() -> None:
    with op.batch_alter_table("api_key", schema=None, table_kwargs=_KEPT) as batch_op:
        batch_op.add_column(
            sa.Column(
                "made_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
            )
        )
        batch_op.create_index(
            batch_op.f("ix_api_key_organisation_id_made_by_id"), ["organisation_id", "made_by_id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_api_key_organisation_id_made_by_id"),
            "member",
            ["organisation_id", "made_by_id"],
            ["organisation_id", "id"],
        )
    # Those made by a key stay without: whoever made that one is asked of the audit.
    op.execute(_FROM_THE_AUDIT)


def downgrade() -> None:
    with op.batch_alter_table("api_key", schema=None, table_kwargs=_KEPT) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_api_key_organisation_id_made_by_id"), type_="foreignkey"
        )
        batch_op.drop_index(batch_op.f("ix_api_key_organisation_id_made_by_id"))
        batch_op.drop_column("made_by_id")
