"""A portal that sends anything at all: what is not understood is passed over, and no page blocks the next."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.station import TestStation, make_station

from vaxdesk.db.tables import Person, PortalCopy, SyncMark
from vaxdesk.services import national, packs
from vaxdesk.sync import merge
from vaxdesk.sync.client import FhirClient
from vaxdesk.sync.fhir import inbound
from vaxdesk.sync.pull import Pull

JUNK: tuple[Any, ...] = ("text", 5, True, None, [], ["text"], [5], [None], [[]], {}, {"x": []}, 10**40, "9999-12-31")

SAMPLES: tuple[dict[str, Any], ...] = (
    {
        "resourceType": "Patient",
        "id": "11111111-1111-4111-8111-111111111111",
        "meta": {"tag": [{"system": "urn:x", "code": "y"}]},
        "identifier": [{"system": "urn:x", "value": "1"}],
        "name": [{"family": "Vì", "given": ["Thị", "Lả"]}],
        "birthDate": "1994-05-02",
        "gender": "female",
        "telecom": [{"system": "phone", "value": "0912345678"}],
        "address": [{"line": ["Bản Mới"], "city": "Nà Ớt", "state": "Sơn La", "text": "Bản Mới"}],
        "contact": [{"name": {"text": "Lò"}, "relationship": [{"text": "mẹ"}], "telecom": [{"value": "0912345678"}]}],
    },
    {
        "resourceType": "Appointment",
        "id": "22222222-2222-4222-8222-222222222222",
        "meta": {},
        "status": "booked",
        "created": "2026-11-20T08:00:00+07:00",
        "identifier": [{"system": "urn:x", "value": "DK-1"}],
        "requestedPeriod": [{"start": "2026-11-21T20:00:00-05:00"}],
        "reasonCode": [{"text": "morning"}],
        "participant": [{"actor": {"reference": "Patient/11111111-1111-4111-8111-111111111111"}}],
    },
    {
        "resourceType": "Immunization",
        "id": "33333333-3333-4333-8333-333333333333",
        "meta": {},
        "status": "completed",
        "vaccineCode": {"coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": "210"}]},
        "patient": {"reference": "Patient/11111111-1111-4111-8111-111111111111"},
        "occurrenceDateTime": "2026-05-02T08:00:00+07:00",
        "lotNumber": "A1",
        "location": {"display": "Xã"},
        "manufacturer": {"display": "Hãng"},
        "protocolApplied": [{"doseNumberPositiveInt": 1}],
    },
    {
        "resourceType": "Consent",
        "id": "44444444-4444-4444-8444-444444444444",
        "meta": {},
        "status": "active",
        "patient": {"reference": "Patient/11111111-1111-4111-8111-111111111111"},
        "category": [{"text": "covid-19"}],
        "policyRule": {"text": "consent 1"},
        "verification": [{"verifiedWith": {"display": "Lò"}}],
        "extension": [{"url": "urn:x", "valueCode": "fever"}],
        "dateTime": "2026-05-02T08:00:00+07:00",
    },
    {
        "resourceType": "DocumentReference",
        "id": "55555555-5555-4555-8555-555555555555",
        "meta": {},
        "status": "entered-in-error",
        "category": [{"text": "national"}],
        "masterIdentifier": {"value": "URN:UVCI:1"},
        "subject": {"reference": "Patient/11111111-1111-4111-8111-111111111111"},
        "content": [{"attachment": {"data": "SEMxOg=="}}],
    },
)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place of a resource, as the object or list that holds it and the key there."""
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from places(value[key])


def spoiled(sample: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The sample with junk in each of its places in turn."""
    count = sum(1 for _ in places(sample))
    for number in range(count):
        for junk in JUNK:
            made = copy.deepcopy(sample)
            holder, key = list(places(made))[number]
            if holder is made and key in ("resourceType", "id", "meta"):
                continue
            holder[key] = junk
            yield made


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample["resourceType"])
def test_whatever_stands_anywhere_is_read_or_passed_over(sample: dict[str, Any]) -> None:
    campaign = packs.loader()("covid19", date(2026, 11, 21))
    for resource in spoiled(sample):
        inbound.patient(resource)
        merge.is_verified(resource)
        inbound.registration(resource)
        inbound.consent(resource)
        inbound.person_of(resource)
        found = inbound.dose(resource, campaign)
        assert found is None or 0 <= found.dose_number <= inbound.MOST_DOSES


def test_texts_are_no_lists_of_letters() -> None:
    details = inbound.patient({**SAMPLES[0], "name": [{"family": "Vì", "given": "Thị"}], "address": [{"line": "Bản"}]})
    assert details is not None
    assert (details.full_name, details.village) == ("Vì", "")


def test_the_wanted_day_is_viet_nams() -> None:
    found = inbound.registration(SAMPLES[1])
    assert found is not None
    assert found.wanted_date == date(2026, 11, 22), "20:00 five hours behind UTC is the next morning here"


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+07:00", "9999-12-31T23:59:59-10:00", "soon", ""])
def test_moments_at_the_calendars_ends_are_none(text: str) -> None:
    assert inbound.moment(text) is None


# a page as the exchange takes it


class Page:
    """Stands for the connection: a clock, and no person that can be asked for."""

    def __init__(self, server_time: datetime | None) -> None:
        self.server_time = server_time

    def get(self, _path: str) -> Any:
        return type("Answer", (), {"status": 404, "body": None})


@pytest.fixture
def station(tmp_path: Path) -> TestStation:
    return make_station(tmp_path)


def pull_of(station: TestStation, server_time: datetime | None) -> Pull:
    client: Any = Page(server_time)
    assert isinstance(client, Page | FhirClient)
    return Pull(station.ctx, client)


def with_moment(resource: dict[str, Any], moment: datetime) -> dict[str, Any]:
    return {**resource, "meta": {"lastUpdated": moment.isoformat(), "versionId": moment.isoformat()}}


@pytest.mark.parametrize("field", ["subject", "masterIdentifier", "content", "category"])
@pytest.mark.parametrize("junk", ["text", 5, ["text"]])
def test_a_spoiled_document_does_not_hold_up_its_page(station: TestStation, field: str, junk: Any) -> None:
    run = pull_of(station, None)
    good = {**SAMPLES[4], "id": "good", "meta": {}, "status": "current"}
    run._apply_page("DocumentReference", [{**SAMPLES[4], field: junk}, {**good, field: junk}])
    national.take_waiting(station.ctx, station.clock.now())
    with station.ctx.read() as uow:
        assert uow.get(PortalCopy, ("DocumentReference", "good")) is not None
        assert national._read(uow, "good") is not None


def test_half_a_letter_is_passed_over_and_the_rest_arrives(station: TestStation) -> None:
    run = pull_of(station, None)
    odd = {**SAMPLES[0], "id": "66666666-6666-4666-8666-666666666666", "name": [{"text": "Lả \ud83d"}]}
    run._apply_page("Patient", [odd, SAMPLES[0]])
    assert run.result.odd == 1
    with station.ctx.read() as uow:
        assert uow.get(Person, SAMPLES[0]["id"]) is not None


@pytest.mark.parametrize("tells_time", [True, False])
def test_a_change_in_the_future_is_taken_and_never_becomes_the_mark(station: TestStation, tells_time: bool) -> None:
    now = station.clock.now()
    run = pull_of(station, now if tells_time else None)
    run._apply_page("Patient", [with_moment(SAMPLES[0], now + timedelta(days=4000))])
    with station.ctx.read() as uow:
        assert uow.get(Person, SAMPLES[0]["id"]) is not None
        assert uow.get(SyncMark, "Patient") is None


def test_a_mark_in_the_future_comes_back(station: TestStation) -> None:
    now = station.clock.now()
    with station.ctx.write() as uow:
        uow.add(SyncMark(resource_type="Patient", mark="2099-01-01T00:00:00+00:00", saved_at=uow.now))
        uow.commit()
    pull_of(station, now)._apply_page("Patient", [with_moment(SAMPLES[0], now)])
    with station.ctx.read() as uow:
        row = uow.get(SyncMark, "Patient")
        assert row is not None
        assert datetime.fromisoformat(row.mark) == now.astimezone(UTC)
