"""The installation a command works on: its house, one of its organisations, and who acts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from getpass import getuser

from domain.access import Role
from domain.organisation import time_zone_of
from domain.standing import Actor, Door
from persistence.migrate import is_current, is_walled
from persistence.organisations import organisation_codes, organisation_named
from schema.context import Caller, House
from server.cli.speaking import Unable, locale
from server.house import open_house
from server.settings import read_settings


@contextmanager
def open_installation() -> Iterator[House]:
    """The house of the environment's settings, its database at our schema."""
    settings = read_settings()
    house = open_house(settings)
    try:
        if not is_current(house.database.engine):
            raise Unable("The database is not at the schema of this version: run jalon migrate.")
        if not is_walled(house.database.engine):
            raise Unable("The walls between firms are missing in the database: run jalon migrate.")
        yield house
    finally:
        house.database.close()


@dataclass(frozen=True, slots=True)
class Desk:
    """A house, and the person at the terminal acting in one of its organisations."""

    house: House
    caller: Caller


@contextmanager
def open_desk(organisation: str | None, language: str | None = None) -> Iterator[Desk]:
    """A desk in the organisation of that code, or in the only one there is."""
    with open_installation() as house:
        yield Desk(house, caller_in(house, organisation, language))


def at_the_terminal() -> Actor:
    """The person who gives the command, by their name on the machine."""
    return Actor(Door.COMMAND, getuser())


def caller_in(house: House, code: str | None, language: str | None = None) -> Caller:
    """The person at the terminal, who may do everything."""
    with house.database.reading(None) as session:
        codes = organisation_codes(session)
        if not codes:
            raise Unable("There is no organisation yet: jalon organisation create FILE.json")
        if code is None and len(codes) > 1:
            raise Unable("Say which organisation: --organisation {codes}", codes=" | ".join(codes))
        found = organisation_named(session, code or codes[0])
        return Caller(
            organisation_id=found.id,
            organisation_code=found.code,
            role=Role.ADMINISTRATOR,
            key_name="jalon",
            locale=language or locale(),
            time_zone=time_zone_of(found),
            actor=at_the_terminal(),
        )
