"""The fifteen-column layout of clients: their addresses and contacts, read and written together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Any

from sqlalchemy import select

from domain.base import Record
from domain.client import Address, Contact
from domain.takeover.candidate import Planned
from domain.takeover.client_parts import ADDRESS, CONTACT
from domain.takeover.fusion import Directory
from domain.takeover.match import Index
from persistence.ids import reserve
from persistence.session import ScopedSession, insert_all
from persistence.takeover.record_writer import RecordWriter
from persistence.takeover.trail import note_before, note_made

_PORTION = 500
"""Identifiers that a statement carries on either database."""


def directory(session: ScopedSession) -> Directory:
    """The addresses and contacts of all clients."""
    return Directory(
        addresses=_by_client(session, Address, ADDRESS.values()),
        contacts=_by_client(session, Contact, CONTACT.values()),
    )


def _by_client(
    session: ScopedSession, record: type[Record], names: Iterable[str]
) -> dict[int, list[Mapping[str, Any]]]:
    columns: list[Any] = [
        getattr(record, name) for name in ("id", "client_id", "is_default", *names)
    ]
    found: defaultdict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for row in session.execute(select(*columns).order_by(columns[0])).mappings():
        found[row["client_id"]].append(dict(row))
    return dict(found)


def fusion_rows(clients: Index, known: Directory) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each live client by code, an address and a contact to a row, in the order they were made."""
    for client in sorted(clients.by_id.values(), key=lambda entry: str(entry.code)):
        if client.columns["archived_at"] is not None:
            continue
        own = {name: client.columns[name] for name in ("code", "name", "vat_number")}
        pairs = zip_longest(
            known.addresses.get(client.id, ()), known.contacts.get(client.id, ()), fillvalue=None
        )
        for address, contact in list(pairs) or [(None, None)]:
            yield (
                client.id,
                own
                # A country alone is that of the client, by which its number is judged.
                | ({"country": client.columns["country"]} if address is None else {})
                | _cells(address, ADDRESS, "is_default_address")
                | _cells(contact, CONTACT, "is_default_contact"),
            )


def _cells(
    part: Mapping[str, Any] | None, names: Mapping[str, str], default: str
) -> dict[str, Any]:
    if part is None:
        return {}
    return {key: part[name] for key, name in names.items()} | {default: part["is_default"]}


def write_fusion(
    records: RecordWriter,
    session: ScopedSession,
    new: Sequence[Planned],
    changed: Sequence[Planned],
) -> dict[int, int]:
    """Writes clients with `records`, then their parts; the client of each row.

    The rows of a known client are one change of it, against one version.
    """
    rows = sorted((*new, *changed), key=lambda row: row.row)
    made = [row for row in rows if row.target_id is None and row.columns]
    touched: dict[int, Planned] = {}
    for row in rows:
        if row.target_id is not None:
            together = touched.setdefault(row.target_id, replace(row, columns={}))
            together.columns |= row.columns
    records.create(made)
    records.change(list(touched.values()))
    records.finish()
    clients = {row.parts["code"]: records.written[row.row] for row in made}
    owners = {row.row: row.target_id or clients[row.parts["code"]] for row in rows}
    for record, noun in ((Address, "address"), (Contact, "contact")):
        parts = [(owners[row.row], row.parts[noun]) for row in rows if noun in row.parts]
        _write_parts(session, record, parts)
    return owners


def _write_parts(
    session: ScopedSession, record: type[Any], parts: Sequence[tuple[int, Mapping[str, Any]]]
) -> None:
    """Inserts the parts without an identifier, each of its client; changes the others."""
    fresh = [{**columns, "client_id": owner} for owner, columns in parts if columns["id"] is None]
    for row, key in zip(fresh, reserve(session, record, len(fresh)), strict=True):
        row["id"] = key
    note_made(session, record, [row["id"] for row in fresh])
    insert_all(session, record, fresh)
    changed: defaultdict[int, dict[str, Any]] = defaultdict(dict)
    for _, columns in parts:
        if columns["id"] is not None:
            changed[columns["id"]] |= {name: columns[name] for name in columns if name != "id"}
    alike: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for key, columns in changed.items():
        alike[tuple(sorted(columns))].append(key)
    for names, keys in alike.items():
        note_before(session, record, keys, names)
        for start in range(0, len(keys), _PORTION):
            portion = keys[start : start + _PORTION]
            for part in session.scalars(select(record).where(record.id.in_(portion))):
                for name in names:
                    setattr(part, name, changed[part.id][name])
    session.flush()
