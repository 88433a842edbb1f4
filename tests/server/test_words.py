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
    *(
        "Unable",
        "CopyFailed",
        "RequestRefused",
        "ORGANISATION_FILE_INVALID",
        "_unreadable",
        "_wrong",
    ),
}

FACTS = {"name", "noun", "reason"}
IDENTIFYING = {"key_of", "keys_of", "optional_key"}
"""What takes an identifier and the noun it must be of."""


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
    for source in sources("server", "domain", "persistence"):
        if source.room == "server" or source.stem in ("organisation_file", "copies"):
            told |= spoken(source)
    assert len(told) > 80
    assert missing(sorted(told), "fr") == []


def facts(source: Source) -> set[str]:
    """The names, nouns and reasons that sentences are filled with, as people say them."""
    found = set()
    for node in ast.walk(source.tree):
        given: dict[str | None, ast.expr] = {}
        if isinstance(node, ast.Assign):
            given = {ast.unparse(one): node.value for one in node.targets}
        elif isinstance(node, ast.Call):
            given = {one.arg: one.value for one in node.keywords}
            if ast.unparse(node.func) in IDENTIFYING and len(node.args) > 1:
                given["noun"] = node.args[1]
        for name, value in given.items():
            if name in FACTS and isinstance(value, ast.Constant) and isinstance(value.value, str):
                text = value.value.replace("_", " ") if name == "noun" else value.value
                if name == "noun" or " " in text:
                    found.add(text)
    return found


def test_what_refusals_name_is_named_in_french() -> None:
    """“The level n’est pas valide”: a sentence is no better than the facts that fill it."""
    told = set().union(*map(facts, sources("domain", "persistence", "resolvers", "schema")))
    assert {"The level", "time entry", "it goes with no quantity"} < told
    assert missing(sorted(told), "fr") == []


def test_what_the_graphiql_page_says_it_says_in_french() -> None:
    page = (ROOT / "server" / "page" / "page.html").read_text(encoding="utf-8")
    told = re.findall(r"\[\[(.+?)\]\]", page)
    assert len(told) > 5
    assert missing(told, "fr") == []
