"""The takeover's acts, shared by the API and the command line: upload, review, skip, confirm."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

from domain.access import Permission
from domain.errors import FIELD_INVALID, Issue, Refusal
from domain.takeover.candidate import Candidate, Planned
from domain.takeover.issues import WILL_UPDATE
from domain.takeover.model import ImportFile, ImportRow, ImportState, RowColour, RowOutcome
from domain.takeover.order import ORDER, check_order
from domain.takeover.review import (
    ROW_NOT_THERE,
    STALE_REVIEW,
    TEMPLATE_KIND_UNKNOWN,
    counted,
    require_clear,
    require_reviewable,
    review_hash,
)
from domain.takeover.wire import pack_issue
from persistence.invoices import lock_projects_coded
from persistence.organisations import the_organisation
from persistence.session import ScopedSession
from persistence.takeover import known, prefill, rows
from persistence.takeover.apply import apply
from persistence.takeover.trail import followed, keep_trail
from persistence.takeover.undo import MAIN
from resolvers._mutation import Acting
from schema.context import Caller, House
from templates_xlsx.checker import check
from templates_xlsx.generator import Prefilled, write_template
from templates_xlsx.kinds.choices import Choice
from templates_xlsx.layouts import LAYOUTS
from templates_xlsx.reader import open_book
from templates_xlsx.seal import Seal
from templates_xlsx.sheet import Checked, Column, Draft, Setting, Sheet
from words import language_of

_MOST_ROWS_PER_PHASE = 60
"""Five years of monthly invoices; a file of one's own may have any number."""

_MISSING_TOLD = 20
"""Rows that are not there and are named one by one; a caller may have named thousands."""


@dataclass(frozen=True, slots=True)
class Examined:
    """A file that was read, checked and planned before any transaction, or is refused whole."""

    filename: str
    size: int
    sha256: str
    file_key: str
    kind: str | None
    checked: Checked | None = None
    refused: tuple[Issue, ...] = ()
    candidates: Sequence[Candidate] = ()
    planned: Sequence[Planned] = ()


def examine(
    house: House, caller: Caller, *, filename: str, content: bytes, kind: str | None = None
) -> Examined:
    """Reads, checks and plans `content`, and keeps its bytes. Long for long files: no lock is held.

    `kind` None recognises the sheet by its header.
    """
    if kind is not None:
        layout_of(kind)
    sha256 = hashlib.sha256(content).hexdigest()
    file_key = f"{caller.organisation_id}/imports/{sha256}"
    house.files.put(file_key, content)
    examined = Examined(filename[:255], len(content), sha256, file_key, kind)
    with house.database.reading(caller.organisation_id) as session:
        setting = setting_of(session, caller)
    try:
        book = open_book(content, filename=filename)
        checked = check(book, kind=kind, setting=setting, seal=seal_of(house, caller))
    except Refusal as refusal:
        return replace(examined, refused=refusal.issues)
    refused = checked.issues if checked.is_refused else ()
    examined = replace(examined, kind=checked.sheet.kind or None, checked=checked, refused=refused)
    return examined if refused else _plan_ahead(house, caller, examined, checked)


def _plan_ahead(house: House, caller: Caller, examined: Examined, checked: Checked) -> Examined:
    """The plan of the rows on one snapshot of the records.

    What changes before it is kept counts, at its confirmation, as what changes after: STALE_REVIEW.
    """
    kind = str(examined.kind)
    candidates = [_candidate(draft) for draft in checked.drafts]
    with house.database.reading(caller.organisation_id) as session:
        acting = Acting(session, caller, house)
        if refused := _order(acting, kind):
            return replace(examined, refused=refused)
        planned = _plan(acting, kind, candidates)
    return replace(examined, candidates=candidates, planned=planned)


def take(acting: Acting, examined: Examined) -> int:
    """Keeps the review of an examined file, or its refusal; the identifier of the import."""
    taken = ImportFile(
        filename=examined.filename,
        size=examined.size,
        sha256=examined.sha256,
        file_key=examined.file_key,
        kind=examined.kind,
        author=acting.caller.key_name or None,
    )
    acting.session.add(taken)
    acting.session.flush()
    checked = examined.checked
    if examined.refused or checked is None:
        taken.state = ImportState.REFUSED
        taken.issues = [pack_issue(issue) for issue in examined.refused]
        return taken.id
    taken.state = ImportState.REVIEW
    taken.issues = [pack_issue(issue) for issue in (*checked.issues, *checked.ignored)]
    _note_plan(taken, examined.planned)
    typed = (draft.raw for draft in checked.drafts)
    rows.keep_rows(acting.session, taken.id, examined.candidates, examined.planned, typed)
    return taken.id


def _order(acting: Acting, kind: str) -> tuple[Issue, ...]:
    locale = acting.caller.locale
    titles = {name: LAYOUTS[name].name(locale) for name in ORDER}
    return check_order(kind, known.counts(acting.session), titles=titles)


def _candidate(draft: Draft) -> Candidate:
    return Candidate(
        row=draft.row,
        values=draft.values,
        record_id=draft.record_id,
        references_changed=draft.references_changed,
        checked=tuple(draft.issues),
    )


def lock_for(session: ScopedSession, kind: str, candidates: Sequence[Candidate]) -> None:
    """Locks what the plan weighs: nothing is lowered or given away while it is being invoiced."""
    column = {"phases": "project_code", "projects": "code"}.get(kind)
    if column is not None:
        lock_projects_coded(session, {one.text(column) for one in candidates})


def _plan(acting: Acting, kind: str, candidates: Sequence[Candidate]) -> list[Planned]:
    """The plan of all rows as things stand now, told in the words of the sheet."""
    planned = known.planner_of(acting.session, kind, today=acting.today).plan(candidates)
    locale = acting.caller.locale
    columns = {column.key: column for column in LAYOUTS[kind].columns}
    # A row may change what only another sheet of the same records has a column for.
    sheets = (*LAYOUTS.values(), LAYOUTS[kind])
    titles = {one.key: one.title(locale) for sheet in sheets for one in sheet.columns}
    for plan in planned:
        plan.issues = [_placed(issue, plan.row, columns, locale) for issue in plan.issues]
        if plan.outcome is RowOutcome.UPDATE:
            plan.issues = [_titled(issue, plan, titles) for issue in plan.issues]
    return planned


def _plan_again(
    acting: Acting, taken: ImportFile, candidates: Sequence[Candidate]
) -> list[Planned]:
    """The plan of an import under review, under the locks of what it weighs; noted with it."""
    lock_for(acting.session, str(taken.kind), candidates)
    planned = _plan(acting, str(taken.kind), candidates)
    _note_plan(taken, planned)
    return planned


def _note_plan(taken: ImportFile, planned: Sequence[Planned]) -> None:
    """The import's counts and hash follow its plan."""
    taken.counts = counted(planned)
    taken.review_hash = review_hash(taken.sha256, str(taken.kind), planned)


def _placed(issue: Issue, row: int, columns: Mapping[str, Column], locale: str) -> Issue:
    """The issue with its row, the letter of its column in the normal layout, and that one's words.

    A rule speaks of ANNEX; who reads the sheet has chosen "annexe" there.
    """
    column = columns.get(str(issue.field[0])) if issue.field else None
    if column is None:
        return issue.at(row=row)
    placed = issue.at(row=row, column=issue.column or column.letter)
    if not isinstance(column.kind, Choice):
        return placed
    found, expected = (column.kind.write(value, locale) for value in (issue.found, issue.expected))
    return replace(
        placed,
        found=None if found is None else str(found),
        expected=None if expected is None else str(expected),
    )


def _titled(issue: Issue, plan: Planned, titles: Mapping[str, str]) -> Issue:
    """WILL_UPDATE with the columns named as the sheet names them."""
    if issue.kind is not WILL_UPDATE:
        return issue
    named = [titles.get(change.field, change.field.upper()) for change in plan.changes]
    return replace(issue, facts={**issue.facts, "fields": ", ".join(named)})


def skip(
    acting: Acting,
    *,
    import_id: int,
    skipped: bool,
    numbers: Sequence[int] | None = None,
    colour: RowColour | None = None,
) -> None:
    """Skips rows or takes them back (A23, A24), by number or by colour, and plans anew."""
    taken = rows.the_import(acting.session, import_id, locked=True)
    require_reviewable(taken.state)
    found = rows.mark_skipped(
        acting.session, import_id, skipped=skipped, numbers=numbers, colour=colour
    )
    missing = [number for number in numbers or () if number not in found]
    if missing:
        told = missing[:_MISSING_TOLD]
        raise Refusal(*(ROW_NOT_THERE(number=number, row=number) for number in told))
    _replan(acting, taken)


def _replan(acting: Acting, taken: ImportFile) -> list[Planned]:
    acting.session.flush()
    planned = _plan_again(acting, taken, rows.candidates_of(acting.session, taken.id))
    rows.keep_plan(acting.session, taken.id, planned)
    return planned


def confirm(
    acting: Acting,
    *,
    import_id: int,
    review_hash: str | None = None,
    accept_warnings: bool = False,
    skip_red: bool = False,
) -> None:
    """Writes what the review shows, in this transaction, or refuses and writes nothing (A25).

    `review_hash` binds the confirmation to the review that was seen; None trusts the present one.
    """
    taken = rows.the_import(acting.session, import_id, locked=True)
    require_reviewable(taken.state)
    seen = taken.review_hash
    if review_hash is not None and review_hash != seen:
        raise Refusal(STALE_REVIEW(field=("review_hash",), moved="the rows skipped"))
    planned = _plan_again(acting, taken, rows.candidates_of(acting.session, import_id))
    if taken.review_hash != seen:
        raise Refusal(
            STALE_REVIEW(field=("review_hash",), moved=_moved(acting, import_id, planned))
        )
    require_clear(planned, accept_warnings=accept_warnings, skip_red=skip_red)
    with followed(acting.session) as trail:
        written = apply(
            acting.session,
            str(taken.kind),
            planned,
            source=f"import {taken.id}",
            author=acting.caller.key_name,
        )
    rows.mark_applied(acting.session, import_id, written)
    # A row of fifteen columns may add to a client that was there: it made no client.
    new = (row for row in planned if row.writes and row.outcome is RowOutcome.CREATE)
    made = {written[row.row] for row in new if row.target_id is None}
    noun = MAIN[str(taken.kind)].__tablename__
    keep_trail(acting.session, trail, taken.id, told={noun: made})
    left_out = any(plan.skipped or plan.outcome is RowOutcome.REFUSED for plan in planned)
    taken.state = ImportState.APPLIED_PARTIALLY if left_out else ImportState.APPLIED
    taken.applied_at = acting.house.clock()


def _moved(acting: Acting, import_id: int, planned: Sequence[Planned]) -> str:
    """The rows whose plan is no longer the one shown, by number."""
    shown = {row.number: row for row in rows.rows_of(acting.session, import_id)}
    numbers = [
        str(plan.row)
        for plan in planned
        if shown[plan.row].outcome is not plan.outcome
        or shown[plan.row].target_id != plan.target_id
        or [issue["code"] for issue in shown[plan.row].issues] != [i.code for i in plan.issues]
    ]
    return ", ".join(numbers[:10]) or "a record"


def cancel(acting: Acting, *, import_id: int) -> None:
    """Gives a review up; nothing was written, nothing will be."""
    taken = rows.the_import(acting.session, import_id, locked=True)
    require_reviewable(taken.state)
    taken.state = ImportState.CANCELLED


def review_again(acting: Acting, *, import_id: int) -> None:
    """Plans a review anew against the records as they are now, after STALE_REVIEW."""
    taken = rows.the_import(acting.session, import_id, locked=True)
    require_reviewable(taken.state)
    _replan(acting, taken)


def review_of(acting: Acting, import_id: int) -> ImportFile:
    """The import with its state, counts, hash and file issues."""
    return rows.the_import(acting.session, import_id)


def rows_of(
    acting: Acting, import_id: int, colours: Sequence[RowColour] | None = None
) -> list[ImportRow]:
    """The rows under review in the order of the file; of some colours when given."""
    return rows.rows_of(acting.session, import_id, colours=colours)


def make_template(
    acting: Acting,
    *,
    kind: str,
    out: BinaryIO,
    prefilled: bool,
    locale: str,
    rows_per_phase: int | None = None,
) -> int:
    """Writes the locked workbook of `kind` to `out`; how many rows it was prefilled with.

    `rows_per_phase` (1 to 60) is for the takeover sheets: a phase may have many past invoices.
    """
    sheet = layout_of(kind)
    copies = _copies(sheet, rows_per_phase)
    filled: Any = ()
    if prefilled or sheet.prefilled_only:
        filled = (
            Prefilled(key, _seen_by(acting.caller, kind, cells))
            for key, cells in prefill.prefilled(acting.session, kind)
            for _ in range(copies)
        )
    return write_template(
        out,
        sheet=sheet,
        setting=setting_of(acting.session, acting.caller),
        seal=seal_of(acting.house, acting.caller),
        issued=acting.today,
        rows=filled,
        locale=language_of(locale),
    )


def _seen_by(caller: Caller, kind: str, cells: dict[str, Any]) -> dict[str, Any]:
    """The cells, those left empty that tell rates to a role that may not see them.

    Sent back, an empty cell keeps what is there.
    """
    if kind != "collaborators" or caller.holds(Permission.SEE_RATES):
        return cells
    return {key: value for key, value in cells.items() if key not in ("billable_rate", "cost_rate")}


def _copies(sheet: Sheet, asked: int | None) -> int:
    if asked is None:
        return sheet.rows_per_record
    if not sheet.prefilled_only or not 1 <= asked <= _MOST_ROWS_PER_PHASE:
        reason = f"1–{_MOST_ROWS_PER_PHASE}" if sheet.prefilled_only else "–"
        raise Refusal(FIELD_INVALID(field=("rows_per_phase",), name="rowsPerPhase", reason=reason))
    return asked


def layout_of(kind: str) -> Sheet:
    """The layout of `kind`; TEMPLATE_KIND_UNKNOWN names those there are."""
    if kind not in LAYOUTS:
        raise Refusal(
            TEMPLATE_KIND_UNKNOWN(field=("kind",), found=kind, expected=", ".join(LAYOUTS))
        )
    return LAYOUTS[kind]


def setting_of(session: ScopedSession, caller: Caller) -> Setting:
    """What reading and writing sheets depends on in this organisation."""
    organisation = the_organisation(session)
    entities = known.the_firm(session).entities.by_id.values()
    return Setting(
        country=organisation.country,
        currency=organisation.currency,
        locale=caller.locale,
        entities=tuple((str(entity.code), entity.name) for entity in entities),
        vat_number_mandatory=organisation.settings.get("vat_number_mandatory", True),
    )


def seal_of(house: House, caller: Caller) -> Seal:
    """The seal of the caller's organisation."""
    return Seal(house.secret, caller.organisation_code)
