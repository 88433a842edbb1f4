"""Crediting an invoice of the former system, with the VAT that it bore."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from documents.picture import Reference
from domain.catalogue import TaxCode
from domain.client import Client
from domain.errors import Issue, Refusal
from domain.given import text
from domain.invoice.create import ENTITY_REQUIRED, tax_for
from domain.invoice.credit import groups_of
from domain.invoice.euro import EuroRate, give_rate
from domain.invoice.finalise import require_complete
from domain.invoice.lines import LONGEST_TEXT
from domain.invoice.model import Invoice, InvoiceKind, InvoiceLine
from domain.invoice.numbering import ISSUE_DATE_TOO_EARLY, require_recent
from domain.invoice.past_credit import (
    PAST_INVOICE_UNKNOWN,
    AskedPast,
    CreditedHistory,
    PastGroup,
    PastLine,
    TaxKey,
    key_of_tax,
    past_credit,
    untaxed,
)
from domain.invoice.totals import Totals
from domain.organisation import Entity
from domain.project.model import Project
from persistence.catalogue import tax_codes_of_country
from persistence.invoice import invoices, numbers
from persistence.invoice.crediting import past_lines
from persistence.invoice.past_credits import bases_credited, taxes_credited
from persistence.records import the_record
from resolvers._mutation import Acting
from resolvers.invoicing._freezing import freeze
from resolvers.invoicing._lines import (
    append,
    keep_totals,
    recount,
    require_tax_code,
    taxed_by,
)


@dataclass(frozen=True, slots=True)
class PastCreditWanted:
    """The credit of a former invoice as it is asked for; `lines` None is all that is left."""

    project_id: int
    invoice_no: str
    lines: Sequence[AskedPast] | None = None
    reason: str | None = None
    issue_date: date | None = None
    euro_rate: EuroRate | None = None


def credit_past_invoice(acting: Acting, wanted: PastCreditWanted) -> tuple[Invoice, list[Issue]]:
    """Our own credit note of an invoice of the former system: no number of our invoices is used.

    Its lines name the phases, so their amounts become billable again. And what to warn of.
    """
    session = acting.session
    day = wanted.issue_date or acting.today
    require_recent(day, today=acting.today)
    reason = text(
        wanted.reason, field=("reason",), name="The reason", longest=LONGEST_TEXT, required=True
    )
    project = invoices.lock_project(session, wanted.project_id)
    past = _past(acting, wanted, project)
    number = next(iter(past.values())).history.invoice_no or ""
    issued = max(one.history.invoice_date for one in past.values())
    if day < issued:
        raise Refusal(
            ISSUE_DATE_TOO_EARLY(
                field=("issue_date",), found=day.isoformat(), expected=issued.isoformat()
            )
        )
    credited = past_credit(past, wanted.lines, invoice_no=number)
    note = _begin(acting, project, day)
    note.credited_number, note.credited_on, note.credit_reason = number, issued, reason
    vat = _taxed(acting, project, past, credited)
    lines = [line for _, _, line in credited]
    session.add(note)
    session.flush()
    append(acting, note, lines)
    if wanted.euro_rate is not None:
        give_rate(note, wanted.euro_rate, today=acting.today)
    recount(acting, note)
    _keep_vat(note, vat)
    session.flush()
    require_complete(invoices.dossier_of(session, note), issue_date=day)
    session.add_all(
        CreditedHistory(
            history_id=one.history.id,
            line_id=line.id,
            net_minor=line.net_minor,
            currency=line.currency,
        )
        for one, _, line in credited
    )
    session.flush()
    said = freeze(
        acting,
        invoices.dossier_of(session, note),
        number=str(note.number),
        issue_date=day,
        references=(Reference(number=number, issue_date=issued),),
    )
    return note, said


def _past(acting: Acting, wanted: PastCreditWanted, project: Project) -> dict[int, PastLine]:
    number = text(
        wanted.invoice_no, field=("invoice_no",), name="invoiceNo", longest=255, required=True
    )
    past = past_lines(acting.session, project.id, number or "")
    if not past:
        raise Refusal(
            PAST_INVOICE_UNKNOWN(field=("invoice_no",), found=number, project=project.code)
        )
    return past


def _begin(acting: Acting, project: Project, day: date) -> Invoice:
    """The credit note with its number, not final yet."""
    session = acting.session
    client = the_record(session, Client, project.client_id)
    entity_id = project.entity_id
    if entity_id is None:
        entities = invoices.entities_of(session)
        if len(entities) != 1:
            names = ", ".join(entity.code for entity in entities)
            raise Refusal(ENTITY_REQUIRED(field=("project_id",), expected=names))
        entity_id = entities[0].id
    entity = the_record(session, Entity, entity_id)
    number = numbers.next_legal_number(
        session, entity, series=entity.credit_note_series, issue_date=day, today=acting.today
    )
    return Invoice(
        pro_forma_number=number,
        number=number,
        client_id=client.id,
        entity_id=entity.id,
        project_id=project.id,
        currency=project.currency,
        kind=InvoiceKind.CREDIT_NOTE,
        language=client.language,
        commitment_no=project.commitment_no,
        payment_days=0,
    )


def _taxed(
    acting: Acting,
    project: Project,
    past: Mapping[int, PastLine],
    credited: Sequence[tuple[PastLine, AskedPast, InvoiceLine]],
) -> dict[TaxKey, PastGroup]:
    """Gives the credited lines their tax codes; by tax, all lines of the former invoice at it.

    The code that was told, else that of its earlier credits, else that of the rate of the past line
    or of its phase.
    """
    session = acting.session
    codes = {one.id: one for one in tax_codes_of_country(session, project.country)}
    found = invoices.billables_of(session, project.id, archived=True)
    billables = {one.phase.id: one for one in found}
    rates: dict[int, TaxCode | None] = {
        key: tax_for(
            billables[one.phase.id].contract,
            project,
            one.phase.vat_rate if one.history.vat_rate is None else one.history.vat_rate,
            list(codes.values()),
        )
        for key, one in past.items()
    }
    taxes = {key: tax for key, tax in rates.items() if tax and past[key].bears(tax.rate)}
    for key, tax_id in taxes_credited(session, list(past)).items():
        taxes[key] = codes.get(tax_id) or the_record(session, TaxCode, tax_id)
    issues: list[Issue] = []
    for one, asked, line in credited:
        key = one.history.id
        if asked.tax_code:
            field = ("lines", asked.place, "tax_code")
            taxes[key] = require_tax_code(acting, asked.tax_code, field=field)
        if key in taxes:
            line.tax_code_id = taxes[key].id
        else:
            rate = one.rate(project.vat_rate)
            issues.append(untaxed(one, asked, rates[key], rate=rate, country=project.country))
    if issues:
        raise Refusal(*issues)
    before = bases_credited(session, list(past))
    members: dict[TaxKey, list[PastLine]] = {}
    for key, tax in taxes.items():
        members.setdefault(key_of_tax(taxed_by(tax)), []).append(past[key])
    return {key: PastGroup(some, *before.get(key, (0, 0))) for key, some in members.items()}


def _keep_vat(note: Invoice, past: Mapping[TaxKey, PastGroup]) -> None:
    """Notes the VAT to the last cent of what the former invoice bore."""
    groups = tuple(
        replace(
            group,
            vat=past[key_of_tax(group.tax)].vat_of(
                group.base, rate=group.tax.rate, currency=note.currency
            ),
        )
        for group in groups_of(note)
    )
    keep_totals(note, Totals(note.net_minor, groups))
