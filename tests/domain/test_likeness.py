"""Names that are the same, nearly the same, or near (DOMAIN §3.3, N-KEY and N-LOOSE)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.likeness import KEY_LENGTH, Names, loose_key, name_key, nearest

few = settings(max_examples=80, deadline=None)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Foncière des Tilleuls Argentés", "FONCIERE DES TILLEULS ARGENTES"),
        ("Groupe Belle-Étoile & Associés", "Groupe Belle-Étoile et Associés"),
        ("Compagnie du grand  large ", " compagnie du Grand\u00a0Large"),
        ("office public de l'habitat", "office public de l\u2019habitat"),
        ("Laboratoires Œnolys", "laboratoires oenolys"),
        ("SCI «\u00a0Les Terrasses\u00a0»", 'SCI "Les Terrasses"'),
        ("Val d'Orvanne \u2013 Nord", "Val d'Orvanne - Nord"),
        ("Ame\u0301lie", "Amélie"),
        ("Straße", "STRASSE"),
        ("Ｆｕｌｌ", "full"),
    ],
)
def test_the_same_name_written_otherwise_has_the_same_key(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Brive-Habitat, office", "Brive Habitat - Office"),
        ("SARL Dubreuil", "Dubreuil"),
        ("Foncière des Tilleuls", "Foncière des Tilleuls d'Argent"),
    ],
)
def test_punctuation_and_legal_forms_make_another_key(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SARL Cabinet Dubreuil Marchetti & Fils", "Cabinet Dubreuil, Marchetti et Fils"),
        ("Brive Habitat - Office Public de l'Habitat", "Brive-Habitat, office public de l’habitat"),
        ("Bauwerk Süd GmbH", "Bauwerk Sud"),
        ("S.A.R.L. Dupont", "Dupont"),
        ("Kirchwiese S.à r.l.", "Kirchwiese"),
        ("Immobilière du Parc Royal SA", "Immobilière du Parc Royal"),
    ],
)
def test_names_that_differ_in_form_alone_have_the_same_loose_key(one: str, other: str) -> None:
    assert loose_key(one) == loose_key(other)


def test_a_name_that_is_a_legal_form_keeps_it() -> None:
    assert loose_key("SA") == "sa"
    assert loose_key("S.A.") == "sa"


@few
@given(st.text(max_size=300))
def test_keys_are_stable_and_short_enough_to_be_stored(text: str) -> None:
    key = name_key(text)
    assert name_key(key) == key
    assert len(key) <= KEY_LENGTH
    assert key == " ".join(key.split())


NAMES = [
    "Foncière des Tilleuls Argentés",
    "Commune de Saint-Aubin-les-Coteaux",
    "Commune de Montreau",
    "SCI L'Orée du Bois-Joli",
    "Thames Wharf Developments Ltd",
]


def test_the_nearest_name_comes_first() -> None:
    assert nearest("Fonciere des Tileuls Argentés", Names(NAMES))[0] == NAMES[0]
    assert nearest("Commune de Saint-Aubin", Names(NAMES))[0] == NAMES[1]
    assert nearest("SARL Thames Warf Development", Names(NAMES))[0] == NAMES[4]


def test_no_name_is_better_than_any_name() -> None:
    assert nearest("Zxqw", Names(NAMES)) == []
    assert nearest("", Names(NAMES)) == []
    assert nearest("Mairie", Names([])) == []


def test_at_most_three_names_are_given() -> None:
    assert len(nearest("Commune", Names([f"Commune de Val-{i}" for i in range(9)]))) == 3
