"""The codes of statuses and reasons are those that the official rules list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from documents.electronic.collected import COLLECTED
from documents.electronic.statuses import ACTIONS, REASONS, REASONS_OF, STATUSES, Says
from tests.documents.electronic.messages import Told, message, reason
from tests.support.official_rules import broken

FOLDER = Path(__file__).parents[2] / "fixtures" / "lifecycle"
RULES = etree.parse(FOLDER / "BR-FR-CDV-Schematron-CDAR.xslt")
CODED = re.compile("'([A-Z0-9_]+)'")


def listed(name: str) -> set[str]:
    """The codes of a list that the stylesheet holds in a variable."""
    (found,) = RULES.iterfind(f".//{{*}}variable[@name='custom:{name}']")
    return {*found.get("select", "").strip("'").split()}


def reasons_of() -> Iterator[tuple[int, set[str]]]:
    """The reasons that go with a status, from the tests of the stylesheet."""
    for failed in RULES.iter("{http://purl.oclc.org/dsdl/svrl}failed-assert"):
        name = failed.findtext("{*}attribute[@name='id']") or ""
        told = re.fullmatch(r"BR-FR-CDV-CL-09_MDT-113_(\d+)", name)
        if told:
            (passes,) = failed.iterfind("../../{*}when")
            codes = {one for one in CODED.findall(passes.get("test", "")) if not one.isdigit()}
            yield int(told[1]), codes


def test_every_status_that_the_rules_list_is_known() -> None:
    assert {str(code) for code in STATUSES} == listed("invoice-status-codes")


def test_every_reason_has_a_text() -> None:
    assert set(REASONS) == listed("status-reason-codes")
    assert set(ACTIONS) == listed("invoice-action-codes")
    assert all(text and text == text.strip() for text in [*REASONS.values(), *ACTIONS.values()])


def test_the_reasons_of_a_status_are_those_of_the_rules() -> None:
    assert dict(reasons_of()) == REASONS_OF


def test_what_wants_a_reason_is_what_the_rules_want_one_of() -> None:
    (found,) = [
        one.getparent() for one in RULES.iter("{*}when")
        if "ram:SpecifiedDocumentStatus/ram:ReasonCode" in one.get("test", "")
    ]  # fmt: skip
    codes = {int(one) for one in CODED.findall(etree.tostring(found).decode()) if one.isdigit()}
    assert {one.code for one in STATUSES.values() if one.wants_reason} == codes & set(STATUSES)


def test_what_the_state_is_told() -> None:
    """G7.44."""
    told = {one.code for one in STATUSES.values() if one.is_for_state}
    assert told == {200, 210, COLLECTED, 213}


def test_what_ends_an_invoice() -> None:
    assert {one.code for one in STATUSES.values() if one.ends} == {210, 213, 220, 501}


def test_each_status_names_its_source() -> None:
    for one in STATUSES.values():
        assert set(one.source.split()) <= set("DFBP")
        assert one.french
        assert one.english


@pytest.mark.parametrize("code", sorted(REASONS_OF))
def test_a_reason_that_is_listed_breaks_no_rule(code: int) -> None:
    details = [reason(one) for one in sorted(REASONS_OF[code])]
    told = Told(code=str(code), details=details)
    if STATUSES[code].said_by is Says.BUYER:
        told = replace(told, phase="23", role="BY", siren="732829320")
    assert broken(message(told).encode()) == []
    strange = replace(told, details=[reason("RETRAIT_MAN_SERV")])
    assert f"BR-FR-CDV-CL-09_MDT-113_{code}" in {
        one.partition(": ")[0] for one in broken(message(strange).encode())
    }
