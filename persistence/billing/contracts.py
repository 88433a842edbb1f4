"""The contracts that are looked at for what can be billed of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from domain.batch.criteria import Criteria
from domain.client import Client
from domain.likeness import name_key
from domain.project.model import BillingMethod, Contract, Project
from persistence.bulk import among
from persistence.session import ScopedSession


def contracts_where(
    *,
    client_id: int | None = None,
    project_id: int | None = None,
    contract_id: int | None = None,
    method: BillingMethod | None = None,
    criteria: Criteria = Criteria(),
    after: int = 0,
) -> list[ColumnElement[bool]]:
    """The conditions of live contracts with an identifier above `after`.

    Their project and client are joined.
    """
    pairs: tuple[tuple[Any, object], ...] = (
        (Project.client_id, client_id),
        (Project.id, project_id),
        (Contract.id, contract_id),
        (Contract.billing_method, method),
        (Contract.taxable, criteria.taxable),
        (Project.currency, criteria.currency),
    )
    live = [Contract.archived_at.is_(None), Project.archived_at.is_(None)]
    where = [*live, *(column == value for column, value in pairs if value is not None)]
    if after:
        where.append(Contract.id > after)
    lists: tuple[tuple[Any, Sequence[Any] | None], ...] = (
        (Contract.billing_method, criteria.types),
        (Project.client_id, criteria.client_ids),
        (Project.id, criteria.project_ids),
        (Project.entity_id, criteria.entity_ids),
    )
    where += [column.in_(values) for column, values in lists if values is not None]
    if criteria.contract_ids is not None:
        where.append(among(Contract.id, sorted(criteria.contract_ids)))
    if criteria.text:
        sought = name_key(criteria.text)
        where.append(
            or_(
                Client.name_key.contains(sought, autoescape=True),
                Contract.name_key.contains(sought, autoescape=True),
                Project.code.startswith(criteria.text.strip().upper(), autoescape=True),
            )
        )
    return where


def count_contracts(session: ScopedSession, where: Sequence[ColumnElement[bool]]) -> int:
    """How many contracts there are to be assessed."""
    statement = (
        select(func.count(Contract.id))
        .join(Project, Project.id == Contract.project_id)
        .join(Client, Client.id == Project.client_id)
        .where(*where)
    )
    return session.scalar(statement) or 0


def contracts_of_projects(project_ids: Sequence[int]) -> list[ColumnElement[bool]]:
    """The conditions of live contracts of some projects."""
    return [*contracts_where(), Contract.project_id.in_(project_ids)]
