"""The projects that the lines of a pro forma bring: locked, judged to go together, noted on it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from domain.client import Client
from domain.errors import RECORD_ARCHIVED, PathPart, Refusal
from domain.invoice.create import PHASE_OF_OTHER_PROJECT
from domain.invoice.euro import withdraw_rate
from domain.invoice.lines import NewLine
from domain.invoice.model import Invoice, InvoiceLine, LineKind
from domain.invoice.projects import commitment_of, differ, differences, require_of_parties
from domain.project.model import Project
from persistence.invoice.projects import projects_locked, projects_of_phases
from persistence.records import the_record
from resolvers._mutation import Acting


def tie(
    acting: Acting,
    invoice: Invoice,
    *,
    former: Iterable[InvoiceLine],
    asked: Sequence[NewLine],
    keeps_commitment: bool,
) -> list[int]:
    """Ties a pro forma, which is locked, to the projects of its new lines; they are locked here.

    One project is noted as its own, of several none is (B26). Without a line on a phase it stays
    with the project it has. What is new brings its purchase order where there is none, and what
    goes takes its own along; not where the caller has just given one (`keeps_commitment`).
    Their identifiers, in the order of the lines.
    """
    session = acting.session
    phases = [None if one.kind is LineKind.TEXT else one.phase_id for one in asked]
    before = {line.phase_id for line in former if line.phase_id is not None}
    of = projects_of_phases(session, before.union(key for key in phases if key is not None))
    held = {of[key] for key in before}
    if invoice.project_id is not None:
        held.add(invoice.project_id)
    places: dict[int, tuple[PathPart, ...]] = {}
    for place, key in enumerate(phases):
        if key in of:
            places.setdefault(of[key], ("lines", place, "phase_id"))
    # Before a tie is written: its foreign key would take a weaker lock of the same row.
    projects = projects_locked(session, held.union(places))
    _require_known(phases, of, [projects[key] for key in sorted(held)])
    if not places and invoice.project_id is not None:
        places[invoice.project_id] = ("project_id",)
    _require_together(acting, invoice, projects, places, held=held)
    wanted = [projects[key] for key in places]
    left = [projects[key] for key in held if key not in places]
    given = invoice.commitment_no
    _note(invoice, wanted, left, has_new=not held.issuperset(places))
    if keeps_commitment:
        invoice.commitment_no = given
    return list(places)


def _require_known(
    phases: Sequence[int | None], of: Mapping[int, int], held: Sequence[Project]
) -> None:
    """PHASE_OF_OTHER_PROJECT for what is no phase of this firm."""
    shown = ", ".join(one.code for one in held) or "–"
    issues = [
        PHASE_OF_OTHER_PROJECT(
            field=("lines", place, "phase_id"), phase=f"phase_{key}", project=shown
        )
        for place, key in enumerate(phases)
        if key is not None and key not in of
    ]
    if issues:
        raise Refusal(*issues)


def _require_together(
    acting: Acting,
    invoice: Invoice,
    projects: Mapping[int, Project],
    places: Mapping[int, tuple[PathPart, ...]],
    *,
    held: Collection[int],
) -> None:
    """Refuses what no invoice of this client and entity may hold, or not beside the others."""
    for key, field in places.items():
        if key in held:
            continue
        project = projects[key]
        client = the_record(acting.session, Client, invoice.client_id)
        require_of_parties(project, invoice, client=client, field=field)
        if project.archived_at is not None:
            raise Refusal(RECORD_ARCHIVED(field=field, noun="project", key=f"project_{project.id}"))
        if held and project.currency != invoice.currency:
            # Its other lines have amounts already; a blank one takes the currency of the first.
            other = projects[min(held)]
            raise Refusal(differ(project, other, "the currency", field=field))
    issues = differences([(projects[key], field) for key, field in places.items()])
    if issues:
        raise Refusal(*issues)


def _note(
    invoice: Invoice, wanted: Sequence[Project], left: Sequence[Project], *, has_new: bool
) -> None:
    """Notes on a pro forma the projects of its lines, and the purchase order they bring."""
    if wanted:
        invoice.project_id = wanted[0].id if len(wanted) == 1 else None
        if invoice.currency != wanted[0].currency:
            withdraw_rate(invoice)
            invoice.currency = wanted[0].currency
    gone = {one.commitment_no for one in left if one.commitment_no}
    if invoice.commitment_no in gone or (has_new and not invoice.commitment_no):
        invoice.commitment_no = commitment_of(wanted)
