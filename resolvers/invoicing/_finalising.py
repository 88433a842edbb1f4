"""From pro forma to legal invoice and its paper: numbered in a transaction, printed outside one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from domain.errors import FIELD_INVALID, NOT_FOUND, Issue, Refusal
from domain.invoice.deposit import still_to_deduct
from domain.invoice.deposit_room import require_no_phase, require_room
from domain.invoice.euro import EuroRate, give_rate, keep_rate, owes_vat_in_euro, rate_of
from domain.invoice.finalise import Dossier, require_complete, require_pro_forma
from domain.invoice.model import InvoiceKind, InvoiceState
from domain.invoice.numbering import require_recent
from domain.invoice.own_deposits import require_own
from domain.invoice.remaining import Billable, require_still_within
from persistence.batch.batches import settle_bills
from persistence.invoice import deposits, invoices, numbers
from persistence.invoice.deposits import OpenDeposit
from persistence.invoice.projects import projects_held, projects_locked
from persistence.outside.mails import withdraw_pro_formas
from resolvers._mutation import Acting
from resolvers.invoicing._freezing import Frozen, freeze_all
from resolvers.invoicing._lines import count_up


@dataclass(frozen=True, slots=True)
class ToFinalise:
    """A pro forma to be made final, and what it is given on the occasion."""

    invoice_id: int
    euro_rate: EuroRate | None = None
    """Sound or not: it is looked at."""
    euro_rates: Mapping[str, EuroRate] = field(default_factory=dict)
    """Sound ones by currency, for an invoice that owes its VAT in euros and keeps no rate."""


def make_final(
    acting: Acting,
    *,
    invoice_id: int,
    issue_date: date | None,
    euro_rate: EuroRate | None = None,
) -> list[Issue]:
    """The legal invoice: number, date and picture, in this transaction (F23); what to warn of."""
    judged = judge_final(acting, [ToFinalise(invoice_id, euro_rate)], issue_date=issue_date)
    keep_final(acting, judged)
    if judged[0].is_refused:
        raise Refusal(*judged[0].issues)
    return judged[0].issues


@dataclass(slots=True)
class Judged:
    """A pro forma under the lock, with what keeps it from being made final."""

    asked: ToFinalise
    issue_date: date
    found: Dossier | None = None
    issues: list[Issue] = field(default_factory=list)
    state: InvoiceState | None = None
    """Before it was made final."""
    number: str | None = None
    """The legal number that it was given."""

    @property
    def dossier(self) -> Dossier:
        assert self.found is not None
        return self.found

    @property
    def is_refused(self) -> bool:
        return any(issue.is_red for issue in self.issues)


def judge_final(
    acting: Acting, asked: Sequence[ToFinalise], *, issue_date: date | None
) -> list[Judged]:
    """What each pro forma lacks, in their order. All are locked, and so are their projects."""
    session, day = acting.session, issue_date or acting.today
    require_recent(day, today=acting.today)
    judged = [Judged(one, day) for one in asked]
    found = invoices.invoices_locked(session, {one.invoice_id for one in asked})
    live = []
    seen: set[int] = set()
    for one in judged:
        key = one.asked.invoice_id
        if key not in found:
            one.issues.append(NOT_FOUND(field=("id",), noun="invoice", key=f"invoice_{key}"))
        elif key in seen:
            reason = "it is given twice"
            one.issues.append(FIELD_INVALID(field=("id",), name="The invoice", reason=reason))
        else:
            seen.add(key)
            live.append(one)
    covered = projects_held(session, found.values())
    locked = projects_locked(session, {key for some in covered.values() for key in some})
    rested = [found[one.asked.invoice_id] for one in live]
    dossiers = invoices.dossiers_of(session, rested, read=locked)
    projects = {project.id for one in dossiers for project in one.projects}
    billables = invoices.billables_by_project(session, projects, archived=True)
    present: dict[int, list[OpenDeposit]] = {}
    for deposit in deposits.open_deposits(session, projects):
        present.setdefault(deposit.project_id, []).append(deposit)
    taken = {line.deducts_id for one in dossiers for line in one.lines if line.deducts_id}
    of_deposits = deposits.projects_of_deposits(session, sorted(taken))
    for one, dossier in zip(live, dossiers, strict=True):
        one.found, one.state = dossier, dossier.invoice.state
        try:
            _require_final(acting, one, billables, present)
            _require_own_deposits(dossier, of_deposits)
            one.issues += _left_out(dossier, present)
        except Refusal as refusal:
            one.issues += refusal.issues
    return judged


def _left_out(dossier: Dossier, present: Mapping[int, Sequence[OpenDeposit]]) -> list[Issue]:
    """DEPOSIT_TO_DEDUCT of the final deposits of its projects of which it deducts nothing."""
    if dossier.invoice.kind is InvoiceKind.DEPOSIT:
        return []
    own = {line.deducts_id for line in dossier.lines}
    return [
        still_to_deduct(one.number, one.left, one.currency).at(field=("id",))
        for project in dossier.projects
        for one in present.get(project.id, ())
        if one.key not in own and one.is_to_deduct
    ]


def _require_final(
    acting: Acting,
    one: Judged,
    billables: Mapping[int, Sequence[Billable]],
    present: Mapping[int, Sequence[OpenDeposit]],
) -> None:
    dossier, invoice = one.dossier, one.dossier.invoice
    require_pro_forma(invoice)
    if one.asked.euro_rate is not None:
        give_rate(invoice, one.asked.euro_rate, today=acting.today)
    count_up(dossier)
    usual = one.asked.euro_rates.get(invoice.currency)
    owes = owes_vat_in_euro(invoice, country=dossier.entity.country)
    if usual is not None and owes and rate_of(invoice) is None:
        keep_rate(invoice, usual)
    require_no_phase(invoice, [line.phase_id for line in dossier.lines])
    require_complete(dossier, issue_date=one.issue_date)
    found = [one for project in dossier.projects for one in billables.get(project.id, ())]
    if invoice.kind is not InvoiceKind.DEPOSIT:
        require_still_within(dossier.lines, found)
        return
    if dossier.project is None:
        return
    others = present.get(dossier.project.id, ())
    require_room(
        invoice.net_minor,
        found,
        others=sum(other.unbilled for other in others if other.key != invoice.id),
        currency=invoice.currency,
    )


def _require_own_deposits(dossier: Dossier, of_deposits: Mapping[int, int | None]) -> None:
    require_own(
        dossier.invoice,
        dossier.lines,
        projects={one.id for one in dossier.projects},
        of_phases=dossier.phase_projects,
        of_deposits=of_deposits,
        number=dossier.number,
    )


def leave(acting: Acting, judged: Sequence[Judged]) -> None:
    """Leaves the pro formas as the database has them: judging counts them up."""
    for one in judged:
        if one.found is not None:
            acting.session.expire(one.dossier.invoice)


def keep_final(acting: Acting, judged: Sequence[Judged]) -> None:
    """Numbers and freezes what was not refused, in its order: one lock a series.

    The counters are locked last, so that their locks are held as shortly as can be. What is refused
    is left as the database has it.
    """
    session = acting.session
    by_entity: dict[int, list[Judged]] = {}
    for one in judged:
        if not one.is_refused:
            by_entity.setdefault(one.dossier.entity.id, []).append(one)
        elif one.found is not None:
            session.expire(one.dossier.invoice)
    numbered: list[tuple[Judged, str]] = []
    for _, some in sorted(by_entity.items()):
        entity = some[0].dossier.entity
        try:
            # What judging counted up is written with the number, by one statement.
            with session.no_autoflush:
                given = numbers.next_legal_numbers(
                    session,
                    entity,
                    series=entity.invoice_series,
                    issue_date=some[0].issue_date,
                    today=acting.today,
                    count=len(some),
                )
        except Refusal as refusal:
            for one in some:
                session.expire(one.dossier.invoice)
                one.issues += refusal.issues
            continue
        numbered += zip(some, given, strict=True)
    frozen = [Frozen(one.dossier, number, one.issue_date) for one, number in numbered]
    boxes = freeze_all(acting, frozen)
    settle_bills(session, [one.asked.invoice_id for one, _ in numbered])
    warned = withdraw_pro_formas(session, {one.asked.invoice_id: no for one, no in numbered})
    for one, number in numbered:
        one.number = number
        one.issues += boxes[one.asked.invoice_id]
        if one.asked.invoice_id in warned:
            one.issues.append(warned[one.asked.invoice_id].at(field=("id",)))
