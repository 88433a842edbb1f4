"""The acts of a sitting as the tests call them: plan, select, run, generate, make final."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

from jobs.running import Runner
from server.long_work import kinds_of
from tests.support.api import ApiClient

Row = dict[str, Any]

TOTALS = (
    "totals { currency invoices contracts items tickets hours"
    " net { amount } vat { amount } gross { amount } }"
)
BATCH = f"""
id name state grouping cutOff planHash version {TOTALS}
invoiceCounts {{ proposed generated failed dropped }}
job {{ id kind status cancellable progress {{ phase done total }} userErrors {{ code message }} }}
"""
ERRORS = "userErrors { code severity message field fix }"
BLOCKERS = "blockers { code since until mutation message fix }"
CONTRACTS = f"""
query($batch: ID!, $filter: BatchContractFilter, $sort: BatchContractSort, $page: PageInput) {{
  batchContracts(batchId: $batch, filter: $filter, sort: $sort, page: $page) {{
    totalCount
    pageInfo {{ hasNextPage endCursor }}
    nodes {{
      id type taxable state currency selectedItems
      client {{ id name }} project {{ id code }} contract {{ id name }} entity {{ id code }}
      totalBalance {{ amount currency }} selectedBalance {{ amount }} unbilled {{ amount }}
      {BLOCKERS}
      items {{
        key kind amount {{ amount }} unbilled {{ amount }} tickets hours hourlyRate
        periodStart periodEnd selectable selected phase {{ code }} {BLOCKERS}
      }}
    }}
  }}
}}
"""
INVOICES = """
query($batch: ID!, $states: [BatchInvoiceState!], $page: PageInput) {
  batchInvoices(batchId: $batch, states: $states, page: $page) {
    totalCount
    pageInfo { hasNextPage endCursor }
    nodes {
      id place state splits vatRegime commitmentNo language currency contracts tickets hours
      client { id name } entity { id code }
      net { amount } vat { amount } gross { amount }
      userErrors { code message } items { key amount { amount } }
      invoice {
        id number proFormaNumber state language net { amount } vat { amount } gross { amount }
        lines { description net { amount } taxCode { code } }
      }
    }
  }
}
"""


def act(api: ApiClient, mutation: str, **given: Any) -> Row:
    """What a mutation of batches answered; a new idempotency key unless one is given."""
    kind = f"{mutation[0].upper()}{mutation[1:]}Input"
    if mutation not in ("batchRefresh", "batchSelect", "batchUpdate"):
        given.setdefault("idempotencyKey", str(uuid4()))
    answer: Row = api.query(
        f"mutation($input: {kind}!) {{ {mutation}(input: $input) {{"
        f" batch {{ {BATCH} }} {ERRORS} replayed }} }}",
        input=given,
    )[mutation]
    return answer


def done(api: ApiClient, mutation: str, **given: Any) -> Row:
    """The batch after an act that nothing was refused of."""
    answer = act(api, mutation, **given)
    assert answer["userErrors"] == [], answer
    found: Row = answer["batch"]
    return found


def listed(api: ApiClient, name: str = "Novembre", **given: Any) -> Row:
    """A batch with everything that is due selected."""
    return done(api, "batchPlan", name=name, **given)


def saved(api: ApiClient, batch: Row) -> Row:
    """The batch once its selection is held and its invoices are proposed."""
    return done(api, "batchRun", id=batch["id"], planHash=batch["planHash"])


def generated(api: ApiClient, batch: Row) -> Row:
    """The batch once its pro formas are made, by the job that was asked for."""
    return worked(api, done(api, "batchGenerate", id=batch["id"]))


def finalised(api: ApiClient, batch: Row, **given: Any) -> Row:
    """The batch once its pro formas are final."""
    return worked(api, done(api, "batchFinalise", id=batch["id"], **given))


def worked(api: ApiClient, batch: Row, *, told: Callable[[], None] = lambda: None) -> Row:
    """The batch once its last job is done, here and now; `told` hears each word it says."""
    runner = Runner(api.house.database, kinds_of(api.house), api.house.clock)
    job = int(batch["job"]["id"].rpartition("_")[2])
    runner.run(job, api.organisation_id, lambda job, progress: told())
    return the_batch(api, batch["id"])


def the_batch(api: ApiClient, batch_id: str) -> Row:
    found: Row = api.query(f"query($id: ID!) {{ batch(id: $id) {{ {BATCH} }} }}", id=batch_id)[
        "batch"
    ]
    return found


def contracts(api: ApiClient, batch_id: str, **filter: Any) -> list[Row]:
    """The list of a batch, all pages of it."""
    found, after = [], None
    while True:
        page = {"first": 100, "after": after}
        asked = api.query(CONTRACTS, batch=batch_id, filter=filter, page=page)["batchContracts"]
        found += asked["nodes"]
        if not asked["pageInfo"]["hasNextPage"]:
            assert len(found) == asked["totalCount"]
            return found
        after = asked["pageInfo"]["endCursor"]


def of_project(api: ApiClient, batch_id: str, code: str, type: str) -> Row:
    """The contract of a type, of a project, in the list of a batch."""
    (found,) = contracts(api, batch_id, text=code, types=[type])
    return found


def proposals(api: ApiClient, batch_id: str, **asked: Any) -> list[Row]:
    """The invoices of a batch, all pages of them."""
    found, after = [], None
    while True:
        page = {"first": 100, "after": after}
        told = api.query(INVOICES, batch=batch_id, page=page, **asked)["batchInvoices"]
        found += told["nodes"]
        if not told["pageInfo"]["hasNextPage"]:
            return found
        after = told["pageInfo"]["endCursor"]


def choose(api: ApiClient, batch_id: str, *choices: Row) -> Row:
    """The batch with these included or left out, in that order."""
    return done(api, "batchSelect", id=batch_id, choices=list(choices))


def only(api: ApiClient, batch_id: str, *contract_ids: str) -> Row:
    """The batch with nothing but what is ready of these contracts."""
    nothing = {"selected": False, "filter": {}}
    return choose(api, batch_id, nothing, {"selected": True, "contractIds": list(contract_ids)})


def sums(rows: list[Row], *, of: str | None = None) -> dict[str, tuple[Decimal, Decimal]]:
    """Net and VAT by currency of invoices, or of what they stand for (`of`)."""
    found: dict[str, tuple[Decimal, Decimal]] = {}
    for row in rows:
        shown = row[of] if of else row
        net, vat = found.get(row["currency"], (Decimal(0), Decimal(0)))
        added = Decimal(shown["net"]["amount"]), Decimal(shown["vat"]["amount"])
        found[row["currency"]] = (net + added[0], vat + added[1])
    return found


def told(batch: Row) -> dict[str, tuple[Decimal, Decimal]]:
    """Net and VAT by currency, as the live totals of a batch tell them."""
    return {
        one["currency"]: (Decimal(one["net"]["amount"]), Decimal(one["vat"]["amount"]))
        for one in batch["totals"]
    }


def codes(answer: Row) -> list[str]:
    """The codes an answer gives."""
    return [error["code"] for error in answer["userErrors"]]
