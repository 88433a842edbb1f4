"""What a project and its fee projects keep once they have been invoiced (DOMAIN §2.1)."""

from __future__ import annotations

import pytest

from domain.project.frozen import change_method, judge_currency, rename
from domain.project.model import BillingMethod
from tests.domain.examples import codes, contract, refused

FIXED, HOURLY = BillingMethod.FIXED_FEE_PROGRESS, BillingMethod.TIME_AND_MATERIALS


@pytest.mark.parametrize(
    ("after", "is_invoiced", "said"),
    [
        ("EUR", True, []),
        ("CHF", False, []),
        ("EUR", False, []),
        ("CHF", True, ["PROJECT_CURRENCY_FROZEN"]),
    ],
)
def test_the_currency_of_a_project_is_frozen_once_it_was_invoiced(
    after: str, is_invoiced: bool, said: list[str]
) -> None:
    issues = judge_currency(project="P", before="EUR", after=after, is_invoiced=is_invoiced)
    assert codes(issues) == said


def test_the_method_of_a_fee_project_is_frozen_once_it_was_invoiced() -> None:
    made = contract(FIXED)
    change_method(made, FIXED, is_invoiced=True)
    assert refused(lambda: change_method(made, HOURLY, is_invoiced=True)) == [
        "CONTRACT_METHOD_FROZEN"
    ]
    assert made.billing_method is FIXED
    change_method(made, HOURLY, is_invoiced=False)
    assert made.billing_method is HOURLY


def test_a_fee_project_takes_a_name_that_no_other_has() -> None:
    made = contract()
    assert refused(lambda: rename(made, "Mission OPC", is_taken=True)) == ["CONTRACT_NAME_TAKEN"]
    assert made.name == "Mission de base"
    rename(made, "Mission É", is_taken=False)
    assert (made.name, made.name_key) == ("Mission É", "mission e")
