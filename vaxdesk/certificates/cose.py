"""COSE_Sign1 (RFC 9052) as the health certificate specification narrows it: ES256 on P-256 and PS256 on RSA.

Reading accepts the three wrappings in use: untagged, tag 18, tag 61 around 18. Writing gives tag 18.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature

from vaxdesk.certificates import cbor

ES256, PS256 = -7, -37
ALG, KID, X5CHAIN = 1, 4, 33
SIGN1_TAG, CWT_TAG = 18, 61
KID_LENGTH = 8
_RSA_BITS = range(2048, 8193)
_SHA256 = Prehashed(hashes.SHA256())
_PSS = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)


class CoseError(ValueError):
    """The bytes are not a COSE_Sign1."""


class Signer(Protocol):
    """Who signs: a key and the certificate's key id."""

    @property
    def kid(self) -> bytes:
        """The first 8 bytes of the SHA-256 of the signer's certificate in DER."""
        ...

    def sign(self, data: bytes) -> bytes:
        """The 64 bytes r, s of the ES256 signature over ``data``."""
        ...


@dataclass(frozen=True)
class Sign1:
    """A signed message, taken apart but not yet verified."""

    protected_bytes: bytes
    protected: Mapping[Any, Any]
    unprotected: Mapping[Any, Any]
    payload: bytes
    signature: bytes

    @property
    def kid(self) -> bytes | None:
        """The signer's key id: from the protected header, only if it has none from the other one."""
        found = self.protected[KID] if KID in self.protected else self.unprotected.get(KID)
        return found if isinstance(found, bytes) else None

    @property
    def algorithm(self) -> Any:
        """The algorithm's number, from the protected header, only if it has none from the other one."""
        return self.protected[ALG] if ALG in self.protected else self.unprotected.get(ALG)

    def digest(self) -> bytes:
        """SHA-256 of the Sig_structure, without copying a large payload."""
        head = b"\x84\x6aSignature1" + cbor2.dumps(self.protected_bytes) + b"\x40"
        state = hashlib.sha256(head + _bytes_head(len(self.payload)))
        state.update(self.payload)
        return state.digest()


def _bytes_head(length: int) -> bytes:
    """The CBOR head of a byte string of ``length`` bytes."""
    if length < 24:
        return bytes((0x40 | length,))
    for code, width in ((0x58, 1), (0x59, 2), (0x5A, 4)):
        if length < 1 << (8 * width):
            return bytes((code,)) + length.to_bytes(width, "big")
    return b"\x5b" + length.to_bytes(8, "big")


def parse(data: bytes | memoryview) -> Sign1:
    """Take a COSE_Sign1 apart. Raises CoseError if it is none."""
    try:
        value = cbor.decode(data)
        if isinstance(value, cbor.Tagged) and value.tag == CWT_TAG:
            value = value.value
            if not isinstance(value, cbor.Tagged):
                raise CoseError("tag 61 is not around tag 18")
        if isinstance(value, cbor.Tagged):
            if value.tag != SIGN1_TAG:
                raise CoseError("another tag than 18")
            value = value.value
        if not isinstance(value, list) or len(value) != 4:
            raise CoseError("not an array of four")
        protected_bytes, unprotected, payload, signature = value
        if not (isinstance(protected_bytes, bytes) and isinstance(payload, bytes) and isinstance(signature, bytes)):
            raise CoseError("a part is not a byte string")
        if not isinstance(unprotected, dict):
            raise CoseError("the unprotected header is not a map")
        protected = cbor.decode(protected_bytes) if protected_bytes else {}
        if not isinstance(protected, dict):
            raise CoseError("the protected header is not a map")
    except cbor.CborError as error:
        raise CoseError(str(error)) from None
    return Sign1(protected_bytes, protected, unprotected, payload, signature)


def sign(payload: bytes, signer: Signer, unprotected: Mapping[Any, Any] | None = None) -> bytes:
    """A COSE_Sign1 (tag 18, ES256) over ``payload``, algorithm and key id in the protected header."""
    protected = cbor2.dumps({ALG: ES256, KID: signer.kid})
    message = Sign1(protected, {}, {}, payload, b"")
    head = b"\x84\x6aSignature1" + cbor2.dumps(protected) + b"\x40" + _bytes_head(len(payload))
    signature = signer.sign(head + message.payload)
    return cbor2.dumps(cbor2.CBORTag(SIGN1_TAG, [protected, dict(unprotected or {}), payload, signature]))


def key_fits(algorithm: Any, key: object) -> bool:
    """Whether the header's algorithm is one of the two allowed ones and the key is of its kind and size."""
    if type(algorithm) is not int:  # CBOR's -7.0 equals -7 and is no algorithm
        return False
    if algorithm == ES256:
        return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)
    if algorithm == PS256:
        return isinstance(key, rsa.RSAPublicKey) and key.key_size in _RSA_BITS
    return False


def verify(message: Sign1, key: object) -> bool:
    """Whether ``key`` made the message's signature. False, never an error, for whatever does not fit."""
    if not key_fits(message.algorithm, key):
        return False
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            if len(message.signature) != 64:
                return False
            r, s = (int.from_bytes(half, "big") for half in (message.signature[:32], message.signature[32:]))
            key.verify(encode_dss_signature(r, s), message.digest(), ec.ECDSA(_SHA256))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(message.signature, message.digest(), _PSS, _SHA256)
    except InvalidSignature:
        return False
    return True
