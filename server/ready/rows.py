"""Code that makes objects of an answer straight from the rows of the driver.

For each noun that is selected there is one statement and one function, which goes through its rows
once; to-one relations stand in the same row, to-many ones are nouns of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLNonNull, GraphQLObjectType, is_leaf_type
from sqlalchemy import Boolean, Date, Dialect, Enum, Integer, String, inspect

from domain.base import Scaled
from domain.money import CURRENCIES, from_minor
from persistence.reading import Computed, Noun, ToMany, ToOne
from persistence.ready.prepared import NotReady, Steps
from persistence.ready.statements import Path, Place, Reading, Wish
from schema.scalars import Amount, Number, plain
from server.ready.selection import TYPENAME, Chosen
from server.ready.values import Memo, Names, Surprise, leaf, require_plain, value_of

_TWO = {currency for currency, decimals in CURRENCIES.items() if decimals == 2}

Shape = Callable[..., Any]

MOST_VALUES = 1_000_000
"""Of one answer; what comes to more is completed by the executor, a slice at a time."""


@dataclass(eq=False, slots=True)
class Rows:
    """How the rows of one noun are read and made into objects."""

    reading: Reading
    shape: Shape
    """Of the rows and, for each of `below`, what its rows were made into, by the row above."""
    below: list[tuple[int, Rows]]
    """Each with the column here that the rows below carry."""
    width: int
    """Values of one object, without those below."""
    extra: dict[str, tuple[int, Any]] = field(default_factory=dict)
    """Columns read beside: where they stand, and what makes a value of them."""

    def fill(self, organisation_id: int, rows: list[Any]) -> Steps:
        """The objects of `rows`, with all that stands below them; Surprise of too much."""
        parts, weights = yield from self._parts(organisation_id, rows)
        if sum(weights) > MOST_VALUES:
            raise Surprise
        return self.shape(rows, *parts)

    @property
    def statements(self) -> int:
        """That read them at most: one, and those of what stands below."""
        return 1 + sum(rows.statements for _, rows in self.below)

    def by_key(self, organisation_id: int, keys: list[int]) -> Steps:
        """The objects that belong to those with the identifiers `keys`, and their weights."""
        made: dict[int, list[Any]] = {key: [] for key in keys}
        heavy = dict.fromkeys(keys, 0)
        if keys:
            bound = self.reading.of_many(keys, organisation_id=organisation_id)
            rows = yield bound
            parts, weights = yield from self._parts(organisation_id, rows)
            for row, weight in zip(rows, weights, strict=True):
                heavy[row[0]] += weight
            if heavy and max(heavy.values()) > MOST_VALUES:
                raise Surprise
            self.shape(rows, made, *parts)
        return made, heavy

    def _parts(self, organisation_id: int, rows: list[Any]) -> Steps:
        """What stands below each row, and how many values each comes to, all unfolded.

        A row that stands below several is one object, which is written as often: in a circle
        (phases of the contract of phases …) a few rows come to any number of values.
        """
        parts, weights = [], [self.width] * len(rows)
        for place, below in self.below:
            keys = list(dict.fromkeys(row[place] for row in rows if row[place] is not None))
            made, heavy = yield from below.by_key(organisation_id, keys)
            parts.append(made)
            for number, row in enumerate(rows):
                weights[number] += heavy.get(row[place], 0)
        return parts, weights


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
    writer = _Writer(dialect, many)
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
    found = {name: (place, reading.reader(((), name))) for name, place in beside.items()}
    return Rows(reading, shape, writer.below, len(writer.columns) + 1, found)


class _Writer:
    """Writes the function of one statement."""

    def __init__(self, dialect: Dialect, many: ToMany | None) -> None:
        self._dialect = dialect
        self._many = many
        self._names = Names()
        self.columns: dict[Place, int] = {}
        self.below: list[tuple[int, Rows]] = []
        if many is not None:
            self.place(((), many.column))

    def place(self, place: Place) -> int:
        """Where a column stands in the row; it is read from now on."""
        return self.columns.setdefault(place, len(self.columns))

    def name(self, place: Place) -> str:
        return f"c{self.place(place)}"

    def function(self, made: str) -> Shape:
        names = "".join(f"c{number}, " for number in range(len(self.columns)))
        parts = "".join(f", k{number}" for number in range(len(self.below)))
        if self._many is None:
            source = f"def shape(rows{parts}):\n    return [{made} for ({names}) in rows]\n"
        else:
            source = (
                f"def shape(rows, by{parts}):\n    for ({names}) in rows:\n"
                f"        by[c0].append({made})\n"
            )
        shape: Shape = self._names.function("shape", source)
        return shape

    def object(
        self, noun: Noun, path: Path, owner: GraphQLObjectType, chosen: tuple[Chosen, ...]
    ) -> str:
        if owner.name != noun.typename:
            raise NotReady(f"{owner.name} is not {noun.typename}")
        parts = [f"{one.key!r}: {self._field(noun, path, one)}" for one in chosen]
        return "{" + ", ".join(parts) + "}"

    def _field(self, noun: Noun, path: Path, one: Chosen) -> str:
        if one.name == TYPENAME:
            return repr(noun.typename)
        require_plain(one)
        if one.name == "id":
            return f"f'{noun.prefix}_{{{self.name((path, 'id'))}}}'"
        match noun.fields.get(one.name):
            case None:
                return self._column(noun, path, one)
            case Amount() as amount:
                return self._amount(path, one, amount)
            case Number() as number:
                return self._number(noun, path, one, number)
            case Computed() as computed:
                return self._computed(noun, path, one, computed)
            case ToOne() as relation:
                other = relation.noun()
                further = (*path, one.name)
                made = self.object(other, further, one.owner, one.below)
                key = self.name((further, "id"))
                empty = "surprise()" if isinstance(one.type, GraphQLNonNull) else "None"
                return f"({made} if {key} is not None else {empty})"
            case ToMany() as relation:
                return self._many_of(path, one, relation)
        raise NotReady(one.name)

    def _many_of(self, path: Path, one: Chosen, relation: ToMany) -> str:
        rows = rows_of(relation.noun(), one.owner, one.below, self._dialect, many=relation)
        place = self.place((path, "id"))
        self.below.append((place, rows))
        return f"k{len(self.below) - 1}[c{place}]"

    def _column(self, noun: Noun, path: Path, one: Chosen) -> str:
        kept = _kept(noun, one.name)
        name = self.name((path, one.name))
        is_needed = isinstance(one.type, GraphQLNonNull)
        bare = one.type.of_type if is_needed else one.type
        kind = kept.type
        if not is_leaf_type(bare):
            convert = _reader(noun, one.name, self._dialect)
            source = name if convert is None else f"{self._names.of(convert)}({name})"
            return value_of(self._names, one.type, source, one)
        if isinstance(kind, String) and not isinstance(kind, Enum) and bare.name == "String":
            made = name
        elif isinstance(kind, Integer) and bare.name == "Int":
            made = f"({name} if -2147483648 <= {name} <= 2147483647 else surprise())"
        else:
            made = self._written(noun, one.name, bare, name)
        if not kept.nullable:
            return made
        empty = "surprise()" if is_needed else "None"
        return f"({empty} if {name} is None else {made})"

    def _written(self, noun: Noun, column: str, bare: Any, name: str) -> str:
        """A value of the driver as it is written, by way of that of the record.

        What comes again and again is remembered; moments and texts hardly do.
        """
        convert, write = _reader(noun, column, self._dialect), leaf(bare)
        if not isinstance(_kept(noun, column).type, Enum | Boolean | Date):
            source = name if convert is None else f"{self._names.of(convert)}({name})"
            return f"{self._names.of(write)}({source})"
        made = Memo(write if convert is None else lambda value: write(convert(value)))
        return f"{self._names.of(made)}[{name}]"

    def _amount(self, path: Path, one: Chosen, amount: Amount) -> str:
        minor, currency = (self.name((path, column)) for column in amount.columns)
        parts = []
        for field_ in one.below:
            match field_.name:
                case "amount":
                    two = self._names.of(_TWO)
                    other = self._names.of(_amount)
                    made = (
                        f"('%d.%02d' % divmod({minor}, 100) if {minor} >= 0 and {currency} in {two}"
                        f" else {other}({minor}, {currency}))"
                    )
                case "currency":
                    known = self._names.of(CURRENCIES)
                    made = f"({currency} if {currency} in {known} else surprise())"
                case name if name == TYPENAME:
                    made = repr(one.owner.name)
                case _:
                    raise NotReady(field_.name)
            parts.append(f"{field_.key!r}: {made}")
        made = f"{{{', '.join(parts)}}}"
        if all(field_.name == TYPENAME for field_ in one.below):
            # Nothing else would look at the currency, which the executor does in any case.
            known = self._names.of(CURRENCIES)
            made = f"({made} if {self.name((path, amount.columns[1]))} in {known} else surprise())"
        empty = "surprise()" if isinstance(one.type, GraphQLNonNull) else "None"
        return f"({made} if {minor} is not None else {empty})"

    def _number(self, noun: Noun, path: Path, one: Chosen, number: Number) -> str:
        (column,) = number.columns
        kind = _kept(noun, column).type
        bare = one.type.of_type if isinstance(one.type, GraphQLNonNull) else one.type
        if not isinstance(kind, Scaled) or bare.name != "Decimal":
            return self._computed(noun, path, one, number)
        convert = _reader(noun, column, self._dialect)
        assert convert is not None
        written = self._names.of(Memo(lambda value: str(plain(convert(value)))))
        name = self.name((path, column))
        empty = "surprise()" if isinstance(one.type, GraphQLNonNull) else "None"
        return f"({empty} if {name} is None else {written}[{name}])"

    def _computed(self, noun: Noun, path: Path, one: Chosen, computed: Computed) -> str:
        parts = []
        for column in computed.columns:
            convert, name = _reader(noun, column, self._dialect), self.name((path, column))
            value = name if convert is None else f"{self._names.of(convert)}({name})"
            parts.append(f"{column!r}: {value}")
        source = f"{self._names.of(computed.make)}({{{', '.join(parts)}}})"
        return value_of(self._names, one.type, source, one)


def _amount(minor: int, currency: str) -> str:
    return str(from_minor(minor, currency))


def _kept(noun: Noun, column: str) -> Any:
    found = inspect(noun.record).column_attrs.get(column)
    if found is None:
        raise NotReady(column)
    return found.columns[0]


def _reader(noun: Noun, column: str, dialect: Dialect) -> Any:
    return _kept(noun, column).type.dialect_impl(dialect).result_processor(dialect, None)
