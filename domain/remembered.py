"""Functions of texts that remember what short ones came to."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Concatenate, ParamSpec

Rest = ParamSpec("Rest")
OfText = Callable[Concatenate[str, Rest], str]

SHORT = 255
"""Letters: as many as names have."""


def remembering(most: int) -> Callable[[OfText[Rest]], OfText[Rest]]:
    """Has a function remember what it made of `most` texts that have at most `SHORT` letters.

    Python's own counts texts and does not weigh them: thousands that somebody asks for, of a
    megabyte each, would stay until as many others were asked for.
    """

    def of(make: OfText[Rest]) -> OfText[Rest]:
        known = lru_cache(maxsize=most)(make)

        @wraps(make)
        def made(text: str, /, *rest: Rest.args, **named: Rest.kwargs) -> str:
            return (known if len(text) <= SHORT else make)(text, *rest, **named)

        return made

    return of
