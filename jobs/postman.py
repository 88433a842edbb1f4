"""The postman of a process: sends the mails that wait, each by one process at a time.

What a process had in hand when it ended is taken up by another one once its lease is over; a mail
may so be sent twice, with one Message-ID, but is never lost.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog

from domain.errors import Refusal
from domain.invoice.mail import (
    MAIL_HEAD_BROKEN,
    MAIL_OF_PRO_FORMA,
    MailState,
    Sent,
    told,
)
from domain.standing import Standing
from jobs.mail_rounds import AT_ONCE, LONGEST, MailRounds, Post
from jobs.rounds import EVERY, persistently
from jobs.smtp import hand_in
from persistence.outside.mails import Taken, is_any_due, note, take_due
from persistence.session import Database, ScopedSession

log = structlog.get_logger("jalon")

_NEVER_SENT = (MAIL_HEAD_BROKEN, MAIL_OF_PRO_FORMA)


Letter = tuple[bytes, list[str]]
"""A letter ready to be handed in, and who it is still to be taken for."""

Compose = Callable[[Taken], Letter | None]
"""The letter of a mail, with its paper; None when it is not to be sent any more."""


class Postman(MailRounds[Taken]):
    """Sends the mails of invoices of all organisations."""

    def __init__(
        self,
        database: Database,
        post: Post,
        compose: Compose,
        clock: Callable[[], datetime],
        *,
        every: float = EVERY,
    ) -> None:
        super().__init__("post", database, post, clock, every=every)
        self._compose = compose

    def is_any_due(self, session: ScopedSession, *, now: datetime) -> bool:
        return is_any_due(session, now=now)

    def take_due(self, session: ScopedSession, *, claim: str, now: datetime) -> Sequence[Taken]:
        return take_due(session, claim=claim, now=now, most=AT_ONCE)

    async def send(self, taken: Taken) -> None:
        """One mail to the end of this attempt, whichever that is."""
        since = time.monotonic()
        try:
            letter = await asyncio.to_thread(self._compose, taken)
            if letter is None:
                return
            # Handing in may take as long again: by then the mail is anybody's, and sent twice.
            if time.monotonic() - since >= LONGEST:
                raise TimeoutError
            sent = await asyncio.wait_for(self._hand_in(letter), LONGEST)
        except TimeoutError:
            sent = Sent(refused={"": "TimeoutError"}, is_final=False)
        except Exception as error:
            sent = _not_sent(error, taken)
        await asyncio.to_thread(self._note, taken, sent)

    async def _hand_in(self, letter: Letter) -> Sent:
        content, recipients = letter
        post = self._post
        return await hand_in(post.server, content, sender=post.sender, recipients=recipients)

    def _note(self, taken: Taken, sent: Sent) -> None:
        """Notes an attempt, on the disk: what is forgotten is sent twice."""
        state = persistently(lambda: self._noted(taken, sent))
        became = "not ours any more" if state is None else state.value
        log.info("mail attempted", mail=taken.mail_id, state=became)

    def _noted(self, taken: Taken, sent: Sent) -> MailState | None:
        standing = Standing(taken.organisation_id, act="mail")
        with self._database.writing(standing, durable=True, patient=True) as session:
            return note(session, taken, sent, now=self._clock())


def _not_sent(error: Exception, taken: Taken) -> Sent:
    """What a letter that could not be made comes to: the end of those that are never to be sent."""
    if isinstance(error, Refusal) and error.issues[0].kind in _NEVER_SENT:
        return Sent(refused={"": told(error.issues[0])})
    # A store or a database that is not there for now, or a bug: never the letter's end.
    reference = secrets.token_hex(5)
    log.exception("bug", reference=reference, mail=taken.mail_id, exc_info=error)
    return Sent(refused={"": f"reference {reference}"}, is_final=False)
