"""Drawing pro formas from a project, or blank for a client."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from uuid import uuid4

from domain.catalogue import Product
from tests.api.invoices.acts import BLANK, DELETE, blank, change, codes, draw, drawn, final
from tests.support.api import ApiClient
from tests.support.takeover import phases_of, project

JOB = "PAT-2501"


def test_all_that_remains_is_proposed(firm: ApiClient) -> None:
    """F10: quantity = total less what was invoiced, for each phase of the job."""
    expected = {
        phase["code"]: Decimal(phase["figures"]["remainingToBill"]["amount"])
        for phase in phases_of(project(firm, JOB))
    }
    lines = drawn(firm, JOB)["lines"]
    found = {line["phase"]["code"]: Decimal(line["net"]["amount"]) for line in lines}
    assert found == {code: amount for code, amount in expected.items() if amount}


def test_what_progress_has_earned_can_be_proposed_instead(firm: ApiClient) -> None:
    expected = {
        phase["code"]: Decimal(phase["figures"]["billableNow"]["amount"])
        for phase in phases_of(project(firm, JOB))
    }
    lines = drawn(firm, JOB, basis="PROGRESS")["lines"]
    found = {line["phase"]["code"]: Decimal(line["net"]["amount"]) for line in lines}
    assert found == {code: amount for code, amount in expected.items() if amount}


def test_a_share_of_a_phase_is_a_percentage_an_amount_or_a_quantity(firm: ApiClient) -> None:
    phase = phases_of(project(firm, JOB))[0]
    fee = Decimal(phase["fee"]["amount"])
    for share, expected in (
        ({"percent": "10"}, fee / 10),
        ({"amount": "123.45"}, Decimal("123.45")),
        ({"quantity": "0.5"}, fee / 2),
    ):
        invoice = drawn(firm, JOB, phases=[{"phaseId": phase["id"], **share}])
        net = Decimal(invoice["net"]["amount"])
        assert abs(net - expected) <= Decimal("0.005")
        firm.query(DELETE, id=invoice["id"])


def test_more_than_remains_is_refused_and_said_where(firm: ApiClient) -> None:
    """F10: AMOUNT_ABOVE_REMAINING names the phase and what is left."""
    phase = phases_of(project(firm, JOB))[0]
    answer = draw(firm, JOB, phases=[{"phaseId": phase["id"], "amount": "99999999"}])
    assert answer["invoice"] is None
    assert codes(answer) == ["AMOUNT_ABOVE_REMAINING"]
    assert phase["name"] in answer["userErrors"][0]["message"]


def test_an_account_or_a_product_completes_the_lines(firm: ApiClient) -> None:
    """F09, F12: client, then job, then ledger account or product code."""
    with firm.house.database.writing(firm.organisation_id) as session:
        session.add(Product(sku="HON", name="Honoraires", ledger_account="706100"))
    refused = draw(firm, JOB, account="999999")
    assert codes(refused) == ["LEDGER_ACCOUNT_UNKNOWN"]
    assert codes(draw(firm, JOB, sku="NOPE")) == ["PRODUCT_UNKNOWN"]
    invoice = drawn(firm, JOB, sku="HON")
    own = {line["ledgerAccount"] for line in invoice["lines"]}
    assert own <= {"706100", "706000"}
    assert all(line["sku"] for line in invoice["lines"])


def test_a_blank_pro_forma_needs_a_client_and_its_entity(firm: ApiClient) -> None:
    """F13: choose a client, and the invoice is there."""
    invoice = blank(firm)
    assert invoice["proFormaNumber"].startswith("PF-")
    assert invoice["lines"] == []
    answer = firm.query(BLANK, client="client_1", key=str(uuid4()))["invoiceCreate"]
    assert codes(answer) == ["ENTITY_REQUIRED"]


def test_the_same_key_draws_once(any_firm: ApiClient) -> None:
    first, again = (draw(any_firm, JOB, key="once") for _ in range(2))
    assert first["invoice"]["id"] == again["invoice"]["id"]
    assert (first["replayed"], again["replayed"]) == (False, True)
    other = draw(any_firm, JOB, key="once", basis="PROGRESS")
    assert codes(other) == ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]


def test_twelve_who_draw_at_once_share_one_remainder(any_firm: ApiClient) -> None:
    """No phase is ever taken twice, whoever comes first."""
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: draw(any_firm, JOB), range(12)))
    assert sum(answer["invoice"] is not None for answer in answers) == 1
    assert all(
        codes(answer) == ["NOTHING_TO_INVOICE"] for answer in answers if answer["invoice"] is None
    )


def test_a_deleted_pro_forma_gives_its_amounts_back_and_never_its_number(firm: ApiClient) -> None:
    """F06, F21: PF numbers have gaps, and none is given twice."""
    first = drawn(firm, JOB)
    assert firm.query(DELETE, id=first["id"])["invoiceDelete"]["deletedId"] == first["id"]
    second = drawn(firm, JOB)
    assert second["net"] == first["net"]
    assert second["proFormaNumber"] > first["proFormaNumber"]


def test_a_contract_that_is_not_taxable_bears_no_rate(firm: ApiClient) -> None:
    """B14: without an exemption its lines have no tax code, and wait for one."""
    job = firm.query(
        "query($code: String!) { projectByCode(code: $code) { contracts { id } } }", code=JOB
    )["projectByCode"]
    for contract in job["contracts"]:
        firm.query(
            "mutation($id: ID!) { contractUpdate(input: { id: $id, taxable: false }) {"
            " node { taxable } userErrors { code } } }",
            id=contract["id"],
        )
    invoice = drawn(firm, JOB)
    assert invoice["vat"]["amount"] == "0.00"
    assert {line["taxCode"] for line in invoice["lines"]} == {None}
    assert "LINE_WITHOUT_TAX" in codes(final(firm, invoice["id"]))
    assert codes(change(firm, invoice["id"], paymentDays=45)) == []
