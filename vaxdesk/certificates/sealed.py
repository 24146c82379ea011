"""Small secrets at rest, and signed JSON: AES-256-GCM under a key or a passphrase, and one canonical form."""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

KEY_LENGTH = 32
_NONCE = 12
_SALT = 16
#: 32 MB of memory and about 0.1 s a try.
_SCRYPT_N, _SCRYPT_R, _SCRYPT_P = 2**15, 8, 1


class SealError(ValueError):
    """The key or passphrase is wrong, or the bytes were changed."""


def seal(content: bytes, key: bytes, purpose: bytes) -> bytes:
    """Encrypt under a 32-byte key; ``purpose`` must be the same to open it again."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(_checked(key)).encrypt(nonce, content, purpose)


def unseal(sealed: bytes, key: bytes, purpose: bytes) -> bytes:
    """The content of :func:`seal`. Raises SealError."""
    try:
        return AESGCM(_checked(key)).decrypt(sealed[:_NONCE], sealed[_NONCE:], purpose)
    except (InvalidTag, ValueError):
        raise SealError("wrong key, or changed") from None


def _checked(key: bytes) -> bytes:
    if len(key) != KEY_LENGTH:
        raise ValueError("the key must have 32 bytes")
    return key


def seal_with_passphrase(content: bytes, passphrase: str, purpose: bytes) -> bytes:
    """Encrypt under a passphrase (scrypt)."""
    salt = secrets.token_bytes(_SALT)
    return salt + seal(content, _derived(passphrase, salt), purpose)


def unseal_with_passphrase(sealed: bytes, passphrase: str, purpose: bytes) -> bytes:
    """The content of :func:`seal_with_passphrase`. Raises SealError."""
    return unseal(sealed[_SALT:], _derived(passphrase, sealed[:_SALT]), purpose)


def _derived(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt, KEY_LENGTH, _SCRYPT_N, _SCRYPT_R, _SCRYPT_P).derive(passphrase.encode())


def raw_signature(key: ec.EllipticCurvePrivateKey, data: bytes) -> bytes:
    """The ES256 signature over ``data`` as 64 bytes r, s."""
    r, s = decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def signed_json(content: Mapping[str, Any], key: ec.EllipticCurvePrivateKey, purpose: str) -> dict[str, Any]:
    """``content`` with a field ``signature`` over its canonical form."""
    signature = raw_signature(key, _canonical(content, purpose))
    return {**content, "signature": base64.b64encode(signature).decode()}


def json_signature_holds(document: Mapping[str, Any], key: ec.EllipticCurvePublicKey, purpose: str) -> bool:
    """Whether the field ``signature`` fits the rest of the document."""
    content = {name: value for name, value in document.items() if name != "signature"}
    try:
        signature = base64.b64decode(document["signature"], validate=True)
        if len(signature) != 64:
            return False
        der = encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
        key.verify(der, _canonical(content, purpose), ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, KeyError, TypeError, ValueError):
        return False
    return True


def _canonical(content: Mapping[str, Any], purpose: str) -> bytes:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return f"{purpose}\n{text}".encode()


def write_file(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Write a file so that either the old or the new content is there after a power cut."""
    temporary = path.with_name(path.name + ".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
