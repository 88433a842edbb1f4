"""A picture with every field filled, and every text of it hostile, whatever fields there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from documents.picture import (
    Deduction,
    InvoicePicture,
    Line,
    LineKind,
    Recap,
    RecapRow,
    Reference,
    VatGroup,
    VatInEuro,
)
from tests.documents.pictures import NARROW, line, one_line

HOSTILE = (
    '<img src="file:///etc/passwd"/><link rel="stylesheet" href="http://127.0.0.1:9/x.css"/>'
    "<style>@import url(http://127.0.0.1:9/i.css);b{background:url(file:///etc/hosts)}</style>"
    '</td></tr></table></body><svg><image href="http://127.0.0.1:9/x"/><use href="file:///x"/></svg>'
    "<script>x()</script>&lt;&#60;&xxe;]]>--> \" ' {{7*7}}{%x%} <!ENTITYx SYSTEM'file:///x'>"
)
"""What opens a file or a socket, or leaves its place, in HTML, CSS, SVG, XML or a template."""

LITERAL = "<b>&lt;&#60;</style>]]>--{{7*7}}\"'"
"""The same in short, without a blank: found again wherever a line or a page is broken."""

NOT_TEXTS = {"currency", "language", "accent"}
"""Fields of which the picture takes a few values only, and refuses all others."""


def filled() -> InvoicePicture:
    """An invoice with every field of every part filled."""
    picture = one_line()
    mention, deposit = "Mention", Reference(number="DEP-1", issue_date=date(2026, 1, 2))
    figures = (Decimal(10), Decimal(6), Decimal(60), Decimal(2), Decimal(4), Decimal(4))
    names = ("amount", "cumulative", "percent", "before", "now", "remaining")
    row = RecapRow(name="Phase", **dict(zip(names, figures, strict=True)))
    day = {"period_start": date(2026, 10, 1), "period_end": date(2026, 10, 31)}
    priced = line(1, "Priced", "90.00", unit_price=Decimal(100), discount=Decimal(10), **day)
    return replace(
        picture,
        seller=replace(picture.seller, code="S-1"),
        buyer=replace(
            picture.buyer,
            legal=("Legal",),
            vat_number="FR1",
            email="buyer@a.test",
            phone="01",
        ),
        lines=(
            replace(priced, detail="Detail", deducts=deposit),
            *(
                Line(kind=kind, position=2, description="D", detail="E", net=Decimal(1))
                for kind in (LineKind.TEXT, LineKind.HEADING, LineKind.SUBTOTAL)
            ),
        ),
        groups=(
            VatGroup(
                label=f"20{NARROW}%", base=Decimal("11845.00"), vat=Decimal("2369.00"), mention="M"
            ),
        ),
        references=(deposit,),
        deductions=(Deduction(label="Deposit", amount=Decimal(1)),),
        vat_in_eur=VatInEuro(
            amount=Decimal(1), rate=Decimal(1), source="Bank", day=date(2026, 1, 1)
        ),
        vat_on_debits=True,
        mentions=(mention,),
        recaps=(Recap(contract="C", number=1, rows=(row,), total=row),),
    )


def texts_of(value: Any, place: str = "") -> Iterator[tuple[str, str | None]]:
    """Every text of a picture with its place; None for an optional field that is empty."""
    if isinstance(value, str) and not isinstance(value, StrEnum):
        yield place, value
    elif value is None:
        yield place, None
    elif isinstance(value, tuple):
        for turn, one in enumerate(value):
            yield from texts_of(one, f"{place}.{turn}")
        if not value:
            yield place, None
    elif is_dataclass(value):
        for one in fields(value):
            if one.name not in NOT_TEXTS:
                yield from texts_of(getattr(value, one.name), f"{place}.{one.name}")


def with_texts(value: Any, said: Callable[[str, str], str], place: str = "") -> Any:
    """The same with `said(place, text)` for each of its texts, and for those that may be one."""
    if isinstance(value, str) and not isinstance(value, StrEnum):
        return said(place, value)
    if isinstance(value, tuple):
        return tuple(with_texts(one, said, f"{place}.{turn}") for turn, one in enumerate(value))
    if is_dataclass(value) and not isinstance(value, type):
        new = {
            one.name: with_texts(
                "" if one.type == "str | None" else getattr(value, one.name),
                said,
                f"{place}.{one.name}",
            )
            for one in fields(value)
            if one.name not in NOT_TEXTS
        }
        return replace(value, **new)
    return value
