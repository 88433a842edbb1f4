"""Opening the house of an installation: its database, its files, its secret."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from sqlalchemy.engine import make_url

from persistence.files import Files
from persistence.session import Database
from schema.context import House
from server.settings import Settings, former_secrets_of, secret_of


def open_house(settings: Settings) -> House:
    """The house of `settings`. Whoever opens it closes `house.database`."""
    collect_seldom()
    switch_often()
    give_memory_back()
    make_room(settings)
    return House(
        database=Database(settings.database_url),
        files=Files.at(settings.files_url),
        secret=secret_of(settings),
        former_secrets=former_secrets_of(settings),
        public_url=settings.public_url,
        rows_at_once=settings.import_rows_at_once,
        mail_from=settings.mail_from if settings.smtp_url else None,
        handover_folder=settings.handover_folder,
        webhooks_private=settings.webhooks_private,
        app_url=settings.app_url or settings.public_url,
        sign_in_idle=timedelta(hours=settings.sign_in_idle_hours),
        sign_in_longest=timedelta(days=settings.sign_in_days),
    )


SWITCHING = 0.0001
"""Seconds after which a thread that computes lets another one go on; Python's own are 5 ms.

The driver of SQLite lets others go first at each row: a page of 250 rows read on the loop beside a
batch took 190 ms at a millisecond, 65 at this, and the batch no longer than before."""


def switch_often() -> None:
    """Has the threads of this process take turns sooner than they would.

    The event loop waits for each of them at every step it takes: while some read long pages,
    whoever asks little would wait five times as long.
    """
    sys.setswitchinterval(SWITCHING)


ARENAS = 2
"""Of the allocator of Linux's C library; its own number is eight a core."""

MAPPED = 1024 * 1024
"""Bytes from which on a piece is mapped by itself, and given back as soon as it is let go. Left to
itself the library raises this to the largest piece it has seen, a file of 25 MiB."""

_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8


def give_memory_back() -> None:
    """Has this process give back what it no longer needs, and its threads share what they keep.

    Left to itself each of some forty threads keeps an arena with what a file or a long answer once
    took. Without the C library of Linux nothing is done (macOS, musl).
    """
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL("libc.so.6")
        library.mallopt(_M_ARENA_MAX, ARENAS)
        library.mallopt(_M_MMAP_THRESHOLD, MAPPED)


def collect_seldom() -> None:
    """Lets Python look for circles of garbage less often than it would, in the whole process.

    The rows of a file live until it is done. At Python's own pace their millions of objects are
    gone through again and again: a quarter to a third of the time of a review, to find nothing.
    """
    gc.set_threshold(10_000, 10, 20)


def spare_the_base() -> None:
    """Has the collector pass over what is there as a server begins, and stays: modules, the schema.

    These are 300,000 objects. A pass through all of them stops everybody for a tenth of a second,
    several times a batch.
    """
    gc.collect()
    gc.freeze()


def make_room(settings: Settings) -> None:
    """Makes the folder and the empty file of a new SQLite database, for their owner alone.

    Left to itself SQLite makes a file that all users of the machine can read: clients, bank
    accounts and all. Its journals take the file's mode. What is there already is left as it is.
    """
    if not settings.is_on_sqlite:
        return
    path = Path(make_url(settings.database_url).database or "")
    if str(path).startswith("file:"):
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
