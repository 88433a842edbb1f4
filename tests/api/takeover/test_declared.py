"""The planners that a firm's rows meet are those whose declarations the guide is made of."""

from __future__ import annotations

from domain.takeover.planners import PLANNERS
from persistence.takeover.known import planner_of
from tests.support.api import ApiClient


def test_each_kind_of_row_is_planned_by_the_planner_that_the_guide_asks(empty: ApiClient) -> None:
    with empty.house.database.reading(empty.organisation_id) as session:
        found = {kind: type(planner_of(session, kind)) for kind in PLANNERS}
    assert found == dict(PLANNERS)
