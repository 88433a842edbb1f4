"""Confirming what was planned already: no row is planned twice while nothing moved."""

from __future__ import annotations

from typing import Any

import pytest
from obstore.exceptions import GenericError

from persistence.files import Files
from persistence.takeover import known, plans
from tests.api.takeover.reviews import client, codes, reviewed, skip, written
from tests.api.takeover.sheets import CLIENT, book
from tests.api.takeover.test_confirm import KNOWN, edit
from tests.support.api import ApiClient
from tests.support.takeover import confirm


@pytest.fixture(autouse=True)
def every_plan_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "WORTH", 1)


@pytest.fixture
def planning(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The kinds that are planned, each time they are."""
    made: list[str] = []
    plan = known.planner_of

    def watched(session: Any, kind: str, **choice: Any) -> Any:
        made.append(kind)
        return plan(session, kind, **choice)

    monkeypatch.setattr(known, "planner_of", watched)
    return made


def kept(api: ApiClient) -> list[str]:
    return [key for key, _ in api.house.files.keys(f"{api.organisation_id}/plans/")]


def test_what_nothing_moved_is_written_as_it_was_planned(
    any_firm: ApiClient, planning: list[str]
) -> None:
    """A25: new and changed rows, some of them left out; the plan is then of no more use."""
    content = book("clients", CLIENT, KNOWN, {**CLIENT, "B": "B", "C": "B1"})
    review, _ = reviewed(any_firm, content)
    review = skip(any_firm, review, rows=[4])
    assert planning == ["clients", "clients"]
    done = written(any_firm, review)
    assert (done["state"], planning) == ("APPLIED_PARTIALLY", ["clients", "clients"])
    found = client(any_firm, "CLI-0001")
    assert found is not None
    assert found["billingAddress"] == KNOWN["D"]
    assert client(any_firm, "CLI-9001") is not None
    assert client(any_firm, "B1") is None
    assert kept(any_firm) == []


def test_what_moved_is_planned_again(any_firm: ApiClient, planning: list[str]) -> None:
    """A25: STALE_REVIEW, and nothing is written."""
    review, _ = reviewed(any_firm, book("clients", CLIENT, KNOWN))
    edit(any_firm, "CLI-0001", 77)
    planning.clear()
    assert codes(confirm(any_firm, review, warnings=True)) == ["STALE_REVIEW"]
    assert planning == ["clients"]
    assert client(any_firm, "CLI-9001") is None


def test_a_plan_that_is_gone_or_another_is_made_again(
    any_firm: ApiClient, planning: list[str]
) -> None:
    for code, spoil in (("G1", b"no plan"), ("G2", None)):
        row = {**CLIENT, "B": f"Client {code}", "C": code}
        review, _ = reviewed(any_firm, book("clients", row))
        (key,) = kept(any_firm)
        if spoil is None:
            any_firm.house.files.delete(key)
        else:
            any_firm.house.files.put(key, spoil)
        planning.clear()
        assert written(any_firm, review)["state"] == "APPLIED"
        assert planning == ["clients"]
        assert client(any_firm, code) is not None
        assert kept(any_firm) == []


def test_a_plan_goes_when_another_is_made_or_the_review_is_given_up(any_firm: ApiClient) -> None:
    review, _ = reviewed(any_firm, book("clients", CLIENT, {**CLIENT, "B": "B", "C": "B1"}))
    (first,) = kept(any_firm)
    left_out = skip(any_firm, review, rows=[3])
    (second,) = kept(any_firm)
    assert second != first
    skip(any_firm, left_out, rows=[3])
    assert kept(any_firm) == [second]
    give_up = "mutation($id: ID!) { importCancel(importId: $id) { userErrors { code } } }"
    assert codes(any_firm.query(give_up, id=review["id"])["importCancel"]) == []
    assert kept(any_firm) == []


def test_a_store_that_fails_its_plans_fails_no_act(
    any_firm: ApiClient, planning: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reviewed, planned anew, confirmed, given up: all as without a plan."""
    for name in ("put_file", "pour", "delete"):
        monkeypatch.setattr(Files, name, _failing_plans(getattr(Files, name)))
    review, _ = reviewed(any_firm, book("clients", CLIENT, {**CLIENT, "B": "B", "C": "B1"}))
    review = skip(any_firm, review, rows=[3])
    planning.clear()
    assert written(any_firm, review)["state"] == "APPLIED_PARTIALLY"
    assert planning == ["clients"]
    assert client(any_firm, "CLI-9001") is not None


def test_a_plan_that_cannot_be_removed_stays_and_what_it_wrote_too(
    any_firm: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    review, _ = reviewed(any_firm, book("clients", CLIENT))
    monkeypatch.setattr(Files, "delete", _failing_plans(Files.delete))
    assert written(any_firm, review)["state"] == "APPLIED"
    assert client(any_firm, "CLI-9001") is not None
    assert len(kept(any_firm)) == 1


def _failing_plans(act: Any) -> Any:
    def fail(files: Files, key: str, *given: Any) -> Any:
        if "/plans/" in key:
            raise GenericError("the store does not answer")
        return act(files, key, *given)

    return fail
