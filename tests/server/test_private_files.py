"""What an installation keeps beside it is for its owner alone: database, journals, secret."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from persistence.migrate import migrate
from persistence.session import Database
from server.house import make_room, open_house
from server.settings import Settings, keep_privately


@pytest.fixture(autouse=True)
def an_open_umask() -> Iterator[None]:
    """As careless as a machine can be: what is private is so by our doing."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def settings(path: Path) -> Settings:
    return Settings(database_url=f"sqlite:///{path}", files_url=path.parent.as_uri())


def test_a_new_database_and_its_folder_are_their_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "var" / "jalon.db"
    make_room(settings(path))
    migrate(f"sqlite:///{path}")
    assert (mode(path.parent), mode(path)) == (0o700, 0o600)
    database = Database(f"sqlite:///{path}")
    try:
        with database.writing(None) as session:
            session.execute(text("CREATE TABLE stone (weight INTEGER)"))
            journals = [one for one in path.parent.iterdir() if one != path]
            assert journals
            assert {mode(one) for one in journals} == {0o600}
    finally:
        database.close()


def test_what_is_there_already_is_left_as_it_is(tmp_path: Path) -> None:
    """An operator may have given a group access to it."""
    folder = tmp_path / "shared"
    folder.mkdir(mode=0o770)
    path = folder / "jalon.db"
    path.touch(mode=0o660)
    make_room(settings(path))
    assert (mode(folder), mode(path)) == (0o770, 0o660)


def test_whatever_opens_the_house_first_makes_it_private(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    house = open_house(settings(tmp_path / "var" / "jalon.db"))
    house.database.close()
    assert mode(tmp_path / "var" / "jalon.db") == 0o600
    assert mode(tmp_path / "var" / "secret") == 0o600


def test_a_secret_makes_its_folder_private_where_the_database_is_elsewhere(tmp_path: Path) -> None:
    keep_privately(tmp_path / "var" / "secret", "told to nobody")
    assert (mode(tmp_path / "var"), mode(tmp_path / "var" / "secret")) == (0o700, 0o600)
