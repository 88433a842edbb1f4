"""The VAT of each line of a document, so that the lines add up to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from domain.invoice.credit import groups_of
from domain.invoice.model import Invoice, InvoiceLine, LineKind
from domain.invoice.totals import Tax
from domain.money import share


def vat_of_lines(
    invoice: Invoice, lines: Sequence[InvoiceLine], taxes: Mapping[int, Tax]
) -> list[int]:
    """The VAT of each line: that of its net, and with the largest line what roundings leave.

    The VAT of an invoice is that of the sums per rate (DOMAIN §2.6): what its lines bear alone
    differs from it by some cents, which stay within their rate.
    """
    shares = [0] * len(lines)
    members: dict[Tax | None, list[int]] = {}
    for place, line in enumerate(lines):
        if line.kind is not LineKind.TEXT:
            tax = taxes.get(line.tax_code_id or 0)
            members.setdefault(tax, []).append(place)
            if tax is not None:
                shares[place] = share(line.net_minor, tax.rate, invoice.currency)

    def settle(places: Sequence[int], vat: int) -> None:
        largest = max(places, key=lambda place: (abs(lines[place].net_minor), -place))
        shares[largest] += vat - sum(shares[place] for place in places)

    for group in groups_of(invoice):
        if group.tax in members:
            settle(members[group.tax], group.vat)
    if everywhere := [place for places in members.values() for place in places]:
        settle(everywhere, invoice.vat_minor)
    return shares
