"""The text of a health certificate: ``HC1:``, base45, zlib, COSE_Sign1 around a CWT (electronic health certificate
specification, sections 3 and 4). Each step is a function of its own, so that a verifier can say which one failed."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import cbor2

from vaxdesk.certificates import base45, cbor, cose

PREFIX = "HC1:"
ISSUER, EXPIRES, ISSUED, HCERT, DCC = 1, 4, 6, -260, 1
#: A QR code holds at most 4,296 such characters; pasted text may be longer, up to here.
MAX_TEXT = 20_000
#: Certificates inflate to 300 to 1,500 bytes; a bomb stops here.
MAX_INFLATED = 64 * 1024


class StepError(ValueError):
    """A step of the decoding fails; the text says why, in English, without any content."""


@dataclass(frozen=True)
class Claims:
    """The claims of a certificate. Times are seconds since 1970 as signed (whole or with a fraction) or None."""

    issuer: str | None
    expires: float | None
    issued: float | None
    certificate: Mapping[str, Any] | None


def unprefix(text: str) -> str:
    """The base45 part of a certificate's text. Raises StepError without the prefix."""
    if not text.startswith(PREFIX):
        raise StepError("")
    if len(text) > MAX_TEXT:
        raise StepError(f"more than {MAX_TEXT} characters")
    return text[len(PREFIX) :]


def inflate(data: bytes) -> bytes:
    """Undo the compression, within :data:`MAX_INFLATED`. Raises StepError."""
    machine = zlib.decompressobj()
    try:
        inflated = machine.decompress(data, MAX_INFLATED)
    except zlib.error:
        raise StepError("not compressed by zlib, or damaged") from None
    if not machine.eof:
        raise StepError("cut off, or larger than any certificate")
    if machine.unused_data:
        raise StepError("bytes after the end of the compressed part")
    return inflated


def claims(payload: bytes) -> Claims:
    """Read the claims that were signed. Raises StepError where they are not a map of claims."""
    try:
        content = cbor.decode(payload)
    except cbor.CborError as error:
        raise StepError(str(error)) from None
    if not isinstance(content, dict):
        raise StepError("the signed content is not a map of claims")
    container = content.get(HCERT)
    certificate = container.get(DCC) if isinstance(container, dict) else None
    issuer = content.get(ISSUER)
    return Claims(
        issuer=issuer if isinstance(issuer, str) else None,
        expires=_seconds(content.get(EXPIRES)),
        issued=_seconds(content.get(ISSUED)),
        certificate=certificate if isinstance(certificate, dict) else None,
    )


def _seconds(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value


def moment(seconds: float) -> datetime | None:
    """The aware moment of seconds since 1970, None beyond the calendar."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def encode(
    certificate: Mapping[str, Any], signer: cose.Signer, issued_at: datetime, expires_at: datetime, issuer: str = "VN"
) -> str:
    """The text of a signed certificate, ready for a QR code at level Q.

    ``certificate`` is the health certificate (``ver``, ``nam``, ``dob``, ``v``), already checked against the schema;
    ``issuer`` the ISO 3166 code of the issuing country. Times are aware and written in whole seconds.
    """
    content = {
        ISSUER: issuer,
        EXPIRES: int(expires_at.timestamp()),
        ISSUED: int(issued_at.timestamp()),
        HCERT: {DCC: certificate},
    }
    signed = cose.sign(cbor2.dumps(content), signer)
    return PREFIX + base45.encode(zlib.compress(signed, 9))
