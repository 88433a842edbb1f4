"""A plan runs exactly as it was seen, or says what moved; what it holds is held for it alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from domain.batch.plan import Bundle
from domain.batch.run import splits_of
from tests.api.batches.acts import (
    act,
    choose,
    codes,
    contracts,
    done,
    generated,
    listed,
    proposals,
    saved,
    the_batch,
    worked,
)
from tests.api.batches.example import a_contract, example, progressed, worked_on
from tests.api.invoices.test_drawing_items import draw
from tests.api.records.asking import done as recorded
from tests.support.api import ApiClient

BILLABLE = """
query($filter: BillableFilter) {
  billables(filter: $filter) { nodes { state items { key blockers { code since mutation } } } }
}
"""


def planned(api: ApiClient, **given: Any) -> tuple[dict[str, str], dict[str, Any]]:
    """The example of DOMAIN §2.5, and a batch of it, an invoice a client."""
    made = example(api)
    asked = {"contractIds": list(made.values())}
    return made, listed(api, filter=asked, grouping="PER_CLIENT", **given)


def run(api: ApiClient, batch: dict[str, Any], **more: Any) -> dict[str, Any]:
    return act(api, "batchRun", id=batch["id"], planHash=batch["planHash"], **more)


def _progress(api: ApiClient, made: dict[str, str], batch: str) -> None:
    phase = api.query(
        'query { phases(filter: { text: "Phase" }, page: { first: 100 })'
        " { nodes { id contract { id } } } }"
    )["phases"]["nodes"]
    (own,) = [one["id"] for one in phase if one["contract"]["id"] == made["A"]]
    progressed(api, own, "62.51")


def _time(api: ApiClient, made: dict[str, str], batch: str) -> None:
    worked_on(api, "EX-C", ("2026-11-20", "0.25"))


def _closed(api: ApiClient, made: dict[str, str], batch: str) -> None:
    recorded(api, "contractUpdate", id=made["B"], status="ENDED")


def _taken(api: ApiClient, made: dict[str, str], batch: str) -> None:
    saved(api, listed(api, "Premier", filter={"contractIds": [made["A"]]}))


def _drawn(api: ApiClient, made: dict[str, str], batch: str) -> None:
    assert draw(api, "EX-B")["invoice"] is not None


def _ticked(api: ApiClient, made: dict[str, str], batch: str) -> None:
    choose(api, batch, {"selected": False, "contractIds": [made["C"]]})


def _other_rate(api: ApiClient, made: dict[str, str], batch: str) -> None:
    project = api.query('{ projectByCode(code: "EX-A") { id } }')["projectByCode"]["id"]
    recorded(api, "projectUpdate", id=project, commitmentNo="BC-77")


MOVES: dict[str, tuple[Callable[[ApiClient, dict[str, str], str], None], str | None]] = {
    "progress recorded": (_progress, "ITEM_MOVED"),
    "time approved": (_time, "ITEM_MOVED"),
    "contract closed": (_closed, "CONTRACT_NOT_ACTIVE"),
    "taken by another batch": (_taken, "RESERVED_BY_BATCH"),
    "drawn by hand": (_drawn, "ITEM_MOVED"),
    "another purchase order": (_other_rate, "ITEM_CHANGED"),
    "selected in another tab": (_ticked, None),
}


@pytest.mark.parametrize("move", list(MOVES))
def test_what_moved_since_is_told_and_nothing_is_written(firm: ApiClient, move: str) -> None:
    """B24, API.md 7: STALE_PLAN with what moved; read anew it runs."""
    made, batch = planned(firm)
    happens, told = MOVES[move]
    happens(firm, made, batch["id"])
    before = the_batch(firm, batch["id"])
    refused = run(firm, batch)
    assert codes(refused)[0] == "STALE_PLAN"
    assert set(codes(refused)[1:]) == ({told} if told else set())
    assert refused["userErrors"][0]["field"] == ["planHash"]
    assert the_batch(firm, batch["id"]) == before
    assert proposals(firm, batch["id"]) == []
    again = done(firm, "batchRefresh", id=batch["id"])
    assert saved(firm, again)["state"] == "SAVED"


def test_what_is_stale_is_said_in_french(firm: ApiClient) -> None:
    """By the names that people give, and by those that programs do."""
    made, batch = planned(firm)
    _progress(firm, made, batch["id"])
    stale, moved = run(firm.in_language("fr"), batch)["userErrors"]
    assert stale["message"] == (
        "Ce dont ce plan était fait a changé depuis\u202f: ce qui est dû"
        " (EX-A · Contrat EX-A). Rien n’a été écrit."
    )
    assert stale["fix"] == "Relisez le lot avec batchRefresh, regardez-le, puis exécutez-le."
    item = contracts(firm, batch["id"])[0]["items"][0]["key"]
    assert moved["message"] == (
        f"PH1 · Phase ({item}) de EX-A · Contrat EX-A n’est pas ce qui était prévu\u202f:"
        " 3\u202f612,90\u00a0€ au lieu de 3\u202f611,00\u00a0€."
    )
    other = act(firm.in_language("fr"), "batchRun", id=batch["id"], planHash="x")
    assert other["userErrors"][0]["message"].endswith("la sélection. Rien n’a été écrit.")


def test_what_is_held_is_held_for_one_batch_alone(firm: ApiClient) -> None:
    """B23 B24: RESERVED_BY_BATCH wherever it could be billed otherwise, until it is dropped."""
    made, batch = planned(firm)
    keys = [item["key"] for one in contracts(firm, batch["id"]) for item in one["items"]]
    saved(firm, batch)
    for letter, state in (("A", "LOCKED"), ("B", "LOCKED"), ("C", "LOCKED")):
        (one,) = firm.query(BILLABLE, filter={"contractId": made[letter]})["billables"]["nodes"]
        assert one["state"] == state
        blocker = one["items"][0]["blockers"][0]
        assert (blocker["code"], blocker["mutation"]) == ("RESERVED_BY_BATCH", "batchDrop")
        assert blocker["since"] is not None
    second = listed(firm, "Second", filter={"contractIds": list(made.values())})
    assert second["totals"] == []
    choices = [{"selected": True, "items": [keys[0]]}]
    refused = act(firm, "batchSelect", id=second["id"], choices=choices)
    assert codes(refused) == ["ITEM_LOCKED", "RESERVED_BY_BATCH"]
    assert refused["userErrors"][1]["message"] == "It is held by the batch Novembre."
    for code, how, said in (
        ("EX-A", {"basis": "PROGRESS"}, ["NOTHING_TO_INVOICE"]),
        ("EX-A", {"basis": "REMAINING"}, ["RESERVED_BY_BATCH"]),
        ("EX-A", {"items": keys[:1]}, ["ITEM_LOCKED", "RESERVED_BY_BATCH"]),
        ("EX-B", {}, ["NOTHING_TO_INVOICE"]),
        ("EX-C", {}, ["NOTHING_TO_INVOICE"]),
    ):
        answer = draw(firm, code, **how)
        assert answer["invoice"] is None
        assert codes(answer) == said, (code, how)
    invoices = proposals(firm, batch["id"])
    dropped = done(firm, "batchDrop", id=batch["id"], invoiceIds=[one["id"] for one in invoices])
    assert (dropped["invoiceCounts"]["dropped"], dropped["totals"]) == (2, [])
    free = done(firm, "batchRefresh", id=second["id"])
    choose(firm, second["id"], {"selected": True, "filter": {}})
    assert the_batch(firm, second["id"])["totals"][0]["net"] == {"amount": "10671.00"}
    assert free["state"] == "SELECTING"
    assert codes(act(firm, "batchGenerate", id=batch["id"])) == ["BATCH_EMPTY"]


def test_a_run_is_done_once_however_often_it_is_sent(any_firm: ApiClient) -> None:
    """API.md 8: plan, run, generate and finalise replay, and refuse a key with other parameters."""
    key = str(uuid4())
    made = example(any_firm)
    asked = {"name": "Lot", "filter": {"contractIds": list(made.values())}}
    first = act(any_firm, "batchPlan", idempotencyKey=key, **asked)
    batch = first["batch"]
    assert run(any_firm, batch, idempotencyKey=key, generate=True)["userErrors"] == []
    busy = act(any_firm, "batchFinalise", id=batch["id"], idempotencyKey=key)
    assert codes(busy) == ["BATCH_BUSY"]
    worked(any_firm, the_batch(any_firm, batch["id"]))
    final = act(any_firm, "batchFinalise", id=batch["id"], idempotencyKey=key)
    worked(any_firm, final["batch"])
    before = the_batch(any_firm, batch["id"])
    assert before["planHash"] == batch["planHash"]
    again = [
        act(any_firm, "batchPlan", idempotencyKey=key, **asked),
        run(any_firm, before, idempotencyKey=key, generate=True),
        act(any_firm, "batchFinalise", id=batch["id"], idempotencyKey=key),
    ]
    assert [(one["replayed"], one["userErrors"], one["batch"]) for one in again] == [
        (True, [], before)
    ] * 3
    mismatch = ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]
    for answer in (
        act(any_firm, "batchPlan", idempotencyKey=key, name="Autre"),
        run(any_firm, before, idempotencyKey=key),
        act(any_firm, "batchFinalise", id=batch["id"], idempotencyKey=key, invoiceIds=[]),
    ):
        assert codes(answer) == mismatch
    assert codes(run(any_firm, before)) == ["BATCH_STATE"]
    count = any_firm.query("{ invoices(filter: { states: null }) { totalCount } }")["invoices"]
    assert count == {"totalCount": 3}


def test_invoices_of_a_batch_are_taken_out_all_or_none(firm: ApiClient) -> None:
    """B25: proposals and pro formas go and free what they held; a legal invoice stays."""
    made, batch = planned(firm)
    saved(firm, batch)
    of_x, of_y = proposals(firm, batch["id"])
    generated(firm, batch)
    worked(firm, done(firm, "batchFinalise", id=batch["id"], invoiceIds=[of_x["id"]]))
    both = [of_y["id"], of_x["id"]]
    refused = act(firm, "batchDrop", id=batch["id"], invoiceIds=both)
    assert codes(refused) == ["INVOICE_ALREADY_FINAL"]
    assert refused["userErrors"][0]["field"] == ["invoiceIds", "1"]
    assert len(proposals(firm, batch["id"])) == 2
    after = done(firm, "batchDrop", id=batch["id"], invoiceIds=[of_y["id"]])
    assert after["invoiceCounts"] == {"proposed": 0, "generated": 1, "failed": 0, "dropped": 1}
    (left,) = proposals(firm, batch["id"])
    assert left["id"] == of_x["id"]
    (gone,) = proposals(firm, batch["id"], states=["DROPPED"])
    assert (gone["id"], gone["invoice"]) == (of_y["id"], None)
    again = listed(firm, "Suite", filter={"contractIds": list(made.values())})
    assert [one["net"]["amount"] for one in again["totals"]] == ["4760.00"]
    unknown = proposals(firm, saved(firm, again)["id"])[0]["id"]
    assert codes(act(firm, "batchDrop", id=batch["id"], invoiceIds=[unknown])) == ["NOT_FOUND"]
    for mutation in ("batchFinalise", "batchDrop"):
        french = act(firm.in_language("fr"), mutation, id=batch["id"], invoiceIds=[unknown])
        assert codes(french) == ["NOT_FOUND"]
        assert french["userErrors"][0]["message"].endswith(f"facture du lot {unknown}.")


def test_deleting_a_batch_frees_all_that_is_not_final(firm: ApiClient) -> None:
    """B25: the legal invoice stays as it is; the rest is due again, to the cent."""
    made, batch = planned(firm)
    saved(firm, batch)
    of_x, of_y = proposals(firm, batch["id"])
    generated(firm, batch)
    worked(firm, done(firm, "batchFinalise", id=batch["id"], invoiceIds=[of_y["id"]]))
    done(firm, "batchDelete", id=batch["id"])
    again = listed(firm, "Suite", filter={"contractIds": list(made.values())})
    assert [(one["net"]["amount"], one["tickets"]) for one in again["totals"]] == [("5911.00", 0)]
    kept = firm.query("{ invoices(filter: { states: null }) { nodes { state net { amount } } } }")
    assert kept["invoices"]["nodes"] == [{"state": "READY", "net": {"amount": "4760.00"}}]
    assert of_x["state"] == "PROPOSED"


def test_proposals_are_grouped_otherwise_and_back(firm: ApiClient) -> None:
    """B26: Une facture par client, told before and after the run; never once they are made."""
    _, batch = planned(firm)
    saved(firm, batch)
    for grouping, count in (("PER_CONTRACT", 3), ("PER_CLIENT", 2), ("PER_CLIENT", 2)):
        found = done(firm, "batchUpdate", id=batch["id"], grouping=grouping)
        (figures,) = found["totals"]
        assert (figures["invoices"], figures["net"]["amount"]) == (count, "10671.00")
        assert found["invoiceCounts"]["proposed"] == len(proposals(firm, batch["id"])) == count
    generated(firm, batch)
    refused = act(firm, "batchUpdate", id=batch["id"], grouping="PER_CONTRACT")
    assert codes(refused) == ["BATCH_STATE"]
    french = act(firm.in_language("fr"), "batchUpdate", id=batch["id"], grouping="PER_CONTRACT")
    assert french["userErrors"][0]["message"] == (
        "Le lot Novembre est généré\u202f; ceci se fait quand il est en cours de sélection,"
        " enregistré."
    )


SPLITS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("ENTITY", {"entity": "RIV-LYO"}, {}),
    ("CURRENCY", {"currency": "CHF"}, {}),
    ("VAT_REGIME", {"vatExemption": "EXONERATION_261"}, {"taxable": False}),
    ("PURCHASE_ORDER", {"commitmentNo": "BC-2026-11"}, {}),
]


@pytest.mark.parametrize(("aspect", "of_project", "terms"), SPLITS)
def test_an_invoice_never_mixes_what_must_stand_apart(
    firm: ApiClient, aspect: str, of_project: dict[str, Any], terms: dict[str, Any]
) -> None:
    """B26: entity, currency, VAT regime, purchase order; each invoice says in what it differs."""
    made = example(firm)
    contract, phase = a_contract(firm, "EX-D", "EX-X", {"fee": "1000"}, project=of_project, **terms)
    progressed(firm, phase, "100")
    chosen = {"contractIds": [made["A"], made["B"], made["C"], contract]}
    batch = listed(firm, filter=chosen, grouping="PER_CLIENT")
    assert sum(one["invoices"] for one in batch["totals"]) == 3
    saved(firm, batch)
    generated(firm, batch)
    invoices = proposals(firm, batch["id"])
    assert [one["splits"] for one in invoices] == [[aspect], [aspect], []]
    assert sorted(one["net"]["amount"] for one in invoices) == ["1000.00", "4760.00", "5911.00"]
    assert {one["state"] for one in invoices} == {"GENERATED"}


def test_a_language_stands_apart_as_well() -> None:
    """B26: of one client it differs only where a project is billed in another language."""
    one = Bundle(1, 7, "EUR", "FR", None, "fr")
    assert splits_of([one, one._replace(language="en")]) == {
        one: ["LANGUAGE"],
        one._replace(language="en"): ["LANGUAGE"],
    }
    assert splits_of([one, one, one._replace(client_id=8)])[one] == []
