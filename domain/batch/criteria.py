"""Which contracts a batch is chosen from (B20)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from domain.project.model import BillingMethod


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """What is left out (None) narrows nothing; an empty list leaves no contract."""

    types: tuple[BillingMethod, ...] | None = None
    taxable: bool | None = None
    client_ids: tuple[int, ...] | None = None
    project_ids: tuple[int, ...] | None = None
    contract_ids: tuple[int, ...] | None = None
    entity_ids: tuple[int, ...] | None = None
    currency: str | None = None
    text: str | None = None

    def kept(self) -> dict[str, Any]:
        """As JSON keeps it: only what narrows."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
            if value is not None
        }


def criteria_again(kept: Mapping[str, Any]) -> Criteria:
    """What `Criteria.kept` kept."""
    known: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in kept.items()
    }
    if "types" in known:
        known["types"] = tuple(BillingMethod(one) for one in known["types"])
    return Criteria(**known)
