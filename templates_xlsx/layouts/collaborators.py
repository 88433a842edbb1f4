"""The sheet Collaborators (O29–O31; DOMAIN §3.5)."""

from __future__ import annotations

from templates_xlsx.kinds import (
    Code,
    Day,
    Email,
    Hours,
    Money,
    Name,
    Phone,
    Ref,
    Text,
    Token,
    YesNo,
)
from templates_xlsx.layouts.layout import Layout
from templates_xlsx.layouts.lists import ROLE
from templates_xlsx.layouts.rules.dates import in_order
from templates_xlsx.layouts.rules.money import amounts_in_firm_currency
from templates_xlsx.sheet import Column, Flag, Sheet

M, X = Flag.MANDATORY, Flag.REFERENCE

COLLABORATORS = Sheet(
    kind="collaborators",
    fr="Collaborateurs",
    en="Collaborators",
    columns=(
        Column("A", "ref", "Réf. système", "System ref.", Token(), X),
        Column("B", "first_name", "Prénom", "First name", Name(width=20), M, "Loïc"),
        Column("C", "last_name", "Nom", "Last name", Name(width=22), M, "Orval-Dumas"),
        Column(
            "D",
            "email",
            "E-mail",
            "E-mail",
            Email(is_mandatory=True),
            M,
            "l.orval@atelier-rivage.example",
            hint_fr="L’adresse e-mail, unique : c’est elle qui identifie la personne.",
            hint_en="The e-mail address, unique: it identifies the person.",
        ),
        Column("E", "entity", "Entité", "Entity", Ref("entity"), example="RIV-PAR"),
        Column("F", "job_title", "Fonction", "Job title", Text(), example="Architecte HMONP"),
        Column("G", "role", "Rôle", "Role", ROLE, example="chef de projet"),
        Column("H", "entry_date", "Date d'entrée", "Entry date", Day(), example="01/09/2021"),
        Column("I", "exit_date", "Date de sortie", "Exit date", Day()),
        Column(
            "J",
            "billable_rate",
            "Taux horaire facturable HT",
            "Billable hourly rate",
            Money(),
            example="95.00",
        ),
        Column("K", "cost_rate", "Coût horaire", "Hourly cost", Money(), example="42.50"),
        Column("L", "weekly_hours", "Heures par semaine", "Weekly hours", Hours(60), example="35"),
        Column("M", "employee_code", "Matricule", "Employee code", Code(), example="M014"),
        Column("N", "active", "Actif", "Active", YesNo(), example="Oui"),
        Column("O", "phone", "Téléphone", "Phone", Phone()),
    ),
)

LAYOUT = Layout(
    COLLABORATORS,
    rules=(
        in_order(COLLABORATORS.column("entry_date"), COLLABORATORS.column("exit_date")),
        amounts_in_firm_currency(
            COLLABORATORS.column("billable_rate"), COLLABORATORS.column("cost_rate")
        ),
    ),
)
