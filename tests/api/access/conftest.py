"""The scene, set up once and copied for each test, on either database."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.api.access.scene import Scene, set_up
from tests.support.api import open_api
from tests.support.postgres import PostgresServer
from tests.support.prepared import Calendar, copy_of, prepare
from tests.support.shelf import Shelf


@dataclass(frozen=True)
class Stage:
    """A database and a folder of files that hold the scene; nobody may change them."""

    url: str
    folder: Path
    scene: Scene

    @contextmanager
    def opened(self, url: str, folder: Path, calendar: Calendar) -> Iterator[Scene]:
        """The scene in `url`, a copy of the database, with a copy of the files in `folder`."""
        if (self.folder / "files").exists():
            shutil.copytree(self.folder / "files", folder / "files")
        with open_api(url, folder, clock=calendar) as api:
            yield self.scene.played_by(api)


def staged(url: str, folder: Path) -> Stage:
    with open_api(url, folder, clock=Calendar()) as api:
        return Stage(url, folder, set_up(api))


@pytest.fixture(scope="session")
def sqlite_stage(prepared_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    folder = tmp_path_factory.mktemp("stage")
    return staged(copy_of(prepared_sqlite, folder), folder)


@pytest.fixture(scope="session")
def postgres_stage(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    dsn = postgres.create_database(template=postgres.template("prepared", prepare))
    yield staged(dsn, tmp_path_factory.mktemp("postgres-stage"))
    postgres.drop_database(dsn)


@pytest.fixture
def sqlite_scene(
    shelf: Shelf, sqlite_stage: Stage, tmp_path: Path, calendar: Calendar
) -> Iterator[Scene]:
    template = sqlite_stage.folder / "jalon.db"
    with (
        shelf.filled(template) as url,
        sqlite_stage.opened(url, tmp_path, calendar) as scene,
    ):
        yield scene


@pytest.fixture
def postgres_scene(
    postgres: PostgresServer, postgres_stage: Stage, tmp_path: Path, calendar: Calendar
) -> Iterator[Scene]:
    dsn = postgres.create_database(template=postgres_stage.url)
    with postgres_stage.opened(dsn, tmp_path, calendar) as scene:
        yield scene
    postgres.drop_database(dsn)


@pytest.fixture(params=["sqlite", "postgresql"])
def any_scene(request: pytest.FixtureRequest) -> Scene:
    """The same on each of the two databases."""
    name = "sqlite_scene" if request.param == "sqlite" else "postgres_scene"
    found: Scene = request.getfixturevalue(name)
    return found
