"""Files of spoilt rows taken in as people would, and every cell held against what it meant."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from domain.errors import KINDS, Severity
from domain.takeover.model import RowOutcome
from persistence.takeover.rows import rows_of
from tests.soak.books import Page, Row, any_page, table, usual, workbook
from tests.soak.cells import TRUTH, Cell
from tests.soak.stored import READ
from tests.soak.truths import SHEETS, Firm, Meant
from tests.support.api import ApiClient, open_api
from tests.support.prepared import Calendar
from tests.support.takeover import confirm, send

OF_THE_ROW = frozenset(
    {
        "AMOUNT_NEGATIVE_ANNEX",
        "AMOUNT_NEGATIVE_HISTORY",
        "CURRENCY_DIFFERS",
        "DATE_IN_FUTURE",
        "OVER_BILLED",
        "POSSIBLE_DUPLICATE",
        "PROGRESS_DECREASED",
        "PROJECT_NOT_SIGNED",
        "VAT_SIRET_MISMATCH",
    }
)
"""What is said of a cell for what it means, however it is typed."""

OF_RECORDS = frozenset(
    {"AMOUNT_CURRENCY_MISMATCH", "REFERENCE_UNKNOWN", "VAT_NUMBER_INVALID", "VAT_RATE_UNKNOWN"}
)
"""What is found where the row is held against records, or against its own other cells."""


BEST = frozenset({"as_it_is", "as_number", "as_day", "boolean", "named"})
"""Ways of typing that are none of the dirt: as the templates ask for it, or by a code."""


@dataclass(frozen=True)
class Wrong:
    """A cell that became something else than it should."""

    seed: str
    kind: str
    row: int
    letter: str
    meant: Any
    cell: Cell
    became: str
    is_silent: bool

    def __str__(self) -> str:
        typed = f"{self.cell.typed!r} ({self.cell.form}, {self.cell.how})"
        loud = "SILENT " if self.is_silent else ""
        place = f"{self.seed}, {self.kind} {self.letter}{self.row}"
        return f"{loud}{place}: {self.meant!r} typed as {typed}: {self.became}"


@dataclass
class Told:
    """What a campaign saw."""

    cells: int = 0
    spoilt: int = 0
    """Cells typed in any other way than the best."""
    rows: int = 0
    refused: int = 0
    noted: int = 0
    dirt: Counter[str] = field(default_factory=Counter)
    wrong: list[Wrong] = field(default_factory=list)

    def __iadd__(self, other: Told) -> Told:
        for name in ("cells", "spoilt", "rows", "refused", "noted"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.dirt += other.dirt
        self.wrong += other.wrong
        return self

    @property
    def silent(self) -> int:
        return sum(one.is_silent for one in self.wrong)

    def __str__(self) -> str:
        return (
            f"{self.spoilt:,} spoilt of {self.cells:,} cells in {self.rows:,} rows, "
            f"{len(self.dirt):,} pairs of column and dirt: "
            f"{self.noted:,} cells noted, {self.refused:,} rows refused, "
            f"{len(self.wrong)} wrong, {self.silent} of them in silence"
        )


@dataclass(frozen=True)
class Place:
    """One cell of a campaign."""

    kind: str
    row: int
    letter: str


def run(database: Path, folder: Path, *, seed: int, rows: int, only: Place | None = None) -> Told:
    """All nine sheets of a firm, `rows` rows each, in a copy of a migrated `database`.

    With `only`, the sheet of that cell has its row alone, all other cells as they are best typed,
    and no sheet follows.
    """
    told = Told()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "jalon.db"
    shutil.copy(database, path)
    with open_api(f"sqlite:///{path}", folder, clock=Calendar()) as api:
        firm = Firm(Random(f"soak {seed}"))
        for kind in SHEETS:
            is_last = only is not None and only.kind == kind
            seen = Told() if is_last else told
            _take_in(api, firm, kind, rows, f"seed {seed}", seen, only if is_last else None)
            if is_last:
                return seen
    return told


def minimal(database: Path, folder: Path, wrong: Wrong, *, rows: int) -> str:
    """The smallest file that goes wrong the same way."""
    place = Place(wrong.kind, wrong.row, wrong.letter)
    seed = int(wrong.seed.split()[1])
    found = run(database, folder, seed=seed, rows=rows, only=place).wrong
    return "\n".join(f"{wrong}\n    alone: {one}" for one in found) or f"{wrong}\n    only so"


def _take_in(
    api: ApiClient,
    firm: Firm,
    kind: str,
    rows: int,
    seed: str,
    told: Told,
    only: Place | None,
) -> None:
    meant = [SHEETS[kind](firm) for _ in range(rows)]
    is_table, page = firm.rng.random() < 0.25, any_page(kind, firm.rng)
    typed: list[Row] = [
        {
            letter: how.typed(value, firm.rng, texts_only=is_table)
            for letter, (value, how) in row.items()
        }
        for row in meant
    ]
    if only is not None:
        meant = [meant[only.row - page.first]]
        plain = {letter: how.plain(value, firm.rng) for letter, (value, how) in meant[0].items()}
        typed = [plain | {only.letter: typed[only.row - page.first][only.letter]}]
        is_table, page = False, usual(kind)
    content = table(kind, typed, page, firm.rng) if is_table else workbook(kind, typed, page)
    review = send(api, content, kind=kind, filename="reprise.csv" if is_table else "reprise.xlsx")
    assert review["state"] == "REVIEW", (seed, kind, review)
    answer = confirm(api, review, warnings=True, red=True)
    assert answer["userErrors"] == [], (seed, kind, answer)
    _judge(api, firm, Sent(kind, seed, page, meant, typed), told, import_of(review))


def import_of(review: dict[str, Any]) -> int:
    return int(review["id"].rpartition("_")[2])


@dataclass(frozen=True)
class Sent:
    """A file that was sent: what it meant, and how that was typed."""

    kind: str
    seed: str
    page: Page
    meant: Sequence[Meant]
    typed: Sequence[Row]


def _judge(api: ApiClient, firm: Firm, sent: Sent, told: Told, import_id: int) -> None:
    kind, seed = sent.kind, sent.seed
    with api.house.database.reading(api.organisation_id) as session:
        kept = {row.number: row for row in rows_of(session, import_id)}
        numbered = enumerate(zip(sent.meant, sent.typed, strict=True), start=sent.page.first)
        for number, (row, cells) in numbered:
            _count(told, kind, cells)
            became = kept.pop(number, None)
            if became is None:
                lost = Wrong(seed, kind, number, "", row, Cell(None), "the row is lost", True)
                told.wrong.append(lost)
                continue
            notes = _notes(became.issues)
            told.noted += sum(letter in notes for letter in cells)
            if became.outcome is RowOutcome.REFUSED:
                told.refused += 1
                found = of_refused(cells, notes)
            else:
                stored = READ[kind](session, became.target_id or 0)
                found = of_written(row, cells, notes, stored)
                _remember(firm, kind, row, stored)
            told.wrong += [
                Wrong(seed, kind, number, at, row[at][0], cells[at], what, silent)
                for at, what, silent in found
            ]
        for number, row in kept.items():
            more = Wrong(seed, kind, number, "", row.raw, Cell(None), "a row of nothing", True)
            told.wrong.append(more)


def _count(told: Told, kind: str, cells: Row) -> None:
    told.rows += 1
    told.cells += len(cells)
    told.spoilt += sum(cell.how not in BEST for cell in cells.values())
    told.dirt.update(
        f"{kind}:{letter}:{cell.how.partition(' +')[0]}" for letter, cell in cells.items()
    )


def _notes(issues: Sequence[dict[str, Any]]) -> dict[str, set[str]]:
    """The red and yellow codes of a row by letter, what is said of the row alone left out."""
    found: dict[str, set[str]] = {}
    for issue in issues:
        loud = KINDS[issue["code"]].severity is not Severity.INFO
        if loud and issue["code"] not in OF_THE_ROW and issue.get("column"):
            found.setdefault(issue["column"], set()).add(issue["code"])
    return found


def of_refused(cells: Row, notes: dict[str, set[str]]) -> Iterator[tuple[str, str, bool]]:
    """A row is refused for cells that nobody can mean, and each note of it is one of its own."""
    if not any(cell.is_refused for cell in cells.values()):
        at = next((letter for letter in notes if letter in cells), next(iter(cells)))
        yield at, f"refused for nothing: {notes}", False
        return
    others = sum(cell.is_refused for cell in cells.values()) > 1
    for letter, cell in cells.items():
        # Nor in what currency the amounts of such a row are, which tells what one separator means.
        said = notes.get(letter, set()) - ({"NUMBER_AMBIGUOUS"} - cell.codes)
        # Of a row that is refused already it is not asked what its references stand for.
        is_due = cell.is_refused and not (others and cell.codes <= OF_RECORDS)
        if said - cell.codes or (is_due and said != cell.codes):
            yield letter, f"said {sorted(said)}, not {sorted(cell.codes)}", False


def of_written(
    row: Meant, cells: Row, notes: dict[str, set[str]], stored: dict[str, Any]
) -> Iterator[tuple[str, str, bool]]:
    for letter, cell in cells.items():
        said = notes.get(letter, set())
        wanted = row[letter][0] if cell.stored is TRUTH else cell.stored
        if cell.is_refused:
            yield letter, f"taken as {stored[letter]!r}", not said
        elif stored[letter] != wanted:
            yield letter, f"stored as {stored[letter]!r}, not {wanted!r}", not said
        elif said != cell.codes:
            yield letter, f"said {sorted(said)}, not {sorted(cell.codes)}", False


def _remember(firm: Firm, kind: str, row: Meant, stored: dict[str, Any]) -> None:
    """What later sheets may refer to: by what the record was meant to be."""
    known = {letter: value for letter, (value, _) in row.items()}
    match kind:
        case "clients":
            firm.clients[known["C"]] = known["B"]
        case "projects":
            firm.projects.append(known)
        case "phases":
            project = next(one for one in firm.projects if one["B"] == known["B"])
            firm.phases.append(known | {"I": stored["I"], "F": project["F"]})
        case "collaborators":
            firm.people.append(known["D"])
