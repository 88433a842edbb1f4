"""Exports of a batch (B30): what makes it EXPORTED, and what does not."""

from __future__ import annotations

from typing import Any

from tests.api.batches.acts import (  # fmt: skip
    act,
    codes,
    finalised,
    generated,
    listed,
    proposals,
    saved,
    the_batch,
)
from tests.api.batches.example import a_client, a_contract, example, progressed
from tests.api.invoices.acts import change
from tests.support.api import ApiClient


def test_a_batch_is_exported_once_all_of_it_is_final_and_went_out(firm: ApiClient) -> None:
    """Pro formas in a CSV are in no accounts; parts that went out one by one are the whole."""
    batch = saved(firm, listed(firm, filter={"contractIds": list(example(firm).values())}))
    generated(firm, batch)
    first, *rest = [one["id"] for one in proposals(firm, batch["id"])]

    def exported(**part: Any) -> str:
        answer = act(firm, "batchExport", id=batch["id"], format="CSV", **part)
        assert set(codes(answer)) <= {"ALREADY_EXPORTED"}
        state: str = the_batch(firm, batch["id"])["state"]
        return state

    assert exported() == "GENERATED"
    finalised(firm, batch, invoiceIds=[first])
    assert exported() == "GENERATED"
    finalised(firm, batch)
    assert exported(invoiceIds=rest[:1]) == "GENERATED"
    assert exported(invoiceIds=rest[1:]) == "EXPORTED"


RATES = [
    {"currency": " chf ", "rate": "1.0643", "on": "2026-11-20", "source": "BCE"},
    {"currency": "USD", "rate": "0.92", "on": "2026-11-20", "source": "BCE"},
]
STATED = """
query($id: ID!) { invoice(id: $id) { currency state vatInEuro { amount } euroRate { source } } }
"""


def foreign(api: ApiClient, code: str, currency: str, **project: Any) -> str:
    """A contract of 1,000 in a foreign currency, all earned."""
    a_client(api, f"C-{code}", currency=currency)
    contract, phase = a_contract(
        api, code, f"C-{code}", {"fee": "1000"}, project={"currency": currency, **project}
    )
    progressed(api, phase, "100")
    return contract


def stated(api: ApiClient, invoice_id: str) -> dict[str, Any]:
    found: dict[str, Any] = api.query(STATED, id=invoice_id)["invoice"]
    return found


def test_rates_given_once_serve_all_of_a_batch_that_owe_vat_in_euros(any_firm: ApiClient) -> None:
    """B29: who keeps a rate has it still; invoices in euros, or of no VAT, have none."""
    foreigners = (("CH-1", "CHF"), ("CH-2", "CHF"), ("US-1", "USD"))
    contracts = [foreign(any_firm, code, currency) for code, currency in foreigners]
    contracts += example(any_firm).values()
    batch = generated(
        any_firm, saved(any_firm, listed(any_firm, filter={"contractIds": contracts}))
    )
    made = [one["invoice"]["id"] for one in proposals(any_firm, batch["id"])]
    own = {"rate": "1.05", "on": "2026-11-19", "source": "Douane"}
    second = next(one for one in made if stated(any_firm, one)["currency"] == "CHF")
    assert codes(change(any_firm, second, euroRate=own)) == []

    finalised(any_firm, batch)
    waiting = [one for one in made if stated(any_firm, one)["state"] == "DRAFT"]
    assert len(waiting) == 2
    finalised(any_firm, batch, euroRates=RATES)
    found = [stated(any_firm, one) for one in made]
    assert {one["state"] for one in found} == {"READY"}
    told = sorted(
        (one["currency"], one["vatInEuro"]["amount"], one["euroRate"]["source"])
        for one in found
        if one["vatInEuro"]
    )
    assert told == [("CHF", "210.00", "Douane"), ("CHF", "212.86", "BCE"), ("USD", "184.00", "BCE")]
    assert all(one["euroRate"] is None for one in found if one["vatInEuro"] is None)


def test_a_rate_given_for_a_batch_is_not_for_who_owes_no_vat_in_euros(any_firm: ApiClient) -> None:
    """B29: a Swiss entity owes its VAT in francs; its final invoice states it in nothing else."""
    swiss = {"entity": "RIV-GVA", "country": "CH", "vatRate": "8.1"}
    contracts = [foreign(any_firm, "CH-1", "CHF", **swiss), foreign(any_firm, "CH-2", "CHF")]
    batch = listed(any_firm, filter={"contractIds": contracts})
    batch = generated(any_firm, saved(any_firm, batch))
    finalised(any_firm, batch, euroRates=RATES)
    found = [stated(any_firm, one["invoice"]["id"]) for one in proposals(any_firm, batch["id"])]
    assert [one["state"] for one in found] == ["READY", "READY"]
    assert sorted(one["vatInEuro"]["amount"] for one in found if one["vatInEuro"]) == ["212.86"]


def test_a_pro_forma_that_is_refused_keeps_no_rate_of_the_batch(any_firm: ApiClient) -> None:
    """EURO_RATE_OUT_OF_DATE: the rate of the next time is taken, not the one that was refused."""
    batch = listed(any_firm, filter={"contractIds": [foreign(any_firm, "CH-1", "CHF")]})
    batch = generated(any_firm, saved(any_firm, batch))
    [one] = proposals(any_firm, batch["id"])
    finalised(any_firm, batch, euroRates=[{**RATES[0], "on": "2026-01-20", "source": "Slip"}])
    refused = stated(any_firm, one["invoice"]["id"])
    assert (refused["state"], refused["euroRate"]) == ("DRAFT", None)
    assert codes(proposals(any_firm, batch["id"])[0]) == ["EURO_RATE_OUT_OF_DATE"]
    finalised(any_firm, batch, euroRates=RATES)
    assert stated(any_firm, one["invoice"]["id"])["euroRate"] == {"source": "BCE"}


def test_a_rate_that_no_batch_can_use_is_refused_before_the_job(firm: ApiClient) -> None:
    """FIELD_INVALID and FIELD_REQUIRED by the place of the rate: no pro forma becomes final."""
    batch = listed(firm, filter={"contractIds": [foreign(firm, "CH-1", "CHF")]})
    batch = generated(firm, saved(firm, batch))
    chf, usd = RATES
    for given, field in (
        ([{**chf, "currency": "CH"}], ["euroRates", "0", "currency"]),
        ([{**chf, "currency": "EUR"}], ["euroRates", "0", "currency"]),
        ([usd, {**usd, "currency": "usd"}], ["euroRates", "1", "currency"]),
        ([usd, {**chf, "rate": "160.25"}], ["euroRates", "1", "rate"]),
        ([{**chf, "on": "2026-11-22"}], ["euroRates", "0", "on"]),
        ([{**chf, "source": "  "}], ["euroRates", "0", "source"]),
    ):
        answer = act(firm.in_language("fr"), "batchFinalise", id=batch["id"], euroRates=given)
        (error,) = answer["userErrors"]
        assert (error["code"], error["field"]) in (
            ("FIELD_INVALID", field),
            ("FIELD_REQUIRED", field),
        )
        assert "the" not in error["message"].split()
    assert the_batch(firm, batch["id"])["job"]["kind"] == "BATCH_GENERATE"
