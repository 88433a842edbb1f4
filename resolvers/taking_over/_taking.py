"""The takeover's acts, shared by the API and the command line: take a file, skip, confirm.

An upload is a file of one sheet, or a workbook of several: then it is an import that holds an
import for each sheet, and what is decided is decided for all of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import islice

from domain.errors import Refusal
from domain.takeover.candidate import Planned
from domain.takeover.model import (
    WORKBOOK,
    ImportFile,
    ImportRow,
    ImportState,
    RowColour,
)
from domain.takeover.review import (
    IMPORT_OF_WORKBOOK,
    ROW_NOT_THERE,
    STALE_REVIEW,
    Tally,
    hash_of_hashes,
    require_clear,
    require_reviewable,
    summed,
)
from domain.takeover.wire import pack_issue
from persistence.takeover import plans, rows
from persistence.takeover.apply import apply
from persistence.takeover.locks import lock_held, take_turns
from persistence.takeover.trail import followed, keep_trail
from persistence.takeover.undo import MAIN
from persistence.takeover.world import is_unmoved
from resolvers._mutation import Acting
from resolvers.taking_over._examining import Examined, ExaminedSheet
from resolvers.taking_over._planning import (
    Made,
    SheetPlan,
    SheetRows,
    foreseen,
    plans_in_turn,
)

_LONGEST_NAME = 255
"""Of a sheet; spreadsheets themselves stop at 31 characters."""

_MISSING_TOLD = 20
"""Rows that are not there and are named one by one; a caller may have named thousands."""

_MOVED_TOLD = 10


def take(acting: Acting, examined: Examined) -> int:
    """Keeps the review of an examined file, or its refusal; the identifier of the import."""
    taken = _kept(acting, examined, kind=examined.kind)
    if examined.refused:
        taken.state = ImportState.REFUSED
        taken.issues = [pack_issue(issue) for issue in examined.refused]
        return taken.id
    if examined.kind != WORKBOOK:
        (only,) = examined.sheets
        _keep_review(acting, taken, only)
        return taken.id
    taken.state = ImportState.REVIEW
    for sheet in examined.sheets:
        within = _kept(acting, examined, kind=sheet.kind)
        within.workbook_id, within.sheet = taken.id, str(sheet.name)[:_LONGEST_NAME]
        _keep_review(acting, within, sheet)
    told = [issue for sheet in examined.sheets for issue in sheet.issues]
    taken.issues = [pack_issue(issue) for issue in (*examined.issues, *told)]
    _sum_up(acting, taken)
    return taken.id


def _kept(acting: Acting, examined: Examined, *, kind: str | None) -> ImportFile:
    taken = ImportFile(
        filename=examined.filename,
        size=examined.size,
        sha256=examined.sha256,
        file_key=examined.file_key,
        kind=kind,
        author=acting.caller.key_name or None,
    )
    acting.session.add(taken)
    acting.session.flush()
    return taken


def _keep_review(acting: Acting, taken: ImportFile, sheet: ExaminedSheet) -> None:
    """Keeps the plan of a sheet with its rows."""
    assert sheet.plan is not None
    taken.state = ImportState.REVIEW
    taken.issues = [pack_issue(issue) for issue in sheet.issues]
    typed = (draft.raw for draft in sheet.checked.drafts)
    with _noted(acting, taken, sheet.plan) as shown:
        rows.keep_rows(acting.session, taken.id, sheet.candidates, shown, typed)


@contextmanager
def _noted(acting: Acting, taken: ImportFile, plan: SheetPlan) -> Iterator[Iterator[Planned]]:
    """The plan as it is shown; once it was gone through, the import's counts and hash follow it."""
    tally = _tally_of(taken)
    former = _former_plans(acting, [taken])
    if plan.world is None or len(plan.planned) < plans.WORTH:
        yield plan.shown(tally)
        _note(taken, tally)
        _drop(acting, former)
        return
    with plans.PlanKeeper(str(taken.kind)) as keeper:
        yield plan.shown(tally, keeper.add)
        _note(taken, tally)
        key = plans.key_of(acting.session.organisation_id, tally.hash)
        keeper.keep(acting.house.files, key, plan.world)
        _drop(acting, former - {key})


def _former_plans(acting: Acting, sheets: Sequence[ImportFile]) -> set[str]:
    """The keys of the plans that may be kept of these as they stand; short ones have none."""
    long = (one for one in sheets if one.counts.get("rows", 0) >= plans.WORTH)
    return {_plan_key(acting, one) for one in long if one.review_hash}


def _drop(acting: Acting, keys: Collection[str]) -> None:
    for key in keys:
        plans.drop_plan(acting.session, acting.house.files, key)


def _tally_of(taken: ImportFile) -> Tally:
    return Tally(taken.sha256, str(taken.kind))


def _note(taken: ImportFile, tally: Tally) -> None:
    """The import's counts and hash follow its plan."""
    taken.counts = tally.counts
    taken.review_hash = tally.hash


def _sum_up(acting: Acting, taken: ImportFile) -> None:
    """A workbook's counts and hash follow those of its sheets."""
    acting.session.flush()
    if taken.kind == WORKBOOK:
        sheets = sheets_of(acting, taken)
        taken.counts = summed(sheet.counts for sheet in sheets)
        taken.review_hash = hash_of_hashes(str(sheet.review_hash) for sheet in sheets)


def whole(acting: Acting, import_id: int, *, alone: bool = False) -> ImportFile:
    """The import that decides for `import_id`, locked: itself, or the workbook it came in.

    `alone` refuses a sheet of a workbook: what is asked is to be asked of the whole.
    """
    taken = rows.the_import(acting.session, import_id)
    if taken.workbook_id is not None and alone:
        raise Refusal(IMPORT_OF_WORKBOOK(field=("import_id",), found=str(taken.sheet)))
    return rows.the_import(acting.session, taken.workbook_id or import_id, locked=True)


def sheets_of(acting: Acting, taken: ImportFile) -> list[ImportFile]:
    """The sheets of an import in the order they go in; an import of one sheet is its own."""
    if taken.kind != WORKBOOK:
        return [taken]
    return rows.sheets_of(acting.session, taken.id)


def _reviewed(acting: Acting, sheet: ImportFile) -> SheetRows:
    candidates = rows.candidates_of(acting.session, sheet.id)
    return SheetRows(str(sheet.kind), candidates, sheet.sheet or "")


def skip(
    acting: Acting,
    *,
    import_id: int,
    skipped: bool,
    numbers: Sequence[int] | None = None,
    colour: RowColour | None = None,
) -> None:
    """Skips rows or takes them back (A23, A24), by number or by colour, and plans anew.

    Of a workbook, the rows of one of its sheets, or all rows of a colour.
    """
    taken = whole(acting, import_id)
    require_reviewable(taken.state)
    ids = [import_id]
    if taken.id == import_id:
        ids = [sheet.id for sheet in sheets_of(acting, taken)]
    found: set[int] = set()
    for one in ids if numbers is None or len(ids) == 1 else []:
        found |= rows.mark_skipped(
            acting.session, one, skipped=skipped, numbers=numbers, colour=colour
        )
    missing = [number for number in numbers or () if number not in found]
    if missing:
        told = missing[:_MISSING_TOLD]
        raise Refusal(*(ROW_NOT_THERE(number=number, row=number) for number in told))
    _replan(acting, taken)


def _replan(acting: Acting, taken: ImportFile) -> None:
    acting.session.flush()
    sheets = sheets_of(acting, taken)
    plans = foreseen(acting, [_reviewed(acting, sheet) for sheet in sheets])
    for sheet, plan in zip(sheets, plans, strict=True):
        with _noted(acting, sheet, plan) as shown:
            rows.keep_plan(acting.session, sheet.id, shown)
    _sum_up(acting, taken)


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
    taken = whole(acting, import_id, alone=True)
    require_reviewable(taken.state)
    seen = taken.review_hash
    if review_hash is not None and review_hash != seen:
        raise Refusal(STALE_REVIEW(field=("review_hash",), moved="the rows skipped"))
    sheets = sheets_of(acting, taken)
    before = {sheet.id: sheet.review_hash for sheet in sheets}
    take_turns(acting.session, [str(sheet.kind) for sheet in sheets])
    if (known := _known_plan(acting, taken)) is not None:
        with known:
            standing = rows.in_the_way(acting.session, taken.id, accept_warnings=accept_warnings)
            require_clear(standing, accept_warnings=accept_warnings, skip_red=skip_red)
            _write_sheet(acting, taken, known)
        _drop(acting, _former_plans(acting, sheets))
        return

    def write(place: int, planned: Collection[Planned]) -> Made:
        require_clear(
            rows.in_the_way(acting.session, sheets[place].id, accept_warnings=accept_warnings),
            accept_warnings=accept_warnings,
            skip_red=skip_red,
            sheet=sheets[place].sheet,
        )
        return _write_sheet(acting, sheets[place], planned)

    reviewed = [_reviewed(acting, sheet) for sheet in sheets]
    for place, plan in enumerate(plans_in_turn(acting, reviewed, write)):
        sheet = sheets[place]
        tally = _tally_of(sheet)
        for _ in plan.shown(tally):
            pass
        if tally.hash != before[sheet.id]:
            moved = _moved(acting, sheet, plan.shown(tally))
            raise Refusal(STALE_REVIEW(field=("review_hash",), moved=moved))
    if taken.kind == WORKBOOK:
        states = {sheet.state for sheet in sheets}
        is_whole = states == {ImportState.APPLIED}
        taken.state = ImportState.APPLIED if is_whole else ImportState.APPLIED_PARTIALLY
        taken.applied_at = acting.house.clock()
    _drop(acting, _former_plans(acting, sheets))


def _known_plan(acting: Acting, taken: ImportFile) -> plans.KeptPlan | None:
    """The plan that was shown, where it was kept and all that it was made of still is so.

    What it weighs is locked first: from then on it stays so.
    """
    session, kind, seen = acting.session, str(taken.kind), str(taken.review_hash)
    if taken.kind == WORKBOOK or taken.counts.get("rows", 0) < plans.WORTH:
        return None
    key = _plan_key(acting, taken)
    plan = plans.kept_plan(acting.house.files, key, sha256=taken.sha256, kind=kind, seen=seen)
    if plan is None:
        return None
    with ExitStack() as closing:
        closing.push(plan)
        lock_held(session, kind, plan.locks)
        if not is_unmoved(session, plan.world, acting.today):
            return None
        closing.pop_all()
    return plan


def _plan_key(acting: Acting, taken: ImportFile) -> str:
    return plans.key_of(acting.session.organisation_id, str(taken.review_hash))


def _write_sheet(acting: Acting, taken: ImportFile, planned: Iterable[Planned]) -> Made:
    """Writes a planned sheet, with what is needed to undo it."""
    with followed(acting.session) as trail:
        written = apply(
            acting.session,
            str(taken.kind),
            planned,
            source=f"import {taken.id}",
            author=acting.caller.key_name,
        )
    rows.mark_applied(acting.session, taken.id, written)
    keep_trail(acting.session, trail, taken.id, MAIN[str(taken.kind)])
    left_out = taken.counts.get("skipped") or taken.counts.get("refused")
    taken.state = ImportState.APPLIED_PARTIALLY if left_out else ImportState.APPLIED
    taken.applied_at = acting.house.clock()
    return trail.new, trail.made


def _moved(acting: Acting, taken: ImportFile, planned: Iterable[Planned]) -> str:
    """The rows whose plan is no longer the one shown, by number, in their sheet of a workbook."""
    shown = rows.shown_of(acting.session, taken.id)
    numbers = (
        str(plan.row)
        for plan, (_, outcome, target_id, issues) in zip(planned, shown, strict=True)
        if outcome is not plan.outcome
        or target_id != plan.target_id
        or [issue["code"] for issue in issues] != [issue.code for issue in plan.issues]
    )
    told = ", ".join(islice(numbers, _MOVED_TOLD)) or "a record"
    return f"{taken.sheet}: {told}" if taken.sheet else told


def cancel(acting: Acting, *, import_id: int) -> None:
    """Gives a review up; nothing was written, nothing will be."""
    taken = whole(acting, import_id, alone=True)
    require_reviewable(taken.state)
    sheets = sheets_of(acting, taken)
    for one in (taken, *sheets):
        one.state = ImportState.CANCELLED
    _drop(acting, _former_plans(acting, sheets))


def review_again(acting: Acting, *, import_id: int) -> None:
    """Plans a review anew against the records as they are now, after STALE_REVIEW."""
    taken = whole(acting, import_id)
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
