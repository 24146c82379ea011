"""Two stations of one district at a real portal process, and what a test asks of their papers."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import requests
from support.fhir_samples import new_id
from support.portal import PortalProcess
from support.station import TestStation, make_station

from vaxdesk import settings
from vaxdesk.certificates import base45, cose, hc1
from vaxdesk.clock import FixedClock
from vaxdesk.db.tables import Certificate
from vaxdesk.queries import certificates as certificate_queries
from vaxdesk.queries import outbox
from vaxdesk.services import certificates, verifying
from vaxdesk.sync.once import sync_once


class RunningClock(FixedClock):
    """Goes on with the portal's, a minute behind it at first: what a station signs is valid at the portal at once."""

    def __init__(self) -> None:
        self.ahead = timedelta(minutes=-1)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def advance(self, step: timedelta) -> None:
        self.ahead += step


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Room:
    """A portal with its authority's folder, and two stations of one district."""

    portal: PortalProcess
    keys: Path
    here: TestStation
    there: TestStation


@contextmanager
def opened(portal: PortalProcess, folder: Path) -> Iterator[Room]:
    assert portal.authority is not None
    stations = []
    for code in ("118", "119"):
        station = make_station(folder / code, moment=now() - timedelta(minutes=1), code=code)
        station.clock = station.ctx.clock = RunningClock()
        station.enrol_at(portal, folder / code)
        stations.append(station)
    yield Room(portal, portal.authority, *stations)
    for station in stations:
        station.database.close()


def exchange(*stations: TestStation, conflicts: int = 0) -> None:
    for station in stations:
        station.clock.advance(timedelta(seconds=11))
        sync_once(station.ctx)
        with station.database.reader() as conn:
            status = outbox.status(conn)
        # What the pull itself owes (a paper that the national code replaced) goes with the next exchange.
        assert (status.refused, status.blocked, status.unknown, status.conflicts) == (0, 0, 0, conflicts)


def paper(station: TestStation, certificate_id: str) -> Certificate:
    with station.database.reader() as conn:
        row = conn.get(Certificate, certificate_id)
    assert row is not None
    return row


def issued(station: TestStation, person_id: str) -> Certificate:
    return paper(station, certificates.issue(station.ctx, person_id).certificate_id)


def held(station: TestStation, person_id: str) -> Certificate:
    with station.database.reader() as conn:
        rows = certificate_queries.of_person(conn, person_id)
    (one,) = [row for row in rows if row.why == "issued"]
    return paper(station, one.certificate_id)


def verdict(station: TestStation, text: str) -> str:
    (found,) = verifying.check(station.ctx, text)
    return found.verdict


def words(station: TestStation, text: str) -> str:
    (found,) = verifying.check(station.ctx, text)
    return found.words("vi")


def reprint(station: TestStation) -> dict[str, str]:
    with station.database.reader() as conn:
        return {row.person_id: row.why for row in certificate_queries.to_reprint(conn, "covid19")}


def token(station: TestStation) -> dict[str, str]:
    key = station.ctx.setting(settings.PORTAL_TOKEN)
    return {"Authorization": f"Bearer {key}", "Content-Type": "application/fhir+json"}


def put(room: Room, resource: dict) -> None:
    url = f"{room.portal.fhir}/{resource['resourceType']}/{resource['id']}"
    answer = requests.put(url, json=resource, headers=token(room.here), timeout=20)
    assert answer.status_code in (200, 201), answer.text


def document(person_id: str, text: str, status: str = "current") -> dict:
    """A document as the portal makes it for a national code; here somebody else sends it."""
    return {
        "resourceType": "DocumentReference",
        "id": new_id(),
        "status": status,
        "type": {"text": "vaccination-certificate"},
        "category": [{"text": "national"}],
        "subject": {"reference": f"Patient/{person_id}"},
        "content": [{"attachment": {"contentType": "text/plain", "data": base64.b64encode(text.encode()).decode()}}],
    }


def content_of(text: str) -> dict:
    message = cose.parse(hc1.inflate(base45.decode(hc1.unprefix(text))))
    return dict(hc1.claims(message.payload).certificate or {})
