"""Names of files that any machine can keep: from the number of a document, each once."""

from __future__ import annotations

import re
from unicodedata import normalize

_LONGEST = 100
_MOST_BYTES = 200
"""Of a name in UTF-8: most systems take 255, its ending and a number included."""
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|conin\$|conout\$|com[\d¹²³]|lpt[\d¹²³])(\.|$)")
_ELSEWHERE = re.compile(r"[^\w.\-]+")


def plain_name(text: str) -> str:
    """`text` as a file may be called, without its ending: no folder, no blank, not hidden.

    "FA/2026 001" -> "FA_2026_001"
    """
    name = _ELSEWHERE.sub("_", normalize("NFC", text)).strip("._")[:_LONGEST]
    # A letter that is cut in two is left out.
    name = name.encode()[:_MOST_BYTES].decode(errors="ignore").rstrip("._") or "paper"
    return f"_{name}" if is_reserved(name) else name


def is_reserved(name: str) -> bool:
    """Whether Windows takes `name` for a device, whatever its ending: CON, nul.pdf, COM1."""
    return _RESERVED.match(name) is not None


class Names:
    """Names given so far: the second of one name gets a number behind, whatever its capitals."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def give(self, text: str, ending: str) -> str:
        """A name that was not given yet: "F-1.pdf", then "F-1-2.pdf"."""
        plain = name = plain_name(text)
        turn = 1
        while name.casefold() in self._given:
            turn += 1
            name = f"{plain}-{turn}"
        self._given.add(name.casefold())
        return f"{name}{ending}"
