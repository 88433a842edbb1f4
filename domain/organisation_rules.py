"""What the settings of a firm and of its entities may say (DOMAIN §2.1, §4.8)."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from datetime import date
from typing import Any

from domain.errors import Issue, Refusal, call_error, call_warning
from domain.form import Form
from domain.identity import (
    FRENCH_TERRITORIES,
    check_iban,
    check_siren,
    check_siret,
    check_vat,
    siren_of_vat,
)
from domain.organisation import Entity, Organisation
from words import LANGUAGES

ENTITY_CODE_TAKEN = call_error(
    "ENTITY_CODE_TAKEN", "There is already an entity with the code {code}."
)
ENTITY_FROZEN = call_error(
    "ENTITY_FROZEN",
    "The entity {entity} has issued invoices: {particular} stays {expected}.",
    "Another legal person is another entity: create it.",
)
ENTITY_LAST = call_error(
    "ENTITY_LAST",
    "{entity} is the only entity that is not archived: somebody has to invoice.",
    "Create the entity that takes its place first.",
)
ENTITY_IN_USE = call_error(
    "ENTITY_IN_USE", "The entity {entity} still has {count} open projects; close them first."
)
SIRET_OF_OTHER_SIREN = call_error(
    "SIRET_OF_OTHER_SIREN", "The SIRET {found} is not one of the SIREN {expected}."
)
VAT_NUMBER_OF_OTHER_SIREN = call_warning(
    "VAT_NUMBER_OF_OTHER_SIREN", "The VAT number {found} is not that of the SIREN {expected}."
)
ORGANISATION_CURRENCY_IN_USE = call_error(
    "ORGANISATION_CURRENCY_IN_USE",
    "{count} collaborators have hourly rates in {expected}: the currency stays.",
)
LOGO_INVALID = call_error(
    "LOGO_INVALID",
    "The logo is no picture that a paper can show.",
    "Send a PNG, a JPEG or a plain SVG drawing (its text as outlines) of 1 MB at most.",
)

CODE_REASON = "a code has 1 to 64 letters, digits, dots, dashes or underscores"
SERIES_REASON = "a series has 1 to 3 capitals, and PF is that of pro formas"
FIRST_DAY_REASON = "it must be a month and a day such as 07-01"
LOCALE_REASON = "it must be a locale such as fr-FR"
BIC_REASON = "it is not a valid BIC"
EMAIL_REASON = "it is not an e-mail address"
ZONE_REASON = "it must be an IANA time zone such as Europe/Paris"

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SERIES = re.compile(r"(?!PF$)[A-Z]{1,3}")
_LOCALE = re.compile(r"(?:fr|en)(?:-[A-Z]{2})?")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_DAY = re.compile(r"([0-9]{2})-([0-9]{2})")
_BIC = re.compile(r"[A-Z0-9]{8}(?:[A-Z0-9]{3})?")


def is_code(text: str) -> bool:
    """Whether `text` may be the code of an organisation or an entity: RIV-PAR."""
    return _CODE.fullmatch(text) is not None


def is_series(text: str) -> bool:
    """Whether legal numbers may begin with `text`: PAR; not PF, which is no invoice's."""
    return _SERIES.fullmatch(text) is not None


def is_locale(text: str) -> bool:
    return _LOCALE.fullmatch(text) is not None


def is_email(text: str) -> bool:
    return _EMAIL.fullmatch(text) is not None


def is_bic(text: str) -> bool:
    return _BIC.fullmatch(text) is not None


def is_first_day(text: str) -> bool:
    """Whether a fiscal year may start on `text`: 07-01."""
    found = _DAY.fullmatch(text)
    if found is None:
        return False
    try:
        # A common year: a fiscal year that starts on 29 February would start every fourth year.
        date(2025, int(found[1]), int(found[2]))
    except ValueError:
        return False
    return True


def judge_organisation(asked: Mapping[str, Any], *, zones: Container[str]) -> Form:
    """What is to change of an organisation; `zones` are the names of the IANA time zones.

    Its country stays: the law of its exemptions hangs on it, and so do its tax codes.
    """
    form = Form(asked, is_new=False)
    form.text("name", "The name", longest=255, required=True)
    form.matching("locale", "The locale", is_locale, LOCALE_REASON, required=True)
    form.currency(default=None)
    _judge_footers(form)
    form.as_given("vat_number_mandatory", "The VAT number", empty=True)
    form.as_given("prints_recap", "The situation", empty=True)
    form.matching("time_zone", "The time zone", zones.__contains__, ZONE_REASON)
    form.number("late_payment_rate", "The late-payment rate", decimals=4, most=100)
    return form


def judge_client_papers(asked: Mapping[str, Any]) -> Form:
    """What is to change of how a client is invoiced: its footers, and whose term goes first."""
    form = Form(asked, is_new=False)
    _judge_footers(form)
    form.as_given("has_entity_terms", "The payment term", empty=False)
    return form


def _judge_footers(form: Form) -> None:
    for language in LANGUAGES:
        form.text(f"footer_message_{language}", "The footer message", longest=2000, lines=True)


def settings_with(settings: Mapping[str, Any], form: Form) -> dict[str, Any]:
    """The settings of an organisation with what the form says of them; an empty one is left out."""
    changed = dict(settings)
    footers = dict(changed.get("footer_message") or {})
    for language in LANGUAGES:
        name = f"footer_message_{language}"
        if name in form.columns:
            footers[language] = form.columns[name]
    changed["footer_message"] = {key: text for key, text in footers.items() if text}
    for name in ("vat_number_mandatory", "time_zone", "prints_recap"):
        if name in form.columns:
            changed[name] = form.columns[name]
    if "late_payment_rate" in form.columns:
        rate = form.columns["late_payment_rate"]
        changed["late_payment_rate"] = None if rate is None else f"{rate:f}"
    return {name: value for name, value in changed.items() if value is not None}


def require_free_currency(organisation: Organisation, form: Form, *, rates: int) -> None:
    """Refuses another currency when `rates` collaborators have prices in the present one.

    Their rates bear no currency of their own: 90 euros an hour would become 90 dollars.
    """
    after = form.columns.get("currency", organisation.currency)
    if after != organisation.currency and rates:
        expected = organisation.currency
        raise Refusal(
            ORGANISATION_CURRENCY_IN_USE(field=("currency",), count=rates, expected=expected)
        )


def judge_entity(asked: Mapping[str, Any], *, present: Entity | None, firm: Organisation) -> Form:
    """What is to be kept of an entity. What its numbers rest on is judged beside them."""
    form = Form(asked, is_new=present is None)
    form.matching("code", "The code", is_code, CODE_REASON, required=True)
    form.country(default=firm.country)
    form.currency(default=firm.currency)
    _judge_identity(form, str(form.merged("country", present) or firm.country))
    for name, said in (
        ("invoice_series", "The series of invoices"),
        ("credit_note_series", "The series of credit notes"),
    ):
        form.matching(name, said, is_series, SERIES_REASON, required=True)
    form.matching(
        "fiscal_year_start",
        "The first day of the fiscal year",
        is_first_day,
        FIRST_DAY_REASON,
        empty="01-01",
    )
    form.registered("iban", "The IBAN", check_iban)
    form.matching("bic", "The BIC", is_bic, BIC_REASON, upper=True)
    form.as_given("vat_on_debits", "The option for debits", empty=False)
    form.whole("payment_days", "The payment term", most=365, empty=30)
    form.issues += _disagreeing(form, present)
    return form


def _judge_identity(form: Form, country: str) -> None:
    """What the law wants printed of the entity."""
    form.text("name", "The name", longest=255, required=True)
    form.text("legal_form", "The legal form", longest=120)
    form.text("capital", "The share capital", longest=32)
    form.text("address", "The address", longest=500, empty="", lines=True)
    form.registered("siren", "The SIREN", check_siren)
    form.registered("siret", "The SIRET", check_siret)
    form.registered("vat_number", "The VAT number", lambda text: check_vat(text, country=country))
    form.text("rcs", "The trade register", longest=120)
    form.matching("email", "The e-mail address", is_email, EMAIL_REASON)
    form.text("phone", "The telephone number", longest=64)
    form.text("legal_texts", "The legal texts", longest=10_000, lines=True)
    _judge_footers(form)
    form.as_given("prints_recap", "The situation", empty=None)


def _disagreeing(form: Form, present: Entity | None) -> list[Issue]:
    """Numbers that belong to two legal persons, when one of them was given.

    A VAT number may be that of a group (CGI 256 C): it is only warned of.
    """
    siren, siret = form.merged("siren", present), form.merged("siret", present)
    vat_number = form.merged("vat_number", present)
    if not siren or not {"siren", "siret", "vat_number"} & form.columns.keys():
        return []
    issues = []
    if siret and siret[:9] != siren:
        issues.append(SIRET_OF_OTHER_SIREN(field=("siret",), found=siret, expected=siren))
    if vat_number and siren_of_vat(vat_number) not in (None, siren):
        field = ("vat_number",)
        issues.append(VAT_NUMBER_OF_OTHER_SIREN(field=field, found=vat_number, expected=siren))
    return issues


def frozen(form: Form, present: Entity, *, has_issued: bool) -> list[Issue]:
    """What an entity keeps once it has issued an invoice: who it is.

    Numbers are those of one legal person: another SIREN is another person, with numbers of its
    own. A seat may move within France, whose SIREN goes with it; another country is another law,
    and there another person. The currency is not kept: each invoice bears its own, and a country
    may take the euro. Names, address and bank may change, because papers hold a copy.
    """
    if not has_issued:
        return []
    siren, country = form.merged("siren", present), form.merged("country", present)
    issues = []
    if present.siren and siren != present.siren:
        issues.append(_kept(present, "siren", "its SIREN", present.siren))
    if country != present.country and not {country, present.country} <= FRENCH_TERRITORIES:
        issues.append(_kept(present, "country", "its country", present.country))
    return issues


def _kept(present: Entity, name: str, particular: str, value: str) -> Issue:
    return ENTITY_FROZEN(field=(name,), entity=present.code, particular=particular, expected=value)


def require_archivable(entity: Entity, *, others: int, open_projects: int) -> None:
    """Refuses to put away the only live entity, and one that still has projects to invoice."""
    if not others:
        raise Refusal(ENTITY_LAST(field=("id",), entity=entity.code))
    if open_projects:
        raise Refusal(ENTITY_IN_USE(field=("id",), entity=entity.code, count=open_projects))
