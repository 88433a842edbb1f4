"""A deposit pays the project it was asked for, on an invoice over several too."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from domain.errors import (
    Refusal,
)
from domain.invoice.deposit import DEDUCTION_ABOVE_INVOICE, DEPOSIT_OF_OTHERS
from domain.invoice.model import Invoice, InvoiceLine
from domain.money import amount_text


def require_own(
    invoice: Invoice,
    lines: Sequence[InvoiceLine],
    *,
    projects: Collection[int],
    of_phases: Mapping[int, int],
    of_deposits: Mapping[int, int | None],
    number: str,
) -> None:
    """DEPOSIT_OF_OTHERS, DEDUCTION_ABOVE_INVOICE: a deposit pays nothing of another project.

    `projects` are those of the invoice, `number` is what it is called. Of several projects, the
    deductions of each are within what its own lines come to, by tax code.
    """
    left: dict[tuple[int | None, int | None], int] = {}
    taken: dict[tuple[int | None, int | None], int] = {}
    for line in lines:
        if line.deducts_id is None:
            key = of_phases.get(line.phase_id or 0), line.tax_code_id
            left[key] = left.get(key, 0) + line.net_minor
            continue
        project = of_deposits.get(line.deducts_id)
        if projects and project not in projects:
            raise Refusal(DEPOSIT_OF_OTHERS(field=("id",), number=number, particular="the project"))
        taken[project, line.tax_code_id] = (
            taken.get((project, line.tax_code_id), 0) - line.net_minor
        )
    for key, net in taken.items():
        rest = max(0, left.get(key, 0))
        if len(projects) > 1 and net > rest:
            raise Refusal(
                DEDUCTION_ABOVE_INVOICE(
                    field=("id",),
                    number=number,
                    found=amount_text(net, invoice.currency),
                    expected=amount_text(rest, invoice.currency),
                )
            )
