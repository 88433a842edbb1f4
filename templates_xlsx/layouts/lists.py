"""The closed lists of the sheets: what is stored, shown and understood (DOMAIN §3.5)."""

from __future__ import annotations

from domain.access import Role
from domain.client import ClientType
from domain.project.adjustment import AdjustmentKind
from domain.project.model import BillingMethod, Periodicity, PhaseKind, ProjectStatus
from domain.tax import ExemptionReason
from templates_xlsx.kinds import Choice, Option

CLIENT_TYPE = Choice(
    Option(ClientType.COMPANY, "entreprise", "company"),
    Option(ClientType.PUBLIC, "public", "public"),
    Option(ClientType.ASSOCIATION, "association", "association"),
    Option(ClientType.INDIVIDUAL, "particulier", "individual"),
)
LANGUAGE = Choice(
    Option("fr", "fr", "fr", ("français", "french")),
    Option("en", "en", "en", ("anglais", "english")),
)
STATUS = Choice(
    # The two literals are those of the source layout (O21), in every language.
    Option(ProjectStatus.SIGNED, "signed", "signed", ("signé", "signée", "en cours")),
    Option(ProjectStatus.COMMERCIAL, "commercial", "commercial", ("opportunité", "prospect")),
    # Closed in the application, never by a sheet: the row of a closed project says it and stays.
    Option(ProjectStatus.CLOSED, "closed", "closed", is_offered=False),
)
EXEMPTION = Choice(*(Option(reason, reason.value, reason.value) for reason in ExemptionReason))
LINE_TYPE = Choice(
    Option(PhaseKind.PHASE, "phase", "phase"),
    Option(PhaseKind.ANNEX, "annexe", "annex", ("avenant", "mission complémentaire")),
)
BILLING_METHOD = Choice(
    Option(BillingMethod.FIXED_FEE_PROGRESS, "avancement", "progress", ("forfait à l'avancement",)),
    Option(BillingMethod.TIME_AND_MATERIALS, "régie", "time and materials", ("temps passé",)),
    Option(BillingMethod.RETAINER, "forfait périodique", "retainer", ("abonnement",)),
    Option(BillingMethod.PREPAID_HOURS, "bloc d'heures", "prepaid hours"),
)
PERIODICITY = Choice(
    Option(Periodicity.MONTH, "mensuel", "monthly"),
    Option(Periodicity.QUARTER, "trimestriel", "quarterly"),
    Option(Periodicity.YEAR, "annuel", "yearly"),
)
ROLE = Choice(
    Option(Role.COLLABORATOR, "collaborateur", "collaborator"),
    Option(Role.PROJECT_MANAGER, "chef de projet", "project manager"),
    Option(Role.ACCOUNTANT, "comptable", "accountant"),
    Option(Role.ADMINISTRATOR, "administrateur", "administrator"),
)
ADJUSTMENT_KIND = Choice(
    Option(AdjustmentKind.BILLED, "facturé", "billed"),
    Option(AdjustmentKind.FEE, "honoraires", "fee"),
    Option(AdjustmentKind.HOURS, "heures", "hours"),
    Option(AdjustmentKind.COST, "coût", "cost"),
)
