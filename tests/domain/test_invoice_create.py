"""Drawing a pro forma from a project: total less already invoiced, and never more than is left."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Issue, Refusal
from domain.invoice.create import Asked, Basis, blank, for_project, propose
from domain.invoice.model import InvoiceLine, InvoiceState, LineKind
from domain.invoice.remaining import Billable, limit_of
from domain.invoice.totals import line_net
from domain.ledger import PhaseFigures
from domain.project.model import BillingMethod
from tests.domain.examples import client, codes, contract, entity, euros, phase, project, refused

HOURLY = BillingMethod.TIME_AND_MATERIALS
FIXED = BillingMethod.FIXED_FEE_PROGRESS


def billable(
    method: BillingMethod = FIXED, *, sold: dict[str, Any] | None = None, **sums: Any
) -> Billable:
    """A phase of 10,000.00 (or as `sold`) of which `sums` were billed, reserved, earned."""
    of = phase(**sold or {})
    given_sums: dict[str, Any] = {"fee": of.fee_minor, "currency": of.currency} | sums
    figures = PhaseFigures(**given_sums)
    return Billable(of, contract(method), figures)


def proposed(
    one: Billable,
    basis: Basis = Basis.REMAINING,
    *,
    account: str | None = None,
    sku: str | None = None,
    **asked: Any,
) -> tuple[InvoiceLine | None, tuple[Issue, ...]]:
    wanted = Asked(one.phase.id, **asked) if asked else None
    return propose(one, asked=wanted, basis=basis, account=account, sku=sku)


def the_line(*args: Any, **kwargs: Any) -> InvoiceLine:
    line, _ = proposed(*args, **kwargs)
    assert line is not None
    return line


def asked_for(one: Billable, measure: str, value: str) -> InvoiceLine:
    wanted: dict[str, Any] = {measure: Decimal(value)}
    return the_line(one, **wanted)


def test_the_quantity_is_the_total_less_what_was_invoiced() -> None:
    """F10: 10,000.00, of which 4,000.00 invoiced and 1,000.00 held by another pro forma."""
    line = the_line(billable(invoiced=euros("4,000.00"), reserved=euros("1,000.00")))
    assert (line.quantity, line.unit, line.unit_price) == (Decimal(1), "LS", Decimal("5000.00"))
    assert line.net_minor == euros("5,000.00")
    assert line.progress == 100
    assert (line.kind, line.phase_id) == (LineKind.PROJECT, 7)
    assert line.description == "APS – Avant-projet sommaire"


def test_by_progress_only_what_was_earned_is_taken() -> None:
    """DOMAIN §2.3, F5."""
    one = billable(invoiced=euros("3,333.00"), progress=Decimal("66.67"))
    line, issues = proposed(one, Basis.PROGRESS)
    assert line is not None
    assert line.net_minor == euros("3,334.00")
    assert line.progress == Decimal("66.67")
    assert issues == ()


@pytest.mark.parametrize(
    ("measure", "value", "net"),
    [
        ("percent", "25", "2,500.00"),
        ("amount", "1234.565", "1,234.57"),
        ("quantity", "0.3333", "3,333.00"),
    ],
)
def test_a_line_may_be_asked_for_in_percent_amount_or_quantity(
    measure: str, value: str, net: str
) -> None:
    line = asked_for(billable(), measure, value)
    assert line.net_minor == euros(net)


def test_a_percentage_is_one_of_the_adjusted_fee() -> None:
    line = the_line(billable(fee_adjustment=euros("2,000.00")), percent=Decimal(50))
    assert line.net_minor == euros("6,000.00")


def test_several_measures_at_once_are_refused() -> None:
    one = billable()
    found = refused(lambda: proposed(one, percent=Decimal(10), amount=Decimal(10)))
    assert found == ["SEVERAL_MEASURES"]
    found = refused(lambda: proposed(one, quantity=Decimal(0), amount=Decimal(10)))
    assert found == ["SEVERAL_MEASURES"]


@pytest.mark.parametrize("measure", ["percent", "amount", "quantity"])
def test_more_than_remains_is_refused(measure: str) -> None:
    """DOMAIN §2.3: above R − P a line is refused unless the fee is raised."""
    one = billable(invoiced=euros("6,000.00"), reserved=euros("1,000.00"))
    exact = {"percent": "30", "amount": "3000", "quantity": "0.3"}[measure]
    assert asked_for(one, measure, exact).net_minor == euros("3,000.00")
    above = {"percent": "30.0001", "amount": "3000.01", "quantity": "0.3001"}[measure]
    found = refused(lambda: asked_for(one, measure, above))
    assert found == ["AMOUNT_ABOVE_REMAINING"]


def test_a_negative_annex_gives_back_no_more_than_it_holds() -> None:
    annex = billable(sold={"fee_minor": euros("-500.00")}, invoiced=euros("-200.00"))
    assert the_line(annex).net_minor == euros("-300.00")
    assert the_line(annex, amount=Decimal(-100)).net_minor == euros("-100.00")
    found = refused(lambda: proposed(annex, amount=Decimal("-300.01")))
    assert found == ["AMOUNT_ABOVE_REMAINING"]


def test_a_deduction_has_a_negative_quantity_and_a_positive_price() -> None:
    """DOMAIN §4.5: EN 16931 knows no negative price."""
    line = the_line(billable(sold={"fee_minor": euros("-500.00")}))
    assert (line.quantity, line.unit_price) == (Decimal(-1), Decimal("500.00"))
    assert line.net_minor == euros("-500.00")


@pytest.mark.parametrize(
    ("fee", "billed"), [("100.00", "100.00"), ("100.00", "120.00"), ("0", "0")]
)
@pytest.mark.parametrize("basis", list(Basis))
def test_nothing_is_proposed_where_nothing_is_left(fee: str, billed: str, basis: Basis) -> None:
    one = billable(sold={"fee_minor": euros(fee)}, invoiced=euros(billed), progress=Decimal(100))
    assert proposed(one, basis) == (None, ())


def test_a_negative_annex_given_back_too_far_proposes_nothing_either() -> None:
    annex = billable(sold={"fee_minor": euros("-500.00")}, invoiced=euros("-600.00"))
    assert proposed(annex) == (None, ())


def test_more_than_was_earned_is_told_and_allowed() -> None:
    """DOMAIN §2.3: a line may be raised up to R − P with a warning."""
    one = billable(progress=Decimal(40))
    line, issues = proposed(one, percent=Decimal("40.01"))
    assert line is not None
    assert codes(issues) == ["AMOUNT_ABOVE_EARNED"]
    assert proposed(one, percent=Decimal(40))[1] == ()
    # Other methods earn nothing by progress.
    assert proposed(billable(BillingMethod.PREPAID_HOURS, progress=None))[1] == ()


def test_hours_at_their_rate_where_the_phase_is_sold_by_the_hour() -> None:
    """DOMAIN §2.4: 7.75 h × 85.00 = 658.75."""
    sold = {"hourly_rate_minor": euros("85.00")}
    line = the_line(billable(HOURLY, sold=sold), quantity=Decimal("7.75"))
    assert (line.quantity, line.unit, line.unit_price) == (
        Decimal("7.75"),
        "HUR",
        Decimal("85.00"),
    )
    assert line.net_minor == euros("658.75")


def test_hours_asked_for_stay_hours_even_where_their_price_is_rounded() -> None:
    """DOMAIN §2.4: 43.75 h × 72.50 = 3,171.875, rounded once to 3,171.88."""
    sold = {"hourly_rate_minor": euros("72.50")}
    line = the_line(billable(HOURLY, sold=sold), quantity=Decimal("43.75"))
    assert (line.quantity, line.unit, line.unit_price) == (
        Decimal("43.75"),
        "HUR",
        Decimal("72.50"),
    )
    assert line.net_minor == euros("3,171.88")


def test_the_cap_of_hours_is_what_remains_of_the_fee() -> None:
    """DOMAIN §2.4: 3,171.88 with a cap of 2,900.00."""
    sold = {"hourly_rate_minor": euros("72.50"), "fee_minor": euros("2,900.00")}
    capped = billable(HOURLY, sold=sold)
    assert refused(lambda: proposed(capped, quantity=Decimal("43.75"))) == [
        "AMOUNT_ABOVE_REMAINING"
    ]
    line = the_line(capped)
    assert (line.quantity, line.unit, line.net_minor) == (Decimal(40), "HUR", euros("2,900.00"))


def test_a_block_of_hours_is_sold_at_its_own_price_and_not_at_that_of_the_overage() -> None:
    """DOMAIN §2.4: 20 h × 80.00 = 1,600.00, overage at 95.00."""
    sold = {
        "fee_minor": euros("1,600.00"),
        "hours": Decimal(20),
        "hourly_rate_minor": euros("95.00"),
    }
    line = the_line(billable(BillingMethod.PREPAID_HOURS, sold=sold))
    assert (line.quantity, line.unit, line.unit_price) == (Decimal(20), "HUR", Decimal("80.00"))
    assert line.net_minor == euros("1,600.00")


def test_a_block_whose_hour_has_no_exact_price_is_one_lump_sum() -> None:
    sold = {"fee_minor": euros("1,000.00"), "hours": Decimal(7)}
    line = the_line(billable(BillingMethod.PREPAID_HOURS, sold=sold))
    assert (line.quantity, line.unit, line.unit_price) == (Decimal(1), "LS", Decimal("1000.00"))


def test_a_retainer_goes_on_period_after_period() -> None:
    """DOMAIN §2.4, §3.5 F: its fee is that of ONE period."""
    retainer = billable(BillingMethod.RETAINER, invoiced=euros("10,000.00"))
    assert the_line(retainer, amount=Decimal(10_000)).net_minor == euros("10,000.00")
    assert refused(lambda: proposed(billable(invoiced=euros("10,000.00")), percent=Decimal(1))) == [
        "AMOUNT_ABOVE_REMAINING"
    ]


def test_the_account_and_product_of_the_phase_come_before_those_chosen() -> None:
    """F09, F12: else those chosen, else 706000."""
    own = billable(sold={"ledger_account": "706100", "sku": "HON-APS"})
    line = the_line(own, account="706200", sku="OTHER")
    assert (line.ledger_account, line.sku) == ("706100", "HON-APS")
    line = the_line(billable(), account="706200", sku="OTHER")
    assert (line.ledger_account, line.sku) == ("706200", "OTHER")
    assert (the_line(billable()).ledger_account, the_line(billable()).sku) == ("706000", None)


def test_a_phase_without_code_is_described_by_its_name() -> None:
    assert the_line(billable(sold={"code": ""})).description == "Avant-projet sommaire"


def test_a_blank_pro_forma_takes_what_the_client_has_agreed() -> None:
    """F13, F14."""
    made = blank(
        client=client(currency="CHF", language="en", payment_days=45),
        entity=entity(),
        pro_forma_number="PF-000009",
        footer="Thank you",
    )
    assert (made.currency, made.language, made.payment_days) == ("CHF", "en", 45)
    assert (made.client_id, made.entity_id, made.project_id) == (3, 1, None)
    assert (made.state, made.number, made.footer_message) == (InvoiceState.DRAFT, None, "Thank you")


def test_a_pro_forma_of_a_project_is_in_its_currency_with_its_commitment() -> None:
    made = blank(client=client(), entity=entity(), pro_forma_number="PF-000009", footer=None)
    of = project(currency="CHF", commitment_no="ENG-2025-0417")
    for_project(made, project=of, client=client())
    assert (made.project_id, made.currency, made.commitment_no) == (5, "CHF", "ENG-2025-0417")


def test_a_project_of_another_client_is_refused() -> None:
    made = blank(client=client(), entity=entity(), pro_forma_number="PF-000009", footer=None)
    foreign = project(client_id=4)
    assert refused(lambda: for_project(made, project=foreign, client=client())) == [
        "PROJECT_OF_OTHER_CLIENT"
    ]
    assert made.project_id is None


minors = st.integers(min_value=-(10**9), max_value=10**9)
rates = st.none() | st.integers(min_value=1, max_value=30_000)


@given(
    st.sampled_from([FIXED, HOURLY, BillingMethod.PREPAID_HOURS]),
    st.fixed_dictionaries({"fee_minor": minors, "hourly_rate_minor": rates}),
    st.fixed_dictionaries({"invoiced": minors, "reserved": minors}),
    st.sampled_from(["percent", "amount", "quantity", None]),
    st.decimals(min_value=-200, max_value=200, places=4),
)
def test_no_line_ever_takes_more_than_is_free_and_each_is_price_times_quantity(
    method: BillingMethod,
    sold: dict[str, Any],
    sums: dict[str, int],
    measure: str | None,
    value: Decimal,
) -> None:
    one = billable(method, sold=sold, progress=Decimal(50), **sums)
    wanted: dict[str, Any] = {measure: value} if measure else {}
    try:
        line, _ = proposed(one, **wanted)
    except Refusal:
        return
    if line is None:
        return
    fee, limit = one.figures.adjusted_fee, limit_of(one)
    if limit is not None:
        assert line.net_minor >= limit if fee < 0 else line.net_minor <= limit
    assert line.quantity is not None
    assert line.unit_price is not None
    assert line.unit_price >= 0
    price_times_quantity = line_net(
        quantity=line.quantity, unit_price=line.unit_price, currency="EUR"
    )
    assert line.net_minor == price_times_quantity
