"""The CapabilityStatement: what a client may rely on."""

from __future__ import annotations

from typing import Any

import vaxdesk
from vaxdesk.portal.searching import PERSONAL
from vaxdesk.portal.settings import PortalSettings
from vaxdesk.portal.shapes import SHAPES

LIMITS_EXTENSION = "urn:vaxdesk:portal-limit"
MODE_SYSTEM = "urn:vaxdesk:mode"

#: Campaign files: read only, and not among what a station writes.
LIBRARY: dict[str, Any] = {
    "type": "Library",
    "documentation": "Signed campaign files; content.url gives the bytes (ETag, Range). Only read over HTTP.",
    "interaction": [{"code": "read"}, {"code": "search-type"}],
    "versioning": "no-version",
    "updateCreate": False,
    "conditionalCreate": False,
    "conditionalRead": "not-match",
    "searchParam": [
        {"name": "_id", "type": "token"},
        {"name": "url", "type": "uri"},
        {"name": "version", "type": "token"},
        {"name": "status", "type": "token"},
        {"name": "identifier", "type": "token"},
    ],
}


def statement(settings: PortalSettings, base: str) -> dict[str, Any]:
    """The statement for a server whose FHIR base address is ``base``."""
    limits = settings.limits
    bounds = {
        "body-bytes": limits.body_bytes,
        "inflated-bytes": limits.inflated_bytes,
        "entries": limits.bundle_entries,
    }
    mode = "practice" if settings.practice else "real"
    return {
        "resourceType": "CapabilityStatement",
        "meta": {"tag": [{"system": MODE_SYSTEM, "code": mode}]},
        "extension": [
            {"url": LIMITS_EXTENSION, "valueCodeableConcept": {"text": f"{name}={value}"}}
            for name, value in bounds.items()
        ],
        "status": "active",
        "date": "2026-11-21",
        "kind": "instance",
        "software": {"name": "VaxDesk portal", "version": getattr(vaxdesk, "__version__", "0")},
        "implementation": {"description": f"VaxDesk reference portal ({mode})", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [
            {
                "mode": "server",
                "security": {
                    "description": "Authorization: Bearer token, one a station; records of its own people only."
                },
                "resource": [*(_resource(kind) for kind in SHAPES), LIBRARY],
                "interaction": [{"code": "transaction"}, {"code": "batch"}],
            }
        ],
    }


def _resource(kind: str) -> dict[str, Any]:
    search = [
        {"name": "_id", "type": "token"},
        {"name": "_lastUpdated", "type": "date"},
        {"name": "identifier", "type": "token"},
        {"name": "status", "type": "token"},
    ]
    if kind in PERSONAL:
        search.append({"name": "patient", "type": "reference"})
    if SHAPES[kind].day:
        search.append({"name": "birthdate" if kind == "Patient" else "date", "type": "date"})
    return {
        "type": kind,
        "interaction": [{"code": code} for code in ("read", "vread", "create", "update", "search-type")],
        "versioning": "versioned",
        "readHistory": True,
        "updateCreate": True,
        "conditionalCreate": True,
        "conditionalRead": "not-match",
        "conditionalUpdate": False,
        "conditionalDelete": "not-supported",
        "referencePolicy": ["literal", "enforced"],
        "searchParam": search,
    }
