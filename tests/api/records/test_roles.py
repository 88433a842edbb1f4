"""What each role may do: every mutation by every role."""

from __future__ import annotations

import pytest

from domain.access import PERMISSIONS, Permission, Role
from tests.api.records.calling import MUTATIONS, call, required
from tests.api.records.test_other_firms import PAST
from tests.support.api import ApiClient

NEEDED = {
    **dict.fromkeys(
        [one for one in MUTATIONS if one.startswith(("import", "staged"))], Permission.IMPORT
    ),
    **dict.fromkeys(
        [
            name
            for name in MUTATIONS
            if name.startswith(
                (
                    *("client", "project", "phase", "collaborator", "contract", "product"),
                    *("timeEntry", "timeEntries", *PAST),
                )
            )
        ],
        Permission.EDIT_RECORDS,
    ),
    **dict.fromkeys(
        [
            name
            for name in MUTATIONS
            if name.startswith(
                ("organisation", "entity", "taxCode", "ledgerAccount", "webhook", "accounting")
            )
        ],
        Permission.EDIT_SETTINGS,
    ),
    **dict.fromkeys(("progressRecord", "progressBulkRecord"), Permission.RECORD_PROGRESS),
    **dict.fromkeys(
        [name for name in MUTATIONS if name.startswith(("invoice", "batch"))],
        Permission.PREPARE_INVOICES,
    ),
    **dict.fromkeys(
        ("timeEntriesWriteOff", "timeEntriesWriteOffUndo"), Permission.PREPARE_INVOICES
    ),
    **dict.fromkeys(
        (
            *("invoiceFinalise", "invoiceCredit", "invoiceReplace", "pastInvoiceCredit"),
            *("invoicesBulkFinalise", "invoicesBulkCredit", "invoicesExport", "batchFinalise"),
            "batchExport",
        ),
        Permission.FINALISE_INVOICES,
    ),
    **dict.fromkeys(
        [name for name in MUTATIONS if name.startswith("payment")], Permission.RECORD_PAYMENTS
    ),
    **dict.fromkeys(
        [name for name in MUTATIONS if name.startswith("batchSchedule")],
        Permission.PREPARE_INVOICES,
    ),
    **dict.fromkeys(("depositInvoiceCreate", "reminderRecord"), Permission.PREPARE_INVOICES),
    **dict.fromkeys(("handoverAcknowledge", "handoverRetry"), Permission.FINALISE_INVOICES),
    "invoicePdf": Permission.READ,
    "invoicesPdf": Permission.READ,
    "invoicesPrint": Permission.READ,
    "batchPrint": Permission.READ,
    # What each kind of job needs is tried in tests/api/test_jobs.py.
    "jobCancel": Permission.READ,
    "templateDownload": Permission.READ,
    "auditExport": Permission.READ_AUDIT,
    **dict.fromkeys(
        [name for name in MUTATIONS if name.startswith(("member", "apiKey"))],
        Permission.MANAGE_PEOPLE,
    ),
    # One's own: what is refused of those of others is tried in tests/api/people.
    **dict.fromkeys(
        ("signInEnd", "signOutEverywhere", "passwordChange", "accountUpdate"), Permission.READ
    ),
}


@pytest.mark.parametrize("role", list(Role))
def test_each_role_may_do_what_it_may_and_nothing_else(browsed: ApiClient, role: Role) -> None:
    """Every mutation by every role: PERMISSION_DENIED exactly where the role does not hold it."""
    assert NEEDED.keys() == MUTATIONS.keys()
    bearer = browsed.of_another_firm(f"roles-{role.value.lower()}").with_role(role)
    for name, permission in NEEDED.items():
        said = [error["code"] for error in call(bearer, name, required(name))["userErrors"]]
        denied = "PERMISSION_DENIED" in said
        assert denied is (permission not in PERMISSIONS[role]), (name, said)
