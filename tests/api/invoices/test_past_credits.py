"""Crediting an invoice of the former system: our own credit note, no number of our invoices."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.api.invoices.acts import codes, draw
from tests.api.invoices.paying_acts import Row, act, fee_project, invoiced
from tests.support.api import ApiClient

PAST = """
mutation($input: BillingHistoryRecordInput!) {
  billingHistoryRecord(input: $input) { node { id } userErrors { code severity message } }
}
"""


def past_project(
    api: ApiClient, code: str = "ANC-1", number: str = "FA-77"
) -> tuple[str, list[str]]:
    """A project with two phases, invoiced before under `number`: 600.00 and 400.00."""
    job = fee_project(api, code, ("6000", "20"), ("4000", "10"))
    phases = phases_of(api, code)
    return job["id"], [
        past(api, phases[0]["id"], "600.00", invoiceNo=number),
        past(api, phases[1]["id"], "400.00", invoiceNo=number),
    ]


def phases_of(api: ApiClient, code: str) -> list[Row]:
    found = api.query(
        "query($code: String!) { projectByCode(code: $code) { contracts { phases { id figures {"
        " alreadyBilled { amount } remainingToBill { amount } } } } } }",
        code=code,
    )
    phases: list[Row] = found["projectByCode"]["contracts"][0]["phases"]
    return phases


def past(api: ApiClient, phase: str, amount: str, **more: str) -> str:
    item = {
        "phaseId": phase, "amount": amount, "invoiceDate": "2025-03-31", "invoiceNo": "FA-77",
        **more,
    }  # fmt: skip
    told = api.query(PAST, input={"item": item, "idempotencyKey": f"{phase}-{amount}"})
    node = told["billingHistoryRecord"]["node"]
    assert node, told
    return str(node["id"])


def billed(api: ApiClient, code: str = "ANC-1") -> list[str]:
    return [one["figures"]["alreadyBilled"]["amount"] for one in phases_of(api, code)]


def credited(api: ApiClient, project: str, **asked: object) -> Row:
    given = {"projectId": project, "invoiceNo": "FA-77", "reason": "Erreur", **asked}
    return act(api, "pastInvoiceCredit", **given)


def test_a_former_invoice_is_credited_and_billable_again(any_firm: ApiClient) -> None:
    """F22 and OOTI's legacy credit: the sequence stays clean, the amounts are billable again."""
    project, _ = past_project(any_firm)
    assert billed(any_firm) == ["600.00", "400.00"]
    answer, again = (credited(any_firm, project, idempotencyKey="past") for _ in range(2))
    note = answer["creditNote"]
    assert codes(answer) == []
    assert (again["replayed"], again["creditNote"]["id"]) == (True, note["id"])
    assert (note["kind"], note["state"], note["number"][:3]) == ("CREDIT_NOTE", "READY", "PAV")
    assert (note["creditedNumber"], note["creditedOn"]) == ("FA-77", "2025-03-31")
    assert (note["net"]["amount"], note["vat"]["amount"]) == ("1000.00", "160.00")
    assert billed(any_firm) == ["0.00", "0.00"]
    assert codes(credited(any_firm, project)) == ["PAST_NOTHING_TO_CREDIT"]
    lines = draw(any_firm, "ANC-1")["invoice"]["lines"]
    assert [line["net"]["amount"] for line in lines] == ["6000.00", "4000.00"]
    # The first invoice of ours still has the first number.
    key = invoiced(any_firm)
    number = any_firm.query("query($id: ID!) { invoice(id: $id) { number } }", id=key)
    assert number["invoice"]["number"] == "PAR26-00001"
    (told,) = any_firm.query("{ chainVerification { links intact } }")["chainVerification"]
    assert told == {"links": 2, "intact": True}
    link = any_firm.query(
        "mutation($id: ID!) { invoicePdf(id: $id) { download { url } userErrors { code } } }",
        id=note["id"],
    )["invoicePdf"]["download"]["url"]
    assert any_firm.get(link).startswith(b"%PDF")


def test_by_line_never_more_than_is_left(any_firm: ApiClient) -> None:
    project, (first, second) = past_project(any_firm)
    asked = [{"historyId": first, "amount": "250.00"}]
    assert credited(any_firm, project, lines=asked)["creditNote"]["gross"]["amount"] == "300.00"
    assert billed(any_firm) == ["350.00", "400.00"]
    above = credited(any_firm, project, lines=[{"historyId": first, "amount": "350.01"}])
    assert codes(above) == ["PAST_CREDIT_ABOVE_REST"]
    with ThreadPoolExecutor(4) as pool:
        told = list(
            pool.map(lambda _: credited(any_firm, project, lines=[{"historyId": first}]), range(4))
        )
    assert sorted(codes(one) for one in told) == [[], *[["PAST_NOTHING_TO_CREDIT"]] * 3]
    assert billed(any_firm) == ["0.00", "400.00"]
    put_away = any_firm.query(
        "mutation($id: ID!) { billingHistoryArchive(input: { id: $id }) { userErrors { code } } }",
        id=first,
    )["billingHistoryArchive"]
    assert codes(put_away) == ["HISTORY_CREDITED"]
    assert credited(any_firm, project)["creditNote"]["lines"][0]["net"]["amount"] == "400.00"
    assert codes(credited(any_firm, project, lines=[{"historyId": second}])) == [
        "PAST_NOTHING_TO_CREDIT"
    ]


def test_what_is_no_former_invoice_of_the_project_is_refused(firm: ApiClient) -> None:
    project, _ = past_project(firm)
    other, (foreign, _) = past_project(firm, "ANC-2")
    assert codes(credited(firm, project, invoiceNo="FA-78")) == ["PAST_INVOICE_UNKNOWN"]
    told = credited(firm, project, lines=[{"historyId": foreign}])
    assert codes(told) == ["PAST_LINE_UNKNOWN"]
    assert codes(credited(firm, project, issueDate="2025-03-30")) != []
    assert codes(credited(firm, project, reason=" ")) == ["FIELD_REQUIRED"]
    firm.query(
        "mutation($id: ID!) { projectUpdate(input: { id: $id, status: COMMERCIAL })"
        " { userErrors { code } } }",
        id=other,
    )
    assert codes(credited(firm, other)) == ["INVOICE_PROJECT_NOT_SIGNED"]
    assert billed(firm, "ANC-2") == ["600.00", "400.00"]


def vats(answer: Row) -> list[tuple[str, str, str]]:
    """Rate, base and VAT of each group of the credit note."""
    note = answer["creditNote"]
    assert note, answer
    assert codes(answer) == []
    return [(one["rate"], one["base"]["amount"], one["vat"]["amount"]) for one in note["vatGroups"]]


def test_the_last_credit_takes_the_vat_that_is_left(any_firm: ApiClient) -> None:
    """DOMAIN §2.6: 100.01 with 20.00 of VAT: 6.67, 6.67, then 6.66; gross and VAT add up."""
    job = fee_project(any_firm, "ANC-3", ("6000", "20"), ("4000", "10"))
    first, second = (one["id"] for one in phases_of(any_firm, "ANC-3"))
    line = past(any_firm, first, "100.01", gross="120.01")
    past(any_firm, second, "50.00", gross="55.00")
    part = [{"historyId": line, "amount": "33.34"}]
    told = [credited(any_firm, job["id"], lines=part) for _ in range(2)]
    assert [vats(one) for one in told] == [[("20", "33.34", "6.67")]] * 2
    last = credited(any_firm, job["id"])
    assert vats(last) == [("20", "33.33", "6.66"), ("10", "50.00", "5.00")]
    assert last["creditNote"]["gross"]["amount"] == "94.99"
    assert last["creditNote"]["vat"]["amount"] == "11.66"


def test_lines_of_a_rate_are_emptied_together(firm: ApiClient) -> None:
    """0.03 + 0.03 + 0.03 at 20 %: 0.02 of VAT as a whole, whether or not a gross was recorded."""
    for code, gross in (("ANC-4", {"gross": "0.04"}), ("ANC-5", {})):
        job = fee_project(firm, code, *[("600", "20")] * 3)
        lines = [past(firm, one["id"], "0.03", **gross) for one in phases_of(firm, code)]
        told = [credited(firm, job["id"], lines=[{"historyId": key}]) for key in lines]
        # Recorded line by line it bore 0.03; by the rate of the whole, 0.09 × 20 % = 0.02.
        left = ["0.01", "0.01", "0.01" if gross else "0.00"]
        assert [vats(one) for one in told] == [[("20", "0.03", vat)] for vat in left]


def test_a_rate_without_a_code_says_what_to_give(firm: ApiClient) -> None:
    """19.6 %, of before 2014: the code is created or told, and kept for what is left."""
    job = fee_project(firm, "ANC-6", ("6000", "20"), ("4000", "20"))
    first, second = (one["id"] for one in phases_of(firm, "ANC-6"))
    old = past(firm, first, "500", vatRate="19.6")
    told = credited(firm.in_language("fr"), job["id"])
    assert codes(told) == ["PAST_TAX_UNKNOWN"]
    assert "19.6 %" in told["userErrors"][0]["message"]
    part = [{"historyId": old, "amount": "100", "taxCode": "FR-20"}]
    assert vats(credited(firm, job["id"], lines=part)) == [("20", "100.00", "20.00")]
    assert vats(credited(firm, job["id"])) == [("20", "400.00", "80.00")]
    odd = past(firm, second, "100", gross="110", invoiceNo="FA-80")
    told = credited(firm, job["id"], invoiceNo="FA-80")
    assert codes(told) == ["PAST_VAT_DISAGREES"]
    assert "10.00 EUR; at 20 % it would be 20.00 EUR" in told["userErrors"][0]["message"]
    asked = [{"historyId": odd, "taxCode": "FR-10"}]
    told = credited(firm, job["id"], invoiceNo="FA-80", lines=asked)
    assert vats(told) == [("10", "100.00", "10.00")]


def test_a_former_invoice_of_a_closed_project_is_credited(firm: ApiClient) -> None:
    project, _ = past_project(firm)
    closed = firm.query(
        "mutation($id: ID!) { projectUpdate(input: { id: $id, status: CLOSED })"
        " { node { status } userErrors { code } } }",
        id=project,
    )["projectUpdate"]
    assert closed["node"] == {"status": "CLOSED"}
    assert vats(credited(firm, project)) == [
        ("20", "600.00", "120.00"), ("10", "400.00", "40.00"),
    ]  # fmt: skip
