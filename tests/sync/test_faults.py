"""Each fault of the line, at push and at pull: nothing is lost, nothing doubled, and the status is never untrue."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from support.exchange import differences, put, status
from support.fault_proxy import AFTER, BEFORE, LISTS, FaultProxy, Seen, fault_proxy
from support.fhir_samples import new_id
from support.portal import PortalProcess, running_portal
from support.station import TestStation, make_station

from vaxdesk import settings
from vaxdesk.certificates.authority import Authority
from vaxdesk.db.tables import Person, Registration
from vaxdesk.errors import KnownError
from vaxdesk.services import upkeep
from vaxdesk.services.context import store_setting
from vaxdesk.sync import client, pull
from vaxdesk.sync.once import sync_once

EVERY = (*BEFORE, *AFTER)


@dataclass
class Line:
    """A station, the portal, and what lies between."""

    station: TestStation
    portal: PortalProcess
    proxy: FaultProxy
    lot: str
    session: str
    people: int = 0
    online: set[str] = field(default_factory=set)

    def visit(self) -> None:
        """One person up to her dose."""
        self.people += 1
        person = self.station.person(self.session, national_id="", full_name=f"Lò Văn {WORDS[self.people % 12]}")
        self.station.consent(person.person_id, person.visit_id)
        self.station.screen(person.visit_id)
        self.station.dose(person.visit_id, self.lot)

    def registers(self) -> str:
        """Somebody registers online; the number."""
        person, number, appointment = new_id(), new_id(), new_id()
        self.online |= {person, appointment}
        put(
            self.station,
            self.portal.fhir,
            {
                "resourceType": "Patient",
                "id": person,
                "name": [{"text": "Vì Thị Lả"}],
                "birthDate": "1994-05-02",
                "gender": "female",
                "managingOrganization": {"reference": f"Organization/{self.station.ctx.station.id}"},
            },
        )
        put(
            self.station,
            self.portal.fhir,
            {
                "resourceType": "Appointment",
                "id": appointment,
                "identifier": [{"system": "urn:vaxdesk:registration", "value": number}],
                "status": "proposed",
                "participant": [{"actor": {"reference": f"Patient/{person}"}, "status": "accepted"}],
            },
        )
        return number

    def exchange(self) -> KnownError | None:
        """One exchange; the error that the user would read. What it then says of itself must be true."""
        self.station.clock.advance(timedelta(seconds=16))
        error = None
        try:
            sync_once(self.station.ctx)
        except KnownError as known:
            error = known
        if self.proxy.broken and status(self.station).all_sent:
            assert differences(self.station, self.portal.fhir, self.online) == []
        return error

    def settle(self) -> None:
        """The faults are over: exchange until all is quiet, and compare."""
        self.proxy.off()
        self.proxy.broken.clear()
        for _round in range(8):
            self.exchange()
            if status(self.station).all_sent:
                break
        assert status(self.station).all_sent
        assert differences(self.station, self.portal.fhir, self.online) == []


WORDS = ("An", "Bình", "Cả", "Dọn", "Én", "Pản", "Hặc", "Ín", "Khụt", "Lả", "Mai", "Nọi")


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    folder = tmp_path_factory.mktemp("faults")
    Authority.create(folder / "keys", "Trung tâm Y tế khu vực Sốp Cộp")
    with running_portal(folder, "--rate", "5000", authority=folder / "keys") as portal:
        station = make_station(folder, moment=datetime.now(UTC) + timedelta(minutes=1))
        station.enrol_at(portal, folder)
        with fault_proxy(portal.url) as proxy:
            with station.ctx.write() as uow:
                store_setting(uow, settings.PORTAL_URL, proxy.url)
                uow.commit()
            lot = station.lot(doses=900)
            line = Line(station, portal, proxy, lot, station.session(lot))
            line.settle()
            yield line
        station.database.close()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A read time-out that a test can wait for; long enough for a slow machine's honest answers."""
    monkeypatch.setattr(client, "READ_SECONDS", 1.5)
    # The portal shows commits in order; looking back 150 s would read everything of these tests each time.
    monkeypatch.setattr(pull, "OVERLAP", timedelta(seconds=2))


def pushes(seen: Seen) -> bool:
    return seen.pushes


def pulls(seen: Seen) -> bool:
    return seen.pulls


@pytest.mark.parametrize("fault", [*EVERY, *LISTS, "late"])
def test_a_fault_while_sending(line: Line, fault: str) -> None:
    line.visit()
    line.visit()
    line.proxy.broken.clear()
    line.proxy.once(fault, pushes)
    error = line.exchange()
    assert line.proxy.broken == [fault]
    if fault in BEFORE and fault not in ("500", "504", "413"):
        assert error is not None, "the user is told that there is no connection"
        assert not status(line.station).all_sent
    line.settle()


@pytest.mark.parametrize("start", range(4))
def test_faults_while_receiving(line: Line, start: int) -> None:
    """One after the other, each with a registration to bring down; whatever comes late comes once."""
    numbers = []
    for fault in EVERY[start::4]:
        numbers.append(line.registers())
        line.proxy.broken.clear()
        line.proxy.once(fault, pulls)
        line.exchange()
        assert line.proxy.broken == [fault]
    line.settle()
    with line.station.ctx.read() as uow:
        for number in numbers:
            (row,) = uow.find(Registration, portal_number=number)
            assert uow.get(Person, row.person_id) is not None


def test_a_waiting_time_that_the_portal_names_reaches_the_worker(line: Line) -> None:
    for fault, least in (("429-seconds", 3.0), ("429-date", 1.0)):
        line.visit()
        line.proxy.once(fault, pushes)
        error = line.exchange()
        assert isinstance(error, client.Offline)
        assert error.retry_after is not None
        assert least <= error.retry_after <= 3.0
        line.settle()


def test_a_portal_that_is_down_blames_no_record(line: Line) -> None:
    line.visit()
    line.proxy.plan = lambda seen: "503" if seen.pushes else None
    for _try in range(5):
        assert line.exchange() is not None
    with line.station.database.reader() as conn:
        from vaxdesk.queries import outbox

        entries = [row for row in outbox.entries(conn) if row.state not in ("accepted", "superseded")]
    assert entries
    assert {row.attempts for row in entries} == {0}
    line.settle()


def test_a_record_that_the_portal_always_fails_on_holds_nobody_up(line: Line) -> None:
    """500 for ever for one person: the others arrive, new work goes on, and the status says that one is missing."""
    line.visit()
    line.visit()
    with line.station.ctx.read() as uow:
        poison = uow.find(Person, Person.created_at)[-1].id.encode()
    bodies: list[bytes] = []

    def plan(seen: Seen) -> str | None:
        import gzip

        body = gzip.decompress(seen.body) if seen.headers.get("Content-Encoding") == "gzip" else seen.body
        bodies.append(body)
        return "500" if seen.pushes and poison in body else None

    line.proxy.plan = plan
    for _round in range(4):
        line.exchange()
    line.visit()
    for _round in range(3):
        line.exchange()
    now = status(line.station)
    assert not now.all_sent
    assert differences(line.station, line.portal.fhir, line.online)
    with line.station.ctx.read() as uow:
        from vaxdesk.db.tables import Outbox

        late = {row.person_id.encode() for row in uow.find(Outbox) if row.state not in ("accepted", "superseded")}
    assert late == {poison}
    line.station.clock.advance(timedelta(minutes=16))
    line.settle()


def test_the_same_bytes_go_again_after_an_answer_was_lost(line: Line) -> None:
    line.visit()
    line.proxy.seen.clear()
    line.proxy.once("cut-before", pushes, 2)
    line.exchange()
    line.exchange()
    line.settle()
    import gzip
    import json

    sent: dict[str, set[bytes]] = {}
    for seen in line.proxy.seen:
        if seen.pushes:
            body = gzip.decompress(seen.body) if seen.headers.get("Content-Encoding") == "gzip" else seen.body
            for entry in json.loads(body).get("entry", []):
                raw = json.dumps(entry["resource"], ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
                assert raw in body, "the body stands in the request as it was frozen"
                sent.setdefault(entry["request"]["url"], set()).add(raw)
    assert sent
    assert all(len(bodies) == 1 for bodies in sent.values())


def test_a_link_to_another_host_is_not_followed_and_no_key_goes_there(line: Line) -> None:
    from vaxdesk.sync.client import FhirClient

    known = FhirClient(line.portal.url, "secret")
    for link in ("http://127.0.0.1:9/fhir/Patient", "//evil.example/fhir", line.portal.url.replace("://", "://x@")):
        with pytest.raises(KnownError, match="another host"):
            known.get(link)
    assert known.get("/fhir/metadata").status == 200
    known.close()


def test_the_file_is_sound_after_all_that(line: Line) -> None:
    assert upkeep.check(line.station.ctx) == []


@pytest.mark.long
@pytest.mark.parametrize("seed", range(6))
def test_a_long_day_of_faults(line: Line, seed: int) -> None:
    """Faults at random, one request in three, while work goes on; then quiet: each record once."""
    chance = random.Random(seed)
    numbers = []

    def plan(seen: Seen) -> str | None:
        if chance.random() > 0.33:
            return None
        choice = chance.choice([*EVERY, *LISTS, "late"])
        return choice if seen.pushes or (choice in EVERY and seen.method == "GET") else None

    for _hour in range(25):
        for _person in range(chance.randint(0, 4)):
            line.visit()
        if chance.random() < 0.3:
            numbers.append(line.registers())
        line.proxy.plan = plan
        line.exchange()
    line.proxy.off()
    line.station.clock.advance(timedelta(minutes=16))
    line.settle()
    with line.station.ctx.read() as uow:
        assert all(len(uow.find(Registration, portal_number=number)) == 1 for number in numbers)
    assert upkeep.check(line.station.ctx) == []
