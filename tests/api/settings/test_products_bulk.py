"""Many products at once: counts, results in order, two policies, a dry run, one key."""

from __future__ import annotations

from typing import Any

from tests.api.settings.acts import A_PRODUCT, Row, bulk, codes, done, paths
from tests.support.api import ApiClient
from tests.support.prepared import statements


def a_product(sku: str, **changed: Any) -> Row:
    return A_PRODUCT | {"sku": sku} | changed


def outcomes(answer: Row) -> list[str]:
    return [result["outcome"] for result in answer["results"]]


def test_products_are_found_by_sku_or_id_else_created(any_firm: ApiClient) -> None:
    known = done(any_firm, "productCreate", **a_product("P-1"))
    same = done(any_firm, "productCreate", **a_product("P-2"))
    answer = bulk(
        any_firm,
        [
            a_product("p-3", externalReference="row 1"),
            {"sku": "p-1", "unitPrice": "900", "taxCode": "FR-10"},
            {"id": same["id"], "name": same["name"]},
        ],
    )
    assert answer["userErrors"] == []
    assert outcomes(answer) == ["CREATED", "UPDATED", "UNCHANGED"]
    counts = {"created": 1, "updated": 1, "unchanged": 1, "skipped": 0, "rejected": 0}
    assert answer["counts"] == counts
    first, second, third = answer["results"]
    assert (first["externalReference"], first["node"]["sku"]) == ("row 1", "P-3")
    assert second["node"] == known | {
        "unitPrice": "900",
        "taxCode": {"code": "FR-10"},
        "version": 2,
    }
    assert second["changes"] == [
        {"field": "unitPrice", "before": "850", "after": "900"},
        {"field": "taxCode", "before": "FR-20", "after": "FR-10"},
    ]
    assert third["node"]["version"] == 1


def test_one_red_item_stops_all_or_itself_alone(any_firm: ApiClient) -> None:
    items = [a_product("P-1"), a_product("P-2", taxCode="FR-19"), a_product("P-1")]
    answer = bulk(any_firm, items)
    assert outcomes(answer) == ["SKIPPED", "REJECTED", "REJECTED"]
    assert [codes(result) for result in answer["results"]] == [
        [],
        ["TAX_CODE_UNKNOWN"],
        ["FIELD_INVALID"],
    ]
    assert paths(answer["results"][1]) == ["items.1.taxCode"]
    assert any_firm.query("{ products { totalCount } }")["products"]["totalCount"] == 0
    answer = bulk(any_firm, items, errorPolicy="REJECT_FAILED_ROWS")
    assert outcomes(answer) == ["CREATED", "REJECTED", "REJECTED"]
    assert any_firm.query("{ products { totalCount } }")["products"]["totalCount"] == 1


def test_a_dry_run_writes_nothing_and_a_key_writes_once(any_firm: ApiClient) -> None:
    items = [a_product(f"P-{count}") for count in range(3)]
    tried = bulk(any_firm, items, dryRun=True, idempotencyKey="k1")
    assert (outcomes(tried), tried["results"][0]["node"]) == (["CREATED"] * 3, None)
    first = bulk(any_firm, items, idempotencyKey="k2")
    again = bulk(any_firm, items, idempotencyKey="k2")
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert again["results"] == first["results"]
    other = bulk(any_firm, items[:1], idempotencyKey="k2")
    assert codes(other) == ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]
    assert any_firm.query("{ products { totalCount } }")["products"]["totalCount"] == 3


def test_each_item_is_told_its_own_fault(firm: ApiClient) -> None:
    gone = done(firm, "productCreate", **a_product("GONE"))
    taken = done(firm, "productCreate", **a_product("TAKEN"))
    done(firm, "productArchive", id=gone["id"])
    answer = bulk(
        firm,
        [
            {"id": "product_999999", "name": "x"},
            {"id": "client_1", "name": "x"},
            {"sku": "gone", "name": "x"},
            {"id": gone["id"], "name": "x"},
            {"name": "x"},
            {"id": taken["id"], "sku": "gone"},
            {"sku": "taken", "unitPrice": "-1"},
        ],
        errorPolicy="REJECT_FAILED_ROWS",
    )
    assert [codes(result) for result in answer["results"]] == [
        ["NOT_FOUND"],
        ["ID_INVALID"],
        ["RECORD_ARCHIVED"],
        ["RECORD_ARCHIVED"],
        ["FIELD_REQUIRED"],
        ["CATALOGUE_CODE_TAKEN"],
        ["FIELD_INVALID"],
    ]
    assert set(outcomes(answer)) == {"REJECTED"}


def test_more_than_a_thousand_is_refused(browsed: ApiClient) -> None:
    answer = bulk(browsed, [{"sku": f"P-{count}"} for count in range(1001)])
    assert (codes(answer), answer["results"]) == (["INPUT_TOO_LARGE"], [])


def test_a_thousand_products_are_written_in_few_statements(any_firm: ApiClient) -> None:
    items = [a_product(f"P-{count:04d}", externalReference=str(count)) for count in range(1000)]
    with statements(any_firm) as told:
        answer = bulk(any_firm, items)
    assert len(told) < 20, len(told)
    assert answer["counts"]["created"] == 1000
    assert [result["node"]["sku"] for result in answer["results"]] == [one["sku"] for one in items]
