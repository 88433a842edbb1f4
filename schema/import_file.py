"""An uploaded file under review, and its rows: red, yellow, green."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

import strawberry

from domain.job import JobKind
from domain.takeover.candidate import Change
from domain.takeover.model import ImportFile as ImportFileRecord
from domain.takeover.model import ImportRow as ImportRowRecord
from domain.takeover.model import ImportState, RowColour, RowOutcome
from domain.takeover.wire import pack, unpack, unpack_issue
from persistence.reading import Computed, Noun, ToMany, ToOne
from schema.context import House
from schema.job import Job, last_job
from schema.node import Node
from schema.user_error import UserError, user_errors
from schema.view import camel

strawberry.enum(
    ImportState,
    description="UPLOADED, CHECKING: for moments. REFUSED: the file as a whole cannot be taken. "
    "REVIEW waits for importConfirm. APPLYING, REVERTING: a job is at it. APPLIED_PARTIALLY: "
    "without the red or skipped rows. CANCELLED: given up, nothing was written.",
)
strawberry.enum(
    RowColour,
    description="RED is not imported, YELLOW is and is warned of, GREEN is as it should be.",
)
strawberry.enum(RowOutcome, description="What confirming would do with a row.")


@strawberry.type(description="How many rows there are, by what would happen to them.")
class ImportCounts:
    rows: int = strawberry.field(description="All: red + yellow + green.")
    red: int = strawberry.field(description="Not written.")
    yellow: int = strawberry.field(description="Written once warnings are accepted.")
    green: int = strawberry.field(description="Nothing to say of them.")
    create: int = strawberry.field(description="Skipped rows are in none of these four.")
    update: int = strawberry.field(description="They change a record there is.")
    unchanged: int = strawberry.field(description="They say what is recorded.")
    refused: int = strawberry.field(description="Red rows that are not skipped.")
    skipped: int = strawberry.field(description="Left out, whatever their colour.")


@strawberry.type(description="One field of a record, before and after.")
class FieldChange:
    field: str = strawberry.field(description="As the API calls it.")
    before: str | None = strawberry.field(description="As text; null where it was empty.")
    after: str | None = strawberry.field(description="As text; null where it is empty.")


@strawberry.type(description="A cell as it was typed, by the letter of the normal layout.")
class RawCell:
    column: str = strawberry.field(description="The letter.")
    text: str = strawberry.field(description="As it was typed.")


@strawberry.type(description="A row of the file, as the sheet numbers it.")
class ImportRow(Node):
    number: int = strawberry.field(description="As the spreadsheet numbers it.")
    colour: RowColour = strawberry.field(
        description="Of the worst of its notes; GREEN: not even warned of."
    )
    outcome: RowOutcome = strawberry.field(
        description="What confirming does with it, unless it is skipped."
    )
    skipped: bool
    cells: list[RawCell]
    changes: list[FieldChange] = strawberry.field(description="Of an UPDATE; else empty.")
    user_errors: list[UserError] = strawberry.field(description="Its red and yellow notes.")


@strawberry.type(description="An upload, from its bytes to its end.")
class ImportFile(Node):
    filename: str
    size: int = strawberry.field(description="In bytes.")
    sha256: str = strawberry.field(description="Of its bytes.")
    kind: str | None = strawberry.field(
        description="As templateDownload names it; null where it was not recognised."
    )
    sheet: str | None = strawberry.field(description="Of a sheet of a workbook: its name.")
    sheets: list[ImportFile] = strawberry.field(
        description="Of a workbook: its sheets, in the order they are written. Each holds rows of "
        "its own, to review and to skip; the workbook is confirmed, given up and undone."
    )
    workbook: ImportFile | None = strawberry.field(description="What a sheet came in.")
    state: ImportState = strawberry.field(
        description="What may be done with it: REVIEW waits for importConfirm."
    )
    counts: ImportCounts = strawberry.field(description="Of a workbook: of all its sheets.")
    review_hash: str | None = strawberry.field(description="Give it back to importConfirm.")
    user_errors: list[UserError] = strawberry.field(description="What is said of the whole file.")
    author: str | None = strawberry.field(description="The key or the person that sent it.")
    created_at: datetime
    applied_at: datetime | None = strawberry.field(
        description="When it was written; null until it is."
    )
    job: Job | None = strawberry.field(description="The last long work done with it.")


def _counts(row: Mapping[str, Any]) -> dict[str, int]:
    names = ImportCounts.__annotations__
    return {name: row["counts"].get(name, 0) for name in names}


def _text(value: Any) -> str | None:
    value = unpack(value)
    return None if value is None else str(value)


def _changes(row: Mapping[str, Any]) -> list[dict[str, str | None]]:
    return [
        {
            "field": camel(change["field"]),
            "before": _text(change["before"]),
            "after": _text(change["after"]),
        }
        for change in row["changes"]
    ]


def shown_changes(changes: Iterable[Change]) -> list[dict[str, str | None]]:
    """Changes that were just planned, as `FieldChange`s."""
    return [
        {"field": camel(c.field), "before": _text(pack(c.before)), "after": _text(pack(c.after))}
        for c in changes
    ]


def _cells(row: Mapping[str, Any]) -> list[dict[str, str]]:
    return [{"column": letter, "text": text} for letter, text in row["raw"].items()]


def import_file_noun(house: House, locale: str) -> Noun:
    """How an import is read by somebody who reads `locale`; the house knows of its job."""
    return Noun(
        ImportFileRecord,
        "ImportFile",
        {
            "counts": Computed(("counts",), _counts),
            "user_errors": _said(locale),
            "sheets": ToMany(partial(import_file_noun, house, locale), "workbook_id"),
            "workbook": ToOne(partial(import_file_noun, house, locale), "workbook_id"),
            "job": last_job(house, locale, *JobKind),
        },
    )


def import_row_noun(locale: str) -> Noun:
    """How a row of an import is read by somebody who reads `locale`."""
    return Noun(
        ImportRowRecord,
        "ImportRow",
        {
            "cells": Computed(("raw",), _cells),
            "changes": Computed(("changes",), _changes),
            "user_errors": _said(locale),
        },
    )


def _said(locale: str) -> Computed:
    return Computed(("issues",), lambda row: user_errors(map(unpack_issue, row["issues"]), locale))
