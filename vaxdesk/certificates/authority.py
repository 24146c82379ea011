"""The authority's side: root key, stations' certificates, signed trust and revocation lists, the national signer.

Everything lies in one folder. Private keys are encrypted: under a passphrase, or under a random key in the file
``root.secret`` beside them (for a portal that must start by itself; guard the folder).
"""

from __future__ import annotations

import json
import os
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_der_private_key

from vaxdesk.certificates import enrolment, issuing, lists, other_signers, sealed
from vaxdesk.certificates.keys import StationKey, StationSigner
from vaxdesk.certificates.lists import RevocationKind, TrustedKey
from vaxdesk.certificates.pack_signature import sign_pack
from vaxdesk.certificates.x509 import Certificate, load
from vaxdesk.clock import SystemClock, today
from vaxdesk.errors import InputError, KnownError, RefusedError
from vaxdesk.i18n import N_

CODE_LIFE_DAYS = 180
STATION_DAYS = 365
NATIONAL_DAYS = 730
#: A list is signed anew when it is asked for and older than this, so that stations see that nothing changed.
_REFRESH = timedelta(hours=20)
#: An expired key stays on the trust list so long: its codes are then "expired" and not of an unknown signer.
_KEEP = timedelta(days=366)
_KEY_PURPOSE = b"vaxdesk authority key 1"


class AuthorityError(KnownError):
    """The authority's folder cannot be used."""


@dataclass(frozen=True)
class StationCertificate:
    """A certificate that the authority gave a station."""

    code: str
    name: str
    station_id: str
    certificate: Certificate
    issued_at: datetime
    revoked_at: datetime | None = None


class Authority:
    """An opened authority. Safe in several threads of one process; one process a folder."""

    def __init__(self, folder: Path, key: ec.EllipticCurvePrivateKey, protection: str) -> None:
        """Use :meth:`create` or :meth:`open`."""
        self.folder = folder
        self._key = key
        self._protection = protection
        self._lock = threading.RLock()
        self.root = Certificate(load((folder / "root.pem").read_bytes())[0])
        self._signer = StationSigner(StationKey(key), self.root)
        self._settings: dict[str, Any] = json.loads((folder / "authority.json").read_text(encoding="utf-8"))
        self._revocations = _read_revocations(folder / "revocations.txt")

    @classmethod
    def create(
        cls,
        folder: Path,
        name: str,
        practice: bool = False,
        passphrase: str | None = None,
        *,
        at: datetime | None = None,
        code_life_days: int = CODE_LIFE_DAYS,
        station_days: int = STATION_DAYS,
    ) -> Authority:
        """Make an authority in an empty or new folder. ``at`` is an aware moment (default: now).

        Raises RefusedError where an authority lies there already, InputError for lives out of range.
        """
        if (folder / "authority.json").exists():
            raise RefusedError(N_("There is already an authority in the folder {path}."), path=str(folder))
        if not 1 <= code_life_days <= 366 or not 30 <= station_days <= 730:
            raise InputError(N_("A code lives 1 to 366 days, a station's certificate 30 to 730 days."))
        at = at or SystemClock().now()
        for path in (folder, folder / "stations", folder / "lists"):
            path.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        key = ec.generate_private_key(ec.SECP256R1())
        protection = passphrase or secrets.token_hex(32)
        if passphrase is None:
            sealed.write_file(folder / "root.secret", protection.encode())
        _write_key(folder / "root.key", key, protection)
        root = issuing.root_certificate(key, name, at, practice=practice)
        sealed.write_file(folder / "root.pem", enrolment.pem(root).encode(), mode=0o644)
        settings = {
            "version": 1,
            "name": name,
            "practice": practice,
            "code_life_days": code_life_days,
            "station_days": station_days,
            "numbers": {"trust": 0, "revocation": 0},
            "changed": {"trust": True, "revocation": True},
        }
        sealed.write_file(folder / "authority.json", json.dumps(settings, ensure_ascii=False, indent=1).encode())
        return cls(folder, key, protection)

    @classmethod
    def open(cls, folder: Path, passphrase: str | None = None) -> Authority:
        """Open an authority's folder. Raises AuthorityError without one or with a wrong passphrase."""
        if not (folder / "authority.json").exists():
            raise AuthorityError(N_("There is no authority in the folder {path}."), path=str(folder))
        secret = folder / "root.secret"
        protection = passphrase if passphrase is not None else secret.read_text("ascii") if secret.exists() else ""
        try:
            return cls(folder, _read_key(folder / "root.key", protection), protection)
        except sealed.SealError:
            raise AuthorityError(N_("The passphrase of the authority is wrong.")) from None

    @property
    def name(self) -> str:
        """The authority's name."""
        return str(self._settings["name"])

    @property
    def practice(self) -> bool:
        """Whether it is an authority of practice mode."""
        return self.root.practice

    @property
    def code_life_days(self) -> int:
        """How long a station's code lives, in days."""
        return int(self._settings["code_life_days"])

    def set_code_life(self, days: int) -> None:
        """Change how long stations' codes live (1 to 366 days); it travels with the next trust list."""
        if not 1 <= days <= 366:
            raise InputError(N_("A code lives 1 to 366 days, a station's certificate 30 to 730 days."))
        with self._lock:
            self._settings["code_life_days"] = days
            self._mark_changed("trust")

    # Stations

    def answer(
        self, request: Mapping[str, Any], *, sync: Mapping[str, str] | None = None, at: datetime | None = None
    ) -> dict[str, Any]:
        """Certify the key of a request and give the answer file's content.

        The same key gets the same certificate again while it is valid for half its life. ``sync`` is
        ``portal_url``, ``station_id`` and ``token``. Raises EnrolmentError, RefusedError.
        """
        at = at or SystemClock().now()
        wanted = enrolment.read_request(request)
        if wanted.practice != self.practice:
            raise RefusedError(N_("Practice mode and real use cannot be mixed: this request is for the other one."))
        with self._lock:
            certificate = self._certificate_for(wanted, at)
            return enrolment.answer_document(
                root=self.root,
                root_key=self._key,
                certificate=certificate,
                trust_list=self.trust_list(at),
                revocation_list=self.revocation_list(at),
                sync={"station_id": wanted.station_id, **(sync or {})},
                code_life_days=self.code_life_days,
            )

    def _certificate_for(self, wanted: enrolment.StationRequest, at: datetime) -> Certificate:
        days = int(self._settings["station_days"])
        for station in self.stations(wanted.code):
            held = station.certificate
            same = TrustedKey.of(held).key == wanted.public_key and station.code == wanted.code
            if same and station.revoked_at is not None:
                raise RefusedError(N_("The certificate of this key was revoked; the station must make a new key."))
            if same and held.not_after - at > timedelta(days=days // 2):
                return held
        certificate = issuing.signer_certificate(
            wanted.public_key,
            root=self.root,
            root_key=self._key,
            authority=self.name,
            name=wanted.name,
            at=at,
            days=days,
            station=wanted.code,
        )
        self._write_station(StationCertificate(wanted.code, wanted.name, wanted.station_id, certificate, at))
        self._mark_changed("trust")
        return certificate

    def stations(self, code: str = "*") -> list[StationCertificate]:
        """Every certificate that was given to a station (to the one with ``code``), by code and time."""
        found = []
        for path in sorted((self.folder / "stations").glob(f"{code}-*.json")):
            data = json.loads(path.read_text(encoding="utf-8"))
            found.append(
                StationCertificate(
                    code=data["code"],
                    name=data["name"],
                    station_id=data["station_id"],
                    certificate=Certificate(load(data["certificate"].encode())[0]),
                    issued_at=datetime.fromisoformat(data["issued_at"]),
                    revoked_at=datetime.fromisoformat(data["revoked_at"]) if data["revoked_at"] else None,
                )
            )
        return sorted(found, key=lambda station: (station.code, station.issued_at))

    def revoke_station(self, code: str, *, at: datetime | None = None) -> int:
        """Take every certificate of a station off the trust list; the number of certificates taken.

        Everything that its keys signed is then of an unknown signer.
        """
        at = at or SystemClock().now()
        count = 0
        with self._lock:
            for station in self.stations():
                if station.code == code and station.revoked_at is None:
                    self._write_station(
                        StationCertificate(
                            code, station.name, station.station_id, station.certificate, station.issued_at, at
                        )
                    )
                    count += 1
            if count:
                self._mark_changed("trust")
        return count

    def _write_station(self, station: StationCertificate) -> None:
        data = {
            "code": station.code,
            "name": station.name,
            "station_id": station.station_id,
            "issued_at": station.issued_at.isoformat(),
            "revoked_at": station.revoked_at.isoformat() if station.revoked_at else None,
            "certificate": enrolment.pem(station.certificate),
        }
        path = self.folder / "stations" / f"{station.code}-{station.certificate.kid.hex()}.json"
        sealed.write_file(path, json.dumps(data, ensure_ascii=False, indent=1).encode(), mode=0o644)

    # The national signer

    def national_signer(self, *, at: datetime | None = None) -> StationSigner:
        """The key that signs national certificates, made at first use and renewed when it has expired."""
        at = at or SystemClock().now()
        with self._lock:
            key_path, certificate_path = self.folder / "national.key", self.folder / "national.pem"
            if certificate_path.exists():
                newest = Certificate(load(certificate_path.read_bytes())[0])
                if newest.not_after > at:
                    return StationSigner(StationKey(_read_key(key_path, self._protection)), newest)
            key = StationKey.generate()
            certificate = issuing.signer_certificate(
                key.private.public_key(),
                root=self.root,
                root_key=self._key,
                authority=self.name,
                name=self.name,
                at=at,
                days=NATIONAL_DAYS,
            )
            _write_key(key_path, key.private, self._protection)
            older = certificate_path.read_bytes() if certificate_path.exists() else b""
            sealed.write_file(certificate_path, enrolment.pem(certificate).encode() + older, mode=0o644)
            self._mark_changed("trust")
            return StationSigner(key, certificate)

    def sign_pack(self, archive: bytes) -> bytes:
        """The signature for a campaign file, see :func:`vaxdesk.campaigns.bundle.pack`."""
        return sign_pack(archive, self._signer, self.root)

    # Lists

    def revoke_code(
        self, identifier: str, kind: RevocationKind = RevocationKind.REVOKED, *, day: date | None = None
    ) -> None:
        """Put a certificate id (UVCI) on the revocation list: withdrawn or corrected, or only replaced.

        ``day`` is the day in Viet Nam (default: today). The same entry again changes nothing.
        """
        self.revoke_hash(lists.identifier_hash(identifier), kind, day=day)

    def revoke_hash(self, one: bytes, kind: RevocationKind, *, day: date | None = None) -> None:
        """Like :meth:`revoke_code`, by one of the three hashes (16 bytes) of :func:`lists.hashes_of`."""
        day = day or today(SystemClock())
        with self._lock:
            if (one, kind) in self._revocations:
                return
            with (self.folder / "revocations.txt").open("a", encoding="ascii") as file:
                file.write(f"{one.hex()} {kind.value} {day.isoformat()}\n")
                file.flush()
                os.fsync(file.fileno())
            self._revocations[one, kind] = day
            self._mark_changed("revocation")

    def revocations(self) -> list[tuple[bytes, RevocationKind, date]]:
        """Every entry of the revocation list: hash, why, since when."""
        with self._lock:
            return [(one, kind, day) for (one, kind), day in self._revocations.items()]

    def trust_others(self, path: Path, *, at: datetime | None = None) -> int:
        """Vouch for the signers of other countries in a certificate, a folder, or a published trust list; how many.

        They replace those taken before. Raises TrustError or ListError where there is nothing to trust.
        """
        keys = other_signers.load(path)
        with self._lock:
            other_signers.keep(keys, self.folder, self._signer, self.root, at or SystemClock().now())
            self._mark_changed("trust")
        return len(keys)

    def trust_list(self, at: datetime | None = None) -> bytes:
        """The signed trust list: anew, with the next number, if something changed or the last one is a day old."""
        at = at or SystemClock().now()
        with self._lock:
            held = self._held("trust", at)
            if held is not None:
                return held
            keys = [TrustedKey.of(one.certificate) for one in self.stations() if one.revoked_at is None]
            national = self.folder / "national.pem"
            if national.exists():
                keys += [TrustedKey.of(Certificate(der)) for der in load(national.read_bytes())]
            keys += other_signers.kept(self.folder, self.root)
            data = lists.sign_trust_list(
                [key for key in keys if key.not_after >= at - _KEEP],
                signer=self._signer,
                root=self.root,
                number=self._next_number("trust"),
                at=at,
                code_life_days=self.code_life_days,
            )
            return self._publish("trust", data)

    def revocation_list(self, at: datetime | None = None) -> bytes:
        """The signed revocation list, see :meth:`trust_list`."""
        at = at or SystemClock().now()
        with self._lock:
            held = self._held("revocation", at)
            if held is not None:
                return held
            number = self._next_number("revocation")
            data = lists.sign_revocation_list(
                self.revocations(), signer=self._signer, root=self.root, number=number, at=at
            )
            return self._publish("revocation", data)

    def _held(self, kind: str, at: datetime) -> bytes | None:
        path = self.folder / "lists" / f"{kind}.cbor"
        if self._settings["changed"][kind] or not path.exists():
            return None
        data = path.read_bytes()
        issued = lists.open_list(data, self.root).head.issued_at
        return data if timedelta(0) <= at - issued < _REFRESH else None

    def _next_number(self, kind: str) -> int:
        number = int(self._settings["numbers"][kind]) + 1
        # Written before the list is: a number is never used for two lists.
        self._settings["numbers"][kind] = number
        self._write_settings()
        return number

    def _publish(self, kind: str, data: bytes) -> bytes:
        sealed.write_file(self.folder / "lists" / f"{kind}.cbor", data, mode=0o644)
        self._settings["changed"][kind] = False
        self._write_settings()
        return data

    def _mark_changed(self, kind: str) -> None:
        self._settings["changed"][kind] = True
        self._write_settings()

    def _write_settings(self) -> None:
        text = json.dumps(self._settings, ensure_ascii=False, indent=1)
        sealed.write_file(self.folder / "authority.json", text.encode())


def _read_revocations(path: Path) -> dict[tuple[bytes, RevocationKind], date]:
    found: dict[tuple[bytes, RevocationKind], date] = {}
    if not path.exists():
        return found
    text = path.read_text("ascii")
    if text and not text.endswith("\n"):
        with path.open("a", encoding="ascii") as file:
            file.write("\n")
    for line in text.splitlines():
        parts = line.split(" ")
        if len(parts) == 3 and len(parts[2]) == 10:  # a power cut can leave half a line, which was never confirmed
            found[bytes.fromhex(parts[0]), RevocationKind(parts[1])] = date.fromisoformat(parts[2])
    return found


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey, protection: str) -> None:
    pkcs8 = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    sealed.write_file(path, sealed.seal_with_passphrase(pkcs8, protection, _KEY_PURPOSE))


def _read_key(path: Path, protection: str) -> ec.EllipticCurvePrivateKey:
    key = load_der_private_key(sealed.unseal_with_passphrase(path.read_bytes(), protection, _KEY_PURPOSE), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise sealed.SealError("another kind of key")
    return key
