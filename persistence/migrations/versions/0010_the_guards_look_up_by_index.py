"""The guards of final documents look up by index what a row might replace."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# Without the organisation no index led to these rows: each document that became final read all of
# those before it. A `+` keeps SQLite from an index that leads to all that is final.
_OURS = "organisation_id = NEW.organisation_id"
_FINAL = "+state IN ('READY', 'FINAL')"
_MET: dict[str, tuple[str, ...]] = {
    "invoice": (
        f"id = NEW.id AND {_FINAL}",
        f"{_OURS} AND pro_forma_number = NEW.pro_forma_number AND {_FINAL}",
        f"{_OURS} AND number = NEW.number AND {_FINAL}",
    ),
    "issued_document": (
        "id = NEW.id",
        f"{_OURS} AND invoice_id = NEW.invoice_id AND form = NEW.form",
    ),
    "chain_link": (
        "id = NEW.id",
        f"{_OURS} AND invoice_id = NEW.invoice_id",
        f"{_OURS} AND entity_id = NEW.entity_id AND place = NEW.place",
    ),
}
_FORMER: dict[str, tuple[str, ...]] = {
    "invoice": (
        "state IN ('READY', 'FINAL') AND (id = NEW.id OR (organisation_id = NEW.organisation_id"
        " AND (pro_forma_number = NEW.pro_forma_number OR number = NEW.number)))",
    ),
    "issued_document": ("id = NEW.id OR (invoice_id = NEW.invoice_id AND form = NEW.form)",),
    "chain_link": (
        "id = NEW.id OR invoice_id = NEW.invoice_id"
        " OR (entity_id = NEW.entity_id AND place = NEW.place)",
    ),
}


def _guard(met: dict[str, tuple[str, ...]]) -> None:
    """REPLACE deletes what it meets without a word to the other triggers; PostgreSQL has none."""
    if op.get_bind().dialect.name != "sqlite":
        return
    for table, conditions in met.items():
        found = " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {one})" for one in conditions)
        op.execute(f"DROP TRIGGER {table}_not_replaced")
        op.execute(
            f"CREATE TRIGGER {table}_not_replaced BEFORE INSERT ON {table} WHEN {found} "
            "BEGIN SELECT RAISE(ABORT, 'a final document is never altered'); END"
        )


def upgrade() -> None:
    _guard(_MET)


def downgrade() -> None:
    _guard(_FORMER)
