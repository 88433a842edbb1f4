"""Every amount is computed again from what is said of it, to the very cent."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.billing.books import Part, PhaseBooks, carried_of
from domain.billing.lines import line_of
from domain.invoice.basis import Rule, by_hand
from domain.invoice.create import Asked, Basis, propose
from domain.invoice.explanation import SENTENCES, Explanation, explain
from domain.invoice.lines import NewLine, make_line, rewrite
from domain.invoice.model import InvoiceLine, LineKind
from domain.invoice.remaining import Billable
from domain.ledger import PhaseFigures
from domain.project.model import BillingMethod, Periodicity
from tests.domain.books import FIXED, PREPAID, RETAINER, TIME, assessed, hours, phase
from tests.domain.examples import contract, refused
from tests.domain.examples import phase as record_of
from words import missing, phrase

CENT = Decimal("0.01")


def explained(line: InvoiceLine) -> Explanation:
    found = explain(
        line.basis,
        net=line.net_minor,
        currency=line.currency,
        phase_id=line.phase_id,
        quantity=line.quantity,
        unit_price=line.unit_price,
        discount=line.discount,
    )
    assert found is not None
    for language in ("fr", "en"):
        assert "{" not in phrase(SENTENCES[found.rule], language, **found.facts)
    return found


def cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, rounding=ROUND_HALF_UP)


def again(one: Explanation) -> Decimal:
    """The amount from its figures alone, as the API tells the rules."""

    def of(name: str) -> Decimal:
        return Decimal(getattr(one, name) or 0)

    match one.rule:
        case Rule.PROGRESS | Rule.REMAINING:
            most = of("fee") - of("billed") - of("written_off") - of("reserved")
            if one.rule is Rule.REMAINING:
                return most
            due = cents(of("fee") * of("percent") / 100) - of("billed") - of("reserved")
            if of("fee") < 0:
                return max(min(Decimal(0), due), min(Decimal(0), most))
            return min(max(Decimal(0), due), max(Decimal(0), most))
        case Rule.TIME:
            value = max(Decimal(0), cents(of("hours") * of("rate")) - of("billed"))
            return value if one.cap is None else min(value, one.cap)
        case Rule.PERIOD:
            return cents(of("fee") * of("days") / of("whole_days")) - of("billed")
        case Rule.BLOCK | Rule.REST:
            return of("fee") - of("billed")
        case Rule.OVERAGE:
            beyond = max(Decimal(0), of("used") - of("balance"))
            assert of("hours") == beyond - of("hours_before") + of("hours_late")
            return cents(of("hours") * of("rate")) - of("billed")
    return cents(of("quantity") * of("unit_price") * (1 - of("discount") / 100))


minors = st.integers(-(10**8), 10**8)
small = st.integers(0, 10**6)
percents = st.decimals(0, 100, places=4)


def check(line: InvoiceLine) -> Explanation:
    found = explained(line)
    assert found.amount == Decimal(line.net_minor).scaleb(-2)
    assert again(found) == found.amount
    if found.exact is not None:
        assert abs(found.rounding or 0) <= Decimal("0.005001")
    return found


def lines_of(method: BillingMethod, one: PhaseBooks, **agreed: Any) -> list[InvoiceLine]:
    record = record_of(
        fee_minor=one.figures.fee,
        hours=one.terms.hours,
        hourly_rate_minor=one.terms.hourly_rate_minor,
    )
    of = Billable(record, contract(method), one.figures)
    items = assessed(method, one, **agreed).ready
    return [line_of(item, of, account=None, sku=None) for item in items]


@given(minors, minors, st.integers(-100, 10**6), small, percents, st.sampled_from(list(Basis)))
def test_a_fee_by_progress_or_by_what_remains(
    fee: int, billed: int, given_up: int, held: int, percent: Decimal, basis: Basis
) -> None:
    figures = PhaseFigures(
        fee=fee,
        currency="EUR",
        invoiced=billed,
        written_off=given_up,
        reserved=held,
        progress=percent,
    )
    one = Billable(record_of(fee_minor=fee), contract(FIXED), figures)
    line, _ = propose(one, asked=None, basis=basis, account=None, sku=None)
    if line is not None:
        assert check(line).rule.value == basis.value


@given(
    st.lists(st.integers(1, 2400), min_size=1, max_size=8),
    st.integers(1, 30_000),
    st.none() | st.integers(1, 10**6),
    st.integers(-(10**4), 10**4),
)
def test_hours_at_a_rate_capped_and_not(
    worked: list[int], rate: int, cap: int | None, part: int
) -> None:
    entries = hours(*(f"{Decimal(value) / 100}" for value in worked))
    price = Decimal(rate).scaleb(-2)
    one = phase(
        worked=entries,
        hourly_rate_minor=rate,
        carried=carried_of([Part(7, 1 if part > 0 else 99, 1, price, part)], [7])[7],
    )
    for line in lines_of(TIME, one, cap_minor=cap):
        found = check(line)
        assert found.rule is Rule.TIME
        assert {source.kind for source in found.sources} <= {"PHASE", "TIME_ENTRY"}


@given(
    st.dates(date(2020, 1, 1), date(2026, 11, 1)),
    st.sampled_from(list(Periodicity)),
    st.integers(0, 400),
    small,
    small,
)
def test_a_period_prorated_and_partly_taken_over(
    start: date, periodicity: Periodicity, length: int, fee: int, history: int
) -> None:
    one = phase(
        f"{Decimal(fee) / 100}",
        start_date=start,
        end_date=start + timedelta(days=length),
        periodicity=periodicity,
        sums={"history": history},
    )
    for line in lines_of(RETAINER, one):
        assert check(line).rule is Rule.PERIOD


@given(small, st.integers(1, 200), st.integers(1, 2400), st.integers(1, 30_000), small)
def test_a_block_and_the_hours_beyond_it(
    fee: int, bought: int, used: int, rate: int, history: int
) -> None:
    one = phase(
        f"{Decimal(fee) / 100}",
        hours=Decimal(bought) / 4,
        hourly_rate_minor=rate,
        worked=hours(f"{Decimal(used) / 100}"),
        sums={"history": history},
    )
    for line in lines_of(PREPAID, one):
        assert check(line).rule in (Rule.BLOCK, Rule.OVERAGE)


@given(
    st.decimals(-1000, 1000, places=4),
    st.decimals(0, 10_000, places=6),
    st.none() | percents,
)
def test_by_hand_with_a_discount(
    quantity: Decimal, price: Decimal, discount: Decimal | None
) -> None:
    asked = NewLine(
        LineKind.ACCOUNT, "Mission", quantity=quantity, unit_price=price, discount=discount
    )
    line = make_line(asked, invoice_id=11, place=0, currency="EUR")
    assert check(line).rule is Rule.BY_HAND


def test_a_line_changed_by_hand_tells_what_was_proposed() -> None:
    """A line that keeps its amount keeps its rule; three tenths off are told as such."""
    (line,) = lines_of(TIME, phase(worked=hours("7.75"), hourly_rate_minor=8500))
    words = NewLine(
        LineKind.PROJECT,
        "Études",
        quantity=Decimal("7.75"),
        unit_price=Decimal(85),
        phase_id=7,
    )
    rewrite(line, make_line(words, invoice_id=11, place=1, currency="EUR"))
    assert (line.description, check(line).rule) == ("Études", Rule.TIME)
    lower = NewLine(
        LineKind.PROJECT,
        "Études",
        quantity=Decimal("7.75"),
        unit_price=Decimal(85),
        phase_id=7,
        discount=Decimal(30),
    )
    for _ in range(2):
        rewrite(line, make_line(lower, invoice_id=11, place=1, currency="EUR"))
        found = check(line)
        assert (found.rule, found.amount) == (Rule.BY_HAND, Decimal("461.13"))
        assert found.proposed == Decimal("658.75")
    text = NewLine(LineKind.TEXT, "Études")
    rewrite(line, make_line(text, invoice_id=11, place=1, currency="EUR"))
    assert line.basis is None


def test_an_amount_that_is_asked_for_is_by_hand_and_every_sentence_is_french_too() -> None:
    figures = PhaseFigures(fee=10_000, currency="EUR")
    one = Billable(record_of(fee_minor=10_000), contract(FIXED), figures)
    asked = Asked(7, percent=Decimal("33.3333"))
    line, _ = propose(one, asked=asked, basis=Basis.REMAINING, account=None, sku=None)
    assert line is not None
    assert check(line).rule is Rule.BY_HAND
    assert by_hand() == {"rule": "BY_HAND"}
    assert missing(list(SENTENCES.values()), "fr") == []
    assert set(SENTENCES) == set(Rule)


@pytest.mark.parametrize("discount", ["-0.0001", "100.0001", "12.34567", "NaN"])
def test_a_discount_is_a_percentage_of_nothing_to_a_hundred(discount: str) -> None:
    asked = NewLine(
        LineKind.ACCOUNT,
        "M",
        quantity=Decimal(1),
        unit_price=Decimal(1),
        discount=Decimal(discount),
    )
    found = refused(lambda: make_line(asked, invoice_id=11, place=0, currency="EUR"))
    assert found == ["FIELD_INVALID"]
