"""Walking through the whole API by its own description: what to ask, where records are named."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from graphql import (
    GraphQLInputObjectType,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    print_schema,
)
from sqlalchemy import (
    JSON,
    Boolean,
    Date,
    Enum,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    String,
    Table,
    func,
    insert,
    select,
)

from domain.base import Instant
from domain.records import METADATA
from schema.view import snake
from tests.api.records.calling import QUERIES, SCHEMA, declared
from tests.api.records.test_other_firms import NOUN_OF, OWN_ID
from tests.support.api import ApiClient
from tests.support.databases import owner

assert SCHEMA.subscription_type is not None
SUBSCRIPTIONS = SCHEMA.subscription_type.fields
NODE: Any = SCHEMA.type_map["Node"]
NODES = sorted(kind.name for kind in SCHEMA.get_possible_types(NODE))

TABLE_OF = {"Handover": "outbox_entry"}
"""Where a type is kept, where that is not said by its name."""

NOUNS = NOUN_OF | {
    "contractId": "contract",
    "batchId": "batch",
    "lineId": "invoice_line",
    "collaboratorId": "collaborator",
    "endpointId": "webhook_endpoint",
    "handoverId": "outbox_entry",
    "subjectId": "import_file",
    "invoiceIds": "invoice",
    "record": "client",
    "entryId": "audit_entry",
}
"""What an identifier names, by its field."""

LINES = {"InvoiceLineInput": "invoice_line"}
"""What `id` names within an input that is not the whole call's."""

KEYS = {
    "code": ("client.code", "project.code", "tax_code.code", "entity.code"),
    "number": ("invoice.number", "ledger_account.number"),
    "email": ("collaborator.email",),
    "managerEmail": ("collaborator.email",),
    "sku": ("product.sku",),
    "productSku": ("product.sku",),
    "entity": ("entity.code",),
    "client": ("client.code", "client.name"),
    "projectCode": ("project.code",),
    "contract": ("contract.name",),
    "phaseCode": ("phase.code",),
    "phaseName": ("phase.name",),
    "linkedPhase": ("phase.code",),
    "taxCode": ("tax_code.code",),
    "ledgerAccount": ("ledger_account.number",),
    "vatAccount": ("ledger_account.number",),
    "employeeCode": ("collaborator.employee_code",),
    "invoiceNo": ("invoice.number",),
    "text": ("client.name", "project.name", "product.name"),
    "actor": ("audit_entry.actor_name", "audit_entry.actor_id"),
    "requestId": ("audit_entry.request_id",),
    "issuer": ("identity_provider.issuer",),
    "audience": ("identity_provider.audience",),
}
"""Texts that name a record by a key of business, and the columns such a key stands in."""

FREE = {
    *("currency", "after", "before", "name", "country", "comment", "externalReference", "reason"),
    *("language", "description", "vatNumber", "siret", "address", "phone", "unit", "commitmentNo"),
    *("items", "source", "footerMessageFr", "footerMessageEn", "kind", "billingAddress", "tags"),
    *("contactName", "contactEmail", "contactPhone", "serviceCode", "postcode", "city", "bic"),
    *("vatExemption", "firstName", "lastName", "jobTitle", "locale", "subject", "body", "detail"),
    *("to", "cc", "reference", "exemption", "reasonCode", "mention", "label", "legalForm", "iban"),
    *("capital", "siren", "rcs", "fiscalYearStart", "invoiceSeries", "creditNoteSeries", "url"),
    *("legalTexts", "column", "filename", "sha256", "reviewHash", "footerMessage", "note"),
    *("receivableAccount", "revenueAccount", "bankAccount", "salesJournal", "salesJournalLabel"),
    *("bankJournal", "bankJournalLabel", "quickbooksItem", "timeZone", "ticket", "planHash"),
    *("act", "current", "new"),
    *("flowUrl", "tokenUrl", "oauthClientId", "oauthClientSecret", "scope", "organisation"),
}
"""Texts that name no record."""

NOW = datetime(2026, 11, 21, tzinfo=UTC)

Place = tuple[str, str, tuple[Any, ...]]
"""The kind of root, the name of a field, and a path into its arguments."""


def named_by_text(kind: Any, path: tuple[Any, ...], within: tuple[str, ...]) -> Iterator[Any]:
    """The places in an input that hold a text."""
    inner = get_named_type(kind)
    step = (*path, 0) if "[" in str(kind) else path
    if isinstance(inner, GraphQLInputObjectType):
        if inner.name not in within:
            for name, field in inner.fields.items():
                yield from named_by_text(field.type, (*step, name), (*within, inner.name))
    elif inner.name == "String":
        yield step


def noun_of(root: str, field: str, path: tuple[Any, ...], owner: str) -> str:
    """What is named at a place; KeyError where nobody has said so: NOUNS, OWN_ID or LINES."""
    place = next(step for step in reversed(path) if isinstance(step, str))
    if owner in LINES and place == "id":
        return LINES[owner]
    if place in NOUNS:
        return NOUNS[place]
    if root == "mutation":
        return OWN_ID[field]
    found = get_named_type((QUERIES | SUBSCRIPTIONS)[field].type).name
    return table_of(found.removesuffix("Draft").removesuffix("Connection"))


def table_of(kind: str) -> str:
    """Where the records of a type are kept."""
    return TABLE_OF.get(kind, snake(kind).lstrip("_"))


def owner_of(arguments: Mapping[str, Any], path: tuple[Any, ...]) -> str:
    """The name of the input type that the last step of a path is a field of."""
    kind, name = None, ""
    for step in path:
        if isinstance(step, str):
            name = "" if kind is None else kind.name
            kind = get_named_type((arguments if kind is None else kind.fields)[step].type)
    return name


def selection(kind: Any, depth: int) -> str:
    """All that can be asked of a type without arguments, so many levels down."""
    inner = get_named_type(kind)
    if is_leaf_type(inner):
        return ""
    if not isinstance(inner, GraphQLObjectType):
        return "{ __typename id }"
    asked = ["__typename"]
    for name, field in inner.fields.items():
        below = get_named_type(field.type)
        if any(is_required_argument(one) for one in field.args.values()):
            continue
        if is_leaf_type(below):
            asked.append(name)
        elif depth > 0 and name not in ("edges", "pageInfo"):
            asked.append(f"{name} {selection(below, depth - 1)}")
    return f"{{ {' '.join(asked)} }}"


def document(root: str, name: str, fields: Mapping[str, Any], depth: int) -> str:
    """An operation of one field with all its arguments as variables."""
    field = fields[name]
    heads = ", ".join(f"${one}: {declared(argument)}" for one, argument in field.args.items())
    tails = ", ".join(f"{one}: ${one}" for one in field.args)
    head, tail = (f"({heads})", f"({tails})") if heads else ("", "")
    return f"{root} Walk{head} {{ {name}{tail} {selection(field.type, depth)} }}"


def leaves(value: Any) -> Iterator[str]:
    """All texts in an answer."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from leaves(one)
    elif isinstance(value, list):
        for one in value:
            yield from leaves(one)


def texts_of(content: bytes) -> str:
    """What a file says: a workbook or an archive is opened."""
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            return "\n".join(texts_of(packed.read(name)) for name in packed.namelist())
    return re.sub(r"<[^>]*>", "\n", content.decode("utf-8", "replace"))


def without(text: str, given: Any) -> str:
    """A text of an answer without what the caller said themselves."""
    for one in sorted({*leaves(given)}, key=len, reverse=True):
        if len(one) > 2:
            text = text.replace(one, "")
    return text


def distinctive(rows: list[Any]) -> set[str]:
    """The texts in rows that can be recognised: not codes, dates, or words of the schema."""
    spoken = print_schema(SCHEMA)
    told = {one.strip() for one in leaves(rows) if 8 <= len(one.strip()) <= 200}
    return {
        one
        for one in told
        if re.search(r"[^\W\d_]{3}", one) and one not in spoken and not re.match(r"\d{4}-\d", one)
    }


def fill_the_rest(firm: ApiClient) -> None:
    """A row in each table of the firm that has none, with texts that can be recognised."""
    with owner(firm.house.database).begin() as connection:
        for table in METADATA.sorted_tables:
            mine = select(func.count()).select_from(table)
            if "organisation_id" in table.c:
                mine = mine.where(table.c.organisation_id == firm.organisation_id)
            # The act of SQLite's writer is a row that is of nobody between two acts.
            if table.name == "audit_act" or connection.scalar(mine):
                continue
            row = {column.name: a_value(table, column) for column in table.c if column.name != "id"}
            for constraint in table.constraints:
                if not isinstance(constraint, ForeignKeyConstraint):
                    continue
                name, target = constraint.elements[-1].parent.name, constraint.referred_table
                known = select(func.max(target.c.id))
                if "organisation_id" in target.c:
                    known = known.where(target.c.organisation_id == firm.organisation_id)
                row[name] = connection.scalar(known)
            if "organisation_id" in table.c:
                row["organisation_id"] = firm.organisation_id
            connection.execute(insert(table), [row])


def a_value(table: Table, column: Any) -> Any:
    kind = column.type
    if isinstance(kind, Enum):
        return next(iter(kind.enum_class or ["x"]))
    if isinstance(kind, String):
        return f"Secret of {table.name} {column.name}"[: kind.length or 80]
    for known, value in (
        (Boolean, False),
        (Integer, 1),
        (Instant, NOW),
        (Date, date(2026, 11, 21)),
        (LargeBinary, b"Secret"),
        (JSON, {"text": f"Secret of {table.name} {column.name}"}),
    ):
        if isinstance(kind, known):
            return None if known is JSON and column.nullable else value
    return None if column.nullable else 1
