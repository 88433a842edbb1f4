"""The sheet Progress (O03; DOMAIN §3.5): one prefilled row per phase or annex."""

from __future__ import annotations

from templates_xlsx.kinds import Day, Percent, Text
from templates_xlsx.layouts.layout import Layout
from templates_xlsx.layouts.takeover import REFERENCE_COLUMNS
from templates_xlsx.sheet import Column, Flag, Sheet

M = Flag.MANDATORY

PROGRESS = Sheet(
    kind="progress",
    fr="Avancement",
    en="Progress",
    columns=(
        *REFERENCE_COLUMNS,
        Column(
            "K",
            "progress",
            "Avancement (%)",
            "Progress (%)",
            Percent(),
            M,
            "45",
            hint_fr="L’avancement cumulé de la phase, de 0 à 100 : 45 pour 45 %.",
            hint_en="The cumulative progress of the phase, from 0 to 100: 45 for 45%.",
        ),
        Column(
            "L",
            "as_of",
            "Date d'arrêté",
            "As of",
            Day(),
            M,
            "31/10/2026",
            hint_fr="Le jour où cet avancement est constaté.",
            hint_en="The day on which this progress is stated.",
        ),
        Column("M", "comment", "Commentaire", "Comment", Text(2000, width=30)),
    ),
    prefilled_only=True,
)

LAYOUT = Layout(PROGRESS)
