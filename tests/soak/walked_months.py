"""What people of a firm do in any order over months: billing, crediting, being paid, undoing it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from tests.api.batches import acts as batches
from tests.api.invoices.acts import DELETE
from tests.api.invoices.exporting_acts import EXPORT
from tests.api.invoices.paying_acts import BULK as PAY_ALL
from tests.api.invoices.paying_acts import act
from tests.soak.walked_billing import Billing
from tests.soak.walked_firm import RATES, Row, once, rounded

FINALISE = """
mutation($input: InvoiceFinaliseInput!) {
  invoiceFinalise(input: $input) { invoice { id number } userErrors { code message } }
}
"""
FINALISE_ALL = """
mutation($input: InvoicesBulkFinaliseInput!) {
  invoicesBulkFinalise(input: $input) {
    results { outcome node { id } userErrors { code } } userErrors { code }
  }
}
"""
CREDIT_ALL = """
mutation($input: InvoicesBulkCreditInput!) {
  invoicesBulkCredit(input: $input) { results { userErrors { code } } userErrors { code } }
}
"""


@dataclass
class Walk(Billing):
    """All that is done in those months."""

    def step(self) -> str:
        """One act, and now and then some days."""
        chance = self.firm.chance
        if chance.random() < 0.2:
            self.firm.go_to(self.firm.today + timedelta(days=chance.randrange(1, 7)))
        name = chance.choice(ACTS)
        self.told[name] += 1
        getattr(self, f"_{name}")()
        return name

    # Deposits

    def _deposit(self) -> None:
        project, chance = self._some_project(), self.firm.chance
        size: Row = {"percent": chance.choice(("10", "33.33"))}
        if chance.random() < 0.5:
            size = {"amount": str(self.firm.amount(project["currency"], 900))}
        size["ledgerAccount"] = chance.choice((None, "419200"))
        answer = act(self.firm.api, "depositInvoiceCreate", projectId=project["id"], **size)
        if self._noted(answer, "deposit")["invoice"]:
            self.deposits.append(answer["invoice"]["id"])
            self.drafts.append(answer["invoice"]["id"])
            self._final(answer["invoice"]["id"])

    def _deducted(self) -> None:
        """From papers of the same client, else it is refused."""
        if not (self.drafts and self.deposits):
            return
        deposit = self._seen(self.firm.chance.choice(self.deposits))
        for key in self.drafts[-6:]:
            draft = self._seen(key)
            if draft["client"] == deposit["client"] and draft["entity"] == deposit["entity"]:
                asked = {"id": key, "depositId": deposit["id"]}
                if self.firm.chance.random() < 0.4:
                    asked["amount"] = str(self.firm.amount(deposit["currency"], 300))
                self._noted(act(self.firm.api, "invoiceDeductDeposit", **asked), "deducted")
                if self.firm.chance.random() < 0.1:
                    asked.pop("amount", None)
                    self._noted(act(self.firm.api, "invoiceUndeductDeposit", **asked), "undeducted")

    # Papers

    def _final(self, key: str) -> None:
        asked: Row = {"id": key, "issueDate": self._back(5), "idempotencyKey": once()}
        rate = self._rate(self._seen(key)["currency"], asked["issueDate"])
        answer = self.firm.api.query(FINALISE, input=asked | rate)["invoiceFinalise"]
        self._noted(answer, "final")
        if answer["invoice"]:
            self._became_final(key)

    def _became_final(self, key: str) -> None:
        if key in self.drafts:
            self.drafts.remove(key)
        self.finals.append(key)

    def _rate(self, currency: str, on: str) -> Row:
        if currency == "EUR":
            return {}
        return {"euroRate": {"rate": str(self.firm.rate(currency)), "on": on, "source": "BCE"}}

    def _made_final(self) -> None:
        for key in self.firm.chance.sample(self.drafts, min(2, len(self.drafts))):
            self._final(key)

    def _made_final_together(self) -> None:
        keys, day = self.drafts[:4], self._back(0)
        items = [{"id": key, **self._rate(self._seen(key)["currency"], day)} for key in keys]
        asked = {"items": items, "idempotencyKey": once(), "errorPolicy": "REJECT_FAILED_ROWS"}
        answer = self.firm.api.query(FINALISE_ALL, input=asked)["invoicesBulkFinalise"]
        self._noted(answer, "final_all")
        for result in answer["results"]:
            if self._noted(result, "final_all")["outcome"] == "UPDATED":
                self._became_final(result["node"]["id"])

    def _batched(self) -> None:
        api, chance = self.firm.api, self.firm.chance
        grouping = chance.choice(("PER_CLIENT", "PER_CONTRACT"))
        chosen = {"clientIds": [self._some_client()["id"] for _ in range(2)]}
        answer = batches.act(api, "batchPlan", name="Lot", grouping=grouping, filter=chosen)
        batch = self._noted(answer, "batch")["batch"]
        if batch is None or not batch["totals"]:
            return
        answer = batches.act(api, "batchRun", id=batch["id"], planHash=batch["planHash"])
        if self._noted(answer, "batch")["batch"] is None:
            return
        batch = batches.generated(api, batch)
        rates = [
            {"currency": one["currency"], **self._rate(one["currency"], self._back(0))["euroRate"]}
            for one in batch["totals"] if one["currency"] != "EUR"
        ]  # fmt: skip
        if chance.random() < 0.7:
            answer = batches.act(api, "batchFinalise", id=batch["id"], euroRates=rates)
            if self._noted(answer, "batch")["batch"]:
                batches.worked(api, answer["batch"])
        for one in batches.proposals(api, batch["id"]):
            if one["invoice"]:
                is_final = one["invoice"]["number"] is not None
                (self.finals if is_final else self.drafts).append(one["invoice"]["id"])

    # Corrections

    def _credited(self) -> None:
        if not self.finals:
            return
        chance = self.firm.chance
        paper = self._seen(chance.choice(self.finals))
        asked: Row = {"id": paper["id"], "reason": "r", "issueDate": self._back(3, 0.1)}
        how = chance.random()
        if how < 0.65:
            asked["lines"] = self._lines_credited(paper, by_quantity=how < 0.3)
        self._noted(act(self.firm.api, "invoiceCredit", **asked), "credited")

    def _lines_credited(self, paper: Row, *, by_quantity: bool) -> list[Row]:
        chance = self.firm.chance
        priced = [one for one in paper["lines"] if one["kind"] != "TEXT"]
        chosen = chance.sample(priced, chance.randrange(1, len(priced) + 1))
        part = chance.choice((Decimal("0.25"), Decimal("0.3337"), Decimal(1)))
        found = []
        for one in chosen:
            left = Decimal(one["net"]["amount"]) - Decimal(one["credited"]["amount"])
            if by_quantity:
                quantity = (Decimal(one["quantity"]) * part).quantize(Decimal("0.0001"))
                found.append({"lineId": one["id"], "quantity": str(quantity)})
            else:
                amount = rounded(left * part, paper["currency"])
                found.append({"lineId": one["id"], "amount": str(amount)})
        return found

    def _credited_together(self) -> None:
        """Some in parts, some whole; what cannot be credited is left out."""
        chance = self.firm.chance
        items: list[Row] = []
        for key in chance.sample(self.finals, min(2, len(self.finals))):
            items.append({"id": key, "reason": "r"})
            if chance.random() < 0.7:
                items[-1]["lines"] = self._lines_credited(self._seen(key), by_quantity=False)
        asked = {"items": items, "idempotencyKey": once(), "errorPolicy": "REJECT_FAILED_ROWS"}
        if items and chance.random() < 0.4:
            answer = self.firm.api.query(CREDIT_ALL, input=asked)["invoicesBulkCredit"]
            for result in self._noted(answer, "credit_all")["results"]:
                self._noted(result, "credit_all")

    def _replaced(self) -> None:
        if self.finals and self.firm.chance.random() < 0.6:
            key = self.firm.chance.choice(self.finals)
            answer = act(self.firm.api, "invoiceReplace", id=key, reason="r")
            self._kept(answer, "replaced")

    def _past_credited(self) -> None:
        if not self.past:
            return
        project, number = self.firm.chance.choice(self.past)
        found = self.firm.projects[project]
        rate = self._rate(found["currency"], self._back(0))
        asked = {"projectId": found["id"], "invoiceNo": number, "reason": "r"} | rate
        self._noted(act(self.firm.api, "pastInvoiceCredit", **asked), "past_credited")

    # Money

    def _paid(self) -> None:
        """All that is due, a part of it, or more."""
        if not self.finals:
            return
        chance = self.firm.chance
        paper = self._seen(chance.choice(self.finals))
        due = Decimal(paper["netDue"]["amount"])
        amount = rounded(
            due * chance.choice((1, 1, Decimal("0.4"), Decimal("1.1"))), paper["currency"]
        )
        if amount <= 0:
            return
        share: Row = {"invoiceId": paper["id"]}
        if chance.random() < 0.3:
            share["amount"] = str(min(due, rounded(amount / 3, paper["currency"])))
        self._received(
            paper["client"]["code"], paper["entity"]["id"], amount, currency=paper["currency"],
            allocations=[share],
        )  # fmt: skip

    def _paid_any(self) -> None:
        """In advance, or for whatever is due."""
        project = self._some_project()
        client = project["client"]
        entity = self.firm.entities[project["entity"]]
        automatic = self.firm.chance.random() < 0.6
        amount = self.firm.amount(project["currency"], 4000)
        self._received(
            client["code"], entity, amount, currency=project["currency"], autoAllocate=automatic
        )

    def _received(self, client: str, entity: str, amount: Decimal, **how: Any) -> None:
        answer = act(
            self.firm.api, "paymentRecord", clientId=self.firm.clients[client]["id"],
            entityId=entity, amount=str(amount), receivedOn=self._back(12), **how,
        )  # fmt: skip
        if self._noted(answer, "paid")["payment"]:
            self.payments.append(answer["payment"]["id"])

    def _paid_together(self) -> None:
        """A statement of the bank: each payment sees what those before it have paid."""
        items = []
        for _ in range(3):
            project = self._some_project()
            items.append(
                {
                    "clientId": project["client"]["id"], "currency": project["currency"],
                    "entityId": self.firm.entities[project["entity"]], "autoAllocate": True,
                    "amount": str(self.firm.amount(project["currency"], 2500)),
                    "receivedOn": self._back(12),
                }
            )  # fmt: skip
        asked = {"items": items, "idempotencyKey": once()}
        answer = self.firm.api.query(PAY_ALL, input=asked)["paymentsBulkRecord"]
        self._noted(answer, "paid_together")
        self.payments += [one["node"]["id"] for one in answer["results"] if one["node"]]

    def _set_against(self) -> None:
        if self.payments:
            key = self.firm.chance.choice(self.payments)
            answer = act(self.firm.api, "paymentAllocate", id=key, autoAllocate=True)
            self._noted(answer, "allocated")

    def _taken_off(self) -> None:
        if not self.payments:
            return
        chance, key = self.firm.chance, self.firm.chance.choice(self.payments)
        text = "query($id: ID!) { payment(id: $id) { allocations { invoice { id } } } }"
        shares = self.firm.api.query(text, id=key)["payment"]["allocations"]
        if shares:
            asked: Row = {"id": key, "invoiceId": chance.choice(shares)["invoice"]["id"]}
            if chance.random() < 0.3:
                asked["amount"] = "1"
            self._noted(act(self.firm.api, "paymentUnallocate", **asked), "taken_off")

    def _exported(self) -> None:
        """The entries of some days, which have their numbers from then on."""
        first = self._back(60, 1)
        asked = {
            "format": "FEC", "filter": {"issuedFrom": first, "issuedTo": self._back(10)},
            "includePayments": self.firm.chance.random() < 0.5, "idempotencyKey": once(),
            "euroRates": [{"currency": key, "rate": rate} for key, rate in RATES.items()],
        }  # fmt: skip
        self._noted(self.firm.api.query(EXPORT, input=asked)["invoicesExport"], "exported")

    def settle(self) -> None:
        """All that is due is paid, and all that is left over is set against it."""
        for key in self.payments:
            act(self.firm.api, "paymentAllocate", id=key, autoAllocate=True)
        for key in self.finals:
            paper = self._seen(key)
            if (due := Decimal(paper["netDue"]["amount"])) > 0:
                self._received(
                    paper["client"]["code"], paper["entity"]["id"], due,
                    currency=paper["currency"], allocations=[{"invoiceId": key}],
                )  # fmt: skip

    def undo(self) -> None:
        """All pro formas are deleted, all papers credited, deposits last, payments cancelled."""
        for key in self.drafts:
            self._noted(self.firm.api.query(DELETE, id=key)["invoiceDelete"], "undone")
        self.drafts.clear()
        for key in sorted(self.finals, key=lambda one: one in self.deposits):
            self._noted(act(self.firm.api, "invoiceCredit", id=key, reason="r"), "undone")
        for key in self.payments:
            answer = act(self.firm.api, "paymentCancel", id=key, reason="r")
            if answer["payment"]:
                self.cancelled[key] = self.firm.today

    def _bounced(self) -> None:
        if self.payments and self.firm.chance.random() < 0.5:
            key = self.firm.chance.choice(self.payments)
            answer = act(self.firm.api, "paymentCancel", id=key, reason="r")
            if self._noted(answer, "cancelled")["payment"]:
                self.cancelled[key] = self.firm.today


ACTS = (
    "progress", "progress", "work", "work", "correct", "took_over", "drawn", "drawn", "drawn",
    "drawn_for_client", "written", "written", "written", "discounted", "deleted", "deposit",
    "deducted", "deducted", "made_final", "made_final", "made_final", "made_final_together",
    "batched", "credited", "credited", "replaced", "past_credited", "paid", "paid", "paid",
    "paid_any", "paid_any", "set_against", "taken_off", "bounced", "exported",
    "paid_together", "credited_together",
)  # fmt: skip
"""Drawn from as often as they stand here."""
