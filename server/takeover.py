"""Taking a workbook in without a browser: its review as plain values, then its confirmation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO

from domain.errors import Issue
from domain.takeover.model import ImportRow, ImportState, RowColour
from domain.takeover.wire import unpack_issue
from resolvers._mutation import Acting, persistently
from resolvers.taking_over._examining import examine
from resolvers.taking_over._taking import confirm, review_of, rows_of, sheets_of, take
from resolvers.taking_over.returning import give_back
from schema.context import Caller, House


@dataclass(frozen=True, slots=True)
class ReviewedRow:
    """A row that has something to say: its number in the sheet, its colour, and what it says."""

    number: int
    colour: RowColour
    issues: tuple[Issue, ...]
    sheet: str | None = None
    """Its sheet, in a workbook of several."""


@dataclass(frozen=True, slots=True)
class Review:
    """What a file would do, or why it is refused as a whole."""

    import_id: int
    review_hash: str | None
    is_refused: bool
    counts: Mapping[str, int]
    issues: tuple[Issue, ...]
    rows: tuple[ReviewedRow, ...]

    @property
    def red(self) -> int:
        return self.counts.get("red", 0)

    @property
    def yellow(self) -> int:
        return self.counts.get("yellow", 0)


def open_review(
    house: House, caller: Caller, *, filename: str, content: bytes, kind: str | None = None
) -> Review:
    """Reads and checks a file and keeps its review; nothing else is written."""
    examined = examine(house, caller, filename=filename, content=content, kind=kind)

    def keep() -> Review:
        with house.database.writing(caller.standing("importCreate")) as session:
            acting = Acting(session, caller, house)
            return _review_of(acting, take(acting, examined))

    return persistently(keep)


def _review_of(acting: Acting, import_id: int) -> Review:
    taken = review_of(acting, import_id)
    return Review(
        import_id=import_id,
        review_hash=taken.review_hash,
        is_refused=taken.state is ImportState.REFUSED,
        counts=dict(taken.counts),
        issues=tuple(unpack_issue(kept) for kept in taken.issues),
        rows=tuple(
            ReviewedRow(row.number, row.colour, _issues(row), sheet.sheet)
            for sheet in sheets_of(acting, taken)
            for row in rows_of(acting, sheet.id, colours=[RowColour.RED, RowColour.YELLOW])
        ),
    )


def _issues(row: ImportRow) -> tuple[Issue, ...]:
    return tuple(map(unpack_issue, row.issues))


def write_review(house: House, caller: Caller, review: Review, *, skip_red: bool = False) -> None:
    """Writes what `review` shows, warnings accepted; refuses when anything has moved since.

    Also when it moves at this very moment: the rule that somebody else's record breaks says so.
    """

    def attempt() -> None:
        with house.database.writing(caller.standing("importConfirm")) as session:
            confirm(
                Acting(session, caller, house),
                import_id=review.import_id,
                review_hash=review.review_hash,
                accept_warnings=True,
                skip_red=skip_red,
            )

    persistently(attempt)


def marked_file(house: House, caller: Caller, review: Review) -> bytes:
    """The file of `review` given back: red and yellow cells, a comment in each, the reasons."""
    out = BytesIO()
    with house.database.reading(caller.standing()) as session:
        acting = Acting(session, caller, house)
        taken = review_of(acting, review.import_id)
        give_back(acting, taken, out, only_failed=False, locale=caller.locale)
    return out.getvalue()
