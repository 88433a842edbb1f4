"""What the records hold, by the letters of the sheets they came in by: read without the sheets."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from typing import Any

from sqlalchemy import select

from domain.client import Address, Client, Contact
from domain.collaborator import Collaborator
from domain.organisation import Entity
from domain.project.adjustment import Adjustment
from domain.project.history import BillingHistory
from domain.project.model import Contract, Phase, Project
from domain.project.progress import ProgressUpdate
from domain.time_entry import TimeEntry
from persistence.session import ScopedSession

Found = dict[str, Any]

_DECIMALS = {"TND": 3}


def _amount(minor: int | None, currency: str) -> Decimal | None:
    return None if minor is None else Decimal(minor).scaleb(-_DECIMALS.get(currency, 2))


def _entity(session: ScopedSession, key: int | None) -> str | None:
    return None if key is None else session.get_one(Entity, key).code


def _client(session: ScopedSession, key: int) -> Found:
    one = session.get_one(Client, key)
    contact = session.scalar(select(Contact).where(Contact.client_id == key, Contact.is_default))
    plain = "B name,C code,D billing_address,E currency,F country,G vat_number,H client_type"
    found = _plainly(one, plain + ",L language,M payment_days,N siret,O ledger_account")
    found |= _plainly(one, "P service_code,Q comment")
    parts = ("name", "email", "phone")
    told = {at: getattr(contact, name, None) for at, name in zip("IJK", parts, strict=True)}
    return found | told


def _project(session: ScopedSession, key: int) -> Found:
    one = session.get_one(Project, key)
    plain = "B code,C name,F country,G address,H postcode,I city,J currency,K vat_rate,M status"
    plain += ",N manager_email,O start_date,P end_date,Q commitment_no,S area,T tags"
    return _plainly(one, plain) | {
        "D": session.get_one(Client, one.client_id).code,
        "E": _entity(session, one.entity_id),
        "R": _amount(one.works_minor, one.currency),
    }


def _phase(session: ScopedSession, key: int) -> Found:
    one = session.get_one(Phase, key)
    contract = session.get_one(Contract, one.contract_id)
    project = session.get_one(Project, contract.project_id)
    plain = "D name,E code,G kind,I currency,J vat_rate,K start_date,L end_date,M position"
    return _plainly(one, plain + ",N ledger_account,O sku,Q hours") | {
        "A": _entity(session, project.entity_id),
        "B": project.code,
        "C": contract.name,
        "F": _amount(one.fee_minor, one.currency),
        "H": contract.billing_method.value,
        "P": _amount(one.hourly_rate_minor, one.currency),
    }


def _person(session: ScopedSession, key: int) -> Found:
    one = session.get_one(Collaborator, key)
    plain = "B first_name,C last_name,D email,F job_title,G role,H entry_date,I exit_date"
    plain += ",J billable_rate,K cost_rate,L weekly_hours,M employee_code,N active,O phone"
    return _plainly(one, plain) | {"E": _entity(session, one.entity_id)}


def _of_phase(session: ScopedSession, key: int) -> Found:
    of = _phase(session, key)
    return {"C": of["B"], "E": of["C"], "F": of["E"], "J": of["I"]}


def _progress(session: ScopedSession, key: int) -> Found:
    one = session.get_one(ProgressUpdate, key)
    return _of_phase(session, one.phase_id) | _plainly(one, "K percent,L as_of,M comment")


def _history(session: ScopedSession, key: int) -> Found:
    one = session.get_one(BillingHistory, key)
    plain = _plainly(one, "L invoice_date,M invoice_no,N vat_rate,Q comment")
    return (
        _of_phase(session, one.phase_id)
        | plain
        | {
            "K": _amount(one.net_minor, one.currency),
            "O": _amount(one.gross_minor, one.currency),
            "P": _amount(one.paid_minor, one.currency),
        }
    )


def _adjustment(session: ScopedSession, key: int) -> Found:
    one = session.get_one(Adjustment, key)
    plain = _plainly(one, "L adjusted_on,M reason,N kind,O comment")
    value = _amount(one.amount_minor, one.currency)
    return _of_phase(session, one.phase_id) | plain | {"K": value}


def _time_entry(session: ScopedSession, key: int) -> Found:
    one = session.get_one(TimeEntry, key)
    of = {} if one.phase_id is None else _of_phase(session, one.phase_id)
    plain = "B worked_on,G hours,H billable,I approved,J ticket,K description"
    return _plainly(one, plain) | {
        "C": session.get_one(Collaborator, one.collaborator_id).email,
        "D": session.get_one(Project, one.project_id).code,
        "E": of.get("E"),
        "F": of.get("F"),
    }


def _fusion(session: ScopedSession, key: int) -> Found:
    one = session.get_one(Client, key)
    address = session.scalars(select(Address).where(Address.client_id == key)).one()
    contact = session.scalars(select(Contact).where(Contact.client_id == key)).one()
    plain = "D code,E name,F street,G city,H postcode,I state,J country,K is_default"
    return {
        **_plainly(one, "A code,B name,C vat_number"),
        **_plainly(address, plain),
        **_plainly(contact, "L name,M phone,N email,O is_default"),
    }


def _plainly(record: Any, places: str) -> Found:
    """Columns of a record by letter: "B name,C code"."""
    pairs = (place.split() for place in places.split(","))
    values = ((letter, getattr(record, name)) for letter, name in pairs)
    return {at: value.value if isinstance(value, Enum) else value for at, value in values}


READ: dict[str, Callable[[ScopedSession, int], Found]] = {
    "clients": _client,
    "projects": _project,
    "phases": _phase,
    "collaborators": _person,
    "progress": _progress,
    "history": _history,
    "adjustments": _adjustment,
    "time_entries": _time_entry,
    "clients_fusion": _fusion,
}
