"""What a person left out stays out, and what a plan stands for is its content (B19, B22; §2.5)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from persistence.invoice import invoices
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
)
from tests.api.batches.example import a_client, a_contract, example, worked_on
from tests.api.records.asking import done as recorded
from tests.support.api import ApiClient
from tests.support.locks import wait_until_it_waits


def ticked(api: ApiClient, batch_id: str) -> dict[str, list[bool]]:
    """By contract: whether each item that can be is selected."""
    return {
        one["contract"]["id"]: [item["selected"] for item in one["items"] if item["selectable"]]
        for one in contracts(api, batch_id)
    }


def test_a_contract_left_out_stays_out_whatever_its_items_are_called(firm: ApiClient) -> None:
    """The key of an hour names its rate: another rate, another key, and still not wanted."""
    made = example(firm)
    batch = listed(firm, filter={"contractIds": list(made.values())})["id"]
    choose(firm, batch, {"selected": False, "contractIds": [made["C"]]})
    recorded(firm, "contractUpdate", id=made["C"], hourlyRate="90.00")
    done(firm, "batchRefresh", id=batch)
    assert ticked(firm, batch)[made["C"]] == [False]
    choose(firm, batch, {"selected": True, "contractIds": [made["C"]]})
    done(firm, "batchRefresh", id=batch)
    assert ticked(firm, batch)[made["C"]] == [True]


def test_what_was_left_out_is_not_chosen_again_by_who_held_it_meanwhile(firm: ApiClient) -> None:
    made = example(firm)
    batch = listed(firm, filter={"contractIds": list(made.values())})["id"]
    choose(firm, batch, {"selected": False, "contractIds": [made["A"]]})
    other = saved(firm, listed(firm, "Other", filter={"contractIds": [made["A"]]}))
    done(firm, "batchRefresh", id=batch)
    done(firm, "batchDelete", id=other["id"])
    done(firm, "batchRefresh", id=batch)
    assert ticked(firm, batch)[made["A"]] == [False]


def test_a_choice_means_all_that_it_names(firm: ApiClient) -> None:
    """API: contracts, items, and what meets the filter; not what is all of it at once."""
    made = example(firm)
    batch = listed(firm, filter={"contractIds": list(made.values())})["id"]
    of_a = next(one for one in contracts(firm, batch) if one["contract"]["id"] == made["A"])
    choose(
        firm,
        batch,
        {"selected": False, "contractIds": [made["C"]], "items": [of_a["items"][0]["key"]]},
    )
    found = ticked(firm, batch)
    assert (found[made["A"]], found[made["C"]]) == ([False], [False])
    assert all(found[made["B"]])


def test_a_plan_stands_for_its_content_not_for_its_name(firm: ApiClient) -> None:
    batch = listed(firm, filter={"contractIds": list(example(firm).values())})
    named = done(firm, "batchUpdate", id=batch["id"], name="Named otherwise")
    assert named["planHash"] == batch["planHash"]
    assert saved(firm, batch)["name"] == "Named otherwise"


def test_another_batch_under_a_cap_does_not_move_what_is_planned(firm: ApiClient) -> None:
    """DOMAIN §2.4: what the others leave under a cap may change where the amount does not."""
    a_client(firm, "EX-K")
    terms = {"billingMethod": "TIME_AND_MATERIALS", "hourlyRate": "100.00", "cap": "1000.00"}
    contract, _ = a_contract(firm, "EX-CAP", "EX-K", {"fee": "0.00"}, **terms)
    worked_on(firm, "EX-CAP", ("2026-11-02", "3"))
    batch = saved(firm, listed(firm, filter={"contractIds": [contract]}))
    recorded(firm, "contractUpdate", id=contract, cap="900.00")
    made = generated(firm, batch)
    assert (made["state"], made["invoiceCounts"]["failed"]) == ("GENERATED", 0)


def test_the_same_amount_of_another_client_is_told_as_that(firm: ApiClient) -> None:
    made = example(firm)
    batch = listed(firm, filter={"contractIds": [made["A"]]})
    a_client(firm, "EX-Z")
    job = firm.query('{ projectByCode(code: "EX-A") { id } }')["projectByCode"]["id"]
    recorded(firm, "projectUpdate", id=job, client="EX-Z")
    given: dict[str, Any] = {"id": batch["id"], "planHash": batch["planHash"]}
    assert codes(act(firm, "batchRun", **given)) == ["STALE_PLAN", "ITEM_CHANGED"]
    french = act(firm.in_language("fr"), "batchRun", **given)["userErrors"][1]["message"]
    assert "le client, l’entité" in french
    recorded(firm, "projectUpdate", id=job, client="EX-X")
    phase = firm.query('query { projectByCode(code: "EX-A") { contracts { phases { id } } } }')[
        "projectByCode"
    ]["contracts"][0]["phases"][0]["id"]
    recorded(firm, "phaseUpdate", id=phase, phaseName="Something else")
    assert codes(act(firm, "batchRun", **given)) == ["STALE_PLAN", "ITEM_CHANGED"]


def test_a_cut_off_day_is_refused_where_it_was_given(firm: ApiClient) -> None:
    refused = act(firm, "batchPlan", name="Later", cutOff="2027-01-01")
    assert (codes(refused), refused["userErrors"][0]["field"]) == (["FIELD_INVALID"], ["cutOff"])


def test_a_pro_forma_deleted_while_it_is_taken_out_is_out(postgres_firm: ApiClient) -> None:
    """B25: who waits for the lock finds it gone, and says so by taking it out."""
    api, made = postgres_firm, example(postgres_firm)
    batch = generated(api, saved(api, listed(api, filter={"contractIds": [made["A"]]})))
    (bill,) = proposals(api, batch["id"])
    key = int(bill["invoice"]["id"].rpartition("_")[2])
    with ThreadPoolExecutor(1) as pool:
        with api.house.database.writing(api.organisation_id) as session:
            found = invoices.invoices_locked(session, [key])[key]
            dropping = pool.submit(act, api, "batchDrop", id=batch["id"], invoiceIds=[bill["id"]])
            wait_until_it_waits(api, dropping)
            invoices.remove(session, found)
        answer = dropping.result()
    assert codes(answer) == []
    assert answer["batch"]["invoiceCounts"]["dropped"] == 1
