"""Workbooks made by hand, part by part, so that each can have one trait and no other."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from io import BytesIO

from domain.errors import Issue, Refusal
from templates_xlsx.raw import Cell, RawBook, RawRow
from templates_xlsx.reader import Limits, open_book

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"

SHEET1 = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"

FORMATS = {
    "general": 0,
    "day": 14,
    "day and hour": 22,
    "hour": 20,
    "percent": 9,
    "text": 49,
    "power": 11,
    "engineer": 48,
    "french day": "dd/mm/yyyy",
    "hours": "[h]:mm",
    "siret": "00000000000000",
    "grouped siret": r"000\ 000\ 000\ 00000",
    "phone": '0#" "##" "##" "##" "##',
    "amount": '#,##0.00" €"',
    "long day": "[$-40C]dddd d mmmm yyyy",
    "month": "mmm",
    "coloured": "[Red]0.00;[Blue]-0.00",
    "quoted": '"dhms" 0',
    "own power": "0.0#E+0",
    "e": '0.00" e+"',
}
STYLE = {name: str(index) for index, name in enumerate(FORMATS)}
"""The style number (attribute `s`) of each format."""


def styles() -> str:
    own = [code for code in FORMATS.values() if isinstance(code, str)]
    numbers = {code: 164 + index for index, code in enumerate(own)}
    declared = "".join(
        f'<numFmt numFmtId="{number}" formatCode="{quoted(code)}"/>'
        for code, number in numbers.items()
    )
    used = "".join(
        f'<xf numFmtId="{numbers[code] if isinstance(code, str) else code}"/>'
        for code in FORMATS.values()
    )
    return (
        f'<styleSheet xmlns="{MAIN}"><numFmts>{declared}</numFmts>'
        f"<cellStyleXfs><xf numFmtId='14'/></cellStyleXfs><cellXfs>{used}</cellXfs>"
        f'<dxfs><dxf><numFmt numFmtId="164" formatCode="0.0"/></dxf></dxfs></styleSheet>'
    )


def quoted(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def cell(place: str, inner: str = "", *, kind: str = "", style: str = "") -> str:
    """The XML of one cell; `inner` is what stands in it, `style` the name of a format."""
    s = f' s="{STYLE[style]}"' if style else ""
    t = f' t="{kind}"' if kind else ""
    return f'<c r="{place}"{s}{t}>{inner}</c>'


def number(place: str, value: object, style: str = "") -> str:
    return cell(place, f"<v>{value}</v>", style=style)


def text(place: str, value: str) -> str:
    """A text written in the cell itself."""
    return cell(place, f'<is><t xml:space="preserve">{value}</t></is>', kind="inlineStr")


def row(index: int, *cells: str, attributes: str = "") -> str:
    return f'<row r="{index}"{attributes}>{"".join(cells)}</row>'


def sheet(rows: str = "", *, before: str = "", after: str = "", namespace: str = MAIN) -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="{namespace}">'
        f"{before}<sheetData>{rows}</sheetData>{after}</worksheet>"
    )


def strings(*items: str) -> str:
    inner = "".join(f"<si>{item}</si>" for item in items)
    return f'<?xml version="1.0" encoding="UTF-8"?><sst xmlns="{MAIN}">{inner}</sst>'


def workbook(*sheets: str, properties: str = "") -> str:
    """A workbook part; each of `sheets` is the attributes of a sheet besides its ids."""
    listed = "".join(
        f'<sheet {attributes} sheetId="{index}" r:id="rId{index}"/>'
        for index, attributes in enumerate(sheets or ('name="Clients"',), 1)
    )
    return (
        f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">{properties}'
        f"<sheets>{listed}</sheets></workbook>"
    )


def relationships(targets: Mapping[str, str]) -> str:
    """Relationships by id, each `kind:target`."""
    listed = ""
    for key, told in targets.items():
        kind, _, target = told.partition(":")
        listed += f'<Relationship Id="{key}" Type="{OFFICE}/{kind}" Target="{target}"/>'
    return f'<Relationships xmlns="{PACKAGE}">{listed}</Relationships>'


def parts(*sheets: str, **named: str | None) -> dict[str, str | bytes | None]:
    """The parts of a whole workbook; `workbook`, `strings`, `styles` may be given (None: none)."""
    targets = {f"rId{n}": f"worksheet:worksheets/sheet{n}.xml" for n in range(1, len(sheets) + 1)}
    given = {"workbook": workbook(), "strings": strings("<t>x</t>"), "styles": styles(), **named}
    if given["styles"] is not None:
        targets["rIdStyles"] = "styles:styles.xml"
    if given["strings"] is not None:
        targets["rIdStrings"] = "sharedStrings:sharedStrings.xml"
    return {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": relationships({"rId1": "officeDocument:xl/workbook.xml"}),
        "xl/workbook.xml": given["workbook"],
        "xl/_rels/workbook.xml.rels": relationships(targets),
        "xl/styles.xml": given["styles"],
        STRINGS: given["strings"],
        **{f"xl/worksheets/sheet{n}.xml": xml for n, xml in enumerate(sheets, 1)},
    }


def zipped(named: Mapping[str, str | bytes | None], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in named.items():
            if content is not None:
                archive.writestr(name, content)
    return out.getvalue()


def book_of(*rows: str, before: str = "", after: str = "", **named: str | None) -> bytes:
    """A workbook of one sheet with these rows."""
    return zipped(parts(sheet("".join(rows), before=before, after=after), **named))


def rows_of(upload: bytes | RawBook, index: int = 0) -> list[RawRow]:
    book = upload if isinstance(upload, RawBook) else open_book(upload)
    return list(book.sheets[index].rows())


def only_cell(upload: bytes) -> Cell:
    """The cell of a book that has but one."""
    ((found,),) = [list(row.cells.values()) for row in rows_of(upload)]
    return found


def refusal_of(upload: bytes, limits: Limits | None = None) -> Issue:
    """The issue that a book is refused with, on opening or on reading all of its sheets."""
    try:
        for found in open_book(upload, limits=limits or Limits()).sheets:
            for _ in found.rows():
                pass
    except Refusal as refusal:
        (issue,) = refusal.issues
        return issue
    raise AssertionError("the book was read")
