"""The sheet Time entries (DOMAIN §3.5): the hours of each person, day by day."""

from __future__ import annotations

from templates_xlsx.kinds import Day, Hours, Ref, Text, Token, YesNo
from templates_xlsx.layouts.layout import Layout
from templates_xlsx.sheet import Column, Flag, Sheet

M, X = Flag.MANDATORY, Flag.REFERENCE

TIME_ENTRIES = Sheet(
    kind="time_entries",
    fr="Temps",
    en="Time entries",
    columns=(
        Column("A", "ref", "Réf. système", "System ref.", Token(), X),
        Column("B", "date", "Date", "Date", Day(), M, "14/10/2026"),
        Column(
            "C",
            "email",
            "E-mail du collaborateur",
            "Collaborator e-mail",
            Ref("collaborator", width=32),
            M,
            "l.orval@atelier-rivage.example",
            hint_fr="L’e-mail de la personne, comme dans la feuille Collaborateurs.",
            hint_en="The e-mail of the person, as in the sheet Collaborators.",
        ),
        Column(
            "D",
            "project_code",
            "Code projet",
            "Project code",
            Ref("project", width=14),
            M,
            "LOG-2403",
        ),
        Column(
            "E",
            "contract",
            "Projet d'honoraires",
            "Fee project",
            Ref("contract"),
            example="Mission de base",
            hint_fr="Un projet d’honoraires de ce projet ; vide : celui de la phase, s’il y en a.",
            hint_en="A fee project of that project; empty: that of the phase, if there is one.",
        ),
        Column(
            "F",
            "phase_code",
            "Code de la phase",
            "Phase code",
            Ref("phase", width=14),
            example="APS",
        ),
        Column("G", "hours", "Heures", "Hours", Hours(24, is_more=True), M, "7,5"),
        Column(
            "H",
            "billable",
            "Facturable",
            "Billable",
            YesNo(),
            example="Oui",
            hint_fr="Oui ou Non ; vide : Oui.",
            hint_en="Yes or No; empty: Yes.",
        ),
        Column(
            "I",
            "approved",
            "Validé",
            "Approved",
            YesNo(),
            example="Oui",
            hint_fr="Oui ou Non ; vide : Non. Seul un temps validé est facturé.",
            hint_en="Yes or No; empty: No. Only approved time is billed.",
        ),
        Column("J", "ticket", "N° de ticket", "Ticket", Text(), example="T-00482"),
        Column("K", "description", "Description", "Description", Text(2000, width=34)),
    ),
)

LAYOUT = Layout(TIME_ENTRIES)
