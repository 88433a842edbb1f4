"""What stays still from the plan of a sheet until it is written: projects, worked time, a turn.

Fees, and what is billed of them, are settled under the lock of the project: who draws an invoice
and who says what was billed before do not both go by the figures of before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from sqlalchemy import BigInteger, cast, func, select

from domain.project.model import Project
from domain.takeover.candidate import Candidate
from persistence.invoice.invoices import lock_projects
from persistence.invoice.projects import projects_of_phases
from persistence.session import ScopedSession
from persistence.takeover import known
from persistence.time_entries import lock_entries

_NAMED_IN = {
    "projects": "code",
    **dict.fromkeys(("phases", "history", "adjustments"), "project_code"),
}
"""The column that names the project of a row, of the sheets that are weighed with money."""

_TURNS = {"progress": 0x6A616C70_00000000, "time_entries": 0x6A616C71_00000000}
"""Sheets whose rows add to what no lock holds still: the advisory lock on importing them, which the
key of the organisation is added to."""

_PORTION = 500


def lock_for(session: ScopedSession, kind: str, candidates: Iterable[Candidate]) -> None:
    """Locks what the plan weighs: nothing is lowered or given away while it is being invoiced."""
    if kind == "time_entries":
        lock_entries(session, [one.record_id for one in candidates if one.record_id])
    elif kind in _NAMED_IN:
        records: set[int] = set()
        names: set[str] = set()
        for one in candidates:
            names.add(one.text(_NAMED_IN[kind]))
            if one.record_id is not None:
                records.add(one.record_id)
        # A row that gives a project another code is known by its token alone.
        of = records if kind == "projects" else projects_of_phases(session, records).values()
        lock_projects(session, {*of, *_projects_named(session, kind, names)})


def lock_held(session: ScopedSession, kind: str, held: Collection[int]) -> None:
    """Locks what a plan that is known weighs (`persistence.takeover.plans.held_by`)."""
    if kind == "time_entries":
        lock_entries(session, held)
    elif kind in ("history", "adjustments"):
        lock_projects(session, set(projects_of_phases(session, held).values()))
    else:
        lock_projects(session, held)


def take_turns(session: ScopedSession, kinds: Iterable[str]) -> None:
    """Lets one import of a firm at a time be written, of each of `kinds` whose rows name no record.

    Else one file that was sent twice, and confirmed twice at once, would count twice. SQLite has
    one writer.
    """
    if session.get_bind().dialect.name == "postgresql":
        for key in sorted(_TURNS[kind] for kind in set(kinds) & _TURNS.keys()):
            of_firm = cast(key + session.organisation_id, BigInteger)
            session.execute(select(func.pg_advisory_xact_lock(of_firm)))


def _projects_named(session: ScopedSession, kind: str, names: set[str]) -> Iterator[int]:
    """The projects with these codes; of phases, which may be told so, with these names too."""
    codes = sorted({name.upper() for name in names})
    found: set[str] = set()
    for start in range(0, len(codes), _PORTION):
        portion = codes[start : start + _PORTION]
        for key, code in session.execute(
            select(Project.id, Project.code).where(Project.code.in_(portion))
        ):
            found.add(code)
            yield key
    others = [name for name in names if name.upper() not in found]
    if kind == "phases" and others:
        projects = known.projects(session)
        for name in others:
            project, _ = projects.resolve(name, field="project_code")
            if project is not None:
                yield project.id
