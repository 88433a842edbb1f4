"""Files that are not what they say, made to be misread or to take a server down."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

from tests.api.takeover.sheets import CLIENT, TITLES, book

MEBIBYTE = 1 << 20
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
SHEET = "xl/worksheets/sheet1.xml"
_LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)
_OUTSIDE = '<!DOCTYPE x [<!ENTITY i SYSTEM "file:///etc/passwd">]>'
_MISSING_TEXT = b'<row r="9"><c r="B9" t="s"><v>999999</v></c></row>'


@cache
def sound() -> bytes:
    """A workbook with nothing wrong in it."""
    return book("clients", CLIENT)


def with_part(name: str, change: Callable[[bytes], bytes], *, twice: bool = False) -> bytes:
    """The sound workbook with one of its parts changed, or there twice."""
    out = BytesIO()
    with ZipFile(BytesIO(sound())) as old, ZipFile(out, "w", ZIP_DEFLATED) as new:
        for entry in old.infolist():
            content = old.read(entry)
            new.writestr(entry.filename, change(content) if entry.filename == name else content)
        if twice:
            new.writestr(name.upper(), change(old.read(name)))
    return out.getvalue()


def declared(doctype: str) -> Callable[[bytes], bytes]:
    """A change of a part: a document type before its root, used inside."""

    def change(content: bytes) -> bytes:
        head, _, rest = content.partition(b"<worksheet")
        body = b"<worksheet" + rest.replace(b"<v>0</v>", b"<v>&i;</v>")
        return head + doctype.encode() + body

    return change


def zipped(**parts: bytes) -> bytes:
    """A zip archive of `parts`."""
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), content)
    return out.getvalue()


def lying() -> bytes:
    """A sheet that says it unpacks to its sound size, and unpacks to sixteen million bytes more."""
    with ZipFile(BytesIO(sound())) as archive:
        honest = archive.getinfo(SHEET).file_size
    packed = with_part(SHEET, lambda content: content + b" " * 16 * MEBIBYTE)
    true = (honest + 16 * MEBIBYTE).to_bytes(4, "little")
    assert packed.count(true) == 2
    return packed.replace(true, honest.to_bytes(4, "little"))


def damaged() -> bytes:
    """A sheet of which some packed bytes were lost."""
    with ZipFile(BytesIO(sound())) as archive:
        start = archive.getinfo(SHEET).header_offset + 30 + len(SHEET) + 40
    return sound()[:start] + bytes(20) + sound()[start + 20 :]


def deep(content: bytes) -> bytes:
    """A sheet whose elements are nested a hundred thousand times."""
    nest = b"<x>" * 100_000 + b"</x>" * 100_000
    return content.replace(b"</worksheet>", nest + b"</worksheet>")


def stray(reference: str) -> Callable[[bytes], bytes]:
    """A change of a sheet: one more cell, far away."""
    row = "".join(filter(str.isdigit, reference))
    cell = f'<row r="{row}"><c r="{reference}" t="inlineStr"><is><t>x</t></is></c></row>'
    return lambda content: content.replace(b"</sheetData>", cell.encode() + b"</sheetData>")


UNREADABLE, UNSUPPORTED = "FILE_UNREADABLE", "FILE_TYPE_UNSUPPORTED"
TOO_LARGE, EMPTY, NO_HEADER = "FILE_TOO_LARGE", "FILE_EMPTY", "HEADER_NOT_FOUND"

FILES: dict[str, tuple[Callable[[], bytes], str]] = {
    "an old workbook": (lambda: OLE + "Workbook\0".encode("utf-16-le"), UNSUPPORTED),
    "a workbook with a password": (
        lambda: OLE + "EncryptedPackage\0".encode("utf-16-le"),
        UNREADABLE,
    ),
    "an OpenDocument file": (
        lambda: zipped(
            mimetype=b"application/vnd.oasis.opendocument.spreadsheet", content_xml=b"<x/>"
        ),
        UNSUPPORTED,
    ),
    "a text document": (
        lambda: zipped(**{"[Content_Types]_xml": b"<Types/>", "word__document_xml": b"<w/>"}),
        UNSUPPORTED,
    ),
    "an archive": (lambda: zipped(clients_csv=b"a;b"), UNSUPPORTED),
    "an empty archive": (lambda: zipped(), UNSUPPORTED),
    "a workbook cut in half": (lambda: sound()[: len(sound()) // 2], UNREADABLE),
    "a workbook without its last byte": (lambda: sound()[:-30], UNREADABLE),
    "a workbook with a damaged part": (damaged, UNREADABLE),
    "a web page": (lambda: b"<html><table><tr><td>Nom du client</td></tr></table>", UNREADABLE),
    "a picture": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(100), UNSUPPORTED),
    "a PDF": (lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", UNSUPPORTED),
    "noise": (lambda: bytes(range(256)) * 40, UNSUPPORTED),
    "zeros": (lambda: bytes(5000), UNSUPPORTED),
    "nothing": (lambda: b"", EMPTY),
    "titles alone": (lambda: book("clients"), EMPTY),
    "blank rows alone": (lambda: book("clients", {}, {"B": " ", "D": "\u00a0"}), EMPTY),
    "a letter": (lambda: b"Madame, Monsieur,\n\nveuillez trouver", NO_HEADER),
    "an unclosed quotation mark": (
        lambda: (";".join(TITLES["clients"].values()) + '\n;"Alpha;A;rue').encode(),
        UNREADABLE,
    ),
    "a file beyond the limit": (lambda: b"a;b\n" * (25 * MEBIBYTE // 4 + 1), TOO_LARGE),
    "a bomb of spaces": (
        lambda: with_part(SHEET, lambda content: content + b" " * 64 * MEBIBYTE),
        TOO_LARGE,
    ),
    "a bomb that lies about its size": (lying, UNREADABLE),
    "a bomb of entities": (lambda: with_part(SHEET, declared(_LAUGHS)), UNREADABLE),
    "an entity from outside": (lambda: with_part(SHEET, declared(_OUTSIDE)), UNREADABLE),
    "elements nested without end": (lambda: with_part(SHEET, deep), UNREADABLE),
    "a sheet twice": (lambda: with_part(SHEET, lambda part: part, twice=True), UNREADABLE),
    "a sheet that is none": (lambda: with_part(SHEET, lambda _: b"<x/>"), UNREADABLE),
    "a sheet that is no XML": (lambda: with_part(SHEET, lambda _: b"\0" * 40), UNREADABLE),
    "a cell in a column too far": (lambda: with_part(SHEET, stray("XFD9")), TOO_LARGE),
    "a text that is not there": (
        lambda: with_part(
            SHEET, lambda part: part.replace(b"</sheetData>", _MISSING_TEXT + b"</sheetData>")
        ),
        UNREADABLE,
    ),
}
"""What it is, how it is made, and the code that its import is refused with."""
