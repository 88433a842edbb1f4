"""Founding an organisation: itself, its entities and its starting catalogue, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from domain.base import Scoped
from domain.errors import Refusal
from domain.likeness import name_key
from domain.organisation import ORGANISATION_EXISTS, Entity, Organisation
from domain.organisation_file import read_organisation
from domain.starting_catalogue import ledger_accounts, tax_codes
from persistence.session import ScopedSession


def found(
    session: ScopedSession, *, described: Mapping[str, Any], code: str | None = None
) -> Organisation:
    """The new organisation that `described` (the organisation's file) describes.

    The session is one of no organisation. Refuses with ORGANISATION_FILE_INVALID or, when the code
    is taken, ORGANISATION_EXISTS.
    """
    read = read_organisation(described, code=code)
    if session.scalar(select(Organisation.id).where(Organisation.code == read.code)) is not None:
        raise Refusal(ORGANISATION_EXISTS(field=("code",), code=read.code))
    organisation = Organisation(code=read.code, **read.columns)
    session.add(organisation)
    session.flush()
    records: list[Scoped] = [
        Entity(**columns, name_key=name_key(columns["name"])) for columns in read.entities
    ]
    records += [*ledger_accounts(), *tax_codes(organisation.country)]
    for record in records:
        record.organisation_id = organisation.id
    session.add_all(records)
    session.flush()
    return organisation
