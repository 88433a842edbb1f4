"""The orders of lists that are looked up by code: catalogues and entities."""

from __future__ import annotations

from enum import Enum

import strawberry

from persistence.pages import Sort


@strawberry.enum(description="Orders of a catalogue.")
class CatalogueOrder(Enum):
    BY_CODE = "BY_CODE"
    BY_NAME = "BY_NAME"
    NEWEST_FIRST = "NEWEST_FIRST"
    OLDEST_FIRST = "OLDEST_FIRST"
    BY_UPDATE = "BY_UPDATE"

    def sort(self, *, code: str, name: str) -> Sort:
        """The order by the columns that stand for the code and for the name."""
        match self:
            case CatalogueOrder.BY_CODE:
                return Sort(code)
            case CatalogueOrder.BY_NAME:
                return Sort(name)
            case CatalogueOrder.BY_UPDATE:
                return Sort("updated_at", falling=True)
        return Sort("id", falling=self is CatalogueOrder.NEWEST_FIRST)
