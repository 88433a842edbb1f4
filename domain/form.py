"""What somebody filled in for one record, judged field by field: every fault is told at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from domain import given
from domain.errors import FIELD_INVALID, FIELD_REQUIRED, Issue, Refusal
from domain.identity import Registration
from domain.money import CURRENCIES
from domain.places import country_codes

_ANY_LENGTH = 10**9

Judge = Callable[[Any], Any]
"""The value as it is kept; None when nothing is left of it; a Refusal says what is wrong."""


def one_line(text: str) -> str:
    """`text` as codes and names are kept: nothing that nobody sees, runs of spaces as one."""
    seen = given.text(text, field=(), name="", longest=_ANY_LENGTH) or ""
    return " ".join(seen.split())


@dataclass(slots=True)
class Form:
    """The fields given, by column name (None: emptied); what is kept of them; what is wrong.

    A field that was not given gets no column: on a known record it stays as it is.
    """

    asked: Mapping[str, Any]
    is_new: bool
    columns: dict[str, Any] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)

    @property
    def is_refused(self) -> bool:
        return any(issue.is_red for issue in self.issues)

    def take(
        self, name: str, judge: Judge, *, said: str, required: bool = False, empty: Any = None
    ) -> None:
        """Judges one field; `empty` stands where nothing is given, unless it is `required`."""
        if name not in self.asked:
            if required and self.is_new:
                self.issues.append(FIELD_REQUIRED(field=(name,), name=said))
            return
        value = self.asked[name]
        try:
            kept = None if value is None else judge(value)
        except Refusal as refusal:
            self.issues += refusal.issues
            return
        if kept is None and required:
            self.issues.append(FIELD_REQUIRED(field=(name,), name=said))
        else:
            self.columns[name] = empty if kept is None else kept

    def text(
        self,
        name: str,
        said: str,
        *,
        longest: int,
        required: bool = False,
        empty: str | None = None,
        lines: bool = False,
    ) -> None:
        """A text of one line, or of several when `lines` may be broken."""

        def judge(value: Any) -> str | None:
            told = value if lines else one_line(value)
            return given.text(told, field=(name,), name=said, longest=longest)

        self.take(name, judge, said=said, required=required, empty=empty)

    def code(self, name: str, said: str, *, upper: bool = False, required: bool = True) -> None:
        """A code of one line and at most 64 characters: runs of spaces are one."""

        def judge(value: Any) -> str | None:
            told = one_line(value).upper() if upper else one_line(value)
            return given.text(told, field=(name,), name=said, longest=64)

        self.take(name, judge, said=said, required=required)

    def matching(
        self,
        name: str,
        said: str,
        is_right: Callable[[str], object],
        reason: str,
        *,
        required: bool = False,
        upper: bool = False,
        empty: Any = None,
    ) -> None:
        """A text that `is_right`; FIELD_INVALID with `reason` otherwise."""

        def judge(value: Any) -> str | None:
            found = given.text(value, field=(name,), name=said, longest=255)
            if found is None:
                return None
            found = found.upper() if upper else found
            if not is_right(found):
                raise Refusal(
                    FIELD_INVALID(field=(name,), name=said, reason=reason, found=found[:60])
                )
            return found

        self.take(name, judge, said=said, required=required, empty=empty)

    def country(self, *, default: str | None) -> None:
        """A country; a new record without one has the `default`."""
        known, reason = country_codes().__contains__, "it must be a country of two letters"
        self._of_the_world("country", "The country", known, reason, default)

    def currency(self, *, default: str | None) -> None:
        """A currency; a new record without one has the `default`."""
        known, reason = CURRENCIES.__contains__, "it must be an ISO 4217 currency"
        self._of_the_world("currency", "The currency", known, reason, default)

    def _of_the_world(
        self,
        name: str,
        said: str,
        known: Callable[[str], object],
        reason: str,
        default: str | None,
    ) -> None:
        default = default if self.is_new else None
        if default is not None:
            self.columns[name] = default
        self.matching(
            name, said, known, reason, required=default is None, upper=True, empty=default
        )

    def registered(self, name: str, said: str, check: Callable[[str], Registration]) -> None:
        """A registration number as it is kept; one that needs a repair is told as wrong."""

        def judge(value: Any) -> str | None:
            written = given.text(value, field=(name,), name=said, longest=64)
            if written is None:
                return None
            found = check(written)
            if not found.is_valid or found.repair is not None:
                reason = "its digits do not add up, or there are too many or too few"
                raise Refusal(FIELD_INVALID(field=(name,), name=said, reason=reason, found=written))
            return found.value

        self.take(name, judge, said=said)

    def number(
        self,
        name: str,
        said: str,
        *,
        decimals: int,
        most: Decimal | int = given.LARGEST_AMOUNT,
        required: bool = False,
        empty: Decimal | None = None,
    ) -> None:
        """A number from 0 to `most`."""

        def judge(value: Any) -> Decimal | None:
            return given.number(
                value, field=(name,), name=said, decimals=decimals, least=0, most=most
            )

        self.take(name, judge, said=said, required=required, empty=empty)

    def whole(self, name: str, said: str, *, most: int, empty: int) -> None:
        """A whole number from 0 to `most`."""

        def judge(value: Any) -> int:
            return given.whole(value, field=(name,), name=said, least=0, most=most)

        self.take(name, judge, said=said, empty=empty)

    def choice(
        self, name: str, said: str, *, allowed: Collection[str], required: bool = False
    ) -> None:
        """One of `allowed`."""

        def judge(value: Any) -> str:
            return given.one_of(value, field=(name,), name=said, allowed=allowed)

        self.take(name, judge, said=said, required=required)

    def as_given(self, name: str, said: str, *, required: bool = False, empty: Any = None) -> None:
        """A value whose type says it all: a truth, a member of a closed list."""
        self.take(name, lambda value: value, said=said, required=required, empty=empty)

    def merged(self, name: str, present: Any) -> Any:
        """What the field will be: as given, else as it stands on `present` (None: a new record)."""
        return self.columns.get(name, getattr(present, name, None))

    def changes(self, present: Any) -> dict[str, tuple[Any, Any]]:
        """The columns that will differ from those of `present`: (before, after) by name."""
        return {
            name: (getattr(present, name), after)
            for name, after in self.columns.items()
            if getattr(present, name) != after
        }

    def require_right(self) -> None:
        """Refuses with all that is wrong, if anything is."""
        if self.is_refused:
            raise Refusal(*self.issues)
