"""Rules on postal codes that a spreadsheet has taken for numbers."""

from __future__ import annotations

from domain.errors import IssueKind, Scope, Severity
from domain.places import country_name
from templates_xlsx.layouts.rules.telling import Rule, says, tell
from templates_xlsx.sheet import Column, Draft, Setting

POSTCODE_ZERO_LOST = IssueKind(
    "POSTCODE_ZERO_LOST",
    Severity.WARNING,
    Scope.ROW,
    "Postal codes of {country} have five digits: “{found}” was read as {expected}.",
)

_FIVE_DIGITS = frozenset({"FR", "DE", "ES", "IT"})
"""Countries whose postal codes have five digits, some of them a zero first (UPU, national ones)."""


def postcode_of_country(postcode: Column, country: str) -> Rule:
    """01000 typed as a number is 1000: where the cell `country` tells, the zero comes back."""

    @says(POSTCODE_ZERO_LOST, of=(postcode,))
    def judge(draft: Draft, setting: Setting) -> None:
        found = draft.values.get(postcode.key)
        place = draft.values.get(country)
        if place not in _FIVE_DIGITS or not isinstance(found, str):
            return
        if len(found) == 4 and found.isascii() and found.isdigit():
            whole = draft.values[postcode.key] = f"0{found}"
            named = country_name(str(place), setting.locale)
            tell(
                draft, postcode, POSTCODE_ZERO_LOST, setting,
                found=found, expected=whole, country=named,
            )  # fmt: skip

    return judge
