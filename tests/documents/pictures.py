"""Hand-made pictures of invoices: the sample firm, its clients, its figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from documents.picture import (
    Bank,
    InvoicePicture,
    Job,
    Line,
    LineKind,
    OperationCategory,
    PaperKind,
    Party,
    Reference,
    VatGroup,
    VatInEuro,
)

NB = "\u00a0"
NARROW = "\u202f"
LOGO = Path(__file__).parents[2].joinpath("server", "sample", "logo.svg").read_bytes()

SELLER = Party(
    name="Atelier Rivage Architectes",
    address=("27 quai de la Rivière-Haute", "75013 Paris"),
    legal=(f"SARL d'architecture au capital de 50{NARROW}000{NB}€", "RCS Paris 854984531"),
    siren="854984531",
    siret="85498453100012",
    vat_number="FR65854984531",
    email="facturation@atelier-rivage.example",
    phone="01 99 00 12 34",
)
BUYER = Party(
    name="Ville de Saint-Aubin-sur-Orge",
    address=("Direction du patrimoine bâti", "1 place de l'Hôtel-de-Ville", "91220 Saint-Aubin"),
    siren="219101234",
    siret="21910123400017",
    code="C-0012",
)
BANK = Bank(iban="FR3999999005500000854984Z25", bic="XXXXFRPP", name="Banque de la Rive")
SCHOOL = Job(
    code="2401",
    name="Réhabilitation et extension du groupe scolaire Jean-Moulin",
    address=("14 rue des Tilleuls", "91220 Saint-Aubin"),
    contract="Mission de base + OPC",
)
TERMS = (
    "Pas d'escompte pour paiement anticipé.",
    "En cas de retard de paiement : pénalités au taux de la BCE majoré de 10 points et indemnité "
    f"forfaitaire pour frais de recouvrement de 40{NB}€ (art. L441-10 et D441-5 du code de "
    "commerce).",
    "Inscrite à l'ordre des architectes d'Île-de-France sous le n° S00000. Assurance de "
    "responsabilité décennale n° 000000, couverture : France métropolitaine.",
)


def line(position: int, description: str, net: str, **more: object) -> Line:
    """A priced line of one lump sum at 20 %, unless told otherwise."""
    values: dict[str, object] = {
        "kind": LineKind.PRICED,
        "position": position,
        "description": description,
        "quantity": Decimal(1),
        "unit": "forfait",
        "unit_price": Decimal(net),
        "vat_label": f"20{NARROW}%",
        "net": Decimal(net),
    }
    return Line(**{**values, **more})  # type: ignore[arg-type]


def text(position: int, description: str, detail: str | None = None) -> Line:
    return Line(kind=LineKind.TEXT, position=position, description=description, detail=detail)


def one_line() -> InvoicePicture:
    """The smallest invoice: one phase, one rate."""
    return InvoicePicture(
        kind=PaperKind.INVOICE,
        number="PAR26-00042",
        issue_date=date(2026, 11, 21),
        due_date=date(2026, 12, 21),
        supply_start=date(2026, 10, 1),
        supply_end=date(2026, 10, 31),
        currency="EUR",
        language="fr",
        seller=SELLER,
        buyer=BUYER,
        bank=BANK,
        project=SCHOOL,
        commitment_number="ENG-2026-0417",
        service_code="SRV-PAT",
        lines=(
            line(
                1,
                "APD – Avant-projet définitif",
                "11845.00",
                detail=f"Avancement 62,5{NARROW}% de 18{NARROW}952,00{NB}€, "
                f"déjà facturé 8{NARROW}234,00{NB}€",
            ),
        ),
        groups=(VatGroup(label=f"20{NARROW}%", base=Decimal("11845.00"), vat=Decimal("2369.00")),),
        net=Decimal("11845.00"),
        vat=Decimal("2369.00"),
        gross=Decimal("14214.00"),
        operation_category=OperationCategory.SERVICES,
        terms=TERMS,
        footer_message="Merci de votre confiance.",
        logo=LOGO,
    )


def three_rates() -> InvoicePicture:
    """12 345.67 at 20 %, 890.15 at 10 %, 456.78 at 5.5 % (DOMAIN 2.6)."""
    five = f"5,5{NARROW}%"
    return replace(
        one_line(),
        lines=(
            text(1, "Tranche ferme"),
            line(2, "DET – Direction de l'exécution des travaux", "12345.67"),
            line(3, "Logements de fonction", "890.15", vat_label=f"10{NARROW}%"),
            line(4, "Rénovation énergétique", "456.78", vat_label=five),
            Line(
                kind=LineKind.SUBTOTAL,
                position=5,
                description="Sous-total de la tranche ferme",
                net=Decimal("13692.60"),
            ),
        ),
        groups=(
            VatGroup(label=f"20{NARROW}%", base=Decimal("12345.67"), vat=Decimal("2469.13")),
            VatGroup(label=f"10{NARROW}%", base=Decimal("890.15"), vat=Decimal("89.02")),
            VatGroup(label=five, base=Decimal("456.78"), vat=Decimal("25.12")),
        ),
        net=Decimal("13692.60"),
        vat=Decimal("2583.27"),
        gross=Decimal("16275.87"),
    )


def pro_forma() -> InvoicePicture:
    return replace(
        three_rates(), kind=PaperKind.PROFORMA, number="PF-000123", due_date=None, bank=None
    )


PHASES = (
    "Esquisse",
    "Avant-projet sommaire",
    "Avant-projet définitif",
    "Études de projet",
    "Assistance aux contrats de travaux",
    "Visa des études d'exécution",
    "Direction de l'exécution des travaux",
    "Assistance aux opérations de réception",
)


def sixty_lines(count: int = 60) -> InvoicePicture:
    """`count` lines of hours at 100.00, a heading before each tenth."""
    lines: list[Line] = []
    for number in range(count):
        if number % 10 == 0:
            lines.append(text(len(lines) + 1, f"Bâtiment {'ABCDEFGHIJKL'[number // 10]}"))
        lines.append(
            line(
                len(lines) + 1,
                f"{PHASES[number % 8]} – lot {number + 1}",
                "775.00",
                quantity=Decimal("7.75"),
                unit="h",
                unit_price=Decimal("100.00"),
                detail="Camille Oster, octobre 2026" if number % 3 == 0 else None,
            )
        )
    net = Decimal("775.00") * count
    vat = (net * Decimal("0.2")).quantize(Decimal("0.01"))
    return replace(
        one_line(),
        lines=tuple(lines),
        groups=(VatGroup(label=f"20{NARROW}%", base=net, vat=vat),),
        net=net,
        vat=vat,
        gross=net + vat,
    )


def english_credit_note() -> InvoicePicture:
    """A credit note in English for a business abroad: reverse charge, Swiss francs."""
    return replace(
        one_line(),
        kind=PaperKind.CREDIT_NOTE,
        number="PAV26-00007",
        language="en",
        currency="CHF",
        buyer=Party(
            name="Nordhafen Projektentwicklung GmbH",
            address=("Am Sandkai 4", "20457 Hamburg", "GERMANY"),
            vat_number="DE123456789",
            code="C-0107",
        ),
        project=Job(code="2417", name="Nordhafen, harbour offices"),
        commitment_number=None,
        service_code=None,
        due_date=None,
        references=(Reference(number="PAR26-00031", issue_date=date(2026, 10, 1)),),
        lines=(
            line(
                1,
                "Concept design",
                "12500.00",
                unit="lump sum",
                vat_label="0%",
                detail="Invoiced twice in September",
            ),
        ),
        groups=(
            VatGroup(
                label="0%",
                base=Decimal("12500.00"),
                vat=Decimal("0.00"),
                mention="Reverse charge (Autoliquidation), art. 283-2 of the French tax code",
            ),
        ),
        net=Decimal("12500.00"),
        vat=Decimal("0.00"),
        gross=Decimal("12500.00"),
        vat_in_eur=VatInEuro(
            amount=Decimal("0.00"),
            rate=Decimal("1.0654"),
            source="ECB",
            day=date(2026, 11, 20),
        ),
        terms=("VAT will be corrected accordingly.",),
        footer_message="Thank you for your trust.",
        logo=None,
    )
