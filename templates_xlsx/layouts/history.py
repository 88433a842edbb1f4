"""The sheet Billing history (O04, O36; DOMAIN §3.5): what was invoiced before the takeover."""

from __future__ import annotations

from templates_xlsx.kinds import Day, Rate, Signed, Text
from templates_xlsx.layouts.layout import Layout
from templates_xlsx.layouts.rules.money import amounts_in_row_currency
from templates_xlsx.layouts.takeover import REFERENCE_COLUMNS
from templates_xlsx.sheet import Column, Flag, Sheet

M = Flag.MANDATORY

HISTORY = Sheet(
    kind="history",
    fr="Historique",
    en="Billing history",
    columns=(
        *REFERENCE_COLUMNS,
        Column(
            "K",
            "amount",
            "Montant facturé HT",
            "Invoiced excl. VAT",
            Signed(warns_of_zero=True),
            M,
            "4600.00",
            hint_fr="Le montant HT facturé sur la phase. Négatif : un avoir passé.",
            hint_en="The net amount invoiced of the phase. Negative: a past credit note.",
        ),
        Column("L", "invoice_date", "Date de facture", "Invoice date", Day(), M, "28/02/2026"),
        Column(
            "M",
            "invoice_no",
            "N° de facture",
            "Invoice number",
            Text(),
            example="2026-0113",
            hint_fr="Le numéro dans votre ancien logiciel ; il n’entre pas dans nos séries.",
            hint_en="The number in your former software; it does not enter our series.",
        ),
        Column(
            "N",
            "vat_rate",
            "Taux de TVA",
            "VAT rate",
            Rate(),
            example="20",
            hint_fr="Vide : le taux de la phase. Un ancien taux (19,6) est accepté.",
            hint_en="Empty: the rate of the phase. A former rate (19.6) is accepted.",
        ),
        Column("O", "gross", "Montant TTC", "Amount incl. VAT", Signed(is_gross=True)),
        Column("P", "paid", "Montant encaissé TTC", "Paid incl. VAT", Signed(is_gross=True)),
        Column("Q", "comment", "Commentaire", "Comment", Text(2000, width=30)),
    ),
    prefilled_only=True,
    rows_per_record=3,
)

LAYOUT = Layout(
    HISTORY,
    rules=(
        amounts_in_row_currency(
            "currency", *(HISTORY.column(key) for key in ("amount", "gross", "paid"))
        ),
    ),
)
