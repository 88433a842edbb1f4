"""The jobs of a batch: failures named one by one and the rest done, tried again, called off."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jobs.kinds import Cancelled
from tests.api.batches.acts import (
    act,
    choose,
    codes,
    contracts,
    done,
    finalised,
    generated,
    listed,
    proposals,
    saved,
    sums,
    the_batch,
    told,
    worked,
)
from tests.api.batches.example import a_client, a_contract, contract_a, contract_b, example
from tests.api.invoices.acts import DELETE, account_line, change
from tests.api.records.asking import done as recorded
from tests.support.api import ApiClient, open_api
from tests.support.mailbox import SENDER
from tests.support.prepared import Calendar, statements

SIGN = """
mutation($id: ID!, $status: ProjectStatus!) {
  projectUpdate(input: { id: $id, status: $status }) { userErrors { code severity } }
}
"""


def held(api: ApiClient, grouping: str = "PER_CONTRACT") -> tuple[dict[str, str], dict[str, Any]]:
    """The example of DOMAIN §2.5, run."""
    made = example(api)
    asked = {"contractIds": list(made.values())}
    return made, saved(api, listed(api, filter=asked, grouping=grouping))


def states(api: ApiClient, batch: dict[str, Any]) -> list[tuple[str, list[str]]]:
    return [(one["state"], codes(one)) for one in proposals(api, batch["id"])]


def test_one_that_fails_is_named_and_the_rest_is_done(any_firm: ApiClient) -> None:
    """B27: FAILED with why, in the caller's language; mended it is made, no other twice."""
    made, batch = held(any_firm)
    recorded(any_firm, "contractUpdate", id=made["B"], status="ENDED")
    after = generated(any_firm, batch)
    assert (after["state"], after["job"]["status"]) == ("SAVED", "SUCCEEDED_WITH_ERRORS")
    assert after["invoiceCounts"] == {"proposed": 0, "generated": 2, "failed": 1, "dropped": 0}
    assert states(any_firm, batch) == [
        ("GENERATED", []),
        ("FAILED", ["CONTRACT_NOT_ACTIVE", "CONTRACT_NOT_ACTIVE"]),
        ("GENERATED", []),
    ]
    numbers = [one["invoice"] and one["invoice"]["id"] for one in proposals(any_firm, batch["id"])]
    refused = act(any_firm.in_language("fr"), "batchFinalise", id=batch["id"])
    assert [(one["code"], one["message"]) for one in refused["userErrors"]] == [
        (
            "BATCH_UNMADE",
            "Du lot Novembre, ne sont pas faites : 0 proposées, 1 en échec.",
        )
    ]
    recorded(any_firm, "contractUpdate", id=made["B"], status="ACTIVE")
    again = generated(any_firm, after)
    assert (again["state"], again["job"]["status"]) == ("GENERATED", "SUCCEEDED")
    assert states(any_firm, batch) == [("GENERATED", [])] * 3
    now = [one["invoice"]["id"] for one in proposals(any_firm, batch["id"])]
    assert (now[0], now[2]) == (numbers[0], numbers[2])
    assert again["totals"][0]["net"] == {"amount": "10671.00"}


def test_what_moved_after_the_run_fails_alone_and_can_be_taken_out(firm: ApiClient) -> None:
    """ITEM_MOVED: no other amount than the one seen is billed; without it the batch is whole."""
    made, batch = held(firm)
    (retainer,) = contracts(firm, batch["id"], contractId=made["B"])
    phase = firm.query(
        "query($id: ID!) { node(id: $id) { ... on Contract { phases { id } } } }", id=made["B"]
    )["node"]["phases"][0]["id"]
    recorded(firm, "phaseUpdate", id=phase, fee="1600")
    generated(firm, batch)
    failed = proposals(firm, batch["id"], states=["FAILED"])
    assert [one["client"]["name"] for one in failed] == ["Client EX-X"]
    assert set(codes(failed[0])) == {"ITEM_MOVED"}
    said = failed[0]["userErrors"][1]["message"]
    assert said == (
        f"PH1 · Phase ({retainer['items'][1]['key']}) of EX-B · Contrat EX-B is not what was"
        " planned: 1600.00 EUR instead of 1500.00 EUR."
    )
    left = done(firm, "batchDrop", id=batch["id"], invoiceIds=[failed[0]["id"]])
    assert left["state"] == "GENERATED"
    anew = listed(firm, "Reste", filter={"contractIds": list(made.values())})
    assert [one["net"]["amount"] for one in anew["totals"]] == ["2453.33"]
    assert finalised(firm, batch)["job"]["status"] == "SUCCEEDED"


def test_nothing_is_done_to_a_batch_while_a_job_is_at_work_on_it(firm: ApiClient) -> None:
    """BATCH_BUSY for every act; cancelled, what is not made is proposed still."""
    _, batch = held(firm)
    asked = done(firm, "batchGenerate", id=batch["id"])
    assert (asked["state"], asked["job"]["status"]) == ("GENERATING", "QUEUED")
    (first, *_) = proposals(firm, batch["id"])
    for mutation, given in {
        "batchGenerate": {},
        "batchFinalise": {},
        "batchDelete": {},
        "batchRefresh": {},
        "batchUpdate": {"name": "x"},
        "batchSelect": {"choices": []},
        "batchDrop": {"invoiceIds": [first["id"]]},
        "batchRun": {"planHash": "x"},
    }.items():
        refused = act(firm, mutation, id=batch["id"], **given)
        assert codes(refused) == ["BATCH_BUSY"], mutation
    french = act(firm.in_language("fr"), "batchDelete", id=batch["id"])["userErrors"][0]
    assert french["message"] == f"{asked['job']['id']} travaille sur le lot Novembre."
    assert french["fix"] == "Attendez sa fin, ou annulez-le."


def test_a_job_that_is_cancelled_leaves_what_is_made(
    firm: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Issue 5, item 6: an invoice a transaction; what is not made is proposed still."""
    monkeypatch.setattr("resolvers.batching._generating.PORTION", 1)
    _, batch = held(firm)
    asked = done(firm, "batchGenerate", id=batch["id"])
    after = worked(firm, asked, told=_cancel)
    assert (after["state"], after["job"]["status"]) == ("SAVED", "CANCELLED")
    assert after["invoiceCounts"]["generated"] == 1
    assert after["invoiceCounts"]["proposed"] == 2
    assert after["totals"] == batch["totals"]
    refused = act(firm, "batchFinalise", id=batch["id"])
    assert codes(refused) == ["BATCH_UNMADE"]
    assert refused["userErrors"][0]["message"].endswith("2 that are proposed, 0 that failed.")
    (made,) = proposals(firm, batch["id"], states=["GENERATED"])
    finalised(firm, batch, invoiceIds=[made["id"]])
    whole = generated(firm, after)
    assert (whole["state"], whole["totals"]) == ("GENERATED", batch["totals"])
    count = firm.query("{ invoices(filter: { states: null }) { totalCount } }")["invoices"]
    assert count == {"totalCount": 3}


def _cancel() -> None:
    """Somebody who cancels a job at its first word."""
    raise Cancelled


def test_acts_out_of_turn_are_refused(firm: ApiClient) -> None:
    """BATCH_STATE, BATCH_EMPTY: each act has its time."""
    made = example(firm)
    batch = listed(firm, filter={"contractIds": list(made.values())})
    for mutation in ("batchGenerate", "batchFinalise"):
        assert codes(act(firm, mutation, id=batch["id"])) == ["BATCH_STATE"]
    assert codes(act(firm, "batchDrop", id=batch["id"], invoiceIds=["batch_invoice_1"])) == [
        "BATCH_STATE"
    ]
    assert codes(act(firm, "batchSend", id=batch["id"])) == ["MAIL_NOT_SET_UP"]
    none = choose(firm, batch["id"], {"selected": False, "filter": {}})
    empty = act(firm.in_language("fr"), "batchRun", id=batch["id"], planHash=none["planHash"])
    assert codes(empty) == ["BATCH_EMPTY"]
    assert empty["userErrors"][0]["message"] == "Il ne reste rien à faire du lot Novembre."
    saved(firm, choose(firm, batch["id"], {"selected": True, "filter": {}}))
    for mutation, given in {
        "batchRefresh": {},
        "batchSelect": {"choices": []},
        "batchRun": {"planHash": "x"},
    }.items():
        assert codes(act(firm, mutation, id=batch["id"], **given)) == ["BATCH_STATE"]
    assert codes(act(firm, "batchFinalise", id=batch["id"])) == ["BATCH_UNMADE"]
    generated(firm, batch)
    finalised(firm, batch)
    assert codes(act(firm, "batchFinalise", id=batch["id"])) == ["BATCH_EMPTY"]
    assert codes(act(firm, "batchGenerate", id=batch["id"])) == ["BATCH_STATE"]


def test_no_invoice_at_all_is_no_part_of_a_batch(firm: ApiClient) -> None:
    """FIELD_REQUIRED for an empty list: neither the whole batch nor an empty one."""
    _, batch = held(firm)
    generated(firm, batch)
    for mutation, more in {
        "batchDrop": {},
        "batchFinalise": {},
        "batchPrint": {"form": "ZIP"},
        "batchExport": {"format": "CSV"},
    }.items():
        kind = f"{mutation[0].upper()}{mutation[1:]}Input"
        answer = firm.query(
            f"mutation($input: {kind}!) {{ {mutation}(input: $input)"
            " { userErrors { code field } } }",
            input={"id": batch["id"], "invoiceIds": [], "idempotencyKey": mutation, **more},
        )[mutation]
        assert answer["userErrors"] == [{"code": "FIELD_REQUIRED", "field": ["invoiceIds"]}]


def assert_adds_up(api: ApiClient, batch: dict[str, Any]) -> None:
    """What a batch lists is what its invoices come to, and its totals are the sums of both."""
    shown = proposals(api, batch["id"])
    for one in shown:
        for amount in ("net", "vat", "gross"):
            assert one[amount] == one["invoice"][amount]
    assert sums(shown) == told(the_batch(api, batch["id"]))


def test_pro_formas_of_a_batch_are_edited_and_deleted_as_any_other(any_firm: ApiClient) -> None:
    """B28: the figures of the batch follow; one that is deleted leaves it, and is due again."""
    firm = any_firm
    made, batch = held(firm)
    generated(firm, batch)
    of_a, of_b, of_c = (one["invoice"]["id"] for one in proposals(firm, batch["id"]))
    change(firm, of_c, lines=[account_line("100.00")])
    (figures,) = the_batch(firm, batch["id"])["totals"]
    assert (figures["net"], figures["invoices"]) == ({"amount": "6011.00"}, 3)
    assert_adds_up(firm, batch)
    assert firm.query(DELETE, id=of_b)["invoiceDelete"]["userErrors"] == []
    after = the_batch(firm, batch["id"])
    assert after["invoiceCounts"] == {"proposed": 0, "generated": 2, "failed": 0, "dropped": 1}
    assert after["totals"][0]["net"] == {"amount": "3711.00"}
    assert_adds_up(firm, batch)
    anew = listed(firm, "Reste", filter={"contractIds": [made["B"]]})
    assert anew["totals"][0]["net"] == {"amount": "2300.00"}
    finalised(firm, batch)
    assert {one["invoice"]["id"] for one in proposals(firm, batch["id"])} == {of_a, of_c}
    assert_adds_up(firm, batch)
    (dropped,) = proposals(firm, batch["id"], states=["DROPPED"])
    assert (dropped["invoice"], dropped["net"]) == (None, {"amount": "2300.00"})


def test_a_part_of_a_batch_is_made_final_and_what_cannot_be_says_why(any_firm: ApiClient) -> None:
    """B29, F23: in the order of the batch, by the invoices named; one refused holds none back."""
    _, batch = held(any_firm)
    generated(any_firm, batch)
    a, b, c = proposals(any_firm, batch["id"])
    part = finalised(any_firm, batch, invoiceIds=[c["id"], a["id"]], issueDate="2026-11-20")
    assert part["job"]["status"] == "SUCCEEDED"
    numbers = [one["invoice"]["number"] for one in proposals(any_firm, batch["id"])]
    assert numbers == ["PAR26-00001", None, "PAR26-00002"]
    job = any_firm.query('{ projectByCode(code: "EX-B") { id } }')["projectByCode"]["id"]
    any_firm.query(SIGN, id=job, status="COMMERCIAL")
    rest = finalised(any_firm, batch)
    assert rest["job"]["status"] == "SUCCEEDED_WITH_ERRORS"
    (failed,) = [one for one in proposals(any_firm, batch["id"]) if one["userErrors"]]
    assert (failed["id"], failed["state"]) == (b["id"], "GENERATED")
    assert codes(failed) == ["INVOICE_PROJECT_NOT_SIGNED"]
    any_firm.query(SIGN, id=job, status="SIGNED")
    assert finalised(any_firm, batch)["job"]["status"] == "SUCCEEDED"
    last = proposals(any_firm, batch["id"])
    assert [one["invoice"]["number"] for one in last][1] == "PAR26-00003"
    assert [codes(one) for one in last] == [[], [], []]
    unknown = act(any_firm, "batchFinalise", id=batch["id"], invoiceIds=["batch_invoice_999"])
    assert codes(unknown) == ["NOT_FOUND"]
    printing = any_firm.query(
        "mutation($input: BatchPrintInput!) { batchPrint(input: $input) { userErrors { code } } }",
        input={
            "id": batch["id"],
            "form": "ZIP",
            "idempotencyKey": "unknown",
            "invoiceIds": ["batch_invoice_999"],
        },
    )["batchPrint"]
    assert codes(printing) == ["NOT_FOUND"]


def test_a_batch_is_mailed_once_an_invoice(
    prepared_sqlite_url: str, tmp_path: Path, calendar: Calendar
) -> None:
    """B29, F24: who has no address is named; begun again, the job queues no second mail."""
    with open_api(prepared_sqlite_url, tmp_path, clock=calendar, mail_from=SENDER) as api:
        _, batch = held(api, "PER_CLIENT")
        generated(api, batch)
        found = api.query('{ clientByCode(code: "EX-X") { id } }')["clientByCode"]["id"]
        recorded(api, "clientUpdate", id=found, contactName="Ida", contactEmail="ida@x.test")
        sent = done(api, "batchSend", id=batch["id"])
        assert worked(api, sent)["job"]["status"] == "SUCCEEDED_WITH_ERRORS"
        worked(api, sent)
        mails = api.query("{ invoiceMails { nodes { to } } }")["invoiceMails"]["nodes"]
        assert mails == [{"to": ["ida@x.test"]}]
        assert [codes(one) for one in proposals(api, batch["id"])] == [
            [],
            ["MAIL_RECIPIENT_MISSING"],
        ]


def test_who_has_his_mail_gets_no_second_one_unless_named(
    prepared_sqlite_url: str, tmp_path: Path, calendar: Calendar
) -> None:
    """B29: sent again, those that were refused; what changed since, and what is final by now."""
    with open_api(prepared_sqlite_url, tmp_path, clock=calendar, mail_from=SENDER) as api:
        _, batch = held(api, "PER_CLIENT")
        generated(api, batch)
        of_x, of_y = proposals(api, batch["id"])

        def sent(**named: Any) -> list[list[str]]:
            worked(api, done(api, "batchSend", id=batch["id"], **named))
            found = api.query("{ invoiceMails { nodes { to } } }")["invoiceMails"]["nodes"]
            return sorted(one["to"] for one in found)

        for code in ("EX-X", "EX-Y"):
            found = api.query("query($c: String!) { clientByCode(code: $c) { id } }", c=code)
            key, to = found["clientByCode"]["id"], f"{code.lower()}@x.test"
            recorded(api, "clientUpdate", id=key, contactName="Ida", contactEmail=to)
            wanted = [["ex-x@x.test"], ["ex-y@x.test"]][: 1 if code == "EX-X" else 2]
            assert sent() == wanted
        assert sent() == wanted
        assert [codes(one) for one in proposals(api, batch["id"])] == [[], []]
        assert len(sent(invoiceIds=[of_x["id"]])) == 3
        change(api, of_y["invoice"]["id"], footerMessage="Merci")
        assert sent()[2:] == [["ex-y@x.test"]] * 2
        finalised(api, batch)
        assert len(sent()) == 6
        assert len(sent()) == 6


@pytest.mark.parametrize("answer", ["done", "cancelled"])
def test_many_contracts_are_listed_by_a_job(firm: ApiClient, answer: str) -> None:
    """B04: the batch is PLANNING meanwhile; called off, it has an empty list."""
    at_once = listed(firm, "À la fois")
    made: Any = firm.http.app
    silent: Any = _Silent()
    made.state.house = replace(firm.house, contracts_at_once=5, jobs=silent)
    batch = listed(firm)
    assert (batch["state"], batch["totals"]) == ("PLANNING", [])
    assert batch["job"]["kind"] == "BATCH_PLAN"
    assert codes(act(firm, "batchRun", id=batch["id"], planHash="x")) == ["BATCH_BUSY"]
    if answer == "cancelled":
        after = worked(firm, batch, told=_cancel)
        assert (after["state"], after["totals"]) == ("SELECTING", [])
        assert after["job"]["status"] == "CANCELLED"
        return
    after = worked(firm, batch)
    assert after["state"] == "SELECTING"
    assert after["totals"] == at_once["totals"]
    mine, theirs = contracts(firm, batch["id"]), contracts(firm, at_once["id"])
    assert [one["items"] for one in mine] == [one["items"] for one in theirs]
    again = done(firm, "batchRefresh", id=batch["id"])
    assert again["state"] == "PLANNING"
    assert worked(firm, again)["totals"] == at_once["totals"]


class _Silent:
    """Jobs that are asked for, and not begun."""

    def start(self, job_id: int) -> None: ...

    def cancel(self, job_id: int) -> None: ...

    def progress(self, jobs: Any) -> dict[int, Any]:
        return {}


def test_the_amounts_of_a_batch_invoice_are_asked_once(any_firm: ApiClient) -> None:
    example(any_firm)
    batch = generated(any_firm, saved(any_firm, listed(any_firm)))
    asked = "query($id: ID!) { batchInvoices(batchId: $id) { nodes { id %s } } }"
    counts = []
    for shown in ("net { amount }", "currency net { amount } vat { amount } gross { amount }"):
        with statements(any_firm) as told:
            assert any_firm.query(asked % shown, id=batch["id"])["batchInvoices"]["nodes"]
        counts.append(len(told))
    assert counts[0] == counts[1]


def test_a_pro_forma_that_takes_another_currency_is_told_in_that(any_firm: ApiClient) -> None:
    """DOMAIN §2.5: figures are per currency; 5,000 yen are no 50.00 euros."""
    a_client(any_firm, "EX-X")
    two = [contract_a(any_firm)[0], contract_b(any_firm)[0]]
    yen = {"project": {"currency": "JPY"}}
    _, phase = a_contract(any_firm, "EX-J", "EX-X", {"fee": "100000"}, **yen)
    made = listed(any_firm, grouping="PER_CLIENT", filter={"contractIds": two})
    batch = generated(any_firm, saved(any_firm, made))
    (one,) = proposals(any_firm, batch["id"])
    assert (one["contracts"], one["currency"]) == (2, "EUR")
    of = {"kind": "PROJECT", "phaseId": phase}
    for line in (account_line("10.00"), account_line("5000", **of)):
        assert change(any_firm, one["invoice"]["id"], lines=[line])["invoice"] is not None
    (one,) = proposals(any_firm, batch["id"])
    assert (one["currency"], one["net"]) == ("JPY", {"amount": "5000"})
    (figures,) = the_batch(any_firm, batch["id"])["totals"]
    counted = [figures[name] for name in ("currency", "invoices", "contracts", "items")]
    assert (counted, figures["gross"]) == (["JPY", 1, 2, 3], {"amount": "6000"})
    assert_adds_up(any_firm, batch)
