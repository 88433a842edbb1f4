"""`jalon retention` tells what is older than its term, and removes it when it is told to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from domain.account import Tally
from persistence.session import Database
from tests.server.test_cli import Terminal, empty, firm, jalon

__all__ = ["empty", "firm", "jalon"]


def test_what_is_old_is_told_and_then_removed(firm: Terminal) -> None:
    database = Database(f"sqlite:///{firm.folder / 'var' / 'jalon.db'}")
    try:
        with database.writing(None) as session:
            session.add(Tally(key="k", until=datetime.now(UTC) - timedelta(days=9)))
        assert "1 to remove: Counts of attempts" in firm("retention")
        assert "1 removed: Counts of attempts" in firm("retention", "--apply")
        told = firm("retention")
    finally:
        database.close()
    assert "0 to remove: Counts of attempts" in told
    assert "this version keeps them all the same" in told
