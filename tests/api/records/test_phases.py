"""Phases, annexes and fee projects kept by hand, and what they keep once they were billed."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.api.records.asking import (
    A_PHASE,
    A_PROJECT,
    Row,
    act,
    bulk,
    codes,
    done,
    each,
    paths,
    project_by_code,
    reds,
)
from tests.support.api import ApiClient
from tests.support.documents import DRAW, FINALISE
from tests.support.takeover import phases_of, project


def phase_of(api: ApiClient, project_code: str, phase_code: str) -> Row:
    job = project_by_code(api, project_code)
    assert job is not None
    return next(
        phase
        for contract in job["contracts"]
        for phase in contract["phases"]
        if phase["code"] == phase_code
    )


def bill(api: ApiClient, code: str, *, amount: str, phase: str, final: bool = True) -> str:
    """Draws a line of `amount` on a phase, and makes the invoice final."""
    job = project(api, code)
    key = next(one["id"] for one in phases_of(job) if one["code"] == phase)
    drawn = api.query(
        DRAW,
        client=job["client"]["id"],
        project=job["id"],
        key=str(uuid4()),
        phases=[{"phaseId": key, "amount": amount}],
    )["invoiceCreateFromProject"]["invoice"]
    if final:
        told = api.query(FINALISE, id=drawn["id"], key=str(uuid4()))["invoiceFinalise"]
        assert told["userErrors"] == []
    identifier: str = drawn["id"]
    return identifier


def test_a_phase_makes_its_fee_project_on_first_use(any_firm: ApiClient) -> None:
    """O23–O27: without an entity, which is the project's; the code is made when there is none."""
    given = A_PHASE | {"contract": "Mission neuve", "phaseCode": None, "fee": "1234.565"}
    answer = act(any_firm, "phaseCreate", **given)
    assert sorted(codes(answer)) == ["AMOUNT_ROUNDED", "RECOMMENDED_MISSING"]
    made = answer["node"]
    assert (made["code"], made["kind"], made["position"]) == ("PH01", "PHASE", 1)
    assert made["fee"] == {"amount": "1234.57", "currency": "EUR"}
    assert made["contract"]["name"] == "Mission neuve"
    assert made["contract"]["billingMethod"] == "FIXED_FEE_PROGRESS"
    second = done(any_firm, "phaseCreate", **A_PHASE | {"contract": " mission NEUVE"})
    assert second["contract"]["id"] == made["contract"]["id"]


def test_an_annex_may_be_negative_and_a_phase_may_not(any_firm: ApiClient) -> None:
    """O28, DOMAIN §2.1."""
    answer = act(any_firm, "phaseCreate", **A_PHASE | {"fee": "-100"})
    assert (answer["node"], reds(answer), paths(answer)) == (None, ["AMOUNT_NEGATIVE"], ["fee"])
    annex = A_PHASE | {"fee": "-100", "lineType": "ANNEX", "linkedPhase": "APS"}
    answer = act(any_firm, "phaseCreate", **annex)
    assert codes(answer) == ["AMOUNT_NEGATIVE_ANNEX"]
    assert answer["node"]["kind"] == "ANNEX"
    assert answer["node"]["linkedPhase"] == {"code": "APS"}
    turned = act(any_firm, "phaseUpdate", id=answer["node"]["id"], lineType=None)
    assert reds(turned) in (["AMOUNT_NEGATIVE"], [])


def test_a_circle_of_linked_phases_is_refused_by_hand_too(any_firm: ApiClient) -> None:
    """O28: one after the other, to itself, or both in one call."""
    annexes = [
        A_PHASE | {"phaseCode": code, "phaseName": f"Annexe {code}", "lineType": "ANNEX"}
        for code in ("AX81", "AX82")
    ]
    first = done(any_firm, "phaseCreate", **annexes[0])
    done(any_firm, "phaseCreate", **annexes[1], linkedPhase="AX81")
    for linked, circle in (("AX82", "AX81 → AX82 → AX81"), ("ax81", "AX81 → AX81")):
        answer = act(any_firm, "phaseUpdate", id=first["id"], linkedPhase=linked)
        assert (answer["node"], reds(answer)) == (None, ["REFERENCE_CIRCULAR"])
        assert paths(answer) == ["linkedPhase"]
        assert circle in answer["userErrors"][0]["message"]
    both = bulk(
        any_firm,
        "phases",
        [one | {"linkedPhase": to} for one, to in zip(annexes, ("AX82", "AX81"), strict=True)],
    )
    assert [codes(result) for result in both["results"]] == [["REFERENCE_CIRCULAR"]] * 2


def test_everything_a_sheet_says_of_a_phase_is_kept(any_firm: ApiClient) -> None:
    made = done(
        any_firm,
        "phaseCreate",
        **A_PHASE
        | {
            "contract": "Régie",
            "billingMethod": "TIME_AND_MATERIALS",
            "currency": "EUR",
            "vatRate": "10",
            "startDate": "2026-01-01",
            "endDate": "2026-06-30",
            "position": 7,
            "ledgerAccount": "706100",
            "sku": "hon-cmp",
            "hourlyRate": "85.5",
            "hours": "120.25",
            "entity": "RIV-LYO",
        },
    )
    assert (made["position"], made["ledgerAccount"], made["sku"]) == (7, "706100", "HON-CMP")
    assert (made["hours"], made["hourlyRate"]) == ("120.25", {"amount": "85.50"})
    assert (made["vatRate"], made["endDate"]) == ("10", "2026-06-30")
    asked = ("vatRate", "startDate", "endDate", "ledgerAccount", "sku", "hours")
    emptied = done(any_firm, "phaseUpdate", id=made["id"], **dict.fromkeys(asked))
    assert {name: emptied[name] for name in asked} == dict.fromkeys(asked)


@pytest.mark.parametrize("field", ["phaseCode", "position"])
def test_what_was_made_for_a_phase_is_never_taken_away(any_firm: ApiClient, field: str) -> None:
    made = done(any_firm, "phaseCreate", **A_PHASE)
    answer = act(any_firm, "phaseUpdate", id=made["id"], **{field: None})
    assert (answer["node"], reds(answer), paths(answer)[0]) == (None, ["FIELD_REQUIRED"], field)


@pytest.mark.parametrize("field", ["entity", "currency", "billingMethod"])
def test_null_asks_nothing_of_what_belongs_to_project_and_contract(
    any_firm: ApiClient, field: str
) -> None:
    before = done(any_firm, "phaseCreate", **A_PHASE)
    after = done(any_firm, "phaseUpdate", id=before["id"], **{field: None})
    assert after == before


MISTAKES: list[tuple[Row, str, str]] = [
    ({"projectCode": "NO-1"}, "REFERENCE_UNKNOWN", "B"),
    ({"entity": "RIV-PAR"}, "ENTITY_MISMATCH", "A"),
    ({"currency": "USD"}, "AMOUNT_CURRENCY_MISMATCH", "I"),
    ({"vatRate": "19.6"}, "VAT_RATE_UNKNOWN", "J"),
    ({"billingMethod": "RETAINER", "periodicity": "MONTH"}, "CONTRACT_INCONSISTENT", "H"),
    ({"linkedPhase": "???"}, "REFERENCE_UNKNOWN", "S"),
    ({"fee": "1e12"}, "NUMBER_OUT_OF_RANGE", "F"),
    ({"fee": "NaN"}, "NUMBER_INVALID", "F"),
    ({"position": -1}, "NUMBER_OUT_OF_RANGE", "M"),
    ({"startDate": "2026-02-01", "endDate": "2026-01-31"}, "DATE_ORDER", "L"),
]


@pytest.mark.parametrize(("given", "code", "letter"), MISTAKES)
def test_a_mistake_is_told_as_in_a_sheet_in_both_languages(
    firm: ApiClient, given: Row, code: str, letter: str
) -> None:
    """O22–O27: the letters are those of the sheet."""
    told = []
    for language in ("en", "fr"):
        answer = act(firm.in_language(language), "phaseCreate", **A_PHASE | given)
        assert (answer["node"], reds(answer)) == (None, [code])
        (error,) = [e for e in answer["userErrors"] if e["severity"] == "ERROR"]
        assert error["column"] == letter
        told.append(error["message"])
    assert told[0] != told[1]


def test_a_code_names_one_phase_of_its_fee_project(any_firm: ApiClient) -> None:
    answer = act(any_firm, "phaseCreate", **A_PHASE | {"phaseCode": "aps"})
    assert (answer["node"], reds(answer)) == (None, ["ALREADY_EXISTS"])
    made = done(any_firm, "phaseCreate", **A_PHASE)
    answer = act(any_firm, "phaseUpdate", id=made["id"], phaseCode="APS")
    assert (answer["node"], reds(answer)) == (None, ["KEY_TAKEN"])
    elsewhere = done(any_firm, "phaseCreate", **A_PHASE | {"contract": "Ailleurs"})
    assert elsewhere["code"] == made["code"]


def test_a_fee_is_not_lowered_below_what_was_billed(any_firm: ApiClient) -> None:
    """DOMAIN §2.1: refused in red, one by one and in bulk; to the cent of it, it is allowed."""
    before = phase_of(any_firm, "PAT-2501", "APS")
    bill(any_firm, "PAT-2501", amount="5000", phase="APS")
    answer = act(any_firm, "phaseUpdate", id=before["id"], fee="4999.99")
    assert (answer["node"], reds(answer), paths(answer)) == (None, ["FEE_BELOW_BILLED"], ["fee"])
    assert answer["userErrors"][0]["column"] == "F"
    french = act(any_firm.in_language("fr"), "phaseUpdate", id=before["id"], fee="0")
    assert "FEE_BELOW_BILLED" in reds(french)
    assert phase_of(any_firm, "PAT-2501", "APS")["fee"] == before["fee"]
    lowered = done(any_firm, "phaseUpdate", id=before["id"], fee="5000")
    assert lowered["fee"]["amount"] == "5000.00"


def test_a_pro_forma_alone_does_not_hold_the_fee(firm: ApiClient) -> None:
    before = phase_of(firm, "PAT-2501", "APS")
    bill(firm, "PAT-2501", amount="5000", phase="APS", final=False)
    assert done(firm, "phaseUpdate", id=before["id"], fee="100")["fee"]["amount"] == "100.00"


def test_a_phase_stays_in_its_fee_project(firm: ApiClient) -> None:
    made = done(firm, "phaseCreate", **A_PHASE)
    answer = act(firm, "phaseUpdate", id=made["id"], contract="Une autre mission")
    assert (answer["node"], reds(answer)) == (None, ["REFERENCE_MODIFIED"])
    done(firm, "projectCreate", **A_PROJECT | {"entity": "RIV-LYO"})
    answer = act(firm, "phaseUpdate", id=made["id"], projectCode="NEW-2601")
    assert (answer["node"], reds(answer)) == (None, ["REFERENCE_MODIFIED"])


def test_a_phase_put_away_is_not_drawn_and_shows_it(any_firm: ApiClient) -> None:
    made = done(any_firm, "phaseCreate", **A_PHASE)
    put_away = done(any_firm, "phaseArchive", id=made["id"])
    assert put_away["archivedAt"] is not None
    job = project(any_firm, "PAT-2501")
    answer = any_firm.query(
        DRAW,
        client=job["client"]["id"],
        project=job["id"],
        key="1",
        phases=[{"phaseId": made["id"]}],
    )["invoiceCreateFromProject"]
    assert codes(answer) == ["PHASE_OF_OTHER_PROJECT"]
    assert paths(answer) == ["phases.0.phaseId"]
    assert codes(act(any_firm, "phaseUpdate", id=made["id"], fee="1")) == ["RECORD_ARCHIVED"]
    done(any_firm, "phaseArchive", id=made["id"], archived=False)
    assert done(any_firm, "phaseUpdate", id=made["id"], fee="1")["fee"]["amount"] == "1.00"


# Fee projects


def contracts_of(api: ApiClient, code: str) -> list[Row]:
    asked = (
        "query($code: String!) { projectByCode(code: $code) { contracts {"
        " id version name billingMethod status taxable archivedAt } } }"
    )
    found: list[Row] = api.query(asked, code=code)["projectByCode"]["contracts"]
    return found


def test_a_fee_project_is_renamed_taxed_and_ended(any_firm: ApiClient) -> None:
    """B14: for now the box “Imposable” is only kept."""
    (before,) = contracts_of(any_firm, "PAT-2501")
    given = {"name": "  Mission\tde base bis ", "taxable": False, "status": "ENDED"}
    after = done(any_firm, "contractUpdate", id=before["id"], **given)
    assert (after["taxable"], after["status"], after["version"]) == (False, "ENDED", 2)
    assert done(any_firm, "contractUpdate", id=before["id"], taxable=True)["taxable"] is True
    assert done(any_firm, "contractUpdate", id=before["id"]) == after | {
        "taxable": True,
        "version": 3,
    }


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("", "FIELD_REQUIRED"),
        ("   ", "FIELD_REQUIRED"),
        ("\u200b\u0001", "FIELD_REQUIRED"),
        ("x" * 256, "FIELD_INVALID"),
        ("x" * 1_000_000, "FIELD_INVALID"),
        ("opc", "CONTRACT_NAME_TAKEN"),
        ("O P C", None),
    ],
)
def test_the_name_of_a_fee_project_is_a_name_and_its_own(
    any_firm: ApiClient, given: str, code: str | None
) -> None:
    before, other = contracts_of(any_firm, "EQP-2501")
    assert other["name"] == "OPC"
    answer = act(any_firm, "contractUpdate", id=before["id"], name=given)
    assert codes(answer) == ([] if code is None else [code])
    if code is not None:
        assert paths(answer) == ["name"]
        french = act(any_firm.in_language("fr"), "contractUpdate", id=before["id"], name=given)
        assert french["userErrors"][0]["message"] != answer["userErrors"][0]["message"]
        assert contracts_of(any_firm, "EQP-2501") == [before, other]


def test_a_fee_project_may_keep_its_own_name(any_firm: ApiClient) -> None:
    before, _ = contracts_of(any_firm, "EQP-2501")
    assert done(any_firm, "contractUpdate", id=before["id"], name="MISSION DE BASE")["name"]


def test_the_method_is_changed_until_a_phase_was_invoiced(any_firm: ApiClient) -> None:
    """DOMAIN §2.1: frozen once billed."""
    (contract,) = contracts_of(any_firm, "PAT-2501")
    key = {"id": contract["id"]}
    changed = done(any_firm, "contractUpdate", **key, billingMethod="TIME_AND_MATERIALS")
    assert changed["billingMethod"] == "TIME_AND_MATERIALS"
    done(any_firm, "contractUpdate", **key, billingMethod="FIXED_FEE_PROGRESS")
    bill(any_firm, "PAT-2501", amount="10", phase="APS", final=False)
    answer = act(any_firm, "contractUpdate", **key, billingMethod="RETAINER", taxable=False)
    assert (answer["node"], codes(answer)) == (None, ["CONTRACT_METHOD_FROZEN"])
    french = act(any_firm.in_language("fr"), "contractUpdate", **key, billingMethod="RETAINER")
    assert "mode de facturation" in french["userErrors"][0]["message"]
    kept = done(any_firm, "contractUpdate", **key, billingMethod="FIXED_FEE_PROGRESS")
    assert kept["taxable"] is True, "what was refused wrote nothing"


def test_a_stale_fee_project_is_shown_as_it_is(any_firm: ApiClient) -> None:
    (before,) = contracts_of(any_firm, "PAT-2501")
    key = {"id": before["id"], "expectedVersion": before["version"]}
    after = done(any_firm, "contractUpdate", **key, taxable=False)
    answer = act(any_firm, "contractUpdate", **key, name="Trop tard")
    assert (codes(answer), answer["node"]) == (["STALE_OBJECT"], after)


def test_phases_stand_in_their_order(firm: ApiClient) -> None:
    done(firm, "phaseCreate", **A_PHASE | {"position": 0})
    job = project_by_code(firm, "PAT-2501")
    assert job is not None
    phases = job["contracts"][0]["phases"]
    assert each(phases, "code")[0] == "CMP"
    assert each(phases, "position") == sorted(each(phases, "position"))
