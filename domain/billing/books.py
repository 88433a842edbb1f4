"""What the formulas of billing are applied to: the terms, time, claims and figures of contracts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

from domain.catalogue import TaxCode
from domain.invoice.claim import ClaimKind
from domain.ledger import PhaseFigures
from domain.money import from_minor, nearer_nothing
from domain.project.model import (
    BillingMethod,
    ContractStatus,
    Periodicity,
    PhaseKind,
    ProjectStatus,
    Timing,
)


class Worked(NamedTuple):
    """Billable time that no line bills yet."""

    id: int
    collaborator_id: int
    collaborator: str
    worked_on: date
    hours: Decimal
    approved: bool
    own_rate: Decimal | None
    """Of the collaborator, None where it is in another currency than the project."""
    phase_id: int | None
    contract_id: int | None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A period that a line bills."""

    kind: ClaimKind
    starts_on: date
    ends_on: date
    net: int
    """Of the line, less what was credited of it."""
    covered: int = 0
    """What had been billed of the period before that line."""
    hours: Decimal = Decimal(0)
    """Hours beyond the block that the line settles."""
    credited: int = 0
    """What was credited of the line."""
    agreed: int | None = None
    """What the period came to when the line was drawn; None where that is not known."""
    bought: Decimal | None = None
    """Hours of the block that the line sells; None where that is not known."""

    @property
    def price(self) -> int:
        """What is to be billed of the period in all: a line lowered by hand gave up the rest."""
        whole = self.net + self.credited + self.covered
        return whole if self.agreed is None else nearer_nothing(whole, self.agreed)


@dataclass(frozen=True, slots=True)
class Rest:
    """What a line without a claim bills of a period that another line bills in part."""

    kind: ClaimKind
    starts_on: date
    net: int
    """Of the line, less what was credited of it."""
    given_up: int = 0
    """By how much the line was lowered by hand."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a line of time took of an entry that it does not bill: a cap cut the entry in two.

    Below nothing: what it took less of an entry that it bills, since another line had it.
    """

    phase_id: int
    entry_id: int
    collaborator_id: int
    rate: Decimal
    amount: int


@dataclass(frozen=True, slots=True)
class Carried:
    """What the parts of entries come to, line after line."""

    paid: Mapping[int, int] = field(default_factory=dict)
    """By time entry: what is billed of it without a line that bills it."""
    owed: Mapping[tuple[int, Decimal], Sequence[tuple[int, int]]] = field(default_factory=dict)
    """By collaborator and rate: entries with what is missing of them, since the line that had
    taken a part is gone; the line that bills the entry stays."""


class PhaseTerms(NamedTuple):
    """What was agreed of a phase; the fields are its columns."""

    id: int
    contract_id: int
    code: str
    name: str
    currency: str
    kind: PhaseKind
    start_date: date | None
    end_date: date | None
    hourly_rate_minor: int | None
    hours: Decimal | None
    periodicity: Periodicity | None
    vat_rate: Decimal | None
    fee_minor: int = 0
    ledger_account: str | None = None
    sku: str | None = None


class PhaseBooks(NamedTuple):
    """A phase with all that its items are made of."""

    terms: PhaseTerms
    figures: PhaseFigures
    worked: Sequence[Worked] = ()
    claimed: Sequence[Claimed] = ()
    rests: Sequence[Rest] = ()
    carried: Carried = Carried()
    fee_changes: Sequence[tuple[date, int]] = ()
    """Adjustments of the fee, by their day; of what is billed by periods."""

    def fee_on(self, day: date) -> int:
        """The fee in force on `day`: without the adjustments of later days."""
        later = sum(amount for since, amount in self.fee_changes if since > day)
        return self.figures.adjusted_fee - later

    @property
    def has_fee(self) -> bool:
        """Whether there is one on any day."""
        return self.figures.adjusted_fee != 0 or bool(self.fee_changes)


class ContractTerms(NamedTuple):
    """What was agreed of a contract, and who is concerned."""

    id: int
    name: str
    billing_method: BillingMethod
    status: ContractStatus
    taxable: bool
    timing: Timing
    rollover: bool
    cap_minor: int | None
    hourly_rate_minor: int | None
    project_id: int
    project_code: str
    project_status: ProjectStatus
    currency: str
    client_id: int
    updated_on: date
    project_updated_on: date


@dataclass(frozen=True, slots=True)
class Addressed:
    """Who would invoice whom, in which language and with which taxes."""

    client_name: str
    language: str
    country: str
    """Of the building: its rates apply."""
    regime: str
    """Whose VAT is due of the project, or why none is."""
    entity_id: int | None
    """None where there are several and nobody chose."""
    commitment_no: str | None
    taxes: Mapping[int, TaxCode | None]
    """By phase; None where no tax code answers."""


@dataclass(frozen=True, slots=True)
class Reserved:
    """The batch that holds an item."""

    batch: str
    since: date


@dataclass(frozen=True, slots=True)
class Held:
    """What pro formas hold of a contract: the first of them, and since when."""

    number: str
    since: date


@dataclass(frozen=True, slots=True)
class Deposited:
    """A final deposit of the project; `left` is what no document deducts, in minor units."""

    number: str
    left: int


NOTHING_RESERVED: Mapping[str, Reserved] = MappingProxyType({})


class ContractBooks(NamedTuple):
    """A contract with its phases; `stray` is time on it that names none of several phases."""

    terms: ContractTerms
    phases: Sequence[PhaseBooks]
    stray: Sequence[Worked] = ()
    held: Held | None = None
    put_away: int = 0
    """Billed, given up or held of its phases that are archived: it is in the cap all the same."""
    deposits: Sequence[Deposited] = ()
    missing: Sequence[str] = ()
    """Particulars of the parties that the law wants and that are not known."""
    entities: str | None = None
    """Those to choose from, where nobody said who invoices."""
    addressed: Addressed = Addressed("", "fr", "FR", "FR", None, None, MappingProxyType({}))
    reserved: Mapping[str, Reserved] = NOTHING_RESERVED
    """By key of the item: what batches hold."""


def hourly_rate(contract: ContractTerms, phase: PhaseTerms) -> Decimal | None:
    """The price of an hour: of the phase, else of the contract."""
    for minor in (phase.hourly_rate_minor, contract.hourly_rate_minor):
        if minor:
            return from_minor(minor, phase.currency)
    return None


def claimed_by(basis: Mapping[str, Any], *, net: int, credited: int, **period: Any) -> Claimed:
    """The claim of a line of `net`, of which `credited` was credited; `period` as `Claimed`."""
    covered = basis.get("covered", 0)
    is_block = period["kind"] is ClaimKind.BLOCK and basis.get("hours") is not None
    return Claimed(
        **period,
        net=net - credited,
        covered=covered,
        hours=Decimal(basis.get("hours") or 0) if "used" in basis else Decimal(0),
        credited=credited + basis.get("credited_before", 0),
        agreed=basis["amount"] + covered if "amount" in basis else None,
        bought=Decimal(basis["hours"]) if is_block else None,
    )


def rest_by(basis: Mapping[str, Any], *, net: int, credited: int) -> Rest:
    """What such a line bills of a period that another one claims; credited whole, nothing.

    Lowered to nothing, it gives up all of it.
    """
    whole = net + basis.get("credited_before", 0)
    given_up = basis["amount"] - nearer_nothing(whole, basis["amount"])
    return Rest(
        kind=ClaimKind(basis["rest_of"]),
        starts_on=date.fromisoformat(basis["start"]),
        net=net - credited,
        given_up=given_up if credited == 0 or net != credited else 0,
    )


def parts_of(basis: Mapping[str, Any], *, net: int, phase_id: int) -> Iterator[Part]:
    """The parts of entries that a line of `net` takes, as its basis tells them.

    Lowered by hand, it takes so much less of entries that it does not bill, from the last one.
    """
    less = max(0, basis["amount"] - net - basis.get("credited_before", 0))
    for entry_id, amount in reversed(basis["parts"]):
        dropped = min(less, max(0, amount))
        less -= dropped
        yield Part(
            phase_id=phase_id,
            entry_id=entry_id,
            collaborator_id=basis["collaborator_id"],
            rate=Decimal(basis["rate"]),
            amount=amount - dropped,
        )


def carried_of(parts: Iterable[Part], phases: Iterable[int]) -> dict[int, Carried]:
    """By phase: what is billed of entries in part, wherever they are now, and what is missing."""
    sums: dict[int, int] = defaultdict(int)
    lower: dict[int, Part] = {}
    for part in parts:
        sums[part.entry_id] += part.amount
        if part.amount < 0:
            lower[part.entry_id] = part
    paid = {key: amount for key, amount in sums.items() if amount > 0}
    owed: dict[int, dict[tuple[int, Decimal], list[tuple[int, int]]]] = defaultdict(dict)
    for key, amount in sorted(sums.items()):
        if amount < 0:
            of = lower[key]
            group = owed[of.phase_id].setdefault((of.collaborator_id, of.rate), [])
            group.append((key, -amount))
    return {key: Carried(paid, owed.get(key, {})) for key in phases}
