"""The audit as a file: written a portion at a time, so that a million changes take no memory."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from enum import StrEnum
from io import TextIOWrapper
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from documents.accounting.text import guarded
from domain.audit import AUDIT_TOO_LONG
from domain.errors import Refusal
from persistence.audit.acts import note_act
from persistence.audit.entries import changes_within, days, exported
from schema.audit import fields_told
from schema.context import Caller, House
from schema.download import KeptFile

MOST_CHANGES = 100_000
"""In one export: what is written while its caller waits."""


class AuditFormat(StrEnum):
    """What an export of the audit is written as."""

    JSONL = "JSONL"
    CSV = "CSV"


_MEDIA = {AuditFormat.JSONL: "application/x-ndjson", AuditFormat.CSV: "text/csv"}
_HEADERS = (
    *("place", "at", "act", "door", "actor", "actorId", "address", "requestId"),
    *("previousSha256", "sha256"),
    *("recordType", "recordId", "kind", "field", "before", "after"),
)

Line = dict[str, Any]


def export_audit(
    house: House, caller: Caller, *, since: date | None, until: date | None, form: AuditFormat
) -> KeptFile:
    """All entries of the days with all their changes, as a file in the store; told as an act."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "audit"
        with house.database.reading(caller.standing()) as session:
            where = days(since, until, caller.time_zone)
            count = changes_within(session, where)
            if count > MOST_CHANGES:
                raise Refusal(AUDIT_TOO_LONG(count=count, limit=MOST_CHANGES))
            found = exported(session, where)
            _write(path, _WRITERS[form], (_line(*one) for one in _each(found)))
        sha256 = _sha256(path)
        key = f"{caller.organisation_id}/audit/{sha256}.{form.value.lower()}"
        size = path.stat().st_size
        house.files.put_file(key, path)
    with house.database.writing(caller.standing("auditExport")) as session:
        note_act(session)
    day = house.today(caller.time_zone).isoformat()
    return KeptFile(key, f"audit-{day}.{form.value.lower()}", _MEDIA[form], size)


def _each(found: Iterable[tuple[Any, Sequence[Any]]]) -> Iterator[tuple[Any, Any]]:
    for entry, changes in found:
        yield from ((entry, change) for change in changes or [None])


def _line(entry: Any, change: Any) -> Line:
    told: Line = {
        "place": entry.place,
        "at": entry.created_at.isoformat(),
        "act": entry.act_name,
        "door": entry.door.value,
        "actor": entry.actor_name,
        "actorId": entry.actor_id,
        "address": entry.address,
        "requestId": entry.request_id,
        "previousSha256": entry.previous_sha256,
        "sha256": entry.sha256,
    }
    if change is not None:
        told |= {
            "recordType": change.record.upper(),
            "recordId": f"{change.record}_{change.record_id}",
            "kind": change.kind.value,
            "fields": fields_told(change.record, change.before, change.after),
        }
        if change.erased_at is not None:
            told["erasedAt"] = change.erased_at.isoformat()
    return told


def _write(path: Path, write: Callable[[Any, Iterable[Line]], None], lines: Iterable[Line]) -> None:
    with path.open("wb") as raw, TextIOWrapper(raw, "utf-8", "replace", newline="") as file:
        write(file, lines)


def _write_lines(file: Any, lines: Iterable[Line]) -> None:
    for line in lines:
        file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")


def _write_rows(file: Any, lines: Iterable[Line]) -> None:
    """A row for each field that changed; no cell is taken for a formula."""
    file.write("\ufeff")
    out = csv.writer(file, lineterminator="\r\n")
    out.writerow(_HEADERS)
    for line in lines:
        shared = [str(line.get(name, "")) for name in _HEADERS[:-3]]
        for field in line.get("fields") or [{"field": "", "before": None, "after": None}]:
            cells = (*shared, field["field"], field["before"] or "", field["after"] or "")
            out.writerow([guarded(cell) for cell in cells])


_WRITERS: dict[AuditFormat, Callable[[Any, Iterable[Line]], None]] = {
    AuditFormat.JSONL: _write_lines,
    AuditFormat.CSV: _write_rows,
}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
