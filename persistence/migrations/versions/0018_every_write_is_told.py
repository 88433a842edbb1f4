"""Every write is told, by whom it was made, and the telling is never altered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_REFUSED = "the audit is never altered"

_SEALING = (
    "OLD.act IS NULL AND NEW.act IS NOT NULL AND {same_all} AND NEW.erased_at {same} OLD.erased_at"
)
_ERASING = (
    "OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL AND OLD.act IS NOT NULL"
    " AND NEW.act {same} OLD.act AND NEW.before IS NULL AND NEW.after IS NULL AND NEW.salt IS NULL"
)
_CONTENT = ("before", "after", "salt")
_PLACE = ("id", "organisation_id", "created_at", "record", "record_id", "kind")


def _allowed(same: str) -> str:
    """What may be done to a change: sealed once when it came from outside, and erased once."""
    place = " AND ".join(f"NEW.{name} {same} OLD.{name}" for name in _PLACE)
    content = " AND ".join(f"NEW.{name} {same} OLD.{name}" for name in _CONTENT)
    sealing = _SEALING.format(same=same, same_all=content)
    return f"{place} AND (({sealing}) OR ({_ERASING.format(same=same)}))"


_ERASED = """
    INSERT INTO {change}
        (organisation_id, created_at, act, record, record_id, kind, before, after, salt)
    VALUES (NEW.organisation_id, {now}, {act}, 'audit_change', NEW.id, 'UPDATE',
        '{{"erased_at":null}}', '{{"erased_at":"' || NEW.erased_at || '"}}', {salt})"""

_ON_SQLITE = {
    "audit_change_kept": f"BEFORE UPDATE ON audit_change WHEN NOT ({_allowed('IS')})",
    "audit_change_stays": "BEFORE DELETE ON audit_change",
    # REPLACE deletes what it meets without a word to the triggers above.
    "audit_change_not_replaced": """
        BEFORE INSERT ON audit_change WHEN EXISTS (
            SELECT 1 FROM audit_change WHERE id = NEW.id
        )""",
    "audit_entry_kept": "BEFORE UPDATE ON audit_entry",
    "audit_entry_stays": "BEFORE DELETE ON audit_entry",
    "audit_entry_not_replaced": """
        BEFORE INSERT ON audit_entry WHEN EXISTS (SELECT 1 FROM audit_entry WHERE id = NEW.id)
        OR EXISTS (
            SELECT 1 FROM audit_entry
            WHERE organisation_id = NEW.organisation_id AND place = NEW.place
        ) OR EXISTS (
            SELECT 1 FROM audit_entry
            WHERE organisation_id = NEW.organisation_id AND act = NEW.act
        )""",
    "audit_head_rises": """
        BEFORE UPDATE ON audit_head
        WHEN NEW.place <= OLD.place OR NEW.organisation_id <> OLD.organisation_id""",
    "audit_head_stays": "BEFORE DELETE ON audit_head",
    "audit_head_not_replaced": """
        BEFORE INSERT ON audit_head WHEN EXISTS (
            SELECT 1 FROM audit_head
            WHERE id = NEW.id OR organisation_id = NEW.organisation_id
        )""",
}

_ON_POSTGRESQL = f"""
CREATE FUNCTION keep_audit() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'audit_change' THEN
        IF {_allowed("IS NOT DISTINCT FROM")} THEN RETURN NEW; END IF;
    ELSIF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'audit_head' THEN
        IF NEW.place > OLD.place AND NEW.organisation_id = OLD.organisation_id
            THEN RETURN NEW; END IF;
    END IF;
    RAISE EXCEPTION '{_REFUSED}' USING ERRCODE = 'restrict_violation';
END $$
"""
_ERASED_ON_POSTGRESQL = """
CREATE FUNCTION tell_erasure() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    {told};
    RETURN NULL;
END $$
"""
_TABLES = ("audit_change", "audit_entry", "audit_head")


def _keep() -> None:
    bind = op.get_bind()
    op.execute("INSERT INTO audit_act (id) VALUES (1)")
    erased = "WHEN (OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL)"
    if bind.dialect.name == "sqlite":
        for name, when in _ON_SQLITE.items():
            bind.exec_driver_sql(
                f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
            )
        told = _ERASED.format(
            change="audit_change",
            now="strftime('%Y-%m-%d %H:%M:%f000', 'now')",
            act="(SELECT act FROM audit_act WHERE id = 1)",
            salt="randomblob(16)",
        )
        bind.exec_driver_sql(
            f"CREATE TRIGGER audit_change_erased AFTER UPDATE ON audit_change {erased}"
            f" BEGIN {told}; END"
        )
        return
    bind.exec_driver_sql(_ON_POSTGRESQL)
    schema = bind.exec_driver_sql("SELECT current_schema()").scalar_one()
    told = _ERASED.format(
        change=f"{bind.dialect.identifier_preparer.quote(schema)}.audit_change",
        now="now()",
        act="nullif(current_setting('jalon.act', true), '')::bigint",
        salt="uuid_send(gen_random_uuid())",
    )
    bind.exec_driver_sql(_ERASED_ON_POSTGRESQL.format(told=told))
    # Who could hang it on a table of their own would write into the audit of any firm.
    bind.exec_driver_sql("REVOKE ALL ON FUNCTION tell_erasure() FROM PUBLIC")
    for table in _TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION keep_audit()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION keep_audit()"
        )
    op.execute(
        f"CREATE TRIGGER audit_change_erased AFTER UPDATE ON audit_change FOR EACH ROW {erased} "
        "EXECUTE FUNCTION tell_erasure()"
    )


def upgrade() -> None:
    op.create_table(
        "audit_act",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("act", sa.BigInteger(), nullable=True),
        sa.Column(
            "organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_act")),
    )
    op.create_table(
        "audit_change",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column(
            "organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("act", sa.BigInteger(), nullable=True),
        sa.Column("record", sa.String(length=64), nullable=False),
        sa.Column(
            "record_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_change")),
    )
    with op.batch_alter_table("audit_change", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_audit_change_act_organisation_id_id"),
            ["act", "organisation_id", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_audit_change_organisation_id_record_record_id"),
            ["organisation_id", "record", "record_id"],
            unique=False,
        )

    op.create_table(
        "audit_entry",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column(
            "organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("act", sa.BigInteger(), nullable=False),
        sa.Column("act_name", sa.String(length=255), nullable=False),
        sa.Column("door", sa.String(length=32), nullable=False),
        sa.Column("actor_name", sa.String(length=255), nullable=False),
        sa.Column("actor_id", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("records", sa.JSON(), nullable=False),
        sa.Column("digests", sa.LargeBinary(), nullable=False),
        sa.Column("previous_sha256", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
        sa.UniqueConstraint(
            "organisation_id", "act", name=op.f("uq_audit_entry_organisation_id_act")
        ),
        sa.UniqueConstraint(
            "organisation_id", "place", name=op.f("uq_audit_entry_organisation_id_place")
        ),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_audit_entry_organisation_id_created_at"),
            ["organisation_id", "created_at"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_audit_entry_organisation_id_request_id"),
            ["organisation_id", "request_id"],
            unique=False,
        )

    op.create_table(
        "audit_head",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column(
            "organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
        sa.UniqueConstraint("organisation_id", name=op.f("uq_audit_head_organisation_id")),
    )
    _keep()


def downgrade() -> None:
    bind = op.get_bind()
    if bind.dialect.name == "sqlite":
        found = bind.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audited\\_%'"
            " ESCAPE '\\'"
        )
        for (name,) in found.fetchall():
            op.execute(f"DROP TRIGGER {name}")
    else:
        op.execute("DROP FUNCTION IF EXISTS audited() CASCADE")
    op.drop_table("audit_head")
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_entry_organisation_id_request_id"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_organisation_id_created_at"))

    op.drop_table("audit_entry")
    with op.batch_alter_table("audit_change", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_change_organisation_id_record_record_id"))
        batch_op.drop_index(batch_op.f("ix_audit_change_act_organisation_id_id"))

    op.drop_table("audit_change")
    op.drop_table("audit_act")
    if bind.dialect.name == "postgresql":
        op.execute("DROP FUNCTION tell_erasure()")
        op.execute("DROP FUNCTION keep_audit()")
