"""What a scanned text is when it is no health certificate: said in words, so that nobody is left with "error"."""

from __future__ import annotations

import re

from vaxdesk.domain import personal_code
from vaxdesk.i18n import N_

NO_CODE = "no_code"
EMPTY = "empty"
IDENTITY_CARD = "identity_card"
PERSONAL_CODE = "personal_code"
HEALTH_INSURANCE = "health_insurance"
SMART_HEALTH_CARD = "smart_health_card"
LINK = "link"
TRAVEL_DOCUMENT = "travel_document"
SEALED_JSON = "sealed_json"
OTHER_HEALTH_CODE = "other_health_code"
OTHER = "other"

#: Kind to the sentence that names it.
WORDS = {
    NO_CODE: N_("No code could be read. Hold the picture still, in even light, and try again."),
    EMPTY: N_("There is nothing to check."),
    IDENTITY_CARD: N_("This is the code of an identity card (CCCD). Use it to find or register the person."),
    PERSONAL_CODE: N_("This is a personal code of a vaccination station. It names a person and proves no vaccination."),
    HEALTH_INSURANCE: N_("This is the code of a health insurance card. It proves no vaccination."),
    SMART_HEALTH_CARD: N_(
        "This is a SMART Health Card (shc:/), another kind of health code; it cannot be checked here."
    ),
    LINK: N_("This is a link to a web page, not a certificate. Do not open links from unknown codes."),
    TRAVEL_DOCUMENT: N_("These are the lines of a passport or travel document, not a certificate."),
    SEALED_JSON: N_("This is a sealed record of another system (ICAO or W3C); it cannot be checked here."),
    OTHER_HEALTH_CODE: N_("This is a national health code of another country that only its own app can check."),
    OTHER: N_("This is not a health certificate."),
}

_IDENTITY_CARD = re.compile(r"\d{12}\|(\d{9})?\|?[^|]+\|")
_INSURANCE = re.compile(r"([A-Z]{2}\d{13}|\d{10})(\||$)")
_LINK = re.compile(r"([a-z][a-z0-9+.-]*://|www\.)\S", re.IGNORECASE)
_TRAVEL = re.compile(r"[PIAC][A-Z<][A-Z]{3}[A-Z<]{20,}")
_NATIONAL = re.compile(r"[A-Z]{2}\d:")


def kind_of(text: str) -> str:
    """The kind of a text that does not begin with ``HC1:``."""
    content = text.lstrip("\ufeff").strip()
    if not content:
        return EMPTY
    if personal_code.is_code(content):
        return PERSONAL_CODE
    if content[:5].lower() == "shc:/":
        return SMART_HEALTH_CARD
    if _IDENTITY_CARD.match(content):
        return IDENTITY_CARD
    if _INSURANCE.match(content):
        return HEALTH_INSURANCE
    if _TRAVEL.match(content):
        return TRAVEL_DOCUMENT
    if _LINK.match(content):
        return LINK
    if content[0] == "{" and content[-1] == "}":
        return SEALED_JSON
    if _NATIONAL.match(content):
        return OTHER_HEALTH_CODE
    return OTHER
