"""The check of an opened book: from its sheets to drafts with values, issues and record ids."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from domain.errors import Issue, Refusal
from templates_xlsx.checker.choice import choose
from templates_xlsx.checker.header import Found
from templates_xlsx.checker.rows import RowChecker
from templates_xlsx.checker.sealing import envelope_issues, envelope_of
from templates_xlsx.layouts import LAYOUTS
from templates_xlsx.raw import RawBook
from templates_xlsx.reader.refusals import FILE_EMPTY
from templates_xlsx.seal import Seal
from templates_xlsx.sheet import UNRECOGNISED, Checked, Draft, Setting, Sheet


@dataclass(frozen=True, slots=True)
class Opened:
    """A book of which header and envelope were judged, its rows not yet."""

    sheet: Sheet
    issues: tuple[Issue, ...]
    rows: RowChecker | None
    """None when the file is refused."""

    @property
    def is_refused(self) -> bool:
        return any(issue.is_red for issue in self.issues)

    def drafts(self) -> Iterator[Draft]:
        """The rows, one at a time as they are read; Refusal when the file breaks on the way."""
        if self.rows is not None:
            yield from self.rows.drafts()


def open_sheet(
    book: RawBook,
    *,
    kind: str | None,
    setting: Setting,
    seal: Seal | None = None,
    known_layouts: Mapping[str, Sheet] = LAYOUTS,
    mapping: Mapping[str, str] | None = None,
) -> Opened:
    """Judges all of `book` but its rows, for those who take the rows one at a time.

    KeyError when `kind` is not one of `known_layouts`; Refusal when the file breaks on the way.
    """
    chosen = choose(book, kind=kind, setting=setting, layouts=known_layouts, mapping=mapping or {})
    issues = (*book.issues, *chosen.issues)
    if chosen.found is not None:
        entries = envelope_of(book)
        issues += envelope_issues(entries, chosen.sheet, seal)
        if not any(issue.is_red for issue in issues):
            return Opened(chosen.sheet, issues, rows_under(chosen.found, setting, seal, entries))
    return Opened(chosen.sheet, issues, None)


def rows_under(
    found: Found, setting: Setting, seal: Seal | None, entries: Mapping[str, str]
) -> RowChecker:
    """What judges the rows under a header, in a file whose envelope has these entries."""
    # Tokens cover the texts as they were written: in the language of the template.
    return RowChecker(found, setting, seal, entries.get("locale") or setting.locale)


def check(
    book: RawBook,
    *,
    kind: str | None,
    setting: Setting,
    seal: Seal | None = None,
    known_layouts: Mapping[str, Sheet] = LAYOUTS,
    mapping: Mapping[str, str] | None = None,
    keep: Callable[[Iterable[Draft]], Collection[Draft]] = tuple,
) -> Checked:
    """The whole file judged without any record: its issues and its rows (DOMAIN §3.2, §3.3).

    `kind` None recognises the template by its header. `mapping` is {title in the file: key}, for
    titles the layout does not know. `seal` verifies the envelope and the tokens of prefilled rows.
    `keep` holds the rows as they are read.
    """
    sheet = UNRECOGNISED if kind is None else known_layouts[kind]
    try:
        opened = open_sheet(
            book,
            kind=kind,
            setting=setting,
            seal=seal,
            known_layouts=known_layouts,
            mapping=mapping,
        )
        sheet = opened.sheet
        drafts = keep(opened.drafts())
    except Refusal as refusal:
        return Checked(sheet, (*book.issues, *refusal.issues), ())
    ignored = tuple(opened.rows.ignored) if opened.rows else ()
    issues = opened.issues
    if not drafts and not opened.is_refused:
        issues = (*issues, FILE_EMPTY())
    return Checked(sheet, issues, drafts, ignored)
