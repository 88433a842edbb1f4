"""Letters of the file of entries (DOMAIN §4.6): what settles what, on both sides."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.api.invoices.acts import CLIENT, account_line, blank, change, final
from tests.api.invoices.exporting_acts import export, files
from tests.api.invoices.paying_acts import act, invoiced, pay
from tests.support import accounting_files as read
from tests.support.api import ApiClient
from tests.support.prepared import Calendar, statements


def test_a_foreign_invoice_paid_in_parts_is_settled_to_the_cent(firm: ApiClient) -> None:
    """100 USD at 0.86 in thirds: 28.66 + 28.67 + 28.67 are the 86.00 that were owed."""
    firm.query(CLIENT, input={"id": "client_1", "currency": "USD"})
    invoice = blank(firm)["id"]
    change(firm, invoice, lines=[account_line("100", tax="EXPORT_262")])
    assert final(firm, invoice)["userErrors"] == []
    for part in ("33.33", "33.33", "33.34"):
        given = [{"invoiceId": invoice, "amount": part}]
        assert pay(firm, part, currency="USD", allocations=given)["userErrors"] == []
    rates = [{"currency": "USD", "rate": "0.86"}]
    answer = export(firm, "FEC", ids=[invoice], euroRates=rates, includePayments=True)
    ((_, content),) = files(firm, answer).items()
    owed = [row for row in read.fec(content) if row["CompteNum"] == "411000"]
    assert sorted(row["Credit"] for row in owed) == ["0,00", "28,66", "28,67", "28,67"]
    assert {row["EcritureLet"] for row in owed} == {"PAR26-00001"}


def test_what_is_paid_in_another_file_has_no_letter(firm: ApiClient, calendar: Calendar) -> None:
    """An invoice of November, paid in December: lettered where the file holds both."""
    sold = invoiced(firm)
    calendar.go_to("2026-12-02")
    given = [{"invoiceId": sold, "amount": "120"}]
    paid = pay(firm, "120.00", receivedOn="2026-12-01", allocations=given)
    assert paid["userErrors"] == []

    def letters(first: str, last: str) -> list[str]:
        period = {"issuedFrom": first, "issuedTo": last, "entityId": "entity_1"}
        answer = export(firm, "FEC", filter=period, includePayments=True)
        ((_, content),) = files(firm, answer).items()
        return [row["EcritureLet"] for row in read.fec(content) if row["CompteNum"] == "411000"]

    assert letters("2026-11-01", "2026-11-30") == [""]
    assert letters("2026-12-01", "2026-12-31") == [""]
    assert letters("2026-11-01", "2026-12-31") == ["PAR26-00001"] * 2


def test_a_foreign_invoice_credited_in_parts_leaves_nothing_on_any_account(
    any_firm: ApiClient,
) -> None:
    """100 USD at 0.86 in thirds: the last note takes 28.68, and says so whatever it goes with."""
    any_firm.query(CLIENT, input={"id": "client_1", "currency": "USD"})
    invoice = blank(any_firm)["id"]
    change(any_firm, invoice, lines=[account_line("100", tax="EXPORT_262")])
    assert final(any_firm, invoice)["userErrors"] == []
    query = "query($id: ID!) { invoice(id: $id) { lines { id } } }"
    line = any_firm.query(query, id=invoice)["invoice"]["lines"][0]["id"]
    notes = []
    for part in ("33.33", "33.33", "33.34"):
        lines = [{"lineId": line, "amount": part}]
        notes.append(act(any_firm, "invoiceCredit", id=invoice, lines=lines)["creditNote"]["id"])
    rates = [{"currency": "USD", "rate": "0.86"}]

    def owed(ids: list[str]) -> list[tuple[str, str]]:
        answer = export(any_firm, "FEC", ids=ids, euroRates=rates, includePayments=True)
        ((_, content),) = files(any_firm, answer).items()
        rows = read.fec(content)
        assert sum(read.movement(row) for row in rows) == 0
        found = [row for row in rows if row["CompteNum"] == "411000"]
        return [(row["Credit"], row["EcritureLet"]) for row in found]

    whole = owed([invoice, *notes])
    assert [credit for credit, _ in whole] == ["0,00", "28,66", "28,66", "28,68"]
    assert {letter for _, letter in whole} == {"PAR26-00001"}
    assert owed(notes[2:]) == [("28,68", "")]
    assert owed([invoice, *notes]) == whole
    with statements(any_firm) as one:
        owed(notes[2:])
    with statements(any_firm) as all_of_them:
        owed([invoice, *notes])
    assert len(one) == len(all_of_them)


def test_money_in_another_currency_is_turned_round_at_the_rate_at_which_it_came(
    any_firm: ApiClient, calendar: Calendar
) -> None:
    """120 and 24 USD at 0.86 and 0.9 in November, cancelled in December: nothing is left of them,
    and no rate is asked for."""
    any_firm.query(CLIENT, input={"id": "client_1", "currency": "USD"})
    sold = []
    for net, rate in (("100", "0.86"), ("20", "0.9"), ("20", "0.8")):
        sold.append(blank(any_firm)["id"])
        kept = {"rate": rate, "on": "2026-11-20", "source": "BCE"}
        change(any_firm, sold[-1], lines=[account_line(net)], euroRate=kept)
        assert final(any_firm, sold[-1])["userErrors"] == []
    parts = [{"invoiceId": one} for one in sold]
    first = [parts[0], parts[2]]
    paid = pay(any_firm, "144.00", currency="USD", allocations=first)["payment"]["id"]
    # What was taken off before, in the same words, is no part of what it gave until then.
    taken = act(any_firm, "paymentUnallocate", id=paid, invoiceId=sold[2], reason="Rejet")
    again = act(any_firm, "paymentAllocate", id=paid, allocations=parts[1:2])
    assert taken["userErrors"] == again["userErrors"] == []

    def banked(first: str, last: str) -> list[tuple[str, ...]]:
        period = {"issuedFrom": first, "issuedTo": last}
        ((_, content),) = files(
            any_firm, export(any_firm, "FEC", filter=period, includePayments=True)
        ).items()
        names = ("CompteNum", "Debit", "Credit", "Montantdevise")
        rows = [row for row in read.fec(content) if row["JournalCode"] == "BQ"]
        return [tuple(row[name] for name in names) for row in rows]

    came = banked("2026-11-01", "2026-11-30")
    assert came == [
        ("512000", "124,80", "0,00", "144,00"),
        ("411000", "0,00", "103,20", "120,00"),
        ("411000", "0,00", "21,60", "24,00"),
    ]
    calendar.go_to("2026-12-02")
    assert act(any_firm, "paymentCancel", id=paid, reason="Rejet")["userErrors"] == []
    assert banked("2026-11-01", "2026-11-30") == came
    gone = banked("2026-12-01", "2026-12-31")
    assert gone == [(account, credit, debit, usd) for account, debit, credit, usd in came]


@pytest.mark.parametrize(
    ("tax", "parts"),
    [
        ("EXPORT_262", "paid 33.33, credited 66.68"),
        ("EXPORT_262", "credited 33.33, paid 33.34, credited 33.34"),
        ("EXPORT_262", "paid 33.33, credited 33.34, paid 33.34"),
        ("FR-20", "paid 33.33, credited 72.23"),
    ],
)
def test_what_settles_a_foreign_invoice_last_takes_what_is_left_of_it(
    any_firm: ApiClient, calendar: Calendar, tax: str, parts: str
) -> None:
    """100.01 USD at 0.86, a file a day: 86.01 − 28.66 − 57.34 left 0.01 on 411, and the payment,
    told anew, was another than the one that went out."""
    any_firm.query(CLIENT, input={"id": "client_1", "currency": "USD"})
    sold = blank(any_firm)["id"]
    kept = {"rate": "0.86", "on": "2026-11-20", "source": "BCE"}
    change(any_firm, sold, lines=[account_line("100.01", tax=tax)], euroRate=kept)
    assert final(any_firm, sold)["userErrors"] == []
    query = "query($id: ID!) { invoice(id: $id) { netDue { amount } lines { id } } }"
    line = any_firm.query(query, id=sold)["invoice"]["lines"][0]["id"]

    def entries(day: str, *, payments: bool = True) -> list[tuple[str, ...]]:
        period = {"issuedFrom": day, "issuedTo": day}
        answer = export(any_firm, "FEC", filter=period, includePayments=payments)
        ((_, content),) = files(any_firm, answer).items()
        names = ("CompteNum", "Debit", "Credit", "Montantdevise")
        return [tuple(row[name] for name in names) for row in read.fec(content)]

    went_out = {"2026-11-21": entries("2026-11-21")}
    for place, (act_of, amount) in enumerate(one.split() for one in parts.split(", ")):
        day = f"2026-11-{22 + place}"
        calendar.go_to(day)
        if act_of == "paid":
            given = [{"invoiceId": sold}]
            told = pay(any_firm, amount, currency="USD", receivedOn=day, allocations=given)
        else:
            lines = [{"lineId": line, "amount": amount}]
            told = act(any_firm, "invoiceCredit", id=sold, lines=lines)
        assert told["userErrors"] == []
        went_out[day] = entries(day)
    assert any_firm.query(query, id=sold)["invoice"]["netDue"]["amount"] == "0.00"
    owed = [
        read.figure(debit) - read.figure(credit)
        for rows in went_out.values()
        for account, debit, credit, _ in rows
        if account == "411000"
    ]
    assert sum(owed) == 0
    assert {day: entries(day) for day in went_out} == went_out
    if act_of == "credited":
        assert entries(day, payments=False) == went_out[day]


@pytest.mark.parametrize("place", [0, 1])
def test_a_part_that_is_cancelled_leaves_nothing_of_a_foreign_invoice(
    any_firm: ApiClient, calendar: Calendar, place: int
) -> None:
    """33.33 and 66.68 USD are 28.66 and 57.35: one of the two is cancelled, and comes anew."""
    any_firm.query(CLIENT, input={"id": "client_1", "currency": "USD"})
    sold = blank(any_firm)["id"]
    kept = {"rate": "0.86", "on": "2026-11-20", "source": "BCE"}
    change(any_firm, sold, lines=[account_line("100.01", tax="EXPORT_262")], euroRate=kept)
    assert final(any_firm, sold)["userErrors"] == []
    of_it = {"currency": "USD", "allocations": [{"invoiceId": sold}]}

    def owed(day: str) -> list[Decimal]:
        period = {"issuedFrom": day, "issuedTo": day}
        answer = export(any_firm, "FEC", filter=period, includePayments=True)
        ((_, content),) = files(any_firm, answer).items()
        return [read.movement(row) for row in read.fec(content) if row["CompteNum"] == "411000"]

    went_out = {"2026-11-21": owed("2026-11-21")}
    came = []
    for day, amount in (("2026-11-22", "33.33"), ("2026-11-23", "66.68")):
        calendar.go_to(day)
        came.append(pay(any_firm, amount, receivedOn=day, **of_it)["payment"])
        went_out[day] = owed(day)
    calendar.go_to("2026-11-24")
    act(any_firm, "paymentCancel", id=came[place]["id"], reason="Rejet")
    went_out["2026-11-24"] = owed("2026-11-24")
    calendar.go_to("2026-11-25")
    pay(any_firm, came[place]["amount"]["amount"], receivedOn="2026-11-25", **of_it)
    went_out["2026-11-25"] = owed("2026-11-25")
    assert sum(minor for some in went_out.values() for minor in some) == 0
    assert {day: owed(day) for day in went_out} == went_out


def test_what_a_payment_no_longer_pays_asks_for_no_rate(any_firm: ApiClient) -> None:
    """1,200 USD with a rate, of a payment that was freed of 1,000 USD without one."""
    any_firm.query(CLIENT, input={"id": "client_1", "currency": "USD"})
    wrong, right = blank(any_firm)["id"], blank(any_firm)["id"]
    kept = {"rate": "0.86", "on": "2026-11-20", "source": "BCE"}
    change(any_firm, wrong, lines=[account_line("1000", tax="EXPORT_262")])
    change(any_firm, right, lines=[account_line("1000")], euroRate=kept)
    assert [final(any_firm, one)["userErrors"] for one in (wrong, right)] == [[], []]
    paid = pay(any_firm, "1000.00", currency="USD", allocations=[{"invoiceId": wrong}])
    key = paid["payment"]["id"]
    assert act(any_firm, "invoiceCredit", id=wrong)["creditNote"]["number"]
    of_it = [{"invoiceId": right}]
    assert act(any_firm, "paymentAllocate", id=key, allocations=of_it)["userErrors"] == []
    pay(any_firm, "200.00", currency="USD", allocations=of_it)
    answer = export(any_firm, "FEC", ids=[right], includePayments=True)
    ((_, content),) = files(any_firm, answer).items()
    owed = [row for row in read.fec(content) if row["CompteNum"] == "411000"]
    assert {row["EcritureLet"] for row in owed} == {"PAR26-00002"}
    assert sum(read.movement(row) for row in owed) == 0
