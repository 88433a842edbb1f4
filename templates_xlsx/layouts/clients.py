"""The sheet Clients (O10–O14; DOMAIN §3.5)."""

from __future__ import annotations

from templates_xlsx.kinds import (
    Address,
    Code,
    Country,
    Currency,
    Email,
    Name,
    Phone,
    Siret,
    Text,
    Token,
    VatNumber,
    Whole,
)
from templates_xlsx.layouts.layout import Layout
from templates_xlsx.layouts.lists import CLIENT_TYPE, LANGUAGE
from templates_xlsx.layouts.rules.vat import number_of_country, siret_recommended
from templates_xlsx.sheet import Column, Flag, Setting, Sheet

M, R, X = Flag.MANDATORY, Flag.RECOMMENDED, Flag.REFERENCE

CLIENTS = Sheet(
    kind="clients",
    fr="Clients",
    en="Clients",
    columns=(
        Column("A", "ref", "Réf. système", "System ref.", Token(), X),
        Column(
            "B",
            "name",
            "Nom du client",
            "Client name",
            Name(),
            M,
            "Foncière des Tilleuls Argentés",
            hint_fr="Le nom du client, unique : c’est lui que les projets citent.",
            hint_en="The name of the client, unique: projects refer to it.",
        ),
        Column(
            "C",
            "code",
            "Code client",
            "Client code",
            Code(),
            example="CLI-0012",
            hint_fr="Unique. C’est le « numéro d’entreprise » des exports ; créé s’il est vide.",
            hint_en="Unique. It is the “company number” of exports; made when empty.",
        ),
        Column(
            "D",
            "billing_address",
            "Adresse de facturation",
            "Billing address",
            Address(),
            M,
            "14 rue des Tilleuls\n75011 Paris",
        ),
        Column("E", "currency", "Devise", "Currency", Currency(), M, "EUR"),
        Column(
            "F",
            "country",
            "Pays",
            "Country",
            Country(),
            example="FR",
            hint_fr="Les deux lettres du pays ; vide : celui de votre organisation.",
            hint_en="The two letters of the country; empty: that of your organisation.",
        ),
        Column(
            "G",
            "vat_number",
            "N° TVA intracommunautaire",
            "VAT number",
            VatNumber(),
            M,
            "FR34517125696",
        ),
        Column("H", "client_type", "Type de client", "Client type", CLIENT_TYPE, example="public"),
        Column("I", "contact_name", "Contact", "Contact name", Name(), example="Anaïs Kerléo"),
        Column(
            "J",
            "contact_email",
            "E-mail du contact",
            "Contact e-mail",
            Email(),
            example="a.kerleo@client.example",
        ),
        Column(
            "K",
            "contact_phone",
            "Téléphone du contact",
            "Contact phone",
            Phone(),
            example="+33 1 44 00 11 22",
        ),
        Column("L", "language", "Langue", "Language", LANGUAGE, example="fr"),
        Column(
            "M",
            "payment_days",
            "Délai de paiement (jours)",
            "Payment term (days)",
            Whole(0, 90),
            example="30",
            hint_fr="De 0 à 90 ; vide : 30. Plafond légal : 60 jours, ou 45 jours fin de mois.",
            hint_en="From 0 to 90; empty: 30. Legal ceiling: 60 days, or 45 days end of month.",
        ),
        Column(
            "N",
            "siret",
            "SIRET",
            "SIRET",
            Siret(),
            R,
            "51712569600032",
            hint_fr="14 chiffres. Fortement recommandé pour un client français non particulier.",
            hint_en="14 digits. Strongly recommended for a French client, except an individual.",
        ),
        Column(
            "O",
            "ledger_account",
            "Compte comptable",
            "Ledger account",
            Code(),
            example="411CLI0012",
            hint_fr="Le compte auxiliaire ; vide : 411 suivi du code client.",
            hint_en="The auxiliary account; empty: 411 followed by the client code.",
        ),
        Column(
            "P",
            "service_code",
            "Code service",
            "Service code",
            Text(),
            example="SERV-TRAVAUX",
            hint_fr="Client public : le code service de l’acheteur (Chorus Pro).",
            hint_en="Public client: the service code of the buyer (Chorus Pro).",
        ),
        Column("Q", "comment", "Commentaire", "Comment", Text(2000, width=30)),
    ),
)


def _flag(column: Column, setting: Setting) -> Flag:
    # DOMAIN §6.1: the sources disagree on the VAT number; the firm may lower it.
    if column.key == "vat_number" and not setting.vat_number_mandatory:
        return R
    return column.flag


LAYOUT = Layout(
    CLIENTS,
    rules=(
        number_of_country(CLIENTS.column("vat_number"), "country", "siret"),
        siret_recommended(CLIENTS.column("siret"), "country", "client_type"),
    ),
    flag=_flag,
    spoken_for=frozenset({"siret"}),
)
