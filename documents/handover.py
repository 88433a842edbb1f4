"""A final invoice as programs get it: one JSON document, posted to webhooks and put into folders.

{"type": "invoice.finalised", "version": 1, "timestamp": …, "data": {…}}. Amounts, quantities and
rates are strings in the invoice's currency, dates ISO 8601, codes those of the API. The version is
raised when a field changes its meaning or goes; new fields may come at any time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import orjson

from domain.handover import TOPIC
from domain.invoice.euro import rate_of, vat_in_euro
from domain.invoice.finalise import Dossier
from domain.invoice.model import Invoice, InvoiceLine
from domain.money import from_minor
from domain.project.model import Phase, Project

VERSION = 1

_FROZEN = (
    *("organisation", "handover", "id", "number", "typeCode", "issueDate", "finalisedAt"),
    *("currency", "net", "vat", "gross", "vatGroups"),
)


@dataclass(frozen=True, slots=True)
class Enclosed:
    """The PDF: in the same folder, or at an address until it expires."""

    filename: str
    size: int
    url: str | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a document names beyond its dossier, by identifier."""

    organisation: str
    handover: str
    invoices: Mapping[int, Invoice] = field(default_factory=dict)
    phases: Mapping[int, tuple[Phase, Project]] = field(default_factory=dict)


def handed_over(dossier: Dossier, around: Surroundings, paper: Enclosed) -> bytes:
    """The document of a final invoice: the same bytes for the same invoice and paper."""
    invoice = dossier.invoice
    data = {
        "organisation": around.organisation,
        "handover": around.handover,
        **_head(invoice),
        "client": {
            **(_named(dossier.client, "client") or {}),
            "ledgerAccount": dossier.client.ledger_account,
        },
        "entity": _named(dossier.entity, "entity"),
        "project": _named(dossier.project, "project"),
        "seller": _party(invoice.seller),
        "buyer": _party(invoice.buyer),
        "lines": [_line(line, dossier, around) for line in dossier.lines],
        "vatGroups": _groups(invoice),
        **_totals(invoice),
        "credits": _credits(invoice, around),
        "replaces": _invoice(around.invoices.get(invoice.replaces_id or 0)),
        "pdf": _paper(paper),
    }
    return message(TOPIC, invoice.finalised_at, data)


def is_same_document(found: bytes, ours: bytes) -> bool:
    """Whether a file is ours of the same invoice: a client renamed since makes it no other one.

    By what is frozen with the invoice (DOMAIN §4): identifiers, number, days, amounts.
    """
    if found == ours:
        return True
    try:
        told = [orjson.loads(one) for one in (found, ours)]
        first, second = ([one["type"], *(one["data"][name] for name in _FROZEN)] for one in told)
    except (ValueError, KeyError, TypeError):
        return False
    return first == second


def message(kind: str, moment: datetime | None, data: Mapping[str, Any]) -> bytes:
    """A message of our kind; `moment` is when it happened, not when it is sent."""
    told = {"type": kind, "version": VERSION, "timestamp": _moment(moment), "data": data}
    return orjson.dumps(told)


def _head(invoice: Invoice) -> dict[str, Any]:
    return {
        "id": f"invoice_{invoice.id}",
        "number": invoice.number,
        "proFormaNumber": invoice.pro_forma_number,
        "kind": invoice.kind.name,
        "typeCode": invoice.kind.value,
        "currency": invoice.currency,
        "language": invoice.language,
        "issueDate": _day(invoice.issue_date),
        "dueDate": _day(invoice.due_date),
        "supplyDate": _day(invoice.supply_date),
        "finalisedAt": _moment(invoice.finalised_at),
        "commitmentNumber": invoice.commitment_no,
    }


def _totals(invoice: Invoice) -> dict[str, Any]:
    rate = rate_of(invoice)
    euro = None
    if rate is not None and invoice.vat_minor:
        amount = vat_in_euro(invoice.vat_minor, invoice.currency, rate.rate)
        euro = {
            "vat": _money(amount, "EUR"),
            "rate": _plain(rate.rate),
            "on": _day(rate.on),
            "source": rate.source,
        }
    return {
        "net": _money(invoice.net_minor, invoice.currency),
        "vat": _money(invoice.vat_minor, invoice.currency),
        "gross": _money(invoice.gross_minor, invoice.currency),
        "vatInEuro": euro,
    }


def _line(line: InvoiceLine, dossier: Dossier, around: Surroundings) -> dict[str, Any]:
    tax = dossier.tax_codes.get(line.tax_code_id or 0)
    phase, project = around.phases.get(line.phase_id or 0, (None, None))
    return {
        "id": f"invoice_line_{line.id}",
        "position": line.position,
        "kind": line.kind.value,
        "description": line.description,
        "detail": line.detail,
        "quantity": _plain(line.quantity),
        "unit": line.unit,
        "unitPrice": _plain(line.unit_price),
        "discount": _plain(line.discount),
        "net": _money(line.net_minor, line.currency),
        "taxCode": tax.code if tax else None,
        "vatRate": _plain(tax.rate) if tax else None,
        "vatCategory": tax.category.value if tax else None,
        "ledgerAccount": line.ledger_account,
        "sku": line.sku,
        "project": _named(project, "project"),
        "phase": _named(phase, "phase"),
        "periodStart": _day(line.period_start),
        "periodEnd": _day(line.period_end),
        "deducts": _invoice(around.invoices.get(line.deducts_id or 0)),
    }


def _groups(invoice: Invoice) -> list[dict[str, Any]]:
    return [
        {
            "rate": _plain(Decimal(group["rate"])),
            "category": group["category"],
            "reasonCode": group["reason_code"],
            "mention": group["mention"],
            "base": _money(group["base_minor"], invoice.currency),
            "vat": _money(group["vat_minor"], invoice.currency),
        }
        for group in invoice.vat_groups
    ]


def _credits(invoice: Invoice, around: Surroundings) -> dict[str, Any] | None:
    """What a credit note corrects: an invoice of ours, or one of the former system."""
    known = _invoice(around.invoices.get(invoice.credits_id or 0))
    if known is None and invoice.credited_number is None:
        return None
    former = {
        "id": None,
        "number": invoice.credited_number,
        "issueDate": _day(invoice.credited_on),
    }
    return {**(known or former), "reason": invoice.credit_reason}


def _invoice(named: Invoice | None) -> dict[str, Any] | None:
    if named is None:
        return None
    return {
        "id": f"invoice_{named.id}",
        "number": named.number,
        "issueDate": _day(named.issue_date),
    }


def _named(thing: Any, noun: str) -> dict[str, Any] | None:
    """The identifier, the code and the name of a client, an entity, a project, a phase."""
    if thing is None:
        return None
    return {"id": f"{noun}_{thing.id}", "code": thing.code, "name": thing.name}


def _party(kept: Mapping[str, Any]) -> dict[str, Any]:
    """A party as it was on the day of issue, as the paper says it."""
    names: Sequence[tuple[str, str]] = (
        *(("name", "name"), ("address", "address"), ("siren", "siren"), ("siret", "siret")),
        *(("vatNumber", "vat_number"), ("email", "email"), ("code", "code")),
    )
    return {told: kept.get(name) for told, name in names}


def _paper(paper: Enclosed) -> dict[str, Any]:
    return {
        "filename": paper.filename,
        "size": paper.size,
        "url": paper.url,
        "expiresAt": _moment(paper.expires_at),
    }


def _money(minor: int, currency: str) -> str:
    return f"{from_minor(minor, currency):f}"


def _plain(value: Decimal | None) -> str | None:
    """A number without idle zeros: 62.5, 100."""
    if value is None:
        return None
    whole = value == value.to_integral_value()
    return f"{value.quantize(Decimal(1)) if whole else value.normalize():f}"


def _day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _moment(value: datetime | None) -> str | None:
    if value is None:
        return None
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
