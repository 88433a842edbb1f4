"""Taking a person out of the audit, but for what the law keeps.

The audit knows a person by former names too, and still does once their records are neutral: that is
how an erasure which was broken off is ended. What an act itself wrote can be emptied once that act
is sealed, by the next: an erasure is two transactions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache

from sqlalchemy import select

from domain.audit import INSTALLATION
from domain.invoice.mail import InvoiceMail
from domain.invoice.model import LEGAL, Invoice, InvoiceLine
from domain.privacy import Reckoning, Why
from domain.privacy_fates import Fate
from domain.privacy_register import columns_of
from persistence.audit.upkeep import empty
from persistence.privacy.audit_telling import Change, acts_of, portions, told_of
from persistence.privacy.kept import Years
from persistence.privacy.mails import proof_until
from persistence.privacy.person import Person
from persistence.privacy.search import table_of
from persistence.session import Database, ScopedSession


def forget_in_audit(
    session: ScopedSession, person: Person, reckoning: Reckoning, *, today: date
) -> None:
    """Empties what the audit tells of the person, but of records that the law keeps.

    What this act writes is counted with the rest; `forget_the_rest` empties it.
    """
    told = told_of(session, person)
    kept = dict(_kept(session, told.named.values(), today))
    years = Years(session)
    for key, (why, until) in kept.items():
        day = until if why is Why.CLAIMS else years.until(told.named[key].at)
        reckoning.keep("audit_change", why, until=day)
    going = {*told.own, *told.named} - kept.keys()
    reckoning.erase("audit_change", len(going))
    for count, _, last, _ in acts_of(session, person, told.rewriter):
        reckoning.keep("audit_entry", Why.AUDIT, count=count, until=years.until(last))
    empty(session, going, at=datetime.now(UTC))


def what_is_left(session: ScopedSession, person: Person, *, today: date) -> set[int]:
    """The changes that still tell of an erased person and need not."""
    told = told_of(session, person)
    kept = dict(_kept(session, told.named.values(), today))
    return {*told.own, *told.named} - kept.keys()


def forget_in_installation(database: Database, accounts: Iterable[int]) -> None:
    """Empties what the installation's own audit tells of accounts that are gone."""
    changes, rows = table_of("audit_change").c, table_of("account").c
    wanted = sorted(accounts)
    with database.reading(None) as session:
        there = set(session.scalars(select(rows.id).where(rows.id.in_(wanted))))
        gone = select(changes.id).where(
            changes.organisation_id == INSTALLATION,
            changes.record == "account",
            changes.record_id.in_([key for key in wanted if key not in there]),
            changes.erased_at.is_(None),
        )
        left = session.scalars(gone).all()
    if left:
        with database.writing(None, patient=True) as session:
            empty(session, left, at=datetime.now(UTC))


@cache
def _always_kept() -> frozenset[str]:
    """Tables of accounting documents alone: of a client what the accounts know it by stays."""
    personal = columns_of(Fate.NEUTRAL, Fate.EMPTIED)
    return frozenset(name for name in columns_of(Fate.ACCOUNTS) if name not in personal)


def _kept(
    session: ScopedSession, changes: Iterable[Change], today: date
) -> Iterator[tuple[int, tuple[Why, date | None]]]:
    """The changes of records that are kept, why, and of proofs until when."""
    by_record: dict[str, list[Change]] = {}
    for one in changes:
        by_record.setdefault(one.record, []).append(one)
    for record, some in by_record.items():
        keys = sorted({one.record_id for one in some})
        kept: Mapping[int, tuple[Why, date | None]] = {}
        if record in _always_kept():
            kept = dict.fromkeys(keys, (Why.ACCOUNTS, None))
        elif record in ("invoice", "invoice_line"):
            kept = dict.fromkeys(_final(session, record, keys), (Why.ACCOUNTS, None))
        elif record == "invoice_mail":
            kept = {key: (Why.CLAIMS, day) for key, day in _proofs(session, keys, today)}
        yield from ((one.id, kept[one.record_id]) for one in some if one.record_id in kept)


def _final(session: ScopedSession, record: str, keys: Sequence[int]) -> Iterator[int]:
    lines = select(InvoiceLine.id).join(Invoice, Invoice.id == InvoiceLine.invoice_id)
    statement, key = (
        (select(Invoice.id), Invoice.id) if record == "invoice" else (lines, InvoiceLine.id)
    )
    for part in portions(keys):
        yield from session.scalars(statement.where(key.in_(part), Invoice.state.in_(LEGAL)))


def _proofs(session: ScopedSession, keys: Sequence[int], today: date) -> Iterator[tuple[int, date]]:
    statement = select(
        InvoiceMail.id, Invoice.state, InvoiceMail.picture, InvoiceMail.sent_at
    ).join(Invoice, Invoice.id == InvoiceMail.invoice_id)
    for part in portions(keys):
        for key, state, picture, sent_at in session.execute(
            statement.where(InvoiceMail.id.in_(part))
        ):
            until = proof_until(state, picture, sent_at, today)
            if until is not None:
                yield key, until
