"""A mould made of a document that the engine laid out and drew."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from xml.etree import ElementTree

import pydyf

from documents.pdf.assets import PRODUCER
from documents.pdf.stamping.markup import Cut, texts_of
from documents.pdf.stamping.mould import Mould, Parts
from documents.pdf.stamping.setting import Setter
from documents.pdf.stamping.slots import Drawn, slots_of
from documents.pdf.stamping.unusual import Unusual
from documents.pdf.stamping.writing import FontPlace, Frame, framed, info

_APART = 4_096
"""Bytes of a page without a text of the paper that are packed by themselves."""

_OF_A_LEAF = 600
"""Bytes that a text of a slot takes, about."""


def moulded(document: Any, pdf: Any, cut: Cut, root: ElementTree.Element, setter: Setter) -> Mould:
    """The mould of a drawn document and its markup; Unusual where it cannot be understood."""
    held = texts_of(root)
    if tuple(said for _, said in held) != cut.texts:
        raise Unusual("other texts than the markup's")
    for font in document.fonts.values():
        if font.missing or font.bitmap or font.png or font.svg or font.colr:
            raise Unusual("a glyph that no font has")
    contents = _contents(pdf)
    drawn = [Drawn(pdf.objects[turn]) for turn in contents]
    boxes = [page._page_box for page in document.pages]
    slots, free = slots_of(held, cut.told.title, list(zip(boxes, drawn, strict=True)), setter)
    glyphs = _glyphs(document, drawn)
    streams = _parted(pdf, {turn: page.parts() for turn, page in zip(contents, drawn, strict=True)})
    frame = _framed(document, pdf, list(streams), cut)
    kept = sum(len(part) for parts in streams.values() for part in parts if isinstance(part, bytes))
    return Mould(
        texts=(*cut.texts, cut.told.title),
        fixed=tuple(turn for turn in range(len(held) + 1) if turn not in free),
        slots=tuple(slots),
        streams=tuple(streams.values()),
        frame=frame,
        faces={key: font.face for key, font in document.fonts.items()},
        glyphs=glyphs,
        size=kept + len(frame.begun) + _OF_A_LEAF * sum(len(slot.leaves) for slot in slots),
    )


def _glyphs(document: Any, drawn: Iterable[Drawn]) -> dict[int, int]:
    """What the fonts embed for all that no slot holds."""
    keys = {font.hash.encode(): key for key, font in document.fonts.items()}
    glyphs = dict.fromkeys(document.fonts, 0)
    for page in drawn:
        for name, shown in page.glyphs():
            bits = document.fonts[keys[name]].face.rounded_up(shown)
            if bits is None:
                raise Unusual("a glyph that says nothing known")
            glyphs[keys[name]] |= bits
    return glyphs


def _contents(pdf: Any) -> list[int]:
    """The number of the contents of each page; nothing else may show text."""
    numbers = [_number(one["Contents"]) for one in pdf.objects if _is_page(one)]
    for one in pdf.objects:
        if isinstance(one, pydyf.Stream) and "Resources" in one.extra:
            raise Unusual("a drawing of its own")
    return numbers


def _parted(pdf: Any, pages: dict[int, Parts]) -> dict[int, Parts]:
    """The contents of pages by the number of their streams, with long drawings set apart.

    What holds no text of a paper and is long (a logo) becomes a stream of its own, packed once.
    """
    streams: dict[int, Parts] = {}
    held = [one for one in pdf.objects if _is_page(one)]
    for page, (turn, parts) in zip(held, pages.items(), strict=True):
        own, numbers = [turn], [turn]
        streams[turn] = ()
        for part in parts:
            if isinstance(part, bytes) and len(part) >= _APART:
                numbers += [_added(pdf, part), _added(pdf, b"")]
                own.append(numbers[-1])
                streams[own[-1]] = ()
            else:
                streams[own[-1]] += (part,)
        page["Contents"] = pydyf.Array([f"{one} 0 R" for one in numbers])
    return streams


def _added(pdf: Any, content: bytes) -> int:
    added = pydyf.Stream([content], compress=True)
    pdf.add_object(added)
    number = added.number
    assert isinstance(number, int)
    return number


def _framed(document: Any, pdf: Any, contents: list[int], cut: Cut) -> Frame:
    """The frame of the file, once what each paper has of its own is set apart."""
    pdf.info["Producer"] = pydyf.String(PRODUCER)
    if pdf.info.data != info(cut.told):
        raise Unusual("a file that tells other things of itself")
    marks: list[Any] = [one for one in pdf.objects if isinstance(one, dict) and "Title" in one]
    if len(marks) != 1 or marks[0]["Title"].string != cut.told.title:
        raise Unusual("other bookmarks than the title")
    told = len(pdf.objects)
    by_hash = _by_hash(pdf)
    places = []
    for turn, (key, font) in enumerate(document.fonts.items(), start=told + 1):
        whole = by_hash[font.hash]
        inner = _at(pdf, whole["DescendantFonts"][0])
        descriptor = _at(pdf, inner["FontDescriptor"])
        widest = max(font.face.widths.values())
        descriptor["FontBBox"] = pydyf.Array((0, font.descent, widest, font.ascent))
        inner["W"] = f"{turn} 0 R"
        file, says = _at(pdf, descriptor["FontFile2"]), _at(pdf, whole["ToUnicode"])
        places.append(FontPlace(font=key, file=file.number, says=says.number, widths=turn))
    return framed(pdf, streams=contents, fonts=places, mark=marks[0].number, info=told)


def _by_hash(pdf: Any) -> dict[str, Any]:
    """The fonts of the file by the name that pages choose them with."""
    (resources,) = {one["Resources"] for one in pdf.objects if _is_page(one)}
    named = _at(pdf, _at(pdf, resources)["Font"])
    return {name: _at(pdf, reference) for name, reference in named.items()}


def _at(pdf: Any, reference: bytes) -> Any:
    return pdf.objects[_number(reference)]


def _is_page(held: Any) -> bool:
    return isinstance(held, dict) and held.get("Type") == "/Page"


def _number(reference: bytes) -> int:
    return int(reference.split()[0])
