"""Why a line comes to its amount, in figures and in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import strawberry

from domain.invoice.basis import Rule
from domain.invoice.explanation import SENTENCES, Explanation, explain
from persistence.reading import Computed
from schema.context import Info
from schema.scalars import Money, MoneyRow, plain
from schema.telling import number_in
from words import phrase

strawberry.enum(
    Rule, name="BillingRule", description="How the amount of a line was found (explanation)."
)


@strawberry.type(description="What an amount comes from: the phase, or a time entry.")
class ExplanationSource:
    kind: str = strawberry.field(description="PHASE or TIME_ENTRY.")
    id: strawberry.ID = strawberry.field(description="Its own, in this explanation.")
    record_id: strawberry.ID = strawberry.field(
        description="That of the phase or the time entry, for `node`."
    )
    on: date | None
    hours: Decimal | None


@strawberry.type(
    description="The figures that the amount follows from; null where the rule has none. PROGRESS: "
    "value = round(fee × percent ÷ 100), amount = value − billedBefore − reserved, at most "
    "REMAINING. REMAINING: fee − billedBefore − writtenOff − reserved. TIME: value = round(hours × "
    "rate), amount = value − billedBefore, at most cap. PERIOD: value = round(fee × days ÷ "
    "wholeDays), amount = value − billedBefore. BLOCK, REST: fee − billedBefore. OVERAGE: hours = "
    "max(0, usedHours − blockHours) − hoursBefore + hoursLate, value = round(hours × rate), amount "
    "= value − billedBefore. BY_HAND: round(quantity × unitPrice × (1 − discount ÷ 100))."
)
class LineExplanation:
    rule: Rule
    amount: Money
    billed_before: Money | None
    exact: Decimal | None = strawberry.field(description="Before rounding, to six decimals.")
    value: Money | None = strawberry.field(description="`exact`, rounded once.")
    rounding: Decimal | None = strawberry.field(description="value − exact.")
    fee: Money | None
    percent: Decimal | None
    written_off: Money | None
    reserved: Money | None = strawberry.field(description="On other pro formas.")
    cap: Money | None = strawberry.field(description="What the caps had left.")
    hours: Decimal | None
    rate: Decimal | None
    days: int | None
    whole_days: int | None
    used_hours: Decimal | None
    block_hours: Decimal | None
    hours_before: Decimal | None = strawberry.field(
        description="Beyond the block, billed before; null where there are none."
    )
    hours_late: Decimal | None = strawberry.field(
        description="Of periods that were billed before they were approved; null where none are."
    )
    quantity: Decimal | None
    unit_price: Decimal | None
    discount: Decimal | None
    proposed: Money | None = strawberry.field(description="Before it was changed by hand.")
    sources: list[ExplanationSource]

    @strawberry.field(description="In the caller's language.")
    @staticmethod
    def sentence(root: strawberry.Parent[Any], info: Info) -> str:
        said: Explanation = root["explained"]
        locale = info.context.caller.locale
        facts = {name: number_in(value, locale) for name, value in said.facts.items()}
        return phrase(SENTENCES[said.rule], locale, **facts)


def _shown(row: Mapping[str, Any]) -> dict[str, Any] | None:
    found = explain(
        row["basis"],
        net=row["net_minor"],
        **{
            name: row[name]
            for name in ("currency", "phase_id", "quantity", "unit_price", "discount")
        },
    )
    if found is None:
        return None

    def amount(value: Decimal | None) -> MoneyRow | None:
        return None if value is None else {"amount": value, "currency": found.currency}

    def number(value: Decimal | None) -> Decimal | None:
        return None if value is None else plain(value)

    own = (
        *("percent", "hours", "rate", "quantity", "unit_price", "discount", "exact", "rounding"),
        *("hours_before", "hours_late"),
    )
    return {
        "explained": found,
        "rule": found.rule,
        "days": found.days,
        "whole_days": found.whole_days,
        "billed_before": amount(found.billed),
        "used_hours": number(found.used),
        "block_hours": number(found.balance),
        **{name: number(getattr(found, name)) for name in own},
        **{
            name: amount(getattr(found, name))
            for name in ("amount", "value", "fee", "written_off", "reserved", "cap", "proposed")
        },
        "sources": [
            {
                "kind": one.kind,
                "id": f"explanation_source_{row['id']}_{place}",
                "record_id": f"{one.kind.lower()}_{one.id}",
                "on": one.on,
                "hours": number(one.hours),
            }
            for place, one in enumerate(found.sources)
        ],
    }


EXPLANATION = Computed(
    ("id", "basis", "net_minor", "currency", "phase_id", "quantity", "unit_price", "discount"),
    _shown,
)
"""The field of a line that explains it."""
