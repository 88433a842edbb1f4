"""What is earned and billed: progress, time, corrections, the past, pro formas, deposits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tests.api.invoices.acts import BLANK, DELETE, UPDATE
from tests.api.invoices.project_acts import FOR_CLIENT
from tests.api.records.test_worked_time import ACT as ON_TIME
from tests.api.records.test_worked_time import MANY as TIME
from tests.soak.walked_firm import TAXED, UNTAXED, Row, once, rounded
from tests.soak.walked_state import Walked
from tests.support.documents import DRAW

PROGRESS = """
mutation($phase: ID!, $percent: Decimal!, $on: Date) {
  progressRecord(input: { phaseId: $phase, percent: $percent, asOf: $on }) { userErrors { code } }
}
"""
RECORD = """
mutation($input: %sRecordInput!) { %sRecord(input: $input) { node { id } userErrors { code } } }
"""


@dataclass
class Billing(Walked):
    """Before anything is final."""

    # What is earned

    def _progress(self) -> None:
        for _ in range(3):
            percent = f"{self.firm.chance.randrange(0, 10001) / 100:.2f}"
            key, on = self._some_phase("FIXED_FEE_PROGRESS")["id"], self._back(20)
            self.firm.api.query(PROGRESS, phase=key, percent=percent, on=on)
            self.progress.append((key, date.fromisoformat(on), Decimal(percent)))

    def done(self, phase: str, on: date) -> Decimal:
        """The percent of a phase in force that day: of the last day before, of that the last."""
        known = [
            (day, place)
            for place, (key, day, _) in enumerate(self.progress)
            if key == phase and day <= on
        ]
        return self.progress[max(known)[1]][2] if known else Decimal(0)

    def _work(self) -> None:
        chance, items = self.firm.chance, []
        for _ in range(4):
            method = chance.choice(("TIME_AND_MATERIALS", "PREPAID_HOURS"))
            phase = self._some_phase(method)
            items.append(
                {
                    "date": self._back(30, 0.7), "email": f"p{chance.randrange(1, 3)}@firm.example",
                    "projectCode": phase["project"], "contract": phase["contract"],
                    "phaseCode": phase["code"], "hours": f"{chance.randrange(1, 40) / 4:.2f}",
                    "billable": chance.random() < 0.9,
                }
            )  # fmt: skip
        asked = {"items": items, "idempotencyKey": once(), "match": "NOTHING"}
        answer = self.firm.api.query(TIME, input=asked)["timeEntriesBulkRecord"]
        for result in answer["results"]:
            self._noted(result, "work")
        keys = [one["node"]["id"] for one in answer["results"] if one["node"]]
        self._on_time("timeEntriesApprove", "TimeEntriesApprove", ids=keys)
        if keys and chance.random() < 0.1:
            self._on_time("timeEntriesWriteOff", "TimeEntriesWriteOff", ids=keys[:1], reason="r")

    def _on_time(self, name: str, kind: str, **asked: Any) -> None:
        text = ON_TIME % (kind, name)
        self._noted(
            self.firm.api.query(text, input={"idempotencyKey": once(), **asked})[name], name
        )

    def _correct(self) -> None:
        phase, chance = self._some_phase(), self.firm.chance
        value = self.firm.amount(self._currency(phase), 300) * chance.choice((1, -1))
        item = {
            "phaseId": phase["id"], "kind": chance.choice(("FEE", "BILLED", "WRITE_OFF")),
            "reason": "r", "date": self._back(40), "value": str(value),
        }  # fmt: skip
        if self._recorded("adjustment", "Adjustment", item):
            day = date.fromisoformat(item["date"])
            self.corrections.append((phase["id"], item["kind"], value, day))

    def _currency(self, phase: Row) -> str:
        found: str = self.firm.projects[phase["project"]]["currency"]
        return found

    def _took_over(self) -> None:
        phase = self._some_phase("FIXED_FEE_PROGRESS")
        number = f"A-{len(self.past)}"
        item = {
            "phaseId": phase["id"], "amount": str(self.firm.amount(self._currency(phase), 900)),
            "invoiceDate": self._back(90), "invoiceNo": number, "vatRate": "20",
        }  # fmt: skip
        if self._recorded("billingHistory", "BillingHistory", item):
            self.past.append((phase["project"], number))
            day = date.fromisoformat(item["invoiceDate"])
            self.history.append((phase["id"], Decimal(item["amount"]), day))

    def _recorded(self, name: str, kind: str, item: Row) -> bool:
        asked = {"item": item, "idempotencyKey": once()}
        answer = self.firm.api.query(RECORD % (kind, name), input=asked)[f"{name}Record"]
        return bool(self._noted(answer, name)["node"])

    # Pro formas

    def _drawn(self) -> None:
        project, chance = self._some_project(), self.firm.chance
        choice: Row = {"basis": chance.choice(("REMAINING", "PROGRESS", "PROGRESS"))}
        if chance.random() < 0.3:
            phase = chance.choice(
                [one for one in self.firm.phases.values() if one["project"] == project["code"]]
            )
            if phase["method"] == "FIXED_FEE_PROGRESS":
                percent = f"{chance.randrange(1, 3000) / 100:.2f}"
                choice["phases"] = [{"phaseId": phase["id"], "percent": percent}]
        answer = self.firm.api.query(
            DRAW, client=project["client"]["id"], project=project["id"], key=once(), **choice
        )["invoiceCreateFromProject"]
        self._kept(answer, "drawn")

    def _drawn_for_client(self) -> None:
        client, entity = self._some_client(), self._some_project()["entity"]
        keys = [
            one["id"] for one in self.firm.projects.values()
            if (one["client"], one["entity"]) == (client, entity)
        ]  # fmt: skip
        asked = {"clientId": client["id"], "projectIds": keys, "idempotencyKey": once()}
        answer = self.firm.api.query(FOR_CLIENT, input=asked)["invoiceCreateForClient"]
        self._kept(answer, "for_client")

    def _kept(self, answer: Row, name: str) -> None:
        self._noted(answer, name)
        if answer["invoice"]:
            self.drafts.append(answer["invoice"]["id"])

    def _written(self) -> None:
        """By hand: several rates, rebates, odd quantities and prices, now and then on phases."""
        project, chance = self._some_project(), self.firm.chance
        entity = self.firm.entities[project["entity"]]
        client = project["client"]
        answer = self.firm.api.query(BLANK, client=client["id"], entity=entity, key=once())
        key = answer["invoiceCreate"]["invoice"]["id"]
        codes = chance.sample((*TAXED, *UNTAXED[1:]), 2)
        lines = [self._line(project["currency"], codes) for _ in range(chance.randrange(1, 6))]
        if chance.random() < 0.4:
            phases = [one for one in self.firm.phases.values() if one["project"] == project["code"]]
            lines[0] |= {"kind": "PROJECT", "phaseId": chance.choice(phases)["id"]}
        if chance.random() < 0.2:
            lines.insert(1, {"kind": "TEXT", "description": "Selon devis"})
        terms: Row = {"lines": lines}
        if chance.random() < 0.3:
            terms["dueDate"] = (self.firm.today + timedelta(days=chance.randrange(60))).isoformat()
        if chance.random() < 0.3:
            terms["paymentDays"] = chance.randrange(61)
        told = self.firm.api.query(UPDATE, input={"id": key, **terms})["invoiceUpdate"]
        self._noted(told, "written")
        self.drafts.append(key)

    def _line(self, currency: str, codes: list[str]) -> Row:
        chance = self.firm.chance
        quantity = chance.choice(("1", "1", "3", "7.75", "0.3333", "-1", "12.5"))
        price = self.firm.amount(currency, 500) * chance.choice((0, *(1,) * 15))
        if chance.random() < 0.2:
            price += Decimal(chance.randrange(1, 10**6)).scaleb(-6)
        if quantity == "-1":
            price /= 10
            price = rounded(price, currency)
        return {
            "kind": "ACCOUNT", "description": "Étude", "quantity": quantity,
            "unitPrice": str(price), "taxCode": chance.choice(codes),
            "ledgerAccount": chance.choice(("706000", "706100", "708500")),
            "discount": chance.choice((None, None, None, "10", "33.3333")),
        }  # fmt: skip

    def _discounted(self) -> None:
        if not self.drafts:
            return
        key, percent = self.firm.chance.choice(self.drafts), self.firm.chance.choice(("5", "12.5"))
        lines = [
            {
                "id": one["id"], "kind": one["kind"], "description": one["description"],
                "quantity": one["quantity"], "unitPrice": one["unitPrice"],
                "taxCode": one["taxCode"] and one["taxCode"]["code"],
                "ledgerAccount": one["ledgerAccount"], "discount": percent,
                "phaseId": one["phase"] and one["phase"]["id"],
            }
            for one in self._seen(key)["lines"] if one["kind"] != "TEXT"
        ]  # fmt: skip
        answer = self.firm.api.query(UPDATE, input={"id": key, "lines": lines})["invoiceUpdate"]
        self._noted(answer, "discounted")

    def _deleted(self) -> None:
        if self.drafts and self.firm.chance.random() < 0.5:
            key = self.firm.chance.choice(self.drafts)
            answer = self.firm.api.query(DELETE, id=key)["invoiceDelete"]
            if self._noted(answer, "deleted")["deletedId"]:
                self.drafts.remove(key)
                self.deposits = [one for one in self.deposits if one != key]
