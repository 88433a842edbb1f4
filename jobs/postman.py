"""The postman of a process: sends the mails that wait, each by one process at a time.

What a process had in hand when it ended is taken up by another one once its lease is over; a mail
may so be sent twice, with one Message-ID, but is never lost.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from domain.errors import Refusal
from domain.invoice.mail import (
    LEASE,
    MAIL_HEAD_BROKEN,
    MAIL_OF_PRO_FORMA,
    MailState,
    Sent,
    told,
)
from domain.standing import Standing
from jobs.mail_server import SmtpServer
from jobs.rounds import EVERY, Rounds, persistently
from jobs.smtp import hand_in
from persistence.audit_acts import name_act
from persistence.mails import Taken, is_any_due, note, take_due
from persistence.session import Database

log = structlog.get_logger("jalon")

_AT_ONCE = 4
_LONGEST = LEASE.total_seconds() / 2
"""Seconds after which an attempt is given up: well before its mail is anybody's again."""

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


class Postman(Rounds):
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
        super().__init__("post", every=every)
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
            name_act(session, "mail")
            taken = take_due(session, claim=claim, now=now, most=_AT_ONCE)
        if taken:
            asyncio.run(self._send_all(taken))
        return len(taken)

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
