"""`python -m server.licences [--check]` writes docs/licences.md, or says if it is current.

What it runs with is read from the metadata of what is installed, for each library that
requirements.lock names. A licence that is not known here as one that lets Jalon be given away under
Apache-2.0 is an error: somebody looks, then it is added below or the library goes.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from server.generated import write_or_check

HOUSE = Path(__file__).resolve().parents[1]
PAGE = HOUSE / "docs" / "licences.md"
LOCK = HOUSE / "requirements.lock"

ALLOWED = {
    *("0BSD", "Apache-2.0", "BSD", "BSD-2-Clause", "BSD-3-Clause", "HPND", "ISC", "MIT", "MIT-0"),
    *("MIT-CMU", "PSF-2.0", "Unlicense", "Zlib", "MPL-1.1", "MPL-2.0"),
    *("LGPL-2.0-or-later", "LGPL-2.1-or-later", "LGPL-3.0-only", "LGPL-3.0-or-later"),
}
"""Those with a copyleft of their own (MPL, LGPL) bind who changes the library: nobody does."""

_SAME = {
    "BSD License": "BSD",
    "Apache Software License": "Apache-2.0",
    "ISC License": "ISC",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.0-or-later",
    "GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
    "Mozilla Public License 1.1 (MPL 1.1)": "MPL-1.1",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
_CLASSIFIER = "License :: OSI Approved :: "

_HEAD = """# Licences

Jalon is under Apache-2.0 (`LICENSE`). It runs with these libraries, which are installed beside it
and not changed. Where several licences are named with OR, any of them may be chosen.
This page is written by `make licences` from what is installed.

| library | licence |
|---|---|
"""
_WITHIN = """
Files of others within this repository have their licences beside them: the GraphiQL page
(`server/page/vendor/`), the fonts of papers (`documents/fonts/`) and, for tests alone, the rules of
lifecycle messages (`tests/fixtures/lifecycle/`).
"""


def locked() -> list[str]:
    """The names of the libraries that are locked to run with, in alphabetical order."""
    found = re.findall(r"^([A-Za-z0-9._-]+)(?:\[.*?\])?==", LOCK.read_text(encoding="utf-8"), re.M)
    return sorted({re.sub(r"[-_.]+", "-", name).lower() for name in found})


def licence_of(found: Distribution) -> str:
    """The SPDX expression of a library, as it says itself; "" where it says none."""
    told = found.metadata
    (expression, *_) = told.get_all("License-Expression") or [""]
    if expression:
        return str(expression)
    text = str((told.get_all("License") or [""])[0]).strip()
    if text and _SAME.get(text, text) in ALLOWED:
        return _SAME.get(text, text)
    classifiers = told.get_all("Classifier") or []
    named = [one.removeprefix(_CLASSIFIER) for one in classifiers if one.startswith(_CLASSIFIER)]
    return " OR ".join(sorted({_SAME.get(one, one) for one in named}))


def is_allowed(expression: str) -> bool:
    """Whether an SPDX expression lets us choose licences that are all allowed."""
    words = re.findall(r"[()]|[^\s()]+", expression)

    def one() -> bool:
        word = words.pop(0)
        if word != "(":
            return word in ALLOWED
        found = either()
        words.pop(0)
        return found

    def both() -> bool:
        return _joined("AND", one, words, all)

    def either() -> bool:
        return _joined("OR", both, words, any)

    try:
        return either() and not words
    except IndexError:
        return False


def _joined(
    word: str, part: Callable[[], bool], words: list[str], how: Callable[[list[bool]], bool]
) -> bool:
    found = [part()]
    while words and words[0] == word:
        words.pop(0)
        found.append(part())
    return how(found)


def page() -> tuple[str, list[str]]:
    """The page, and what is wrong: libraries whose licence is not one of those allowed."""
    rows, wrong, elsewhere = [], [], []
    for name in locked():
        try:
            licence = licence_of(distribution(name))
        except PackageNotFoundError:
            elsewhere.append(f"`{name}`")
            continue
        rows.append(f"| {name} | {licence or 'not told'} |\n")
        if not is_allowed(licence):
            wrong.append(f"{name}: {licence or 'no licence is told'}")
    text = _HEAD + "".join(rows)
    if elsewhere:
        text += f"\nOn other systems also: {', '.join(elsewhere)}.\n"
    return text + _WITHIN, wrong


def main(arguments: Sequence[str]) -> int:
    """0 when the page is written or current and every licence allowed; else 1, and why."""
    text, wrong = page()
    if wrong:
        sys.stderr.write("\n".join(["These licences are not known as allowed:", *wrong, ""]))
        return 1
    return write_or_check(PAGE, text, arguments, name="docs/licences.md", verb="licences")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
