"""Whom a verifier believes: certificates, folders of them, signed lists of ours, published trust lists of others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from vaxdesk.certificates import lists, published_lists
from vaxdesk.certificates.lists import ListError, ListHead, RevocationList, TrustedKey, TrustList
from vaxdesk.certificates.verification import Sentence
from vaxdesk.certificates.x509 import Certificate, CertificateError, load
from vaxdesk.errors import InputError, RefusedError
from vaxdesk.i18n import N_

#: Days after which a held list is old: from the first a warning, from the second no "valid" any more.
WARN_DAYS, LIMIT_DAYS = 7, 30
#: Files of a folder that are named where they turn out to be no certificate and no list; others are passed over.
_SUFFIXES = frozenset((".pem", ".crt", ".cer", ".cert", ".der", ".json", ".jwt"))
#: Our signed lists are never left out: a revocation list that is damaged must not go unnoticed.
_LIST_SUFFIXES = frozenset((".cbor", ".cose", ".lst"))
#: How a COSE_Sign1 begins: an array of four, under tag 18, or under tag 61.
_SIGNED_LISTS = (b"\xd2", b"\x84", b"\xd8")
_MAX_BYTES = 64 * 1024 * 1024
NEITHER = N_("The file {path} is neither a certificate nor a trust list.")
NOT_READABLE = N_("The file {path} cannot be read.")


class TrustError(InputError):
    """A path holds nothing that a verifier could trust."""


class Trust:
    """Everything that a verification looks up. Immutable after it was made; may be used from several threads."""

    def __init__(
        self,
        certificates: Iterable[Certificate] = (),
        trust_list: TrustList | None = None,
        revocation_list: RevocationList | None = None,
        *,
        keys: Iterable[TrustedKey] = (),
        left_out: Iterable[Sentence] = (),
    ) -> None:
        """Build from parts. Certificates are parsed when their key is asked for; ``keys`` are given bare.

        ``left_out`` are the sentences about what could not be used.

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
        self._keys: dict[bytes, list[TrustedKey]] = {}
        for key in keys:
            self._keys.setdefault(key.kid, []).append(key)
        self.left_out = tuple(left_out)
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
            found += self._keys.get(kid, ())
            if self.trust_list is not None:
                found += self.trust_list.find(kid)
            # A stranger's codes can name any key id: only what exists is remembered.
            known = tuple(found)
            if known:
                self._found[kid] = known
        return known

    def given(self) -> Iterator[TrustedKey]:
        """The keys that were given themselves, not by a signed list; a certificate without a usable one is left out."""
        for certificate in (one for same in self._certificates.values() for one in same):
            try:
                yield TrustedKey.of(certificate)
            except CertificateError:
                continue
        for same in self._keys.values():
            yield from same

    def given_by_hand(self, kid: bytes) -> bool:
        """Whether a signer with this key id was given itself: it is then trusted whatever the signed lists' age."""
        return kid in self._certificates or kid in self._keys

    def age_days(self, at: datetime) -> int | None:
        """The age of the oldest list in days; None where no list is held."""
        return max((head.age_days(at) for head in self.heads), default=None)

    @classmethod
    def load(cls, path: Path) -> Trust:
        """Read a certificate, a folder of them, a signed list, or a published trust list (``published_lists.py``).

        The user vouches for the path: a signed list whose authority's certificate is not in the folder is checked
        with the certificate that it carries. What a folder holds beside that is left out and named in
        :attr:`left_out`. Raises TrustError or ListError where nothing can be used.
        """
        parts = _Parts()
        try:
            if path.is_dir():
                for entry in sorted(path.iterdir()):
                    if entry.is_file() and not entry.name.startswith("."):
                        parts.add_from_folder(entry)
            elif path.exists():
                parts.add(path)
            else:
                raise TrustError(N_("There is no file or folder {path}."), path=str(path))
        except OSError as error:
            raise TrustError(N_("The file {path} cannot be read."), path=str(path)) from error
        return parts.trust(path)


class _Parts:
    """Collects what the files of a path hold."""

    def __init__(self) -> None:
        self.certificates: list[Certificate] = []
        self.keys: list[TrustedKey] = []
        self.signed: list[tuple[Path, bytes]] = []
        self.left_out: list[Sentence] = []

    def add_from_folder(self, path: Path) -> None:
        """Add a file of a folder; what is neither certificate nor list is left out, and named where it looked so."""
        try:
            if path.stat().st_size <= _MAX_BYTES:
                self.add(path)
        except TrustError as error:
            if path.suffix.lower() in _LIST_SUFFIXES:
                raise
            if path.suffix.lower() in _SUFFIXES:
                self.left_out.append(Sentence(error.message_id, error.values))
        except OSError as error:
            if path.suffix.lower() in _LIST_SUFFIXES:
                raise TrustError(NOT_READABLE, path=str(path)) from error
            self.left_out.append(Sentence(NOT_READABLE, {"path": str(path)}))

    def add(self, path: Path) -> None:
        """Add what a file holds. Raises TrustError where that is neither a certificate nor a trust list."""
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
        if len(data) > _MAX_BYTES:
            raise TrustError(N_("The file {path} is too large to check."), path=str(path))
        if data[:1] in _SIGNED_LISTS:
            self.signed.append((path, data))
            return
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):  # what some shells make of a list that they save
            data = data.decode("utf-16", "replace").encode()
        if data[:1] != b"\x30" and published_lists.is_meant(data):
            self._published(data, path)
            return
        try:
            found = [Certificate(der) for der in load(data)]
            for certificate in found:
                _ = certificate.parsed
        except CertificateError as error:
            raise TrustError(NEITHER, path=str(path)) from error
        self.certificates += found

    def _published(self, data: bytes, path: Path) -> None:
        try:
            found = published_lists.read(data)
        except published_lists.StyleError as error:
            raise TrustError(error.message_id, path=str(path), entry=error.entry) from error
        self.certificates += found.certificates
        self.keys += found.keys
        self.left_out += [
            Sentence(message_id, {"path": str(path), "entry": entry}) for entry, message_id in found.left_out
        ]

    def trust(self, path: Path) -> Trust:
        roots = [one for one in self.certificates if one.role == "root"]
        trust_list: TrustList | None = None
        revocation_list: RevocationList | None = None
        for file, data in self.signed:
            try:
                opened = lists.open_list(data, *roots)
            except ListError as error:
                raise ListError(N_("{path}: {problem}"), path=str(file), problem=error.words()) from error
            if isinstance(opened, TrustList):
                trust_list = opened if trust_list is None else max(trust_list, opened, key=lambda one: one.head.number)
            elif revocation_list is None or opened.head.number > revocation_list.head.number:
                revocation_list = opened
        signers = [one for one in self.certificates if one.role != "root"]
        if not signers and not self.keys and trust_list is None and revocation_list is None:
            raise TrustError(N_("There is no certificate and no trust list in {path}."), path=str(path))
        return Trust(signers, trust_list, revocation_list, keys=self.keys, left_out=self.left_out)
