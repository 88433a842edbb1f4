"""Roles and what each may do."""

from __future__ import annotations

import pytest

from domain.access import PERMISSIONS, Permission, Role, require
from tests.domain.examples import refused

ALLOWED = {
    Role.ADMINISTRATOR: set(Permission),
    Role.ACCOUNTANT: set(Permission)
    - {Permission.EDIT_SETTINGS, Permission.READ_AUDIT, Permission.MANAGE_PEOPLE},
    Role.PROJECT_MANAGER: {
        Permission.READ,
        Permission.SEE_RATES,
        Permission.EDIT_RECORDS,
        Permission.READ_BILLING,
        Permission.RECORD_PROGRESS,
        Permission.RECORD_TIME,
        Permission.PREPARE_INVOICES,
    },
    Role.COLLABORATOR: {Permission.READ, Permission.RECORD_PROGRESS, Permission.RECORD_TIME},
    Role.READER: {Permission.READ, Permission.READ_BILLING},
}


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("permission", list(Permission))
def test_a_role_may_do_what_it_holds_and_nothing_else(role: Role, permission: Permission) -> None:
    if permission in ALLOWED[role]:
        require(role, permission)
    else:
        assert refused(lambda: require(role, permission)) == ["PERMISSION_DENIED"]


def test_every_role_can_read_and_has_its_permissions_written_down() -> None:
    assert set(PERMISSIONS) == set(Role)
    assert all(Permission.READ in held for held in PERMISSIONS.values())


def test_nobody_but_administrator_and_accountant_imports_or_finalises() -> None:
    for permission in (Permission.IMPORT, Permission.FINALISE_INVOICES):
        holders = {role for role, held in PERMISSIONS.items() if permission in held}
        assert holders == {Role.ADMINISTRATOR, Role.ACCOUNTANT}
