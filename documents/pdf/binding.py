"""Binding many papers into one PDF, written as they come: one paper is held at a time.

Libraries that merge hold every object of every paper until the end: gigabytes for ten thousand.
Here the objects of a paper go straight to the file under new numbers; what is kept of them is where
they begin, the title, and a digest of each image and font, so that either is written once.

The tags for screen readers stay behind: a paper alone, and the zip, have them.
"""

from __future__ import annotations

from array import array
from hashlib import sha256
from io import BytesIO
from typing import IO

from pypdf import PageObject, PdfReader
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    NullObject,
    NumberObject,
    PdfObject,
    StreamObject,
    TextStringObject,
)

PRODUCER = "Jalon"

_CATALOG, _PAGES, _OUTLINE, _INFO = 1, 2, 3, 4
_GROUP = 128
"""Pages of one node of the page tree, about: a viewer looks a page up without reading all."""

_LEFT_OUT = {"/Parent", "/StructParents", "/StructParent"}
"""What leads back into the paper's own trees."""

Numbers = dict[tuple[int, int], int]
"""The new number of each object of a paper that was met, by its own number and generation."""


class Binder:
    """A PDF in the making; `finish` writes its end. `out` is new, and is not closed here."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self._starts = array("Q", [0] * (_INFO + 1))
        self._groups: list[tuple[int, int]] = []
        """The number and the pages of each node of the page tree that is written."""
        self._group: int | None = None
        self._kids: list[int] = []
        self._marks: list[tuple[str, int]] = []
        self._shared: dict[bytes, int] = {}
        self._place = 0
        self._put(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")

    @property
    def papers(self) -> int:
        return len(self._marks)

    def add(self, content: bytes, title: str) -> None:
        """The pages of `content` behind those before, with a bookmark; any error adds nothing."""
        reader = PdfReader(BytesIO(content))
        try:
            self._add(list(reader.pages), title)
        finally:
            # Its objects know it, and it knows them: let go of now, not when garbage is looked for.
            reader.resolved_objects.clear()

    def _add(self, pages: list[PageObject], title: str) -> None:
        if not pages:
            raise ValueError("a paper without a page")
        if self._group is None:
            self._group = self._next()
        known: Numbers = {}
        for page in pages:
            assert page.indirect_reference is not None
            known[_key(page.indirect_reference)] = self._next()
        numbers = list(known.values())
        for page, number in zip(pages, numbers, strict=True):
            copied = self._copied_entries(page, known)
            copied[NameObject("/Parent")] = _to(self._group)
            self._write(number, copied)
        self._kids += numbers
        self._marks.append((title, numbers[0]))
        if len(self._kids) >= _GROUP:
            self._close_group()

    def finish(self) -> None:
        """Writes the tree of pages, the outline and the table that finds every object."""
        if self._kids:
            self._close_group()
        self._write_outline()
        tree = _named("/Pages")
        tree[NameObject("/Kids")] = ArrayObject([_to(number) for number, _ in self._groups])
        tree[NameObject("/Count")] = NumberObject(sum(count for _, count in self._groups))
        self._write(_PAGES, tree)
        catalog = _named("/Catalog")
        catalog[NameObject("/Pages")] = _to(_PAGES)
        catalog[NameObject("/Outlines")] = _to(_OUTLINE)
        catalog[NameObject("/PageMode")] = NameObject("/UseOutlines")
        self._write(_CATALOG, catalog)
        self._write(_INFO, DictionaryObject({NameObject("/Producer"): TextStringObject(PRODUCER)}))
        self._write_table()

    def _close_group(self) -> None:
        assert self._group is not None
        node = _named("/Pages")
        node[NameObject("/Parent")] = _to(_PAGES)
        node[NameObject("/Kids")] = ArrayObject([_to(number) for number in self._kids])
        node[NameObject("/Count")] = NumberObject(len(self._kids))
        self._write(self._group, node)
        self._groups.append((self._group, len(self._kids)))
        self._group, self._kids = None, []

    def _write_outline(self) -> None:
        first = len(self._starts)
        last = first + len(self._marks) - 1
        for number, (title, page) in enumerate(self._marks, first):
            self._next()
            item = DictionaryObject(
                {
                    NameObject("/Title"): TextStringObject(title),
                    NameObject("/Parent"): _to(_OUTLINE),
                    NameObject("/Dest"): ArrayObject(
                        [_to(page), NameObject("/XYZ"), NullObject(), NullObject(), NullObject()]
                    ),
                }
            )
            if number > first:
                item[NameObject("/Prev")] = _to(number - 1)
            if number < last:
                item[NameObject("/Next")] = _to(number + 1)
            self._write(number, item)
        root = _named("/Outlines")
        if self._marks:
            root[NameObject("/First")] = _to(first)
            root[NameObject("/Last")] = _to(last)
            root[NameObject("/Count")] = NumberObject(len(self._marks))
        self._write(_OUTLINE, root)

    def _write_table(self) -> None:
        table = self._place
        self._put(b"xref\n0 %d\n0000000000 65535 f \n" % len(self._starts))
        for start in self._starts[1:]:
            # A number that nothing was written under stands for null, as the format has it.
            line = b"%010d 00000 n \n" % start if start else b"0000000000 00000 f \n"
            self._put(line)
        trailer = DictionaryObject(
            {
                NameObject("/Size"): NumberObject(len(self._starts)),
                NameObject("/Root"): _to(_CATALOG),
                NameObject("/Info"): _to(_INFO),
            }
        )
        self._put(b"trailer\n" + _bytes_of(trailer) + b"\nstartxref\n%d\n%%%%EOF\n" % table)

    def _moved(self, found: IndirectObject, known: Numbers) -> int:
        """The new number of an object, which is written unless it was met before."""
        if (key := _key(found)) in known:
            return known[key]
        value = found.get_object()
        if isinstance(value, StreamObject) and _is_shared(value):
            return known.setdefault(key, self._kept_once(value, known))
        known[key] = number = self._next()
        if isinstance(value, StreamObject):
            self._write_bytes(number, self._stream(value, known))
        else:
            self._write(number, self._copied(value, known))
        return number

    def _kept_once(self, stream: StreamObject, known: Numbers) -> int:
        content = self._stream(stream, known)
        digest = sha256(content).digest()
        if digest not in self._shared:
            self._shared[digest] = number = self._next()
            self._write_bytes(number, content)
        return self._shared[digest]

    def _stream(self, stream: StreamObject, known: Numbers) -> bytes:
        """A stream as it is kept: its bytes are those of the paper, packed as they were."""
        data = bytes(stream._data)
        head = self._copied_entries(stream, known)
        head[NameObject("/Length")] = NumberObject(len(data))
        return _bytes_of(head) + b"\nstream\n" + data + b"\nendstream"

    def _copied(self, value: PdfObject | None, known: Numbers) -> PdfObject:
        match value:
            case IndirectObject():
                return _to(self._moved(value, known))
            case DictionaryObject():
                return self._copied_entries(value, known)
            case ArrayObject():
                return ArrayObject([self._copied(one, known) for one in list.__iter__(value)])
            case None:
                return NullObject()
        return value

    def _copied_entries(self, value: DictionaryObject, known: Numbers) -> DictionaryObject:
        return DictionaryObject(
            {
                name: self._copied(entry, known)
                for name, entry in dict.items(value)
                # An annotation has a rectangle, and names its page.
                if name not in _LEFT_OUT and not (name == "/P" and "/Rect" in value)
            }
        )

    def _next(self) -> int:
        self._starts.append(0)
        return len(self._starts) - 1

    def _write(self, number: int, value: PdfObject) -> None:
        self._write_bytes(number, _bytes_of(value))

    def _write_bytes(self, number: int, content: bytes) -> None:
        self._starts[number] = self._place
        self._put(b"%d 0 obj\n" % number + content + b"\nendobj\n")

    def _put(self, content: bytes) -> None:
        self._out.write(content)
        self._place += len(content)


def _is_shared(stream: StreamObject) -> bool:
    """Whether papers may have the very same: an image, or the file of a font."""
    return stream.get("/Subtype") == "/Image" or "/Length1" in stream


def _to(number: int) -> IndirectObject:
    return IndirectObject(number, 0, None)


def _key(found: IndirectObject) -> tuple[int, int]:
    return found.idnum, found.generation


def _named(kind: str) -> DictionaryObject:
    return DictionaryObject({NameObject("/Type"): NameObject(kind)})


def _bytes_of(value: PdfObject) -> bytes:
    out = BytesIO()
    value.write_to_stream(out)
    return out.getvalue()
