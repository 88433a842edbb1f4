"""The plan of a review: of one sheet, or of several of a workbook, each after those before it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from domain.errors import Issue
from domain.takeover.candidate import Candidate, Planned
from domain.takeover.issues import WILL_UPDATE
from domain.takeover.model import RowOutcome
from domain.takeover.order import ORDER, check_order
from domain.takeover.review import review_hash
from domain.takeover.workbook import Pending
from persistence.invoices import lock_projects_coded
from persistence.session import ScopedSession, tried_out
from persistence.takeover import known
from persistence.takeover.apply import apply
from persistence.takeover.trail import followed
from persistence.takeover.undo import MAIN
from persistence.time_entries import lock_entries
from resolvers._mutation import Acting
from templates_xlsx.kinds.choices import Choice
from templates_xlsx.layouts import LAYOUTS
from templates_xlsx.sheet import Column, Draft


@dataclass(frozen=True, slots=True)
class SheetRows:
    """The checked rows of one sheet of a file; `origin` names the sheet within it."""

    kind: str
    candidates: Sequence[Candidate]
    origin: str = ""


@dataclass(frozen=True, slots=True)
class SheetPlan:
    """What confirming a sheet would do; `told` names what sheets before it would make by origin."""

    planned: list[Planned]
    told: list[Planned]

    @property
    def shown(self) -> list[Planned]:
        """The plan as a review keeps it: what is not there yet has no identifier."""
        return [
            row if told.target_id == row.target_id else replace(row, target_id=None)
            for row, told in zip(self.planned, self.told, strict=True)
        ]

    def hash(self, sha256: str, kind: str) -> str:
        """The hash of the plan, the same for whoever plans it on the same records."""
        return review_hash(sha256, kind, self.told)


Made = tuple[Mapping[int, int], Mapping[str, Collection[int]]]
"""What writing a sheet made: the record of each new row, and all records by noun."""


def candidate_of(draft: Draft) -> Candidate:
    """A checked row as planning takes it."""
    return Candidate(
        row=draft.row,
        values=draft.values,
        record_id=draft.record_id,
        references_changed=draft.references_changed,
        checked=tuple(draft.issues),
    )


def order_issues(acting: Acting, kind: str, *, beside: Collection[str] = ()) -> tuple[Issue, ...]:
    """IMPORT_ORDER when what a sheet refers to is neither there nor in a sheet `beside` it."""
    locale = acting.caller.locale
    titles = {name: LAYOUTS[name].name(locale) for name in ORDER}
    counts = known.counts(acting.session) | dict.fromkeys(beside, 1)
    return check_order(kind, counts, titles=titles)


def lock_for(session: ScopedSession, kind: str, candidates: Sequence[Candidate]) -> None:
    """Locks what the plan weighs: nothing is lowered or given away while it is being invoiced."""
    if kind == "time_entries":
        lock_entries(session, [one.record_id for one in candidates if one.record_id])
    column = {"phases": "project_code", "projects": "code"}.get(kind)
    if column is not None:
        lock_projects_coded(session, {one.text(column) for one in candidates})


def plan_sheet(acting: Acting, kind: str, candidates: Sequence[Candidate]) -> list[Planned]:
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


def foreseen(acting: Acting, sheets: Sequence[SheetRows]) -> list[SheetPlan]:
    """The plan of each sheet, in the order they go in, as if those before it were written.

    Nothing stays written. One sheet alone needs a reading session only.
    """
    if len(sheets) == 1:
        (sheet,) = sheets
        planned = plan_sheet(acting, sheet.kind, sheet.candidates)
        return [SheetPlan(planned, planned)]

    def write(place: int, planned: list[Planned]) -> Made:
        is_last = place == len(sheets) - 1
        return ({}, {}) if is_last else _try(acting, sheets[place], planned)

    with tried_out(acting.session):
        return list(plans_in_turn(acting, sheets, write))


def plans_in_turn(
    acting: Acting,
    sheets: Sequence[SheetRows],
    write: Callable[[int, list[Planned]], Made],
) -> Iterator[SheetPlan]:
    """The plan of each sheet, handed to `write` with its place before the next one is planned."""
    pending = Pending()
    for place, sheet in enumerate(sheets):
        lock_for(acting.session, sheet.kind, sheet.candidates)
        planned = plan_sheet(acting, sheet.kind, sheet.candidates)
        noun = MAIN[sheet.kind].__tablename__
        plan = SheetPlan(planned, pending.named(planned, noun))
        yield plan
        written, made = write(place, planned)
        pending.note(noun, written, sheet.origin)
        for other, ids in made.items():
            pending.note_beside(other, ids, f"{sheet.origin} {other}")
        # What was read for this plan is not what the next one is to know.
        acting.session.flush()
        acting.session.expire_all()


def _try(acting: Acting, sheet: SheetRows, planned: list[Planned]) -> Made:
    """Writes a sheet of which nothing will stay; its plan remains as it is."""
    # Writing completes the columns it is given.
    copies = [replace(row, columns=dict(row.columns)) for row in planned]
    with followed(acting.session) as trail:
        written = apply(acting.session, sheet.kind, copies, source="", author="")
    return new_records(planned, written), trail.made


def new_records(planned: Sequence[Planned], written: Mapping[int, int]) -> dict[int, int]:
    """The record that each row made, of the rows that made one.

    A row of fifteen columns may add to a client that was there: it made no client.
    """
    return {
        row.row: written[row.row]
        for row in planned
        if row.writes and row.outcome is RowOutcome.CREATE and row.target_id is None
    }


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
