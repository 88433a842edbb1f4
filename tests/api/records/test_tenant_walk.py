"""Every door of the API, tried with the records of another firm: nothing comes back or changes.

What is tried is read from the schema. A field, an argument or a type of tomorrow is tried the day
it is written, or a test here fails and names it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from graphql import is_required_argument
from sqlalchemy import (
    Table,
    func,
    select,
)

from domain.records import METADATA
from persistence.audit.upkeep import seal_outside
from persistence.file_links import UploadLink, read_file_link, read_upload_link, signed_upload_path
from tests.api.records.calling import (
    MUTATIONS,
    QUERIES,
    SCHEMA,
    filled,
    named_records,
    put,
    required,
)
from tests.api.records.test_other_firms import made_by
from tests.api.records.walking import (
    FREE,
    KEYS,
    NODES,
    SUBSCRIPTIONS,
    distinctive,
    document,
    fill_the_rest,
    leaves,
    named_by_text,
    noun_of,
    owner_of,
    selection,
    table_of,
    texts_of,
    without,
)
from tests.support.api import ApiClient, caller_of, open_api
from tests.support.databases import owner
from tests.support.postgres import PostgresServer
from tests.support.prepared import Calendar, copy_of, prepare
from tests.support.sockets import connected, heard
from tests.support.source import ROOT, sources

NOW = datetime(2026, 11, 21, tzinfo=UTC)
SCOPED = [table for table in METADATA.sorted_tables if "organisation_id" in table.c]
NEIGHBOUR = {
    "name": "Cabinet Voisin",
    "country": "FR",
    "locale": "fr-FR",
    "currency": "EUR",
    "entities": [
        {
            "code": "VOI",
            "name": "Voisin et fils",
            "invoice_series": "VOI",
            "credit_note_series": "VOA",
            "fiscal_year_start": "01-01",
        }
    ],
}


@dataclass
class Walk:
    """A stranger in the house of a firm: what they were told, and where first."""

    firm: ApiClient
    stranger: ApiClient
    files: Path
    ids: dict[str, list[str]]
    """The identifiers of the firm's records, by table."""
    keys: dict[str, list[str]]
    """Its keys of business, by column."""
    before: dict[str, list[Any]]
    told: dict[str, str] = field(default_factory=dict)
    addresses: set[str] = field(default_factory=set)
    files_had: dict[str, str] = field(default_factory=dict)
    kept: dict[str, bytes] = field(default_factory=dict)

    def ask(self, text: str, given: dict[str, Any], name: str) -> Any:
        """The answer to the stranger, whose texts are kept."""
        answer = self.stranger.send(text, given).json()
        for one in leaves(answer):
            self.told.setdefault(without(one, given), f"{name} {given}")
            if one.startswith(("/files/", "/uploads/")):
                self.addresses.add(one)
        return answer


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def walk(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Walk]:
    folder = tmp_path_factory.mktemp("walk")
    if request.param == "sqlite":
        url = copy_of(request.getfixturevalue("prepared_sqlite"), folder)
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        url = server.create_database(template=server.template("prepared", prepare))
    with open_api(url, folder, clock=Calendar(), mail_from="firm@jalon.test") as firm:
        made_by(firm)
        fill_the_rest(firm)
        seal_outside(firm.house.database)
        stranger = caller_of(firm.http, firm.house, NEIGHBOUR, "stranger")
        made = Walk(
            firm,
            stranger,
            folder / "files",
            ids={
                table.name: [f"{table.name}_{key}" for key in keys_in(firm, table)]
                for table in SCOPED
            },
            keys={name: values_of(firm, name) for names in KEYS.values() for name in names},
            before=rows_of(firm, firm.organisation_id),
        )
        made.kept = kept_files(made)
        yield made
    if request.param == "postgresql":
        server.drop_database(url)


def keys_in(firm: ApiClient, table: Table) -> list[int]:
    """The identifiers of the firm's first and last row."""
    asked = select(func.min(table.c.id), func.max(table.c.id)).where(
        table.c.organisation_id == firm.organisation_id
    )
    with owner(firm.house.database).connect() as connection:
        return sorted({key for key in connection.execute(asked).one() if key is not None})


def values_of(firm: ApiClient, name: str) -> list[str]:
    table, _, column = name.partition(".")
    of = METADATA.tables[table].c
    asked = select(of[column]).where(
        of.organisation_id == firm.organisation_id, of[column].is_not(None)
    )
    with owner(firm.house.database).connect() as connection:
        return [str(one) for one in connection.scalars(asked.order_by(of.id).limit(1))]


def rows_of(firm: ApiClient, organisation_id: int) -> dict[str, list[Any]]:
    """All that is kept of a firm."""
    found = {}
    with owner(firm.house.database).connect() as connection:
        for table in SCOPED:
            asked = table.select().where(table.c.organisation_id == organisation_id)
            found[table.name] = [tuple(row) for row in connection.execute(asked.order_by("id"))]
        organisation, account = METADATA.tables["organisation"], METADATA.tables["account"]
        member = METADATA.tables["member"].c
        people = select(member.account_id).where(member.organisation_id == organisation_id)
        for table, asked in (
            (organisation, organisation.c.id == organisation_id),
            (account, account.c.id.in_(people)),
        ):
            rows = connection.execute(table.select().where(asked).order_by(table.c.id))
            found[table.name] = [tuple(row) for row in rows]
    return found


def places(root: str, fields: Any) -> list[tuple[str, tuple[Any, ...], str | None]]:
    """Each place of `fields` that names a record: by its identifier, or by the text of a key."""
    found: list[tuple[str, tuple[Any, ...], str | None]] = []
    for name, one in fields.items():
        for argument, kind in one.args.items():
            for path in named_records(kind.type, (argument,)):
                noun = None
                if name != "node" and name != "nodes":
                    noun = noun_of(root, name, path, owner_of(one.args, path))
                found.append((name, path, noun))
            for path in named_by_text(kind.type, (argument,), ()):
                found.append((name, path, None))
    return found


def last(path: tuple[Any, ...]) -> str:
    return str(next(step for step in reversed(path) if isinstance(step, str)))


def test_every_text_that_can_be_given_is_known_to_name_a_record_or_none() -> None:
    """KEYS or FREE, in walking.py, has to say of a new one which it is."""
    for root, fields in (("query", QUERIES), ("mutation", MUTATIONS)):
        for name, path, noun in places(root, fields):
            assert noun or name in ("node", "nodes") or last(path) in KEYS.keys() | FREE, (
                name,
                path,
            )


def test_the_firm_has_a_record_of_every_type(walk: Walk) -> None:
    """And sees it: what is not found below is hidden, not missing."""
    for kind in NODES:
        if kind == "Organisation":
            continue
        found = [
            walk.firm.query(
                f"query($id: ID!) {{ node(id: $id) {{ id ... on {kind} {{ __typename }} }} }}",
                id=one,
            )["node"]
            for one in walk.ids[table_of(kind)]
        ]
        assert found, kind
        assert {"id": walk.ids[table_of(kind)][0], "__typename": kind} in found, kind


def nodes(walk: Walk) -> None:
    """`node` and `nodes`, of every type."""
    for kind in NODES:
        theirs = walk.ids.get(table_of(kind)) or [f"organisation_{walk.firm.organisation_id}"]
        asked = f"... on {kind} {selection(SCHEMA.type_map[kind], 1)}"
        one = walk.ask(
            f"query($id: ID!) {{ node(id: $id) {{ {asked} }} }}", {"id": theirs[0]}, kind
        )
        assert one["data"] == {"node": None}, kind
        many = walk.ask(
            f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ {asked} }} }}", {"ids": theirs}, kind
        )
        assert many["data"] == {"nodes": [None for _ in theirs]}, kind


def mutations(walk: Walk) -> None:
    """Every place of every mutation that names a record."""
    tried = 0
    for name, path, noun in places("mutation", MUTATIONS):
        for value in values_at(walk, path, noun):
            given = required(name)
            put(given, MUTATIONS[name].args, path, value)
            walk.ask(document("mutation", name, MUTATIONS, 1), given, name)
            tried += 1
    assert tried > 250


def queries(walk: Walk) -> None:
    """The same of queries; then each as it is asked without."""
    theirs = identifiers(walk)
    for name, path, noun in places("query", QUERIES):
        for value in values_at(walk, path, noun):
            given = required_of(name)
            put(given, QUERIES[name].args, path, value)
            answer = walk.ask(document("query", name, QUERIES, 2), given, name)
            # The starting catalogues of two firms have the same codes.
            if asks_for_one(name) and (found := (answer.get("data") or {}).get(name)):
                assert found["id"] not in theirs, (name, given)
                assert noun is None, (name, given)
    for name, one in QUERIES.items():
        given = required_of(name)
        if one.args.keys() >= {"page"}:
            given["page"] = {"first": 20}
        walk.ask(document("query", name, QUERIES, 2), given, name)


def asks_for_one(name: str) -> bool:
    """Whether a query asks for one record by what names it."""
    return (
        bool(QUERIES[name].args)
        and QUERIES[name].args.keys() <= {"id", "code", "number", "email", "sku"}
        and ("Connection" not in str(QUERIES[name].type))
    )


def required_of(name: str) -> dict[str, Any]:
    return {
        one: filled(argument.type)
        for one, argument in QUERIES[name].args.items()
        if is_required_argument(argument) and argument.default_value in (None, ...)
    }


def values_at(walk: Walk, path: tuple[Any, ...], noun: str | None) -> list[str]:
    """What of the firm is tried at a place: an identifier, or each key the text may be."""
    if noun is not None:
        return walk.ids[noun][:1]
    return [value for name in KEYS.get(last(path), ()) for value in walk.keys[name]]


def subscriptions(walk: Walk) -> None:
    for name, path, noun in places("subscription", SUBSCRIPTIONS):
        (value,) = values_at(walk, path, noun)
        given: dict[str, Any] = {}
        put(given, SUBSCRIPTIONS[name].args, path, value)
        text = document("subscription", name, SUBSCRIPTIONS, 1)
        with connected(walk.stranger) as socket:
            asked = {"query": text, "variables": given}
            socket.send_json({"type": "subscribe", "id": "1", "payload": asked})
            (said,) = heard(socket)
        assert said["type"] == "error", name
        for one in leaves(said):
            walk.told.setdefault(without(one, given), name)


def addresses(walk: Walk) -> None:
    """All that the stranger was given; and with a firm's own secret none leads across."""
    for kind in ("workbook", "clients_fusion"):
        given = {"input": {"kind": kind, "prefilled": True}}
        walk.ask(document("mutation", "templateDownload", MUTATIONS, 1), given, "templateDownload")
    given = {"input": {"filename": "a.xlsx", "size": 1}}
    walk.ask(document("mutation", "stagedUploadCreate", MUTATIONS, 1), given, "stagedUploadCreate")
    house, own = walk.firm.house, walk.stranger.organisation_id
    kinds = set()
    for address in walk.addresses:
        _, kind, token = address.split("/", 2)
        kinds.add(kind)
        if kind == "uploads":
            assert read_upload_link(house.secrets, token, now=house.clock()).organisation_id == own
            continue
        link = read_file_link(house.secrets, token, now=house.clock())
        assert link.key.startswith(f"{own}/"), link
        walk.files_had[link.filename] = texts_of(walk.stranger.get(address))
    assert kinds == {"files", "uploads"}
    theirs = int(walk.ids["staged_upload"][0].rpartition("_")[2])
    expires = datetime(2027, 1, 1, tzinfo=UTC)
    across = signed_upload_path(house.secrets, UploadLink(own, theirs), expires)
    assert walk.stranger.http.put(across, content=b"x").status_code == 404


def test_nothing_of_another_firm_is_told_or_changed(walk: Walk) -> None:
    """Every door in turn; then all that was told and all that is kept is looked through."""
    for tried in (nodes, mutations, queries, subscriptions, addresses):
        tried(walk)
    marks = distinctive(texts_in(walk.before))
    marks -= distinctive(texts_in(rows_of(walk.firm, walk.stranger.organisation_id)))
    ids = identifiers(walk)
    assert len(marks) > 300
    assert len(ids) > 1000
    for told, where in walk.told.items():
        found = {mark for mark in marks if mark in told} | ids & set(_IDENTIFIER.findall(told))
        assert not found, (found, where)
    # The product's own examples stand in every sheet.
    spoken = (ROOT / "words" / "fr").glob("*.po")
    examples = "".join(
        [*(one.text for one in sources("templates_xlsx")), *(one.read_text() for one in spoken)]
    )
    marks = {mark for mark in marks if mark.split("\n")[0] not in examples}
    assert len(marks) > 300
    for name, content in walk.files_had.items():
        assert not {mark for mark in marks if mark in content}, name
    after = rows_of(walk.firm, walk.firm.organisation_id)
    for name, rows in walk.before.items():
        assert after[name] == rows, name
    assert kept_files(walk) == walk.kept


_IDENTIFIER = re.compile(r"[a-z][a-z_]*_[0-9]+")


def texts_in(rows: dict[str, list[Any]]) -> list[Any]:
    return [[list(row) for row in of_table] for of_table in rows.values()]


def identifiers(walk: Walk) -> set[str]:
    """Of all records of the firm."""
    return {f"{name}_{row[0]}" for name, rows in walk.before.items() for row in rows}


def kept_files(walk: Walk) -> dict[str, bytes]:
    """The files of the firm."""
    own = walk.files / str(walk.firm.organisation_id)
    return {
        str(path.relative_to(own)): path.read_bytes() for path in own.rglob("*") if path.is_file()
    }
