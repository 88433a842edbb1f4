"""What is known of a firm on its way through months, and how one looks at it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from tests.soak.walked_firm import Firm, Row

SEEN = """
query($id: ID!) {
  invoice(id: $id) {
    id kind state currency netDue { amount } client { code } entity { id code }
    lines { id kind description quantity unitPrice discount net { amount } credited { amount }
      taxCode { code } ledgerAccount phase { id } deducts { id } }
  }
}
"""


@dataclass
class Walked:
    """A firm on its way: the papers, payments and past invoices there are, and what was refused."""

    firm: Firm
    drafts: list[str] = field(default_factory=list)
    finals: list[str] = field(default_factory=list)
    deposits: list[str] = field(default_factory=list)
    payments: list[str] = field(default_factory=list)
    past: list[tuple[str, str]] = field(default_factory=list)
    """Project and number of invoices of the former system."""
    cancelled: dict[str, date] = field(default_factory=dict)
    """On which day a payment was cancelled."""
    progress: list[tuple[str, date, Decimal]] = field(default_factory=list)
    """Phase, day, percent."""
    history: list[tuple[str, Decimal, date]] = field(default_factory=list)
    corrections: list[tuple[str, str, Decimal, date]] = field(default_factory=list)
    """Phase, kind, value, day."""
    told: Counter[str] = field(default_factory=Counter)
    """How often each act was done, and each code was said of it."""

    def _noted(self, answer: Row, name: str) -> Row:
        for error in answer.get("userErrors") or ():
            self.told[f"{name}: {error['code']}"] += 1
        return answer

    def _some_client(self) -> Row:
        return self.firm.chance.choice(list(self.firm.clients.values()))

    def _some_project(self) -> Row:
        return self.firm.chance.choice(list(self.firm.projects.values()))

    def _some_phase(self, method: str | None = None) -> Row:
        of = [one for one in self.firm.phases.values() if method in (None, one["method"])]
        return self.firm.chance.choice(of)

    def _seen(self, key: str) -> Row:
        found: Row = self.firm.api.query(SEEN, id=key)["invoice"]
        return found

    def _back(self, most: int, odds: float = 0.3) -> str:
        """Today, or some days before."""
        back = self.firm.chance.randrange(most + 1) if self.firm.chance.random() < odds else 0
        return (self.firm.today - timedelta(days=back)).isoformat()
