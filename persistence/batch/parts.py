"""The running sums of a batch that is selected in: kept with each choice, read by each click."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Table,
    case,
    cast,
    delete,
    distinct,
    func,
    insert,
    literal,
    null,
    select,
    type_coerce,
)

from domain.batch.model import BatchItem, Grouping
from domain.batch.plan import BatchTotals, Sums
from domain.batch.sums import BatchPart
from domain.catalogue import TaxCode
from domain.invoice.totals import Tax
from persistence.bulk import among
from persistence.session import ScopedSession
from persistence.short import Short

_MOST_NAMED = 2_000
"""Contracts that a statement names; of more, all of the batch are counted anew."""

_MILLION = 1_000_000
"""A rate is kept in ten-thousandths of a percent: a millionth of it times an amount is its VAT."""


def recount(session: ScopedSession, batch_id: int, contract_ids: Sequence[int]) -> None:
    """Brings the sums of these contracts of a batch up to what is selected of them."""
    if len(contract_ids) > _MOST_NAMED:
        _recount(session, batch_id, [], [])
        return
    if contract_ids:
        some = sorted(contract_ids)
        parts, items = BatchPart.contract_id, BatchItem.contract_id
        _recount(session, batch_id, [among(parts, some)], [among(items, some)])


def forget(session: ScopedSession, batch_id: int) -> None:
    """Takes the sums of a batch away: there is nothing to select in it any more."""
    statement = delete(BatchPart).where(BatchPart.batch_id == batch_id)
    session.execute(statement.execution_options(synchronize_session=False))


def _recount(
    session: ScopedSession,
    batch_id: int,
    parts: Sequence[ColumnElement[bool]],
    items: Sequence[ColumnElement[bool]],
) -> None:
    session.execute(
        delete(BatchPart)
        .where(BatchPart.batch_id == batch_id, *parts)
        .execution_options(synchronize_session=False)
    )
    table = BatchPart.__table__
    assert isinstance(table, Table)
    item = BatchItem
    found = summed().where(
        item.organisation_id == session.organisation_id, item.batch_id == batch_id, *items
    )
    made = found.add_columns(
        item.organisation_id,
        literal(datetime.now(UTC), table.c.created_at.type).label("created_at"),
    ).group_by(item.organisation_id)
    names = [column.name for column in made.selected_columns]
    session.connection().execute(insert(table).from_select(names, made))


def summed() -> Any:
    """What is selected, by contract, bundle and tax; which parts come first is counted as 1."""
    item = BatchItem
    key = (item.batch_id, item.contract_id, item.bundle, item.currency, item.tax_code_id)
    order = (item.bundle, item.tax_code_id)
    of_contract = func.row_number().over(partition_by=item.contract_id, order_by=order)
    of_invoice = func.row_number().over(
        partition_by=(item.contract_id, item.bundle), order_by=item.tax_code_id
    )
    return (
        select(
            *key,
            case((of_contract == 1, 1), else_=0).label("contracts"),
            case((of_invoice == 1, 1), else_=0).label("invoices"),
            func.count().label("items"),
            func.sum(item.amount_minor).label("net_minor"),
            func.sum(item.tickets).label("tickets"),
            func.sum(item.hours).label("hours"),
            func.sum(item.fingerprint).label("fingerprints"),
        )
        # Put so that no index knows it: of a contract a database reads its own items, and not, by
        # the index that begins with what is selected, all of the batch.
        .where(item.selected.is_not(False))
        .group_by(*key)
    )


_SUMS = Short(
    lambda keys: (
        select(
            *(BatchPart.batch_id, BatchPart.currency, func.sum(BatchPart.items)),
            *(func.sum(BatchPart.fingerprints), func.sum(BatchPart.net_minor)),
        )
        .where(BatchPart.batch_id.in_(keys))
        .group_by(BatchPart.batch_id, BatchPart.currency)
        .order_by(BatchPart.batch_id, BatchPart.currency)
    )
)


def sums_by_batch(session: ScopedSession, batch_ids: Sequence[int]) -> dict[int, Sums]:
    """What is selected of each batch in all."""
    rows: dict[int, list[Any]] = {key: [] for key in batch_ids}
    for row in _SUMS.rows(session, keys=batch_ids):
        rows[row[0]].append(row)
    return {
        key: Sums(
            items=sum(int(row[2]) for row in some),
            fingerprints=sum(int(row[3]) for row in some),
            net=sum(int(row[4]) for row in some),
            currencies=[row[1] for row in some],
        )
        for key, some in rows.items()
    }


class Figures(NamedTuple):
    """What is selected of a batch: by currency, and in all."""

    totals: list[BatchTotals]
    """As `domain.batch.plan.totals_of`."""
    fingerprints: int

    @property
    def sums(self) -> Sums:
        """As `sums_by_batch`."""
        return Sums(
            items=sum(one.items for one in self.totals),
            fingerprints=self.fingerprints,
            net=sum(one.net for one in self.totals),
            currencies=[one.currency for one in self.totals],
        )


def figures_by_batch(
    session: ScopedSession, groupings: Mapping[int, Grouping]
) -> dict[int, Figures]:
    """The live figures of batches, each with its grouping; the sums of their plans with them."""
    found = {key: Figures([], 0) for key in groupings}
    twins = _twins(taxes_of(session)) if groupings else {}
    for grouping in Grouping:
        keys = [key for key, own in groupings.items() if own is grouping]
        if keys:
            _add_figures(session, keys, grouping, twins, found)
    return found


def _add_figures(
    session: ScopedSession,
    batch_ids: Sequence[int],
    grouping: Grouping,
    twins: Mapping[int, int],
    found: dict[int, Figures],
) -> None:
    by_contract = grouping is Grouping.PER_CONTRACT
    rows = _totals(by_contract).rows(session, keys=batch_ids)
    vats: dict[tuple[int, str], int] | None = None
    if not by_contract or (twins and any(int(row[2]) != row[9] for row in rows)):
        own = BatchPart.batch_id.in_(batch_ids)
        vats = _vat_by_currency(session, own, twins, by_contract=by_contract)
    for batch_id, currency, invoices, contracts, items, tickets, hours, net, vat, _, prints in rows:
        totals = BatchTotals(
            currency=currency,
            invoices=int(invoices),
            contracts=int(contracts),
            items=int(items),
            tickets=int(tickets),
            hours=hours,
            net=int(net),
            vat=int(vat if vats is None else vats.get((batch_id, currency), 0)),
        )
        before = found[batch_id]
        found[batch_id] = Figures([*before.totals, totals], before.fingerprints + int(prints))


@cache
def _totals(by_contract: bool) -> Short:
    """The figures of batches by currency; their VAT where each contract has its own invoices."""

    def make(keys: Any) -> Any:
        part = BatchPart
        per = (part.batch_id, part.currency)
        # Where no invoice bears two taxes, each part is a sum to round by itself.
        of_parts = func.sum(_vat(part.net_minor, _rate())) if by_contract else null()
        statement = (
            select(
                *per,
                func.sum(part.invoices) if by_contract else func.count(distinct(part.bundle)),
                *(func.sum(part.contracts), func.sum(part.items), func.sum(part.tickets)),
                *(func.sum(part.hours), func.sum(part.net_minor), of_parts, func.count()),
                func.sum(part.fingerprints),
            )
            .where(part.batch_id.in_(keys))
            .group_by(*per)
            .order_by(*per)
        )
        joined = statement.outerjoin(TaxCode, TaxCode.id == part.tax_code_id)
        return joined if by_contract else statement

    return Short(make)


def _vat_by_currency(
    session: ScopedSession, own: ColumnElement[bool], twins: Mapping[int, int], *, by_contract: bool
) -> dict[tuple[int, str], int]:
    """The VAT of each batch and currency, of sums by invoice and tax."""
    part = BatchPart
    own_tax: Any = part.tax_code_id
    tax = case(twins, value=own_tax, else_=own_tax) if twins else own_tax
    invoice = (part.contract_id, part.bundle) if by_contract else (part.bundle,)
    net = cast(func.sum(part.net_minor), BigInteger)
    groups = (
        select(part.batch_id, part.currency, net.label("net"), tax.label("tax"))
        .where(own, part.tax_code_id.is_not(None))
        .group_by(part.batch_id, part.currency, *invoice, tax)
        .subquery()
    )
    statement = (
        select(groups.c.batch_id, groups.c.currency, func.sum(_vat(groups.c.net, _rate())))
        .join(TaxCode, TaxCode.id == groups.c.tax)
        .group_by(groups.c.batch_id, groups.c.currency)
    )
    return {(row[0], row[1]): int(row[2]) for row in session.execute(statement)}


def _rate() -> ColumnElement[int]:
    """A rate as it is kept; 0 where there is no tax."""
    return func.coalesce(type_coerce(TaxCode.rate, BigInteger), 0)


def _vat(net: Any, rate: ColumnElement[int]) -> ColumnElement[int]:
    """net × rate, rounded half away from zero to the minor unit: `domain.money.share` in integers.

    In millions and what is left of them: the product of both would leave 64 bits.
    """
    amount = func.abs(net, type_=BigInteger)
    whole = (amount // _MILLION) * rate
    rest = ((amount % _MILLION) * rate + _MILLION // 2) // _MILLION
    return case((net < 0, -(whole + rest)), else_=whole + rest)


_TAXES = Short(
    lambda: select(TaxCode.id, TaxCode.rate, TaxCode.category, TaxCode.reason_code, TaxCode.mention)
)


def taxes_of(session: ScopedSession) -> dict[int, Tax]:
    """How the lines of each tax code are summed."""
    return {key: Tax(*columns) for key, *columns in _TAXES.rows(session)}


def _twins(taxes: Mapping[int, Tax]) -> dict[int, int]:
    """Tax codes that an invoice sums with an earlier one, since they tax alike."""
    first: dict[Tax, int] = {}
    for key, tax in sorted(taxes.items()):
        first.setdefault(tax, key)
    return {key: first[tax] for key, tax in taxes.items() if first[tax] != key}
