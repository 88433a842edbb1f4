"""Lists by page: every order both ways, filters, counts, and cursors that are rubbish."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.api.records.asking import A_CLIENT, A_PROJECT, done, each
from tests.support.api import ApiClient
from tests.support.prepared import statements

LISTS = {
    "clients": (44, ["NEWEST_FIRST", "OLDEST_FIRST", "BY_CODE", "BY_NAME", "BY_UPDATE"]),
    "projects": (60, ["NEWEST_FIRST", "OLDEST_FIRST", "BY_CODE", "BY_NAME", "BY_UPDATE"]),
    "collaborators": (None, [None]),
    "taxCodes": (None, [None]),
    "ledgerAccounts": (8, [None]),
}
ORDERED = [(name, order) for name, (_, orders) in LISTS.items() for order in orders]


def page(api: ApiClient, name: str, order: str | None = None, **asked: Any) -> dict[str, Any]:
    arguments = ["page: $page"] + ([f"order: {order}"] if order else [])
    found: dict[str, Any] = api.query(
        f"query($page: PageInput) {{ {name}({', '.join(arguments)}) {{"
        " nodes { id } edges { cursor node { id } }"
        " pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }",
        page=asked,
    )[name]
    return found


@pytest.mark.parametrize(("name", "order"), ORDERED)
def test_pages_forward_and_backward_go_through_the_whole_list_once(
    browsed_any: ApiClient, name: str, order: str | None
) -> None:
    """API.md 11: keyset pages of seven, from one end to the other and back."""
    whole = each(page(browsed_any, name, order, first=100)["nodes"], "id")
    assert len(set(whole)) == len(whole)
    expected = LISTS[name][0]
    assert expected is None or len(whole) == expected

    forward: list[str] = []
    after = None
    while True:
        found = page(browsed_any, name, order, first=7, after=after)
        assert each(found["nodes"], "id") == [edge["node"]["id"] for edge in found["edges"]]
        assert found["pageInfo"]["hasPreviousPage"] is (after is not None)
        forward += each(found["nodes"], "id")
        after = found["pageInfo"]["endCursor"]
        if not found["pageInfo"]["hasNextPage"]:
            break
    assert forward == whole

    backward: list[str] = []
    before = None
    while True:
        found = page(browsed_any, name, order, last=7, before=before)
        backward = each(found["nodes"], "id") + backward
        before = found["pageInfo"]["startCursor"]
        if not found["pageInfo"]["hasPreviousPage"]:
            break
    assert backward == whole


def test_a_page_between_two_cursors_holds_what_lies_between(browsed: ApiClient) -> None:
    whole = page(browsed, "clients", "BY_NAME", first=20)["edges"]
    found = page(
        browsed, "clients", "BY_NAME", first=20, after=whole[3]["cursor"], before=whole[9]["cursor"]
    )
    assert found["nodes"] == [edge["node"] for edge in whole[4:9]]


def test_a_row_added_meanwhile_moves_no_other_row_to_another_page(firm: ApiClient) -> None:
    first = page(firm, "clients", "BY_CODE", first=10)
    done(firm, "clientCreate", **A_CLIENT, code="AAA-1")
    second = page(firm, "clients", "BY_CODE", first=10, after=first["pageInfo"]["endCursor"])
    whole = page(firm, "clients", "BY_CODE", first=100)["nodes"]
    assert whole[0]["id"] not in each(first["nodes"], "id")
    assert whole[1:21] == [*first["nodes"], *second["nodes"]]


def test_a_page_after_the_last_row_is_empty(browsed: ApiClient) -> None:
    end = page(browsed, "projects", "BY_CODE", first=100)["pageInfo"]["endCursor"]
    found = page(browsed, "projects", "BY_CODE", first=5, after=end)
    assert found["nodes"] == []
    assert found["pageInfo"] == {
        "hasNextPage": False,
        "hasPreviousPage": True,
        "startCursor": None,
        "endCursor": None,
    }


def test_fifty_rows_are_given_when_nothing_is_said(browsed: ApiClient) -> None:
    assert len(page(browsed, "projects")["nodes"]) == 50


@pytest.mark.parametrize(
    "asked",
    [
        {"first": 101},
        {"first": 0},
        {"first": -1},
        {"first": 2**31 - 1},
        {"last": 101},
        {"last": 0},
        {"first": 5, "last": 5},
    ],
)
def test_a_page_has_from_1_to_100_rows_counted_one_way(
    browsed: ApiClient, asked: dict[str, int]
) -> None:
    (error,) = browsed.errors(
        "query($page: PageInput) { clients(page: $page) { nodes { id } } }", page=asked
    )
    assert error["extensions"]["code"] == "PAGE_SIZE_INVALID"


def cursor(*content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


NEWEST = "client.id-"
RUBBISH = [
    "",
    "x",
    "é",
    "!!!!",
    "AAAA",
    "A" * 5000,
    cursor(),
    cursor(NEWEST),
    cursor(NEWEST, 1),
    cursor("client.name_key.id", "A", 1),
    cursor("id", 7, 7),
    cursor(NEWEST, "text", 1),
    cursor(NEWEST, 1.5, 1),
    cursor(NEWEST, 10**30, 10**30),
    cursor(NEWEST, 1, 10**30),
    cursor(NEWEST, None, None),
    cursor(NEWEST, True, 1),
    cursor(NEWEST, [1], 1),
    cursor(NEWEST, {"t": "never"}, 1),
    cursor(NEWEST, {"d": "2026-02-30"}, 1),
    cursor(NEWEST, {"x": 1}, 1),
    cursor({}, {}, {}),
    base64.urlsafe_b64encode(b"\xff\xfe").decode(),
]


@pytest.mark.parametrize("way", ["after", "before"])
@pytest.mark.parametrize("given", RUBBISH)
def test_a_cursor_that_is_none_of_the_list_is_refused(
    browsed: ApiClient, given: str, way: str
) -> None:
    (error,) = browsed.errors(
        "query($page: PageInput) { clients(page: $page) { nodes { id } } }",
        page={"first": 3, way: given},
    )
    assert error["extensions"]["code"] == "CURSOR_INVALID"
    french = browsed.in_language("fr").errors(
        "query($page: PageInput) { clients(page: $page) { nodes { id } } }",
        page={"first": 3, way: given},
    )[0]
    assert french["message"] != error["message"]


@pytest.mark.parametrize("order", ["BY_CODE", "BY_UPDATE"])
def test_a_cursor_of_another_type_never_reaches_the_database(
    browsed_any: ApiClient, order: str
) -> None:
    column = {"BY_CODE": "client.code.id", "BY_UPDATE": "client.updated_at-.id-"}[order]
    for value in (5, 1.5, None, [], {"t": "2026-01-01"}, {"d": "2026-01-01"}, "\x00", True):
        (error,) = browsed_any.errors(
            f"query($page: PageInput) {{ clients(order: {order}, page: $page) {{ totalCount }} }}",
            page={"first": 3, "after": cursor(column, value, 1)},
        )
        assert error["extensions"]["code"] == "CURSOR_INVALID"


def test_a_cursor_of_one_order_is_none_of_another(browsed: ApiClient) -> None:
    of_names = page(browsed, "clients", "BY_NAME", first=3)["pageInfo"]["endCursor"]
    (error,) = browsed.errors(
        "query($after: String) { clients(order: BY_CODE, page: { after: $after }) { totalCount } }",
        after=of_names,
    )
    assert error["extensions"]["code"] == "CURSOR_INVALID"


@pytest.mark.parametrize(
    ("name", "order"), [("clients", "OLDEST_FIRST"), ("projects", "NEWEST_FIRST")]
)
def test_a_cursor_is_none_of_the_order_turned_round_nor_of_other_things(
    browsed_any: ApiClient, name: str, order: str
) -> None:
    newest = page(browsed_any, "clients", "NEWEST_FIRST", first=3)["pageInfo"]["endCursor"]
    (error,) = browsed_any.errors(
        f"query($after: String) {{ {name}(order: {order}, page: {{ after: $after }})"
        " { totalCount } }",
        after=newest,
    )
    assert error["extensions"]["code"] == "CURSOR_INVALID"


def test_names_are_sorted_as_people_look_them_up(any_firm: ApiClient) -> None:
    """Neither case nor accents move a name away from its like."""
    wanted = ["Domaine", "éditions A", "Éditions B", "editions C", "Œuvre D", "zinc"]
    for number, name in enumerate(reversed(wanted)):
        made = done(any_firm, "clientCreate", **A_CLIENT | {"name": name, "code": f"SORT-{number}"})
        assert made["name"] == name
        done(any_firm, "projectCreate", **A_PROJECT | {"name": name, "code": f"SORT-{number}"})
    for nouns in ("clients", "projects"):
        asked = f'{{ {nouns}(filter: {{ text: "SORT-" }}, order: BY_NAME) {{ nodes {{ name }} }} }}'
        assert each(any_firm.query(asked)[nouns]["nodes"], "name") == wanted
        asked = f'{{ {nouns}(filter: {{ text: "EDITIONS b" }}) {{ nodes {{ name }} }} }}'
        assert each(any_firm.query(asked)[nouns]["nodes"], "name") == ["Éditions B"]


def test_rows_are_counted_only_when_the_count_is_asked_for(browsed: ApiClient) -> None:
    with statements(browsed) as told:
        browsed.query("{ clients(page: { first: 3 }) { nodes { id } } }")
    assert not any("count(" in statement.lower() for statement in told)
    with statements(browsed) as told:
        data = browsed.query(
            "query($with: Boolean!) { clients(page: { first: 3 })"
            " { nodes { id } ... @include(if: $with) { all: totalCount } } }",
            **{"with": True},
        )
    assert data["clients"]["all"] == 44
    assert any("count(" in statement.lower() for statement in told)


def test_the_count_is_that_of_the_filter_not_of_the_page(browsed: ApiClient) -> None:
    data = browsed.query(
        "{ projects(filter: { status: COMMERCIAL }, page: { first: 2 })"
        " { totalCount nodes { status } } }"
    )["projects"]
    whole = browsed.query("{ projects(page: { first: 100 }) { nodes { status } } }")["projects"]
    expected = each(whole["nodes"], "status").count("COMMERCIAL")
    assert data["totalCount"] == expected > 2
    assert each(data["nodes"], "status") == ["COMMERCIAL"] * 2


def test_orders_sort_by_what_they_are_named_after(browsed: ApiClient) -> None:
    data = browsed.query(
        "{ byCode: projects(order: BY_CODE, page: { first: 100 }) { nodes { code } }"
        " newest: projects(page: { first: 100 }) { nodes { id } }"
        " oldest: projects(order: OLDEST_FIRST, page: { first: 100 }) { nodes { id } } }"
    )
    found = each(data["byCode"]["nodes"], "code")
    assert found == sorted(found)
    assert data["newest"]["nodes"] == data["oldest"]["nodes"][::-1]


def test_what_was_changed_last_stands_first_by_update(firm: ApiClient) -> None:
    oldest = page(firm, "clients", "OLDEST_FIRST", first=1)["nodes"][0]["id"]
    done(firm, "clientUpdate", id=oldest, comment="Vu")
    assert page(firm, "clients", "BY_UPDATE", first=1)["nodes"][0]["id"] == oldest


def test_lists_are_filtered_by_what_the_screens_need(browsed: ApiClient) -> None:
    """F03: each filter keeps the right rows and no other."""
    clients = browsed.query(
        "{ clients(page: { first: 100 }) { nodes { id name code country currency clientType } } }"
    )["clients"]["nodes"]

    def kept(filter: str) -> list[str]:
        found = browsed.query(
            f"{{ clients(filter: {{ {filter} }}, page: {{ first: 100 }}) {{ nodes {{ id }} }} }}"
        )["clients"]["nodes"]
        return sorted(each(found, "id"))

    def where(**expected: str) -> list[str]:
        return sorted(
            c["id"] for c in clients if all(c[name] == value for name, value in expected.items())
        )

    assert kept('currency: "gbp"') == where(currency="GBP") != []
    assert kept('country: "re"') == where(country="RE") != []
    assert kept('country: " re ", currency: "eur "') == where(country="RE", currency="EUR") != []
    assert kept("clientType: PUBLIC") == where(clientType="PUBLIC") != []
    assert kept("archived: true") == []
    assert kept("archived: null") == sorted(each(clients, "id"))
    assert kept('text: "cli-0007"') == where(code="CLI-0007")
    assert kept('text: "  THAMES wharf "') == where(name="Thames Wharf Developments Ltd")
    assert kept('text: "fonciere"') == sorted(c["id"] for c in clients if "Foncière" in c["name"])
    for nobody in ("%", "_", "\\\\", "zzz", "😀"):
        assert kept(f'text: "{nobody}"') == []


def test_projects_are_filtered_by_client_entity_status_and_text(browsed: ApiClient) -> None:
    projects = browsed.query(
        "{ projects(page: { first: 100 })"
        " { nodes { id code status client { id } entity { id code } } } }"
    )["projects"]["nodes"]
    job = next(one for one in projects if one["code"] == "PAT-2508")

    def kept(**given: Any) -> list[str]:
        found = browsed.query(
            "query($filter: ProjectFilter) { projects(filter: $filter, page: { first: 100 })"
            " { nodes { code } } }",
            filter=given,
        )["projects"]["nodes"]
        return sorted(each(found, "code"))

    same_client = [p["code"] for p in projects if p["client"] == job["client"]]
    assert kept(clientId=job["client"]["id"]) == sorted(same_client)
    same_entity = [p["code"] for p in projects if p["entity"] == job["entity"]]
    assert kept(entityId=job["entity"]["id"]) == sorted(same_entity)
    assert kept(text="pat-25") == sorted(p["code"] for p in projects if "PAT-25" in p["code"])
    assert kept(clientId=job["client"]["id"], status="COMMERCIAL") == []
    assert kept(clientId="client_999999") == []


@pytest.mark.parametrize("given", ["x", "project_1", "client_", "client_-1", "client_1e3", ""])
def test_a_filter_by_an_identifier_of_something_else_is_refused(
    browsed: ApiClient, given: str
) -> None:
    (error,) = browsed.errors(
        "query($id: ID) { projects(filter: { clientId: $id }) { nodes { id } } }", id=given
    )
    assert error["extensions"]["code"] == "ID_INVALID"
    assert error["extensions"]["field"] == ["filter", "clientId"]


def test_catalogues_are_filtered_too(browsed: ApiClient) -> None:
    data = browsed.query(
        '{ taxCodes(country: " ch", page: { first: 100 }) { nodes { code country } }'
        ' ledgerAccounts(text: "706") { nodes { number } }'
        " collaborators(filter: { active: false }, page: { first: 100 }) { nodes { active } }"
        ' products(text: "x") { totalCount } }'
    )
    assert {tax["country"] for tax in data["taxCodes"]["nodes"]} == {"CH"}
    assert each(data["ledgerAccounts"]["nodes"], "number") == ["706000", "706100"]
    assert all(person["active"] is False for person in data["collaborators"]["nodes"])
    assert data["products"]["totalCount"] == 0
