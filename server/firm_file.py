"""Reading a firm's file from disk, the pictures it names with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from documents.logo import logo_media_type
from domain.errors import Refusal
from domain.organisation import ORGANISATION_FILE_INVALID


def read_firm_file(path: Path) -> dict[str, Any]:
    """The content of the file; an entity's `logo`, a file name beside it, becomes its bytes."""
    described = json.loads(path.read_text(encoding="utf-8-sig"))
    if not isinstance(described, dict):
        raise Refusal(ORGANISATION_FILE_INVALID(reason="it must be an object"))
    entities = described.get("entities")
    for position, entity in enumerate(entities if isinstance(entities, list) else []):
        if isinstance(entity, dict) and isinstance(entity.get("logo"), str):
            entity["logo"] = _picture(path.parent / entity["logo"], position)
    return described


def _picture(path: Path, position: int) -> bytes:
    content = path.read_bytes()
    if logo_media_type(content) is None:
        place = ("entities", position, "logo")
        raise Refusal(ORGANISATION_FILE_INVALID(field=place, reason="it must be a picture"))
    return content
