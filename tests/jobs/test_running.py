"""One job, without an engine: done once however often it is run, tried again, told in stages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from domain.job import Errand, JobKind, Progress, Stage, Tell
from jobs.kinds import Abandoned, Kind
from jobs.running import Pace, Runner
from persistence.jobs import the_job
from resolvers.taking_over._confirming import give_confirm_up
from server.long_work import kinds_of
from tests.jobs.processes import CLIENTS, clients, followed, process, sent
from tests.support.api import ApiClient
from tests.support.takeover import confirm


class Told:
    """What a job told of itself."""

    def __init__(self) -> None:
        self.heard: list[Progress] = []

    def __call__(self, job_id: int, progress: Progress) -> None:
        self.heard.append(progress)


@pytest.fixture
def asked(sqlite_url: str, tmp_path: Path) -> Iterator[tuple[ApiClient, dict[str, Any]]]:
    """A server that does no jobs, and an import that waits for one."""
    with process(sqlite_url, tmp_path, awake=False) as api:
        review = sent(api)
        assert confirm(api, review)["importFile"]["state"] == "APPLYING"
        yield api, review


def runner(api: ApiClient, kind: Kind | None = None) -> Runner:
    kinds = kinds_of(api.house) if kind is None else {JobKind.IMPORT_CONFIRM: kind}
    return Runner(api.house.database, kinds, api.house.clock)


def test_a_job_that_is_run_again_after_its_end_does_nothing(
    asked: tuple[ApiClient, dict[str, Any]],
) -> None:
    """Killed after its commit, before the engine could note it."""
    api, review = asked
    told = Told()
    for _ in range(2):
        runner(api).run(1, api.organisation_id, told)
        assert followed(api, review)["job"]["status"] == "SUCCEEDED"
        assert clients(api) == CLIENTS
    stages = list(dict.fromkeys(progress.stage for progress in told.heard))
    assert stages == [Stage.PLANNING, Stage.WRITING, Stage.KEEPING]
    assert all(progress.done <= progress.total for progress in told.heard)
    with api.house.database.reading(api.organisation_id) as session:
        assert the_job(session, 1).attempts == 1


def test_a_job_that_is_broken_off_at_any_word_leaves_nothing(
    asked: tuple[ApiClient, dict[str, Any]],
) -> None:
    """At each word in turn, until it comes to its end."""
    api, review = asked
    words = 0
    while followed(api, review)["state"] == "APPLYING":
        assert clients(api) == 0
        left = words

        def break_off(job_id: int, progress: Progress) -> None:
            nonlocal left
            if left == 0:
                raise Abandoned
            left -= 1

        runner(api).run(1, api.organisation_id, break_off)
        words += 1
    assert words > 4
    found = followed(api, review)
    assert (found["state"], found["job"]["status"]) == ("APPLIED", "SUCCEEDED")
    assert clients(api) == CLIENTS


def test_what_the_database_was_in_the_way_of_is_tried_again(
    asked: tuple[ApiClient, dict[str, Any]],
) -> None:
    api, review = asked
    tries = []

    def carry_out(errand: Errand, tell: Tell) -> None:
        tries.append(errand.job_id)
        if len(tries) == 1:
            raise OperationalError("", {}, Exception())
        kinds_of(api.house)[JobKind.IMPORT_CONFIRM].carry_out(errand, tell)

    runner(api, Kind(carry_out, give_confirm_up)).run(1, api.organisation_id, Told())
    assert tries == [1, 1]
    assert followed(api, review)["state"] == "APPLIED"


def test_a_stage_is_told_at_its_beginning_its_end_and_now_and_then() -> None:
    told = Told()
    pace = Pace(1, told)
    for done in range(0, 1_000, 10):
        pace(Stage.WRITING, done, 1_000)
    pace(Stage.WRITING, 1_000, 1_000)
    pace(Stage.KEEPING, 0, 1_000)
    assert (told.heard[0].stage, told.heard[0].done) == (Stage.WRITING, 0)
    assert [(one.stage, one.done) for one in told.heard][-2:] == [
        (Stage.WRITING, 1_000),
        (Stage.KEEPING, 0),
    ]
    assert len(told.heard) < 10
