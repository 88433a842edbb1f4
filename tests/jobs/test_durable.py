"""The engine as our adapter uses it: what it must hold to, whichever version of it is installed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest

from domain.job import Progress, Stage
from jobs.durable import Engine, Standing, State
from jobs.kinds import Abandoned


class Work:
    """What a job of the test does: notes how far it is, then waits to be let go."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.done: list[int] = []
        self.left: list[int] = []
        self.begun = Event()
        self.may_end = Event()

    def __call__(self, job_id: int, organisation_id: int) -> None:
        self.engine.note(Progress(Stage.WRITING, 1, 4, 0.5))
        self.begun.set()
        assert self.may_end.wait(8)
        try:
            self.engine.note(Progress(Stage.WRITING, 4, 4, 2.0))
        except Abandoned:
            self.left.append(job_id)
        else:
            self.done.append(job_id)


@pytest.fixture
def work(database_url: str) -> Iterator[Work]:
    engine = Engine(database_url, executor="one", every=0.05)
    work = Work(engine)
    engine.launch(work)
    yield work
    work.may_end.set()
    engine.stop()


def until(is_so: Callable[[], bool]) -> None:
    patience = time.monotonic() + 8
    while not is_so():
        assert time.monotonic() < patience
        time.sleep(0.01)


def test_a_job_is_followed_done_once_and_forgotten(work: Work) -> None:
    engine = work.engine
    assert engine.standing(7) == Standing(State.UNKNOWN)
    assert (engine.knows(7), engine.progress(7)) == (False, None)
    engine.start(7, 1)
    assert work.begun.wait(8)
    assert engine.standing(7) == Standing(State.RUNNING, "one")
    assert engine.progress(7) == Progress(Stage.WRITING, 1, 4, 0.5)
    engine.start(7, 1)
    work.may_end.set()
    until(lambda: engine.standing(7).state is State.ENDED)
    assert engine.progress(7) == Progress(Stage.WRITING, 4, 4, 2.0)
    engine.start(7, 1)
    assert work.done == [7]
    engine.purge(datetime.now(UTC) - timedelta(days=1))
    assert engine.knows(7)
    engine.purge(datetime.now(UTC) + timedelta(days=1))
    assert not engine.knows(7)


@pytest.mark.parametrize("is_forgotten", [False, True])
def test_who_does_a_job_that_is_no_longer_theirs_hears_of_it(
    work: Work, is_forgotten: bool
) -> None:
    """Cancelled, or taken over by a process that believed this one dead."""
    work.engine.start(7, 1)
    assert work.begun.wait(8)
    if is_forgotten:
        work.engine.forget(7)
    else:
        work.engine.cancel(7)
        assert work.engine.standing(7).state is State.CANCELLED
    work.may_end.set()
    until(lambda: work.left == [7])
    assert work.done == []
