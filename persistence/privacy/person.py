"""Who a person is in the records: what is theirs, and what they are known by in texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from domain.account import Account, Member
from domain.client import Address, Client, ClientType, Contact
from domain.collaborator import Collaborator
from domain.errors import NOT_FOUND, Refusal
from domain.likeness import name_key
from domain.privacy import (
    PERSON_NOT_NATURAL,
    Rewriter,
    Subject,
    Trace,
    TraceKind,
    address_trace,
    name_traces,
    near,
    phone_trace,
)
from persistence.session import ScopedSession

Mark = tuple[TraceKind, str]


@dataclass(slots=True)
class Person:
    """A person as the records know them."""

    subject: Subject
    name: str
    rewriter: Rewriter
    records: list[Any]
    """Their own: all that goes or becomes neutral with them."""
    shared: list[Trace] = field(default_factory=list)
    """What another record is known by too: texts that hold it are not theirs alone."""
    others: Mapping[Mark, Trace] = field(default_factory=dict)
    """What all other records are known by."""

    def of(self, kind: type[Any]) -> list[Any]:
        """Their records of one kind."""
        return [one for one in self.records if isinstance(one, kind)]

    def keys(self) -> dict[str, set[int]]:
        """Their records by table."""
        found: dict[str, set[int]] = {}
        for one in self.records:
            found.setdefault(one.__tablename__, set()).add(one.id)
        return found

    def ids(self, table: str) -> list[int]:
        return sorted(self.keys().get(table, ()))

    @property
    def accounts(self) -> list[int]:
        return [one.account_id for one in self.of(Member)]


def the_person(
    session: ScopedSession, subject: Subject, *, language: str, locked: bool = False
) -> Person:
    """The person, with all that is theirs; NOT_FOUND, or PERSON_NOT_NATURAL of a company."""
    records, name = _RECORDS[subject.noun](session, subject, locked)
    own = {(one.__tablename__, one.id) for one in records}
    known = list(dict.fromkeys(trace for one in records for trace in _traces_of(one)))
    others = {mark_of(trace): trace for key, trace in _traces_of_all(session) if key not in own}
    shared = [trace for trace in known if mark_of(trace) in others]
    theirs = [trace for trace in known if trace not in shared]
    rewriter = Rewriter(
        theirs,
        subject.neutral_name(language),
        subject.neutral_address,
        near(theirs, others.values()),
    )
    return Person(subject, name, rewriter, records, shared, others)


def _first(session: ScopedSession, record: type[Any], subject: Subject, locked: bool) -> Any:
    statement = select(record).where(record.id == subject.id)
    if locked:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    found = session.scalar(statement)
    if found is None:
        noun = subject.noun
        raise Refusal(NOT_FOUND(field=("subject",), noun=noun, key=subject.key))
    return found


def _collaborator(session: ScopedSession, subject: Subject, locked: bool) -> tuple[list[Any], str]:
    found = _first(session, Collaborator, subject, locked)
    members = session.scalars(select(Member).where(Member.collaborator_id == found.id)).all()
    accounts = _accounts(session, members)
    return [found, *members, *accounts], f"{found.first_name} {found.last_name}"


def _member(session: ScopedSession, subject: Subject, locked: bool) -> tuple[list[Any], str]:
    found = _first(session, Member, subject, locked)
    accounts = _accounts(session, [found])
    return [found, *accounts], accounts[0].name or accounts[0].email


def _contact(session: ScopedSession, subject: Subject, locked: bool) -> tuple[list[Any], str]:
    found = _first(session, Contact, subject, locked)
    return [found], found.name or found.email or subject.key


def _client(session: ScopedSession, subject: Subject, locked: bool) -> tuple[list[Any], str]:
    found = _first(session, Client, subject, locked)
    if found.client_type is not ClientType.INDIVIDUAL:
        raise Refusal(PERSON_NOT_NATURAL(field=("subject",), name=found.name))
    parts: list[Any] = [found]
    for record in (Address, Contact):
        parts += session.scalars(select(record).where(record.client_id == found.id)).all()
    return parts, found.name


_RECORDS = {
    "collaborator": _collaborator,
    "member": _member,
    "contact": _contact,
    "client": _client,
}


def _accounts(session: ScopedSession, members: Sequence[Member]) -> list[Account]:
    keys = [one.account_id for one in members]
    return list(session.scalars(select(Account).where(Account.id.in_(keys))))


_KNOWN_BY: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "collaborator": (("first_name", "last_name"), ("email", "phone")),
    "account": (("name",), ("email",)),
    "member": (("name",), ()),
    "contact": (("name",), ("email", "phone")),
    "client": (("name",), ()),
    "address": (("name",), ()),
}
"""The columns of a person's name, and where they are reached, by table."""


def traces_in(table: str, row: Mapping[str, Any]) -> list[Trace]:
    """What the person of a row is known by; it may lack columns."""
    named, reached = _KNOWN_BY.get(table, ((), ()))
    traces = name_traces(*(row.get(name) for name in named))
    for name in reached:
        trace = address_trace if name == "email" else phone_trace
        traces += trace(row.get(name))
    return traces


def _traces_of(record: Any) -> list[Trace]:
    table = record.__tablename__
    columns = [name for names in _KNOWN_BY.get(table, ()) for name in names]
    return traces_in(table, {name: getattr(record, name) for name in columns})


def mark_of(trace: Trace) -> Mark:
    """What two traces have in common that stand for the same."""
    if trace.kind is TraceKind.PHONE:
        return trace.kind, "".join(one for one in trace.text if one.isdigit())[-9:]
    return trace.kind, name_key(trace.text)


def _traces_of_all(
    session: ScopedSession,
) -> Iterator[tuple[tuple[str, int], Trace]]:
    """What everybody in the firm is known by, with the record that says so."""
    member = select(Member.account_id)
    sources: Iterable[tuple[str, Any]] = (
        ("collaborator", select(Collaborator)),
        ("contact", select(Contact)),
        ("client", select(Client)),
        ("account", select(Account).where(Account.id.in_(member))),
        ("member", select(Member)),
    )
    for table, statement in sources:
        for record in session.scalars(statement.execution_options(yield_per=1000)):
            for trace in _traces_of(record):
                yield (table, record.id), trace
