"""The layouts, letter by letter, against the table of the contract (O10–O32)."""

from __future__ import annotations

import pytest

from templates_xlsx.checker.titles import fold_title, known_titles
from templates_xlsx.layouts import LAYOUTS, layout, whole_layout
from templates_xlsx.sheet import Flag, Setting

CLIENTS = """
A | ref             | Réf. système              | System ref.         | X
B | name            | Nom du client             | Client name         | M
C | code            | Code client               | Client code         | O
D | billing_address | Adresse de facturation    | Billing address     | M
E | currency        | Devise                    | Currency            | M
F | country         | Pays                      | Country             | O
G | vat_number      | N° TVA intracommunautaire | VAT number          | M
H | client_type     | Type de client            | Client type         | O
I | contact_name    | Contact                   | Contact name        | O
J | contact_email   | E-mail du contact         | Contact e-mail      | O
K | contact_phone   | Téléphone du contact      | Contact phone       | O
L | language        | Langue                    | Language            | O
M | payment_days    | Délai de paiement (jours) | Payment term (days) | O
N | siret           | SIRET                     | SIRET               | R
O | ledger_account  | Compte comptable          | Ledger account      | O
P | service_code    | Code service              | Service code        | O
Q | comment         | Commentaire               | Comment             | O
"""
PROJECTS = """
A | ref           | Réf. système            | System ref.              | X
B | code          | Code projet             | Project code             | M
C | name          | Nom du projet           | Project name             | M
D | client        | Client de facturation   | Billing client           | M
E | entity        | Entité                  | Entity                   | O
F | country       | Pays                    | Country                  | M
G | address       | Adresse du projet       | Project address          | O
H | postcode      | Code postal             | Postal code              | O
I | city          | Ville                   | City                     | O
J | currency      | Devise                  | Currency                 | M
K | vat_rate      | Taux de TVA             | VAT rate                 | M
L | vat_exemption | Motif d'exonération     | VAT exemption reason     | C
M | status        | Statut                  | Status                   | M
N | manager_email | Chef de projet (e-mail) | Project manager (e-mail) | O
O | start_date    | Date de début           | Start date               | O
P | end_date      | Date de fin             | End date                 | O
Q | commitment_no | N° d'engagement         | Commitment number        | O
R | works_amount  | Montant des travaux HT  | Works cost excl. VAT     | O
S | area          | Surface (m²)            | Area (m²)                | O
T | tags          | Étiquettes              | Tags                     | O
"""
PHASES = """
A | entity         | Entité                    | Entity                | C
B | project_code   | Code projet               | Project code          | M
C | contract       | Projet d'honoraires       | Fee project           | M
D | phase_name     | Nom de la phase           | Phase name            | M
E | phase_code     | Code de la phase          | Phase code            | R
F | fee            | Montant des honoraires HT | Fee amount excl. VAT  | M
G | line_type      | Type de ligne             | Line type             | O
H | billing_method | Mode de facturation       | Billing method        | O
I | currency       | Devise                    | Currency              | O
J | vat_rate       | Taux de TVA               | VAT rate              | O
K | start_date     | Date de début             | Start date            | O
L | end_date       | Date de fin               | End date              | O
M | position       | Ordre                     | Position              | O
N | ledger_account | Compte comptable          | Ledger account        | O
O | sku            | Code produit              | Product code (SKU)    | O
P | hourly_rate    | Taux horaire HT           | Hourly rate excl. VAT | C
Q | hours          | Heures                    | Hours                 | C
R | periodicity    | Périodicité               | Period                | C
S | linked_phase   | Phase de rattachement     | Linked phase          | O
T | ref            | Réf. système              | System ref.           | X
"""
COLLABORATORS = """
A | ref           | Réf. système               | System ref.          | X
B | first_name    | Prénom                     | First name           | M
C | last_name     | Nom                        | Last name            | M
D | email         | E-mail                     | E-mail               | M
E | entity        | Entité                     | Entity               | O
F | job_title     | Fonction                   | Job title            | O
G | role          | Rôle                       | Role                 | O
H | entry_date    | Date d'entrée              | Entry date           | O
I | exit_date     | Date de sortie             | Exit date            | O
J | billable_rate | Taux horaire facturable HT | Billable hourly rate | O
K | cost_rate     | Coût horaire               | Hourly cost          | O
L | weekly_hours  | Heures par semaine         | Weekly hours         | O
M | employee_code | Matricule                  | Employee code        | O
N | active        | Actif                      | Active               | O
O | phone         | Téléphone                  | Phone                | O
"""
PROGRESS = """
A | ref          | Réf. système              | System ref.          | X
B | entity       | Entité                    | Entity               | X
C | project_code | Code projet               | Project code         | X
D | project_name | Nom du projet             | Project name         | X
E | contract     | Projet d'honoraires       | Fee project          | X
F | phase_code   | Code de la phase          | Phase code           | X
G | phase_name   | Nom de la phase           | Phase name           | X
H | line_type    | Type de ligne             | Line type            | X
I | fee          | Montant des honoraires HT | Fee amount excl. VAT | X
J | currency     | Devise                    | Currency             | X
K | progress     | Avancement (%)            | Progress (%)         | M
L | as_of        | Date d'arrêté             | As of                | M
M | comment      | Commentaire               | Comment              | O
"""
TIME_ENTRIES = """
A | ref          | Réf. système            | System ref.         | X
B | date         | Date                    | Date                | M
C | email        | E-mail du collaborateur | Collaborator e-mail | M
D | project_code | Code projet             | Project code        | M
E | contract     | Projet d'honoraires     | Fee project         | O
F | phase_code   | Code de la phase        | Phase code          | O
G | hours        | Heures                  | Hours               | M
H | billable     | Facturable              | Billable            | O
I | approved     | Validé                  | Approved            | O
J | ticket       | N° de ticket            | Ticket              | O
K | description  | Description             | Description         | O
"""
CLIENTS_FUSION = """
A | code               | Code client               | Client code        | M
B | name               | Nom du client             | Client name        | M
C | vat_number         | Numéro de TVA             | VAT number         | O
D | address_code       | Adresse Code              | Address code       | O
E | address_name       | Adresse Nom               | Address name       | O
F | street             | Adresse                   | Address            | O
G | city               | Ville                     | City               | O
H | postcode           | Code postal               | Postal code        | O
I | state              | État                      | State              | O
J | country            | Pays                      | Country            | O
K | is_default_address | Est l'adresse par défaut  | Is default address | O
L | contact_name       | Nom du contact            | Contact name       | O
M | contact_phone      | Téléphone du contact      | Contact phone      | O
N | contact_email      | Adresse e-mail du contact | Contact e-mail     | O
O | is_default_contact | Est le contact par défaut | Is default contact | O
"""
TABLES = {
    "clients": ("Clients", "Clients", CLIENTS),
    "projects": ("Projets", "Projects", PROJECTS),
    "phases": ("Phases et annexes", "Phases & annexes", PHASES),
    "collaborators": ("Collaborateurs", "Collaborators", COLLABORATORS),
    "progress": ("Avancement", "Progress", PROGRESS),
    "time_entries": ("Temps", "Time entries", TIME_ENTRIES),
    "clients_fusion": ("Clients", "Clients", CLIENTS_FUSION),
}


@pytest.mark.parametrize("kind", TABLES)
def test_a_layout_is_the_contract_to_the_letter(kind: str) -> None:
    """O10–O14 Clients, O15–O21 Projets, O22–O27 Phases et annexes, O29–O31 Collaborateurs; O32.

    A03–A18: the fifteen columns of Fusion Operations, of which only code and name are mandatory.
    """
    french, english, lines = TABLES[kind]
    sheet = layout(kind)
    assert (sheet.kind, sheet.fr, sheet.en) == (kind, french, english)
    expected = [tuple(map(str.strip, line.split("|"))) for line in lines.strip().splitlines()]
    declared = [(c.letter, c.key, c.fr, c.en, c.flag.value) for c in sheet.columns]
    assert declared == expected


@pytest.mark.parametrize("kind", LAYOUTS)
def test_letters_follow_each_other_without_a_gap(kind: str) -> None:
    """O32: the columns between the mandatory ones exist."""
    letters = [column.letter for column in layout(kind).columns]
    assert letters == list("ABCDEFGHIJKLMNOPQRSTUVWXYZ"[: len(letters)])


def test_the_layouts_stand_in_the_order_of_import() -> None:
    """O08, O09."""
    assert list(LAYOUTS)[:4] == ["clients", "projects", "phases", "collaborators"]


@pytest.mark.parametrize("kind", LAYOUTS)
def test_a_title_names_one_column(kind: str) -> None:
    sheet = layout(kind)
    titles = {(fold_title(t), c.key) for c in sheet.columns for t in (c.fr, c.en, c.key)}
    assert len({title for title, _ in titles}) == len(titles)
    assert set(known_titles(sheet)) == {title for title, _ in titles}


@pytest.mark.parametrize("kind", LAYOUTS)
def test_every_column_has_a_hint_in_both_languages_that_fits_in_a_prompt(kind: str) -> None:
    for column in layout(kind).columns:
        for locale in ("fr", "en"):
            assert 0 < len(column.hint(locale)) <= 255, column.key


def test_an_entity_is_mandatory_from_two_entities_on() -> None:
    """O22, O35."""
    phases = whole_layout(layout("phases"))
    entity = phases.sheet.column("entity")
    one, two = Setting(entities=(("A", "A"),)), Setting(entities=(("A", "A"), ("B", "B")))
    assert phases.flag(entity, one) is Flag.CONDITIONAL
    assert phases.flag(entity, two) is Flag.MANDATORY


def test_the_vat_number_may_be_lowered_to_recommended() -> None:
    """O13 and the switch of DOMAIN §6.1."""
    clients = whole_layout(layout("clients"))
    number = clients.sheet.column("vat_number")
    assert clients.flag(number, Setting()) is Flag.MANDATORY
    assert clients.flag(number, Setting(vat_number_mandatory=False)) is Flag.RECOMMENDED
