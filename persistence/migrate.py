"""Bringing a database to the present schema, and telling whether it is there."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError

from domain.organisation import Organisation
from persistence.audit import triggers as audit_triggers
from persistence.engine import READ_ONLY, open_engine
from persistence.invoice.chain import link_former
from persistence.session import Database
from persistence.wall_roles import make_roles
from persistence.walls import are_up, put_up

_SCRIPTS = Path(__file__).with_name("migrations")


_DENIED = "42501"
_CHAINED = "0006"
"""The revision from which final documents are chained."""


_MIGRATING = 5_642_417_900_017
"""The advisory lock of a migration: a number that nothing else takes."""


class BrokenReferences(Exception):
    """A migration left rows that point nowhere: it was rolled back."""


def migrate(url: str, *, to: str = "head", serving: str | None = None) -> None:
    """Runs what is missing, in one transaction; nothing of it stays when a step fails.

    `url` owns the tables; `serving` is the URL of the process that serves, where it has a login of
    its own. On PostgreSQL the walls between firms are put up at the head (persistence.walls), one
    migration of a database at a time; RolesRefused before anything where the login may not.
    On SQLite foreign keys sleep meanwhile (a rebuilt table would take its children with it), and
    are checked before the commit.
    """
    engine = open_engine(url)
    logins = _other_logins(url, serving)
    try:
        with engine.connect() as connection:
            sqlite = connection.dialect.name == "sqlite"
            if sqlite:
                _foreign_keys(connection, on=False)
            elif to == "head":
                # By themselves: who makes them elsewhere need not wait for the whole migration.
                with connection.begin():
                    make_roles(connection, logins)
            with connection.begin():
                if not sqlite:
                    connection.execute(select(func.pg_advisory_xact_lock(_MIGRATING)))
                present = MigrationContext.configure(connection).get_current_revision()
                audit_triggers.take_down(connection)
                command.upgrade(_config(connection), to)
                if _is_at_head(connection):
                    audit_triggers.put_up(connection)
                if sqlite:
                    _check_references(connection)
                elif to == "head":
                    put_up(connection, logins)
    finally:
        engine.dispose()
    if present is not None and present < _CHAINED and to == "head":
        _link_former(url)


def _other_logins(url: str, serving: str | None) -> tuple[str, ...]:
    """The login of `serving`, where it is another than that of `url`."""
    name = None if serving is None else make_url(serving).username
    return () if name in (None, make_url(url).username) else (str(name),)


def make_roles_for(url: str, *, serving: str | None = None) -> None:
    """Makes the roles that walls name, in an empty database, too; RolesRefused. None on SQLite."""
    engine = open_engine(url)
    try:
        if engine.dialect.name != "sqlite":
            with engine.begin() as connection:
                make_roles(connection, _other_logins(url, serving))
    finally:
        engine.dispose()


def _link_former(url: str) -> None:
    """Documents that were final before there was a chain are its first links."""
    database = Database(url)
    try:
        with database.reading(None) as session:
            keys = list(session.scalars(select(Organisation.id)))
        for key in keys:
            with database.writing(key) as session:
                link_former(session)
    finally:
        database.close()


def is_current(engine: Engine) -> bool:
    """Whether the database has the schema this code was written for."""
    # Read only: asked by every health check, it must not wait for a writer on SQLite.
    with engine.execution_options(**{READ_ONLY: True}).connect() as connection:
        try:
            return _is_at_head(connection)
        except ProgrammingError as error:
            # A schema from before the walls lets our role see nothing.
            if getattr(error.orig, "sqlstate", None) != _DENIED:
                raise
            return False


def _is_at_head(connection: Connection) -> bool:
    return MigrationContext.configure(connection).get_current_revision() == head()


@cache
def head() -> str | None:
    """The last revision there is. Finding it runs every script: not for each health check."""
    return ScriptDirectory(str(_SCRIPTS)).get_current_head()


def is_walled(engine: Engine) -> bool:
    """Whether the walls between firms stand in a database of the present schema.

    SQLite has none: there the sessions' own condition is the wall.
    """
    if engine.dialect.name == "sqlite":
        return True
    with engine.connect() as connection:
        return are_up(connection)


def new_step(url: str, *, message: str) -> None:
    """Writes the next migration from the difference between the records and the database."""
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            config = _config(connection)
            number = len(list(ScriptDirectory.from_config(config).walk_revisions())) + 1
            command.revision(config, message=message, autogenerate=True, rev_id=f"{number:04d}")
    finally:
        engine.dispose()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


def _foreign_keys(connection: Connection, *, on: bool) -> None:
    # The pragma is a no-op inside a transaction, so it goes to the driver before one begins.
    driver = connection.connection.dbapi_connection
    if driver is None:
        raise RuntimeError("no connection to the database")
    cursor = driver.cursor()
    cursor.execute(f"PRAGMA foreign_keys={'ON' if on else 'OFF'}")
    cursor.close()


def _check_references(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise BrokenReferences(f"{len(broken)} rows, first in {broken[0][0]}")
