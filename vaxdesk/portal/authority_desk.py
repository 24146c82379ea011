"""The district's authority behind the portal: answers stations' requests, serves signed lists, takes revocations.

The keys lie in a folder of their own (``vaxdesk.certificates.authority``). Only one process may work on it at a time:
whoever does holds the writer's lock of the portal's database, so that the running portal and an administrator's command
beside it never meet.
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import and_, select

from vaxdesk.certificates import base45, cose, enrolment, hc1, lists
from vaxdesk.certificates.authority import Authority
from vaxdesk.certificates.lists import RevocationKind, RevocationList, TrustedKey, TrustList
from vaxdesk.certificates.trust import Trust
from vaxdesk.clock import today
from vaxdesk.errors import RefusedError
from vaxdesk.portal import stations
from vaxdesk.portal.store import Store, Write
from vaxdesk.portal.tables import Resource, Station
from vaxdesk.sync.fhir.elements import ENDED

log = logging.getLogger(__name__)
UVCI_SYSTEM = "urn:uvci"
#: Before this day no code of this program was issued.
EARLIEST = date(2021, 1, 1)
_KINDS = {"entered-in-error": RevocationKind.REVOKED, "superseded": RevocationKind.REPLACED}
_MARK = "revocations-taken"


class AuthorityDesk:
    """An authority's folder and the portal's database, worked on together."""

    def __init__(self, store: Store, folder: Path, practice: bool, passphrase: str | None = None) -> None:
        """:raises AuthorityError: no authority there, or a wrong passphrase. :raises RefusedError: the other mode."""
        self.store = store
        self.folder = folder
        self._passphrase = passphrase
        self._authority = Authority.open(folder, passphrase)
        self._seen = self._fingerprint()
        self._trust: tuple[bytes, bytes, Trust] | None = None
        if self._authority.practice != practice:
            raise RefusedError("The authority in {path} belongs to the other mode.", path=str(folder))

    def _fingerprint(self) -> tuple[tuple[int, int], ...]:
        paths = (self.folder / "authority.json", self.folder / "revocations.txt")
        return tuple((path.stat().st_mtime_ns, path.stat().st_size) if path.exists() else (0, 0) for path in paths)

    @contextmanager
    def working(self) -> Iterator[tuple[Authority, Write]]:
        """The authority, with nobody else at work on its folder, and an open write transaction."""
        with self.store.writing() as write:
            if self._fingerprint() != self._seen:
                self._authority = Authority.open(self.folder, self._passphrase)
            try:
                yield self._authority, write
            finally:
                self._seen = self._fingerprint()

    @property
    def root_fingerprint(self) -> str:
        """What a careful user compares over the telephone."""
        return enrolment.fingerprint(self._authority.root.der)

    def answer(self, request: Mapping[str, Any], portal_url: str, expect_station: str | None = None) -> dict[str, Any]:
        """Certify a station's key, register the station, and give the answer file's content with a new sync token.

        ``expect_station``: the id that the request must be of (a station that renews its key by sync).

        :raises KnownError: the request is broken, of the other mode, or of another station.
        """
        wanted = enrolment.read_request(request)
        if expect_station is not None and wanted.station_id != expect_station:
            raise RefusedError("The request is another station's.")
        with self.working() as (authority, _write):
            # The national key stands in the list that the station takes home, so that it knows the codes that come.
            authority.national_signer(at=self.store.clock.now())
            # The certificate first: a request that the authority refuses leaves no station behind.
            answer = authority.answer(request, sync={"portal_url": portal_url, "token": ""}, at=self.store.clock.now())
        province, commune = wanted.province_code, wanted.commune_code
        facts = stations.StationFacts(wanted.station_id, wanted.name, province, commune, wanted.code)
        stations.register(self.store, facts)
        if expect_station is not None:
            return answer
        sync = {"portal_url": portal_url, "token": stations.new_token(self.store, wanted.station_id)}
        with self.working() as (authority, _write):
            return authority.answer(request, sync=sync, at=self.store.clock.now())

    def same_code(self, request: Mapping[str, Any]) -> str:
        """The name of another station that is at work under the code of a request; empty where there is none."""
        wanted = enrolment.read_request(request)
        with self.store.writing() as write:
            where = and_(Station.code == wanted.code, Station.id != wanted.station_id, Station.active.is_(True))
            return write.connection.execute(select(Station.name).where(where)).scalar() or ""

    def take_revocations(self) -> int:
        """Put on the list what stations withdrew or replaced since last time; how many codes were taken.

        May be cut off at any point and run again: the authority takes an entry once.
        """
        taken = 0
        with self.working() as (authority, write):
            mark = int.from_bytes(self.store.value(write.connection, _MARK) or b"", "big")
            where = and_(Resource.type == "DocumentReference", Resource.seq > mark, Resource.status.in_(sorted(_KINDS)))
            query = select(Resource.__table__).where(where)
            for row in write.connection.execute(query.order_by(Resource.seq)).all():
                mark = row.seq
                document = json.loads(f"{{{row.body}}}")
                found = _certificate_of(document)
                if found is None:
                    continue
                identifier, message = found
                if not _signed_by(authority, row.owner, message):
                    log.warning("a station's wish to revoke a code that is not its own was passed over")
                    continue
                day = _ended(document, today(self.store.clock))
                authority.revoke_code(identifier, _KINDS[row.status], day=day)
                taken += 1
            self.store.keep_value(write.connection, _MARK, mark.to_bytes(8, "big"))
        return taken

    def signed_list(self, kind: str) -> bytes:
        """The signed ``trust`` or ``revocation`` list, up to date."""
        self.take_revocations()
        with self.working() as (authority, _write):
            now = self.store.clock.now()
            return authority.trust_list(now) if kind == "trust" else authority.revocation_list(now)

    def trust(self) -> Trust:
        """What the portal's own check page trusts: the lists that it serves."""
        data = (self.signed_list("trust"), self.signed_list("revocation"))
        if self._trust is None or self._trust[:2] != data:
            opened = [lists.open_list(one, self._authority.root) for one in data]
            trust_list = next(one for one in opened if isinstance(one, TrustList))
            revocation_list = next(one for one in opened if isinstance(one, RevocationList))
            self._trust = (*data, Trust(trust_list=trust_list, revocation_list=revocation_list))
        return self._trust[2]


def _certificate_of(document: Mapping[str, Any]) -> tuple[str, cose.Sign1] | None:
    """The certificate's id and its signed message, where the document is a paper with a code."""
    try:
        data = document["content"][0]["attachment"]["data"]
        text = base64.b64decode(data, validate=True).decode("ascii")
        message = cose.parse(hc1.inflate(base45.decode(hc1.unprefix(text))))
        identifiers = lists.claims_identifiers(hc1.claims(message.payload))
    except (KeyError, IndexError, TypeError, ValueError, binascii.Error):
        return None
    return (identifiers[0], message) if identifiers else None


def _ended(document: Mapping[str, Any], latest: date) -> date:
    """Since when the paper no longer holds, as its station says; ``latest`` where it says nothing that can be."""
    parts = document.get("extension")
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, dict) and part.get("url") == ENDED:
            try:
                said = date.fromisoformat(str(part.get("valueDate", "")))
            except ValueError:
                break
            return said if EARLIEST <= said <= latest else latest
    return latest


def _signed_by(authority: Authority, station_id: str, message: cose.Sign1) -> bool:
    keys = (TrustedKey.of(one.certificate) for one in authority.stations() if one.station_id == station_id)
    return any(key.kid == message.kid and cose.verify(message, key.key) for key in keys)
