"""What a caller of limited reach may leave behind: projects of their own, hours nobody approved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from domain.collaborator import Collaborator
from domain.takeover.candidate import Planned
from domain.takeover.model import RowOutcome
from domain.time_entry import TIME_ENTRY_APPROVED, TimeEntry
from domain.time_entry import require_unapproved as unapproved
from persistence.records import records_by_id
from resolvers._mutation import Acting
from resolvers.keeping._edited import Edited


def manage_new(acting: Acting, planned: Sequence[Planned]) -> None:
    """A project made by who has only their own is theirs, where no manager is named."""
    reach = acting.caller.reach
    new = [one for one in planned if one.outcome is RowOutcome.CREATE]
    if not reach.own_projects or reach.collaborator_id is None or not new:
        return
    own = records_by_id(acting.session, Collaborator, [reach.collaborator_id])
    person = own.get(reach.collaborator_id)
    for one in new:
        if person is not None and not one.columns.get("manager_email"):
            one.columns |= {"manager_email": person.email, "manager_id": person.id}


def keep_approved(
    acting: Acting, edited: Sequence[Edited], present: Mapping[int, Mapping[str, Any]]
) -> None:
    """TIME_ENTRY_APPROVED where somebody approves their own hours, or changes approved ones."""
    if not acting.caller.reach.only_work:
        return
    for one in edited:
        was = present.get(one.record_id or 0, {}).get("approved") is True
        if not one.is_refused and (was or one.planned.columns.get("approved") is True):
            one.issues.append(TIME_ENTRY_APPROVED())


def require_unapproved(acting: Acting, entry: TimeEntry) -> None:
    """Refuses with TIME_ENTRY_APPROVED who may only change their own hours."""
    if acting.caller.reach.only_work:
        unapproved(entry)
