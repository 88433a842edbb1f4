"""Who would invoice whom for a contract, and what holds its items already."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from domain.batch.model import Batch, BatchItem
from domain.billing.books import Addressed, ContractTerms, Held, PhaseTerms, Reserved
from domain.catalogue import TaxCode
from domain.client import Client
from domain.invoice.create import tax_for
from domain.invoice.finalise import missing_particulars
from domain.invoice.model import PRO_FORMA, Invoice, InvoiceLine
from domain.invoice.projects import vat_regime
from domain.organisation import Entity
from domain.project.model import Project
from persistence import bulk
from persistence.billing.before import among, portions
from persistence.records import records_by_id
from persistence.session import ScopedSession


@dataclass(frozen=True, slots=True)
class Parties:
    """Who may invoice, and how lines are taxed: what finalising would ask of both parties."""

    entities: Mapping[int, Entity]
    taxes: Sequence[TaxCode]
    projects: Mapping[int, Project]
    clients: Mapping[int, Client]
    known: dict[tuple[Any, ...], TaxCode | None] = field(default_factory=dict)
    """The tax of each rate of each kind of project, found once."""
    wanting: dict[tuple[Any, ...], list[str]] = field(default_factory=dict)
    """What is missing of each client, entity and taxes, found once."""

    @classmethod
    def of(cls, session: ScopedSession, contracts: Iterable[ContractTerms]) -> Parties:
        """Those of some contracts."""
        entities = session.scalars(select(Entity).order_by(Entity.code))
        taxes = session.scalars(
            select(TaxCode).where(TaxCode.archived_at.is_(None)).order_by(TaxCode.id)
        )
        keys = {(one.project_id, one.client_id) for one in contracts}
        return cls(
            {entity.id: entity for entity in entities},
            list(taxes),
            records_by_id(session, Project, {project_id for project_id, _ in keys}),
            records_by_id(session, Client, {client_id for _, client_id in keys}),
        )

    @property
    def _live(self) -> list[Entity]:
        return [entity for entity in self.entities.values() if entity.archived_at is None]

    def choice(self, terms: ContractTerms) -> str | None:
        """The entities to choose from, where nobody chose."""
        if self.projects[terms.project_id].entity_id is not None or len(self._live) == 1:
            return None
        return ", ".join(entity.code for entity in self._live)

    def addressed(
        self, terms: ContractTerms, phases: Sequence[PhaseTerms]
    ) -> tuple[list[str], Addressed]:
        """Who invoices whom, as a pro forma of the contract would; first what is missing of them.

        In the order in which finalising would tell it.
        """
        project, client = self.projects[terms.project_id], self.clients[terms.client_id]
        entity = self._entity(project)
        rates = {one.vat_rate for one in phases}
        by_rate = {rate: self._tax(terms, project, rate) for rate in rates}
        found = Addressed(
            client_name=client.name,
            language=client.language,
            country=project.country,
            regime=vat_regime(project),
            entity_id=None if entity is None else entity.id,
            commitment_no=(project.commitment_no or "").strip() or None,
            taxes={one.id: by_rate[one.vat_rate] for one in phases},
        )
        known = {tax.id: tax for tax in by_rate.values() if tax is not None}
        key = (client.id, found.entity_id, *sorted(known))
        if key not in self.wanting:
            self.wanting[key] = missing_particulars(
                entity=entity, client=client, taxes=list(known.values())
            )
        return self.wanting[key], found

    def _entity(self, project: Project) -> Entity | None:
        entity = self.entities.get(project.entity_id or 0)
        return self._live[0] if entity is None and len(self._live) == 1 else entity

    def _tax(self, terms: ContractTerms, project: Project, rate: Decimal | None) -> TaxCode | None:
        where = project.country, project.vat_rate, project.vat_exemption, terms.taxable
        if (*where, rate) not in self.known:
            found = [tax for tax in self.taxes if tax.country == project.country or tax.exemption]
            self.known[(*where, rate)] = tax_for(terms, project, rate, found)
        return self.known[(*where, rate)]


def held_by_batches(
    session: ScopedSession, contracts: Mapping[int, ContractTerms], *, but: int | None
) -> dict[int, dict[str, Reserved]]:
    """What batches hold of these contracts, by contract and key of the item."""
    statement = (
        select(BatchItem.contract_id, BatchItem.reserves, Batch.name, BatchItem.created_at)
        .join(Batch, Batch.id == BatchItem.batch_id)
        .where(BatchItem.reserves.is_not(None), among(BatchItem.contract_id, contracts))
    )
    if but is not None:
        statement = statement.where(BatchItem.batch_id != but)
    found: dict[int, dict[str, Reserved]] = defaultdict(dict)
    for contract_id, key, batch, since in session.execute(statement):
        found[contract_id][key or ""] = Reserved(batch, since.date())
    return found


def held_by_pro_formas(session: ScopedSession, of_contract: Mapping[int, int]) -> dict[int, Held]:
    """The first pro forma of each contract that one is of; `of_contract`: by phase."""
    first, since = func.min(Invoice.pro_forma_number), func.min(Invoice.created_at)
    statement = (
        select(InvoiceLine.phase_id, first.label("number"), since.label("since"))
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(Invoice.state.in_(PRO_FORMA))
        .group_by(InvoiceLine.phase_id)
    )
    found: dict[int, Held] = {}
    for portion in portions(of_contract):
        for row in session.execute(statement.where(bulk.among(InvoiceLine.phase_id, portion))):
            contract_id = of_contract[row.phase_id or 0]
            held = found.get(contract_id, Held(row.number, row.since.date()))
            found[contract_id] = Held(
                min(held.number, row.number), min(held.since, row.since.date())
            )
    return found
