"""The lines of a pro forma: replaced as a whole, counted up, kept within what remains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.catalogue import (
    LEDGER_ACCOUNT_UNKNOWN,
    PRODUCT_INACTIVE,
    PRODUCT_UNKNOWN,
    TAX_CODE_UNKNOWN,
    Product,
    TaxCode,
)
from domain.catalogue_rules import require_live
from domain.errors import NOT_FOUND, PathPart, Refusal
from domain.invoice.deposit import require_no_deduction
from domain.invoice.deposit_room import require_no_phase, require_room
from domain.invoice.finalise import Dossier, require_pro_forma
from domain.invoice.lines import (
    NewLine,
    from_product,
    make_line,
    require_each_line_once,
    require_few,
    rewrite,
)
from domain.invoice.model import Invoice, InvoiceKind, InvoiceLine, LineKind
from domain.invoice.remaining import reached, require_all_within, without
from domain.invoice.totals import Tax, Totals, total
from domain.project.model import BillingMethod
from persistence import catalogue
from persistence.billing import claims
from persistence.catalogue import account_exists, product_named, tax_code_named
from persistence.invoice import deposits, invoices
from persistence.records import the_record
from resolvers._mutation import Acting
from resolvers.invoicing._tying import tie


def append(acting: Acting, invoice: Invoice, lines: Sequence[InvoiceLine]) -> None:
    """Puts lines on a pro forma in this order, and counts it up."""
    for position, line in enumerate(lines, start=1):
        line.invoice_id, line.position = invoice.id, position
    acting.session.add_all(lines)
    acting.session.flush()
    recount(acting, invoice)


def recount(acting: Acting, invoice: Invoice) -> None:
    """Brings the totals of a pro forma up to its lines."""
    count_up(invoices.dossier_of(acting.session, invoice))


def count_up(dossier: Dossier) -> None:
    """Brings the totals of an invoice up to its lines."""
    invoice = dossier.invoice
    taxes = {key: taxed_by(code) for key, code in dossier.tax_codes.items()}
    taxed = [(line.net_minor, taxes.get(line.tax_code_id or 0)) for line in dossier.lines]
    keep_totals(invoice, total(taxed, currency=invoice.currency))


def keep_totals(invoice: Invoice, totals: Totals) -> None:
    """Notes on an invoice what its lines come to."""
    for name, value in columns_of_totals(totals).items():
        setattr(invoice, name, value)


def columns_of_totals(totals: Totals) -> dict[str, Any]:
    """The columns of an invoice that say what its lines come to."""
    return {
        "net_minor": totals.net,
        "vat_minor": totals.vat,
        "gross_minor": totals.gross,
        "vat_groups": [
            {
                "rate": f"{group.tax.rate:f}",
                "category": group.tax.category.value,
                "reason_code": group.tax.reason_code,
                "mention": group.tax.mention,
                "base_minor": group.base,
                "vat_minor": group.vat,
            }
            for group in totals.groups
        ],
    }


def taxed_by(code: TaxCode) -> Tax:
    """The tax that lines with this code are summed in."""
    return Tax(code.rate, code.category, code.reason_code, code.mention)


@dataclass(frozen=True, slots=True)
class Held:
    """What the lines of a pro forma have already: it stays theirs when it is put away."""

    tax_codes: frozenset[int] = frozenset()
    accounts: frozenset[str] = frozenset()
    skus: frozenset[str] = frozenset()


def _held_by(lines: Sequence[InvoiceLine]) -> Held:
    return Held(
        tax_codes=frozenset(line.tax_code_id for line in lines if line.tax_code_id is not None),
        accounts=frozenset(line.ledger_account for line in lines if line.ledger_account),
        skus=frozenset(line.sku for line in lines if line.sku),
    )


def require_tax_code(
    acting: Acting, code: str, *, field: tuple[PathPart, ...], held: Held = Held()
) -> TaxCode:
    """The tax code; TAX_CODE_UNKNOWN, or RECORD_ARCHIVED on a line that does not have it yet."""
    key = code.strip().upper()
    found = tax_code_named(acting.session, key)
    if found is None:
        found = catalogue.tax_code_coded(acting.session, key)
        if found is None:
            raise Refusal(TAX_CODE_UNKNOWN(field=field, code=code[:60]))
        if found.id not in held.tax_codes:
            require_live(found, field=field, noun="tax code", code=found.code)
    return found


def require_product(
    acting: Acting, sku: str, *, field: tuple[PathPart, ...], held: Held = Held()
) -> Product:
    """The product; PRODUCT_UNKNOWN, or why none is sold to a line that is not of it yet."""
    key = sku.strip().upper()
    found = product_named(acting.session, key)
    if found is None:
        found = catalogue.product_coded(acting.session, key)
        if found is None:
            raise Refusal(PRODUCT_UNKNOWN(field=field, code=sku[:60]))
        if found.sku not in held.skus:
            require_live(found, field=field, noun="product", code=found.sku)
            raise Refusal(PRODUCT_INACTIVE(field=field, code=found.sku))
    return found


def require_account(
    acting: Acting, number: str, *, field: tuple[PathPart, ...], held: Held = Held()
) -> None:
    """Refuses an account with LEDGER_ACCOUNT_UNKNOWN, or RECORD_ARCHIVED on a new line."""
    key = number.strip()
    if account_exists(acting.session, key):
        return
    found = catalogue.account_numbered(acting.session, key)
    if found is None:
        raise Refusal(LEDGER_ACCOUNT_UNKNOWN(field=field, code=number[:60]))
    if key not in held.accounts:
        require_live(found, field=field, noun="ledger account", code=key)


def replace_lines(
    acting: Acting, invoice: Invoice, asked: Sequence[NewLine], *, keeps_commitment: bool = False
) -> None:
    """Puts new lines in the place of a pro forma's, which is locked; refuses a final one.

    A line that is named by its identifier stays, with what it bills; what the others billed can be
    billed again. The pro forma is tied to the projects of its lines (`tie`).
    """
    require_pro_forma(invoice)
    require_few(asked)
    require_each_line_once(asked)
    require_no_phase(invoice, [one.phase_id for one in asked])
    before = {line.id: line for line in invoices.lines_of(acting.session, invoice.id)}
    projects = tie(
        acting, invoice, former=before.values(), asked=asked, keeps_commitment=keeps_commitment
    )
    kept = [_kept(before, place, one) for place, one in enumerate(asked)]
    require_no_deduction(invoice, list(before.values()))
    held = _held_by(list(before.values()))
    made = [_new_line(acting, invoice, place, one, held) for place, one in enumerate(asked)]
    stay = {line.id for line in kept if line is not None}
    invoices.remove_lines(acting.session, [key for key in before if key not in stay])
    _step_aside(acting, [line for line in kept if line is not None])
    lines = [_stays(acting, one, new) for one, new in zip(kept, made, strict=True)]
    _require_within(acting, projects, lines, kept=[line for line in kept if line is not None])
    append(acting, invoice, lines)
    require_deposit_room(acting, invoice)
    invoices.mark_changed(invoice)


def require_deposit_room(acting: Acting, invoice: Invoice) -> None:
    """DEPOSIT_ABOVE_REST for a deposit; its project is locked."""
    if invoice.kind is not InvoiceKind.DEPOSIT or invoice.project_id is None:
        return
    session, project_id = acting.session, invoice.project_id
    present = deposits.open_deposits(session, [project_id])
    require_room(
        invoice.net_minor,
        invoices.billables_of(session, project_id),
        others=sum(one.unbilled for one in present if one.key != invoice.id),
        currency=invoice.currency,
    )


def _kept(before: Mapping[int, InvoiceLine], place: int, asked: NewLine) -> InvoiceLine | None:
    """The line that stays; NOT_FOUND when it is not one of the invoice."""
    if asked.id is None:
        return None
    if asked.id not in before:
        field, key = ("lines", place, "id"), f"invoice_line_{asked.id}"
        raise Refusal(NOT_FOUND(field=field, noun="invoice line", key=key))
    return before[asked.id]


def _step_aside(acting: Acting, lines: Sequence[InvoiceLine]) -> None:
    """Lines that stay leave their places first: two may exchange theirs."""
    for line in lines:
        line.position = -line.position
    acting.session.flush()


def _stays(acting: Acting, kept: InvoiceLine | None, made: InvoiceLine) -> InvoiceLine:
    """The line that stays as it is asked for, or the new one."""
    if kept is None:
        return made
    if kept.phase_id != made.phase_id:
        # Of another phase, it bills nothing of what it was drawn for.
        claims.free(acting.session, [kept.id])
        kept.basis, kept.period_start, kept.period_end = None, None, None
    rewrite(kept, made)
    return kept


def _require_within(
    acting: Acting,
    projects: Sequence[int],
    lines: Sequence[InvoiceLine],
    *,
    kept: Sequence[InvoiceLine],
) -> None:
    """A line on a phase stays within what remains of it; `projects` are those of the lines.

    Several lines on one phase share what remains; each tells how far it brings the billing.
    """
    on_phases = [line for line in lines if line.phase_id is not None]
    if not on_phases:
        return
    found = invoices.billables_by_project(acting.session, projects, archived=True)
    known = [one for some in found.values() for one in some]
    billables = {one.phase.id: one for one in without(kept, known)}
    placed = [(line, ("lines", line.position - 1, "quantity")) for line in on_phases]
    require_all_within(placed, billables)
    sums: dict[int, int] = {}
    for line in on_phases:
        of = billables[line.phase_id or 0]
        sums[of.phase.id] = net = sums.get(of.phase.id, 0) + line.net_minor
        by_progress = of.contract.billing_method is BillingMethod.FIXED_FEE_PROGRESS
        line.progress = reached(net, of.figures) if by_progress else None


def _new_line(
    acting: Acting, invoice: Invoice, place: int, asked: NewLine, held: Held
) -> InvoiceLine:
    code = asked.tax_code
    product = None
    if asked.kind is LineKind.PRODUCT and asked.sku:
        product = require_product(acting, asked.sku, field=("lines", place, "sku"), held=held)
        asked = from_product(asked, product, currency=invoice.currency, place=place)
    number = (asked.ledger_account or "").strip()
    if number and not invoices.phase_has_account(acting.session, asked.phase_id, number):
        require_account(acting, number, field=("lines", place, "ledger_account"), held=held)
    line = make_line(asked, invoice_id=invoice.id, place=place, currency=invoice.currency)
    if line.kind is LineKind.TEXT:
        return line
    if code:
        found = require_tax_code(acting, code, field=("lines", place, "tax_code"), held=held)
        line.tax_code_id = found.id
    elif product is not None:
        line.tax_code_id = _tax_of(acting, product, place, held)
    return line


def _tax_of(acting: Acting, product: Product, place: int, held: Held) -> int | None:
    """The tax code of a product, as good as one that was named."""
    key = product.tax_code_id
    if key is not None and key not in held.tax_codes:
        tax = the_record(acting.session, TaxCode, key)
        require_live(tax, field=("lines", place, "sku"), noun="tax code", code=tax.code)
    return key
