"""The paper of an invoice over several projects: by project, each with its sum (B26, B29)."""

from __future__ import annotations

from tests.api.invoices.acts import account_line, change, codes, final
from tests.api.invoices.paying_acts import act
from tests.api.invoices.project_acts import change_project, covered, jobs, line_on, over
from tests.documents.reading import text_of
from tests.support.api import ApiClient
from tests.support.documents import PDF
from tests.support.takeover import project


def paper(api: ApiClient, invoice: str) -> str:
    link = api.query(PDF, id=invoice)["invoicePdf"]["download"]
    return text_of(api.get(link["url"]))


def test_lines_stand_under_their_projects_with_a_sum(firm: ApiClient) -> None:
    """Lines that are mixed are told apart; a deduction with its project, situations by project."""
    of = jobs(firm, "PAP-1", "PAP-2")
    change_project(firm, "PAP-1", name="École Jean-Moulin", address="9 chemin du Lac")
    change_project(firm, "PAP-2", name="Hangar", commitmentNo="BC-9")
    first, second = of.values()
    invoice = over(firm, first, second)
    lines = [
        line_on(first, "100.00", description="Lot un"),
        line_on(second, "30.00", description="Deux"),
        account_line("7.00", description="Trois"),
        line_on(first, "20.00", description="Lot quatre"),
    ]
    assert codes(change(firm, invoice, lines=lines)) == []
    job = project(firm, "PAP-2")["id"]
    deposit = act(firm, "depositInvoiceCreate", projectId=job, amount="10.00")["invoice"]["id"]
    assert codes(final(firm, deposit)) == []
    assert codes(act(firm, "invoiceDeductDeposit", id=invoice, depositId=deposit)) == []
    draft = paper(firm, invoice)
    assert codes(final(firm, invoice)) == []
    told = paper(firm, invoice)
    for text in (draft, told):
        wanted = [
            "BC-9", "PAP-1 – École Jean-Moulin", "9 chemin du Lac", "Lot un", "Lot quatre",
            "Sous-total PAP-1 120,00", "PAP-2 – Hangar", "Deux", "Déduction de l’acompte",
            "Sous-total PAP-2 20,00", "Autres prestations", "Trois",
            "Sous-total Autres prestations 7,00", "Situation n° 1 – PAP-1 – Mission",
            "Situation n° 1 – PAP-2 – Mission", "Total HT 147,00",
        ]  # fmt: skip
        places = [text.index(one) for one in wanted]
        assert places == sorted(places), text
        assert "Projet " not in text.partition("PAP-1 –")[0]
    assert told.count("Situation n° 1") == 2


def test_one_project_has_no_heading_and_no_sum(firm: ApiClient) -> None:
    """As it always was; its situations count what a shared invoice billed before."""
    of = jobs(firm, "PAP-3", "PAP-4")
    assert codes(final(firm, over(firm, *of.values()))) == []
    alone = over(firm, of["PAP-3"])
    told = paper(firm, alone)
    assert "Sous-total" not in told
    assert "Situation n° 2 – Mission" in told
    assert "PAP-3 — Maison" in told


def test_what_is_credited_of_one_project_counts_no_situation(any_firm: ApiClient) -> None:
    """§2.3: the number is the contract's own, whatever stays billed of others beside it."""
    of = jobs(any_firm, "PAP-5", "PAP-6")
    shared = over(any_firm, *of.values())
    assert codes(final(any_firm, shared)) == []
    line = covered(any_firm, shared)["lines"][0]["id"]
    part = [{"lineId": line, "amount": "99.99"}]
    assert codes(act(any_firm, "invoiceCredit", id=shared, lines=part)) == []
    assert "Situation n° 2 – Mission" in paper(any_firm, over(any_firm, of["PAP-5"]))
    rest = [{"lineId": line}]
    assert codes(act(any_firm, "invoiceCredit", id=shared, lines=rest)) == []
    assert "Situation n° 1 – Mission" in paper(any_firm, over(any_firm, of["PAP-5"]))
    assert "Situation n° 2 – Mission" in paper(any_firm, over(any_firm, of["PAP-6"]))
