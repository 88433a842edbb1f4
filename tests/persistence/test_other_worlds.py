"""A plan of another program, or of a database that has since been restored, is made again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from domain.audit import BEGINNING
from persistence.session import Database
from persistence.takeover import world
from persistence.takeover.world import World, is_unmoved, observed
from tests.persistence.firms import Firm, a_client, found_firm, planned
from tests.persistence.test_apply import a_row
from tests.persistence.test_kept_plans import DAY


@pytest.fixture(autouse=True)
def another_program() -> Iterator[None]:
    world._program.cache_clear()
    yield
    world._program.cache_clear()


def world_of(firm: Firm) -> World:
    with firm.reading() as session, observed(session, DAY) as seen:
        planned(session, "clients", a_row("clients"))
    return seen


def stands(firm: Firm, seen: World) -> bool:
    with firm.writing() as session:
        return is_unmoved(session, seen, DAY)


@pytest.mark.parametrize("part", ["head", "version"])
def test_another_program_or_migration_plans_again(
    part: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    firm = found_firm(database)
    seen = world_of(firm)
    assert stands(firm, seen)
    world._program.cache_clear()
    monkeypatch.setattr(world, part, lambda *_: "another")
    assert not stands(firm, seen)


def test_a_restored_database_of_as_many_acts_plans_again(database: Database) -> None:
    """The act at the place is another; or there is none, for fewer were restored."""
    firm = found_firm(database)
    with firm.writing() as session:
        session.add(a_client("K1", "Tulle"))
    seen = world_of(firm)
    assert seen.place > 0
    assert len(seen.sha256) == len(BEGINNING)
    assert stands(firm, seen)
    assert stands(firm, World.of(seen.told()))
    assert not stands(firm, replace(seen, sha256="0" * 63 + "1"))
    assert not stands(firm, replace(seen, place=seen.place + 1))
