"""The sheets as a firm sees them: its templates, prefilled and sealed, and what reads them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, BinaryIO

from domain.access import Permission
from domain.errors import FIELD_INVALID, Refusal
from domain.given import one_of
from domain.takeover.review import TEMPLATE_KIND_UNKNOWN
from persistence.organisations import the_organisation
from persistence.session import ScopedSession
from persistence.takeover import known, prefill
from resolvers._mutation import Acting
from schema.context import Caller, House
from templates_xlsx.generator import Filled, Prefilled, write_template, write_workbook
from templates_xlsx.layouts import LAYOUTS
from templates_xlsx.layouts.workbook import IN_WORKBOOK, WORKBOOK
from templates_xlsx.seal import Seal
from templates_xlsx.sheet import Setting, Sheet
from words import LANGUAGES, language_of

_MOST_ROWS_PER_PHASE = 60
"""Five years of monthly invoices; a file of one's own may have any number."""


def language_wanted(caller: Caller, asked: str | None) -> str:
    """The language that a sheet is asked for in, else the caller's; FIELD_INVALID."""
    if not asked:
        return caller.locale
    language = asked.strip().replace("_", "-").partition("-")[0].lower()
    return one_of(language, field=("locale",), name="The language", allowed=LANGUAGES)


def make_template(
    acting: Acting,
    *,
    kind: str,
    out: BinaryIO,
    prefilled: bool,
    locale: str,
    rows_per_phase: int | None = None,
) -> int:
    """Writes the locked workbook of `kind` to `out`; how many rows it was prefilled with.

    `rows_per_phase` (1 to 60) is for the takeover sheets: a phase may have many past invoices.
    """
    sheet = template_of(kind)
    copies = _copies(sheet, rows_per_phase)
    setting, seal = setting_of(acting.session, acting.caller), seal_of(acting.house, acting.caller)
    tongue, day = language_of(locale), acting.today
    if sheet is WORKBOOK:
        sheets = [Filled(one, _rows(acting, one, prefilled, 1)) for one in IN_WORKBOOK]
        return write_workbook(out, sheets, setting=setting, seal=seal, issued=day, locale=tongue)
    rows = _rows(acting, sheet, prefilled or sheet.prefilled_only, copies)
    return write_template(
        out, sheet=sheet, setting=setting, seal=seal, issued=day, rows=rows, locale=tongue
    )


def _rows(acting: Acting, sheet: Sheet, prefilled: bool, copies: int) -> Iterable[Prefilled]:
    """The present records as rows of `sheet`, each as often as asked."""
    if not prefilled:
        return ()
    return (
        Prefilled(key, _seen_by(acting.caller, sheet.kind, cells))
        for key, cells in prefill.prefilled(acting.session, sheet.kind)
        for _ in range(copies)
    )


def _seen_by(caller: Caller, kind: str, cells: dict[str, Any]) -> dict[str, Any]:
    """The cells, those left empty that tell rates to a role that may not see them.

    Sent back, an empty cell keeps what is there.
    """
    if kind != "collaborators" or caller.holds(Permission.SEE_RATES):
        return cells
    return {key: value for key, value in cells.items() if key not in ("billable_rate", "cost_rate")}


def _copies(sheet: Sheet, asked: int | None) -> int:
    if asked is None:
        return sheet.rows_per_record
    if not sheet.prefilled_only or not 1 <= asked <= _MOST_ROWS_PER_PHASE:
        reason = "only sheets whose rows are phases have it"
        reason = f"1–{_MOST_ROWS_PER_PHASE}" if sheet.prefilled_only else reason
        raise Refusal(FIELD_INVALID(field=("rows_per_phase",), name="rowsPerPhase", reason=reason))
    return asked


def layout_of(kind: str) -> Sheet:
    """The layout of `kind`; TEMPLATE_KIND_UNKNOWN names those there are."""
    if kind not in LAYOUTS:
        raise Refusal(
            TEMPLATE_KIND_UNKNOWN(
                field=("kind",), found=kind, expected=", ".join((*LAYOUTS, WORKBOOK.kind))
            )
        )
    return LAYOUTS[kind]


def template_of(kind: str) -> Sheet:
    """The template of `kind`: a layout, or the workbook of all of them."""
    return WORKBOOK if kind == WORKBOOK.kind else layout_of(kind)


def setting_of(session: ScopedSession, caller: Caller) -> Setting:
    """What reading and writing sheets depends on in this organisation."""
    organisation = the_organisation(session)
    entities = known.the_firm(session).entities.by_id.values()
    return Setting(
        country=organisation.country,
        currency=organisation.currency,
        locale=caller.locale,
        entities=tuple((str(entity.code), entity.name) for entity in entities),
        vat_number_mandatory=organisation.settings.get("vat_number_mandatory", True),
    )


def seal_of(house: House, caller: Caller) -> Seal:
    """The seal of the caller's organisation."""
    return Seal(house.secret, caller.organisation_code, house.former_secrets)
