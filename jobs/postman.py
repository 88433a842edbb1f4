"""The postman of a process: sends the mails that wait, each by one process at a time.

What a process had in hand when it ended is taken up by another one once its lease is over; a mail
may so be sent twice, with one Message-ID, but is never lost.
"""

from __future__ import annotations

import asyncio
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from domain.errors import Refusal
from domain.invoice.mail import (
    LEASE,
    MAIL_HEAD_BROKEN,
    MAIL_OF_PRO_FORMA,
    MailState,
    Sent,
    told,
)
from jobs.mail_server import SmtpServer
from jobs.smtp import hand_in
from persistence.mails import Taken, is_any_due, note, take_due
from persistence.session import Database

log = structlog.get_logger("jalon")

EVERY = 2.0
"""Seconds between two looks of the postman."""

_AT_ONCE = 4
_TRIES = 5
_LONGEST = LEASE.total_seconds() / 2
"""Seconds after which an attempt is given up: well before its mail is anybody's again."""

_LONGEST_LEAVE = 15.0

_NEVER_SENT = (MAIL_HEAD_BROKEN, MAIL_OF_PRO_FORMA)


Letter = tuple[bytes, list[str]]
"""A letter ready to be handed in, and who it is still to be taken for."""

Compose = Callable[[Taken], Letter | None]
"""The letter of a mail, with its paper; None when it is not to be sent any more."""


@dataclass(frozen=True, slots=True)
class Post:
    """Where letters are handed in, and by whom."""

    server: SmtpServer
    sender: str


class Postman:
    """Sends mails of all organisations on a thread of its own, from `open` to `close`."""

    def __init__(
        self,
        database: Database,
        post: Post,
        compose: Compose,
        clock: Callable[[], datetime],
        *,
        every: float = EVERY,
    ) -> None:
        self._database = database
        self._post = post
        self._compose = compose
        self._clock = clock
        self._every = every
        self._is_leaving = threading.Event()
        self._complained = ""
        self._thread = threading.Thread(target=self._go, name="post", daemon=True)

    def open(self) -> None:
        """Begins to look for mails, those included that an earlier process left."""
        self._thread.start()

    def close(self) -> None:
        """Leaves: what is being handed in is brought to its end, or is taken up by the next one."""
        self._is_leaving.set()
        self._thread.join(_LONGEST_LEAVE)

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

    def _go(self) -> None:
        while not self._is_leaving.is_set():
            try:
                sent = self.round()
                self._complained = ""
            except Exception as error:
                sent = 0
                self._complain(error)
            if not sent:
                self._is_leaving.wait(self._every)

    def _complain(self, error: Exception) -> None:
        """Notes once what keeps the postman from his round; a database may not be ready yet."""
        said = type(error).__name__
        if said != self._complained:
            known = isinstance(error, SQLAlchemyError | Refusal)
            log.warning("mails wait", error=said, exc_info=None if known else error)
        self._complained = said

    async def _send_all(self, taken: list[Taken]) -> None:
        await asyncio.gather(*(self._send(one) for one in taken))

    async def _send(self, taken: Taken) -> None:
        """One mail to the end of this attempt, whichever that is."""
        try:
            letter = await asyncio.to_thread(self._compose, taken)
            if letter is None:
                return
            sent = await asyncio.wait_for(self._hand_in(letter), _LONGEST)
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
        for left in reversed(range(_TRIES)):
            try:
                state = self._noted(taken, sent)
                break
            except (DBAPIError, Refusal):
                if not left:
                    raise
                time.sleep(1.0)
        became = "not ours any more" if state is None else state.value
        log.info("mail attempted", mail=taken.mail_id, state=became)

    def _noted(self, taken: Taken, sent: Sent) -> MailState | None:
        organisation_id = taken.organisation_id
        with self._database.writing(organisation_id, durable=True, patient=True) as session:
            return note(session, taken, sent, now=self._clock())


def _not_sent(error: Exception, taken: Taken) -> Sent:
    """What a letter that could not be made comes to: the end of those that are never to be sent."""
    if isinstance(error, Refusal) and error.issues[0].kind in _NEVER_SENT:
        return Sent(refused={"": told(error.issues[0])})
    # A store or a database that is not there for now, or a bug: never the letter's end.
    reference = secrets.token_hex(5)
    log.exception("bug", reference=reference, mail=taken.mail_id, exc_info=error)
    return Sent(refused={"": f"reference {reference}"}, is_final=False)
