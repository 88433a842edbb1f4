"""What an invoice is refused for is said of a field that the caller gave, in words of ours."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.invoices.acts import blank, change, codes, draw
from tests.api.records.asking import A_PROJECT, Row, act, done, paths, reds
from tests.support.api import ApiClient


def fields(answer: Row) -> list[Any]:
    return [error["field"] for error in answer["userErrors"]]


def test_a_project_without_an_entity_is_told_of_the_project(any_firm: ApiClient) -> None:
    """Nothing in the call names an entity: the project is to be given one."""
    job = done(any_firm, "projectCreate", **A_PROJECT | {"entity": None})
    assert job["entity"] is None
    answer = draw(any_firm, A_PROJECT["code"])
    assert (answer["invoice"], codes(answer)) == (None, ["ENTITY_REQUIRED"])
    assert fields(answer) == [["projectId"]]


@pytest.mark.parametrize("field", ["paymentDays", "language"])
def test_a_term_that_no_paper_can_do_without_is_not_emptied(
    any_firm: ApiClient, field: str
) -> None:
    invoice = blank(any_firm)["id"]
    told = []
    for language in ("en", "fr"):
        answer = change(any_firm.in_language(language), invoice, **{field: None})
        assert (answer["invoice"], codes(answer)) == (None, ["FIELD_REQUIRED"])
        assert fields(answer) == [[field]]
        told.append(answer["userErrors"][0]["message"])
    assert told[0] != told[1]
    assert change(any_firm, invoice, dueDate=None, footerMessage=None)["userErrors"] == []


@pytest.mark.parametrize("known", [{}, {"entity": "RIV-PAR"}])
def test_a_phase_of_an_unknown_project_is_told_of_its_project_alone(
    any_firm: ApiClient, known: Row
) -> None:
    given = {
        "projectCode": "NIX-1",
        "contract": "C",
        "phaseName": "P",
        "phaseCode": "P",
        "fee": "1",
    }
    answer = act(any_firm, "phaseCreate", **given, **known)
    assert (answer["node"], reds(answer)) == (None, ["REFERENCE_UNKNOWN"])
    assert paths(answer) == ["projectCode"]
