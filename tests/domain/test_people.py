"""What may be given to others: nothing that the giver does not hold."""

from __future__ import annotations

import pytest

from domain.access import Role, reach_of
from domain.people import require_grantable
from domain.standing import WHOLE_FIRM, Reach
from tests.domain.examples import refused

OF_ONE = reach_of(Role.ADMINISTRATOR, [1])
MANAGER = reach_of(Role.PROJECT_MANAGER, None, 7)


@pytest.mark.parametrize(
    ("giver", "own", "role", "reach"),
    [
        (Role.ACCOUNTANT, WHOLE_FIRM, Role.ADMINISTRATOR, WHOLE_FIRM),
        (Role.ADMINISTRATOR, OF_ONE, Role.READER, WHOLE_FIRM),
        (Role.ADMINISTRATOR, OF_ONE, Role.READER, reach_of(Role.READER, [1, 2])),
        (Role.PROJECT_MANAGER, MANAGER, Role.READER, WHOLE_FIRM),
        (Role.PROJECT_MANAGER, MANAGER, Role.COLLABORATOR, reach_of(Role.COLLABORATOR, None, 8)),
    ],
)
def test_nobody_gives_more_than_they_hold(
    giver: Role, own: Reach, role: Role, reach: Reach
) -> None:
    assert refused(lambda: require_grantable(giver, own, role, reach)) == ["GRANT_TOO_WIDE"]


def test_what_one_holds_may_be_given() -> None:
    require_grantable(Role.ADMINISTRATOR, WHOLE_FIRM, Role.ADMINISTRATOR, WHOLE_FIRM)
    require_grantable(Role.ADMINISTRATOR, OF_ONE, Role.READER, reach_of(Role.READER, [1]))
    require_grantable(
        Role.PROJECT_MANAGER, MANAGER, Role.COLLABORATOR, reach_of(Role.COLLABORATOR, None, 7)
    )
