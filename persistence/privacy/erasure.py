"""Erasing a person: their records become neutral, texts that name them too; figures stay.

GDPR art. 17. What the law wants kept stays (art. 17(3)(b), (e)) and is told with its last day.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import delete, select

from domain.account import Account, Identity, Member, SignIn
from domain.client import Address, Client, Contact
from domain.collaborator import Collaborator
from domain.invoice.model import LEGAL
from domain.likeness import loose_key, name_key
from domain.privacy import Reckoning, Subject, TraceKind, Why
from domain.privacy_fates import Fate
from domain.privacy_register import columns_of, fates
from persistence.privacy.audit import forget_in_audit
from persistence.privacy.blockers import require_erasable
from persistence.privacy.imports import erase_in_imports
from persistence.privacy.kept import count_kept
from persistence.privacy.mails import erase_in_mails
from persistence.privacy.person import Person
from persistence.privacy.search import naming, rewrite, table_of
from persistence.session import ScopedSession, as_the_house

_THINGS = {"project", "contract", "phase", "product", "entity"}
_NAMES = {"name", "label", "title"}
_BY_IMPORTS = {"import_file", "import_row", "import_effect", "staged_upload"}


def erase(
    session: ScopedSession,
    person: Person,
    *,
    language: str,
    today: date,
    shared_accounts: Collection[int] = (),
    named_files: Collection[str] = (),
) -> tuple[Reckoning, set[str]]:
    """What was erased and kept, and the keys of the files that are to be removed now.

    `shared_accounts` are signed in to other firms with, `named_files` name the person. Refuses
    what `require_erasable` and open imports stand in the way of. Done again it finds nothing.
    """
    require_erasable(session, person, today=today)
    reckoning = Reckoning()
    for trace in (*person.shared, *person.rewriter.around):
        reckoning.keep(trace.kind.value.lower(), Why.SHARED)
    files = erase_in_imports(session, person, reckoning, named_files)
    erase_in_mails(session, person, reckoning, today=today)
    _rewrite_texts(session, person, reckoning)
    count_kept(session, person, reckoning)
    for record in person.records:
        if _neutralise(record, language):
            reckoning.erase(str(record.__tablename__))
    _leave(session, person, reckoning, set(shared_accounts), language)
    session.flush()
    forget_in_audit(session, person, reckoning, today=today)
    return reckoning, files


def _rewrite_texts(session: ScopedSession, person: Person, reckoning: Reckoning) -> None:
    for name, columns in columns_of(Fate.TEXT).items():
        if name not in _BY_IMPORTS:
            names = [one for one in columns if name in _THINGS and one in _NAMES]
            texts = [one for one in columns if one not in names]
            done = rewrite(session, table_of(name), texts, person.rewriter) if texts else 0
            reckoning.erase(name, done)
            if names:
                _leave_names(session, person, reckoning, name, names)
    drafts = columns_of(Fate.DRAFT)
    invoices, lines = table_of("invoice"), table_of("invoice_line")
    final = select(invoices.c.id).where(
        invoices.c.organisation_id == session.organisation_id, invoices.c.state.in_(LEGAL)
    )
    for table, key in ((invoices, invoices.c.id), (lines, lines.c.invoice_id)):
        where = key.not_in(final)
        reckoning.erase(
            table.name, rewrite(session, table, drafts[table.name], person.rewriter, where)
        )
    session.expire_all()


def _leave_names(
    session: ScopedSession, person: Person, reckoning: Reckoning, name: str, columns: list[str]
) -> None:
    """A thing may be named like the person: only addresses and numbers go from its name."""
    table, given = table_of(name), person.rewriter
    exact = replace(given, traces=[one for one in given.traces if one.kind is not TraceKind.NAME])
    reckoning.erase(name, rewrite(session, table, columns, exact))
    count = sum(1 for _ in naming(session, table, columns, given))
    if count:
        reckoning.keep(name, Why.SHARED, count=count)


def _neutralise(record: Any, language: str) -> bool:
    """Empties a record of the person and gives it its neutral name; whether anything changed."""
    values: dict[str, Any] = {}
    for column, fate in fates()[record.__tablename__].items():
        if fate is Fate.EMPTIED:
            is_nullable = record.__table__.c[column].nullable
            values[column] = None if is_nullable else ""
    values |= _neutral(record, language)
    changed = {name: one for name, one in values.items() if getattr(record, name) != one}
    for name, one in changed.items():
        setattr(record, name, one)
    return bool(changed)


def _neutral(record: Any, language: str) -> dict[str, Any]:
    match record:
        case Collaborator():
            subject = Subject("collaborator", record.id)
            first, _, last = subject.neutral_name(language).rpartition(" ")
            return {"first_name": first, "last_name": last, "email": subject.neutral_address}
        case Contact():
            return {"name": Subject("contact", record.id).neutral_name(language)}
        case Client():
            name = Subject("client", record.id).neutral_name(language)
            return {"name": name, "name_key": name_key(name), "loose_key": loose_key(name)}
        case Address():
            return {"name": None}
    return {}


def _leave(
    session: ScopedSession,
    person: Person,
    reckoning: Reckoning,
    shared: set[int],
    language: str,
) -> None:
    """Gives each member an account that is nobody's; the former goes unless other firms use it."""
    for member in person.of(Member):
        subject = Subject("member", member.id)
        for record in (SignIn, Identity):
            going = delete(record).where(record.member_id == member.id).returning(record.id)
            reckoning.erase(record.__tablename__, len(session.scalars(going).all()))
        former = session.get(Account, member.account_id)
        address = f"{session.organisation_id}-{subject.neutral_address}"
        if former is None or former.email == address:
            continue
        nobody = Account(
            email=address,
            email_key=address,
            created_at=former.created_at,
            name=subject.neutral_name(language),
        )
        with as_the_house(session):
            session.add(nobody)
            session.flush()
            member.account_id = nobody.id
            session.flush()
            links = table_of("account_link")
            theirs = links.c.account_id == former.id
            if former.id in shared:
                reckoning.keep("account", Why.OTHER_FIRMS)
                theirs &= links.c.organisation_id == session.organisation_id
            else:
                reckoning.erase("account")
            session.execute(delete(links).where(theirs))
            if former.id not in shared:
                session.delete(former)
