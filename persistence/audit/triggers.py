"""The triggers by which the database tells every change, put up from the records as they are."""

from __future__ import annotations

from sqlalchemy import JSON, Connection, Table

from persistence.audit.tables import ALWAYS_UNTOLD, Watched, watched_tables
from persistence.engine import ACT_SETTING, ORGANISATION_SETTING

_HIDDEN = "•••"
"""What is told of a secret: that there is one."""


def take_down(connection: Connection) -> None:
    """Takes every trigger down that `put_up` put up, whatever version did."""
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audited\\_%'"
            " ESCAPE '\\'"
        ).fetchall()
        for (name,) in found:
            connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        return
    found = connection.exec_driver_sql(
        "SELECT t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " WHERE t.tgname LIKE 'audited\\_%%' AND c.relnamespace = current_schema()::regnamespace"
    ).fetchall()
    for name, table in found:
        connection.exec_driver_sql(f'DROP TRIGGER "{name}" ON "{table}"')


def put_up(connection: Connection) -> None:
    """Puts the triggers of all watched tables up, which must be as the records say."""
    take_down(connection)
    if connection.dialect.name == "sqlite":
        for table, watched in watched_tables():
            for statement in _on_sqlite(table, watched):
                connection.exec_driver_sql(statement)
        return
    schema = connection.exec_driver_sql("SELECT current_schema()").scalar_one()
    quoted = connection.dialect.identifier_preparer.quote(schema)
    function = _FUNCTION.format(
        schema=quoted,
        joined=_JOINED.format(member=f"{quoted}.member", account="written"),
        hidden=_HIDDEN,
        act=ACT_SETTING,
        organisation=ORGANISATION_SETTING,
    )
    connection.exec_driver_sql(function.replace("%", "%%"))
    # Who could hang it on a table of their own would write into the audit of any firm.
    connection.exec_driver_sql("REVOKE ALL ON FUNCTION audited() FROM PUBLIC")
    for table, watched in watched_tables():
        connection.exec_driver_sql(_on_postgresql(table, watched))


# SQLite: statements made for the columns of each table

_INTO = (
    "INSERT INTO audit_change"
    " (organisation_id, created_at, act, record, record_id, kind, before, after, salt) {told}"
)
_TOLD = (
    "{organisation}, strftime('%Y-%m-%d %H:%M:%f000', 'now'),"
    " (SELECT act FROM audit_act WHERE id = 1), '{table}', {row}.id, '{kind}',"
    " {before}, {after}, randomblob(16)"
)
_BLOCK = 6
"""Columns that are passed over by one comparison where none of them changed."""
_JOINED = (
    "FROM {member} m WHERE m.account_id = {account} AND m.joined_at IS NOT NULL"
    " AND m.archived_at IS NULL"
)
"""The firms that an account has joined."""


def _on_sqlite(table: Table, watched: Watched) -> list[str]:
    columns = watched.columns(table)
    same = [*_key(table, watched), *columns]
    told = {
        "insert": ("NULL", _whole(table, watched, "NEW")),
        "update": (_changed(table, watched, "OLD"), _changed(table, watched, "NEW")),
        "delete": (_whole(table, watched, "OLD"), "NULL"),
    }
    statements = []
    for act, (before, after) in told.items():
        row = "OLD" if act == "delete" else "NEW"
        told_of = _TOLD.format(
            organisation=_organisation(table, watched, row),
            table=table.name,
            row=row,
            kind=act.upper(),
            before=before,
            after=after,
        )
        # A SELECT is put aside in a table of its own before a row of it is written.
        into = _INTO.format(
            told=f"SELECT {told_of}{_firms(row)}" if watched.of_its_firms else f"VALUES ({told_of})"
        )
        when = f" WHEN {_unlike(same)}" if act == "update" else ""
        statements.append(
            f"CREATE TRIGGER audited_{table.name}_{act} AFTER {act.upper()} ON {table.name}"
            f"{when} BEGIN {into}; END"
        )
    return statements


def _key(table: Table, watched: Watched) -> tuple[str, ...]:
    return (
        ("id",)
        if watched.of_the_act or "organisation_id" not in table.c
        else ("id", "organisation_id")
    )


def _firms(row: str) -> str:
    joined = _JOINED.format(member="member", account=f"{row}.id")
    return (
        f" FROM (SELECT m.organisation_id AS firm {joined}"
        " UNION SELECT coalesce(organisation_id, 0) FROM audit_act WHERE id = 1"
        f" AND (organisation_id IS NOT NULL OR NOT EXISTS (SELECT 1 {joined})))"
    )


def _organisation(table: Table, watched: Watched, row: str) -> str:
    if watched.of_its_firms:
        return "firm"
    if watched.of_the_act:
        return "coalesce((SELECT organisation_id FROM audit_act WHERE id = 1), 0)"
    return f"{row}.id" if table.name == "organisation" else f"{row}.organisation_id"


def _value(table: Table, watched: Watched, name: str, row: str) -> str:
    """A column as what `json_object` takes: a plain value, or JSON."""
    value = f'{row}."{name}"'
    if name in watched.secrets:
        return f"CASE WHEN {value} IS NOT NULL THEN '{_HIDDEN}' END"
    if name in watched.sizes:
        return f"length({value})"
    if isinstance(table.c[name].type, JSON):
        # What is no JSON was written by hand: it is told as the text it is.
        return f"json(CASE WHEN json_valid({value}) THEN {value} ELSE json_quote({value}) END)"
    return value


def _whole(table: Table, watched: Watched, row: str) -> str:
    pairs = (f"'{name}', {_value(table, watched, name, row)}" for name in watched.columns(table))
    return f"json_object({', '.join(pairs)})"


def _changed(table: Table, watched: Watched, row: str) -> str:
    names = [*_key(table, watched), *watched.columns(table)]
    blocks = [names[start : start + _BLOCK] for start in range(0, len(names), _BLOCK)]
    told = [
        f"CASE WHEN {_unlike(some)} THEN "
        + " || ".join(
            f"CASE WHEN {_unlike([name])} THEN ',\"{name}\":' ||"
            f" json_quote({_value(table, watched, name, row)}) ELSE '' END"
            for name in some
        )
        + " ELSE '' END"
        for some in blocks
    ]
    return "'{' || substr(" + " || ".join(told) + ", 2) || '}'"


def _unlike(names: list[str]) -> str:
    return " OR ".join(f'OLD."{name}" IS NOT NEW."{name}"' for name in names)


# PostgreSQL: one function for all tables

_FUNCTION = r"""
CREATE OR REPLACE FUNCTION audited() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    untold text[] := TG_ARGV[0];
    was jsonb; is_now jsonb; had jsonb; has_now jsonb; name text;
    organisation bigint; organisations bigint[]; written bigint;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        was := to_jsonb(OLD);
        written := OLD.id;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        is_now := to_jsonb(NEW);
        written := NEW.id;
    END IF;
    IF TG_ARGV[3] = 'firms' THEN
        organisation := nullif(current_setting('{organisation}', true), '')::bigint;
        organisations := ARRAY(SELECT m.organisation_id {joined}
            UNION SELECT organisation WHERE organisation IS NOT NULL ORDER BY 1);
        IF organisations = '{{}}' THEN organisations := '{{0}}'; END IF;
    ELSIF TG_ARGV[3] = 'act' THEN
        organisation := coalesce(nullif(current_setting('{organisation}', true), '')::bigint, 0);
    ELSIF TG_ARGV[3] = 'id' THEN
        organisation := written;
    ELSE
        organisation := (coalesce(is_now, was) ->> 'organisation_id')::bigint;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        SELECT jsonb_object_agg(o.key, o.value), jsonb_object_agg(o.key, is_now -> o.key)
        INTO had, has_now
        FROM jsonb_each(was - untold) o WHERE o.value IS DISTINCT FROM is_now -> o.key;
        IF had IS NULL THEN
            RETURN NULL;
        END IF;
    ELSE
        had := was - untold - '{{id,organisation_id}}'::text[];
        has_now := is_now - untold - '{{id,organisation_id}}'::text[];
    END IF;
    FOREACH name IN ARRAY TG_ARGV[1]::text[] LOOP
        IF had ->> name IS NOT NULL THEN
            had := had || jsonb_build_object(name, '{hidden}'); END IF;
        IF has_now ->> name IS NOT NULL THEN
            has_now := has_now || jsonb_build_object(name, '{hidden}'); END IF;
    END LOOP;
    FOREACH name IN ARRAY TG_ARGV[2]::text[] LOOP
        IF had ->> name IS NOT NULL THEN
            had := had || jsonb_build_object(name, CASE WHEN had ->> name LIKE '\\x%'
                THEN (length(had ->> name) - 2) / 2 ELSE length(had ->> name) END); END IF;
        IF has_now ->> name IS NOT NULL THEN
            has_now := has_now || jsonb_build_object(name, CASE WHEN has_now ->> name LIKE '\\x%'
                THEN (length(has_now ->> name) - 2) / 2 ELSE length(has_now ->> name) END); END IF;
    END LOOP;
    INSERT INTO {schema}.audit_change
        (organisation_id, created_at, act, record, record_id, kind, before, after, salt)
    SELECT firm, now(), nullif(current_setting('{act}', true), '')::bigint,
        TG_TABLE_NAME, written, TG_OP, had::text, has_now::text, uuid_send(gen_random_uuid())
    FROM unnest(coalesce(organisations, ARRAY[organisation])) firm;
    RETURN NULL;
END $$
"""


def _on_postgresql(table: Table, watched: Watched) -> str:
    # An update of a key is told; `id` and `organisation_id` are taken off whole rows elsewhere.
    untold = [
        name for name in (*ALWAYS_UNTOLD, *watched.untold) if name not in _key(table, watched)
    ]
    whose = "act" if watched.of_the_act else "id" if table.name == "organisation" else "row"
    whose = "firms" if watched.of_its_firms else whose
    arguments = ", ".join(
        f"'{{{','.join(names)}}}'" for names in (untold, watched.secrets, watched.sizes)
    )
    return (
        f"CREATE TRIGGER audited_{table.name} AFTER INSERT OR UPDATE OR DELETE ON {table.name}"
        f" FOR EACH ROW EXECUTE FUNCTION audited({arguments}, '{whose}')"
    )
