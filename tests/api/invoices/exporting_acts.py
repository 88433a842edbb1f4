"""The acts of exports as the tests call them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from tests.support.api import ApiClient

Row = dict[str, Any]

EXPORT_FIELDS = """
id format language exportedAt author invoiceCount includesPayments
totals { net { amount currency } vat { amount } gross { amount } }
files { filename mediaType size sha256 download { url filename } }
"""
EXPORT = (
    "mutation($input: InvoicesExportInput!) { invoicesExport(input: $input)"
    f" {{ export {{ {EXPORT_FIELDS} }} replayed userErrors {{ code severity message field }} }} }}"
)
SETTINGS_FIELDS = """
entity { id } receivableAccount revenueAccount vatAccount bankAccount salesJournal
salesJournalLabel bankJournal bankJournalLabel quickbooksItem quickbooksAccounts { code name }
xeroAccounts { code name } xeroTaxTypes { code name } version
"""
SET = (
    "mutation($input: AccountingSettingsUpdateInput!) { accountingSettingsUpdate(input: $input)"
    f" {{ settings {{ {SETTINGS_FIELDS} }} userErrors {{ code message field }} }} }}"
)


def export(api: ApiClient, destination: str, **asked: Any) -> Row:
    """What exporting answered; its key is new unless one is given."""
    given = {"format": destination, "idempotencyKey": str(uuid4()), **asked}
    answer: Row = api.query(EXPORT, input=given)["invoicesExport"]
    return answer


def files(api: ApiClient, answer: Row) -> dict[str, bytes]:
    """The files of an export that was made, by name."""
    assert answer["export"] is not None, answer["userErrors"]
    found = {}
    for file in answer["export"]["files"]:
        content = api.get(file["download"]["url"])
        assert len(content) == file["size"]
        found[file["filename"]] = content
    return found


def set_accounts(api: ApiClient, entity: str = "entity_1", **asked: Any) -> Row:
    """What setting the accounts of an entity answered."""
    answer: Row = api.query(SET, input={"entityId": entity, **asked})["accountingSettingsUpdate"]
    return answer
