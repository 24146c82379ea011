"""One entry of a published trust list: its certificate or bare key, in whatever clothing, as a signer to trust.

An entry has a certificate (``rawData``, ``certificate``, ``x5c``, ``crt``) or a bare public key (``publicKeyPem``,
``subjectPk``, ``publicKey``, ``subjectPublicKeyInfo``, or the numbers x and y, n and e). The key id of a certificate
is computed, whatever the list calls it; a bare key has the id that the list gives it.
"""

from __future__ import annotations

import base64
import binascii
import string
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from vaxdesk.certificates import x509
from vaxdesk.certificates.lists import TrustedKey
from vaxdesk.certificates.x509 import Certificate, CertificateError
from vaxdesk.i18n import N_

NOTHING_IN_ENTRY = N_(
    "{path}: entry {entry} of the trust list has neither a certificate nor a public key. "
    "Fetch the list again, or take the entry out."
)
UNREADABLE_ENTRY = N_(
    "{path}: the certificate or key of entry {entry} cannot be read. Fetch the list again, or take the entry out."
)
NO_KEY_ID = N_(
    "{path}: entry {entry} has a bare key, but no key id (kid) of 8 bytes. "
    "Fetch the list again, or use one with certificates."
)
WRONG_DATES = N_(
    "{path}: the validity dates of entry {entry} cannot be read. Fetch the list again, or take the entry out."
)

CERTIFICATE_FIELDS = ("rawData", "certificate", "x5c", "crt", "cert")
KEY_FIELDS = ("publicKeyPem", "subjectPk", "publicKey", "subjectPublicKeyInfo", "spki")
_NUMBERS = {
    "x": ("x", "publicKeyEcX"),
    "y": ("y", "publicKeyEcY"),
    "n": ("n", "publicKeyRsaN", "publicKeyRsaModulus"),
    "e": ("e", "publicKeyRsaE", "publicKeyRsaExponent"),
}
_KID_FIELDS = ("kid", "keyId", "id")
_USAGE_FIELDS = ("keyUsage", "use", "eku", "extendedKeyUsage")
_BEGIN_FIELDS = ("notBefore", "notValidBefore", "validFrom")
_END_FIELDS = ("notAfter", "notValidAfter", "validUntil")
_ONE_ALPHABET = bytes.maketrans(b"-_", b"+/")
_GROUPS = frozenset("tvr")
_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)


class EntryError(ValueError):
    """One entry cannot be used."""


@dataclass
class Published:
    """What a list holds. ``left_out`` names each entry that cannot be used, with the sentence that says why."""

    certificates: list[Certificate] = field(default_factory=list)
    keys: list[TrustedKey] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Entry:
    """One signer as the list gives it; ``name`` is how a message names it."""

    name: str
    content: Any
    kid: Any = None
    country: str = ""
    usages: Any = None


def take(entry: Entry, found: Published) -> None:
    """Put one entry's signer into ``found``. Raises EntryError with the sentence that says why not."""
    content = entry.content
    if isinstance(content, dict) and isinstance(content.get("publicKeyJwk"), dict):
        content = {"id": content.get("id"), **content["publicKeyJwk"]}
    if not isinstance(content, dict):
        content = {"rawData": content} if isinstance(content, str) else {}
    elif isinstance(content.get("c"), bytes):
        content = {"kid": content.get("i"), "rawData": content["c"]}
    restrictions = [content[name] for name in _USAGE_FIELDS if name in content]
    usages = _usages(entry.usages, *restrictions) if restrictions or entry.usages else None
    country = str(content.get("country") or entry.country or content.get("san") or "").upper()
    data = _field(content, *CERTIFICATE_FIELDS, *KEY_FIELDS)
    if data is not None:
        der = _der(data)
        if not x509.is_public_key(der):
            _certificate(Certificate(der), usages, country, found)
            return
        key: object = _public(der)
    else:
        key = _from_numbers(content)
    kid = next(filter(None, map(key_id, (entry.kid, *(content.get(name) for name in _KID_FIELDS)))), None)
    if kid is None:
        raise EntryError(NO_KEY_ID)
    found.keys.append(
        TrustedKey(
            kid=kid,
            key=key,
            not_before=_moment(content, _BEGIN_FIELDS, _FIRST),
            not_after=_moment(content, _END_FIELDS, _LAST),
            usages=usages,
            signer="national" if country == "VN" else "other",
            name=base64.b64encode(kid).decode(),
            country=country,
        )
    )


def _certificate(certificate: Certificate, usages: frozenset[str] | None, country: str, found: Published) -> None:
    """A certificate is parsed when its key is asked for, unless the list restricts it further."""
    if not x509.looks_whole(certificate.der):
        raise EntryError(UNREADABLE_ENTRY)
    if usages is None:
        found.certificates.append(certificate)
        return
    try:
        key = TrustedKey.of(certificate)
    except CertificateError:
        raise EntryError(UNREADABLE_ENTRY) from None
    both = usages if key.usages is None else usages & key.usages
    found.keys.append(replace(key, usages=both, country=key.country or country))


def _field(content: dict[str, Any], *names: str) -> Any:
    return next((content[name] for name in names if content.get(name)), None)


def _usages(*restrictions: Any) -> frozenset[str] | None:
    """What a list restricts a key to: letters t, v, r or object ids, alone or in lists; None without restriction."""
    groups: set[str] = set()
    for given in restrictions:
        for one in given if isinstance(given, list) else (given,):
            if not isinstance(one, str):
                continue
            if one in x509.USAGES:
                groups.add(x509.USAGES[one])
            elif one and _GROUPS.issuperset(one):
                groups.update(one)
    return frozenset(groups) or None


def from_base64(value: Any) -> bytes:
    """Bytes from base64 of either alphabet, padded or not, or from an array of numbers. Raises EntryError."""
    try:
        if isinstance(value, list):
            return bytes(value)
        if not isinstance(value, str | bytes):  # bytes() of a number would be as many zeros
            raise TypeError
        text = value.encode("ascii") if isinstance(value, str) else value
        text = b"".join(text.split()).rstrip(b"=").translate(_ONE_ALPHABET)
        return binascii.a2b_base64(text + b"=" * (-len(text) % 4), strict_mode=True)
    except (ValueError, TypeError):
        raise EntryError(UNREADABLE_ENTRY) from None


def _der(value: Any) -> bytes:
    """The DER of a certificate or public key: PEM, base64 (once or twice), or the first of a chain of these."""
    if isinstance(value, list) and value and isinstance(value[0], str):
        value = value[0]
    data = value if isinstance(value, bytes) else value.encode() if isinstance(value, str) else from_base64(value)
    for _again in range(3):
        if data[:1] == b"\x30":
            return data
        if data.lstrip()[:5] == b"-----":
            data = b"".join(line for line in data.split(b"\n") if b"-----" not in line)
        data = from_base64(data)
    raise EntryError(UNREADABLE_ENTRY)


def _public(der: bytes) -> object:
    try:
        return load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm):
        raise EntryError(UNREADABLE_ENTRY) from None


def _from_numbers(content: dict[str, Any]) -> object:
    numbers = {name: _field(content, *names) for name, names in _NUMBERS.items()}
    given = {name: int.from_bytes(from_base64(value), "big") for name, value in numbers.items() if value is not None}
    try:
        if {"x", "y"} <= given.keys() and content.get("crv", "P-256") == "P-256":
            return ec.EllipticCurvePublicNumbers(given["x"], given["y"], ec.SECP256R1()).public_key()
        if {"n", "e"} <= given.keys():
            return rsa.RSAPublicNumbers(given["e"], given["n"]).public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise EntryError(UNREADABLE_ENTRY) from None
    raise EntryError(NOTHING_IN_ENTRY if not given else UNREADABLE_ENTRY)


def key_id(value: Any) -> bytes | None:
    """The 8 bytes of a key id in base64 of either alphabet, hexadecimal digits, or behind the ``#`` of a DID."""
    if isinstance(value, list):
        value = base64.b64encode(bytes(value)).decode() if value and all(_is_byte(one) for one in value) else None
    if isinstance(value, bytes):
        return value if len(value) == 8 else None
    if not isinstance(value, str):
        return None
    text = unquote(value.rpartition("#")[2])
    if len(text) == 16 and set(text) <= set(string.hexdigits):
        return bytes.fromhex(text)
    try:
        kid = from_base64(text)
    except EntryError:
        return None
    return kid if len(kid) == 8 else None


def _is_byte(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 255


def _moment(content: dict[str, Any], names: tuple[str, ...], default: datetime) -> datetime:
    value = _field(content, *names)
    if value is None:
        return default
    try:
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        raise EntryError(WRONG_DATES) from None
