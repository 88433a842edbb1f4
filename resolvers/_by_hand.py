"""Lines as somebody writes them: nothing that a batch holds, and a word about time they leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from domain.batch.criteria import Criteria
from domain.billing.assessment import assess
from domain.billing.lines import stays_unbilled
from domain.errors import Issue, Refusal
from domain.invoice.lines import NewLine
from domain.invoice.model import Invoice, InvoiceLine
from domain.project.model import Phase
from persistence import invoices
from persistence.billable_contracts import contracts_where
from persistence.billing import books_of
from resolvers._billing import held_by_batch
from resolvers._lines import replace_lines
from resolvers._mutation import Acting


def rewrite_lines(
    acting: Acting, invoice: Invoice, asked: Sequence[NewLine], *, keeps_commitment: bool = False
) -> list[Issue]:
    """`replace_lines` as somebody asks for it; what is to be warned of.

    RESERVED_BY_BATCH at a line that is new or raised on a phase of which a batch holds something:
    that batch alone bills it. TIME_STAYS_UNBILLED where there is time to bill on the phase.
    """
    session = acting.session
    before = {
        line.id: (line.phase_id, line.net_minor) for line in invoices.lines_of(session, invoice.id)
    }
    replace_lines(acting, invoice, asked, keeps_commitment=keeps_commitment)
    after = invoices.lines_of(session, invoice.id)
    return _judge(acting, [line for line in after if _takes_more(line, before)])


def _takes_more(line: InvoiceLine, before: Mapping[int, tuple[int | None, int]]) -> bool:
    """Whether a line bills more of a phase than it did."""
    phase_id, net = before.get(line.id, (None, 0))
    if line.phase_id is None or line.net_minor == 0:
        return False
    is_turned = net * line.net_minor < 0
    return line.phase_id != phase_id or is_turned or abs(line.net_minor) > abs(net)


def _judge(acting: Acting, lines: Sequence[InvoiceLine]) -> list[Issue]:
    """Refuses what batches hold; the projects of the lines are locked."""
    if not lines:
        return []
    session = acting.session
    phases = invoices.records_by_id(session, Phase, {line.phase_id or 0 for line in lines})
    contracts = sorted({one.contract_id for one in phases.values()})
    where = contracts_where(criteria=Criteria(contract_ids=tuple(contracts)))
    assessed = [
        assess(one, cut_off=acting.today) for one in books_of(session, where, cut_off=acting.today)
    ]
    items = [item for one in assessed for item in one.items]
    held: list[Issue] = []
    warned: dict[int, Sequence[Issue]] = {}
    for line in lines:
        phase, field = phases[line.phase_id or 0], ("lines", line.position - 1)
        held += held_by_batch(items, phase.id, field=field)
        warned.setdefault(phase.id, stays_unbilled(items, phase, field=field))
    if held:
        raise Refusal(*held)
    return [issue for issues in warned.values() for issue in issues]
