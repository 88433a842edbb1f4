"""Putting the house in order: what is older than its term goes, a few times a day.

Any number of processes may do so at once: what one has removed the other no longer finds.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from jobs.rounds import Rounds
from persistence.files import Files
from persistence.organisations import organisation_ids
from persistence.privacy.retention import remove_expired
from persistence.session import Database

log = structlog.get_logger("jalon")

EVERY = 6 * 3600.0
"""Seconds between two rounds."""


class Caretaker(Rounds):
    """Removes what is older than its term, of every firm."""

    def __init__(
        self,
        database: Database,
        files: Files,
        clock: Callable[[], datetime],
        *,
        every: float = EVERY,
    ) -> None:
        super().__init__("caretaker", every=every)
        self._database = database
        self._files = files
        self._clock = clock

    def round(self) -> int:
        """One round; nothing is left to be done at once."""
        with self._database.reading(None) as session:
            firms = organisation_ids(session)
        for firm in firms:
            removed = remove_expired(self._database, self._files, firm, self._clock())
            told = {name: count for name, count in removed.items() if count}
            if told:
                log.info("removed after its term", organisation_id=firm, **told)
        return 0
