"""The sheet Clients in the fifteen columns of Fusion Operations (A03–A19; DOMAIN §3.5)."""

from __future__ import annotations

from templates_xlsx.issues import VAT_COUNTRY_MISMATCH
from templates_xlsx.kinds import Code, Country, Email, Name, Phone, Text, VatNumber, YesNo
from templates_xlsx.layouts.layout import Layout
from templates_xlsx.layouts.rules.places import postcode_of_country
from templates_xlsx.layouts.rules.telling import Rule, says, withdraw
from templates_xlsx.layouts.rules.vat import number_of_country
from templates_xlsx.sheet import Column, Draft, Flag, Setting, Sheet

M = Flag.MANDATORY

CLIENTS_FUSION = Sheet(
    kind="clients_fusion",
    fr="Clients",
    en="Clients",
    called_fr="Clients, en quinze colonnes",
    called_en="Clients, in fifteen columns",
    columns=(
        Column(
            "A",
            "code",
            "Code client",
            "Client code",
            Code(),
            M,
            "C001",
            hint_fr="Unique. Répétez-le sur d’autres lignes pour d’autres adresses et contacts.",
            hint_en="Unique. Repeat it on further rows for further addresses and contacts.",
        ),
        Column(
            "B",
            "name",
            "Nom du client",
            "Client name",
            Name(),
            M,
            "Brasserie du Haut-Moulin",
            hint_fr="Le nom du client, unique ; il peut rester vide quand le code est répété.",
            hint_en="The name of the client, unique; it may stay empty where the code is repeated.",
        ),
        Column(
            "C",
            "vat_number",
            "Numéro de TVA",
            "VAT number",
            VatNumber(),
            example="FR90484157581",
        ),
        Column(
            "D",
            "address_code",
            "Adresse Code",
            "Address code",
            Code(),
            example="SIEGE",
            hint_fr="Unique pour ce client ; c’est par lui que l’adresse est mise à jour.",
            hint_en="Unique for that client; an address is updated by its code.",
        ),
        Column("E", "address_name", "Adresse Nom", "Address name", Name(width=22), example="Siège"),
        Column(
            "F", "street", "Adresse", "Address", Text(500, width=30), example="1 place du Moulin"
        ),
        Column("G", "city", "Ville", "City", Name(width=20), example="Besançon"),
        Column("H", "postcode", "Code postal", "Postal code", Text(32, width=12), example="25000"),
        Column("I", "state", "État", "State", Text(width=14)),
        Column("J", "country", "Pays", "Country", Country(wants_letters=True), example="FR"),
        Column(
            "K",
            "is_default_address",
            "Est l'adresse par défaut",
            "Is default address",
            YesNo(),
            example="Oui",
            hint_fr="Oui pour une seule adresse du client : celle de facturation.",
            hint_en="Yes for one address of the client only: the billing address.",
        ),
        Column(
            "L",
            "contact_name",
            "Nom du contact",
            "Contact name",
            Name(width=24),
            example="Mélanie Marchetti",
        ),
        Column(
            "M",
            "contact_phone",
            "Téléphone du contact",
            "Contact phone",
            Phone(),
            example="+33 3 97 64 90 07",
        ),
        Column(
            "N",
            "contact_email",
            "Adresse e-mail du contact",
            "Contact e-mail",
            Email(),
            example="m.marchetti@client.example",
        ),
        Column(
            "O",
            "is_default_contact",
            "Est le contact par défaut",
            "Is default contact",
            YesNo(),
            example="Oui",
            hint_fr="Oui pour un seul contact du client.",
            hint_en="Yes for one contact of the client only.",
        ),
    ),
)


def _number_of_client(number: Column) -> Rule:
    """The VAT number is sound; only the default address tells the country of the client."""
    judge_number = number_of_country(number, "country")

    @says(*judge_number.codes, of=(number,))
    def judge(draft: Draft, setting: Setting) -> None:
        judge_number(draft, setting)
        if draft.values.get("is_default_address") is False:
            withdraw(draft, number, VAT_COUNTRY_MISMATCH)

    return judge


LAYOUT = Layout(
    CLIENTS_FUSION,
    rules=(
        _number_of_client(CLIENTS_FUSION.column("vat_number")),
        # Without a country an address is wherever its client is.
        postcode_of_country(CLIENTS_FUSION.column("postcode"), "country"),
    ),
)
