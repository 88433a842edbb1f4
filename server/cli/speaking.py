"""How the command speaks: answers on standard output, talk and refusals on standard error.

Exit codes: 0 done · 1 not done, wrong use or a surprise · `import` also has 2 and 3.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from json import JSONDecodeError
from typing import Any, NoReturn

import typer
from rich.console import Console
from sqlalchemy.exc import OperationalError
from typer.core import TyperGroup
from typer.exceptions import Abort, TyperException

from domain.errors import Issue, Refusal
from schema.user_error import user_error
from server.cli.wrong_use import reworded
from server.settings import SettingsRefused
from words import language_of, phrase, translated

DEBUG = "JALON_DEBUG"
"""Set to see tracebacks."""


class Unable(Exception):
    """The command cannot do what it was asked to: the sentence says why."""

    def __init__(self, sentence: str, **facts: object) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.facts = facts


def locale() -> str:
    """The language of the terminal's user, by the usual variables; French when they name none."""
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    return language_of(next((os.environ[name] for name in names if os.environ.get(name)), None))


def say(sentence: str, **facts: object) -> str:
    """`sentence` in the user's language, its facts filled in."""
    return phrase(sentence, locale(), **facts)


def talk() -> Console:
    """Where the command speaks to a person; what is piped elsewhere stays clean."""
    return Console(stderr=True, highlight=False)


def answer() -> Console:
    """Where the command answers: as wide as the terminal, or as wide as needed in a pipe."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else 200)


def with_remedy(issue: Issue, language: str) -> str:
    """What `issue` says, and what to do about it."""
    told = user_error(issue, language)
    return " ".join(text for text in (told["message"], told["fix"]) if text)


def _explained(issues: Iterable[Issue]) -> list[str]:
    """A line for each issue, led by the place in the file it speaks of."""
    lines = []
    for issue in issues:
        place = ".".join(str(part) for part in issue.field)
        told = with_remedy(issue, locale())
        lines.append(f"{place}: {told}" if len(issue.field) > 1 else told)
    return lines


class PlainGroup(TyperGroup):
    """Commands whose failures are sentences, never tracebacks."""

    def main(self, args: Sequence[str] | None = None, *more: Any, **extra: Any) -> Any:
        extra["standalone_mode"] = False
        try:
            code = super().main(args, *more, **extra)
        except Exception as error:
            if os.environ.get(DEBUG):
                raise
            for line in _sentences(error):
                talk().print(line, markup=False, soft_wrap=True)
            sys.exit(1)
        sys.exit(code if isinstance(code, int) else 0)


def _sentences(error: Exception) -> list[str]:
    match error:
        case Unable():
            return [say(error.sentence, **error.facts)]
        case Refusal():
            return _explained(error.issues)
        case SettingsRefused():
            return [f"{name} {translated(told, locale())}" for name, told in error.wrong]
        case TyperException():
            # Help asked for without a word keeps its lines; a mistake is one sentence.
            told = error.format_message()
            if "\n\n" in told:
                return [told]
            sentence, facts = reworded(" ".join(told.split()))
            return [say(sentence, **facts)]
        case Abort():
            return [say("The command was broken off.")]
        case OperationalError():
            return [say("The database does not answer: {reason}", reason=_first_line(error.orig))]
        case JSONDecodeError():
            return [say("The file is not valid JSON: line {line}.", line=error.lineno)]
        case FileNotFoundError():
            return [say("There is no file {name}.", name=error.filename)]
        case IsADirectoryError():
            return [say("{name} is a folder: a file is needed.", name=error.filename)]
        case NotADirectoryError():
            return [say("There is no folder {name}.", name=error.filename)]
        case PermissionError():
            return [say("{name} cannot be opened: access is denied.", name=error.filename or "")]
        case OSError():
            name = error.filename or ""
            return [say("{name}: {reason}.", name=name, reason=error.strerror or error)]
    told = f"{type(error).__name__}: {_first_line(error)}"
    return [
        say(
            "Something unexpected happened ({told}). {variable}=1 shows more.",
            told=told,
            variable=DEBUG,
        )
    ]


def _first_line(error: object) -> str:
    return (str(error).strip().splitlines() or [""])[0]


app = typer.Typer(
    cls=PlainGroup,
    name="jalon",
    help=say("Takeover and billing for project-based firms."),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def stop(code: int) -> NoReturn:
    """Ends the command with `code`."""
    raise typer.Exit(code)
