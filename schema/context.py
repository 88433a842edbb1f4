"""What a request carries: who asks, in which language, and the rooms the house reads from."""

from __future__ import annotations

from asyncio import Event
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import strawberry

from domain.access import BEYOND_REACH, WHOLE_ONLY, Permission, Role, holds, require
from domain.errors import Refusal
from domain.job import Progress
from domain.signing import Secrets
from domain.standing import THE_HOUSE, WHOLE_FIRM, Actor, Reach, Standing
from persistence.files import Files
from persistence.session import Database


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signed in, and by which sign-in."""

    account_id: int
    member_id: int
    email: str
    sign_in_id: int | None = None
    """None by another door: an identity provider's."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever asks, by whatever door: in one organisation, with one role and one reach."""

    organisation_id: int
    organisation_code: str
    role: Role
    key_name: str
    locale: str
    """The language of the answers: that of the request, else of the organisation."""
    time_zone: str = "Europe/Paris"
    """Where the firm's day begins and ends."""
    actor: Actor = THE_HOUSE
    reach: Reach = WHOLE_FIRM
    person: Person | None = None
    """None for a program."""

    def standing(self, act: str = "") -> Standing:
        """Where a session stands that acts for them; `act` names what they do."""
        return Standing(self.organisation_id, self.actor, act, self.reach)

    def holds(self, permission: Permission) -> bool:
        """Whether their role may do it, and they reach as far as it takes."""
        return holds(self.role, permission) and self._reaches(permission)

    def require(self, permission: Permission) -> None:
        """Refuses with PERMISSION_DENIED by the role, with BEYOND_REACH by the reach."""
        require(self.role, permission)
        if not self._reaches(permission):
            raise Refusal(BEYOND_REACH())

    def _reaches(self, permission: Permission) -> bool:
        return self.reach.is_whole or permission not in WHOLE_ONLY


def _now() -> datetime:
    return datetime.now(UTC)


class Watch(Protocol):
    """Who looks whether jobs have changed, for those of this process who follow them."""

    def bell_of(self, job_id: int) -> AbstractContextManager[Event]:
        """A bell that rings at each change of the job; who hears it clears it, then reads."""


class Jobs(Protocol):
    """The long work of this process (package jobs)."""

    def start(self, job_id: int) -> None:
        """Says that there is a new job, committed already."""

    def cancel(self, job_id: int) -> None:
        """Asks for a job to be ended; it may come to its own end first."""

    def progress(self, jobs: Iterable[int]) -> Mapping[int, Progress]:
        """How far jobs are, where that is known."""


class Account(Protocol):
    """What a caller has left to ask for, and what this operation takes of it."""

    def pay(self, price: int) -> bool:
        """Takes the price of the operation, once; False when there is not enough left."""

    def told(self) -> Mapping[str, int | None]:
        """What is left, and what comes back in a second, as an answer tells it."""


CONTRACTS_AT_ONCE = 1_000
"""Contracts that a batch lists while its caller waits: about a second."""

ROWS_AT_ONCE = 5_000
"""Rows of an import that a confirmation writes while its caller waits: a few seconds."""


@dataclass(frozen=True, slots=True)
class House:
    """What lives as long as the process: the database, the files, the secret, the clock."""

    database: Database
    files: Files
    secret: bytes = field(repr=False)
    public_url: str = ""
    clock: Callable[[], datetime] = _now
    jobs: Jobs | None = None
    """None where nothing is left to a job: at the terminal, and within a job."""
    rows_at_once: int = ROWS_AT_ONCE
    contracts_at_once: int = CONTRACTS_AT_ONCE
    mail_from: str | None = None
    """Who letters come from; None where the installation sends none."""
    handover_folder: Path | None = None
    """Where final invoices are dropped, each firm's in a folder of its own; None: nowhere."""
    webhooks_private: bool = False
    """Whether webhooks may lead into the installation's own network, and over http."""
    app_url: str = ""
    """Where the pages for people are: what links in mails begin with."""
    sign_in_idle: timedelta = timedelta(hours=12)
    """After so long without use a sign-in is over."""
    sign_in_longest: timedelta = timedelta(days=30)
    """After so long it is over, used or not."""
    former_secrets: tuple[bytes, ...] = field(default=(), repr=False)
    """What signed before `secret`, the newest first: still good for what it signed."""

    @property
    def secrets(self) -> Secrets:
        """What signs here, and what did: a key for each purpose comes from it."""
        return Secrets(self.secret, self.former_secrets)

    def today(self, time_zone: str) -> date:
        """The day it is in `time_zone`: New Year's Eve is not yet the next year."""
        return self.clock().astimezone(ZoneInfo(time_zone)).date()


@dataclass(slots=True)
class Context:
    """The context of one GraphQL operation."""

    house: House
    caller: Caller
    request_id: str = ""
    watch: Watch | None = None
    """None where nothing can be followed: on requests that are answered once."""
    account: Account | None = None
    """None where nothing is paid: on what is only followed."""
    is_without_plan: bool = False
    """Whether a plan was tried for this request, and had no answer: it is not tried again."""


Info = strawberry.Info[Context, Any]
