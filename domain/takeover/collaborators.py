"""Planning rows of the Collaborators sheet: the e-mail address is the person."""

from __future__ import annotations

from typing import Any

from domain.access import Role
from domain.errors import RECORD_ARCHIVED, Issue
from domain.project.repriced import TIME_REPRICED
from domain.takeover.candidate import Candidate, Change, Planned
from domain.takeover.issues import (
    DUPLICATE_KEY_IN_FILE,
    REFERENCE_ID_UNKNOWN,
    REFERENCE_MODIFIED,
)
from domain.takeover.match import NAMING, Index
from domain.takeover.plan import (
    CHANGING,
    KEY_TAKEN,
    Firm,
    archived,
    by_reference,
    exchanged,
    settle,
    taken,
)
from domain.takeover.rates_changed import RatePlanner
from domain.takeover.seen_keys import SeenKeys

_COPIED = (
    "first_name",
    "last_name",
    "email",
    "job_title",
    "entry_date",
    "exit_date",
    "billable_rate",
    "cost_rate",
    "weekly_hours",
    "employee_code",
    "active",
    "phone",
)


class CollaboratorPlanner(RatePlanner):
    """Matches by reference, then by e-mail. The code of an entry is its e-mail address."""

    codes = {
        **CHANGING,
        "ref": (REFERENCE_ID_UNKNOWN, REFERENCE_MODIFIED, DUPLICATE_KEY_IN_FILE),
        "email": (KEY_TAKEN, DUPLICATE_KEY_IN_FILE, RECORD_ARCHIVED),
        "entity": NAMING,
        "employee_code": (KEY_TAKEN, DUPLICATE_KEY_IN_FILE),
        "billable_rate": (TIME_REPRICED,),
    }
    rate = rated = "billable_rate"
    sees_rates = True  # A review of their sheet is only for who may see rates.

    def __init__(self, firm: Firm, collaborators: Index) -> None:
        super().__init__()
        self._firm = firm
        self._collaborators = collaborators
        self._seen = SeenKeys()
        self._employee_codes = {
            entry.columns["employee_code"]: entry
            for entry in collaborators.by_id.values()
            if entry.columns.get("employee_code")
        }

    def _exchanged(self, candidate: Candidate) -> tuple[Issue, ...]:
        other = self._collaborators.by_code.get(candidate.text("email").upper())
        names = ["first_name", "last_name"]
        return exchanged(candidate, self._collaborators, other, names=names)

    def _judge(self, candidate: Candidate) -> Planned:
        entry, found = by_reference(self._collaborators, candidate)
        issues: list[Issue] = list(found)
        email = candidate.text("email")
        person = self._collaborators.by_code.get(email.upper())
        entry = entry or (person if not issues else None)
        issues += taken("email", email, person, entry)
        issues += archived(entry, noun="collaborator", field="email")
        issues += self._seen.refuse("email", email, email)
        columns = self._columns(candidate, is_new=entry is None)
        if text := candidate.text("entity"):
            entity, said = self._firm.entities.resolve(text, field="entity")
            issues += said
            columns["entity_id"] = entity.id if entity else None
        if code := candidate.text("employee_code"):
            issues += self._seen.refuse("employee_code", code, code)
            owner = self._employee_codes.get(code)
            if owner is not None and (entry is None or owner.id != entry.id):
                issues.append(KEY_TAKEN(field=("employee_code",), found=code, expected=owner.name))
        return settle(candidate, entry, columns, issues, tell=self._tell)

    def _tell(self, change: Change) -> Change:
        if change.field != "entity_id":
            return change
        codes = map(self._firm.entities.code_of, (change.before, change.after))
        return Change("entity", *codes)

    def _columns(self, candidate: Candidate, *, is_new: bool) -> dict[str, Any]:
        values = candidate.values
        columns: dict[str, Any] = {name: values.get(name) for name in _COPIED}
        columns["role"] = Role(values["role"]) if values.get("role") else None
        if is_new:
            columns["role"] = columns["role"] or Role.COLLABORATOR
            columns["active"] = True if columns["active"] is None else columns["active"]
        return columns

    def _keep(self, candidate: Candidate, planned: Planned) -> None:
        self._seen.keep("email", candidate.text("email"), candidate.row)
        if code := candidate.text("employee_code"):
            self._seen.keep("employee_code", code, candidate.row)
