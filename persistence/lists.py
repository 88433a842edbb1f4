"""The conditions of the lists people browse: projects, collaborators, the catalogues."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, func, not_, or_, select

from domain.access import Role
from domain.catalogue import AccountType, LedgerAccount, Product, TaxCode
from domain.collaborator import Collaborator
from domain.likeness import name_key
from domain.project.model import (
    BillingMethod,
    Contract,
    ContractStatus,
    Phase,
    PhaseKind,
    Project,
    ProjectStatus,
)
from domain.takeover.model import ImportFile, ImportRow, ImportState, RowColour, RowOutcome
from domain.tax import VatCategory
from persistence.folding import holds

Where = list[ColumnElement[bool]]


def live(record: Any, archived: bool | None) -> Where:
    """Live rows, archived ones, or both (None)."""
    if archived is None:
        return []
    return [record.archived_at.is_not(None) if archived else record.archived_at.is_(None)]


def _named(text: str | None, *columns: Any) -> Where:
    """Rows of which one of `columns` holds `text`, whatever the case and the accents."""
    return [or_(*(holds(column, text) for column in columns))] if text else []


def projects_where(
    *,
    text: str | None = None,
    status: ProjectStatus | None = None,
    client_id: int | None = None,
    entity_id: int | None = None,
    archived: bool | None = False,
) -> Where:
    where = live(Project, archived)
    if text:
        named = Project.name_key.contains(name_key(text), autoescape=True)
        where.append(or_(named, *_named(text, Project.code, Project.city)))
    if status is not None:
        where.append(Project.status == status)
    if client_id is not None:
        where.append(Project.client_id == client_id)
    if entity_id is not None:
        where.append(Project.entity_id == entity_id)
    return where


def contracts_where(
    *,
    text: str | None = None,
    project_id: int | None = None,
    client_id: int | None = None,
    entity_id: int | None = None,
    billing_method: BillingMethod | None = None,
    status: ContractStatus | None = None,
    taxable: bool | None = None,
    archived: bool | None = False,
) -> Where:
    """Fee projects; those of an archived project are archived with it."""
    pairs = (
        (Contract.project_id, project_id),
        (Contract.billing_method, billing_method),
        (Contract.status, status),
        (Contract.taxable, taxable),
    )
    where: Where = [column == value for column, value in pairs if value is not None]
    where += _of_projects(client_id=client_id, entity_id=entity_id)
    if text:
        coded = select(Project.id).where(
            Project.code.startswith(text.strip().upper(), autoescape=True)
        )
        named = Contract.name_key.contains(name_key(text), autoescape=True)
        where.append(or_(named, Contract.project_id.in_(coded)))
    return [*where, *_standing(Contract, archived)]


def phases_where(
    *,
    text: str | None = None,
    project_id: int | None = None,
    contract_id: int | None = None,
    client_id: int | None = None,
    entity_id: int | None = None,
    kind: PhaseKind | None = None,
    billing_method: BillingMethod | None = None,
    contract_status: ContractStatus | None = None,
    project_status: ProjectStatus | None = None,
    currency: str | None = None,
    archived: bool | None = False,
) -> Where:
    """Phases and annexes; those of an archived project or fee project are archived with it."""
    pairs = (
        (Phase.contract_id, contract_id),
        (Phase.kind, kind),
        (Phase.currency, currency and currency.strip().upper()),
    )
    where: Where = [column == value for column, value in pairs if value]
    theirs = contracts_where(
        project_id=project_id, billing_method=billing_method, status=contract_status, archived=None
    )
    theirs += _of_projects(client_id=client_id, entity_id=entity_id, status=project_status)
    if theirs:
        where.append(Phase.contract_id.in_(select(Contract.id).where(*theirs)))
    if text:
        named = Phase.name_key.contains(name_key(text), autoescape=True)
        code = text.strip().upper()
        where.append(or_(named, func.upper(Phase.code).startswith(code, autoescape=True)))
    return [*where, *_standing(Phase, archived)]


def _of_projects(
    *,
    client_id: int | None,
    entity_id: int | None,
    status: ProjectStatus | None = None,
) -> Where:
    """Fee projects of the projects of a client, of an entity, of a status."""
    theirs = projects_where(client_id=client_id, entity_id=entity_id, status=status, archived=None)
    return [Contract.project_id.in_(select(Project.id).where(*theirs))] if theirs else []


def _standing(record: type[Contract] | type[Phase], archived: bool | None) -> Where:
    """Live rows, those put away themselves or with what they are of, or both (None)."""
    if archived is None:
        return []
    away = select(Project.id).where(Project.archived_at.is_not(None))
    is_away = or_(Contract.archived_at.is_not(None), Contract.project_id.in_(away))
    if record is Phase:
        contracts = select(Contract.id).where(is_away)
        is_away = or_(Phase.archived_at.is_not(None), Phase.contract_id.in_(contracts))
    return [is_away if archived else not_(is_away)]


def collaborators_where(
    *,
    text: str | None = None,
    active: bool | None = None,
    role: Role | None = None,
    entity_id: int | None = None,
    archived: bool | None = False,
) -> Where:
    names = (Collaborator.first_name, Collaborator.last_name, Collaborator.email)
    where = [*_named(text, *names), *live(Collaborator, archived)]
    if active is not None:
        where.append(Collaborator.active == active)
    if role is not None:
        where.append(Collaborator.role == role)
    if entity_id is not None:
        where.append(Collaborator.entity_id == entity_id)
    return where


def tax_codes_where(
    *,
    country: str | None = None,
    text: str | None = None,
    category: VatCategory | None = None,
    archived: bool | None = False,
) -> Where:
    where = [*_named(text, TaxCode.code, TaxCode.mention), *live(TaxCode, archived)]
    if country:
        where.append(TaxCode.country == country.strip().upper())
    if category is not None:
        where.append(TaxCode.category == category)
    return where


def ledger_accounts_where(
    *,
    text: str | None = None,
    account_type: AccountType | None = None,
    archived: bool | None = False,
) -> Where:
    names = (LedgerAccount.number, LedgerAccount.label)
    where = [*_named(text, *names), *live(LedgerAccount, archived)]
    if account_type is not None:
        where.append(LedgerAccount.account_type == account_type)
    return where


def products_where(
    *, text: str | None = None, active: bool | None = None, archived: bool | None = False
) -> Where:
    where = [*_named(text, Product.sku, Product.name), *live(Product, archived)]
    if active is not None:
        where.append(Product.active == active)
    return where


def imports_where(*, state: ImportState | None = None, kind: str | None = None) -> Where:
    """Uploads; the sheets of a workbook are found in it."""
    where: Where = [ImportFile.workbook_id.is_(None)]
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
    code: str | None = None,
    column: str | None = None,
    outcome: RowOutcome | None = None,
    with_rates: bool = True,
) -> Where:
    """Rows of an import; without rates, none of a sheet that tells what people cost.

    With a code and a column, both are those of one note.
    """
    where: Where = [ImportRow.import_id == import_id]
    if outcome is not None:
        where.append(ImportRow.outcome == outcome)
    if code is not None or column is not None:
        begin = "" if code is None else f" {code}"
        end = "" if column is None else f"{column} "
        where.append(ImportRow.marks.contains(f"{begin}@{end}", autoescape=True))
    if not with_rates:
        where += rows_without_rates()
    if colour is not None:
        where.append(ImportRow.colour == colour)
    if skipped is not None:
        where.append(ImportRow.skipped == skipped)
    return where


def rows_without_rates() -> Where:
    """Rows of imports, those left out that tell what the hours of people cost and are sold for."""
    rated = select(ImportFile.id).where(ImportFile.kind == "collaborators")
    return [ImportRow.import_id.not_in(rated)]
