"""Small parts of FHIR bodies: moments, codes, answers, and what may not be empty."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from vaxdesk.clock import VIET_NAM

Resource = dict[str, Any]
#: Since which day a paper no longer holds: the day at the station, which the verdict names, not that of the exchange.
ENDED = "urn:vaxdesk:no-longer-since"


def own(resource: Resource) -> Resource:
    """A resource without what the server adds to it."""
    kept = {key: value for key, value in resource.items() if key not in ("resourceType", "id", "meta", "text")}
    tags = (resource.get("meta") or {}).get("tag")
    return {**kept, "meta": {"tag": tags}} if tags else kept


def base64_of(text: str) -> str:
    """ASCII text as FHIR's base64Binary."""
    return base64.b64encode(text.encode("ascii")).decode()


def moment(value: datetime) -> str:
    """With Viet Nam's offset, to the second."""
    return value.astimezone(VIET_NAM).isoformat(timespec="seconds")


def coded(system: str, code: str | None) -> Resource | None:
    """A CodeableConcept of one coding, or nothing."""
    return {"coding": [{"system": system, "code": code}]} if code else None


def answer(value: Any) -> Resource:
    """One answer of a questionnaire in FHIR's typed form."""
    if isinstance(value, bool):
        return {"valueBoolean": value}
    if isinstance(value, int):
        return {"valueInteger": value}
    if isinstance(value, float):
        return {"valueDecimal": value}
    return {"valueString": str(value)}


def pruned(value: Any) -> Any:
    """Without empty texts, lists and objects, which FHIR forbids."""
    if isinstance(value, dict):
        kept = {key: pruned(inner) for key, inner in value.items()}
        return {key: inner for key, inner in kept.items() if inner not in (None, "", [], {})}
    if isinstance(value, list):
        return [inner for inner in map(pruned, value) if inner not in (None, "", [], {})]
    return value
