"""Lines as somebody writes them: nothing that a batch holds; what they leave or outrun is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from domain.batch.criteria import Criteria
from domain.billing.assessment import assess
from domain.billing.books import ContractBooks
from domain.billing.lines import discount_stays_due, rest_given_up, stays_unbilled
from domain.errors import Issue, Refusal
from domain.invoice.lines import NewLine
from domain.invoice.model import Invoice, InvoiceLine
from domain.invoice.remaining import ahead_of_progress
from domain.ledger import PhaseFigures
from domain.project.model import BillingMethod, Contract, Phase
from persistence.billing.contracts import contracts_where
from persistence.billing.needs import books_of
from persistence.invoice import invoices
from persistence.records import records_by_id
from resolvers._mutation import Acting
from resolvers.invoicing._billing import held_by_batch
from resolvers.invoicing._lines import replace_lines


def rewrite_lines(
    acting: Acting, invoice: Invoice, asked: Sequence[NewLine], *, keeps_commitment: bool = False
) -> list[Issue]:
    """`replace_lines` as somebody asks for it; what is to be warned of.

    RESERVED_BY_BATCH at a line that is new or raised on a phase of which a batch holds something:
    that batch alone bills it. TIME_STAYS_UNBILLED where there is time to bill on the phase,
    AMOUNT_ABOVE_EARNED at a line that is raised, where the pro forma bills more of the phase now
    than progress has earned. REST_GIVEN_UP at a line that is lowered, where what it leaves of its
    period, block or time will not be due again; DISCOUNT_STAYS_DUE at a discount on a fee, which
    will be.
    """
    session = acting.session
    before = {
        line.id: (line.phase_id, line.net_minor) for line in invoices.lines_of(session, invoice.id)
    }
    replace_lines(acting, invoice, asked, keeps_commitment=keeps_commitment)
    after = invoices.lines_of(session, invoice.id)
    taking = [line for line in after if _takes_more(line, before)]
    raised = {line.id for line in taking if before.get(line.id, (None,))[0] == line.phase_id}
    lowered = [line for line in after if _takes_less(line, before)]
    discounted = [line for line in after if line.discount and _is_other(line, before)]
    return [
        *_judge(acting, after, taking, raised),
        *_of_rests(acting, lowered),
        *_of_discounts(acting, discounted),
    ]


def _takes_more(line: InvoiceLine, before: Mapping[int, tuple[int | None, int]]) -> bool:
    """Whether a line bills more of a phase than it did."""
    phase_id, net = before.get(line.id, (None, 0))
    if line.phase_id is None or line.net_minor == 0:
        return False
    is_turned = net * line.net_minor < 0
    return line.phase_id != phase_id or is_turned or abs(line.net_minor) > abs(net)


def _takes_less(line: InvoiceLine, before: Mapping[int, tuple[int | None, int]]) -> bool:
    """Whether a line bills less of the phase that it had than it did."""
    phase_id, net = before.get(line.id, (None, 0))
    return (
        line.phase_id is not None and line.phase_id == phase_id and abs(line.net_minor) < abs(net)
    )


def _is_other(line: InvoiceLine, before: Mapping[int, tuple[int | None, int]]) -> bool:
    """Whether a line of a phase is new, or bills another amount than it did."""
    return line.phase_id is not None and before.get(line.id) != (line.phase_id, line.net_minor)


def _of_discounts(acting: Acting, lines: Sequence[InvoiceLine]) -> list[Issue]:
    """What discounts on fees by progress leave to be billed."""
    if not lines:
        return []
    phases = records_by_id(acting.session, Phase, {line.phase_id or 0 for line in lines})
    keys = {one.contract_id for one in phases.values()}
    contracts = records_by_id(acting.session, Contract, keys)
    told: list[Issue] = []
    for line in lines:
        phase, field = phases[line.phase_id or 0], ("lines", line.position - 1)
        if contracts[phase.contract_id].billing_method is BillingMethod.FIXED_FEE_PROGRESS:
            told += discount_stays_due(line, phase=phase.name, field=field)
    return told


def _of_rests(acting: Acting, lines: Sequence[InvoiceLine]) -> list[Issue]:
    """What lowered lines give up for good."""
    phases = records_by_id(acting.session, Phase, {line.phase_id or 0 for line in lines})
    told: list[Issue] = []
    for line in lines:
        phase = phases[line.phase_id or 0]
        told += rest_given_up(line, phase=phase.name, field=("lines", line.position - 1))
    return told


def _judge(
    acting: Acting,
    whole: Sequence[InvoiceLine],
    lines: Sequence[InvoiceLine],
    raised: Collection[int],
) -> list[Issue]:
    """Refuses what batches hold; `lines` of the `whole` take more, those `raised` had the phase.

    The projects of the lines are locked.
    """
    if not lines:
        return []
    session = acting.session
    phases = records_by_id(session, Phase, {line.phase_id or 0 for line in lines})
    contracts = sorted({one.contract_id for one in phases.values()})
    where = contracts_where(criteria=Criteria(contract_ids=tuple(contracts)))
    assessed = [
        assess(one, cut_off=acting.today) for one in books_of(session, where, cut_off=acting.today)
    ]
    items = [item for one in assessed for item in one.items]
    sums = _sums(whole)
    fees = {key: figures for one in assessed for key, figures in _fees(one.books, sums)}
    held: list[Issue] = []
    warned: dict[tuple[str, int], Sequence[Issue]] = {}
    for line in lines:
        phase, field = phases[line.phase_id or 0], ("lines", line.position - 1)
        held += held_by_batch(items, phase.id, field=field)
        warned.setdefault(("time", phase.id), stays_unbilled(items, phase, field=field))
        if line.id in raised and phase.id in fees:
            ahead = ahead_of_progress(sums[phase.id], fees[phase.id], phase=phase.name, field=field)
            warned.setdefault(("fee", phase.id), ahead)
    if held:
        raise Refusal(*held)
    return [issue for issues in warned.values() for issue in issues]


def _sums(lines: Sequence[InvoiceLine]) -> dict[int, int]:
    """By phase: what the lines bill of it."""
    sums: dict[int, int] = defaultdict(int)
    for line in lines:
        sums[line.phase_id or 0] += line.net_minor
    return sums


def _fees(books: ContractBooks, own: Mapping[int, int]) -> Iterator[tuple[int, PhaseFigures]]:
    """The phases that are billed by progress, as they are without what the pro forma bills."""
    if books.terms.billing_method is BillingMethod.FIXED_FEE_PROGRESS:
        for phase in books.phases:
            reserved = phase.figures.reserved - own.get(phase.terms.id, 0)
            yield phase.terms.id, phase.figures._replace(reserved=reserved)
