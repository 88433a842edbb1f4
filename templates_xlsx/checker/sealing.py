"""What the seal says of the file and of each row (O33): ours, unchanged, or neither."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

from domain.errors import Issue
from domain.takeover.issues import REFERENCE_ID_UNKNOWN
from templates_xlsx.checker.lane import Lane
from templates_xlsx.issues import TEMPLATE_OUTDATED, TEMPLATE_TAMPERED, TEMPLATE_UNSIGNED
from templates_xlsx.kinds.cleaning import cleaned, quoted
from templates_xlsx.layouts.workbook import WORKBOOK
from templates_xlsx.raw import RawBook
from templates_xlsx.seal import (
    ENVELOPE_PROPERTY,
    ENVELOPE_SHEET,
    TOKEN_KEY,
    EnvelopeState,
    Seal,
    Verdict,
    unfolded,
)
from templates_xlsx.sheet import Column, Draft, Sheet

_MOST_ENTRIES = 50


def envelope_of(book: RawBook) -> Mapping[str, str]:
    """The entries of the very hidden sheet, else of the document property; none without both."""
    for raw in book.sheets:
        if raw.name == ENVELOPE_SHEET:
            pairs = [
                (row.cells.get(1), row.cells.get(2)) for row in islice(raw.rows(), _MOST_ENTRIES)
            ]
            return {
                cleaned(str(key.value)): cleaned(str(entry.value))
                for key, entry in pairs
                if key is not None and entry is not None
            }
    return unfolded(book.custom_properties.get(ENVELOPE_PROPERTY, ""))


def envelope_issues(
    entries: Mapping[str, str], sheet: Sheet, seal: Seal | None
) -> tuple[Issue, ...]:
    """TEMPLATE_UNSIGNED, TEMPLATE_TAMPERED or TEMPLATE_OUTDATED; nothing of a sound envelope."""
    if not entries:
        return (TEMPLATE_UNSIGNED(),)
    if seal is None:
        return ()
    verdict = seal.read_envelope(entries)
    if verdict.state is EnvelopeState.ABSENT:
        return (TEMPLATE_UNSIGNED(),)
    if verdict.state is not EnvelopeState.INTACT or not _is_for(verdict.kind, sheet):
        return (TEMPLATE_TAMPERED(),)
    present = WORKBOOK if verdict.kind == WORKBOOK.kind else sheet
    if verdict.kind == present.kind and (verdict.version or 0) < present.version:
        return (TEMPLATE_OUTDATED(found=str(verdict.version), expected=str(present.version)),)
    return ()


def _is_for(kind: str | None, sheet: Sheet) -> bool:
    """Whether an envelope of `kind` may lie in a file that is read as `sheet`.

    One sheet of our workbook of all sheets may be read alone; and sheets of templates of ours that
    somebody brought together in one file come with the envelope of any of them.
    """
    return kind in (sheet.kind, WORKBOOK.kind) or sheet is WORKBOOK


class TokenReader:
    """Reads the tokens of rows: whose they are, and whether a locked cell was changed."""

    def __init__(self, sheet: Sheet, lanes: list[Lane], seal: Seal, locale: str) -> None:
        self._kind = sheet.kind
        self._seal = seal
        self._locale = locale
        self._references = [lane for lane in lanes if lane.column.locked and lane.key != TOKEN_KEY]

    def read(self, draft: Draft, column: Column, title: str) -> None:
        """Settles whose row a draft with a token is; REFERENCE_ID_UNKNOWN when we made it not."""
        token = draft.token or ""
        values = draft.values
        references = {
            lane.key: lane.sealed_text(value, self._locale)
            for lane in self._references
            if (value := values.get(lane.key)) is not None
        }
        verdict, record_id = self._seal.read_token(
            kind=self._kind, token=token, references=references
        )
        draft.record_id = record_id
        draft.references_changed = verdict is Verdict.CHANGED
        if verdict is Verdict.FORGED:
            draft.issues.append(
                REFERENCE_ID_UNKNOWN(
                    field=(column.key,),
                    row=draft.row,
                    column=column.letter,
                    found=quoted(token),
                    column_title=title,
                )
            )
