"""One invoice on paper: our press against the plain WeasyPrint loop, in one interleaved run.

Both print the same markup with the same fonts. The plain loop does what the manual's first page
does: the style sheet in the page, a new set-up for each document. The ratio is taken document by
document and its median is kept, so a busy machine shifts both sides alike. Last comes a run of
final invoices of one to ten lines, read from their stored pictures, in documents a second.

    python benchmarks/pdf_invoice.py [DOCUMENTS]
"""

from __future__ import annotations

import gc
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from datetime import date
from decimal import Decimal

from _shared import HOUSE

from documents.logo import logo_media_type
from documents.pdf.assets import FONT_URL, style_sheet
from documents.pdf.invoice import invoice_markup, render_invoice
from documents.picture import (
    Bank,
    InvoicePicture,
    Line,
    LineKind,
    PaperKind,
    Party,
    VatGroup,
)
from documents.picture_json import from_json, to_json

LOGO = HOUSE / "server" / "sample" / "logo.svg"
FONTS = (HOUSE / "documents" / "fonts").as_uri()
LINE_COUNTS = (1, 10, 60)
RUN, BLOCK = 100, 20


def picture(number: int, lines: int) -> InvoicePicture:
    """An invoice of `lines` lines that no other number has."""
    rows = tuple(_line(at + 1, 100 + (number * 7919 + at * 104729) % 4800) for at in range(lines))
    net = sum((row.net or Decimal(0) for row in rows), Decimal("0.00"))
    vat = (net / 5).quantize(Decimal("0.01"))
    return InvoicePicture(
        kind=PaperKind.INVOICE,
        number=f"PAR26-{number:05d}",
        issue_date=date(2026, 11, 21),
        due_date=date(2026, 12, 21),
        currency="EUR",
        language="fr",
        seller=Party(
            name="Atelier Rivage Architectes",
            address=("27 quai de la Rivière-Haute", "75013 Paris"),
            legal=("SARL d'architecture au capital de 50 000 €", "RCS Paris 854984531"),
            siret="85498453100012",
            vat_number="FR65854984531",
        ),
        buyer=Party(
            name=f"Société d'aménagement n° {number}",
            address=(f"{number % 200} avenue de la République", "75011 Paris"),
            code=f"C-{number:04d}",
        ),
        bank=Bank(iban="FR3999999005500000854984Z25", bic="XXXXFRPP"),
        lines=rows,
        groups=(VatGroup(label="20 %", base=net, vat=vat),),
        net=net,
        vat=vat,
        gross=net + vat,
        terms=("Pas d'escompte. Retard : taux BCE + 10 points et indemnité de 40 €.",),
        logo=LOGO.read_bytes(),
    )


def _line(position: int, price: int) -> Line:
    return Line(
        kind=LineKind.PRICED,
        position=position,
        description=f"Direction de l'exécution des travaux, lot {position}",
        detail=f"Avancement {position % 10 * 10} %" if position % 2 else None,
        quantity=Decimal("7.75"),
        unit="h",
        unit_price=Decimal(price),
        vat_label="20 %",
        net=Decimal(price) * Decimal("7.75"),
    )


def plain_loop(one: InvoicePicture) -> bytes:
    """The same page as anybody would print it first."""
    from weasyprint import HTML

    style = style_sheet().replace(f'url("{FONT_URL}', f'url("{FONTS}/')
    html = invoice_markup(one, logo=LOGO.as_uri())
    html = html.replace("</head>", f"<style>{style}</style></head>")
    return bytes(HTML(string=f"<!DOCTYPE html>{html}").write_pdf(pdf_tags=True))


def seconds(act: Callable[[InvoicePicture], bytes], one: InvoicePicture) -> float:
    gc.collect()
    start = time.process_time()
    act(one)
    return time.process_time() - start


def run(documents: int) -> None:
    """Documents a second of a whole run, in blocks taken in turn; wall time."""
    stored = [to_json(picture(number, 1 + number % 10)) for number in range(documents)]
    spent = {plain_loop: 0.0, render_invoice: 0.0}
    for start in range(0, documents, BLOCK):
        for act in spent if start % (2 * BLOCK) else reversed(spent):
            gc.collect()
            begun = time.perf_counter()
            for one in stored[start : start + BLOCK]:
                act(from_json(one))
            spent[act] += time.perf_counter() - begun
    plain, ours = (documents / spent[act] for act in (plain_loop, render_invoice))
    print(f"\nA run of {documents}: plain loop {plain:.1f} a second, our press {ours:.1f} a second")
    print(f"ratio {ours / plain:.2f}")


def main() -> None:
    warnings.simplefilter("ignore")
    documents = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    assert logo_media_type(LOGO.read_bytes())
    print(f"{documents} documents of each size; CPU, medians\n")
    print("| lines | plain loop, ms | our press, ms | ratio | quartiles |")
    print("|---|---|---|---|---|")
    for lines in LINE_COUNTS:
        contenders = (plain_loop, render_invoice)
        for act in contenders:
            act(picture(0, lines))
        spent: dict[object, list[float]] = {act: [] for act in contenders}
        for number in range(1, documents + 1):
            one = picture(number, lines)
            for act in contenders if number % 2 else reversed(contenders):
                spent[act].append(seconds(act, one))
        plain, ours = spent[plain_loop], spent[render_invoice]
        ratios = sorted(a / b for a, b in zip(plain, ours, strict=True))
        low, middle, high = statistics.quantiles(ratios, n=4)
        print(
            f"| {lines} | {1000 * statistics.median(plain):.0f} "
            f"| {1000 * statistics.median(ours):.0f} | {middle:.2f} | {low:.2f} – {high:.2f} |"
        )
    run(RUN)


if __name__ == "__main__":
    main()
