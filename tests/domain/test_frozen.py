"""What a project and its fee projects keep once they have been invoiced (DOMAIN §2.1)."""

from __future__ import annotations

import pytest

from domain.project.frozen import (
    change_method,
    change_status,
    judge_currency,
    rename,
    require_unheld,
)
from domain.project.model import BillingMethod, ContractStatus
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


def test_a_currency_without_decimals_for_its_fees_is_refused_before_it_is_frozen() -> None:
    told = {"project": "P", "before": "EUR", "after": "JPY"}
    assert codes(judge_currency(**told, is_invoiced=False, inexact=2)) == [
        "PROJECT_CURRENCY_INEXACT"
    ]
    assert codes(judge_currency(**told, is_invoiced=True, inexact=2)) == ["PROJECT_CURRENCY_FROZEN"]
    assert judge_currency(**told, is_invoiced=False, inexact=0) == ()


DRAFT, ACTIVE, ENDED = ContractStatus.DRAFT, ContractStatus.ACTIVE, ContractStatus.ENDED
STEPS = {(DRAFT, ACTIVE), (DRAFT, ENDED), (ACTIVE, ENDED), (ENDED, ACTIVE)}


@pytest.mark.parametrize("is_invoiced", [False, True])
@pytest.mark.parametrize("after", list(ContractStatus))
@pytest.mark.parametrize("before", list(ContractStatus))
def test_a_fee_project_goes_on_and_back_to_a_draft_only_before_it_is_invoiced(
    before: ContractStatus, after: ContractStatus, is_invoiced: bool
) -> None:
    made = contract()
    made.status = before
    steps = STEPS if is_invoiced else STEPS | {(ACTIVE, DRAFT)}
    if before is after or (before, after) in steps:
        change_status(made, after, is_invoiced=is_invoiced)
        assert made.status is after
    else:
        said = refused(lambda: change_status(made, after, is_invoiced=is_invoiced))
        assert (said, made.status) == (["CONTRACT_STATUS_FROZEN"], before)


def test_a_fee_project_that_pro_formas_hold_is_not_put_away() -> None:
    require_unheld(contract(), pro_formas=0)
    assert refused(lambda: require_unheld(contract(), pro_formas=2)) == ["CONTRACT_IN_USE"]
