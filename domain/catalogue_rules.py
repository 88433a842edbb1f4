"""What products, tax codes and ledger accounts may say, and what they keep once they were used."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from domain.base import Versioned
from domain.catalogue import (
    CATALOGUE_CODE_KEPT,
    CATALOGUE_CODE_TAKEN,
    CATALOGUE_IN_USE,
    LEDGER_ACCOUNT_UNKNOWN,
    TAX_CODE_FROZEN,
    TAX_CODE_UNKNOWN,
    TAX_EXEMPTION_NEEDLESS,
    TAX_EXEMPTION_OF_CATEGORY,
    TAX_MENTION_REQUIRED,
    TAX_RATE_OF_CATEGORY,
    TAX_RATE_UNLISTED,
    AccountType,
    LedgerAccount,
    Product,
    TaxCode,
)
from domain.errors import RECORD_ARCHIVED, Issue, IssueKind, Refusal
from domain.form import Form, one_line
from domain.tax import EXEMPTIONS, HIGHEST_RATE, ExemptionReason, VatCategory, is_rate_of

_UNIT = re.compile(r"[A-Z0-9]{2,3}")
_VATEX = re.compile(r"VATEX-[A-Z0-9]{2,3}(?:-[A-Z0-9-]{1,20})?")
_TAXED = (VatCategory.STANDARD, VatCategory.ZERO)
"""The categories that tell no reason (EN 16931, BR-S-10 and BR-Z-10)."""

_FROZEN = {
    "rate": "its rate",
    "category": "its category",
    "exemption": "its exemption",
    "country": "its country",
}
"""What makes a tax the tax it is. Its code, its mention and its account may follow the law."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """The tax codes and accounts that are named, by code and number; archived ones too."""

    tax_codes: Mapping[str, TaxCode] = field(default_factory=dict)
    accounts: Mapping[str, LedgerAccount] = field(default_factory=dict)


def judge_product(
    asked: Mapping[str, Any], *, present: Product | None, shelf: Shelf, currency: str
) -> Form:
    """What is to be kept of a product; `currency` is that of a new one that names none.

    What it refers to must be there and not archived, unless the product has it already.
    """
    form = Form(asked, is_new=present is None)
    form.code("sku", "The SKU", upper=True)
    form.text("name", "The name", longest=255, required=True)
    form.matching(
        "unit",
        "The unit",
        _UNIT.fullmatch,
        "it must be a code of UN/ECE Rec 20 such as C62, HUR, DAY or LS",
        upper=True,
        empty="C62",
    )
    form.number("unit_price", "The unit price", decimals=6, empty=Decimal(0))
    form.currency(default=currency)
    form.as_given("active", "The product", empty=True)
    _account(form, "ledger_account", shelf, present)

    def tax_code(code: str) -> int | None:
        key = one_line(code).upper()
        if not key:
            return None
        held = present.tax_code_id if present else None
        found = shelf.tax_codes.get(key)
        _require_usable(found, "tax_code", key, TAX_CODE_UNKNOWN, held=_is(found, held))
        return found.id if found else None

    form.take("tax_code", tax_code, said="The tax code")
    if "tax_code" in form.columns:
        form.columns["tax_code_id"] = form.columns.pop("tax_code")
    return form


def _is(record: TaxCode | None, key: int | None) -> bool:
    return record is not None and record.id == key


def _account(form: Form, name: str, shelf: Shelf, present: Any) -> None:
    """A ledger account by its number."""

    def judge(number: str) -> str | None:
        key = one_line(number)
        if key:
            held = getattr(present, name, None) == key
            found = shelf.accounts.get(key)
            _require_usable(found, name, key, LEDGER_ACCOUNT_UNKNOWN, held=held)
        return key or None

    form.take(name, judge, said="The ledger account")


def _require_usable(
    record: Versioned | None, name: str, code: str, unknown: IssueKind, *, held: bool
) -> None:
    if held:
        return
    if record is None:
        raise Refusal(unknown(field=(name,), code=code[:60]))
    require_live(record, field=(name,), noun=name.replace("_", " "), code=code)


def require_live(record: Versioned, *, field: tuple[str | int, ...], noun: str, code: str) -> None:
    """RECORD_ARCHIVED for what was put away: nothing new is made with it."""
    if record.archived_at is not None:
        raise Refusal(RECORD_ARCHIVED(field=field, noun=noun, key=code))


def judge_account(asked: Mapping[str, Any], *, present: LedgerAccount | None) -> Form:
    """What is to be kept of a ledger account."""
    form = Form(asked, is_new=present is None)
    form.code("number", "The number")
    form.text("label", "The label", longest=255, required=True)
    form.as_given("account_type", "The type", empty=AccountType.REVENUE)
    return form


def judge_tax_code(
    asked: Mapping[str, Any], *, present: TaxCode | None, shelf: Shelf, country: str
) -> Form:
    """What is to be kept of a tax code; `country` is that of a new one that names none.

    An exemption that we know brings its category, its VATEX code and its mention with it.
    """
    form = Form(asked, is_new=present is None)
    form.code("code", "The code", upper=True)
    form.country(default=country)
    form.number("rate", "The rate", decimals=4, most=HIGHEST_RATE, required=True)
    form.choice("exemption", "The exemption", allowed=list(ExemptionReason))
    exemption = form.columns.get("exemption")
    known = EXEMPTIONS[ExemptionReason(exemption)] if exemption else None
    form.as_given("category", "The category", required=known is None)
    form.matching(
        "reason_code",
        "The reason code",
        _VATEX.fullmatch,
        "it must be a VATEX code such as VATEX-EU-AE",
        upper=True,
    )
    form.text("mention", "The mention", longest=500)
    _account(form, "vat_account", shelf, present)
    if known is not None:
        form.columns["category"] = form.columns.get("category") or known.category
        form.columns.setdefault("reason_code", known.reason_code)
        form.columns["mention"] = form.columns.get("mention") or known.mention
    if not form.is_refused:
        form.issues += _of_one_piece(form, present)
    return form


def _of_one_piece(form: Form, present: TaxCode | None) -> list[Issue]:
    """Rate, category, exemption and mention have to agree (EN 16931, BR-S, BR-Z, BR-E, BR-AE …)."""
    rate, category = form.merged("rate", present), form.merged("category", present)
    issues = []
    if (rate > 0) is not (category is VatCategory.STANDARD):
        issues.append(
            TAX_RATE_OF_CATEGORY(field=("rate",), found=f"{rate:f}", category=category.value)
        )
    issues += _reason(form, present, category)
    country = form.merged("country", present)
    is_told = {"rate", "country"} & form.columns.keys()
    if is_told and category is VatCategory.STANDARD and is_rate_of(country, rate) is False:
        issues.append(TAX_RATE_UNLISTED(field=("rate",), found=f"{rate:f}", country=country))
    return issues


def _reason(form: Form, present: TaxCode | None, category: VatCategory) -> list[Issue]:
    exemption, mention = form.merged("exemption", present), form.merged("mention", present)
    if category in _TAXED:
        told = exemption or form.merged("reason_code", present)
        if told or (mention and category is VatCategory.STANDARD):
            return [TAX_EXEMPTION_NEEDLESS(field=("category",), category=category.value)]
        return []
    if not mention:
        return [TAX_MENTION_REQUIRED(field=("mention",), category=category.value)]
    expected = EXEMPTIONS[ExemptionReason(exemption)].category if exemption else category
    if expected is not category:
        return [
            TAX_EXEMPTION_OF_CATEGORY(
                field=("exemption",),
                exemption=exemption,
                expected=expected.value,
                found=category.value,
            )
        ]
    return []


def frozen(form: Form, present: TaxCode, *, is_issued: bool) -> list[Issue]:
    """TAX_CODE_FROZEN for what a tax code keeps once a legal invoice has a line with it.

    The line names the code and no rate of its own: another rate would be another past, in lists,
    in credit notes and in exports, though the paper and its totals are frozen.
    """
    if not is_issued:
        return []
    return [
        TAX_CODE_FROZEN(
            field=(name,),
            code=present.code,
            particular=_FROZEN[name],
            expected=_written(before),
        )
        for name, (before, _) in form.changes(present).items()
        if name in _FROZEN
    ]


def _written(value: Any) -> str:
    match value:
        case Decimal():
            return f"{value.normalize():f}"
        case None:
            return "–"
    return str(value)


def judge_code(
    form: Form, name: str, present: Any, *, holder: Any, named_by: Callable[[], int]
) -> list[Issue]:
    """What speaks against the code in the column `name`: somebody has it, or is named by the old.

    `holder` is the record that has it; `named_by` counts those that name the present one as text.
    """
    code = form.columns.get(name)
    if code is None or (present is not None and code == getattr(present, name)):
        return []
    if holder is not None and holder is not present:
        return [CATALOGUE_CODE_TAKEN(field=(name,), code=code)]
    count = named_by() if present is not None else 0
    if count:
        return [CATALOGUE_CODE_KEPT(field=(name,), code=getattr(present, name), count=count)]
    return []


def require_unused(code: str, *, count: int) -> None:
    """CATALOGUE_IN_USE while live products or tax codes refer to what is to be put away."""
    if count:
        raise Refusal(CATALOGUE_IN_USE(field=("id",), code=code, count=count))
