"""Eight people at once at the same few invoices, payments, batches and sheets."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import func, select

from domain.invoice.model import LEGAL, Invoice, InvoiceKind
from domain.payment import Payment, PaymentAllocation
from persistence.batch.check import batches_astray
from persistence.invoice.chain import entities_linked, verify
from persistence.invoice.deposits import deducted, left_of
from persistence.ledger.check import disagreements
from persistence.session import ScopedSession
from tests.api.invoices.paying_acts import looked
from tests.soak.storm import ACTS, Office
from tests.support.api import ApiClient, open_api
from tests.support.prepared import Calendar

SECONDS = float(os.environ.get("STORM", "120"))
SEED = int(os.environ.get("SOAK_SEED") or 1)
PEOPLE = 8
LONGEST = 30.0
"""Seconds that an act may take, which waits for its turn among eight on two cores."""
pytestmark = pytest.mark.soak


@pytest.fixture(params=["sqlite", "postgres"])
def any_firm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ApiClient]:
    url: str = request.getfixturevalue(f"prepared_{request.param}_url")
    with open_api(url, tmp_path, clock=Calendar()) as api:
        yield api


def test_no_storm_breaks_a_sum(any_firm: ApiClient) -> None:
    """F22 B24 B25: no act breaks, none hangs; afterwards each sum is what its parts come to."""
    office = Office(any_firm)
    office.open()
    end = time.monotonic() + SECONDS
    with ThreadPoolExecutor(PEOPLE) as people:
        each = [people.submit(work, office, Random(SEED * 100 + one), end) for one in range(PEOPLE)]
        told = sum((one.result() for one in each), Counter())
    done = {name for name, code in told if not code}
    # What is done seldom may be refused each time.
    assert len(done) >= len(set(ACTS)) - 3, sorted(done)
    sys.stdout.write(f"{sum(told.values()):,} acts, {len(office.finals)} of them invoices\n")
    with any_firm.house.database.reading(any_firm.organisation_id) as session:
        nothing_is_astray(session)
        numbers_have_no_gap(session)
        nothing_is_given_twice(session, [_number(key) for key in office.deposits])
    for key in dict.fromkeys(office.finals):
        found = looked(any_firm, key)
        assert Decimal(found["netDue"]["amount"]) >= 0
        assert Decimal(found["paid"]["amount"]) >= 0


def work(office: Office, chance: Random, end: float) -> Counter[tuple[str, str]]:
    """What one person did until `end`: acts by name and the code of what they were told."""
    told: Counter[tuple[str, str]] = Counter()
    while (begun := time.monotonic()) < end:
        act = chance.choice(ACTS)
        answer = act(office, chance)
        assert time.monotonic() - begun < LONGEST, act.__name__
        if answer is not None:
            refused = [one["code"] for one in answer["userErrors"]]
            told[act.__name__, refused[0] if refused else ""] += 1
    return told


def nothing_is_astray(session: ScopedSession) -> None:
    assert disagreements(session) == []
    assert list(batches_astray(session)) == []
    for entity_id in entities_linked(session):
        assert verify(session, entity_id).broken is None


def numbers_have_no_gap(session: ScopedSession) -> None:
    """Nor two of one number; days never go back."""
    final = select(Invoice.number, Invoice.issue_date).where(Invoice.state.in_(LEGAL))
    given = sorted((str(number), str(day)) for number, day in session.execute(final))
    given = [(number, day) for number, day in given if number.startswith("PAR26")]
    assert [number[-5:] for number, _ in given] == [f"{n:05}" for n in range(1, len(given) + 1)]
    days = [day for _, day in given]
    assert days == sorted(days)


def nothing_is_given_twice(session: ScopedSession, deposits: list[int]) -> None:
    """No invoice is credited, no payment set against, no deposit deducted beyond itself."""
    credited = (
        select(Invoice.credits_id, func.sum(Invoice.gross_minor))
        .where(Invoice.kind == InvoiceKind.CREDIT_NOTE, Invoice.state.in_(LEGAL))
        .group_by(Invoice.credits_id)
    )
    for key, gross in session.execute(credited):
        whole = session.scalar(select(Invoice.gross_minor).where(Invoice.id == key)) or 0
        assert 0 <= gross <= whole
    row = PaymentAllocation
    given = func.coalesce(func.sum(row.amount_minor), 0)
    each = (
        select(Payment.amount_minor, given)
        .outerjoin(row, row.payment_id == Payment.id)
        .group_by(Payment.id, Payment.amount_minor)
    )
    assert all(0 <= taken <= whole for whole, taken in session.execute(each))
    for key in deposits:
        assert all(net >= 0 for net in left_of(session, [key])[key].values())
        assert all(net >= 0 for net in deducted(session, [key], states=LEGAL)[key].values())


def _number(identifier: str) -> int:
    return int(identifier.rpartition("_")[2])
