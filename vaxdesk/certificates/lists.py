"""Signed lists: which keys are trusted, which certificates are revoked.

Both are COSE_Sign1 over a small CBOR map with ``type``, ``number`` (grows with every issue), ``issued_at`` (seconds)
and ``practice``. What is large lies in byte strings of fixed-width rows, sorted, and is searched by bisection where
it lies: nothing is parsed on load but the map, so 11,000 keys and 1,000,000 revocations open in the time of a hash.

=============== ====================================================================================
trust           ``index`` rows of 12 bytes (key id 8, offset 4, big-endian), ``entries`` CBOR arrays
                [signer 0 national | 1 station | 2 other, from, to (seconds), usage bits, key, name, country, station];
                the key is a compressed P-256 point or a DER SubjectPublicKeyInfo; ``code_life_days``
revocation      ``revoked`` and ``replaced``: rows of 8 bytes, the beginning of a hash; ``revoked_days`` and
                ``replaced_days``: for each row 2 bytes, the day as days since 2020-01-01
=============== ====================================================================================

A row of the revocation list is the beginning of one of the three hashes of the European concept: SHA-256 of the
certificate's id (UCI), of issuer and id (COUNTRYCODEUCI), of the signature (for ECDSA of its first half).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, Literal

import cbor2
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from vaxdesk.certificates import cbor, cose, hc1
from vaxdesk.certificates.x509 import Certificate, CertificateError
from vaxdesk.errors import InputError, RefusedError
from vaxdesk.i18n import N_

SignerKind = Literal["national", "station", "other"]
_SIGNERS: tuple[SignerKind, ...] = ("national", "station", "other")
_USAGE_BITS = {"t": 1, "v": 2, "r": 4}
_INDEX_WIDTH = 12
_DAY_ZERO = date(2020, 1, 1)
PREFIX_WIDTH = 8


class ListError(InputError):
    """The bytes are not a signed list that may be used."""


class RevocationKind(StrEnum):
    """Why a code no longer counts: it was withdrawn or corrected, or another certificate took its place."""

    REVOKED = "revoked"
    REPLACED = "replaced"


@dataclass(frozen=True)
class Revocation:
    """A code's entry in the revocation list."""

    kind: RevocationKind
    day: date


@dataclass(frozen=True)
class TrustedKey:
    """A key that verifiers accept, and for what."""

    kid: bytes
    key: object
    not_before: datetime
    not_after: datetime
    usages: frozenset[str] | None
    signer: SignerKind
    name: str = ""
    country: str = ""
    station: str = ""
    #: Whether its own certificate says that it is for practice (a list's key belongs to the list's mode).
    practice: bool = False

    @classmethod
    def of(cls, certificate: Certificate) -> TrustedKey:
        """The key of a certificate. Raises CertificateError where it cannot be parsed."""
        role = certificate.role
        country = certificate.country
        signer: SignerKind = "other"
        if role.startswith("station:"):
            signer = "station"
        elif role == "national" or (not role and country == "VN"):
            signer = "national"
        return cls(
            kid=certificate.kid,
            key=certificate.public_key,
            not_before=certificate.not_before,
            not_after=certificate.not_after,
            usages=certificate.usages,
            signer=signer,
            name=certificate.subject(),
            country=country,
            station=role.removeprefix("station:") if signer == "station" else "",
            practice=certificate.practice,
        )


@dataclass(frozen=True)
class ListHead:
    """What every signed list says of itself."""

    number: int
    issued_at: datetime
    practice: bool
    root: Certificate

    def age_days(self, at: datetime) -> int:
        """Whole days since the list was issued (negative where ``at`` is before)."""
        return (at - self.issued_at).days


def find_row(rows: bytes, width: int, key: bytes) -> int:
    """The number of the first sorted row that is not less than ``key`` (by the row's first ``len(key)`` bytes)."""
    low, high, length = 0, len(rows) // width, len(key)
    while low < high:
        middle = (low + high) >> 1
        start = middle * width
        if rows[start : start + length] < key:
            low = middle + 1
        else:
            high = middle
    return low


@dataclass(frozen=True)
class TrustList:
    """The keys that an authority vouches for; an entry is parsed when its key id is asked for."""

    head: ListHead
    code_life_days: int
    index: bytes
    entries: bytes

    def __len__(self) -> int:
        return len(self.index) // _INDEX_WIDTH

    def all_keys(self) -> Iterator[TrustedKey]:
        """Every key that can be read."""
        for row in range(len(self)):
            key = self._entry(self.index[row * _INDEX_WIDTH : row * _INDEX_WIDTH + 8], row)
            if key is not None:
                yield key

    def find(self, kid: bytes) -> list[TrustedKey]:
        """The keys with this key id; ids may collide, so there can be several."""
        found = []
        row = find_row(self.index, _INDEX_WIDTH, kid)
        while self.index[row * _INDEX_WIDTH : row * _INDEX_WIDTH + 8] == kid:
            key = self._entry(kid, row)
            if key is not None:
                found.append(key)
            row += 1
        return found

    def _entry(self, kid: bytes, row: int) -> TrustedKey | None:
        start = int.from_bytes(self.index[row * _INDEX_WIDTH + 8 : (row + 1) * _INDEX_WIDTH], "big")
        length = int.from_bytes(self.entries[start : start + 2], "big")
        try:
            signer, begin, end, bits, key, name, country, station = cbor.decode(
                self.entries[start + 2 : start + 2 + length]
            )
            public: object
            if len(key) == 33:
                public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key)
            else:
                public = load_der_public_key(key)
            return TrustedKey(
                kid=kid,
                key=public,
                not_before=datetime.fromtimestamp(begin, UTC),
                not_after=datetime.fromtimestamp(end, UTC),
                usages=frozenset(group for group, bit in _USAGE_BITS.items() if bits & bit) or None,
                signer=_SIGNERS[signer],
                name=str(name),
                country=str(country),
                station=str(station),
            )
        except (ValueError, TypeError, IndexError, OverflowError, UnsupportedAlgorithm):
            return None


@dataclass(frozen=True)
class RevocationList:
    """The codes that no longer count."""

    head: ListHead
    revoked: bytes
    revoked_days: bytes
    replaced: bytes
    replaced_days: bytes

    def __len__(self) -> int:
        return (len(self.revoked) + len(self.replaced)) // PREFIX_WIDTH

    def find(self, hashes: Iterable[bytes]) -> Revocation | None:
        """The entry of a code by its hashes (:func:`hashes_of`); a revocation goes before a replacement."""
        prefixes = [one[:PREFIX_WIDTH] for one in hashes]
        for kind, rows, days in (
            (RevocationKind.REVOKED, self.revoked, self.revoked_days),
            (RevocationKind.REPLACED, self.replaced, self.replaced_days),
        ):
            for prefix in prefixes:
                row = find_row(rows, PREFIX_WIDTH, prefix)
                if rows[row * PREFIX_WIDTH : (row + 1) * PREFIX_WIDTH] == prefix:
                    number = int.from_bytes(days[2 * row : 2 * row + 2], "big")
                    return Revocation(kind, _DAY_ZERO + timedelta(days=number))
        return None


def hashes_of(issuer: str, identifier: str, signature: bytes, algorithm: int) -> tuple[bytes, bytes, bytes]:
    """The three hashes (16 bytes each) by which a certificate can be listed: UCI, COUNTRYCODEUCI, SIGNATURE."""
    part = signature[: len(signature) // 2] if algorithm == cose.ES256 else signature
    texts = (identifier.encode("utf-8", "replace"), (issuer + identifier).encode("utf-8", "replace"), part)
    first, second, third = (hashlib.sha256(text).digest()[:16] for text in texts)
    return first, second, third


def identifier_hash(identifier: str) -> bytes:
    """The UCI hash (16 bytes) of a certificate's id: what a station or the authority puts on the list."""
    return hashlib.sha256(identifier.encode()).digest()[:16]


def open_list(data: bytes, *roots: Certificate) -> TrustList | RevocationList:
    """Read a signed list and check its signature.

    With ``roots`` the list must be signed by one of them. Without any the root that the list carries is used: for
    a list that somebody names as trusted on the command line, never for one that comes over the wire.
    Raises ListError where the bytes are no such list or the signature does not hold.
    """
    try:
        message = cose.parse(data)
        root = next((one for one in roots if one.kid == message.kid), roots[0] if roots else _embedded_root(message))
        if message.kid != root.kid or not cose.verify(message, root.public_key):
            raise ListError(N_("The list is not signed by the authority that this station trusts."))
        content = cbor.decode(message.payload)
        head = ListHead(
            number=_whole(content["number"]),
            issued_at=datetime.fromtimestamp(_whole(content["issued_at"]), UTC),
            practice=content["practice"] is True,
            root=root,
        )
        if head.practice != root.practice:
            raise ListError(N_("The list mixes practice and real use; it cannot be used."))
        if content["type"] == "trust":
            return TrustList(
                head,
                _whole(content["code_life_days"]),
                _rows(content["index"], _INDEX_WIDTH),
                bytes(content["entries"]),
            )
        if content["type"] == "revocation":
            return RevocationList(
                head,
                _rows(content["revoked"], PREFIX_WIDTH),
                _rows(content["revoked_days"], 2),
                _rows(content["replaced"], PREFIX_WIDTH),
                _rows(content["replaced_days"], 2),
            )
    except (cose.CoseError, CertificateError, ValueError, KeyError, TypeError, OverflowError, OSError):
        raise ListError(N_("This is not a signed list. Ask the authority for the file again.")) from None
    raise ListError(N_("This is not a signed list. Ask the authority for the file again."))


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError
    return value


def _rows(value: Any, width: int) -> bytes:
    if not isinstance(value, bytes) or len(value) % width:
        raise ValueError
    return value


def _embedded_root(message: cose.Sign1) -> Certificate:
    der = message.unprotected.get(cose.X5CHAIN)
    if not isinstance(der, bytes):
        raise ListError(N_("The list does not say who signed it, and no authority certificate was given."))
    return Certificate(der)


def check_newer(held: ListHead | None, offered: ListHead) -> None:
    """Refuse a list that is older than the one held, or of the other mode (practice or real).

    Raises RefusedError. The same number again is accepted: the same list comes by sync and by file.
    """
    if held is None:
        return
    if held.practice != offered.practice:
        raise RefusedError(N_("Lists of practice mode and real lists cannot be mixed."))
    if offered.number < held.number:
        raise RefusedError(
            N_("List number {offered} is older than number {held}, which this station already has."),
            offered=offered.number,
            held=held.number,
        )


def sign_trust_list(
    keys: Iterable[TrustedKey],
    *,
    signer: cose.Signer,
    root: Certificate,
    number: int,
    at: datetime,
    code_life_days: int,
) -> bytes:
    """A signed trust list with these keys; ``at`` is its date."""
    rows: list[tuple[bytes, bytes]] = [(key.kid, _encoded(key)) for key in keys]
    rows.sort()
    index, entries, offset = [], [], 0
    for kid, entry in rows:
        index.append(kid + offset.to_bytes(4, "big"))
        entries.append(len(entry).to_bytes(2, "big") + entry)
        offset += 2 + len(entry)
    content = {"code_life_days": code_life_days, "index": b"".join(index), "entries": b"".join(entries)}
    return _signed("trust", content, signer, root, number, at)


def _encoded(key: TrustedKey) -> bytes:
    public = key.key
    if isinstance(public, ec.EllipticCurvePublicKey) and isinstance(public.curve, ec.SECP256R1):
        raw = public.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    else:
        raw = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined]  # every public key has it
    bits = sum(_USAGE_BITS[group] for group in key.usages or ())
    row = [
        _SIGNERS.index(key.signer),
        int(key.not_before.timestamp()),
        int(key.not_after.timestamp()),
        bits,
        raw,
        key.name,
        key.country,
        key.station,
    ]
    return cbor2.dumps(row)


def sign_revocation_list(
    entries: Iterable[tuple[bytes, RevocationKind, date]],
    *,
    signer: cose.Signer,
    root: Certificate,
    number: int,
    at: datetime,
) -> bytes:
    """A signed revocation list; each entry is a hash (8 bytes or more), why, and since when."""
    rows: dict[RevocationKind, list[bytes]] = {kind: [] for kind in RevocationKind}
    for one, kind, day in entries:
        rows[kind].append(one[:PREFIX_WIDTH] + max(0, (day - _DAY_ZERO).days).to_bytes(2, "big"))
    content: dict[str, bytes] = {}
    for kind, packed in rows.items():
        packed.sort()
        content[kind.value] = b"".join(row[:PREFIX_WIDTH] for row in packed)
        content[f"{kind.value}_days"] = b"".join(row[PREFIX_WIDTH:] for row in packed)
    return _signed("revocation", content, signer, root, number, at)


def _signed(
    kind: str, content: dict[str, Any], signer: cose.Signer, root: Certificate, number: int, at: datetime
) -> bytes:
    head = {"type": kind, "number": number, "issued_at": int(at.timestamp()), "practice": root.practice}
    return cose.sign(cbor2.dumps({**head, **content}), signer, {cose.X5CHAIN: root.der})


def claims_identifiers(claims: hc1.Claims) -> Sequence[str]:
    """Every certificate id (``ci``) that a certificate carries."""
    found = []
    for group in ("v", "t", "r"):
        entries = (claims.certificate or {}).get(group)
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict) and isinstance(entry.get("ci"), str):
                found.append(entry["ci"])
    return found
