"""Trust lists in the JSON styles that the European gateway and national verifiers publish.

=============================================== ==================================================================
style                                           shape
=============================================== ==================================================================
gateway; DE, behind a line of signature         array of entries, or ``{"certificates": [entry]}``
NL, its signed envelope                         ``{"eu_keys": {kid: [entry]}}``; ``{"payload": base64 of it}``
SE, as it stands or as a signed token (JWS)     ``{"dsc_trust_list": {country: {"keys": [entry],
                                                "eku": {kid: [oid]}}}}``
CH; key sets (JWKS)                             ``{"certs": [entry]}``; ``{"keys": [entry]}``
FR                                              ``{"certificatesDCC": {kid: base64 of base64}}``
IT and the lists made from it, sanipasse        ``{kid: base64}``, ``{kid: entry}`` or ``{kid: [entry]}``
WHO (did:web documents)                         ``{"verificationMethod": [{"publicKeyJwk": entry}]}``
AT                                              CBOR ``{"c": [{"i": kid, "c": DER}]}``, or base64 of it in
                                                ``{"trustList": {"trustListContent": …}}``
=============================================== ==================================================================

What an entry may be stands in ``list_entries.py``. One that cannot be used is left out and named
(:attr:`Published.left_out`); the others count. The signatures of these lists are made with keys that do not come
along: whoever names the file vouches for it. A token that carries its signer's certificate is checked with that one,
so that damage is noticed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from vaxdesk.certificates import cbor
from vaxdesk.certificates.list_entries import (
    CERTIFICATE_FIELDS,
    KEY_FIELDS,
    Entry,
    EntryError,
    Published,
    from_base64,
    key_id,
    take,
)
from vaxdesk.certificates.x509 import Certificate, CertificateError
from vaxdesk.i18n import N_

UNKNOWN_STYLE = N_(
    "{path} is no trust list of a kind that is known here: an array of entries with rawData, or a map with "
    "certificates, eu_keys, dsc_trust_list, certs, keys or key ids. "
    "Fetch the list again, or give the certificate itself."
)
EMPTY = N_("There is no entry in the trust list {path}. Fetch the list again.")
WRONG_SIGNATURE = N_("The signature of the trust list {path} does not fit its content. Fetch the list again.")

_MAX_DEPTH = 4
#: The first byte of a CBOR map of one or two entries, or of unsaid length.
CBOR_MAPS = (b"\xa1", b"\xa2", b"\xbf")


class StyleError(ValueError):
    """The JSON is no trust list, or none of its entries can be used; ``message_id`` has ``{path}`` in it."""

    def __init__(self, message_id: str, entry: str = "") -> None:
        super().__init__(message_id)
        self.message_id = message_id
        self.entry = entry


def read(data: bytes) -> Published:
    """The signers of a published trust list. ``data`` is its file.

    Raises StyleError where it is no trust list of these styles, or no entry of it can be used.
    """
    found = Published()
    count = 0
    for entry in _entries(_document(data)):
        count += 1
        try:
            take(entry, found)
        except EntryError as error:
            found.left_out.append((entry.name, str(error)))
    if not found.certificates and not found.keys and found.left_out:
        name, message_id = found.left_out[0]
        raise StyleError(message_id, name)
    if count == 0:
        raise StyleError(EMPTY)
    return found


def is_meant(data: bytes) -> bool:
    """Whether the bytes look as if they were meant for such a list: JSON or CBOR, with or without a line before it."""
    text = _text(data)
    starts = (b"{", b"[", *CBOR_MAPS)
    return text[:1] in starts or text.partition(b"\n")[2].lstrip()[:1] in starts or text[:2] == b"ey"


def _text(data: bytes) -> bytes:
    return data.removeprefix(b"\xef\xbb\xbf").lstrip()


def _document(data: bytes) -> Any:
    """The JSON of a list: as it stands, behind a line of signature, or in a signed token."""
    if data[:1] in CBOR_MAPS:
        return _cbor(data)
    text = _text(data)
    if text[:1] not in (b"{", b"["):
        token = text.split()
        if len(token) == 1 and token[0].count(b".") == 2:
            return _json(_opened(token[0]))
        text = text.partition(b"\n")[2].lstrip()
        if text[:1] not in (b"{", b"["):
            raise StyleError(UNKNOWN_STYLE)
    return _json(text)


def _json(data: bytes) -> Any:
    try:
        return json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise StyleError(UNKNOWN_STYLE) from None


def _cbor(data: bytes) -> Any:
    try:
        return cbor.decode(data)
    except cbor.CborError:
        raise StyleError(UNKNOWN_STYLE) from None


def _opened(token: bytes) -> bytes:
    """The content of a signed token (JWS in its compact form), checked where it carries its signer's certificate."""
    head, body, signature = token.split(b".")
    try:
        header = json.loads(from_base64(head))
        content, signed = from_base64(body), from_base64(signature)
    except (EntryError, ValueError, RecursionError):
        raise StyleError(UNKNOWN_STYLE) from None
    chain = header.get("x5c") if isinstance(header, dict) else None
    if isinstance(chain, list) and chain:
        try:
            key = Certificate(from_base64(chain[0])).public_key
        except (EntryError, CertificateError):
            raise StyleError(WRONG_SIGNATURE) from None
        if not _signed_by(key, header.get("alg"), signed, head + b"." + body):
            raise StyleError(WRONG_SIGNATURE)
    return content


def _signed_by(key: object, algorithm: Any, signature: bytes, data: bytes) -> bool:
    try:
        if isinstance(key, ec.EllipticCurvePublicKey) and algorithm == "ES256" and len(signature) == 64:
            r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
            key.verify(encode_dss_signature(r, s), data, ec.ECDSA(hashes.SHA256()))
        elif isinstance(key, rsa.RSAPublicKey) and algorithm == "PS256":
            pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
            key.verify(signature, data, pss, hashes.SHA256())
        elif isinstance(key, rsa.RSAPublicKey) and algorithm == "RS256":
            key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _entries(document: Any, depth: int = 0) -> Iterator[Entry]:
    """The entries of a list in whatever style. Raises StyleError for none of them."""
    if isinstance(document, list):
        yield from _numbered(document)
        return
    if not isinstance(document, dict) or depth > _MAX_DEPTH:
        raise StyleError(UNKNOWN_STYLE)
    for name in ("certificates", "certs", "keys", "verificationMethod", "c"):
        if isinstance(document.get(name), list):
            yield from _numbered(document[name])
            return
    for name in ("eu_keys", "certificatesDCC"):
        if isinstance(document.get(name), dict):
            yield from _by_kid(document[name])
            return
    if isinstance(document.get("dsc_trust_list"), dict):
        yield from _by_country(document["dsc_trust_list"])
    elif isinstance(document.get("payload"), str):
        yield from _entries(_json(_enclosed(document["payload"])), depth + 1)
    elif isinstance(document.get("trustList"), dict):
        yield from _entries(_cbor(_enclosed(document["trustList"].get("trustListContent"))), depth + 1)
    elif any(name in document for name in (*CERTIFICATE_FIELDS, *KEY_FIELDS, "kty")):
        yield Entry("1", document)
    elif any(key_id(kid) is not None for kid in document):
        yield from _by_kid(document)
    elif document:
        raise StyleError(UNKNOWN_STYLE)


def _enclosed(value: Any) -> bytes:
    try:
        return from_base64(value)
    except EntryError:
        raise StyleError(UNKNOWN_STYLE) from None


def _numbered(entries: Iterable[Any]) -> Iterator[Entry]:
    for number, content in enumerate(entries, 1):
        if isinstance(content, dict):
            kind = str(content.get("certificateType") or content.get("group") or "DSC")
            if kind.upper() != "DSC" or content.get("use") == "enc":
                continue
        yield Entry(str(number), content)


def _by_kid(entries: dict[str, Any]) -> Iterator[Entry]:
    for kid, contents in entries.items():
        for content in contents if isinstance(contents, list) else (contents,):
            yield Entry(kid, content, kid)


def _by_country(countries: dict[str, Any]) -> Iterator[Entry]:
    for country, part in countries.items():
        keys = part.get("keys") if isinstance(part, dict) else None
        usages = part.get("eku") if isinstance(part, dict) else None
        if not isinstance(keys, list):
            raise StyleError(UNKNOWN_STYLE)
        for number, content in enumerate(keys, 1):
            kid = content.get("kid") if isinstance(content, dict) else None
            restriction = usages.get(kid) if isinstance(usages, dict) and isinstance(kid, str) else None
            yield Entry(f"{country} {number}", content, country=country, usages=restriction)
