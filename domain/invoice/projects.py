"""Several projects on one invoice: what they must have in common (DOMAIN §2.5, B26)."""

from __future__ import annotations

from collections.abc import Iterable

from domain.client import Client
from domain.errors import Issue, PathPart, Refusal, call_error
from domain.invoice.create import PROJECT_OF_OTHER_CLIENT
from domain.invoice.model import Invoice
from domain.project.model import Project

PROJECTS_DIFFER = call_error(
    "PROJECTS_DIFFER",
    "The projects {project} and {other} are not for one invoice: they do not have this in common: "
    "{particular}.",
    "Draw an invoice for each of them.",
)
PROJECT_OF_OTHER_ENTITY = call_error(
    "PROJECT_OF_OTHER_ENTITY",
    "The project {project} is invoiced by another entity than the pro forma {number}.",
    "Draw an invoice of that entity.",
)

NOTHING_DUE = call_error(
    "NOTHING_DUE",
    "Nothing is due of the client {client} on these projects.",
    "Look at billables: it tells what each item waits for.",
)

_VAT_TERRITORY = dict.fromkeys(("FR", "RE", "GP", "MQ", "MC"), "FR")
"""Where the French VAT is due: overseas at other rates, Monaco by treaty (CGI 294, 296)."""

Named = tuple[Project, tuple[PathPart, ...]]
"""A project, and where the call names it first."""


def vat_regime(project: Project) -> str:
    """Whose VAT is due of a project, or why none is: invoices of two regimes are two."""
    return project.vat_exemption or vat_territory(project.country)


def vat_territory(country: str) -> str:
    """The country whose VAT is due on a building there."""
    return _VAT_TERRITORY.get(country, country)


def difference(one: Project, other: Project) -> str | None:
    """What keeps two projects from one invoice; None where nothing does.

    An entity or a purchase order counts where both projects name one.
    """
    known = (
        ("the client", one.client_id, other.client_id),
        ("the currency", one.currency, other.currency),
        ("the VAT regime", vat_regime(one), vat_regime(other)),
    )
    named = (
        ("the entity", one.entity_id, other.entity_id),
        ("the purchase order", one.commitment_no, other.commitment_no),
    )
    for particular, own, theirs in known:
        if own != theirs:
            return particular
    for particular, mine, others in named:
        if mine and others and mine != others:
            return particular
    return None


def differences(projects: Iterable[Named]) -> list[Issue]:
    """PROJECTS_DIFFER for each project that does not go with one before it."""
    issues: list[Issue] = []
    alike: list[Project] = []
    for project, field in projects:
        found = ((difference(other, project), other) for other in alike)
        said = next(((what, other) for what, other in found if what), None)
        if said is None:
            alike.append(project)
            continue
        issues.append(differ(project, said[1], said[0], field=field))
    return issues


def differ(
    project: Project, other: Project, particular: str, *, field: tuple[PathPart, ...]
) -> Issue:
    """PROJECTS_DIFFER: what the two do not have in common."""
    return PROJECTS_DIFFER(
        field=field, project=project.code, other=other.code, particular=particular
    )


def require_alike(projects: Iterable[Project], *, field: tuple[PathPart, ...]) -> None:
    """PROJECTS_DIFFER unless one invoice may cover them all."""
    issues = differences([(one, field) for one in projects])
    if issues:
        raise Refusal(*issues)


def require_of_parties(
    project: Project, invoice: Invoice, *, client: Client, field: tuple[PathPart, ...]
) -> None:
    """PROJECT_OF_OTHER_CLIENT, or PROJECT_OF_OTHER_ENTITY where it names another one."""
    if project.client_id != invoice.client_id:
        raise Refusal(
            PROJECT_OF_OTHER_CLIENT(field=field, project=project.code, client=client.name)
        )
    if project.entity_id not in (None, invoice.entity_id):
        number = invoice.pro_forma_number
        raise Refusal(PROJECT_OF_OTHER_ENTITY(field=field, project=project.code, number=number))


def commitment_of(projects: Iterable[Project]) -> str | None:
    """The purchase order that projects which go together name."""
    return next((one.commitment_no for one in projects if one.commitment_no), None)
