"""Code that writes the JSON of objects straight from the rows of the driver.

The function of a statement goes through its rows and writes one text a row, all that stands in it
included. What it writes is what the executor's answer would be, written by orjson: an object in
between, with all that has to be made and forgotten again, takes more than twice as long.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

from graphql import GraphQLNonNull, GraphQLObjectType, is_leaf_type
from sqlalchemy import Boolean, Date, Dialect, Enum, Integer, String, inspect

from domain.base import Scaled
from persistence.reading import Computed, Noun, ToMany, ToOne
from persistence.ready.prepared import NotReady
from persistence.ready.statements import Path, Place
from schema.scalars import Amount, Number, plain
from server.ready.selection import TYPENAME, Chosen
from server.ready.values import AT_HAND, Memo, Names, leaf, require_plain, text_of, value_of

Shape = Callable[..., Any]


class Writer:
    """Writes the function of one statement.

    What its methods return stands between the quotes of an f-string: literal JSON, its braces
    doubled, and expressions without quotes. What needs more is worked out in lines before it.
    """

    def __init__(self, dialect: Dialect, many: ToMany | None) -> None:
        self._dialect = dialect
        self._many = many
        self._names = Names()
        self._names.known |= AT_HAND
        self._lines: list[str] = []
        self._within = 2
        """How deep the next line stands in the function."""
        self.columns: dict[Place, int] = {}
        self.below: list[tuple[int, Chosen, ToMany]] = []
        """Lists below: the column here that their rows carry, and what is chosen of them."""
        if many is not None:
            self.place(((), many.column))

    def place(self, place: Place) -> int:
        """Where a column stands in the row; it is read from now on."""
        return self.columns.setdefault(place, len(self.columns))

    def name(self, place: Place) -> str:
        return f"c{self.place(place)}"

    def function(self, made: str) -> Shape:
        """It takes the rows and the lists below, by key; it gives a list of texts.

        Of rows that belong to others it takes as well where to put them, by key.
        """
        names = "".join(f"c{number}, " for number in range(len(self.columns)))
        below = "".join(f", k{number}" for number in range(len(self.below)))
        given, put = ("", "made.append") if self._many is None else (", by", "by[c0].append")
        lines = [
            f"def shape(rows{given}{below}):",
            "    made = []",
            f"    for ({names}) in rows:",
            *self._lines,
            f"        {put}(f'{made}')",
            "    return made",
        ]
        shape: Shape = self._names.function("shape", "\n".join(lines))
        return shape

    def object(
        self, noun: Noun, path: Path, owner: GraphQLObjectType, chosen: tuple[Chosen, ...]
    ) -> str:
        if owner.name != noun.typename:
            raise NotReady(f"{owner.name} is not {noun.typename}")
        return _object([(one.key, self._field(noun, path, one)) for one in chosen])

    def _field(self, noun: Noun, path: Path, one: Chosen) -> str:
        if one.name == TYPENAME:
            return f'"{noun.typename}"'
        require_plain(one)
        if one.name == "id":
            return f'"{noun.prefix}_{{{self.name((path, "id"))}}}"'
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
                return self._one_of(path, one, relation)
            case ToMany() as relation:
                place = self.place((path, "id"))
                self.below.append((place, one, relation))
                return f"{{k{len(self.below) - 1}[c{place}]}}"
        raise NotReady(one.name)

    def _one_of(self, path: Path, one: Chosen, relation: ToOne) -> str:
        further = (*path, one.name)
        text = self._names.new()
        self._line(f"if {self.name((further, 'id'))} is None:")
        self._line(f"    {text} = {_empty(one)}")
        self._line("else:")
        with self._deeper():
            made = self.object(relation.noun(), further, one.owner, one.below)
            self._line(f"{text} = f'{made}'")
        return f"{{{text}}}"

    def _line(self, line: str) -> None:
        self._lines.append("    " * self._within + line)

    @contextmanager
    def _deeper(self) -> Any:
        self._within += 1
        yield
        self._within -= 1

    def _column(self, noun: Noun, path: Path, one: Chosen) -> str:
        kept = _kept(noun, one.name)
        name = self.name((path, one.name))
        is_needed = isinstance(one.type, GraphQLNonNull)
        bare = one.type.of_type if is_needed else one.type
        kind = kept.type
        if not is_leaf_type(bare):
            convert = _reader(noun, one.name, self._dialect)
            source = name if convert is None else f"{self._names.of(convert)}({name})"
            return self._valued(one, source)
        if isinstance(kind, String) and not isinstance(kind, Enum) and bare.name == "String":
            made = f"quoted({name})"
        elif isinstance(kind, Integer) and bare.name == "Int":
            is_whole = f"{name}.__class__ is int and -2147483648 <= {name} <= 2147483647"
            made = f"{name} if {is_whole} else surprise()"
        else:
            made = self._written(noun, one.name, bare, name)
        return f"{{{made}}}" if not kept.nullable else _or_empty(name, made, one)

    def _valued(self, one: Chosen, source: str) -> str:
        """What the expression `source` gives, as a value of the field's type."""
        text = self._names.new()
        self._line(f"{text} = text_of({value_of(self._names, one.type, source, one)})")
        return f"{{{text}}}"

    def _written(self, noun: Noun, column: str, bare: Any, name: str) -> str:
        """A value of the driver as it is written, by way of that of the record.

        What comes again and again is remembered; moments and texts hardly do.
        """
        convert, write = _reader(noun, column, self._dialect), leaf(bare)
        if not isinstance(_kept(noun, column).type, Enum | Boolean | Date):
            source = name if convert is None else f"{self._names.of(convert)}({name})"
            return f"text_of({self._names.of(write)}({source}))"
        read = convert or _same
        return f"{self._names.of(Memo(lambda value: text_of(write(read(value)))))}[{name}]"

    def _amount(self, path: Path, one: Chosen, amount: Amount) -> str:
        minor, currency = (self.name((path, column)) for column in amount.columns)
        text = self._names.new()

        def made(written: str) -> str:
            parts = {
                "amount": written,
                "currency": f"{{known[{currency}]}}",
                TYPENAME: f'"{one.owner.name}"',
            }
            if not parts.keys() >= {part.name for part in one.below}:
                raise NotReady(one.name)
            return _object([(part.key, parts[part.name]) for part in one.below])

        self._line(f"if {minor} is None:")
        self._line(f"    {text} = {_empty(one)}")
        if all(part.name == TYPENAME for part in one.below):
            # Nothing else would look at the amount, which the executor does in any case.
            self._line(f"elif other({minor}, {currency}):")
            self._line(f"    {text} = f'{made('')}'")
            return f"{{{text}}}"
        short = made(f'"{{{minor}//100}}{{cents[{minor}%100]}}"')
        self._line(f"elif {minor} >= 0 and {currency} in two:")
        self._line(f"    {text} = f'{short}'")
        self._line("else:")
        self._line(f"    {text} = f'{made(f'{{other({minor}, {currency})}}')}'")
        return f"{{{text}}}"

    def _number(self, noun: Noun, path: Path, one: Chosen, number: Number) -> str:
        (column,) = number.columns
        kind = _kept(noun, column).type
        bare = one.type.of_type if isinstance(one.type, GraphQLNonNull) else one.type
        if not isinstance(kind, Scaled) or bare.name != "Decimal":
            return self._computed(noun, path, one, number)
        convert = _reader(noun, column, self._dialect)
        assert convert is not None
        written = self._names.of(Memo(lambda value: f'"{plain(convert(value)):f}"'))
        name = self.name((path, column))
        return _or_empty(name, f"{written}[{name}]", one)

    def _computed(self, noun: Noun, path: Path, one: Chosen, computed: Computed) -> str:
        parts = []
        for column in computed.columns:
            convert, name = _reader(noun, column, self._dialect), self.name((path, column))
            value = name if convert is None else f"{self._names.of(convert)}({name})"
            parts.append(f"{column!r}: {value}")
        return self._valued(one, f"{self._names.of(computed.make)}({{{', '.join(parts)}}})")


def _object(parts: list[tuple[str, str]]) -> str:
    return "{{" + ",".join(f'"{key}":{written}' for key, written in parts) + "}}"


def _empty(one: Chosen) -> str:
    """What stands where there is nothing."""
    return "surprise()" if isinstance(one.type, GraphQLNonNull) else "null"


def _or_empty(name: str, made: str, one: Chosen) -> str:
    return f"{{{_empty(one)} if {name} is None else {made}}}"


def _same(value: Any) -> Any:
    return value


def _kept(noun: Noun, column: str) -> Any:
    found = inspect(noun.record).column_attrs.get(column)
    if found is None:
        raise NotReady(column)
    return found.columns[0]


def _reader(noun: Noun, column: str, dialect: Dialect) -> Any:
    return _kept(noun, column).type.dialect_impl(dialect).result_processor(dialect, None)
