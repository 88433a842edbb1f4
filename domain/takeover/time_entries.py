"""Planning rows of the Time entries sheet: whose hours, on what, and are they recorded already.

Only a prefilled row says which entry it is; it updates that one. Any other row that says exactly
what is recorded stands for it, once for each time it was recorded, and a cell of “billable” or
“approved” left empty says nothing: so the second upload of a file writes nothing, also after the
entries were approved, and two equal rows of one file are both kept. A row that tells other hours
of what no row tells any more is warned of: both would be billed.

Time on a project that is not signed is warned of by nobody: a prospect is worked on before it
signs, and none of it is billed until then.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import product
from typing import Any, NamedTuple

from domain.errors import RECORD_ARCHIVED, Issue
from domain.likeness import name_key
from domain.takeover.candidate import Candidate, Change, Planned
from domain.takeover.issues import (
    ARCHIVED_BEFORE,
    DATE_IN_FUTURE,
    DUPLICATE_KEY_IN_FILE,
    POSSIBLE_DUPLICATE,
    REFERENCE_AMBIGUOUS,
    REFERENCE_ID_UNKNOWN,
    REFERENCE_UNKNOWN,
    still_to_come,
)
from domain.takeover.match import NAMING, Known
from domain.takeover.model import RowOutcome
from domain.takeover.plan import CHANGING, Planner, archived, settle
from domain.takeover.retold import Retold
from domain.takeover.work import KnownWork
from domain.time_entry import HOURS_OVER_DAY, MOST_HOURS, TIME_AFTER_END, TIME_ENTRY_BILLED


class Entry(NamedTuple):
    """A live time entry as it is recorded."""

    id: int
    version: int
    collaborator_id: int
    project_id: int
    contract_id: int | None
    phase_id: int | None
    worked_on: date
    hours: Decimal
    ticket: str | None
    description: str | None
    billable: bool
    approved: bool
    billed_by: str | None = None
    """The number of the invoice that bills it, or of the pro forma."""

    @property
    def facts(self) -> tuple[Any, ...]:
        """What makes it equal to another, by `FACTS`."""
        return self[2:-1]


FACTS = Entry._fields[2:-1]
"""The columns that make two entries equal; the last two are what a row may leave unsaid."""
WORK = FACTS[:-2]
"""The columns that say what was done, whatever became of it."""


class TimeEntryPlanner(Planner):
    """Matches by reference, else by all that a row says."""

    codes = {
        **CHANGING,
        "": (*CHANGING[""], TIME_ENTRY_BILLED),
        "ref": (REFERENCE_ID_UNKNOWN, DUPLICATE_KEY_IN_FILE),
        "date": (DATE_IN_FUTURE, TIME_AFTER_END),
        "hours": (HOURS_OVER_DAY, POSSIBLE_DUPLICATE, ARCHIVED_BEFORE),
        "email": (*NAMING, RECORD_ARCHIVED),
        "project_code": (*NAMING, RECORD_ARCHIVED),
        "contract": (*NAMING, RECORD_ARCHIVED),
        "phase_code": (REFERENCE_UNKNOWN, REFERENCE_AMBIGUOUS, RECORD_ARCHIVED),
        **dict.fromkeys(("ticket", "billable", "approved"), (POSSIBLE_DUPLICATE,)),
    }

    matches = True
    """Whether a row that names no entry may stand for one that is recorded."""

    def __init__(
        self,
        known: KnownWork,
        recorded: Iterable[Entry],
        put_away: Collection[tuple[Any, ...]] = frozenset(),
    ) -> None:
        """`put_away` is the work (`WORK`) of the entries that were archived."""
        self._known = known
        self._put_away = put_away
        self._entries = {entry.id: entry for entry in recorded}
        self._free: defaultdict[tuple[Any, ...], deque[int]] = defaultdict(deque)
        """Entries that no row stands for yet, the oldest first, by their facts."""
        self._worked: defaultdict[tuple[int, date], Decimal] = defaultdict(Decimal)
        """The hours of each person on each day."""
        for entry in self._entries.values():
            self._worked[entry.collaborator_id, entry.worked_on] += entry.hours
        on_tickets = (entry for entry in self._entries.values() if entry.ticket is not None)
        self._tickets = {_on_ticket(entry._asdict()) for entry in on_tickets}
        self._retold = Retold(self._entries.values(), _gists)

    def _look_ahead(self, candidates: Iterable[Candidate]) -> None:
        # What a prefilled row stands for, no other row does, be it higher in the file.
        sealed = {candidate.record_id for candidate in candidates}
        for entry in self._entries.values() if self.matches else ():
            if entry.id not in sealed:
                self._free[entry.facts].append(entry.id)

    def together(self, rows: Iterable[Candidate]) -> Mapping[int, Sequence[Issue]]:
        """POSSIBLE_DUPLICATE too of what is recorded with other hours, and so in no row."""
        told = dict(super().together(rows))
        free = {key for waiting in self._free.values() for key in waiting}
        left = (entry for key, entry in self._entries.items() if key in free)
        for row, entry, other in self._retold.beside(left):
            email = self._known.people.code_of(entry.collaborator_id)
            found, before = (_shown(one._asdict(), one.ticket or email) for one in (entry, other))
            issue = POSSIBLE_DUPLICATE(field=("hours",), found=found, other=before)
            told[row] = [*told.get(row, ()), issue]
        return told

    def _judge(self, candidate: Candidate) -> Planned:
        entry = self._entries.get(candidate.record_id or 0)
        issues: list[Issue] = []
        if candidate.record_id is not None and entry is None:
            issues.append(REFERENCE_ID_UNKNOWN(field=("ref",)))
        columns, parties, said = self._columns(candidate)
        issues += said
        if any(issue.is_red for issue in issues):
            return Planned(candidate.row, RowOutcome.REFUSED, issues=issues)
        if entry is not None:
            return self._change(candidate, entry, columns, parties, issues)
        return self._add(candidate, columns, parties, issues)

    def _columns(
        self, candidate: Candidate
    ) -> tuple[dict[str, Any], dict[str, Known], list[Issue]]:
        """What the row says, by column; the records it names; what is to be said of the names."""
        known, values = self._known, candidate.values
        person, said = known.person(candidate.text("email"))
        issues = list(said)
        project, said = known.projects.resolve(candidate.text("project_code"), field="project_code")
        issues += said
        contract = phase = None
        if project is not None and (text := candidate.text("contract")):
            contract, said = known.contract(text, project)
            issues += said
        wants_phase = project is not None and not any(issue.is_red for issue in issues)
        if project is not None and wants_phase and (text := candidate.text("phase_code")):
            phase, said = known.phase(text, project, contract)
            issues += said
        if phase is not None and project is not None:
            contract = known.contract_of(phase, project)
        named = {"collaborator": person, "project": project, "contract": contract, "phase": phase}
        columns = {f"{noun}_id": record.id if record else None for noun, record in named.items()}
        columns |= {"worked_on": values.get("date"), "hours": values.get("hours")}
        said_only = ("ticket", "description", "billable", "approved")
        columns |= {name: values.get(name) for name in said_only}
        return columns, {noun: record for noun, record in named.items() if record}, issues

    def _add(
        self,
        candidate: Candidate,
        columns: dict[str, Any],
        parties: Mapping[str, Known],
        issues: list[Issue],
    ) -> Planned:
        for facts in _facts(columns):
            if waiting := self._free.get(facts):
                return Planned(
                    candidate.row, RowOutcome.UNCHANGED, issues=issues, target_id=waiting[0]
                )
        issues += self._looks_recorded(columns)
        if self.says_all and tuple(columns[name] for name in WORK) in self._put_away:
            email = self._known.people.code_of(columns["collaborator_id"])
            shown = _shown(columns, columns["ticket"] or email)
            issues.append(ARCHIVED_BEFORE(field=("hours",), found=shown))
        issues += still_to_come("date", columns["worked_on"], self.today)
        issues += self._over_a_day(columns)
        issues += _put_away(parties, parties)
        issues += self._after_end(columns)
        columns["billable"] = columns["billable"] is not False
        columns["approved"] = columns["approved"] is True
        return Planned(candidate.row, RowOutcome.CREATE, columns=columns, issues=issues)

    def _looks_recorded(self, columns: Mapping[str, Any]) -> Iterable[Issue]:
        """POSSIBLE_DUPLICATE: a ticket told twice, or work recorded with another standing."""
        is_told = columns["ticket"] is not None and _on_ticket(columns) in self._tickets
        column = "ticket" if is_told else None
        any_standing = {**columns, "billable": None, "approved": None}
        if column is None and any(self._free.get(facts) for facts in _facts(any_standing)):
            column = "billable" if columns["approved"] is None else "approved"
        if column is not None:
            email = self._known.people.code_of(columns["collaborator_id"])
            shown = _shown(columns, columns["ticket"] or email)
            yield POSSIBLE_DUPLICATE(field=(column,), found=shown, other=shown)

    def _change(
        self,
        candidate: Candidate,
        entry: Entry,
        columns: dict[str, Any],
        parties: Mapping[str, Known],
        issues: list[Issue],
    ) -> Planned:
        before = entry._asdict()
        email = self._known.people.code_of(entry.collaborator_id)
        present = Known(entry.id, _shown(before, email), version=entry.version, columns=before)
        left = [Change(name, before[name], None) for name in _left_behind(entry, columns)]
        moved = [noun for noun, one in parties.items() if before[f"{noun}_id"] != one.id]
        issues += _put_away(parties, moved)
        planned = settle(
            candidate,
            present,
            columns,
            issues,
            part_changes=[self._tell(change) for change in left],
            tell=self._tell,
        )
        planned.columns |= {change.field: None for change in left}
        if planned.outcome is RowOutcome.UPDATE:
            if entry.billed_by is not None:
                told = TIME_ENTRY_BILLED(invoice=entry.billed_by, found=entry.billed_by)
                return Planned(candidate.row, RowOutcome.REFUSED, issues=[*issues, told])
            if "worked_on" in planned.columns:
                planned.issues += still_to_come("date", planned.columns["worked_on"], self.today)
            after = {**before, **planned.columns}
            planned.issues += self._over_a_day(after, instead_of=entry)
            planned.issues += self._after_end(after)
        return planned

    def _over_a_day(
        self, columns: Mapping[str, Any], *, instead_of: Entry | None = None
    ) -> Iterable[Issue]:
        """HOURS_OVER_DAY when the person's day gets more hours than it has by this entry."""
        person, day = columns["collaborator_id"], columns["worked_on"]
        there = self._worked[person, day]
        if instead_of is not None and (instead_of.collaborator_id, instead_of.worked_on) == (
            person,
            day,
        ):
            there -= instead_of.hours
            if columns["hours"] <= instead_of.hours:
                return
        if there + columns["hours"] > MOST_HOURS:
            yield HOURS_OVER_DAY(
                field=("hours",),
                person=self._known.people.code_of(person),
                day=f"{day:%d/%m/%Y}",
                found=f"{(there + columns['hours']).normalize():f}",
            )

    def _after_end(self, columns: Mapping[str, Any]) -> Iterable[Issue]:
        """TIME_AFTER_END of billable time after the end of the phase that it is drawn from."""
        phase = self._known.ended(columns["contract_id"], columns["phase_id"])
        if phase is None or columns["billable"] is False:
            return
        day, end = columns["worked_on"], phase.columns["end_date"]
        if day > end:
            said: dict[str, Any] = {"day": f"{day:%d/%m/%Y}", "end": f"{end:%d/%m/%Y}"}
            yield TIME_AFTER_END(field=("date",), phase=phase.name, **said)

    def _tell(self, change: Change) -> Change:
        """A change by the column of the sheet, records by what people call them."""
        both = (change.before, change.after)
        match change.field:
            case "collaborator_id":
                return Change("email", *map(self._known.people.code_of, both))
            case "project_id":
                return Change("project_code", *map(self._known.projects.code_of, both))
            case "contract_id":
                return Change("contract", *map(self._known.contract_name, both))
            case "phase_id":
                return Change("phase_code", *map(self._known.phase_code, both))
            case "worked_on":
                return Change("date", *both)
        return change

    def _keep(self, candidate: Candidate, planned: Planned) -> None:
        if planned.writes:
            entry = self._entries.get(planned.target_id or 0)
            if entry is not None:
                self._worked[entry.collaborator_id, entry.worked_on] -= entry.hours
            written = {**(entry._asdict() if entry else {}), **planned.columns}
            self._worked[written["collaborator_id"], written["worked_on"]] += written["hours"]
        if planned.outcome is RowOutcome.CREATE:
            if planned.columns["ticket"] is not None:
                self._tickets.add(_on_ticket(planned.columns))
            is_told = any(issue.kind is POSSIBLE_DUPLICATE for issue in planned.issues)
            if self.says_all and not is_told:
                entry = Entry(0, 0, *(planned.columns[name] for name in FACTS))
                self._retold.note(candidate.row, entry)
        elif candidate.record_id is None and planned.target_id is not None:
            self._free[self._entries[planned.target_id].facts].popleft()


def _facts(columns: Mapping[str, Any]) -> Iterable[tuple[Any, ...]]:
    """All that an entry may be of which the row says nothing else, what it would become first."""
    work = tuple(columns[name] for name in WORK)
    billable, approved = columns["billable"], columns["approved"]
    standings = product(
        (True, False) if billable is None else (billable,),
        (False, True) if approved is None else (approved,),
    )
    return ((*work, *standing) for standing in standings)


def _on_ticket(columns: Mapping[str, Any]) -> tuple[Any, ...]:
    """What makes two entries look like one: a ticket, of one person, one day and as many hours."""
    ticket = name_key(columns["ticket"])
    return ticket, columns["collaborator_id"], columns["worked_on"], columns["hours"]


def _gists(entry: Entry) -> Iterable[Hashable]:
    """A person's work of a day by its ticket, else by what it was done on and what was done."""
    work: tuple[Hashable, ...] = (entry.project_id, entry.contract_id, entry.phase_id)
    done = (*work, name_key(entry.description or ""))
    known_by = name_key(entry.ticket) if entry.ticket is not None else done
    return ((entry.collaborator_id, entry.worked_on, known_by),)


def _left_behind(entry: Entry, columns: Mapping[str, Any]) -> Iterable[str]:
    """The contract and the phase that are not of where the row moves the entry to."""
    is_moved = columns["project_id"] != entry.project_id
    contract = columns["contract_id"] or (None if is_moved else entry.contract_id)
    if entry.contract_id is not None and contract is None:
        yield "contract_id"
    if entry.phase_id is not None and columns["phase_id"] is None and contract != entry.contract_id:
        yield "phase_id"


_PUT_AWAY = {
    "collaborator": "email",
    "project": "project_code",
    "contract": "contract",
    "phase": "phase_code",
}


def _put_away(parties: Mapping[str, Known], newly: Iterable[str]) -> Iterable[Issue]:
    """RECORD_ARCHIVED for what is archived, of the nouns that the row would newly name."""
    for noun in newly:
        yield from archived(parties[noun], noun=noun, field=_PUT_AWAY[noun])


def _shown(columns: Mapping[str, Any], called: str | None) -> str:
    """An entry as people would name it, in any language."""
    day, hours = columns["worked_on"], columns["hours"]
    return " · ".join(filter(None, (called, f"{day:%d/%m/%Y}", f"{hours.normalize():f} h")))
