"""Planning the fifteen-column Clients sheet: a code repeated, a part of the client on each row."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from domain.client import ClientType
from domain.takeover.candidate import Candidate, Planned
from domain.takeover.client_parts import address_lines
from domain.takeover.fusion import Directory, FusionPlanner
from domain.takeover.issues import MANDATORY_MISSING
from domain.takeover.match import Index
from domain.takeover.model import RowOutcome
from tests.domain.examples import candidate, codes, firm, in_words, issues_of, known, outcomes

HEAD = {"address_code": "SIEGE", "street": "1 place Haute", "postcode": "19000", "city": "Tulle"}
SITE = {"address_code": "CHANTIER", "street": "Zone A", "postcode": "19100", "city": "Brive"}
ANNA = {"contact_name": "Anna Weiß", "contact_email": "anna@c.example", "contact_phone": "+33 1"}


def row(number: int, /, code: str = "C-1", name: str | None = "Tulle", **cells: Any) -> Candidate:
    """A row as the checker leaves it: red where the name is missing."""
    given = {"code": code, "name": name, **cells}
    found = candidate(number, **{key: value for key, value in given.items() if value is not None})
    if name is None:
        found.checked = (MANDATORY_MISSING(field=("name",), column_title="Nom du client"),)
    return found


def skipped(found: Candidate) -> Candidate:
    found.skipped = True
    return found


def recorded(**columns: Any) -> Index:
    own = {"vat_number": "NA", "billing_address": "", "country": "FR", "archived_at": None}
    return Index([known(1, "Tulle", code="C-1", version=4, **own | columns)])


def address(key: int, **columns: Any) -> dict[str, Any]:
    blank = dict.fromkeys(("code", "name", "street", "postcode", "city", "state", "country"))
    return {"id": key, "client_id": 1, "is_default": False, **blank, **columns}


SIEGE = address(11, code="SIEGE", street="1 place Haute", postcode="19000", city="Tulle")


def contact(key: int, **columns: Any) -> dict[str, Any]:
    blank = dict.fromkeys(("name", "email", "phone"))
    return {"id": key, "client_id": 1, "is_default": False, **blank, **columns}


def planned(
    *rows: Candidate,
    clients: Index | None = None,
    addresses: list[dict[str, Any]] | None = None,
    contacts: list[dict[str, Any]] | None = None,
) -> list[Planned]:
    parts = Directory({1: addresses or []}, {1: contacts or []})
    return FusionPlanner(firm(), clients or Index(), parts).plan(rows)


def test_the_first_row_of_a_code_makes_the_client_and_the_others_its_parts() -> None:
    """A19; DOMAIN §3.5: the currency is that of the organisation, the address the default one."""
    site = row(3, **SITE, country="PT", is_default_address=True, contact_name="Léo")
    first, second = planned(row(2, **HEAD, country="FR", vat_number="NA", **ANNA), site)
    assert outcomes([first, second]) == ["CREATE", "CREATE"]
    assert issues_of([first, second]) == [[], []]
    assert first.columns == {
        "code": "C-1",
        "name": "Tulle",
        "name_key": "tulle",
        "loose_key": "tulle",
        "vat_number": "NA",
        "billing_address": "Zone A\n19100 Brive",
        "currency": "EUR",
        "country": "PT",
        "client_type": ClientType.COMPANY,
        "language": "fr",
        "payment_days": 30,
    }
    assert first.parts["address"]["street"] == "1 place Haute"
    assert first.parts["contact"] == {
        "id": None,
        "name": "Anna Weiß",
        "phone": "+33 1",
        "email": "anna@c.example",
        "is_default": False,
    }
    assert (second.columns, second.parts["address"]["is_default"]) == ({}, True)
    assert second.parts["contact"]["name"] == "Léo"


@pytest.mark.parametrize(
    ("cells", "billing", "country"),
    [
        ([{**HEAD, "country": "BE"}, SITE], "1 place Haute\n19000 Tulle", "BE"),
        ([{}, SITE], "Zone A\n19100 Brive", "FR"),
        ([{"country": "PT"}], "", "PT"),
        ([{}], "", "FR"),
        ([{"address_code": "S", "city": "Chicago", "state": "IL"}], "Chicago\nIL", "FR"),
    ],
)
def test_bills_go_to_the_first_address_where_none_is_the_default(
    cells: list[dict[str, Any]], billing: str, country: str
) -> None:
    found = planned(*(row(number, **one) for number, one in enumerate(cells, start=2)))
    assert (found[0].columns["billing_address"], found[0].columns["country"]) == (billing, country)


def test_a_billing_address_is_never_longer_than_there_is_room() -> None:
    long = {"street": "s" * 255, "postcode": "p", "city": "c" * 255, "state": "x"}
    assert address_lines(long) == f"{'s' * 255}\nx"


def test_the_name_may_be_empty_on_a_repeated_code_only() -> None:
    """A05; d19 row 8: where nothing above names the client, the row is red."""
    found = planned(row(2, name=None, **HEAD), row(3), row(4, name=None, **SITE))
    assert issues_of(found) == [["MANDATORY_MISSING"], [], []]
    assert outcomes(found) == ["REFUSED", "CREATE", "CREATE"]
    (alone,) = planned(row(2, name=None, **HEAD), clients=recorded(billing_address="By hand"))
    assert (alone.outcome, alone.target_id, alone.issues) == (RowOutcome.CREATE, 1, [])


def test_rows_of_a_client_stand_or_fall_one_by_one() -> None:
    bad = row(3, **SITE)
    bad.checked = (MANDATORY_MISSING(field=("code",), column_title="Code client"),)
    found = planned(row(2, **HEAD), bad, row(4, contact_name="Léo"))
    assert outcomes(found) == ["CREATE", "REFUSED", "CREATE"]


def test_another_name_of_a_code_is_told_and_not_kept() -> None:
    """DOMAIN §3.7 CLIENT_NAME_CONFLICT: first kept; spelling is no other name."""
    found = planned(row(2), row(3, name="Ussel", **SITE), row(4, name="TULLE"))
    assert issues_of(found) == [[], ["CLIENT_NAME_CONFLICT"], []]
    assert found[0].columns["name"] == "Tulle"
    assert "“Tulle”" in in_words(found[1].issues[0])


def test_another_vat_number_of_a_code_is_told_and_not_kept() -> None:
    """CLIENT_VAT_CONFLICT, as for the name."""
    rows = [row(2), row(3, vat_number="FR1", **SITE), row(4, vat_number="FR2"), row(5)]
    found = planned(*rows)
    assert issues_of(found) == [[], [], ["CLIENT_VAT_CONFLICT"], []]
    assert found[0].columns["vat_number"] == "FR1"


def test_a_name_belongs_to_one_client() -> None:
    elsewhere = row(2, code="C-9", name="TULLE")
    assert issues_of(planned(elsewhere, clients=recorded())) == [["KEY_TAKEN"]]
    twice = planned(row(2), row(3, code="C-2", name="tulle"), row(4, code="C-2", name="Ussel"))
    assert issues_of(twice) == [[], ["DUPLICATE_KEY_IN_FILE"], []]
    assert outcomes(twice) == ["CREATE", "REFUSED", "CREATE"]


def test_a_new_client_that_looks_like_another_is_told() -> None:
    assert issues_of(planned(row(2, code="C-2", name="Tulle SAS"), clients=recorded())) == [
        ["POSSIBLE_DUPLICATE"]
    ]
    alike = planned(row(2), row(3, code="C-2", name="Tulle SARL"))
    assert issues_of(alike) == [[], ["POSSIBLE_DUPLICATE"]]


def test_the_last_row_of_an_address_code_wins_and_empties_nothing() -> None:
    """DOMAIN §3.7 DUPLICATE_ADDRESS; d19 row 18."""
    again = row(3, address_code="SIEGE", street="99 rue Corrigée")
    first, last = planned(row(2, **HEAD, is_default_address=True), again)
    assert issues_of([first, last]) == [[], ["DUPLICATE_ADDRESS"]]
    assert last.issues[0].field == ("address_code",)
    assert "address" not in first.parts
    kept = last.parts["address"]
    assert (kept["street"], kept["city"], kept["is_default"]) == ("99 rue Corrigée", "Tulle", True)
    assert first.columns["billing_address"] == "99 rue Corrigée\n19000 Tulle"


def test_an_address_without_a_code_is_all_that_is_said_of_it() -> None:
    bare = {"street": "Zone A", "city": "Brive"}
    found = planned(row(2, **bare), row(3, **bare, contact_name="Léo"), row(4, street="Zone B"))
    assert ["address" in one.parts for one in found] == [False, True, True]
    there = [address(11, street="Zone A", city="Brive")]
    (same,) = planned(row(2, **bare), clients=recorded(), addresses=there)
    assert (same.outcome, same.issues) == (RowOutcome.UNCHANGED, [])


def test_the_first_default_told_wins() -> None:
    """DOMAIN §3.7 MULTIPLE_DEFAULTS, of addresses (K) and of contacts (O)."""
    rows = [
        row(2, **HEAD, is_default_address=True, **ANNA, is_default_contact=True),
        row(3, **SITE, is_default_address=True, contact_name="Léo", is_default_contact=True),
    ]
    first, second = planned(*rows)
    assert codes(second.issues) == ["MULTIPLE_DEFAULTS", "MULTIPLE_DEFAULTS"]
    columns = [issue.field for issue in second.issues]
    assert columns == [("is_default_address",), ("is_default_contact",)]
    for noun in ("address", "contact"):
        assert first.parts[noun]["is_default"] is True
        assert second.parts[noun]["is_default"] is False
    left_out, other = planned(skipped(rows[0]), rows[1])
    assert (codes(other.issues), codes(left_out.issues)) == ([], [])
    seen = planned(rows[1], skipped(row(4, address_code="X", is_default_address=True)))
    assert issues_of(seen) == [[], ["MULTIPLE_DEFAULTS"]]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([{**SITE, "is_default_address": True}], ["MULTIPLE_DEFAULTS"]),
        ([{**HEAD, "is_default_address": False}], ["WILL_UPDATE"]),
        (
            [{**HEAD, "is_default_address": False}, {**SITE, "is_default_address": True}],
            ["WILL_UPDATE", "WILL_UPDATE"],
        ),
        ([HEAD, {**SITE, "is_default_address": True}], ["MULTIPLE_DEFAULTS"]),
    ],
)
def test_a_recorded_default_stays_until_a_row_says_it_is_none(
    rows: list[dict[str, Any]], expected: list[str]
) -> None:
    found = planned(
        *(row(number, **one) for number, one in enumerate(rows, start=2)),
        clients=recorded(billing_address="1 place Haute\n19000 Tulle"),
        addresses=[SIEGE | {"is_default": True}],
    )
    assert [code for one in issues_of(found) for code in one] == expected


def test_a_new_default_takes_the_bills_with_it() -> None:
    moved = row(3, **SITE, country="BE", is_default_address=True)
    (_, found) = planned(
        row(2, **HEAD, is_default_address=False),
        moved,
        clients=recorded(billing_address="By hand"),
        addresses=[SIEGE | {"is_default": True}],
    )
    assert found.columns == {"billing_address": "Zone A\n19100 Brive", "country": "BE"}
    assert [change.field for change in found.changes] == ["billing_address", "country"]
    assert (found.target_id, found.target_version) == (1, 4)


@pytest.mark.parametrize(
    ("billing", "cells", "moves"),
    [
        ("", HEAD, True),
        ("By hand", HEAD, False),
        ("By hand", {**HEAD, "is_default_address": True}, True),
        ("1 place Haute\n19000 Tulle", {**HEAD, "is_default_address": True}, False),
    ],
)
def test_a_billing_address_of_the_firm_gives_way_to_the_default_one_alone(
    billing: str, cells: dict[str, Any], moves: bool
) -> None:
    (found,) = planned(row(2, **cells), clients=recorded(billing_address=billing))
    assert ("billing_address" in found.columns) is moves
    assert found.outcome is (RowOutcome.UPDATE if moves else RowOutcome.CREATE)


def test_the_first_address_that_was_billed_to_takes_the_bills_along() -> None:
    (found,) = planned(
        row(2, address_code="SIEGE", street="2 place Basse"),
        clients=recorded(billing_address="1 place Haute\n19000 Tulle"),
        addresses=[SIEGE],
    )
    assert found.columns == {"billing_address": "2 place Basse\n19000 Tulle"}
    assert found.parts["address"] == {"id": 11, "street": "2 place Basse"}
    (left,) = planned(
        row(2, address_code="SIEGE", street="2 place Basse"),
        clients=recorded(billing_address="By hand"),
        addresses=[SIEGE],
    )
    assert left.columns == {}


def test_a_contact_repeated_to_fill_a_row_is_one_contact() -> None:
    """d19 rows 3, 4, 14 and 15: the first that tells something of it is believed."""
    rows = [
        row(2, **HEAD, **ANNA, is_default_contact=True),
        row(3, **SITE, **ANNA | {"contact_phone": "+33 9"}, is_default_contact=False),
        row(4, contact_name="ANNA WEISS", contact_email="anna@c.example"),
    ]
    found = planned(*rows)
    assert issues_of(found) == [[], [], []]
    assert [("contact" in one.parts) for one in found] == [True, False, False]
    kept = found[0].parts["contact"]
    assert (kept["phone"], kept["is_default"], kept["name"]) == ("+33 1", True, "Anna Weiß")


@pytest.mark.parametrize(
    ("first", "second", "are_one"),
    [
        (("Anna", None, None), ("Anna", "a@c.example", None), True),
        ((None, "a@c.example", None), ("Anna", "a@c.example", None), True),
        (("Anna", "a@c.example", None), ("Anna", None, None), True),
        (("Anna", "a@c.example", None), (None, "a@c.example", None), True),
        (("Anna", None, "1"), (None, None, "1"), True),
        ((None, None, "1"), (None, None, "1"), True),
        ((None, None, "1"), (None, None, "2"), False),
        ((None, None, "1"), ("Anna", None, "1"), True),
        (("Anna", "a@c.example", None), ("Anna", "b@c.example", None), False),
        (("Anna", "a@c.example", None), ("Léo", "a@c.example", None), False),
        (("Anna", None, None), (None, "a@c.example", None), False),
    ],
)
def test_two_contacts_are_one_as_far_as_name_and_e_mail_agree(
    first: tuple[str | None, ...], second: tuple[str | None, ...], are_one: bool
) -> None:
    names = ("contact_name", "contact_email", "contact_phone")
    rows = [
        row(number, **{n: v for n, v in zip(names, told, strict=True) if v})
        for number, told in enumerate((first, second), start=2)
    ]
    found = planned(*rows)
    assert sum("contact" in one.parts for one in found) == (1 if are_one else 2)


def test_a_known_client_takes_new_parts_without_a_warning_and_changes_with_one() -> None:
    """A22."""
    there = {"addresses": [SIEGE], "contacts": [contact(21, name="Anna Weiß", phone="+33 1")]}
    clients = recorded(billing_address="1 place Haute\n19000 Tulle")
    added, same, changed = planned(
        row(2, **SITE, contact_name="Léo"),
        row(3, **HEAD, contact_name="Anna Weiß"),
        row(4, contact_email="anna@c.example", contact_name="Anna Weiß", vat_number="FR1"),
        clients=clients,
        **there,
    )
    assert outcomes([added, same, changed]) == ["CREATE", "UNCHANGED", "UPDATE"]
    assert issues_of([added, same, changed]) == [[], [], ["WILL_UPDATE"]]
    assert {one.target_id for one in (added, same, changed)} == {1}
    assert changed.parts["contact"] == {"id": 21, "email": "anna@c.example"}
    told = {change.field: (change.before, change.after) for change in changed.changes}
    assert told == {"contact_email": (None, "anna@c.example"), "vat_number": ("NA", "FR1")}


def test_the_first_row_that_names_a_known_client_otherwise_renames_it() -> None:
    (found,) = planned(row(2, name="Ussel"), clients=recorded())
    assert found.columns == {"name": "Ussel", "name_key": "ussel", "loose_key": "ussel"}
    assert [change.field for change in found.changes] == ["name"]


def test_an_archived_client_takes_nothing() -> None:
    away = recorded(archived_at=datetime(2026, 11, 1, tzinfo=UTC))
    assert issues_of(planned(row(2, **SITE), row(3, name=None), clients=away)) == [
        ["RECORD_ARCHIVED"],
        ["RECORD_ARCHIVED"],
    ]


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"contact_email": "a.weiss@c.example"}, "contact_email"),
        ({"contact_name": "Anna Weiss-Roy"}, "contact_name"),
        ({"contact_name": "Léo", "contact_email": "leo@c.example"}, None),
        ({}, None),
    ],
)
def test_a_contact_like_one_of_whom_no_row_speaks_any_more_is_told(
    cells: dict[str, str], column: str | None
) -> None:
    """DOMAIN §3.7 POSSIBLE_DUPLICATE: corrected in the file, it would stand there twice."""
    there = [contact(21, name="Anna Weiß", email="anna@c.example", phone="+33 1")]
    changed = ANNA | cells
    (found,) = planned(row(2, **changed), clients=recorded(), contacts=there)
    assert [issue.field for issue in found.issues] == ([(column,)] if column else [])
    assert codes(found.issues) == (["POSSIBLE_DUPLICATE"] if column else [])
    if column:
        assert in_words(found.issues[0]).endswith("looks like “Anna Weiß · anna@c.example”.")
    # Who stands in the file beside the other is another person, with whom a mailbox is shared.
    both = planned(row(2, **changed), row(3, **ANNA), clients=recorded(), contacts=there)
    assert issues_of(both) == [[], []]


def test_a_row_is_not_compared_with_all_those_above_it_of_its_client(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A19: a file may say all that it says of one client: 100,000 rows are not their square."""
    asked: Counter[int] = Counter()
    text = Candidate.text

    def counted(self: Candidate, key: str) -> str:
        asked[self.row] += 1
        return text(self, key)

    monkeypatch.setattr(Candidate, "text", counted)
    nameless = [row(n, name=None, contact_email=f"p{n}@c.example") for n in range(2, 102)]
    named = [row(n, contact_email=f"p{n}@c.example") for n in range(102, 202)]
    numbered = [row(n, vat_number="NA", address_code=f"A{n}") for n in range(202, 302)]
    found = planned(*nameless, *named, *numbered, clients=recorded())
    assert set(outcomes(found)) == {"CREATE"}
    assert max(asked.values()) < 20
