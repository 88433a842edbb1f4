"""How the house says no: kinds of issues, issues with their facts, refusals that carry them.

A kind is declared once, beside the rule that finds it. The same issue is a row's note in an import
(kept), a `userErrors` entry of a mutation (raised inside a `Refusal`), a comment in the error file
and a line of the generated guide. The English sentence is the key of the French one in `words/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

PathPart = str | int


class Severity(StrEnum):
    """RED refuses (ERROR), YELLOW warns (WARNING), INFO only tells."""

    ERROR = "ERROR"
    WARNING = "WARNING"
    INFO = "INFO"


class Scope(StrEnum):
    """What an issue speaks of: a call of the API, a whole file, or one row of it."""

    CALL = "CALL"
    FILE = "FILE"
    ROW = "ROW"


KINDS: dict[str, IssueKind] = {}
"""Every kind of issue by its code, filled as the modules that declare them are imported."""


@dataclass(frozen=True, slots=True)
class IssueKind:
    """A stable code, its severity, and the English sentence with named facts."""

    code: str
    severity: Severity
    scope: Scope
    sentence: str
    fix: str | None = None

    def __post_init__(self) -> None:
        if self.code in KINDS:
            raise ValueError(f"issue code declared twice: {self.code}")
        KINDS[self.code] = self

    def __call__(
        self,
        *,
        field: tuple[PathPart, ...] = (),
        row: int | None = None,
        column: str | None = None,
        expected: str | None = None,
        found: str | None = None,
        **facts: object,
    ) -> Issue:
        """An issue of this kind; `facts` fill the sentence, the rest says where."""
        return Issue(
            kind=self,
            facts={name: str(value) for name, value in facts.items()},
            field=field,
            row=row,
            column=column,
            expected=expected,
            found=found,
        )


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing said about one place: API.md's `UserError` before it is put into words."""

    kind: IssueKind
    facts: Mapping[str, str] = field(default_factory=dict)
    field: tuple[PathPart, ...] = ()
    row: int | None = None
    column: str | None = None
    expected: str | None = None
    found: str | None = None
    sheet: str | None = None
    """The sheet of a workbook of several that it is told of."""

    @property
    def code(self) -> str:
        return self.kind.code

    @property
    def severity(self) -> Severity:
        return self.kind.severity

    @property
    def is_red(self) -> bool:
        return self.kind.severity is Severity.ERROR

    @property
    def is_yellow(self) -> bool:
        return self.kind.severity is Severity.WARNING

    def at(
        self,
        *,
        field: tuple[PathPart, ...] | None = None,
        row: int | None = None,
        column: str | None = None,
        sheet: str | None = None,
    ) -> Issue:
        """The same issue, told of a place (what is not given stays as it was)."""
        return replace(
            self,
            field=self.field if field is None else field,
            row=self.row if row is None else row,
            column=self.column if column is None else column,
            sheet=self.sheet if sheet is None else sheet,
        )


def call_error(code: str, sentence: str, fix: str | None = None) -> IssueKind:
    """A red kind said of a call of the API."""
    return IssueKind(code, Severity.ERROR, Scope.CALL, sentence, fix)


def call_warning(code: str, sentence: str, fix: str | None = None) -> IssueKind:
    """A yellow kind said of a call of the API."""
    return IssueKind(code, Severity.WARNING, Scope.CALL, sentence, fix)


class Refusal(Exception):
    """The act is refused, nothing was written: one or more issues say why."""

    def __init__(self, *issues: Issue) -> None:
        if not issues:
            raise ValueError("a refusal says why")
        super().__init__(", ".join(issue.code for issue in issues))
        self.issues = issues


NOT_FOUND = call_error("NOT_FOUND", "There is no {noun} {key}.")
ID_INVALID = call_error("ID_INVALID", "{id} is not an identifier of this kind: {noun}.")
RECORD_ARCHIVED = call_error(
    "RECORD_ARCHIVED", "The {noun} {key} is archived.", "Bring it back from the archive first."
)
FIELD_REQUIRED = call_error("FIELD_REQUIRED", "{name} is required.")
FIELD_INVALID = call_error("FIELD_INVALID", "{name} is not valid: {reason}.")
STALE_OBJECT = call_error(
    "STALE_OBJECT", "{noun} {key} has changed since you read it (version {current})."
)
PERMISSION_DENIED = call_error(
    "PERMISSION_DENIED", "The role {role} may not do this: “{permission}”."
)
INPUT_TOO_LARGE = call_error(
    "INPUT_TOO_LARGE",
    "{count} items in one call; the limit is {limit}.",
    "Send them in several calls; what there is a sheet for, in an import file.",
)
