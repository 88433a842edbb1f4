"""How a rule speaks of a row: an issue told of a column, or one withdrawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, cast

from domain.errors import IssueKind
from templates_xlsx.sheet import Column, Draft, Setting

Judge = Callable[[Draft, Setting], None]
"""Judges a draft whose cells were read: adds to its issues, settles its values."""


class Rule(Protocol):
    """A judge that declares what it may say (`says`)."""

    codes: tuple[IssueKind, ...]
    columns: tuple[Column, ...]
    """Of which of them it says so."""
    when: tuple[str, object] | None
    """The cell (key, value) that makes the columns needed; None when no one value does."""

    def __call__(self, draft: Draft, setting: Setting, /) -> None: ...


def says(
    *codes: IssueKind, of: Iterable[Column], when: tuple[str, object] | None = None
) -> Callable[[Judge], Rule]:
    """Declares, where a rule is made, what it may say of which columns."""

    def declare(judge: Judge) -> Rule:
        rule = cast(Rule, judge)
        rule.codes, rule.columns, rule.when = codes, tuple(of), when
        return rule

    return declare


def tell(
    draft: Draft,
    column: Column,
    kind: IssueKind,
    setting: Setting,
    *,
    found: str | None = None,
    expected: str | None = None,
    **facts: object,
) -> None:
    """Adds an issue of `kind` to the draft, told of `column` by its letter of the normal layout."""
    draft.issues.append(
        kind(
            field=(column.key,),
            row=draft.row,
            column=column.letter,
            found=found,
            expected=expected,
            column_title=column.title(setting.locale),
            **facts,
        )
    )


def refuse(
    draft: Draft,
    column: Column,
    kind: IssueKind,
    setting: Setting,
    *,
    found: str | None = None,
    expected: str | None = None,
    **facts: object,
) -> None:
    """Tells a red issue and takes the value back, so that no later rule builds on it."""
    tell(draft, column, kind, setting, found=found, expected=expected, **facts)
    draft.values[column.key] = None


def withdraw(draft: Draft, column: Column, kind: IssueKind) -> None:
    """Takes back what was said of the cell alone and proved wrong of the row."""
    draft.issues[:] = [
        issue
        for issue in draft.issues
        if not (issue.kind is kind and issue.column == column.letter)
    ]
