"""Finding products, tax codes and ledger accounts, and who refers to them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, TypeVar

from sqlalchemy import func, inspect, or_, select

from domain.base import Record
from domain.catalogue import LedgerAccount, Product, TaxCode
from domain.catalogue_rules import Shelf
from domain.client import Client
from domain.invoice.model import LEGAL, PRO_FORMA, Invoice, InvoiceLine
from domain.project.model import Phase
from persistence.ids import reserve
from persistence.session import ScopedSession, insert_all

Found = TypeVar("Found", bound=Record)

_STAMPED = frozenset(
    ("id", "organisation_id", "created_at", "updated_at", "version", "archived_at")
)
"""Columns that are given on writing."""

_AT_ONCE = 500
"""Values in one IN: below the parameters that a statement may have."""


def _by(
    session: ScopedSession, record: type[Found], column: Any, values: Iterable[Any]
) -> dict[Any, Found]:
    wanted = sorted(set(values))
    found: dict[Any, Found] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        statement = select(record).where(column.in_(wanted[start : start + _AT_ONCE]))
        found |= {getattr(one, column.key): one for one in session.scalars(statement)}
    return found


def shelf_of(
    session: ScopedSession, *, tax_codes: Iterable[str] = (), accounts: Iterable[str] = ()
) -> Shelf:
    """The tax codes (in capitals) and accounts of these names; archived ones too."""
    return Shelf(
        tax_codes=_by(session, TaxCode, TaxCode.code, tax_codes),
        accounts=_by(session, LedgerAccount, LedgerAccount.number, accounts),
    )


def tax_code_coded(session: ScopedSession, code: str) -> TaxCode | None:
    """The tax code with `code` (in capitals), archived or not."""
    return session.scalar(select(TaxCode).where(TaxCode.code == code))


def account_numbered(session: ScopedSession, number: str) -> LedgerAccount | None:
    """The ledger account with `number`, archived or not."""
    return session.scalar(select(LedgerAccount).where(LedgerAccount.number == number))


def product_coded(session: ScopedSession, sku: str) -> Product | None:
    """The product with `sku` (in capitals), on sale or not, archived or not."""
    return session.scalar(select(Product).where(Product.sku == sku))


def products_by_sku(session: ScopedSession, skus: Iterable[str]) -> dict[str, Product]:
    """The products with these SKUs (in capitals), archived ones too."""
    return _by(session, Product, Product.sku, skus)


def products_by_id(session: ScopedSession, keys: Iterable[int]) -> dict[int, Product]:
    """The products with these identifiers; an unknown one is absent."""
    return _by(session, Product, Product.id, keys)


def insert_products(session: ScopedSession, products: Sequence[Product]) -> list[int]:
    """Writes new products in one statement; their identifiers, in their order."""
    names = [column.key for column in inspect(Product).column_attrs]
    names = [name for name in names if name not in _STAMPED]
    keys = reserve(session, Product, len(products))
    rows = [{name: getattr(one, name) for name in names} for one in products]
    identified = [{"id": key, **row} for key, row in zip(keys, rows, strict=True)]
    insert_all(session, Product, identified)
    return keys


def codes_of(session: ScopedSession, keys: Collection[int]) -> dict[int, str]:
    """The codes of tax codes by identifier."""
    return {key: tax.code for key, tax in _by(session, TaxCode, TaxCode.id, keys).items()}


def _count(session: ScopedSession, *conditions: tuple[Any, Any]) -> int:
    """How many rows meet one of the conditions, each (identifier column, condition)."""
    return sum(
        session.scalar(select(func.count(column)).where(condition)) or 0
        for column, condition in conditions
    )


def named_by_sku(session: ScopedSession, sku: str) -> int:
    """How many phases and invoice lines name the SKU."""
    return _count(session, (Phase.id, Phase.sku == sku), (InvoiceLine.id, InvoiceLine.sku == sku))


def named_by_number(session: ScopedSession, number: str) -> int:
    """How many records name the ledger account: products, taxes, clients, phases, lines."""
    return _count(
        session,
        (Product.id, Product.ledger_account == number),
        (TaxCode.id, TaxCode.vat_account == number),
        (Client.id, Client.ledger_account == number),
        (Phase.id, Phase.ledger_account == number),
        (InvoiceLine.id, InvoiceLine.ledger_account == number),
    )


def live_users_of_account(session: ScopedSession, number: str) -> int:
    """How many live products and tax codes have the ledger account."""
    return _count(
        session,
        (Product.id, (Product.ledger_account == number) & Product.archived_at.is_(None)),
        (TaxCode.id, (TaxCode.vat_account == number) & TaxCode.archived_at.is_(None)),
    )


def live_products_taxed(session: ScopedSession, tax_code_id: int) -> int:
    """How many live products have the tax code."""
    taxed = (Product.tax_code_id == tax_code_id) & Product.archived_at.is_(None)
    return _count(session, (Product.id, taxed))


def is_issued_with(session: ScopedSession, tax_code_id: int) -> bool:
    """Whether a legal invoice has a line with the tax code."""
    statement = (
        select(InvoiceLine.id)
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(InvoiceLine.tax_code_id == tax_code_id, Invoice.state.in_(LEGAL))
    )
    return session.scalar(statement.limit(1)) is not None


def pro_formas_with(session: ScopedSession, tax_code_id: int) -> Sequence[Invoice]:
    """The pro formas that have a line with the tax code, locked in one order."""
    lines = select(InvoiceLine.invoice_id).where(InvoiceLine.tax_code_id == tax_code_id)
    statement = (
        select(Invoice)
        .where(Invoice.id.in_(lines), Invoice.state.in_(PRO_FORMA))
        .order_by(Invoice.id)
        .with_for_update()
    )
    return session.scalars(statement).all()


def tax_codes_of_country(session: ScopedSession, country: str) -> list[TaxCode]:
    """The live tax codes for `country`, and the exemptions, which know no border."""
    statement = select(TaxCode).where(
        TaxCode.archived_at.is_(None),
        or_(TaxCode.country == country, TaxCode.exemption.is_not(None)),
    )
    return list(session.scalars(statement.order_by(TaxCode.id)))


def tax_code_named(session: ScopedSession, code: str) -> TaxCode | None:
    """The live tax code; one that was put away is not given to new lines."""
    statement = select(TaxCode).where(TaxCode.code == code, TaxCode.archived_at.is_(None))
    return session.scalar(statement)


def account_exists(session: ScopedSession, number: str) -> bool:
    found = select(LedgerAccount.id).where(
        LedgerAccount.number == number, LedgerAccount.archived_at.is_(None)
    )
    return session.scalar(found) is not None


def product_named(session: ScopedSession, sku: str) -> Product | None:
    """The product on sale; None for one that is inactive or was put away."""
    statement = select(Product).where(
        Product.sku == sku.upper(), Product.active, Product.archived_at.is_(None)
    )
    return session.scalar(statement)
