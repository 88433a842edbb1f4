"""The sheet Adjustments (O05; DOMAIN §3.5): signed corrections of what was taken over."""

from __future__ import annotations

from templates_xlsx.kinds import Day, Signed, Text
from templates_xlsx.layouts.layout import Layout
from templates_xlsx.layouts.lists import ADJUSTMENT_KIND
from templates_xlsx.layouts.rules.money import value_of_kind
from templates_xlsx.layouts.takeover import REFERENCE_COLUMNS
from templates_xlsx.sheet import Column, Flag, Sheet

M = Flag.MANDATORY

ADJUSTMENTS = Sheet(
    kind="adjustments",
    fr="Ajustements",
    en="Adjustments",
    columns=(
        *REFERENCE_COLUMNS,
        Column(
            "K",
            "value",
            "Ajustement",
            "Adjustment",
            Signed(warns_of_zero=True),
            M,
            "-350.00",
            hint_fr="Montant HT avec son signe ; des heures si la nature est « heures ».",
            hint_en="A signed net amount; hours when the kind is “hours”.",
        ),
        Column(
            "L",
            "date",
            "Date",
            "Date",
            Day(),
            M,
            "31/10/2026",
            hint_fr="Honoraires d’un forfait périodique : ceux des périodes à partir de ce jour.",
            hint_en="Fee of a retainer: that of the periods from this day on.",
        ),
        Column("M", "reason", "Motif", "Reason", Text(2000, width=34), M, "Remise commerciale"),
        Column(
            "N",
            "kind",
            "Nature",
            "Kind",
            ADJUSTMENT_KIND,
            example="facturé",
            hint_fr="Ce qui est corrigé : le facturé (par défaut), les honoraires, les heures…",
            hint_en="What is corrected: the billed amount (default), the fee, the hours…",
        ),
        Column("O", "comment", "Commentaire", "Comment", Text(2000, width=30)),
    ),
    prefilled_only=True,
)

LAYOUT = Layout(
    ADJUSTMENTS, rules=(value_of_kind(ADJUSTMENTS.column("value"), "kind", "currency"),)
)
