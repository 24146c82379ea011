"""What a scanned text is when it is no health certificate: said in words, so that nobody is left with "error"."""

from __future__ import annotations

import re

from vaxdesk.domain import personal_code
from vaxdesk.i18n import N_

NO_CODE = "no_code"
NO_PICTURE = "no_picture"
LOCKED_PDF = "locked_pdf"
TOO_LARGE = "too_large"
EMPTY = "empty"
IDENTITY_CARD = "identity_card"
PERSONAL_CODE = "personal_code"
HEALTH_INSURANCE = "health_insurance"
SMART_HEALTH_CARD = "smart_health_card"
LINK = "link"
TRAVEL_DOCUMENT = "travel_document"
SEALED_JSON = "sealed_json"
OTHER_HEALTH_CODE = "other_health_code"
SLIP = "slip"
CONTACT = "contact"
PAYMENT = "payment"
NETWORK = "network"
MESSAGE = "message"
PACKAGE = "package"
OTHER = "other"

#: Kind to the sentence that names it.
WORDS = {
    NO_CODE: N_("No code could be read. Hold the picture still, in even light, and try again."),
    NO_PICTURE: N_("This file is no picture and no PDF that can be opened. Save it as PNG, JPEG or PDF and try again."),
    LOCKED_PDF: N_("This PDF is protected by a password. Save or print it without the password and check it again."),
    TOO_LARGE: N_("This picture is too large to check. Cut out the part with the code and try again."),
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
    SLIP: N_("This is a slip of a vaccination station. It proves no vaccination."),
    CONTACT: N_("This is an address card (contact), not a certificate."),
    PAYMENT: N_("This is a code for paying money (EMV, VietQR), not a certificate. Do not pay with it."),
    NETWORK: N_("This is the access to a wireless network, not a certificate."),
    MESSAGE: N_("This code starts a call, a message or a map, not a certificate. Do not use it."),
    PACKAGE: N_("This is the code of a package of goods or medicine. It names no person."),
    OTHER: N_("This is not a health certificate."),
}

_IDENTITY_CARD = re.compile(r"\d{12}\|(\d{9})?\|?[^|]+\|")
_INSURANCE = re.compile(r"([A-Z]{2}\d{13}|\d{10})(\||$)")
_LINK = re.compile(r"([a-z][a-z0-9+.-]*://|www\.)\S", re.IGNORECASE)
_TRAVEL = re.compile(r"[PIAC][A-Z<][A-Z]{3}[A-Z<]{20,}")
_NATIONAL = re.compile(r"[A-Z]{2}\d:|DC0[1-4][A-Z0-9]{4}")
_CONTACT = re.compile(r"BEGIN:VCARD|MECARD:|BIZCARD:", re.IGNORECASE)
#: EMVCo's codes for payment begin with version 01 of their layout and the way of initiation.
_PAYMENT = re.compile(r"000201(0102(11|12)|\d{2}\d{2})")
_NETWORK = re.compile(r"WIFI:", re.IGNORECASE)
_MESSAGE = re.compile(r"(tel|sms|smsto|mmsto|mailto|matmsg|geo|begin:vevent)\b:?", re.IGNORECASE)
#: GS1: an article's number (01) with further fields, or a bare one.
_PACKAGE = re.compile(r"(\x1d|\]d2|\]Q3)?(\(01\)|01)\d{14}(\x1d|\(|10|11|15|17|21|$)|\d{13}$")
_SLIP = re.compile(r"VXP:", re.IGNORECASE)


_MANNERS = (
    (SLIP, _SLIP),
    (CONTACT, _CONTACT),
    (PAYMENT, _PAYMENT),
    (NETWORK, _NETWORK),
    (MESSAGE, _MESSAGE),
    (PACKAGE, _PACKAGE),
)


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
    for kind, pattern in _MANNERS:
        if pattern.match(content):
            return kind
    if _LINK.match(content):
        return LINK
    if content[0] == "{" and content[-1] == "}":
        return SEALED_JSON
    if _NATIONAL.match(content):
        return OTHER_HEALTH_CODE
    return OTHER
