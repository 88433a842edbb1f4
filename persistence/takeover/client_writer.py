"""Clients written with their default contact, of which each row tells what it knows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, select

from domain.client import Contact
from domain.takeover.candidate import Planned
from persistence.bulk import execute_rows
from persistence.ids import reserve
from persistence.reach import touched
from persistence.session import ScopedSession, insert_all
from persistence.takeover.record_writer import RecordWriter
from persistence.takeover.trail import note_before, note_made, table_of

_NAMES = ("name", "email", "phone")
_BLANK: dict[str, Any] = dict.fromkeys(_NAMES)
_PORTION = 500
"""Identifiers that a statement carries on either database."""


class ClientWriter:
    """Rows of the Clients sheet."""

    def __init__(self, session: ScopedSession, records: RecordWriter) -> None:
        self._session = session
        self._records = records
        self._clients: list[int] = []
        """Those that change."""
        self._told: dict[int, tuple[dict[str, Any], Sequence[str]]] = {}
        """By client that changes: what is told of its contact, and what is emptied of it."""

    def take(self, new: Sequence[Planned], changed: Sequence[Planned]) -> None:
        self._records.create(new)
        self._records.change(changed)
        written = self._records.written
        told = [(written[row.row], row.parts.get("contact")) for row in new]
        self._make((client, _given(fields)) for client, fields in told if fields is not None)
        for row in changed:
            self._clients.append(written[row.row])
            if (fields := row.parts.get("contact")) is not None:
                emptied = row.parts.get("contact_emptied", ())
                self._told[written[row.row]] = (_given(fields), emptied)

    def finish(self) -> dict[int, int]:
        self._records.finish()
        known = self._known()
        note_before(self._session, Contact, [row[0] for row in known.values()], _NAMES)
        changed, gone = [], []
        for client, (given, emptied) in self._told.items():
            if client not in known:
                continue
            key, *present = known[client]
            after = dict(zip(_NAMES, present, strict=True)) | given | dict.fromkeys(emptied)
            if not any(after.values()):
                gone.append(key)
            elif [after[name] for name in _NAMES] != present:
                changed.append((key, *(after[name] for name in _NAMES)))
        self._change(changed)
        self._remove(gone)
        self._forget_read()
        self._make((one, given) for one, (given, _) in self._told.items() if one not in known)
        return self._records.written

    def _known(self) -> dict[int, tuple[Any, ...]]:
        """The default contact of each client that changes and has one: identifier and columns."""
        known: dict[int, tuple[Any, ...]] = {}
        columns = [getattr(Contact, name) for name in _NAMES]
        for start in range(0, len(self._clients), _PORTION):
            ids = self._clients[start : start + _PORTION]
            found = self._session.execute(
                select(Contact.client_id, Contact.id, *columns).where(
                    Contact.client_id.in_(ids), Contact.is_default
                )
            )
            known.update({client: tuple(told) for client, *told in found})
        return known

    def _make(self, told: Iterable[tuple[int, dict[str, Any]]]) -> None:
        made = [
            {**_BLANK, **given, "client_id": client, "is_default": True} for client, given in told
        ]
        for contact, key in zip(made, reserve(self._session, Contact, len(made)), strict=True):
            contact["id"] = key
        note_made(self._session, Contact, (contact["id"] for contact in made))
        insert_all(self._session, Contact, made)

    def _change(self, changed: Sequence[tuple[Any, ...]]) -> None:
        """Writes contacts: identifier and columns."""
        session, table = self._session, table_of(Contact)
        statement = (
            table.update()
            .where(
                table.c.organisation_id == session.organisation_id,
                table.c.id == bindparam("b_id", type_=table.c.id.type),
            )
            .values({name: bindparam(f"v_{name}", type_=table.c[name].type) for name in _NAMES})
        )
        given = ("b_id", *(f"v_{name}" for name in _NAMES))
        execute_rows(session.connection(), statement, given, changed)
        touched(session, Contact, [row[0] for row in changed])

    def _remove(self, ids: Sequence[int]) -> None:
        """A contact of whom nothing is known is none."""
        session, table = self._session, table_of(Contact)
        for start in range(0, len(ids), _PORTION):
            session.connection().execute(
                delete(table).where(
                    table.c.organisation_id == session.organisation_id,
                    table.c.id.in_(ids[start : start + _PORTION]),
                )
            )

    def _forget_read(self) -> None:
        """What the session read of contacts before is not what they are now."""
        for one in list(self._session.identity_map.values()):
            if isinstance(one, Contact):
                self._session.expire(one)


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
