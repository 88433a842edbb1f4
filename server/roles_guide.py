"""`python -m server.roles_guide [--check]` writes docs/roles.md, or says if it is current."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from domain.access import PERMISSIONS, SENTENCES, Permission, Role
from schema.needs import (
    MUTATION_NEEDS,
    QUERY_NEEDS,
    SUBSCRIPTION_NEEDS,
    Need,
    Wants,
)
from server.generated import write_or_check
from words import translated

ROLES_FILE = Path(__file__).resolve().parents[1] / "docs" / "roles.md"

TITLE = "Who may do what"
HEAD = "This page is written by the code: make guide."
PERMISSION = "Permission"
MEANING = "What it opens"
REACH = "How far each role reaches"
FIELDS = "What each permission opens"
MARKS = (
    "Without a mark a field is for everybody who holds the permission: they see and write what is"
    " within their reach. ᴱ: not for who reaches their own projects alone. ᴡ: only for who reaches"
    " the whole firm."
)
OF_REACH: dict[Role, str] = {
    Role.ADMINISTRATOR: "The whole firm, or some entities where the key or the person is bound to"
    " them. Who is bound has no part in imports, settings, people and the audit.",
    Role.ACCOUNTANT: "Like the administrator: the whole firm, or some entities.",
    Role.READER: "The whole firm, or some entities.",
    Role.PROJECT_MANAGER: "Their own projects: those they manage, are on the team of, or have"
    " hours on. Who is not linked to a collaborator has none.",
    Role.COLLABORATOR: "The same projects, of these the work alone: their own hours, and no paper,"
    " payment, rate, bank account or private detail of others.",
}
PAPERS = (
    "An invoice that bills several projects is shown to, and changed by, who reaches them all; what"
    " it bills of each counts in the figures of each. A client is within reach by a project or a"
    " paper, or while it has none. A project without an entity is within reach of every entity."
)


def guide() -> str:
    """The page: English, then French."""
    parts = [_page("en"), _page("fr")]
    return "\n".join(parts)


def _page(language: str) -> str:
    def say(sentence: str) -> str:
        return translated(sentence, language)

    lines = [f"# {say(TITLE)}", "", say(HEAD), ""]
    roles = list(Role)
    heads = " | ".join(role.value for role in roles)
    lines += [f"| {say(PERMISSION)} | {say(MEANING)} | {heads} |"]
    lines += ["|---" * (len(roles) + 2) + "|"]
    for permission in Permission:
        cells = " | ".join("✓" if permission in PERMISSIONS[role] else "" for role in roles)
        lines.append(f"| {permission.value} | {say(SENTENCES[permission])} | {cells} |")
    lines += ["", f"## {say(REACH)}", ""]
    lines += [f"- **{role.value}**: {say(OF_REACH[role])}" for role in roles]
    lines += ["", say(PAPERS), "", f"## {say(FIELDS)}", "", say(MARKS), ""]
    for permission in Permission:
        told = list(_fields(permission))
        if told:
            lines += [f"- **{permission.value}**", *told]
    return "\n".join([*lines, ""])


def _fields(permission: Permission) -> Iterator[str]:
    for kind, needs in (
        ("query", QUERY_NEEDS),
        ("mutation", MUTATION_NEEDS),
        ("subscription", SUBSCRIPTION_NEEDS),
    ):
        names = [
            _marked(name, need)
            for name, need in sorted(needs.items())
            if need.permission is permission
        ]
        if names:
            yield f"  - {kind}: {', '.join(names)}"


_MARKS = {Wants.PART: "", Wants.ENTITY: "ᴱ", Wants.WHOLE: "ᴡ"}


def _marked(name: str, need: Need) -> str:
    return f"`{name}`{_MARKS[need.wants]}"


def main(arguments: list[str]) -> int:
    """0 when the page is written or current; 1 when `--check` finds it is not."""
    return write_or_check(ROLES_FILE, guide(), arguments, name="docs/roles.md", verb="guide")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
