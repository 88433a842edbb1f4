"""Leaving an act to a job, and doing it there as who asked would have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.access import Role
from domain.job import Errand, Job, JobKind
from domain.organisation import time_zone_of
from domain.takeover.model import ImportFile
from persistence import jobs
from persistence.organisations import the_organisation
from persistence.session import ScopedSession
from resolvers._mutation import Acting
from schema.context import Caller, House


def is_long(acting: Acting, taken: ImportFile) -> bool:
    """Whether an import is too long to be worked on while its caller waits."""
    if acting.house.jobs is None:
        return False
    return int(taken.counts.get("rows", 0)) > acting.house.rows_at_once


def leave_to_job(acting: Acting, kind: JobKind, subject_id: int, values: Mapping[str, Any]) -> Job:
    """Asks for a job in this transaction; it will act as the caller, as they are now."""
    caller = acting.caller
    job = jobs.ask_for(
        acting.session,
        kind=kind,
        subject_id=subject_id,
        values={
            **values,
            "role": caller.role.value,
            "locale": caller.locale,
            "actor": caller.actor.told(),
            "reaches": caller.reach.told(),
        },
        author=caller.key_name,
    )
    acting.asked_for.append(job.id)
    return job


def acting_for(session: ScopedSession, errand: Errand, house: House) -> Acting:
    """Who asked, as they were when they did: their key may be revoked by now."""
    organisation = the_organisation(session)
    caller = Caller(
        organisation_id=organisation.id,
        organisation_code=organisation.code,
        role=Role(errand.values["role"]),
        key_name=errand.author,
        locale=errand.values["locale"],
        time_zone=time_zone_of(organisation),
        actor=errand.standing.actor,
        reach=errand.standing.reach,
    )
    return Acting(session, caller, house)
