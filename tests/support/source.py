"""The source of the house read as trees: files, what they declare, import and call."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

PRODUCT = (
    "domain",
    "words",
    "persistence",
    "templates_xlsx",
    "documents",
    "schema",
    "resolvers",
    "jobs",
    "server",
)
"""Our top-level packages, as pyproject.toml ships them."""

GENERATED = "persistence/migrations/versions/"
"""Written by a program and frozen once run: not held to a person's sizes and names."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One Python file; `name` is its path from the root of the repository."""

    name: str
    text: str
    tree: ast.Module

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())

    @property
    def room(self) -> str:
        """The top-level folder it lives in."""
        return self.name.split("/")[0]

    @property
    def stem(self) -> str:
        return Path(self.name).stem

    def functions(self) -> Iterator[tuple[Function, int]]:
        """Every function with its lines, from `def` to its last line."""
        for node in ast.walk(self.tree):
            if isinstance(node, Function):
                yield node, (node.end_lineno or node.lineno) - node.lineno + 1

    def names(self) -> Iterator[tuple[str, int]]:
        """The names of its functions and classes, each with its line."""
        for node in ast.walk(self.tree):
            if isinstance(node, Function | ast.ClassDef):
                yield node.name, node.lineno

    def calls(self) -> Iterator[tuple[str, int]]:
        """What it calls, as it is written (`date.today`, `select`), each with its line."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                yield ast.unparse(node.func), node.lineno

    def imports(self) -> Iterator[tuple[str, int]]:
        """What it imports in full (`sqlalchemy.select`, `time`), each with its line."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((alias.name, node.lineno) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)

    def at(self, line: int, what: str) -> str:
        return f"{self.name}:{line}: {what}"


@cache
def sources(*rooms: str) -> tuple[Source, ...]:
    """The Python files of `rooms` (top-level folders), in order."""
    found = []
    for room in rooms:
        for path in sorted((ROOT / room).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            name = path.relative_to(ROOT).as_posix()
            found.append(Source(name, text, ast.parse(text, name)))
    return tuple(found)


def written(*rooms: str) -> tuple[Source, ...]:
    """The files of `rooms` that people wrote."""
    return tuple(source for source in sources(*rooms) if not source.name.startswith(GENERATED))


def words_of(name: str) -> list[str]:
    """The words of a name: `send_invoice`, `SendInvoice` -> send, invoice."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)]


@cache
def kept_files() -> tuple[Path, ...]:
    """The files of the repository, as git knows them; without git, all but hidden and made ones."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listing.returncode == 0:
        names = [ROOT / name.decode() for name in listing.stdout.split(b"\0") if name]
    else:
        names = [path for path in ROOT.rglob("*") if not _is_made(path.relative_to(ROOT))]
    return tuple(path for path in sorted(names) if path.is_file())


def _is_made(path: Path) -> bool:
    made = {"var", "build", "dist", "__pycache__"}
    hidden = {part for part in path.parts if part.startswith(".")} - {".ci", ".gitignore"}
    return bool(hidden or made & set(path.parts))
