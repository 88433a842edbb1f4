"""What many people do at once to a few projects: each act picks among what all have made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any
from uuid import uuid4

from tests.api.batches.acts import act as batch_act
from tests.api.batches.acts import proposals, the_batch, worked
from tests.api.batches.example import a_contract, worked_on
from tests.api.invoices.acts import DELETE, account_line, blank, change, final
from tests.api.invoices.paying_acts import act, fee_project, looked, pay
from tests.api.invoices.project_acts import line_on
from tests.api.invoices.test_any_sequence import ADJUST, PROGRESS
from tests.api.takeover.sheets import book
from tests.api.takeover.test_revert import revert
from tests.support.api import ApiClient
from tests.support.documents import DRAW
from tests.support.takeover import confirm, phases_of, project, send

Row = dict[str, Any]

FEES = (("10000.01", "20"), ("333.33", "10"), ("4999.99", "5.5"))
SHEETS = ("phases", "progress", "history", "adjustments")
_LOWER = """
mutation($id: ID!, $fee: Decimal!) {
  phaseUpdate(input: { id: $id, fee: $fee }) { userErrors { code } }
}
"""
_DELETE_BATCH = """
mutation($id: ID!, $key: ID!) {
  batchDelete(input: { id: $id, idempotencyKey: $key }) { userErrors { code } }
}
"""
_PAST = """
mutation($item: BillingHistoryItem!, $key: ID!) {
  billingHistoryRecord(input: { item: $item, idempotencyKey: $key }) { userErrors { code } }
}
"""


@dataclass
class Office:
    """Two projects by progress, a retainer and time of one client, and what was made of them."""

    api: ApiClient
    projects: list[str] = field(default_factory=list)
    phases: list[str] = field(default_factory=list)
    drafts: list[str] = field(default_factory=list)
    finals: list[str] = field(default_factory=list)
    deposits: list[str] = field(default_factory=list)
    payments: list[str] = field(default_factory=list)
    batches: list[str] = field(default_factory=list)
    imports: list[Row] = field(default_factory=list)

    def open(self) -> None:
        client = self.api.query('{ client(id: "client_1") { code } }')["client"]["code"]
        for code in ("ST-0", "ST-1"):
            self.projects.append(fee_project(self.api, code, *FEES)["id"])
            self.phases += [one["id"] for one in phases_of(project(self.api, code))]
        monthly = {"fee": "1500.00", "startDate": "2026-09-15", "periodicity": "MONTH"}
        a_contract(self.api, "ST-R", client, monthly, billingMethod="RETAINER")
        hourly = {"fee": "0", "hourlyRate": "85.00"}
        a_contract(self.api, "ST-T", client, hourly, billingMethod="TIME_AND_MATERIALS")
        worked_on(self.api, "ST-T", ("2026-10-02", "3"), ("2026-10-03", "4.25"))
        self.projects += [project(self.api, code)["id"] for code in ("ST-R", "ST-T")]


Act = Callable[[Office, Random], Row | None]
"""Does something, and returns what was answered; None where there was nothing to do it to."""


def money(chance: Random) -> str:
    return f"{Decimal(chance.randrange(1, 90_000)) / 100}"


def late(made: list[Any], chance: Random) -> Any:
    """One of the last that were made: others are at it, too."""
    return chance.choice(made[-6:])


def draw(office: Office, chance: Random) -> Row:
    basis = chance.choice(("REMAINING", "PROGRESS"))
    answer: Row = office.api.query(
        DRAW, client="client_1", project=chance.choice(office.projects), key=_key(), basis=basis
    )["invoiceCreateFromProject"]
    if answer["invoice"]:
        office.drafts.append(answer["invoice"]["id"])
    return answer


def write(office: Office, chance: Random) -> Row:
    key = blank(office.api)["id"]
    on_phase = line_on(chance.choice(office.phases), money(chance))
    line = chance.choice((account_line(money(chance)), on_phase))
    answer = change(office.api, key, lines=[line])
    office.drafts.append(key)
    return answer


def rewrite(office: Office, chance: Random) -> Row | None:
    if not office.drafts:
        return None
    line = line_on(chance.choice(office.phases), money(chance))
    return change(office.api, late(office.drafts, chance), lines=[line])


def make_final(office: Office, chance: Random) -> Row | None:
    if not office.drafts:
        return None
    key = late(office.drafts, chance)
    answer = final(office.api, key)
    if answer["invoice"]:
        office.finals.append(key)
    return answer


def delete(office: Office, chance: Random) -> Row | None:
    if not office.drafts or chance.random() < 0.6:
        return None
    answer: Row = office.api.query(DELETE, id=late(office.drafts, chance))["invoiceDelete"]
    return answer


def credit(office: Office, chance: Random) -> Row | None:
    """All that is left, or half a line."""
    if not office.finals:
        return None
    key = late(office.finals, chance)
    if chance.random() < 0.5:
        return act(office.api, "invoiceCredit", id=key)
    line = chance.choice(looked(office.api, key)["lines"])
    half = (Decimal(line["net"]["amount"]) / 2).quantize(Decimal("0.01"))
    return act(
        office.api, "invoiceCredit", id=key, lines=[{"lineId": line["id"], "amount": str(half)}]
    )


def replace(office: Office, chance: Random) -> Row | None:
    if not office.finals:
        return None
    answer = act(office.api, "invoiceReplace", id=late(office.finals, chance), reason="r")
    if answer["invoice"]:
        office.drafts.append(answer["invoice"]["id"])
    return answer


def ask_deposit(office: Office, chance: Random) -> Row:
    job = chance.choice(office.projects[:2])
    answer = act(office.api, "depositInvoiceCreate", projectId=job, amount=money(chance))
    if answer["invoice"] and final(office.api, answer["invoice"]["id"])["invoice"]:
        office.deposits.append(answer["invoice"]["id"])
        office.finals.append(answer["invoice"]["id"])
    return answer


def deduct(office: Office, chance: Random) -> Row | None:
    if not office.drafts or not office.deposits:
        return None
    name = chance.choice(("invoiceDeductDeposit", "invoiceDeductDeposit", "invoiceUndeductDeposit"))
    draft, deposit = late(office.drafts, chance), late(office.deposits, chance)
    return act(office.api, name, id=draft, depositId=deposit)


def receive(office: Office, chance: Random) -> Row:
    how: Row = {"autoAllocate": True} if chance.random() < 0.6 else {"allocations": []}
    answer = pay(office.api, money(chance), **how)
    if answer["payment"]:
        office.payments.append(answer["payment"]["id"])
    return answer


def set_against(office: Office, chance: Random) -> Row | None:
    if not office.payments or not office.finals:
        return None
    key, invoice = late(office.payments, chance), late(office.finals, chance)
    if chance.random() < 0.3:
        return act(office.api, "paymentUnallocate", id=key, invoiceId=invoice)
    return act(office.api, "paymentAllocate", id=key, allocations=[{"invoiceId": invoice}])


def cancel(office: Office, chance: Random) -> Row | None:
    if not office.payments or chance.random() < 0.6:
        return None
    return act(office.api, "paymentCancel", id=late(office.payments, chance), reason="r")


def correct(office: Office, chance: Random) -> Row:
    """The fee, what is written off, what was billed before, progress."""
    phase = chance.choice(office.phases)
    kind = chance.choice(("FEE", "WRITE_OFF", "BILLED", "past", "fee", "progress"))
    cents = f"{Decimal(chance.choice((-1, 1)) * chance.randrange(1, 5000)) / 100}"
    answer: Row
    if kind == "past":
        item = {"phaseId": phase, "amount": money(chance), "invoiceDate": "2026-01-31"}
        item["invoiceNo"] = _key()[:8]
        answer = office.api.query(_PAST, item=item, key=_key())["billingHistoryRecord"]
    elif kind == "fee":
        answer = office.api.query(_LOWER, id=phase, fee=money(chance))["phaseUpdate"]
    elif kind == "progress":
        percent = str(chance.randrange(101))
        answer = office.api.query(PROGRESS, phase=phase, percent=percent)["progressRecord"]
    else:
        item = {"phaseId": phase, "kind": kind, "value": cents}
        item |= {"reason": "r", "date": "2026-11-20"}
        answer = office.api.query(ADJUST, item=item, key=_key())["adjustmentRecord"]
    return answer


def take_in(office: Office, chance: Random) -> Row | None:
    """A sheet of one row, confirmed as it was reviewed."""
    kind = chance.choice(SHEETS)
    number, phase = chance.randrange(2), f"P{chance.randrange(3)}"
    review = send(office.api, book(kind, _cells(kind, f"ST-{number}", phase, chance)), kind=kind)
    if not review["reviewHash"]:
        return None
    answer = confirm(office.api, review, warnings=True)
    if answer["importFile"] and answer["importFile"]["state"] == "APPLIED":
        office.imports.append(review)
    return answer


def _cells(kind: str, job: str, phase: str, chance: Random) -> Row:
    if kind == "phases":
        told = {"A": "RIV-PAR", "B": job, "C": "Mission", "D": f"Phase {phase[1:]}", "E": phase}
        return {**told, "F": float(money(chance)), "I": "EUR"}
    where = {"C": job, "E": "Mission", "F": phase}
    if kind == "progress":
        return {**where, "K": chance.randrange(101), "L": date(2026, 11, 20)}
    if kind == "history":
        return {**where, "K": float(money(chance)), "L": date(2026, 1, 31), "M": _key()[:6]}
    nature = chance.choice(("Honoraires", "Facturé"))
    cents = chance.choice((-1, 1)) * chance.randrange(1, 500)
    return {**where, "K": cents, "L": date(2026, 11, 1), "M": "r", "N": nature}


def take_back(office: Office, chance: Random) -> Row | None:
    return revert(office.api, late(office.imports, chance)) if office.imports else None


def plan(office: Office, chance: Random) -> Row:
    where = {"projectIds": office.projects}
    answer = batch_act(office.api, "batchPlan", name="Lot", filter=where)
    if answer["batch"]:
        office.batches.append(answer["batch"]["id"])
    return answer


def go_on(office: Office, chance: Random) -> Row | None:
    """Runs a batch, makes its invoices, makes them final, drops one of them, or all."""
    if not office.batches:
        return None
    key, api = late(office.batches, chance), office.api
    step = chance.choice(("batchRun", "batchGenerate", "batchFinalise", "batchDrop", "delete"))
    if step == "delete":
        answer: Row = api.query(_DELETE_BATCH, id=key, key=_key())["batchDelete"]
        return answer
    if step == "batchRun":
        found = the_batch(api, key)
        return batch_act(api, step, id=key, planHash=found["planHash"]) if found else None
    if step == "batchDrop":
        some = proposals(api, key) if the_batch(api, key) else []
        return batch_act(api, step, id=key, invoiceIds=[some[0]["id"]]) if some else None
    answer = batch_act(api, step, id=key)
    if answer["batch"] and not answer["userErrors"]:
        worked(api, answer["batch"])
        made = [one["invoice"]["id"] for one in proposals(api, key) if one["invoice"]]
        (office.drafts if step == "batchGenerate" else office.finals).extend(made)
    return answer


ACTS: tuple[Act, ...] = (
    *(draw, draw, write, rewrite, make_final, make_final, make_final, delete),
    *(credit, credit, replace, ask_deposit, deduct, deduct, receive, receive, set_against),
    *(set_against, cancel, correct, correct, correct, take_in, take_in, take_in, take_back),
    *(plan, go_on, go_on, go_on),
)


def _key() -> str:
    return str(uuid4())
