"""What a batch would bill: items with all that decides on which invoice they come (DOMAIN §2.5)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from domain.batch.listed import Listed
from domain.batch.model import Grouping
from domain.billing.assessment import Assessment
from domain.billing.books import Addressed
from domain.billing.item import Blocker, Item, ItemKind
from domain.catalogue import TaxCode
from domain.invoice.projects import vat_territory
from domain.invoice.totals import Tax, total
from domain.money import share

_PRINT_BITS = 44
"""Of a fingerprint: a hundred thousand of them still add up within 63 bits."""


class Bundle(NamedTuple):
    """What must be alike on one invoice (B26)."""

    entity_id: int
    client_id: int
    currency: str
    regime: str
    """Of the VAT: the reason why none is charged, else where it is due."""
    commitment_no: str | None
    """The purchase order: a public buyer refuses an invoice that names another one."""
    language: str

    @property
    def digest(self) -> str:
        return _digest(self)


class PlannedItem(NamedTuple):
    """An item with the invoice it comes on."""

    item: Item
    bundle: Bundle
    tax: TaxCode | None
    selectable: bool
    blockers: tuple[Blocker, ...] = ()
    """Its own, and those of its contract."""
    described: str = ""
    """What its line calls the phase."""
    taxed: str = "None"
    """What a fingerprint writes of the tax."""

    @property
    def fingerprint(self) -> int:
        """Of the amount, sources, parties, tax and words of its line: one that differs, another.

        Not of the room that others leave under a cap: it may change where the amount does not.
        """
        item = self.item
        basis: Mapping[str, Any] = item.basis
        if "room" in basis or type(basis) is not dict:
            basis = {name: value for name, value in basis.items() if name != "room"}
        # As one tuple of all this is written: kept lists are compared with it.
        made_of = (
            f"({item.key!r}, {_KINDS[item.kind]}, {item.phase_id!r}, {item.amount!r},"
            f" {item.period!r}, {item.rate!r}, {item.entries!r}, {basis!r},"
            f" {_written(self.bundle)}, {self.described!r}, {self.taxed})"
        )
        found = hashlib.blake2b(made_of.encode(), digest_size=8).digest()
        return int.from_bytes(found, "big") >> (64 - _PRINT_BITS)

    @property
    def hours(self) -> Decimal:
        """The hours that its line bills (B12)."""
        if self.item.entries:
            sources = self.item.basis.get("sources", ())
            return sum((Decimal(hours) for _, _, hours in sources), Decimal(0))
        is_beyond = self.item.kind is ItemKind.OVERAGE
        return (self.item.hours or Decimal(0)) if is_beyond else Decimal(0)


_KINDS = {kind: repr(kind.value) for kind in ItemKind}


@lru_cache(maxsize=4096)
def _written(bundle: Bundle) -> str:
    return repr(tuple(bundle))


@lru_cache(maxsize=4096)
def _digest(bundle: Bundle) -> str:
    return hashlib.blake2b(_written(bundle).encode(), digest_size=16).hexdigest()


def planned(one: Assessment) -> Iterator[PlannedItem]:
    """The items of a contract, ready or not, each with the invoice it would come on."""
    addressed = one.books.addressed
    of_tax: dict[int, tuple[str, Bundle]] = {}
    bundles: dict[str, Bundle] = {}
    named = {phase.terms.id: f"{phase.terms.code} {phase.terms.name}" for phase in one.books.phases}
    is_locked, of_contract = one.is_locked, tuple(one.blockers)
    for item in one.items:
        tax = addressed.taxes.get(item.phase_id)
        # By what it is in memory: a column of a record is read many times slower.
        key = id(tax)
        if key not in of_tax:
            regime = regime_of(addressed, tax)
            if regime not in bundles:
                bundles[regime] = bundle_of(one, regime)
            written = repr(None if tax is None else (tax.id, tax.rate, tax.mention))
            of_tax[key] = written, bundles[regime]
        taxed, bundle = of_tax[key]
        selectable = item.selectable and not is_locked
        blockers = of_contract + item.blockers
        described = named.get(item.phase_id, "")
        yield PlannedItem(item, bundle, tax, selectable, blockers, described, taxed)


def bundle_of(one: Assessment, regime: str) -> Bundle:
    terms, addressed = one.books.terms, one.books.addressed
    return Bundle(
        entity_id=addressed.entity_id or 0,
        client_id=terms.client_id,
        currency=terms.currency,
        regime=regime,
        commitment_no=addressed.commitment_no,
        language=addressed.language,
    )


def regime_of(addressed: Addressed, tax: TaxCode | None) -> str:
    """How the VAT of a line comes about; what has no tax code spoils no other invoice.

    A line that is exempt in a project that is not, or the other way round, goes on its own.
    """
    if tax is None:
        return f"{addressed.regime}?"
    own = tax.exemption or vat_territory(addressed.country)
    return own if own == addressed.regime else f"{addressed.regime}/{own}"[:40]


class Part(NamedTuple):
    """What items of one contract, invoice and tax come to, in minor units."""

    bundle: str
    contract_id: int
    currency: str
    tax: Tax | None
    net: int
    items: int
    tickets: int
    hours: Decimal
    fingerprints: int
    """Their sum."""


@dataclass(frozen=True, slots=True)
class BatchTotals:
    """The live figures of a selection, in one currency (B10–B15)."""

    currency: str
    invoices: int
    """Factures à créer."""
    contracts: int
    items: int
    tickets: int
    """Tickets non facturés."""
    hours: Decimal
    """Heures travaillées."""
    net: int
    """Montant facturable."""
    vat: int
    """Taxe: of each invoice, per rate, only of taxable contracts."""

    @property
    def gross(self) -> int:
        return self.net + self.vat


def invoice_key(grouping: Grouping, *, contract_id: int, bundle: str) -> tuple[int, str]:
    """What tells the invoices of a batch apart."""
    return (contract_id if grouping is Grouping.PER_CONTRACT else 0, bundle)


def totals_of(parts: Iterable[Part], grouping: Grouping) -> list[BatchTotals]:
    """The live figures by currency; the VAT is that of the invoices that would be made."""
    invoices: dict[str, dict[tuple[int, str], list[tuple[int, Tax | None]]]] = {}
    own: dict[str, list[Part]] = {}
    for part in parts:
        key = invoice_key(grouping, contract_id=part.contract_id, bundle=part.bundle)
        lines = invoices.setdefault(part.currency, {}).setdefault(key, [])
        lines.append((part.net, part.tax))
        own.setdefault(part.currency, []).append(part)
    return [
        BatchTotals(
            currency=currency,
            invoices=len(invoices[currency]),
            contracts=len({part.contract_id for part in some}),
            items=sum(part.items for part in some),
            tickets=sum(part.tickets for part in some),
            hours=sum((part.hours for part in some), Decimal(0)),
            net=sum(part.net for part in some),
            vat=sum(_vat(lines, currency) for lines in invoices[currency].values()),
        )
        for currency, some in sorted(own.items())
    ]


def _vat(lines: Sequence[tuple[int, Tax | None]], currency: str) -> int:
    """The VAT of an invoice; one of a single tax, as most are, has a single sum to round."""
    if len(lines) > 1:
        return total(lines, currency=currency).vat
    ((net, tax),) = lines
    return 0 if tax is None else share(net, tax.rate, currency)


class Sums(NamedTuple):
    """What all that is selected comes to, whatever its currency: to tell plans apart."""

    items: int
    fingerprints: int
    net: int
    currencies: Sequence[str]
    """In their order."""


def sums_of(items: Iterable[Listed]) -> Sums:
    """What these items come to."""
    count = fingerprints = net = 0
    currencies: set[str] = set()
    for item in items:
        count += 1
        fingerprints += item.fingerprint
        net += item.amount_minor
        currencies.add(item.currency)
    return Sums(count, fingerprints, net, sorted(currencies))


def plan_hash(*, batch_id: int, cut_off: date, grouping: Grouping, sums: Sums) -> str:
    """What stands for a plan: another selection, grouping or content, another hash."""
    content = (
        *(batch_id, cut_off.isoformat(), grouping.value),
        *(sums.items, sums.fingerprints, list(sums.currencies), sums.net),
    )
    return hashlib.sha256(repr(content).encode()).hexdigest()[:40]
