"""A run that prints final invoices: the memory it takes, and what printing them again costs.

    .venv/bin/python benchmarks/print_run.py [--papers N …] [--postgres URL]

Product: the job of `invoicesPrint`, as a server does it but without HTTP: final invoices of four
lines, printed one by one, each kept as it is issued, and one zip of them all. Then the same as one
PDF, for which no paper is printed any more. Goal P3: memory stays (what the second half of a run
adds, by its least in between two papers), and a paper that was issued is a plain file: what its
second download takes of the processor beside the first, both as `invoicePdf` does them. Each size
is run in a process of its own. SQLite; with `--postgres` and the address of an empty database it is
that one (one size).
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

from _shared.firm import Firm, found_firm, opened
from _shared.measuring import give_back, memory_of, report, show
from finalise_invoices import A_CALL, add_drafts, bulk

from domain.invoice.papers import PapersForm
from domain.job import JobStatus, Progress, Stage
from jobs import running
from persistence.jobs import the_job
from resolvers._mutation import Acting
from resolvers.delivering._papers import ask_for_papers
from resolvers.delivering._printing import prepare_paper, print_paper
from schema.context import House
from server.house import give_memory_back
from server.long_work import kinds_of

ALONE = 20
"""Invoices that are downloaded one by one."""


class Watch:
    """What the process has for itself (no mapped files) before each paper of a run, in MiB.

    The most of it is looked for all along: a run also binds and keeps what it printed.
    """

    def __init__(self) -> None:
        give_back()
        self._rest = self._most = memory_of("RssAnon")
        self.found: list[float] = []

    @contextlib.contextmanager
    def looking(self) -> Iterator[None]:
        """Looks every few milliseconds, whatever the run is at."""
        over = threading.Event()

        def look() -> None:
            while not over.wait(0.005):
                self._most = max(self._most, memory_of("RssAnon"))

        looks = threading.Thread(target=look)
        looks.start()
        try:
            yield
        finally:
            over.set()
            looks.join()

    def note(self, job_id: int, said: Progress) -> None:
        if said.stage is Stage.PRINTING:
            self.found.append(memory_of("RssAnon"))

    @property
    def most(self) -> float:
        """Over what there was before the run."""
        return max(self._most, *self.found) - self._rest

    @property
    def growth(self) -> float:
        """From the middle of the run to its end, by the least in a tenth of it."""
        tenth, half = max(1, len(self.found) // 10), len(self.found) // 2
        return min(self.found[-tenth:]) - min(self.found[max(0, half - tenth) : half])


def printed(house: House, firm: Firm, ids: list[int], form: PapersForm) -> tuple[float, Watch]:
    """Prints as a job does: processor seconds, and the memory."""
    standing = firm.caller.organisation_id
    with house.database.writing(standing) as session:
        acting = Acting(session, firm.caller, house)
        job = ask_for_papers(acting, ids, form).id
    watch = Watch()
    cpu = time.process_time()
    with watch.looking():
        running.Runner(house.database, kinds_of(house), house.clock).run(job, standing, watch.note)
    cpu = time.process_time() - cpu
    with house.database.reading(standing) as session:
        if the_job(session, job).status is not JobStatus.SUCCEEDED:
            raise SystemExit(f"{form}: {the_job(session, job).status}")
    return cpu, watch


def downloaded(house: House, firm: Firm, ids: list[int]) -> float:
    """Processor seconds a paper, one by one as `invoicePdf` does."""
    cpu = time.process_time()
    for key in ids:
        with house.database.reading(firm.caller.standing()) as session:
            prepared = prepare_paper(Acting(session, firm.caller, house), key)
        assert house.files.get(print_paper(house, firm.caller, prepared).key)
    return (time.process_time() - cpu) / len(ids)


def one_size(url: str, count: int) -> None:
    """Prints and tells one run, in this process."""
    give_memory_back()
    # A look at the memory before every paper, and not three times a second.
    running._BETWEEN = 0.0
    with tempfile.TemporaryDirectory() as folder:
        firm = found_firm(url or f"sqlite:///{folder}/{uuid4()}.db")
        with opened(firm, Path(folder)) as house:
            with house.database.writing(firm.caller.organisation_id) as session:
                ids = add_drafts(session, count + 2 * ALONE)
            bulk(house, firm, ids, A_CALL)
            downloaded(house, firm, ids[:ALONE])
            first, again = (downloaded(house, firm, ids[ALONE : 2 * ALONE]) for _ in range(2))
            run = ids[2 * ALONE :]
            zipped = printed(house, firm, run, PapersForm.ZIP)
            bound = printed(house, firm, run, PapersForm.MERGED_PDF)
    tell(count, zipped, bound, first=first, again=again)


def tell(
    count: int,
    zipped: tuple[float, Watch],
    bound: tuple[float, Watch],
    *,
    first: float,
    again: float,
) -> None:
    rows = []
    for what, (cpu, watch) in (("printed, as a zip", zipped), ("again, as one PDF", bound)):
        half = count - count // 2
        told = (f"{watch.most:.1f}", f"{watch.growth:.1f}", f"{watch.growth * 1024 / half:.1f}")
        rows.append([what, f"{cpu / count * 1000:.2f}", *told])
        what = f"run of final invoices, {what}"
        report("P3", f"{what}: most memory", watch.most, at_most=64, unit="MiB", of=count)
        report(
            "P3",
            f"{what}: memory of its second half",
            watch.growth,
            at_most=4,
            unit="MiB",
            of=count,
        )
    titles = ["CPU ms a paper", "most MiB", "second half adds MiB", "KiB a paper"]
    show([f"{count:,} papers", *titles], rows)
    show(
        ["one final invoice", "CPU ms"],
        [["first download", f"{first * 1000:.2f}"], ["second", f"{again * 1000:.2f}"]],
    )
    what = "second download of a final invoice: × the first"
    report("P3", what, again / first, at_most=0.5, of=count)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--papers", type=int, nargs="+", default=[1_000])
    parser.add_argument("--postgres", default="")
    given = parser.parse_args()
    for count in given.papers:
        process = multiprocessing.get_context("spawn").Process(
            target=one_size, args=(given.postgres, count)
        )
        process.start()
        process.join()
        if process.exitcode:
            raise SystemExit(process.exitcode)


if __name__ == "__main__":
    main()
