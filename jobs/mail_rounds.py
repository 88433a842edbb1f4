"""What mails of every kind have in common: taken under a lease, a few at a time, and handed in."""

from __future__ import annotations

import asyncio
import secrets
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from domain.invoice.mail import LEASE
from jobs.mail_server import SmtpServer
from jobs.rounds import EVERY, Rounds
from persistence.audit.acts import name_act
from persistence.session import Database, ScopedSession

AT_ONCE = 4
LONGEST = LEASE.total_seconds() / 2
"""Seconds after which an attempt is given up: well before its mail is anybody's again."""

Mail = TypeVar("Mail")
"""A mail that this process has in hand."""


@dataclass(frozen=True, slots=True)
class Post:
    """Where letters are handed in, and by whom."""

    server: SmtpServer
    sender: str


class MailRounds(Rounds, Generic[Mail]):
    """Sends mails of one kind on a thread of its own, from `open` to `close`."""

    def __init__(
        self,
        name: str,
        database: Database,
        post: Post,
        clock: Callable[[], datetime],
        *,
        every: float = EVERY,
    ) -> None:
        super().__init__(name, every=every)
        self._database = database
        self._post = post
        self._clock = clock

    @abstractmethod
    def is_any_due(self, session: ScopedSession, *, now: datetime) -> bool:
        """Whether there is anything to send."""

    @abstractmethod
    def take_due(self, session: ScopedSession, *, claim: str, now: datetime) -> Sequence[Mail]:
        """At most AT_ONCE mails that nobody else sends now, claimed."""

    @abstractmethod
    async def send(self, taken: Mail) -> None:
        """One mail to the end of this attempt, whichever that is."""

    def round(self) -> int:
        """Sends what is due now; how many mails that were."""
        now = self._clock()
        with self._database.reading(None) as session:
            if not self.is_any_due(session, now=now):
                return 0
        with self._database.writing(None, patient=True) as session:
            name_act(session, "mail")
            taken = self.take_due(session, claim=secrets.token_hex(8), now=now)
        if taken:
            asyncio.run(self._send_all(taken))
        return len(taken)

    async def _send_all(self, taken: Sequence[Mail]) -> None:
        await asyncio.gather(*(self.send(one) for one in taken))
