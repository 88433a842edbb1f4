"""What is within reach, as subqueries: the steps from own projects to their papers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import column, text

from domain.base import BigKey
from domain.standing import Reach


class Reached:
    """The identifiers within reach, as subqueries of named steps.

    They are written out: a select of mapped tables would be drawn into the statements that it
    bounds (correlated, given criteria of its own). Every value in them is a whole number.
    """

    def __init__(self, organisation_id: int, reach: Reach) -> None:
        self.firm = f"organisation_id = {int(organisation_id)}"
        person = f"{self.firm} AND collaborator_id = {int(reach.collaborator_id or 0)}"
        manager = f"{self.firm} AND manager_id = {int(reach.collaborator_id or 0)}"
        self.own_time = ids_of(f"SELECT id FROM time_entry WHERE {person}")
        self.entities = ids_of("SELECT id FROM entity WHERE " + self._by_entity("id", reach))
        # What no entity has yet, each of them may come to invoice.
        project = f"({self._by_entity('entity_id', reach)} OR entity_id IS NULL)"
        if reach.own_projects:
            project += (
                f" AND id IN (SELECT id FROM project WHERE {manager}"
                f" UNION SELECT project_id FROM project_collaborator WHERE {person}"
                f" UNION SELECT project_id FROM time_entry WHERE {person} AND archived_at IS NULL)"
            )
        paper = self._by_entity("entity_id", reach)
        invoice, payment = paper, paper
        line = "invoice_id IN (SELECT id FROM r_invoice)"
        whole = "id IN (SELECT id FROM r_invoice)"
        entry = (
            f"(({paper} AND entity_id IS NOT NULL)"
            " OR (entity_id IS NULL AND phase_id IN (SELECT id FROM r_phase)))"
        )
        if reach.own_projects:
            invoice += " AND id IN (SELECT id FROM r_tied UNION SELECT invoice_id FROM r_billing)"
            payment += (
                f" AND id IN (SELECT payment_id FROM payment_allocation WHERE {self.firm}"
                " AND invoice_id IN (SELECT id FROM r_invoice))"
            )
            # Of an invoice that bills other projects too, only what is of these.
            line += (
                " AND (id IN (SELECT id FROM r_billing)"
                " OR (phase_id IS NULL AND deducts_id IS NULL))"
            )
            whole += (
                " AND (project_id IS NULL OR project_id IN (SELECT id FROM r_project))"
                f" AND id NOT IN (SELECT invoice_id FROM invoice_line WHERE {self.firm}"
                " AND phase_id IS NOT NULL AND phase_id NOT IN (SELECT id FROM r_phase)"
                f" UNION SELECT invoice_id FROM invoice_line WHERE {self.firm}"
                " AND deducts_id IS NOT NULL AND deducts_id NOT IN (SELECT id FROM r_deposit))"
            )
            entry += (
                " AND id IN"
                f" (SELECT id FROM billing_entry WHERE {self.firm}"
                " AND phase_id IN (SELECT id FROM r_phase)"
                f" UNION SELECT id FROM billing_entry WHERE {self.firm} AND kind <> 'DEPOSIT'"
                " AND phase_id IS NULL AND project_id IN (SELECT id FROM r_project)"
                f" UNION SELECT id FROM billing_entry WHERE {self.firm} AND kind = 'DEPOSIT'"
                " AND source_id IN (SELECT id FROM r_deducting)"
                f" UNION SELECT id FROM billing_entry WHERE {self.firm} AND kind = 'DEPOSIT'"
                " AND invoice_id IN (SELECT id FROM r_deposit))"
            )
        client = (
            "id IN (SELECT client_id FROM r_project UNION SELECT client_id FROM invoice"
            " WHERE id IN (SELECT id FROM r_invoice) UNION SELECT client_id FROM payment"
            " WHERE id IN (SELECT id FROM r_payment)"
        )
        if not reach.only_work:
            # Nobody's yet: a client is made before its first project.
            client += (
                f" UNION SELECT id FROM client WHERE {self.firm} AND id NOT IN"
                f" (SELECT client_id FROM project WHERE {self.firm}"
                f" UNION SELECT client_id FROM invoice WHERE {self.firm}"
                f" UNION SELECT client_id FROM payment WHERE {self.firm})"
            )
        self._steps = {
            "r_project": f"SELECT id, client_id FROM project WHERE {self.firm} AND {project}",
            "r_contract": f"SELECT id FROM contract WHERE {self.firm}"
            " AND project_id IN (SELECT id FROM r_project)",
            "r_phase": f"SELECT id FROM phase WHERE {self.firm}"
            " AND contract_id IN (SELECT id FROM r_contract)",
            "r_tied": f"SELECT id FROM invoice WHERE {self.firm}"
            " AND project_id IN (SELECT id FROM r_project)",
            "r_deposit": f"SELECT id FROM invoice WHERE {self.firm} AND kind = 'DEPOSIT'"
            " AND project_id IN (SELECT id FROM r_project)",
            "r_deducting": f"SELECT id, invoice_id FROM invoice_line WHERE {self.firm}"
            " AND deducts_id IN (SELECT id FROM r_deposit)",
            "r_billing": f"SELECT id, invoice_id FROM invoice_line WHERE {self.firm}"
            " AND phase_id IN (SELECT id FROM r_phase)"
            " UNION SELECT id, invoice_id FROM r_deducting",
            "r_invoice": f"SELECT id FROM invoice WHERE {self.firm} AND {invoice}",
            "r_payment": f"SELECT id FROM payment WHERE {self.firm} AND {payment}",
            "r_history": f"SELECT id FROM billing_history WHERE {self.firm}"
            " AND phase_id IN (SELECT id FROM r_phase)",
            "r_line": f"SELECT id FROM invoice_line WHERE {self.firm} AND {line}",
            "r_whole": f"SELECT id FROM invoice WHERE {self.firm} AND {whole}",
            "r_entry": f"SELECT id FROM billing_entry WHERE {self.firm} AND {entry}",
            "r_client": f"SELECT id FROM client WHERE {self.firm} AND {client})",
        }

    def _by_entity(self, name: str, reach: Reach) -> str:
        if reach.entity_ids is None:
            return "1 = 1"
        return f"{name} IN ({', '.join(str(int(one)) for one in sorted(reach.entity_ids)) or '0'})"

    def among(self, step: str) -> Any:
        """The identifiers of a step, with the steps that it rests on."""
        needed = {step}
        for name, told in reversed(self._steps.items()):
            if name in needed:
                needed |= {other for other in self._steps if f"FROM {other}" in told}
        steps = ", ".join(
            f"{name} AS ({self._steps[name]})" for name in self._steps if name in needed
        )
        return ids_of(f"WITH {steps} SELECT id FROM {step}")


def ids_of(told: str) -> Any:
    return text(told).columns(column("id", BigKey))
