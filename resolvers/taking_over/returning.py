"""Giving a file back with what stands in its way: red and yellow cells, comments, reasons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import PurePath
from typing import Any, BinaryIO

import strawberry

from domain.errors import Refusal, Severity
from domain.takeover.model import WORKBOOK, ImportFile, RowColour
from domain.takeover.review import NOTHING_TO_GIVE_BACK, UPLOAD_NOT_KEPT
from domain.takeover.wire import unpack_issue
from persistence.deadline import longer
from persistence.takeover import rows
from resolvers._mutation import Acting
from resolvers._shares import to_read
from resolvers.taking_over._sheets import language_wanted, setting_of
from resolvers.taking_over._taking import sheets_of
from schema.context import Info
from schema.download import XLSX, DownloadLink, KeptFile, link_to
from schema.needs import admit
from schema.node import key_of
from schema.user_error import UserError, user_error, user_errors
from templates_xlsx.reader import open_book
from templates_xlsx.returned import (
    Remark,
    Returned,
    write_returned,
    write_returned_workbook,
)
from words import language_of, phrase


@strawberry.input
class ImportErrorFileInput:
    import_id: strawberry.ID
    only_failed: bool = strawberry.field(
        default=False, description="The red rows alone; else the whole file, row for row."
    )
    locale: str | None = strawberry.field(default=None, description="fr or en; else the caller's.")


@strawberry.type
class ImportErrorFilePayload:
    download: DownloadLink | None = None
    rows: int | None = strawberry.field(default=None, description="Rows of data in the file.")
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class Returning:
    """Mutations that give an upload back."""

    @strawberry.mutation(
        description="The same sheet back: red and yellow cells, a comment in each, the reasons at "
        "the end of the row. Mended, it may be sent again; the reasons are not read."
    )
    async def import_error_file(
        self, info: Info, input: ImportErrorFileInput
    ) -> ImportErrorFilePayload:
        caller, house = info.context.caller, info.context.house

        def make() -> tuple[KeptFile, int]:
            with house.database.reading(caller.standing()) as session:
                return _kept(Acting(session, caller, house), input)

        try:
            admit(info.field_name, caller.role, caller.reach)
            with longer():
                kept, count = await to_read(caller, make)
        except Refusal as refusal:
            said: Any = user_errors(refusal.issues, caller.locale)
            return ImportErrorFilePayload(user_errors=said)
        return ImportErrorFilePayload(
            download=link_to(house, caller.organisation_id, kept), rows=count
        )


def _kept(acting: Acting, asked: ImportErrorFileInput) -> tuple[KeptFile, int]:
    key = key_of(asked.import_id, "import_file", field=("import_id",))
    locale = language_wanted(acting.caller, asked.locale)
    out = BytesIO()
    taken = rows.the_import(acting.session, key)
    count = give_back(acting, taken, out, only_failed=asked.only_failed, locale=locale)
    content = out.getvalue()
    file_key = (
        f"{acting.caller.organisation_id}/returned/{key}-{acting.house.clock():%Y%m%d%H%M%S%f}"
    )
    acting.house.files.put(file_key, content)
    stem = PurePath(taken.filename).stem or "import"
    name = f"{stem}-{phrase('to-mend', language_of(locale))}.xlsx"
    return KeptFile(file_key, name, XLSX, len(content)), count


def give_back(
    acting: Acting, taken: ImportFile, out: BinaryIO, *, only_failed: bool, locale: str
) -> int:
    """Writes the file of an import to `out`, marked; the number of its rows of data.

    NOTHING_TO_GIVE_BACK when the file was refused as a whole, so that no row was judged.
    """
    language = language_of(locale)
    if taken.workbook_id is not None:
        taken = rows.the_import(acting.session, taken.workbook_id)
    if taken.kind is None or taken.file_key is None or not taken.counts.get("rows"):
        raise Refusal(NOTHING_TO_GIVE_BACK(field=("import_id",)))
    try:
        content = acting.house.files.get(taken.file_key)
    except FileNotFoundError as absent:
        raise Refusal(UPLOAD_NOT_KEPT(field=("import_id",), filename=taken.filename)) from absent
    told = {
        sheet.sheet or "": _marked(acting, sheet, language) for sheet in sheets_of(acting, taken)
    }
    book = open_book(content, filename=taken.filename)
    setting = setting_of(acting.session, acting.caller)
    if taken.kind == WORKBOOK:
        return write_returned_workbook(
            out,
            book=book,
            setting=setting,
            told=told,
            only_failed=only_failed,
            language=language,
        )
    return write_returned(
        out,
        book=book,
        kind=taken.kind,
        setting=setting,
        told=told[""],
        only_failed=only_failed,
        language=language,
    )


def _marked(acting: Acting, taken: ImportFile, language: str) -> dict[int, Returned]:
    """What is said of the red and yellow rows of a sheet, by their number."""
    found = rows.told_of(acting.session, taken.id, (RowColour.RED, RowColour.YELLOW))
    return {number: _returned(colour, issues, language) for number, colour, issues in found}


_COLOURS = {Severity.ERROR: RowColour.RED, Severity.WARNING: RowColour.YELLOW}


def _returned(colour: RowColour, kept: Iterable[Mapping[str, Any]], language: str) -> Returned:
    """The red and yellow notes of a row, the red ones first."""
    issues = [unpack_issue(one) for one in kept]
    remarks = [
        Remark(_COLOURS[issue.severity], _told(issue, language), issue.column)
        for issue in issues
        if issue.severity in _COLOURS
    ]
    remarks.sort(key=lambda remark: remark.colour is not RowColour.RED)
    twins = (issue.facts.get("first_row") for issue in issues)
    twin = next((int(first) for first in twins if first), None)
    return Returned(colour, tuple(remarks), twin)


def _told(issue: Any, language: str) -> str:
    error = user_error(issue, language)
    return " ".join(text for text in (error["message"], error["fix"]) if text)
