"""Searching and reading changes page by page, also while others write."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from fhir.resources.R4B import get_fhir_model_class
from support.fhir_samples import NATIONAL_ID, RECORD, bundle, immunization, new_id, patient, put_entry


def keep(station, *records):
    answer = station.post("", json=bundle("batch", *(put_entry(record) for record in records)))
    assert {entry["response"]["status"] for entry in answer.json()["entry"]} <= {"201 Created", "200 OK"}, answer.text


def ids(found):
    return [entry["resource"]["id"] for entry in found.get("entry", [])]


def link(found, relation):
    return next((item["url"] for item in found["link"] if item["relation"] == relation), None)


def all_pages(station, address):
    while address:
        found = station.get(address).json()
        yield found
        address = link(found, "next")


def test_by_id_identifier_person_status_and_day(station):
    one, two = patient(cccd="014190000001"), patient(cccd="014190000002", birthDate="1956")
    first = immunization(one["id"])
    second = immunization(one["id"], occurrenceDateTime="2021-12-18T23:30:00+00:00")  # the 19th in Viet Nam
    keep(station, one, two, first, second)
    assert ids(station.get(f"Patient?_id={one['id']},{two['id']}").json()) == [one["id"], two["id"]]
    assert ids(station.get(f"Patient?identifier={NATIONAL_ID}|014190000002").json()) == [two["id"]]
    assert ids(station.get("Patient?identifier=014190000002").json()) == [two["id"]]
    assert ids(station.get("Patient?identifier=other|014190000002").json()) == []
    assert ids(station.get(f"Immunization?patient=Patient/{one['id']}").json()) == [first["id"], second["id"]]
    assert ids(station.get(f"Immunization?patient={two['id']}").json()) == []
    assert ids(station.get(f"Immunization?identifier={RECORD}|{first['id']}").json()) == [first["id"]]
    assert ids(station.get(f"Immunization?patient={one['id']}&date=2021-12-19").json()) == [second["id"]]
    assert ids(station.get(f"Immunization?patient={one['id']}&date=lt2021-12-19").json()) == [first["id"]]
    assert ids(station.get("Patient?birthdate=1956").json()) == [two["id"]]
    count = station.get("Immunization?_summary=count&status=completed").json()
    assert (count["total"], "entry" in count) == (2, False)
    posted = station.post("Patient/_search", data={"identifier": f"{NATIONAL_ID}|014190000001"})
    assert ids(posted.json()) == [one["id"]]


@pytest.mark.parametrize(
    "query",
    [
        "identifier=",
        "identifier=a|",
        "_lastUpdated=yesterday",
        "_sort=name",
        "name=Anh",
        "_count=x",
        "_cursor=!",
        "patient=",
    ],
)
def test_what_would_match_by_chance_is_refused(station, query):
    assert station.get(f"Patient?{query}").status_code == 400


def test_pages_are_bounded_valid_and_complete(station):
    people = [patient() for _ in range(7)]
    keep(station, *people)
    pages = list(all_pages(station, "Patient?_lastUpdated=ge2020-01-01&_sort=_lastUpdated&_count=3"))
    assert [len(page["entry"]) for page in pages] == [3, 3, 1]
    assert [id_ for page in pages for id_ in ids(page)] == [person["id"] for person in people]
    for page in pages:
        get_fhir_model_class("Bundle").model_validate(page)
        assert link(page, "self").startswith(station.portal.fhir)
    backwards = list(all_pages(station, "Patient?_sort=-_lastUpdated&_count=4"))
    assert [id_ for page in backwards for id_ in ids(page)] == [person["id"] for person in reversed(people)]


def test_last_updated_prefixes_meet_without_gap_or_overlap(station):
    for _ in range(3):
        keep(station, patient())
    moments = [
        entry["resource"]["meta"]["lastUpdated"] for entry in station.get("Patient?_sort=_lastUpdated").json()["entry"]
    ]
    assert moments == sorted(set(moments))
    middle = moments[1]

    def count(prefix, moment=middle):
        return len(ids(station.get("Patient", params={"_lastUpdated": prefix + moment}).json()))

    assert [count(prefix) for prefix in ("ge", "gt", "le", "lt", "", "eq")] == [2, 1, 2, 1, 1, 1]
    local = datetime.fromisoformat(middle).astimezone().isoformat(timespec="milliseconds")
    assert count("ge", local) == 2
    far = (datetime.fromisoformat(middle) + timedelta(days=2)).date().isoformat()
    assert (count("ge", far), count("lt", far)) == (0, 3)
    window = [("_lastUpdated", "ge" + moments[0]), ("_lastUpdated", "lt" + moments[2])]
    assert len(ids(station.get("Patient", params=window).json())) == 2


def test_a_row_that_changes_while_pages_are_read_is_not_missed(station):
    people = [patient() for _ in range(6)]
    keep(station, *people)
    pages = all_pages(station, "Patient?_sort=_lastUpdated&_count=2")
    seen = ids(next(pages))
    keep(station, people[0] | {"birthDate": "1991-01-01"}, people[5] | {"birthDate": "1991-01-01"})
    for page in pages:
        seen += ids(page)
    assert seen == [person["id"] for person in people[:5]] + [people[0]["id"], people[5]["id"]]


def test_a_reader_following_the_mark_misses_nothing_while_four_write(station, portal_process):
    """The mark is the greatest lastUpdated seen, with no overlap at all: possible only if commits appear in order."""
    people = [[patient(new_id()) for _ in range(12)] for _ in range(4)]
    headers = dict(station.headers)

    def write(mine):
        import requests

        with requests.Session() as session:
            session.headers.update(headers)
            for person in mine:
                answer = session.put(f"{portal_process.fhir}/Patient/{person['id']}", json=person, timeout=20)
                assert answer.status_code == 201

    writers = [threading.Thread(target=write, args=(mine,)) for mine in people]
    for writer in writers:
        writer.start()
    seen: list[str] = []
    mark = "2020-01-01T00:00:00.000Z"
    while True:
        done = not any(writer.is_alive() for writer in writers)
        for page in all_pages(station, f"Patient?_lastUpdated=gt{mark}&_sort=_lastUpdated&_count=5"):
            seen += ids(page)
            mark = max([mark, *(entry["resource"]["meta"]["lastUpdated"] for entry in page.get("entry", []))])
        if done:
            break
    assert len(seen) == 48
    assert set(seen) == {person["id"] for mine in people for person in mine}
