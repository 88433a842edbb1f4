"""Which long work this server does, and with which act."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import cache, partial
from typing import TYPE_CHECKING

from domain.job import JobKind
from domain.platform.connection import READ_EVERY
from jobs.caretaker import Caretaker
from jobs.courier import Courier, carrier
from jobs.gate import Gate
from jobs.keeper import EVERY, Keeper
from jobs.kinds import Kind, Kinds
from jobs.link_post import LinkPostman
from jobs.listener import Desk, Listener
from jobs.mail_rounds import Post
from jobs.mail_server import server_at
from jobs.messenger import Messenger
from jobs.postman import Postman
from jobs.rounds import Rounds
from jobs.scheduler import EVERY as LOOK_EVERY
from jobs.scheduler import Scheduler
from resolvers.admitting._link_letters import letter_with
from resolvers.batching._delivering import carry_out_finalise, carry_out_send, leave_as_it_is
from resolvers.batching._generating import carry_out_generate, give_generate_up
from resolvers.batching._planning import carry_out_plan, give_plan_up
from resolvers.batching._recurring import carry_out_scheduled, give_scheduled_up
from resolvers.batching._scheduling import fire
from resolvers.delivering._handing_over import parcel_of
from resolvers.delivering._mailing import letter_of
from resolvers.delivering._papers import carry_out_papers, give_papers_up
from resolvers.taking_over._confirming import carry_out_confirm, give_confirm_up
from resolvers.taking_over._reverting import carry_out_revert, give_revert_up
from resolvers.transmitting import _collecting, _hearing, _sending
from schema.context import House
from server.settings import Settings

if TYPE_CHECKING:
    from jobs.platform_call import PlatformCalls


@contextmanager
def at_work(
    house: House,
    *,
    every: float = EVERY,
    post: Post | None = None,
    look_every: float = LOOK_EVERY,
) -> Iterator[House]:
    """The house with its jobs, courier, post and schedules: what was left lying is taken up."""
    keeper = Keeper(house.database, kinds_of(house), house.clock, every=every)
    postmen = [] if post is None else postmen_of(house, post, every=every)
    courier = courier_of(house, every=every)
    platforms = (messenger_of(house, every=every), listener_of(house, every=every))
    scheduler = Scheduler(house.database, fire, house.clock, tell=keeper.start, every=look_every)
    caretaker = Caretaker(house.database, house.files, house.clock)
    keeper.open()
    courier.open()
    for one in platforms:
        one.open()
    scheduler.open()
    caretaker.open()
    for postman in postmen:
        postman.open()
    try:
        yield replace(house, jobs=keeper)
    finally:
        caretaker.close()
        scheduler.close()
        for postman in postmen:
            postman.close()
        for one in platforms:
            one.close()
        courier.close()
        keeper.close()


def postman_of(house: House, post: Post, *, every: float = EVERY) -> Postman:
    """Who sends the mails of `house`."""
    compose = partial(letter_of, house, sender=post.sender)
    return Postman(house.database, post, compose, house.clock, every=every)


def link_postman_of(house: House, post: Post, *, every: float = EVERY) -> LinkPostman:
    """Who sends the mails that let people into `house`."""
    compose = partial(letter_with, house, sender=post.sender)
    return LinkPostman(house.database, post, compose, house.clock, every=every)


def postmen_of(house: House, post: Post, *, every: float = EVERY) -> list[Rounds]:
    """Who sends the mails of `house`, of whatever kind."""
    return [postman_of(house, post, every=every), link_postman_of(house, post, every=every)]


def courier_of(house: House, *, every: float = EVERY, gate: Gate | None = None) -> Courier:
    """Who hands final invoices over to the webhooks and the folder of `house`."""
    carry = carrier(gate or _gate(house), house.handover_folder)
    return Courier(house.database, partial(parcel_of, house), carry, house.clock, every=every)


def messenger_of(house: House, *, every: float = EVERY, gate: Gate | None = None) -> Messenger:
    """Who sends electronic invoices to the platforms of `house`."""
    compose = partial(_sending.parcel_of, house)
    calls = partial(_calls, gate or _gate(house))
    return Messenger(house.database, compose, calls, house.clock, every=every)


def listener_of(
    house: House,
    *,
    every: float = EVERY,
    gate: Gate | None = None,
    again: timedelta = READ_EVERY,
) -> Listener:
    """Who reads what the platforms of `house` have to tell."""
    desk = Desk(
        access=partial(_hearing.access_of, house),
        wanted=partial(_hearing.wanted, house),
        hear=partial(_hearing.hear, house),
        unanswered=partial(_hearing.unanswered, house),
        tell=partial(_collecting.tell_payments, house),
    )
    calls = partial(_calls, gate or _gate(house))
    return Listener(house.database, desk, calls, house.clock, every=every, again=again)


def _gate(house: House) -> Gate:
    return Gate(is_private_allowed=house.webhooks_private)


@cache
def _calls(gate: Gate) -> PlatformCalls:
    # Here and not above: most processes call no platform, and all would pay for the library.
    from jobs.platform_call import PlatformCalls

    return PlatformCalls(gate)


def post_of(settings: Settings) -> Post | None:
    """Where the installation hands letters in; None where it sends none."""
    if settings.smtp_url is None or settings.mail_from is None:
        return None
    return Post(server_at(settings.smtp_url.get_secret_value()), settings.mail_from)


def kinds_of(house: House) -> Kinds:
    """Every kind of job, done in `house`: one without jobs, so that none asks for another."""
    return {
        JobKind.IMPORT_CONFIRM: Kind(
            carry_out=partial(carry_out_confirm, house), give_up=give_confirm_up
        ),
        JobKind.BATCH_PLAN: Kind(
            carry_out=partial(carry_out_plan, house), give_up=give_plan_up, keeps_parts=True
        ),
        JobKind.BATCH_GENERATE: Kind(
            carry_out=partial(carry_out_generate, house),
            give_up=give_generate_up,
            keeps_parts=True,
        ),
        JobKind.BATCH_FINALISE: Kind(
            carry_out=partial(carry_out_finalise, house),
            give_up=leave_as_it_is,
            keeps_parts=True,
        ),
        JobKind.BATCH_SEND: Kind(
            carry_out=partial(carry_out_send, house), give_up=leave_as_it_is, keeps_parts=True
        ),
        JobKind.BATCH_SCHEDULED: Kind(
            carry_out=partial(carry_out_scheduled, house),
            give_up=partial(give_scheduled_up, house),
            keeps_parts=True,
        ),
        JobKind.IMPORT_REVERT: Kind(
            carry_out=partial(carry_out_revert, house), give_up=give_revert_up
        ),
        JobKind.INVOICES_PRINT: Kind(
            carry_out=partial(carry_out_papers, house), give_up=give_papers_up
        ),
    }
