"""What was received of an invoice, told by rate of VAT: to the cent, however it was paid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

Amounts = list[tuple[Decimal, int]]
"""Minor units by rate (percent), VAT included."""


def by_rate(received: int, gross: Mapping[Decimal, int]) -> dict[Decimal, int]:
    """`received` in the proportions of `gross`, what each rate comes to, credits taken off.

    Cents that are left fall to the rates that come nearest to one more (largest remainders), so
    that the parts add up; paid in full, each is what its rate comes to.
    """
    total = sum(gross.values())
    if not total:
        # All was credited: what is left was received at the rate that weighs most, or the highest.
        most = max(gross, key=lambda rate: (abs(gross[rate]), rate))
        return {rate: received if rate == most else 0 for rate in gross}
    parts = {rate: divmod(received * minor, total) for rate, minor in gross.items()}
    shares = {rate: whole for rate, (whole, _) in parts.items()}
    left = received - sum(shares.values())
    # divmod rounds down: what is left is never below nothing, and less than one each.
    for rate in sorted(gross, key=lambda one: (-parts[one][1], -one))[:left]:
        shares[rate] += 1
    return shares


def left_to_tell(wanted: Mapping[Decimal, int], told: Iterable[tuple[Decimal, int]]) -> Amounts:
    """What has to be told beside what was `told` for each rate to come to what is `wanted`."""
    left = dict(wanted)
    for rate, minor in told:
        left[rate] = left.get(rate, 0) - minor
    return [(rate, minor) for rate, minor in sorted(left.items(), reverse=True) if minor]
