"""Planning rows of Billing history and Adjustments: what a phase brings from before (DOMAIN §3.5).

A row says nothing of which record it is: the one that says exactly what is recorded already stands
for it, once for each time it was recorded. So the second upload of a file writes nothing, and two
equal rows of one file are both kept. A row that says otherwise what no row says any more is warned
of: it would count beside what it corrects.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from domain.errors import FIELD_INVALID, Issue
from domain.ledger import PhaseFigures
from domain.likeness import name_key
from domain.money import amount_text
from domain.project.adjustment import WRITE_OFF_TOO_HIGH, AdjustmentKind
from domain.project.model import BillingMethod
from domain.takeover.amounts import OF_AMOUNTS, in_minor
from domain.takeover.candidate import Candidate, Planned
from domain.takeover.issues import (
    AMOUNT_NEGATIVE_HISTORY,
    ARCHIVED_BEFORE,
    DATE_IN_FUTURE,
    OVER_BILLED,
    POSSIBLE_DUPLICATE,
)
from domain.takeover.match import Known
from domain.takeover.model import RowOutcome
from domain.takeover.phase_rows import (
    OF_REFERENCES,
    KnownPhases,
    PhaseRowPlanner,
    of_unsigned,
)
from domain.takeover.rates import OF_RATES, past_rate
from domain.takeover.retold import Retold

Facts = tuple[Any, ...]
"""All that a row says, as a key."""


@dataclass(slots=True)
class Recorded:
    """What was recorded of all phases: how often each thing, and how much in all."""

    lines: Counter[Facts] = field(default_factory=Counter)
    figures: dict[int, PhaseFigures] = field(default_factory=dict)
    numbers: Collection[str] = frozenset()
    """Of the final invoices of the firm: what they bill counts already."""
    put_away: Collection[Facts] = frozenset()
    """What was recorded and archived since: it counts no more."""


class _TakenOverPlanner(PhaseRowPlanner):
    """Adds what is not recorded yet; tells what looks recorded, or bills more than the fee."""

    names: tuple[str, ...] = ()
    """The columns that make two rows equal."""

    def __init__(self, known: KnownPhases, recorded: Recorded) -> None:
        super().__init__(known)
        self._recorded = recorded
        self._met: Counter[Facts] = Counter()
        self._alike = Counter(self._likeness(facts) for facts in recorded.lines.elements())
        self._put_away = {self._likeness(facts) for facts in recorded.put_away}
        self._retold = Retold(recorded.lines, self._gists)
        self._fee: Counter[int] = Counter()
        self._billed: Counter[int] = Counter()
        self._given_up: Counter[int] = Counter()

    def _add(self, candidate: Candidate, entry: Known) -> Planned:
        columns, issues = self._columns(candidate, entry)
        if any(issue.is_red for issue in issues):
            return Planned(candidate.row, RowOutcome.REFUSED, issues=issues)
        facts = tuple(columns[name] for name in self.names)
        if self._met[facts] < self._recorded.lines[facts]:
            return Planned(
                candidate.row, RowOutcome.UNCHANGED, columns, issues=issues, target_id=entry.id
            )
        issues += self._too_much(columns, entry)
        issues += self._looks_recorded(columns, facts)
        if self.says_all and self._likeness(facts) in self._put_away:
            shown = self._called(facts, columns["currency"])
            issues.append(ARCHIVED_BEFORE(field=(self.telling,), found=shown))
        issues += self._over_billed(columns, entry)
        issues += of_unsigned(entry)
        return Planned(candidate.row, RowOutcome.CREATE, columns=columns, issues=issues)

    def _keep(self, candidate: Candidate, planned: Planned) -> None:
        facts = tuple(planned.columns[name] for name in self.names)
        self._met[facts] += 1
        if planned.outcome is RowOutcome.CREATE:
            self._alike[self._likeness(facts)] += 1
            phase = planned.columns["phase_id"]
            fee, billed = self._weight(planned.columns)
            self._fee[phase] += fee
            self._billed[phase] += billed
            self._given_up[phase] += self._write_off(planned.columns)
            is_told = any(issue.kind is POSSIBLE_DUPLICATE for issue in planned.issues)
            if self.says_all and not is_told:
                self._retold.note(candidate.row, facts)

    def together(self, rows: Iterable[Candidate]) -> Mapping[int, Sequence[Issue]]:
        """POSSIBLE_DUPLICATE too of what is recorded otherwise, and stands so in no row."""
        told = dict(super().together(rows))
        for row, facts, other in self._retold.beside(self._recorded.lines - self._met):
            currency = str(self._known.phases.by_id[facts[0]].columns["currency"])
            found, before = (self._called(one, currency) for one in (facts, other))
            issue = POSSIBLE_DUPLICATE(field=(self.telling,), found=found, other=before)
            told[row] = [*told.get(row, ()), issue]
        return told

    @abstractmethod
    def _columns(self, candidate: Candidate, entry: Known) -> tuple[dict[str, Any], list[Issue]]:
        """What is recorded of a row, and what is to be said of its cells."""

    @abstractmethod
    def _likeness(self, facts: Facts) -> Facts:
        """What makes two rows look like one thing said twice."""

    @abstractmethod
    def _gists(self, facts: Facts) -> Iterable[Hashable]:
        """What tells that two rows speak of one thing, though they say it otherwise."""

    @abstractmethod
    def _called(self, facts: Facts, currency: str) -> str:
        """What a row tells as people would name it."""

    @abstractmethod
    def _weight(self, columns: Mapping[str, Any]) -> tuple[int, int]:
        """What the row adds to the fee and to what was billed, in minor units."""

    def _write_off(self, columns: Mapping[str, Any]) -> int:
        """What the row gives up of the fee, in minor units."""
        return 0

    def _too_much(self, columns: Mapping[str, Any], entry: Known) -> Iterable[Issue]:
        """WRITE_OFF_TOO_HIGH when the row gives up what is not left; below nothing of an annex."""
        return ()

    @abstractmethod
    def _looks_recorded(self, columns: Mapping[str, Any], facts: Facts) -> Iterable[Issue]:
        """POSSIBLE_DUPLICATE when something very much alike is recorded, or stands above."""

    def _over_billed(self, columns: Mapping[str, Any], entry: Known) -> Iterable[Issue]:
        """OVER_BILLED from the row on that brings what was billed above the adjusted fee."""
        figures = self._recorded.figures[entry.id]
        more_fee, more_billed = self._weight(columns)
        whole = figures.adjusted_fee + self._fee[entry.id] + more_fee
        # Of time a fee that comes to nothing limits nothing: whoever takes it all away is told.
        limited = any(
            figures._replace(fee=one - figures.fee_adjustment).is_limited
            for one in (whole, whole - more_fee)
        )
        if not (limited and (more_fee or more_billed)):
            return
        fee = whole - figures.written_off - self._given_up[entry.id]
        billed = figures.billed + self._billed[entry.id] + more_billed
        is_over = billed < fee if whole < 0 else billed > fee
        if is_over:
            found, expected = (amount_text(one, figures.currency) for one in (billed, fee))
            yield OVER_BILLED(field=(self.amount,), found=found, expected=expected)

    amount: str = ""
    """The column that holds the amount."""
    telling: str = ""
    """The column by which two of them are told apart."""


class HistoryPlanner(_TakenOverPlanner):
    """Rows of Billing history: each line of a past invoice."""

    codes = {
        **OF_REFERENCES,
        "amount": (*OF_AMOUNTS, AMOUNT_NEGATIVE_HISTORY, OVER_BILLED),
        "gross": OF_AMOUNTS,
        "paid": OF_AMOUNTS,
        "vat_rate": OF_RATES,
        "invoice_no": (POSSIBLE_DUPLICATE, ARCHIVED_BEFORE),
        "invoice_date": (DATE_IN_FUTURE,),
    }
    dated = "invoice_date"
    amount = entered = "amount"
    telling = "invoice_no"
    names = (
        "phase_id",
        "net_minor",
        "invoice_date",
        "invoice_no",
        "vat_rate",
        "gross_minor",
        "paid_minor",
        "comment",
    )

    def _columns(self, candidate: Candidate, entry: Known) -> tuple[dict[str, Any], list[Issue]]:
        values, currency = candidate.values, str(entry.columns["currency"])
        columns: dict[str, Any] = {
            "phase_id": entry.id,
            "currency": currency,
            "invoice_date": values["invoice_date"],
            "invoice_no": values.get("invoice_no"),
            "comment": values.get("comment"),
        }
        issues: list[Issue] = []
        for source, target in (
            ("amount", "net_minor"),
            ("gross", "gross_minor"),
            ("paid", "paid_minor"),
        ):
            columns[target], said = in_minor(values.get(source), currency, source, candidate)
            issues += said
        country = str(entry.columns["country"])
        columns["vat_rate"], said = past_rate(values.get("vat_rate"), country)
        issues += said
        if (columns["net_minor"] or 0) < 0:
            shown = amount_text(columns["net_minor"], currency)
            issues.append(AMOUNT_NEGATIVE_HISTORY(field=("amount",), found=shown))
        return columns, issues

    def _likeness(self, facts: Facts) -> Facts:
        return facts[:4]

    def _gists(self, facts: Facts) -> Iterable[Hashable]:
        """Its number, or its day when it has none; and its day and amount, whatever its number."""
        phase, net, day, number = facts[:4]
        return ((phase, name_key(number) if number else day), (phase, day, net))

    def _called(self, facts: Facts, currency: str) -> str:
        _, net, day, number = facts[:4]
        return _shown(number, day, amount_text(net, currency))

    def _weight(self, columns: Mapping[str, Any]) -> tuple[int, int]:
        return 0, columns["net_minor"]

    def _looks_recorded(self, columns: Mapping[str, Any], facts: Facts) -> Iterable[Issue]:
        """Also where the number is that of a final invoice of ours: it would count twice."""
        number = our_number(columns["invoice_no"])
        is_ours = number in self._recorded.numbers
        if is_ours or self._alike[self._likeness(facts)]:
            shown = self._called(facts, columns["currency"])
            other = number if is_ours else shown
            yield POSSIBLE_DUPLICATE(field=("invoice_no",), found=shown, other=other)


class AdjustmentPlanner(_TakenOverPlanner):
    """Rows of Adjustments: signed corrections, each with its reason."""

    codes = {
        **OF_REFERENCES,
        "value": (*OF_AMOUNTS, OVER_BILLED, POSSIBLE_DUPLICATE, ARCHIVED_BEFORE),
        "date": (DATE_IN_FUTURE,),
    }
    amount = entered = telling = "value"
    names = ("phase_id", "kind", "adjusted_on", "amount_minor", "hours", "reason", "comment")

    def _columns(self, candidate: Candidate, entry: Known) -> tuple[dict[str, Any], list[Issue]]:
        values, currency = candidate.values, str(entry.columns["currency"])
        kind = AdjustmentKind(values.get("kind") or AdjustmentKind.BILLED)
        columns: dict[str, Any] = {
            "phase_id": entry.id,
            "currency": currency,
            "kind": kind,
            "adjusted_on": values["date"],
            "reason": values["reason"],
            "comment": values.get("comment"),
            "amount_minor": None,
            "hours": None,
        }
        if kind is AdjustmentKind.HOURS:
            columns["hours"] = values["value"]
            return columns, []
        columns["amount_minor"], said = in_minor(values["value"], currency, "value", candidate)
        return columns, said

    def _holds_from_its_day(self, planned: Planned, entry: Known) -> bool:
        """A fee of periods, or of blocks bought each period, is the one of their first day."""
        method = entry.columns.get("billing_method")
        is_periodic = method is BillingMethod.RETAINER or (
            method is BillingMethod.PREPAID_HOURS and entry.columns.get("periodicity") is not None
        )
        return is_periodic and planned.columns["kind"] is AdjustmentKind.FEE

    def _write_off(self, columns: Mapping[str, Any]) -> int:
        is_one = columns["kind"] is AdjustmentKind.WRITE_OFF
        return (columns["amount_minor"] or 0) if is_one else 0

    def _too_much(self, columns: Mapping[str, Any], entry: Known) -> Iterable[Issue]:
        if columns["kind"] is not AdjustmentKind.WRITE_OFF:
            return
        if entry.columns["billing_method"] is BillingMethod.RETAINER:
            reason = "of a retainer a line lowered to nothing gives up what is due"
            yield FIELD_INVALID(field=("kind",), name="kind", reason=reason)
            return
        key, amount = entry.id, self._write_off(columns)
        figures = self._recorded.figures[key]
        left = figures.free + self._fee[key] - self._billed[key] - self._given_up[key]
        is_within = left <= amount < 0 if figures.adjusted_fee < 0 else 0 < amount <= left
        if not is_within:
            found, expected = (amount_text(one, figures.currency) for one in (amount, left))
            yield WRITE_OFF_TOO_HIGH(field=("value",), found=found, expected=expected)

    def _likeness(self, facts: Facts) -> Facts:
        return facts[:5]

    def _gists(self, facts: Facts) -> Iterable[Hashable]:
        phase, kind, day, _, _, reason = facts[:6]
        return ((phase, kind, day, name_key(reason)),)

    def _called(self, facts: Facts, currency: str) -> str:
        _, _, day, minor, hours = facts[:5]
        return _shown(None, day, f"{hours:f} h" if minor is None else amount_text(minor, currency))

    def _weight(self, columns: Mapping[str, Any]) -> tuple[int, int]:
        amount = columns["amount_minor"] or 0
        match columns["kind"]:
            case AdjustmentKind.FEE:
                return amount, 0
            case AdjustmentKind.BILLED:
                return 0, amount
        return 0, 0

    def _looks_recorded(self, columns: Mapping[str, Any], facts: Facts) -> Iterable[Issue]:
        if self._alike[self._likeness(facts)]:
            shown = self._called(facts, columns["currency"])
            yield POSSIBLE_DUPLICATE(field=("value",), found=shown, other=shown)


def our_number(typed: str | None) -> str:
    """A number as somebody typed it, as it would stand were it one of ours."""
    return (typed or "").strip().upper()


def _shown(number: str | None, day: date, amount: str) -> str:
    """A past invoice or correction as people would name it, in any language."""
    return " · ".join(filter(None, (number, f"{day:%d/%m/%Y}", amount)))
