"""Watching jobs for those who follow them: one look for all of them, a few times a second."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import structlog
from anyio import to_thread

from domain.job import UNFINISHED, JobStatus, Progress
from persistence.jobs import states_of
from schema.context import House

log = structlog.get_logger("jalon")

EVERY = 0.4
"""Seconds between two looks; how late a change is told at most, as a rule."""

State = tuple[JobStatus, Progress | None]


class JobWatch:
    """Rings for those who follow a job when its status or its progress has changed.

    Whoever does the job, and in which process: it is looked up where they note it. Looks only while
    somebody follows. Belongs to one event loop.
    """

    def __init__(self, house: House, *, every: float = EVERY) -> None:
        self._house = house
        self._every = every
        self._bells: dict[int, set[asyncio.Event]] = {}
        self._known: dict[int, State] = {}
        self._rounds: asyncio.Task[None] | None = None
        self._is_in_trouble = False

    @contextmanager
    def bell_of(self, job_id: int) -> Iterator[asyncio.Event]:
        """A bell that rings at each change of the job; who hears it clears it, then reads."""
        bell = asyncio.Event()
        self._bells.setdefault(job_id, set()).add(bell)
        if self._rounds is None or self._rounds.done():
            self._rounds = asyncio.create_task(self._go())
        try:
            yield bell
        finally:
            self._bells[job_id].discard(bell)
            if not self._bells[job_id]:
                del self._bells[job_id]
                self._known.pop(job_id, None)

    async def _go(self) -> None:
        while self._bells:
            try:
                self._ring(await to_thread.run_sync(self._look, list(self._bells)))
                self._is_in_trouble = False
            except Exception as error:
                # The database may be away for a moment: those who follow hear of it later.
                if not self._is_in_trouble:
                    log.warning("jobs cannot be watched", error=type(error).__name__)
                self._is_in_trouble = True
            await asyncio.sleep(self._every)

    def _look(self, jobs: list[int]) -> Mapping[int, State]:
        # Of all organisations: nothing of it is told, each reads what is theirs.
        with self._house.database.reading(None) as session:
            states = states_of(session, jobs)
        running = [job for job, status in states.items() if status in UNFINISHED]
        keeper = self._house.jobs
        noted = {} if keeper is None or not running else keeper.progress(running)
        return {job: (status, noted.get(job)) for job, status in states.items()}

    def _ring(self, found: Mapping[int, State]) -> None:
        for job, state in found.items():
            if job in self._bells and self._known.get(job) != state:
                self._known[job] = state
                for bell in self._bells[job]:
                    bell.set()
