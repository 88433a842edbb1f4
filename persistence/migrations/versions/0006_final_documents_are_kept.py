"""Final documents are credited, chained, and the database itself lets nobody alter them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_LEGAL = "('READY', 'FINAL')"
_REFUSED = "a final document is never altered"

# A batch that makes one of these tables anew on SQLite loses its triggers: make them again there.
_ON_SQLITE = {
    "invoice_kept": f"""
        BEFORE UPDATE ON invoice WHEN OLD.state IN {_LEGAL} AND NOT (
            NEW.state IN {_LEGAL} AND NOT (OLD.state = 'FINAL' AND NEW.state = 'READY')
            AND (%s)
        )""",
    "invoice_stays": f"BEFORE DELETE ON invoice WHEN OLD.state IN {_LEGAL}",
    "invoice_line_kept": f"""
        BEFORE UPDATE ON invoice_line WHEN EXISTS (
            SELECT 1 FROM invoice WHERE id IN (OLD.invoice_id, NEW.invoice_id)
            AND state IN {_LEGAL}
        )""",
    "invoice_line_stays": f"""
        BEFORE DELETE ON invoice_line WHEN EXISTS (
            SELECT 1 FROM invoice WHERE id = OLD.invoice_id AND state IN {_LEGAL}
        )""",
    "invoice_line_not_added": f"""
        BEFORE INSERT ON invoice_line WHEN EXISTS (
            SELECT 1 FROM invoice WHERE id = NEW.invoice_id AND state IN {_LEGAL}
        )""",
    "issued_document_kept": """
        BEFORE UPDATE ON issued_document WHEN OLD.file_key IS NOT NULL
            OR OLD.picture IS NOT NEW.picture OR OLD.form IS NOT NEW.form
            OR OLD.invoice_id IS NOT NEW.invoice_id""",
    "issued_document_stays": "BEFORE DELETE ON issued_document",
    "chain_link_kept": "BEFORE UPDATE ON chain_link",
    "chain_link_stays": "BEFORE DELETE ON chain_link",
    "number_counter_rises": """
        BEFORE UPDATE ON number_counter WHEN NEW.last < OLD.last
            OR NEW.series <> OLD.series OR NEW.year <> OLD.year
            OR NEW.entity_id <> OLD.entity_id OR NEW.organisation_id <> OLD.organisation_id
            OR (OLD.last_issue_date IS NOT NULL
                AND NEW.last_issue_date IS NOT MAX(NEW.last_issue_date, OLD.last_issue_date))""",
    # REPLACE deletes what it meets without a word to the triggers above.
    "invoice_not_replaced": f"""
        BEFORE INSERT ON invoice WHEN EXISTS (
            SELECT 1 FROM invoice WHERE state IN {_LEGAL} AND (
                id = NEW.id OR (organisation_id = NEW.organisation_id
                AND (pro_forma_number = NEW.pro_forma_number OR number = NEW.number)))
        )""",
    "issued_document_not_replaced": """
        BEFORE INSERT ON issued_document WHEN EXISTS (
            SELECT 1 FROM issued_document
            WHERE id = NEW.id OR (invoice_id = NEW.invoice_id AND form = NEW.form)
        )""",
    "chain_link_not_replaced": """
        BEFORE INSERT ON chain_link WHEN EXISTS (
            SELECT 1 FROM chain_link WHERE id = NEW.id OR invoice_id = NEW.invoice_id
            OR (entity_id = NEW.entity_id AND place = NEW.place)
        )""",
    "number_counter_not_replaced": """
        BEFORE INSERT ON number_counter WHEN EXISTS (
            SELECT 1 FROM number_counter
            WHERE id = NEW.id OR (organisation_id = NEW.organisation_id
            AND entity_id = NEW.entity_id AND series = NEW.series AND year = NEW.year)
        )""",
    "number_counter_stays": "BEFORE DELETE ON number_counter",
}
_MOVING = ("state", "handed_over_at", "updated_at", "version")
"""What of a final invoice goes on."""

_ON_POSTGRESQL = f"""
CREATE FUNCTION keep_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        RAISE EXCEPTION '{_REFUSED}' USING ERRCODE = 'restrict_violation';
    ELSIF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'invoice' THEN
        IF OLD.state NOT IN {_LEGAL} THEN RETURN NEW; END IF;
        IF NEW.state IN {_LEGAL} AND NOT (OLD.state = 'FINAL' AND NEW.state = 'READY')
            AND to_jsonb(NEW) - '{{{", ".join(_MOVING)}}}'::text[]
              = to_jsonb(OLD) - '{{{", ".join(_MOVING)}}}'::text[] THEN RETURN NEW; END IF;
    ELSIF TG_TABLE_NAME = 'invoice' THEN
        IF OLD.state NOT IN {_LEGAL} THEN RETURN OLD; END IF;
    ELSIF TG_TABLE_NAME = 'invoice_line' THEN
        IF TG_OP <> 'INSERT' AND EXISTS (
            SELECT 1 FROM invoice WHERE id = OLD.invoice_id AND state IN {_LEGAL}
        ) THEN RAISE EXCEPTION '{_REFUSED}' USING ERRCODE = 'restrict_violation'; END IF;
        IF TG_OP <> 'DELETE' AND EXISTS (
            SELECT 1 FROM invoice WHERE id = NEW.invoice_id AND state IN {_LEGAL}
        ) THEN RAISE EXCEPTION '{_REFUSED}' USING ERRCODE = 'restrict_violation'; END IF;
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    ELSIF TG_TABLE_NAME = 'issued_document' AND TG_OP = 'UPDATE' THEN
        IF OLD.file_key IS NULL AND OLD.picture::text = NEW.picture::text
            AND OLD.form = NEW.form AND OLD.invoice_id = NEW.invoice_id THEN RETURN NEW; END IF;
    ELSIF TG_TABLE_NAME = 'number_counter' AND TG_OP = 'UPDATE' THEN
        IF NEW.last >= OLD.last AND NEW.series = OLD.series AND NEW.year = OLD.year
            AND NEW.entity_id = OLD.entity_id AND NEW.organisation_id = OLD.organisation_id
            AND (OLD.last_issue_date IS NULL OR NEW.last_issue_date >= OLD.last_issue_date)
            THEN RETURN NEW; END IF;
    END IF;
    RAISE EXCEPTION '{_REFUSED}' USING ERRCODE = 'restrict_violation';
END $$
"""
_WATCHED = {
    "invoice": "UPDATE OR DELETE",
    "invoice_line": "INSERT OR UPDATE OR DELETE",
    "issued_document": "UPDATE OR DELETE",
    "chain_link": "UPDATE OR DELETE",
    "number_counter": "UPDATE OR DELETE",
}


def _keep_final() -> None:
    if op.get_bind().dialect.name == "sqlite":
        columns = [row[1] for row in op.get_bind().exec_driver_sql("PRAGMA table_info(invoice)")]
        same = " AND ".join(f"OLD.{name} IS NEW.{name}" for name in columns if name not in _MOVING)
        for name, when in _ON_SQLITE.items():
            body = when % same if "%s" in when else when
            op.execute(f"CREATE TRIGGER {name} {body} BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END")
        return
    op.execute(_ON_POSTGRESQL)
    for table, acts in _WATCHED.items():
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE {acts} ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION keep_final()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION keep_final()"
        )


def _let_go() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in _ON_SQLITE:
            op.execute(f"DROP TRIGGER {name}")
        return
    for table in _WATCHED:
        op.execute(f"DROP TRIGGER {table}_kept ON {table}")
        op.execute(f"DROP TRIGGER {table}_not_emptied ON {table}")
    op.execute("DROP FUNCTION keep_final()")


# SQLite makes the tables anew: their identifiers must go on never being used twice.
_AS_BEFORE = {"sqlite_autoincrement": True}


def upgrade() -> None:
    # ### commands auto generated by Alembic - please adjust! ###
    op.create_table(
        "chain_link",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column(
            "organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "entity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column(
            "invoice_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("form", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "entity_id"],
            ["entity.organisation_id", "entity.id"],
            name=op.f("fk_chain_link_organisation_id_entity_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "invoice_id"],
            ["invoice.organisation_id", "invoice.id"],
            name=op.f("fk_chain_link_organisation_id_invoice_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_chain_link_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_link")),
        sa.UniqueConstraint(
            "organisation_id",
            "entity_id",
            "place",
            name=op.f("uq_chain_link_organisation_id_entity_id_place"),
        ),
        sa.UniqueConstraint("organisation_id", "id", name=op.f("uq_chain_link_organisation_id_id")),
        sa.UniqueConstraint(
            "organisation_id", "invoice_id", name=op.f("uq_chain_link_organisation_id_invoice_id")
        ),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("invoice", schema=None, table_kwargs=_AS_BEFORE) as batch_op:
        batch_op.add_column(
            sa.Column(
                "credits_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
            )
        )
        batch_op.add_column(sa.Column("credit_reason", sa.Text(), nullable=True))
        batch_op.create_index(
            batch_op.f("ix_invoice_organisation_id_credits_id"),
            ["organisation_id", "credits_id"],
            unique=False,
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_invoice_organisation_id_credits_id"),
            "invoice",
            ["organisation_id", "credits_id"],
            ["organisation_id", "id"],
        )

    with op.batch_alter_table("invoice_line", schema=None, table_kwargs=_AS_BEFORE) as batch_op:
        batch_op.add_column(
            sa.Column(
                "credits_line_id",
                sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
                nullable=True,
            )
        )
        batch_op.create_index(
            batch_op.f("ix_invoice_line_organisation_id_credits_line_id"),
            ["organisation_id", "credits_line_id"],
            unique=False,
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_invoice_line_organisation_id_credits_line_id"),
            "invoice_line",
            ["organisation_id", "credits_line_id"],
            ["organisation_id", "id"],
        )

    _keep_final()
    # ### end Alembic commands ###


def downgrade() -> None:
    # ### commands auto generated by Alembic - please adjust! ###
    _let_go()
    with op.batch_alter_table("invoice_line", schema=None, table_kwargs=_AS_BEFORE) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_invoice_line_organisation_id_credits_line_id"), type_="foreignkey"
        )
        batch_op.drop_index(batch_op.f("ix_invoice_line_organisation_id_credits_line_id"))
        batch_op.drop_column("credits_line_id")

    with op.batch_alter_table("invoice", schema=None, table_kwargs=_AS_BEFORE) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_invoice_organisation_id_credits_id"), type_="foreignkey"
        )
        batch_op.drop_index(batch_op.f("ix_invoice_organisation_id_credits_id"))
        batch_op.drop_column("credit_reason")
        batch_op.drop_column("credits_id")

    op.drop_table("chain_link")
    # ### end Alembic commands ###
