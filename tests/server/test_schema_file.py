"""The printed contract: written from the code, and compared with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import GraphQLEnumType, GraphQLNonNull, build_schema, get_named_type

from domain.errors import KINDS, Severity
from server import schema_file
from server.graphql import jalon_schema, written


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "schema.graphql"
    monkeypatch.setattr(schema_file, "SCHEMA_FILE", path)
    return path


def test_the_contract_is_written_and_then_current(kept: Path) -> None:
    assert schema_file.main(["--check"]) == 1
    assert schema_file.main([]) == 0
    assert schema_file.main(["--check"]) == 0
    assert build_schema(kept.read_text(encoding="utf-8")).query_type


def test_what_is_not_current_is_told_line_by_line(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = written(jalon_schema())
    kept.write_text(text.replace("type Query {", "type Query {\n  gone: Int"), encoding="utf-8")
    assert schema_file.main(["--check"]) == 1
    told = capsys.readouterr().err
    assert "-  gone: Int" in told
    assert "make schema" in told


def test_every_closed_list_says_what_it_is_and_every_code_what_it_says() -> None:
    """Whoever writes a program meets a code in the contract before they meet it in an answer."""
    types = jalon_schema()._schema.type_map.values()
    lists = [one for one in types if isinstance(one, GraphQLEnumType) and one.name[:2] != "__"]
    assert [one.name for one in lists if not one.description] == []
    (codes,) = [one for one in lists if one.name == "IssueCode"]
    assert codes.values.keys() == KINDS.keys()
    for code, kind in KINDS.items():
        told = codes.values[code].description or ""
        assert told.startswith("" if kind.severity is Severity.ERROR else f"{kind.severity}: ")
        assert len(told) > 10
        assert "[[" not in told


FIRST_MET = (
    *("Client", "Project", "Contract", "Phase", "Figures", "Invoice", "InvoiceLine", "VatGroup"),
    *("Payment", "PaymentAllocation", "TimeEntry", "Batch", "BatchTotals", "ImportFile"),
    *("ImportRow", "ImportCounts", "UserError"),
)
"""What whoever comes to the API reads first."""

SELF_EVIDENT = {
    *("comment", "address", "city", "postcode", "startDate", "endDate", "footerMessage", "detail"),
    *("ledgerAccount", "sku", "taxCode", "quantity", "description", "ticket", "author", "amount"),
}


@pytest.mark.parametrize("name", FIRST_MET)
def test_figures_and_what_may_be_null_are_described(name: str) -> None:
    """In what unit a figure is, of what, and when there is none."""
    fields = build_schema(written(jalon_schema())).type_map[name].fields
    untold = {
        one
        for one, field in fields.items()
        if not field.description
        and (
            not isinstance(field.type, GraphQLNonNull)
            or get_named_type(field.type).name in ("Decimal", "Money")
        )
    }
    assert untold <= SELF_EVIDENT
