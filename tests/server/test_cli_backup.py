"""`jalon backup` and `jalon restore`: all of an installation, as of one moment."""

from __future__ import annotations

import os
import random
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import select

from domain.access import ApiKey, Role
from persistence.backup import archive as archives
from persistence.backup import copies
from persistence.organisations import create_key, organisation_named
from persistence.session import Database
from tests.server.test_cli import FIRM_FILE, Terminal, empty, firm, jalon
from tests.support.postgres import PostgresServer

__all__ = ["empty", "firm", "jalon"]

FILE = "1/papers/facture é 1.pdf"
PAPER = b"%PDF" + bytes(range(256)) * 9000


def at(terminal: Terminal, name: str, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A shell in another folder: another installation, where settings name no database."""
    folder = terminal.folder / name
    folder.mkdir(exist_ok=True)
    monkeypatch.chdir(folder)
    return Terminal(folder)


def keep(content: bytes = PAPER, key: str = FILE) -> Path:
    path = Path("var/files", key)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def house(
    request: pytest.FixtureRequest,
    empty: Terminal,
    monkeypatch: pytest.MonkeyPatch,
) -> Terminal:
    """An installation with two firms, a key and a file."""
    monkeypatch.setenv("JALON_SECRET", "the secret of this installation, long enough")
    if request.param == "postgresql":
        monkeypatch.setenv("JALON_DATABASE_URL", request.getfixturevalue("postgres_url"))
    else:
        Path("var").mkdir()
        shutil.copy(request.getfixturevalue("migrated_sqlite"), "var/jalon.db")
    empty("organisation", "create", FIRM_FILE)
    empty("organisation", "create", FIRM_FILE, "--code", "second")
    empty("key", "create", "--role", "READER", "--organisation", "second")
    keep()
    return empty


@pytest.fixture
def elsewhere(
    house: Terminal, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], Terminal]]:
    """Goes to a new installation, whose database is empty."""
    made: list[str] = []
    server: PostgresServer | None = None
    if "JALON_DATABASE_URL" in os.environ:
        server = request.getfixturevalue("postgres")

    def go() -> Terminal:
        if server is not None:
            made.append(server.create_database())
            monkeypatch.setenv("JALON_DATABASE_URL", made[-1])
        return at(house, "elsewhere", monkeypatch)

    yield go
    for dsn in made:
        assert server is not None
        server.drop_database(dsn)


def test_all_comes_back_and_is_read_again(
    house: Terminal, elsewhere: Callable[[], Terminal]
) -> None:
    keys = house("key", "list", "--organisation", "second")
    written = house("backup", "kept.zip").strip()
    assert written == "kept.zip"
    assert "1 files" in house.told
    assert "JALON_SECRET is not in it" in house.told
    mode = stat.S_IMODE(os.stat("kept.zip").st_mode)
    assert mode == 0o600, "whoever may read it reads all firms"
    house("organisation", "create", FIRM_FILE, "--code", "later")
    there = elsewhere()
    told = there("restore", "../kept.zip")
    assert "2 firms, 1 files, whole" in told
    assert told.count("Ledger: every entry follows from its record.") == 2
    assert "secret is another one" not in there.told
    assert there("organisation", "list").split() == ["groupe-rivage", "second"]
    assert there("key", "list", "--organisation", "second") == keys
    assert Path("var/files", FILE).read_bytes() == PAPER
    there("verify", "--organisation", "second")
    # It goes on from there: the next entry follows the last one.
    there("key", "create", "--role", "READER", "--organisation", "second")
    there("verify", "--organisation", "second")
    there("restore", "../kept.zip", code=1)
    assert "already" in there.told or "not empty" in there.told


def test_what_is_written_meanwhile_is_there_wholly_or_not_at_all(
    house: Terminal, elsewhere: Callable[[], Terminal]
) -> None:
    """The copy is of one moment: each act of then with its entry in the audit, none by half."""
    done, database = (
        Event(),
        Database(os.environ.get("JALON_DATABASE_URL", "sqlite:///var/jalon.db")),
    )
    with database.reading(None) as session:
        of = organisation_named(session, "second").id

    def write() -> None:
        while not done.is_set():
            with database.writing(of) as session:
                create_key(session, role=Role.READER, name="meanwhile")

    writers = [Thread(target=write) for _ in range(2)]
    for one in writers:
        one.start()
    try:
        for place in range(3):
            house("backup", f"{place}.zip")
    finally:
        done.set()
        for one in writers:
            one.join()
        database.close()
    counted = []
    for place in range(3):
        there = elsewhere()
        shutil.rmtree("var", ignore_errors=True)
        there("restore", f"../{place}.zip")
        restored = Database(os.environ.get("JALON_DATABASE_URL", "sqlite:///var/jalon.db"))
        try:
            with restored.reading(of) as session:
                counted.append(len(session.scalars(select(ApiKey.id)).all()))
        finally:
            restored.close()
    assert counted == sorted(counted)
    assert counted[-1] > 1


def test_into_a_folder_it_is_named_by_its_moment(firm: Terminal) -> None:
    Path("kept").mkdir()
    written = Path(firm("backup", "kept").strip())
    assert written.parent == Path("kept")
    assert written.name.startswith("jalon-20")
    assert [one.name for one in Path("kept").iterdir()] == [written.name]


def test_into_no_folder_it_says_so(firm: Terminal) -> None:
    firm("backup", "nowhere/kept.zip", code=1)
    assert firm.told == "There is no folder nowhere.\n"


def test_an_archive_is_not_written_over(firm: Terminal) -> None:
    Path("kept.zip").write_bytes(b"of yesterday")
    firm("backup", "kept.zip", code=1)
    assert firm.told == "kept.zip is there already.\n"
    assert Path("kept.zip").read_bytes() == b"of yesterday"


def test_two_at_one_place_are_one(firm: Terminal) -> None:
    with archives.room_for(Path("kept.zip")):
        firm("backup", "kept.zip", code=1)
        assert firm.told.startswith("Another backup is being written there.")
    firm("backup", "kept.zip")


def test_without_files(firm: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    keep()
    firm("backup", "kept.zip", "--no-files")
    there = at(firm, "elsewhere", monkeypatch)
    there("restore", "../kept.zip")
    assert "No files are in it" in there.told
    assert "The secret is another one" in there.told
    assert list(Path("var/files").rglob("*.pdf")) == []


class Killed(BaseException):
    """The process ends here."""


def test_a_backup_that_is_killed_leaves_no_archive(
    firm: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep()
    with monkeypatch.context() as broken:
        broken.setattr(archives, "_add_files", _killed)
        # What ends a process runs nothing after it, either.
        broken.setattr(Path, "unlink", lambda *_, **__: None)
        with pytest.raises(Killed):
            firm("backup", "kept.zip")
    assert not Path("kept.zip").exists()
    assert {one.name for one in Path().glob("kept*")} == {"kept.zip.part", "kept.zip.database.part"}
    firm("backup", "kept.zip")
    assert [one.name for one in Path().glob("kept*")] == ["kept.zip"]
    firm("restore", "kept.zip", "--check")


def _killed(*_: Any, **__: Any) -> Any:
    raise Killed


@pytest.mark.parametrize("step", ["take_database", "put_files", "copy_in"])
def test_a_restore_that_is_killed_is_done_again(
    house: Terminal,
    elsewhere: Callable[[], Terminal],
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    house("backup", "kept.zip")
    there = elsewhere()
    with monkeypatch.context() as broken:
        where = copies if step == "copy_in" else archives.Archive
        broken.setattr(where, step, _killed)
        with pytest.raises(Killed):
            there("restore", "../kept.zip")
    there("restore", "../kept.zip")
    assert there("organisation", "list").split() == ["groupe-rivage", "second"]


def test_a_full_disk_leaves_no_archive(firm: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, os.strerror(28), "kept.zip")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", full)
        firm("backup", "kept.zip", code=1)
    assert firm.told.startswith("kept.zip: No space left")
    assert list(Path().glob("kept*")) == []


def test_a_damaged_database_is_not_kept_as_a_good_one(firm: Terminal) -> None:
    # Pages that an index lies on, far behind the first.
    path, size = Path("var/jalon.db"), os.stat("var/jalon.db").st_size
    with path.open("r+b") as damaged:
        damaged.seek(size // 2)
        damaged.write(b"\xff" * 40_000)
    firm("backup", "kept.zip", code=1)
    assert firm.told.startswith("The database is damaged: ")
    assert list(Path().glob("kept*")) == []


def test_any_byte_that_is_another_one_is_found_or_says_nothing(firm: Terminal) -> None:
    """Whatever is changed, all that would be put back is proven to be as it was written."""
    keep(os.urandom(3000))
    firm("backup", "kept.zip")
    whole = Path("kept.zip").read_bytes()
    with archives.read(Path("kept.zip")) as found:
        parts = found.parts
    chance = random.Random(8)
    refused = 0
    for _ in range(150):
        place = chance.randrange(len(whole))
        other = bytes([whole[place] ^ (1 << chance.randrange(8))])
        Path("other.zip").write_bytes(whole[:place] + other + whole[place + 1 :])
        try:
            with archives.read(Path("other.zip")) as found:
                assert found.parts == parts
        except archives.ArchiveBroken:
            refused += 1
    assert refused > 100
    for length in chance.sample(range(len(whole)), 20):
        Path("other.zip").write_bytes(whole[:length])
        with pytest.raises(archives.ArchiveBroken), archives.read(Path("other.zip")):
            pass
    firm("restore", "other.zip", code=1)
    assert "no backup, or not as it was written" in firm.told
