"""The envelope of a workbook: its sheets in order, date system, parts and properties."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from domain.errors import Refusal
from templates_xlsx.reader.cells import unescaped
from templates_xlsx.reader.guard import Package
from templates_xlsx.reader.limits import Limits
from templates_xlsx.reader.markup import Attributes, elements
from templates_xlsx.reader.refusals import (
    FILE_EMPTY,
    TooLarge,
    Unreadable,
    Unsupported,
    too_large,
    unreadable,
    unsupported,
)

_STATES = {"hidden", "veryHidden"}
_USUAL_WORKBOOK = "xl/workbook.xml"
_CUSTOM = {"custom-properties", "customProperties"}
"""The kind of relationship, in transitional and in strict files."""
_PROPERTY = frozenset({"property"})
_VALUES = frozenset(
    {"lpwstr", "lpstr", "bstr", "bool", "filetime", "date", "int", "uint", "r4", "r8", "decimal"}
    | {f"{sign}{size}" for sign in ("i", "ui") for size in (1, 2, 4, 8)}
)


@dataclass(frozen=True, slots=True)
class SheetEntry:
    """A worksheet as the workbook lists it; chart and macro sheets are not listed here."""

    name: str
    state: str
    part: str


@dataclass(frozen=True, slots=True)
class Workbook:
    """What the workbook part and its relationships say."""

    sheets: tuple[SheetEntry, ...]
    date1904: bool
    styles: str | None
    strings: str | None
    custom_properties: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Relationship:
    kind: str
    """The last word of its type: worksheet, styles, officeDocument …"""
    part: str


def is_true(value: str | None) -> bool:
    """Whether an XML Schema boolean attribute is set."""
    return value in ("1", "true")


def read_workbook(package: Package, limits: Limits) -> Workbook:
    """The envelope; refused when the package is not a workbook, or not a whole one."""
    around = _relationships(package, "", limits)
    main = next((r.part for r in around.values() if r.kind == "officeDocument"), _USUAL_WORKBOOK)
    if main not in package or not main.lower().endswith(".xml") or _is_foreign(main):
        raise _no_workbook(package, main)
    inside = _relationships(package, main, limits)
    listed, date1904 = _listed(package, main, limits)
    sheets = _worksheets(package, inside, listed)
    if not sheets:
        raise Refusal(FILE_EMPTY())
    parts = {relationship.kind: relationship.part for relationship in inside.values()}
    custom = next((r.part for r in around.values() if r.kind in _CUSTOM), "docProps/custom.xml")
    return Workbook(
        sheets=sheets,
        date1904=date1904,
        styles=parts.get("styles"),
        strings=parts.get("sharedStrings"),
        custom_properties=_custom_properties(package, custom, limits),
    )


def _is_foreign(part: str) -> bool:
    """Whether a part is one of a text document, a presentation or an Apple document."""
    return part.lower().startswith(("word/", "ppt/")) or part.lower().endswith(".iwa")


def _no_workbook(package: Package, main: str) -> Refusal:
    """What a zip without a workbook is, as far as its parts tell."""
    names = set(package.names())
    if "content.xml" in names or "mimetype" in names:
        return unsupported(Unsupported.OPEN_DOCUMENT)
    if main.lower().endswith(".bin") or "xl/workbook.bin" in names:
        return unsupported(Unsupported.BINARY_WORKBOOK)
    if _is_foreign(main) or any(_is_foreign(name) for name in names):
        return unsupported(Unsupported.OTHER_PROGRAMME)
    if "[content_types].xml" in names:
        return unreadable(Unreadable.PART_MISSING, main)
    return unsupported(Unsupported.ARCHIVE)


def _relationships(package: Package, part: str, limits: Limits) -> dict[str, _Relationship]:
    """The relationships of `part` ("" for the package) by id."""
    folder, _, name = part.rpartition("/")
    rels = f"{folder}/_rels/{name}.rels".lstrip("/")
    if rels not in package:
        return {}
    found = {}
    for element in elements(package, rels, frozenset({"Relationship"}), limits):
        attributes = element.attributes
        if attributes.get("TargetMode") != "External":
            kind = attributes.get("Type", "").rpartition("/")[2]
            target = _resolved(folder, attributes.get("Target", ""))
            found[attributes.get("Id", "")] = _Relationship(kind, target)
    return found


def _resolved(folder: str, target: str) -> str:
    """A relationship's target as the name of a part: absolute, or relative to `folder`."""
    target = target.replace("\\", "/")
    path: list[str] = []
    for step in (target if target.startswith("/") else f"{folder}/{target}").split("/"):
        if step == "..":
            del path[-1:]
        elif step not in ("", "."):
            path.append(step)
    return "/".join(path)


def _listed(package: Package, part: str, limits: Limits) -> tuple[list[Attributes], bool]:
    """The attributes of each `sheet` of the workbook part, and whether days count from 1904."""
    sheets: list[Attributes] = []
    date1904 = is_workbook = False
    wanted = frozenset({"sheet", "workbookPr", "sheets"})
    for element in elements(package, part, wanted, limits):
        if element.name == "workbookPr":
            date1904 = is_true(element.attributes.get("date1904"))
        elif element.name == "sheets":
            is_workbook = True
            break
        elif element.parent == "sheets":
            sheets.append(element.attributes)
        if len(sheets) > limits.sheets:
            raise too_large(TooLarge.SHEETS, limits.sheets)
    if not is_workbook:
        raise unreadable(Unreadable.PART_MALFORMED, part)
    return sheets, date1904


def _worksheets(
    package: Package, relationships: Mapping[str, _Relationship], listed: list[Attributes]
) -> tuple[SheetEntry, ...]:
    entries: list[SheetEntry] = []
    for attributes in listed:
        id_ = next((value for key, value in attributes.items() if key.endswith("|id")), "")
        relationship = relationships.get(id_)
        name = attributes.get("name", "")
        if relationship is None:
            raise unreadable(Unreadable.PART_MISSING, name)
        if relationship.kind != "worksheet":
            continue
        if relationship.part not in package:
            raise unreadable(Unreadable.PART_MISSING, relationship.part)
        if any(entry.part.lower() == relationship.part.lower() for entry in entries):
            raise unreadable(Unreadable.PART_SHARED, relationship.part)
        state = attributes.get("state", "visible")
        shown = state if state in _STATES else "visible"
        entries.append(SheetEntry(name, shown, relationship.part))
    return tuple(entries)


def _custom_properties(package: Package, part: str, limits: Limits) -> dict[str, str]:
    """The custom document properties, each value as text (a seal may be among them)."""
    if part not in package:
        return {}
    properties: dict[str, str] = {}
    value = ""
    for element in elements(package, part, _PROPERTY | _VALUES, limits):
        if element.name in _PROPERTY:
            properties[element.attributes.get("name", "")] = unescaped(value)
            value = ""
        elif element.parent in _PROPERTY:
            value = element.text
    return properties
