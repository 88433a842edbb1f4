"""How a mutation field acts: one transaction, committed on return, rolled back on any exception.

A refusal becomes the payload's `userErrors`; anything else is a bug and is masked by the schema.
"""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy.exc import DBAPIError, IntegrityError

from domain.access import TAKEN_BEYOND_REACH, Permission
from domain.errors import FIELD_INVALID, Refusal
from domain.trace import LONGEST_KEY
from persistence.idempotency import answered, remember
from persistence.reach import require_kept
from persistence.session import ScopedSession, lost_a_race
from resolvers._shares import to_write
from schema.context import Caller, House, Info
from schema.needs import admit
from schema.user_error import user_errors

Answer = TypeVar("Answer")
Payload = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Acting:
    """What an act works with: the session of the transaction, who acts, and the house."""

    session: ScopedSession
    caller: Caller
    house: House
    asked_for: list[int] = field(default_factory=list)
    """Jobs that this transaction asks for; the engine hears of them once it is committed."""

    @property
    def today(self) -> date:
        return self.house.today(self.caller.time_zone)


@dataclass(frozen=True, slots=True)
class Once:
    """An act that must happen once: its answer is kept under the caller's key, if one was given.

    `keep` reduces the payload to what is stored, `restore` makes the payload of it again. What
    wrote nothing is not kept (None): asked again, it may be answered otherwise.
    """

    key: str | None
    mutation: str
    asked: Any
    keep: Callable[[Payload], Payload | None]
    restore: Callable[[Acting, Payload], Payload]

    @property
    def names(self) -> dict[str, str]:
        """What the call is known again by: the mutation, its key, and a hash of what was asked."""
        told = asdict(self.asked) if hasattr(self.asked, "__dataclass_fields__") else self.asked
        request = hashlib.sha256(json.dumps(told, sort_keys=True, default=_by_value).encode())
        told_as = {"mutation": self.mutation, "key": self.key or ""}
        return {**told_as, "request": request.hexdigest()}


def _by_value(value: Any) -> str:
    """A value of a request: 1.0 and 1.00 ask for the same, to the last digit however many."""
    if not isinstance(value, Decimal) or not value.is_finite():
        return repr(value)
    # `normalize` would round to the precision of the context.
    sign, digits, exponent = value.as_tuple()
    written = "".join(map(str, digits))
    kept = written.rstrip("0")
    place = int(exponent) + len(written) - len(kept)
    return f"Decimal({sign} {kept.lstrip('0')} {place})" if kept else "Decimal(0)"


async def write(
    info: Info,
    permission: Permission,
    act: Callable[[Acting], Payload],
    *,
    nothing: Payload,
    once: Once | None = None,
    durable: bool = False,
) -> Any:
    """The payload of `act`, or `nothing` with the reasons it was refused for.

    Two transactions that meet on one unique key or on one another's rows: the loser acts again,
    and is then refused in words by the rule that the winner's row now breaks. Two calls of
    one idempotency key at once: the second may be refused because of the first, whose answer is
    then its own.
    """
    caller, house = info.context.caller, info.context.house
    if once is not None and once.key is None:
        once = None

    def attempt() -> Payload:
        standing, today = caller.standing(info.field_name), house.today(caller.time_zone)
        with house.database.writing(standing, durable=durable, today=today) as session:
            acting = Acting(session, caller, house)
            payload = _act_once(acting, act, once)
        if house.jobs is not None:
            for job in acting.asked_for:
                house.jobs.start(job)
        return payload

    def run() -> Payload:
        try:
            admit(info.field_name, caller.role, caller.reach, permission)
            try:
                return persistently(attempt)
            except Refusal:
                if once is None or not _is_answered(house, caller, once):
                    raise
                return attempt()
            except IntegrityError as error:
                # What stands in the way is nothing they could see.
                if caller.reach.is_whole:
                    raise
                raise Refusal(TAKEN_BEYOND_REACH()) from error
        except Refusal as refusal:
            said = user_errors(refusal.issues, caller.locale)
            return {"replayed": False, **nothing, "user_errors": said}

    return await to_write(caller, run)


_ATTEMPTS = 4
"""How often an act is tried that others stand in the way of; after a pause that differs."""


def persistently(attempt: Callable[[], Answer]) -> Answer:
    """What `attempt` answers, once nobody stands in its way; it begins anew each time."""
    for turn in range(_ATTEMPTS - 1):
        try:
            return attempt()
        except DBAPIError as error:
            if not lost_a_race(error):
                raise
            # Not one after the other at once: the two would meet again.
            time.sleep(turn * random.uniform(0.01, 0.05))
    return attempt()


def _is_answered(house: House, caller: Caller, once: Once) -> bool:
    with house.database.reading(caller.standing()) as session:
        return answered(session, **once.names) is not None


def _act_once(acting: Acting, act: Callable[[Acting], Payload], once: Once | None) -> Payload:
    if once is None or once.key is None:
        return {"user_errors": [], "replayed": False, **_done(acting, act)}
    if not 0 < len(once.key) <= LONGEST_KEY:
        limit = f"1–{LONGEST_KEY}"
        raise Refusal(
            FIELD_INVALID(field=("idempotency_key",), name="idempotencyKey", reason=limit)
        )
    before = answered(acting.session, **once.names)
    if before is not None:
        return {"user_errors": [], **once.restore(acting, before), "replayed": True}
    payload = {"user_errors": [], "replayed": False, **_done(acting, act)}
    kept = once.keep(payload)
    if kept is not None:
        remember(acting.session, **once.names, answer=kept)
    return payload


def _done(acting: Acting, act: Callable[[Acting], Payload]) -> Payload:
    """The payload of what stays within reach: asked before its answer is kept, or counted on."""
    payload = act(acting)
    require_kept(acting.session)
    return payload
