"""Checks a resource before it is kept: form, required elements, codes, times, identifiers, references."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from vaxdesk.clock import VIET_NAM
from vaxdesk.portal.outcomes import FhirProblem, Issue, bad_request
from vaxdesk.portal.shapes import SHAPES, Shape

ID = re.compile(r"[A-Za-z0-9\-.]{1,64}\Z")
MOMENT = re.compile(
    r"(\d{4})(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01])"
    r"(T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d{1,9})?(Z|[+-](0\d|1[0-4]):[0-5]\d))?)?)?\Z"
)
NATIONAL_ID = "http://fhir.ehealth.gov.vn/core/sid/national_id"
#: Deeper than anything in FHIR R4's own examples.
DEPTH = 40
#: A desk's clock may be ahead by this much before a moment counts as impossible.
AHEAD = timedelta(days=1)
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def parse_json(data: bytes) -> Any:
    """The JSON value of a body. Refuses what two readers could read differently (duplicate keys, NaN, wrong bytes).

    :raises FhirProblem: 400.
    """
    try:
        return json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_no_duplicates,
            parse_constant=_no_constant,
            parse_float=_finite,
        )
    except (ValueError, RecursionError) as error:
        raise bad_request(f"The body is not JSON: {type(error).__name__}.", "structure") from error


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate key")
    return found


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("number too large")
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def check_type(kind: str) -> Shape:
    """The shape of a type. :raises FhirProblem: 404 for a type that this portal does not hold."""
    shape = SHAPES.get(kind)
    if shape is None:
        raise FhirProblem.one(404, "not-supported", f"This portal holds no resources of type {kind[:40]!r}.")
    return shape


def check(resource: Any, kind: str, now: datetime) -> dict[str, Any]:
    """The resource itself when it may be kept as ``kind``; ``now`` bounds moments that cannot lie ahead.

    :raises FhirProblem: 400 when it is no resource of that type, 422 with one issue a field otherwise.
    """
    shape = check_type(kind)
    if not isinstance(resource, dict):
        raise bad_request("A resource is a JSON object.", "structure")
    if resource.get("resourceType") != kind:
        raise bad_request(f"resourceType must be {kind} here.", "structure", "resourceType")
    issues = list(_form(resource, kind, 0))
    if not issues:
        issues = list(_elements(resource, kind, shape)) or [
            *_moments(resource, kind, shape, now),
            *_identifiers(resource, kind),
            *_special(resource, kind),
        ]
    if issues:
        raise FhirProblem(422, issues[:20])
    return resource


def _form(value: Any, path: str, depth: int) -> Iterator[Issue]:
    """FHIR's rules for every JSON value: nothing empty, nothing null, no control characters, no endless depth."""
    if depth > DEPTH:
        yield Issue("structure", f"Deeper than {DEPTH} levels.", path)
    elif isinstance(value, dict):
        if not value:
            yield Issue("structure", "An object may not be empty.", path)
        for name, inner in value.items():
            if not name or CONTROL.search(name) or len(name) > 64:
                yield Issue("structure", "Not an element's name.", path)
            else:
                yield from _form(inner, f"{path}.{name}", depth + 1)
    elif isinstance(value, list):
        if not value:
            yield Issue("structure", "A list may not be empty.", path)
        parallel = path.rpartition(".")[2].startswith("_")
        for index, inner in enumerate(value):
            if not (inner is None and parallel):
                yield from _form(inner, f"{path}[{index}]", depth + 1)
    elif isinstance(value, str):
        if not value.strip():
            yield Issue("structure", "A text may not be empty.", path)
        elif CONTROL.search(value):
            yield Issue("value", "The text holds control characters.", path)
    elif value is None:
        yield Issue("structure", "null is not allowed here.", path)


def _elements(resource: dict[str, Any], kind: str, shape: Shape) -> Iterator[Issue]:
    for name, value in resource.items():
        if name.removeprefix("_") not in shape.elements:
            yield Issue("structure", f"{kind} has no element {name}.", f"{kind}.{name}")
        elif not name.startswith("_") and isinstance(value, list) != (name in shape.lists):
            yield Issue(
                "structure", "A list is expected." if name in shape.lists else "No list here.", f"{kind}.{name}"
            )
    for names in shape.required:
        if not any(name in resource for name in names.split("|")):
            yield Issue("required", f"{names.replace('|', ' or ')} is required.", f"{kind}.{names.partition('|')[0]}")
    for name, allowed in shape.codes.items():
        value = resource.get(name)
        if name in resource and not (isinstance(value, str) and value in allowed):
            yield Issue("code-invalid", f"Allowed: {', '.join(sorted(allowed))}.", f"{kind}.{name}")
    if "id" in resource and not (isinstance(resource["id"], str) and ID.match(resource["id"])):
        yield Issue("value", "An id has 1 to 64 letters, digits, hyphens or points.", f"{kind}.id")
    if not isinstance(resource.get("meta", {}), dict):
        yield Issue("structure", "meta is an object.", f"{kind}.meta")
    person = reference_of(resource.get(shape.person))
    if shape.person in resource and not person.startswith(("Patient/", "urn:uuid:")):
        yield Issue("value", "A reference to a Patient is expected.", f"{kind}.{shape.person}.reference")


def _moments(resource: dict[str, Any], kind: str, shape: Shape, now: datetime) -> Iterator[Issue]:
    for name in shape.moments:
        value = resource.get(name)
        if value is None:
            continue
        found = moment_range(value)
        if found is None:
            yield Issue("value", "Not a FHIR date or time.", f"{kind}.{name}")
        elif found[0] > now + AHEAD and name in ("birthDate", "occurrenceDateTime", "recorded", "authored", "dateTime"):
            yield Issue("value", "This moment lies in the future.", f"{kind}.{name}")


def _identifiers(resource: dict[str, Any], kind: str) -> Iterator[Issue]:
    found = resource.get("identifier", [])
    for index, item in enumerate(found if isinstance(found, list) else [found]):
        path = f"{kind}.identifier" + (f"[{index}]" if isinstance(found, list) else "")
        if not isinstance(item, dict) or not isinstance(item.get("value"), str):
            yield Issue("required", "An identifier needs a value.", f"{path}.value")
        elif not isinstance(item.get("system", ""), str):
            yield Issue("structure", "A text is expected.", f"{path}.system")
        elif len(item["value"]) > 200 or len(item.get("system", "")) > 200:
            yield Issue("too-long", "At most 200 characters.", path)
        elif item.get("system") == NATIONAL_ID and not re.fullmatch(r"\d{12}", item["value"]):
            yield Issue("value", "A national number has 12 digits.", f"{path}.value")


def _special(resource: dict[str, Any], kind: str) -> Iterator[Issue]:
    if kind == "Patient":
        for index, name in enumerate(resource["name"]):
            if not isinstance(name, dict) or not isinstance(name.get("text"), str):
                yield Issue("required", "A name needs its full text.", f"Patient.name[{index}].text")
    if kind == "Immunization":
        if resource["status"] == "not-done" and "statusReason" not in resource:
            yield Issue("required", "Say why the dose was not given.", "Immunization.statusReason")
        maker = resource.get("manufacturer")
        if maker is not None and not (isinstance(maker, dict) and "display" in maker):
            yield Issue("required", "The manufacturer needs a display.", "Immunization.manufacturer.display")
        quantity = resource.get("doseQuantity")
        amount = quantity.get("value") if isinstance(quantity, dict) else None
        if quantity is not None and (isinstance(amount, bool) or not isinstance(amount, int | float) or amount <= 0):
            yield Issue("value", "A dose is a positive amount.", "Immunization.doseQuantity.value")
    if kind in ("Immunization", "AdverseEvent"):
        concept = resource.get("vaccineCode" if kind == "Immunization" else "event", {"text": "-"})
        if not isinstance(concept, dict) or not ({"coding", "text"} & set(concept)):
            yield Issue("required", "A coding or a text is needed.", f"{kind}.vaccineCode")
    if kind == "Appointment":
        for index, item in enumerate(resource["participant"]):
            if not isinstance(item, dict) or "status" not in item or not ({"actor", "type"} & set(item)):
                yield Issue("required", "status and actor are needed.", f"Appointment.participant[{index}]")


def moment_range(value: Any) -> tuple[datetime, datetime] | None:
    """First moment and first moment after of a FHIR date, dateTime or instant; a day without zone is Viet Nam's."""
    match = MOMENT.match(value) if isinstance(value, str) else None
    if match is None:
        return None
    try:
        if match[6] is not None:
            text = value.replace("Z", "+00:00").replace(":60", ":59") if "T" in value else value
            start = datetime.fromisoformat(text).astimezone(UTC)
            digits = len(match[9] or ".") - 1
            step = timedelta(seconds=1) if digits == 0 else timedelta(microseconds=max(10 ** (6 - min(digits, 6)), 1))
            return start, start + step
        year, month, day = int(match[1]), int(match[3] or 1), int(match[5] or 1)
        start = datetime(year, month, day, tzinfo=VIET_NAM)
        if match[5]:
            end = start + timedelta(days=1)
        elif match[3]:
            end = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=VIET_NAM)
        else:
            end = datetime(year + 1, 1, 1, tzinfo=VIET_NAM)
        return start.astimezone(UTC), end.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def reference_of(value: Any) -> str:
    """The literal reference of a Reference object, or an empty text."""
    found = value.get("reference") if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""


def references(value: Any, path: str, depth: int = 0) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every literal reference below a value: its path, the text, and the object that holds it."""
    if depth > DEPTH:
        return  # such a resource is refused by its form
    if isinstance(value, dict):
        found = value.get("reference")
        if isinstance(found, str):
            yield f"{path}.reference", found, value
        for name, inner in value.items():
            yield from references(inner, f"{path}.{name}", depth + 1)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from references(inner, f"{path}[{index}]", depth + 1)
