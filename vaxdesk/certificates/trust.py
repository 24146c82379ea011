"""Whom a verifier believes: certificates, folders of them, signed lists of ours, trust lists in the European style."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from vaxdesk.certificates import lists
from vaxdesk.certificates.lists import ListHead, RevocationList, TrustedKey, TrustList
from vaxdesk.certificates.x509 import Certificate, CertificateError, load
from vaxdesk.errors import InputError, RefusedError
from vaxdesk.i18n import N_

#: Days after which a held list is old: from the first a warning, from the second no "valid" any more.
WARN_DAYS, LIMIT_DAYS = 7, 30
_SUFFIXES = frozenset((".pem", ".crt", ".cer", ".der", ".json", ".cbor", ".cose", ".lst", ".bin", ".txt", ""))


class TrustError(InputError):
    """A path holds nothing that a verifier could trust."""


class Trust:
    """Everything that a verification looks up. Immutable after it was made; may be used from several threads."""

    def __init__(
        self,
        certificates: Iterable[Certificate] = (),
        trust_list: TrustList | None = None,
        revocation_list: RevocationList | None = None,
    ) -> None:
        """Build from parts. Certificates are parsed when their key is asked for.

        Raises RefusedError where a practice list meets a real one.
        """
        heads = [one.head for one in (trust_list, revocation_list) if one is not None]
        if len({head.practice for head in heads}) > 1:
            raise RefusedError(N_("Lists of practice mode and real lists cannot be mixed."))
        self.trust_list = trust_list
        self.revocation_list = revocation_list
        self._certificates: dict[bytes, list[Certificate]] = {}
        for certificate in certificates:
            same = self._certificates.setdefault(certificate.kid, [])
            if certificate not in same:
                same.append(certificate)
        self._found: dict[bytes, tuple[TrustedKey, ...]] = {}

    @property
    def heads(self) -> Sequence[ListHead]:
        """The heads of the signed lists held, trust list first."""
        return [one.head for one in (self.trust_list, self.revocation_list) if one is not None]

    @property
    def practice(self) -> bool:
        """Whether the lists are those of practice mode."""
        return any(head.practice for head in self.heads)

    def find(self, kid: bytes) -> tuple[TrustedKey, ...]:
        """The keys with this key id."""
        known = self._found.get(kid)
        if known is None:
            found = []
            for certificate in self._certificates.get(kid, ()):
                try:
                    found.append(TrustedKey.of(certificate))
                except CertificateError:
                    continue
            if self.trust_list is not None:
                found += self.trust_list.find(kid)
            # A stranger's codes can name any key id: only what exists is remembered.
            known = tuple(found)
            if known:
                self._found[kid] = known
        return known

    def given_by_hand(self, kid: bytes) -> bool:
        """Whether a certificate with this key id was given itself: it is then trusted whatever the lists' age."""
        return kid in self._certificates

    def age_days(self, at: datetime) -> int | None:
        """The age of the oldest list in days; None where no list is held."""
        return max((head.age_days(at) for head in self.heads), default=None)

    @classmethod
    def load(cls, path: Path) -> Trust:
        """Read a certificate, a folder of them, a signed list, or a trust list in the European JSON style.

        The user vouches for the path: a signed list whose authority's certificate is not in the folder is checked
        with the certificate that it carries. Raises TrustError or ListError where nothing can be used.
        """
        parts = _Parts()
        if path.is_dir():
            for entry in sorted(path.iterdir()):
                if entry.is_file() and entry.suffix.lower() in _SUFFIXES:
                    parts.add(entry, optional=entry.suffix.lower() in (".txt", ""))
        elif path.exists():
            parts.add(path, optional=False)
        else:
            raise TrustError(N_("There is no file or folder {path}."), path=str(path))
        return parts.trust(path)


class _Parts:
    """Collects what the files of a path hold."""

    def __init__(self) -> None:
        self.certificates: list[Certificate] = []
        self.signed: list[bytes] = []

    def add(self, path: Path, *, optional: bool) -> None:
        try:
            data = path.read_bytes()
        except OSError as error:
            raise TrustError(N_("The file {path} cannot be read."), path=str(path)) from error
        try:
            if data[:1] in (b"\xd2", b"\x84", b"\xd8"):
                self.signed.append(data)
            elif data.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] in (b"{", b"["):
                self.certificates += european_list(data)
            else:
                self._certificates(data)
        except (CertificateError, ValueError) as error:
            if not optional:
                raise TrustError(
                    N_("The file {path} is neither a certificate nor a trust list."), path=str(path)
                ) from error

    def _certificates(self, data: bytes) -> None:
        try:
            found = [Certificate(der) for der in load(data)]
            for certificate in found:
                _ = certificate.parsed
        except CertificateError:
            # The German list is a line with a signature, then the list.
            _signature, _newline, rest = data.partition(b"\n")
            if rest.lstrip()[:1] not in (b"{", b"["):
                raise
            found = european_list(rest)
        self.certificates += found

    def trust(self, path: Path) -> Trust:
        roots = [one for one in self.certificates if one.role == "root"]
        trust_list: TrustList | None = None
        revocation_list: RevocationList | None = None
        for data in self.signed:
            opened = lists.open_list(data, *roots)
            if isinstance(opened, TrustList):
                trust_list = opened if trust_list is None else max(trust_list, opened, key=lambda one: one.head.number)
            elif revocation_list is None or opened.head.number > revocation_list.head.number:
                revocation_list = opened
        signers = [one for one in self.certificates if one.role != "root"]
        if not signers and trust_list is None and revocation_list is None:
            raise TrustError(N_("There is no certificate and no trust list in {path}."), path=str(path))
        return Trust(signers, trust_list, revocation_list)


def european_list(data: bytes) -> list[Certificate]:
    """The signers of a gateway's trust list: a JSON array of entries, or a map with ``certificates``.

    Each entry has ``rawData`` (base64 of the certificate in DER); its ``kid`` is not believed but computed. Entries
    of another ``certificateType`` than DSC are left out. Raises ValueError where the JSON has another shape.
    """
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    entries: Any = document.get("certificates") if isinstance(document, dict) else document
    if not isinstance(entries, list):
        raise ValueError("no list of certificates")
    found = []
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("rawData"), str):
            raise ValueError("an entry without rawData")
        if str(entry.get("certificateType", "DSC")).upper() != "DSC":
            continue
        try:
            found.append(Certificate(base64.b64decode("".join(entry["rawData"].split()), validate=True)))
        except binascii.Error as error:
            raise ValueError("rawData that is not base64") from error
    return found
