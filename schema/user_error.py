"""What is refused or warned about, as data: the same object in a payload and on an import's row."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from enum import Enum
from typing import TYPE_CHECKING, Any

import strawberry

from domain.errors import KINDS, Issue, IssueKind, PathPart, Severity
from schema.telling import told_by
from schema.view import camel
from words import phrase, translated

_PACKAGES = ("domain", "persistence", "templates_xlsx", "documents")


def _declare_all() -> None:
    """Imports every module that may declare a kind of issue, so that the enum of codes is whole."""
    for name in _PACKAGES:
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            if ".migrations" not in module.name:
                importlib.import_module(module.name)


_declare_all()

strawberry.enum(Severity, name="Severity", description="ERROR is red, WARNING is yellow.")


def _member(kind: IssueKind) -> Any:
    """A code as a member of the enum, described by what it says: facts stand in braces."""
    said = kind.sentence.replace("[[", "").replace("]]", "")
    head = "" if kind.severity is Severity.ERROR else f"{kind.severity.value}: "
    return strawberry.enum_value(kind.code, description=f"{head}{said}")


# The codes are declared all over the house: no checker can know the members of this enum.
_CODES: type[Enum] = Enum("IssueCode", {code: _member(KINDS[code]) for code in sorted(KINDS)})  # type: ignore[misc]

if TYPE_CHECKING:
    IssueCode = str
else:
    IssueCode = strawberry.enum(_CODES, description="Stable codes; sentences may change.")


def named(code: IssueCode) -> str:
    """The code as records keep it, of one that a caller has chosen."""
    return str(_CODES(code).value)


@strawberry.type(
    description="Why something was refused (ERROR: nothing of it was written), or what to be "
    "warned of."
)
class UserError:
    code: IssueCode
    severity: Severity
    message: str = strawberry.field(description="In the caller's language.")
    field: list[str] | None = strawberry.field(description="Path in the input, with indexes.")
    sheet: str | None = strawberry.field(description="Of a workbook of several sheets: which.")
    row: int | None = strawberry.field(description="Row number of the sheet.")
    column: str | None = strawberry.field(description="Letter in the template.")
    expected: str | None = strawberry.field(description="What would do: a choice, a range.")
    found: str | None = strawberry.field(description="What was given, or is there.")
    fix: str | None = strawberry.field(description="What to do, in the caller's language.")


def user_error(issue: Issue, locale: str) -> dict[str, Any]:
    """`issue` in the language of `locale`, as rows carry it."""
    return {
        "code": _CODES[issue.code],
        "severity": issue.severity,
        "message": sentence(issue, locale),
        "field": [_name(part) for part in issue.field] or None,
        "sheet": issue.sheet,
        "row": issue.row,
        "column": issue.column,
        "expected": issue.expected,
        "found": issue.found,
        "fix": _filled(issue.kind.fix, issue, locale) if issue.kind.fix else None,
    }


def user_errors(issues: Iterable[Issue], locale: str) -> list[dict[str, Any]]:
    """`issues` as rows carry them, errors first."""
    order = list(Severity)
    return [
        user_error(issue, locale) for issue in sorted(issues, key=lambda i: order.index(i.severity))
    ]


def kept_errors(errors: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Errors as rows carry them, as plain values to keep with an answer."""
    return [
        {**error, "code": error["code"].value, "severity": error["severity"].value}
        for error in errors
    ]


def errors_again(kept: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The errors that were kept, as rows carry them; a code that is no more is left out."""
    return [
        {
            "sheet": None,
            **error,
            "code": _CODES[error["code"]],
            "severity": Severity(error["severity"]),
        }
        for error in kept
        if error["code"] in _CODES.__members__
    ]


def sentence(issue: Issue, locale: str) -> str:
    """The sentence of `issue` in the language of `locale`, its facts filled in."""
    return _filled(issue.kind.sentence, issue, locale)


def _filled(words: str, issue: Issue, locale: str) -> str:
    told = told_by(issue.code, words, locale)
    facts = {
        name: told(name, translated(_spoken(name, value), locale))
        for name, value in issue.facts.items()
    }
    for name in ("found", "expected"):
        if (value := getattr(issue, name)) is not None:
            facts.setdefault(name, told(name, value))
    return phrase(words, locale, **facts)


def _spoken(name: str, value: str) -> str:
    """A noun as people say it: identifiers begin with "import_file"."""
    return value.replace("_", " ") if name == "noun" else value


def _name(part: PathPart) -> str:
    return str(part) if isinstance(part, int) else camel(part)
