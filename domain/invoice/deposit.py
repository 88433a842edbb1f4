"""Deposit invoices (type 386) and their deduction, by VAT rate (DOMAIN §2.6)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

from domain.catalogue import TaxCode
from domain.errors import (
    Issue,
    Refusal,
    call_error,
    call_warning,
)
from domain.given import LARGEST_AMOUNT, number
from domain.invoice.create import tax_for
from domain.invoice.model import LEGAL, Invoice, InvoiceKind, InvoiceLine, LineKind
from domain.invoice.remaining import Billable
from domain.money import amount_text, decimals_of, from_minor, rounded, to_minor
from domain.project.model import ContractStatus, Project

DEPOSIT_NOT_FINAL = call_error(
    "DEPOSIT_NOT_FINAL",
    "{number} is no final deposit invoice: it cannot be deducted.",
    "Finalise the deposit first.",
)
DEPOSIT_OF_OTHERS = call_error(
    "DEPOSIT_OF_OTHERS", "{number} and the deposit do not have this in common: {particular}."
)
NOTHING_TO_DEDUCT = call_error(
    "NOTHING_TO_DEDUCT", "Nothing of the deposit {number} is left that this invoice could take."
)
DEDUCTION_ABOVE_DEPOSIT = call_error(
    "DEDUCTION_ABOVE_DEPOSIT", "{expected} is left of the deposit {number}; {found} is more."
)
DEDUCTION_ABOVE_INVOICE = call_error(
    "DEDUCTION_ABOVE_INVOICE",
    "The invoice can take {expected} of the deposit at its VAT rates; {found} is more.",
)
DEDUCTION_FROM_DEPOSIT = call_error(
    "DEDUCTION_FROM_DEPOSIT", "{number} is a deposit itself: nothing is deducted from it."
)
DEDUCTION_STANDS = call_error(
    "DEDUCTION_STANDS",
    "A deposit is deducted from {number}: its lines stay as they are.",
    "Take the deduction off with invoiceUndeductDeposit, and put it back afterwards.",
)
DEPOSIT_DEDUCTED = call_error(
    "DEPOSIT_DEDUCTED",
    "{found} of the deposit {number} is deducted from invoices at {code}: {expected} of it can be "
    "credited.",
    "Credit those invoices, or take the deduction off those that are pro forma.",
)
DEPOSIT_TO_DEDUCT = call_warning(
    "DEPOSIT_TO_DEDUCT",
    "{found} of the deposit {number} is not deducted yet.",
    "Deduct it with invoiceDeductDeposit.",
)


def still_to_deduct(number: str, left: int, currency: str) -> Issue:
    """DEPOSIT_TO_DEDUCT: what a final deposit has left, in minor units."""
    found = amount_text(left, currency)
    return DEPOSIT_TO_DEDUCT(number=number, found=found)


DEPOSIT_LINE = "Deposit on {project}"
DEPOSIT_LINE_PERCENT = "Deposit of {percent} on {project}"
DEDUCTION_LINE = "Deduction of the deposit {number} of {day}"
DEPOSIT_ACCOUNT = "419100"
"""Clients – avances et acomptes reçus."""

Shares = Mapping[int | None, int]
"""Minor units by identifier of the tax code."""


def fees_by_tax(
    billables: Sequence[Billable], project: Project, taxes: Sequence[TaxCode]
) -> dict[int | None, int]:
    """The adjusted fees of the active contracts by tax code; what comes to less is left out."""
    fees: dict[int | None, int] = {}
    for one in billables:
        if one.contract.status is ContractStatus.ACTIVE:
            tax = tax_for(one.contract, project, one.phase.vat_rate, taxes)
            key = tax.id if tax else None
            fees[key] = fees.get(key, 0) + one.figures.adjusted_fee
    return {key: fee for key, fee in fees.items() if fee > 0}


def pro_rata(amount: int, weights: Shares) -> dict[int | None, int]:
    """`amount` split by positive `weights`; roundings are carried on, so that it adds up.

    No part exceeds its weight where `amount` does not exceed their sum.
    """
    total, before, done = sum(weights.values()), 0, 0
    parts: dict[int | None, int] = {}
    for key, weight in weights.items():
        before += weight
        reached = int(rounded(Decimal(amount) * before / total, 0))
        parts[key] = reached - done
        done = reached
    return {key: part for key, part in parts.items() if part}


def deposit_lines(
    parts: Shares, *, description: str, currency: str, account: str
) -> list[InvoiceLine]:
    """A line for each tax; no phase is billed by them."""
    return [
        _line(Decimal(1), net, key, description=description, currency=currency, account=account)
        for key, net in parts.items()
    ]


def deduction_lines(
    parts: Shares, deposit: Invoice, *, description: str, accounts: Mapping[int | None, str | None]
) -> list[InvoiceLine]:
    """A line for each tax that takes the deposit off: quantity −1, positive price (BR-27)."""
    made = []
    for key, net in parts.items():
        line = _line(
            Decimal(-1),
            net,
            key,
            description=description,
            currency=deposit.currency,
            account=accounts.get(key) or DEPOSIT_ACCOUNT,
        )
        line.deducts_id = deposit.id
        made.append(line)
    return made


def _line(
    quantity: Decimal, net: int, tax: int | None, *, description: str, currency: str, account: str
) -> InvoiceLine:
    return InvoiceLine(
        invoice_id=0,
        position=0,
        kind=LineKind.ACCOUNT,
        description=description,
        currency=currency,
        quantity=quantity,
        unit="LS",
        unit_price=from_minor(net, currency),
        net_minor=int(quantity) * net,
        tax_code_id=tax,
        ledger_account=account,
    )


def require_deductible(deposit: Invoice, invoice: Invoice, *, projects: Collection[int]) -> None:
    """Refuses what is no final deposit, or one of another client, entity, currency or project.

    `projects` are those of the invoice; one without any may take off what it likes.
    """
    if deposit.kind is not InvoiceKind.DEPOSIT or deposit.state not in LEGAL:
        shown = deposit.number or deposit.pro_forma_number
        raise Refusal(DEPOSIT_NOT_FINAL(field=("deposit_id",), number=shown))
    if invoice.kind is InvoiceKind.DEPOSIT:
        raise Refusal(DEDUCTION_FROM_DEPOSIT(field=("id",), number=invoice.pro_forma_number))
    for name, said in (
        ("client_id", "the client"),
        ("entity_id", "the entity"),
        ("currency", "the currency"),
    ):
        if getattr(deposit, name) != getattr(invoice, name):
            raise Refusal(
                DEPOSIT_OF_OTHERS(
                    field=("deposit_id",), number=invoice.pro_forma_number, particular=said
                )
            )
    if projects and deposit.project_id not in projects:
        raise Refusal(
            DEPOSIT_OF_OTHERS(
                field=("deposit_id",), number=invoice.pro_forma_number, particular="the project"
            )
        )


def require_no_deduction(invoice: Invoice, lines: Sequence[InvoiceLine]) -> None:
    """DEDUCTION_STANDS: read and sent back, a deduction would be an ordinary line."""
    if any(line.deducts_id is not None for line in lines):
        raise Refusal(DEDUCTION_STANDS(field=("lines",), number=invoice.pro_forma_number))


def to_deduct(
    deposit: Invoice, *, left: Shares, bases: Shares, amount: Decimal | None
) -> dict[int | None, int]:
    """What is taken off by tax code: all that is `left` as far as the invoice's `bases` reach.

    `amount` is net; it is split by what each tax may take.
    """
    currency, number_ = deposit.currency, str(deposit.number)
    within = {key: min(net, bases.get(key, 0)) for key, net in left.items()}
    within = {key: net for key, net in within.items() if net > 0}
    most, rest = sum(within.values()), sum(left.values())
    wanted = most
    if amount is not None:
        number(
            amount,
            field=("amount",),
            name="The amount",
            decimals=decimals_of(currency),
            least=0,
            most=LARGEST_AMOUNT,
        )
        wanted = to_minor(amount, currency)
    for limit, kind in ((rest, DEDUCTION_ABOVE_DEPOSIT), (most, DEDUCTION_ABOVE_INVOICE)):
        if amount is not None and wanted > limit:
            raise Refusal(
                kind(
                    field=("amount",),
                    number=number_,
                    found=amount_text(wanted, currency),
                    expected=amount_text(limit, currency),
                )
            )
    if wanted <= 0:
        raise Refusal(NOTHING_TO_DEDUCT(field=("deposit_id",), number=number_))
    return pro_rata(wanted, within)
