"""Many products at once: found by id or SKU, else created; judged together, then written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from domain.catalogue import Product
from domain.catalogue_rules import judge_code, judge_product
from domain.errors import FIELD_INVALID, NOT_FOUND, RECORD_ARCHIVED, Issue, Refusal
from domain.form import Form, one_line
from domain.takeover.candidate import Change
from persistence import catalogue
from persistence.organisations import the_organisation
from persistence.reading import Wanted, load_by_ids
from resolvers._judging import placed
from resolvers._mutation import Acting, Payload
from resolvers.keeping._editing_inputs import given
from resolvers.settling._cataloguing import shelf_for
from resolvers.settling._cataloguing_inputs import ProductItem
from resolvers.settling._keeping import assign
from schema.catalogue import PRODUCT
from schema.import_file import shown_changes
from schema.node import optional_key
from schema.payload import BulkOutcome, bulk_counts
from schema.scalars import plain
from schema.user_error import user_errors


@dataclass(slots=True)
class Upsert:
    """One item: what was asked, the product it is of, what is wrong, what will change."""

    item: ProductItem
    asked: Mapping[str, Any]
    key: int | None = None
    product: Product | None = None
    made: int | None = None
    """The identifier of a product that was just made."""
    form: Form | None = None
    issues: list[Issue] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    @property
    def is_refused(self) -> bool:
        return any(issue.is_red for issue in self.issues)

    @property
    def sku(self) -> str:
        """The SKU as it is kept."""
        return one_line(self.asked.get("sku") or "").upper()

    @property
    def outcome(self) -> BulkOutcome:
        if self.is_refused:
            return BulkOutcome.REJECTED
        if self.key is None:
            return BulkOutcome.CREATED
        return BulkOutcome.UPDATED if self.changes else BulkOutcome.UNCHANGED


def judge(acting: Acting, items: Sequence[ProductItem]) -> list[Upsert]:
    """What each item would do, in their order; nothing is written."""
    upserts = [_read(item) for item in items]
    by_id = catalogue.products_by_id(acting.session, {one.key for one in upserts if one.key})
    by_sku = catalogue.products_by_sku(acting.session, {one.sku for one in upserts if one.sku})
    shelf = shelf_for(acting, [one.asked for one in upserts])
    currency = the_organisation(acting.session).currency
    seen: set[object] = set()
    for one in upserts:
        _find(one, by_id, by_sku)
        if one.is_refused:
            continue
        one.form = judge_product(one.asked, present=one.product, shelf=shelf, currency=currency)
        one.issues += one.form.issues
        one.issues += _of_the_sku(acting, one, by_sku)
        one.issues += _told_twice(one, seen)
    _tell_changes(acting, upserts)
    return upserts


def _read(item: ProductItem) -> Upsert:
    upsert = Upsert(item, given(item))
    try:
        upsert.key = optional_key(item.id, "product", field=("id",))
    except Refusal as refusal:
        upsert.issues += refusal.issues
    return upsert


def _find(one: Upsert, by_id: Mapping[int, Product], by_sku: Mapping[str, Product]) -> None:
    """The product that the item is of: by its identifier, else by its SKU."""
    if one.is_refused:
        return
    if one.key is not None:
        one.product = by_id.get(one.key)
        if one.product is None:
            identifier = f"product_{one.key}"
            one.issues.append(NOT_FOUND(field=("id",), noun="product", key=identifier))
    elif one.sku:
        one.product = by_sku.get(one.sku)
    if one.product is not None:
        one.key = one.product.id
        if one.product.archived_at is not None:
            name = ("sku",) if one.item.id is None else ("id",)
            one.issues.append(RECORD_ARCHIVED(field=name, noun="product", key=one.product.sku))


def _of_the_sku(acting: Acting, one: Upsert, by_sku: Mapping[str, Product]) -> list[Issue]:
    if one.form is None or one.product is None:
        return []
    before = one.product.sku
    return judge_code(
        one.form,
        "sku",
        one.product,
        holder=by_sku.get(one.sku),
        named_by=lambda: catalogue.named_by_sku(acting.session, before),
    )


def _told_twice(one: Upsert, seen: set[object]) -> list[Issue]:
    """A product or a SKU that stands higher in the call: which of the two is meant?"""
    if one.is_refused:
        return []
    marks = {mark for mark in (one.sku, one.key) if mark}
    if marks & seen:
        name = "sku" if one.sku in seen else "id"
        return [FIELD_INVALID(field=(name,), name="The product", reason="it is given twice")]
    seen |= marks
    return []


def _tell_changes(acting: Acting, upserts: Sequence[Upsert]) -> None:
    differing = [
        (one, one.form.changes(one.product))
        for one in upserts
        if one.form is not None and one.product is not None and not one.is_refused
    ]
    pairs = [changes.get("tax_code_id", ()) for _, changes in differing]
    codes = catalogue.codes_of(acting.session, {key for pair in pairs for key in pair if key})
    for one, changes in differing:
        for name, (before, after) in changes.items():
            if name == "tax_code_id":
                name, before, after = "tax_code", codes.get(before), codes.get(after)
            one.changes.append(Change(name, _told(before), _told(after)))


def _told(value: Any) -> Any:
    return plain(value) if isinstance(value, Decimal) else value


def keep(acting: Acting, upserts: Sequence[Upsert]) -> None:
    """Writes what was not refused; each then knows its product."""
    made: list[tuple[Upsert, Product]] = []
    for one in upserts:
        if one.is_refused or one.form is None:
            continue
        if one.product is None:
            made.append((one, Product(**one.form.columns)))
        else:
            assign(one.product, one.form.columns)
    acting.session.flush()
    keys = catalogue.insert_products(acting.session, [product for _, product in made])
    for (one, _), key in zip(made, keys, strict=True):
        one.made = key


def results(acting: Acting, upserts: Sequence[Upsert], *, stopped: bool, fields: Wanted) -> Payload:
    """What became of each item, in their order; `stopped` tells that one refused all."""
    keys = [one.made or one.key for one in upserts]
    nodes = load_by_ids(acting.session, PRODUCT, fields, (key for key in keys if key))
    told = []
    for index, one in enumerate(upserts):
        said = [placed(issue, "items", index) for issue in one.issues]
        told.append(
            {
                "index": index,
                "external_reference": one.item.external_reference,
                "outcome": BulkOutcome.SKIPPED if stopped and not one.is_refused else one.outcome,
                "node": nodes.get(one.made or one.key or 0),
                "changes": shown_changes(one.changes),
                "user_errors": user_errors(said, acting.caller.locale),
            }
        )
    return {"counts": bulk_counts(told), "results": told}
