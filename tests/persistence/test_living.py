"""Processes that know each other alive: by a file's lock on SQLite, by names on PostgreSQL."""

from __future__ import annotations

from persistence.living import living_at


def test_on_sqlite_one_process_does_the_jobs(sqlite_url: str) -> None:
    first, second = living_at(sqlite_url), living_at(sqlite_url)
    assert first.hold("first")
    assert first.hold("first")
    assert not second.hold("second")
    first.let_go()
    assert second.hold("second")
    # Whoever holds it knows all others dead.
    assert second.is_dead("first")
    second.let_go()


def test_on_postgresql_each_process_is_known_by_its_name(postgres_url: str) -> None:
    first, second = living_at(postgres_url), living_at(postgres_url)
    assert first.hold("first")
    assert second.hold("second")
    assert not second.is_dead("first")
    first.let_go()
    assert second.is_dead("first")
    # Asking takes nothing from who comes by that name.
    assert first.hold("first")
    assert not second.is_dead("first")
    first.let_go()
    second.let_go()
