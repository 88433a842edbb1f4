"""Databases for tests: each test gets its own, migrated, on SQLite and on PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings
from sqlalchemy import text

from persistence.migrate import migrate
from persistence.session import Database
from tests.support.api import found_firm
from tests.support.databases import lent, owner
from tests.support.postgres import PostgresServer, running_postgres
from tests.support.prepared import prepare
from tests.support.shelf import Shelf

settings.register_profile(
    "house", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
settings.load_profile("house")

# Rich's draw the values of all variables of all frames: seconds for a paper's, and nobody reads
# them. The product has its own lines.
structlog.dev.ConsoleRenderer.get_active().exception_formatter = structlog.dev.plain_traceback


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """The real PostgreSQL of this run; its absence fails what needs it."""
    with running_postgres() as dsn:
        yield PostgresServer(dsn)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    """SQLite files that are filled for one test after the other."""
    found = Shelf(tmp_path_factory.mktemp("shelf"))
    yield found
    found.close()


@pytest.fixture
def empty_sqlite_url(shelf: Shelf, migrated_sqlite: Path) -> Iterator[str]:
    """A migrated SQLite database of this test; only this process may open it."""
    with shelf.filled(migrated_sqlite) as url:
        yield url


@pytest.fixture
def founded_sqlite_url(shelf: Shelf, founded_sqlite: Path) -> Iterator[str]:
    """A firm that nothing is known of in a database of this test; only this process may open it."""
    with shelf.filled(founded_sqlite) as url:
        yield url


@pytest.fixture
def prepared_sqlite_url(shelf: Shelf, prepared_sqlite: Path) -> Iterator[str]:
    """The fixtures' firm in a database of this test; only this process may open it."""
    with shelf.filled(prepared_sqlite) as url:
        yield url


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """A migrated SQLite database of this test."""
    path = tmp_path / "jalon.db"
    shutil.copy(migrated_sqlite, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """A migrated PostgreSQL database of this test."""
    template = postgres.template("migrated", migrate)
    dsn = postgres.create_database(template=template)
    yield dsn
    postgres.drop_database(dsn)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of this test, on each of the two."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    return str(request.getfixturevalue(name))


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest) -> str:
    """The same, which only this process may open."""
    name = "empty_sqlite_url" if request.param == "sqlite" else "postgres_url"
    return str(request.getfixturevalue(name))


@pytest.fixture
def database(empty_database_url: str) -> Iterator[Database]:
    with lent(empty_database_url) as opened:
        yield opened


def _copied(migrated: Path, folder: Path, fill: Callable[[str], object]) -> Path:
    """A copy of the migrated database with what `fill` puts into it."""
    path = folder / "filled.db"
    shutil.copy(migrated, path)
    fill(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def founded_sqlite(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A firm that nothing is known of, to be copied."""
    return _copied(migrated_sqlite, tmp_path_factory.mktemp("founded"), found_firm)


@pytest.fixture(scope="session")
def prepared_sqlite(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The fixtures' firm taken in, to be copied."""
    return _copied(migrated_sqlite, tmp_path_factory.mktemp("prepared"), prepare)


@pytest.fixture
def prepared_postgres_url(postgres: PostgresServer) -> Iterator[str]:
    dsn = postgres.create_database(template=postgres.template("prepared", prepare))
    yield dsn
    postgres.drop_database(dsn)


@pytest.fixture
def logins(postgres: PostgresServer) -> Iterator[dict[str, str]]:
    """A database that the login `owns` owns, and a login `serves` of no rights, by their URLs."""
    dsn = postgres.create_database()
    name = dsn.rpartition("/")[2].partition("?")[0]
    owns, serves = f"{name}_owns", f"{name}_serves"
    server = Database(dsn)
    with owner(server).begin() as connection:
        for login in (owns, serves):
            connection.execute(text(f"CREATE ROLE {login} LOGIN NOINHERIT"))
        connection.execute(text(f"ALTER DATABASE {name} OWNER TO {owns}"))
        connection.execute(text(f"ALTER SCHEMA public OWNER TO {owns}"))
    found = {
        login: owner(server).url.set(username=f"{name}_{login}").render_as_string()
        for login in ("owns", "serves")
    }
    yield found | {"administers": dsn}
    server.close()
    postgres.drop_database(dsn)
    for login in (owns, serves):
        postgres._say("DROP ROLE {}", login)
