"""The official rules of e-invoices are run: what is right passes, what is wrong does not."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.official_rules import Unanswered, Validator, broken, end, verdict

SERVICES = (Path(__file__).parents[1] / "fixtures" / "e_invoices" / "services.xml").read_bytes()
"""Services of one French firm to another, with all that BR-FR wants."""


def changed(*changes: tuple[str, str]) -> bytes:
    """The invoice with other words in some places, each of which is there."""
    found = SERVICES.decode()
    for old, new in changes:
        assert old in found
        found = found.replace(old, new)
    return found.encode()


def names(told: list[str]) -> set[str]:
    """The identifiers of rules, each told before its message."""
    return {one.partition(": ")[0] for one in told}


def test_a_french_invoice_of_services_passes_all_rules() -> None:
    assert verdict(SERVICES) == ([], [])


@pytest.mark.parametrize(
    ("changes", "rules"),
    [
        # EN 16931: sums, and lists of codes that are in a file beside the stylesheet.
        ([("1080.00</ram:Grand", "1081.00</ram:Grand")], {"BR-CO-15", "BR-CO-16"}),
        ([('"0002">552', '"ABCD">552')], {"FX-SCH-A-000569", "BR-FR-11_BT-47"}),
        ([("DueDateTypeCode>72", "DueDateTypeCode>73")], {"FX-SCH-A-000588"}),
        ([("<ram:GrandTotalAmount>", '<ram:GrandTotalAmount currencyID="EUR">')], {"NOT-USED"}),
        # BR-FR.
        ([("PMT", "AAI")], {"BR-FR-05_BT-22_PMT"}),
        ([("PMD", "AAI")], {"BR-FR-05_BT-22_PMD"}),
        ([("PAR-2026-00042", "PAR 2026.00042")], {"BR-FR-02_BT-1"}),
        ([("<ram:ID>S1<", "<ram:ID>S0<")], {"BR-FR-08_BT-23"}),
        ([("<ram:ID>S1<", "<ram:ID>S4<"), (">380<", ">386<")], {"BR-FR-CO-08_BT-23"}),
        ([(">380<", ">381<")], {"BR-FR-CO-05_BT-3"}),
        (
            [("20.00</ram:Rate", "21.00</ram:Rate"), ("180.00", "189.00"), ("1080.", "1089.")],
            {"BR-FR-16_BT-119", "BR-FR-16_BT-152"},
        ),
        # The form itself.
        ([("ram:BilledQuantity", "ram:Quantity")], {"XSD", "BR-22", "BR-23", "FX-SCH-A-000276"}),
        ([("</rsm:CrossIndustryInvoice>", "")], {"XML"}),
    ],
    ids=lambda given: "+".join(sorted(given)) if isinstance(given, set) else "",
)
def test_what_is_wrong_is_told_by_its_rules(
    changes: list[tuple[str, str]], rules: set[str]
) -> None:
    assert names(broken(changed(*changes))) == rules


def test_the_french_rules_are_left_out_on_demand() -> None:
    foreign = changed(("PMT", "AAI"), ("<ram:ID>S1<", "<ram:ID>any<"))
    assert broken(foreign, french=False) == []
    assert names(broken(foreign)) == {"BR-FR-05_BT-22_PMT", "BR-FR-08_BT-23"}


def test_a_message_tells_the_rule_and_the_place() -> None:
    (told,) = broken(changed(("PMT", "AAI")))
    assert told.startswith("BR-FR-05_BT-22_PMT: ")
    assert "frais de recouvrement" in told
    assert told.endswith("(/CrossIndustryInvoice[1]/ExchangedDocument[1])")


def test_what_the_rules_only_warn_of_is_apart() -> None:
    found = verdict(changed(("3 quai Tilsitt", "")))
    assert found.broken == []
    assert names(found.warned) == {"PEPPOL-EN16931-R008"}


@pytest.mark.parametrize("other", [b"", b"no XML", b"<invoice/>", b"<?xml version='1.0'?>"])
def test_what_is_no_invoice_passes_nothing(other: bytes) -> None:
    assert broken(other)


@pytest.fixture
def validator() -> Iterator[Validator]:
    one = Validator()
    yield one
    one.end()


def test_one_process_answers_one_after_the_other(validator: Validator) -> None:
    assert validator.verdict(SERVICES, french=True) == ([], [])
    assert validator.verdict(changed(("PMT", "AAI")), french=True).broken
    assert validator.verdict(SERVICES, french=True) == ([], [])
    assert validator.process.poll() is None


def test_rules_killed_at_their_work_are_an_error(validator: Validator) -> None:
    assert validator.verdict(SERVICES, french=True) == ([], [])
    # Stopped, it has the question and no answer yet.
    os.kill(validator.process.pid, signal.SIGSTOP)
    killing = threading.Timer(0.2, validator.process.kill)
    killing.start()
    with pytest.raises(Unanswered, match="no answer, their process ended with -9"):
        validator.verdict(SERVICES, french=True)
    killing.join()
    with pytest.raises(Unanswered):
        validator.verdict(SERVICES, french=True)


def running(script: str, patience: float) -> Validator:
    """A process that runs other things than rules."""
    return Validator((sys.executable, "-c", script), patience)


# 50 of them are more than a pipe takes in when nobody reads.
@pytest.mark.parametrize("times", [1, 50])
@pytest.mark.parametrize(
    "script",
    [
        "import time; time.sleep(60)",
        "raise SystemExit('no rules here')",
        "import os; os.abort()",
        # Half an answer, and one that is none.
        "import sys; sys.stdin.buffer.read(9); sys.stdout.write(chr(0) * 3 + '<{}')",
        "import sys; sys.stdin.buffer.read(9); sys.stdout.write(chr(0) * 3 + chr(2) + '[x')",
    ],
)
def test_no_answer_is_an_error(script: str, times: int) -> None:
    one = running(script, patience=1)
    with pytest.raises(Unanswered):
        one.verdict(SERVICES * times, french=True)
    one.end()


def test_what_the_process_said_last_is_told() -> None:
    one = running("raise SystemExit('no rules here')", patience=60)
    with pytest.raises(Unanswered, match="ended with 1: no rules here"):
        one.verdict(SERVICES, french=True)
    one.end()


def test_rules_that_ended_are_begun_anew_for_the_next_question() -> None:
    end()
    assert broken(SERVICES) == []
    assert broken(SERVICES) == []
    end()
    assert broken(SERVICES) == []
