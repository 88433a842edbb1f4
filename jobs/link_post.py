"""The postman of links: mails that let people in, sent as those of invoices are.

What a process had in hand when it ended is taken up by another one once its lease is over. The
link is made again for each attempt, of the row and the secret of the installation: neither the
database nor the log ever holds it.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from datetime import datetime

import structlog

from domain.invoice.mail import LEASE
from jobs.postman import Post
from jobs.rounds import EVERY, Rounds, persistently
from jobs.smtp import hand_in
from persistence.account_links import TakenLink, is_any_due, note_mailed, take_due
from persistence.session import Database

log = structlog.get_logger("jalon")

_AT_ONCE = 4
_LONGEST = LEASE.total_seconds() / 2

ComposeLink = Callable[[TakenLink], bytes]
"""The letter of a link."""


class LinkPostman(Rounds):
    """Sends the mails of links on a thread of its own, from `open` to `close`."""

    def __init__(
        self,
        database: Database,
        post: Post,
        compose: ComposeLink,
        clock: Callable[[], datetime],
        *,
        every: float = EVERY,
    ) -> None:
        super().__init__("link post", every=every)
        self._database = database
        self._post = post
        self._compose = compose
        self._clock = clock

    def round(self) -> int:
        """Sends what is due now; how many mails that were."""
        now = self._clock()
        with self._database.reading(None) as session:
            if not is_any_due(session, now=now):
                return 0
        claim = secrets.token_hex(8)
        with self._database.writing(None, patient=True) as session:
            taken = take_due(session, claim=claim, now=now, most=_AT_ONCE)
        if taken:
            asyncio.run(self._send_all(taken))
        return len(taken)

    async def _send_all(self, taken: list[TakenLink]) -> None:
        await asyncio.gather(*(self._send(one) for one in taken))

    async def _send(self, taken: TakenLink) -> None:
        """One mail to the end of this attempt, whichever that is."""
        is_sent = is_final = False
        error = ""
        try:
            letter = await asyncio.to_thread(self._compose, taken)
            handing = hand_in(
                self._post.server, letter, sender=self._post.sender, recipients=[taken.email]
            )
            said = await asyncio.wait_for(handing, _LONGEST)
            is_sent, is_final = bool(said.accepted), said.is_final
        except Exception as found:
            # Nothing of the letter: it holds the link.
            error = type(found).__name__
        await asyncio.to_thread(self._note, taken, is_sent, is_final)
        log.info("link mailed", link=taken.link_id, sent=is_sent, error=error or None)

    def _note(self, taken: TakenLink, is_sent: bool, is_final: bool) -> None:
        def note() -> None:
            with self._database.writing(None, durable=True, patient=True) as session:
                note_mailed(session, taken, is_sent=is_sent, is_final=is_final, now=self._clock())

        persistently(note)
