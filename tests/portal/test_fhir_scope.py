"""A token opens its station's people and nothing else, until it is withdrawn."""

from __future__ import annotations

import requests
from support.fhir_samples import bundle, consent, immunization, new_id, patient, put_entry, visit


def test_without_a_valid_token_nothing_is_shown(portal_process):
    for headers in ({}, {"Authorization": "Bearer " + "x" * 43}, {"Authorization": "Basic eDp5"}):
        for method, path in (
            ("GET", "Patient"),
            ("PUT", "Patient/1"),
            ("POST", ""),
            ("GET", "Patient/1"),
            ("DELETE", "x"),
        ):
            answer = requests.request(method, f"{portal_process.fhir}/{path}".rstrip("/"), headers=headers, timeout=10)
            assert answer.status_code == 401
            assert "Bearer" in answer.headers["WWW-Authenticate"]


def test_a_station_sees_and_changes_only_its_own_people(new_station):
    mine, other = new_station(), new_station()
    records = visit()
    assert mine.post("", json=bundle("transaction", *(put_entry(record) for record in records))).status_code == 200
    person = records[0]["id"]
    for record in records:
        address = f"{record['resourceType']}/{record['id']}"
        assert other.get(address).status_code == 404
        assert "entry" not in other.get(f"{record['resourceType']}?_id={record['id']}").json()
        assert other.put(address, json=record | {"language": "vi"}).status_code == 403
        assert other.put(address, json=record).status_code == 403
    assert "entry" not in other.get(f"Immunization?patient={person}").json()
    assert "entry" not in other.get("Patient?identifier=014090123456").json()
    assert other.put(f"Immunization/{(dose := immunization(person))['id']}", json=dose).status_code == 422
    assert other.put(f"Consent/{(paper := consent(person))['id']}", json=paper).status_code == 422
    batch = other.post("", json=bundle("batch", {"request": {"method": "GET", "url": f"Patient/{person}"}})).json()
    assert batch["entry"][0]["response"]["status"] == "404"


def test_the_same_identifier_at_two_stations_is_two_records(new_station):
    mine, other = new_station(), new_station()
    person = patient()
    condition = {"If-None-Exist": f"identifier=urn:vaxdesk:record|{person['id']}"}
    assert mine.post("Patient", json=person, headers=condition).status_code == 201
    assert other.post("Patient", json=person, headers=condition).status_code == 201


def test_a_station_registers_for_itself_only(new_station):
    mine, other = new_station(), new_station()
    here = patient(managingOrganization={"reference": f"Organization/{mine.code}"})
    there = patient(managingOrganization={"reference": f"Organization/{other.code}"})
    assert mine.put(f"Patient/{here['id']}", json=here).status_code == 201
    refused = mine.put(f"Patient/{there['id']}", json=there)
    assert refused.status_code == 422
    assert refused.json()["issue"][0]["expression"] == ["Patient.managingOrganization.reference"]


def test_organisations_are_shared_and_staff_is_not(new_station):
    mine, other = new_station(), new_station()
    nurse = {"resourceType": "Practitioner", "id": new_id(), "name": [{"text": "Lò Thị Hoa"}]}
    assert mine.put(f"Practitioner/{nurse['id']}", json=nurse).status_code == 201
    assert other.get(f"Practitioner/{nurse['id']}").status_code == 404
    assert other.get(f"Organization/{mine.code}").json()["name"] == "Trạm Y tế xã Mường Lạn"
    seized = {"resourceType": "Organization", "id": mine.code, "name": "x"}
    assert other.put(f"Organization/{mine.code}", json=seized).status_code == 403
    assert mine.put(f"Organization/{mine.code}", json=seized | {"name": "Trạm Y tế xã Mường Lạn 2"}).status_code == 200


def test_a_withdrawn_token_is_closed_at_once(new_station):
    station = new_station()
    assert station.get("Patient").status_code == 200
    done = station.portal.admin("station", "revoke", station.code)
    assert done["revoked_tokens"] == 1
    assert station.get("Patient").status_code == 401


def test_a_one_time_code_gives_one_token(new_station):
    station = new_station()
    code = station.portal.admin("station", "code", station.code)["code"]
    address = f"{station.portal.url}/enrol"
    wrong = requests.post(address, json={"code": code, "station_id": "elsewhere"}, timeout=10)
    assert wrong.status_code == 403
    first = requests.post(address, json={"code": code, "station_id": station.code}, timeout=10)
    assert first.status_code == 200
    second = requests.post(address, json={"code": code, "station_id": station.code}, timeout=10)
    assert second.status_code == 403
    token = first.json()["token"]
    assert len(token) >= 43
    assert requests.get(f"{station.portal.fhir}/Patient", headers={"Authorization": f"Bearer {token}"}, timeout=10).ok
    assert requests.post(address, json={"code": 1}, timeout=10).status_code == 400
    answers = {requests.post(address, json={"code": "x", "station_id": "y"}, timeout=10).status_code for _ in range(12)}
    assert answers == {403, 429}
