"""The statuses of electronic invoices, and the reasons that come with them.

Sources, by the letters that stand beside each status:
- D: external specifications of the State (dossier général v3.2), the tables of statuses.
- F: schematron BR-FR-CDV 1.4.0 of the FNFE-MPE, which lists the codes (BR-FR-CDV-CL-06, another one
  only warns) and the reasons (BR-FR-CDV-CL-09).
- B: annex B of XP Z12-014 (V1.4): who says it, and what comes after.
- P: the number is in F, the name is the one that platforms use (in B most of them, without number).
Texts of reasons: annex 7 of the external specifications (v1.9), "Tableau des motifs de refus"; for
IRR_ and REJ_ the tables of the dossier général; in our words where neither has one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Says(StrEnum):
    """Who sets a status."""

    SELLER_PLATFORM = "SELLER_PLATFORM"
    BUYER_PLATFORM = "BUYER_PLATFORM"
    PLATFORM = "PLATFORM"
    """That of either side."""
    BUYER = "BUYER"
    SELLER = "SELLER"
    EITHER = "EITHER"
    """The seller, the buyer or a third party of theirs."""
    STATE = "STATE"
    """To platforms: a firm does not get it of its invoices."""


@dataclass(frozen=True, slots=True)
class Status:
    """A status: its number and names, who sets it and where that is written."""

    code: int
    french: str
    english: str
    said_by: Says
    source: str
    ends: bool = False
    """Nothing comes of the invoice any more: it is cancelled in the books, or was replaced (B)."""
    is_for_state: bool = False
    """Passed on to the State (D, G7.44)."""
    wants_reason: bool = False
    """BR-FR-CDV-15."""


_ALL = (
    Status(200, "Déposée", "Deposited", Says.SELLER_PLATFORM, "D B", is_for_state=True),
    Status(201, "Émise par la plateforme", "Sent by the platform", Says.SELLER_PLATFORM, "D B"),
    Status(202, "Reçue par la plateforme", "Received by the platform", Says.BUYER_PLATFORM, "D B"),
    Status(203, "Mise à disposition", "Made available", Says.BUYER_PLATFORM, "D B"),
    Status(204, "Prise en charge", "Taken in hand", Says.BUYER, "D B"),
    Status(205, "Approuvée", "Approved", Says.BUYER, "D B"),
    Status(
        206, "Approuvée partiellement", "Approved in part", Says.BUYER, "D B", wants_reason=True
    ),
    Status(207, "En litige", "Disputed", Says.BUYER, "D B", wants_reason=True),
    Status(208, "Suspendue", "Suspended", Says.BUYER, "D B", wants_reason=True),
    Status(209, "Complétée", "Completed", Says.SELLER, "D B"),
    # 210: nothing that the State is told may follow; the seller cancels the invoice in his books.
    Status(
        210,
        "Refusée",
        "Refused",
        Says.BUYER,
        "D B",
        ends=True,
        is_for_state=True,
        wants_reason=True,
    ),
    # 211: the seller says it of money that he pays back.
    Status(211, "Paiement transmis", "Payment sent", Says.BUYER, "D B"),
    # 212: one for each payment, so it ends nothing. The State gets it where VAT is due on payment.
    Status(212, "Encaissée", "Collected", Says.SELLER, "D B", is_for_state=True),
    Status(
        213,
        "Rejetée",
        "Rejected",
        Says.PLATFORM,
        "D B",
        ends=True,
        is_for_state=True,
        wants_reason=True,
    ),
    Status(214, "Visée", "Endorsed", Says.EITHER, "P"),
    # 220: a corrective invoice took its place.
    Status(220, "Annulée", "Cancelled", Says.SELLER, "F B", ends=True),
    Status(221, "Erreur de routage", "Misrouted", Says.BUYER_PLATFORM, "F"),
    Status(224, "Demande de paiement direct", "Direct payment asked for", Says.EITHER, "P"),
    Status(225, "Affacturée", "Factored", Says.EITHER, "P"),
    Status(226, "Affacturée confidentiel", "Factored in confidence", Says.EITHER, "P"),
    Status(227, "Changement de compte à payer", "Account to pay changed", Says.EITHER, "P"),
    Status(228, "Non affacturée", "Not factored", Says.EITHER, "P"),
    Status(250, "Déposée", "Data taken in", Says.STATE, "D"),
    Status(251, "Rejetée", "Data rejected", Says.STATE, "D"),
    Status(300, "Déposée", "Report taken in", Says.STATE, "D"),
    Status(301, "Rejetée", "Report rejected", Says.STATE, "D"),
    Status(400, "Acceptée", "Line of the directory accepted", Says.STATE, "D"),
    Status(401, "Rejetée", "Line of the directory rejected", Says.STATE, "D"),
    Status(500, "Recevable", "Flow receivable", Says.STATE, "D"),
    # A platform says it too, of a file that it cannot read as an invoice.
    Status(
        501, "Irrecevable", "Flow not receivable", Says.PLATFORM, "D F", True, wants_reason=True
    ),
    Status(601, "Rejeté", "Status rejected", Says.STATE, "D"),
)
STATUSES = {one.code: one for one in _ALL}
"""Others may come: they are shown as they were told."""

REASONS = {
    "ADR_ERR": "Adresse de facturation électronique erronée",
    "ART_ERR": "Article facturé incorrect",
    "AUTRE": "Autre",
    "CALCUL_ERR": "Erreur de calcul de la facture",
    "CMD_ERR": "N° de commande ou d’engagement incorrect ou manquant",
    "CODE_ROUTAGE_ERR": "Code de routage absent ou erroné",
    "CONTACT_ACHTR": "Autre : contacter l’acheteur",
    "CONTRAT_TERM": "Contrat terminé",
    "COORD_BANC_ERR": "Erreur de coordonnées bancaires",
    "DEST_ERR": "Erreur de destinataire",
    "DEST_INC": "Destinataire inconnu",
    "DOUBLE_FACT": "Double facturation",
    "DOUBLON": "Facture en doublon (déjà émise ou reçue)",
    "EMMET_INC": "Émetteur inconnu",
    "IRR_ANTIVIRUS": "Contrôle antivirus",
    "IRR_EXT_DOC": "Type ou extension d’une pièce jointe",
    "IRR_NOM_F": "Nom du fichier",
    "IRR_NOM_PJ": "Nom d’une pièce jointe",
    "IRR_SYNTAX": "Syntaxe du fichier",
    "IRR_TAILLE_F": "Taille du fichier",
    "IRR_TAILLE_PJ": "Taille d’une pièce jointe",
    "IRR_TYPE_F": "Type ou extension du fichier",
    "IRR_VIDE_F": "Fichier vide",
    "IRR_VID_PJ": "Pièce jointe vide",
    "JUSTIF_ABS": "Justificatif absent ou insuffisant",
    "LIVR_INCOMP": "Livraison incomplète ou non effectuée",
    "MODPAI_ERR": "Modalités de paiement incorrectes",
    "MONTANTTOTAL_ERR": "Montant total erroné",
    "NON_CONFORME": "Mention légale manquante",
    "NON_TRANSMISE": "Déposée, mais non transmise : destinataire non joignable",
    "PU_ERR": "Prix unitaires incorrects",
    "QTE_ERR": "Quantité facturée incorrecte",
    "QUALITE_ERR": "Qualité d’article livré incorrecte",
    "REF_CT_ABSENT": "Référence contractuelle manquante",
    "REF_ERR": "Référence incorrecte",
    "REJ_ADR": "Adresse électronique : contrôle non satisfait",
    "REJ_ASS_PJ": "Pièce jointe : rattachement incorrect",
    "REJ_COH": "Données incohérentes",
    "REJ_CONT_B2G": "Contrôle propre au secteur public non satisfait",
    "REJ_REF_PJ": "Pièce jointe : référence incorrecte",
    "REJ_SEMAN": "Format sémantique non conforme",
    "REJ_UNI": "Unicité : déjà transmise",
    "REM_ERR": "Remise erronée",
    "RETRAIT_MAN_SERV": "Retrait manuel par un service",
    "ROUTAGE_ERR": "Erreur de routage",
    "SIRET_ERR": "SIRET erroné ou absent",
    "ST_CT_NON_DECLAR": "Sous-traitant ou cotraitant non déclaré",
    "SUPPR_COMP_AVOIR": "Suppression pour compensation d’avoirs",
    "TRANSAC_INC": "Transaction inconnue",
    "TRANSF_PMNT_REGIE": "Transfert pour paiement en régie",
    "TX_TVA_ERR": "Taux de TVA erroné",
}
"""MDT-113, in French (the only language that the sources have)."""

_ORDERED = "CMD_ERR SIRET_ERR CODE_ROUTAGE_ERR REF_CT_ABSENT REF_ERR"
_DELIVERED = "PU_ERR REM_ERR QTE_ERR ART_ERR MODPAI_ERR QUALITE_ERR LIVR_INCOMP"
_BILLED = (
    "TX_TVA_ERR MONTANTTOTAL_ERR CALCUL_ERR NON_CONFORME DOUBLON DEST_ERR TRANSAC_INC EMMET_INC "
    "CONTRAT_TERM DOUBLE_FACT"
)
REASONS_OF = {
    code: frozenset(names.split())
    for code, names in {
        200: "NON_TRANSMISE",
        206: f"AUTRE {_ORDERED} {_DELIVERED}",
        207: f"AUTRE COORD_BANC_ERR DEST_INC ADR_ERR {_BILLED} {_ORDERED} {_DELIVERED}",
        208: f"JUSTIF_ABS COORD_BANC_ERR {_ORDERED}",
        210: f"CMD_ERR ADR_ERR REF_CT_ABSENT {_BILLED}",
        213: "MONTANTTOTAL_ERR CALCUL_ERR DOUBLON DEST_INC ADR_ERR REJ_SEMAN REJ_UNI REJ_COH "
        "REJ_ADR REJ_CONT_B2G REJ_REF_PJ REJ_ASS_PJ",
        221: "ROUTAGE_ERR",
        501: "IRR_VIDE_F IRR_TYPE_F IRR_SYNTAX IRR_TAILLE_PJ IRR_NOM_PJ IRR_VID_PJ IRR_EXT_DOC "
        "IRR_TAILLE_F IRR_ANTIVIRUS IRR_NOM_F",
    }.items()
}
"""BR-FR-CDV-CL-09. A public buyer refuses (210) for more reasons than these."""

ACTIONS = {
    "NOA": "Aucune action demandée",
    "PIN": "Fournir des informations",
    "NIN": "Créer une facture rectificative",
    "CNF": "Créer un avoir total",
    "CNP": "Créer un avoir partiel",
    "CNA": "Créer un avoir du montant indiqué",
    "OTH": "Autre",
}
"""MDT-121 (BR-FR-CDV-CL-10); NIN and CNF in the words of the examples of B."""
