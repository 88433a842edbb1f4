"""Every amount that is billed is an entry of the ledger; what lines bill, and how contracts do."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


# SQLite makes the tables anew: their identifiers must go on never being used twice.
_AS_BEFORE = {"sqlite_autoincrement": True}

_SAME = "OLD.id IS NEW.id"
"""What the guard of a final invoice begins its comparison with, column by column."""


def _guards_aside() -> list[str]:
    """The triggers that keep final documents, taken off while SQLite makes their tables anew."""
    if op.get_bind().dialect.name != "sqlite":
        return []
    found = op.get_bind().exec_driver_sql(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    )
    guards = [(str(name), str(sql)) for name, sql in found]
    for name, _ in guards:
        op.execute(f"DROP TRIGGER {name}")
    return [sql for _, sql in guards]


def _guards_back(guards: list[str]) -> None:
    """The triggers again; a final invoice is compared in the columns that it has now."""
    if not guards:
        return
    columns = [row[1] for row in op.get_bind().exec_driver_sql("PRAGMA table_info(invoice)")]
    moving = ("state", "handed_over_at", "updated_at", "version")
    same = " AND ".join(f"OLD.{name} IS NEW.{name}" for name in columns if name not in moving)
    for sql in guards:
        start = sql.find(_SAME)
        if start >= 0:
            end = sql.index(")", start)
            sql = sql[:start] + same + sql[end:]
        op.get_bind().exec_driver_sql(sql)


_LEGAL = "('READY', 'FINAL')"
_DEPOSIT = (
    "{lines}.deducts_id IS NOT NULL OR {invoice}.kind = '386' OR EXISTS ("
    "SELECT 1 FROM invoice d WHERE d.id = {invoice}.credits_id AND d.kind = '386')"
)
_OF_LINES = f"""
    INSERT INTO billing_entry (organisation_id, kind, booked_on, amount_minor, currency, phase_id,
        project_id, client_id, entity_id, invoice_id, source_id, created_at)
    SELECT l.organisation_id,
        CASE WHEN {_DEPOSIT.format(lines="l", invoice="i")} THEN 'DEPOSIT'
            WHEN i.kind = '381' THEN 'CREDIT' ELSE 'INVOICE' END,
        i.issue_date, CASE WHEN i.kind = '381' THEN -l.net_minor ELSE l.net_minor END,
        l.currency, l.phase_id, i.project_id, i.client_id, i.entity_id, i.id, l.id, {{now}}
    FROM {{invoices}} i JOIN invoice_line l
        ON l.organisation_id = i.organisation_id AND l.invoice_id = i.id
    WHERE l.net_minor <> 0 AND {{when}} ORDER BY i.id, l.position"""
_INTO = """
    INSERT INTO billing_entry (organisation_id, kind, booked_on, amount_minor, currency, phase_id,
        source_id, created_at)"""
_OF_HISTORY = (
    _INTO
    + """
    SELECT {r}.organisation_id, 'HISTORY', {r}.invoice_date, {sign}{r}.net_minor, {r}.currency,
        {r}.phase_id, {r}.id, {now}
    {rows} WHERE {r}.archived_at IS NULL AND {r}.net_minor <> 0 AND {when}"""
)
_OF_ADJUSTMENTS = (
    _INTO
    + """
    SELECT {r}.organisation_id, CASE {r}.kind WHEN 'BILLED' THEN 'BILLED_ADJUSTMENT'
            WHEN 'FEE' THEN 'FEE_ADJUSTMENT' ELSE 'WRITE_OFF' END,
        {r}.adjusted_on, {sign}{r}.amount_minor, {r}.currency, {r}.phase_id, {r}.id, {now}
    {rows} WHERE {r}.archived_at IS NULL AND {r}.kind IN ('BILLED', 'FEE', 'WRITE_OFF')
        AND {r}.amount_minor <> 0 AND {when}"""
)
_PAST = {
    "billing_history": (
        _OF_HISTORY,
        ("net_minor", "currency", "invoice_date", "phase_id"),
    ),
    "adjustment": (
        _OF_ADJUSTMENTS,
        ("amount_minor", "currency", "adjusted_on", "phase_id", "kind"),
    ),
}
"""By table: the entry of a row, and the columns that make it another entry."""
_NOW = {"sqlite": "strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'", "postgresql": "now()"}
_REFUSED = "an entry of the ledger is never altered"
_KEPT = ("billing_entry_kept", "billing_entry_stays", "billing_entry_not_replaced")


def _keep_ledger() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _on_sqlite()
    else:
        _on_postgresql()


def _on_sqlite() -> None:
    now = _NOW["sqlite"]
    for table, (entry, columns) in _PAST.items():
        added, taken = (
            entry.format(r=row, sign=sign, rows="", when="1", now=now)
            for row, sign in (("NEW", ""), ("OLD", "-"))
        )
        changed = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in columns)
        changed += " OR (OLD.archived_at IS NULL) <> (NEW.archived_at IS NULL)"
        for act, when, body in (
            ("INSERT", "1", f"{added};"),
            ("UPDATE", changed, f"{taken}; {added};"),
            ("DELETE", "1", f"{taken};"),
        ):
            op.get_bind().exec_driver_sql(
                f"CREATE TRIGGER {table}_entered_{act.lower()} AFTER {act} ON {table} "
                f"WHEN {when} BEGIN {body} END"
            )
    final = _OF_LINES.format(invoices="invoice", when="i.id = NEW.id", now=now)
    op.get_bind().exec_driver_sql(
        "CREATE TRIGGER invoice_entered AFTER UPDATE ON invoice "
        f"WHEN OLD.state NOT IN {_LEGAL} AND NEW.state IN {_LEGAL} BEGIN {final}; END"
    )
    for name, act in zip(
        _KEPT,
        (
            "UPDATE ON billing_entry",
            "DELETE ON billing_entry",
            "INSERT ON billing_entry WHEN EXISTS (SELECT 1 FROM billing_entry WHERE id = NEW.id)",
        ),
        strict=True,
    ):
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {act} BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
        )


def _on_postgresql() -> None:
    """One trigger a statement, whatever the number of its rows."""
    now = _NOW["postgresql"]
    for table, (entry, columns) in _PAST.items():
        added = entry.format(r="r", sign="", rows="FROM new_rows r", when="true", now=now)
        taken = entry.format(r="r", sign="-", rows="FROM old_rows r", when="true", now=now)
        same = " AND ".join(f"o.{name} IS NOT DISTINCT FROM r.{name}" for name in columns)
        same += " AND (o.archived_at IS NULL) = (r.archived_at IS NULL)"
        unlike = f"NOT EXISTS (SELECT 1 FROM {{}} o WHERE o.id = r.id AND {same})"
        renewed, former = (
            entry.format(
                r="r", sign=sign, rows=f"FROM {rows} r", when=unlike.format(others), now=now
            )
            for sign, rows, others in (("", "new_rows", "old_rows"), ("-", "old_rows", "new_rows"))
        )
        for act, tables, body in (
            ("INSERT", "NEW TABLE AS new_rows", f"{added};"),
            ("UPDATE", "OLD TABLE AS old_rows NEW TABLE AS new_rows", f"{former}; {renewed};"),
            ("DELETE", "OLD TABLE AS old_rows", f"{taken};"),
        ):
            _after(table, act, tables, body)
    final = _OF_LINES.format(
        invoices="new_rows",
        when=f"i.state IN {_LEGAL} AND EXISTS ("
        f"SELECT 1 FROM old_rows o WHERE o.id = i.id AND o.state NOT IN {_LEGAL})",
        now=now,
    )
    _after("invoice", "UPDATE", "OLD TABLE AS old_rows NEW TABLE AS new_rows", f"{final};")
    op.execute(
        "CREATE TRIGGER billing_entry_kept BEFORE UPDATE OR DELETE ON billing_entry "
        "FOR EACH ROW EXECUTE FUNCTION keep_final()"
    )
    op.execute(
        "CREATE TRIGGER billing_entry_not_emptied BEFORE TRUNCATE ON billing_entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION keep_final()"
    )


def _after(table: str, act: str, tables: str, body: str) -> None:
    name = f"{table}_entered_{act.lower()}"
    op.get_bind().exec_driver_sql(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN {body} RETURN NULL; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {name} AFTER {act} ON {table} REFERENCING {tables} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
    )


def _enter_the_past() -> None:
    """What was billed before there was a ledger is its first entries."""
    bind = op.get_bind()
    now = _NOW[bind.dialect.name]
    for table, (entry, _) in _PAST.items():
        rows = f"FROM {table} r"
        bind.exec_driver_sql(entry.format(r="r", sign="", rows=rows, when="1 = 1", now=now))
    bind.exec_driver_sql(_OF_LINES.format(invoices="invoice", when=f"i.state IN {_LEGAL}", now=now))


def _forget_ledger() -> None:
    acts = ("insert", "update", "delete")
    names = [(f"{table}_entered_{act}", table) for table in _PAST for act in acts]
    if op.get_bind().dialect.name == "sqlite":
        for name in (*(name for name, _ in names), "invoice_entered", *_KEPT):
            op.execute(f"DROP TRIGGER {name}")
        return
    for name, table in (*names, ("invoice_entered_update", "invoice")):
        op.execute(f"DROP TRIGGER {name} ON {table}")
        op.execute(f"DROP FUNCTION {name}()")
    op.execute("DROP TRIGGER billing_entry_kept ON billing_entry")
    op.execute("DROP TRIGGER billing_entry_not_emptied ON billing_entry")


def upgrade() -> None:
    # ### commands auto generated by Alembic - please adjust! ###
    kept = _guards_aside()
    op.create_table(
        "billing_entry",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column(
            "organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("phase_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "project_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("client_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("entity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "invoice_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "source_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_billing_entry_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_billing_entry")),
        sa.UniqueConstraint(
            "organisation_id", "id", name=op.f("uq_billing_entry_organisation_id_id")
        ),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("billing_entry", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_billing_entry_organisation_id_invoice_id"),
            ["organisation_id", "invoice_id"],
            unique=False,
        )
        batch_op.create_index(
            "ix_billing_entry_sums",
            ["organisation_id", "phase_id", "kind", "booked_on", "amount_minor"],
            unique=False,
        )

    op.create_table(
        "billed_period",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column(
            "organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("phase_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "line_id"],
            ["invoice_line.organisation_id", "invoice_line.id"],
            name=op.f("fk_billed_period_organisation_id_line_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "phase_id"],
            ["phase.organisation_id", "phase.id"],
            name=op.f("fk_billed_period_organisation_id_phase_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_billed_period_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_billed_period")),
        sa.UniqueConstraint(
            "organisation_id", "id", name=op.f("uq_billed_period_organisation_id_id")
        ),
        sa.UniqueConstraint(
            "organisation_id",
            "phase_id",
            "kind",
            "starts_on",
            name=op.f("uq_billed_period_organisation_id_phase_id_kind_starts_on"),
        ),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("billed_period", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_billed_period_organisation_id_line_id"),
            ["organisation_id", "line_id"],
            unique=False,
        )

    with op.batch_alter_table("contract", schema=None, table_kwargs=_AS_BEFORE) as batch_op:
        batch_op.add_column(
            sa.Column("timing", sa.String(length=32), nullable=False, server_default="ARREARS")
        )
        batch_op.add_column(
            sa.Column("rollover", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(sa.Column("cap_minor", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("hourly_rate_minor", sa.BigInteger(), nullable=True))

    with op.batch_alter_table("invoice", schema=None, table_kwargs=_AS_BEFORE) as batch_op:
        batch_op.add_column(sa.Column("credited_number", sa.String(length=255), nullable=True))
        batch_op.add_column(sa.Column("credited_on", sa.Date(), nullable=True))
        batch_op.add_column(
            sa.Column(
                "replaces_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
            )
        )
        batch_op.create_index(
            batch_op.f("ix_invoice_organisation_id_replaces_id"),
            ["organisation_id", "replaces_id"],
            unique=False,
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_invoice_organisation_id_replaces_id"),
            "invoice",
            ["organisation_id", "replaces_id"],
            ["organisation_id", "id"],
        )

    with op.batch_alter_table("invoice_line", schema=None, table_kwargs=_AS_BEFORE) as batch_op:
        batch_op.add_column(sa.Column("discount", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("period_start", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("period_end", sa.Date(), nullable=True))
        batch_op.add_column(
            sa.Column(
                "deducts_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
            )
        )
        batch_op.add_column(sa.Column("basis", sa.JSON(), nullable=True))
        batch_op.create_index(
            batch_op.f("ix_invoice_line_organisation_id_deducts_id"),
            ["organisation_id", "deducts_id"],
            unique=False,
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_invoice_line_organisation_id_deducts_id"),
            "invoice",
            ["organisation_id", "deducts_id"],
            ["organisation_id", "id"],
        )

    with op.batch_alter_table("time_entry", schema=None, table_kwargs=_AS_BEFORE) as batch_op:
        batch_op.add_column(
            sa.Column(
                "line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
            )
        )
        batch_op.add_column(sa.Column("rate_minor", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("written_off_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("write_off_reason", sa.Text(), nullable=True))
        batch_op.create_index(
            batch_op.f("ix_time_entry_organisation_id_line_id"),
            ["organisation_id", "line_id"],
            unique=False,
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_time_entry_organisation_id_line_id"),
            "invoice_line",
            ["organisation_id", "line_id"],
            ["organisation_id", "id"],
        )

    _guards_back(kept)
    _keep_ledger()
    _enter_the_past()
    # ### end Alembic commands ###


def downgrade() -> None:
    # ### commands auto generated by Alembic - please adjust! ###
    _forget_ledger()
    kept = _guards_aside()
    with op.batch_alter_table("time_entry", schema=None, table_kwargs=_AS_BEFORE) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_time_entry_organisation_id_line_id"), type_="foreignkey"
        )
        batch_op.drop_index(batch_op.f("ix_time_entry_organisation_id_line_id"))
        batch_op.drop_column("write_off_reason")
        batch_op.drop_column("written_off_at")
        batch_op.drop_column("rate_minor")
        batch_op.drop_column("line_id")

    with op.batch_alter_table("invoice_line", schema=None, table_kwargs=_AS_BEFORE) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_invoice_line_organisation_id_deducts_id"), type_="foreignkey"
        )
        batch_op.drop_index(batch_op.f("ix_invoice_line_organisation_id_deducts_id"))
        batch_op.drop_column("basis")
        batch_op.drop_column("deducts_id")
        batch_op.drop_column("period_end")
        batch_op.drop_column("period_start")
        batch_op.drop_column("discount")

    with op.batch_alter_table("invoice", schema=None, table_kwargs=_AS_BEFORE) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_invoice_organisation_id_replaces_id"), type_="foreignkey"
        )
        batch_op.drop_index(batch_op.f("ix_invoice_organisation_id_replaces_id"))
        batch_op.drop_column("replaces_id")
        batch_op.drop_column("credited_on")
        batch_op.drop_column("credited_number")

    with op.batch_alter_table("contract", schema=None, table_kwargs=_AS_BEFORE) as batch_op:
        batch_op.drop_column("hourly_rate_minor")
        batch_op.drop_column("cap_minor")
        batch_op.drop_column("rollover")
        batch_op.drop_column("timing")

    with op.batch_alter_table("billed_period", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_billed_period_organisation_id_line_id"))

    op.drop_table("billed_period")
    with op.batch_alter_table("billing_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_billing_entry_sums")
        batch_op.drop_index(batch_op.f("ix_billing_entry_organisation_id_invoice_id"))

    op.drop_table("billing_entry")
    _guards_back(kept)
    # ### end Alembic commands ###
