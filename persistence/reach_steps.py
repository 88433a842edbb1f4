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
        self._reach = reach
        self._firm = f"organisation_id = {int(organisation_id)}"
        self._person = f"{self._firm} AND collaborator_id = {int(reach.collaborator_id or 0)}"
        self.own_time = ids_of(f"SELECT id FROM time_entry WHERE {self._person}")
        self.entities = ids_of(
            f"SELECT id FROM entity WHERE {self._firm} AND {self._by_entity('id')}"
        )
        self._steps = {**self._work(), **self._papers(), **self._parties()}

    def _work(self) -> dict[str, str]:
        """From projects to phases and what was billed of them before."""
        # What no entity has yet, each of them may come to invoice.
        own = f"({self._by_entity('entity_id')} OR entity_id IS NULL)"
        if self._reach.own_projects:
            led = f"manager_id = {int(self._reach.collaborator_id or 0)}"
            own += (
                f" AND id IN (SELECT id FROM project WHERE {self._firm} AND {led}"
                f" UNION SELECT project_id FROM project_collaborator WHERE {self._person}"
                f" UNION SELECT project_id FROM time_entry WHERE {self._person}"
                " AND archived_at IS NULL)"
            )
        return {
            "r_project": f"SELECT id, client_id FROM project WHERE {self._firm} AND {own}",
            "r_contract": f"SELECT id FROM contract WHERE {self._firm}"
            " AND project_id IN (SELECT id FROM r_project)",
            "r_phase": f"SELECT id FROM phase WHERE {self._firm}"
            " AND contract_id IN (SELECT id FROM r_contract)",
            "r_history": f"SELECT id FROM billing_history WHERE {self._firm}"
            " AND phase_id IN (SELECT id FROM r_phase)",
        }

    def _papers(self) -> dict[str, str]:
        """From projects to the papers that bill them, alone or with others, of whatever entity.

        What is billed of a project counts in its sums whoever billed it; of the books of an entity
        that is kept, all counts. What of it may be shown is a part of both (`r_whole`).
        """
        own, whole = self._by_entity("entity_id"), self._by_entity("entity_id")
        if self._reach.own_projects:
            # No books are kept by who has only projects.
            own = "1 = 0"
            whole += (
                " AND id IN (SELECT id FROM r_invoice)"
                " AND (project_id IS NULL OR project_id IN (SELECT id FROM r_project))"
                f" AND id NOT IN (SELECT invoice_id FROM invoice_line WHERE {self._firm}"
                " AND phase_id IS NOT NULL AND phase_id NOT IN (SELECT id FROM r_phase)"
                f" UNION SELECT invoice_id FROM invoice_line WHERE {self._firm}"
                " AND deducts_id IS NOT NULL AND deducts_id NOT IN (SELECT id FROM r_deposit))"
            )
        return {
            "r_books": f"SELECT id, client_id FROM invoice WHERE {self._firm} AND {own}",
            "r_tied": f"SELECT id FROM invoice WHERE {self._firm}"
            " AND project_id IN (SELECT id FROM r_project)",
            "r_deposit": f"SELECT id FROM invoice WHERE {self._firm} AND kind = 'DEPOSIT'"
            " AND (project_id IN (SELECT id FROM r_project) OR id IN (SELECT id FROM r_books))",
            "r_deducting": f"SELECT id, invoice_id FROM invoice_line WHERE {self._firm}"
            " AND deducts_id IN (SELECT id FROM r_deposit)",
            "r_billing": f"SELECT id, invoice_id FROM invoice_line WHERE {self._firm}"
            " AND phase_id IN (SELECT id FROM r_phase)"
            " UNION SELECT id, invoice_id FROM r_deducting",
            "r_invoice": f"SELECT id FROM invoice WHERE {self._firm} AND id IN"
            " (SELECT id FROM r_tied UNION SELECT invoice_id FROM r_billing"
            " UNION SELECT id FROM r_books)",
            # Of what bills other projects too, only what is of these.
            "r_line": f"SELECT id FROM invoice_line WHERE {self._firm}"
            " AND (id IN (SELECT id FROM r_billing)"
            " OR (phase_id IS NULL AND deducts_id IS NULL"
            " AND invoice_id IN (SELECT id FROM r_invoice))"
            " OR invoice_id IN (SELECT id FROM r_books))",
            "r_whole": f"SELECT id FROM invoice WHERE {self._firm} AND {whole}",
            "r_entry": f"SELECT id FROM billing_entry WHERE {self._firm} AND {self._entry()}",
        }

    def _entry(self) -> str:
        """The condition of the amounts of the ledger: of the projects, and of the books."""
        entries = f"SELECT id FROM billing_entry WHERE {self._firm}"
        return (
            f"id IN ({entries} AND phase_id IN (SELECT id FROM r_phase)"
            f" UNION {entries} AND kind <> 'DEPOSIT' AND phase_id IS NULL"
            " AND project_id IN (SELECT id FROM r_project)"
            f" UNION {entries} AND kind = 'DEPOSIT' AND source_id IN (SELECT id FROM r_deducting)"
            f" UNION {entries} AND kind = 'DEPOSIT' AND invoice_id IN (SELECT id FROM r_deposit)"
            f" UNION {entries} AND invoice_id IN (SELECT id FROM r_books))"
        )

    def _parties(self) -> dict[str, str]:
        """From projects and papers to clients and what they paid."""
        payment = self._by_entity("entity_id")
        # The papers of others count, and bring nobody within reach.
        papers = "SELECT client_id FROM r_books"
        if self._reach.own_projects:
            payment += (
                f" AND id IN (SELECT payment_id FROM payment_allocation WHERE {self._firm}"
                " AND invoice_id IN (SELECT id FROM r_invoice))"
            )
            papers = "SELECT client_id FROM invoice WHERE id IN (SELECT id FROM r_invoice)"
            papers += f" AND {self._by_entity('entity_id')}"
        client = (
            f"id IN (SELECT client_id FROM r_project UNION {papers}"
            " UNION SELECT client_id FROM payment WHERE id IN (SELECT id FROM r_payment)"
        )
        if not self._reach.only_work:
            # Nobody's yet: a client is made before its first project.
            client += (
                f" UNION SELECT id FROM client WHERE {self._firm} AND id NOT IN"
                f" (SELECT client_id FROM project WHERE {self._firm}"
                f" UNION SELECT client_id FROM invoice WHERE {self._firm}"
                f" UNION SELECT client_id FROM payment WHERE {self._firm})"
            )
        return {
            "r_payment": f"SELECT id FROM payment WHERE {self._firm} AND {payment}",
            "r_client": f"SELECT id FROM client WHERE {self._firm} AND {client})",
            "r_allocation": f"SELECT id FROM payment_allocation WHERE {self._firm}"
            " AND (invoice_id IN (SELECT id FROM r_invoice)"
            " OR payment_id IN (SELECT id FROM r_payment))",
            # In the ledger an amount is of the entity that billed it; before the takeover of none.
            "r_shown_entry": f"SELECT id FROM billing_entry WHERE {self._firm}"
            f" AND ({self._by_entity('entity_id')} OR entity_id IS NULL)",
        }

    def _by_entity(self, name: str) -> str:
        entities = self._reach.entity_ids
        if entities is None:
            return "1 = 1"
        return f"{name} IN ({', '.join(str(int(one)) for one in sorted(entities)) or '0'})"

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
