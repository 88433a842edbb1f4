"""The sheet Projects (O15–O21; DOMAIN §3.5)."""

from __future__ import annotations

from templates_xlsx.kinds import (
    Address,
    Code,
    Country,
    Currency,
    Day,
    Email,
    Money,
    Name,
    Number,
    Rate,
    Ref,
    Text,
    Token,
)
from templates_xlsx.layouts.layout import Layout
from templates_xlsx.layouts.lists import EXEMPTION, STATUS
from templates_xlsx.layouts.rules.dates import in_order
from templates_xlsx.layouts.rules.money import amounts_in_row_currency
from templates_xlsx.layouts.rules.places import postcode_of_country
from templates_xlsx.layouts.rules.vat import rate_of_country, reason_for_no_vat
from templates_xlsx.sheet import Column, Flag, Sheet

M, C, X = Flag.MANDATORY, Flag.CONDITIONAL, Flag.REFERENCE

PROJECTS = Sheet(
    kind="projects",
    fr="Projets",
    en="Projects",
    columns=(
        Column("A", "ref", "Réf. système", "System ref.", Token(), X),
        Column(
            "B",
            "code",
            "Code projet",
            "Project code",
            Code(),
            M,
            "LOG-2403",
            hint_fr="Votre code interne, unique ; mis en majuscules.",
            hint_en="Your internal code, unique; put in capitals.",
        ),
        Column(
            "C",
            "name",
            "Nom du projet",
            "Project name",
            Name(),
            M,
            "Réhabilitation de 24 logements",
            hint_fr="Le nom qui figurera sur vos factures.",
            hint_en="The name that will be printed on your invoices.",
        ),
        Column(
            "D",
            "client",
            "Client de facturation",
            "Billing client",
            Ref("client"),
            M,
            "Brive-Habitat",
        ),
        Column("E", "entity", "Entité", "Entity", Ref("entity"), example="RIV-PAR"),
        Column(
            "F",
            "country",
            "Pays",
            "Country",
            Country(),
            M,
            "FR",
            hint_fr="Le pays du bâtiment : c’est lui qui décide de la TVA.",
            hint_en="The country of the building: it decides the VAT.",
        ),
        Column(
            "G", "address", "Adresse du projet", "Project address", Address(), example="3 quai Neuf"
        ),
        Column("H", "postcode", "Code postal", "Postal code", Text(32, width=12), example="01000"),
        Column("I", "city", "Ville", "City", Name(width=20), example="Bourg-en-Bresse"),
        Column("J", "currency", "Devise", "Currency", Currency(), M, "EUR"),
        Column("K", "vat_rate", "Taux de TVA", "VAT rate", Rate(), M, "20"),
        Column(
            "L",
            "vat_exemption",
            "Motif d'exonération",
            "VAT exemption reason",
            EXEMPTION,
            C,
            "AUTOLIQUIDATION",
        ),
        Column(
            "M",
            "status",
            "Statut",
            "Status",
            STATUS,
            M,
            "signed",
            hint_fr="« signed » pour un projet signé, « commercial » pour une opportunité.",
            hint_en="“signed” for a signed project, “commercial” for an opportunity.",
        ),
        Column(
            "N",
            "manager_email",
            "Chef de projet (e-mail)",
            "Project manager (e-mail)",
            Email(),
            example="s.orval@atelier-rivage.example",
        ),
        Column("O", "start_date", "Date de début", "Start date", Day(), example="15/01/2025"),
        Column("P", "end_date", "Date de fin", "End date", Day(), example="30/06/2027"),
        Column(
            "Q",
            "commitment_no",
            "N° d'engagement",
            "Commitment number",
            Text(),
            example="ENG-2025-0417",
            hint_fr="Le numéro d’engagement (commande publique) ou de commande.",
            hint_en="The number of the public commitment or of the purchase order.",
        ),
        Column(
            "R",
            "works_amount",
            "Montant des travaux HT",
            "Works cost excl. VAT",
            Money(),
            example="1850000",
        ),
        Column("S", "area", "Surface (m²)", "Area (m²)", Number(), example="1640"),
        Column(
            "T",
            "tags",
            "Étiquettes",
            "Tags",
            Text(),
            example="logement, réhabilitation",
            hint_fr="Des mots séparés par des virgules.",
            hint_en="Words separated by commas.",
        ),
    ),
)

LAYOUT = Layout(
    PROJECTS,
    rules=(
        rate_of_country(PROJECTS.column("vat_rate"), "country"),
        reason_for_no_vat("vat_rate", PROJECTS.column("vat_exemption")),
        postcode_of_country(PROJECTS.column("postcode"), "country"),
        in_order(PROJECTS.column("start_date"), PROJECTS.column("end_date")),
        amounts_in_row_currency("currency", PROJECTS.column("works_amount")),
    ),
)
