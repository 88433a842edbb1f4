"""Rules on VAT: rates of the building's country, exemption reasons, numbers of clients."""

from __future__ import annotations

from domain.client import ClientType
from domain.identity import (
    DECLARED_NONE,
    FRENCH_TERRITORIES,
    Repair,
    check_vat,
    is_vat_of,
    siren_of_vat,
)
from domain.takeover.issues import (
    VAT_EXEMPTION_REASON_MISSING,
    VAT_RATE_UNKNOWN,
    VAT_RATE_UNVERIFIED,
)
from domain.tax import is_rate_of, rates_of
from templates_xlsx.issues import (
    PERCENT_AS_FRACTION,
    RECOMMENDED_MISSING,
    VAT_COUNTRY_MISMATCH,
    VAT_NUMBER_INVALID,
    VAT_PREFIX_ADDED,
    VAT_SIRET_MISMATCH,
)
from templates_xlsx.kinds.cleaning import plain
from templates_xlsx.layouts.rules.telling import Rule, refuse, says, tell, withdraw
from templates_xlsx.sheet import Column, Draft, Setting


def rate_of_country(rate: Column, country_key: str) -> Rule:
    """The rate is one of the country of the building (DOMAIN §3.4)."""

    @says(VAT_RATE_UNKNOWN, VAT_RATE_UNVERIFIED, of=(rate,))
    def judge(draft: Draft, setting: Setting) -> None:
        value, country = draft.values.get(rate.key), draft.values.get(country_key)
        if value is None or country is None:
            return
        is_known = is_rate_of(country, value)
        if is_known:
            return
        found = plain(value)
        if is_known is None:
            tell(draft, rate, VAT_RATE_UNVERIFIED, setting, found=found, country=country)
            return
        # Reading a fraction as a percentage was an attempt, and it did not make a rate.
        withdraw(draft, rate, PERCENT_AS_FRACTION)
        expected = ", ".join(map(plain, rates_of(country) or ())) or None
        facts = {"found": found, "expected": expected}
        refuse(draft, rate, VAT_RATE_UNKNOWN, setting, country=country, **facts)

    return judge


def reason_for_no_vat(rate_key: str, reason: Column) -> Rule:
    """A rate of 0 has its reason, else final invoices will be blocked."""

    @says(VAT_EXEMPTION_REASON_MISSING, of=(reason,), when=(rate_key, 0))
    def judge(draft: Draft, setting: Setting) -> None:
        if draft.values.get(rate_key) == 0 and reason.key not in draft.values:
            hint = reason.kind.say(setting.locale)
            tell(draft, reason, VAT_EXEMPTION_REASON_MISSING, setting, expected=hint)

    return judge


def number_of_country(number: Column, country_key: str, siret_key: str | None = None) -> Rule:
    """The VAT number is sound, of the client's country, and holds the SIREN of the SIRET."""
    compared = (VAT_SIRET_MISMATCH,) if siret_key is not None else ()

    @says(VAT_NUMBER_INVALID, VAT_PREFIX_ADDED, VAT_COUNTRY_MISMATCH, *compared, of=(number,))
    def judge(draft: Draft, setting: Setting) -> None:
        value = draft.values.get(number.key)
        country = draft.values.get(country_key, setting.country)
        if value is None or country is None or value == DECLARED_NONE:
            return
        checked = check_vat(value, country=country)
        if checked.value is None:
            refuse(draft, number, VAT_NUMBER_INVALID, setting, found=value)
            return
        draft.values[number.key] = checked.value
        if checked.repair is Repair.PREFIX_ADDED:
            shown = {"found": value, "expected": checked.value}
            tell(draft, number, VAT_PREFIX_ADDED, setting, **shown)
        elif not is_vat_of(value, country):
            tell(draft, number, VAT_COUNTRY_MISMATCH, setting, found=value, expected=country)
        if siret_key is not None:
            _compare_siren(draft, number, checked.value, draft.values.get(siret_key), setting)

    return judge


def _compare_siren(
    draft: Draft, number: Column, vat: str, siret: str | None, setting: Setting
) -> None:
    siren = siren_of_vat(vat)
    if siren and siret and siret[:9] != siren:
        tell(draft, number, VAT_SIRET_MISMATCH, setting, found=siren, expected=siret[:9])


def siret_recommended(siret: Column, country_key: str, type_key: str) -> Rule:
    """French clients have a SIRET, except individuals (O14); its SIREN is kept beside it."""

    @says(RECOMMENDED_MISSING, of=(siret,))
    def judge(draft: Draft, setting: Setting) -> None:
        values = draft.values
        if siret.key in values:
            _keep_siren(draft, siret.key)
            return
        country = values.get(country_key, setting.country)
        if country in FRENCH_TERRITORIES and values.get(type_key) is not ClientType.INDIVIDUAL:
            tell(draft, siret, RECOMMENDED_MISSING, setting)

    return judge


def _keep_siren(draft: Draft, key: str) -> None:
    value = draft.values[key]
    if value is not None:
        draft.values["siren"] = value[:9]
        draft.values[key] = value if len(value) == 14 else None
