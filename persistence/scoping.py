"""What keeps statements on records to one organisation: the one place that says it.

A session adds it to every statement with the number of its organisation; a statement that is
written once, for all of them, has it with a value that each request binds.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, and_, bindparam, or_, select
from sqlalchemy.orm import with_loader_criteria

from domain.account import Account, AccountLink, Member
from domain.base import Scoped
from domain.organisation import Organisation

ORGANISATION = bindparam("jalon_organisation", 0, type_=BigInteger)
"""The organisation, in a statement that is written once for all of them."""

KEPT = "jalon_kept"
"""The option of a statement that was written once: it is kept to its organisation already."""


@lru_cache(maxsize=1_024)
def criteria_of(organisation_id: int) -> tuple[Any, ...]:
    """What keeps a statement on records to one organisation.

    Made once for each: making it takes longer than a short statement does.
    """
    return (
        with_loader_criteria(
            Scoped,
            lambda record: record.organisation_id == organisation_id,
            include_aliases=True,
        ),
        with_loader_criteria(
            Organisation, lambda record: record.id == organisation_id, include_aliases=True
        ),
        *_of_members(organisation_id),
    )


def _of_members(organisation_id: int) -> tuple[Any, ...]:
    """Accounts have none: a firm sees those of its members, and no other firm's invitations."""
    return (
        with_loader_criteria(
            Account,
            lambda record: record.id.in_(
                select(Member.account_id).where(Member.organisation_id == organisation_id)
            ),
            include_aliases=True,
        ),
        with_loader_criteria(
            AccountLink,
            lambda record: and_(
                or_(
                    record.organisation_id == organisation_id,
                    record.organisation_id.is_(None),
                ),
                record.account_id.in_(
                    select(Member.account_id).where(Member.organisation_id == organisation_id)
                ),
            ),
            include_aliases=True,
        ),
    )


def _criteria_of_any() -> tuple[Any, ...]:
    """The same of a statement that is written once: its value `ORGANISATION` says which."""
    members = select(Member.account_id).where(Member.organisation_id == ORGANISATION)
    theirs = or_(AccountLink.organisation_id == ORGANISATION, AccountLink.organisation_id.is_(None))
    return (
        # The library must see the value by its own name: one that is handed over becomes a number.
        with_loader_criteria(
            Scoped, lambda record: record.organisation_id == ORGANISATION, include_aliases=True
        ),
        with_loader_criteria(Organisation, Organisation.id == ORGANISATION, include_aliases=True),
        with_loader_criteria(Account, Account.id.in_(members), include_aliases=True),
        with_loader_criteria(
            AccountLink,
            and_(theirs, AccountLink.account_id.in_(members)),
            include_aliases=True,
        ),
    )


CRITERIA_OF_ANY = _criteria_of_any()
