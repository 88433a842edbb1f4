"""The roles that the walls between firms stand on: made once a cluster, taken by who serves."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from persistence.engine import APP_ROLE, HOUSE_ROLE

ROLES = (APP_ROLE, HOUSE_ROLE)
_DENIED = "42501"


class RolesRefused(Exception):
    """The login may not make the roles: `statements` are for an administrator to run."""

    def __init__(self, statements: list[str]) -> None:
        super().__init__(" ".join(statements))
        self.statements = statements


def make_roles(connection: Connection, logins: tuple[str, ...] = ()) -> None:
    """Makes the roles, and lets the login of `connection` and `logins` take them.

    Roles are those of the cluster: others may be making them at the same time. RolesRefused where
    the login may not.
    """
    version = connection.dialect.server_version_info or (0,)
    names = [connection.execute(text("SELECT session_user")).scalar_one(), *logins]
    wanted = list(_roles_wanted(connection, list(dict.fromkeys(names)), int(version[0])))
    for statement in wanted:
        # Who comes second waits for the first, and finds it done.
        try:
            connection.exec_driver_sql(
                f"DO $do$ BEGIN {statement}; "
                "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $do$"
            )
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != _DENIED:
                raise
            raise RolesRefused([f"{one};" for one in wanted]) from error


def forbid_temporary(connection: Connection) -> None:
    """Nobody makes temporary tables, as nothing of ours is one, where the login may say so.

    It is of the database, and no dump takes it along: each migration says it again.
    """
    database = connection.scalar(_TEMPORARY_FOR_ALL)
    if database is not None:
        quoted = connection.dialect.identifier_preparer.quote(database)
        connection.exec_driver_sql(f"REVOKE TEMPORARY ON DATABASE {quoted} FROM PUBLIC")


_TEMPORARY_FOR_ALL = text("""
    SELECT datname FROM pg_database WHERE datname = current_database()
        AND pg_has_role(datdba, 'USAGE') AND has_database_privilege('public', oid, 'TEMPORARY')
""")


def _roles_wanted(connection: Connection, logins: list[str], version: int) -> Iterator[str]:
    there = set(connection.scalars(text("SELECT rolname FROM pg_roles")))
    quoted = connection.dialect.identifier_preparer.quote
    for role in ROLES:
        if role not in there:
            yield f"CREATE ROLE {role} NOLOGIN"
    # What a login may do as one of the roles it does only when it takes the role.
    how = " WITH INHERIT FALSE, SET TRUE" if version >= 16 else ""
    asked = text("SELECT pg_has_role(:login, :role, :how)")
    for login in logins:
        for role in ROLES:
            given = {"login": login, "role": role, "how": "SET" if version >= 16 else "MEMBER"}
            if role not in there or not connection.execute(asked, given).scalar_one():
                yield f"GRANT {role} TO {quoted(login)}{how}"
