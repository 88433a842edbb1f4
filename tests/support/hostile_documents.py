"""Documents made to cost much: each family by the number of tokens that it may have.

text = FAMILIES["fragments spread doubly"](1_000)
"""

from __future__ import annotations

from collections.abc import Callable

Family = Callable[[int], str]


def _times(count: int, text: Callable[[int], str]) -> str:
    return " ".join(map(text, range(max(1, count))))


def _doubled(tokens: int) -> str:
    """Each fragment spreads the next twice: unfolded, two to the power of their number."""
    count = max(2, tokens // 10)
    links = _times(count - 1, lambda at: f"fragment F{at} on Query {{ ...F{at + 1} ...F{at + 1} }}")
    return f"{{ ...F0 }} {links} fragment F{count - 1} on Query {{ __typename }}"


def _chain(tokens: int) -> str:
    """A hundred fragments, each with the next one, and fields that are not there."""
    links = 99
    fields = _times((tokens - 8 * links) // links, lambda at: f"x{at}")
    chain = _times(
        links, lambda at: f"fragment F{at} on Query {{ a{at}: __typename {fields} ...F{at + 1} }}"
    )
    return f"{{ ...F0 }} {chain} fragment F{links} on Query {{ __typename }}"


def _circle(tokens: int) -> str:
    """Fragments in a circle, each of which spreads several of those that follow."""
    count = 60
    spreads = max(1, (tokens // count - 7) // 2)
    return "{ ...F0 } " + _times(
        count,
        lambda at: (
            f"fragment F{at} on Query {{ __typename "
            + _times(spreads, lambda step: f"...F{(at + step + 1) % count}")
            + " }"
        ),
    )


def _deep(tokens: int) -> str:
    return "{ a " * (tokens // 3) + "}" * (tokens // 3)


def _triangle(tokens: int) -> str:
    """Fields of the same name in each other, which validation compares pair by pair."""
    side = max(2, round((tokens - 20) ** (1 / 3)))
    leaves = "{ " + "id " * side + "} "
    nodes = "{ " + f"nodes {leaves}" * side + "} "
    return "{ " + f"invoices(page: {{first: 1}}) {nodes}" * side + "}"


def _object(tokens: int) -> str:
    return "{" + _times(tokens // 3, lambda at: f"x{at}: 1") + "}"


def _alike(tokens: int) -> str:
    """Fragments that all select the same, spread in the same place."""
    count = 30
    fields = _times((tokens - 9 * count) // count, lambda at: f"x{at}")
    fragments = _times(count, lambda at: f"fragment F{at} on Viewer {{ {fields} }}")
    return f"{{ viewer {{ {_times(count, lambda at: f'...F{at}')} }} }} {fragments}"


COMPARED = "one name in one place, three levels deep"
"""Grows as the square until the library has compared as many fields as it ever does."""

FAMILIES: dict[str, Family] = {
    "fragments spread doubly": _doubled,
    "a chain of fragments": _chain,
    "fragments in a circle": _circle,
    "fragments alike": _alike,
    "deep nesting": _deep,
    COMPARED: _triangle,
    "aliases": lambda tokens: (
        f"{{ {_times(tokens // 7, lambda at: f'a{at}: viewer {{ __typename }}')} }}"
    ),
    "unknown fields": lambda tokens: f"{{ {_times(tokens, lambda at: f'invoices{at}')} }}",
    "directives on one field": lambda tokens: (
        f"{{ __typename {_times(tokens // 2, lambda at: f'@typo{at}')} }}"
    ),
    "one directive again and again": lambda tokens: (
        "{ __typename " + "@include(if: true) " * (tokens // 7) + "}"
    ),
    "variables": lambda tokens: (
        f"query({_times(tokens // 4, lambda at: f'$v{at}: Int')}) {{ __typename }}"
    ),
    "an object with unknown fields": lambda tokens: (
        f"{{ invoices(filter: {_object(tokens)}) {{ nodes {{ id }} }} }}"
    ),
    "a default with unknown fields": lambda tokens: (
        f"query($v: InvoiceFilter = {_object(tokens)}) {{ __typename }}"
    ),
    "a list of wrong values": lambda tokens: (
        "{ invoices(filter: {states: [" + "DRAFTT " * tokens + "]}) { nodes { id } } }"
    ),
    "unknown arguments": lambda tokens: (
        f"{{ invoices({_times(tokens // 3, lambda at: f'x{at}: 1')}) {{ nodes {{ id }} }} }}"
    ),
    "operations": lambda tokens: _times(tokens // 5, lambda at: f"query Q{at} {{ __typename }}"),
}
