"""Whatever is sent is taken or refused in words: never another exception. And the order that everything rests on."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from support import fhir_samples as samples

from vaxdesk.clock import FixedClock
from vaxdesk.errors import InputError, RefusedError
from vaxdesk.portal import searching, stations
from vaxdesk.portal.outcomes import FhirProblem
from vaxdesk.portal.public import listing
from vaxdesk.portal.records import Records, render, split
from vaxdesk.portal.rules import check, moment_range, parse_json
from vaxdesk.portal.shapes import SHAPES
from vaxdesk.portal.stations import StationFacts
from vaxdesk.portal.store import Store, instant
from vaxdesk.portal.tables import PORTAL, Resource

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
GOOD = {
    "Patient": samples.patient("a"),
    "Immunization": samples.immunization("a", "b"),
    "Consent": samples.consent("a", "c"),
    "QuestionnaireResponse": samples.answers("a", "d"),
    "Encounter": samples.encounter("a", "e"),
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


def refused_or(work):
    """What ``work`` gives, or None where it was refused in the one way that the portal answers."""
    try:
        return work()
    except FhirProblem as problem:
        found = problem
    assert 400 <= found.status < 500
    json.dumps(found.outcome("Bundle.entry[0].resource"))
    return None


@given(st.binary(max_size=80))
def test_any_bytes_are_json_or_refused(data):
    refused_or(lambda: parse_json(data))


@given(st.sampled_from(sorted(SHAPES)), JSON)
def test_any_json_is_a_resource_or_refused(kind, value):
    refused_or(lambda: check(value, kind, NOW))


@given(st.sampled_from(sorted(GOOD)), st.data())
def test_a_good_resource_with_one_odd_element_is_taken_or_refused(kind, data):
    resource = dict(GOOD[kind])
    resource[data.draw(st.sampled_from([*sorted(SHAPES[kind].elements), "else"]))] = data.draw(JSON)
    if refused_or(lambda: check(resource, kind, NOW)) is not None:
        digest, meta, body = split(resource)
        shown = json.loads(render(kind, "x", 1, 0, meta, body))
        assert {key: value for key, value in shown.items() if key not in ("id", "meta")} == {
            key: value for key, value in resource.items() if key not in ("id", "meta")
        }
        assert split(shown)[0] == digest, "what is read back is the same content"


@given(st.text(max_size=40))
def test_any_query_is_understood_or_refused(text):
    refused_or(lambda: searching.parse("Immunization", f"_lastUpdated={text}&date={text}", 100))
    refused_or(lambda: searching.parse("Patient", text, 100))


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_a_moment_lies_in_its_own_range_at_every_precision(moment):
    for text in (
        moment.isoformat(timespec="milliseconds"),
        moment.isoformat(timespec="seconds"),
        (moment + timedelta(hours=7)).date().isoformat(),
        (moment + timedelta(hours=7)).date().isoformat()[:7],
        str((moment + timedelta(hours=7)).year),
    ):
        first, after = moment_range(text)
        assert first <= moment < after


@given(st.text(max_size=200), st.booleans())
def test_any_table_is_judged_or_refused(text, headed):
    table = ("Họ và tên;Ngày sinh;Giới tính\n" if headed else "") + text
    try:
        rows = listing.read(table, date(2026, 11, 21), StationFacts("1", "T"), "Công ty", 50, frozenset({"1"}))
    except InputError:
        rows = []
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    assert all(row.wish.person.birth for row in rows if row.verdict != "refused")


@pytest.fixture
def store(tmp_path):
    made = Store(f"sqlite:///{tmp_path / 'portal.db'}", FixedClock(NOW))
    yield made
    made.close()


def test_moments_rise_even_when_the_clock_is_set_back(store):
    for number in range(3):
        store.clock.moment = NOW - timedelta(days=number)
        with store.writing() as write:
            Records(write, PORTAL).put("Patient", f"p{number}", samples.patient(f"p{number}"))
    with store.reading() as connection:
        found = connection.execute(select(Resource.updated, Resource.seq).order_by(Resource.seq)).all()
    assert [row.updated for row in found] == sorted({row.updated for row in found})
    assert instant(found[0].updated) == "2026-11-21T08:00:00.000Z"


def test_a_transaction_that_fails_leaves_no_number_behind(store):
    def fail():
        with store.writing() as write:
            Records(write, PORTAL).put("Patient", "p", samples.patient("p"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with store.writing() as write:
        assert write.next_seq() == 1


def test_a_station_that_comes_to_see_a_person_gets_the_older_records_behind_its_mark(store):
    stations.register(store, StationFacts("near", "Trạm gần"))
    stations.register(store, StationFacts("far", "Trạm xa"))
    dose = samples.immunization("p")
    with store.writing() as write:
        near = Records(write, "near")
        near.put("Patient", "p", samples.patient("p"))
        near.put("Immunization", dose["id"], dose)
    with store.reading() as connection:
        mark = connection.execute(select(Resource.updated).order_by(Resource.seq.desc())).scalars().first()
    participants = [
        {"actor": {"reference": f"{name}"}, "status": "accepted"} for name in ("Patient/p", "Organization/far")
    ]
    with store.writing() as write:
        booked = {"resourceType": "Appointment", "id": "x", "status": "proposed", "participant": participants}
        Records(write, PORTAL).put("Appointment", "x", booked)
    query = searching.parse("Immunization", f"_lastUpdated=gt{instant(mark)}", 10)
    with store.reading() as connection:
        found = json.loads(searching.run(connection, "far", query, "http://x/fhir"))
    (entry,) = found["entry"]
    assert (entry["resource"]["id"], entry["resource"]["meta"]["versionId"]) == (dose["id"], "1")


def test_practice_and_real_data_never_share_a_database(store, tmp_path):
    with pytest.raises(RefusedError):
        Store(f"sqlite:///{tmp_path / 'portal.db'}", FixedClock(NOW), practice=True)


def test_a_one_time_code_ends(store):
    stations.register(store, StationFacts("near", "Trạm gần"))
    code = stations.new_code(store, "near")
    store.clock.advance(timedelta(days=8))
    assert stations.redeem(store, "near", code) is None
    fresh = stations.new_code(store, "near")
    assert stations.redeem(store, "near", fresh.lower()) is not None
    with pytest.raises(InputError):
        stations.register(store, StationFacts("a b", "Trạm"))
    with pytest.raises(InputError):
        stations.register(store, StationFacts("ab", " "))
