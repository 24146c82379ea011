"""The authority's signature over a campaign file: a COSE_Sign1 over a small CBOR map with the file's hash."""

from __future__ import annotations

import hashlib

import cbor2

from vaxdesk.certificates import cbor, cose
from vaxdesk.certificates.x509 import Certificate, CertificateError
from vaxdesk.errors import RefusedError
from vaxdesk.i18n import N_

_TYPE = "campaign"
_REFUSED = N_("The campaign file is not signed by the authority that this station trusts.")


def sign_pack(archive: bytes, signer: cose.Signer, root: Certificate) -> bytes:
    """The signature that stands before the archive in a bundle (``campaigns.bundle.pack``)."""
    content = {"type": _TYPE, "practice": root.practice, "sha256": hashlib.sha256(archive).digest()}
    return cose.sign(cbor2.dumps(content), signer)


def verify_pack(archive: bytes, signature: bytes, root: Certificate) -> str:
    """The name of the authority that signed the archive.

    :raises RefusedError: the signature is not that of ``root``, or is over something else.
    """
    try:
        message = cose.parse(signature)
        if message.kid != root.kid or not cose.verify(message, root.public_key):
            raise RefusedError(_REFUSED)
        content = cbor.decode(message.payload)
    except (cose.CoseError, cbor.CborError, CertificateError):
        raise RefusedError(_REFUSED) from None
    expected = {"type": _TYPE, "practice": root.practice, "sha256": hashlib.sha256(archive).digest()}
    if content != expected:
        raise RefusedError(_REFUSED)
    return root.subject()
