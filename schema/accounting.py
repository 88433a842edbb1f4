"""How an entity's accounts are kept, and what went out to the accounting software."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import strawberry

from domain.accounting import AccountingExport as ExportRecord
from domain.accounting import ExportFormat
from domain.accounting import InvoiceExport as MarkRecord
from persistence.reading import Computed, Noun
from schema.context import House
from schema.download import DownloadLink, KeptFile, link_to
from schema.node import Node
from schema.organisation import Entity
from schema.scalars import Money, money

strawberry.enum(
    ExportFormat,
    description="QUICKBOOKS_IIF: a file an entity and currency; XERO_CSV: 500 invoices a file; "
    "CSV: one file, for people; FEC: a file a legal person and fiscal year (LPF A47 A-1).",
)


@strawberry.type(description="What a code of ours is called elsewhere.")
class AccountingName:
    code: str
    name: str


@strawberry.type(description="How an entity's accounts are kept; the usual French ones until set.")
class AccountingSettings:
    entity: Entity
    receivable_account: str
    revenue_account: str = strawberry.field(description="Of lines that name none.")
    vat_account: str = strawberry.field(description="Of tax codes that name none.")
    bank_account: str
    sales_journal: str
    sales_journal_label: str
    bank_journal: str
    bank_journal_label: str
    quickbooks_accounts: list[AccountingName] = strawberry.field(
        description="Names in QuickBooks by account number; the number itself where there is none."
    )
    quickbooks_item: str | None = strawberry.field(description="The item of lines without SKU.")
    xero_accounts: list[AccountingName] = strawberry.field(
        description="Codes in Xero by account number."
    )
    xero_tax_types: list[AccountingName] = strawberry.field(
        description="Names of taxes in Xero by tax code; TVA 20% and the like where there is none."
    )
    version: int = strawberry.field(description="0 until somebody has set anything.")


@strawberry.type(description="What the documents of one currency come to, credit notes taken off.")
class ExportTotal:
    net: Money
    vat: Money
    gross: Money


@strawberry.type(description="A file of an export.")
class ExportFile:
    filename: str
    media_type: str
    size: int
    sha256: str = strawberry.field(description="The same for the same documents.")
    download: DownloadLink


@strawberry.type(description="Documents that went out to the accounting software, in files.")
class AccountingExport(Node):
    format: ExportFormat
    language: str
    exported_at: datetime
    author: str = strawberry.field(description="The key that asked for it.")
    invoice_count: int
    includes_payments: bool
    totals: list[ExportTotal]
    files: list[ExportFile]


@strawberry.type(description="That a final invoice went out in a file.")
class InvoiceExport:
    format: ExportFormat
    export_id: strawberry.ID
    exported_at: datetime
    author: str
    filename: str
    sha256: str


def accounting_export_noun(house: House) -> Noun:
    """How an export is read; its files can be fetched from the house."""

    def files(row: Mapping[str, Any]) -> list[dict[str, Any]]:
        return [
            {**file, "download": link_to(house, row["organisation_id"], _kept(file))}
            for file in row["files"]
        ]

    return Noun(
        ExportRecord,
        "AccountingExport",
        {
            "files": Computed(("organisation_id", "files"), files),
            "totals": Computed(("totals",), _totals),
        },
    )


def _kept(file: Mapping[str, Any]) -> KeptFile:
    return KeptFile(file["key"], file["filename"], file["media_type"], file["size"])


def _totals(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {name: money(own[f"{name}_minor"], own["currency"]) for name in ("net", "vat", "gross")}
        for own in row["totals"]
    ]


INVOICE_EXPORT = Noun(
    MarkRecord,
    "InvoiceExport",
    {"export_id": Computed(("export_id",), lambda row: f"accounting_export_{row['export_id']}")},
)
