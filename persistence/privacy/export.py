"""All that is known of a person, as JSON: their records, what refers to them, texts that name them.

GDPR art. 15 and 20. Hashes of secrets are left out; of other people's records only the texts that
name the person are told.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, Table, select

from domain.privacy_fates import COMMON, SAID, Activity, Fate
from domain.privacy_register import ACTIVITIES, columns_of, fates
from domain.takeover.model import ImportFile
from persistence.privacy.audit_telling import Change, acts_of, told_of
from persistence.privacy.imports import MADE_BY
from persistence.privacy.person import Person
from persistence.privacy.search import naming, table_of
from persistence.session import ScopedSession
from words import translated

_TEXTS = (Fate.TEXT, Fate.DRAFT, Fate.ACCOUNTS, Fate.MAIL, Fate.SETTING)
_REFERRING: dict[str, tuple[tuple[str, str], ...]] = {
    "collaborator": (
        ("collaborator", "id"),
        ("time_entry", "collaborator_id"),
        ("project", "manager_id"),
        ("project_collaborator", "collaborator_id"),
        ("batch_item", "collaborator_id"),
        ("api_key", "collaborator_id"),
    ),
    "member": (
        ("member", "id"),
        ("sign_in", "member_id"),
        ("identity", "member_id"),
        ("api_key", "made_by_id"),
    ),
    "account": (("account", "id"), ("account_link", "account_id")),
    "contact": (("contact", "id"),),
    "address": (("address", "id"),),
    "client": (
        ("client", "id"),
        ("project", "client_id"),
        ("invoice", "client_id"),
        ("payment", "client_id"),
    ),
}
"""What is told whole, by the kind of record of the person that it refers to."""


def gather(session: ScopedSession, person: Person, *, language: str) -> dict[str, Any]:
    """What is known of the person, ready to be written as JSON."""
    records: dict[str, dict[int, dict[str, Any]]] = {}
    for own, places in _REFERRING.items():
        for name, column in places:
            _tell_rows(session, table_of(name), column, person.ids(own), records)
    _tell_import_rows(session, person, records)
    _tell_of_invoices(session, person, records)
    return {
        "subject": person.subject.key,
        "known_by": [{"kind": one.kind, "text": one.text} for one in person.rewriter.traces],
        "shared_with_others": [{"kind": one.kind, "text": one.text} for one in person.shared],
        "records": {name: list(rows.values()) for name, rows in sorted(records.items())},
        "mentions": _mentions(session, person, records),
        "audit": _audit(session, person),
        "processing": [_told(one, language) for one in ACTIVITIES],
    }


def _tell_rows(
    session: ScopedSession,
    table: Table,
    column: str,
    keys: list[int],
    records: dict[str, dict[int, dict[str, Any]]],
) -> None:
    if keys:
        statement = select(table).where(table.c[column].in_(keys)).order_by(table.c.id)
        if "organisation_id" in table.c:
            statement = statement.where(table.c.organisation_id == session.organisation_id)
        _tell(session, table, statement, records)


def _tell(
    session: ScopedSession,
    table: Table,
    statement: Select[Any],
    records: dict[str, dict[int, dict[str, Any]]],
) -> None:
    known = fates()[table.name]
    shown = [
        column.name
        for column in table.columns
        if column.name in COMMON or known[column.name] is not Fate.SECRET
    ]
    rows = records.setdefault(table.name, {})
    for row in session.execute(statement):
        rows[row.id] = {name: getattr(row, name) for name in shown}


def _tell_import_rows(
    session: ScopedSession, person: Person, records: dict[str, dict[int, dict[str, Any]]]
) -> None:
    table = table_of("import_row")
    for noun, sheets in MADE_BY.items():
        if keys := person.ids(noun):
            imports = select(ImportFile.id).where(ImportFile.kind.in_(sheets))
            statement = select(table).where(
                table.c.organisation_id == session.organisation_id,
                table.c.import_id.in_(imports),
                table.c.target_id.in_(keys),
            )
            _tell(session, table, statement, records)


def _tell_of_invoices(
    session: ScopedSession, person: Person, records: dict[str, dict[int, dict[str, Any]]]
) -> None:
    """Of a private client: lines, papers, mails and reminders of their invoices."""
    invoices = list(records.get("invoice", {}))
    for name in ("invoice_line", "issued_document", "invoice_mail", "reminder"):
        for start in range(0, len(invoices), 500):
            part = invoices[start : start + 500]
            _tell_rows(session, table_of(name), "invoice_id", part, records)


def _mentions(
    session: ScopedSession, person: Person, records: dict[str, dict[int, dict[str, Any]]]
) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for name, columns in columns_of(*_TEXTS).items():
        table = table_of(name)
        if name == "organisation":
            continue
        for key, values in naming(session, table, columns, person.rewriter):
            if key in records.get(name, {}):
                continue
            texts = {
                column: sorted(set(person.rewriter.told_in(one))) for column, one in values.items()
            }
            found.setdefault(name, []).append({"id": key, **texts})
    return dict(sorted(found.items()))


def _audit(session: ScopedSession, person: Person) -> dict[str, Any]:
    """Changes of the person's own records, texts of others that name them, and what they did."""
    found = told_of(session, person)
    own = [_change(one) | {"before": one.before, "after": one.after} for one in found.own.values()]
    named = [
        _change(one) | {"texts": sorted({*found.rewriter.told_in(one.sides)})}
        for one in found.named.values()
    ]
    acts = [
        {"act": act, "count": count, "first": first, "last": last}
        for count, first, last, act in acts_of(session, person, found.rewriter)
    ]
    changes = sorted([*own, *named], key=lambda one: one["id"])
    return {"changes": changes, "acts": acts}


def _change(one: Change) -> dict[str, Any]:
    told = {"id": one.id, "at": one.at, "what": one.kind}
    return told | {"record": one.record, "record_id": one.record_id}


def _told(activity: Activity, language: str) -> dict[str, Any]:
    """An entry of the register, as the person is told of it (GDPR art. 15(1))."""
    said = {
        name: translated(getattr(activity, name), language)
        for name in ("name", "purpose", "basis", "term")
    }
    fated = {
        fate: translated(SAID[fate], language)
        for columns in activity.tables.values()
        for fate in columns
        if fate in SAID
    }
    return {**said, "records": sorted(activity.tables), "when_erased": sorted(fated.values())}
