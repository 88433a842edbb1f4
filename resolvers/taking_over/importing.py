"""Taking the firm's past over: template, upload, review, skip, confirm (A20–A25)."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import strawberry
from anyio import to_thread
from strawberry.file_uploads import Upload

from domain.access import Permission
from domain.errors import FIELD_INVALID, FIELD_REQUIRED, NOT_FOUND, Refusal
from domain.takeover.model import ImportState, RowColour, RowOutcome
from domain.takeover.model import StagedUpload as StagedUploadRecord
from persistence.deadline import longer
from persistence.lists import import_rows_where, imports_where
from persistence.pages import Sort
from persistence.reading import Wanted, load_one
from persistence.staged_uploads import staged_upload
from resolvers._mutation import Acting, Once, Payload, write
from resolvers._reading import PageInput, read, read_page
from resolvers._shares import examining, to_read
from resolvers.taking_over import _taking as takeover
from resolvers.taking_over._confirming import Choices, confirm_or_ask
from resolvers.taking_over._examining import Examined
from resolvers.taking_over._examining import examine as examine_file
from resolvers.taking_over._sheets import language_wanted, make_template, template_of
from schema.connection import Connection
from schema.context import Info
from schema.download import XLSX, DownloadLink, KeptFile, StagedUpload, link_to, place_for
from schema.import_file import ImportFile, ImportRow, import_file_noun, import_row_noun
from schema.needs import admit
from schema.node import key_of
from schema.payload import REPLAYED
from schema.user_error import IssueCode, UserError, named, user_errors
from schema.view import wanted

LARGEST_UPLOAD = 25 * 1024 * 1024
_SHA256 = re.compile("[0-9A-Fa-f]{64}")


@strawberry.input
class TemplateDownloadInput:
    kind: str = strawberry.field(
        description="clients, clients_fusion, projects, phases, collaborators, progress, history, "
        "adjustments, time_entries; workbook: all of them in one file."
    )
    rows_per_phase: int | None = strawberry.field(
        default=None,
        description="Of the sheets whose rows are phases, 1 to 60; 3 for history, else 1.",
    )
    prefilled: bool = strawberry.field(default=False, description="With the present records.")
    locale: str | None = strawberry.field(default=None, description="fr or en; else the caller's.")


@strawberry.type
class TemplateDownloadPayload:
    download: DownloadLink | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.input
class StagedUploadCreateInput:
    filename: str
    size: int
    sha256: str | None = None


@strawberry.type
class StagedUploadCreatePayload:
    staged_upload: StagedUpload | None
    user_errors: list[UserError]


@strawberry.input
class ImportCreateInput:
    file: Upload | None = strawberry.field(
        default=None, description="Multipart; or stagedUploadId."
    )
    staged_upload_id: strawberry.ID | None = None
    kind: str | None = strawberry.field(
        default=None,
        description="Recognised by the header when left out; a workbook by those of its sheets.",
    )
    idempotency_key: strawberry.ID | None = strawberry.field(
        default=None, description="The same file sent again under it is the same import."
    )


@strawberry.type
class ImportPayload:
    import_file: ImportFile | None
    user_errors: list[UserError]
    replayed: bool = strawberry.field(description=REPLAYED)


@strawberry.type
class ImportConfirmPayload:
    import_file: ImportFile | None
    user_errors: list[UserError]
    replayed: bool = strawberry.field(description="True: confirmed before, nothing new happened.")


@strawberry.input
class ImportRowsSkipInput:
    import_id: strawberry.ID
    rows: list[int] | None = strawberry.field(default=None, description="Row numbers of the sheet.")
    colour: RowColour | None = strawberry.field(default=None, description="All rows of a colour.")
    skipped: bool = strawberry.field(default=True, description="False takes the rows back.")


@strawberry.input
class ImportConfirmInput:
    import_id: strawberry.ID
    review_hash: str = strawberry.field(description="Of the review that was seen.")
    accept_warnings: bool = strawberry.field(default=False, description="Yellow rows are written.")
    skip_red: bool = strawberry.field(default=False, description="Red rows are left out.")
    idempotency_key: strawberry.ID


@strawberry.type
class ImportingQueries:
    """Queries about imports."""

    @strawberry.field
    async def imports(
        self,
        info: Info,
        state: ImportState | None = None,
        kind: str | None = None,
        page: PageInput | None = None,
    ) -> Connection[ImportFile]:
        return await read_page(
            info,
            import_file_noun(info.context.house, info.context.caller.locale),
            asked=(page or PageInput()).asked(),
            sort=Sort("id", falling=True),
            where=imports_where(state=state, kind=kind),
        )

    @strawberry.field
    async def import_file(self, info: Info, id: strawberry.ID) -> ImportFile | None:
        key, fields = key_of(id, "import_file", field=("id",)), wanted(info)
        noun = import_file_noun(info.context.house, info.context.caller.locale)
        found: Any = await read(info, lambda session: load_one(session, noun, fields, key))
        return found

    @strawberry.field(
        description="The rows under review, in the order of the file; of some notes, by their code "
        "and the letter of their column."
    )
    async def import_rows(
        self,
        info: Info,
        import_id: strawberry.ID,
        colour: RowColour | None = None,
        skipped: bool | None = None,
        code: IssueCode | None = None,
        column: str | None = None,
        outcome: RowOutcome | None = None,
        page: PageInput | None = None,
    ) -> Connection[ImportRow]:
        key = key_of(import_id, "import_file", field=("import_id",))
        return await read_page(
            info,
            import_row_noun(info.context.caller.locale),
            asked=(page or PageInput()).asked(),
            sort=Sort("number"),
            where=import_rows_where(
                import_id=key,
                colour=colour,
                skipped=skipped,
                code=code and named(code),
                column=None if column is None else column.strip().upper(),
                outcome=outcome,
                with_rates=info.context.caller.holds(Permission.SEE_RATES),
            ),
        )


@strawberry.type
class Importing:
    """Mutations that bring the past in."""

    @strawberry.mutation(
        description="A locked template, blank or prefilled, to fill and send back."
    )
    async def template_download(
        self, info: Info, input: TemplateDownloadInput
    ) -> TemplateDownloadPayload:
        context = info.context

        def make() -> KeptFile:
            # Only read: writing a long workbook must not hold the turn of the writers.
            with context.house.database.reading(context.caller.standing()) as session:
                return _template(Acting(session, context.caller, context.house), input)

        try:
            admit(info.field_name, context.caller.role, context.caller.reach)
            with longer():
                kept = await to_read(context.caller, make)
        except Refusal as refusal:
            said: Any = user_errors(refusal.issues, context.caller.locale)
            return TemplateDownloadPayload(user_errors=said)
        return TemplateDownloadPayload(
            download=link_to(context.house, context.caller.organisation_id, kept)
        )

    @strawberry.mutation(description="A place to PUT a file to, instead of a multipart request.")
    async def staged_upload_create(
        self, info: Info, input: StagedUploadCreateInput
    ) -> StagedUploadCreatePayload:
        def act(acting: Acting) -> Payload:
            if not 0 < input.size <= LARGEST_UPLOAD:
                limit = f"1–{LARGEST_UPLOAD}"
                raise Refusal(FIELD_INVALID(field=("size",), name="size", reason=limit))
            if input.sha256 is not None and not _SHA256.fullmatch(input.sha256):
                form = "64 × 0–9 a–f"
                raise Refusal(FIELD_INVALID(field=("sha256",), name="sha256", reason=form))
            staged = StagedUploadRecord(
                filename=input.filename[:255], size=input.size, sha256=input.sha256
            )
            acting.session.add(staged)
            acting.session.flush()
            organisation_id = acting.caller.organisation_id
            place = place_for(acting.house, organisation_id=organisation_id, staged_id=staged.id)
            return {"staged_upload": place}

        return await write(info, Permission.IMPORT, act, nothing={"staged_upload": None})

    @strawberry.mutation(description="Reads and checks a file; nothing but its review is written.")
    async def import_create(self, info: Info, input: ImportCreateInput) -> ImportPayload:
        fields, examined = wanted(info, "import_file"), await _examined(info, input)

        def act(acting: Acting) -> Payload:
            if isinstance(examined, Refusal):
                raise examined
            return _shown(acting, takeover.take(acting, examined), fields)

        once = _once("importCreate", _file_of(input, examined), input.idempotency_key, fields)
        with longer():
            nothing = {"import_file": None}
            return await write(info, Permission.IMPORT, act, nothing=nothing, once=once)

    @strawberry.mutation(description="Skips red or yellow rows, or takes them back.")
    async def import_rows_skip(self, info: Info, input: ImportRowsSkipInput) -> ImportPayload:
        def act(acting: Acting) -> Payload:
            key = key_of(input.import_id, "import_file", field=("import_id",))
            if input.rows is None and input.colour is None:
                raise Refusal(FIELD_REQUIRED(field=("rows",), name="rows"))
            takeover.skip(
                acting,
                import_id=key,
                skipped=input.skipped,
                numbers=input.rows,
                colour=input.colour,
            )
            return _shown(acting, key, wanted(info, "import_file"))

        return await write(info, Permission.IMPORT, act, nothing={"import_file": None})

    @strawberry.mutation(description="Plans the rows anew, after STALE_REVIEW.")
    async def import_review_again(self, info: Info, import_id: strawberry.ID) -> ImportPayload:
        def act(acting: Acting) -> Payload:
            key = key_of(import_id, "import_file", field=("import_id",))
            takeover.review_again(acting, import_id=key)
            return _shown(acting, key, wanted(info, "import_file"))

        with longer():
            return await write(info, Permission.IMPORT, act, nothing={"import_file": None})

    @strawberry.mutation(description="Gives a review up; nothing was written.")
    async def import_cancel(self, info: Info, import_id: strawberry.ID) -> ImportPayload:
        def act(acting: Acting) -> Payload:
            key = key_of(import_id, "import_file", field=("import_id",))
            takeover.cancel(acting, import_id=key)
            return _shown(acting, key, wanted(info, "import_file"))

        return await write(info, Permission.IMPORT, act, nothing={"import_file": None})

    @strawberry.mutation(
        description="Writes what the review shows, in one transaction. A long file answers at "
        "once, APPLYING: its `job` tells how far it is, and brings it to APPLIED or back to REVIEW."
    )
    async def import_confirm(self, info: Info, input: ImportConfirmInput) -> ImportConfirmPayload:
        fields = wanted(info, "import_file")

        def act(acting: Acting) -> Payload:
            key = key_of(input.import_id, "import_file", field=("import_id",))
            choices = Choices(
                review_hash=input.review_hash,
                accept_warnings=input.accept_warnings,
                skip_red=input.skip_red,
            )
            confirm_or_ask(acting, key, choices)
            return _shown(acting, key, fields)

        once = _once("importConfirm", input, input.idempotency_key, fields)
        nothing = {"import_file": None, "replayed": False}
        with longer():
            return await write(info, Permission.IMPORT, act, nothing=nothing, once=once)


def _once(mutation: str, asked: Any, key: str | None, fields: Wanted) -> Once:
    return Once(
        key=key,
        mutation=mutation,
        asked=asked,
        keep=lambda payload: {"key": payload["import_file"]["key"]},
        restore=lambda acting, kept: _shown(acting, kept["key"], fields),
    )


def _file_of(asked: ImportCreateInput, examined: Examined | Refusal) -> dict[str, str | None]:
    """What makes two uploads the same: the file, by either door, and the kind it was said to be.

    A file that is not taken is no import, and nothing is kept of it.
    """
    if asked.file is None or isinstance(examined, Refusal):
        return {"kind": asked.kind, "staged_upload_id": asked.staged_upload_id}
    return {"kind": asked.kind, "filename": examined.filename, "sha256": examined.sha256}


def _shown(acting: Acting, key: int, fields: Wanted) -> Payload:
    acting.session.flush()
    noun = import_file_noun(acting.house, acting.caller.locale)
    return {"import_file": load_one(acting.session, noun, fields, key)}


def _template(acting: Acting, asked: TemplateDownloadInput) -> KeptFile:
    locale = language_wanted(acting.caller, asked.locale)
    out = BytesIO()
    make_template(
        acting,
        kind=asked.kind,
        out=out,
        prefilled=asked.prefilled,
        locale=locale,
        rows_per_phase=asked.rows_per_phase,
    )
    content = out.getvalue()
    name = template_of(asked.kind).name(locale).lower().replace(" ", "-")
    moment = f"{acting.house.clock():%Y%m%d%H%M%S%f}"
    key = f"{acting.caller.organisation_id}/templates/{asked.kind}-{moment}"
    acting.house.files.put(key, content)
    return KeptFile(key, f"jalon-{name}.xlsx", XLSX, len(content))


async def _examined(info: Info, asked: ImportCreateInput) -> Examined | Refusal:
    """What the file says, or why it is not taken; its bytes are let go before its turn to write."""
    context = info.context

    def examine(filename: str, content: bytes) -> Examined:
        return examine_file(
            context.house, context.caller, filename=filename, content=content, kind=asked.kind
        )

    try:
        admit(info.field_name, context.caller.role, context.caller.reach)
        # Its bytes are taken into memory once it is their turn, and not before.
        async with examining().place(context.caller.organisation_id):
            filename, content = await _received(info, asked)
            with longer():
                return await to_thread.run_sync(examine, filename, content)
    except Refusal as refusal:
        return refusal.with_traceback(None)


async def _received(info: Info, asked: ImportCreateInput) -> tuple[str, bytes]:
    """The name and the bytes of the file, from either door."""
    if asked.file is not None:
        file: Any = asked.file
        return file.filename or "", await file.read()
    if asked.staged_upload_id is None:
        raise Refusal(FIELD_REQUIRED(field=("file",), name="file"))
    key = key_of(asked.staged_upload_id, "staged_upload", field=("staged_upload_id",))
    staged = await read(info, lambda session: staged_upload(session, key))
    if staged is None or staged.received_at is None:
        field = ("staged_upload_id",)
        raise Refusal(NOT_FOUND(field=field, noun="file", key=asked.staged_upload_id))
    content = await to_thread.run_sync(info.context.house.files.get, staged.file_key)
    return staged.filename, content
