"""The station and a real portal process: everything arrives once, in words when refused, and the status is true."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from support.fhir_samples import new_id
from support.portal import PortalProcess, running_portal, start_portal
from support.station import TestStation, make_station

from vaxdesk.certificates.authority import Authority
from vaxdesk.db.tables import Outbox
from vaxdesk.queries import outbox, visits
from vaxdesk.queries import people as people_query
from vaxdesk.services import certificates, people
from vaxdesk.sync.client import Offline, retry_after
from vaxdesk.sync.once import sync_once
from vaxdesk.sync.wire import outcome_words, status_of


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalProcess]:
    folder = tmp_path_factory.mktemp("portal")
    Authority.create(folder / "keys", "Trung tâm Y tế khu vực Sốp Cộp")
    with running_portal(folder, "--rate", "5000", authority=folder / "keys") as portal:
        yield portal


@pytest.fixture
def station(tmp_path: Path, portal: PortalProcess) -> Iterator[TestStation]:
    station = make_station(tmp_path, moment=datetime.now(UTC) + timedelta(minutes=1))
    station.enrol_at(portal, tmp_path)
    yield station
    station.database.close()


def held(station: TestStation, portal: PortalProcess, kind: str) -> list[dict]:
    from vaxdesk import settings

    token = station.ctx.setting(settings.PORTAL_TOKEN)
    answer = requests.get(
        f"{portal.fhir}/{kind}", headers={"Authorization": f"Bearer {token}"}, params={"_count": "200"}, timeout=20
    )
    return [entry["resource"] for entry in answer.json().get("entry", [])]


def status(station: TestStation) -> outbox.SyncStatus:
    with station.database.reader() as conn:
        return outbox.status(conn)


def test_a_day_arrives_whole_and_once_and_only_then_all_is_sent(station: TestStation, portal: PortalProcess) -> None:
    lot = station.lot()
    session = station.session(lot)
    persons = [
        station.through(session, lot, national_id="", full_name=f"Lò Văn {name}") for name in ("An", "Bình", "Cả")
    ]
    certificates.issue(station.ctx, persons[0].person_id, persons[0].visit_id)
    assert not status(station).all_sent
    station.clock.advance(timedelta(seconds=11))
    result = sync_once(station.ctx)
    assert result.status is not None
    assert result.status.all_sent
    assert result.pushed.refused == 0

    assert Counter(len(held(station, portal, kind)) for kind in ("Encounter", "Consent", "Immunization")) == {3: 3}
    patients = held(station, portal, "Patient")
    assert {p["name"][0]["text"] for p in patients} == {"Lò Văn An", "Lò Văn Bình", "Lò Văn Cả"}
    (paper,) = held(station, portal, "DocumentReference")
    assert base64.b64decode(paper["content"][0]["attachment"]["data"]).startswith(b"HC1:")
    doses = held(station, portal, "Immunization")
    assert {dose["lotNumber"] for dose in doses} == {"ABX3107"}
    assert {dose["encounter"]["reference"].split("/")[1] for dose in doses} == {p.visit_id for p in persons}
    assert all(encounter["status"] == "finished" for encounter in held(station, portal, "Encounter"))

    versions = {(p["id"], p["meta"]["versionId"]) for p in patients}
    sync_once(station.ctx)
    noted, state = status(station).last_sent, station.database.data_version()
    station.clock.advance(timedelta(minutes=1))
    again = sync_once(station.ctx)
    assert station.database.data_version() == state, "an idle exchange writes nothing: windows need not read again"
    station.clock.advance(timedelta(hours=1))
    sync_once(station.ctx)
    assert status(station).last_sent > noted
    assert again.pushed.accepted == 0
    assert {(p["id"], p["meta"]["versionId"]) for p in held(station, portal, "Patient")} == versions


def test_what_can_still_be_undone_is_not_sent(station: TestStation) -> None:
    station.person(station.session(station.lot()))
    sync_once(station.ctx)
    assert status(station).waiting > 0
    station.clock.advance(timedelta(seconds=11))
    sync_once(station.ctx)
    assert status(station).all_sent


def test_an_answer_lost_after_the_portal_kept_it_is_looked_up_and_not_doubled(
    station: TestStation, portal: PortalProcess
) -> None:
    lot = station.lot()
    station.through(station.session(lot), lot)
    station.clock.advance(timedelta(seconds=11))
    sync_once(station.ctx)
    before = {(d["id"], d["meta"]["versionId"]) for d in held(station, portal, "Immunization")}
    with station.ctx.write() as uow:
        for entry in uow.find(Outbox, state="accepted"):
            entry.state = "sending"
        uow.commit()
    assert not status(station).all_sent
    sync_once(station.ctx)
    assert status(station).all_sent
    assert {(d["id"], d["meta"]["versionId"]) for d in held(station, portal, "Immunization")} == before


def test_a_refused_person_is_parked_with_what_depends_on_her_and_the_others_arrive(
    station: TestStation, portal: PortalProcess
) -> None:
    lot = station.lot()
    session = station.session(lot)
    bad = station.through(session, lot, national_id="", full_name="Sai Một")
    station.through(session, lot, national_id="", full_name="Đúng Hai")
    with station.ctx.write() as uow:
        entry = uow.first(Outbox, resource_type="Patient", resource_id=bad.person_id)
        body = {"resourceType": "Patient", "id": bad.person_id, "name": [{"text": "Sai Một"}], "gender": "nonsense"}
        entry.body = json.dumps(body).encode()
        uow.commit()
    station.clock.advance(timedelta(seconds=11))
    result = sync_once(station.ctx)
    assert [p["name"][0]["text"] for p in held(station, portal, "Patient")] == ["Đúng Hai"]
    assert result.status.refused == 1
    assert result.status.blocked > 0
    assert not result.status.all_sent
    with station.database.reader() as conn:
        top = outbox.entries(conn)[0]
        assert (top.state, top.resource_type) == ("refused", "Patient")
        assert "gender" in top.last_outcome
        assert visits.one(conn, bad.visit_id).stage == "done"
        card = people_query.card(conn, bad.person_id)
    people.change(station.ctx, bad.person_id, card.details.with_(village="Bản Mới"), card.version, "")
    station.clock.advance(timedelta(seconds=11))
    sync_once(station.ctx)
    assert status(station).all_sent
    assert len(held(station, portal, "Immunization")) == 2


def test_nothing_is_lost_while_the_portal_is_away(tmp_path: Path) -> None:
    Authority.create(tmp_path / "keys", "Trung tâm Y tế")
    portal = start_portal(tmp_path, authority=tmp_path / "keys")
    station = make_station(tmp_path, moment=datetime.now(UTC) + timedelta(minutes=1))
    station.enrol_at(portal, tmp_path)
    port = portal.url.rpartition(":")[2]
    portal.stop()
    station.through(station.session(lot := station.lot()), lot)
    station.clock.advance(timedelta(seconds=11))
    with pytest.raises(Offline, match="cannot be reached"):
        sync_once(station.ctx)
    assert not status(station).all_sent
    portal = start_portal(tmp_path, port=int(port), authority=tmp_path / "keys")
    station.clock.advance(timedelta(minutes=16))
    sync_once(station.ctx)
    assert status(station).all_sent
    portal.stop()
    station.database.close()


def test_an_online_registration_comes_down_and_is_audited_as_from_the_portal(
    station: TestStation, portal: PortalProcess
) -> None:
    sync_once(station.ctx)
    from vaxdesk import settings

    token = station.ctx.setting(settings.PORTAL_TOKEN)
    ident, number = new_id(), "7KM3N-04CXP-2HTRV"
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/fhir+json"}
    person = {
        "resourceType": "Patient",
        "id": ident,
        "name": [{"text": "Vì Thị Lả", "family": "Vì", "given": ["Thị", "Lả"]}],
        "birthDate": "1994-05-02",
        "gender": "female",
        "managingOrganization": {"reference": f"Organization/{station.ctx.station.id}"},
    }
    appointment = {
        "resourceType": "Appointment",
        "id": new_id(),
        "identifier": [{"system": "urn:vaxdesk:registration", "value": number}],
        "status": "proposed",
        "participant": [{"actor": {"reference": f"Patient/{ident}"}, "status": "accepted"}],
        "requestedPeriod": [{"start": "2026-11-23", "end": "2026-11-23"}],
    }
    for resource in (person, appointment):
        url = f"{portal.fhir}/{resource['resourceType']}/{resource['id']}"
        answer = requests.put(url, json=resource, headers=headers, timeout=20)
        assert answer.status_code in (200, 201), answer.text
    sync_once(station.ctx)
    with station.database.reader() as conn:
        (row,) = people_query.search(conn, "vi thi la")
        card = people_query.card(conn, row.id)
        assert (card.origin, card.portal_number) == ("portal", number)
    assert status(station).all_sent
    again = sync_once(station.ctx)
    assert again.pulled.applied == 0


def test_a_practice_file_never_meets_a_real_portal(tmp_path: Path, portal: PortalProcess) -> None:
    from vaxdesk import settings
    from vaxdesk.errors import RefusedError
    from vaxdesk.services.context import store_setting

    station = make_station(tmp_path / "practice", practice=True)
    with station.ctx.write() as uow:
        store_setting(uow, settings.PORTAL_URL, portal.url)
        store_setting(uow, settings.PORTAL_TOKEN, portal.station("999"))
        uow.commit()
    with pytest.raises(RefusedError, match="practice"):
        sync_once(station.ctx)
    assert held(station, portal, "Practitioner") == []
    station.database.close()


@pytest.mark.parametrize(
    ("text", "seconds"), [("120", 120.0), ("99999", 3600.0), ("", None), ("soon", None), ("-5", None)]
)
def test_retry_after_is_obeyed_in_bounds(text: str, seconds: float | None) -> None:
    assert retry_after(text) == seconds


def test_retry_after_may_be_a_date() -> None:
    now = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
    assert retry_after("Sat, 21 Nov 2026 08:02:00 GMT", now) == 120.0
    assert retry_after("Sat, 21 Nov 2026 07:00:00 GMT", now) == 0.0


@pytest.mark.parametrize("odd", [None, {}, {"status": ""}, {"status": "ok"}, [], {"status": None}, 200])
def test_an_odd_entry_is_never_a_success(odd: object) -> None:
    assert status_of(odd) is None


@pytest.mark.parametrize("odd", [None, [], {"issue": "x"}, {"issue": [None, {"expression": []}]}])
def test_an_odd_outcome_gives_words_or_nothing(odd: object) -> None:
    assert isinstance(outcome_words(odd), str)
