"""Which files may be a logo: PNG, JPEG or a plain SVG drawing, told by its bytes, kept small."""

from __future__ import annotations

import re
import struct
from io import BytesIO
from xml.etree import ElementTree

LOGO_BYTES = 1_000_000
LOGO_PIXELS = 8_000_000
"""A PNG of a few kilobytes may unfold into gigabytes of pixels."""

_STRUCTURE = ("svg", "g", "defs", "symbol", "use", "style", "title", "desc", "metadata")
_FORMS = ("path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "clipPath", "mask")
_COLOURS = ("linearGradient", "radialGradient", "stop")
_DRAWN = frozenset((*_STRUCTURE, *_FORMS, *_COLOURS))
"""Text would be set in whatever font a machine has; images, patterns, markers and filters reach
out or multiply without end. A logo saved with its text as outlines has none of them."""

_SVG = "{http://www.w3.org/2000/svg}"
_HREFS = ("href", "{http://www.w3.org/1999/xlink}href")
_OUTSIDE = re.compile(r"""@import|@font-face|\\|url\(\s*["']?\s*(?![#"'\s])""", re.IGNORECASE)
"""What a style fetches, or hides behind a backslash; url(#a) is a part of the drawing itself."""

_DEEPEST = 40
_MOST_SHAPES = 20_000


def logo_media_type(content: bytes) -> str | None:
    """The media type of a logo the paper can show (PNG, JPEG, SVG); None for any other file."""
    if not 0 < len(content) <= LOGO_BYTES:
        return None
    if content.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")):
        return _raster_type(content)
    return "image/svg+xml" if _is_plain_drawing(content) else None


def _raster_type(content: bytes) -> str | None:
    from PIL import Image

    try:
        with Image.open(BytesIO(content), formats=("PNG", "JPEG")) as image:
            width, height = image.size
            kind = image.format
            image.verify()
    except (OSError, ValueError, SyntaxError, struct.error, Image.DecompressionBombError):
        return None
    return f"image/{str(kind).lower()}" if width * height <= LOGO_PIXELS else None


def in_screen_colours(content: bytes) -> bytes:
    """The logo for an archive, whose colours are those of screens: of inks none is told there."""
    if logo_media_type(content) != "image/jpeg":
        return content
    from PIL import Image

    with Image.open(BytesIO(content), formats=("JPEG",)) as image:
        if image.mode != "CMYK":
            return content
        out = BytesIO()
        image.convert("RGB").save(out, "PNG")
    return out.getvalue()


def _is_plain_drawing(content: bytes) -> bool:
    if re.search(rb"<!ENTITY", content, re.IGNORECASE):
        return False
    try:
        root = ElementTree.fromstring(content)
    except (ElementTree.ParseError, ValueError):
        return False
    if root.tag not in ("svg", f"{_SVG}svg"):
        return False
    is_within = not any(_reaches_out(element) for element in root.iter())
    return _is_shallow(root) and _has_only_shapes(root) and is_within and not _multiplies(root)


def _is_shallow(root: ElementTree.Element) -> bool:
    level = [root]
    for _ in range(_DEEPEST):
        level = [child for element in level for child in element]
    return not level


def _has_only_shapes(root: ElementTree.Element) -> bool:
    """Elements of other namespaces (an editor's own notes) are not drawn and do no harm."""
    names = (element.tag.removeprefix(_SVG) for element in root.iter() if _is_drawn(element))
    return all(name in _DRAWN for name in names)


def _reaches_out(element: ElementTree.Element) -> bool:
    """Whether it names anything outside of the drawing, which no paper would fetch."""
    styles = [value for name, value in element.attrib.items() if not name.startswith("{")]
    if element.tag in ("style", f"{_SVG}style"):
        styles.append("".join(element.itertext()))
    hrefs = (element.get(name, "#") for name in _HREFS)
    return any(_OUTSIDE.search(style) for style in styles) or not all(
        href.startswith("#") for href in hrefs
    )


def _is_drawn(element: ElementTree.Element) -> bool:
    return isinstance(element.tag, str) and (
        not element.tag.startswith("{") or element.tag.startswith(_SVG)
    )


def _multiplies(root: ElementTree.Element) -> bool:
    """Whether copies are made of copies, or so many that drawing them takes minutes."""
    named = {element.get("id"): element for element in root.iter() if element.get("id")}
    drawn = sum(1 for _ in root.iter())
    for copy in (one for one in root.iter() if one.tag in ("use", f"{_SVG}use")):
        href = next((copy.get(name) or "" for name in _HREFS if copy.get(name)), "")
        target = named.get(href.removeprefix("#"))
        if target is None:
            continue
        parts = [part.tag for part in target.iter()]
        if "use" in parts or f"{_SVG}use" in parts:
            return True
        drawn += len(parts)
    return drawn > _MOST_SHAPES
