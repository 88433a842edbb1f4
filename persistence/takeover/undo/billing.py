"""What of an import stays because of money: invoices, currencies, fees under what was billed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from domain.ledger import PhaseFigures
from domain.project.adjustment import AdjustmentKind, counting
from domain.takeover.revert import Entry, Verdict
from persistence.contracts import is_project_billed
from persistence.invoice.projects import invoiced_projects
from persistence.ledger.sums import phase_figures
from persistence.session import ScopedSession
from persistence.takeover.undo.tables import (
    ids_of,
    pairs,
    phases_in,
    phases_of,
    projects_of,
    referring,
)

_RECORDED = ("progress_update", "billing_history", "adjustment")
_UNDONE = (Verdict.REMOVE, Verdict.RESTORE)


def keep_invoiced(session: ScopedSession, entries: Sequence[Entry]) -> None:
    """What invoices stand on stays: projects, phases, the amounts of such phases, billed time.

    Of past invoices those of all phases of a contract: its situations are counted on from them.
    """
    projects = invoiced_projects(session, ids_of(entries, "project"))
    recorded = {noun: phases_of(session, noun, ids_of(entries, noun)) for noun in _RECORDED}
    phases = ids_of(entries, "phase").union(*(of.values() for of in recorded.values()))
    beside = _beside(session, set(recorded["billing_history"].values()))
    phases.update(*beside.values())
    invoiced = referring(session, "invoice_line", "phase_id", phases)
    counted_from = {phase for phase, others in beside.items() if others & invoiced}
    time = pairs(session, "time_entry", "id", ids_of(entries, "time_entry"), "line_id")
    billed = {key for key, line in time if line is not None}
    for entry in entries:
        phase = recorded.get(entry.noun, {}).get(entry.record_id)
        if (
            (entry.noun == "project" and entry.record_id in projects)
            or (entry.noun == "phase" and entry.record_id in invoiced)
            or (entry.noun == "time_entry" and entry.record_id in billed)
            or (phase is not None and phase in invoiced)
            or (entry.noun == "billing_history" and phase in counted_from)
        ):
            entry.keep(Verdict.INVOICED)


def _beside(session: ScopedSession, phases: set[int]) -> dict[int, set[int]]:
    """All phases of the contract of each phase."""
    contract_of = dict(pairs(session, "phase", "id", phases, "contract_id"))
    found: defaultdict[int, set[int]] = defaultdict(set)
    for phase, contract in pairs(session, "phase", "contract_id", set(contract_of.values())):
        found[contract].add(phase)
    return {phase: found[contract] for phase, contract in contract_of.items()}


def keep_currencies(session: ScopedSession, entries: Sequence[Entry]) -> None:
    """A project and all its phases are in one currency: they go back together, or not at all.

    Not where anything was billed in the present one, nor where a phase came since. Phases that
    the import itself made go before.
    """
    changed = [one for one in entries if not one.made and "currency" in one.before]
    terms = [one for one in entries if one.noun == "contract" and "cap_minor" in one.before]
    owners = dict(pairs(session, "contract", "id", ids_of(terms, "contract"), "project_id"))
    of = projects_of(session, ids_of(changed, "phase"))
    groups: defaultdict[int, list[Entry]] = defaultdict(list)
    for one in changed:
        if one.noun in ("phase", "project"):
            groups[of[one.record_id] if one.noun == "phase" else one.record_id].append(one)
    for one in terms:
        if owners.get(one.record_id, 0) in groups:
            groups[owners[one.record_id]].append(one)
    phases = phases_in(session, set(groups))
    going = {one.record_id for one in entries if one.noun == "phase" and one.made}
    for project, group in groups.items():
        if is_project_billed(session, project):
            why = Verdict.INVOICED
        elif phases[project] - going != ids_of(group, "phase"):
            why = Verdict.IN_USE
        elif any(one.verdict is not Verdict.RESTORE for one in group):
            why = Verdict.CHANGED
        else:
            continue
        for one in group:
            one.keep(why)
            one.told_by_another |= one.noun != "project"


def keep_fees(session: ScopedSession, entries: Sequence[Entry]) -> None:
    """No fee comes under what was billed of it, by its own way back or by what it rests on."""
    by_phase: defaultdict[int, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.noun == "phase" and "fee_minor" in entry.before:
            by_phase[entry.record_id].append(entry)
    for noun in ("billing_history", "adjustment"):
        of = phases_of(session, noun, ids_of(entries, noun))
        for entry in entries:
            if entry.noun == noun and entry.record_id in of:
                by_phase[of[entry.record_id]].append(entry)
    if not by_phase:
        return
    now = phase_figures(session, list(by_phase))
    amounts = _amounts(session, entries)
    for phase, group in by_phase.items():
        going = [one for one in group if one.verdict in _UNDONE]
        if going and _without(now[phase], going, amounts).is_worse_than(now[phase]):
            for one in going:
                one.keep(Verdict.INVOICED)


def _amounts(
    session: ScopedSession, entries: Sequence[Entry]
) -> dict[tuple[str, int], tuple[AdjustmentKind | None, int]]:
    """What each line of history (None) and each adjustment weighs."""
    history = pairs(
        session, "billing_history", "id", ids_of(entries, "billing_history"), "net_minor"
    )
    weighed: dict[tuple[str, int], tuple[AdjustmentKind | None, int]] = {
        ("billing_history", key): (None, net) for key, net in history
    }
    ids = ids_of(entries, "adjustment")
    kinds = dict(pairs(session, "adjustment", "id", ids, "kind"))
    for key, amount in pairs(session, "adjustment", "id", ids, "amount_minor"):
        weighed["adjustment", key] = (AdjustmentKind(kinds[key]), amount or 0)
    return weighed


def _without(
    figures: PhaseFigures,
    going: Sequence[Entry],
    amounts: dict[tuple[str, int], tuple[AdjustmentKind | None, int]],
) -> PhaseFigures:
    """The figures of a phase once `going` is undone."""
    for one in going:
        if one.noun == "phase":
            figures = figures._replace(fee=int(one.before["fee_minor"]))
            continue
        kind, amount = amounts[one.key]
        figures = counting(figures, kind, -amount)
    return figures
