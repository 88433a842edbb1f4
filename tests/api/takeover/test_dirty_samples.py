"""The files of real life: each is judged, written and stored as its truth file says."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from persistence.migrate import migrate
from persistence.takeover.rows import rows_of as kept_rows_of
from tests.api.takeover.reviews import Row, rows_of, written
from tests.support.api import ApiClient, open_api
from tests.support.prepared import Calendar, copy_of
from tests.support.takeover import send, take_in

DIRTY = Path(__file__).parents[2] / "fixtures" / "dirty"
TRUTHS = {path.stem.split("_")[0]: path for path in sorted(DIRTY.glob("*.truth.json"))}
CHAIN = {"01_clients.xlsx": "clients", "02_projets.xlsx": "projects"}
CHAIN["03_phases_annexes.xlsx"] = "phases"
CHAIN["04_collaborateurs.xlsx"] = "collaborators"
COLOURS = {"RED": "refused", "YELLOW": "accepted_with_warnings", "GREEN": "accepted"}
NODES = """
query($ids: [ID!]!) {
  nodes(ids: $ids) {
    __typename
    ... on Client {
      code name currency country siret language
      client_type: clientType vat_number: vatNumber payment_days: paymentDays
      billing_address: billingAddress contacts { name email phone isDefault }
      addresses { code country isDefault }
    }
    ... on Project {
      code country currency postcode status client { name }
      vat_rate: vatRate start_date: startDate end_date: endDate worksAmount { amount }
    }
    ... on Phase {
      phase_code: code kind rate: vatRate money: fee { amount }
      contract { project { code entity { code } } }
    }
    ... on Collaborator {
      active email role last_name: lastName entry_date: entryDate weekly_hours: weeklyHours
      billable_rate: billableRate cost_rate: costRate
    }
    ... on ProgressUpdate { progress: percent as_of: asOf }
    ... on BillingHistory { net { amount } invoice_date: invoiceDate }
    ... on TimeEntry {
      spent: hours billable approved worked: workedOn collaborator { email } project { code }
    }
    ... on Adjustment { amended: amount { amount } hours reason_kind: kind date: adjustedOn }
  }
}
"""
NOUNS = {
    "clients": "client",
    "projects": "project",
    "phases": "phase",
    "collaborators": "collaborator",
    "progress": "progress_update",
    "history": "billing_history",
    "adjustments": "adjustment",
    "time_entries": "time_entry",
    "clients_fusion": "client",
}
WORDS = {
    "entreprise": "COMPANY",
    "particulier": "INDIVIDUAL",
    "public": "PUBLIC",
    "annexe": "ANNEX",
    "signed": "SIGNED",
    "commercial": "COMMERCIAL",
    "chef de projet": "PROJECT_MANAGER",
    "facturé": "BILLED",
    "honoraires": "FEE",
    "heures": "HOURS",
}
"""The values of the sheets, as the API names them."""
NUMBERS = {
    "vat_rate",
    "works_amount",
    "fee",
    "billable_rate",
    "cost_rate",
    "weekly_hours",
    "progress",
    "amount",
    "value",
    "hours",
}


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Databases of one firm after none, one or more of its first four clean files, to copy."""
    folder = tmp_path_factory.mktemp("chain")
    kept = {0: folder / "0.db"}
    migrate(f"sqlite:///{kept[0]}")
    for number, kind in enumerate(CHAIN.values(), start=1):
        kept[number] = folder / f"{number}.db"
        shutil.copy(kept[number - 1], kept[number])
        with open_api(f"sqlite:///{kept[number]}", folder, clock=Calendar()) as api:
            take_in(api, kind)
    return kept


@pytest.fixture(params=TRUTHS)
def truth(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(TRUTHS[request.param].read_text(encoding="utf-8"))
    return found


@pytest.fixture
def api(truth: dict[str, Any], chain: dict[int, Path], tmp_path: Path) -> Iterator[ApiClient]:
    """The firm after the files that the truth file wants imported first."""
    before = [CHAIN[Path(name).name] for name in truth["import_first"]]
    assert before == list(CHAIN.values())[: len(before)]
    url = copy_of(chain[len(before)], tmp_path)
    with open_api(url, tmp_path, clock=Calendar()) as client:
        yield client.in_language("fr")


def test_a_dirty_file_is_judged_and_stored_as_its_truth_says(
    api: ApiClient, truth: dict[str, Any]
) -> None:
    """O10–O31, O34, A21, A22, A23: outcome, codes, letters, and what is in the records after."""
    review = send(api, (DIRTY / truth["file"]).read_bytes(), filename=truth["file"])
    assert _told(review["userErrors"]) == _codes(truth["file_issues"])
    rows = rows_of(api, review)
    if truth["file_outcome"] == "refused":
        assert (review["state"], rows) == ("REFUSED", {})
        return
    assert review["state"] == "REVIEW"
    assert review["kind"] == truth["template"]
    expected = {row["row"]: row for row in truth["rows"] if row["outcome"] != "ignored"}
    assert sorted(rows) == sorted(expected)
    wrong = [line for number, row in expected.items() for line in _differing(rows[number], row)]
    assert wrong == []
    done = written(api, review, red=True)
    assert done["state"] == ("APPLIED_PARTIALLY" if review["counts"]["red"] else "APPLIED")
    assert _stored_wrongly(api, review, truth) == []


def test_a_dirty_file_sent_again_changes_nothing_more(
    api: ApiClient, truth: dict[str, Any]
) -> None:
    """A22: whatever was repaired the first time is recognised the second time."""
    if truth["file_outcome"] == "refused":
        return
    content = (DIRTY / truth["file"]).read_bytes()
    first = send(api, content)
    written(api, first, red=True)
    again = send(api, content)
    counts = again["counts"]
    assert (counts["create"], counts["update"]) == (0, 0)
    assert counts["red"] >= first["counts"]["red"]


def _codes(issues: list[dict[str, Any]]) -> set[str]:
    return {issue["code"] for issue in issues if issue["severity"] != "info"}


def _told(errors: list[dict[str, Any]]) -> set[str]:
    return {error["code"] for error in errors if error["severity"] != "INFO"}


def _differing(row: Row, truth: dict[str, Any]) -> Iterator[str]:
    """What a row says that its truth does not, and the other way round."""
    outcome = COLOURS[row["colour"]]
    other = truth.get("outcome_also") or []
    if outcome != truth["outcome"]:
        if outcome not in other:
            yield f"{row['number']}: {outcome}, not {truth['outcome']}"
        return
    optional = set(truth.get("optional_issues") or [])
    said = {(e["code"], e["column"]) for e in row["userErrors"] if e["severity"] != "INFO"}
    wanted = {(i["code"], i.get("column")) for i in truth["issues"] if i["severity"] != "info"}
    differing = {one for one in said ^ wanted if one[0] not in optional}
    if differing:
        yield f"{row['number']}: {sorted(differing, key=str)}"


def _stored_wrongly(api: ApiClient, review: Row, truth: dict[str, Any]) -> list[str]:
    """The fields of the records written that are not what the truth says, by row."""
    import_id = int(review["id"].rpartition("_")[2])
    with api.house.database.reading(api.organisation_id) as session:
        kept = {row.number: (row.target_id, row.raw) for row in kept_rows_of(session, import_id)}
    rows = [row for row in truth["rows"] if row.get("stored")]
    noun = NOUNS[truth["template"]]
    nodes = api.query(NODES, ids=[f"{noun}_{kept[row['row']][0]}" for row in rows])["nodes"]
    wrong = []
    for row, node in zip(rows, nodes, strict=True):
        found = _flat(node)
        if truth["template"] == "clients_fusion":
            found |= _parts(node, kept[row["row"]][1])
        for name, value in row["stored"].items():
            if _comparable(name, found[name]) != _comparable(name, value):
                wrong.append(f"{row['row']}: {name} is {found[name]!r}, not {value!r}")
    return wrong


def _comparable(name: str, value: Any) -> Any:
    """Numbers by their value; all else, codes of digits too, as it is written."""
    if name in NUMBERS and value is not None:
        return Decimal(value)
    return WORDS.get(value, value) if isinstance(value, str) else value


def _flat(node: Row) -> Row:
    """A record with its fields by the names of the truth files."""
    flat = {name: value for name, value in node.items() if not isinstance(value, dict | list)}
    match node["__typename"]:
        case "Client":
            contact = (node["contacts"] or [{}])[0]
            return flat | {f"contact_{name}": contact.get(name) for name in ("email", "phone")}
        case "Project":
            works = node["worksAmount"] or {}
            return flat | {"client": node["client"]["name"], "works_amount": works.get("amount")}
        case "Phase":
            project = node["contract"]["project"]
            return flat | {
                "fee": node["money"]["amount"],
                "vat_rate": node["rate"],
                "line_type": node["kind"],
                "project_code": project["code"],
                "entity": project["entity"]["code"],
            }
        case "TimeEntry":
            return flat | {
                "date": node["worked"],
                "hours": node["spent"],
                "email": node["collaborator"]["email"],
                "project_code": node["project"]["code"],
            }
        case "BillingHistory":
            return flat | {"amount": node["net"]["amount"]}
        case "Adjustment":
            value = node["amended"]["amount"] if node["amended"] else node["hours"]
            return flat | {"value": value, "kind": node["reason_kind"]}
    return flat


def _parts(node: Row, raw: Row) -> Row:
    """The address and the contact that a row of the fifteen-column layout names."""
    address = next(one for one in node["addresses"] if one["code"] == raw["D"])
    contact = next(one for one in node["contacts"] if one["name"] == raw["L"])
    return {
        "country": address["country"],
        "is_default_address": address["isDefault"],
        "is_default_contact": contact["isDefault"],
        "contact_email": contact["email"],
    }
