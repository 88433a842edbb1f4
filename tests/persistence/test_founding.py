"""Founding an organisation: all of it, or nothing."""

from __future__ import annotations

from functools import partial
from typing import Any

from sqlalchemy import func, select

from domain.catalogue import LedgerAccount, TaxCode
from domain.organisation import Entity, Organisation
from domain.starting_catalogue import ledger_accounts, tax_codes
from persistence.founding import found
from persistence.session import Database
from tests.domain.examples import refused
from tests.persistence.firms import entity_file, raw


def a_file(**changed: Any) -> dict[str, Any]:
    return {"name": "Groupe Rivage", "entities": [entity_file(), entity_file("LYO")]} | changed


def test_an_organisation_comes_with_its_entities_and_a_catalogue(database: Database) -> None:
    with database.writing(None) as session:
        made = found(session, described=a_file(settings={"footer_message": {"fr": "Merci"}}))
        assert made.code == "groupe-rivage"
        key = made.id
    with database.reading(key) as session:
        organisation = session.scalars(select(Organisation)).one()
        assert organisation.settings["footer_message"] == {"fr": "Merci"}
        names = select(Entity.code, Entity.name_key).order_by(Entity.code)
        entities = session.execute(names).all()
        assert entities == [("LYO", "atelier lyo"), ("PAR", "atelier par")]
        assert session.scalar(select(func.count(LedgerAccount.id))) == len(ledger_accounts())
        assert session.scalar(select(func.count(TaxCode.id))) == len(tax_codes("FR"))


def test_a_code_that_is_taken_is_refused_and_nothing_is_left(database: Database) -> None:
    def again(**changed: Any) -> None:
        with database.writing(None) as session:
            found(session, described=a_file(**changed))

    again()
    before = raw(database, "SELECT count(*) FROM tax_code")
    assert refused(again) == ["ORGANISATION_EXISTS"]
    wrong = [entity_file(siren="1")]
    assert refused(partial(again, code="b", entities=wrong)) == ["ORGANISATION_FILE_INVALID"]
    assert raw(database, "SELECT count(*) FROM organisation") == [(1,)]
    assert raw(database, "SELECT count(*) FROM tax_code") == before


def test_two_organisations_have_each_their_own_catalogue(database: Database) -> None:
    keys = []
    for code in ("one", "two"):
        with database.writing(None) as session:
            keys.append(found(session, described=a_file(), code=code).id)
    for key in keys:
        with database.reading(key) as session:
            assert session.scalar(select(func.count(TaxCode.id))) == len(tax_codes("FR"))
            assert set(session.scalars(select(Entity.organisation_id))) == {key}
