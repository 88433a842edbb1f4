"""Telling and erasing what is known of a person: acts that the mutations share."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import orjson

from domain.access import Permission
from domain.base import Versioned
from domain.client import Client, Contact
from domain.errors import ID_INVALID, Refusal
from domain.privacy import REASONS, SUBJECTS, Part, Subject
from persistence.audit.acts import note_act
from persistence.audit.upkeep import empty, seal_outside
from persistence.organisations import the_organisation
from persistence.privacy.audit import forget_in_installation, what_is_left
from persistence.privacy.audit_telling import former_accounts
from persistence.privacy.erasure import erase
from persistence.privacy.export import gather
from persistence.privacy.files import (
    accounts_of_other_firms,
    derived_files,
    forget_job_files,
    named_in,
    remove_files,
    uploads_of,
)
from persistence.privacy.person import Person, the_person
from persistence.records import the_record
from persistence.session import ScopedSession, tried_out
from resolvers._judging import stale
from resolvers._mutation import Acting
from schema.context import Caller, House
from schema.download import KeptFile
from schema.node import key_of
from words import language_of, translated

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What is looked up before the transaction: reading files takes time, and other firms."""

    named_files: Collection[str] = ()
    shared_accounts: Collection[int] = ()


def subject_of(identifier: str) -> Subject:
    """The person that an identifier stands for; ID_INVALID for one of another noun."""
    noun = identifier.rpartition("_")[0]
    if noun not in SUBJECTS:
        nouns = " | ".join(SUBJECTS)
        raise Refusal(ID_INVALID(field=("subject",), id=identifier[:60], noun=nouns))
    return Subject(noun, key_of(identifier, noun, field=("subject",)))


def foresee(house: House, caller: Caller, identifier: str) -> Foreseen:
    """What erasing has to know of files and of other firms; nothing for who may not erase."""
    if not caller.holds(Permission.MANAGE_PEOPLE):
        return Foreseen()
    try:
        with house.database.reading(caller.standing()) as session:
            person = the_person(session, subject_of(identifier), language=_language(session))
            keys = uploads_of(session)
    except Refusal:
        # The act itself says so.
        return Foreseen()
    with house.database.reading(None) as session:
        shared = accounts_of_other_firms(session, caller.organisation_id)
    return Foreseen(named_in(house.files, keys, person.rewriter), shared)


def erase_person(
    acting: Acting, identifier: str, foreseen: Foreseen, *, version: int | None, dry_run: bool
) -> tuple[list[Part], list[Part]]:
    """What of a person was erased and what is kept; a dry run tells the same and writes nothing."""
    subject, session = subject_of(identifier), acting.session
    language = _language(session)
    person = the_person(session, subject, language=language, locked=True)
    _require_version(session, person, version)

    def act() -> tuple[list[Part], list[Part], set[str]]:
        reckoning, files = erase(
            session,
            person,
            language=language,
            today=acting.today,
            shared_accounts=foreseen.shared_accounts,
            named_files=foreseen.named_files,
        )
        derived = derived_files(session, acting.house.files)
        if reckoning.erased:
            reckoning.erase("derived_file", len(derived))
            forget_job_files(session, derived)
        gone = files | (derived if reckoning.erased else set())
        return reckoning.erased_parts, reckoning.kept_parts, gone

    if dry_run:
        with tried_out(session):
            erased, kept, _ = act()
        return erased, kept
    erased, kept, files = act()
    session.flush()
    # Before the commit: were it to fail, the next try finds the files gone and erases the rest.
    remove_files(acting.house.files, {one for one in files if one})
    return erased, kept


def forget_the_rest(house: House, caller: Caller, identifier: str) -> None:
    """Empties what the erasure itself had the audit tell, once it is committed and sealed.

    An erasure that was broken off before this is ended by the next one, or by asking it again.
    """
    seal_outside(house.database)
    with house.database.reading(caller.standing()) as session:
        person = the_person(session, subject_of(identifier), language=_language(session))
        left = what_is_left(session, person, today=house.today(caller.time_zone))
        accounts = former_accounts(session, person)
    if left:
        # Found beforehand: nobody waits for the search.
        standing = caller.standing("personErase")
        with house.database.writing(standing, patient=True) as session:
            empty(session, left, at=datetime.now(UTC))
    forget_in_installation(house.database, accounts)


def _language(session: ScopedSession) -> str:
    """That of the firm: what is written into its records is not the caller's."""
    return language_of(the_organisation(session).locale)


def _require_version(session: ScopedSession, person: Person, version: int | None) -> None:
    """STALE_OBJECT where the record has changed; a contact is versioned with its client."""
    if version is None:
        return
    first: Any = person.records[0]
    if isinstance(first, Contact):
        first = the_record(session, Client, first.client_id, field=("subject",))
    key = person.subject.key
    if isinstance(first, Versioned) and (
        moved := stale(first, version, noun=person.subject.noun, key=key)
    ):
        raise Refusal(moved)


def export_person(house: House, caller: Caller, identifier: str) -> KeptFile:
    """What is known of a person, as a file of JSON in the store; that it was taken is an act.

    Read without holding anybody up: uploads are looked through, which takes its time.
    """
    subject = subject_of(identifier)
    with house.database.reading(caller.standing()) as session:
        person = the_person(session, subject, language=_language(session))
        told = gather(session, person, language=caller.locale)
        firm, uploads = the_organisation(session).name, uploads_of(session)
    named = named_in(house.files, uploads, person.rewriter)
    now = house.clock()
    told |= {"made_at": now, "firm": firm, "files": sorted(named)}
    content = orjson.dumps(told, default=_plain, option=orjson.OPT_INDENT_2 | _KEYS)
    key = f"{caller.organisation_id}/privacy/{subject.key}-{now:%Y%m%d%H%M%S%f}"
    house.files.put(key, content)
    with house.database.writing(caller.standing("personExport")) as session:
        note_act(session)
    return KeptFile(key, f"{subject.key}.json", JSON, len(content))


_KEYS = orjson.OPT_NON_STR_KEYS


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(type(value).__name__)


def told_parts(parts: Sequence[Part], locale: str) -> list[dict[str, Any]]:
    """Parts of an erasure as rows carry them, their reasons in the caller's language."""
    return [
        {
            "what": one.what,
            "count": one.count,
            "reason": one.why,
            "why": None if one.why is None else translated(REASONS[one.why], locale),
            "until": one.until,
        }
        for one in parts
    ]
