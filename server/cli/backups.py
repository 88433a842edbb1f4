"""`jalon backup` and `jalon restore`: the whole installation in one archive, and back."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import DatabaseError, OperationalError

from domain.signing import name_of
from persistence.audit.upkeep import heads
from persistence.backup import archive as archives
from persistence.backup import copies
from persistence.files import Files
from persistence.migrate import head, is_current, make_roles_for
from persistence.organisations import organisation_codes
from persistence.session import Database
from server.cli.installation import Desk, caller_in, open_installation
from server.cli.running import bring_up, roles_in_words
from server.cli.speaking import Unable, answer, app, say, talk
from server.cli.verifying import is_sound
from server.settings import Settings, former_secrets_of, read_settings, secret_of

_MEGABYTE = 1_000_000
_DENIED = "42501"


@app.command(help=say("Writes database and files into one archive, while the server goes on."))
def backup(
    out: Annotated[Path, typer.Argument(help=say("The archive, or a folder for it."))] = Path(),
    files: Annotated[
        bool, typer.Option(help=say("With the files; without them where their store is safe."))
    ] = True,
) -> None:
    settings = read_settings()
    url, now = settings.owner_url, datetime.now(UTC)
    target = out / f"jalon-{now:%Y%m%d-%H%M%S}.zip" if out.is_dir() else out
    if not target.parent.is_dir():
        raise NotADirectoryError(20, os.strerror(20), str(target.parent))
    with _in_words():
        revision = copies.revision_of(url)
        if revision is None:
            raise Unable("There is no database yet: run jalon migrate.")
        with archives.room_for(target) as room, talk().status(say("Writing {name}…", name=target)):
            told = archives.Told(
                made_at=now.isoformat(timespec="seconds"),
                database=copies.kind_of(url),
                revision=revision,
                secret=name_of(secret_of(settings)),
                has_files=files,
                # Asked first: what is in the copy goes at least as far.
                heads=_heads(settings),
            )
            copies.copy_out(url, room)
            parts = archives.write(
                target, told, room, Files.at(settings.files_url) if files else None
            )
    typer.echo(target)
    talk().print(
        say(
            "{files} files, {size} MB. JALON_SECRET is not in it: keep that elsewhere.",
            files=len(parts) - 1,
            size=round(target.stat().st_size / _MEGABYTE, 1),
        ),
        soft_wrap=True,
    )


@app.command(help=say("Puts a backup into an empty installation, and reads all of it again."))
def restore(
    archive: Annotated[Path, typer.Argument(help=say("The archive."))],
    check: Annotated[
        bool, typer.Option("--check", help=say("Only reads it: nothing is put back."))
    ] = False,
) -> None:
    settings = read_settings()
    with _in_words(), talk().status(say("Reading {name}…", name=archive)) as shown:
        with archives.read(archive) as found:
            told = found.told
            _say_told(found)
            if check:
                return
            _require_room(settings, told)
            shown.update(say("Restoring…"))
            _put_back(settings, found)
        shown.update(say("Migrating…"))
        bring_up(settings)
    if not _all_sound(told):
        raise Unable("What was restored is not as it was: see above.")


def _put_back(settings: Settings, found: archives.Archive) -> None:
    """The files first: as long as there is no database, all can be done again."""
    url = settings.owner_url
    with copies.place_for(url) as copy:
        found.take_database(copy)
        found.put_files(Files.at(settings.files_url))
        with roles_in_words():
            make_roles_for(url, serving=settings.database_url)
        copies.copy_in(url, copy)


def _require_room(settings: Settings, told: archives.Told) -> None:
    """Unable where this installation cannot take it; nothing is done yet."""
    kind = copies.kind_of(settings.owner_url)
    if told.database != kind:
        raise Unable(
            "This is a backup of {found}, and the database of this installation is {kind}.",
            found=told.database,
            kind=kind,
        )
    if told.revision > str(head()):
        raise Unable("This is a backup of a newer version: restore it with that one.")
    copies.require_empty(settings.owner_url)
    if told.secret not in {
        name_of(one) for one in (secret_of(settings), *former_secrets_of(settings))
    }:
        talk().print(
            say(
                "The secret is another one than that of the backup: workbooks that were given out "
                "will be refused, and the secrets of platforms and webhooks must be given again."
            ),
            soft_wrap=True,
        )
    if not told.has_files:
        talk().print(say("No files are in it: they must be in their store."), soft_wrap=True)


def _say_told(found: archives.Archive) -> None:
    answer().print(
        say(
            "Backup of {moment}: {firms} firms, {files} files, whole.",
            moment=found.told.made_at,
            firms=len(found.told.heads),
            files=len(found.keys()),
        ),
        soft_wrap=True,
    )


def _all_sound(told: archives.Told) -> bool:
    """Whether all firms are there and as they were, to the last entry of their audit."""
    with open_installation() as house:
        with house.database.reading(None) as session:
            codes = organisation_codes(session)
        are_sound = set(told.heads) <= set(codes)
        for code in codes:
            answer().print(f"{code}:")
            # A backup of an older version does not tell where audits ended.
            last = "{}:{}".format(*told.heads[code]) if code in told.heads else None
            are_sound = is_sound(Desk(house, caller_in(house, code)), last) and are_sound
    return are_sound


def _heads(settings: Settings) -> dict[str, tuple[int, str]]:
    """The last entries of the audit; none where the schema is another than this version's."""
    database = Database(settings.database_url)
    try:
        if not is_current(database.engine):
            return {}
        with database.reading(None) as session:
            return heads(session)
    finally:
        database.close()


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except copies.CopyFailed as error:
        raise Unable(error.sentence, **error.facts) from error
    except OperationalError:
        # Told as everywhere.
        raise
    except (DatabaseError, sqlite3.DatabaseError) as error:
        reason = getattr(error, "orig", error)
        if getattr(reason, "sqlstate", None) == _DENIED:
            raise Unable(
                "The login of the database may not read all of it: JALON_MIGRATION_URL must name "
                "the one that owns the tables."
            ) from error
        if not isinstance(reason, sqlite3.Error):
            raise
        raise Unable("The database is damaged: {reason}", reason=reason) from error
    except archives.ArchiveBusy:
        raise Unable("Another backup is being written there.") from None
    except archives.ArchiveBroken as error:
        raise Unable(
            "This is no backup, or not as it was written: {part}. Nothing was restored.",
            part=error.part,
        ) from error
    except FileExistsError as error:
        raise Unable("{name} is there already.", name=error.filename) from error
