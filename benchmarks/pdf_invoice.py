"""Invoices on paper: our press against the plain WeasyPrint loop, in one interleaved run.

Both print the same markup with the same fonts. The plain loop does what the manual's first page
does: the style sheet in the page, a new set-up for each document. The ratio is taken document by
document and its median is kept, so a busy machine shifts both sides alike.

First one invoice by itself: of a shape that was never met (each has an accent of its own, so that
the engine lays it out), and of a shape that is known (stamped). Then runs of final invoices of one
to ten lines, read from their stored pictures, at three sizes, by a press that knows nothing yet and
by the same once more; the plain loop's share is taken from a sample in between. Last, when asked,
how much memory each way of printing keeps per document, each in a process of its own.

    python benchmarks/pdf_invoice.py [DOCUMENTS] [--runs 50 150 500] [--memory 1000]
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import re
import statistics
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

from _shared import HOUSE
from _shared.growth import show_growth
from _shared.measuring import give_back, memory_of, ratios, report

from documents.logo import logo_media_type
from documents.pdf import press
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
FIGURES_FACE = re.compile('@font-face { font-family: "House Figures".*\n')
FIGURES = re.compile('"House Figures"([^;}]*)')
"""A family of the press: the plain loop asks for figures of one width where it wants them."""

LINE_COUNTS = (1, 10, 60)
RUNS = (50, 150, 500)
SAMPLE = 10


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

    style = FIGURES_FACE.sub("", style_sheet())
    style = FIGURES.sub(r'"House"\1; font-feature-settings: "tnum"', style)
    style = style.replace(f'url("{FONT_URL}', f'url("{FONTS}/')
    html = invoice_markup(one, logo=LOGO.as_uri())
    html = html.replace("</head>", f"<style>{style}</style></head>")
    return bytes(HTML(string=f"<!DOCTYPE html>{html}").write_pdf(pdf_tags=True))


def of_a_new_shape(one: InvoicePicture) -> InvoicePicture:
    """The same in an accent that no other paper has: no mould fits it."""
    return replace(one, accent=f"#{int(one.number[-5:]) * 64 + len(one.lines):06x}")


def laid_out(one: InvoicePicture) -> bytes:
    return render_invoice(of_a_new_shape(one))


def seconds(act: Callable[[InvoicePicture], bytes], one: InvoicePicture) -> float:
    gc.collect()
    start = time.process_time()
    act(one)
    return time.process_time() - start


def one_by_one(documents: int, line_counts: list[int]) -> None:
    print(f"{documents} documents of each size; CPU, medians\n")
    print("| lines | plain loop, ms | new shape, ms | ratio | known shape, ms | ratio |")
    print("|---|---|---|---|---|---|")
    contenders = (plain_loop, laid_out, render_invoice)
    for lines in line_counts:
        for number in range(2):
            for act in contenders:
                act(picture(number, lines))
        spent: dict[object, list[float]] = {act: [] for act in contenders}
        for number in range(2, documents + 2):
            one = picture(number, lines)
            for act in contenders if number % 2 else reversed(contenders):
                spent[act].append(seconds(act, one))
        told = [f"{1000 * statistics.median(spent[plain_loop]):.0f}"]
        for act in contenders[1:]:
            faster = ratios(spent[plain_loop], spent[act])
            told.append(f"{1000 * statistics.median(spent[act]):.1f}")
            told.append(f"{statistics.median(faster):.2f}")
            shape = "a new" if act is laid_out else "a known"
            what = f"one invoice of {shape} shape, lines: {lines}: × as fast as the plain loop"
            report("P1", what, faster, at_least=1.5)
        print(f"| {lines} | {' | '.join(told)} |")


def runs(sizes: list[int]) -> None:
    """Seconds of processor of whole runs; the plain loop's from a sample of the same lines."""
    print("\n| run of | plain loop, s | nothing known, s | ratio | known, s | ratio |")
    print("|---|---|---|---|---|---|")
    grown: dict[str, list[tuple[int, float]]] = {"nothing known": [], "known": []}
    for size in sizes:
        sample = min(SAMPLE, size)
        stored = [to_json(picture(number, 1 + number % 10)) for number in range(size)]
        plain = sum(seconds(plain_loop, picture(turn, 1 + turn)) for turn in range(sample))
        press._engine.cache_clear()
        render_invoice(picture(0, LINE_COUNTS[-1]))
        first, again = (_run_of(stored) for _ in range(2))
        plain += sum(seconds(plain_loop, picture(turn, 1 + turn)) for turn in range(sample))
        plain *= size / (2 * sample)
        for (shapes, points), cost in zip(grown.items(), (first, again), strict=True):
            points.append((size, cost))
            what = f"a run of final invoices, {shapes}: × as fast as the plain loop"
            report("P2", what, plain / cost, at_least=10, of=size, cost=cost)
        print(
            f"| {size} | {plain:.1f} | {first:.2f} | {plain / first:.1f} "
            f"| {again:.2f} | {plain / again:.1f} |"
        )
    print()
    show_growth("growth", grown)


def _run_of(stored: list[dict[str, object]]) -> float:
    gc.collect()
    begun = time.process_time()
    for one in stored:
        render_invoice(from_json(one))
    return time.process_time() - begun


def memory(documents: int) -> None:
    """What a process keeps for each document printed, after the first tenth."""
    print(f"\n| memory kept over {documents} documents | MiB at the end | KiB a document |")
    print("|---|---|---|")
    told = multiprocessing.get_context("spawn")
    kept: dict[object, float] = {}
    for act in (plain_loop, laid_out, render_invoice):
        with told.Pool(1) as pool:
            first, last = pool.apply(_kept, (act, documents))
        each = 1024 * (last - first) / (documents - documents // 10)
        kept[act] = each
        print(f"| {act.__name__} | {last:.0f} | {each:.1f} |")
    if kept[plain_loop] > 0:
        for act, shape in ((laid_out, "a new"), (render_invoice, "a known")):
            what = f"memory kept for each document of {shape} shape: × the plain loop"
            beside = max(0.0, kept[act] / kept[plain_loop])
            report("P1", what, beside, at_most=1 / 15, of=documents)


def _kept(act: Callable[[InvoicePicture], bytes], documents: int) -> tuple[float, float]:
    warnings.simplefilter("ignore")
    first = 0.0
    for number in range(documents):
        act(picture(number, 1 + number % 10))
        if number == documents // 10:
            give_back()
            first = memory_of("VmRSS")
    give_back()
    return first, memory_of("VmRSS")


def main() -> None:
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser()
    parser.add_argument("documents", nargs="?", type=int, default=6)
    parser.add_argument("--lines", nargs="*", type=int, default=list(LINE_COUNTS))
    parser.add_argument("--runs", nargs="*", type=int, default=list(RUNS))
    parser.add_argument("--memory", type=int, default=0)
    asked = parser.parse_args()
    assert logo_media_type(LOGO.read_bytes())
    if asked.documents:
        one_by_one(asked.documents, asked.lines)
    if asked.runs:
        runs(asked.runs)
    if asked.memory:
        memory(asked.memory)


if __name__ == "__main__":
    main()
