"""Totals of what was billed and of fixed fees, per currency."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import strawberry

from persistence.ledger.totals import Total, TotalsBy
from persistence.reading import Noun
from schema.client import CLIENT, Client
from schema.project import CONTRACT, PHASE, PROJECT, Contract, Phase, Project
from schema.scalars import Money, money

strawberry.enum(TotalsBy, description="What totals are summed up by.")

OF: Mapping[TotalsBy, tuple[str, Noun]] = {
    TotalsBy.PHASE: ("phase", PHASE),
    TotalsBy.CONTRACT: ("contract", CONTRACT),
    TotalsBy.PROJECT: ("project", PROJECT),
    TotalsBy.CLIENT: ("client", CLIENT),
}
"""The field of `Totals` that says whose they are."""


@strawberry.type(description="Sums of figures F1–F6 over the phases that are billed by progress.")
class FeeTotals:
    adjusted_fee: Money
    history: Money
    already_billed: Money
    written_off: Money
    reserved: Money = strawberry.field(description="Held by pro formas; nothing as of a past day.")
    remaining_to_bill: Money
    earned: Money
    billable_now: Money = strawberry.field(
        description="Phase by phase: what is due on one never makes good what is over-billed on "
        "another."
    )
    over_billed: Money


@strawberry.type(description="One phase, contract, project, client or the firm, in one currency.")
class Totals:
    phase: Phase | None
    contract: Contract | None
    project: Project | None
    client: Client | None
    currency: str
    fixed_fees: FeeTotals
    taken_over: Money = strawberry.field(
        description="Net, whatever the way of billing: history and its corrections."
    )
    invoiced: Money = strawberry.field(description="Net of final invoices, deposits left out.")
    credited: Money = strawberry.field(description="Net of credit notes on them.")
    deposits: Money = strawberry.field(description="Net, less what was taken off final invoices.")


def shown(by: TotalsBy, row: Total, of: Mapping[int, Any]) -> dict[str, Any]:
    """A row of totals as the API shows it; `of` are the records asked for, by key."""
    sums = {name: money(minor, row.currency) for name, minor in row.sums.items()}
    whose: dict[str, Any] = dict.fromkeys((name for name, _ in OF.values()))
    if by in OF:
        whose[OF[by][0]] = of.get(row.key)
    return {
        **whose,
        "currency": row.currency,
        "fixed_fees": {
            "adjusted_fee": sums["adjusted_fee"],
            "history": sums["history"],
            "already_billed": sums["billed"],
            "written_off": sums["written_off"],
            "reserved": sums["reserved"],
            "remaining_to_bill": sums["remaining"],
            "earned": sums["earned"],
            "billable_now": sums["billable_now"],
            "over_billed": sums["over_billed"],
        },
        "taken_over": sums["taken_over"],
        "invoiced": sums["invoiced"],
        # Entries of credit notes are below nothing; what was credited is told as an amount.
        "credited": money(-row.sums["credited"], row.currency),
        "deposits": sums["deposits"],
    }
