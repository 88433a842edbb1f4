"""Planning the Phases & annexes sheet: contracts are made on first use, codes where they lack."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from domain.ledger import PhaseFigures
from domain.likeness import name_key
from domain.project.model import BillingMethod, PhaseKind
from domain.takeover.candidate import Candidate, Planned
from domain.takeover.issues import AMOUNT_NEGATIVE, AMOUNT_ROUNDED
from domain.takeover.match import Index, Known
from domain.takeover.model import RowOutcome
from domain.takeover.phases import KnownContracts, PhasePlanner
from domain.takeover.plan import Firm
from tests.domain.examples import candidate, codes, euros, firm, issues_of, known, outcomes

FIXED, HOURLY = BillingMethod.FIXED_FEE_PROGRESS, BillingMethod.TIME_AND_MATERIALS
TWO = firm(known(1, "Atelier Paris", code="PAR"), known(2, "Atelier Lyon", code="LYO"))
BASE = (5, name_key("Mission de base"))


def row(number: int = 2, /, *, record_id: int | None = None, **changed: Any) -> Candidate:
    cells = {
        "project_code": "LOG-2403",
        "contract": "Mission de base",
        "phase_name": "Avant-projet sommaire",
        "phase_code": "APS",
        "fee": Decimal("18400.00"),
    }
    return candidate(number, record_id=record_id, **cells | changed)


def projects(**changed: Any) -> Index:
    columns: dict[str, Any] = {"currency": "EUR", "country": "FR", "entity_id": 1} | changed
    other: dict[str, Any] = {"currency": "JPY", "country": "JP", "entity_id": None}
    return Index(
        [known(5, "Logements", code="LOG-2403", **columns), known(6, "Tour", code="TYO-1", **other)]
    )


def there(*phases: Known, method: BillingMethod = FIXED) -> KnownContracts:
    """The contract “Mission de base” of LOG-2403 (identifier 20) with `phases`."""
    base = known(20, "Mission de base", billing_method=method, project_id=5)
    other = known(21, "Mission OPC", billing_method=FIXED, project_id=5)
    return KnownContracts(
        contracts={BASE: base, (5, name_key("Mission OPC")): other},
        phases=Index(phases),
        by_code={(p.columns["contract_id"], str(p.code).upper()): p for p in phases},
        by_name={(p.columns["contract_id"], p.key): p for p in phases},
    )


def aps(
    key: int = 30, code: str = "APS", name: str = "Avant-projet sommaire", **changed: Any
) -> Known:
    columns: dict[str, Any] = {
        "contract_id": 20,
        "name_key": name_key(name),
        "fee_minor": euros("18,400.00"),
        "kind": PhaseKind.PHASE,
        "linked_phase_id": None,
    }
    return known(key, name, code=code, version=2, **columns | changed)


def planned(
    *rows: Candidate,
    contracts: KnownContracts | None = None,
    of: Firm | None = None,
    projects_there: Index | None = None,
) -> list[Planned]:
    found = projects_there or projects()
    return PhasePlanner(of or firm(), found, contracts or KnownContracts()).plan(rows)


def test_a_new_phase_is_of_its_project_and_its_contract_made_on_first_use() -> None:
    """O23–O27."""
    (made,) = planned(row(fee=Decimal("18400.00"), vat_rate=Decimal(10)))
    assert (made.outcome, made.issues) == (RowOutcome.CREATE, [])
    expected = {
        "code": "APS",
        "name": "Avant-projet sommaire",
        "name_key": "avant-projet sommaire",
        "kind": PhaseKind.PHASE,
        "currency": "EUR",
        "fee_minor": euros("18,400.00"),
        "position": 1,
        "vat_rate": 10,
    }
    assert {name: made.columns[name] for name in expected} == expected
    assert made.parts["contract"] == {
        "id": None,
        "project_id": 5,
        "name": "Mission de base",
        "name_key": "mission de base",
        "billing_method": FIXED,
    }


def test_rows_of_one_contract_share_it_whatever_the_spelling() -> None:
    """O24: one contract for each project and name; the method is that of its first row."""
    rows = planned(
        row(2, billing_method="TIME_AND_MATERIALS"),
        row(3, phase_code="APD", contract="MISSION DE BASE"),
        row(4, phase_code="PRO", contract="Mission OPC"),
    )
    keys = [made.parts["contract"]["name_key"] for made in rows]
    methods = [made.parts["contract"]["billing_method"] for made in rows]
    assert keys == ["mission de base", "mission de base", "mission opc"]
    assert methods == [HOURLY, HOURLY, FIXED]


def test_a_known_contract_is_used_with_its_own_method() -> None:
    (made,) = planned(row(), contracts=there(method=HOURLY))
    assert (made.parts["contract"]["id"], made.parts["contract"]["billing_method"]) == (20, HOURLY)


def test_rows_of_one_contract_that_disagree_on_the_method_are_refused() -> None:
    in_file = planned(
        row(2, billing_method="TIME_AND_MATERIALS"),
        row(3, phase_code="APD", billing_method="RETAINER"),
        row(4, phase_code="PRO", billing_method="TIME_AND_MATERIALS"),
    )
    assert issues_of(in_file) == [[], ["CONTRACT_INCONSISTENT"], []]
    (known_one,) = planned(row(billing_method="RETAINER"), contracts=there())
    assert codes(known_one.issues) == ["CONTRACT_INCONSISTENT"]


@pytest.mark.parametrize("held", ["refused", "skipped"])
def test_a_refused_or_skipped_row_settles_no_method_and_holds_no_code(held: str) -> None:
    first = row(2, billing_method="RETAINER")
    first.skipped = held == "skipped"
    if held == "refused":
        first.checked = (AMOUNT_NEGATIVE(found="-1"),)
    second = planned(first, row(3, billing_method="TIME_AND_MATERIALS"))[1]
    assert (second.outcome, second.issues) == (RowOutcome.CREATE, [])
    assert (second.columns["position"], second.parts["contract"]["billing_method"]) == (1, HOURLY)


def test_an_unknown_project_refuses_the_row_with_near_codes_or_names() -> None:
    """O23."""
    rows = planned(row(2, project_code="LOG-9999"), row(3))
    assert outcomes(rows) == ["REFUSED", "CREATE"]
    assert codes(rows[0].issues) == ["REFERENCE_UNKNOWN"]


def test_positions_follow_the_file_within_each_contract() -> None:
    rows = planned(
        row(2),
        row(3, phase_code="OPC", contract="Mission OPC"),
        row(4, phase_code="APD"),
        row(5, phase_code="PRO", position=9),
        row(6, phase_code="DCE"),
    )
    assert [made.columns["position"] for made in rows] == [1, 1, 2, 9, 4]


def test_codes_are_made_where_they_lack_ph_for_phases_and_ax_for_annexes() -> None:
    """O26, O28."""
    known_phase = aps(code="PH02", name="Ancienne")
    rows = planned(
        row(2, phase_code=None, phase_name="A"),
        row(3, phase_code=None, phase_name="B"),
        row(4, phase_code=None, phase_name="C", line_type="ANNEX"),
        row(5, phase_code="AX02", phase_name="D", line_type="ANNEX"),
        row(6, phase_code=None, phase_name="E", line_type="ANNEX"),
        row(7, phase_code=None, phase_name="F", contract="Autre"),
        contracts=there(known_phase),
    )
    assert [made.columns["code"] for made in rows] == [
        *("PH01", "PH03", "AX01", "AX02", "AX03"),
        "PH01",
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"phase_code": "APS"}, {"phase_code": "aps", "phase_name": "Autre"}),
        ({"phase_code": None}, {"phase_code": None, "phase_name": "AVANT-PROJET SOMMAIRE"}),
    ],
    ids=["code", "name without a code"],
)
def test_a_key_that_stands_higher_in_the_file_is_refused(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    """DOMAIN §3.5: the key is project + contract + (code, else name)."""
    rows = planned(row(2, **first), row(3, **second))
    assert issues_of(rows) == [[], ["DUPLICATE_KEY_IN_FILE"]]
    elsewhere = planned(row(2, **first), row(3, contract="Mission OPC", **second))
    assert outcomes(elsewhere) == ["CREATE", "CREATE"]


def test_amounts_are_in_the_currency_of_the_project() -> None:
    rows = planned(
        row(2, currency="EUR"),
        row(3, phase_code="APD", currency="CHF"),
        row(4, project_code="TYO-1", fee=Decimal("1234.5"), hourly_rate=Decimal(9000)),
    )
    assert issues_of(rows) == [[], ["AMOUNT_CURRENCY_MISMATCH"], ["AMOUNT_ROUNDED"]]
    assert (rows[2].columns["fee_minor"], rows[2].columns["hourly_rate_minor"]) == (1235, 9000)
    assert rows[2].columns["currency"] == "JPY"


def test_rounding_is_told_once_even_when_the_cell_was_told_of_it() -> None:
    told = row(project_code="TYO-1", fee=Decimal("1234.5"))
    told.checked = (AMOUNT_ROUNDED(field=("fee",), found="1234.5", expected="1235"),)
    assert issues_of(planned(told)) == [["AMOUNT_ROUNDED"]]


def test_a_rate_is_one_of_the_country_of_the_building() -> None:
    (wrong, unsure) = planned(
        row(2, vat_rate=Decimal(19)),
        row(3, project_code="BR-1", vat_rate=Decimal(17)),
        projects_there=Index(
            [
                *projects().by_id.values(),
                known(7, "Brasilia", code="BR-1", currency="EUR", country="BR"),
            ]
        ),
    )
    assert codes(wrong.issues) == ["VAT_RATE_UNKNOWN"]
    assert (codes(unsure.issues), unsure.columns["vat_rate"]) == (["VAT_RATE_UNVERIFIED"], 17)


def test_another_entity_than_the_projects_is_refused() -> None:
    """O22, O35."""
    rows = planned(row(2, entity="PAR"), row(3, phase_code="APD", entity="Atelier Lyon"), of=TWO)
    assert issues_of(rows) == [[], ["ENTITY_MISMATCH"]]
    assert "project_entity" not in rows[0].parts


def test_a_project_without_an_entity_takes_the_one_that_its_phases_name() -> None:
    """O22: the first row tells it, the next must agree."""
    rows = planned(
        row(2, entity="LYO"),
        row(3, phase_code="APD", entity="Atelier Lyon"),
        row(4, phase_code="PRO", entity="PAR"),
        of=TWO,
        projects_there=projects(entity_id=None),
    )
    assert rows[0].parts["project_entity"] == (5, 2)
    assert issues_of(rows) == [[], [], ["ENTITY_MISMATCH"]]


def test_an_unknown_entity_is_refused() -> None:
    assert issues_of(planned(row(entity="Bordeaux"))) == [["REFERENCE_UNKNOWN"]]


# Phases there are


@pytest.mark.parametrize(
    "named",
    [
        {"phase_code": "aps"},
        {"phase_code": None},
        {"phase_code": None, "phase_name": "AVANT-PROJET SOMMAIRE"},
        {"record_id": 30, "phase_code": "APS2"},
    ],
    ids=["code", "name", "name in capitals", "reference"],
)
def test_a_phase_is_matched_by_reference_then_code_then_name(named: dict[str, Any]) -> None:
    (made,) = planned(row(fee=Decimal(19000), **named), contracts=there(aps()))
    assert (made.outcome, made.target_id, made.target_version) == (RowOutcome.UPDATE, 30, 2)
    assert codes(made.issues) == ["WILL_UPDATE"]
    assert made.columns["fee_minor"] == euros("19,000.00")
    assert "currency" not in made.columns


def test_the_same_phase_again_is_left_alone() -> None:
    (made,) = planned(row(phase_code=None, position=None), contracts=there(aps(position=4)))
    assert (made.outcome, made.columns, made.issues) == (RowOutcome.UNCHANGED, {}, [])


def test_a_code_of_a_phase_of_another_contract_is_a_new_phase() -> None:
    (made,) = planned(row(contract="Mission OPC"), contracts=there(aps()))
    assert (made.outcome, made.parts["contract"]["id"]) == (RowOutcome.CREATE, 21)


def test_a_known_phase_cannot_take_the_code_of_another() -> None:
    two = there(aps(), aps(31, "APD", "Avant-projet définitif"))
    (made,) = planned(row(record_id=30, phase_code="APD"), contracts=two)
    assert (made.outcome, codes(made.issues)) == (RowOutcome.REFUSED, ["KEY_TAKEN"])


def test_a_known_phase_stays_in_its_fee_project() -> None:
    rows = planned(
        row(2, record_id=30, contract="Mission OPC"),
        row(3, record_id=30, project_code="TYO-1"),
        row(4, record_id=30, contract="Tout nouveau"),
        contracts=there(aps()),
    )
    assert issues_of(rows) == [["REFERENCE_MODIFIED"]] * 3
    assert [(made.issues[0].field, made.issues[0].expected) for made in rows] == [
        (("contract",), "Mission de base"),
        (("project_code",), "LOG-2403"),
        (("contract",), "Mission de base"),
    ]


def test_one_phase_named_once_by_code_and_once_by_name_is_not_changed_twice() -> None:
    rows = planned(
        row(2, fee=Decimal(19000)),
        row(3, phase_code=None, fee=Decimal(20000)),
        contracts=there(aps()),
    )
    assert issues_of(rows) == [["WILL_UPDATE"], ["DUPLICATE_KEY_IN_FILE"]]


def test_a_reference_that_is_not_ours_is_refused() -> None:
    assert issues_of(planned(row(record_id=99), contracts=there(aps()))) == [
        ["REFERENCE_ID_UNKNOWN"]
    ]


@pytest.mark.parametrize(
    ("fee", "said"),
    [("4599.99", ["FEE_BELOW_BILLED"]), ("4600.00", ["WILL_UPDATE"]), ("18400.00", [])],
)
def test_a_fee_under_what_was_billed_is_refused(fee: str, said: list[str]) -> None:
    """DOMAIN §2.1."""
    figures = PhaseFigures(fee=euros("18,400.00"), currency="EUR", invoiced=euros("4,600.00"))
    billed = there(aps(figures=figures))
    assert issues_of(planned(row(fee=Decimal(fee)), contracts=billed)) == [said]


# Linked phases


def annex(number: int, /, **changed: Any) -> Candidate:
    cells = {"phase_code": "AX01", "phase_name": "Mission OPC", "line_type": "ANNEX"}
    return row(number, **cells | changed)


def test_an_annex_may_be_linked_to_a_phase_there_or_higher_in_the_file() -> None:
    rows = planned(
        row(2, phase_code="APD", phase_name="APD"),
        annex(3, linked_phase="APD"),
        annex(4, phase_code="AX02", phase_name="Autre", linked_phase="aps"),
        contracts=there(aps()),
    )
    assert issues_of(rows) == [[], [], []]
    assert [made.parts["linked_phase"] for made in rows] == [None, "APD", "aps"]


def test_a_linked_phase_lower_in_the_file_or_of_another_contract_is_unknown() -> None:
    rows = planned(
        annex(2, linked_phase="APD"),
        row(3, phase_code="APD", phase_name="APD"),
        annex(4, contract="Mission OPC", linked_phase="APS"),
        contracts=there(aps()),
    )
    assert issues_of(rows) == [["REFERENCE_UNKNOWN"], [], ["REFERENCE_UNKNOWN"]]
    assert rows[0].issues[0].field == ("linked_phase",)


def test_a_new_link_is_a_change_and_the_same_one_is_none() -> None:
    loose = aps(31, "AX01", "Mission OPC", kind=PhaseKind.ANNEX)
    linked = aps(31, "AX01", "Mission OPC", kind=PhaseKind.ANNEX, linked_phase_id=30)
    new, same = (
        planned(annex(2, linked_phase="APS"), contracts=there(aps(), one))[0]
        for one in (loose, linked)
    )
    assert (same.outcome, same.issues) == (RowOutcome.UNCHANGED, [])
    assert (new.outcome, new.writes) == (RowOutcome.UPDATE, True)
    assert [(c.field, c.before, c.after) for c in new.changes] == [("linked_phase", None, "APS")]


def test_an_entity_told_by_an_otherwise_unchanged_phase_is_a_change() -> None:
    """O22."""
    (made,) = planned(
        row(entity="LYO"),
        of=TWO,
        projects_there=projects(entity_id=None),
        contracts=there(aps()),
    )
    assert (made.outcome, made.parts["project_entity"]) == (RowOutcome.UPDATE, (5, 2))
    assert [change.field for change in made.changes] == ["entity"]
