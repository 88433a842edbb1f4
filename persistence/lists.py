"""The conditions of the lists people browse: projects, collaborators, the catalogues."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, func, or_

from domain.catalogue import LedgerAccount, Product, TaxCode
from domain.collaborator import Collaborator
from domain.project.model import Project, ProjectStatus
from domain.takeover.model import ImportFile, ImportRow, ImportState, RowColour

Where = list[ColumnElement[bool]]


def live(record: Any, archived: bool | None) -> Where:
    """Live rows, archived ones, or both (None)."""
    if archived is None:
        return []
    return [record.archived_at.is_not(None) if archived else record.archived_at.is_(None)]


def _named(text: str | None, *columns: Any) -> Where:
    """Rows of which one of `columns` holds `text`, whatever the case."""
    if not text:
        return []
    wanted = text.strip().lower()
    return [or_(*(func.lower(column).contains(wanted, autoescape=True) for column in columns))]


def projects_where(
    *,
    text: str | None = None,
    status: ProjectStatus | None = None,
    client_id: int | None = None,
    entity_id: int | None = None,
    archived: bool | None = False,
) -> Where:
    where = [*_named(text, Project.code, Project.name, Project.city), *live(Project, archived)]
    if status is not None:
        where.append(Project.status == status)
    if client_id is not None:
        where.append(Project.client_id == client_id)
    if entity_id is not None:
        where.append(Project.entity_id == entity_id)
    return where


def collaborators_where(
    *, text: str | None = None, active: bool | None = None, archived: bool | None = False
) -> Where:
    names = (Collaborator.first_name, Collaborator.last_name, Collaborator.email)
    where = [*_named(text, *names), *live(Collaborator, archived)]
    if active is not None:
        where.append(Collaborator.active == active)
    return where


def tax_codes_where(*, country: str | None = None) -> Where:
    where = live(TaxCode, False)
    if country:
        where.append(TaxCode.country == country.upper())
    return where


def ledger_accounts_where(*, text: str | None = None) -> Where:
    return [*_named(text, LedgerAccount.number, LedgerAccount.label), *live(LedgerAccount, False)]


def products_where(*, text: str | None = None) -> Where:
    return [*_named(text, Product.sku, Product.name), *live(Product, False)]


def imports_where(*, state: ImportState | None = None, kind: str | None = None) -> Where:
    where: Where = []
    if state is not None:
        where.append(ImportFile.state == state)
    if kind is not None:
        where.append(ImportFile.kind == kind)
    return where


def import_rows_where(
    *,
    import_id: int,
    colour: RowColour | None = None,
    skipped: bool | None = None,
) -> Where:
    where: Where = [ImportRow.import_id == import_id]
    if colour is not None:
        where.append(ImportRow.colour == colour)
    if skipped is not None:
        where.append(ImportRow.skipped == skipped)
    return where
