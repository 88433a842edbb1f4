"""Pages of contracts with what can be billed of them: those that have nothing are passed over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement

from domain.billing.assessment import Assessment, assess
from domain.project.model import Contract
from persistence.billing.needs import books_of
from persistence.pages import PageAsked, Sort, page_size, read_cursor, write_cursor
from persistence.session import ScopedSession

BY_CONTRACT = Sort("id")
_BILLABLE = "billable"
_GROWTH = 4
"""Each further portion is so much larger: a rare state is found in few of them."""
_LARGEST = 5_000

Keep = Callable[[Assessment], bool]


@dataclass(frozen=True, slots=True)
class AssessedPage:
    """A page of assessments, by rising identifier of the contract."""

    found: list[Assessment]
    has_next: bool
    has_previous: bool


def assessed_page(
    session: ScopedSession,
    where: Sequence[ColumnElement[bool]],
    *,
    asked: PageAsked,
    cut_off: date,
    keep: Keep,
) -> AssessedPage:
    """The contracts to `keep` among those that meet `where`, as much as was `asked`."""
    size, backwards = page_size(asked)
    bounds = list(where)
    column: Any = Contract.id
    for given, cursor in (("after", asked.after), ("before", asked.before)):
        if cursor is not None:
            key = read_cursor(cursor, BY_CONTRACT, _BILLABLE, [(column, False)], given=given)[0]
            bounds.append(column > key if given == "after" else column < key)
    found: list[Assessment] = []
    portion, last = size + 1, None
    while len(found) <= size:
        beyond: list[Any] = [] if last is None else [column < last if backwards else column > last]
        books = books_of(
            session, [*bounds, *beyond], cut_off=cut_off, falling=backwards, limit=portion
        )
        found += [one for book in books if keep(one := assess(book, cut_off=cut_off))]
        if len(books) < portion:
            break
        last, portion = books[-1].terms.id, min(portion * _GROWTH, _LARGEST)
    more = len(found) > size
    del found[size:]
    if backwards:
        found.reverse()
    return AssessedPage(
        found,
        has_next=asked.before is not None if backwards else more,
        has_previous=more if backwards else asked.after is not None,
    )


def count_assessed(
    session: ScopedSession, where: Sequence[ColumnElement[bool]], *, cut_off: date, keep: Keep
) -> int:
    """How many contracts there are to `keep`."""
    books = books_of(session, where, cut_off=cut_off)
    return sum(keep(assess(book, cut_off=cut_off)) for book in books)


def cursor_of(contract_id: int) -> str:
    """What stands for a contract in the list."""
    return write_cursor({"key": contract_id, "_id": contract_id}, BY_CONTRACT, _BILLABLE)
