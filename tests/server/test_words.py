"""Every sentence that the server and the command line speak has its French one."""

from __future__ import annotations

import ast
import re

from server.limits import TOO_LARGE
from server.refusing import _PLAIN
from tests.support.source import ROOT, Source, sources
from words import missing

SPEAKING = {
    *("say", "phrase", "translated", "refusing", "matching", "registered", "QueryTooLarge"),
    *("Unable", "RequestRefused", "ORGANISATION_FILE_INVALID", "_unreadable", "_wrong"),
}


def spoken(source: Source) -> set[str]:
    """The texts with a space in them that are given to what speaks to people."""
    found = set()
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in SPEAKING:
            for value in [*node.args, *(keyword.value for keyword in node.keywords)]:
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    found.add(value.value)
    return {text for text in found if " " in text}


def test_what_the_server_says_it_says_in_french() -> None:
    told = {TOO_LARGE, *(sentence for _, sentence in _PLAIN.values())}
    for source in sources("server", "domain"):
        if source.room == "server" or source.stem == "organisation_file":
            told |= spoken(source)
    assert len(told) > 80
    assert missing(sorted(told), "fr") == []


def test_what_the_graphiql_page_says_it_says_in_french() -> None:
    page = (ROOT / "server" / "page" / "page.html").read_text(encoding="utf-8")
    told = re.findall(r"\[\[(.+?)\]\]", page)
    assert len(told) > 5
    assert missing(told, "fr") == []
