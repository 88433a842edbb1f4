"""Texts are looked for without regard to case or accents, alike on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import literal, select

from domain.likeness import folded
from persistence.folding import Folded, begins, holds
from persistence.session import Database

TEXTS = [
    *("Société Générale", "SOCIÉTÉ", "societe", "E\u0301cole E\u0301TÉ", "Œuvre", "œuvre", "Ærø"),
    *("Łódź", "ŁÓDŹ", "Đorđe", "Þór ÞÓR", "Straße", "Jeanne d’Arc", "Jeanne d´Arc", "A–B—C"),
    *("« Les Halles »", "“Loft”", "Dupont & Fils", "  deux \t mots\u00a0insécables ", "ﬁn ²", "Ça"),
    *("Ünïcödé ÿ Ÿ ñ Ñ å Å", "Φως", "日本", "100 %_\\", "", "a'b\"c", "Ǆ"),
    *(" A", "A ", "A  B", "A\tB", "A\nB", "R&D", "a`b", "~_^[]{}|@:;<=>?!#$%'()*+,-./09AZaz"),
]


@pytest.mark.parametrize("text", TEXTS)
def test_both_databases_make_the_key_that_names_have(database: Database, text: str) -> None:
    with database.engine.connect() as connection:
        found = connection.scalar(select(Folded(literal(text))))
    assert found == folded(text)


@pytest.mark.parametrize(
    ("kept", "text", "held", "begun"),
    [
        ("Virement Société Générale", "SOCIETE gen", True, False),
        ("Virement société", "virement sociétê", True, True),
        ("école", "Ecole ", True, True),
        ("100 %", "0 %", True, False),
        ("100 euros", "0 %", False, False),
        ("a_b", "a_", True, True),
        ("ab", "a_", False, False),
        ("x" * 900 + " fin", "Fîn", True, False),
    ],
)
def test_what_is_looked_for_is_found(
    database: Database, kept: str, text: str, held: bool, begun: bool
) -> None:
    with database.engine.connect() as connection:
        asked = select(holds(literal(kept), text), begins(literal(kept), text))
        assert tuple(map(bool, connection.execute(asked).one())) == (held, begun)


def test_nothing_is_found_where_nothing_stands(database: Database) -> None:
    with database.engine.connect() as connection:
        assert connection.scalar(select(Folded(literal(None)))) is None
