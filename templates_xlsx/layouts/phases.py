"""The sheet Phases & annexes (O22–O28; DOMAIN §3.5)."""

from __future__ import annotations

from domain.project.model import BillingMethod
from templates_xlsx.kinds import (
    Code,
    Currency,
    Day,
    Hours,
    Money,
    Name,
    Rate,
    Ref,
    Signed,
    Token,
    Whole,
)
from templates_xlsx.layouts.layout import Layout
from templates_xlsx.layouts.lists import BILLING_METHOD, LINE_TYPE, PERIODICITY
from templates_xlsx.layouts.rules.dates import in_order
from templates_xlsx.layouts.rules.money import amounts_in_row_currency, fee_sign
from templates_xlsx.layouts.rules.presence import needed_when
from templates_xlsx.sheet import Column, Flag, Setting, Sheet

M, R, C, X = Flag.MANDATORY, Flag.RECOMMENDED, Flag.CONDITIONAL, Flag.REFERENCE

PHASES = Sheet(
    kind="phases",
    fr="Phases et annexes",
    en="Phases & annexes",
    columns=(
        Column(
            "A",
            "entity",
            "Entité",
            "Entity",
            Ref("entity"),
            C,
            "Atelier Rivage Architectes",
            hint_fr="L’entité du projet ; obligatoire si vous en avez plusieurs.",
            hint_en="The entity of the project; mandatory when you have several.",
        ),
        Column("B", "project_code", "Code projet", "Project code", Ref("project"), M, "LOG-2403"),
        Column(
            "C",
            "contract",
            "Projet d'honoraires",
            "Fee project",
            Name(),
            M,
            "Mission de base",
            hint_fr="Le nom du projet d’honoraires ; créé à sa première apparition.",
            hint_en="The name of the fee project; made on its first appearance.",
        ),
        Column(
            "D",
            "phase_name",
            "Nom de la phase",
            "Phase name",
            Name(),
            M,
            "Avant-projet sommaire",
            hint_fr="Une ligne par phase ou par annexe.",
            hint_en="One row per phase or annex.",
        ),
        Column(
            "E",
            "phase_code",
            "Code de la phase",
            "Phase code",
            Code(),
            R,
            "APS",
            hint_fr="Recommandé : unique dans le projet d’honoraires ; créé s’il est vide.",
            hint_en="Recommended: unique in the fee project; made when empty.",
        ),
        Column(
            "F",
            "fee",
            "Montant des honoraires HT",
            "Fee amount excl. VAT",
            Signed(warns_of_zero=True),
            M,
            "18400.00",
            hint_fr="HT. Négatif pour une annexe seulement. Forfait périodique : UNE période.",
            hint_en="Net of VAT. Negative for an annex only. Retainer: ONE period.",
        ),
        Column("G", "line_type", "Type de ligne", "Line type", LINE_TYPE, example="phase"),
        Column(
            "H",
            "billing_method",
            "Mode de facturation",
            "Billing method",
            BILLING_METHOD,
            example="avancement",
        ),
        Column(
            "I",
            "currency",
            "Devise",
            "Currency",
            Currency(),
            example="EUR",
            hint_fr="Celle du projet, qui est aussi la valeur par défaut.",
            hint_en="That of the project, which is also the default.",
        ),
        Column(
            "J",
            "vat_rate",
            "Taux de TVA",
            "VAT rate",
            Rate(),
            example="10",
            hint_fr="Vide : le taux du projet.",
            hint_en="Empty: the rate of the project.",
        ),
        Column("K", "start_date", "Date de début", "Start date", Day()),
        Column("L", "end_date", "Date de fin", "End date", Day()),
        Column(
            "M",
            "position",
            "Ordre",
            "Position",
            Whole(0, 99_999),
            example="2",
            hint_fr="Vide : l’ordre du fichier.",
            hint_en="Empty: the order of the file.",
        ),
        Column(
            "N",
            "ledger_account",
            "Compte comptable",
            "Ledger account",
            Code(),
            example="706100",
            hint_fr="Vide : 706000.",
            hint_en="Empty: 706000.",
        ),
        Column("O", "sku", "Code produit", "Product code (SKU)", Code(), example="HON-APS"),
        Column(
            "P",
            "hourly_rate",
            "Taux horaire HT",
            "Hourly rate excl. VAT",
            Money(),
            C,
            "85.00",
            hint_fr="Régie : le taux. Bloc d’heures : le taux des heures en dépassement.",
            hint_en="Time and materials: the rate. Prepaid hours: the rate of the overage.",
        ),
        Column(
            "Q",
            "hours",
            "Heures",
            "Hours",
            Hours(),
            C,
            "40",
            hint_fr="Les heures du bloc, ou les heures prévues.",
            hint_en="The hours of the block, or the budget.",
        ),
        Column("R", "periodicity", "Périodicité", "Period", PERIODICITY, C, "mensuel"),
        Column(
            "S",
            "linked_phase",
            "Phase de rattachement",
            "Linked phase",
            Ref("phase"),
            example="APD",
            hint_fr="Annexe : le code d’une phase du même projet d’honoraires.",
            hint_en="Annex: the code of a phase of the same fee project.",
        ),
        # At the END: letter A is given to the entity by the source layout (O22).
        Column("T", "ref", "Réf. système", "System ref.", Token(), X),
    ),
)


def _flag(column: Column, setting: Setting) -> Flag:
    if column.key == "entity" and len(setting.entities) > 1:
        return M
    return column.flag


LAYOUT = Layout(
    PHASES,
    rules=(
        fee_sign(PHASES.column("fee"), "line_type"),
        amounts_in_row_currency("currency", PHASES.column("fee"), PHASES.column("hourly_rate")),
        in_order(PHASES.column("start_date"), PHASES.column("end_date")),
        needed_when(PHASES.column("periodicity"), "billing_method", BillingMethod.RETAINER),
        needed_when(PHASES.column("hours"), "billing_method", BillingMethod.PREPAID_HOURS),
    ),
    flag=_flag,
)
