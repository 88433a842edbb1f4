"""The takeover's acts, shared by the API and the command line: upload, review, skip, confirm."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

from domain.errors import Issue, Refusal
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
from resolvers._mutation import Acting
from schema.context import Caller, House
from templates_xlsx.checker import check
from templates_xlsx.generator import Prefilled, write_template
from templates_xlsx.layouts import LAYOUTS
from templates_xlsx.reader import open_book
from templates_xlsx.seal import Seal
from templates_xlsx.sheet import Checked, Draft, Setting, Sheet
from words import language_of

_MISSING_TOLD = 20
"""Rows that are not there and are named one by one; a caller may have named thousands."""


@dataclass(frozen=True, slots=True)
class Examined:
    """A file that was read and checked before any transaction: refused whole, or with its rows."""

    filename: str
    size: int
    sha256: str
    file_key: str
    kind: str | None
    checked: Checked | None = None
    refused: tuple[Issue, ...] = ()


def examine(
    house: House, caller: Caller, *, filename: str, content: bytes, kind: str | None = None
) -> Examined:
    """Reads and checks `content`, and keeps its bytes. Long for long files, so no lock is held.

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
    return replace(examined, kind=checked.sheet.kind or None, checked=checked, refused=refused)


def take(acting: Acting, examined: Examined) -> int:
    """Opens the review of an examined file (or notes its refusal); the identifier of the import."""
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
    refused = examined.refused
    if not refused and examined.kind is not None:
        refused = _order(acting, examined.kind)
    if refused or examined.checked is None:
        taken.state = ImportState.REFUSED
        taken.issues = [pack_issue(issue) for issue in refused]
    else:
        _begin_review(acting, taken, examined.checked)
    return taken.id


def upload(acting: Acting, *, filename: str, content: bytes, kind: str | None = None) -> int:
    """Examines a file and opens its review in one go; the identifier of the import."""
    examined = examine(acting.house, acting.caller, filename=filename, content=content, kind=kind)
    return take(acting, examined)


def _order(acting: Acting, kind: str) -> tuple[Issue, ...]:
    locale = acting.caller.locale
    titles = {name: LAYOUTS[name].name(locale) for name in ORDER}
    return check_order(kind, known.counts(acting.session), titles=titles)


def _begin_review(acting: Acting, taken: ImportFile, checked: Checked) -> None:
    candidates = [_candidate(draft) for draft in checked.drafts]
    planned = _plan(acting, taken, candidates)
    rows.keep_rows(acting.session, taken.id, candidates, planned, (d.raw for d in checked.drafts))
    taken.state = ImportState.REVIEW
    taken.issues = [pack_issue(issue) for issue in (*checked.issues, *checked.ignored)]


def _candidate(draft: Draft) -> Candidate:
    return Candidate(
        row=draft.row,
        values=draft.values,
        record_id=draft.record_id,
        references_changed=draft.references_changed,
        checked=tuple(draft.issues),
    )


def lock_for(session: ScopedSession, kind: str, candidates: Sequence[Candidate]) -> None:
    """Locks what the plan weighs: a fee is not lowered while the phase is being invoiced."""
    if kind == "phases":
        lock_projects_coded(session, {one.text("project_code") for one in candidates})


def _plan(acting: Acting, taken: ImportFile, candidates: Sequence[Candidate]) -> list[Planned]:
    """The plan of all rows as things stand now; the import's counts and hash follow it."""
    kind = str(taken.kind)
    lock_for(acting.session, kind, candidates)
    planned = known.planner_of(acting.session, kind).plan(candidates)
    letters = {column.key: column.letter for column in LAYOUTS[kind].columns}
    titles = {column.key: column.title(acting.caller.locale) for column in LAYOUTS[kind].columns}
    for plan in planned:
        plan.issues = [_placed(issue, plan.row, letters) for issue in plan.issues]
        if plan.outcome is RowOutcome.UPDATE:
            plan.issues = [_titled(issue, plan, titles) for issue in plan.issues]
    taken.counts = counted(planned)
    taken.review_hash = review_hash(taken.sha256, kind, planned)
    return planned


def _placed(issue: Issue, row: int, letters: Mapping[str, str]) -> Issue:
    """The issue with its row and the letter of its column in the normal layout."""
    letter = letters.get(str(issue.field[0])) if issue.field else None
    return issue.at(row=row, column=issue.column or letter)


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
    planned = _plan(acting, taken, rows.candidates_of(acting.session, taken.id))
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
    planned = _plan(acting, taken, rows.candidates_of(acting.session, import_id))
    if taken.review_hash != seen:
        raise Refusal(
            STALE_REVIEW(field=("review_hash",), moved=_moved(acting, import_id, planned))
        )
    require_clear(planned, accept_warnings=accept_warnings, skip_red=skip_red)
    written = apply(
        acting.session,
        str(taken.kind),
        planned,
        source=f"import {taken.id}",
        author=acting.caller.key_name,
    )
    rows.mark_applied(acting.session, import_id, written)
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


def make_template(acting: Acting, *, kind: str, out: BinaryIO, prefilled: bool, locale: str) -> int:
    """Writes the locked workbook of `kind` to `out`; how many records it was prefilled with."""
    sheet = layout_of(kind)
    filled: Any = ()
    if prefilled or sheet.prefilled_only:
        filled = (Prefilled(key, cells) for key, cells in prefill.prefilled(acting.session, kind))
    return write_template(
        out,
        sheet=sheet,
        setting=setting_of(acting.session, acting.caller),
        seal=seal_of(acting.house, acting.caller),
        issued=acting.today,
        rows=filled,
        locale=language_of(locale),
    )


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
