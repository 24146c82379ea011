"""The station's signing keys: made on the device, wrapped under a key that the caller keeps, never in a backup.

A ring holds several keys, since a new one is certified before the old one expires: the newest valid one signs, codes
signed by the older one stay good until they expire themselves.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from vaxdesk.certificates import sealed
from vaxdesk.certificates.x509 import Certificate
from vaxdesk.clock import SystemClock
from vaxdesk.errors import KnownError, RefusedError
from vaxdesk.i18n import N_

REQUEST_TYPE = "vaxdesk-station-request"
REQUEST_PURPOSE = "vaxdesk station request"
_KEY_PURPOSE = b"vaxdesk station key 1"
_RING_PURPOSE = b"vaxdesk station key ring 1"
#: A renewal is asked for when the newest key has less than this left.
RENEW_BEFORE = timedelta(days=45)
RENEW_PAUSE = timedelta(days=1)


class KeyFileError(KnownError):
    """The key file cannot be opened."""

    def __init__(self) -> None:
        super().__init__(
            N_("The signing key of this station cannot be opened. Ask the authority for a new certificate.")
        )


@dataclass(frozen=True)
class StationKey:
    """A P-256 key pair."""

    private: ec.EllipticCurvePrivateKey

    @classmethod
    def generate(cls) -> StationKey:
        """Make a new key on this device."""
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @property
    def public_der(self) -> bytes:
        """The public key as DER SubjectPublicKeyInfo."""
        return self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, data: bytes) -> bytes:
        """The ES256 signature (64 bytes r, s) over ``data``."""
        return sealed.raw_signature(self.private, data)

    def wrap(self, wrapping_key: bytes) -> bytes:
        """The key, encrypted under a 32-byte key (AES-256-GCM)."""
        return sealed.seal(self._pkcs8(), wrapping_key, _KEY_PURPOSE)

    @classmethod
    def unwrap(cls, wrapped: bytes, wrapping_key: bytes) -> StationKey:
        """The key from :meth:`wrap`. Raises KeyFileError."""
        try:
            return cls._of(sealed.unseal(wrapped, wrapping_key, _KEY_PURPOSE))
        except sealed.SealError:
            raise KeyFileError from None

    def _pkcs8(self) -> bytes:
        return self.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())

    @classmethod
    def _of(cls, pkcs8: bytes) -> StationKey:
        private = load_der_private_key(pkcs8, None)
        if not isinstance(private, ec.EllipticCurvePrivateKey) or not isinstance(private.curve, ec.SECP256R1):
            raise KeyFileError
        return cls(private)

    def request(
        self,
        *,
        station_id: str,
        code: str,
        name: str,
        province_code: str = "",
        commune_code: str = "",
        desk: str = "",
        practice: bool = False,
        created_at: datetime | None = None,
    ) -> dict[str, Any]:
        """What goes to the authority: the station, the public key, and a signature that proves to have the private one.

        Nothing in it is secret. ``created_at`` is aware (default: now).
        """
        content = {
            "type": REQUEST_TYPE,
            "version": 1,
            "station_id": station_id,
            "code": code,
            "name": name,
            "province_code": province_code,
            "commune_code": commune_code,
            "desk": desk,
            "practice": practice,
            "created_at": (created_at or SystemClock().now()).isoformat(timespec="seconds"),
            "public_key": base64.b64encode(self.public_der).decode(),
        }
        return sealed.signed_json(content, self.private, REQUEST_PURPOSE)


@dataclass(frozen=True)
class StationSigner:
    """A certified key, ready to sign codes."""

    key: StationKey
    certificate: Certificate

    @property
    def kid(self) -> bytes:
        """The key id of the certificate."""
        return self.certificate.kid

    @property
    def not_before(self) -> datetime:
        """From when the certificate holds."""
        return self.certificate.not_before

    @property
    def not_after(self) -> datetime:
        """Until when the certificate holds: no code lives longer."""
        return self.certificate.not_after

    @property
    def station(self) -> str:
        """The station's code in the certificate."""
        return self.certificate.role.removeprefix("station:")

    def sign(self, data: bytes) -> bytes:
        """The ES256 signature over ``data``."""
        return self.key.sign(data)

    def valid_at(self, at: datetime) -> bool:
        """Whether the certificate holds at an aware moment."""
        return self.not_before <= at <= self.not_after


@dataclass(frozen=True)
class RingEntry:
    """A key of the ring; without a certificate it waits for the authority's answer."""

    key: StationKey
    created_at: datetime
    certificate: Certificate | None = None

    @property
    def signer(self) -> StationSigner | None:
        """The key as a signer, once it is certified."""
        return StationSigner(self.key, self.certificate) if self.certificate is not None else None


@dataclass(frozen=True)
class StationKeyRing:
    """All signing keys of a station, oldest first. Changes give a new ring; the caller writes it back."""

    entries: tuple[RingEntry, ...] = ()

    def __iter__(self) -> Iterator[RingEntry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def with_key(self, key: StationKey, created_at: datetime) -> StationKeyRing:
        """The ring with one more key that waits for its certificate; an older waiting one is dropped."""
        certified = tuple(entry for entry in self.entries if entry.certificate is not None)
        return StationKeyRing((*certified, RingEntry(key, created_at)))

    def with_certificate(self, certificate: Certificate) -> StationKeyRing:
        """The ring with the authority's certificate laid to its key.

        Raises RefusedError where no key of the ring is the certified one.
        """
        public = _public_der(certificate)
        entries = tuple(
            replace(entry, certificate=certificate) if entry.key.public_der == public else entry
            for entry in self.entries
        )
        if all(entry.certificate is not certificate for entry in entries):
            raise RefusedError(
                N_("The certificate belongs to another key. Send this station's newest request file to the authority.")
            )
        return StationKeyRing(entries)

    @property
    def waiting(self) -> StationKey | None:
        """The key that waits for its certificate."""
        return next((entry.key for entry in reversed(self.entries) if entry.certificate is None), None)

    @property
    def signers(self) -> tuple[StationSigner, ...]:
        """The certified keys."""
        return tuple(signer for entry in self.entries if (signer := entry.signer) is not None)

    def current(self, at: datetime) -> StationSigner | None:
        """The key that signs at an aware moment: of the valid ones the one certified last; None without any."""
        # Newest key first: certificates know seconds only, and of two of the same second the first one found is taken.
        valid = [signer for signer in reversed(self.signers) if signer.valid_at(at)]
        return max(valid, key=lambda signer: (signer.not_before, signer.not_after), default=None)

    def renewal_due(self, at: datetime) -> bool:
        """Whether it is time to make a new key and ask for its certificate: none valid, or the newest ends soon.

        A certificate of a short life is renewed in its second half. False while a key waits for its certificate, and
        within a day of the newest key: with a wrong clock no certificate would ever be new enough.
        """
        if self.waiting is not None or any(abs(at - entry.created_at) < RENEW_PAUSE for entry in self.entries[-1:]):
            return False
        current = self.current(at)
        if current is None:
            return True
        return current.not_after - at < min(RENEW_BEFORE, (current.not_after - current.not_before) / 2)

    def without_expired(self, at: datetime) -> StationKeyRing:
        """The ring without keys whose certificates are over: they can sign nothing any more."""
        return StationKeyRing(
            tuple(entry for entry in self.entries if entry.certificate is None or entry.certificate.not_after >= at)
        )

    def wrap(self, wrapping_key: bytes) -> bytes:
        """The ring for its file, encrypted under a 32-byte key."""
        content = [
            {
                "key": base64.b64encode(entry.key._pkcs8()).decode(),
                "created_at": entry.created_at.isoformat(),
                "certificate": base64.b64encode(entry.certificate.der).decode() if entry.certificate else None,
            }
            for entry in self.entries
        ]
        return sealed.seal(json.dumps(content).encode(), wrapping_key, _RING_PURPOSE)

    @classmethod
    def unwrap(cls, wrapped: bytes, wrapping_key: bytes) -> StationKeyRing:
        """The ring from :meth:`wrap`. Raises KeyFileError."""
        try:
            content = json.loads(sealed.unseal(wrapped, wrapping_key, _RING_PURPOSE))
        except sealed.SealError:
            raise KeyFileError from None
        return cls(
            tuple(
                RingEntry(
                    StationKey._of(base64.b64decode(entry["key"])),
                    datetime.fromisoformat(entry["created_at"]),
                    Certificate(base64.b64decode(entry["certificate"])) if entry["certificate"] else None,
                )
                for entry in content
            )
        )


def _public_der(certificate: Certificate) -> bytes:
    return certificate.parsed.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
