"""Exporting documents to the accounts: drawn up from what is frozen, kept, and marked."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from documents.accounting import iif, plain_csv, xero
from documents.accounting.entry import Entry
from domain.accounting import (
    ALREADY_EXPORTED,
    EXPORT_EMPTY,
    AccountingExport,
    ExportFormat,
    InvoiceExport,
)
from domain.errors import Issue, Refusal
from domain.invoice.model import LEGAL
from persistence.books import exports
from persistence.invoice import invoices
from persistence.session import ScopedSession, insert_all
from resolvers._mutation import Acting
from resolvers.posting._journals import Period, Posting
from resolvers.posting._posting import journal_files
from resolvers.posting._selecting import ExportWanted, documents_of, entries_of
from schema.context import Caller, House

TEXT, CSV = "text/plain", "text/csv"
_NAMED = 5
"""Numbers that a sentence tells, of many."""


@dataclass(frozen=True, slots=True)
class MadeFile:
    """A file as it is to be kept, and the documents in it."""

    filename: str
    media_type: str
    content: bytes
    keys: Sequence[int]


@dataclass(frozen=True, slots=True)
class Drawn:
    """An export that is drawn up, its files in the store, and nothing recorded of it."""

    wanted: ExportWanted
    entries: Sequence[Entry]
    files: Sequence[tuple[MadeFile, dict[str, object]]]


def draw_up(session: ScopedSession, house: House, caller: Caller, wanted: ExportWanted) -> Drawn:
    """Reads, writes the files to the store, and records nothing but the numbers of entries.

    Those are given in a transaction of their own: nobody may call this while writing. A file is
    kept under the hash of its bytes: the same export makes it once.
    """
    found = documents_of(session, wanted)
    dossiers = invoices.dossiers_of(session, found)
    entries = entries_of(session, dossiers, ZoneInfo(caller.time_zone))
    if wanted.format is ExportFormat.FEC:
        posting = Posting(
            session,
            ZoneInfo(caller.time_zone),
            wanted.euro_rates,
            lambda: house.database.writing(caller.standing("invoicesExport")),
        )
        posted = journal_files(
            posting,
            dossiers,
            entries,
            with_payments=wanted.include_payments,
            period=_period(wanted),
        )
        made = [MadeFile(name, TEXT, content, keys) for name, content, keys in posted]
    else:
        made = _files(wanted, entries)
    if not made:
        raise Refusal(EXPORT_EMPTY())
    return Drawn(wanted, entries, [(one, _stored(house, caller, one)) for one in made])


def _period(wanted: ExportWanted) -> Period | None:
    """The days whose payments go with the sales; None: those of the documents."""
    if not wanted.is_whole_period:
        return None
    return Period(wanted.entity_id, wanted.issued_from or date.min, wanted.issued_to or date.max)


def keep(acting: Acting, drawn: Drawn) -> tuple[AccountingExport, list[Issue]]:
    """Records the export, marks its final documents, and warns of those that had gone out."""
    session, now = acting.session, acting.house.clock()
    final = {entry.key: entry for entry in drawn.entries if entry.state in LEGAL}
    issues = _gone_out(acting, final, drawn.wanted.format)
    made = AccountingExport(
        format=drawn.wanted.format,
        language=drawn.wanted.language,
        exported_at=now,
        author=acting.caller.key_name,
        invoice_count=len(drawn.entries),
        files=[told for _, told in drawn.files],
        totals=_totals(drawn.entries),
        includes_payments=drawn.wanted.include_payments,
    )
    session.add(made)
    session.flush()
    marks = [
        {
            "invoice_id": key,
            "export_id": made.id,
            "format": made.format,
            "filename": told["filename"],
            "sha256": told["sha256"],
            "exported_at": now,
            "author": made.author,
        }
        for file, told in drawn.files
        for key in file.keys
        if key in final
    ]
    insert_all(session, InvoiceExport, marks)
    return made, issues


def _gone_out(acting: Acting, final: Mapping[int, Entry], destination: ExportFormat) -> list[Issue]:
    before = exports.went_out(acting.session, final, destination)
    if before is None:
        return []
    told = [final[key].number for key in before.invoice_ids[:_NAMED]]
    more = ["…"] if len(before.invoice_ids) > _NAMED else []
    since = before.since.astimezone(ZoneInfo(acting.caller.time_zone)).date()
    return [
        ALREADY_EXPORTED(
            count=len(before.invoice_ids), since=since.isoformat(), numbers=", ".join(told + more)
        )
    ]


def _totals(entries: Sequence[Entry]) -> list[dict[str, object]]:
    sums: dict[str, list[int]] = {}
    for entry in entries:
        own = sums.setdefault(entry.currency, [0, 0, 0])
        for place, minor in enumerate((entry.net, entry.vat, entry.gross)):
            own[place] += entry.sign * minor
    return [
        {"currency": currency, "net_minor": net, "vat_minor": vat, "gross_minor": gross}
        for currency, (net, vat, gross) in sorted(sums.items())
    ]


def _stored(house: House, caller: Caller, made: MadeFile) -> dict[str, object]:
    sha256 = hashlib.sha256(made.content).hexdigest()
    key = f"{caller.organisation_id}/exports/{sha256}"
    house.files.put(key, made.content)
    return {
        "key": key,
        "filename": made.filename,
        "media_type": made.media_type,
        "size": len(made.content),
        "sha256": sha256,
    }


# The files of each format


def _files(wanted: ExportWanted, entries: Sequence[Entry]) -> list[MadeFile]:
    match wanted.format:
        case ExportFormat.QUICKBOOKS_IIF:
            return _for_quickbooks(entries)
        case ExportFormat.XERO_CSV:
            return _for_xero(entries)
        case _ if entries:
            name = "factures.csv" if wanted.language == "fr" else "invoices.csv"
            content = plain_csv.write(entries, language=wanted.language)
            return [MadeFile(name, CSV, content, [entry.key for entry in entries])]
    return []


def _for_quickbooks(entries: Sequence[Entry]) -> list[MadeFile]:
    """A file for each entity, whose books are its own, and each currency."""
    groups: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        groups.setdefault((entry.entity, entry.currency), []).append(entry)
    return [
        MadeFile(
            f"quickbooks-{entity}-{currency}.iif",
            TEXT,
            iif.write(some),
            [entry.key for entry in some],
        )
        for (entity, currency), some in sorted(groups.items())
    ]


def _for_xero(entries: Sequence[Entry]) -> list[MadeFile]:
    """A file for each entity and each five hundred documents."""
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(entry.entity, []).append(entry)
    size = xero.MOST_DOCUMENTS
    return [
        MadeFile(
            f"xero-{entity}-{start // size + 1}.csv",
            CSV,
            xero.write(some[start : start + size]),
            [entry.key for entry in some[start : start + size]],
        )
        for entity, some in sorted(groups.items())
        for start in range(0, len(some), size)
    ]
