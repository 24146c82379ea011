"""What comes down and meets what is here: people merged field by field, registrations joined, consents, audit heads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.exchange import differences, held, put, status
from support.fhir_samples import new_id
from support.portal import PortalProcess, running_portal
from support.station import TestStation, details, make_station

from vaxdesk.certificates.authority import Authority
from vaxdesk.db.tables import (
    AuditEntry,
    AuditHead,
    Conflict,
    Consent,
    Outbox,
    Person,
    PersonChange,
    Registration,
    VaccinationSession,
)
from vaxdesk.errors import RefusedError
from vaxdesk.queries import people as people_query
from vaxdesk.services import joining, people, registrations, upkeep
from vaxdesk.sync import merge, views
from vaxdesk.sync.fhir.systems import DEFAULT as SYSTEMS
from vaxdesk.sync.once import sync_once


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalProcess]:
    folder = tmp_path_factory.mktemp("portal")
    Authority.create(folder / "keys", "Trung tâm Y tế khu vực Sốp Cộp")
    with running_portal(folder, "--rate", "5000", authority=folder / "keys") as portal:
        yield portal


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory, portal: PortalProcess) -> Iterator[TestStation]:
    folder = tmp_path_factory.mktemp("station")
    station = make_station(folder, moment=datetime.now(UTC) + timedelta(minutes=1))
    station.enrol_at(portal, folder)
    yield station
    station.database.close()


def exchange(station: TestStation) -> Any:
    station.clock.advance(timedelta(seconds=11))
    return sync_once(station.ctx)


def change(station: TestStation, person_id: str, reason: str = "", **values: object) -> None:
    with station.database.reader() as conn:
        card = people_query.card(conn, person_id)
    people.change(station.ctx, person_id, card.details.with_(**values), card.version, reason)


def stands(station: TestStation, person_id: str) -> Any:
    with station.database.reader() as conn:
        return people_query.card(conn, person_id).details


def at_portal(station: TestStation, portal: PortalProcess, person_id: str) -> dict[str, Any]:
    return next(item for item in held(station, portal.fhir, "Patient") if item["id"] == person_id)


# three-way


def test_each_side_changed_another_field_and_both_hold(station: TestStation, portal: PortalProcess) -> None:
    person = station.person(national_id="", full_name="Lò Văn Gộp").person_id
    exchange(station)
    remote = at_portal(station, portal, person)
    put(station, portal.fhir, {**remote, "telecom": [{"system": "phone", "value": "0912345678"}]})
    change(station, person, village="Bản Mới")
    result = exchange(station)
    assert result.pulled.conflicts == 0
    exchange(station)
    assert (stands(station, person).village, stands(station, person).phone) == ("Bản Mới", "0912345678")
    there = at_portal(station, portal, person)
    assert (there["address"][0]["line"], there["telecom"][0]["value"]) == (["Bản Mới"], "0912345678")
    assert status(station).all_sent
    assert differences(station, portal.fhir) == []


def both_changed(station: TestStation, portal: PortalProcess, name: str) -> tuple[str, str]:
    person = station.person(national_id="", full_name=name, phone="0911111111").person_id
    exchange(station)
    remote = at_portal(station, portal, person)
    put(station, portal.fhir, {**remote, "telecom": [{"system": "phone", "value": "0922222222"}]})
    change(station, person, phone="0933333333", village="Bản Mới")
    exchange(station)
    assert status(station).conflicts == 1
    assert not status(station).all_sent
    assert at_portal(station, portal, person)["telecom"][0]["value"] == "0922222222", "not overwritten in silence"
    with station.ctx.read() as uow:
        return person, uow.find(Conflict, resource_id=person, resolved_at=None)[0].id


@pytest.mark.parametrize(("take", "phone"), [(frozenset({"phone"}), "0922222222"), (frozenset(), "0933333333")])
def test_both_changed_one_field_and_a_person_decides(
    station: TestStation, portal: PortalProcess, take: frozenset[str], phone: str
) -> None:
    person, conflict = both_changed(station, portal, f"Lò Thị Chọn {len(take)}")
    sides = views.sides(station.ctx, conflict)
    assert [(pair.field, pair.mine, pair.theirs) for pair in sides.pairs] == [("phone", "0933333333", "0922222222")]
    exchange(station)
    assert status(station).conflicts == 1, "it waits, and is not noted twice"
    views.decide(station.ctx, conflict, take)
    exchange(station)
    assert status(station).all_sent
    assert status(station).conflicts == 0
    assert stands(station, person).phone == phone
    assert stands(station, person).village == "Bản Mới"
    there = at_portal(station, portal, person)
    assert (there["telecom"][0]["value"], there["address"][0]["line"]) == (phone, ["Bản Mới"])
    with station.ctx.read() as uow:
        values = {value for row in uow.find(PersonChange, person_id=person) for value in (row.old, row.new)}
    assert {"0922222222", "0933333333"} <= values, "both stay in the history"


def test_an_identity_that_the_portal_verified_wins_and_the_history_says_so(
    station: TestStation, portal: PortalProcess
) -> None:
    person = station.person(national_id="", full_name="Lò Thị Sác").person_id
    exchange(station)
    remote = at_portal(station, portal, person)
    name = [{"use": "official", "text": "Lò Thị Xác", "family": "Lò", "given": ["Thị", "Xác"]}]
    tag = {"system": SYSTEMS.identity, "code": "verified"}
    meta = {"tag": [*remote["meta"].get("tag", []), tag]}
    put(station, portal.fhir, {**remote, "name": name, "meta": meta})
    change(station, person, "nghe nhầm", full_name="Lò Thị Sắc")
    assert exchange(station).pulled.conflicts == 0
    assert stands(station, person).full_name == "Lò Thị Xác"
    with station.ctx.read() as uow:
        found = [(row.old, row.new, row.origin) for row in uow.find(PersonChange, person_id=person, field="full_name")]
    assert ("Lò Thị Sắc", "Lò Thị Xác", "portal") in found
    exchange(station)
    assert status(station).all_sent


def test_split_judges_field_by_field() -> None:
    base = details(phone="1", village="A", email="")
    mine = base.with_(phone="2", village="B")
    theirs = base.with_(phone="3", email="e@x.vn")
    found = merge.split(base, mine, theirs, owed=True)
    assert (found.theirs, found.both, found.verified) == (("email",), ("phone",), ())
    assert merge.split(base, base, theirs, owed=False).theirs == ("phone", "email")
    assert merge.split(base, mine, base, owed=True) == merge.Split((), (), ())


def test_our_dose_that_was_changed_at_the_portal_waits_for_a_person(
    station: TestStation, portal: PortalProcess
) -> None:
    lot = station.lot("LOT9")
    person = station.through(station.session(lot), lot, national_id="", full_name="Lò Văn Liều")
    exchange(station)
    (dose,) = [item for item in held(station, portal.fhir, "Immunization") if person.person_id in str(item["patient"])]
    put(station, portal.fhir, {**dose, "lotNumber": "OTHER"})
    assert exchange(station).pulled.conflicts == 1
    with station.ctx.read() as uow:
        conflict = uow.find(Conflict, resource_id=dose["id"], resolved_at=None)[0].id
    views.decide(station.ctx, conflict, frozenset())
    exchange(station)
    assert status(station).all_sent
    again = next(item for item in held(station, portal.fhir, "Immunization") if item["id"] == dose["id"])
    assert (again["lotNumber"], again["meta"]["versionId"]) == ("LOT9", "3")


# registrations


def online(station: TestStation, portal: PortalProcess, name: str, birth: str, number: str) -> tuple[str, str]:
    """Somebody registers online and agrees; the ids of the Patient and of the registration."""
    person, appointment, consent = new_id(), new_id(), new_id()
    code = new_id()
    here = {"reference": f"Organization/{station.ctx.station.id}"}
    family, _space, given = name.partition(" ")
    identifiers = [{"system": SYSTEMS.registration, "value": code}]
    if number:
        identifiers.append({"system": SYSTEMS.national_id, "value": number})
    put(
        station,
        portal.fhir,
        {
            "resourceType": "Patient",
            "id": person,
            "identifier": identifiers,
            "name": [{"text": name, "family": family, "given": given.split()}],
            "birthDate": birth,
            "gender": "male",
            "managingOrganization": here,
        },
    )
    put(
        station,
        portal.fhir,
        {
            "resourceType": "Appointment",
            "id": appointment,
            "identifier": [{"system": SYSTEMS.registration, "value": code}],
            "status": "proposed",
            "participant": [
                {"actor": {"reference": f"Patient/{person}"}, "status": "accepted"},
                {"actor": here, "status": "needs-action"},
            ],
        },
    )
    scope = "http://terminology.hl7.org/CodeSystem/consentscope"
    put(
        station,
        portal.fhir,
        {
            "resourceType": "Consent",
            "id": consent,
            "extension": [{"url": SYSTEMS.declaration, "valueCode": "read"}],
            "status": "active",
            "scope": {"coding": [{"system": scope, "code": "treatment"}]},
            "category": [{"text": "covid19"}],
            "patient": {"reference": f"Patient/{person}"},
            "dateTime": "2026-11-20T09:00:00+07:00",
            "policyRule": {"text": "adult-5785 2021-12"},
            "verification": [{"verified": True, "verifiedWith": {"display": "Lò Thị Mẹ"}}],
        },
    )
    return person, appointment


def test_a_registration_of_somebody_known_is_joined_and_the_portals_id_stays(
    station: TestStation, portal: PortalProcess
) -> None:
    known = station.person(full_name="Nguyễn Văn Anh").person_id
    exchange(station)
    alias, appointment = online(station, portal, "Nguyễn  Văn Anh", "1990-01-01", "014090123456")
    assert exchange(station).pulled.joined == 1
    with station.ctx.read() as uow:
        assert uow.find(Person, id=alias)[0].merged_into == known
        (row,) = uow.find(Registration, person_id=known, source="portal")
        (consent,) = uow.find(Consent, person_id=known)
        assert (consent.origin, consent.how, consent.by, consent.declared) == ("portal", "portal", "guardian", ["read"])
        assert (consent.text_id, consent.text_version, consent.answer) == ("adult-5785", "2021-12", "given")
        registration = row.id
    exchange(station)
    link = at_portal(station, portal, alias)["link"]
    assert link == [{"other": {"reference": f"Patient/{known}"}, "type": "replaced-by"}]
    registrations.approve(station.ctx, registration)
    exchange(station)
    (there,) = [item for item in held(station, portal.fhir, "Appointment") if item["id"] == appointment]
    assert there["status"] == "booked"
    assert [part["status"] for part in there["participant"]] == ["accepted", "accepted"]
    assert status(station).all_sent
    with station.database.reader() as conn:
        assert [row.id for row in people_query.search(conn, "nguyen van anh")] == [known]


def test_who_is_only_likely_the_same_waits_and_is_joined_by_hand(station: TestStation, portal: PortalProcess) -> None:
    known = station.person(national_id="", full_name="Lò Văn Giống").person_id
    exchange(station)
    other, _appointment = online(station, portal, "Lò Văn Giống", "1990-01-01", "")
    assert exchange(station).pulled.joined == 0
    with station.ctx.read() as uow:
        (row,) = uow.find(Registration, person_id=other)
        registration, found = row.id, row.details["likely"]
    assert found == [known]
    joining.join_registration(station.ctx, registration, known)
    exchange(station)
    with station.ctx.read() as uow:
        assert uow.find(Person, id=other)[0].merged_into == known
        assert uow.find(Registration, id=registration)[0].person_id == known
        assert [row.origin for row in uow.find(Consent, person_id=known, current=True)] == ["portal"]
    assert at_portal(station, portal, other)["active"] is False
    assert upkeep.check(station.ctx) == []


def test_people_who_were_both_worked_with_are_not_joined(station: TestStation, portal: PortalProcess) -> None:
    with station.ctx.read() as uow:
        held_session = uow.first(VaccinationSession)
        session = held_session.id if held_session else station.session(station.lot("LOT8"))
    one = station.person(session, national_id="", full_name="Lò Văn Hai")
    two = station.person(session, national_id="", full_name="Lò Văn Hai")
    with pytest.raises(RefusedError, match="cannot be joined"), station.ctx.write() as uow:
        joining.join_person(uow, two.person_id, one.person_id)


# audit heads


def test_the_portal_keeps_the_signed_heads_and_finds_a_cut_and_a_rewritten_chain(
    station: TestStation, portal: PortalProcess
) -> None:
    exchange(station)
    heads = held(station, portal.fhir, "Provenance")
    assert heads
    assert all(head["signature"][0]["data"] for head in heads)
    exchange(station)
    assert upkeep.check_audit(station.ctx) == []
    count = len(held(station, portal.fhir, "Provenance"))
    exchange(station)
    exchange(station)
    assert len(held(station, portal.fhir, "Provenance")) == count, "nothing grew, nothing is sent"

    desk = station.ctx.station.desk
    with station.ctx.write() as uow:
        entries = uow.find(AuditEntry, AuditEntry.number, desk=desk)
        kept = [(row.number, row.hash) for row in entries]
        for row in entries[-3:]:
            uow.session.delete(row)
        for head in uow.find(AuditHead, desk=desk):
            if head.number > kept[-4][0]:
                uow.session.delete(head)
        uow.commit()
    assert [fault.what for fault in upkeep.check_audit(station.ctx)] == ["cut"]
    result = exchange(station)
    assert [fault.what for fault in result.chain_faults] == ["cut"]
    # Whoever writes on in place of what was cut has other hashes than the portal keeps.
    people.register(station.ctx, people.RegisterPerson(details(national_id="", full_name="Lò Văn Che")))
    for _more in range(4):
        station.person(national_id="", full_name="Lò Văn Giấu")
    assert {fault.what for fault in upkeep.check_audit(station.ctx)} == {"rewritten"}
    assert {fault.what for fault in exchange(station).chain_faults} == {"rewritten"}


def test_a_confirmed_body_is_forgotten_after_ninety_days_and_its_hash_stays(
    station: TestStation, portal: PortalProcess
) -> None:
    exchange(station)
    with station.ctx.read() as uow:
        confirmed = [row for row in uow.find(Outbox, state="accepted") if row.confirmed_at is not None]
        assert confirmed
        assert all(row.body for row in confirmed)
    with station.ctx.write() as uow:
        for row in uow.find(Outbox, state="accepted"):
            if row.confirmed_at is not None:
                row.confirmed_at -= timedelta(days=91)
        uow.commit()
    exchange(station)
    with station.ctx.read() as uow:
        old = [row for row in uow.find(Outbox, state="accepted") if row.body is None]
        assert len(old) >= len(confirmed)
        assert all(row.body_sha256 for row in old)
    assert exchange(station).pulled.conflicts == 0


def test_the_folder(tmp_path: Path) -> None:
    """One exchange at a time, also from another process' point of view."""
    from vaxdesk.sync import lock

    with lock.exchange(tmp_path), pytest.raises(RefusedError, match="under way"), lock.exchange(tmp_path):
        pass
    with lock.exchange(tmp_path):
        pass
