"""Opening the house of an installation: its database, its files, its secret."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import make_url

from persistence.files import Files
from persistence.session import Database
from schema.context import House
from server.settings import Settings, secret_of


def open_house(settings: Settings) -> House:
    """The house of `settings`. Whoever opens it closes `house.database`."""
    make_room(settings)
    return House(
        database=Database(settings.database_url),
        files=Files.at(settings.files_url),
        secret=secret_of(settings),
        public_url=settings.public_url,
    )


def make_room(settings: Settings) -> None:
    """Makes the folder that a SQLite database is to lie in."""
    if settings.is_on_sqlite:
        name = make_url(settings.database_url).database or ""
        Path(name).parent.mkdir(parents=True, exist_ok=True)
