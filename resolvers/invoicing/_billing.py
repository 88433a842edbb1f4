"""Putting what can be billed on pro formas: the act that every way of drawing comes to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement

from documents.figures import day as written_day
from documents.figures import plain
from documents.portrait import progress_detail
from domain.billing.assessment import Assessment, assess
from domain.billing.blockers import RESERVED_BY_BATCH
from domain.billing.item import Item
from domain.billing.lines import ITEM_LOCKED, ITEM_UNKNOWN, line_of
from domain.catalogue import TaxCode
from domain.errors import FIELD_INVALID, Issue, PathPart, Refusal
from domain.given import day
from domain.invoice.create import tax_for
from domain.invoice.model import Invoice, InvoiceLine
from domain.invoice.remaining import Billable
from domain.ledger import PhaseFigures
from domain.money import rounded
from domain.project.model import BillingMethod, ContractStatus, Project
from persistence.billing import claims
from persistence.billing.contracts import contracts_where
from persistence.billing.needs import books_of
from persistence.catalogue import tax_codes_of_country
from persistence.invoice import invoices
from resolvers._mutation import Acting
from resolvers.invoicing._lines import append
from words import phrase

PERIOD = "From {start} to {end}"
WORKED = "{person}, from {start} to {end}"
WORKED_ON = "{person}, on {day}"
REST_OF_PERIOD = "Balance, from {start} to {end}"
REST = "Balance"
BEYOND = "{hours} h beyond the {balance} h bought"


@dataclass(frozen=True, slots=True)
class LineTerms:
    """What lines have where their phase says nothing."""

    account: str | None = None
    sku: str | None = None


def assess_project(acting: Acting, project_id: int, *, cut_off: date) -> list[Assessment]:
    """The contracts of a project that is locked, at `cut_off`; their time is kept from others."""
    return assess_where(acting, contracts_where(project_id=project_id), cut_off=cut_off)


def assess_where(
    acting: Acting, where: Sequence[ColumnElement[bool]], *, cut_off: date
) -> list[Assessment]:
    """The contracts that meet `where`, of projects that are locked; their time is kept too."""
    books = books_of(acting.session, where, cut_off=cut_off, locked=True)
    return [assess(one, cut_off=cut_off) for one in books]


def cut_off_of(
    acting: Acting, as_of: date | None, *, field: tuple[PathPart, ...] = ("as_of",)
) -> date:
    """The day up to which is billed; no period is billed before its time by a day to come."""
    wanted = day(as_of, field=field, name="The cut-off day") or acting.today
    if wanted > acting.today:
        raise Refusal(
            FIELD_INVALID(
                field=field,
                name="The cut-off day",
                reason="that day has not come",
                found=wanted.isoformat(),
            )
        )
    return wanted


def ready_items(assessments: Sequence[Assessment]) -> list[Item]:
    """What is due of active contracts; what the law wants to know is asked when it is final."""
    return [
        item
        for one in assessments
        if one.books.terms.status is ContractStatus.ACTIVE
        for item in one.items
        if item.selectable
    ]


def chosen_items(
    assessments: Sequence[Assessment], keys: Sequence[str], project: Project
) -> list[Item]:
    """The items with these keys; ITEM_UNKNOWN, or ITEM_LOCKED with what stands in the way."""
    return items_keyed(assessments, keys, shown=project.code)


def items_keyed(
    assessments: Sequence[Assessment], keys: Sequence[str], *, shown: str
) -> list[Item]:
    """`chosen_items` of one project or several; `shown` is what refusals call them."""
    known = {item.key: (item, one) for one in assessments for item in one.items}
    issues: list[Issue] = []
    found = []
    for place, key in enumerate(dict.fromkeys(keys)):
        field = ("items", place)
        if key not in known:
            issues.append(ITEM_UNKNOWN(field=field, key=key[:120], project=shown))
            continue
        item, one = known[key]
        found.append(item)
        if one.is_locked or not item.selectable:
            issues.append(ITEM_LOCKED(field=field, key=key))
            locks = (*one.blockers, *item.blockers)
            issues += [blocker.issue.at(field=field) for blocker in locks if blocker.locks]
    if issues:
        raise Refusal(*issues)
    return found


def held_by_batch(
    items: Sequence[Item], phase_id: int, *, field: tuple[PathPart, ...]
) -> list[Issue]:
    """RESERVED_BY_BATCH for each item of the phase that a batch holds."""
    return [
        blocker.issue.at(field=field)
        for item in items
        if item.phase_id == phase_id
        for blocker in item.blockers
        if blocker.issue.kind is RESERVED_BY_BATCH
    ]


def lines_of_items(
    acting: Acting,
    invoice: Invoice,
    project: Project,
    items: Sequence[Item],
    *,
    terms: LineTerms = LineTerms(),
) -> list[tuple[InvoiceLine, Item]]:
    """A line for each item of the project, in the language of the invoice, taxed; not added yet."""
    found = invoices.billables_of(acting.session, project.id)
    billables = {one.phase.id: one for one in found}
    taxes = tax_codes_of_country(acting.session, project.country)
    made = []
    for item in items:
        of = billables[item.phase_id]
        line = line_of(item, of, account=terms.account, sku=terms.sku)
        complete(line, of, project, taxes, language=invoice.language)
        made.append((line, item))
    return made


def put_items(acting: Acting, invoice: Invoice, items: Sequence[tuple[InvoiceLine, Item]]) -> None:
    """Puts the lines on a pro forma that has none, and gives each what it bills.

    Under the lock of the project: what another pro forma has taken since is not there any more.
    """
    append(acting, invoice, [line for line, _ in items])
    claim_items(acting, items)


def claim_items(acting: Acting, items: Sequence[tuple[InvoiceLine, Item]]) -> None:
    """Gives each line, which is written already, the time entries and the period it bills."""
    acting.session.flush()
    claims.claim(acting.session, [(line.id, line.currency, item) for line, item in items])


def complete(
    line: InvoiceLine, of: Billable, project: Project, taxes: Sequence[TaxCode], *, language: str
) -> None:
    """Gives the line the tax code of its phase, where there is one, and its words."""
    tax = tax_for(of.contract, project, of.phase.vat_rate, taxes)
    line.tax_code_id = tax.id if tax else None
    line.detail = detail_of(of, line, language)


def detail_of(of: Billable, line: InvoiceLine, language: str) -> str | None:
    """What a line says beside its phase: progress, period, person, hours beyond a block."""
    names = ("progress", "basis", "period_start", "period_end")
    columns = {name: getattr(line, name) for name in names}
    return told_beside(columns, of.contract.billing_method, of.figures, language)


def told_beside(
    line: Mapping[str, Any], method: BillingMethod, figures: PhaseFigures, language: str
) -> str | None:
    """`detail_of` a line given by its columns, on a phase with these figures."""
    if method is BillingMethod.FIXED_FEE_PROGRESS and line["progress"] is not None:
        return progress_detail(
            percent=rounded(line["progress"], 2),
            fee=figures.adjusted_fee,
            currency=figures.currency,
            language=language,
        )
    basis: Mapping[str, object] = line["basis"] or {}
    if "used" in basis:
        hours, balance = (
            plain(Decimal(str(basis[name])), language, most=2) for name in ("hours", "balance")
        )
        return phrase(BEYOND, language, hours=hours, balance=balance)
    start, end = line["period_start"], line["period_end"]
    if start and end:
        days = {"start": written_day(start, language), "end": written_day(end, language)}
        return phrase(REST_OF_PERIOD if "rest_of" in basis else PERIOD, language, **days)
    if "rest_of" in basis:
        return phrase(REST, language)
    return _worked(basis, language)


def _worked(basis: Mapping[str, Any], language: str) -> str | None:
    """Who worked, and when: a paper names the days of the supply that are known (DOMAIN §4.1)."""
    person = str(basis.get("collaborator") or "")
    days = sorted(date.fromisoformat(worked_on) for _, worked_on, *_ in basis.get("sources", ()))
    if not person or not days:
        return person or None
    first, last = (written_day(one, language) for one in (days[0], days[-1]))
    if first == last:
        return phrase(WORKED_ON, language, person=person, day=first)
    return phrase(WORKED, language, person=person, start=first, end=last)
