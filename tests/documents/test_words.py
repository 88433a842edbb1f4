"""Every English sentence of the papers has its French."""

from __future__ import annotations

import re

from documents.pdf.invoice import HTML_FOLDER
from documents.pdf.page import sentences
from words import missing


def test_every_sentence_of_the_papers_has_its_french() -> None:
    template = (HTML_FOLDER / "invoice.html").read_text(encoding="utf-8")
    asked = re.findall(r'page\.say\("([^"]+)"', template)
    assert asked
    assert missing([*sentences(), *asked], "fr") == []


def test_a_sentence_said_by_the_page_is_listed() -> None:
    source = (HTML_FOLDER.parent / "pdf" / "page.py").read_text(encoding="utf-8")
    said = re.findall(r'self\.say\(\s*"([^"]+)"', source)
    assert said
    assert set(said) <= set(sentences())
