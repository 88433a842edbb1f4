"""The plan of a review: of one sheet, or of several of a workbook, each after those before it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from domain.errors import Issue
from domain.takeover.candidate import Candidate, Planned
from domain.takeover.issues import WILL_UPDATE
from domain.takeover.model import RowOutcome
from domain.takeover.order import ORDER, check_order
from domain.takeover.review import Tally
from domain.takeover.workbook import Pending
from persistence.session import tried_out
from persistence.takeover import known
from persistence.takeover.apply import apply
from persistence.takeover.locks import lock_for
from persistence.takeover.spool import PlanSpool
from persistence.takeover.trail import followed
from persistence.takeover.undo import MAIN
from persistence.takeover.world import World, observed
from resolvers._mutation import Acting
from templates_xlsx.kinds.choices import Choice
from templates_xlsx.layouts import LAYOUTS
from templates_xlsx.sheet import Column, Draft


@dataclass(frozen=True, slots=True)
class SheetRows:
    """The checked rows of one sheet of a file; `origin` names the sheet within it."""

    kind: str
    candidates: Collection[Candidate]
    """Gone through more than once."""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class SheetPlan:
    """What confirming a sheet would do; `told` names what sheets before it would make by origin."""

    planned: Collection[Planned]
    told: Collection[Planned]
    world: World | None = None
    """What it was made of; None where the sheets before it are part of that."""

    def shown(
        self, tally: Tally, keep: Callable[[Planned, bytes], None] = lambda row, line: None
    ) -> Iterator[Planned]:
        """The plan as a review keeps it, each row tallied on its way, and told to `keep`.

        What is not there yet has no identifier.
        """
        if self.told is self.planned:
            for row in self.planned:
                keep(row, tally.add(row))
                yield row
            return
        for row, told in zip(self.planned, self.told, strict=True):
            tally.add(row, told)
            yield row if told.target_id == row.target_id else replace(row, target_id=None)


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


def plan_sheet(acting: Acting, kind: str, candidates: Collection[Candidate]) -> PlanSpool:
    """The plan of all rows as things stand now, told in the words of the sheet."""
    planner = known.planner_of(acting.session, kind, today=acting.today)
    locale = acting.caller.locale
    columns = {column.key: column for column in LAYOUTS[kind].columns}
    # A row may change what only another sheet of the same records has a column for.
    sheets = (*LAYOUTS.values(), LAYOUTS[kind])
    titles = {one.key: one.title(locale) for sheet in sheets for one in sheet.columns}
    worded = partial(_worded, columns=columns, titles=titles, locale=locale)
    planned = PlanSpool(map(worded, planner.each(candidates)))
    planned.say(
        {
            row: [_placed(issue, row, columns, locale) for issue in issues]
            for row, issues in planner.together(candidates).items()
        }
    )
    return planned


def _worded(
    plan: Planned, *, columns: Mapping[str, Column], titles: Mapping[str, str], locale: str
) -> Planned:
    """The plan of a row, told in the words of the sheet."""
    if plan.issues:
        plan.issues = [_placed(issue, plan.row, columns, locale) for issue in plan.issues]
        if plan.outcome is RowOutcome.UPDATE:
            plan.issues = [_titled(issue, plan, titles) for issue in plan.issues]
    return plan


def foreseen(acting: Acting, sheets: Sequence[SheetRows]) -> list[SheetPlan]:
    """The plan of each sheet, in the order they go in, as if those before it were written.

    Nothing stays written. One sheet alone needs a reading session only.
    """
    if len(sheets) == 1:
        (sheet,) = sheets
        with observed(acting.session, acting.today) as world:
            planned = plan_sheet(acting, sheet.kind, sheet.candidates)
        return [SheetPlan(planned, planned, world)]

    def write(place: int, planned: Collection[Planned]) -> Made:
        is_last = place == len(sheets) - 1
        return ({}, {}) if is_last else _try(acting, sheets[place], planned)

    with tried_out(acting.session):
        return list(plans_in_turn(acting, sheets, write))


def plans_in_turn(
    acting: Acting,
    sheets: Sequence[SheetRows],
    write: Callable[[int, Collection[Planned]], Made],
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


def _try(acting: Acting, sheet: SheetRows, planned: Collection[Planned]) -> Made:
    """Writes a sheet of which nothing will stay; its plan remains as it is."""
    with followed(acting.session) as trail:
        apply(acting.session, sheet.kind, planned, source="", author="")
    return trail.new, trail.made


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
