"""What the Flow Service (AFNOR XP Z12-013) asks of a request, in each of its versions."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

SYNTAXES = {"CII", "UBL", "Factur-X", "CDAR", "FRR"}
PROFILES = {"Basic", "CIUS", "Extended-CTC-FR"}
DIRECTIONS = {"In", "Out"}
STATES = {"Pending", "Ok", "Error"}
MEDIA_TYPES = {"application/pdf", "application/xml"}

_RULES = {"B2B", "B2BInt", "B2C", "OutOfScope", "ArchiveOnly", "NotApplicable"}
_RULES_OF_1_2 = _RULES | {"B2G", "B2GInt", "B2GOutOfScope"}
_TYPES = {"CustomerInvoice", "SupplierInvoice", "CustomerInvoiceLC", "SupplierInvoiceLC"}
_TYPES |= {"StateCustomerInvoiceLC", "StateSupplierInvoiceLC", "MultiFlowReport"}
_TYPES |= {"AggregatedCustomerTransactionReport", "AggregatedCustomerPaymentReport"}
_TYPES |= {"UnitaryCustomerPaymentReport", "UnitarySupplierTransactionReport"}
_TYPES |= {"UnitaryCustomerTransactionReport"}
_TYPES_OF_1_1 = _TYPES | {"StateInvoice"}
_TYPES_OF_1_3 = _TYPES | {"Undefined", "StateCustomerInvoice"}
_TYPES_OF_1_3 |= {"StateSupplierInvoice", "StateTransactionReport"}
_TYPES_OF_1_3 |= {"StateTransactionReportLC", "StatePaymentReport", "StatePaymentReportLC"}


class Refused(Exception):
    """The request is answered with this status and the error of the interface."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = json.dumps({"errorCode": code, "errorMessage": message}).encode()


def wrong(message: str) -> Refused:
    return Refused(400, "MISSING_REQUIRED_FIELD", message)


@dataclass(frozen=True)
class Part:
    """One part of what was posted as a form."""

    media_type: str
    filename: str | None
    content: bytes


def rules_of(version: str) -> set[str]:
    if version == "1.1":
        return _RULES
    return _RULES_OF_1_2 if version == "1.2" else {*_RULES_OF_1_2, "Undefined"}


def types_of(version: str) -> set[str]:
    return _TYPES_OF_1_3 if version == "1.3" else _TYPES_OF_1_1


def longest_id(version: str) -> int:
    return 64 if version == "1.3" else 36


def parts_of(content_type: str, body: bytes) -> dict[str, Part]:
    """The parts by their names, each once."""
    found = re.fullmatch(r"multipart/form-data; boundary=([0-9A-Za-z'+_.-]{1,70})", content_type)
    if found is None:
        raise wrong(f"not multipart/form-data: {content_type}")
    edge = b"--" + found[1].encode()
    first, *pieces, last = (b"\r\n" + body).split(b"\r\n" + edge)
    if first or last != b"--\r\n":
        raise wrong("the form has no beginning or no end")
    parts: dict[str, Part] = {}
    for piece in pieces:
        head, _, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        lines = (line.partition(": ") for line in head.decode().split("\r\n"))
        headers = {name.lower(): value for name, _, value in lines}
        said = headers.get("content-disposition", "")
        name = re.search(r'; name="([^"]*)"', said)
        filename = re.search(r'; filename="([^"]*)"', said)
        if not said.startswith("form-data") or name is None or name[1] in parts:
            raise wrong(f"a part without a name, or twice the same: {said}")
        told = headers.get("content-type", "text/plain")
        parts[name[1]] = Part(told, filename[1] if filename else None, content)
    return parts


def flow_info_of(parts: dict[str, Part], version: str) -> dict[str, Any]:
    """What is said of the file, which must be true of it."""
    if set(parts) != {"flowInfo", "file"}:
        raise wrong(f"the parts are flowInfo and file, not {sorted(parts)}")
    if parts["flowInfo"].media_type != "application/json":
        raise wrong("flowInfo is not application/json")
    if parts["file"].media_type not in MEDIA_TYPES or not parts["file"].filename:
        raise wrong("file is neither application/pdf nor application/xml, or has no name")
    info = _object(parts["flowInfo"].content)
    names = {"trackingId", "name", "processingRule", "flowSyntax", "flowProfile", "sha256"}
    _known(info, names)
    _text(info, "name", 255, is_required=version != "1.1")
    _text(info, "trackingId", longest_id(version))
    _one_of(info, "flowSyntax", SYNTAXES, is_required=True)
    _one_of(info, "processingRule", rules_of(version))
    _one_of(info, "flowProfile", {*PROFILES, "Undefined"} if version == "1.3" else PROFILES)
    content = parts["file"].content
    if not content:
        raise Refused(422, "EmptyFlow", "The file is empty")
    if info.get("sha256", (sha := hashlib.sha256(content).hexdigest())) != sha:
        raise Refused(422, "ChecksumMismatch", "Another sha256")
    return info


def search_of(body: bytes, version: str) -> dict[str, Any]:
    """What is searched for, as the interface has it."""
    asked = _object(body)
    _known(asked, {"limit", "where"} | ({"cursor"} if version == "1.3" else set()))
    limit, where = asked.get("limit", 25), asked.get("where")
    if not isinstance(limit, int) or not 1 <= limit <= 100:
        raise wrong("limit is a number up to 100")
    if "cursor" in asked and not isinstance(asked["cursor"], str):
        raise wrong("cursor is a text")
    if not isinstance(where, dict) or not where:
        raise wrong("where has one criterion at least")
    lists = {"flowType": types_of(version), "flowDirection": DIRECTIONS}
    lists["processingRule"] = rules_of(version)
    _known(where, {*lists, "updatedAfter", "updatedBefore", "trackingId", "ackStatus"})
    for name in ("updatedAfter", "updatedBefore"):
        if name in where and not moment_of(where[name]):
            raise wrong(f"{name} is no date-time")
    for name, words in lists.items():
        found = where.get(name, [])
        if not isinstance(found, list) or not set(found) <= words:
            raise Refused(400, "PARAMS_ERROR", f"{name} is a list of {sorted(words)}")
    _text(where, "trackingId", longest_id(version))
    _one_of(where, "ackStatus", STATES)
    return {"limit": limit, **asked}


def moment_of(text: object) -> datetime | None:
    """A date-time as RFC 3339 has it, its zone included."""
    form = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"
    if not isinstance(text, str) or not re.fullmatch(form, text):
        return None
    return datetime.fromisoformat(text)


def _object(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise wrong("not an object of JSON")
    return found


def _known(found: dict[str, Any], names: set[str]) -> None:
    if unknown := set(found) - names:
        raise wrong(f"unknown: {sorted(unknown)}")


def _text(found: dict[str, Any], name: str, longest: int, *, is_required: bool = False) -> None:
    if name not in found and not is_required:
        return
    if not isinstance(found.get(name), str) or not 0 < len(found[name]) <= longest:
        raise wrong(f"{name} is a text of at most {longest} characters")


def _one_of(
    found: dict[str, Any], name: str, words: set[str], *, is_required: bool = False
) -> None:
    if (name in found or is_required) and found.get(name) not in words:
        raise wrong(f"{name} is one of {sorted(words)}")
