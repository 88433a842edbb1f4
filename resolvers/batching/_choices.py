"""Which contracts and items callers mean: what a batch is chosen from, and what is chosen of it."""

from __future__ import annotations

from datetime import date
from typing import Any

import strawberry
from sqlalchemy import ColumnElement

from domain.batch.criteria import Criteria
from domain.billing.item import BillableState
from domain.errors import FIELD_INVALID, INPUT_TOO_LARGE, Refusal
from domain.given import day, text
from domain.project.model import BillingMethod
from persistence.batch.lists import contracts_where
from resolvers.batching._running import Choice

# Its enums are described there: an input that names them first would make them anew.
from schema import batch as _described  # noqa: F401
from schema.node import key_of, optional_key
from schema.payload import BULK_LIMIT

Field = tuple[str | int, ...]


@strawberry.input(
    description="Which contracts a batch is chosen from; what is left out narrows nothing."
)
class BatchCriteria:
    types: list[BillingMethod] | None = None
    taxable: bool | None = None
    client_ids: list[strawberry.ID] | None = None
    project_ids: list[strawberry.ID] | None = None
    contract_ids: list[strawberry.ID] | None = None
    entity_ids: list[strawberry.ID] | None = None
    currency: str | None = None
    text: str | None = strawberry.field(
        default=None, description="In the name of the client or contract, or as a project's code."
    )


@strawberry.input(description="A period of the list (B20): items that bill days within it.")
class BatchPeriod:
    start: date | None = None
    end: date | None = None


@strawberry.input(description="Contracts of a batch (B20).")
class BatchContractFilter:
    types: list[BillingMethod] | None = None
    taxable: bool | None = None
    states: list[BillableState] | None = None
    client_id: strawberry.ID | None = None
    project_id: strawberry.ID | None = None
    entity_id: strawberry.ID | None = None
    contract_id: strawberry.ID | None = None
    currency: str | None = None
    text: str | None = None
    period: BatchPeriod | None = None
    selected: bool | None = strawberry.field(
        default=None, description="Whether something of it is selected."
    )


@strawberry.input(
    description="Includes or leaves out: contracts, items by key, or all that meet a filter (an "
    "empty one: all). What is locked is refused when it is named, and passed by otherwise."
)
class BatchChoice:
    selected: bool
    contract_ids: list[strawberry.ID] | None = None
    items: list[str] | None = None
    filter: BatchContractFilter | None = None


def keys_of(identifiers: list[strawberry.ID] | None, noun: str, field: Field) -> list[int] | None:
    if identifiers is None:
        return None
    require_few(identifiers, field)
    found = (key_of(one, noun, field=(*field, place)) for place, one in enumerate(identifiers))
    return list(dict.fromkeys(found))


def require_few(given: list[Any], field: Field) -> None:
    """Refuses with INPUT_TOO_LARGE more than a call may name."""
    if len(given) > BULK_LIMIT:
        raise Refusal(INPUT_TOO_LARGE(field=field, count=len(given), limit=BULK_LIMIT))


def criteria_of(given: BatchCriteria | None) -> Criteria:
    """The criteria as they are kept."""
    asked = given or BatchCriteria()

    def keys(name: str, noun: str) -> tuple[int, ...] | None:
        found = keys_of(getattr(asked, name), noun, ("filter", name))
        return None if found is None else tuple(found)

    return Criteria(
        types=None if asked.types is None else tuple(asked.types),
        taxable=asked.taxable,
        client_ids=keys("client_ids", "client"),
        project_ids=keys("project_ids", "project"),
        contract_ids=keys("contract_ids", "contract"),
        entity_ids=keys("entity_ids", "entity"),
        currency=_currency(asked.currency),
        text=text(asked.text, field=("filter", "text"), name="The text", longest=120),
    )


def _currency(given: str | None) -> str | None:
    return given.strip().upper()[:3] if given else None


def contract_conditions(
    batch_id: int, given: BatchContractFilter | None, *, field: Field = ("filter",)
) -> list[ColumnElement[bool]]:
    """The conditions of the list of contracts of a batch."""
    asked = given or BatchContractFilter()
    period = asked.period

    def key(name: str, noun: str) -> int | None:
        return optional_key(getattr(asked, name), noun, field=(*field, name))

    return contracts_where(
        batch_id,
        types=asked.types,
        taxable=asked.taxable,
        states=asked.states,
        client_id=key("client_id", "client"),
        project_id=key("project_id", "project"),
        entity_id=key("entity_id", "entity"),
        contract_id=key("contract_id", "contract"),
        currency=_currency(asked.currency),
        text=text(asked.text, field=(*field, "text"), name="The text", longest=120),
        period=None
        if period is None
        else (
            day(period.start, field=(*field, "period", "start"), name="The first day"),
            day(period.end, field=(*field, "period", "end"), name="The last day"),
        ),
        selected=asked.selected,
    )


def choices_of(batch_id: int, given: list[BatchChoice]) -> list[Choice]:
    """What to include and to leave out; a choice that names nothing is refused."""
    require_few(given, ("choices",))
    found = []
    for place, one in enumerate(given):
        field = ("choices", place)
        if one.contract_ids is None and one.items is None and one.filter is None:
            reason = "it says of no contract, item or filter"
            raise Refusal(FIELD_INVALID(field=field, name="The choice", reason=reason))
        if one.items is not None:
            require_few(one.items, (*field, "items"))
        found.append(
            Choice(
                selected=one.selected,
                contract_ids=keys_of(one.contract_ids, "contract", (*field, "contract_ids")),
                keys=one.items,
                where=None
                if one.filter is None
                else contract_conditions(batch_id, one.filter, field=(*field, "filter")),
            )
        )
    return found
