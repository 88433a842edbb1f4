"""Whatever was billed of phases, their prefilled sheet planned again is nowhere red."""

from __future__ import annotations

from datetime import date
from random import Random

import pytest

from domain.invoice.model import InvoiceState
from domain.project.adjustment import Adjustment, AdjustmentKind
from domain.project.history import BillingHistory
from domain.project.model import BillingMethod, Periodicity, PhaseKind
from domain.takeover.model import RowOutcome
from persistence.session import Database, ScopedSession
from tests.domain.examples import codes
from tests.persistence.firms import Firm, a_contract, a_phase, added, billed, found_firm
from tests.persistence.test_prefill import planned_again


def live(session: ScopedSession, firm: Firm, draw: Random) -> None:
    """Contracts of every way of billing, whose phases were billed too little, or too much."""
    number = 0
    for method in BillingMethod:
        contract = added(session, a_contract(firm.project_id, method.value, billing_method=method))
        for place in range(6):
            number += 1
            fee = draw.choice((0, draw.randrange(1, 200_000), -draw.randrange(1, 50_000)))
            phase = a_phase(
                contract.id,
                f"X{number:02d}",
                fee_minor=fee,
                kind=PhaseKind.ANNEX if fee < 0 else PhaseKind.PHASE,
                position=place + 1,
                start_date=date(2026, 1, 1),
                periodicity=draw.choice((None, Periodicity.MONTH)),
            )
            _bill(session, firm, added(session, phase).id, number, draw)


def _bill(session: ScopedSession, firm: Firm, phase: int, number: int, draw: Random) -> None:
    for index, state in enumerate(draw.choices(list(InvoiceState), k=2)):
        net = draw.randrange(-100_000, 300_000)
        billed(session, firm, 10 * number + index, net, state=state, phase_id=phase)
    past = {"phase_id": phase, "currency": "EUR"}
    net = draw.randrange(-50_000, 200_000)
    session.add(BillingHistory(**past, net_minor=net, invoice_date=date(2026, 1, 31)))
    for kind in (AdjustmentKind.FEE, AdjustmentKind.BILLED, AdjustmentKind.WRITE_OFF):
        corrected = {"kind": kind, "adjusted_on": date(2026, 2, 1), "reason": "x"}
        amount = draw.randrange(-30_000, 30_000)
        session.add(Adjustment(**past, **corrected, amount_minor=amount))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("sealed", [True, False], ids=["by mark", "by key"])
def test_the_untouched_sheet_of_any_firm_is_not_red(
    database: Database, seed: int, sealed: bool
) -> None:
    """A22, O33; DOMAIN §2.1."""
    firm = found_firm(database)
    with firm.writing() as session:
        live(session, firm, Random(seed))
    with firm.reading() as session:
        for kind in ("clients", "projects", "phases"):
            rows = planned_again(session, kind, sealed=sealed)
            assert len(rows) == (25 if kind == "phases" else 1)
            for row in rows:
                assert row.outcome is RowOutcome.UNCHANGED, codes(row.issues)
                assert not any(issue.is_red for issue in row.issues)
