"""What a paper says told apart from its shape: texts, and the markup without them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from html import unescape
from xml.etree import ElementTree

_TEXT = re.compile(r">([^<]*[^<\s][^<]*)<")
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z")
_HEAD_END = "</head>"


@dataclass(frozen=True, slots=True)
class Told:
    """What the file tells of itself; dates as a PDF writes them ("D:20261121000000Z")."""

    title: str
    author: str
    created: str
    modified: str


@dataclass(frozen=True, slots=True)
class Cut:
    """A markup cut into its shape and the texts of its body, in the order they stand there."""

    shape: bytes
    texts: tuple[str, ...]
    told: Told


def cut(markup: str) -> Cut | None:
    """`markup` (a house template, escaped) cut apart; None when its head is not as expected.

    Two markups of one shape differ in nothing but their texts: elements, attributes (colours, the
    digest of the logo) and white space between elements are the same.
    """
    head, end, body = markup.partition(_HEAD_END)
    told = _told(head[head.find("<head>") :] + end)
    if told is None:
        return None
    parts = _TEXT.split(body)
    before = head[: head.find("<head>")]
    shape = sha256("\0".join((before, *parts[::2])).encode()).digest()
    return Cut(shape, tuple(unescape(one) if "&" in one else one for one in parts[1::2]), told)


def texts_of(root: ElementTree.Element) -> list[tuple[ElementTree.Element, str]]:
    """The same texts as `cut` finds, from the parsed markup, each with the element it stands in."""
    found: list[tuple[ElementTree.Element, str]] = []

    def walk(element: ElementTree.Element) -> None:
        if element.text and element.text.strip():
            found.append((element, element.text))
        for child in element:
            walk(child)
            if child.tail and child.tail.strip():
                found.append((element, child.tail))

    for body in root.iter("body"):
        walk(body)
    return found


def is_on_one_line(text: str) -> bool:
    """Whether nothing in `text` is changed or broken where white space is folded."""
    return not (set(text) & set("\n\t\r\f\x85\u2028\u2029\u00ad")) and "  " not in text


def _told(head: str) -> Told | None:
    try:
        root = ElementTree.fromstring(head)
    except ElementTree.ParseError:
        return None
    stated = {one.get("name"): one.get("content", "") for one in root.iter("meta")}
    title, author = root.findtext("title") or "", stated.get("author", "")
    days = [_DATE.fullmatch(stated.get(f"dcterms.{name}", "")) for name in ("created", "modified")]
    if not title or title != title.strip() or not is_on_one_line(title) or not author:
        return None
    created, modified = (day and f"D:{''.join(day.groups())}Z" for day in days)
    return Told(title, author, created, modified) if created and modified else None
