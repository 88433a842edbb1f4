"""Kept plans are optional: what the store or the disk does to them never fails an act."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from obstore.exceptions import GenericError
from structlog.testing import capture_logs

from domain.errors import Refusal
from domain.takeover.candidate import Planned
from domain.takeover.model import RowOutcome
from persistence.files import Files
from persistence.session import Database
from persistence.takeover import held_file
from persistence.takeover.plans import KeptPlan, drop_plan, kept_plan
from tests.persistence.firms import found_firm
from tests.persistence.test_kept_plans import SHA256, kept

PLAN = [Planned(row, RowOutcome.CREATE, {"name": f"Client {row}"}) for row in range(2, 2_000)]
FAILURES = [GenericError("no answer"), PermissionError("not yours"), OSError("disk full")]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files.at(tmp_path.joinpath("files").as_uri())


def failing(error: Exception) -> Any:
    def fail(*given: Any, **named: Any) -> Any:
        raise error

    return fail


def events(logs: Any) -> list[str]:
    return [one["event"] for one in logs]


def asked(files: Files, seen: str) -> KeptPlan | None:
    return kept_plan(files, seen, sha256=SHA256, kind="clients", seen=seen)


@pytest.mark.parametrize("error", FAILURES)
def test_what_fails_in_the_store_is_no_plan(
    files: Files, error: Exception, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = kept(files, "clients", PLAN)
    firm = found_firm(database)
    for name in ("put_file", "pour", "delete"):
        monkeypatch.setattr(Files, name, failing(error))
    with capture_logs() as logs:
        assert kept(files, "clients", PLAN) == seen
        assert asked(files, seen) is None
        with firm.writing() as session:
            drop_plan(session, files, seen)
    assert events(logs) == ["plan_not_kept", "plan_not_read", "plan_not_dropped"]


def test_a_store_that_stops_answering_in_the_middle_is_no_plan(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = kept(files, "clients", PLAN)

    def cut_off() -> Iterator[bytes]:
        yield files.get(seen)[:20]
        raise GenericError("no answer")

    monkeypatch.setattr(files, "pour", lambda key: (20, cut_off()))
    assert asked(files, seen) is None


def test_a_full_disk_is_no_plan(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = kept(files, "clients", PLAN)
    files.delete(seen)
    monkeypatch.setattr(held_file, "TemporaryFile", failing(OSError("disk full")))
    with capture_logs() as logs:
        assert kept(files, "clients", PLAN) == seen
    assert events(logs) == ["plan_not_kept"]
    assert [*files.keys("")] == []


def test_a_plan_is_dropped_once_the_act_is_committed(database: Database, files: Files) -> None:
    firm = found_firm(database)
    seen = kept(files, "clients", PLAN)
    with firm.writing() as session:
        drop_plan(session, files, seen)
        session.rollback()
    assert [key for key, _ in files.keys("")] == [seen]
    with firm.writing() as session:
        drop_plan(session, files, seen)
        with session.begin_nested():
            pass
        assert [key for key, _ in files.keys("")] == [seen]
    assert [*files.keys("")] == []
    with firm.writing() as session:
        drop_plan(session, files, seen)


def test_a_plan_cut_off_while_it_is_applied_is_refused_and_never_shorter(files: Files) -> None:
    seen = kept(files, "clients", PLAN)
    plan = asked(files, seen)
    assert plan is not None
    with plan:
        # What the store does meanwhile is no matter: the plan is on this machine.
        files.put(seen, files.get(seen)[:40])
        assert [*plan] == PLAN
        whole = plan.file.seek(0, 2)
        for size in (whole // 2, whole - 1_000, 0):
            plan.file.truncate(size)
            with pytest.raises(Refusal) as refused:
                list(plan)
            assert [one.code for one in refused.value.issues] == ["STALE_REVIEW"]
    assert plan.file.closed
