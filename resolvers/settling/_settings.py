"""Judging and writing the settings of the firm and its entities, by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from starlette.datastructures import UploadFile

from documents.logo import LOGO_BYTES, logo_media_type
from domain.client import Client
from domain.errors import Issue, Refusal
from domain.form import Form
from domain.invoice.series import SeriesKind, judge_fiscal_year, judge_series
from domain.likeness import name_key
from domain.mail_template import TemplateGiven, templates_with
from domain.organisation import Entity, Organisation
from domain.organisation_rules import (
    ENTITY_CODE_TAKEN,
    LOGO_INVALID,
    frozen,
    judge_client_papers,
    judge_entity,
    judge_organisation,
    require_archivable,
    require_free_currency,
    settings_with,
)
from persistence import entities
from persistence.organisations import the_organisation
from resolvers._mutation import Acting
from resolvers.settling._keeping import Made, assign

_NUMBERED_BY = {"invoice_series", "credit_note_series", "fiscal_year_start"}
"""What the legal numbers of an entity are made of."""


@cache
def _zones() -> frozenset[str]:
    """The time zones by name, without the nameless ones that systems add (localtime, Factory)."""
    return frozenset(name for name in available_timezones() if "/" in name or name == "UTC")


def change_organisation(
    acting: Acting,
    organisation: Organisation,
    asked: Mapping[str, Any],
    templates: Sequence[TemplateGiven] | None = None,
) -> None:
    """Changes the fields given of the organisation; whatever else it was set to stays.

    It is locked.
    """
    form = judge_organisation(asked, zones=_zones())
    form.require_right()
    rates = entities.collaborators_with_rates(acting.session) if "currency" in form.columns else 0
    require_free_currency(organisation, form, rates=rates)
    own = {name: form.columns[name] for name in ("name", "locale", "currency") if name in asked}
    kept = settings_with(organisation.settings, form)
    if templates is not None:
        kept["mail_templates"] = templates_with(kept.get("mail_templates") or {}, templates)
    assign(organisation, own | {"settings": kept})
    acting.session.flush()


def change_client_papers(client: Client, asked: Mapping[str, Any]) -> Sequence[Issue]:
    """The client with how it is invoiced changed: footers, and whose payment term goes first."""
    form = judge_client_papers(asked)
    form.require_right()
    assign(client, form.columns)
    return form.issues


def lock(acting: Acting) -> None:
    """One change of the firm's entities at a time."""
    entities.lock_organisation(acting.session)


def create_entity(acting: Acting, asked: Mapping[str, Any]) -> Made:
    """A new entity; everything that is wrong with it is refused at once."""
    firm = entities.lock_organisation(acting.session)
    form = judge_entity(_without_logo(asked), present=None, firm=firm)
    form.issues += [*_code_taken(acting, form, None), *_numbering(acting, form, None)]
    form.require_right()
    columns = form.columns | _logo(asked)
    return Entity(**columns, name_key=name_key(columns["name"])), form.issues


def change_entity(acting: Acting, entity: Entity, asked: Mapping[str, Any]) -> Sequence[Issue]:
    """The entity with the fields given changed, and what to be warned of."""
    form = judge_entity(_without_logo(asked), present=entity, firm=the_organisation(acting.session))
    has_issued = entities.has_issued(acting.session, entity.id)
    form.issues += [
        *_code_taken(acting, form, entity),
        *_numbering(acting, form, entity),
        *frozen(form, entity, has_issued=has_issued),
    ]
    form.require_right()
    columns = form.columns | _logo(asked)
    if "name" in columns:
        columns["name_key"] = name_key(columns["name"])
    assign(entity, columns)
    return form.issues


def require_dispensable(acting: Acting, entity: Entity) -> None:
    """Refuses to put away an entity that is needed."""
    require_archivable(
        entity,
        others=entities.live_entities_besides(acting.session, entity.id),
        open_projects=entities.open_projects_of(acting.session, entity.id),
    )


def _code_taken(acting: Acting, form: Form, present: Entity | None) -> list[Issue]:
    code = form.columns.get("code")
    found = None if code is None else entities.entity_coded(acting.session, code)
    if found is None or found is present:
        return []
    return [ENTITY_CODE_TAKEN(field=("code",), code=found.code)]


def _numbering(acting: Acting, form: Form, present: Entity | None) -> list[Issue]:
    """What the numbers given so far say against the new series or the new fiscal year."""
    changed = form.changes(present).keys() if present else form.columns.keys()
    merged = {kind: form.merged(kind.value, present) for kind in SeriesKind}
    chosen = {kind: str(series) for kind, series in merged.items() if series}
    if not _NUMBERED_BY & changed or len(chosen) < len(merged):
        return []
    uses = entities.series_uses(acting.session)
    entity_id = present.id if present else None
    code = str(form.merged("code", present))
    start = form.merged("fiscal_year_start", present) or "01-01"
    return [
        *judge_series(chosen, uses, entity_id=entity_id, entity_code=code),
        *judge_fiscal_year(start, set(chosen.values()), uses, entity_id=entity_id),
    ]


def _without_logo(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in asked.items() if name != "logo"}


async def with_logo(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields with the bytes of the logo in the place of its upload; of a large one, enough."""
    logo = asked.get("logo")
    if not isinstance(logo, UploadFile):
        return asked
    return {**asked, "logo": await logo.read(LOGO_BYTES + 1)}


def _logo(asked: Mapping[str, Any]) -> dict[str, bytes | None]:
    """The column of the logo; LOGO_INVALID for what no paper can show, judged by its content."""
    if "logo" not in asked:
        return {}
    logo = asked["logo"]
    if logo is not None and logo_media_type(logo) is None:
        raise Refusal(LOGO_INVALID(field=("logo",)))
    return {"logo": logo}
