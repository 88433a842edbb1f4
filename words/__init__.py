"""What users read: the French of every English sentence, one catalogue an area in `fr/`."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path
from string import Formatter

from babel.messages.pofile import read_po

LANGUAGES = ("fr", "en")
"""The languages of the interface; French first."""


@lru_cache(maxsize=256)
def language_of(locale: str | None) -> str:
    """The language we answer in for `locale` ("fr-CA" -> "fr"); French when unknown."""
    prefix = (locale or "").replace("_", "-").split("-")[0].lower()
    return prefix if prefix in LANGUAGES else LANGUAGES[0]


@cache
def _catalogue(language: str) -> dict[str, str]:
    entries: dict[str, str] = {}
    for path in sorted(Path(__file__).parent.joinpath(language).glob("*.po")):
        with path.open("rb") as file:
            messages = read_po(file)
        entries.update({str(m.id): str(m.string) for m in messages if m.id and m.string})
    return entries


def translated(sentence: str, locale: str) -> str:
    """`sentence` (English, the key) in the language of `locale`; itself when it has none."""
    return _catalogue(language_of(locale)).get(sentence, sentence)


_WHERE_KNOWN = re.compile(r"\[\[(.+?)\]\]")
"""A part of a sentence that is left out where one of its facts is empty."""


def phrase(sentence: str, locale: str, **facts: object) -> str:
    """`sentence` translated, then filled with its named facts.

    What stands in [[ ]] is said only when none of the facts it names is empty.
    """

    text = translated(sentence, locale)
    if "[[" in text:

        def said(part: re.Match[str]) -> str:
            names = (name for _, name, _, _ in Formatter().parse(part[1]) if name)
            return part[1] if all(facts.get(name, "?") for name in names) else ""

        text = _WHERE_KNOWN.sub(said, text)
    return text.format_map(_Facts(facts))


def missing(sentences: list[str], language: str) -> list[str]:
    """The sentences that `language` has no words for (English is the key itself)."""
    return [] if language == "en" else [s for s in sentences if s not in _catalogue(language)]


class _Facts(dict[str, object]):
    """A fact that a caller forgot shows its name instead of breaking the answer."""

    def __missing__(self, name: str) -> str:
        return "{" + name + "}"
