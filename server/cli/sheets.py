"""`jalon template` and `jalon import`: the workbooks of a takeover, out and in."""

from __future__ import annotations

from enum import StrEnum
from errno import ENOTDIR
from os import strerror
from pathlib import Path
from typing import Annotated
from uuid import uuid4

import typer
from rich.table import Table
from rich.text import Text

from domain.errors import Severity
from domain.takeover.model import WORKBOOK, RowColour
from domain.takeover.order import ORDER
from resolvers._mutation import Acting
from resolvers.taking_over._sheets import make_template
from schema.user_error import sentence
from server.cli.firms import OrganisationCode
from server.cli.installation import open_desk
from server.cli.speaking import answer, app, locale, say, stop, talk, with_remedy
from server.takeover import Review, marked_file, open_review, write_review
from words import phrase

ROWS_IN_THE_WAY, FILE_REFUSED = 2, 3
"""Exit codes of `import`, beside 0 and 1."""

SHOWN_ROWS = 200
_STYLES = {RowColour.RED: "red", RowColour.YELLOW: "yellow"}
_KINDS = ", ".join((*ORDER, WORKBOOK))


class Language(StrEnum):
    FR = "fr"
    EN = "en"


LocaleOption = Annotated[
    Language | None,
    typer.Option("--locale", help=say("Its language; the terminal's when not given.")),
]


@app.command(help=say("Writes the locked workbook of a kind of records, to be filled in."))
def template(
    kind: Annotated[str, typer.Argument(help=_KINDS)],
    out: Annotated[Path, typer.Option(help=say("The .xlsx file to write."))],
    prefilled: Annotated[
        bool, typer.Option("--prefilled", help=say("With the records that are there."))
    ] = False,
    rows_per_phase: Annotated[
        int | None,
        typer.Option(help=say("How many rows for each phase, in the sheets made of phases.")),
    ] = None,
    language: LocaleOption = None,
    organisation: OrganisationCode = None,
) -> None:
    _require_folder(out)
    tongue = language or locale()
    # Under another name until it is whole: half a workbook must not look like one.
    draft = out.with_name(f".{out.name}.{uuid4().hex[:8]}")
    with (
        open_desk(organisation, tongue) as desk,
        desk.house.database.reading(desk.caller.standing()) as session,
        talk().status(say("Writing {name}…", name=out.name)),
    ):
        acting = Acting(session, desk.caller, desk.house)
        try:
            with draft.open("wb") as file:
                count = make_template(
                    acting,
                    kind=kind,
                    out=file,
                    prefilled=prefilled,
                    locale=tongue,
                    rows_per_phase=rows_per_phase,
                )
            draft.replace(out)
        finally:
            draft.unlink(missing_ok=True)
    talk().print(say("{name} is written, with {count} rows filled in.", name=out.name, count=count))


def _require_folder(file: Path) -> None:
    """Refuses to begin what could not be put down in the end."""
    if not file.parent.is_dir():
        raise NotADirectoryError(ENOTDIR, strerror(ENOTDIR), str(file.parent))


_IMPORT_HELP = say(
    "Checks a workbook and shows its review; with --confirm, writes it. Exit codes: "
    "0 no red row left (written, if confirmed), 1 wrong use or a surprise, "
    "2 red rows that are not skipped or yellow ones not accepted, 3 the file is refused as a whole."
)


@app.command("import", help=_IMPORT_HELP)
def import_file(
    file: Annotated[Path, typer.Argument(help=say("The workbook or CSV file."))],
    kind: Annotated[
        str | None, typer.Option(help=say("Its kind, when its titles do not tell."))
    ] = None,
    confirmed: Annotated[
        bool, typer.Option("--confirm", help=say("Write what the review shows."))
    ] = False,
    skip_red: Annotated[
        bool, typer.Option("--skip-red", help=say("Leave the red rows out."))
    ] = False,
    accepted: Annotated[
        bool, typer.Option("--accept-warnings", help=say("Write the yellow rows too."))
    ] = False,
    marked: Annotated[
        Path | None,
        typer.Option("--errors", help=say("Give the file back there, marked with what is wrong.")),
    ] = None,
    language: LocaleOption = None,
    organisation: OrganisationCode = None,
) -> None:
    content = file.read_bytes()
    if marked is not None:
        _require_folder(marked)
    tongue = language or locale()
    with open_desk(organisation, tongue) as desk:
        house, caller = desk.house, desk.caller
        with talk().status(say("Reading and checking {name}…", name=file.name)):
            review = open_review(house, caller, filename=file.name, content=content, kind=kind)
        show(review, tongue)
        if review.is_refused:
            stop(FILE_REFUSED)
        if marked is not None:
            marked.write_bytes(marked_file(house, caller, review))
        if review.red and not skip_red:
            stop(ROWS_IN_THE_WAY)
        if confirmed and review.yellow and not accepted:
            told = say("Look at the yellow rows, then add --accept-warnings.")
            talk().print(told, style="yellow")
            stop(ROWS_IN_THE_WAY)
        if confirmed:
            with talk().status(say("Writing…")):
                write_review(house, caller, review, skip_red=skip_red)
            left = review.red if skip_red else 0
            told = "{name} is imported, {count} rows left out." if left else "{name} is imported."
            talk().print(say(told, name=file.name, count=left), style="yellow" if left else "green")


def show(review: Review, language: str) -> None:
    """Prints the review: what the file has to say, the counts, the red and the yellow rows."""
    paper = answer()
    for issue in review.issues:
        style = {Severity.ERROR: "red", Severity.WARNING: "yellow"}.get(issue.severity, "dim")
        of = f"{issue.sheet}: " if issue.sheet else ""
        paper.print(Text(of + with_remedy(issue, language), style=style))
    if review.is_refused:
        return
    paper.print(_counts(review, language))
    if review.rows:
        paper.print(_rows(review, language))
    if len(review.rows) > SHOWN_ROWS:
        left = len(review.rows) - SHOWN_ROWS
        paper.print(phrase("… and {count} more rows.", language, count=left))


def _counts(review: Review, language: str) -> str:
    return phrase(
        "{rows} rows: {red} red, {yellow} yellow; {create} to create, {update} to update, "
        "{unchanged} unchanged.",
        language,
        **{
            name: review.counts.get(name, 0)
            for name in ("rows", "red", "yellow", "create", "update", "unchanged")
        },
    )


def _rows(review: Review, language: str) -> Table:
    titles = ["Row", "Column", "What there is to say"]
    of_several = any(row.sheet for row in review.rows)
    if of_several:
        titles.insert(0, "Sheet")
    table = Table(*(phrase(title, language) for title in titles), box=None)
    for row in review.rows[:SHOWN_ROWS]:
        for place, issue in enumerate(row.issues):
            named = [(row.sheet or "") if place == 0 else ""] if of_several else []
            table.add_row(
                *named,
                str(row.number) if place == 0 else "",
                issue.column or "",
                Text(sentence(issue, language)),
                style=_STYLES[row.colour],
            )
    return table
