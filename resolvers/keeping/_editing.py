"""Creating and changing records by hand: the sheets' own rules, for one record or for many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from domain.access import Permission, Role
from domain.client import ClientType
from domain.errors import (
    FIELD_REQUIRED,
    NOT_FOUND,
    RECORD_ARCHIVED,
    Issue,
    Refusal,
)
from domain.likeness import name_key
from domain.project.frozen import PROJECT_ENTITY_FROZEN
from domain.project.model import PhaseKind
from domain.takeover.candidate import Candidate, Change, Planned
from domain.takeover.issues import WILL_UPDATE
from domain.takeover.model import RowOutcome
from domain.takeover.plan import ALREADY_EXISTS, Planner
from domain.takeover.rates_changed import RatePlanner
from persistence.contracts import is_project_invoiced
from persistence.reading import Noun, load_by_ids
from persistence.takeover import known, prefill
from persistence.takeover.apply import apply
from persistence.takeover.locks import lock_for
from persistence.time_entries import lock_entries
from resolvers._judging import placed
from resolvers._mutation import Acting
from resolvers.keeping._drawn_hours import DrawnHours
from resolvers.keeping._edited import Asked, Edited
from resolvers.keeping._guarding import (
    keep_billed,
    keep_periods,
    staying,
    tell_emptied_rates,
    too_fine,
)
from resolvers.keeping._reach import keep_approved, manage_new
from resolvers.taking_over._sheets import layout_of, setting_of
from schema.client import CLIENT
from schema.collaborator import COLLABORATOR
from schema.project import PHASE, PROJECT
from schema.time_entry import TIME_ENTRY
from templates_xlsx.checker import check_values
from templates_xlsx.sheet import Setting

NOUNS: dict[str, Noun] = {
    "clients": CLIENT,
    "projects": PROJECT,
    "phases": PHASE,
    "collaborators": COLLABORATOR,
    "time_entries": TIME_ENTRY,
}
"""What the records of each kind of sheet are in the API."""

_COLUMNS = {
    "works_amount": ("works_minor",),
    "hourly_rate": ("hourly_rate_minor",),
    "entity": ("entity_id",),
    "linked_phase": ("linked_phase_id",),
    "manager_email": ("manager_email", "manager_id"),
    "siret": ("siret", "siren"),
}
"""The columns behind a field, where they do not bear its name."""

_ON = {"contract": ("contract_id", "phase_id"), "phase_code": ("phase_id",)}
"""What goes of a time entry when it is no longer on a fee project, or on a phase."""

_CONTACT = {"contact_name": "name", "contact_email": "email", "contact_phone": "phone"}
"""Fields of a client that are kept on its default contact."""

_WHEN_EMPTY: dict[str, Any] = {
    "client_type": ClientType.COMPANY,
    "language": "fr",
    "payment_days": 30,
    "role": Role.COLLABORATOR,
    "active": True,
    "billable": True,
    "approved": False,
}
"""What an empty cell of a new record stands for: so does null, of one there is."""

_NEVER_EMPTY = {"code", "phase_code", "position"}
"""Made when a new record comes without; of a known one they are never taken away."""

_OF_ANOTHER = {"entity", "currency", "billing_method"}
"""Of a phase these are its project's or its contract's: null asks for nothing."""


def judge(
    acting: Acting, kind: str, asked: Sequence[Asked], *, matches: bool = True
) -> list[Edited]:
    """Checks and plans the records asked for, in order; nothing is written.

    `matches` is of worked time: whether what says exactly what is recorded stands for it.
    """
    setting = setting_of(acting.session, acting.caller)
    if kind == "time_entries":
        lock_entries(acting.session, [one.record_id for one in asked if one.record_id])
    present, astray = _present(acting, kind, asked)
    entities = _entities_of_projects(acting) if kind == "phases" else None
    candidates = []
    for row, one in enumerate(asked, start=1):
        missing = astray.get(one.record_id or 0)
        refused = one.issues or ((missing,) if missing else ()) or too_fine(kind, one.fields)
        if refused:
            candidates.append(Candidate(row=row, values={}, checked=refused))
        else:
            there = present.get(one.record_id or 0, {})
            cells = {**staying(kind, there, one.fields), **one.fields}
            candidates.append(_candidate(kind, one, cells, setting, row=row, entities=entities))
    lock_for(acting.session, kind, candidates)
    planner = _planner(acting, kind, candidates, matches)
    planner.says_all = False
    if isinstance(planner, RatePlanner):
        planner.sees_rates = acting.caller.holds(Permission.SEE_RATES)
    planned = planner.plan(candidates)
    if kind == "projects":
        manage_new(acting, planned)
    edited = [
        _edited(one, plan, present.get(one.record_id or 0), kind=kind, setting=setting)
        for one, plan in zip(asked, planned, strict=True)
    ]
    if kind == "projects":
        for project in edited:
            _keep_entity(acting, project, present.get(project.record_id or 0, {}))
    if kind == "time_entries":
        keep_billed(acting.session, edited)
        keep_approved(acting, edited, present)
    if kind == "phases":
        keep_periods(acting.session, edited)
    if kind in known.RATED:
        tell_emptied_rates(acting, kind, edited)
    return edited


def _planner(acting: Acting, kind: str, candidates: Sequence[Candidate], matches: bool) -> Planner:
    """What judges rows of `kind`; of worked time, knowing the days that they speak of."""
    if kind != "time_entries":
        return known.planner_of(acting.session, kind, today=acting.today)
    days = {one.values["date"] for one in candidates if one.values.get("date") is not None}
    only = {one.record_id for one in candidates if one.record_id is not None}
    return known.time_planner_of(
        acting.session, days=days, only=only, matches=matches, today=acting.today
    )


def _candidate(
    kind: str,
    asked: Asked,
    cells: dict[str, Any],
    setting: Setting,
    *,
    row: int,
    entities: Mapping[str, str | None] | None,
) -> Candidate:
    """The row that `cells` would be in a sheet.

    Only a sheet must name the entity of a phase (O22): by hand it is that of its project, given in
    `entities` by project code; and of a project that is not there, that alone is said.
    """
    code = str(cells.get("project_code")).strip().upper()
    if entities is not None and not cells.get("entity"):
        cells["entity"] = entities.get(code)
    draft = check_values(layout_of(kind), cells, setting=setting, row=row)
    issues = draft.issues
    if entities is not None and code not in entities:
        issues = [issue for issue in issues if issue.field != ("entity",)]
    checked = tuple(issues)
    return Candidate(
        row=row,
        values=draft.values,
        record_id=asked.record_id,
        checked=checked,
        is_by_hand=True,
    )


def _present(
    acting: Acting, kind: str, asked: Sequence[Asked]
) -> tuple[dict[int, dict[str, Any]], dict[int, Issue]]:
    """The records that are named, as rows of their sheet; and what to say of those that are not.

    An archived record is none of the sheet: it is brought back before it is changed.
    """
    wanted = {one.record_id for one in asked if one.record_id is not None}
    if not wanted:
        return {}, {}
    keys = {column.key for column in layout_of(kind).columns if not column.locked}
    rows = {
        key: {name: value for name, value in cells.items() if name in keys and value is not None}
        for key, cells in prefill.prefilled(acting.session, kind, only=wanted)
    }
    noun = NOUNS[kind]
    missing = wanted - rows.keys()
    archived = load_by_ids(acting.session, noun, {}, missing)
    astray = {
        key: (RECORD_ARCHIVED if key in archived else NOT_FOUND)(
            field=("id",), noun=noun.prefix, key=f"{noun.prefix}_{key}"
        )
        for key in missing
    }
    return rows, astray


def _entities_of_projects(acting: Acting) -> dict[str, str | None]:
    """The code of each project with that of its entity: a phase made by hand belongs to it."""
    entities = known.the_firm(acting.session).entities
    return {
        code: entities.code_of(project.columns["entity_id"])
        for code, project in known.projects(acting.session).by_code.items()
    }


def _edited(
    asked: Asked,
    planned: Planned,
    present: Mapping[str, Any] | None,
    *,
    kind: str,
    setting: Setting,
) -> Edited:
    """Without the warning that a record will change (it was asked for), with what null empties."""
    letters = {column.key: column.letter for column in layout_of(kind).columns}
    issues = [
        issue.at(column=issue.column or letters.get(str(issue.field[0]) if issue.field else ""))
        for issue in planned.issues
        if issue.kind is not WILL_UPDATE
    ]
    edited = Edited(asked, planned, planned.target_id, issues)
    if present is None or edited.is_refused:
        return edited
    for name, value in asked.fields.items():
        if value is None and present.get(name) is not None:
            _empty(edited, name, present[name], kind=kind, setting=setting)
    return edited


def _keep_entity(acting: Acting, edited: Edited, before: Mapping[str, Any]) -> None:
    """PROJECT_ENTITY_FROZEN for null where an invoice names the entity.

    Else another could be given next. A sheet cannot ask for it: an empty cell keeps what is there.
    """
    columns, key = edited.planned.columns, edited.record_id
    emptied = columns.get("entity_id", ...) is None and before.get("entity") is not None
    if emptied and key is not None and is_project_invoiced(acting.session, key):
        project, entity = str(before["code"]), str(before["entity"])
        edited.issues.append(
            PROJECT_ENTITY_FROZEN(field=("entity",), project=project, expected=entity)
        )


def _empty(edited: Edited, name: str, before: Any, *, kind: str, setting: Setting) -> None:
    """Takes a value away, or puts back what stands where nothing is given."""
    planned = edited.planned
    if kind == "phases" and name in _OF_ANOTHER:
        return
    if kind == "time_entries" and name in _ON:
        # The fee project of time on a phase is that of the phase.
        gone = () if name == "contract" and edited.asked.fields.get("phase_code") else _ON[name]
        if not gone:
            return
        planned.columns |= dict.fromkeys(gone)
        planned.changes.append(Change(name, before, None))
        planned.outcome = RowOutcome.UPDATE
        return
    if name in _NEVER_EMPTY:
        title = layout_of(kind).column(name).title(setting.locale)
        edited.issues.append(FIELD_REQUIRED(field=(name,), name=title))
        return
    after = setting.country if name == "country" else _WHEN_EMPTY.get(name)
    if name == "line_type":
        after = PhaseKind.PHASE
        planned.columns["kind"] = after
    elif name in _CONTACT:
        planned.parts.setdefault("contact", {})
        planned.parts.setdefault("contact_emptied", []).append(_CONTACT[name])
    else:
        planned.columns |= dict.fromkeys(_COLUMNS.get(name, (name,)), after)
    if after != before:
        planned.changes.append(Change(name, before, after))
        planned.outcome = RowOutcome.UPDATE


def keep(acting: Acting, kind: str, edited: Sequence[Edited]) -> None:
    """Writes what was not refused; each then knows its record.

    What changed hours do to their block is told of the last of them.
    """
    planned = [one.planned for one in edited if not one.is_refused]
    changed = [one for one in edited if one.planned.outcome is RowOutcome.UPDATE]
    hours = [one.record_id for one in changed if one.record_id] if kind == "time_entries" else []
    drawn = DrawnHours.of(acting, hours)
    author = acting.caller.key_name
    written = apply(acting.session, kind, planned, source="api", author=author)
    if said := drawn.told():
        changed[-1].issues += said
    for one in edited:
        one.record_id = written.get(one.planned.row, one.record_id)


def create(acting: Acting, kind: str, fields: Mapping[str, Any]) -> Edited:
    """A new record; ALREADY_EXISTS when its key names one there is."""
    edited = judge(acting, kind, [Asked(fields)])[0]
    there = edited.planned.target_id
    if there is not None and not any(one.kind is RECORD_ARCHIVED for one in edited.issues):
        # Whatever else is wrong is wrong of a change of that record, which nobody asked for.
        name = _taken_of(acting, kind, fields, there)
        raise Refusal(ALREADY_EXISTS(field=(name,), found=str(fields[name])))
    return _kept(acting, kind, edited)


_KEYS = {
    "clients": ("code", "name"),
    "projects": ("code",),
    "phases": ("phase_code", "phase_name"),
    "collaborators": ("email",),
}
"""By which fields a new record is found to be there already, the surest first."""


def _taken_of(acting: Acting, kind: str, fields: Mapping[str, Any], record_id: int) -> str:
    """The field by which a record is the one that was to be made."""
    there = dict(prefill.prefilled(acting.session, kind, only={record_id})).get(record_id, {})
    given = [name for name in _KEYS[kind] if fields.get(name)]
    same = (n for n in given if name_key(str(fields[n])) == name_key(str(there.get(n))))
    return next(same, given[-1])


def change(acting: Acting, kind: str, record_id: int, fields: Mapping[str, Any]) -> Edited:
    """The record with the fields given changed."""
    return _kept(acting, kind, judge(acting, kind, [Asked(fields, record_id)])[0])


def _kept(acting: Acting, kind: str, edited: Edited) -> Edited:
    if edited.is_refused:
        raise Refusal(*(placed(issue) for issue in edited.issues))
    keep(acting, kind, [edited])
    return edited
