"""What a client would rather have: the values of an Accept header, best first (RFC 9110)."""

from __future__ import annotations

from functools import lru_cache

from starlette.datastructures import Headers

from words import LANGUAGES

_MOST = 20
"""Whoever lists more is not asking."""


@lru_cache(maxsize=256)
def ranked(header: str) -> tuple[str, ...]:
    """The values of `header` by falling weight, as they stand where weights are equal.

    "fr;q=0.5, en" -> ("en", "fr"); what has the weight 0 is left out.
    """
    weighed = []
    for place, part in enumerate(header.lower().split(",")[:_MOST]):
        value, *parameters = (piece.strip() for piece in part.split(";"))
        weight = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                weight = _number(parameter[2:])
        if value and weight > 0:
            weighed.append((-weight, place, value))
    return tuple(value for _, _, value in sorted(weighed))


def language_asked(headers: Headers) -> str | None:
    """The best of our languages that Accept-Language names; None when it names none of them."""
    for value in ranked(headers.get("accept-language", "")):
        language = value.split("-")[0]
        if language in LANGUAGES:
            return language
    return None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
