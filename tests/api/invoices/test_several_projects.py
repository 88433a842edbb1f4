"""One invoice over several projects of one client (contract rows B26 and B28)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text

from persistence.ledger.check import disagreements
from tests.api.invoices.acts import account_line, blank, change, codes, draw, final
from tests.api.invoices.paying_acts import act, fee_project
from tests.api.invoices.project_acts import (
    change_project,
    codes_of,
    covered,
    for_client,
    jobs,
    left_of,
    line_on,
    over,
)
from tests.api.invoices.test_totals import all_totals
from tests.support.api import ApiClient
from tests.support.databases import owner
from tests.support.takeover import phases_of, project

PROGRESS = """
mutation($phase: ID!, $percent: Decimal!) {
  progressRecord(input: { phaseId: $phase, percent: $percent }) { userErrors { code } }
}
"""
ARCHIVE = """
mutation($id: ID!) { projectArchive(input: { id: $id }) { node { id } userErrors { code } } }
"""

SUMS = ("invoiced", "credited", "deposits")
BULK = """
mutation($input: InvoicesBulkCreateInput!) {
  invoicesBulkCreate(input: $input) { results { userErrors { code } } }
}
"""
MOVE = """
mutation($id: ID!, $to: String) {
  projectUpdate(input: { id: $id, client: $to }) { userErrors { code } }
}
"""

Row = dict[str, Any]


def sums(api: ApiClient, *names: str) -> dict[str, tuple[str, ...]]:
    """Invoiced, credited and deposits of projects, as `totals` by project tells them."""
    return {
        row["project"]["code"]: tuple(row[name]["amount"] for name in SUMS)
        for row in all_totals(api, by="PROJECT")
        if row["project"]["code"] in names
    }  # fmt: skip


def deadlocks(api: ApiClient) -> int:
    """How many there were in the database; whoever loses one acts again, and tells nobody."""
    # What a connection has counted is told when it closes.
    api.house.database.engine.dispose()
    asked = text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    with owner(api.house.database).connect() as connection:
        return int(connection.execute(asked).scalar_one())


def test_one_invoice_for_the_client(any_firm: ApiClient) -> None:
    """B26: all that is due of a client on one pro forma, made final, in the ledger by project."""
    api = any_firm
    of = jobs(api, "ONE-1", "ONE-2", "ONE-3")
    keys = [project(api, code)["id"] for code in of]
    for phase, percent in zip(of.values(), ("10", "20", "0"), strict=True):
        api.query(PROGRESS, phase=phase, percent=percent)
    drawn = for_client(api, projectIds=keys, idempotencyKey="one")
    assert drawn["userErrors"] == []
    made = drawn["invoice"]
    assert (made["project"], made["projects"]) == (None, [{"code": "ONE-1"}, {"code": "ONE-2"}])
    assert [line["net"]["amount"] for line in made["lines"]] == ["100.00", "200.00"]
    assert (made["net"]["amount"], made["gross"]["amount"]) == ("300.00", "360.00")
    assert for_client(api, projectIds=keys, idempotencyKey="one")["replayed"] is True
    assert codes(for_client(api, projectIds=keys)) == ["NOTHING_DUE"]
    listed = "query($id: ID!) { invoices(filter: { projectId: $id }) { nodes { id } } }"
    for key, found in zip(keys, ([{"id": made["id"]}], [{"id": made["id"]}], []), strict=True):
        assert api.query(listed, id=key)["invoices"]["nodes"] == found
    assert codes(final(api, made["id"])) == []
    assert left_of(api, "ONE-1") == ("100.00", "900.00")
    assert sums(api, *of) == {
        "ONE-1": ("100.00", "0.00", "0.00"),
        "ONE-2": ("200.00", "0.00", "0.00"),
        "ONE-3": ("0.00", "0.00", "0.00"),
    }
    with api.house.database.reading(api.organisation_id) as session:
        assert disagreements(session) == []


def test_items_are_chosen_across_projects(firm: ApiClient) -> None:
    """B26: the keys of `billables`; of one project it is tied to it. What is none is refused."""
    of = jobs(firm, "CHO-1", "CHO-2")
    for phase in of.values():
        firm.query(PROGRESS, phase=phase, percent="50")
    asked = "query($id: ID!) { billables(filter: { projectId: $id }) { nodes { items { key } } } }"
    keys = []
    for code in of:
        nodes = firm.query(asked, id=project(firm, code)["id"])["billables"]["nodes"]
        keys += [item["key"] for node in nodes for item in node["items"]]
    made = for_client(firm, items=keys[1:])["invoice"]
    assert (made["project"], made["projects"]) == ({"code": "CHO-2"}, [{"code": "CHO-2"}])
    assert codes(for_client(firm, items=keys[1:]))[0] in ("ITEM_UNKNOWN", "ITEM_LOCKED")
    mine = [project(firm, code)["id"] for code in of]
    answer = for_client(firm, clientId="client_2", projectIds=mine)
    assert codes(answer) == ["PROJECT_OF_OTHER_CLIENT"]
    assert codes(for_client(firm, projectIds=["project_9999"])) == ["NOT_FOUND"]


def test_lines_add_projects_and_take_them_away(firm: ApiClient) -> None:
    """B28: a pro forma of one project may get lines of another, and is tied again to what stays."""
    of = jobs(firm, "EDI-1", "EDI-2")
    first, second = of.values()
    change_project(firm, "EDI-2", commitmentNo="BC-77")
    invoice = over(firm, first)
    assert codes_of(firm, invoice) == ("EDI-1", ["EDI-1"])
    other = over(firm, second, amount="10.00")
    assert codes(change(firm, invoice, lines=[line_on(first), line_on(second)])) == []
    assert codes_of(firm, invoice) == (None, ["EDI-1", "EDI-2"])
    found = covered(firm, invoice)
    assert found["commitmentNo"] == "BC-77"
    assert found["otherInvoices"] == [{"invoice": {"id": other}}]
    assert [line["progress"] for line in found["lines"]] == ["10", "11"]
    assert codes(change(firm, invoice, lines=[line_on(first), account_line("5.00")])) == []
    assert codes_of(firm, invoice) == ("EDI-1", ["EDI-1"])
    assert covered(firm, invoice)["commitmentNo"] is None, "it went with its project"
    given = change(firm, invoice, lines=[line_on(second)], commitmentNo="MINE")
    assert codes(given) == []
    assert codes_of(firm, invoice) == ("EDI-2", ["EDI-2"])
    assert covered(firm, invoice)["commitmentNo"] == "MINE"
    change(firm, invoice, lines=[line_on(first), line_on(second)])
    change(firm, invoice, lines=[account_line("5.00")])
    assert codes_of(firm, invoice) == (None, [])


def test_what_differs_is_refused_and_named(firm: ApiClient) -> None:
    """B26: never mixes currency, entity, VAT regime or purchase order; the line is told."""
    of = jobs(firm, "DIF-1", "DIF-2", "DIF-3", "DIF-4", "DIF-5", "DIF-6")
    change_project(firm, "DIF-1", commitmentNo="A")
    for code, fields in (
        ("DIF-2", {"commitmentNo": "B"}),
        ("DIF-3", {"currency": "CHF"}),
        ("DIF-4", {"vatRate": "0", "vatExemption": "autoliquidation"}),
        ("DIF-5", {"entity": "RIV-LYO"}),
        ("DIF-6", {"country": "BE", "vatRate": "21"}),
    ):
        change_project(firm, code, **fields)
    invoice = over(firm, of["DIF-1"])
    for code, kind, said in (
        ("DIF-2", "PROJECTS_DIFFER", "purchase order"),
        ("DIF-3", "PROJECTS_DIFFER", "currency"),
        ("DIF-4", "PROJECTS_DIFFER", "VAT regime"),
        ("DIF-5", "PROJECT_OF_OTHER_ENTITY", "entity"),
        ("DIF-6", "PROJECTS_DIFFER", "VAT regime"),
    ):
        answer = change(firm, invoice, lines=[line_on(of["DIF-1"]), line_on(of[code])])
        assert codes(answer) == [kind], (code, answer)
        (error,) = answer["userErrors"]
        assert said in error["message"]
        assert code in error["message"]
        assert error["field"] == ["lines", "1", "phaseId"]
    told = for_client(firm, projectIds=[project(firm, one)["id"] for one in ("DIF-1", "DIF-2")])
    assert codes(told) == ["NOTHING_DUE"]
    for code in ("DIF-1", "DIF-2"):
        firm.query(PROGRESS, phase=of[code], percent="50")
    told = for_client(firm, projectIds=[project(firm, one)["id"] for one in ("DIF-1", "DIF-2")])
    assert codes(told) == ["PROJECTS_DIFFER"]
    assert codes_of(firm, invoice) == ("DIF-1", ["DIF-1"])


def test_a_project_of_another_client_or_put_away_is_refused(firm: ApiClient) -> None:
    of = jobs(firm, "STR-1", "STR-2")
    stranger = phases_of(project(firm, "EQP-2501"))[0]["id"]
    assert project(firm, "EQP-2501")["client"]["id"] != "client_1"
    invoice = over(firm, of["STR-1"])
    answer = change(firm, invoice, lines=[line_on(of["STR-1"]), line_on(stranger)])
    assert codes(answer) == ["PROJECT_OF_OTHER_CLIENT"]
    assert answer["userErrors"][0]["field"] == ["lines", "1", "phaseId"]
    unknown = change(firm, invoice, lines=[line_on("phase_99999")])
    assert codes(unknown) == ["PHASE_OF_OTHER_PROJECT"]
    both = over(firm, *of.values())
    firm.query(ARCHIVE, id=project(firm, "STR-2")["id"])
    answer = change(firm, invoice, lines=[line_on(of["STR-1"]), line_on(of["STR-2"])])
    assert codes(answer) == ["RECORD_ARCHIVED"]
    drawn = for_client(firm, projectIds=[project(firm, "STR-2")["id"]])
    assert codes(drawn) == ["RECORD_ARCHIVED"]
    kept = [line_on(of["STR-1"]), line_on(of["STR-2"], "50.00")]
    assert codes(change(firm, both, lines=kept)) == [], "what is under way goes on"


def test_each_project_is_judged_when_it_becomes_final(any_firm: ApiClient) -> None:
    """F23: signed, of this client and entity, alike, and within each fee; of every project."""
    api = any_firm
    of = jobs(api, "JUD-1", "JUD-2")
    invoice = over(api, *of.values(), amount="600.00")
    beyond = change(api, blank(api)["id"], lines=[line_on(of["JUD-2"], "400.01")])
    assert codes(beyond) == ["AMOUNT_ABOVE_REMAINING"], "it is reserved by the other"
    change_project(api, "JUD-2", status="COMMERCIAL")
    answer = final(api, invoice)
    assert codes(answer) == ["INVOICE_PROJECT_NOT_SIGNED"]
    assert answer["userErrors"][0]["field"] == ["lines", "1", "phaseId"]
    change_project(api, "JUD-2", status="SIGNED", commitmentNo="X")
    change_project(api, "JUD-1", commitmentNo="Y")
    assert codes(final(api, invoice)) == ["PROJECTS_DIFFER"]
    change_project(api, "JUD-1", commitmentNo="X")
    lowered = "mutation($id: ID!) { phaseUpdate(input: { id: $id, fee: 500 }) { node { id } } }"
    api.query(lowered, id=of["JUD-2"])
    assert codes(final(api, invoice)) == ["AMOUNT_ABOVE_REMAINING"]
    assert codes(change(api, invoice, lines=[line_on(one, "500") for one in of.values()])) == []
    assert codes(final(api, invoice)) == []
    client = api.query('{ client(id: "client_2") { code } }')["client"]["code"]
    key = project(api, "JUD-2")["id"]
    answer = api.query(MOVE, id=key, to=client)["projectUpdate"]
    assert "PROJECT_CLIENT_FROZEN" in codes(answer), "it is invoiced, though not alone"


def test_it_is_credited_by_parts_and_whole(firm: ApiClient) -> None:
    """B26: the part of one project is tied to it; what is left goes back to each."""
    api = firm
    of = jobs(api, "CRE-1", "CRE-2")
    invoice = over(api, *of.values())
    final(api, invoice)
    first = covered(api, invoice)["lines"][0]["id"]
    part = act(api, "invoiceCredit", id=invoice, lines=[{"lineId": first, "amount": "30.00"}])
    assert codes_of(api, part["creditNote"]["id"]) == ("CRE-1", ["CRE-1"])
    assert sums(api, *of) == {
        "CRE-1": ("100.00", "30.00", "0.00"), "CRE-2": ("100.00", "0.00", "0.00")
    }  # fmt: skip
    rest = act(api, "invoiceCredit", id=invoice)["creditNote"]
    assert codes_of(api, rest["id"]) == (None, ["CRE-1", "CRE-2"])
    assert covered(api, invoice)["creditState"] == "FULL"
    assert [left_of(api, code) for code in of] == [("0.00", "1000.00")] * 2
    with api.house.database.reading(api.organisation_id) as session:
        assert disagreements(session) == []


def test_it_is_replaced(firm: ApiClient) -> None:
    """A replacement covers what it still had; where that is one project, it is tied to it."""
    of = jobs(firm, "REP-1", "REP-2")
    whole, part = over(firm, *of.values()), over(firm, *of.values())
    for invoice in (whole, part):
        assert codes(final(firm, invoice)) == []
    made = act(firm, "invoiceReplace", id=whole, reason="r")
    assert codes_of(firm, made["invoice"]["id"]) == (None, ["REP-1", "REP-2"])
    assert codes(final(firm, made["invoice"]["id"])) == []
    first = covered(firm, part)["lines"][0]["id"]
    act(firm, "invoiceCredit", id=part, lines=[{"lineId": first}])
    made = act(firm, "invoiceReplace", id=part, reason="r")
    assert codes_of(firm, made["invoice"]["id"]) == ("REP-2", ["REP-2"])
    assert [left_of(firm, code)[0] for code in of] == ["100.00", "100.00"]


def test_deposits_are_taken_off_the_project_they_are_of(any_firm: ApiClient) -> None:
    """DEPOSIT_OF_OTHERS of a project that is not billed; at most what is billed of its own."""
    api = any_firm
    of = jobs(api, "DPO-1", "DPO-2")
    fee_project(api, "DPO-3", ("1000", "20"))
    asked = []
    for code in (*of, "DPO-3"):
        job = project(api, code)["id"]
        asked.append(act(api, "depositInvoiceCreate", projectId=job, amount="150.00")["invoice"])
        assert codes(final(api, asked[-1]["id"])) == []
    first, second, stranger = (one["id"] for one in asked)
    invoice = over(api, *of.values())
    answer = act(api, "invoiceDeductDeposit", id=invoice, depositId=stranger)
    assert codes(answer) == ["DEPOSIT_OF_OTHERS"]
    too_much = act(api, "invoiceDeductDeposit", id=invoice, depositId=first, amount="100.01")
    assert codes(too_much) == ["DEDUCTION_ABOVE_INVOICE"]
    assert codes(act(api, "invoiceDeductDeposit", id=invoice, depositId=first)) == []
    assert codes(act(api, "invoiceDeductDeposit", id=invoice, depositId=second, amount="40")) == []
    again = act(api, "invoiceDeductDeposit", id=invoice, depositId=first)
    assert codes(again) == ["NOTHING_TO_DEDUCT"]
    assert covered(api, invoice)["net"]["amount"] == "60.00"
    assert codes(final(api, invoice)) == []
    assert sums(api, *of) == {
        "DPO-1": ("100.00", "0.00", "50.00"), "DPO-2": ("100.00", "0.00", "110.00")
    }  # fmt: skip
    assert codes(act(api, "invoiceCredit", id=invoice)) == []
    assert sums(api, *of) == {
        "DPO-1": ("100.00", "100.00", "150.00"), "DPO-2": ("100.00", "100.00", "150.00")
    }  # fmt: skip


def test_several_are_made_final_crosswise(postgres_firm: ApiClient) -> None:
    """Projects are locked in one order, whatever the order of the lines: nobody is a victim."""
    api = postgres_firm
    of = list(jobs(api, "CRO-1", "CRO-2", "CRO-3").values())
    ways = [of, of[::-1], [of[1], of[2], of[0]], [of[2], of[0], of[1]]]
    drafts = [blank(api)["id"] for _ in range(8)]

    def write_and_finalise(turn: int) -> list[str]:
        lines = [line_on(phase, "10.00") for phase in ways[turn % 4]]
        return codes(change(api, drafts[turn], lines=lines)) + codes(final(api, drafts[turn]))

    before = deadlocks(api)
    with ThreadPoolExecutor(4) as pool:
        assert [code for told in pool.map(write_and_finalise, range(8)) for code in told] == []
    assert deadlocks(api) == before
    numbers = {covered(api, one)["number"] for one in drafts}
    assert len(numbers) == 8
    assert [left_of(api, code)[0] for code in ("CRO-1", "CRO-2", "CRO-3")] == ["80.00"] * 3


def test_many_are_written_crosswise(postgres_firm: ApiClient) -> None:
    """Projects first, then the counter of pro formas: in bulk, by lines, drawn from projects."""
    api = postgres_firm
    of = jobs(api, "BUL-1", "BUL-2", "BUL-3")
    ids = [project(api, code)["id"] for code in of]
    before = deadlocks(api)

    def write(turn: int) -> list[str]:
        if turn % 3 == 2:
            share = [{"phaseId": of["BUL-1"], "amount": "1.00"}]
            return [] if draw(api, "BUL-1", phases=share)["invoice"] else ["NOTHING"]
        lines = [line_on(phase, "1.00") for phase in of.values()][:: 1 if turn % 3 else -1]
        parties = {"clientId": "client_1", "entityId": "entity_1"}
        items = [{**parties, "lines": [one]} for one in lines] + [{**parties, "lines": lines}]
        asked = {"items": items, "idempotencyKey": f"bulk-{turn}"}
        answer = api.query(BULK, input=asked)["invoicesBulkCreate"]
        return [code for one in answer["results"] for code in codes(one)]

    with ThreadPoolExecutor(4) as pool:
        assert [code for told in pool.map(write, range(9)) for code in told] == []
    assert deadlocks(api) == before
    listed = "query($id: ID!) { invoices(filter: { projectId: $id }) { totalCount } }"
    found = [api.query(listed, id=key)["invoices"]["totalCount"] for key in ids]
    assert found == [15, 12, 12]


def test_it_is_told_in_another_language(firm: ApiClient) -> None:
    """The words of the house follow on the lines of every project."""
    of = jobs(firm, "LAN-1", "LAN-2")
    for phase in of.values():
        firm.query(PROGRESS, phase=phase, percent="30")
    keys = [project(firm, code)["id"] for code in of]
    invoice = for_client(firm, projectIds=keys)["invoice"]
    change(firm, invoice["id"], language="en")
    asked = "query($id: ID!) { invoice(id: $id) { lines { detail } } }"
    lines = firm.query(asked, id=invoice["id"])["invoice"]["lines"]
    assert [line["detail"] for line in lines] == ["Progress 30% of the fee of €1,000.00"] * 2


@pytest.mark.parametrize("basis", ["REMAINING", "PROGRESS"])
def test_what_it_holds_is_not_drawn_again(firm: ApiClient, basis: str) -> None:
    """F10: drawing from one of its projects takes what it leaves, and names it (F19)."""
    of = jobs(firm, "HLD-1", "HLD-2")
    for phase in of.values():
        firm.query(PROGRESS, phase=phase, percent="30")
    invoice = over(firm, *of.values())
    answer = draw(firm, "HLD-1", basis=basis)
    assert [one["net"]["amount"] for one in answer["invoice"]["lines"]] == [
        "900.00" if basis == "REMAINING" else "200.00"
    ]
    number = firm.query("query($id: ID!) { invoice(id: $id) { proFormaNumber } }", id=invoice)[
        "invoice"
    ]["proFormaNumber"]
    assert answer["invoice"]["otherInvoices"] == [{"number": number, "state": "DRAFT"}]
