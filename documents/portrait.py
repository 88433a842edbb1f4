"""Taking the picture of an invoice: from the records it rests on to the values its paper shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from documents.figures import capital as written_capital
from documents.figures import money as written_money
from documents.figures import rate as written_rate
from documents.picture import (
    Bank,
    InvoicePicture,
    Job,
    Line,
    LineKind,
    OperationCategory,
    PaperKind,
    Party,
    Recap,
    RecapRow,
    Reference,
    VatGroup,
    VatInEuro,
)
from documents.project_groups import Group, grouped
from domain.catalogue import TaxCode
from domain.client import Client, ClientType
from domain.invoice.euro import rate_of, states_vat_in_euro, vat_in_euro
from domain.invoice.finalise import FRANCE, Dossier, due_date
from domain.invoice.model import PRO_FORMA, Invoice, InvoiceKind, InvoiceLine
from domain.invoice.model import LineKind as RecordedLineKind
from domain.invoice.situation import Situation, SituationRow
from domain.invoice.totals import line_net
from domain.money import from_minor
from domain.organisation import Entity
from domain.places import country_name
from domain.project.model import Project
from domain.tax import VatCategory
from words import phrase

LATE_PAYMENT = (
    "Late payment: penalties at the ECB refinancing rate plus 10 points, and a fixed "
    "compensation of €40 for recovery costs (C. com. L441-10, D441-5)."
)
LATE_PAYMENT_PUBLIC = (
    "Late payment: interest at the ECB refinancing rate plus 8 points, and a fixed compensation "
    "of €40 for recovery costs (CCP R2192-31, D2192-35)."
)
NO_DISCOUNT = "No discount for early payment."
REASON = "Reason: {reason}"
PAYMENT_DAYS = "Payment within {days} days."
NO_RATE = {
    VatCategory.REVERSE_CHARGE: "Reverse charge",
    VatCategory.OUTSIDE_SCOPE: "Outside the scope",
    VatCategory.EXEMPT: "Exempt",
    VatCategory.EXPORT: "Exempt",
    VatCategory.INTRA_COMMUNITY: "Exempt",
}
"""What stands in the place of a rate (EN 16931 categories without one)."""
PROGRESS = "Progress {percent} of the fee of {fee}"
SUBTOTAL = "Subtotal {project}"
OTHER_LINES = "Other items"
UNITS = {"LS": "flat fee", "HUR": "h", "DAY": "day", "MON": "month", "C62": "unit"}
"""How UN/ECE Rec 20 units are written; another code is written as it is."""
CAPITAL = "{form} with a capital of {capital}"

_PAPERS = {
    InvoiceKind.INVOICE: PaperKind.INVOICE,
    InvoiceKind.CREDIT_NOTE: PaperKind.CREDIT_NOTE,
    InvoiceKind.DEPOSIT: PaperKind.DEPOSIT,
}


@dataclass(frozen=True, slots=True)
class Occasion:
    """When the picture is taken, and what the entity adds to it."""

    today: date
    logo: bytes | None = None
    situations: Sequence[Situation] = ()
    deposits: Mapping[int, Reference] = field(default_factory=dict)
    """The deposit invoices that lines take off, by identifier."""
    deposit_projects: Mapping[int, int | None] = field(default_factory=dict)
    """Their projects."""


def picture_of(dossier: Dossier, occasion: Occasion) -> InvoicePicture:
    """The picture of an invoice as it stands; of a final one, as it will stand for ten years."""
    invoice = dossier.invoice
    day = invoice.issue_date or occasion.today
    is_pro_forma = invoice.state in PRO_FORMA
    # Nobody pays a credit note: it has no day and no terms of payment.
    is_to_pay = not is_pro_forma and invoice.kind is not InvoiceKind.CREDIT_NOTE
    abroad = dossier.client.country != dossier.entity.country
    return InvoicePicture(
        kind=PaperKind.PROFORMA if is_pro_forma else _PAPERS[invoice.kind],
        number=invoice.pro_forma_number if is_pro_forma else str(invoice.number),
        issue_date=day,
        due_date=due_date(invoice, day) if is_to_pay else None,
        supply_start=invoice.supply_date,
        currency=invoice.currency,
        language=invoice.language,
        seller=_seller(dossier.entity, invoice.language, abroad=abroad),
        buyer=_buyer(dossier.client, invoice.language, abroad=abroad),
        bank=Bank(iban=dossier.entity.iban, bic=dossier.entity.bic)
        if dossier.entity.iban
        else None,
        project=_job(_only_project(dossier)),
        commitment_number=invoice.commitment_no,
        service_code=dossier.client.service_code,
        lines=_lines(dossier, occasion),
        groups=_groups(invoice),
        net=from_minor(invoice.net_minor, invoice.currency),
        vat=from_minor(invoice.vat_minor, invoice.currency),
        gross=from_minor(invoice.gross_minor, invoice.currency),
        vat_in_eur=_vat_in_euro(invoice),
        operation_category=OperationCategory.SERVICES,
        vat_on_debits=dossier.entity.vat_on_debits,
        terms=_terms(dossier) if is_to_pay else (),
        mentions=(*_reason(invoice), *_texts(dossier.entity)),
        footer_message=invoice.footer_message,
        references=_references(invoice, occasion),
        recaps=tuple(_recap(one, dossier) for one in _in_order(dossier, occasion)),
        logo=occasion.logo,
    )


def _references(invoice: Invoice, occasion: Occasion) -> tuple[Reference, ...]:
    """The documents that the records name: deposits taken off, an invoice of the former system.

    A credit note corrects none of the deposits it gives back: its lines name them.
    """
    former: tuple[Reference, ...] = ()
    if invoice.credited_number:
        former = (Reference(number=invoice.credited_number, issue_date=invoice.credited_on),)
    is_credit = invoice.kind is InvoiceKind.CREDIT_NOTE
    return former if is_credit else (*former, *occasion.deposits.values())


def _in_order(dossier: Dossier, occasion: Occasion) -> Sequence[Situation]:
    """The situations of several projects follow one another as their lines do."""
    places = {group.project_id: place for place, group in enumerate(_groups_of(dossier, occasion))}
    codes = {one.code: places.get(one.id, 0) for one in dossier.projects}
    return sorted(occasion.situations, key=lambda one: codes.get(one.project, 0))


def _recap(situation: Situation, dossier: Dossier) -> Recap:
    currency, contract = dossier.invoice.currency, situation.contract
    if len(dossier.projects) > 1:
        contract = f"{situation.project} – {contract}"
    return Recap(
        contract=contract,
        number=situation.number,
        rows=tuple(_recap_row(row, currency) for row in situation.rows),
        total=_recap_row(situation.total, currency),
    )


def _recap_row(row: SituationRow, currency: str) -> RecapRow:
    return RecapRow(
        name=row.name,
        amount=from_minor(row.amount, currency),
        cumulative=from_minor(row.cumulative, currency),
        percent=row.percent,
        before=from_minor(row.before, currency),
        now=from_minor(row.now, currency),
        remaining=from_minor(row.remaining, currency),
    )


def _seller(entity: Entity, language: str, *, abroad: bool) -> Party:
    form = entity.legal_form
    if form and entity.capital:
        capital = _capital(str(entity.capital), entity.currency, language)
        form = phrase(CAPITAL, language, form=form, capital=capital)
    return Party(
        name=entity.name,
        address=_address(entity.address, entity.country, language, abroad=abroad),
        legal=tuple(text for text in (form, entity.rcs) if text),
        siren=entity.siren,
        siret=entity.siret,
        vat_number=entity.vat_number,
        email=entity.email,
        phone=entity.phone,
    )


@lru_cache(maxsize=256)
def _capital(text: str, currency: str, language: str) -> str:
    """The share capital with its currency; a text that is no number stays as it is."""
    try:
        return written_capital(Decimal(text), currency, language)
    except (InvalidOperation, ValueError):
        return text


def progress_detail(*, percent: Decimal, fee: int, currency: str, language: str) -> str:
    """What a line says of its phase: the cumulative percentage billed, and of which fee."""
    shown = written_money(from_minor(fee, currency), currency, language)
    return phrase(PROGRESS, language, percent=written_rate(percent, language), fee=shown)


def _address(text: str, country: str, language: str, *, abroad: bool) -> tuple[str, ...]:
    """The lines of an address; the country too when the letter crosses a border."""
    lines = tuple(text.splitlines())
    return (*lines, country_name(country, language).upper()) if abroad else lines


def _buyer(client: Client, language: str, *, abroad: bool) -> Party:
    return Party(
        name=client.name,
        address=_address(client.billing_address, client.country, language, abroad=abroad),
        siren=client.siren or (client.siret[:9] if client.siret else None),
        siret=client.siret,
        vat_number=None if client.vat_number == "NA" else client.vat_number,
        code=client.code,
    )


def _job(project: Project | None) -> Job | None:
    if project is None:
        return None
    place = " ".join(part for part in (project.postcode, project.city) if part)
    address = tuple((project.address or "").splitlines()) + ((place,) if place else ())
    return Job(code=project.code, name=project.name, address=address)


def _only_project(dossier: Dossier) -> Project | None:
    return dossier.projects[0] if len(dossier.projects) == 1 else None


def _groups_of(dossier: Dossier, occasion: Occasion) -> list[Group]:
    return grouped(
        dossier.lines,
        of_phases=dossier.phase_projects,
        of_deposits=occasion.deposit_projects,
        known={one.id for one in dossier.projects},
    )


def _lines(dossier: Dossier, occasion: Occasion) -> tuple[Line, ...]:
    """The lines in their order; of several projects, each under its heading, with its sum."""
    if len(dossier.projects) < 2:
        return tuple(_line(line, dossier, occasion) for line in dossier.lines)
    projects = {one.id: one for one in dossier.projects}
    shown: list[Line] = []
    for group in _groups_of(dossier, occasion):
        own = [_line(line, dossier, occasion) for line in group.lines]
        heading, told = _heading(projects.get(group.project_id or 0), dossier.invoice.language)
        if not group.has_amounts:
            shown += own
            continue
        net = from_minor(group.net, dossier.invoice.currency)
        last = Line(kind=LineKind.SUBTOTAL, position=0, description=told, net=net)
        shown += [heading, *own, last]
    return tuple(shown)


def _heading(project: Project | None, language: str) -> tuple[Line, str]:
    """What stands above the lines of a project, and what their sum is called."""
    job = _job(project)
    name = phrase(OTHER_LINES, language) if job is None else f"{job.code} – {job.name}"
    detail = ", ".join(job.address) or None if job else None
    heading = Line(kind=LineKind.HEADING, position=0, description=name, detail=detail)
    return heading, phrase(SUBTOTAL, language, project=name if job is None else job.code)


def _line(line: InvoiceLine, dossier: Dossier, occasion: Occasion) -> Line:
    invoice = dossier.invoice
    # A line of a pro forma may still wait for its quantity or price: it is shown by its words.
    if line.kind is RecordedLineKind.TEXT or line.quantity is None or line.unit_price is None:
        return Line(
            kind=LineKind.TEXT,
            position=line.position,
            description=line.description,
            detail=line.detail,
        )
    tax = dossier.tax_codes.get(line.tax_code_id or 0)
    quantity, unit, price, discount = _reckoned(line, line.quantity, line.unit_price)
    return Line(
        kind=LineKind.PRICED,
        position=line.position,
        description=line.description,
        detail=line.detail,
        quantity=quantity,
        unit=phrase(UNITS[unit], invoice.language) if unit in UNITS else unit,
        unit_price=price,
        vat_label=_short_label(tax, invoice.language) if tax else None,
        net=from_minor(line.net_minor, invoice.currency),
        discount=discount,
        period_start=line.period_start,
        period_end=line.period_end,
        deducts=occasion.deposits.get(line.deducts_id or 0),
    )


def _reckoned(
    line: InvoiceLine, quantity: Decimal, price: Decimal
) -> tuple[Decimal, str | None, Decimal, Decimal | None]:
    """Quantity, unit, price and discount that the reader can reckon the net of the line from.

    Where roundings have left a cent with the line, that is one lump of its net (EN 16931 BT-131).
    """
    currency = line.currency
    net = line_net(quantity=quantity, unit_price=price, currency=currency, discount=line.discount)
    if net == line.net_minor:
        return quantity, line.unit, price, line.discount
    sign = Decimal(-1 if line.net_minor < 0 else 1)
    return sign, "LS", abs(from_minor(line.net_minor, currency)), None


def _short_label(tax: TaxCode, language: str) -> str:
    """The label where the column is narrow; the totals say it in full."""
    match tax.category:
        case VatCategory.REVERSE_CHARGE:
            return written_rate(tax.rate, language)
        case VatCategory.OUTSIDE_SCOPE:
            return "–"
    return _label(tax.rate, tax.category, language)


def _label(rate: Decimal, category: VatCategory, language: str) -> str:
    """ "20 %", or why there is none."""
    reason = NO_RATE.get(category)
    return written_rate(rate, language) if reason is None else phrase(reason, language)


def _groups(invoice: Invoice) -> tuple[VatGroup, ...]:
    return tuple(
        VatGroup(
            label=_label(Decimal(group["rate"]), VatCategory(group["category"]), invoice.language),
            base=from_minor(group["base_minor"], invoice.currency),
            vat=from_minor(group["vat_minor"], invoice.currency),
            mention=group["mention"],
        )
        for group in invoice.vat_groups
    )


def _vat_in_euro(invoice: Invoice) -> VatInEuro | None:
    """DOMAIN §2.6; of a pro forma as far as a rate is known."""
    kept = rate_of(invoice)
    if kept is None or not states_vat_in_euro(invoice):
        return None
    cents = vat_in_euro(invoice.vat_minor, invoice.currency, kept.rate)
    return VatInEuro(
        amount=from_minor(cents, "EUR"), rate=kept.rate, source=kept.source, day=kept.on
    )


def _terms(dossier: Dossier) -> tuple[str, ...]:
    """C. com. L441-9, L441-10, D441-5: French entities; a private person owes no 40 €."""
    invoice, client, language = dossier.invoice, dossier.client, dossier.invoice.language
    days = phrase(PAYMENT_DAYS, language, days=invoice.payment_days)
    if client.client_type is ClientType.INDIVIDUAL or dossier.entity.country not in FRANCE:
        return (days,)
    late = LATE_PAYMENT_PUBLIC if client.client_type is ClientType.PUBLIC else LATE_PAYMENT
    return (days, phrase(NO_DISCOUNT, language), phrase(late, language))


def _reason(invoice: Invoice) -> tuple[str, ...]:
    if not invoice.credit_reason:
        return ()
    return (phrase(REASON, invoice.language, reason=invoice.credit_reason),)


def _texts(entity: Entity) -> tuple[str, ...]:
    return tuple((entity.legal_texts or "").splitlines())
