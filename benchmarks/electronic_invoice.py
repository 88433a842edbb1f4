"""Electronic invoices: drawn from what was frozen, beside the paper by hand and the usual library.

Product: the XML of a final invoice from its records and its picture, and the paper that carries it
(Factur-X). Peer: the plain WeasyPrint loop of the manual's first page, and the library factur-x,
which puts the same XML into that PDF (without checking it). Interleaved, document by document;
processor time, medians of the ratios. The XML at three sizes tells how it grows.

    python benchmarks/electronic_invoice.py [DOCUMENTS] [--lines 4 60 600]
"""

from __future__ import annotations

import argparse
import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import facturx
from _shared.growth import show_growth
from _shared.measuring import ratio, ratios, report, show
from pdf_invoice import plain_loop

from documents.electronic import cii, factur_x
from documents.electronic.view import electronic_of
from documents.picture import InvoicePicture
from documents.portrait import Occasion, picture_of
from domain.invoice.finalise import Dossier
from tests.documents.entries import DAY, Sold, dossier
from tests.documents.test_electronic import buying, rivage


def final(lines: int, number: int) -> tuple[Dossier, InvoicePicture]:
    """A final invoice of `lines` lines, with its picture."""
    sold = [
        Sold("7.75", f"{100 + number + at}", discount="10" if at % 3 == 0 else None)
        for at in range(lines)
    ]
    made = dossier(sold, number=f"PAR26-{number:05d}", parties=(buying(), rivage()))
    made.invoice.buyer = {}
    return made, picture_of(made, Occasion(DAY))


def drawn(made: Dossier, picture: InvoicePicture) -> bytes:
    return cii.write(electronic_of(made, picture))


def by_the_library(picture: InvoicePicture, xml: bytes) -> bytes:
    made: bytes = facturx.generate_from_binary(plain_loop(picture), xml, check_xsd=False)
    return made


def seconds(act: Callable[[], object]) -> float:
    gc.collect()
    start = time.process_time()
    act()
    return time.process_time() - start


def papers(documents: int) -> None:
    """Factur-X of ten lines, ours beside the usual way."""
    ours: list[float] = []
    peer: list[float] = []
    for number in range(1, documents + 3):
        made, picture = final(10, number)
        # No two of a shape: neither side can have kept anything of it.
        picture = replace(picture, accent=f"#{number * 64:06x}")
        xml = drawn(made, picture)
        taken = seconds(partial(factur_x.print_with, picture, xml))
        usual = seconds(partial(by_the_library, picture, xml))
        if number > 2:
            ours.append(taken)
            peer.append(usual)
    told = [f"{1000 * statistics.median(one):.0f}" for one in (ours, peer)]
    show(("Factur-X of ten lines", "ms", "usual way, ms", "ratio"),
         [("", *told, ratio(ours, peer))])  # fmt: skip
    what = "Factur-X of ten lines: × the plain loop and the library factur-x"
    report("", what, ratios(ours, peer), cost=statistics.median(ours))


def xml(documents: int, sizes: list[int]) -> None:
    points = []
    for lines in sizes:
        made, picture = final(lines, 1)
        drawn(made, picture)
        found = [seconds(partial(drawn, made, picture)) for _ in range(documents)]
        points.append((lines, statistics.median(found)))
    show(("XML by lines", "ms"), [(str(at), f"{1000 * cost:.2f}") for at, cost in points])
    show_growth("XML by lines", {"from records to bytes": points})
    for lines, cost in points:
        report("", "the XML of an invoice", 1000 * cost, unit="ms", size=f"{lines} lines", of=lines,
               cost=cost)  # fmt: skip


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("documents", nargs="?", type=int, default=15)
    asked.add_argument("--lines", nargs="+", type=int, default=[4, 60, 600])
    given = asked.parse_args()
    papers(given.documents)
    xml(given.documents, given.lines)


if __name__ == "__main__":
    main()
