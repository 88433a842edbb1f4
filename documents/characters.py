"""The characters that markup may hold."""

from __future__ import annotations

import re

_NOT_XML = re.compile("[^\\t\\n\\r\\u0020-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
"""Characters no XML may hold (a stray control character pasted from somewhere)."""


def within_xml(text: str) -> str:
    """The text without the characters that XML 1.0 cannot hold."""
    return _NOT_XML.sub("", text)
