"""How the rows of a noun are read and made into the JSON of an answer.

For each noun that is selected there is one statement and one function, which goes through its rows
once; to-one relations stand in the same row, to-many ones are nouns of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLObjectType
from sqlalchemy import Dialect

from persistence.reading import Noun, ToMany
from persistence.ready.prepared import Steps
from persistence.ready.statements import Reading, Wish
from server.ready.selection import Chosen
from server.ready.texts import Shape, Writer
from server.ready.values import Surprise

MOST_TEXT = 8 * 1024 * 1024
"""Characters of an answer; what comes to more is completed by the executor, a slice at a time."""


@dataclass(eq=False, slots=True)
class Rows:
    """How the rows of one noun are read and made into texts, one of each row."""

    reading: Reading
    shape: Shape
    """Of the rows and, for each of `below`, what its rows were made into, by the row above."""
    below: list[tuple[int, Rows]]
    """Each with the column here that the rows below carry."""
    extra: dict[str, tuple[int, Any]] = field(default_factory=dict)
    """Columns read beside: where they stand, and what makes a value of them."""

    def fill(self, organisation_id: int, rows: list[Any]) -> Steps:
        """The objects of `rows`, with all that stands below them; Surprise of too much."""
        parts = yield from self._parts(organisation_id, rows)
        return self.shape(rows, *parts)

    @property
    def statements(self) -> int:
        """That read them at most: one, and those of what stands below."""
        return 1 + sum(rows.statements for _, rows in self.below)

    def by_key(self, organisation_id: int, keys: list[int]) -> Steps:
        """The lists of objects that belong to those with the identifiers `keys`."""
        made: dict[int, list[str]] = {key: [] for key in keys}
        if keys:
            rows = yield self.reading.of_many(keys, organisation_id=organisation_id)
            parts = yield from self._parts(organisation_id, rows)
            self.shape(rows, made, *parts)
        return {key: f"[{','.join(texts)}]" for key, texts in made.items()}

    def _parts(self, organisation_id: int, rows: list[Any]) -> Steps:
        """What stands below each row, all of it no longer than an answer may be.

        A row that stands below several is written as often: in a circle (phases of the contract of
        phases …) a few rows come to any length.
        """
        parts, length = [], 0
        for place, below in self.below:
            above = [row[place] for row in rows if row[place] is not None]
            made = yield from below.by_key(organisation_id, list(dict.fromkeys(above)))
            parts.append(made)
            length += sum(len(made[key]) for key in above)
            if length > MOST_TEXT:
                raise Surprise
        return parts


def rows_of(
    noun: Noun,
    owner: GraphQLObjectType,
    chosen: tuple[Chosen, ...],
    dialect: Dialect,
    *,
    extra: Sequence[str] = (),
    many: ToMany | None = None,
) -> Rows:
    """How a noun is read with the fields `chosen`; with `many`, of those that belong to others."""
    writer = Writer(dialect, many)
    made = writer.object(noun, (), owner, chosen)
    beside = {name: writer.place(((), name)) for name in (("id", *extra) if extra else ())}
    if not writer.columns:
        writer.place(((), "id"))
    wish = Wish(
        noun,
        tuple(writer.columns),
        by=many.column if many else None,
        order=many.order if many else (),
    )
    reading = Reading(wish, dialect)
    shape = writer.function(made)
    below = [
        (place, rows_of(one.noun(), of.owner, of.below, dialect, many=one))
        for place, of, one in writer.below
    ]
    found = {name: (place, reading.reader(((), name))) for name, place in beside.items()}
    return Rows(reading, shape, below, found)
