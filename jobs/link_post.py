"""The postman of links: mails that let people in, sent as those of invoices are.

What a process had in hand when it ended is taken up by another one once its lease is over. The
link is made again for each attempt, of the row and the secret of the installation: neither the
database nor the log ever holds it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog

from jobs.mail_rounds import AT_ONCE, LONGEST, MailRounds, Post
from jobs.rounds import EVERY, persistently
from jobs.smtp import hand_in
from persistence.audit.acts import name_act
from persistence.people.links import TakenLink, is_any_due, note_mailed, take_due
from persistence.session import Database, ScopedSession

log = structlog.get_logger("jalon")

ComposeLink = Callable[[TakenLink], bytes]
"""The letter of a link."""


class LinkPostman(MailRounds[TakenLink]):
    """Sends the mails of links."""

    def __init__(
        self,
        database: Database,
        post: Post,
        compose: ComposeLink,
        clock: Callable[[], datetime],
        *,
        every: float = EVERY,
    ) -> None:
        super().__init__("link post", database, post, clock, every=every)
        self._compose = compose

    def is_any_due(self, session: ScopedSession, *, now: datetime) -> bool:
        return is_any_due(session, now=now)

    def take_due(self, session: ScopedSession, *, claim: str, now: datetime) -> Sequence[TakenLink]:
        return take_due(session, claim=claim, now=now, most=AT_ONCE)

    async def send(self, taken: TakenLink) -> None:
        """One mail to the end of this attempt, whichever that is."""
        is_sent = is_final = False
        error = ""
        try:
            letter = await asyncio.to_thread(self._compose, taken)
            handing = hand_in(
                self._post.server, letter, sender=self._post.sender, recipients=[taken.email]
            )
            said = await asyncio.wait_for(handing, LONGEST)
            is_sent, is_final = bool(said.accepted), said.is_final
        except Exception as found:
            # Nothing of the letter: it holds the link.
            error = type(found).__name__
        await asyncio.to_thread(self._note, taken, is_sent, is_final)
        log.info("link mailed", link=taken.link_id, sent=is_sent, error=error or None)

    def _note(self, taken: TakenLink, is_sent: bool, is_final: bool) -> None:
        def note() -> None:
            with self._database.writing(None, durable=True, patient=True) as session:
                name_act(session, "mail")
                note_mailed(session, taken, is_sent=is_sent, is_final=is_final, now=self._clock())

        persistently(note)
