"""What a verifier needs of a signer's certificate, read tolerantly.

Some countries' certificates are not strict DER (a default value written out, an empty list of usages), and a strict
parser then refuses all their extensions. The key usages are therefore read by a small reader of our own.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.oid import NameOID

#: Extended key usages of document signers: which kind of certificate a key may sign.
#: hcert_spec.md, annex "extended key usage identifiers"; some issuers wrote them with a ``.0.`` arc.
USAGES = {
    f"1.3.6.1.4.1.{arc}1847.2021.1.{number}": group
    for arc in ("", "0.")
    for number, group in ((1, "t"), (2, "v"), (3, "r"))
}
VACCINATION_USAGE = "1.3.6.1.4.1.1847.2021.1.2"
#: Our own marks, below the UUID arc of ITU-T X.667, which needs no registration: what a certificate of ours is for,
#: and whether it belongs to practice. Text: ``root`` | ``station:CODE`` | ``national``, and ``;practice`` behind it.
ROLE_OID = "2.25.32974627472597748702882153290263001688"
#: The same as it stands in a certificate (a test compares the two).
_ROLE_BYTES = bytes.fromhex("69b1ced7a9f4b49ab3e3aef585b8cda2a5f458")
_EXTENDED_KEY_USAGE = "2.5.29.37"
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)


class CertificateError(ValueError):
    """The bytes are not a certificate that can be used."""


class _DerError(ValueError):
    pass


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each element that stands in ``data``."""
    position = 0
    while position < len(data):
        if position + 2 > len(data):
            raise _DerError
        tag, length = data[position], data[position + 1]
        position += 2
        if length & 0x80:
            width = length & 0x7F
            if not 1 <= width <= 4:
                raise _DerError
            length = int.from_bytes(data[position : position + width], "big")
            position += width
        end = position + length
        if end > len(data):
            raise _DerError
        yield tag, data[position:end]
        position = end


def _oid(content: bytes) -> str:
    arcs: list[int] = []
    value = 0
    for byte in content:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            arcs.append(value)
            value = 0
    if not arcs:
        raise _DerError
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, [first, arcs[0] - 40 * first, *arcs[1:]]))


def extensions(der: bytes) -> dict[str, bytes]:
    """The extensions of a certificate, OID to content; empty where it has none or they cannot be read."""
    found: dict[str, bytes] = {}
    try:
        ((_tag, certificate),) = _elements(der)
        _tag, body = next(_elements(certificate))
        for tag, part in _elements(body):
            if tag != 0xA3:
                continue
            ((_tag, entries),) = _elements(part)
            for _tag, entry in _elements(entries):
                fields = list(_elements(entry))
                found[_oid(fields[0][1])] = fields[-1][1]
    except (_DerError, ValueError, IndexError, StopIteration):
        return found
    return found


def _header(data: bytes, position: int) -> tuple[int, int, int]:
    """Tag, beginning and end of the content of the element at ``position``; zeros where none stands there."""
    if position + 2 > len(data):
        return 0, 0, 0
    length, begin = data[position + 1], position + 2
    if length & 0x80:
        begin += length & 0x7F
        length = int.from_bytes(data[position + 2 : begin], "big")
    return data[position], begin, begin + length


def _innermost(der: bytes) -> int:
    """The tag of the first element within the first sequence of the one sequence that ``der`` is; 0 if it is none."""
    outer, begin, end = _header(der, 0)
    inner, first, _end = _header(der, begin)
    return _header(der, first)[0] if outer == inner == 0x30 and end == len(der) else 0


def looks_whole(der: bytes) -> bool:
    """Whether the bytes have the outline and the length of a certificate. Far cheaper than parsing thousands."""
    return _innermost(der) in (0xA0, 0x02)


def is_public_key(der: bytes) -> bool:
    """Whether the bytes have the outline of a bare public key (SubjectPublicKeyInfo)."""
    return _innermost(der) == 0x06


def usages(der: bytes) -> frozenset[str] | None:
    """The kinds of certificate (``v``, ``t``, ``r``) that a key is restricted to; None without restriction.

    An empty list and a list of unrelated usages are no restriction.
    """
    content = extensions(der).get(_EXTENDED_KEY_USAGE)
    if content is None:
        return None
    groups = set()
    try:
        for _tag, sequence in _elements(content):
            for tag, element in _elements(sequence):
                if tag == 0x06 and (group := USAGES.get(_oid(element))):
                    groups.add(group)
    except _DerError:
        return frozenset(groups) or None
    return frozenset(groups) or None


def key_id(der: bytes) -> bytes:
    """The key id of a certificate: the first 8 bytes of the SHA-256 of its DER."""
    return hashlib.sha256(der).digest()[:8]


def load(data: bytes) -> list[bytes]:
    """The DER of every certificate in a file's bytes: PEM (one or many), DER, or the base64 of DER."""
    blocks = _PEM.findall(data)
    if blocks:
        return [_base64(block) for block in blocks]
    if data[:1] == b"\x30":
        return [data]
    return [_base64(data)]


def _base64(text: bytes) -> bytes:
    try:
        return base64.b64decode(b"".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise CertificateError("not a certificate") from None


@dataclass(frozen=True)
class Certificate:
    """A certificate in DER with what is read from it on demand."""

    der: bytes

    @cached_property
    def kid(self) -> bytes:
        """The key id."""
        return key_id(self.der)

    @cached_property
    def parsed(self) -> x509.Certificate:
        """The parsed certificate. Raises CertificateError where the bytes are none."""
        try:
            return x509.load_der_x509_certificate(self.der)
        except (ValueError, x509.InvalidVersion):  # the second is none of the first
            raise CertificateError("not a certificate") from None

    @cached_property
    def public_key(self) -> object:
        """The public key, None where its kind is unknown."""
        try:
            return self.parsed.public_key()
        except (ValueError, UnsupportedAlgorithm):
            return None

    @property
    def not_before(self) -> datetime:
        """The beginning of its validity."""
        return self.parsed.not_valid_before_utc

    @property
    def not_after(self) -> datetime:
        """The end of its validity."""
        return self.parsed.not_valid_after_utc

    @cached_property
    def usages(self) -> frozenset[str] | None:
        """What the key is restricted to, see :func:`usages`."""
        return usages(self.der)

    @cached_property
    def role(self) -> str:
        """Our own mark: ``root``, ``station:CODE``, ``national`` or empty for a certificate of somebody else."""
        return self._mark.partition(";")[0]

    @property
    def practice(self) -> bool:
        """Whether the certificate belongs to practice mode."""
        return self._mark.endswith(";practice")

    @cached_property
    def _mark(self) -> str:
        if _ROLE_BYTES not in self.der:  # all the certificates of others, without taking them apart
            return ""
        content = extensions(self.der).get(ROLE_OID, b"")
        return content.decode("ascii", "replace")

    def subject(self, oid: x509.ObjectIdentifier = NameOID.COMMON_NAME) -> str:
        """One attribute of the subject, empty where it has none or the name cannot be read."""
        try:
            values = self.parsed.subject.get_attributes_for_oid(oid)
        except (ValueError, TypeError):
            return ""
        return str(values[0].value) if values else ""

    @property
    def country(self) -> str:
        """The country of the subject (ISO 3166, upper case) or empty."""
        return self.subject(NameOID.COUNTRY_NAME).upper()
