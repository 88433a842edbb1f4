"""The second wall between firms on PostgreSQL: row-level security, put up from the records.

Two roles read and write, own nothing and cannot sign in: `jalon_app` sees the rows of the
organisation that its transaction names (`persistence.engine.begin_postgresql`), `jalon_house` sees
all, for what is of no organisation yet: whose key is this, what is due, founding a firm. The owner
of the tables migrates and dumps, and is not walled in (ADR 23).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table, text

from domain.records import METADATA
from persistence.engine import APP_ROLE, HOUSE_ROLE, ORGANISATION_SETTING
from persistence.wall_roles import ROLES, forbid_temporary

JOBS_SCHEMA = "jalon_jobs"
"""Where the engine of jobs keeps its own tables, as the login of the serving process."""

GRANTED = "granted"
"""In `Table.info`: what `jalon_app` may do to a table (INSERT, SELECT …) where it is not all."""

_ALL = ("SELECT", "INSERT", "UPDATE", "DELETE")
_VERSIONS = "alembic_version"

# In a sub-select it is looked up once a statement, not once a row.
_OURS = f"(SELECT current_setting('{ORGANISATION_SETTING}')::bigint)"
_OF_A_MEMBER = "{} = ANY ((SELECT jalon_accounts())::bigint[])"

_UNSCOPED = {
    "organisation": f"id = {_OURS}",
    "account": _OF_A_MEMBER.format("id"),
    # An invitation is seen where it leads to, and by nobody else they work for.
    "account_link": (
        f"(organisation_id IS NULL OR organisation_id = {_OURS})"
        f" AND {_OF_A_MEMBER.format('account_id')}"
    ),
    # Hashed counts of tries: they tell of nobody.
    "tally": "true",
}
"""What a firm sees of the tables whose rows need not be of an organisation."""

_LIMITED = {
    # Their address is how they come into every firm they work for: no firm changes it.
    "account": ("SELECT", "UPDATE (name, password_argon2, password_changed_at, locale)"),
}


class Unwalled(Exception):
    """A table that has no organisation, of which nobody has said who sees it."""


@dataclass(frozen=True, slots=True)
class Wall:
    """What the two roles see of a table, and may do to it."""

    table: str
    seen: str
    granted: tuple[str, ...] = _ALL

    @property
    def policies(self) -> dict[str, tuple[str, str]]:
        """Role and condition of each policy by its name, which another condition changes."""
        found = {}
        for role, seen in ((APP_ROLE, self.seen), (HOUSE_ROLE, "true")):
            digest = hashlib.sha256(seen.encode()).hexdigest()[:8]
            found[f"{role}_{digest}"] = (role, seen)
        return found

    def granted_to(self, role: str) -> tuple[str, ...]:
        return _ALL if role == HOUSE_ROLE and GRANTED not in self._table.info else self.granted

    @property
    def _table(self) -> Table:
        return METADATA.tables[self.table]


@cache
def walls() -> tuple[Wall, ...]:
    """The wall of every table; Unwalled for one that has no organisation and is not listed."""
    return tuple(_wall_of(table) for table in METADATA.sorted_tables)


def _wall_of(table: Table) -> Wall:
    granted = table.info.get(GRANTED, _LIMITED.get(table.name, _ALL))
    if table.name in _UNSCOPED:
        return Wall(table.name, _UNSCOPED[table.name], granted)
    if "organisation_id" not in table.c:
        raise Unwalled(table.name)
    return Wall(table.name, f"organisation_id = {_OURS}", granted)


def put_up(connection: Connection, logins: tuple[str, ...] = ()) -> None:
    """Puts up what is missing of the walls, in the transaction of the owner of the tables.

    `logins` are others that serve: they get a schema for their jobs.
    """
    for statement in _amends(connection):
        connection.exec_driver_sql(statement)
    quoted = connection.dialect.identifier_preparer.quote
    forbid_temporary(connection)
    for login in logins:
        connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {JOBS_SCHEMA}")
        connection.exec_driver_sql(
            f"GRANT USAGE, CREATE ON SCHEMA {JOBS_SCHEMA} TO {quoted(login)}"
        )


def are_up(connection: Connection) -> bool:
    """Whether nothing is missing of the walls: policies, grants, and what the roles may not be."""
    found = connection.execute(_ROLES_FOUND, {"roles": list(ROLES)}).all()
    if len(found) != len(ROLES) or any(row.is_too_free for row in found):
        return False
    return not list(_amends(connection))


_ROLES_FOUND = text("""
    SELECT rolsuper OR rolbypassrls OR rolcanlogin OR rolcreaterole OR rolcreatedb
        OR EXISTS (SELECT FROM pg_class WHERE relowner = r.oid) AS is_too_free
    FROM pg_roles r WHERE rolname = ANY (:roles)
""")

_TABLES_FOUND = text("""
    SELECT c.relname AS name, c.relrowsecurity AS is_walled,
        ARRAY(
            SELECT p.polname::text FROM pg_policy p
            WHERE p.polrelid = c.oid AND (p.polroles && ARRAY(
                SELECT oid FROM pg_roles WHERE rolname = ANY (:roles)
            ) OR 0 = ANY (p.polroles))
        ) AS policies,
        ARRAY(
            SELECT a.grantee::regrole || ' ' || a.privilege_type FROM aclexplode(c.relacl) a
            WHERE a.grantee <> 0
        ) AS granted,
        ARRAY(
            SELECT a.grantee::regrole || ' ' || a.privilege_type || ' ' || t.attname
            FROM pg_attribute t, aclexplode(t.attacl) a
            WHERE t.attrelid = c.oid AND a.grantee <> 0
        ) AS granted_columns
    FROM pg_class c
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
""")

_SEQUENCES_FOUND = text("""
    SELECT s.relname AS name,
        ARRAY(
            SELECT a.grantee::regrole || ' ' || a.privilege_type FROM aclexplode(s.relacl) a
            WHERE a.grantee <> 0
        ) AS granted
    FROM pg_class s
        JOIN pg_depend d ON d.objid = s.oid AND d.deptype IN ('a', 'i')
            AND d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
        JOIN pg_class t ON t.oid = d.refobjid
    WHERE s.relkind = 'S' AND t.relnamespace = current_schema()::regnamespace
        AND t.relname = ANY (:tables)
    ORDER BY s.relname
""")


def _amends(connection: Connection) -> Iterator[str]:
    """The statements that what is there lacks to be as the records want it."""
    schema = connection.execute(
        text("SELECT current_schema(), has_schema_privilege(:role, current_schema(), 'USAGE')"),
        {"role": HOUSE_ROLE},
    ).one()
    quoted = connection.dialect.identifier_preparer.quote
    if not schema[1]:
        yield f"GRANT USAGE ON SCHEMA {quoted(schema[0])} TO {', '.join(ROLES)}"
    rows = connection.execute(_TABLES_FOUND, {"roles": list(ROLES)})
    found = {row.name: row for row in rows}
    for role in ROLES:
        if f"{role} SELECT" not in found[_VERSIONS].granted:
            yield f"GRANT SELECT ON {_VERSIONS} TO {role}"
    yield from _amends_of_functions(connection, quoted(schema[0]))
    for wall in walls():
        yield from _amends_of(wall, found[wall.table])
    tables = [wall.table for wall in walls()]
    for row in connection.execute(_SEQUENCES_FOUND, {"tables": tables}):
        for role in ROLES:
            if f"{role} USAGE" not in row.granted:
                yield f"GRANT USAGE ON SEQUENCE {quoted(row.name)} TO {role}"


_FUNCTIONS = {
    # ANALYZE is for the owner of a table.
    "jalon_learn": """(learnt regclass) RETURNS void
        LANGUAGE plpgsql SECURITY DEFINER {pinned} AS $do$
        BEGIN EXECUTE 'ANALYZE ' || learnt; END $do$""",
    # Of the firm that asks: the wall of `member` stands here too. A policy that named that table
    # by itself would keep it from being dropped or made anew by a migration.
    "jalon_accounts": """() RETURNS bigint[] LANGUAGE sql STABLE {pinned} AS $do$
        SELECT array_agg(account_id) FROM {schema}.member $do$""",
}
_PINNED = "SET search_path = pg_catalog, pg_temp"
"""Unless it is named last, the temporary schema is searched first: a table of the caller's would
stand in for ours."""


def _amends_of_functions(connection: Connection, schema: str) -> Iterator[str]:
    asked = text(
        "SELECT proname, proacl::text, proconfig FROM pg_proc"
        " WHERE proname = ANY (:names) AND pronamespace = current_schema()::regnamespace"
    )
    found = connection.execute(asked, {"names": list(_FUNCTIONS)}).all()
    pinned = {row.proname for row in found if row.proconfig == [_PINNED[4:].replace(" = ", "=")]}
    granted = {row.proname: row.proacl or "" for row in found}
    for name, body in _FUNCTIONS.items():
        if name not in pinned:
            made = body.format(pinned=_PINNED, schema=schema)
            yield f"CREATE OR REPLACE FUNCTION {name} {made}"
            yield f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC"
        if any(f"{role}=X" not in granted.get(name, "") for role in ROLES):
            yield f"GRANT EXECUTE ON FUNCTION {name} TO {', '.join(ROLES)}"


def _amends_of(wall: Wall, found: Any) -> Iterator[str]:
    if not found.is_walled:
        yield f"ALTER TABLE {wall.table} ENABLE ROW LEVEL SECURITY"
    for name in sorted(set(found.policies) - wall.policies.keys()):
        yield f'DROP POLICY "{name}" ON {wall.table}'
    for name, (role, seen) in wall.policies.items():
        if name not in found.policies:
            yield (
                f"CREATE POLICY {name} ON {wall.table} TO {role} USING ({seen}) WITH CHECK ({seen})"
            )
    for role in ROLES:
        wanted = wall.granted_to(role)
        if _spelt(role, wanted) != {
            *(one for one in found.granted if one.startswith(f"{role} ")),
            *(one for one in found.granted_columns if one.startswith(f"{role} ")),
        }:
            yield f"REVOKE ALL ON {wall.table} FROM {role}"
            yield f"GRANT {', '.join(wanted)} ON {wall.table} TO {role}"


def _spelt(role: str, granted: tuple[str, ...]) -> set[str]:
    """Privileges as the catalogue tells them: one a column where they are of columns."""
    told = set()
    for one in granted:
        privilege, _, columns = one.rstrip(")").partition(" (")
        told |= {f"{role} {privilege} {name}".rstrip() for name in columns.split(", ")}
    return told
