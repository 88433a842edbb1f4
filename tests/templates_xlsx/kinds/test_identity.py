"""SIRET, VAT numbers and e-mail addresses (DOMAIN §3.3)."""

from __future__ import annotations

import pytest

from templates_xlsx.kinds import Email, Siret, VatNumber
from templates_xlsx.raw import Cell
from tests.templates_xlsx.kinds.readings import number, outcome


@pytest.mark.parametrize(
    ("cell", "value", "said"),
    [
        ("73282932000074", "73282932000074", []),
        ("732 829 320 00074", "73282932000074", []),
        ("732\u202f829\u202f320\u202f00074", "73282932000074", []),
        (number(73282932000074), "73282932000074", []),
        (number("7.3282932000074E+13"), "73282932000074", []),
        (number(5580501400010, zeros=14), "05580501400010", []),
        (number(5580501400010), "05580501400010", ["SIRET_PADDED"]),
        ("732829320", "732829320", ["SIREN_ONLY"]),
        ("73282932000075", None, ["SIRET_INVALID"]),
        ("732829320OOO74", None, ["SIRET_INVALID"]),
        ("7,32829E+13", None, ["SIRET_INVALID"]),
        ("35600000049837", "35600000049837", []),
    ],
)
def test_a_siret_is_repaired_only_if_its_digits_agree(
    cell: Cell | str, value: str | None, said: list[str]
) -> None:
    """O14: a wrong one is dropped with a warning, never refused."""
    assert outcome(Siret(), cell) == (value, said)


@pytest.mark.parametrize(
    "raw", ["NA", "na", "N/A", "n.a.", "Néant", "AUCUN", "Non assujetti", "non-assujetti"]
)
def test_a_client_may_declare_to_have_no_vat_number(raw: str) -> None:
    """O13."""
    assert outcome(VatNumber(), raw) == ("NA", [])


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("fr 13 595 867 961", "FR13595867961"),
        ("FR-13.595.867.961", "FR13595867961"),
        ("BE 0434.194.170", "BE0434194170"),
        ("CHE-261.742.072 TVA", "CHE261742072TVA"),
    ],
)
def test_a_vat_number_loses_its_spaces_dots_and_dashes(raw: str, value: str) -> None:
    assert outcome(VatNumber(), raw) == (value, [])


def test_a_vat_number_is_as_long_as_its_column_in_the_database() -> None:
    assert outcome(VatNumber(), "A" * 33) == (None, ["TEXT_TOO_LONG"])


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("a.kerleo@client.example", "a.kerleo@client.example"),
        ("  MELANIE.Marchetti@Client-0015.EXAMPLE ", "melanie.marchetti@client-0015.example"),
        ("mailto:a@b.fr", "a@b.fr"),
        ("mailto: a@b.fr", "a@b.fr"),
        ("Loïc Orval <l.orval@atelier.example>", "l.orval@atelier.example"),
        ("<a@b.fr>", "a@b.fr"),
        ("'a@b.fr' <a@b.fr>", "a@b.fr"),
        ("Jean @ Bureau <a@b.fr>", "a@b.fr"),
        ("« a@b.fr »", "a@b.fr"),
        ("hélène@crèvecœur.fr", "hélène@crèvecœur.fr"),
        ("a+b@b-c.co.uk", "a+b@b-c.co.uk"),
    ],
)
def test_an_address_is_understood_and_put_in_lower_case(raw: str, value: str) -> None:
    """O31."""
    assert outcome(Email(), raw) == (value, [])
    assert outcome(Email(is_mandatory=True), raw) == (value, [])


@pytest.mark.parametrize(
    "raw",
    [
        "sans-arobase.example",
        "a@b",
        "a@@b.fr",
        "a b@c",
        "@b.fr",
        "a@.fr",
        "a@b..fr",
        "a@-b.fr",
        "a@" + "b" * 260 + ".fr",
    ],
)
def test_a_wrong_address_is_refused_when_mandatory_and_dropped_otherwise(raw: str) -> None:
    """O31."""
    assert outcome(Email(is_mandatory=True), raw)[0] is None
    if len(raw) <= 255:
        assert outcome(Email(is_mandatory=True), raw) == (None, ["EMAIL_INVALID"])
        assert outcome(Email(), raw) == (None, ["EMAIL_DROPPED"])


@pytest.mark.parametrize(
    "raw",
    [
        "a@b.fr; c@d.fr",
        "a@b.fr, c@d.fr",
        "a@b.fr/c@d.fr",
        "a@b.fr c@d.fr",
        "Jean <a@b.fr>; c@d.fr",
        "a@b.fr; Jean <c@d.fr>",
        "Jean <a@b.fr>, Anna <c@d.fr>",
    ],
)
def test_of_several_addresses_the_first_is_kept_where_none_is_needed(raw: str) -> None:
    assert outcome(Email(), raw) == ("a@b.fr", ["EMAIL_MULTIPLE"])
    assert outcome(Email(is_mandatory=True), raw) == (None, ["EMAIL_INVALID"])
