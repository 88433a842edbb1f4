"""Bringing a database to the present schema, and telling whether it is there."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, select

from domain.organisation import Organisation
from persistence.chain import link_former
from persistence.engine import READ_ONLY, open_engine
from persistence.session import Database

_SCRIPTS = Path(__file__).with_name("migrations")


_CHAINED = "0006"
"""The revision from which final documents are chained."""


class BrokenReferences(Exception):
    """A migration left rows that point nowhere: it was rolled back."""


def migrate(url: str, *, to: str = "head") -> None:
    """Runs what is missing, in one transaction; nothing of it stays when a step fails.

    On SQLite foreign keys sleep meanwhile (a rebuilt table would take its children with it), and
    are checked before the commit.
    """
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            sqlite = connection.dialect.name == "sqlite"
            if sqlite:
                _foreign_keys(connection, on=False)
            with connection.begin():
                present = MigrationContext.configure(connection).get_current_revision()
                command.upgrade(_config(connection), to)
                if sqlite:
                    _check_references(connection)
    finally:
        engine.dispose()
    if present is not None and present < _CHAINED and to == "head":
        _link_former(url)


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
        present = MigrationContext.configure(connection).get_current_revision()
    return present == _head()


@cache
def _head() -> str | None:
    """The last revision there is. Finding it runs every script: not for each health check."""
    return ScriptDirectory(str(_SCRIPTS)).get_current_head()


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
