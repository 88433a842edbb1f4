"""A firm of two legal persons, whose clients pay in five currencies, on the day it opens."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from tests.support.api import ApiClient
from tests.support.prepared import Calendar

Row = dict[str, Any]

FIRST = date(2026, 10, 1)
ENTITIES = ("RIV-PAR", "RIV-LYO")
ZONE = ZoneInfo("Europe/Paris")
RATES = {"USD": "0.8612", "CHF": "1.0734", "JPY": "0.00561", "TND": "0.29851234"}
"""Euros for one unit, about; each invoice has its own."""
DECIMALS = {"JPY": 0, "TND": 3}
VAT_ACCOUNTS = {"FR-20": "445720", "FR-10": "445711", "FR-5.5": "445755", "FR-2.1": "445721"}
TAXED = tuple(VAT_ACCOUNTS)
UNTAXED = ("AUTOLIQUIDATION", "EXONERATION_261", "HORS_CHAMP_TERRITORIAL", "EXPORT_262")

_CLIENTS = (
    ("ALPHA", "Foncière Alpha", "COMPANY", "FR", "EUR", "20"),
    ("BRUN", "Madame Brun", "INDIVIDUAL", "FR", "EUR", "10"),
    ("COMM", "Commune de l'Étang", "PUBLIC", "FR", "EUR", "20"),
    ("DELTA", "Delta Bouwgroep", "COMPANY", "BE", "EUR", "0"),
    ("USA", "Acme Holdings", "COMPANY", "US", "USD", "20"),
    ("HELV", "Helvetia Bau AG", "COMPANY", "CH", "CHF", "5.5"),
    ("NIPPON", "Nippon Kensetsu", "COMPANY", "JP", "JPY", "20"),
    ("TUNIS", "Société de l'Oasis", "COMPANY", "TN", "TND", "10"),
)
"""Code, name, type, country, currency, rate of the projects."""


@dataclass
class Firm:
    """The caller, the clock, and what was made: identifiers by code."""

    api: ApiClient
    calendar: Calendar
    chance: Random
    today: date = FIRST
    clients: dict[str, Row] = field(default_factory=dict)
    entities: dict[str, str] = field(default_factory=dict)
    """Identifiers by code."""
    projects: dict[str, Row] = field(default_factory=dict)
    phases: dict[str, Row] = field(default_factory=dict)

    def go_to(self, day: date) -> None:
        """Some hour of that day in Paris: UTC may have another day yet."""
        self.today = day
        at = datetime(day.year, day.month, day.day, self.chance.choice((0, 9, 23)), 40, tzinfo=ZONE)
        self.calendar.now = max(at.astimezone(UTC), self.calendar.now)

    def amount(self, currency: str, most: int = 3000) -> Decimal:
        """Up to what `most` euros are worth in it, about."""
        worth = Decimal(most) / Decimal(RATES.get(currency, "1"))
        found = rounded(worth * Decimal(self.chance.randrange(1, 10**6)) / 10**6, currency)
        return found or smallest(currency)

    def rate(self, currency: str) -> Decimal:
        found = Decimal(RATES[currency]) * (1000 + self.chance.randrange(-20, 21)) / 1000
        return found.quantize(Decimal("1e-8"))


def smallest(currency: str) -> Decimal:
    """The smallest amount."""
    return Decimal(1).scaleb(-DECIMALS.get(currency, 2))


def rounded(value: Decimal, currency: str) -> Decimal:
    """Half away from zero, as accountants do."""
    unit = smallest(currency)
    whole, rest = divmod(abs(value), unit)
    found = (whole + (rest * 2 >= unit)) * unit
    return -found if value < 0 else found


def made(api: ApiClient, mutation: str, /, **given: Any) -> str:
    """The identifier of a record that a mutation makes or changes."""
    kind = f"{mutation[0].upper()}{mutation[1:]}Input"
    answer = api.query(
        f"mutation($input: {kind}!) {{ {mutation}(input: $input)"
        " { node { id } userErrors { code severity message field } } }",
        input=given,
    )[mutation]
    assert answer["node"], (mutation, given, answer)
    key: str = answer["node"]["id"]
    return key


def found_firm(api: ApiClient, calendar: Calendar, seed: int) -> Firm:
    """The firm of a seed: what contracts there are, at which fees, differs from one to another."""
    calendar.now = datetime(FIRST.year, FIRST.month, FIRST.day, 8, tzinfo=UTC)
    firm = Firm(api, calendar, Random(seed))
    made(api, "organisationUpdate", latePaymentRate="12.15")
    known = api.query("{ entities { nodes { id code } } }")["entities"]["nodes"]
    firm.entities = {row["code"]: row["id"] for row in known}
    codes = api.query("{ taxCodes(page: { first: 100 }) { nodes { id code } } }")["taxCodes"]
    for row in codes["nodes"]:
        if account := VAT_ACCOUNTS.get(row["code"]):
            label = f"TVA collectée {row['code']}"
            made(api, "ledgerAccountCreate", number=account, label=label, accountType="VAT")
            made(api, "taxCodeUpdate", id=row["id"], vatAccount=account)
    made(api, "ledgerAccountCreate", number="419200", label="Acomptes", accountType="OTHER")
    for number in (1, 2):
        made(
            api, "collaboratorCreate", firstName="Ada", lastName=f"Kerléo {number}",
            email=f"p{number}@firm.example", entity="RIV-PAR", role="COLLABORATOR",
            billableRate=f"{60 + 12.35 * number:.2f}",
        )  # fmt: skip
    for told in (*firm.chance.sample(_CLIENTS[:4], 2), *firm.chance.sample(_CLIENTS[4:], 2)):
        _client(firm, *told)
    return firm


def _client(
    firm: Firm, code: str, name: str, kind: str, country: str, currency: str, rate: str
) -> None:
    key = made(
        firm.api, "clientCreate", code=code, name=name, clientType=kind, country=country,
        currency=currency, billingAddress="1 rue Haute\n75001 Paris", paymentDays=30,
        vatNumber="BE0403170701" if country == "BE" else "NA",
    )  # fmt: skip
    firm.clients[code] = {"id": key, "code": code, "currency": currency, "type": kind}
    for number, entity in enumerate(ENTITIES):
        if number and firm.chance.random() < 0.4:
            continue
        _project(firm, f"{code}-{number + 1}", firm.clients[code], entity, rate)


def _project(firm: Firm, code: str, client: Row, entity: str, rate: str) -> None:
    zero = {"vatExemption": "AUTOLIQUIDATION"} if rate == "0" else {}
    currency = (
        client["currency"] if firm.chance.random() < 0.85 else firm.chance.choice(("USD", "EUR"))
    )
    key = made(
        firm.api, "projectCreate", code=code, name=f"Projet {code}", client=client["code"],
        entity=entity, country="FR", currency=currency, vatRate=rate, status="SIGNED",
        **zero,
    )  # fmt: skip
    firm.projects[code] = {
        "id": key, "code": code, "client": client, "entity": entity, "currency": currency,
    }  # fmt: skip
    fees = (
        {"phaseCode": f"F{place}", "fee": fee} for place, fee in enumerate(_fees(firm, currency))
    )
    for place, fee in enumerate(fees):
        more = {"vatRate": "10"} if rate == "20" and place == 1 else {}
        _phase(firm, code, "Mission", **fee, **more)
    _phase(
        firm, code, "Régie", billingMethod="TIME_AND_MATERIALS", phaseCode="T0", fee="0",
        hourlyRate=str(firm.amount(currency, 150)),
    )  # fmt: skip
    start = FIRST + timedelta(days=firm.chance.randrange(-40, 40))
    _phase(
        firm, code, "Abonnement", billingMethod="RETAINER", phaseCode="R0",
        fee=str(firm.amount(currency, 900)), startDate=start.isoformat(),
        periodicity=firm.chance.choice(("MONTH", "MONTH", "QUARTER")),
    )  # fmt: skip
    _phase(
        firm, code, "Bloc", billingMethod="PREPAID_HOURS", phaseCode="H0", hours="10",
        fee=str(firm.amount(currency, 900)), startDate=FIRST.isoformat(),
        hourlyRate=str(firm.amount(currency, 150)),
    )  # fmt: skip


def _fees(firm: Firm, currency: str) -> list[str]:
    return [str(firm.amount(currency, 20000)) for _ in range(firm.chance.randrange(2, 4))]


def _phase(firm: Firm, project: str, contract: str, **more: Any) -> None:
    key = made(
        firm.api, "phaseCreate", projectCode=project, contract=contract,
        phaseName=f"Phase {more['phaseCode']}", **more,
    )  # fmt: skip
    method = more.get("billingMethod", "FIXED_FEE_PROGRESS")
    firm.phases[key] = {
        "id": key, "project": project, "contract": contract, "code": more["phaseCode"],
        "method": method, "fee": Decimal(more.get("fee", 0)), "start": more.get("startDate"),
        "periodicity": more.get("periodicity"), "rate": Decimal(more.get("hourlyRate", 0)),
    }  # fmt: skip


def once() -> str:
    return str(uuid4())
