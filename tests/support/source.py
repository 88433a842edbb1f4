"""The source of the house read as trees: files, what they declare, import and call."""

from __future__ import annotations

import ast
import re
import subprocess
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import NamedTuple

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


class Told(NamedTuple):
    """What the rules ask of a file: its tree takes fifty times as much memory."""

    opening: str
    functions: tuple[tuple[str, int, int], ...]
    names: tuple[tuple[str, int], ...]
    calls: tuple[tuple[str, int], ...]
    imports: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Source:
    """One Python file; `name` is its path from the root of the repository."""

    name: str
    text: str

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

    @property
    def tree(self) -> ast.Module:
        """Parsed anew each time: nobody keeps it."""
        return ast.parse(self.text, self.name)

    @property
    def opening(self) -> str:
        """The first paragraph of its docstring on one line, "" without one."""
        return self._told.opening

    def functions(self) -> tuple[tuple[str, int, int], ...]:
        """Every function: its name, the line of `def`, and how many lines it has from there."""
        return self._told.functions

    def names(self) -> tuple[tuple[str, int], ...]:
        """The names of its functions and classes, each with its line."""
        return self._told.names

    def calls(self) -> tuple[tuple[str, int], ...]:
        """What it calls, as it is written (`date.today`, `select`), each with its line."""
        return self._told.calls

    def imports(self) -> tuple[tuple[str, int], ...]:
        """What it imports in full (`sqlalchemy.select`, `time`), each with its line."""
        return self._told.imports

    @cached_property
    def _told(self) -> Told:
        tree = self.tree
        functions, names, calls, imports = [], [], [], []
        for node in ast.walk(tree):
            if isinstance(node, Function):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                functions.append((node.name, node.lineno, lines))
            if isinstance(node, Function | ast.ClassDef):
                names.append((node.name, node.lineno))
            elif isinstance(node, ast.Call):
                calls.append((ast.unparse(node.func), node.lineno))
            elif isinstance(node, ast.Import):
                imports += [(alias.name, node.lineno) for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                imports += [(f"{node.module}.{alias.name}", node.lineno) for alias in node.names]
        opening = " ".join((ast.get_docstring(tree) or "").split("\n\n")[0].split())
        return Told(opening, *map(tuple, (functions, names, calls, imports)))

    def at(self, line: int, what: str) -> str:
        return f"{self.name}:{line}: {what}"


@cache
def sources(*rooms: str) -> tuple[Source, ...]:
    """The Python files of `rooms` (top-level folders), in order."""
    return tuple(_source(path) for room in rooms for path in sorted((ROOT / room).rglob("*.py")))


@cache
def _source(path: Path) -> Source:
    return Source(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))


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
