"""What happens when two do it at once: one key, one number; a fee, and what is billed of it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from domain.access import Role
from domain.invoice.model import Invoice, InvoiceState
from domain.project.model import Phase
from persistence.invoice.invoices import lock_project
from persistence.records import the_record
from resolvers._mutation import Acting
from resolvers.invoicing._finalising import make_final
from schema.context import Caller
from tests.api.invoices.acts import account_line, blank, change, codes, drawn, final
from tests.support.api import ApiClient
from tests.support.documents import FINALISE, PDF
from tests.support.locks import under_the_lock, wait_until_it_waits
from tests.support.takeover import phases_of, project

JOB = "PAT-2501"
LOWER = """
mutation($id: ID!, $fee: Decimal!) {
  phaseUpdate(input: { id: $id, fee: $fee }) { node { id } userErrors { code } }
}
"""


def key_in(identifier: str) -> int:
    return int(identifier.rpartition("_")[2])


def ready(api: ApiClient, amount: str = "100") -> str:
    """A pro forma that lacks nothing."""
    invoice: str = blank(api)["id"]
    change(api, invoice, lines=[account_line(amount)])
    return invoice


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    with ThreadPoolExecutor(len(acts)) as pool:
        return [done.result() for done in [pool.submit(act) for act in acts]]


def test_one_key_sent_twice_at_once_gives_one_number(any_firm: ApiClient) -> None:
    """F23: whoever comes second hears what the first was told, and says that it heard it."""
    for count in range(1, 5):
        invoice, key = ready(any_firm), str(uuid4())
        answers = at_once(*[lambda: any_firm.query(FINALISE, id=invoice, key=key)] * 2)  # noqa: B023
        told = [answer["invoiceFinalise"] for answer in answers]
        assert [codes(one) for one in told] == [[], []]
        assert {one["invoice"]["number"] for one in told} == {f"PAR26-{count:05d}"}
        assert sorted(one["replayed"] for one in told) == [False, True]


def test_two_keys_at_once_for_one_invoice_give_one_number(any_firm: ApiClient) -> None:
    """The second is another wish, and refused: the number after it is not burnt."""
    invoice = ready(any_firm)
    told = at_once(*[lambda: final(any_firm, invoice)] * 2)
    assert sorted(codes(one) for one in told) == [[], ["INVOICE_ALREADY_FINAL"]]
    assert final(any_firm, ready(any_firm))["invoice"]["number"] == "PAR26-00002"


def test_one_key_at_once_for_two_invoices_finalises_one(any_firm: ApiClient) -> None:
    first, second, key = ready(any_firm), ready(any_firm), str(uuid4())
    told = [
        answer["invoiceFinalise"]
        for answer in at_once(
            lambda: any_firm.query(FINALISE, id=first, key=key),
            lambda: any_firm.query(FINALISE, id=second, key=key),
        )
    ]
    assert sorted(codes(one) for one in told) == [[], ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]]
    assert final(any_firm, ready(any_firm))["invoice"]["number"] == "PAR26-00002"


@pytest.fixture
def billed_phase(postgres_firm: ApiClient) -> tuple[str, str]:
    """A phase of a signed project and a pro forma of all of it."""
    phase = phases_of(project(postgres_firm, JOB))[0]
    asked = [{"phaseId": phase["id"], "percent": "100"}]
    return phase["id"], drawn(postgres_firm, JOB, phases=asked)["id"]


def acting(api: ApiClient, session: Any) -> Acting:
    caller = Caller(api.organisation_id, "test", Role.ADMINISTRATOR, "tests", "en")
    return Acting(session, caller, api.house)


def test_a_fee_waits_for_the_invoice_that_bills_it(
    postgres_firm: ApiClient, billed_phase: tuple[str, str]
) -> None:
    """FEE_BELOW_BILLED: lowered while the invoice becomes final, the fee is judged after it."""
    api, (phase, invoice) = postgres_firm, billed_phase
    with ThreadPoolExecutor(1) as pool:
        with api.house.database.writing(api.organisation_id) as session:
            make_final(acting(api, session), invoice_id=key_in(invoice), issue_date=None)
            lowering = pool.submit(api.query, LOWER, id=phase, fee="1")
            wait_until_it_waits(api, lowering)
        told = lowering.result()["phaseUpdate"]
    assert codes(told) == ["FEE_BELOW_BILLED"]
    assert told["node"] is None


def test_an_invoice_waits_for_the_fee_that_is_being_lowered(
    postgres_firm: ApiClient, billed_phase: tuple[str, str]
) -> None:
    """AMOUNT_ABOVE_REMAINING: it sees the fee as it was left."""
    api, (phase, invoice) = postgres_firm, billed_phase
    with ThreadPoolExecutor(1) as pool:
        with api.house.database.writing(api.organisation_id) as session:
            lock_project(session, key_in(project(api, JOB)["id"]))
            the_record(session, Phase, key_in(phase)).fee_minor = 100
            session.flush()
            finalising = pool.submit(final, api, invoice)
            wait_until_it_waits(api, finalising)
        told = finalising.result()
    assert codes(told) == ["AMOUNT_ABOVE_REMAINING"]


def test_whoever_wins_no_fee_is_under_what_is_billed(
    postgres_firm: ApiClient, billed_phase: tuple[str, str]
) -> None:
    api, (phase, invoice) = postgres_firm, billed_phase
    finalised, lowered = at_once(
        lambda: final(api, invoice), lambda: api.query(LOWER, id=phase, fee="1")["phaseUpdate"]
    )
    assert (finalised["invoice"] is None) is (lowered["node"] is not None)
    figures = next(one for one in phases_of(project(api, JOB)) if one["id"] == phase)
    billed = Decimal(figures["figures"]["alreadyBilled"]["amount"])
    assert billed <= Decimal(figures["fee"]["amount"])


def test_a_paper_is_looked_up_without_the_turn_of_the_writers(any_firm: ApiClient) -> None:
    """Printing reads; only the first paper of a final invoice is noted in a short write."""
    invoice = ready(any_firm)
    any_firm.query(PDF, id=invoice)
    with under_the_lock(any_firm) as told:
        assert any_firm.query(PDF, id=invoice)["invoicePdf"]["download"] is not None
    assert told == []
    final(any_firm, invoice)
    with under_the_lock(any_firm) as told:
        any_firm.query(PDF, id=invoice)
    assert not [statement for statement in told if "FROM invoice_line" in statement]
    with under_the_lock(any_firm) as told:
        any_firm.query(PDF, id=invoice)
    assert told == []


def test_a_paper_of_nobody_is_refused_in_words(firm: ApiClient) -> None:
    for asked, code in (("invoice_999", "NOT_FOUND"), ("client_1", "ID_INVALID")):
        told = firm.query(PDF, id=asked)["invoicePdf"]
        assert told["download"] is None
        assert codes(told) == [code]


def test_the_first_paper_stays_when_two_print_at_once(any_firm: ApiClient) -> None:
    invoice = ready(any_firm)
    final(any_firm, invoice)
    told = at_once(*[lambda: any_firm.query(PDF, id=invoice)["invoicePdf"]["download"]] * 3)
    assert len({any_firm.get(one["url"]) for one in told}) == 1
    with any_firm.house.database.reading(any_firm.organisation_id) as session:
        assert the_record(session, Invoice, key_in(invoice)).state is InvoiceState.READY
