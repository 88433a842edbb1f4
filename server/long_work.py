"""Which long work this server does, and with which act."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from domain.job import JobKind
from jobs.keeper import EVERY, Keeper
from jobs.kinds import Kind, Kinds
from resolvers._confirming import carry_out_confirm, give_confirm_up
from resolvers._reverting import carry_out_revert, give_revert_up
from schema.context import House


@contextmanager
def at_work(house: House, *, every: float = EVERY) -> Iterator[House]:
    """The house with its jobs: what was left lying is taken up, and new ones are done."""
    keeper = Keeper(house.database, kinds_of(house), house.clock, every=every)
    keeper.open()
    try:
        yield replace(house, jobs=keeper)
    finally:
        keeper.close()


def kinds_of(house: House) -> Kinds:
    """Every kind of job, done in `house`: one without jobs, so that none asks for another."""
    return {
        JobKind.IMPORT_CONFIRM: Kind(
            carry_out=partial(carry_out_confirm, house), give_up=give_confirm_up
        ),
        JobKind.IMPORT_REVERT: Kind(
            carry_out=partial(carry_out_revert, house), give_up=give_revert_up
        ),
    }
