"""Judging and writing products, tax codes and ledger accounts, one at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from domain.catalogue import LEDGER_ACCOUNT_DEFAULT, LedgerAccount, Product, TaxCode
from domain.catalogue_rules import (
    Shelf,
    frozen,
    judge_account,
    judge_code,
    judge_product,
    judge_tax_code,
    require_live,
    require_unused,
)
from domain.errors import Issue, Refusal
from domain.form import Form, one_line
from domain.invoice.create import DEFAULT_ACCOUNT
from persistence import catalogue
from persistence.organisations import the_organisation
from persistence.records import the_record
from resolvers._mutation import Acting
from resolvers.invoicing._lines import recount
from resolvers.settling._keeping import Made, assign

_COUNTED_WITH = {"rate", "category", "reason_code", "mention"}
"""What the totals of a pro forma are made of."""


def create_product(acting: Acting, asked: Mapping[str, Any]) -> Made:
    form = _product(acting, asked, None)
    form.require_right()
    return Product(**form.columns), form.issues


def change_product(acting: Acting, product: Product, asked: Mapping[str, Any]) -> Sequence[Issue]:
    form = _product(acting, asked, product)
    form.require_right()
    assign(product, form.columns)
    return form.issues


def _product(acting: Acting, asked: Mapping[str, Any], present: Product | None) -> Form:
    session = acting.session
    currency = the_organisation(session).currency
    form = judge_product(
        asked, present=present, shelf=shelf_for(acting, [asked]), currency=currency
    )
    form.issues += judge_code(
        form,
        "sku",
        present,
        holder=catalogue.product_coded(session, form.columns.get("sku") or ""),
        named_by=lambda: catalogue.named_by_sku(session, present.sku if present else ""),
    )
    return form


def shelf_for(acting: Acting, several: Iterable[Mapping[str, Any]]) -> Shelf:
    """What the fields given name of the other catalogues."""
    asked = list(several)
    codes = (one_line(one.get("tax_code") or "").upper() for one in asked)
    names = ("ledger_account", "vat_account")
    numbers = (one_line(one.get(name) or "") for one in asked for name in names)
    return catalogue.shelf_of(
        acting.session,
        tax_codes=(code for code in codes if code),
        accounts=(number for number in numbers if number),
    )


def require_product_whole(acting: Acting, product: Product) -> None:
    """A product comes back only with what it needs: neither its tax nor its account is archived."""
    _require_account_live(acting, product.ledger_account)
    if product.tax_code_id is not None:
        tax = the_record(acting.session, TaxCode, product.tax_code_id)
        require_live(tax, field=("id",), noun="tax code", code=tax.code)


def _require_account_live(acting: Acting, number: str | None) -> None:
    account = catalogue.account_numbered(acting.session, number or "")
    if account is not None:
        require_live(account, field=("id",), noun="ledger account", code=account.number)


def create_tax_code(acting: Acting, asked: Mapping[str, Any]) -> Made:
    form = _tax_code(acting, asked, None)
    form.require_right()
    return TaxCode(**form.columns), form.issues


def change_tax_code(acting: Acting, tax: TaxCode, asked: Mapping[str, Any]) -> Sequence[Issue]:
    """The tax code changed; pro formas that have it are counted anew.

    They are locked before it is asked whether a legal invoice has it: none of them becomes one
    in between.
    """
    form = _tax_code(acting, asked, tax)
    pro_formas = catalogue.pro_formas_with(acting.session, tax.id)
    is_issued = catalogue.is_issued_with(acting.session, tax.id)
    form.issues += frozen(form, tax, is_issued=is_issued)
    form.require_right()
    is_counted = bool(_COUNTED_WITH & form.changes(tax).keys())
    assign(tax, form.columns)
    acting.session.flush()
    for invoice in pro_formas if is_counted else ():
        recount(acting, invoice)
    return form.issues


def _tax_code(acting: Acting, asked: Mapping[str, Any], present: TaxCode | None) -> Form:
    session = acting.session
    country = the_organisation(session).country
    form = judge_tax_code(asked, present=present, shelf=shelf_for(acting, [asked]), country=country)
    holder = catalogue.tax_code_coded(session, form.columns.get("code") or "")
    form.issues += judge_code(form, "code", present, holder=holder, named_by=lambda: 0)
    return form


def require_tax_unused(acting: Acting, tax: TaxCode) -> None:
    require_unused(tax.code, count=catalogue.live_products_taxed(acting.session, tax.id))


def require_tax_whole(acting: Acting, tax: TaxCode) -> None:
    """A tax code comes back only with a live account."""
    _require_account_live(acting, tax.vat_account)


def create_account(acting: Acting, asked: Mapping[str, Any]) -> Made:
    form = _account(acting, asked, None)
    form.require_right()
    return LedgerAccount(**form.columns), form.issues


def change_account(
    acting: Acting, account: LedgerAccount, asked: Mapping[str, Any]
) -> Sequence[Issue]:
    form = _account(acting, asked, account)
    form.require_right()
    if form.columns.get("number", account.number) != account.number:
        _require_not_default(account, field=("number",))
    assign(account, form.columns)
    return form.issues


def _account(acting: Acting, asked: Mapping[str, Any], present: LedgerAccount | None) -> Form:
    session = acting.session
    form = judge_account(asked, present=present)
    form.issues += judge_code(
        form,
        "number",
        present,
        holder=catalogue.account_numbered(session, form.columns.get("number") or ""),
        named_by=lambda: catalogue.named_by_number(session, present.number if present else ""),
    )
    return form


def require_account_unused(acting: Acting, account: LedgerAccount) -> None:
    _require_not_default(account, field=("id",))
    count = catalogue.live_users_of_account(acting.session, account.number)
    require_unused(account.number, count=count)


def _require_not_default(account: LedgerAccount, *, field: tuple[str | int, ...]) -> None:
    if account.number == DEFAULT_ACCOUNT:
        raise Refusal(LEDGER_ACCOUNT_DEFAULT(field=field, code=account.number))
