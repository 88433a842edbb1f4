"""Who may settle the firm and keep its catalogues: nobody else does, and everybody is told."""

from __future__ import annotations

import pytest

from domain.access import PERMISSIONS, Permission, Role
from tests.api.settings.acts import ERRORS, text_of
from tests.support.api import ApiClient

RECORDS = {"productCreate", "productUpdate", "productArchive", "productRestore"}
SETTINGS = {
    "organisationUpdate",
    *(
        f"{noun}{verb}"
        for noun in ("entity", "taxCode", "ledgerAccount")
        for verb in ("Create", "Update", "Archive", "Restore")
    ),
}
WITHOUT_ID = ("Create", "organisationUpdate")


def denied(api: ApiClient, mutation: str) -> bool:
    given = {} if mutation.endswith(WITHOUT_ID) else {"id": "client_1"}
    answer = api.query(text_of(mutation), input=given)[mutation]
    return [error["code"] for error in answer["userErrors"]] == ["PERMISSION_DENIED"]


@pytest.mark.parametrize("role", Role)
def test_each_role_does_what_it_holds_and_nothing_else(firm: ApiClient, role: Role) -> None:
    """PERMISSION_DENIED: settings are the administrator's, products those of who keeps records."""
    caller = firm.with_role(role)
    held = PERMISSIONS[role]
    for mutations, permission in (
        (RECORDS, Permission.EDIT_RECORDS),
        (SETTINGS, Permission.EDIT_SETTINGS),
    ):
        found = {mutation for mutation in mutations if denied(caller, mutation)}
        assert found == (set() if permission in held else mutations)


def test_only_an_administrator_settles_the_firm() -> None:
    holders = {role for role in Role if Permission.EDIT_SETTINGS in PERMISSIONS[role]}
    assert holders == {Role.ADMINISTRATOR}


def test_a_reader_writes_no_product_in_bulk_and_sees_every_catalogue(firm: ApiClient) -> None:
    reader = firm.with_role(Role.READER)
    answer = reader.query(
        'mutation { productsBulkUpsert(input: { items: [], idempotencyKey: "k" }) {'
        f" results {{ index }} {ERRORS} }} }}"
    )["productsBulkUpsert"]
    assert [error["code"] for error in answer["userErrors"]] == ["PERMISSION_DENIED"]
    seen = reader.query(
        "{ entities { totalCount } taxCodes { totalCount } ledgerAccounts { totalCount }"
        " products { totalCount } }"
    )
    assert seen["entities"]["totalCount"] > 1
