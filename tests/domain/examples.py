"""Records, rows and amounts that the tests of the rules start from, and issues in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import pytest

from domain.catalogue import TaxCode
from domain.client import Client
from domain.errors import Issue, Refusal
from domain.invoice.finalise import Dossier
from domain.invoice.model import Invoice, InvoiceLine, LineKind
from domain.likeness import loose_key, name_key
from domain.organisation import Entity
from domain.project.model import BillingMethod, Contract, Phase, Project, ProjectStatus
from domain.takeover.candidate import Candidate, Planned
from domain.takeover.match import Index, Known
from domain.takeover.plan import Firm
from domain.tax import VatCategory
from words import LANGUAGES, phrase


def euros(amount: str) -> int:
    """ "18,400.00" in cents."""
    return int(Decimal(amount.replace(",", "")) * 100)


def codes(issues: Iterable[Issue]) -> list[str]:
    """The codes of `issues`; each must have all the facts of its sentence in both languages."""
    found = list(issues)
    for issue in found:
        for language in LANGUAGES:
            told = in_words(issue, language)
            assert not re.search(r"\{\w+\}", told), f"{issue.code} says {told}"
    return [issue.code for issue in found]


def in_words(issue: Issue, language: str = "en") -> str:
    """The sentence of `issue` as the API says it."""
    facts: dict[str, Any] = dict(issue.facts)
    for name in ("found", "expected"):
        if (value := getattr(issue, name)) is not None:
            facts.setdefault(name, value)
    return phrase(issue.kind.sentence, language, **facts)


def refused(act: Callable[[], object]) -> list[str]:
    """The codes that `act` is refused with."""
    with pytest.raises(Refusal) as caught:
        act()
    return codes(caught.value.issues)


# Rows and what they are compared with


def candidate(row: int = 2, /, *, record_id: int | None = None, **values: Any) -> Candidate:
    """A row whose cells are sound."""
    return Candidate(row=row, values=values, record_id=record_id)


def known(
    key: int, name: str, *, code: str | None = None, version: int = 1, **columns: Any
) -> Known:
    """A record as matching sees it; its columns hold its name and its code too."""
    own = {"id": key, "name": name, "code": code, "name_key": name_key(name)}
    return Known(id=key, name=name, code=code, version=version, columns=own | columns)


def firm(*entities: Known) -> Firm:
    """A French firm; one entity, Atelier, when none is named."""
    return Firm("FR", "EUR", Index(entities or (known(1, "Atelier", code="ATE"),)))


def outcomes(planned: Iterable[Planned]) -> list[str]:
    return [row.outcome.value for row in planned]


def issues_of(planned: Iterable[Planned]) -> list[list[str]]:
    return [codes(row.issues) for row in planned]


# Records of one firm


def client(**changed: Any) -> Client:
    columns: dict[str, Any] = {
        "code": "CLI-1",
        "name": "Foncière des Tilleuls",
        "name_key": name_key("Foncière des Tilleuls"),
        "loose_key": loose_key("Foncière des Tilleuls"),
        "billing_address": "14 rue des Tilleuls\n75011 Paris",
    }
    made = Client(**columns | changed)
    made.id = 3
    return made


def entity(**changed: Any) -> Entity:
    columns: dict[str, Any] = {
        "code": "RIV-PAR",
        "name": "Atelier Rivage",
        "invoice_series": "PAR",
        "credit_note_series": "PAV",
        "address": "3 quai Neuf\n75004 Paris",
        "siren": "732829320",
        "vat_number": "FR44732829320",
    }
    made = Entity(**columns | changed)
    made.id = 1
    return made


def project(**changed: Any) -> Project:
    columns: dict[str, Any] = {
        "code": "LOG-2403",
        "name": "Réhabilitation de 24 logements",
        "client_id": 3,
        "country": "FR",
        "currency": "EUR",
        "vat_rate": Decimal(20),
        "status": ProjectStatus.SIGNED,
    }
    columns |= changed
    made = Project(**columns, name_key=name_key(columns["name"]))
    made.id = 5
    return made


def contract(method: BillingMethod = BillingMethod.FIXED_FEE_PROGRESS) -> Contract:
    return Contract(
        project_id=5, name="Mission de base", name_key="mission de base", billing_method=method
    )


def phase(**changed: Any) -> Phase:
    columns: dict[str, Any] = {
        "contract_id": 6,
        "code": "APS",
        "name": "Avant-projet sommaire",
        "name_key": "avant-projet sommaire",
        "currency": "EUR",
        "fee_minor": euros("10,000.00"),
    }
    made = Phase(**columns | changed)
    made.id = 7
    return made


def tax_code(**changed: Any) -> TaxCode:
    columns: dict[str, Any] = {
        "code": "FR-20",
        "rate": Decimal(20),
        "category": VatCategory.STANDARD,
        "country": "FR",
    }
    made = TaxCode(**columns | changed)
    made.id = 9
    return made


def line(position: int = 1, **changed: Any) -> InvoiceLine:
    columns: dict[str, Any] = {
        "invoice_id": 11,
        "position": position,
        "kind": LineKind.PROJECT,
        "description": "Avant-projet sommaire",
        "currency": "EUR",
        "quantity": Decimal(1),
        "unit_price": Decimal("100.00"),
        "net_minor": 10_000,
        "tax_code_id": 9,
        "ledger_account": "706000",
    }
    return InvoiceLine(**columns | changed)


def invoice(**changed: Any) -> Invoice:
    columns: dict[str, Any] = {
        "pro_forma_number": "PF-000001",
        "client_id": 3,
        "entity_id": 1,
        "project_id": 5,
        "currency": "EUR",
        "net_minor": 10_000,
    }
    made = Invoice(**columns | changed)
    made.id = 11
    return made


def dossier(**changed: Any) -> Dossier:
    """A pro forma that lacks nothing to become final."""
    parts: dict[str, Any] = {
        "invoice": invoice(),
        "lines": [line()],
        "client": client(),
        "entity": entity(),
        "project": project(),
        "tax_codes": {9: tax_code()},
    }
    made = parts | changed
    known = made.pop("project")
    made.setdefault("projects", [known] if known else [])
    return Dossier(**made)
