"""The acts on settings and catalogues as the tests call them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from tests.support.api import ApiClient

Row = dict[str, Any]

ORGANISATION = "id name locale currency footerMessageFr footerMessageEn vatNumberMandatory timeZone"
ENTITY = (
    "id code name legalForm capital address country currency siren siret vatNumber rcs email phone"
    " iban bic fiscalYearStart invoiceSeries creditNoteSeries vatOnDebits paymentDays legalTexts"
    " hasLogo archivedAt version"
)
PRODUCT = (
    "id sku name unit unitPrice currency ledgerAccount taxCode { code } active archivedAt version"
)
TAX_CODE = (
    "id code rate category country exemption reasonCode mention vatAccount archivedAt version"
)
ACCOUNT = "id number label accountType archivedAt version"
ERRORS = "userErrors { code severity message field found expected fix }"

_NOUNS = {
    "organisation": ORGANISATION,
    "entity": ENTITY,
    "product": PRODUCT,
    "taxCode": TAX_CODE,
    "ledgerAccount": ACCOUNT,
}

AN_ENTITY: Row = {
    "code": "RIV-NTE",
    "name": "Rivage Nantes",
    "address": "5 quai de la Fosse\n44000 Nantes",
    "invoiceSeries": "NTE",
    "creditNoteSeries": "NAV",
    "siren": "732829320",
    "siret": "73282932000074",
    "vatNumber": "FR44732829320",
}
A_PRODUCT: Row = {
    "sku": "maq-01",
    "name": "Maquette d'étude",
    "unit": "C62",
    "unitPrice": "850",
    "ledgerAccount": "706100",
    "taxCode": "FR-20",
}


def text_of(mutation: str) -> str:
    """The operation of entityCreate, productArchive, taxCodeUpdate …"""
    noun = next(name for name in _NOUNS if mutation.startswith(name))
    is_plain = mutation.endswith(("Archive", "Restore"))
    kind = "RecordInput" if is_plain else f"{mutation[0].upper()}{mutation[1:]}Input"
    return (
        f"mutation($input: {kind}!) {{ {mutation}(input: $input) {{"
        f" node {{ {_NOUNS[noun]} }} {ERRORS} }} }}"
    )


def act(api: ApiClient, mutation: str, **given: Any) -> Row:
    """The payload of an act: `node` and `userErrors`."""
    answer: Row = api.query(text_of(mutation), input=given)[mutation]
    return answer


def done(api: ApiClient, mutation: str, **given: Any) -> Row:
    """The record of an act that nothing was said against."""
    answer = act(api, mutation, **given)
    assert answer["userErrors"] == []
    node: Row = answer["node"]
    return node


def refused(api: ApiClient, mutation: str, **given: Any) -> list[str]:
    """The codes of an act that did nothing."""
    answer = act(api, mutation, **given)
    assert answer["node"] is None, answer
    return codes(answer)


def codes(answer: Row) -> list[str]:
    return [error["code"] for error in answer["userErrors"]]


def paths(answer: Row) -> list[str]:
    return [".".join(error["field"] or ()) for error in answer["userErrors"]]


def bulk(api: ApiClient, items: list[Row], **given: Any) -> Row:
    """The payload of productsBulkUpsert; a new key unless one is given."""
    given.setdefault("idempotencyKey", str(uuid4()))
    answer: Row = api.query(
        "mutation($input: ProductsBulkUpsertInput!) { productsBulkUpsert(input: $input) {"
        " counts { created updated unchanged skipped rejected } replayed"
        " results { index externalReference outcome changes { field before after }"
        f" node {{ {PRODUCT} }} {ERRORS} }} {ERRORS} }} }}",
        input={"items": items, **given},
    )["productsBulkUpsert"]
    return answer


def entity_coded(api: ApiClient, code: str) -> Row:
    """An entity of the firm by its code, archived or not."""
    nodes = api.query(f"{{ entities(filter: {{ archived: null }}) {{ nodes {{ {ENTITY} }} }} }}")
    found: Row = next(one for one in nodes["entities"]["nodes"] if one["code"] == code)
    return found


def tax_code(api: ApiClient, code: str) -> Row:
    found: Row = api.query(
        f"query($code: String!) {{ taxCodeByCode(code: $code) {{ {TAX_CODE} }} }}", code=code
    )["taxCodeByCode"]
    return found


def account(api: ApiClient, number: str) -> Row:
    found: Row = api.query(
        f"query($number: String!) {{ ledgerAccountByNumber(number: $number) {{ {ACCOUNT} }} }}",
        number=number,
    )["ledgerAccountByNumber"]
    return found
