"""How large a query may be, found in one pass over it: each fragment is visited once.

    document 128 KiB · 4,000 tokens · 64 brackets deep · 100 fragments
    fragments unfolded: 16 fields deep · 64 aliases · 4,000 selections · 32 times one field in
    one place · a price of 200,000

The price is what a query may bring: a value for every field, times the size of the pages around it
(a size given by a variable counts as the largest page) and of the lists without pages, which is
estimated (`server.list_sizes`).
A mutation costs 50 beside that, an item of a list that is given 10 (a number 1): about what they
take of the processor, where a value takes some 40 µs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FloatValueNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    IntValueNode,
    Lexer,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    Source,
    TokenKind,
    ValueNode,
    VariableNode,
    parse,
)

from persistence.pages import DEFAULT_SIZE, LARGEST_SIZE
from server.list_sizes import Fields, Shapes

DOCUMENT_BYTES = 128 * 1024
TOKENS = 4_000
BRACKETS = 64
FRAGMENTS = 100
DEPTH = 16
ALIASES = 64
SELECTIONS = 4_000
REPEATS = 32
"""Of one field in one selection: validation compares each with each."""

PRICE = 200_000
ACT = 50
ITEM = 10
NUMBER = 1

_OPENING = frozenset({TokenKind.BRACE_L, TokenKind.PAREN_L, TokenKind.BRACKET_L})
_CLOSING = frozenset({TokenKind.BRACE_R, TokenKind.PAREN_R, TokenKind.BRACKET_R})
_TEXTS = frozenset({TokenKind.STRING, TokenKind.BLOCK_STRING})


TOO_LARGE = "The query is too large: at most {limit} {what}."


class QueryTooLarge(GraphQLError):
    """The query goes beyond one of the limits above; nothing of it was run."""

    def __init__(self, what: str, limit: int) -> None:
        self.what = what
        self.limit = limit
        super().__init__(
            TOO_LARGE.format(limit=limit, what=what),
            extensions={"code": "QUERY_TOO_LARGE", "limit": limit, "of": what},
        )


@dataclass(frozen=True, slots=True)
class Size:
    """What a selection comes to once its fragments are unfolded."""

    depth: int = 0
    aliases: int = 0
    selections: int = 0
    price: int = 0
    is_page: bool = False
    """Whether `nodes` or `edges` stands among what is selected."""
    names: Mapping[str, int] = field(default_factory=dict)
    """How often each field stands on the uppermost level."""


NO_SHAPES: Shapes = {}
_NO_FIELDS: Fields = {}
_ROOTS = {
    OperationType.QUERY: "Query",
    OperationType.MUTATION: "Mutation",
    OperationType.SUBSCRIPTION: "Subscription",
}


@dataclass(frozen=True, slots=True)
class Measured:
    """A document within the limits, with its number of tokens and its price."""

    document: DocumentNode
    tokens: int
    price: int


def parse_within_limits(text: str, shapes: Shapes = NO_SHAPES) -> Measured:
    """The document of `text`; GraphQLError for bad syntax, QueryTooLarge beyond a limit.

    Without `shapes` every list without pages counts as one item.
    """
    try:
        return _measured(text, shapes)
    except GraphQLError as error:
        # Who waited for it in a thread keeps it in a circle, for the collector: its frames, and all
        # that was parsed, are not to wait there too.
        raise error.with_traceback(None) from None


def _measured(text: str, shapes: Shapes) -> Measured:
    if len(text) > DOCUMENT_BYTES or len(text.encode()) > DOCUMENT_BYTES:
        raise QueryTooLarge("bytes", DOCUMENT_BYTES)
    tokens = _count_tokens(text)
    document = _unchained(parse(text, max_tokens=TOKENS))
    fragments = {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    if len(fragments) > FRAGMENTS:
        raise QueryTooLarge("fragments", FRAGMENTS)
    measure = _Measure(fragments, shapes)
    price = 0
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            size = measure.of(node.selection_set, _ROOTS[node.operation])
            _check(size)
            acts = sum(size.names.values()) if node.operation is OperationType.MUTATION else 0
            price = max(price, size.price + ACT * acts)
    return Measured(document, tokens, price)


def _unchained(document: DocumentNode) -> DocumentNode:
    """`document` without the chain of its tokens: a circle, which only the collector would free."""
    token = document.loc.start_token if document.loc else None
    while token is not None:
        following, token.prev, token.next = token.next, None, None
        token = following
    return document


_NUMBERS = frozenset({int, float, bool})
_HOLDERS = frozenset({dict, list})


def price_of_variables(variables: Mapping[str, Any] | None) -> int:
    """What the lists among the variables of a request cost."""
    price = 0
    left: list[Any] = [variables] if variables else []
    while left:
        match left.pop():
            case dict() as fields:
                below = list(fields.values())
            case list() as items:
                numbers = [True for one in items if one.__class__ in _NUMBERS]
                price += NUMBER * len(numbers) + ITEM * (len(items) - len(numbers))
                below = items
        left.extend([one for one in below if one.__class__ in _HOLDERS])
    return price


def require_affordable(price: int) -> None:
    """Refuses what costs more than any one request may."""
    if price > PRICE:
        raise QueryTooLarge("values by its price", PRICE)


def _check(size: Size) -> None:
    for found, limit, what in (
        (size.depth, DEPTH, "levels of fields"),
        (size.aliases, ALIASES, "aliases"),
        (size.selections, SELECTIONS, "selections, fragments unfolded"),
        (size.price, PRICE, "values by its price"),
    ):
        if found > limit:
            raise QueryTooLarge(what, limit)


def _count_tokens(text: str) -> int:
    """The number of tokens. Refuses what the parser and everything after it would stumble over."""
    lexer = Lexer(Source(text))
    count = depth = 0
    while (token := lexer.advance()).kind is not TokenKind.EOF:
        # Tokens are a chain in both directions: a circle, which only the collector would free.
        lexer.last_token.next = token.prev = None
        count += 1
        if count > TOKENS:
            raise QueryTooLarge("tokens", TOKENS)
        if token.kind in _OPENING:
            # The parser calls itself for every bracket.
            depth += 1
            if depth > BRACKETS:
                raise QueryTooLarge("brackets, one within the other", BRACKETS)
        elif token.kind in _CLOSING:
            depth -= 1
        elif token.kind in _TEXTS and "\0" in (token.value or ""):
            raise GraphQLError("A text holds a character that cannot be kept (U+0000).")
    return count


class _Measure:
    """The sizes of the fragments of one document, each found once."""

    def __init__(self, fragments: dict[str, FragmentDefinitionNode], shapes: Shapes) -> None:
        self._fragments = fragments
        self._shapes = shapes
        self._known: dict[str, Size] = {}

    def of(self, selections: SelectionSetNode, owner: str) -> Size:
        """The size of what is selected of the type `owner`."""
        names: Counter[str] = Counter()
        depth = aliases = count = price = 0
        is_page = False
        for size in self._sizes(selections, owner):
            names.update(size.names)
            is_page = is_page or size.is_page
            depth = max(depth, size.depth)
            aliases += size.aliases
            count += size.selections
            price += size.price
        if names and max(names.values()) > REPEATS:
            raise QueryTooLarge("times one field in one place", REPEATS)
        # Doubling from fragment to fragment makes numbers without end: no more than is needed.
        return Size(
            depth,
            min(aliases, ALIASES + 1),
            min(count, SELECTIONS + 1),
            min(price, PRICE + 1),
            is_page,
            names,
        )

    def _sizes(self, selections: SelectionSetNode, owner: str) -> Iterator[Size]:
        for node in selections.selections:
            match node:
                case FieldNode():
                    yield self._field(node, owner)
                case InlineFragmentNode(selection_set=below, type_condition=named):
                    yield _one_more(self.of(below, named.name.value if named else owner))
                case FragmentSpreadNode(name=name):
                    yield _one_more(self._fragment(name.value))

    def _field(self, node: FieldNode, owner: str) -> Size:
        name = node.name.value
        is_page = name in ("nodes", "edges")
        of_type, size = self._shapes.get(owner, _NO_FIELDS).get(name, ("", 1))
        below = Size() if node.selection_set is None else self.of(node.selection_set, of_type)
        if below.is_page:
            size = _page_size(node)
        elif is_page:
            # Counted by the field above, which says how many are asked for.
            size = 1
        here = 1 if node.selection_set is not None else size
        return Size(
            below.depth + 1,
            below.aliases + (node.alias is not None),
            below.selections + 1,
            below.price * size + here + _price_of_lists(node),
            is_page,
            {(node.alias or node.name).value: 1},
        )

    def _fragment(self, name: str) -> Size:
        if name not in self._known:
            # A circle ends here; validation tells of it, and of a fragment that is not there.
            self._known[name] = Size()
            if name in self._fragments:
                fragment = self._fragments[name]
                self._known[name] = self.of(
                    fragment.selection_set, fragment.type_condition.name.value
                )
        return self._known[name]


def _one_more(size: Size) -> Size:
    return replace(size, selections=size.selections + 1)


def _price_of_lists(node: FieldNode) -> int:
    """What the lists written into the arguments cost."""
    price = 0
    left: list[ValueNode] = [argument.value for argument in node.arguments or ()]
    while left:
        match left.pop():
            case ListValueNode(values=values):
                numbers = sum(isinstance(one, IntValueNode | FloatValueNode) for one in values)
                price += NUMBER * numbers + ITEM * (len(values) - numbers)
                left.extend(values)
            case ObjectValueNode(fields=fields):
                left.extend(one.value for one in fields)
    return price


def _page_size(node: FieldNode) -> int:
    """How many nodes the page of a list may have, by what is asked for."""
    asked = (_sizes_in(argument.name.value, argument.value) for argument in node.arguments or ())
    return max((size for sizes in asked for size in sizes), default=DEFAULT_SIZE)


def _sizes_in(name: str, value: ValueNode) -> Iterator[int]:
    if isinstance(value, ObjectValueNode):
        for part in value.fields:
            yield from _sizes_in(part.name.value, part.value)
    elif name in ("first", "last") and isinstance(value, IntValueNode) and len(value.value) < 10:
        yield min(max(int(value.value), 1), LARGEST_SIZE)
    elif isinstance(value, VariableNode) and name in ("first", "last", "page"):
        yield LARGEST_SIZE
