"""Many invoices in one call: made final in order under one lock, credited, deleted (API.md 3)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from tests.api.invoices.acts import Row, account_line, codes, drawn, final
from tests.api.invoices.mail_acts import mails
from tests.support.api import ApiClient
from tests.support.prepared import statements
from tests.support.takeover import phases_of, project

RESULTS = """
    counts { created updated skipped rejected }
    results {
      index externalReference outcome
      node { id number state issueDate net { amount } creditedInvoice { id } }
      userErrors { code field }
    }
    userErrors { code field }
    replayed
"""
FINALISE = f"""
mutation($input: InvoicesBulkFinaliseInput!) {{
  invoicesBulkFinalise(input: $input) {{ {RESULTS} }}
}}
"""
CREATE = f"""
mutation($input: InvoicesBulkCreateInput!) {{ invoicesBulkCreate(input: $input) {{ {RESULTS} }} }}
"""
SEND = f"""
mutation($input: InvoicesBulkSendInput!) {{ invoicesBulkSend(input: $input) {{ {RESULTS} }} }}
"""
CREDIT = f"""
mutation($input: InvoicesBulkCreditInput!) {{ invoicesBulkCredit(input: $input) {{ {RESULTS} }} }}
"""
DELETE = f"""
mutation($input: InvoicesBulkDeleteInput!) {{ invoicesBulkDelete(input: $input) {{ {RESULTS} }} }}
"""
STATES = (
    "{ invoices(filter: { states: [DRAFT, READY] }, page: { first: 100 }) { nodes { state } } }"
)
CODES = ("PAT-2501", "LOG-2501", "PAT-2401", "SAN-2401")
"""Signed projects with something left to bill, all of the entities of the sample firm."""


def bulk(api: ApiClient, text: str, items: list[Row], **choices: Any) -> Row:
    asked = {"items": items, "idempotencyKey": str(uuid4()), **choices}
    answer: Row = next(iter(api.query(text, input=asked).values()))
    return answer


def drafts(api: ApiClient) -> list[str]:
    return [drawn(api, code)["id"] for code in CODES]


def outcomes(answer: Row) -> list[str]:
    return [result["outcome"] for result in answer["results"]]


def test_many_pro_formas_are_drawn_each_whole_or_not_at_all(any_firm: ApiClient) -> None:
    """F08, F09, F13 in bulk: from projects, and blank with lines; one that cannot be is named."""
    jobs = [project(any_firm, code) for code in CODES[:2]]
    items = [
        {"clientId": job["client"]["id"], "projectId": job["id"], "externalReference": job["id"]}
        for job in jobs
    ]
    wrong = account_line("10.00", tax="NONE")
    items += [
        {"clientId": "client_1", "entityId": "entity_1", "lines": [account_line("10.00")]},
        {"clientId": "client_1", "entityId": "entity_1", "lines": [account_line("1"), wrong]},
        {**items[0], "lines": [account_line("10.00")]},
        items[0],
    ]
    stopped = bulk(any_firm, CREATE, items)
    assert outcomes(stopped) == ["SKIPPED"] * 3 + ["REJECTED"] * 3
    said = [one["userErrors"][0] for one in stopped["results"][3:]]
    assert [error["code"] for error in said] == [
        *("TAX_CODE_UNKNOWN", "FIELD_INVALID", "NOTHING_TO_INVOICE")
    ]
    assert said[0]["field"] == ["items", "3", "lines", "1", "taxCode"]
    assert any_firm.query(STATES)["invoices"]["nodes"] == []
    done = bulk(any_firm, CREATE, items, errorPolicy="REJECT_FAILED_ROWS")
    assert outcomes(done) == ["CREATED"] * 3 + ["REJECTED"] * 3
    assert [one["node"]["state"] for one in done["results"][:3]] == ["DRAFT"] * 3
    assert done["results"][2]["node"]["net"] == {"amount": "10.00"}
    assert len(any_firm.query(STATES)["invoices"]["nodes"]) == 3
    tried = bulk(any_firm, CREATE, items[2:3], dryRun=True)
    assert outcomes(tried) == ["CREATED"]
    assert tried["results"][0]["node"] is None
    assert len(any_firm.query(STATES)["invoices"]["nodes"]) == 3


def test_many_are_sent_by_mail_each_with_its_own(mailing: ApiClient) -> None:
    """F24 in bulk: queued with the transaction; who cannot be written to is named."""
    first, second, *_ = drafts(mailing)
    items = [
        {"id": first, "to": ["a@client.test"]},
        {"id": second, "to": ["nobody"]},
    ]
    stopped = bulk(mailing, SEND, items)
    assert outcomes(stopped) == ["SKIPPED", "REJECTED"]
    assert mails(mailing) == []
    done = bulk(mailing, SEND, items, errorPolicy="REJECT_FAILED_ROWS")
    assert outcomes(done) == ["UPDATED", "REJECTED"]
    assert done["results"][1]["userErrors"][0]["field"][:2] == ["items", "1"]
    assert [(one["to"], one["state"]) for one in mails(mailing)] == [(["a@client.test"], "QUEUED")]

    twice = bulk(mailing, SEND, [*items[:1], *items[:1]], errorPolicy="REJECT_FAILED_ROWS")
    assert outcomes(twice) == ["UPDATED", "REJECTED"]
    (said,) = twice["results"][1]["userErrors"]
    assert said == {"code": "FIELD_INVALID", "field": ["items", "1", "id"]}
    assert len(mails(mailing)) == 2
    # Final by now: what waits is the pro forma, which nobody is to read any more.
    final_ = bulk(mailing, FINALISE, [{"id": first}, {"id": second}])
    assert [[error["code"] for error in one["userErrors"]] for one in final_["results"]] == [
        ["MAIL_WITHDRAWN"],
        [],
    ]
    assert {one["state"] for one in mails(mailing)} == {"CANCELLED"}


def test_pro_formas_are_numbered_in_the_order_given(any_firm: ApiClient) -> None:
    """F23 in bulk: one call, numbers without a gap in each series, a replay numbers nothing."""
    ids = drafts(any_firm)
    ids.reverse()
    items = [{"id": key, "externalReference": f"r{key}"} for key in ids]
    asked = {"items": items, "idempotencyKey": "month"}
    answer = any_firm.query(FINALISE, input=asked)["invoicesBulkFinalise"]
    assert answer["counts"] == {"created": 0, "updated": 4, "skipped": 0, "rejected": 0}
    assert [one["node"]["id"] for one in answer["results"]] == ids
    assert [one["externalReference"] for one in answer["results"]] == [f"r{key}" for key in ids]
    by_series: dict[str, list[int]] = {}
    for one in answer["results"]:
        series, _, number = one["node"]["number"].partition("-")
        by_series.setdefault(series, []).append(int(number))
        assert one["node"]["state"] == "READY"
    assert all(told == list(range(1, len(told) + 1)) for told in by_series.values()), by_series
    again = any_firm.query(FINALISE, input=asked)["invoicesBulkFinalise"]
    assert again == {**answer, "replayed": True}
    chains = any_firm.query("{ chainVerification { links intact } }")
    assert all(one["intact"] for one in chains["chainVerification"])
    assert sum(one["links"] for one in chains["chainVerification"]) == 4


def test_one_that_is_refused_keeps_all_or_none_from_being_final(firm: ApiClient) -> None:
    first, second, third, fourth = drafts(firm)
    assert codes(final(firm, second)) == []
    keys = (first, second, third, "invoice_99999", fourth, fourth, "client_1")
    items = [{"id": key} for key in keys]
    wanted = ["INVOICE_ALREADY_FINAL", "NOT_FOUND", "FIELD_INVALID", "ID_INVALID"]
    stopped = bulk(firm, FINALISE, items)
    assert outcomes(stopped) == ["SKIPPED", *("REJECTED", "SKIPPED") * 2, *["REJECTED"] * 2]
    said = [error for one in stopped["results"] for error in one["userErrors"]]
    assert [error["code"] for error in said] == wanted
    assert [error["field"][:2] for error in said] == [["items", place] for place in "1356"]
    tried = bulk(firm, FINALISE, items, errorPolicy="REJECT_FAILED_ROWS", dryRun=True)
    assert outcomes(tried) == ["UPDATED", *("REJECTED", "UPDATED") * 2, *["REJECTED"] * 2]
    assert [one["node"]["state"] for one in tried["results"] if one["outcome"] == "UPDATED"] == [
        "DRAFT"
    ] * 3
    done = bulk(firm, FINALISE, items, errorPolicy="REJECT_FAILED_ROWS")
    assert outcomes(done) == outcomes(tried)
    numbers = {one["node"]["number"] for one in done["results"] if one["outcome"] == "UPDATED"}
    assert len(numbers) == 3
    assert None not in numbers


def test_a_day_that_one_series_has_passed_refuses_what_is_of_it(firm: ApiClient) -> None:
    """Numbers follow the calendar: with REJECT_EVERYTHING no other series moves on either."""
    ids = drafts(firm)
    assert codes(final(firm, ids[0], day="2026-11-20")) == []
    items = [{"id": key} for key in ids[1:]]
    early = {"issueDate": "2026-11-01"}
    refused = bulk(firm, FINALISE, items, **early)
    said = {error["code"] for one in refused["results"] for error in one["userErrors"]}
    assert said == {"ISSUE_DATE_TOO_EARLY"}
    assert set(outcomes(refused)) == {"REJECTED", "SKIPPED"}
    states = [one["state"] for one in firm.query(STATES)["invoices"]["nodes"]]
    assert sorted(states) == ["DRAFT"] * 3 + ["READY"]
    some = bulk(firm, FINALISE, items, errorPolicy="REJECT_FAILED_ROWS", **early)
    assert set(outcomes(some)) == {"REJECTED", "UPDATED"}


def test_many_are_credited_each_by_its_own_note(any_firm: ApiClient) -> None:
    """F22 in bulk; what cannot be credited twice is refused alone."""
    ids = drafts(any_firm)[:2]
    assert set(outcomes(bulk(any_firm, FINALISE, [{"id": key} for key in ids]))) == {"UPDATED"}
    items = [{"id": ids[0], "reason": "Erreur"}, {"id": ids[1]}, {"id": ids[0]}]
    stopped = bulk(any_firm, CREDIT, items)
    assert outcomes(stopped) == ["SKIPPED", "SKIPPED", "REJECTED"]
    assert [one["node"] for one in stopped["results"]] == [None] * 3
    done = bulk(any_firm, CREDIT, items, errorPolicy="REJECT_FAILED_ROWS")
    assert outcomes(done) == ["CREATED", "CREATED", "REJECTED"]
    assert [one["node"]["creditedInvoice"]["id"] for one in done["results"][:2]] == ids
    assert done["results"][2]["userErrors"][0]["code"] == "NOTHING_TO_CREDIT"
    numbers = [one["node"]["number"] for one in done["results"][:2]]
    assert len(set(numbers)) == 2


def test_many_pro_formas_are_deleted_and_a_final_one_never(firm: ApiClient) -> None:
    """F21 in bulk."""
    ids = drafts(firm)
    assert codes(final(firm, ids[1])) == []
    items = [{"id": key} for key in ids]
    assert outcomes(bulk(firm, DELETE, items)) == ["SKIPPED", "REJECTED", "SKIPPED", "SKIPPED"]
    done = bulk(firm, DELETE, items, errorPolicy="REJECT_FAILED_ROWS")
    assert outcomes(done) == ["UPDATED", "REJECTED", "UPDATED", "UPDATED"]
    left = [one["state"] for one in firm.query(STATES)["invoices"]["nodes"]]
    assert left == ["READY"]


def test_a_bulk_costs_no_statement_an_invoice(firm: ApiClient) -> None:
    """Several invoices of one entity are made final by as many statements as one."""
    by_entity: dict[str, list[str]] = {}
    for key in drafts(firm):
        found = firm.query("query($id: ID!) { invoice(id: $id) { entity { id } } }", id=key)
        by_entity.setdefault(found["invoice"]["entity"]["id"], []).append(key)
    several = max(by_entity.values(), key=len)
    sent = []
    for some in (several[:1], several):
        with statements(firm) as told:
            bulk(firm, FINALISE, [{"id": key} for key in some], dryRun=True)
        sent.append(len(told))
    assert len(several) > 1
    assert sent[0] == sent[1]


@pytest.mark.parametrize("text", [FINALISE, CREDIT, DELETE, SEND])
def test_a_thousand_at_most(firm: ApiClient, text: str) -> None:
    answer = bulk(firm, text, [{"id": f"invoice_{key}"} for key in range(1, 1002)])
    assert codes(answer) == ["INPUT_TOO_LARGE"]
    assert answer["results"] == []


def test_two_bulks_of_the_same_invoices_number_each_once(any_firm: ApiClient) -> None:
    """Whoever comes second is told that they are final; the numbers have no gap."""
    items = [{"id": key} for key in drafts(any_firm)]

    def finalise(place: int) -> Row:
        some = items if place % 2 else items[::-1]
        return bulk(any_firm, FINALISE, some, errorPolicy="REJECT_FAILED_ROWS")

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(finalise, range(4)))
    done = [one for answer in answers for one in answer["results"] if one["outcome"] == "UPDATED"]
    assert len(done) == len(items)
    by_series: dict[str, list[int]] = {}
    for one in done:
        series, _, number = one["node"]["number"].partition("-")
        by_series.setdefault(series, []).append(int(number))
    assert all(sorted(told) == list(range(1, len(told) + 1)) for told in by_series.values())


def test_a_bulk_credit_beside_single_finalisations_stops_nobody(postgres_firm: ApiClient) -> None:
    """Projects and counters are locked crosswise by whoever takes them one after the other."""
    credited, drawn_later = [], []
    for code in CODES:
        first, second = (
            drawn(postgres_firm, code, basis="REMAINING", phases=[share])
            for share in _halves(postgres_firm, code)
        )
        assert codes(final(postgres_firm, first["id"])) == []
        credited.append({"id": first["id"]})
        drawn_later.append(second["id"])
    credited.reverse()
    with ThreadPoolExecutor(5) as pool:
        notes = pool.submit(bulk, postgres_firm, CREDIT, credited)
        finals = [pool.submit(final, postgres_firm, key) for key in drawn_later]
        assert outcomes(notes.result()) == ["CREATED"] * len(credited)
        assert [codes(one.result()) for one in finals] == [[]] * len(finals)


def _halves(api: ApiClient, code: str) -> list[Row]:
    """A part of one phase, twice."""
    phase = next(
        one
        for one in phases_of(project(api, code))
        if float(one["figures"]["remainingToBill"]["amount"]) > 200
    )
    return [{"phaseId": phase["id"], "amount": "100"}] * 2
